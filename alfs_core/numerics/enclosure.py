"""Balls of python-flint: formulas in as many digits as a proof needs.

``arb`` and ``arb_series`` register with the elementary functions, so that a loss runs on them as
it stands. Weights and points are read as the doubles they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
from flint import arb, arb_series, ctx

from alfs_core.numerics import elementary

Ball = arb
UNKNOWN = arb("nan")  # the ball that may be anything


class HasPartial(Protocol):
    """What is needed of a loss."""

    def partial(self, p: Any) -> Any: ...


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic with that many bits inside the block."""
    before, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = before


def ball(low: float, high: float | None = None) -> arb:
    """The ball around [low, high], or the exact number where one end is given."""
    return arb(low) if high is None else arb(low).union(arb(high))


def bounds(x: Any) -> tuple[float, float]:
    """Doubles below and above a ball; infinite where the ball is."""
    x = arb(x)
    if x.is_nan():
        return -np.inf, np.inf
    low, high = float(x.lower()), float(x.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))


def log10(x: arb) -> float:
    """The logarithm of a positive ball, to a double."""
    return float(x.log() / arb(10).log())


def taylor(loss: HasPartial, u: arb, order: int) -> list[arb]:
    """Enclosures of ℓ, ℓ', ..., up to the given derivative, of a local loss on the ball u."""
    series = loss.partial(arb_series([u, 1], prec=order + 1))
    coefficients = [series[n] for n in range(order + 1)]
    return [c * arb(n).gamma() if n > 1 else c for n, c in enumerate(coefficients, 1)]


def risk(loss: HasPartial, w: Iterable[float], u: Iterable[Any]) -> arb:
    """Σ_i w_i L(u, i) as a ball; u holds doubles or balls. 0 · ∞ = 0."""
    point = np.array([arb(x) if isinstance(x, float | int) else x for x in u], dtype=object)
    values = np.atleast_1d(loss.partial(point))
    terms = [arb(float(a)) * value for a, value in zip(w, values, strict=True) if a != 0]
    return sum(terms, arb(0))


def risk_along(loss: HasPartial, w: Iterable[arb], log_point: Iterable[float], m: int) -> arb:
    """d/dt of Σ_i w_i L(u, i) at t = 1 on the way e_m + t (u − e_m); u as in ``simplex_point``.

    An entry that rests is a ball: flint takes a negative power of the series 0 for 0.
    """
    point = simplex_point(log_point, m)
    way = [x - (i == m) for i, x in enumerate(point)]
    way[m] = -sum((x for i, x in enumerate(point) if i != m), arb(0))
    rows = np.empty(len(point), dtype=object)
    rows[:] = [x if d == 0 else arb_series([x, d], prec=2) for x, d in zip(point, way, strict=True)]
    try:
        values = np.atleast_1d(loss.partial(rows))
    except (ZeroDivisionError, ValueError):  # a denominator that may be 0 has no power series
        return UNKNOWN
    terms = [a * _slope(value) for a, value in zip(w, values, strict=True) if a != 0]
    return sum(terms, arb(0))


def _slope(value: Any) -> arb:
    if isinstance(value, arb_series):
        return value[1]
    return arb(0) if arb(value).is_finite() else UNKNOWN


@elementary.log.register
def _(x: arb) -> arb:
    return arb.neg_inf() if x == 0 else x.log()


@elementary.exp.register
def _(x: arb) -> arb:
    return x.exp()


@elementary.absolute.register
def _(x: arb) -> arb:
    return abs(x)


@elementary.maximum.register
def _(x: arb, floor: float) -> arb:
    return x.max(arb(floor))


@elementary.minimum.register
def _(x: arb, ceiling: float) -> arb:
    return x.min(arb(ceiling))


@elementary.log.register
def _(x: arb_series) -> arb_series:
    return x.log()


@elementary.exp.register
def _(x: arb_series) -> arb_series:
    return x.exp()


def simplex_point(log_point: Iterable[float], m: int) -> list[arb]:
    """A point of the simplex from the logarithms of its entries; entry m is what others leave."""
    point = [arb(float(x)).exp() if x > -np.inf else arb(0) for x in log_point]
    point[m] = arb(0)
    point[m] = 1 - sum(point, arb(0))
    return point
