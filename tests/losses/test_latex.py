"""Every loss as an equation: whole, cited, with its numbers."""

import re

import pytest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.latex import equation
from alfs_core.references import REFERENCES


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_an_equation(name):
    text = equation(LossSpec.of(name))
    bare = text.replace(r"\{", "").replace(r"\}", "")
    (cited,) = re.findall(r"\\cite\{(\w+)\}", text)

    assert cited in REFERENCES
    assert LOSSES[name].latex in text
    assert bare.count("{") == bare.count("}")
    assert text.count("$") == 2 * len(LOSSES[name].parameters)
    assert not re.search(r"\de[+-]?\d", text)  # 1e-08 is no number in a paper


def test_numbers_are_those_of_the_loss():
    assert r"$a = 6$, $q = 1.5$" in equation(LossSpec.of("AGCE", a=6, q=1.5))
    assert r"$\varepsilon = 10^{-8}$" in equation(LossSpec.of("NNCE"))
