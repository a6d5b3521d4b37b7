"""The theorems' cards: every example and every counterexample, evaluated again without the lab."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mpmath import inf, mp, mpf

from alfs_core.losses import LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.noise.transition import check_transition
from alfs_core.references import REFERENCES
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.calibration import calibrated_at
from alfs_core.theory.cards import CARDS, GROUPS, Card, CardResult, Comparison, Risk, Value
from alfs_core.theory.cards.records import told
from alfs_core.theory.curvature import convexity, end_slopes
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.theorems import THEOREMS
from tests.losses import by_hand

SWITCHES = [(card.key, h.key) for card in CARDS.values() for h in card.hypotheses]
ALL = [(card.key, None) for card in CARDS.values()]
SEEDS = range(6)


def run(key: str, off: str | None, seed: int) -> CardResult:
    card = CARDS[key]
    return card.check(frozenset(h.key for h in card.hypotheses if h.key != off), seed)


def comparisons(result: CardResult) -> tuple[Comparison, ...]:
    return (*result.premises, *result.broken, *result.outcome)


# ---- by hand --------------------------------------------------------------------------------


def loss_by_hand(spec: LossSpec, u: list[mpf], y: int) -> mpf:
    """L(u, y) from the formulas of the tests, or from the typed text as Python reads it."""
    values = by_hand.precise(dict(spec.values))
    if spec.name.startswith(FORMULA):
        text = spec.name.removeprefix(FORMULA).replace("^", "**")
        return eval(text, {"max": max}, {"u": u[y]})
    return by_hand.LOSSES[spec.name](u, y, **values)


def risk_by_hand(risk: Risk) -> mpf:
    total = mpf(0)
    for weights, prediction in zip(risk.weights, risk.predictions, strict=True):
        u = [mpf(x) for x in prediction]
        u[u.index(max(u))] += 1 - sum(u)
        total += sum(w * loss_by_hand(risk.spec, u, y) for y, w in enumerate(weights) if w)
    return total


def number_by_hand(value: Value) -> mpf:
    return sum((factor * risk_by_hand(risk) for factor, risk in value.terms), mpf(0))


def values(result: CardResult) -> Iterator[Value]:
    for comparison in comparisons(result):
        yield from (comparison.left, comparison.right)


@pytest.mark.parametrize(("key", "off"), [*ALL, *SWITCHES])
def test_every_example_is_true(key, off):
    """All on: the theorem holds in the example. One off: it fails."""
    for seed in SEEDS:
        result = run(key, off, seed)

        assert result.dropped == off
        assert result.outcome
        assert bool(result.broken) == (off is not None)
        assert result.confirmed, [c for c in comparisons(result) if not c.true]


@pytest.mark.parametrize(("key", "off"), [*ALL, *SWITCHES])
def test_every_risk_is_what_the_formulas_say(key, off):
    """Each risk again, from formulas that know nothing of the lab, and the signs with them."""
    with mp.workdps(30):
        for seed in (0, 1):
            for comparison in comparisons(run(key, off, seed)):
                sides = []
                for value in (comparison.left, comparison.right):
                    exact = number_by_hand(value) if value.terms else mpf(value.number)
                    assert float(exact) == pytest.approx(value.number, rel=1e-9, abs=1e-9)
                    sides.append(exact)
                close = abs(sides[0] - sides[1]) <= mpf("1e-9") if inf not in sides else False
                assert {
                    "<": sides[0] < sides[1],
                    ">": sides[0] > sides[1],
                    "=": close,
                    "≤": sides[0] < sides[1] or close,
                    "≥": sides[0] > sides[1] or close,
                }[comparison.sign]


@settings(max_examples=40)
@given(st.sampled_from([*ALL, *SWITCHES]), st.integers(6, 10_000))
@example(("restricted", None), 1354)  # two functions of one risk were drawn first
def test_drawn_numbers_come_out_too(which, seed):
    result = run(*which, seed)

    assert result.confirmed, (which, seed, [c for c in comparisons(result) if not c.true])


# ---- what the examples say, against the engine and by brute force -----------------------------


def lattice(k: int, n: int) -> np.ndarray:
    """By counting, not from the lab."""
    if k == 1:
        return np.array([[n]])
    parts = [np.insert(lattice(k - 1, n - i), 0, i, axis=1) for i in range(n + 1)]
    return np.concatenate(parts)


def one_row(result: CardResult, side: str = "left") -> Risk:
    """The first risk at a single instance in the outcome."""
    sides = (getattr(comparison, side) for comparison in result.outcome)
    return next(s.terms[0][1] for s in sides if s.terms and len(s.terms[0][1].weights) == 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("key", ["class-dependent", "ratio", "convex-ratio", "amse", "sum"])
def test_the_engine_agrees_that_the_corner_wins(key, seed):
    """With all hypotheses on, the finding of the engine on the same weights is HOLDS."""
    result = run(key, None, seed)
    risk = next(
        c.left.terms[0][1] for c in result.outcome if c.left.words.startswith("noisy risk at $e_1")
    )
    finding = asymmetric_on(risk.spec.build(), np.array(risk.weights[0]))

    assert finding.inclusion is Verdict.HOLDS
    assert finding.m == 0


LEAVING = [
    ("uniform", "sum"),
    ("class-dependent", "sum"),
    ("class-dependent", "bound"),
    ("normalized", "equal"),
    ("tolerance", "asymmetric"),
    ("subset-sums", "sizes"),
    ("sum", "each"),
    ("sum", "positive"),
    ("amse", "enough"),
    ("amse", "whole"),
    ("amse", "square"),
    ("ratio", "local"),
    ("ratio", "enough"),
    ("convex-ratio", "convex"),
    ("upper-ratio", "two"),
]


@pytest.mark.parametrize(("key", "off"), LEAVING)
def test_the_engine_refutes_what_the_counterexample_refutes(key, off):
    risk = one_row(run(key, off, 0))
    finding = asymmetric_on(risk.spec.build(), np.array(risk.weights[0]))

    assert finding.verdict is Verdict.FAILS


@pytest.mark.parametrize("seed", SEEDS)
def test_ratios_are_no_larger_than_any_quotient(seed):
    """w_m r of the card against the definition of r on a lattice of (u1, u2)."""
    result = run("ratio", None, seed)
    condition = result.premises[0]
    spec = result.scene.losses[0]
    w_m = max(one_row(result, "right").weights[0])
    points = lattice(3, 40)[:, :2] / 40
    u1, u2 = points[points[:, 1] > 0].T

    def ell(u):
        return np.array([float(loss_by_hand(spec, [mpf(x)], 0)) for x in u])

    quotient = (ell(u1) - ell(u1 + u2)) / (ell(np.zeros(1)) - ell(u2))

    assert condition.left.number / w_m <= quotient.min() + 1e-12
    assert condition.left.number / w_m == pytest.approx(quotient.min(), rel=0.05)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("off", ["label", "free"])
def test_the_factor_of_the_bound_is_positive_where_it_fails(off, seed):
    """D from the matrix of the scene: these losses have r = 1."""
    result = run("excess", off, seed)
    T = check_transition(result.scene.noise.matrix)
    off_diagonal = np.where(np.eye(len(T), dtype=bool), 0, T).max(axis=1)

    assert result.premises[0].left.number == pytest.approx(np.min(np.diag(T) - off_diagonal))


def test_the_constant_two_is_too_small_at_the_known_point():
    """THEORY A6: q = (.4, .2, .4), u = (.33, .34, .33) loses .2 at an excess of .068."""
    lost, bound = 0.4 - 0.2, 2 * (0.6 - (0.4 * 0.33 + 0.2 * 0.34 + 0.4 * 0.33) - 0.2)
    result = run("bayes-excess", "label", 0)

    assert lost > bound == pytest.approx(2 * 0.068)
    assert result.outcome[0].left.number > result.outcome[0].right.number
    assert result.outcome[1].right.number == pytest.approx(1.5 * result.outcome[0].right.number)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tie_of_a_convex_loss_breaks_no_other_hypothesis(seed):
    spec = one_row(run("convex-ratio", "strict", seed)).spec
    ends = end_slopes(spec.build())

    assert convexity(spec.build()) == "convex"
    assert ends.high[0] < 0 > ends.high[1]
    assert "differentiable" not in CARDS["convex-ratio"].statement.statement


def test_on_the_open_simplex_normalized_losses_lose_their_gap():
    """THEORY F4: the gap decays like 1/|ln δ|."""
    shown = run("calibration", "closed", 0)
    spec = one_row(shown, "right").spec
    gaps = [
        calibrated_at(spec.build(), np.array([0.5, 0.3, 0.2]), floor=floor).gap
        for floor in (1e-4, 1e-30, 1e-300)
    ]

    assert spec.name == "NCE"
    assert 0 < gaps[2] < gaps[1] / 5 < gaps[0] / 25


# ---- the cards themselves -------------------------------------------------------------------


def test_a_counterexample_for_each_switch():
    for card in CARDS.values():
        assert set(card.counterexamples) == {h.key for h in card.hypotheses}
        assert card.statement.statement
        assert card.statement.proof
        assert card.group in GROUPS
        assert set(card.statement.sources) <= set(REFERENCES)


def test_statements_that_the_lab_has_are_not_written_twice():
    known = {statement.title for statement in THEOREMS.values()}
    shared = [card for card in CARDS.values() if card.statement.title in known]

    assert len(shared) >= 9
    assert all(card.statement in THEOREMS.values() for card in shared)


def test_one_letter_for_the_number_of_classes_and_one_for_the_matrix():
    """K classes as everywhere, and T is the transition matrix, no set of classes."""
    said = [x.statement + x.proof for x in THEOREMS.values()]
    for card in CARDS.values():
        said += [card.statement.statement, card.statement.proof, card.claim]
        said += [h.text for h in card.hypotheses]
    for which in [*ALL, *SWITCHES]:
        result = run(*which, 0)
        said += [result.setting, result.sentence, *(v.words for v in values(result))]

    for text in said:
        formulas = " ".join(text.split("$")[1::2])
        assert not re.search(r"(?<![A-Za-z\\])k(?![A-Za-z])", formulas), text
        assert not re.search(r"\\in T\b|S_T|\|T\|", formulas), text


def test_of_several_that_are_off_the_first_is_shown():
    card = CARDS["ratio"]

    assert card.check(frozenset(), 3).dropped == "local"
    assert card.check(frozenset({"local"}), 3).dropped == "enough"


def test_an_unknown_hypothesis_is_refused():
    with pytest.raises(KeyError):
        CARDS["ratio"].check(frozenset({"tail"}))


@pytest.mark.parametrize(
    ("left", "sign", "right", "true"),
    [
        (1.0, "<", 2.0, True),
        (1.0, "<", 1.0 + 1e-13, False),
        (1.0, "≤", 1.0 - 1e-13, True),
        (1.0, "=", 1.0 + 1e-13, True),
        (1.0, "=", 1.001, False),
        (1.0, ">", np.inf, False),
        (np.inf, ">", 1.0, True),
        (np.nan, "<", 1.0, False),
    ],
)
def test_signs(left, sign, right, true):
    assert Comparison(Value("", left), sign, Value("", right)).true is true


def test_a_typed_formula_is_printed_as_a_formula():
    spec = LossSpec.of("formula: 0.68*(1-u)^3 + 0.32*(1-u^3)")

    assert told(spec) == f"$\\ell(u) = {spec.build().latex}$"
    assert "*" not in told(spec)


def test_an_example_with_one_false_number_is_not_confirmed():
    wrong = Comparison(Value("", 2.0), "<", Value("", 1.0))

    assert not CardResult(None, "", (), (wrong,), "").confirmed
    assert not CardResult(None, "", (wrong,), (), "").confirmed


def test_other_seeds_give_other_numbers():
    card: Card = CARDS["excess"]
    on = frozenset(h.key for h in card.hypotheses)

    assert card.check(on, 0).setting != card.check(on, 1).setting
    assert card.check(on, 1).setting == card.check(on, 1).setting
