"""The largest tolerated rate against THEORY C: η ≤ (K − 1)/(K − 1 + ρ) and η ≤ 1/(1 + ρ)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.losses import AGCE, CE, GCE, MAE, Normalized, Weighted
from alfs_core.noise.transition import pair_flip, symmetric
from alfs_core.theory.simplex import minimise
from alfs_core.theory.threshold import domination_rate, largest_rate


def pair(rate):
    return pair_flip(3, rate)[0]


def uniform(num_classes):
    return lambda rate: symmetric(num_classes, rate)[0]


@pytest.mark.parametrize(
    ("loss", "ten", "hundred", "flip"),  # the table of THEORY C
    [
        (MAE(), 0.9000, 0.9900, 0.5000),
        (AGCE(6.0, 1.5), 0.9000, 0.9900, 0.5000),
        (AGCE(4.0, 0.2), 0.8827, 0.9881, 0.4555),
        (AGCE(0.6, 0.6), 0.8587, 0.9853, 0.4032),
        (AGCE(1e-5, 0.5), 0.0277, 0.2384, 0.0032),
        (CE(), 0.0, 0.0, 0.0),
        (GCE(0.7), 0.0, 0.0, 0.0),
    ],
    ids=repr,
)
def test_rates_of_the_table(loss, ten, hundred, flip):
    assert largest_rate(loss, uniform(10)) == pytest.approx(ten, abs=5e-5)
    assert largest_rate(loss, uniform(100)) == pytest.approx(hundred, abs=5e-5)
    assert largest_rate(loss, pair) == pytest.approx(flip, abs=5e-5)


def test_clean_labels_dominate_up_to_the_known_rates():
    assert domination_rate(pair) == pytest.approx(1 / 2)
    assert domination_rate(uniform(10)) == pytest.approx(9 / 10)


def test_without_a_closed_condition_there_is_no_rate():
    assert largest_rate(Weighted(((1.0, Normalized(CE())), (1.0, MAE()))), pair) is None


@given(st.floats(0.05, 10), st.floats(0.05, 0.95), st.sampled_from([pair, uniform(3)]))
def test_the_minimiser_leaves_the_corner_at_that_rate(a, q, row):
    loss = AGCE(a, q)
    rate = largest_rate(loss, row)
    above = rate + 0.02 * (domination_rate(row) - rate)

    at_corner = minimise(loss, row(rate * 0.999))
    away = minimise(loss, row(above))

    np.testing.assert_allclose(at_corner.point, [1, 0, 0], atol=1e-12)
    assert away.point[0] < 1
