"""Water filling: Newton and bisection meet the same conditions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.losses.asymmetric import AEL, AGCE, AUL
from alfs_core.losses.base import derivative
from alfs_core.losses.classic import CE, FL
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, TCE
from alfs_core.theory.simplex import minimise, weighted_risk
from alfs_core.theory.water_filling import _Vessel, fill

CONVEX = [
    AGCE(a=0.01, q=0.3),
    AGCE(a=1e-5, q=0.5),
    AUL(a=1.1, p=3.0),
    AEL(a=0.5),
    CE(),
    FL(gamma=1.5),
    GCE(q=0.7),
    TCE(t=6),
]
KINK = FormulaLoss("max(1-2*u,0) + 1 - u")


def slope_of(loss):
    return lambda u: -derivative(loss, u)


@settings(max_examples=80)
@given(
    st.sampled_from(CONVEX),
    st.integers(2, 30),
    st.sampled_from([0.0, 1e-4, 1e-2]),
    st.integers(0, 10_000),
)
def test_pulls_are_level_above_the_floor_and_lower_on_it(loss, k, floor, seed):
    w = np.random.default_rng(seed).dirichlet(np.full(k, 0.5)) + 1e-3
    top = -derivative(loss, np.array([1 - (k - 1) * floor]))[0] * w.max()
    u = fill(slope_of(loss), w, floor)
    pull = w * -derivative(loss, u)
    free = u > floor * (1 + 1e-9)

    assert u.sum() == pytest.approx(1, abs=1e-12)
    assert u.min() >= floor
    if free.sum() > 1:
        assert np.allclose(pull[free], pull[free][0], rtol=1e-9)
        assert (pull[~free] <= pull[free][0] * (1 + 1e-9)).all()
    else:
        assert (pull[~free] <= top * (1 + 1e-9)).all()


@pytest.mark.parametrize("loss", CONVEX, ids=repr)
def test_newton_and_bisection_agree(loss):
    weights, count = np.array([0.05, 0.15, 0.8]), np.array([1, 1, 1])
    vessel = _Vessel(slope_of(loss), weights, count, 0.0)
    start = vessel.rough_level()
    by_newton = fill(slope_of(loss), weights)

    assert vessel.bisected(start) == pytest.approx(by_newton, abs=1e-10)


@pytest.mark.parametrize("w", [[0.6, 0.4], [0.5, 0.3, 0.2], [0.7, 0.2, 0.1]])
def test_straight_pieces_are_filled_to_the_kink(w):
    """Slopes 3 and 1 broken at ½: no point of a fine lattice has a lower risk."""
    w = np.array(w)
    u = fill(slope_of(KINK), w)
    others = np.random.default_rng(0).dirichlet(np.full(len(w), 0.7), 20_000)

    assert u.sum() == pytest.approx(1)
    assert weighted_risk(KINK, w, others).min() >= weighted_risk(KINK, w, u) - 1e-12


@pytest.mark.parametrize(("text", "level"), [("max(0.3-u,0)", 0.3), ("max(0.3-u,0)^2", 0.3)])
def test_where_a_plateau_has_room_for_all_its_points_tie(text, level):
    loss, w = FormulaLoss(text), np.array([0.6, 0.3, 0.1, 0.0])
    found = minimise(loss, w)

    assert found.point == pytest.approx([1 - 2 * level, level, level, 0])
    assert found.value == pytest.approx(0, abs=1e-15)
    for tie in found.ties:
        assert tie.sum() == pytest.approx(1)
        assert float(weighted_risk(loss, w, tie)) == pytest.approx(0, abs=1e-15)
    assert found.ties


def test_a_plateau_without_room_leaves_the_filling_as_it_is():
    found = minimise(FormulaLoss("max(0.6-u,0)^2"), np.array([0.6, 0.3, 0.1]))
    pull = np.array([0.6, 0.3, 0.1]) * (0.6 - found.point)

    assert found.point.sum() == pytest.approx(1)
    assert pull == pytest.approx([pull[0]] * 3)


def test_a_class_without_weight_stays_empty_at_a_level_that_no_double_holds():
    w = np.array([1.0, 0.0, 2.2e-306])
    u = fill(slope_of(AUL(a=1.0, p=1.000001)), w)

    assert u[1] == 0
    assert u.sum() == pytest.approx(1)
