"""Balls: the same formula with proof."""

import numpy as np
import pytest
from flint import arb

from alfs_core.losses import AGCE, CE, GCE, MAE, Normalized, Weighted
from alfs_core.losses.base import derivative
from alfs_core.numerics.enclosure import ball, bounds, precision, risk, taylor

LOSSES = [CE(), GCE(q=0.7), MAE(), AGCE(), AGCE(a=6.0, q=1.5)]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_taylor_coefficients_agree_with_float_values_and_slopes(loss):
    value, slope, second = taylor(loss, arb(0.3), 2)
    near = derivative(loss, np.array([0.3 - 1e-6, 0.3 + 1e-6]))

    assert bounds(value)[0] <= loss.partial(np.array(0.3)) + 1e-15
    assert float(slope) == pytest.approx(float(derivative(loss, np.array(0.3))), rel=1e-14)
    assert float(second) == pytest.approx((near[1] - near[0]) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_a_wide_ball_encloses_every_point_of_it(loss):
    low, high = bounds(taylor(loss, ball(0.2, 0.4), 1)[1])
    inside = derivative(loss, np.linspace(0.2, 0.4, 50))

    assert (low <= inside).all()
    assert (inside <= high).all()


def test_risk_of_a_normalized_sum_agrees_with_floats():
    loss = Weighted(((1.0, Normalized(CE())), (4.0, AGCE(a=6.0, q=1.5))))
    w, u = np.array([0.5, 0.3, 0.2]), np.array([0.7, 0.2, 0.1])
    low, high = bounds(risk(loss, w, u))
    expected = float((loss.partial(u) * w).sum())

    assert low - 1e-12 <= expected <= high + 1e-12
    assert high - low < 1e-12


def test_zero_weights_ignore_infinite_losses():
    assert bounds(risk(CE(), [1.0, 0.0], [1.0, 0.0])) == pytest.approx((0, 0), abs=1e-300)


def test_more_bits_tell_nearly_equal_risks_apart():
    """A leak of 1e-30 changes the risk by less than a double can show."""
    loss, w = GCE(q=0.5), [0.9, 0.1]
    with precision(400):
        leak = arb("1e-30")
        difference = risk(loss, w, [1 - leak, leak]) - risk(loss, w, [1, 0])

        assert difference < 0
    assert float(difference) == pytest.approx(-2e-16, rel=1e-3)


def test_an_unknown_value_has_no_bounds():
    assert bounds(arb("nan")) == (-np.inf, np.inf)
