"""Noise matrices, largest rates (THEORY C), what an excess costs (THEORY A6)."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.errors import DomainError, TransitionError
from alfs_core.losses import LOSSES
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, AUL
from alfs_core.losses.classic import CE
from alfs_core.losses.combinators import Normalized, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, MAE, RCE, PolySoft
from alfs_core.noise.transition import cifar10_pairs, flip_to_two, pair_flip, symmetric
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.evidence import Counterexample, Verdict, leak_text
from alfs_core.theory.ratio import asymmetry_ratio
from alfs_core.theory.simplex import minimise, weighted_risk
from alfs_core.theory.tolerance import (
    certified_share,
    excess_bound,
    largest_tolerated_rate,
    tolerant,
    tolerant_between,
)

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
UNDECIDED, UNDEFINED = Verdict.UNDECIDED, Verdict.UNDEFINED


def test_each_class_has_its_verdict():
    result = tolerant(GCE(q=0.7), cifar10_pairs(10, 0.4))

    assert result.verdict is FAILS
    assert [f.verdict for f in result.findings] == [
        FAILS if i in (2, 3, 4, 5, 9) else HOLDS for i in range(10)
    ]
    assert result.leaks[2] == pytest.approx(0.2056, abs=1e-4)


def test_rows_that_are_permutations_share_a_finding_under_their_own_names():
    result = tolerant(GCE(q=0.7), cifar10_pairs(10, 0.4))
    for clean, target in ((2, 0), (3, 5), (9, 1)):
        finding = result.findings[clean]
        shown = next(x for x in finding.evidence if isinstance(x, Counterexample))

        assert finding.m == clean
        assert np.flatnonzero(finding.minimiser > 1e-9).tolist() == sorted([clean, target])
        assert shown.confirmed
        assert shown.w[target] == pytest.approx(0.4)


def test_a_row_that_is_not_dominated_is_not_judged():
    T = np.array([[0.4, 0.6], [0.0, 1.0]])
    result = tolerant(AGCE(), T)

    assert result.verdict is UNDEFINED
    assert result.findings[1].verdict is HOLDS


@pytest.mark.parametrize("T", [pair_flip(10, 1.0), symmetric(10, 0.9)], ids=["pair", "even"])
def test_nothing_leaks_from_a_label_that_does_not_lead(T):
    for loss in (MAE(), AGCE()):
        result = tolerant(loss, T)

        assert result.verdict is UNDEFINED
        assert np.isnan(result.leak)
        assert leak_text(result.leak) == "–"


def test_symmetric_losses_tolerate_uniform_noise_in_every_class_of_functions():
    assert tolerant(MAE(), symmetric(5, 0.6)).every_class is not None
    assert tolerant(AGCE(a=6.0, q=1.5), symmetric(5, 0.6)).every_class is None
    assert tolerant(MAE(), pair_flip(5, 0.2)).every_class is None


def test_limits_of_normalized_sums():
    result = tolerant(LOSSES["JAL-CE"].build(), pair_flip(10, 0.4))

    assert (result.verdict, result.limit) == (FAILS, HOLDS)


# ρ and the rates of THEORY C: symmetric K = 10 and 100, pair flip
TABLE = [
    (MAE(), 0.9000, 0.9900, 0.5000),
    (RCE(), 0.9000, 0.9900, 0.5000),
    (AGCE(a=4.0, q=0.2), 0.8827, 0.9881, 0.4555),
    (AGCE(a=0.6, q=0.6), 0.8587, 0.9853, 0.4032),
    (AGCE(a=1e-5, q=0.5), 0.0277, 0.2384, 0.0032),
    (AUL(a=5.5, p=3.0), 0.8576, 0.9851, 0.4010),
    (AEL(a=1.5), 0.8221, 0.9807, 0.3392),
    (AMSE(a=5.0), 0.72, 0.792, 0.4),
    (AMSE(a=30.0), 0.87, 0.957, 0.48333),
    (CE(), 0, 0, 0),
    (Normalized(CE()), 0.9, 0.99, 0),
    (PolySoft(lam=2.3, d=2.0), 0.9, 0.99, 0.5),
]


@pytest.mark.parametrize(("loss", "ten", "hundred", "pair"), TABLE, ids=lambda x: repr(x)[:40])
def test_largest_rates_of_the_table(loss, ten, hundred, pair):
    for make, expected in (
        (partial(symmetric, 10), ten),
        (partial(symmetric, 100), hundred),
        (partial(pair_flip, 10), pair),
    ):
        found = largest_tolerated_rate(loss, make)

        assert found.low == pytest.approx(expected, abs=6e-5)
        assert found.high == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("loss", [AGCE(), AUL(), AMSE(a=8.0), PolySoft(lam=3.0)], ids=repr)
@pytest.mark.parametrize("make", [symmetric, pair_flip, flip_to_two])
def test_verdicts_change_at_the_largest_rate(loss, make):
    found = largest_tolerated_rate(loss, partial(make, 4))

    assert tolerant(loss, make(4, found.low - 1e-6)).verdict is HOLDS
    assert tolerant(loss, make(4, found.high + 1e-6)).verdict is not HOLDS


def test_a_normalized_sum_tolerates_in_the_limit_what_its_other_part_does():
    loss = LOSSES["NCE+AGCE"].build()
    found = largest_tolerated_rate(loss, partial(pair_flip, 10), in_the_limit=True)

    assert found.low == pytest.approx(0.5)


@settings(max_examples=30)
@given(st.floats(0.2, 5), st.floats(0.2, 2), st.integers(0, 10_000))
def test_excess_bound_holds_at_drawn_predictions(a, q, seed):
    """THEORY A6 (ii) and (iii), each class an instance."""
    loss, T = AGCE(a=a, q=q), flip_to_two(4, 0.25)
    bound = excess_bound(loss, T)
    u = np.random.default_rng(seed).dirichlet(np.full(4, 0.4), 4)
    noisy = np.mean(
        [weighted_risk(loss, T[y], u[y]) - minimise(loss, T[y]).value for y in range(4)]
    )
    clean = np.mean([loss.partial(u[y])[y] for y in range(4)]) - float(loss.partial(np.ones(1))[0])
    wrong = np.mean([np.argmax(u[y]) != y for y in range(4)])

    if bound.informative:
        assert clean <= bound.clean_excess(noisy) + 1e-12
        assert wrong <= bound.error(noisy) + 1e-12


def test_excess_bound_says_nothing_beyond_the_threshold():
    bound = excess_bound(AGCE(a=0.6, q=0.6), pair_flip(3, 0.45))

    assert not bound.informative
    assert bound.clean_excess(0.1) == np.inf
    assert bound.error(0.1) == 1
    concave = excess_bound(AGCE(a=6.0, q=1.5), pair_flip(3, 0.45))
    assert abs(concave.D - 0.1) < 1e-12


def test_excess_bound_needs_a_ratio():
    with pytest.raises(DomainError):
        excess_bound(AMSE(), symmetric(3, 0.2))


def test_matrices_between_bounds():
    low = np.where(np.eye(3, dtype=bool), 0.6, 0.05)
    narrow = np.where(np.eye(3, dtype=bool), 0.8, 0.3)
    wide = np.where(np.eye(3, dtype=bool), 0.8, 0.45)
    lower = np.where(np.eye(3, dtype=bool), 0.5, 0.05)

    assert tolerant_between(AGCE(a=0.6, q=0.6), low, narrow).verdict is HOLDS
    assert tolerant_between(AGCE(a=0.6, q=0.6), lower, wide).verdict is FAILS
    assert tolerant_between(MAE(), lower, wide).verdict is HOLDS


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_worst_rows_are_worse_than_every_drawn_row(seed):
    rng = np.random.default_rng(seed)
    centre = np.array([0.7, 0.2, 0.1])
    low, high = np.maximum(centre - 0.1, 0), centre + 0.1
    T_low, T_high = np.tile(low, (3, 1)), np.tile(high, (3, 1))
    for i in range(3):
        T_low[i], T_high[i] = np.roll(low, i), np.roll(high, i)
    result = tolerant_between(AEL(a=2.0), T_low, T_high)
    worst = min(AEL(a=2.0).weight_condition(w).margin for _, w in result.rows)
    drawn = rng.uniform(low, high, (200, 3))
    drawn[:, 0] = 1 - drawn[:, 1:].sum(1)
    inside = drawn[(drawn[:, 0] >= low[0]) & (drawn[:, 0] <= high[0])]

    assert all(AEL(a=2.0).weight_condition(w).margin >= worst - 1e-12 for w in inside)
    assert all(np.isclose(w.sum(), 1) for _, w in result.rows)


STEEP_FLAT_STEEP = FormulaLoss("-(u - 0.8*max(u-0.3,0) + 0.8*max(u-0.7,0))")


def test_rows_between_the_pairs_refute_a_loss_of_mixed_curvature():
    """Each row with one wrong label at its most holds; two at their most do not."""
    own = np.eye(4, dtype=bool)
    low, high = np.where(own, 0.4545, 0.0), np.where(own, 0.4545, 0.27275)
    result = tolerant_between(STEEP_FLAT_STEEP, low, high)
    failing = next(f for f in result.findings if f.verdict is FAILS)

    assert result.verdict is FAILS
    assert next(x for x in failing.evidence if isinstance(x, Counterexample)).confirmed


def test_a_loss_of_mixed_curvature_holds_where_every_corner_does():
    own = np.eye(3, dtype=bool)
    low, high = np.where(own, 0.5, 0.05), np.where(own, 0.6, 0.45)
    result = tolerant_between(STEEP_FLAT_STEEP, low, high)
    w = np.random.default_rng(0).uniform(low[0], high[0], (40, 3))
    w[:, 0] = 1 - w[:, 1:].sum(axis=1)
    inside = w[(w[:, 0] >= 0.5) & (w[:, 0] <= 0.6)]

    assert result.verdict is HOLDS
    assert len(result.rows) == 8
    assert all(asymmetric_on(STEEP_FLAT_STEEP, row).verdict is HOLDS for row in inside)


def test_for_more_classes_a_sum_is_followed_into_its_parts():
    own = np.eye(5, dtype=bool)
    low, high = np.where(own, 0.7, 0.0), np.where(own, 0.9, 0.1)
    mixed = Weighted(((1.0, STEEP_FLAT_STEEP), (1.0, AMSE(a=10.0))))
    even = Weighted(((1.0, STEEP_FLAT_STEEP), (1.0, Normalized(MAE()))))

    assert tolerant_between(mixed, low, high).verdict is HOLDS
    assert tolerant_between(even, low, high).verdict is not FAILS


def test_a_loss_that_is_not_local_stays_open_between_bounds():
    """NGCE holds where the wrong labels are even, and where they are not it fails."""
    own = np.eye(3, dtype=bool)
    low, high = np.where(own, 0.6, 0.2), np.where(own, 0.6, 0.2)

    assert tolerant_between(Normalized(GCE(q=0.7)), low, high).verdict is UNDECIDED


def test_bounds_without_a_matrix_are_refused():
    with pytest.raises(TransitionError, match="sums to 1"):
        tolerant_between(MAE(), np.full((2, 2), 0.6), np.full((2, 2), 0.7))


def test_weighted_single_part_is_its_part():
    loss = Weighted(((3.0, AMSE(a=8.0)),))

    assert minimise(loss, np.array([0.6, 0.3, 0.1])).how == "closed form"
    assert tolerant(loss, symmetric(3, 0.3)).verdict is HOLDS


def test_an_image_counts_as_certified_where_its_own_row_meets_the_condition():
    rows = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.4, 0.6, 0.0], [0.0, 0.3, 0.7]])
    clean = np.array([0, 0, 0, 2])
    ratio = asymmetry_ratio(AGCE(a=0.6, q=0.6)).low

    assert certified_share(MAE(), rows, clean) == 0.75
    assert certified_share(CE(), rows, clean) == 0.0
    assert 0.4 / 0.6 < ratio < 0.7
    assert certified_share(AGCE(a=0.6, q=0.6), rows, clean) == 0.75
    assert certified_share(AGCE(a=0.6, q=0.6), np.array([[0.58, 0.42, 0.0]]), np.array([0])) == 0.0


ROWS = np.full((3, 3), 0.1) + 0.7 * np.eye(3)


def test_without_a_closed_condition_no_share_is_told():
    assert np.isnan(
        certified_share(Weighted(((1, Normalized(CE())), (1, CE()))), ROWS, np.arange(3))
    )


def test_of_rows_that_all_hold_the_tightest_decides():
    found = tolerant(AGCE(a=0.6, q=0.6), cifar10_pairs(10, 0.4))

    assert found.verdict is Verdict.HOLDS
    assert found.worst == 2  # the first with a wrong label; the rows of 0 and 1 are never wrong


# ---- rates without a closed condition -------------------------------------------------------

TYPED = {
    AMSE(a=5.0): "(total(u^2) - 10*u + 25)/K",
    AGCE(a=0.6, q=0.6): "(1.6^0.6 - (0.6+u)^0.6)/0.6 + 0*total(u)",
}


@pytest.mark.parametrize("make", [symmetric, pair_flip])
@pytest.mark.parametrize("num_classes", [2, 3, 6])
@pytest.mark.parametrize("loss", TYPED, ids=repr)
def test_the_largest_rate_of_an_unknown_formula_encloses_that_of_its_family(
    loss, num_classes, make
):
    known = largest_tolerated_rate(loss, partial(make, num_classes))
    found = largest_tolerated_rate(FormulaLoss(TYPED[loss]), partial(make, num_classes))

    assert found.low <= known.high
    assert found.high == pytest.approx(known.high, abs=1e-6)
    if num_classes <= 3:
        assert found.width < 1e-5


@pytest.mark.parametrize("make", [symmetric, pair_flip])
def test_any_noise_moves_a_loss_that_is_infinite_at_wrong_corners(make):
    found = largest_tolerated_rate(LOSSES["ECE+MAE"].build(), partial(make, 3))

    assert 0 <= found.low <= found.high < 1e-8


@pytest.mark.parametrize(
    ("name", "make", "rate"), [("NGCE+MAE", symmetric, 0.75), ("NGCE+MAE", pair_flip, 0.0)]
)
def test_a_sum_keeps_what_its_parts_share(name, make, rate):
    found = largest_tolerated_rate(LOSSES[name].build(), partial(make, 4))

    assert (found.low, found.high) == pytest.approx((rate, rate), abs=1e-8)


def test_beyond_the_largest_rate_a_better_point_is_proved():
    loss = Weighted(((1.0, AMSE(a=5.0)), (1.0, AGCE(a=1.0, q=2.0))))
    found = largest_tolerated_rate(loss, partial(symmetric, 3))
    above = asymmetric_on(loss, symmetric(3, found.high + 1e-6)[0])
    below = asymmetric_on(loss, symmetric(3, found.low)[0])

    assert (below.inclusion, above.inclusion) == (HOLDS, FAILS)
    assert found.width < 1e-5


@pytest.mark.parametrize(
    ("loss", "excluded"), [(MAE(), True), (AGCE(a=6.0, q=1.5), True), (AGCE(), False)], ids=repr
)
@pytest.mark.parametrize("noise", [symmetric, pair_flip])
def test_at_the_rate_where_clean_labels_cease_to_lead_nothing_is_tolerated(loss, excluded, noise):
    found = largest_tolerated_rate(loss, partial(noise, 10))
    rate = found.low - 1e-9

    assert found.excluded is excluded
    assert tolerant(loss, noise(10, rate)).verdict is HOLDS
    assert (tolerant(loss, noise(10, found.low + 1e-14)).verdict is UNDEFINED) is excluded


def test_a_rising_loss_tolerates_no_rate():
    found = largest_tolerated_rate(FormulaLoss("u"), partial(symmetric, 3))

    assert 0 == found.low <= found.high < 1e-6
