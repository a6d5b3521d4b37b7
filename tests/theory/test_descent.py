"""Descent: from where, to where, how long."""

import numpy as np
import pytest

from alfs_core.losses import AGCE, CE, LOSSES, MAE, LossSpec
from alfs_core.theory.descent import RING, STARTS, TOLERANCE, descent, starts
from alfs_core.theory.profile import reads_logits

DRAWN = [name for name in LOSSES if not reads_logits(LossSpec.of(name).build())]
NOISY = (0.6, 0.2, 0.2)


def test_starts_are_predictions_of_every_class():
    begun = starts(np.array([0.5, 0.1, 0.4]))

    assert begun.shape == (2 + RING, 3)
    np.testing.assert_allclose(begun.sum(axis=1), 1)
    assert begun.min() > 0
    assert np.argmax(begun[STARTS["wrong"]]) == 2


def test_mae_is_robust_and_slow():
    slow, fast = descent(MAE(), NOISY), descent(CE(), NOISY)

    assert (slow.times > 5 * fast.times).all()
    assert slow.points[-1, 0, 0] > 0.99
    np.testing.assert_allclose(fast.points[-1, 0], NOISY, atol=1e-3)


def test_mae_from_the_uniform_prediction_takes_the_time_of_its_equation():
    # with w = (a, b, b) and x = ln(u1/u2) the flow is one equation, dx/dt = 3 (a − b) u1 u2
    x = np.linspace(0, np.log(2 * 29), 200_001)  # excess 1 − u1 = 1/30, which is 5 % of 2/3
    u1 = np.exp(x) / (np.exp(x) + 2)
    u2 = (1 - u1) / 2
    exact = np.trapezoid(1 / (3 * 0.4 * u1 * u2), x)

    found = descent(MAE(), NOISY).times[STARTS["uniform"]]
    assert found[0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("name", DRAWN)
def test_the_risk_never_rises_on_the_way(name):
    path = descent(LossSpec.of(name).build(), NOISY, horizon=100)
    if name in ("ECE", "EFL", "ECE+MAE", "EFL+MAE"):
        pytest.skip("ε-softmax is not continuous where the largest class changes")
    rises = np.diff(path.excess, axis=0)

    assert rises.max() <= 1e-3 * np.abs(path.excess).max()
    assert (path.horizon <= 100 * (1 + 1e-9)).all()


def test_equal_steps_are_the_same_paths_in_other_time():
    published, equal = (descent(AGCE(), NOISY, scale=s) for s in ("published", "step"))
    ratio = equal.times / published.times

    np.testing.assert_allclose(ratio, ratio[0], rtol=0.01)
    assert equal.scale == "step"


@pytest.mark.parametrize("floor", [0.01, 1e-4])
def test_a_path_ends_at_the_minimum_that_is_kept_above_the_floor(floor):
    path = descent(LossSpec.of("NCE").build(), (0.5, 0.3, 0.2), floor, horizon=1e4)

    assert path.points.min() >= floor * (1 - 1e-9)
    assert path.excess.min() >= -1e-9
    assert path.points[-1, 0] == pytest.approx(path.minimum.point, abs=2e-3)


@pytest.mark.parametrize("name", ["CE", "MAE", "AGCE", "NCE+AGCE"])
def test_drawn_points_lie_close(name):
    path = descent(LossSpec.of(name).build(), NOISY)

    assert np.abs(np.diff(path.points[:, 0], axis=0)).max() < 0.08
    moving = path.time[:-1, 0]
    assert np.diff(np.log10(moving[moving > 0.1])).max() < 0.5


def test_without_anything_to_lose_there_is_no_share():
    path = descent(CE(), (1.0, 1.0, 1.0))

    assert np.isnan(path.times).all()
    assert np.isnan(path.excess).all()


def test_too_short_a_time_is_said():
    path = descent(MAE(), NOISY, horizon=1.0)

    assert np.isinf(path.times).all()
    assert path.excess[-1].min() > TOLERANCE
