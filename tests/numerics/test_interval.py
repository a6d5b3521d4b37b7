"""Intervals contain what balls of many digits say."""

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.losses import AGCE, CE, GCE, MAE, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.numerics import elementary, interval
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.enclosure import precision
from alfs_core.numerics.interval import Interval, Taylor, power, reciprocal, variable

numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 9))  # 200 bits hold every sum exactly
LOSSES = [CE(), GCE(q=0.7), GCE(q=1.7), MAE(), AGCE(), AGCE(a=1e-5, q=0.5), AGCE(a=6.0, q=1.5)]


@st.composite
def interval_with_member(draw):
    low, high = sorted((draw(numbers), draw(numbers)))
    share = round(draw(st.floats(0, 1)), 3)
    return Interval(np.array(low), np.array(high)), min(max(low + share * (high - low), low), high)


def holds(x, exact):
    """Whether the interval contains the ball of 200 bits around the exact result."""
    return arb(float(x.low)) <= exact and exact <= arb(float(x.high))


@settings(max_examples=150, deadline=None)
@given(interval_with_member(), interval_with_member())
def test_arithmetic_contains_the_exact_result(first, second):
    (x, a), (y, b) = first, second
    with precision(200):
        assert holds(x + y, arb(a) + arb(b))
        assert holds(x - y, arb(a) - arb(b))
        assert holds(x * y, arb(a) * arb(b))
        if b != 0:
            assert holds(reciprocal(y), 1 / arb(b))


@settings(max_examples=150, deadline=None)
@given(
    st.floats(1e-12, 1e6),
    st.floats(1e-12, 1e6),
    st.floats(-4, 4).map(lambda p: round(p, 6)),
    st.floats(0, 1),
)
def test_powers_and_logarithms_contain_the_exact_result(first, second, exponent, share):
    low, high = sorted((first, second))
    x, a = Interval(np.array(low), np.array(high)), min(max(low + share * (high - low), low), high)
    with precision(200):
        assert holds(power(x, exponent), arb(a) ** arb(exponent))
        assert holds(elementary.log(x), arb(a).log())
        assert holds(elementary.exp(-x), (-arb(a)).exp())


def test_library_functions_are_within_one_ulp_of_balls():
    """The margin ULPS rests on this."""
    rng = np.random.default_rng(0)
    x = 10 ** rng.uniform(-12, 3, 4000)
    p = rng.uniform(-4, 4, 4000)
    for computed, exact in (
        (np.power(x, p), lambda a, b: arb(a) ** arb(b)),
        (np.log(x), lambda a, b: arb(a).log()),
        (np.exp(-np.minimum(x, 700)), lambda a, b: (-arb(min(a, 700.0))).exp()),
    ):
        with precision(120):
            errors = [
                abs(float(arb(float(c)) - exact(float(a), float(b)))) / np.spacing(abs(c))
                for c, a, b in zip(computed, x, p, strict=True)
            ]
        assert max(errors) < interval.ULPS / 2


def test_integer_powers_of_intervals_around_zero():
    x = Interval(np.array(-2.0), np.array(3.0))

    square, cube, inverse = power(x, 2.0), power(x, 3.0), power(x, -1.0)

    assert square.low == 0
    assert 9 <= square.high < 9 + 1e-12
    assert -8 - 1e-12 < cube.low <= -8
    assert (inverse.low, inverse.high) == (-np.inf, np.inf)


def test_zero_times_infinity_is_zero_and_unknown_differences_are_everything():
    half_line = Interval(np.array(0.0), np.array(np.inf))
    nothing = Interval(np.array(0.0), np.array(0.0))

    assert (nothing * half_line).high == 0
    assert (half_line - half_line).low == -np.inf


@pytest.mark.parametrize("text", ["1 - sqrt(u)^2", "1 - exp(log(u))", "1 - u^0.5*u^0.5"])
def test_a_slope_that_is_zero_times_infinity_at_a_point_is_anything(text):
    cell = FormulaLoss(text).partial(variable([0.0], [0.0])).first

    assert cell.low[0] <= -1 <= cell.high[0]


def test_the_slope_of_a_constant_stays_zero_under_an_infinite_rate():
    cell = elementary.sqrt(elementary.maximum(0.3 - variable([0.4], [0.5]), 0.0)).first

    assert (cell.low[0], cell.high[0]) == (0, 0)


def test_a_point_at_a_kink_has_the_slopes_of_both_sides():
    u = variable([0.5], [0.5])

    for kinked in (elementary.maximum(u - 0.5, 0.0), -elementary.minimum(0.5 - u, 0.0)):
        assert (kinked.first.low[0], kinked.first.high[0]) == (0, 1)
    assert elementary.absolute(u - 0.5).first.low[0] == -1


def test_logarithms_and_roots_of_what_is_negative_throughout_are_anything():
    x = Interval(np.array(-2.0), np.array(-1.0))

    for y in (elementary.log(x), power(x, 0.5), power(x, -0.5)):
        assert (y.low, y.high) == (-np.inf, np.inf)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_taylor_contains_value_and_slope_inside_each_cell(loss):
    ends = np.linspace(0, 1, 17)
    cells = loss.partial(variable(ends[:-1], ends[1:])).full()
    inside = np.linspace(0, 1, 16 * 8 + 1)[1:].reshape(16, 8)
    dual = loss.partial(Dual(inside, np.ones_like(inside)))

    assert (cells.value.low[:, None] <= dual.value).all()
    assert (dual.value <= cells.value.high[:, None]).all()
    assert (cells.first.low[:, None] <= dual.slope).all()
    assert (dual.slope <= cells.first.high[:, None]).all()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_second_derivative_contains_difference_quotients_of_the_slope(loss):
    ends = np.linspace(0.05, 1, 20)
    cells = loss.partial(variable(ends[:-1], ends[1:])).full()
    at_ends = loss.partial(Dual(ends, np.ones_like(ends))).slope
    quotient = np.diff(np.broadcast_to(at_ends, ends.shape)) / np.diff(ends)

    assert (cells.second.low <= quotient + 1e-9).all()
    assert (quotient <= cells.second.high + 1e-9).all()


def test_kinks_bound_the_second_derivative_from_the_side_they_cannot_jump_to():
    u = variable(np.array([0.0, 0.4, 0.6]), np.array([0.4, 0.6, 1.0])).full()
    hinge = elementary.maximum(1 - 2 * u, 0.0)
    valley = elementary.absolute(u - 0.5)

    assert isinstance(hinge, Taylor)
    assert hinge.first.high.tolist() == [-2, 0, 0]
    assert hinge.second.low.tolist() == [0, 0, 0]
    assert hinge.second.high.tolist() == [0, np.inf, 0]
    assert valley.second.low.tolist() == [0, 0, 0]
    assert not hinge.smooth


def test_sums_of_losses_run_on_intervals():
    mixed = Weighted(((0.5, CE()), (2.0, MAE())))

    slope = mixed.partial(variable(np.array([0.5]), np.array([0.5]))).full().first

    assert -3.0 - 1e-12 <= slope.low[0] <= -3.0 <= slope.high[0] <= -3.0 + 1e-12
