"""r_K against a brute force over the simplex and against THEORY E and F3."""

from functools import partial

import numpy as np
import pytest

from alfs_core.losses.asymmetric import AEL, AGCE
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import PolySoft
from alfs_core.noise.transition import symmetric
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.equal_ratio import equal_ratio, turns_once
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.ratio import asymmetry_ratio
from alfs_core.theory.tolerance import largest_tolerated_rate

ALMOST_FLAT = FormulaLoss("-(1.5*u - 1.49*max(u-0.2,0) + 3.99*max(u-0.8,0))")
WAVE = FormulaLoss("1 - u + 0.3*u^2*(1-u)")
TWICE = FormulaLoss("-(u - 0.9*max(u-0.2,0) + 1.9*max(u-0.4,0) - 1.9*max(u-0.6,0))")


def brute_force(loss, k, n=200_000):
    """The smallest quotient over random points of many shapes, and over j equal entries."""
    rng = np.random.default_rng(0)
    shapes = [rng.dirichlet(np.full(k, a), n // 4) for a in (0.1, 0.3, 1.0, 5.0)]
    s = np.linspace(0.001, 1, 2000)[:, None]
    even = [
        np.hstack([1 - s, np.tile(s / j, (1, j)), np.zeros((2000, k - 1 - j))]) for j in range(1, k)
    ]
    u = np.concatenate([*shapes, *even])
    values = loss.partial(u)
    zero, one = loss.partial(np.array([0.0, 1.0]))
    cost = (zero - values[:, 1:]).sum(1)
    return ((values[:, 0] - one)[cost > 1e-7] / cost[cost > 1e-7]).min()


@pytest.mark.parametrize("loss", [ALMOST_FLAT, WAVE, PolySoft(lam=3.5, d=1.5)], ids=repr)
@pytest.mark.parametrize("k", [3, 5])
def test_enclosure_against_brute_force(loss, k):
    found = equal_ratio(loss, k)
    lowest = brute_force(loss, k)

    assert found.low <= lowest + 1e-8
    assert lowest - found.high < 0.02
    assert asymmetry_ratio(loss).low - 1e-12 <= found.low
    assert found.high <= asymmetry_ratio(loss).upper.high + 1e-12


def test_three_ratios_that_differ():
    """THEORY F3: r = .0067, r_5 = .6717, r_u = 1; fails at w ∝ 1.45, 1, 1, 1, 1."""
    assert abs(equal_ratio(ALMOST_FLAT, 5).low - 0.6717) < 5e-5
    assert equal_ratio(ALMOST_FLAT, 5).width < 1e-5
    assert asymmetric_on(ALMOST_FLAT, np.array([1.45, 1, 1, 1, 1])).verdict is Verdict.FAILS
    assert asymmetric_on(ALMOST_FLAT, np.array([1.5, 1, 1, 1, 1])).verdict is Verdict.HOLDS


@pytest.mark.parametrize("loss", [AGCE(a=0.6, q=0.6), AEL(a=2.0), AGCE(a=6.0, q=1.5)], ids=repr)
def test_one_ratio_where_curvature_is_one_sided(loss):
    assert equal_ratio(loss, 7) == asymmetry_ratio(loss).ratio


def test_two_classes_have_the_upper_ratio():
    assert equal_ratio(ALMOST_FLAT, 2) == asymmetry_ratio(ALMOST_FLAT).upper


def test_without_a_single_turn_the_ratio_is_bracketed():
    assert not turns_once(TWICE)
    assert turns_once(ALMOST_FLAT)
    found = equal_ratio(TWICE, 4)
    assert found.reason == "r ≤ r_K ≤ r_u"


@pytest.mark.parametrize(
    ("lam", "d", "k", "rate"),
    [  # THEORY E: the largest λ that is asymmetric under symmetric noise
        (4.355, 2.0, 3, 0.3),
        (2.759, 2.0, 3, 0.6),
        (2.176, 3.0, 3, 0.6),
        (7.326, 1.2, 3, 0.6),
        (3.286, 2.0, 4, 0.6),
    ],
)
def test_polysoft_under_symmetric_noise(lam, d, k, rate):
    found = largest_tolerated_rate(PolySoft(lam=lam, d=d), partial(symmetric, k))

    assert found.low == pytest.approx(rate, abs=5e-4)
    assert found.width < 1e-5
