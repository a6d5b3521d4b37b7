"""r_K, the exact threshold of a local loss for K classes with equal off-weights (THEORY A5).

    r_K(ℓ) = inf [ℓ(u_m) − ℓ(1)] / Σ_{i≠m} [ℓ(0) − ℓ(u_i)]

At a minimiser the positive u_i share one slope D = −ℓ', and at most one of them lies where D
rises. Where D turns once, the others therefore share one value too: j classes at x, one at y.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.numerics.interval import Interval, interval
from alfs_core.theory.curvature import enclosed, split
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.ratio import SECONDS, WIDTH, _cells, _joined, _nonnegative, asymmetry_ratio

MOST_BOXES = 80_000
ROUNDS = 40


@lru_cache(maxsize=1024)
def equal_ratio(loss: Loss, num_classes: int) -> Enclosure:
    """r_K of a local loss for K = num_classes; DomainError where ℓ is not local or not decreasing.

    Between r and r_u where D turns more than once.
    """
    found = asymmetry_ratio(loss)
    if found.curvature.shape in ("convex", "concave", "affine") or num_classes == 2:
        return found.upper if num_classes == 2 else found.ratio
    known = found.curvature.decreasing and found.upper.high > found.low
    if not (known and turns_once(loss)):
        return Enclosure(found.low, found.upper.high, "r ≤ r_K ≤ r_u")
    low, high, used = _branch_and_bound(loss, num_classes, found.upper.high)
    reason = f"intervals on {used} boxes of (x, y), j classes at x and one at y"
    return Enclosure(max(low, found.low), high, reason)


def turns_once(loss: Loss) -> bool:
    """Whether ℓ'' is proved to change sign once on [0, 1], but for tiny cells at the change."""
    ends = np.linspace(0, 1, 257)
    low, high = ends[:-1], ends[1:]
    for _ in range(12):
        cells = enclosed(loss, low, high)
        if cells is None:
            return False
        order = np.argsort(low)
        sign = np.where(cells.second.low >= 0, 1, np.where(cells.second.high <= 0, -1, 2))
        sign = np.where((cells.second.low == 0) & (cells.second.high == 0), 0, sign)
        if not (sign == 2).any() or len(low) > 2000:
            break
        halves = split(low[sign == 2], high[sign == 2])
        low = np.concatenate([low[sign != 2], halves[0]])
        high = np.concatenate([high[sign != 2], halves[1]])
    return _one_change(sign[order])


def _one_change(sign: np.ndarray) -> bool:
    """+…+?…?−…− or the reverse, zeros anywhere."""
    known = sign[sign != 0]
    if not len(known) or 2 in (known[0], known[-1]):
        return False
    runs = known[np.concatenate([[True], np.diff(known) != 0])]
    return len(runs) <= 3 and (len(runs) < 3 or runs[1] == 2)


@dataclass(frozen=True, eq=False)
class _Boxes:
    """Boxes of (x, y) with j classes at x and one at y."""

    j: np.ndarray
    x: Interval
    y: Interval

    def __len__(self) -> int:
        return len(self.j)

    def __getitem__(self, index: np.ndarray) -> _Boxes:
        return _Boxes(self.j[index], self.x[index], self.y[index])


def _branch_and_bound(loss: Loss, num_classes: int, best: float) -> tuple[float, float, int]:
    boxes, done, used, left = _first_boxes(num_classes), np.inf, 0, np.inf
    best, deadline = min(best, _sampled(loss, num_classes)), time.thread_time() + SECONDS
    for _ in range(ROUNDS):
        lower, upper = _bounds(loss, boxes)
        used += len(boxes)
        best = min(best, float(upper.min()))
        keep = lower < best - WIDTH
        done = min(done, float(np.min(lower[~keep], initial=np.inf)))
        left = float(np.min(lower[keep], initial=np.inf))
        boxes = boxes[keep]
        spent = used + 2 * len(boxes) > MOST_BOXES or time.thread_time() > deadline
        if spent or not len(boxes):
            break
        boxes = _halves(boxes)
    return min(best, max(0.0, min(done, left))), best, used


def _first_boxes(num_classes: int) -> _Boxes:
    """x in [0, 1/j], y in [0, 1], finer towards 0; only boxes that reach into jx + y < 1."""
    ends = np.concatenate([[0.0], 2.0 ** -np.arange(24, 2, -3), np.linspace(0, 1, 7)[1:]])
    counts = np.arange(num_classes - 1)
    j, a, b = (
        g.ravel()
        for g in np.meshgrid(counts, range(len(ends) - 1), range(len(ends) - 1), indexing="ij")
    )
    keep = (j > 0) | (a == 0)
    j, a, b = j[keep], a[keep], b[keep]
    scale = np.maximum(j, 1)
    x_high = np.where(j > 0, ends[a + 1] / scale, 0.0)
    boxes = _Boxes(j, Interval(ends[a] / scale, x_high), Interval(ends[b], ends[b + 1]))
    return _inside(boxes)


def _inside(boxes: _Boxes) -> _Boxes:
    return boxes[boxes.j * boxes.x.low + boxes.y.low < 1]


def _halves(boxes: _Boxes) -> _Boxes:
    along = boxes.j * boxes.x.width >= boxes.y.width
    middle_x = np.where(along, boxes.x.middle, boxes.x.high)
    middle_y = np.where(along, boxes.y.high, boxes.y.middle)
    x = _joined(
        Interval(boxes.x.low, middle_x),
        Interval(np.where(along, middle_x, boxes.x.low), boxes.x.high),
    )
    y = _joined(
        Interval(boxes.y.low, middle_y),
        Interval(np.where(along, boxes.y.low, middle_y), boxes.y.high),
    )
    return _inside(_Boxes(np.tile(boxes.j, 2), x, y))


def _bounds(loss: Loss, boxes: _Boxes) -> tuple[np.ndarray, np.ndarray]:
    """A lower bound of the quotient on each box, and its value at the box's lower corner."""
    j, x, y = interval(boxes.j.astype(float)), boxes.x, boxes.y
    total = j * x + y
    total = Interval(total.low, np.minimum(total.high, 1))
    zero, one = interval(np.zeros(len(boxes))), interval(np.ones(len(boxes)))
    rest = 1.0 - total
    at_rest, at_one, at_x, at_y, origin, upper, below_x, below_y = _cells(
        loss, rest, one, x, y, zero, rest.hull(one), zero.hull(x), zero.hull(y)
    )
    gain = _nonnegative(at_one.value - at_rest.value)
    cost = _nonnegative((at_x.value - origin.value) * j + (at_y.value - origin.value))
    steep = np.maximum(np.where(boxes.j > 0, below_x.first.high, 0), below_y.first.high)
    mean = _nonnegative(upper.first).low / np.where(steep > 0, steep, np.inf)
    quotient = gain / cost
    slope_x = (at_rest.first - quotient * at_x.first) * j / cost
    slope_y = (at_rest.first - quotient * at_y.first) / cost
    corner_x, corner_y = _corner(x, slope_x), _corner(y, slope_y)
    outside = boxes.j * corner_x + corner_y > 1
    corner_x, corner_y = np.where(outside, x.low, corner_x), np.where(outside, y.low, corner_y)
    value = _at_points(loss, boxes.j, corner_x, corner_y)
    moved = value + slope_x * (x - corner_x) + slope_y * (y - corner_y)
    lower = np.maximum(np.maximum(quotient.low, np.nextafter(mean, 0)), moved.low)
    lower = np.where(cost.high <= 0, np.inf, lower)
    return lower, value.high


def _corner(x: Interval, slope: Interval) -> np.ndarray:
    return np.where(slope.low >= 0, x.low, np.where(slope.high <= 0, x.high, x.middle))


def _at_points(loss: Loss, j: np.ndarray, x: np.ndarray, y: np.ndarray) -> Interval:
    count = interval(j.astype(float))
    total = count * interval(x) + interval(y)
    rest = 1.0 - Interval(total.low, np.minimum(total.high, 1))
    zero, one = interval(np.zeros(len(j))), interval(np.ones(len(j)))
    at_rest, at_one, at_x, at_y, origin = _cells(loss, rest, one, interval(x), interval(y), zero)
    gain = _nonnegative(at_one.value - at_rest.value)
    cost = _nonnegative((at_x.value - origin.value) * count + (at_y.value - origin.value))
    quotient = gain / cost
    undefined = cost.low <= 0
    return Interval(
        np.where(undefined, 0.0, quotient.low), np.where(undefined, np.inf, quotient.high)
    )


def _sampled(loss: Loss, num_classes: int) -> float:
    """The quotient's smallest value on a grid of (j, x, y), as an upper bound by intervals."""
    shares = np.concatenate([[0.0], np.geomspace(1e-6, 1e-2, 12), np.linspace(0, 1, 81)[1:]])
    j, a, b = (
        g.ravel() for g in np.meshgrid(np.arange(num_classes - 1), shares, shares, indexing="ij")
    )
    keep = (a + b <= 1) & (a + b > 0) & ((j > 0) | (a == 0))
    j, a, b = j[keep], a[keep], b[keep]
    x = a / np.maximum(j, 1)
    values = [np.asarray(loss.partial(u)) for u in (1 - a - b, x, b)]
    zero, one = (float(loss.partial(np.array([u]))[0]) for u in (0.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = (values[0] - one) / (j * (zero - values[1]) + zero - values[2])
    best = np.argsort(np.where(np.isnan(quotient), np.inf, quotient))[:5]
    return float(_at_points(loss, j[best], x[best], b[best]).high.min())
