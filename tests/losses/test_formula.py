"""Typed formulas: reading, refusing, computing, printing, first aid."""

import json
import math
import random
import re
import time

import numpy as np
import pytest
import torch

from alfs_core.errors import AlfsError, DomainError, FormulaError
from alfs_core.losses.base import derivative
from alfs_core.losses.combinators import Normalized, NormalizedGain, Weighted
from alfs_core.losses.formula import (
    FormulaLoss,
    ParameterRange,
    composed,
    diagnose,
    formula_family,
)
from alfs_core.losses.library import FAMILIES, LOSSES, LossSpec
from alfs_core.losses.library import family as library_family
from alfs_core.losses.syntax import latex, nodes, parse, read, written
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.enclosure import risk
from alfs_core.numerics.interval import Interval, variable
from alfs_core.numerics.links import Softmax
from alfs_core.numerics.symbolic import U as U_SYMBOL
from alfs_core.numerics.symbolic import expression, symbolic
from alfs_core.numerics.tensor import training_loss
from benchmarks.formula_fuzz import exercise, fuzz, grown, survives

U = np.linspace(0.05, 1, 20)

CE = "-log(u)"
FL = "-(1-u)^gamma*log(u)"
MAE = "1 - u"
RCE = "-A*(1-u)"
GCE = "(1 - u^q)/q"
AGCE = "((a+1)^q - (a+u)^q)/q"
AUL = "((a-u)^p - (a-1)^p)/p"
AEL = "exp(-u/a)"
NORM = "(a-u)^{0} + total(u^{0}) - u^{0}"
NCE = "log(u)/total(log(u))"
NFL = "(1-u)^gamma*log(u)/total((1-u)^gamma*log(u))"
NGCE = "(1-u^q)/total(1-u^q)"
NNCE = "1 - (log(max(u, eps)) - log(eps))/total(log(max(u, eps)) - log(eps))"


def _sum(first, second):
    return f"alpha*({first}) + beta*({second})"


def _nnfl(gamma):
    gain = f"(1-max(u, eps))^{gamma}*log(max(u, eps)) - (1-eps)^{gamma}*log(eps)"
    return f"1 - ({gain})/total({gain})"


TYPED = {
    "CE": CE,
    "FL": FL,
    "MAE": MAE,
    "RCE": RCE,
    "GCE": GCE,
    "AGCE": AGCE,
    "AUL": AUL,
    "AEL": AEL,
    "TCE": "0*t + (1-u) + (1-u)^2/2 + (1-u)^3/3",
    "PolySoft": "(d-1)*lam/d*(1 - max(1 + log(u)/lam, 0)^(d/(d-1)))",
    "MSE": "(1-u)^2 + total(u^2) - u^2",
    "AMSE": f"({NORM.format('2')})/K",
    "AMSE_q": f"({NORM.format('q')})/K",
    "ANL": f"({NORM.format('p')} - (a-1)^p)/p",
    "NMAE": "(1-u)/(K-1)",
    "NRCE": "(1-u)/(K-1)",
    "NCE": NCE,
    "NFL": NFL,
    "NGCE": NGCE,
    "NNCE": NNCE,
    "NNFL": _nnfl("gamma"),
    "SCE": _sum(CE, RCE),
    "JAL-CE": _sum(NCE, f"({NORM.format('2')})/K"),
    "JAL-FL": _sum(NFL, f"({NORM.format('2')})/K"),
    "NCE+NNCE": _sum(NCE, NNCE),
    "NFL+NNFL": _sum(NFL, _nnfl("nnfl_gamma")),
} | {
    f"{first}+{second}": _sum(above, below)
    for first, above in {"NCE": NCE, "NFL": NFL, "NGCE": NGCE}.items()
    for second, below in {
        "MAE": MAE,
        "RCE": RCE,
        "AGCE": AGCE.replace("q", "agce_q") if first == "NGCE" else AGCE,
        "AUL": AUL,
        "AEL": AEL,
    }.items()
}


def value(text, u=0.3, **values):
    return float(FormulaLoss(text, tuple(values.items())).partial(u))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u - 1 - 1", -1.7),
        ("u/2/3", 0.05),
        ("2^u^2", 2 ** (0.3**2)),
        ("u**2**3", 0.3**8),
        ("-u^2", -0.09),
        ("u^-1", 1 / 0.3),
        ("2*-u", -0.6),
        ("--u", 0.3),
        ("-u*2 + 1", 0.4),
        ("(u + 1)*2", 2.6),
        ("u + 1*2", 2.3),
        (" log( u )\n+\tln(u)", 2 * math.log(0.3)),
        ("exp(u) + sqrt(u) + abs(u - 1)", math.exp(0.3) + math.sqrt(0.3) + 0.7),
        ("max(u, 1/2) + min(1/2, u)", 0.8),
        ("max(u, 1 - u) - min(u, 1 - u)", 0.4),
        ("max(1, 2) + u*0", 2.0),
        ("sin_x*u + e*pi", 0.3 + math.e * math.pi),
        (".5*u + 2.*u + 1e-3 + 2E1", 0.75 + 20.001),
        ("u^0", 1.0),
        ("u^u", 0.3**0.3),
    ],
)
def test_value_follows_the_rules_of_arithmetic(text, expected):
    assert value(text) == pytest.approx(expected, rel=1e-14)


def test_total_and_K_read_the_whole_prediction():
    p = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])

    assert np.allclose(FormulaLoss("u/total(u^2)").partial(p), p / (p**2).sum(-1, keepdims=True))
    assert np.allclose(FormulaLoss("(1-u)/(K-1)").partial(p), (1 - p) / 2)
    inner = p / p.max() + 0 * p
    assert FormulaLoss("u/total(u/total(u))").partial(inner).shape == p.shape


@pytest.mark.parametrize(
    ("text", "local"),
    [("-log(u)", True), ("u^q", True), ("u/K", False), ("u - total(u^2)", False)],
)
def test_local_is_read_off_the_tree(text, local):
    assert FormulaLoss(text).local is local


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "the formula is empty"),
        (" \t", 0, "the formula is empty"),
        ("2u", 1, "a product needs '*' before 'u'"),
        ("2 (1-u)", 2, "a product needs '*' before '('"),
        ("u q", 2, "a product needs '*' before 'q'"),
        ("(1-u)(1-u)", 5, "a product needs '*' before '('"),
        ("a(1-u)", 0, "'a' is not a function; a product needs '*'"),
        ("u(1-u)", 0, "'u' is not a function"),
        ("sin(u)", 0, "'sin' is not a function"),
        ("1 - log u", 4, "log needs its argument in parentheses"),
        ("(1-u", 0, "this parenthesis is never closed"),
        ("log(1-(u)", 3, "this parenthesis is never closed"),
        ("1-u)", 3, "')' stands where an operator is due"),
        ("1-", 2, "the formula ends where a number or a name is due"),
        ("u**", 3, "the formula ends where"),
        ("u*/2", 2, "'/' stands where a number or a name is due"),
        ("+u", 0, "'+' stands where a number or a name is due"),
        ("log()", 4, "')' stands where a number or a name is due"),
        ("max(u)", 0, "max takes 2 arguments, not 1"),
        ("log(u, 2)", 0, "log takes 1 argument, not 2"),
        ("u, 1", 1, "',' stands where an operator is due"),
        ("1 - µ", 4, "the character MICRO SIGN has no meaning in a formula"),
        ("u = 1", 2, "'=' has no meaning"),
        ("q", 0, "the formula needs u, the given label's probability, in it"),
        ("total(u)", 0, "outside total(...)"),
        ("u*total(q)", 2, "total(...) sums over classes and needs a u of its own"),
        ("u + total(total(u))", 4, "needs a u of its own"),
        ("1/0 + u", 1, "division by zero"),
        ("u/(2-2)", 1, "division by zero"),
        ("u + log(0)", 4, "this constant has no finite value"),
        ("u + log(-1)", 4, "no finite value"),
        ("u + (-8)^(1/3)", 8, "no finite value"),
        ("u + exp(1000)", 4, "no finite value"),
        ("u^65", 1, "the exponent 65 lies outside -64 to 64"),
        ("u + 10^13", 6, "this power of constants lies outside 1e-12 to 1e+12"),
        ("9**9**9 + u", 1, "the exponent 3.8742e+08 lies outside"),
        ("(-2)^u", 4, "a power of -2 needs an exponent without u"),
        ("u + 1e13", 4, "a number other than 0 lies between 1e-12 and 1e+12"),
        ("u + " + "a" * 17, 4, "a name has at most 16 characters"),
        ("u" + "+u" * 150, 300, "a formula has at most 300 characters, not 301"),
        ("u+a+b+c+d+f+g+h+i+j", 0, "a formula has at most 8 parameters"),
        ("u*q; q = 1", 4, "behind ';' a parameter is declared like a = 1 in [0.1, 10]"),
        ("u*q;", 4, "behind ';' a parameter is declared"),
        ("u*q; r = 1 in [0, 2]", 4, "'r' is no parameter that is still to declare"),
        ("u*q; q = 1 in [0, 2]; q = 1 in [0, 2]", 21, "'q' is no parameter"),
        ("u*q; q = 3 in [0, 2]", 4, "the range of q must contain its default"),
        ("u*q; q = 1 in [2, 0]", 4, "the range of q must contain its default"),
        ("u*q; q = 1 in [0, 1e999]", 4, "the range of q must contain its default"),
    ],
)
def test_refusal_says_what_and_where(text, position, says):
    with pytest.raises(FormulaError, match=re.escape(says)) as refused:
        FormulaLoss(text)

    assert refused.value.position == position
    assert "\n" not in str(refused.value)


HOSTILE = [
    "__import__('os').system('id')",
    "().__class__.__bases__[0].__subclasses__()",
    "u.__class__",
    "u.tofile('x')",
    "u.__array__().tofile('x')",
    "log.__globals__",
    "getattr(u, 'log')",
    "eval('u')",
    "exec('u')",
    "open('/etc/passwd').read()",
    "lambda: u",
    "(lambda u: u)(u)",
    "[u for u in u]",
    "[u][0]",
    "{u: u}",
    "u if u else u",
    "u and u",
    "not u",
    "u := 1",
    "u == u",
    "u < 1",
    "u; import os",
    "import os",
    "u\n__import__('os')",
    "'u'",
    '"u"',
    'f"{u}"',
    "b'u'",
    "u@u",
    "u//2",
    "u % 2",
    "u | 1",
    "~u",
    "u << 99",
    "0x10*u",
    "1_000*u",
    "1j*u",
    "u!",
    "u...",
    "*u",
    "**u",
    "u\0",
    "\0",
    "u\x0b+1",
    "u\u00a0+1",
    "\u1d64",
    "ｕ",
    "１+u",
    "\u0430*u",
    "u \u2212 1",
    "u\u202e+1",
    "\ud800",
    "9**9**9**9 + u",
    "9^9^9^9^9*u",
    "u^9^9^9",
    "u^(10^12)",
    "(10^12)^u^64^64",
    "exp(exp(exp(exp(9)))) + u",
    "exp(" * 60 + "u" + ")" * 60,
    "(" * 150 + "u" + ")" * 150,
    "-" * 299 + "u",
    "u^" * 149 + "u",
    "-u^" * 90 + "u",
    "log(" * 70 + "u",
    "max(" * 60 + "u",
    "u+" * 149 + "u",
    "1" * 300 + "*u",
    "u" * 100_000,
    "(" * 100_000,
    "u;" * 100_000,
    "u*a; a = " + "1" * 700,
    "total(total(total(total(u)*u)*u)*u)*u",
    "K^K^K^K*u",
    "1e999*u",
    "1e-999*u",
    "nan*inf*u(",
]


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("u + log(0*u)", "infinite at u = 1", 4),
        ("sqrt(-u)", "not a number at u = 1", 0),
        ("1/(1-u)", "infinite at u = 1", 1),
        ("(1-u)/(1-u)", "not a number at u = 1", 5),
        ("log(u - 1/2)", "infinite at u = 0.5", 0),
        ("1/(u - 1/2)", "infinite at u = 0.5", 1),
        ("1/(1-u) + total(u)", "infinite at u = 1", 1),
        ("u + log(0*total(u))", "infinite at u = 1", 4),
        ("(1-u)^a; a = -1 in [-2, 2]", "infinite at u = 1", 5),
    ],
)
def test_a_formula_without_a_value_is_refused_with_the_place(text, said, position):
    with pytest.raises(FormulaError, match=re.escape(f"the formula is {said} (at ")) as refused:
        FormulaLoss(text)

    assert refused.value.position == position


@pytest.mark.parametrize(
    "text", ["u^-64", "exp(1/u^2)", "log(u)/total(log(u))", "1/(1-u)/total(1/(1-u))"]
)
def test_what_doubles_or_the_vertices_alone_do_not_hold_is_a_formula(text):
    assert composed(FormulaLoss(text)) is not None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_at_once(text):
    start = time.perf_counter()

    assert not survives(text)
    assert time.perf_counter() - start < 1


def test_generated_strings_become_losses_or_are_refused():
    outcome = fuzz(100_000, seed=20)

    assert outcome.count == 100_000
    assert outcome.accepted > 10_000
    assert outcome.slowest < 1


def test_formulas_of_the_grammar_agree_on_all_numbers():
    """Values on arrays and tensors; slopes of dual numbers and of torch."""
    rng, compared = random.Random(3), 0
    while compared < 300:
        try:
            loss = FormulaLoss(grown(rng))
            exercise(loss)
        except AlfsError:
            continue
        compared += _agrees_with_torch(loss)


def _agrees_with_torch(loss):
    logits = torch.tensor([[1.0, -0.5, 0.3]], dtype=torch.double, requires_grad=True)
    p = logits.detach().softmax(-1).numpy()
    direction = p * (np.eye(3)[1] - p[0, 1])
    dual = loss.partial(Dual(p, direction))
    if not np.isfinite([dual.value, dual.slope]).all() or np.abs(dual.value).max() > 1e6:
        return False
    for k in range(3):
        result = training_loss(loss, logits, torch.tensor([k]))
        assert result.item() == pytest.approx(dual.value[0, k], rel=1e-8, abs=1e-8)
        (slope,) = torch.autograd.grad(result, logits)
        assert slope[0, 1].item() == pytest.approx(dual.slope[0, k], rel=1e-7, abs=1e-7)
    return True


def test_enclosures_contain_the_value_of_any_local_formula():
    rng, compared = random.Random(17), 0
    u = np.array([0.2, 0.3, 0.45])
    cell = (u - 1 / 256, u + 1 / 256)
    while compared < 200:
        try:
            loss = FormulaLoss(grown(rng))
        except FormulaError:
            continue
        if not loss.local or not np.isfinite(value := loss.partial(u)).all():
            continue
        taylor = loss.partial(variable(*cell)).full()
        for enclosure in (loss.partial(Interval(*cell)), taylor.value):
            assert (enclosure.low <= value).all(), loss.text
            assert (enclosure.high >= value).all(), loss.text
        slope = loss.partial(Dual(u, np.ones(3))).slope
        known = np.isfinite(slope) & np.isfinite(taylor.first.low + taylor.first.high)
        slack = 1e-12 * np.abs(slope[known])
        assert (taylor.first.low[known] - slack <= slope[known]).all(), loss.text
        assert (taylor.first.high[known] + slack >= slope[known]).all(), loss.text
        ball = risk(loss, [1.0], u[:1])
        assert float(ball.mid()) == pytest.approx(value[0], rel=1e-9), loss.text
        compared += 1


def test_symbols_have_the_value_of_any_local_formula():
    rng, compared = random.Random(19), 0
    while compared < 60:
        try:
            loss = FormulaLoss(grown(rng))
        except FormulaError:
            continue
        if loss.local and np.isfinite(value := loss.partial(0.3)):
            assert float(expression(loss).subs(U_SYMBOL, 0.3)) == pytest.approx(value), loss.text
            compared += 1


def test_a_parameter_stays_a_fraction_and_a_symbol():
    family = formula_family("(1 - u^q)/q; q = 0.7 in [0.1, 2]")

    assert str(expression(family.build())) == "10/7 - 10*u**(7/10)/7"
    assert str(expression(symbolic(family))) == "(1 - u**q)/q"


def test_library_formulas_can_all_be_typed():
    """All but the losses of another link, and ε-softmax, which asks for the top class."""
    other_link = {name for name, family in LOSSES.items() if family.build().link != Softmax()}
    epsilon_softmax = {"ECE", "EFL", "ECE+MAE", "EFL+MAE"}

    assert set(TYPED) == set(LOSSES) - other_link - epsilon_softmax


def _pairs():
    """Each typed library loss beside the library's own, at drawn parameters."""
    rng = random.Random(7)
    for family in FAMILIES:
        if family.name not in TYPED:
            continue
        for _ in range(3):
            values = {p.name: _drawn(p, rng) for p in family.parameters}
            if "t" in values:
                values["t"] = 3.0
            ranges = "".join(f"; {name} = {v!r} in [-100, 1e6]" for name, v in values.items())
            yield family.build(**values), FormulaLoss(TYPED[family.name] + ranges)


def _drawn(parameter, rng):
    low, high = parameter.typical
    return low * (high / low) ** rng.random() if low > 0 else low + (high - low) * rng.random()


def test_typed_formula_has_the_values_and_slopes_of_the_library():
    p = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    direction = np.random.default_rng(1).normal(size=p.shape)
    for own, typed in _pairs():
        expected, found = (loss.partial(Dual(p, direction)) for loss in (own, typed))
        assert np.allclose(found.value, expected.value, rtol=1e-10, atol=1e-12), typed
        assert np.allclose(found.slope, expected.slope, rtol=1e-9, atol=1e-11), typed
        assert typed.local == own.local
        if own.local:
            assert np.allclose(derivative(typed, U), derivative(own, U), rtol=1e-9)


@pytest.mark.parametrize("gap", [0.0, 1.0, 30.0, 200.0])
def test_typed_formula_trains_like_the_library(gap):
    targets = torch.tensor([0, 1, 2])
    for own, typed in _pairs():
        gradients = []
        for loss in (own, typed):
            logits = torch.tensor([[gap, 0.0, 0.1]] * 3, requires_grad=True)
            result = training_loss(loss, logits, targets)
            gradients.append(torch.autograd.grad(result, logits)[0])
        scale = gradients[0].abs().max().item()
        assert torch.allclose(*gradients, rtol=1e-5, atol=1e-13 * scale + 1e-25), typed


def test_values_tell_losses_apart():
    one, other = FormulaLoss("u^q", (("q", 1.0),)), FormulaLoss("u^q", (("q", 2.0),))

    assert one == FormulaLoss("u^q") == FormulaLoss("u^q", (("q", 1),))
    assert len({one, other, FormulaLoss("u^q")}) == 2
    assert repr(one) != repr(other)
    assert repr(one) != repr(FormulaLoss("u^ q"))


def test_parameters_come_in_order_with_their_ranges():
    family = formula_family("(alpha - u)^q; q = 0.7 in [0.05, 2]")

    assert [p.name for p in family.parameters] == ["alpha", "q"]
    assert family.defaults == {"alpha": 1.0, "q": 0.7}
    assert read("u^q; q = -1 in [-2, 3]").ranges == (ParameterRange("q", -1.0, -2.0, 3.0),)
    assert family.build(q=2.0).values == (("alpha", 1.0), ("q", 2.0))
    with pytest.raises(DomainError, match=re.escape("q = 3 lies outside [0.05, 2]")):
        family.build(q=3.0)
    with pytest.raises(DomainError, match="no parameter 'r'"):
        family.build(r=1.0)
    with pytest.raises(DomainError, match="no parameter 'r'"):
        FormulaLoss("u^q", (("r", 1.0),))
    with pytest.raises(DomainError, match="nan"):
        FormulaLoss("u^q", (("q", math.nan),))


def test_a_typed_loss_is_recorded_by_its_text():
    text = "(1 - u^q)/q + 0*name*self*cls; q = 0.7 in [0.05, 2]"
    spec = LossSpec.of(f"formula: {text}", q=0.5, name=2.0)

    assert spec.build() == FormulaLoss(text, (("q", 0.5), ("name", 2.0)))
    assert LossSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert spec.label == f"{text} (0.5, 2, 1, 1)"
    assert library_family(spec.name).name == spec.name
    with pytest.raises(FormulaError):
        LossSpec.of("formula: 2u")
    with pytest.raises(DomainError):
        LossSpec.of("formula: u^q", r=1.0)


def test_values_that_make_no_sense_are_refused():
    with pytest.raises(FormulaError, match="division by zero"):
        FormulaLoss("(1 - u^q)/q; q = 1 in [0, 2]", (("q", 0.0),))
    with pytest.raises(FormulaError, match="exponent 99"):
        FormulaLoss("u^q; q = 99 in [0, 100]")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("-log(u)", r"-\log\left(u\right)"),
        ("(1-u^q)/q", r"\frac{1 - u^{q}}{q}"),
        ("1 - (u - a) - -u", r"1 - \left(u - a\right) - \left(-u\right)"),
        ("2*u*3*(u+1)", r"2 \, u \cdot 3 \, \left(u + 1\right)"),
        ("log(u)/total(log(u))", r"\frac{\log\left(u\right)}{\sum_{k} \log\left(u_{k}\right)}"),
        ("total(u) + u", r"\left(\sum_{k} u_{k}\right) + u"),
        ("u*total(u/total(u))", r"u \, \left(\sum_{k} \frac{u_{k}}{\sum_{j} u_{j}}\right)"),
        ("alpha_1*u + beta2 + rate", r"\alpha_{1} \, u + \beta_{2} + \mathrm{rate}"),
        ("exp(-u/a)", r"e^{-\frac{u}{a}}"),
        ("1e-12*u", r"1 \cdot 10^{-12} \, u"),
        ("max(u, 1/2)^2", r"\left(\max\left(u, \frac{1}{2}\right)\right)^{2}"),
    ],
)
def test_latex(text, printed):
    assert latex(parse(text)) == printed


def test_latex_says_what_the_formula_says():
    """Printed, read back by plain replacement, and computed again."""
    rng, compared = random.Random(11), 0
    p = np.random.default_rng(5).dirichlet(np.ones(3), 4)
    while compared < 1000:
        try:
            loss = FormulaLoss(grown(rng))
            expected = loss.partial(p)
        except FormulaError:
            continue
        again = FormulaLoss(typed(loss.latex))
        found = again.partial(p)
        assert np.allclose(found, expected, rtol=1e-9, equal_nan=True), (loss.text, again.text)
        compared += 1


SIGNS = {r"\left|": "abs(", r"\right|": ")", r"\left": "", r"\right": "", r"\cdot": "*", r"\,": "*"}


def typed(printed):
    """LaTeX of the printer's kind as text of the grammar."""
    if found := re.search(r"\\sum_{[kji]} (.*)", printed):
        end = _end_of_group(found[1])
        inside, behind = found[1][:end], found[1][end:]
        return typed(f"{printed[: found.start()]}SUM({typed(inside)}){behind}")
    if found := re.search(r"(\\frac|\\sqrt|\\mathrm|\be\^|\^|\bu_){", printed):
        first, behind = _group(printed[found.end() :])
        if found[1] == r"\frac":
            second, behind = _group(behind[1:])
            middle = f"(({typed(first)})/({typed(second)}))"
        else:
            opening = {r"\sqrt": "sqrt", "e^": "exp", "^": "^", r"\mathrm": ""}.get(found[1])
            middle = "u" if opening is None else f"{opening}({typed(first)})"
        return typed(printed[: found.start()] + middle + behind)
    for sign, text in SIGNS.items():
        printed = printed.replace(sign, text)
    return printed.replace("\\", "").replace("SUM", "total")


def _group(text):
    """What stands before the brace that closes the group, and what stands behind it."""
    nesting = 1
    for i, character in enumerate(text):
        nesting += {"{": 1, "}": -1}.get(character, 0)
        if nesting == 0:
            return text[:i], text[i + 1 :]
    raise AssertionError(text)


def _end_of_group(text):
    """Where the bracket or argument that the text begins in comes to its end."""
    nesting = 0
    for found in re.finditer(r"\\left[(|]|\\right[)|]|[(){},]", text):
        opens = found[0] in ("(", "{") or found[0].startswith(r"\left")
        if nesting == 0 and not opens:
            return found.start()
        nesting += 0 if found[0] == "," else 1 if opens else -1
    return len(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("-log(u)", []),
        ("(1-u^q)/q", []),
        ("log(u)/total(log(u))", []),
        ("((a-u)^2 + total(u^2) - u^2)/K; a = 30 in [1, 100]", []),
        ("u", ["increasing"]),
        ("u - u", ["constant"]),
        ("u^0", ["constant"]),
        ("sqrt(abs(u - 0.507) - 0.003)", ["nan"]),
        ("max(1/2 - u, 0)", ["flat"]),
        ("(u - 1/2)^2", ["increasing"]),
        ("log(u) + total(u)", ["increasing"]),
    ],
)
def test_first_aid(text, kinds):
    issues = diagnose(FormulaLoss(text))

    assert [issue.kind for issue in issues] == kinds
    assert all(issue.message.endswith(".") for issue in issues)


def test_first_aid_names_the_place():
    (issue,) = diagnose(FormulaLoss("abs(u - 0.7)"))

    assert issue.kind == "increasing"
    assert issue.u == pytest.approx(0.7, abs=2e-3)
    assert issue.message == "The loss grows with u at u = 0.7; it should fall."


def test_first_aid_finds_a_pole_that_no_slope_shows():
    (issue,) = diagnose(FormulaLoss("(1 - u)/(u - 0.3)"))[:1]

    assert issue.kind == "jump"
    assert issue.u == pytest.approx(0.3, abs=2e-3)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_first_aid_knows_the_library_is_well(family):
    kinds = {issue.kind for issue in diagnose(family.build())}

    assert kinds <= {"flat"}


def test_facts_that_the_tree_shows():
    mae, nce = FormulaLoss("2*(1-u)/3"), FormulaLoss("log(u)/total(log(u))")

    assert mae.is_symmetric()
    assert mae.curvature() == "affine"
    assert mae.asymmetry_ratio() == 1.0
    assert mae.weight_condition(np.array([0.6, 0.4])).margin == pytest.approx(0.2)
    assert nce.is_symmetric()
    assert nce.vertices_excluded
    assert not mae.vertices_excluded
    assert FormulaLoss("u").asymmetry_ratio() is None
    assert FormulaLoss("u").curvature() is None
    for text in ("u^1", "u*u", "1/u", "1 - u + total(u^2)", "-log(u)/total(u^2)"):
        assert not FormulaLoss(text).is_symmetric()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("log(u)/total(log(u))", Normalized),
        ("log(u)/total(log(u)) + 1 - u", Weighted),
        ("(1-u)^2/total((1-u)^2)", Normalized),
        ("1 - u^3/total(u^3)", NormalizedGain),
        ("a*(1-u^q)/(2*total(1-u^q)) + b*(1-u); a = 3 in [1, 9]; q = -2 in [-3, 0]", Weighted),
        ("-3*log(u)/total(-log(u)) - u^2", Weighted),
        ("2 - u - u^3/total(u^3)/2", Weighted),
        ("1 - max(log(u)+18, 0)/total(max(log(u)+18, 0))", NormalizedGain),
    ],
)
def test_typed_shares_are_normalized_losses(text, kind):
    loss, rng = FormulaLoss(text), np.random.default_rng(0)
    u = rng.dirichlet(np.ones(4), 20)
    difference = loss.partial(u) - composed(loss).partial(u)

    assert isinstance(composed(loss), kind)
    assert np.ptp(difference) < 1e-13 * np.abs(loss.partial(u)).max()
    assert loss.is_symmetric() == composed(loss).is_symmetric()


@pytest.mark.parametrize(
    "text",
    [
        "1 - u",
        "log(u)/(total(log(u)) + 1)",
        "1 - exp(u)/total(exp(u))",
        "(1-2*u)/total(1-2*u)",
        "max(0.4-u, 0)/total(max(0.4-u, 0))",
        "(1-u)/(K-1) + log(u)/total(log(u))",
        "0*(1-u)/total(1-u) + total(u^2) - u",
    ],
)
def test_other_typed_losses_stay_what_they_are(text):
    assert composed(FormulaLoss(text)) == FormulaLoss(text)


def test_a_written_tree_parses_to_itself():
    rng, compared = random.Random(5), 0
    while compared < 300:
        try:
            tree = parse(grown(rng))
        except FormulaError:
            continue
        compared += 1
        assert parse(written(tree)) == tree


def test_positions_point_at_the_text():
    text = "1 - log(u)^q"

    assert [text[node.position] for node in nodes(parse(text))] == list("-1^luq")
