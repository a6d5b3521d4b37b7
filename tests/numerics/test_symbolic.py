"""Formulas as symbols, and the papers' LaTeX against the code."""

import math
import random

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from sympy import Rational, Symbol, simplify
from sympy.core.function import AppliedUndef
from sympy.parsing.latex import parse_latex

from alfs_core.losses import AEL, AGCE, AUL, CE, FL, GCE, LOSSES, MAE, RCE, TCE, PolySoft, family
from alfs_core.numerics import symbolic
from alfs_core.numerics.symbolic import U, expression, latex, slope, slope_ratio
from tests.strategies import specs

LOCAL = [name for name in LOSSES if LOSSES[name].build().local]

# ------------------------------------------------------------------------- the printed formulas

NORM = "the norm ‖a e_y − u‖ has no reading in sympy"
BRACKET = "the bracket [y = t] has no reading in sympy"
NAMED_PARTS = "names its two parts, which have formulas of their own"
AUXILIARY = "defines an auxiliary quantity after the formula"
UNREAD = {
    "AMSE": NORM,
    "AMSE_q": NORM,
    "ANL": NORM,
    "ECE": BRACKET,
    "EFL": BRACKET,
    "NNCE": AUXILIARY,
    "NNFL": AUXILIARY,
    "bi-tempered": AUXILIARY,
    "LC": AUXILIARY,
    "LDR": AUXILIARY,
} | {name: NAMED_PARTS for name in LOSSES if LOSSES[name].group == "Sums"}
READ = [name for name in LOSSES if name not in UNREAD]


def read(text):
    """A printed formula as an expression; A(1 − u) is a product, e and log are the usual ones."""
    parsed = parse_latex(text, backend="antlr")
    named = {"max": sympy.Max}
    parsed = parsed.replace(
        lambda x: isinstance(x, AppliedUndef),
        lambda x: named.get(x.func.__name__, lambda *a: Symbol(x.func.__name__) * a[0])(*x.args),
    )
    return parsed.subs(Symbol("e"), sympy.E)


def printed_value(name, values, p, label):
    """The printed formula at numbers: sums over k = 1..K are written out."""
    entry = LOSSES[name]
    formula = read(entry.latex)
    summed = Symbol("u_{k}")
    formula = formula.replace(
        lambda x: isinstance(x, sympy.Sum) and x.has(summed),
        lambda x: sum(x.function.subs(summed, float(u)) for u in p),
    )
    numbers = {read(q.symbol): values[q.name] for q in entry.parameters}
    at = numbers | {Symbol("u"): p[label], Symbol("u_{y}"): p[label], Symbol("K"): len(p)}
    return float(formula.subs(at).doit())


@pytest.mark.parametrize("name", READ)
def test_printed_formula_equals_the_code(name):
    rng = random.Random(name)
    entry = LOSSES[name]
    for _ in range(5):
        values = {q.name: drawn(q, rng) for q in entry.parameters}
        p = np.array([rng.uniform(0.01, 1) for _ in range(3)])
        p /= p.sum()
        wanted = np.broadcast_to(entry.build(**values).partial(p), 3)
        for label in range(3):
            assert printed_value(name, values, p, label) == pytest.approx(
                wanted[label], rel=1e-9, abs=1e-9
            )


def drawn(parameter, rng):
    low, high = parameter.typical
    return rng.randint(int(low), int(high)) if parameter.integer else rng.uniform(low, high)


def test_unread_formulas_have_a_reason_and_parts_that_are_read():
    assert set(UNREAD) <= set(LOSSES)
    assert set(READ) >= {"CE", "FL", "MSE", "GCE", "AGCE", "AUL", "AEL", "NCE", "PolySoft"}
    for name in UNREAD:
        assert LOSSES[name].latex.count("{") == LOSSES[name].latex.count("}")


def test_the_prediction_is_u_in_every_formula():
    assert [name for name, entry in LOSSES.items() if "p_{" in entry.latex] == []


def test_sums_print_their_parts():
    assert family("NCE+AGCE").latex == (r"\alpha\,L_{\mathrm{NCE}} + \beta\,L_{\mathrm{AGCE}}")


# ---------------------------------------------------------------------------- closed forms

a, q, p_, t_ = sympy.symbols("a q p t", positive=True)


@pytest.mark.parametrize(
    ("name", "formula", "its_slope", "ratio"),
    [
        (
            "AGCE",
            ((a + 1) ** q - (a + U) ** q) / q,
            -((a + U) ** (q - 1)),
            (a / (a + 1)) ** (1 - q),
        ),
        (
            "AUL",
            ((a - U) ** p_ - (a - 1) ** p_) / p_,
            -((a - U) ** (p_ - 1)),
            ((a - 1) / a) ** (p_ - 1),
        ),
        ("AEL", sympy.exp(-U / a), -sympy.exp(-U / a) / a, sympy.exp(-1 / a)),
        ("CE", -sympy.log(U), -1 / U, sympy.Integer(0)),
        ("MAE", 1 - U, sympy.Integer(-1), sympy.Integer(1)),
        ("TCE", 1 - U + (1 - U) ** 2 / 2, U - 2, Rational(1, 2)),
    ],
)
def test_closed_forms(name, formula, its_slope, ratio):
    loss = symbolic.symbolic(family(name))
    rename = {s: Symbol(s.name, positive=True) for s in expression(loss).free_symbols}

    assert simplify(expression(loss).subs(rename) - formula) == 0
    assert simplify(slope(loss).subs(rename) - its_slope) == 0
    assert simplify(sympy.powsimp(slope_ratio(loss).subs(rename) / ratio - 1, force=True)) == 0 or (
        slope_ratio(loss) == ratio
    )


@pytest.mark.parametrize(
    ("loss", "ratio"),
    [
        (AGCE(1.0, 0.5), 1 / sympy.sqrt(2)),
        (AUL(2.0, 3.0), Rational(1, 4)),
        (AEL(2.5), sympy.exp(Rational(-2, 5))),
        (TCE(4), Rational(1, 4)),
        (GCE(0.7), 0),
        (FL(0.5), 0),
        (CE(), 0),
        (RCE(), 1),
        (PolySoft(), None),
    ],
    ids=str,
)
def test_ratios_of_numbers(loss, ratio):
    found = slope_ratio(loss)

    assert found == ratio if ratio is None else simplify(found - ratio) == 0


@settings(max_examples=40)
@given(specs(["AGCE", "AUL", "AEL", "TCE", "GCE", "CE", "RCE", "SCE"]))
def test_ratio_of_convex_losses_is_the_asymmetry_ratio(spec):
    loss = spec.build()
    ratio = slope_ratio(loss)

    if loss.curvature() == "convex" and ratio is not None:
        assert float(ratio) == pytest.approx(loss.asymmetry_ratio(), rel=1e-9, abs=1e-12)


def test_what_a_symbol_leaves_open():
    assert slope_ratio(symbolic.symbolic(family("GCE"))) is None


def test_fractions_are_exact():
    assert symbolic.exact(AGCE(0.6, 1e-5)) == AGCE(Rational(3, 5), Rational(1, 100000))
    assert expression(family("NCE+MAE").build(), 2).subs(symbolic.prediction(2)[0], 1) == 0
    (value,) = expression(RCE()).subs(U, 0).atoms(sympy.Float)
    assert float(value) == -math.log(1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_every_family_has_symbols_for_its_parameters(name):
    entry = LOSSES[name]
    loss = symbolic.symbolic(entry)
    free = {str(s) for s in expression(loss, 3).free_symbols}
    declared = {q.symbol for q in entry.parameters if not q.integer}

    assert declared - {"t_2"} <= free  # t₂ shapes û(z), not the loss of û
    assert latex(expression(loss, 3))


def test_losses_of_more_than_u_need_a_number_of_classes():
    with pytest.raises(ValueError, match="for how many classes"):
        expression(family("NCE").build())
    assert expression(MAE()) == 1 - U
    assert latex(expression(CE())) == r"- \log{\left(u \right)}"
