"""Gradient flow on logits."""

import numpy as np
import pytest

from alfs_core.losses import AGCE, CE, MAE, Normalized
from alfs_core.theory.flow import flow, prediction, softmax, velocity
from alfs_core.theory.simplex import minimise, weighted_risk

W = np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("loss", [CE(), MAE(), AGCE()], ids=repr)
def test_velocity_is_minus_the_gradient_in_logits(loss):
    z, step = np.array([0.3, -0.5, 0.8]), 1e-6
    for direction in np.eye(3):
        rise = weighted_risk(loss, W, softmax(z + step * direction)) - weighted_risk(
            loss, W, softmax(z - step * direction)
        )
        assert velocity(loss, W, z) @ direction == pytest.approx(-rise / (2 * step), abs=1e-9)


def test_cross_entropy_flows_to_the_weights_and_never_upwards():
    path = flow(CE(), W, np.array([[0.2, 0.3, 0.5], [0.05, 0.05, 0.9]]), time=100.0)

    assert np.allclose(path.points[-1], W, atol=2e-3)
    assert (np.diff(path.risk, axis=0) <= 1e-6).all()
    assert path.time[0].tolist() == [0, 0]


def test_two_class_flow_agrees_with_its_quadrature():
    """MAE, K = 2: dg/dt = 2 (w_1 − w_2) u (1 − u) for the logit gap g = ln(u/(1−u))."""
    path = flow(MAE(), np.array([0.8, 0.2]), np.array([[0.1, 0.9]]), time=8.0, tolerance=1e-6)
    u = np.linspace(0.1, float(path.points[-1, 0, 0]), 200_001)
    rate = 2 * 0.6 * (u * (1 - u)) ** 2

    assert np.trapezoid(1 / rate, u) == pytest.approx(8.0, rel=1e-4)


def test_above_a_floor_the_velocity_is_minus_the_gradient_too():
    loss, z, step, floor = Normalized(CE()), np.array([0.3, -0.5, 0.8]), 1e-6, 0.01
    for direction in np.eye(3):
        ends = [prediction(z + sign * step * direction, floor) for sign in (1, -1)]
        rise = weighted_risk(loss, W, ends[0]) - weighted_risk(loss, W, ends[1])
        assert velocity(loss, W, z, floor) @ direction == pytest.approx(-rise / 2e-6, abs=1e-9)


def test_steps_between_the_told_points_agree_with_tighter_ones():
    starts = np.array([[0.2, 0.3, 0.5], [0.02, 0.96, 0.02]])
    rough, fine = (flow(AGCE(), W, starts, time=500.0, tolerance=e) for e in (5e-4, 1e-8))
    for start in range(2):
        at = np.interp(rough.time[:, start], fine.time[:, start], fine.risk[:, start])
        assert rough.risk[:, start] == pytest.approx(at, abs=2e-3)


def test_what_is_at_rest_stays_there():
    lowest = minimise(CE(), W).value
    path = flow(CE(), W, np.array([[0.2, 0.3, 0.5]]), time=1e5, rest=lowest + 1e-6)

    assert path.time[-1].tolist() == [1e5]
    assert len(path.time) < 200
    assert path.points[-1, 0] == pytest.approx(W, abs=2e-3)


def test_robust_losses_are_slower_from_a_wrong_start():
    wrong = np.array([[0.02, 0.96, 0.02]])

    def half_way(loss):
        low, high = minimise(loss, W).value, float(weighted_risk(loss, W, wrong)[0])
        return flow(loss, W, wrong, time=1e4).time_to_reach((low + high) / 2)[0]

    assert half_way(CE()) < half_way(AGCE()) / 10


def test_a_level_that_is_not_reached_takes_for_ever():
    path = flow(MAE(), W, np.array([[0.2, 0.3, 0.5]]), time=1.0)

    assert path.time_to_reach(0.0).tolist() == [np.inf]
