"""Maps of decisions over posteriors, against single minimisations."""

import numpy as np
import pytest

from alfs_core.errors import DomainError, TransitionError
from alfs_core.losses import LossSpec
from alfs_core.noise.transition import pair_flip, symmetric
from alfs_core.theory.calibration import calibrated_at
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.posteriors import RIGHT, TIE, WRONG, cells, decision_map, nearest
from alfs_core.theory.simplex import lattice, minimise, raster

CALIBRATED = ["CE", "GCE", "AGCE", "MAE", "AMSE", "NCE", "NNCE", "NCE+AGCE"]


def built(name):
    return LossSpec.of(name).build()


def rows(T):
    return tuple(map(tuple, T.tolist()))


@pytest.mark.parametrize("name", CALIBRATED)
def test_calibrated_losses_decide_right_everywhere(name):
    found = decision_map(built(name), side=24)

    assert (found.decision == RIGHT).all()
    assert found.regret.max() <= 1e-12
    assert not found.noisy


@pytest.mark.parametrize("name", ["AGCE", "NCE+AGCE"])
def test_the_map_shows_the_minimisers(name):
    loss = built(name)
    found = decision_map(loss, rows(pair_flip(3, 0.3)), side=24)
    for i in (30, 120, 200):
        alone = minimise(loss, found.w[i], found.floor)
        assert found.minimisers[i] == pytest.approx(alone.point, abs=1e-4)


def test_noise_turns_the_decisions_that_it_turns():
    """A calibrated loss predicts argmax Tᵀp, so T alone says where that is not argmax p."""
    T = pair_flip(3, 0.3)
    found = decision_map(built("CE"), rows(T))
    w = found.p @ T
    clear = np.diff(np.sort(w, axis=1))[:, 1] > 1e-9
    turned = found.p[np.arange(len(w)), w.argmax(axis=1)] < found.p.max(axis=1) - 1e-9

    assert (found.decision[clear & turned] == WRONG).all()
    assert (found.decision[clear & ~turned] == RIGHT).all()
    assert found.noisy


def test_symmetric_noise_keeps_every_decision_until_it_says_nothing():
    even = decision_map(built("MAE"), rows(symmetric(3, 2 / 3)), side=24)

    assert decision_map(built("MAE"), rows(symmetric(3, 0.6)), side=24).count(RIGHT) == 325
    assert even.count(TIE) == len(even.p) - 1  # all but the even posterior, which is right anyhow


@pytest.mark.parametrize(
    "text",
    ["max(1-2*u,0) + 1 - u", "0.2 + 5*max(0.4-u,0)^2 - 0.5*max(u-0.6,0)^2"],
    ids=["kink", "plateau"],
)
def test_ties_are_found_where_calibration_fails(text):
    """THEORY A7: at p = (.55, .45, 0) both share the smallest risk with another class."""
    loss = built(f"formula: {text}")
    found = decision_map(loss, side=20)
    here = found.decision[nearest(np.array([0.55, 0.45, 0.0]), 20)]

    assert here == TIE
    assert calibrated_at(loss, np.array([0.55, 0.45, 0.0])).verdict is not Verdict.HOLDS


def test_every_lattice_point_is_its_own_nearest():
    assert np.array_equal(nearest(lattice(3, 60)), np.arange(1891))


def test_nearest_is_within_a_step():
    u = np.random.default_rng(0).dirichlet(np.ones(3), 200)

    assert np.abs(lattice(3, 60)[nearest(u)] - u).max() <= 1 / 60


def test_cells_cover_the_triangle():
    index = cells(60, 81)

    assert ((index >= 0) == raster(81).inside).all()
    assert index.max() < 1891


def test_what_is_refused():
    with pytest.raises(DomainError):
        decision_map(built("LC"))
    with pytest.raises(TransitionError):
        decision_map(built("CE"), ((0.5, 0.5, 0.5), (0, 1, 0), (0, 0, 1)))
