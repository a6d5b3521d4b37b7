"""Proof that a corner of the simplex minimises a weighted risk, by cutting the simplex up.

For the weights w with top class m let D_j = ∂/∂u_j − ∂/∂u_m of F(u) = Σ w_i L(u, i). Boxes of
(u_j), j ≠ m, cover the simplex; on each, intervals enclose F and every D_j. A box needs no further
look where F lies above its value c at the corner, and where every D_j > 0 it shrinks towards the
corner: a minimiser in it would have u_j at its lower end, or a step towards m would lower the risk.
So does the box at the corner itself, where F − c = 0 leaves nothing to enclose: D_j > 0 on it is
the first-order cone of the corner. All other boxes are halved.

The argument needs no order in which boxes are judged: take the minimiser with the least Σ u_j and
the box that reaches from it towards the corner. Classes of equal weight can be swapped, so only
predictions whose entries fall within each such group are covered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.numerics import elementary
from alfs_core.numerics.interval import ZERO, Interval, Taylor, interval, shut
from alfs_core.numerics.symbolic import label_sum_is_constant
from alfs_core.theory.simplex import lattice, lifted, weighted_risk

MOST_CLASSES = 4
MOST_PIECES = 30_000
FEW_PIECES = 3_000  # for a first look
SECONDS = 1.0  # of the processor, for all proofs of a verdict together
NARROW = 1e-13  # a box of this width is cut no further
NEAR = 2.0**-10  # how far from the corner D_j ≥ 0 is taken where D_j > 0 cannot be shown
SAMPLES = {2: 64, 3: 24, 4: 12}


_deadline: ContextVar[float] = ContextVar("deadline", default=np.inf)


@contextmanager
def one_budget() -> Iterator[None]:
    """All proofs within end when SECONDS of the processor are spent, counted from the outermost."""
    token = _deadline.set(min(_deadline.get(), time.thread_time() + SECONDS))
    try:
        yield
    finally:
        _deadline.reset(token)


def out_of_budget() -> bool:
    """Whether ``one_budget`` is spent; never outside of one."""
    return time.thread_time() > _deadline.get()


@dataclass(frozen=True)
class Subdivision:
    """What became of min F − F(corner) ≥ ``low``: 0 where it is proved.

    ``strict``: proved, and the corner is the only minimiser. ``pieces``: boxes of the simplex that
    were looked at, or cells of [0, 1].
    """

    low: float
    strict: bool
    pieces: int

    @property
    def proved(self) -> bool:
        return self.low >= 0


@lru_cache(maxsize=4096)
def subdivided(
    loss: Loss, weights: tuple[float, ...], floor: float = 0.0, most_pieces: int = MOST_PIECES
) -> Subdivision | None:
    """Whether the corner of the first class minimises the risk on {u_i ≥ floor}.

    ``weights`` fall; at most ``MOST_CLASSES`` of them. None where there is nothing to prove: the
    formula does not run on intervals, has no number at some point, or a lower risk was met.
    """
    w = np.array(weights)
    if len(w) > MOST_CLASSES or not _may_hold(loss, w, floor):
        return None
    try:
        return _cut(_Region(loss, w, floor), most_pieces)
    except (TypeError, AttributeError, NotImplementedError):
        return None


def by_sizes(loss: Loss, weights: tuple[float, ...], floor: float = 0.0) -> Subdivision | None:
    """As ``subdivided``, by the sets of the j heaviest classes at which w falls (THEORY A4).

    Their risks do not depend on w, so what is proved of them serves every row.
    """
    w = np.array(weights)
    sizes = [j for j in range(1, len(w) + 1) if w[j - 1] > (w[j] if j < len(w) else 0.0)]
    parts = []
    for j in sizes:
        part = _of_size(loss, len(w), j, floor)
        if part is None or not part.proved:
            return None
        parts.append(part)
    return Subdivision(0.0, parts[0].strict and sizes[0] == 1, sum(part.pieces for part in parts))


def only_own_corner(loss: Loss, num_classes: int, floor: float = 0.0) -> bool:
    """Whether L(u, m) is proved to have the corner of m as its only minimiser."""
    alone = _of_size(loss, num_classes, 1, floor)
    return alone is not None and alone.strict


def _of_size(loss: Loss, num_classes: int, size: int, floor: float) -> Subdivision | None:
    if size == num_classes and _symmetric(loss, num_classes, floor):
        return Subdivision(0.0, False, 0)
    w = (np.arange(num_classes) < size).astype(float)
    return subdivided(loss, tuple(w), floor)


@lru_cache(maxsize=1024)
def _symmetric(loss: Loss, num_classes: int, floor: float) -> bool:
    """Whether Σ L(u, i) is the same everywhere: by its form, or by algebra where it looks so."""
    if loss.is_symmetric() or num_classes > MOST_CLASSES:
        return loss.is_symmetric()
    points = lifted(lattice(num_classes, SAMPLES[num_classes]), floor)
    values = weighted_risk(loss, np.ones(num_classes), points)
    spread = np.ptp(values) if np.isfinite(values).all() else np.inf
    return bool(spread <= 1e-12 * max(1.0, np.abs(values).max())) and label_sum_is_constant(
        loss, num_classes
    )


def _may_hold(loss: Loss, w: np.ndarray, floor: float) -> bool:
    """By a look at a lattice; a risk that is the same everywhere is not for enclosures."""
    points = lifted(lattice(len(w), SAMPLES[len(w)]), floor)
    values = weighted_risk(loss, w, points)
    corner = values[np.argmax(points[:, 0])]
    if np.isnan(values).any() or not np.isfinite(corner):
        return False
    slack = 1e-12 * max(1.0, abs(float(corner)))
    return bool(values.min() >= corner - slack and values.max() > corner + slack)


# ---- one region -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Region:
    """{u_i ≥ floor}, in the coordinates u_1 ... u_{K−1}; u_0 is what they leave."""

    loss: Loss
    w: np.ndarray
    floor: float

    @property
    def corner(self) -> np.ndarray:
        return np.full((1, len(self.w) - 1), self.floor)

    @property
    def swapped(self) -> list[int]:
        """The j with w_j = w_{j+1}, so that u_j ≥ u_{j+1} may be assumed."""
        return [j for j in range(len(self.w) - 1) if self.w[j] == self.w[j + 1]]

    def prediction(self, low: np.ndarray, high: np.ndarray) -> Interval:
        """u (B, K) on boxes (B, K − 1)."""
        own = 1.0 - elementary.total(Interval(low, high))
        own = Interval(np.maximum(own.low, self.floor), np.minimum(own.high, 1.0))
        return Interval(np.hstack([own.low, low]), np.hstack([own.high, high]))

    def risk(self, u: np.ndarray) -> Interval:
        """F (B,) at points (B, K − 1)."""
        values = self.loss.partial(self.prediction(u, u))
        return self._weighted(interval(values))[..., 0]

    def enclosed(self, low: np.ndarray, high: np.ndarray) -> tuple[Interval, Interval]:
        """F (B,) and D (B, K − 1) on boxes."""
        u = self.prediction(low, high)
        seeds = np.hstack([-np.ones((low.shape[1], 1)), np.eye(low.shape[1])])
        value = Interval(u.low[:, None], u.high[:, None])
        result = self.loss.partial(Taylor(value, interval(seeds), ZERO))
        shape = (len(low), 1, len(self.w))
        slopes = (len(low), *seeds.shape)
        first = self._weighted(_broadcast(shut(result.first), slopes))[..., 0]
        return self._weighted(_broadcast(result.value, shape))[:, 0, 0], first

    def _weighted(self, terms: Interval) -> Interval:
        """Σ w_i x_i over the last axis; 0 · ∞ = 0."""
        return elementary.total(terms * interval(self.w))


def _broadcast(x: Interval, shape: tuple[int, ...]) -> Interval:
    return Interval(np.broadcast_to(x.low, shape), np.broadcast_to(x.high, shape))


# ---- the cuts -------------------------------------------------------------------------------


def _cut(region: _Region, most_pieces: int) -> Subdivision:
    corner = region.risk(region.corner)
    deadline = min(_deadline.get(), time.thread_time() + SECONDS)
    low, high = region.corner, np.full_like(region.corner, 1.0)
    strict, pieces, stuck = True, 0, np.inf
    rise = np.array([-np.inf])
    while len(low):
        low, high = _inside(region, low, high)
        if pieces + len(low) > most_pieces or time.thread_time() > deadline:
            return Subdivision(min(float(rise.min()), stuck), False, pieces)
        pieces += len(low)
        value, slopes = region.enclosed(low, high)
        above = _rise(region, low, high, value, slopes, corner)
        high, weak = _towards_corner(region, low, high, slopes)
        strict = strict and not (weak & ~(above > 0)).any()
        at_corner = (high == region.floor).all(axis=1)
        left = ~(at_corner | (above > 0))
        tiny = left & ((high - low).max(axis=1) < NARROW)
        stuck = min(stuck, float(np.min(above[tiny], initial=np.inf)))
        left &= ~tiny
        rise = above[left]
        low, high = _halved(low[left], high[left], slopes[left], region.floor)
    return Subdivision(min(0.0, stuck), strict and stuck > 0, pieces)


def _inside(region: _Region, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The boxes that meet the region, cut down to it."""
    used = low.sum(axis=1, keepdims=True) - low
    high = np.minimum(high, np.maximum((1 - region.floor - used) * (1 + 1e-15) + 1e-15, low))
    u = region.prediction(low, high)
    keep = (low.sum(axis=1) + region.floor <= 1 + 1e-12) & (u.high[:, 0] >= region.floor)
    for j in region.swapped:
        keep &= u.high[:, j] >= u.low[:, j + 1]
    return low[keep], high[keep]


def _rise(
    region: _Region,
    low: np.ndarray,
    high: np.ndarray,
    value: Interval,
    slopes: Interval,
    corner: Interval,
) -> np.ndarray:
    """A lower bound (B,) of F − F(corner) on each box: by values or by the mean value theorem."""
    middle = low + (high - low) / 2
    start = np.where(slopes.low >= 0, low, np.where(slopes.high <= 0, high, middle))
    outside = start.sum(axis=1) > 1 - region.floor
    start = np.where(outside[:, None], low, start)
    steps = Interval(low, high) - start
    moved = elementary.total(slopes * steps)[..., 0] + region.risk(start)
    bound = np.fmax(value.low, moved.low) - corner.high
    bound = np.nextafter(bound, -np.inf)
    return np.where(np.isnan(bound), -np.inf, bound)


def _towards_corner(
    region: _Region, low: np.ndarray, high: np.ndarray, slopes: Interval
) -> tuple[np.ndarray, np.ndarray]:
    """The boxes cut to their lower ends where the risk rises; and where it may only not fall."""
    rises = slopes.low > 0
    near = (high - region.floor).max(axis=1, keepdims=True) <= NEAR
    weak = (slopes.low == 0) & (near | (slopes.high == 0)) & (high > low)
    return np.where(rises | weak, low, high), weak.any(axis=1)


def _halved(
    low: np.ndarray, high: np.ndarray, slopes: Interval, floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Each box as two, across the coordinate along which the risk can change most."""
    width = high - low
    steep = np.fmax(np.abs(slopes.low), np.abs(slopes.high))
    along = np.argmax(width * np.clip(np.nan_to_num(steep, nan=np.inf), 1e-9, 1e12), axis=1)
    rows = np.arange(len(low))
    first, last = low[rows, along], high[rows, along]
    at = np.where(first > floor, (first + last) / 2, floor + (last - floor) / 4)
    upper, lower = high.copy(), low.copy()
    upper[rows, along], lower[rows, along] = at, at
    return np.concatenate([low, lower]), np.concatenate([upper, high])
