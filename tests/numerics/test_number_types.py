"""One formula on floats, dual numbers, tensors, symbols: the same values and slopes."""

import math

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.losses import CE, GCE, LOSSES, MAE
from alfs_core.losses.base import derivative
from alfs_core.numerics import elementary
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.links import Logits
from alfs_core.numerics.symbolic import expression, prediction
from alfs_core.numerics.tensor import LogProb
from tests.strategies import simplex_points, specs

POINT = np.array([0.2, 0.5, 0.3])


def log_prob(p):
    """A LogProb of probabilities with both logarithms, as a link makes it."""
    p = torch.tensor(p, dtype=torch.double)
    return LogProb(p.log(), torch.log1p(-p))


@settings(max_examples=200)
@given(specs(), simplex_points(3))
def test_floats_duals_and_tensors_agree(spec, p):
    loss = spec.build()
    plain = np.broadcast_to(loss.partial(p), p.shape)
    dual = loss.partial(Dual(p, np.zeros_like(p)))
    reads_logits = loss.link == Logits()
    tensor = loss.partial(torch.tensor(p) if reads_logits else log_prob(p))
    value = getattr(tensor, "value", tensor).expand(3).numpy()

    assert np.array_equal(np.broadcast_to(dual.value, p.shape), plain)
    assert np.allclose(value, plain, rtol=1e-11, atol=1e-11 * np.abs(plain).max())


@pytest.mark.parametrize("name", LOSSES)
def test_dual_slope_is_the_gradient_of_torch(name):
    """∂L/∂p_j with every coordinate free, for j = 0, 1, 2."""
    loss = LOSSES[name].build()
    for j, direction in enumerate(np.eye(3)):
        dual = loss.partial(Dual(POINT, direction))
        p = torch.tensor(POINT, requires_grad=True)
        tensor = loss.partial(p if loss.link == Logits() else LogProb(p.log(), torch.log1p(-p)))
        values = getattr(tensor, "value", tensor).expand(3)
        slopes = [
            torch.autograd.grad(values[k], p, retain_graph=True)[0][j].item() for k in range(3)
        ]
        assert np.allclose(np.broadcast_to(dual.slope, 3), slopes, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_symbols_agree_with_floats(name):
    loss = LOSSES[name].build()
    at = dict(zip(prediction(3), POINT, strict=True))
    for label in range(3):
        value = expression(loss, 3, label).subs(at)
        assert float(value) == pytest.approx(
            np.broadcast_to(loss.partial(POINT), 3)[label], rel=1e-12
        )


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].build().local])
def test_symbolic_slope_agrees_with_dual(name):
    loss = LOSSES[name].build()
    slope = sympy.diff(expression(loss))
    for u in (0.05, 0.3, 0.9):
        exact = float(slope.subs(dict.fromkeys(slope.free_symbols, u)))
        assert derivative(loss, np.array(u)) == pytest.approx(exact, rel=1e-12)


# ---------------------------------------------------------------------- dual numbers themselves


@given(st.floats(0.01, 5), st.floats(0.01, 5))
def test_dual_arithmetic_against_differences(x, a):
    formulas = [
        lambda u: (a - u) * u / (u + a),
        lambda u: u**a + a / u - 3,
        lambda u: 2.0**u * u**u,
        lambda u: elementary.log(u) + elementary.exp(-u) + elementary.sqrt(u),
        lambda u: elementary.softplus(u - a),
        lambda u: elementary.absolute(u - 7.0) + elementary.maximum(u, 9.0),
    ]
    step = 1e-6 * x
    for formula in formulas:
        slope = formula(Dual(np.array(x), np.array(1.0))).slope
        difference = (formula(x + step) - formula(x - step)) / (2 * step)
        assert slope == pytest.approx(float(difference), rel=1e-5, abs=1e-6)


def test_constants_have_no_slope_however_steep_the_function():
    at_zero = Dual(np.zeros(2), np.array([0.0, 1.0]))

    assert elementary.log(at_zero).slope.tolist() == [0.0, math.inf]
    assert (at_zero**0.5).slope.tolist() == [0.0, math.inf]
    assert (at_zero**0).value.tolist() == [1.0, 1.0]
    assert (at_zero**0).slope.tolist() == [0.0, 0.0]


# ------------------------------------------------------------------------- sums over the classes

X = np.array([[1.0, 2.0, 4.0], [0.5, 0.25, 1e-20]])


def test_sums_over_classes():
    assert elementary.others(X).tolist() == [[6.0, 5.0, 3.0], [0.25, 0.5, 0.75]]
    assert elementary.share(X[0]) == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert elementary.log_others_exp(np.array([0.0, 0.0, 1000.0])) == pytest.approx(
        [1000.0, 1000.0, math.log(2)]
    )
    assert elementary.others(np.array([np.inf, 1.0])).tolist() == [1.0, np.inf]
    assert elementary.classes(X) == 3


@pytest.mark.parametrize(
    "function", [elementary.others, elementary.share, elementary.total, elementary.log_others_exp]
)
def test_sums_agree_on_all_numbers(function):
    wanted = function(X)
    dual = function(Dual(X, np.ones_like(X)))
    exact = function(np.vectorize(sympy.Rational, otypes=[object])(X))

    assert np.allclose(function(torch.tensor(X)).numpy(), wanted, rtol=1e-14)
    assert np.allclose(dual.value, wanted)
    assert np.allclose(exact.astype(float), wanted, rtol=1e-14)
    bumped = (function(X + 1e-7) - function(X - 1e-7)) / 2e-7
    assert np.allclose(dual.slope, bumped, atol=1e-6)


def test_gradient_of_shares_does_not_cancel():
    """∂/∂x_1 of x_1/(x_1 + x_2) at x_2 = 1e-30 is 1e-30."""
    x = torch.tensor([1.0, 1e-30], dtype=torch.double, requires_grad=True)
    elementary.share(x)[0].backward()

    assert x.grad.tolist() == pytest.approx([1e-30, -1.0])


def test_top_goes_to_the_first_of_equals():
    p = np.array([[0.4, 0.4, 0.2], [0.2, 0.3, 0.5]])
    mask = [[True, False, False], [False, False, True]]

    assert elementary.top(p).tolist() == mask
    assert elementary.top(torch.tensor(p)).tolist() == mask
    assert elementary.top(Dual(p, p)).tolist() == mask
    assert elementary.top(log_prob(p)).tolist() == mask
    assert elementary.top(np.vectorize(sympy.Rational, otypes=[object])(p)).tolist() == mask
    assert elementary.where(elementary.top(p), 1, 0).tolist() == [[1, 0, 0], [0, 0, 1]]


# ----------------------------------------------------------------------------------- LogProb


def tiny():
    """u = e^−100 and 1 − e^−100."""
    log = torch.tensor([-100.0, -math.exp(-100)], dtype=torch.double)
    return LogProb(log, log.flip(0))


def test_what_stays_a_logarithm():
    u = tiny()

    assert (1 - u).log.tolist() == u.complement.tolist()
    assert (1 - (1 - u)).log.tolist() == u.log.tolist()
    assert (u**3).log.tolist() == pytest.approx((3 * u.log).tolist())
    assert (u * u).log.tolist() == pytest.approx((2 * u.log).tolist())
    assert (u / 2).log.tolist() == pytest.approx((u.log - math.log(2)).tolist())
    assert (u / u).value.tolist() == [1.0, 1.0]
    assert (u * 1) is u
    assert (u**1) is u
    assert (u + 0) is u


def test_complement_of_a_power_is_exact_at_both_ends():
    u = tiny()
    rest = 1 - u**0.5

    assert rest.value.tolist() == pytest.approx([1 - math.exp(-50), math.exp(-100) / 2])
    assert rest.log.tolist() == pytest.approx([-math.exp(-50), -100 - math.log(2)])
    assert (1 - rest).log.tolist() == pytest.approx((u**0.5).log.tolist())


def test_what_becomes_a_tensor():
    u = LogProb(torch.log(torch.tensor([0.25, 0.5], dtype=torch.double)))
    results = [u + 1, 3 - u, u - 1, -u, 2 / u, u + u, u - u, u * -1.0, 2.0**u]
    wanted = [1.25, 2.75, -0.75, -0.25, 8.0, 0.5, 0.0, -0.25, 2**0.25]

    assert [type(x) for x in results] == [torch.Tensor] * len(results)
    assert [x[0].item() for x in results] == pytest.approx(wanted)
    assert elementary.maximum(u, 0.3).value.tolist() == pytest.approx([0.3, 0.5])
    assert elementary.minimum(u, 0.3).tolist() == pytest.approx([0.25, 0.3])
    assert elementary.total(u).item() == pytest.approx(0.75)
    assert elementary.absolute(u) is u
    assert elementary.exp(u).tolist() == pytest.approx([math.exp(0.25), math.exp(0.5)])
    assert (1 - u).value.tolist() == pytest.approx([0.75, 0.5])


def test_slope_of_a_complement_survives():
    """∂/∂log u of 1 − u^q is −q u^q, also where 1 − u^q rounds to 1."""
    for log_u in (-300.0, -50.0, -1.0, -0.1, -1e-20):
        log = torch.tensor([log_u], dtype=torch.double, requires_grad=True)
        (1 - LogProb(log) ** 0.5).value.backward()
        assert log.grad.item() == pytest.approx(-0.5 * math.exp(log_u / 2), rel=1e-12)


def test_a_formula_without_floats_stays_exact():
    p = np.array([sympy.Rational(1, 3), sympy.Rational(2, 3)], dtype=object)

    assert MAE().partial(p).tolist() == [sympy.Rational(2, 3), sympy.Rational(1, 3)]
    assert CE().partial(p)[0] == sympy.log(3)
    assert GCE(1.0).partial(0.25) == 0.75
