"""Every loss as an equation: whole, cited, with its numbers."""

import re

import pytest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.latex import equation, equations
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


@pytest.mark.parametrize(
    ("typed", "after"),
    [
        ("-log(u)", r"\end{equation}"),
        ("(1 - u^q)/q; q = 0.7 in [0.1, 2]", "\\end{equation}\nwith $q = 0.7$."),
    ],
)
def test_a_typed_formula_has_its_numbers_and_no_paper(typed, after):
    text = equation(LossSpec.of(FORMULA + typed))

    assert text.endswith(after)
    assert r"\ell(u) = " in text
    assert r"\cite" not in text


def test_several_losses_are_one_file():
    specs = (LossSpec.of("CE"), LossSpec.of("GCE"))

    assert equations(specs) == f"{equation(specs[0])}\n\n{equation(specs[1])}\n"
