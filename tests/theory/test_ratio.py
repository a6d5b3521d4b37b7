"""Curvature and the asymmetry ratio: closed forms, enclosures, and the cases of THEORY F3."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.errors import DomainError
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, AUL
from alfs_core.losses.classic import CE, FL
from alfs_core.losses.combinators import Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, MAE, TCE, PolySoft
from alfs_core.theory.curvature import certified, curvature
from alfs_core.theory.ratio import asymmetry_ratio, ratio_heatmap

KINDS = [CE, GCE, MAE, TCE, AGCE, AUL, AEL]
STEEP_FLAT_STEEPER = FormulaLoss("-(u - 0.8*max(u-1/3,0) + 2.8*max(u-2/3,0))")
ALMOST_FLAT = FormulaLoss("-(1.5*u - 1.49*max(u-0.2,0) + 3.99*max(u-0.8,0))")
WAVE = FormulaLoss("1 - u + 0.1*u^2*(1-u)")


@st.composite
def local_losses(draw):
    kind = draw(st.sampled_from(KINDS))
    values = {}
    for p in kind.parameters():
        low, high = p.typical
        values[p.name] = draw(
            st.integers(int(low), int(high)) if p.integer else st.floats(low, high)
        )
    return kind(**values)


def brute_force_ratio(loss, n=400):
    """The smallest quotient on a grid, increments taken as they are."""
    u = np.linspace(0, 1, n + 1)
    values = loss.partial(u)
    i, j = np.meshgrid(np.arange(n + 1), np.arange(1, n + 1), indexing="ij")
    keep = (i + j <= n) & (values[0] - values[j] > 1e-9)
    return ((values[i] - values[np.minimum(i + j, n)])[keep] / (values[0] - values[j])[keep]).min()


@settings(max_examples=60)
@given(local_losses())
def test_closed_form_lies_in_enclosure(loss):
    result = asymmetry_ratio(loss)

    assert result.agrees
    assert result.ratio.width <= 1e-9
    assert result.low <= result.upper.high


@settings(max_examples=40)
@given(local_losses())
def test_declared_curvature_is_what_intervals_prove(loss):
    proved = certified(loss).shape

    assert proved in (curvature(loss).shape, "unknown", "affine")


@pytest.mark.parametrize(
    ("loss", "shape", "strict"),
    [
        (CE(), "convex", True),
        (GCE(q=0.7), "convex", True),
        (FL(gamma=2.0), "convex", True),
        (AGCE(a=6.0, q=1.5), "concave", True),
        (MAE(), "affine", False),
        (WAVE, "mixed", False),
        (FormulaLoss("max(1-2*u,0)"), "convex", False),
        (FormulaLoss("exp(-u)"), "convex", True),
    ],
    ids=repr,
)
def test_certified_shapes(loss, shape, strict):
    found = certified(loss)

    assert (found.shape, found.strict, found.decreasing) == (shape, strict, True)


@pytest.mark.parametrize(
    ("loss", "r", "r_u"),
    [
        (STEEP_FLAT_STEEPER, 0.2, 1.0),
        (ALMOST_FLAT, 0.01 / 1.5, 1.0),
        (PolySoft(lam=2.36, d=2.0), 1.0, 1.0),
        (WAVE, 1 - 0.1 / 3, 1.0),  # D(1/3)/D(0), D = 1 − 0.2 u + 0.3 u²
    ],
    ids=repr,
)
def test_mixed_curvature(loss, r, r_u):
    result = asymmetry_ratio(loss)

    assert result.ratio.width <= 1e-5
    assert result.low - 1e-12 <= r <= result.high + 1e-12
    assert result.upper.low - 1e-12 <= r_u <= result.upper.high + 1e-12


@pytest.mark.parametrize("lam", [3.0, 4.0, 8.0])
@pytest.mark.parametrize("d", [1.5, 2.0, 3.0])
def test_polysoft_ratio_is_not_above_a_grid_and_close_to_it(lam, d):
    loss = PolySoft(lam=lam, d=d)
    result = asymmetry_ratio(loss)
    grid = brute_force_ratio(loss)

    assert result.ratio.width <= 1e-5
    assert result.low <= grid + 1e-12
    assert grid - result.high < 0.02


@pytest.mark.parametrize("d", [1.5, 2.0, 3.0])
def test_polysoft_is_asymmetric_up_to_its_threshold_and_not_beyond(d):
    """THEORY B: λ*(d) = ln 2/(1 − 2^{−(d−1)/d}), by enclosure alone."""
    threshold = PolySoft(lam=1.0, d=d).largest_asymmetric_lam

    assert asymmetry_ratio(PolySoft(lam=threshold * 1.001, d=d)).high < 1
    assert asymmetry_ratio(PolySoft(lam=threshold * 0.999, d=d)).low > 1 - 1e-5


def test_sums_have_the_ratio_of_their_slopes():
    """THEORY B7: ρ = (α|ℓ'(0)| + β)/(α|ℓ'(1)| + β)."""
    result = asymmetry_ratio(Weighted(((2.0, AGCE(a=0.6, q=0.6)), (0.5, MAE()))))
    slope_0, slope_1 = 2 * 0.6**-0.4, 2 * 1.6**-0.4

    assert (slope_1 + 0.5) / (slope_0 + 0.5) == pytest.approx(result.low, abs=1e-12)
    assert result.agrees


def test_threshold_is_the_reciprocal():
    threshold = asymmetry_ratio(AGCE(a=0.6, q=0.6)).threshold

    assert threshold.low == pytest.approx(1.4804, abs=5e-5)
    assert asymmetry_ratio(CE()).threshold.low == np.inf


def test_heatmap_has_the_ratio_as_its_smallest_value():
    _, quotient = ratio_heatmap(AGCE(a=0.6, q=0.6), 121)

    assert quotient.shape == (121, 121)
    assert np.nanmin(quotient) == pytest.approx(asymmetry_ratio(AGCE(a=0.6, q=0.6)).low, rel=1e-9)
    assert np.isnan(quotient[60, 61])
    assert np.nanmin(ratio_heatmap(STEEP_FLAT_STEEPER)[1]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "text",
    [
        "1/(1+exp(10*(u-.5)))",
        "1/(1+exp(10*(u-.6)))",
        "1-u^2*(3-2*u)",
        "1-u+0.1*u*(1-u)*(1-2*u)",
        "(1-u^2)^2",
        "1-u^2*(3-2*u)+0.2*u^2*(1-u)^2",
    ],
)
def test_an_infimum_of_one_on_whole_edges_is_proved(text):
    loss = FormulaLoss(text)
    result = asymmetry_ratio(loss)

    assert result.curvature.shape == "mixed"
    assert (result.low, result.high, result.upper.low, result.upper.high) == (1, 1, 1, 1)
    assert result.attained
    assert brute_force_ratio(loss) >= 1 - 1e-9


@pytest.mark.parametrize("text", ["1-sqrt(u^2)", "1-sqrt(u)^2", "2-exp(log(u))"])
def test_a_line_in_disguise_is_affine(text):
    assert curvature(FormulaLoss(text)).shape == "affine"
    assert asymmetry_ratio(FormulaLoss(text)).low == 1


@pytest.mark.parametrize("text", ["abs(u-0.3)-2*u", "1-u+1e-12*u^2*(1-u)"])
def test_what_only_looks_straight_is_not_affine(text):
    assert curvature(FormulaLoss(text)).shape != "affine"


@pytest.mark.parametrize("text", ["1/(1+exp(10*(u-.4)))", "1-u^2*(3-2*u)-0.5*(1-u)^3*u^2"])
def test_a_ratio_just_below_one_is_not_taken_for_one(text):
    result = asymmetry_ratio(FormulaLoss(text))

    assert result.low <= brute_force_ratio(FormulaLoss(text)) + 1e-9
    assert 0 < result.low < result.high < 1


def test_the_budget_ends_with_the_interval_that_was_reached(monkeypatch):
    monkeypatch.setattr("alfs_core.theory.ratio.SECONDS", 0.0)
    result = asymmetry_ratio.__wrapped__(FormulaLoss("exp(-5*u^2)"))

    assert 0 <= result.low < result.high < 1


def test_losses_without_a_ratio_say_why():
    with pytest.raises(DomainError, match="no function of u alone"):
        asymmetry_ratio(AMSE())
    with pytest.raises(DomainError, match="rises at u = "):
        asymmetry_ratio(FormulaLoss("u^2"))


@pytest.mark.parametrize(
    "text", ["sqrt((1-u)^2)", "abs(1-u)", "max(1-u,0)", "1-sqrt(u)^2", "1-abs(u)"]
)
def test_ways_to_write_mae_have_its_ratio_in_their_enclosure(text):
    result = asymmetry_ratio(FormulaLoss(text))

    assert 1 in result.ratio
    assert 1 in result.upper


def test_the_heatmap_divides_by_the_slope_from_inside():
    _, quotient = ratio_heatmap(FormulaLoss("1-abs(u)"), 11)

    assert quotient[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(("loss", "attained"), [(CE(), True), (GCE(), False)], ids=repr)
def test_the_ratio_0_is_reached_where_wrong_labels_cost_without_bound(loss, attained):
    """At ℓ(0) = ∞ every quotient is 0; at ℓ'(0) = −∞ alone none is."""
    found, (u1, u2) = asymmetry_ratio(loss), asymmetry_ratio(loss).at

    assert found.high == found.upper.high == 0
    assert found.attained is attained
    if attained:
        ends = loss.partial(np.array([u1, u1 + u2, 0.0, u2]))
        assert (ends[0] - ends[1]) / (ends[2] - ends[3]) == 0


def test_a_pole_leaves_the_shape_unknown():
    shape = certified(FormulaLoss("1/(u-.3)"))

    assert shape.shape == "unknown"
    assert not shape.decreasing
