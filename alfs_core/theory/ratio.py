"""The asymmetry ratio of a local loss, enclosed (THEORY A5, G1).

    r(ℓ) = inf [ℓ(u1) − ℓ(u1+u2)] / [ℓ(0) − ℓ(u2)],   u1, u2 ≥ 0, u1+u2 ≤ 1, ℓ(u2) < ℓ(0)

With D = −ℓ' the quotient is P/Q, P the mean of D on [u1, u1+u2] and Q its mean on [0, u2]; so it
and its slopes have enclosures that stay tight as u2 → 0.

r = 1 is decided first: it says that g = ℓ(0) − ℓ is superadditive, g(x+y) ≥ g(x) + g(y), where
nothing is divided and the infimum may fill whole edges of the triangle.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss, derivative
from alfs_core.numerics.interval import Interval, Taylor, interval
from alfs_core.numerics.symbolic import label_sum_is_constant
from alfs_core.theory.curvature import Curvature, curvature, enclosed, end_slopes
from alfs_core.theory.evidence import Enclosure

WIDTH = 5e-6
MOST_BOXES = 60_000
ROUNDS = 40
SECONDS = 1.0  # of the processor; then the interval that was reached counts


@dataclass(frozen=True)
class RatioResult:
    """Enclosures of r and r_u; r ≤ r_K ≤ r_u for every number of classes K.

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
    start, slopes = enclosed(loss, np.zeros(1), np.zeros(1)), end_slopes(loss)
    if start is None or slopes is None:
        return _unknown(loss, shape)
    if (place := rises_at(loss)) is not None:
        raise DomainError(
            f"{loss.name} has no asymmetry ratio: it rises at u = {place:.3g}, where the surer "
            "right answer costs more"
        )
    if not shape.decreasing:
        return _unknown(loss, shape)
    if start.value.low[0] == np.inf:
        return _exact(loss, shape, 0.0, (0.5, 0.5), "ℓ(0) = ∞", attained=True)
    if -slopes.high[0] == np.inf:
        return _exact(loss, shape, 0.0, (0.5, 0.0), "ℓ'(0) = −∞", attained=False)
    if shape.shape in ("concave", "affine"):
        why = f"concave ({shape.reason})"
        return _exact(loss, shape, 1.0, (0.0, 0.5), why, attained=True)
    if shape.shape == "convex":
        return _of_convex(loss, shape, -slopes)
    return _of_mixed(loss, shape)


def _unknown(loss: Loss, shape: Curvature) -> RatioResult:
    nothing = Enclosure(0.0, 1.0, "always 0 ≤ r ≤ 1 of a decreasing loss; no enclosure runs")
    return RatioResult(nothing, nothing, (np.nan, np.nan), False, shape, loss.asymmetry_ratio())


@lru_cache(maxsize=4096)
def rises_at(loss: Loss) -> float | None:
    """A u at which a local loss is found to rise, so that the surer right answer costs more."""
    if curvature(loss).decreasing:
        return None
    u = np.linspace(0, 1, 2001)
    slopes = derivative(loss, u)
    if np.nanmax(slopes) > 1e-12 * np.nanmax(np.abs(slopes[np.isfinite(slopes)]), initial=1e-300):
        return float(u[np.nanargmax(slopes)])
    return None


def _exact(
    loss: Loss,
    shape: Curvature,
    value: float,
    at: tuple[float, float],
    why: str,
    *,
    attained: bool,
) -> RatioResult:
    ratio = Enclosure(value, value, why)
    upper = ratio if attained else _upper_if_unbounded(loss, shape)
    return RatioResult(ratio, upper, at, attained, shape, loss.asymmetry_ratio())


def _upper_if_unbounded(loss: Loss, shape: Curvature) -> Enclosure:
    """ℓ'(0) = −∞ and ℓ'(1) finite: moving a little from e_m to e_n always pays, r_u = 0."""
    slopes = end_slopes(loss)
    if shape.shape == "convex" or (slopes is not None and np.isfinite(slopes.low[1])):
        return Enclosure(0.0, 0.0, "ℓ'(0) = −∞")
    return Enclosure(0.0, 1.0, "always 0 ≤ r_u ≤ 1")


def _of_convex(loss: Loss, shape: Curvature, slope: Interval) -> RatioResult:
    quotient = slope[1:2] / slope[0:1]
    reason = f"ℓ'(1)/ℓ'(0), as ℓ is convex ({shape.reason})"
    low, high = max(0.0, float(quotient.low[0])), min(1.0, float(quotient.high[0]))
    ratio = Enclosure(low, high, reason)
    return RatioResult(ratio, ratio, (1.0, 0.0), False, shape, loss.asymmetry_ratio())


def _of_mixed(loss: Loss, shape: Curvature) -> RatioResult:
    deadline = time.thread_time() + SECONDS
    if (boxes := _superadditive(loss, deadline)) is not None:
        one = Enclosure(1.0, 1.0, f"ℓ(0) − ℓ is superadditive, by intervals on {boxes} boxes")
        return RatioResult(one, one, (0.0, 0.5), True, shape, loss.asymmetry_ratio())
    upper, edge_at = _branch_and_bound(loss, deadline, edge=True)
    ratio, at = _branch_and_bound(loss, deadline, best=upper.high, at=edge_at)
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


def _branch_and_bound(
    loss: Loss,
    deadline: float,
    *,
    edge: bool = False,
    best: float = 1.0,
    at: tuple[float, float] = (0.0, 1.0),
) -> tuple[Enclosure, tuple[float, float]]:
    """inf P/Q over the triangle, or over its edge u1 + u2 = 1; ``best`` is known at ``at``."""
    boxes = _edge_boxes(512) if edge else _triangle_boxes(24)
    done, used = np.inf, 0
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
        spent = used + 2 * len(boxes) > MOST_BOXES or time.thread_time() > deadline
        if spent or not len(boxes):
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
    lower = np.fmax(lower, _second_order(loss, boxes))
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


def _second_order(loss: Loss, boxes: Boxes) -> np.ndarray:
    """A lower bound where D(0) = 0 and D falls to D(1) ≥ 0; −∞ elsewhere.

    P ≥ fall u2/2, as D(1−a) ≥ fall a, and Q ≤ rise u2/2, as D(s) ≤ rise s.
    """
    zero, one = _constant(boxes, 0.0), _constant(boxes, 1.0)
    origin, last, start, rest = _cells(
        loss, zero, one, zero.hull(boxes.second), boxes.first.hull(one)
    )
    fall, rise = -rest.second.high, start.second.high
    applies = (origin.first.high <= 0) & (last.first.low >= 0) & (fall > 0) & (rise > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.nextafter(fall / rise, -np.inf)
    return np.where(applies, bound, -np.inf)


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


# ---- is r = 1? ------------------------------------------------------------------------------

MOST_SUMS = 20_000  # boxes of a proof that g is superadditive


def _superadditive(loss: Loss, deadline: float) -> int | None:
    """On how many boxes g(x+y) − g(x) − g(y) ≥ 0 was proved for x ≤ y, x + y ≤ 1; None if not.

    Where ℓ(u) + ℓ(1−u) is constant the excess is the same for x, y and 1 − x − y in any order, so
    x ≤ y ≤ 1 − x − y suffices, and two of the edges along which it vanishes drop out.
    """
    u = np.linspace(0, 1, 65)
    x, y = (g.ravel() for g in np.meshgrid(u, u))
    x, y = x[x + y <= 1], y[x + y <= 1]
    g = np.asarray(loss.partial(np.zeros(1)) - loss.partial(np.stack([x + y, x, y])), dtype=float)
    scale = 1e-12 * max(1.0, float(np.abs(g).max()))
    if not (g[0] - g[1] - g[2]).min() >= -scale:
        return None
    boxes, used, folded = _triangle_boxes(24), 0, _folds(loss)
    for _ in range(ROUNDS):
        boxes = boxes[_in_order(boxes, folded)]
        used += len(boxes)
        boxes = boxes[~_excess_proved(loss, boxes)]
        if not len(boxes):
            return used
        if used + 2 * len(boxes) > MOST_SUMS or time.thread_time() > deadline:
            return None
        boxes = _halves(boxes, boxes.first.width >= boxes.second.width, edge=False)
    return None


def _folds(loss: Loss) -> bool:
    """Whether ℓ(u) + ℓ(1−u) is constant, by algebra where it looks so."""
    u = np.linspace(0, 1, 65)
    values = np.asarray(loss.partial(u) + loss.partial(1 - u), dtype=float)
    alike = np.ptp(values) <= 1e-12 * np.abs(values).max()
    return bool(alike) and label_sum_is_constant(loss, 2)


def _in_order(boxes: Boxes, folded: bool) -> np.ndarray:
    """The boxes that reach into x ≤ y, and into y ≤ 1 − x − y where that is asked."""
    x, y = boxes.first, boxes.second
    keep = x.low <= y.high
    return keep & (x.low + 2 * y.low <= 1 + 1e-12) if folded else keep


def _excess_proved(loss: Loss, boxes: Boxes) -> np.ndarray:
    """Where the excess ∫∫ D'(s+t) = ∫ D(y+s) − D(s) ds, s in [0, x], is shown to be ≥ 0."""
    x, y = boxes.first, boxes.second
    end, zero, one = x + y, _constant(boxes, 0.0), _constant(boxes, 1.0)
    at_end, at_x, at_y, origin, last, start, across, whole, rest = _cells(
        loss, end, x, y, zero, one, zero.hull(x), y.hull(end), zero.hull(end), y.hull(one)
    )
    bent = whole.second.low >= 0
    rising = across.first.low >= start.first.high
    # D(1−a) ≥ D(1) + fall a with a ≥ x − s, and D(s) ≤ D(0) + rise s; both s and x − s average x/2
    fall, rise = -rest.second.high, start.second.high
    turned = (last.first.low >= origin.first.high) & (fall >= np.maximum(rise, 0))
    value = at_end.value + origin.value - at_x.value - at_y.value
    c1, c2 = x.middle, y.middle
    c2 = np.where(c1 + c2 > 1, y.low, c2)
    c1 = np.where(c1 + c2 > 1, x.low, c1)
    p, q = interval(c1), interval(c2)
    there, first, second, base = _cells(loss, p + q, p, q, zero)
    moved = (at_end.first - at_x.first) * (x - c1) + (at_end.first - at_y.first) * (y - c2)
    centred = there.value + base.value - first.value - second.value + moved
    return np.asarray(bent | rising | turned | (value.low >= 0) | (centred.low >= 0))


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
