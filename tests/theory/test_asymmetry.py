"""Verdicts: against brute force, at the boundary, and each with evidence that can be checked."""

import numpy as np
import pytest
from scipy.optimize import brentq

from alfs_core.errors import SimplexError
from alfs_core.losses import LOSSES
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, ANL, AUL, AMSEq
from alfs_core.losses.classic import CE, FL, MSE
from alfs_core.losses.combinators import Normalized, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.on_logits import LC
from alfs_core.losses.robust import GCE, MAE, TCE, PolySoft
from alfs_core.theory.asymmetry import asymmetric_on, asymmetric_on_rows, completely_asymmetric
from alfs_core.theory.curvature import curvature
from alfs_core.theory.evidence import Counterexample, Search, Theorem, Verdict
from alfs_core.theory.words import evidence_lines
from tests.theory.brute_force import lowest_risk, risk

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
UNDECIDED, UNDEFINED = Verdict.UNDECIDED, Verdict.UNDEFINED
STEEP_FLAT_STEEPER = FormulaLoss("-(u - 0.8*max(u-1/3,0) + 2.8*max(u-2/3,0))")
ALMOST_FLAT = FormulaLoss("-(1.5*u - 1.49*max(u-0.2,0) + 3.99*max(u-0.8,0))")
NAMED = {"NCE+MAE": {"alpha": 1.0, "beta": 1.0}}
KINK = FormulaLoss("max(1-2*u,0) + 1 - u")  # slopes 3 and 1, broken at 1/2


def drawn_losses(seed):
    rng = np.random.default_rng(seed)

    def uniform(low, high):
        return float(rng.uniform(low, high))

    return [
        AGCE(a=uniform(0.05, 6), q=uniform(0.1, 2)),
        AUL(a=uniform(1.05, 6), p=uniform(0.2, 3)),
        AEL(a=uniform(0.5, 5)),
        GCE(q=uniform(0.3, 1.5)),
        TCE(t=int(rng.integers(1, 7))),
        FL(gamma=uniform(0, 3)),
        AMSE(a=uniform(1, 12)),
        AMSEq(a=uniform(1.2, 8), q=uniform(0.6, 3)),
        ANL(a=uniform(1.2, 4), p=uniform(0.5, 2.5)),
        PolySoft(lam=uniform(1, 6), d=uniform(1.3, 3)),
        Normalized(GCE(q=uniform(0.3, 1.5))),
        Weighted(((uniform(0.1, 2), AMSE(a=uniform(2, 10))), (uniform(0.1, 2), AEL(a=2.0)))),
        Weighted(((uniform(0.1, 2), MSE()), (uniform(0.1, 2), MAE()))),
        Weighted(((1.0, Normalized(GCE(q=0.6))), (uniform(0.5, 3), AGCE(a=2.0, q=1.5)))),
        STEEP_FLAT_STEEPER,
    ]


CASES = [(loss, k, seed) for seed in range(5) for k in (2, 3, 4) for loss in drawn_losses(seed)]


@pytest.mark.parametrize(("loss", "num_classes", "seed"), CASES)
def test_verdicts_against_brute_force(loss, num_classes, seed):
    """HOLDS: nothing lower is found. FAILS: the counterexample is lower by balls."""
    rng = np.random.default_rng([seed, num_classes])
    w = rng.dirichlet(np.full(num_classes, rng.choice([0.5, 1.0, 3.0])))
    finding = asymmetric_on(loss, w)
    corner = float(risk(loss, w, np.eye(num_classes)[np.argmax(w)]))
    lowest = float(lowest_risk(loss, w))

    if finding.inclusion is HOLDS:
        assert lowest >= corner - 1e-11 * max(1, abs(corner))
        assert not any(isinstance(x, Search) for x in finding.evidence)
    if finding.inclusion is FAILS:
        assert next(x for x in finding.evidence if isinstance(x, Counterexample)).confirmed
        found = finding.minimiser
        assert float(risk(loss, w, found)) <= lowest + 1e-9 * max(1, abs(lowest))
    if finding.inclusion is UNDECIDED:
        assert lowest >= corner - 1e-9 * max(1, abs(corner))


def at_margin(loss, num_classes, margin, shape):
    """Weights whose closed condition has just that margin, off the boundary by it."""

    def weights(w_n):
        return np.concatenate([[1.0], w_n * np.linspace(1, shape, num_classes - 1)])

    low = brentq(lambda w_n: loss.weight_condition(weights(w_n)).margin - margin, 0, 1, xtol=1e-16)
    return weights(low)


@pytest.mark.parametrize("margin", [1e-4, 1e-9, -1e-9, -1e-4])
@pytest.mark.parametrize("num_classes", [2, 3, 10])
@pytest.mark.parametrize("shape", [1.0, 0.4])
@pytest.mark.parametrize(
    "loss",
    [
        AGCE(a=0.6, q=0.6),
        AGCE(a=1e-5, q=0.5),
        AUL(a=5.5, p=3.0),
        AEL(a=2.5),
        TCE(t=6),
        AMSE(a=30.0),
        AMSEq(a=4.0, q=1.5),
        ANL(a=2.0, p=2.0),
    ],
    ids=repr,
)
def test_close_to_the_boundary(loss, num_classes, shape, margin):
    w = at_margin(loss, num_classes, margin, shape)
    finding = asymmetric_on(loss, w)

    assert finding.verdict is (HOLDS if margin > 0 else FAILS)
    if margin < 0:
        assert next(x for x in finding.evidence if isinstance(x, Counterexample)).confirmed
        assert 0 < finding.leak < 0.05


@pytest.mark.parametrize("loss", [AGCE(a=0.6, q=0.6), AUL(a=5.5, p=3.0), AEL(a=2.5)], ids=repr)
def test_closed_and_numeric_route_agree(loss):
    """The same function typed as a formula, without its closed forms."""
    text = {
        "AGCE": "((0.6+1)^0.6 - (0.6+u)^0.6)/0.6",
        "AUL": "((5.5-u)^3 - 4.5^3)/3",
        "AEL": "exp(-u/2.5)",
    }[loss.name]
    for w_n in (0.1, 0.3, 0.39, 0.405, 0.45):
        w = np.array([1 - w_n, w_n, 0.0])

        assert asymmetric_on(FormulaLoss(text), w).verdict is asymmetric_on(loss, w).verdict


def test_at_equality_straight_pieces_share_the_minimum():
    """THEORY F2: e_m stays a minimiser, but a whole segment joins it."""
    finding = asymmetric_on(KINK, np.array([0.75, 0.25]))

    assert (finding.inclusion, finding.equality) == (HOLDS, FAILS)
    assert asymmetric_on(AEL(a=1.0), np.array([np.e, 1.0])).equality is HOLDS


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("3*max(0.5-u,0) + (1-u)", "convex"),
        ("abs(0.5-u) + 1 - 2*u", "convex"),
        ("1 - u - max(u-0.25,0)", "concave"),
        ("1 - u - 0.5*max(u-0.5,0) + 0.5*max(u-0.75,0)", "mixed"),
    ],
)
def test_a_kink_where_two_cells_meet_is_seen(text, shape):
    """The slope may jump at the very end of a cell."""
    assert curvature(FormulaLoss(text)).shape == shape


@pytest.mark.parametrize("steep", [2.0, 3.0, 4.0])
def test_a_tie_at_the_threshold_of_a_kinked_loss(steep):
    """THEORY F2: slopes `steep` and 1 broken at ½, w_m r = w_n."""
    loss = FormulaLoss(f"{steep - 1}*max(0.5-u,0) + (1-u)")
    finding = asymmetric_on(loss, np.array([steep, 1.0]) / (1 + steep))

    assert (finding.inclusion, finding.equality) == (HOLDS, FAILS)


def test_ratio_is_neither_necessary_nor_the_upper_ratio_sufficient():
    """THEORY F3."""
    w = np.array([0.3, 0.29, 0.28, 0.13])
    assert asymmetric_on(STEEP_FLAT_STEEPER, w).inclusion is not FAILS
    fails = asymmetric_on(ALMOST_FLAT, np.array([1.45, 1, 1, 1, 1]))
    assert fails.verdict is FAILS
    assert any(isinstance(x, Counterexample) and x.confirmed for x in fails.evidence)


def test_ties_and_wrong_tops_are_not_judged():
    assert asymmetric_on(MAE(), np.array([0.4, 0.4, 0.2])).verdict is UNDEFINED
    finding = asymmetric_on(MAE(), np.array([0.4, 0.6]), clean=0)
    assert finding.verdict is UNDEFINED
    assert "not the most frequent label" in finding.sentence
    assert asymmetric_on(LC(), np.array([0.6, 0.4])).verdict is UNDEFINED


@pytest.mark.parametrize("name", list(LOSSES))
def test_every_loss_holds_where_labels_are_never_wrong(name):
    finding = asymmetric_on(LOSSES[name].build(), np.array([0.0, 1.0, 0.0]))

    assert finding.verdict in (HOLDS, UNDEFINED)
    assert finding.leak == 0 or finding.verdict is UNDEFINED


def test_normalized_sums_inherit_the_limit_and_leak_at_a_floor():
    loss = LOSSES["NCE+AGCE"].build()
    finding = asymmetric_on(loss, np.array([0.6, 0.4] + 8 * [0.0]))

    assert (finding.verdict, finding.limit) == (FAILS, HOLDS)
    assert finding.leak == pytest.approx(0.0018, abs=1e-4)
    even = asymmetric_on(loss, np.array([0.6, 0.2, 0.2]))
    assert (even.verdict, even.limit) == (HOLDS, HOLDS)


@pytest.mark.parametrize("seed", range(25))
def test_verdicts_on_a_floor_against_lowest_risk(seed):
    """NCE or NFL with another part, floors from 1e-3 to .05."""
    rng = np.random.default_rng(seed)
    k, floor = int(rng.integers(3, 5)), float(10 ** rng.uniform(-3, -1.3))
    base = Normalized([CE(), FL(gamma=1.0)][seed % 2])
    other = [MAE(), AGCE(a=6.0, q=1.5), AEL(a=3.0), AMSE(a=10.0), AUL(a=2.0, p=0.5)][seed % 5]
    loss = Weighted(((1.0, base), (float(rng.uniform(0.5, 30)), other)))
    w = rng.dirichlet(np.full(k, 1.0))
    finding = asymmetric_on(loss, w, floor=floor)
    corners = floor + (1 - k * floor) * np.eye(k)
    level = float(risk(loss, w, corners[np.argmax(w)]))
    lowest = lowest_risk(loss, w, floor)

    assert finding.verdict is (HOLDS if lowest >= level - 1e-12 * abs(level) else FAILS) or (
        finding.verdict is UNDECIDED and lowest >= level - 1e-9
    )


def test_on_a_floor_a_strong_second_part_is_proved_to_hold():
    w = np.zeros(100)
    w[:2] = 0.8, 0.2
    finding = asymmetric_on(LOSSES["NCE+AGCE"].build(), w)

    assert (finding.verdict, finding.limit) == (HOLDS, HOLDS)
    assert finding.evidence[0].key == "floor-corner"


def test_normalized_cross_entropy_alone_forgets_the_top_class():
    finding = asymmetric_on(Normalized(CE()), np.array([0.5, 0.3, 0.2]))

    assert (finding.verdict, finding.limit) == (FAILS, FAILS)


@pytest.mark.parametrize(
    ("text", "named"),
    [("log(u)/total(log(u))", "NCE"), ("log(u)/total(log(u)) + 1 - u", "NCE+MAE")],
)
@pytest.mark.parametrize("w", [(0.5, 0.3, 0.2), (0.4, 0.3, 0.3), (0.6, 0.4, 0.0, 0.0)])
def test_typed_normalized_losses_are_judged_like_those_of_the_library(text, named, w):
    typed = asymmetric_on(FormulaLoss(text), np.array(w))
    known = asymmetric_on(LOSSES[named].build(**NAMED.get(named, {})), np.array(w))

    assert (typed.verdict, typed.limit) == (known.verdict, known.limit)
    assert UNDECIDED not in (typed.verdict, typed.limit)


def test_a_typed_symmetric_loss_holds_under_even_noise():
    loss = FormulaLoss("(1-u)^2/total((1-u)^2)")

    assert asymmetric_on(loss, np.array([0.4, 0.3, 0.3])).equality is HOLDS


@pytest.mark.parametrize("num_classes", [2, 3, 4, 10, 100])
@pytest.mark.parametrize(
    "text", ["1 - u^3/total(u^3)", "2*(1-u^2)/total(1-u^2)", "3 - 2*u^3/total(u^3) - u"]
)
def test_bounded_symmetric_losses_are_completely_asymmetric(text, num_classes):
    loss = FormulaLoss(text)

    assert completely_asymmetric(loss, num_classes).equality is HOLDS
    if num_classes <= 4:
        rng = np.random.default_rng(num_classes)
        w = np.sort(rng.dirichlet(np.ones(num_classes)))[::-1]
        corner = float(risk(loss, w, np.eye(num_classes)[0]))
        assert lowest_risk(loss, w) >= corner - 1e-12


@pytest.mark.parametrize("text", ["1 - sqrt(u)/total(sqrt(u))", "u/total(u)", "u^2/total(u^2)"])
def test_the_bound_is_asked_of_the_right_shape(text):
    """Negative shares of any rising f are bounded; positive shares of a rising f favour others."""
    verdict = asymmetric_on(FormulaLoss(text), np.array([0.5, 0.3, 0.2])).equality

    assert verdict is (HOLDS if text.startswith("1 -") else FAILS)


def test_one_label_alone_is_no_proof_for_a_share_that_dips():
    dips = FormulaLoss("1 - (u - 6*u^2*(1-u))/total(u - 6*u^2*(1-u))")

    assert asymmetric_on(dips, np.array([1.0, 0.0])).inclusion is not HOLDS


def test_a_sum_holds_as_its_parts_do():
    loss = Weighted(((1.0, AGCE(a=6.0, q=1.5)), (1.0, AMSEq(a=4.0, q=0.8))))
    finding = asymmetric_on(loss, np.array([0.4, 0.35, 0.25]))
    mixed = Weighted(((1.0, AEL(a=2.5)), (1.0, PolySoft(lam=2.0))))
    parts = asymmetric_on(mixed, np.array([0.6, 0.3, 0.1]))

    assert finding.verdict is HOLDS
    assert parts.verdict is HOLDS


@pytest.mark.parametrize(
    ("loss", "w", "leak"),
    [  # THEORY F7, B4
        (GCE(q=0.7), [0.9, 0.1], 6.6e-4),
        (AGCE(a=1e-5, q=0.5), [0.9968, 0.0032], 3e-7),
    ],
    ids=repr,
)
def test_leaks_beside_brittle_verdicts(loss, w, leak):
    finding = asymmetric_on(loss, np.array(w))

    assert finding.verdict is FAILS
    assert finding.leak == pytest.approx(leak, rel=0.2)


@pytest.mark.parametrize(
    ("loss", "magnitude"), [(AMSEq(a=30.0, q=1.01), -38), (GCE(q=0.999), -222)], ids=repr
)
def test_leaks_too_small_for_doubles_of_the_risk_are_proved(loss, magnitude):
    finding = asymmetric_on(loss, np.array([0.5, 0.3, 0.2]))
    shown = next(x for x in finding.evidence if isinstance(x, Counterexample))

    assert finding.verdict is FAILS
    assert shown.confirmed
    assert abs(np.log10(finding.leak) - magnitude) < 8


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (MAE(), HOLDS),
        (AGCE(a=6.0, q=1.5), HOLDS),
        (AUL(a=1.0, p=0.5), HOLDS),
        (PolySoft(lam=2.3, d=2.0), HOLDS),
        (AMSEq(a=2.0, q=0.7), HOLDS),
        (Normalized(GCE(q=1.5)), HOLDS),
        (LOSSES["NNCE"].build(), HOLDS),
        (AGCE(a=6.0, q=0.99), FAILS),
        (PolySoft(lam=2.4, d=2.0), FAILS),
        (AMSE(a=30.0), FAILS),
        (Normalized(GCE(q=0.7)), FAILS),
        (Normalized(CE()), FAILS),
    ],
    ids=repr,
)
def test_complete_asymmetry(loss, verdict):
    for num_classes in (3, 7):
        assert completely_asymmetric(loss, num_classes).verdict is verdict


def test_a_rising_loss_is_not_asymmetric_on_all_weights():
    found = completely_asymmetric(FormulaLoss("u"), 3)

    assert found.verdict is FAILS
    assert "even without noise" in found.sentence


def test_two_classes_make_normalized_losses_complete():
    assert completely_asymmetric(Normalized(CE()), 2).verdict is HOLDS
    assert completely_asymmetric(Normalized(GCE(q=0.5)), 2).verdict is HOLDS


@pytest.mark.parametrize("name", ["NCE+AGCE", "NGCE+AUL", "ECE+MAE", "AMSE"])
def test_rows_judged_together_have_the_findings_of_each(name):
    loss, rng = LOSSES[name].build(), np.random.default_rng(1)
    rows = [*(-np.sort(-rng.dirichlet(np.ones(5), 3))), np.eye(5)[0], np.full(5, 0.2)]
    together = asymmetric_on_rows(loss, rows, [0] * 5)

    for w, found in zip(rows, together, strict=True):
        alone = asymmetric_on(loss, w, clean=0)
        assert (found.verdict, found.limit) == (alone.verdict, alone.limit)
        assert found.minimiser == pytest.approx(alone.minimiser, abs=1e-9)


def test_a_hundred_classes():
    w = np.full(100, 0.4 / 99)
    w[7] = 0.6

    assert asymmetric_on(AGCE(a=0.6, q=0.6), w).m == 7
    assert asymmetric_on(AGCE(a=0.6, q=0.6), w).verdict is HOLDS
    assert completely_asymmetric(AGCE(a=6.0, q=1.5), 100).verdict is HOLDS


def test_evidence_names_the_numbers_it_was_checked_on():
    (theorem,) = asymmetric_on(AGCE(a=0.6, q=0.6), np.array([0.7, 0.3])).evidence

    assert isinstance(theorem, Theorem)
    assert theorem.hypotheses[0].met
    assert theorem.hypotheses[0].value.startswith("margin 0.17")


def test_weights_that_are_none_are_refused():
    with pytest.raises(SimplexError):
        asymmetric_on(MAE(), np.array([0.5, -0.5]))


@pytest.mark.parametrize("w", [[0.6, 0.4], [0.99, 0.01], [0.5, 0.5]])
def test_a_typed_loss_is_called_by_its_text(w):
    loss = FormulaLoss("exp(-u/a) + 0.1*total(u^2); a = 1 in [0.5, 2]")
    finding, complete = asymmetric_on(loss, np.array(w)), completely_asymmetric(loss, 2)

    assert loss.name == "exp(-u/a) + 0.1*total(u^2)"
    assert "formula" not in finding.sentence + complete.sentence
    assert loss.name in complete.sentence


def test_a_long_typed_text_is_cut_short():
    name = FormulaLoss("1 - u" + " + 0*u" * 20).name

    assert name.startswith("1 - u + 0*u")
    assert name.endswith("…")
    assert len(name) <= 32


# ---- kinks, plateaus, poles, and leaks below every double ---------------------------------------

LIKE_MAE = ("abs(1-u)", "abs(u-1)", "max(1-u,0)", "max(0,1-u)", "1-min(u,1)", "max(1-u,u-1)")


@pytest.mark.parametrize("text", LIKE_MAE)
@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_a_kink_at_the_end_counts_as_the_slope_from_inside(text, num_classes):
    w = np.full(num_classes, 0.6 / num_classes)
    w[1] += 0.4

    assert asymmetric_on(FormulaLoss(text), w).verdict is HOLDS


PLATEAUS = ["max(0.3-u,0)", "max(0.3-u,0)^2", "max(0.5-u,0)"]


@pytest.mark.parametrize("text", PLATEAUS)
@pytest.mark.parametrize("w", [(0.6, 0.4), (0.6, 0.3, 0.1)])
def test_a_convex_loss_with_a_plateau_is_refuted_by_a_point(text, w):
    finding = asymmetric_on(FormulaLoss(text), np.array(w))

    assert finding.inclusion is FAILS
    assert next(x for x in finding.evidence if isinstance(x, Counterexample)).confirmed


@pytest.mark.parametrize("w", [(0.6, 0.4), (0.4, 0.6), (0.5, 0.3, 0.2)])
def test_a_loss_with_a_pole_gets_no_theorem_and_no_unconfirmed_point(w):
    loss = FormulaLoss("1/(u-.3)")
    finding = asymmetric_on(loss, np.array(w))

    assert not curvature(loss).decreasing
    assert not any(isinstance(x, Theorem) for x in finding.evidence)
    assert all(x.confirmed for x in finding.evidence if isinstance(x, Counterexample))


TINY = [
    (GCE(q=0.9999), -1766),
    (GCE(q=0.999999), -176109),
    (AMSEq(a=30.0, q=1.001), -486),
    (ANL(p=1.000001), -477130),
    (FormulaLoss("1-u^q; q=0.9999999 in [0.1, 2]"), -1761029),
]


@pytest.mark.parametrize(("loss", "log10"), TINY, ids=repr)
def test_leaks_below_every_double_are_shown_in_logarithms(loss, log10):
    finding = asymmetric_on(loss, np.array([0.6, 0.4]))
    (shown,) = [x for x in finding.evidence if isinstance(x, Counterexample)]

    assert finding.inclusion is FAILS
    assert shown.confirmed
    assert shown.difference.too_small
    assert shown.difference.log10 == pytest.approx(log10, rel=1e-2)
    assert "less than 1e-300" in finding.sentence
    power = f"10^{{{shown.difference.log10:.6g}}}"
    assert any(power in line for line in evidence_lines(shown))


def test_normalized_losses_with_such_a_leak_are_judged_by_their_base():
    finding = asymmetric_on(Normalized(GCE(q=0.999999)), np.array([0.5, 0.3, 0.2]))
    (shown,) = [x for x in finding.evidence if isinstance(x, Counterexample)]

    assert shown.confirmed
    assert shown.by_slope.negative


@pytest.mark.parametrize("text", ["u^-1", "1/u", "1/u - 1", "(1-u)/u", "1/sqrt(u)", "1/(u*(2-u))"])
@pytest.mark.parametrize("w", [[0.6, 0.2, 0.2], [0.6, 0.4, 0.0]], ids=str)
def test_a_pole_at_0_fails_by_a_point_of_finite_risk(text, w):
    loss = FormulaLoss(text)
    finding = asymmetric_on(loss, np.array(w))
    (shown,) = [x for x in finding.evidence if isinstance(x, Counterexample)]

    assert finding.verdict is FAILS
    assert shown.confirmed
    assert np.isfinite(risk(loss, shown.w, shown.point))
    assert shown.difference.low == -np.inf


def test_a_point_on_a_pole_is_no_counterexample():
    """At u_3 = 0 the risk is infinite, as it is at the corner: neither is lower."""
    on_edge = np.array([0.0, -100_000.0, -np.inf])
    shown = Counterexample(FormulaLoss("u^-1"), np.array([0.6, 0.2, 0.2]), 0, on_edge)

    assert not shown.by_slope.negative
    assert not shown.confirmed


def test_where_no_better_point_can_be_evaluated_the_finding_says_so():
    finding = asymmetric_on(AUL(a=1.0, p=1.000001), np.array([0.6, 0.4]))

    assert finding.inclusion is FAILS
    assert finding.evidence[-1].key == "too-near"
    assert "less than 1e-300" in finding.sentence


def test_a_ratio_speaks_of_the_minimisers_at_the_label():
    """Flat up to 0.2 and from 0.9 on, so r > 0: every u_m ≥ 0.9 minimises."""
    loss = FormulaLoss("-min(max(u,0.2),0.9)")
    finding = asymmetric_on(loss, np.array([0.9, 0.1]))
    (theorem, _) = finding.evidence

    assert finding.verdict is HOLDS
    assert theorem.statement == "the minimisers are those of L(·, m)"


def test_almost_straight_losses_are_not_said_to_share_their_minimum():
    """At w_m ℓ'(1) = w_n ℓ'(0), with a curvature too small to be seen in doubles."""
    loss = FormulaLoss("1 - u + max(0.7-u,0)^2 - 1e-12*max(u-0.9,0)")

    assert asymmetric_on(loss, np.array([2.4, 1.0])).equality is not FAILS


def test_on_one_hot_weights_a_rising_loss_leaves_the_vertex():
    """Noisy and clean risk are the same, so equality holds; but e_m minimises neither."""
    finding = asymmetric_on(FormulaLoss("u^2"), np.array([0.0, 1.0]))

    assert finding.equality is HOLDS
    assert finding.inclusion is FAILS
    assert asymmetric_on(MSE(), np.array([0.0, 1.0])).inclusion is HOLDS


@pytest.mark.parametrize("loss", [CE(), FL(gamma=0.5), Weighted(((1.0, CE()), (1.0, MSE())))])
def test_a_weight_that_vanishes_in_the_sum_is_still_a_weight(loss):
    assert asymmetric_on(loss, np.array([1.0, 1e-129])).inclusion is not HOLDS


def test_a_sum_with_a_plateau_at_the_label_is_not_said_to_have_one_minimiser():
    """Flat from u_m = 0.9 on, and straight: at w = (3, 1) both tie on the way there."""
    flat = FormulaLoss("-min(max(u,0.2),0.9)")
    straight = FormulaLoss("max(1-2*u,0) + 1 - u")

    finding = asymmetric_on(Weighted(((1.0, flat), (1.0, straight))), np.array([3.0, 1.0]))

    assert finding.inclusion is HOLDS
    assert finding.equality is not HOLDS
