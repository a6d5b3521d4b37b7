"""Where losses come from: every part of a loss is cited, its family first."""

import pytest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.sources import cited, sources
from alfs_core.references import REFERENCES


@pytest.mark.parametrize("name", LOSSES)
def test_the_family_comes_first_and_every_part_follows(name):
    keys = cited(LossSpec.of(name))

    assert keys[0] == LOSSES[name].source
    assert set(sources(LOSSES[name].build())) <= set(keys) <= set(REFERENCES)


def test_a_typed_formula_has_no_source():
    assert cited(LossSpec.of(FORMULA + "-log(u)")) == ()
