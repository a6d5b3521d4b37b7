"""Interval arithmetic on numpy arrays: every result contains the exact one.

Sums, products and quotients are rounded outwards by at most one unit in the last place; log, exp
and powers by ULPS. ``Taylor`` carries enclosures of a value and its first two derivatives through
a formula. The second derivative is meant as a measure: where a kink is possible (``maximum``,
``minimum``, ``absolute``) its enclosure is unbounded on the side to which the slope may jump.
The numbers of a formula itself are taken as the doubles they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.numerics import elementary

_LARGEST = np.finfo(float).max
HAIR = 1e-300  # bounds what becomes on the way of a slope of 0 in passing, kept as ±5e-324
ULPS = 4  # numpy's exp, log and power stay within 1 ulp of python-flint (tests/numerics)


def _down(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        return np.nextafter(x, -np.inf)


def _up(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        return np.nextafter(x, np.inf)


def _right_aligned(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Arrays (2, ...) with their own axes aligned from the right."""
    rank = max(a.ndim, b.ndim)
    return tuple(x.reshape(2, *(1,) * (rank - x.ndim), *x.shape[1:]) for x in (a, b))  # type: ignore[return-value]


def _sum_and_error(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knuth's exact sum: a + b = sum + error; the error of an infinite sum counts as 0."""
    a, b = np.broadcast_arrays(*_right_aligned(a, b))
    total = np.add(a, b)
    part = total - a
    error = (a - (total - part)) + (b - part)
    return total, np.where(np.isfinite(total), error, 0.0)


@dataclass(frozen=True, eq=False)
class Interval:
    """Arrays of closed intervals [low, high]; ends may be infinite."""

    low: np.ndarray
    high: np.ndarray

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(np.shape(self.low), np.shape(self.high))

    @property
    def middle(self) -> np.ndarray:
        return self.low + (self.high - self.low) / 2

    @property
    def width(self) -> np.ndarray:
        return self.high - self.low

    def __getitem__(self, index: Any) -> Interval:
        return Interval(self.low[index], self.high[index])

    def __neg__(self) -> Interval:
        return self if self is ZERO else Interval(-self.high, -self.low)

    def __add__(self, other: Any) -> Interval:
        other = interval(other)
        if self is ZERO or other is ZERO:
            return other if self is ZERO else self
        with np.errstate(invalid="ignore", over="ignore"):
            total, error = _sum_and_error(_ends(self), _ends(other))
        low, high = total
        low = np.where(error[0] < 0, _down(low), low)
        high = np.where(error[1] > 0, _up(high), high)
        return _without_nan(low, high)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Interval:
        return self + (-interval(other))

    def __rsub__(self, other: Any) -> Interval:
        return -self + other

    def __mul__(self, other: Any) -> Interval:
        other = interval(other)
        if self is ONE or other is ONE:
            return other if self is ONE else self
        if self is ZERO or other is ZERO:
            return ZERO
        low, high = _products(_ends(self)[:, None], _ends(other)[None])
        return Interval(low.min(axis=(0, 1)), high.max(axis=(0, 1)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Interval:
        return self * reciprocal(interval(other))

    def __rtruediv__(self, other: Any) -> Interval:
        return interval(other) * reciprocal(self)

    def __pow__(self, exponent: Any) -> Interval:
        return power(self, float(exponent))

    def __rpow__(self, base: float) -> Interval:
        return elementary.exp(self * elementary.log(interval(base)))

    def hull(self, other: Any) -> Interval:
        """The smallest interval that contains both."""
        other = interval(other)
        return Interval(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def meet(self, other: Any) -> Interval:
        """What two enclosures of the same number leave."""
        other = interval(other)
        return Interval(np.maximum(self.low, other.low), np.minimum(self.high, other.high))


ZERO = Interval(np.array(0.0), np.array(0.0))  # recognised by identity, and then left out
ONE = Interval(np.array(1.0), np.array(1.0))


def interval(x: Any) -> Interval:
    """A number, an array or an interval as an interval."""
    if isinstance(x, Interval):
        return x
    x = np.asarray(x, dtype=float)
    return Interval(x, x)


def whole(shape: tuple[int, ...]) -> Interval:
    """(−∞, ∞) everywhere."""
    return Interval(np.full(shape, -np.inf), np.full(shape, np.inf))


def _without_nan(low: np.ndarray, high: np.ndarray) -> Interval:
    """∞ − ∞ can be anything."""
    return Interval(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def _ends(x: Interval) -> np.ndarray:
    return np.stack([x.low, x.high])


def _products(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x · y rounded down and up; exact with a factor 0 (0 · ∞ = 0), 1, −1 or ±∞.

    A factor that is 0 throughout counts as a weight: where it may be a limit, ``_limit`` serves.
    """
    x, y = _same_rank(x, y)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        product = x * y
    zero = (x == 0) | (y == 0)
    exact = zero | (np.abs(x) == 1) | (np.abs(y) == 1) | np.isinf(x) | np.isinf(y)
    product = np.where(zero, 0.0, product)
    return np.where(exact, product, _down(product)), np.where(exact, product, _up(product))


def _same_rank(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leading axes (2, 1) and (1, 2), then the arrays' own axes aligned from the right."""
    rank = max(x.ndim, y.ndim) - 2
    return (
        x.reshape(*x.shape[:2], *(1,) * (rank + 2 - x.ndim), *x.shape[2:]),
        y.reshape(*y.shape[:2], *(1,) * (rank + 2 - y.ndim), *y.shape[2:]),
    )


def reciprocal(x: Interval) -> Interval:
    """1/x; (−∞, ∞) where 0 lies inside x, one-sided where it is an end."""
    with np.errstate(divide="ignore"):
        low, high = _down(1 / np.asarray(x.high)), _up(1 / np.asarray(x.low))
        low, high = np.where(np.isinf(x.high), 0.0, low), np.where(np.isinf(x.low), 0.0, high)
    unit = np.equal(x.low, x.high) & np.equal(np.abs(x.low), 1)
    low, high = np.where(unit, x.low, low), np.where(unit, x.high, high)
    low = np.where(np.equal(x.high, 0), -np.inf, low)
    high = np.where(np.equal(x.low, 0), np.inf, high)
    inside = (x.low < 0) & (x.high > 0)
    return Interval(np.where(inside, -np.inf, low), np.where(inside, np.inf, high))


def _widened(low: np.ndarray, high: np.ndarray, low_exact: Any, high_exact: Any) -> Interval:
    """Bounds computed by a library function, moved out by ULPS where they are not exact."""
    with np.errstate(invalid="ignore", over="ignore"):
        below, above = low - ULPS * np.spacing(np.abs(low)), high + ULPS * np.spacing(np.abs(high))
    keep_low, keep_high = low_exact | np.isinf(low), high_exact | np.isinf(high)
    return Interval(np.where(keep_low, low, below), np.where(keep_high, high, above))


def power(x: Interval, exponent: float) -> Interval:
    """x^exponent; the base of a broken exponent is what x has in [0, ∞)."""
    if exponent == 0:
        return Interval(np.ones(x.shape), np.ones(x.shape))
    if exponent == 1:
        return x
    if exponent < 0:
        return reciprocal(power(x, -exponent)) if _crosses(x, exponent) else _falling(x, exponent)
    if exponent % 2 == 0:
        magnitude = absolute_value(x)
        return _rising(magnitude, exponent)
    if exponent.is_integer():
        return _rising(x, exponent)
    return _where_defined(x, _rising(_nonnegative(x), exponent))


def _crosses(x: Interval, exponent: float) -> bool:
    return exponent.is_integer() and bool(np.any(x.low < 0))


def _where_defined(x: Interval, result: Interval) -> Interval:
    """Anything where x < 0 throughout: there a logarithm or a broken power is no number."""
    undefined = np.asarray(x.high < 0)
    return _choose(undefined, _ANYTHING, result) if undefined.any() else result


def _nonnegative(x: Interval) -> Interval:
    return Interval(np.maximum(x.low, 0), np.maximum(x.high, 0))


def _rising(x: Interval, exponent: float) -> Interval:
    return _monotone_power(x.low, x.high, exponent)


def _falling(x: Interval, exponent: float) -> Interval:
    base = _nonnegative(x)
    return _where_defined(x, _monotone_power(base.high, base.low, exponent))


def _monotone_power(first: np.ndarray, last: np.ndarray, exponent: float) -> Interval:
    """From first^exponent up to last^exponent; powers of 0, 1 and ∞ are exact."""
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        low, high = np.power(first, exponent), np.power(last, exponent)
    exact = [np.equal(x, 0) | np.equal(x, 1) | np.isinf(x) for x in (first, last)]
    result = _widened(low, high, *exact)
    overflow = np.isinf(low) & ~exact[0]
    low = np.where(overflow, np.copysign(_LARGEST, low), result.low)
    return Interval(np.where(np.asarray(first) >= 0, np.maximum(low, 0), low), result.high)


def absolute_value(x: Interval) -> Interval:
    """|x|."""
    smallest = np.where(
        (x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high))
    )
    return Interval(smallest, np.maximum(np.abs(x.low), np.abs(x.high)))


@elementary.log.register
def _(x: Interval) -> Interval:
    base = _nonnegative(x)
    with np.errstate(divide="ignore"):
        low, high = np.log(base.low), np.log(base.high)
    result = _widened(low, high, np.equal(base.low, 1), np.equal(base.high, 1))
    return _where_defined(x, result)


@elementary.exp.register
def _(x: Interval) -> Interval:
    with np.errstate(over="ignore", under="ignore"):
        low, high = np.exp(x.low), np.exp(x.high)
    result = _widened(low, high, np.equal(x.low, 0), np.equal(x.high, 0) | np.isneginf(x.high))
    overflow = np.isinf(low) & np.isfinite(x.low)
    return Interval(np.where(overflow, _LARGEST, np.maximum(result.low, 0)), result.high)


@elementary.absolute.register
def _(x: Interval) -> Interval:
    return absolute_value(x)


@elementary.maximum.register
def _(x: Interval, floor: float) -> Interval:
    return Interval(np.maximum(x.low, floor), np.maximum(x.high, floor))


@elementary.minimum.register
def _(x: Interval, ceiling: float) -> Interval:
    return Interval(np.minimum(x.low, ceiling), np.minimum(x.high, ceiling))


@elementary.total.register
def _(x: Interval) -> Interval:
    """Left to right, every partial sum rounded outwards."""
    if x is ZERO:
        return ZERO
    result = x[..., :1]
    for j in range(1, x.shape[-1]):
        result = result + x[..., j : j + 1]
    return result


@elementary.others.register
def _(x: Interval) -> Interval:
    own = np.eye(x.shape[-1], dtype=bool)
    spread = Interval(
        np.where(own, 0.0, x.low[..., None, :]), np.where(own, 0.0, x.high[..., None, :])
    )
    return elementary.total(spread)[..., 0]


@dataclass(frozen=True, eq=False)
class Taylor:
    """Enclosures of a function of u, of its derivative and of its second derivative.

    ``smooth`` is False once an operation with a kink has been met: where no kink is met, the
    formula is analytic inside its domain.
    """

    value: Interval
    first: Interval
    second: Interval
    smooth: bool = True

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def full(self) -> Taylor:
        """The result of a formula with every array of the value's shape."""
        value, first, second = (
            Interval(np.broadcast_to(x.low, self.shape), np.broadcast_to(x.high, self.shape))
            for x in (self.value, shut(self.first), self.second)
        )
        return Taylor(value, first, second, self.smooth)

    @property
    def _constant(self) -> np.ndarray:
        return _still(self.first)

    @property
    def _nothing(self) -> np.ndarray:
        """Where the function is 0 throughout."""
        return _still(self.value) & self._constant

    def __neg__(self) -> Taylor:
        return Taylor(-self.value, -self.first, -self.second, self.smooth)

    def __add__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return Taylor(self.value + other, self.first, self.second, self.smooth)
        return Taylor(
            self.value + other.value,
            self.first + other.first,
            self.second + other.second,
            self.smooth and other.smooth,
        )

    __radd__ = __add__

    def __sub__(self, other: Any) -> Taylor:
        return self + (-other)

    def __rsub__(self, other: Any) -> Taylor:
        return -self + other

    def __mul__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return Taylor(self.value * other, self.first * other, self.second * other, self.smooth)
        cross = self.first * other.first
        first = _limit(other.value, self.first) + _limit(self.value, other.first)
        return Taylor(
            self.value * other.value,
            _ajar(first, self._nothing | other._nothing | (self._constant & other._constant)),
            self.second * other.value + cross * 2.0 + self.value * other.second,
            self.smooth and other.smooth,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Taylor:
        if isinstance(other, Taylor):
            return self * other**-1.0
        return self * (1.0 / interval(other))

    def __rtruediv__(self, other: Any) -> Taylor:
        return self**-1.0 * other

    def __pow__(self, exponent: Any) -> Taylor:
        if isinstance(exponent, Taylor):
            return elementary.exp(elementary.log(self) * exponent)
        p, x = float(exponent), self.value
        first = power(x, p - 1) * p
        second = power(x, p - 2) * (interval(p) * (interval(p) - 1.0))
        return compose(self, power(x, p), first, second)

    def __rpow__(self, base: float) -> Taylor:
        return elementary.exp(self * elementary.log(interval(base)))


def variable(low: Any, high: Any) -> Taylor:
    """u on the intervals [low, high]: the derivative is 1, the second derivative 0."""
    u = Interval(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    return Taylor(u, ONE, ZERO)


def compose(x: Taylor, value: Interval, first: Interval, second: Interval) -> Taylor:
    """f(x) from enclosures of f, f' and f'' on x's values: the chain rule twice."""
    square = ONE if x.first is ONE else power(x.first, 2.0)
    rate = _ajar(_limit(first, x.first), _still(x.first))
    return Taylor(value, rate, second * square + first * x.second, x.smooth)


def _still(x: Interval) -> np.ndarray:
    return np.asarray((x.low == 0) & (x.high == 0))


def _limit(factor: Interval, slope: Interval) -> Interval:
    """factor · slope; anything where the factor is 0 at a point and the slope infinite.

    A slope of exactly 0 is that of a constant, and stays 0 whatever the factor.
    """
    product = factor * slope
    steep = np.isinf(slope.low) | np.isinf(slope.high)
    lost = _still(factor) & steep
    return _choose(lost, _ANYTHING, product) if lost.any() else product


def _ajar(slope: Interval, constant: np.ndarray) -> Interval:
    """A slope of 0 kept a hair open where it belongs to no constant."""
    passing = _still(slope) & ~constant
    return _choose(passing, _AJAR, slope) if passing.any() else slope


def shut(slope: Interval) -> Interval:
    """The slope of a whole formula, where one of 0 in passing is 0 like any other."""
    ajar = (slope.low >= -HAIR) & (slope.low < 0) & (slope.high > 0) & (slope.high <= HAIR)
    return _choose(ajar, interval(0.0), slope) if np.any(ajar) else slope


_ANYTHING = Interval(np.array(-np.inf), np.array(np.inf))
_AJAR = Interval(np.array(-5e-324), np.array(5e-324))


@elementary.log.register
def _(x: Taylor) -> Taylor:
    rate = reciprocal(_nonnegative(x.value))
    return compose(x, elementary.log(x.value), rate, -power(rate, 2.0))


@elementary.exp.register
def _(x: Taylor) -> Taylor:
    value = elementary.exp(x.value)
    return compose(x, value, value, value)


def _choose(mask: np.ndarray, inside: Interval, outside: Interval) -> Interval:
    return Interval(
        np.where(mask, inside.low, outside.low), np.where(mask, inside.high, outside.high)
    )


def _upper_envelope(x: Taylor, level: float, value: Interval) -> Taylor:
    """max(x, level): the slope jumps upwards where x passes the level.

    A cell that only reaches the level has the jump, but no other slope, at its end; a single
    point at the level has the slopes of both sides.
    """
    zero = interval(0.0)
    tie = (x.value.low == level) & (x.value.high == level)
    above, below = (x.value.low >= level) & ~tie, (x.value.high <= level) & ~tie
    apart = (x.value.low > level) | (x.value.high < level)
    kink = Interval(np.minimum(x.second.low, 0), np.full(x.shape, np.inf))
    first = _choose(above, x.first, _choose(below, zero, x.first.hull(0.0)))
    second = _choose(apart, _choose(above, x.second, zero), kink)
    return Taylor(value, first, second, False)


@elementary.maximum.register
def _(x: Taylor, floor: float) -> Taylor:
    return _upper_envelope(x, floor, elementary.maximum(x.value, floor))


@elementary.minimum.register
def _(x: Taylor, ceiling: float) -> Taylor:
    return -_upper_envelope(-x, -ceiling, -elementary.minimum(x.value, ceiling))


@elementary.absolute.register
def _(x: Taylor) -> Taylor:
    """|x| = 2 max(x, 0) − x."""
    result = elementary.maximum(x, 0.0) * 2.0 - x
    return Taylor(absolute_value(x.value), result.first, result.second, False)


@elementary.total.register
def _(x: Taylor) -> Taylor:
    add = elementary.total
    return Taylor(add(x.value), add(x.first), add(x.second), x.smooth)
