"""The printed derivation says true things: its numbers, its verdict, its largest rate."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings

from alfs_core.losses import AEL, AGCE, AMSE, AUL, CE, LOSSES, Normalized, PolySoft, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, MAE, RCE, TCE
from alfs_core.noise.transition import KINDS
from alfs_core.numerics.links import Logits
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.derivation import (
    condition,
    derivation,
    noisy_row,
    number,
    put_in,
    rated_row,
)
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.threshold import largest_rate
from tests.strategies import losses, weights

ON_SIMPLEX = tuple(
    name for name, family in LOSSES.items() if not isinstance(family.build().link, Logits)
)
CLOSED = tuple(name for name in ON_SIMPLEX if condition(LOSSES[name].build(), np.array([6, 3, 1])))


def row_of(kind, num_classes, clean):
    return lambda rate: KINDS[kind].make(num_classes, rate)[clean]


def symmetric_row(rate=0.4, num_classes=10):
    return rated_row(row_of("symmetric", num_classes, 3), 3, rate)


def told(loss, row):
    return {line.words: line.latex for line in derivation(loss, row).lines}


# ---- what decides ---------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(losses(CLOSED), weights(4))
def test_the_inequality_decides_as_the_engine_does(loss, w):
    clean = int(np.argmax(w))
    inequality = derivation(loss, noisy_row(w, clean)).inequality
    assume(inequality is not None)
    assume(abs(inequality.left - inequality.right) > 1e-9)

    found = asymmetric_on(loss, w, clean=clean).verdict
    assert found is (Verdict.HOLDS if inequality.met else Verdict.FAILS)


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("kind", ["symmetric", "pair", "flip2", "symmetric-own"])
def test_the_solved_rate_is_the_largest_tolerated_one(name, kind):
    loss, make = LOSSES[name].build(), row_of(kind, 10, 3)

    assert derivation(loss, rated_row(make, 3, 0.2)).largest_rate == pytest.approx(
        largest_rate(loss, make, 3), abs=1e-9
    )


def test_the_solved_rate_of_theory_c():
    """AGCE (0.6, 0.6) at ten classes: 0.8587, by pairs 0.4032; AMSE 30: 0.87."""
    pair = rated_row(row_of("pair", 10, 3), 3, 0.4)

    assert round(derivation(AGCE(), symmetric_row()).largest_rate, 4) == 0.8587
    assert round(derivation(AGCE(), pair).largest_rate, 4) == 0.4032
    assert round(derivation(AMSE(), symmetric_row()).largest_rate, 4) == 0.87
    assert derivation(AGCE(), pair).inequality.met
    assert not derivation(AGCE(), rated_row(row_of("pair", 10, 3), 3, 0.4033)).inequality.met


def test_equality_is_met_where_it_suffices():
    tie = noisy_row([2 / 3, 1 / 3, 0], 0)

    assert derivation(TCE(t=2), tie).inequality.met
    assert not derivation(MAE(), noisy_row([0.5, 0.5, 0], 0)).inequality


# ---- numbers in the print -------------------------------------------------------------------


def sides(latex):
    """The numbers on both sides of the last inequality, and those of the products before it."""
    python = re.sub(r"10\^\{(-?\d+)\}", r"1e\1", latex)
    python = python.replace(r"\cdot 1e", "* 1e").replace(r"\cdot", "*")
    for part in python.split(r"\quad\Leftrightarrow\quad"):
        left, right = re.split(r"\\ge|>", part)
        yield float(eval_product(left)), float(eval_product(right))


def eval_product(text):
    total = 0.0
    for term in text.split("+"):
        total += np.prod([float(x) for x in term.split("*")])
    return total


@settings(max_examples=60, deadline=None)
@given(losses(CLOSED), weights(3))
def test_the_printed_sides_are_the_sides(loss, w):
    inequality = derivation(loss, noisy_row(w, int(np.argmax(w)))).inequality
    assume(inequality is not None)

    for left, right in sides(inequality.numbers):
        assert left == pytest.approx(inequality.left, rel=3e-4, abs=1e-12)
        assert right == pytest.approx(inequality.right, rel=3e-4, abs=1e-12)


def test_the_solved_fraction_evaluates_to_the_rate():
    line = derivation(AGCE(), symmetric_row()).lines[-1].latex
    top, bottom, rate = re.fullmatch(
        r"\\eta \\le \\frac\{([\d.]+)\}\{([\d.]+) \+ \\frac\{1\}\{9\}\} \\approx ([\d.]+)", line
    ).groups()

    assert float(top) / (float(bottom) + 1 / 9) == pytest.approx(float(rate), abs=1e-5)


@pytest.mark.parametrize(
    ("loss", "printed"),
    [
        (AGCE(a=2, q=0.5), r"\frac{(2+1)^{0.5}-(2+u)^{0.5}}{0.5}"),
        (AUL(a=3, p=2), r"\frac{(3-u)^{2}-(3-1)^{2}}{2}"),
        (AEL(a=2.5), r"e^{-u/2.5}"),
        (GCE(q=0.25), r"\frac{1-u^{0.25}}{0.25}"),
        (RCE(A=-4), r"4\,(1-u)"),
        (AGCE(a=1e-5, q=0.5), None),
        (Weighted(((0.5, AEL(a=2)), (1.0, MAE()))), None),
        (FormulaLoss("(1-u^q)/q; q = 0.7 in [0.1, 2]"), None),
    ],
)
def test_a_local_formula_with_its_numbers_has_their_values(loss, printed):
    text = put_in(loss, 10)
    if printed is not None:
        assert text == printed

    u = np.array([0.0, 0.3, 1.0])
    assert evaluated(text, u) == pytest.approx(loss.partial(u), rel=1e-9)


def evaluated(latex, u):
    """The value of a printed formula, read by plain replacement."""
    for _ in range(4):
        latex = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{([^{}]*)\}", r"((\1)/(\2))", latex)
    latex = latex.replace(r"\left", "").replace(r"\right", "")
    latex = latex.replace(r"\,", "*").replace(r"\cdot", "*")
    latex = re.sub(r"\be\^", "2.718281828459045^", latex).replace("{", "(").replace("}", ")")
    latex = re.sub(r"(\d) \(", r"\1*(", latex)
    return eval(latex.replace("^", "**"), {"u": u})


@pytest.mark.parametrize("name", LOSSES)
def test_no_letter_of_a_parameter_is_left(name):
    family = LOSSES[name]
    text = put_in(family.build(), 7)

    for declared in family.parameters:
        pattern = r"(?<![A-Za-z\\])" + re.escape(declared.symbol) + r"(?![A-Za-z_])"
        body = re.sub(r"\\mathrm\{[^}]*\}|t = |\[y = t\]|\\log_\{t\}.*", "", text)
        assert not re.search(pattern, body), (declared.symbol, text)
    assert not re.search(r"(?<![A-Za-z\\])K(?![A-Za-z])", text)


def test_numbers():
    assert number(123456.0) == r"1.2346 \cdot 10^{5}"
    assert number(1e-5) == r"10^{-5}"
    assert number(np.inf) == r"\infty"


# ---- risks ----------------------------------------------------------------------------------


def test_the_row_of_symmetric_noise_in_the_rate():
    row = symmetric_row()
    lines = told(AGCE(), row)

    assert lines["Row 3 of the transition matrix"] == (
        r"w_{3} = 1 - \eta = 0.6,\quad w_i = \frac{\eta}{9} \approx 0.044444\ (i \ne 3)"
    )
    noisy = next(latex for words, latex in lines.items() if words.startswith("Noisy risk"))
    assert r"(1 - \eta)\,\ell(u_{3}) + \frac{\eta}{9}\,\sum_{i \ne 3} \ell(u_{i})" in noisy


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_noise_is_a_straight_line_in_its_rate(kind):
    K = 10 if KINDS[kind].fits(10) else 100
    for clean in range(10):
        make = row_of(kind, K, clean)
        row = rated_row(make, clean, 0.37)
        again = [float(a + b * 0.37) for a, b in zip(row.start, row.slope, strict=True)]

        assert row.rate == 0.37
        assert again == pytest.approx(make(0.37))


def test_a_row_that_bends_is_one_of_numbers():
    def bent(rate):
        return np.array([1 - rate**2, rate**2])

    assert rated_row(bent, 0, 0.5).rate is None


def test_a_row_of_many_weights_is_cut_short():
    w = np.array([0.3, *np.linspace(0.05, 0.15, 7)])
    lines = told(CE(), noisy_row(w / w.sum(), 0))

    assert lines["Row 0 of the transition matrix"].endswith(r"\dots")


def test_every_class_of_pairs_has_its_own_row():
    rows = [rated_row(row_of("cifar10", 10, y), y, 0.3) for y in range(10)]
    texts = [told(AGCE(), row)[f"Row {y} of the transition matrix"] for y, row in enumerate(rows)]

    assert texts[0] == "w_{0} = 1"
    assert texts[9] == r"w_{9} = 1 - \eta = 0.7,\quad w_{1} = \eta = 0.3"
    assert derivation(CE(), rows[0]).inequality.met


@pytest.mark.parametrize("name", ON_SIMPLEX)
@pytest.mark.parametrize("w", [[0.6, 0.25, 0.15], [0.2, 0.5, 0.3], [1, 0, 0]])
def test_every_loss_has_a_derivation(name, w):
    found = derivation(LOSSES[name].build(), noisy_row(w, 0))

    assert found.lines[0].latex
    assert all(line.words for line in found.lines)
    if w[0] < 0.5:
        assert found.inequality is None
        assert "no loss that treats all labels alike" in found.lines[-1].words
    if w[0] == 1:
        assert found.inequality.met


def test_losses_without_a_closed_condition_say_what_is_known():
    row = noisy_row([0.6, 0.25, 0.15], 0)
    mixed = told(PolySoft(lam=4), row)
    summed = told(Weighted(((1.0, Normalized(CE())), (4.0, AGCE(a=6, q=1.5)))), row)
    uneven = told(Normalized(CE()), row)

    assert any("enclosed by" in words for words in mixed)
    assert any(line.endswith(r"\approx 2.3666 < \lambda = 4") for line in mixed.values())
    assert "The condition of NCE fails" in summed
    assert "The condition of AGCE holds" in summed
    assert uneven["With the numbers, it fails"].endswith("0.1")


def test_a_typed_formula_gets_the_condition_of_its_shape():
    convex = FormulaLoss("exp(-u/2)")
    concave = FormulaLoss("1 - u^2")
    rising = FormulaLoss("u")

    assert condition(convex, np.array([2.0, 1.0])).a == pytest.approx(np.exp(-0.5))
    assert condition(concave, np.array([2.0, 1.0])).strict
    assert condition(rising, np.array([2.0, 1.0])) is None


@pytest.mark.parametrize("name", CLOSED)
def test_a_condition_has_one_margin_everywhere(name):
    w = np.array([0.6, 0.3, 0.1])
    loss = LOSSES[name].build()
    known, linear = loss.weight_condition(w), condition(loss, w)

    if known is not None:
        assert linear.a * 0.6 - linear.b * 0.3 - linear.c * 0.4 == pytest.approx(known.margin)
