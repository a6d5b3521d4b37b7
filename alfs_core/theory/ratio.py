"""The asymmetry ratio of a local loss, enclosed (THEORY A5, G1).

    r(ℓ) = inf [ℓ(u1) − ℓ(u1+u2)] / [ℓ(0) − ℓ(u2)],   u1, u2 ≥ 0, u1+u2 ≤ 1, ℓ(u2) < ℓ(0)

With D = −ℓ' the quotient is P/Q, P the mean of D on [u1, u1+u2] and Q its mean on [0, u2]; so it
and its slopes have enclosures that stay tight as u2 → 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss, derivative
from alfs_core.numerics.interval import Interval, Taylor, interval
from alfs_core.theory.curvature import Curvature, curvature, enclosed
from alfs_core.theory.evidence import Enclosure

WIDTH = 5e-6
MOST_BOXES = 60_000
ROUNDS = 40


@dataclass(frozen=True)
class RatioResult:
    """Enclosures of r and r_u; r ≤ r_k ≤ r_u for every number of classes k.

    ``at`` is the (u1, u2) where the quotient is smallest or tends to its infimum; ``closed_form``
    is the loss's own, and ``agrees`` whether it lies in the enclosure.
    """

    ratio: Enclosure
    upper: Enclosure
    at: tuple[float, float]
    attained: bool
    curvature: Curvature
    closed_form: float | None

    @property
    def low(self) -> float:
        return self.ratio.low

    @property
    def high(self) -> float:
        return self.ratio.high

    @property
    def agrees(self) -> bool | None:
        """None without a closed form; rounding of the formula's constants is allowed for."""
        if self.closed_form is None:
            return None
        return self.low - 1e-12 <= self.closed_form <= self.high + 1e-12

    @property
    def threshold(self) -> Enclosure:
        """ρ = 1/r, the w_m/w_n from which asymmetry is certain."""
        low = 1 / self.high if self.high > 0 else np.inf
        high = 1 / self.low if self.low > 0 else np.inf
        return Enclosure(low, high, self.ratio.reason)


@lru_cache(maxsize=4096)
def asymmetry_ratio(loss: Loss) -> RatioResult:
    """r(ℓ) and r_u(ℓ) of a local loss; DomainError where ℓ is not local or not decreasing."""
    if not loss.local:
        raise DomainError(f"{loss.name} is no function of u alone: it has no asymmetry ratio")
    shape = curvature(loss)
    ends = enclosed(loss, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    if ends is None:
        return _unknown(loss, shape)
    if not shape.decreasing:
        return _if_rising(loss, shape)
    if ends.value.low[0] == np.inf or -ends.first.high[0] == np.inf:
        return _exact(loss, shape, 0.0, (0.5, 0.0), "ℓ'(0) = −∞")
    if shape.shape in ("concave", "affine"):
        return _exact(loss, shape, 1.0, (0.0, 0.5), f"concave ({shape.reason})")
    if shape.shape == "convex":
        return _of_convex(loss, shape, ends)
    return _of_mixed(loss, shape)


def _unknown(loss: Loss, shape: Curvature) -> RatioResult:
    nothing = Enclosure(0.0, 1.0, "always 0 ≤ r ≤ 1 of a decreasing loss; no enclosure runs")
    return RatioResult(nothing, nothing, (np.nan, np.nan), False, shape, loss.asymmetry_ratio())


def _if_rising(loss: Loss, shape: Curvature) -> RatioResult:
    u = np.linspace(0, 1, 2001)
    slopes = derivative(loss, u)
    if np.nanmax(slopes) > 1e-12 * np.nanmax(np.abs(slopes[np.isfinite(slopes)]), initial=1e-300):
        place = u[np.nanargmax(slopes)]
        raise DomainError(f"{loss.name} grows with u at u = {place:.3g}: no asymmetry ratio")
    return _unknown(loss, shape)


def _exact(
    loss: Loss, shape: Curvature, value: float, at: tuple[float, float], why: str
) -> RatioResult:
    upper = Enclosure(value, value, why) if value else _upper_if_unbounded(loss, shape)
    ratio = Enclosure(value, value, why)
    return RatioResult(ratio, upper, at, value == 1, shape, loss.asymmetry_ratio())


def _upper_if_unbounded(loss: Loss, shape: Curvature) -> Enclosure:
    """ℓ'(0) = −∞ and ℓ'(1) finite: moving a little from e_m to e_n always pays, r_u = 0."""
    at_one = enclosed(loss, np.array([1.0]), np.array([1.0]))
    if shape.shape == "convex" or (at_one is not None and np.isfinite(at_one.first.low[0])):
        return Enclosure(0.0, 0.0, "ℓ'(0) = −∞")
    return Enclosure(0.0, 1.0, "always 0 ≤ r_u ≤ 1")


def _of_convex(loss: Loss, shape: Curvature, ends: Taylor) -> RatioResult:
    slope = -ends.first
    quotient = slope[1:2] / slope[0:1]
    reason = f"ℓ'(1)/ℓ'(0), as ℓ is convex ({shape.reason})"
    low, high = max(0.0, float(quotient.low[0])), min(1.0, float(quotient.high[0]))
    ratio = Enclosure(low, high, reason)
    return RatioResult(ratio, ratio, (1.0, 0.0), False, shape, loss.asymmetry_ratio())


def _of_mixed(loss: Loss, shape: Curvature) -> RatioResult:
    ratio, at = _branch_and_bound(loss, edge=False)
    upper, _ = _branch_and_bound(loss, edge=True)
    high = min(ratio.high, upper.high)
    ratio = Enclosure(min(ratio.low, high), high, ratio.reason)
    upper = Enclosure(max(upper.low, ratio.low), upper.high, upper.reason)
    return RatioResult(ratio, upper, at, at[1] > 0, shape, loss.asymmetry_ratio())


# ---- boxes ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes of (u1, u2); on the edge u1 + u2 = 1 only u1 is free."""

    first: Interval
    second: Interval

    def __len__(self) -> int:
        return len(self.first.low)

    def __getitem__(self, index: np.ndarray) -> Boxes:
        return Boxes(self.first[index], self.second[index])


def _branch_and_bound(loss: Loss, *, edge: bool) -> tuple[Enclosure, tuple[float, float]]:
    """inf P/Q over the triangle, or over its edge u1 + u2 = 1."""
    boxes = _edge_boxes(512) if edge else _triangle_boxes(24)
    best, at, done, used = 1.0, (0.0, 1.0), np.inf, 0
    for _ in range(ROUNDS):
        lower, upper, points, along = _bounds(loss, boxes, edge)
        used += len(boxes)
        if upper.min() < best:
            best, (u1, u2) = float(upper.min()), points[np.argmin(upper)]
            at = (float(u1), float(u2))
        keep = lower < best - WIDTH
        done = min(done, float(np.min(lower[~keep], initial=np.inf)))
        left = float(np.min(lower[keep], initial=np.inf))
        boxes, along = boxes[keep], along[keep]
        if not len(boxes) or used + 2 * len(boxes) > MOST_BOXES:
            break
        boxes = _halves(boxes, along, edge)
        if len(boxes) < 3000:
            boxes = _halves(boxes, (boxes.first.width >= boxes.second.width) | edge, edge)
    low = min(best, max(0.0, min(done, left)))
    return Enclosure(low, best, f"intervals on {used} boxes"), at


def _edge_boxes(n: int) -> Boxes:
    ends = np.linspace(0, 1, n + 1)
    return _on_edge(Interval(ends[:-1], ends[1:]))


def _on_edge(first: Interval) -> Boxes:
    return Boxes(first, 1.0 - first)


def _triangle_boxes(n: int) -> Boxes:
    ends = np.concatenate([[0.0], 2.0 ** -np.arange(30, 3, -3), np.linspace(0, 1, n + 1)[1:]])
    low, high = ends[:-1], ends[1:]
    i, j = (x.ravel() for x in np.meshgrid(range(len(low)), range(len(low)), indexing="ij"))
    return _inside(Boxes(Interval(low[i], high[i]), Interval(low[j], high[j])))


def _inside(boxes: Boxes) -> Boxes:
    return boxes[boxes.first.low + boxes.second.low < 1]


def _halves(boxes: Boxes, along: np.ndarray, edge: bool) -> Boxes:
    """Each box cut across the direction that its bound suffers from most."""
    first, second = boxes.first, boxes.second
    middle1 = np.where(along, first.middle, first.high)
    middle2 = np.where(along, second.high, second.middle)
    left = Boxes(Interval(first.low, middle1), Interval(second.low, middle2))
    right = Boxes(
        Interval(np.where(along, middle1, first.low), first.high),
        Interval(np.where(along, second.low, middle2), second.high),
    )
    both = Boxes(_joined(left.first, right.first), _joined(left.second, right.second))
    return _on_edge(both.first) if edge else _inside(both)


def _joined(x: Interval, y: Interval) -> Interval:
    return Interval(np.concatenate([x.low, y.low]), np.concatenate([x.high, y.high]))


def _bounds(
    loss: Loss, boxes: Boxes, edge: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each box: a lower bound, the value at a point, the point, and where to cut."""
    quotient, slope1, slope2 = _enclosed_quotient(loss, boxes, edge)
    width1, width2 = boxes.first.width, boxes.second.width
    if edge:
        slope1, slope2 = slope1 - slope2, interval(np.zeros(len(boxes)))
    c1, c2 = _corner(boxes.first, slope1), _corner(boxes.second, slope2)
    outside = c1 + c2 > 1
    c1 = np.where(outside, boxes.first.low, c1)
    c2 = 1 - c1 if edge else np.where(outside, boxes.second.low, c2)
    value = _at_points(loss, c1, c2)
    first = slope1 * (boxes.first - c1)
    second = slope2 * (boxes.second - c2)
    lower = np.maximum(quotient.low, (value + first + second).low)
    flat, concave = _start(loss)
    surely = (boxes.first.high <= flat) | (boxes.first.high + boxes.second.high <= concave)
    lower = np.where(surely, np.maximum(lower, 1.0), lower)
    with np.errstate(invalid="ignore", over="ignore"):
        loss1, loss2 = _spread(slope1, width1), _spread(slope2, width2)
        finite = np.isfinite(loss1 + loss2)
    along = np.where(finite, loss1 >= loss2, width1 >= width2) | edge
    return lower, value.high, np.stack([c1, c2], axis=1), along


def _spread(slope: Interval, width: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(slope.low), np.abs(slope.high)) * width


def _corner(x: Interval, slope: Interval) -> np.ndarray:
    """The end where a monotone quotient is smallest, the middle where its slope is open."""
    return np.where(slope.low >= 0, x.low, np.where(slope.high <= 0, x.high, x.middle))


def _cells(loss: Loss, *parts: Interval) -> list[Taylor]:
    """−ℓ, D and D' on several arrays of cells at once."""
    low = np.concatenate([np.clip(x.low, 0, 1) for x in parts])
    high = np.concatenate([np.clip(x.high, 0, 1) for x in parts])
    result = enclosed(loss, low, high)
    assert result is not None
    whole, size = -result, len(low) // len(parts)
    rows = [slice(n * size, (n + 1) * size) for n in range(len(parts))]
    return [Taylor(whole.value[r], whole.first[r], whole.second[r]) for r in rows]


def _nonnegative(x: Interval) -> Interval:
    return Interval(np.maximum(x.low, 0), np.maximum(x.high, 0))


def _constant(boxes: Boxes, value: float) -> Interval:
    return interval(np.full(len(boxes), value))


def _enclosed_quotient(loss: Loss, boxes: Boxes, edge: bool) -> tuple[Interval, Interval, Interval]:
    """P/Q and its slopes in u1 and u2 over each box.

    P = ∫ D(u1 + t u2) dt over t in [0, 1], so ∂P/∂u1 is a mean of D' or [D(u1+u2) − D(u1)]/u2,
    and ∂P/∂u2 half a mean of D' or [D(u1+u2) − P]/u2; the smaller enclosure counts.
    """
    u1, u2, zero = boxes.first, boxes.second, _constant(boxes, 0.0)
    end = _constant(boxes, 1.0) if edge else u1 + u2
    left, right, width, across, start, origin = _cells(
        loss, u1, end, u2, u1.hull(end), zero.hull(u2), zero
    )
    p = _nonnegative(across.first).meet((right.value - left.value) / u2)
    q = _nonnegative(start.first).meet((width.value - origin.value) / u2)
    quotient = p / q
    p1 = across.second.meet((right.first - left.first) / u2)
    p2 = (across.second * 0.5).meet((right.first - p) / u2)
    q2 = (start.second * 0.5).meet((width.first - q) / u2)
    return _where_defined(quotient, q), p1 / q, (p2 - quotient * q2) / q


def _where_defined(quotient: Interval, q: Interval) -> Interval:
    """Where Q = 0 throughout, ℓ(u2) = ℓ(0): such u2 do not count, and bound nothing."""
    return Interval(
        np.where(q.high <= 0, np.inf, quotient.low), np.where(q.low <= 0, np.inf, quotient.high)
    )


def _at_points(loss: Loss, c1: np.ndarray, c2: np.ndarray) -> Interval:
    """P/Q at points; at u2 = 0 its limit D(u1)/D(0)."""
    start, width, zero = interval(c1), interval(c2), interval(np.zeros(len(c1)))
    end = start + width
    left, right, upto, across, below, origin = _cells(
        loss, start, end, width, start.hull(end), zero.hull(width), zero
    )
    p = _nonnegative(across.first).meet((right.value - left.value) / width)
    q = _nonnegative(below.first).meet((upto.value - origin.value) / width)
    return _where_defined(p / q, q)


@lru_cache(maxsize=256)
def _start(loss: Loss) -> tuple[float, float]:
    """Ends h found with ℓ constant, and with ℓ concave, on [0, h].

    The quotient is at least 1 for u1 in the first and for u1 + u2 in the second.
    """
    return (
        _longest(loss, lambda cells: (cells.first.low == 0) & (cells.first.high == 0)),
        _longest(loss, lambda cells: cells.second.low >= 0),
    )


def _longest(loss: Loss, holds: Callable[[Taylor], np.ndarray]) -> float:
    """The largest h found for which the enclosure over [0, h] shows what is asked; 0 if none."""
    ends = np.geomspace(1e-15, 1, 300)
    for _ in range(4):
        shown = np.flatnonzero(holds(_cells(loss, Interval(np.zeros(len(ends)), ends))[0]))
        if not len(shown):
            return 0.0
        last = int(shown[-1])
        ends = np.linspace(ends[last], ends[min(last + 1, len(ends) - 1)], 300)
    return float(ends[0])


# ---- a picture ------------------------------------------------------------------------------


def ratio_heatmap(loss: Loss, n: int = 121) -> tuple[np.ndarray, np.ndarray]:
    """u = i/(n−1) and the quotient at (u1, u2) = (u_i, u_j), shape (n, n); NaN outside."""
    u = np.linspace(0, 1, n)
    values = np.asarray(loss.partial(u))
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    end = np.minimum(i + j, n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (values[i] - values[end]) / (values[0] - values[j])
        slopes = derivative(loss, u)
        quotient[:, 0] = slopes / slopes[0]
    return u, np.where(i + j <= n - 1, quotient, np.nan)
