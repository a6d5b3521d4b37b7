"""Designs: tolerant members of a family, ordered by how hard they pull at the start."""

import numpy as np
import pytest

from alfs_core.errors import DomainError
from alfs_core.losses import LOSSES
from alfs_core.losses.asymmetric import AGCE
from alfs_core.losses.classic import CE
from alfs_core.losses.robust import MAE
from alfs_core.noise.transition import pair_flip, symmetric
from alfs_core.theory.design import designs, relative_pull
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.tolerance import tolerant


@pytest.mark.parametrize("name", ["AGCE", "AUL", "AEL", "AMSE", "TCE"])
def test_every_design_tolerates_the_noise(name):
    T = pair_flip(10, 0.3)
    found = designs(LOSSES[name], T, count=4)

    assert found
    for design in found:
        assert tolerant(LOSSES[name].build(**dict(design.values)), T).verdict is Verdict.HOLDS
        assert design.margin >= 0
        assert 0 <= design.pull <= 1
    assert [d.pull for d in found] == sorted((d.pull for d in found), reverse=True)


def test_a_larger_margin_costs_pull():
    T = symmetric(10, 0.6)
    bold = designs(LOSSES["AGCE"], T, count=1)[0]
    careful = designs(LOSSES["AGCE"], T, least_margin=0.2, count=1)[0]

    assert careful.margin >= 0.2
    assert careful.pull <= bold.pull


def test_no_design_beyond_domination_and_none_for_cross_entropy():
    assert designs(LOSSES["AGCE"], pair_flip(4, 0.55)) == ()
    assert designs(LOSSES["CE"], pair_flip(4, 0.2)) == ()


def test_sums_are_judged_in_the_limit():
    found = designs(LOSSES["NCE+AEL"], pair_flip(4, 0.4), vary=["a"], count=3)

    assert found
    assert all(np.isnan(design.margin) for design in found)
    assert min(dict(design.values)["a"] for design in found) > 1 / np.log(1.5)


def test_pull_of_known_losses():
    """CE pulls by 1 − u, largest as u → 0; MAE by u(1 − u), largest at ½."""
    assert relative_pull(CE(), 10) == pytest.approx(0.9, abs=1e-5)
    assert relative_pull(MAE(), 10) == pytest.approx(0.09 / 0.25, abs=1e-3)
    assert relative_pull(AGCE(a=0.6, q=0.6), 10) < relative_pull(CE(), 10)


def test_losses_of_logits_are_refused():
    with pytest.raises(DomainError):
        designs(LOSSES["LC"], symmetric(3, 0.2))
