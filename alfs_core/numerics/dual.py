"""Forward-mode derivatives on numpy arrays: one formula, its value and its slope at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.numerics import elementary


@dataclass(eq=False, slots=True)  # not frozen: that takes three times as long to make
class Dual:
    """A value (..., K) with its derivative along one direction, ``slope`` (..., K).

    At a kink that is the derivative ahead, where the direction leads.
    """

    value: np.ndarray
    slope: np.ndarray

    __array_ufunc__ = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.slope)

    def __add__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + other, self.slope)
        return Dual(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value - other, self.slope)
        return Dual(self.value - other.value, self.slope - other.slope)

    def __rsub__(self, other: Any) -> Dual:
        return -self + other

    def __mul__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value * other, _times(self.slope, other))
        slope = _times(self.slope, other.value) + _times(other.slope, self.value)
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value / other, self.slope / other)
        ratio = self.value / other.value
        return Dual(ratio, (self.slope - _times(other.slope, ratio)) / other.value)

    def __rtruediv__(self, other: Any) -> Dual:
        return Dual(*np.broadcast_arrays(*_parts(other))) / self

    def __gt__(self, other: Any) -> Any:
        return self.value > _parts(other)[0]

    def __pow__(self, exponent: Any) -> Dual:
        if isinstance(exponent, Dual):
            return elementary.exp(elementary.log(self) * exponent)
        if _zero(exponent):
            return Dual(np.ones_like(self.value), np.zeros_like(self.slope))
        with np.errstate(divide="ignore", invalid="ignore"):
            value = self.value**exponent
            rate = exponent * self.value ** (exponent - 1.0)
        return Dual(value, _times(self.slope, rate))

    def __rpow__(self, base: float) -> Dual:
        return elementary.exp(self * np.log(base))


def _parts(x: Any) -> tuple[Any, Any]:
    return (x.value, x.slope) if isinstance(x, Dual) else (x, 0.0)


def _zero(x: Any) -> bool:
    return x == 0 if isinstance(x, int | float) else not np.any(x)


def _times(slope: Any, rate: Any) -> Any:
    """slope · rate with 0 · ∞ = 0: a constant has no derivative, however steep the function."""
    if isinstance(rate, int | float) and math.isfinite(rate):
        return slope * rate
    with np.errstate(invalid="ignore"):
        return np.where(slope == 0, 0.0, slope * rate)


@elementary.log.register
def _(x: Dual) -> Dual:
    with np.errstate(divide="ignore", over="ignore"):
        return Dual(np.log(x.value), _times(x.slope, 1 / x.value))


@elementary.exp.register
def _(x: Dual) -> Dual:
    value = np.exp(x.value)
    return Dual(value, _times(x.slope, value))


@elementary.absolute.register
def _(x: Dual) -> Dual:
    return Dual(
        np.abs(x.value), np.where(x.value == 0, np.abs(x.slope), np.sign(x.value) * x.slope)
    )


@elementary.maximum.register
def _(x: Dual, floor: float) -> Dual:
    return Dual(np.maximum(x.value, floor), _upper(x.value - floor, x.slope))


@elementary.minimum.register
def _(x: Dual, ceiling: float) -> Dual:
    return Dual(np.minimum(x.value, ceiling), -_upper(ceiling - x.value, -x.slope))


def _upper(above: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The slope of max(x, level), ``above`` being x − level: at a tie that of the way ahead."""
    return np.where(above > 0, slope, np.where(above == 0, np.maximum(slope, 0.0), 0.0))


@elementary.softplus.register
def _(x: Dual) -> Dual:
    value = elementary.softplus(x.value)
    return Dual(value, x.slope * np.exp(x.value - value))


@elementary.total.register
def _(x: Dual) -> Dual:
    return Dual(elementary.total(x.value), elementary.total(x.slope))


@elementary.others.register
def _(x: Dual) -> Dual:
    return Dual(elementary.others(x.value), elementary.others(x.slope))


@elementary.log_others_exp.register
def _(x: Dual) -> Dual:
    value = elementary.log_others_exp(x.value)
    own = np.eye(x.shape[-1], dtype=bool)
    weights = np.where(own, 0.0, np.exp(x.value[..., None, :] - value[..., None]))
    return Dual(value, (weights * x.slope[..., None, :]).sum(axis=-1))


@elementary.top.register
def _(p: Dual) -> Any:
    return elementary.top(p.value)


@elementary.register_where(Dual)
def _(inside: Any, outside: Any, mask: Any) -> Dual:
    (a, slope_a), (b, slope_b) = _parts(inside), _parts(outside)
    return Dual(np.where(mask, a, b), np.where(mask, slope_a, slope_b))
