"""Proof that a corner minimises a weighted risk of a local loss, for any number of classes.

With the gain g(t) = ℓ(0) − ℓ(t) ≥ 0 of a decreasing ℓ, e_m minimises Σ w_i ℓ(u_i) if and only if
Σ w_i g(u_i) ≤ w_m g(1) on the simplex: no way to share out the probability gains more than giving
all of it to m. Two bounds cover the simplex.

Near e_i, where u_i ≥ 1 − δ, slopes decide: with D = −ℓ', the others gain at most max D over [0, δ]
of what e_i loses at least min D over [1 − δ, 1] of.

Elsewhere [0, 1] is cut into N cells. A share in the cell from j/N to (j + 1)/N takes j pieces of
the budget of N and gains at most w_i g((j + 1)/N); what lies in the first cell gains at most
max D of it. The best choice of cells is found by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.theory.curvature import curvature, enclosed
from alfs_core.theory.subdivision import Subdivision, out_of_budget

CELLS = (128, 512, 2048)
REACHES = (4, 8, 16, 32, 64)  # 1/δ
ROUNDING = 1e-13  # relative; above that of a few hundred sums and products of what is not negative


@lru_cache(maxsize=4096)
def allocated(loss: Loss, weights: tuple[float, ...]) -> Subdivision | None:
    """Whether the corner of the first class minimises the risk of a local loss.

    ``weights`` fall. None where ℓ is not local, not proved to fall, not finite at 0, or does not
    run on intervals.
    """
    if not (loss.local and curvature(loss).decreasing):
        return None
    found = None
    for cells in CELLS:
        if found is not None and out_of_budget():
            break
        gains = _gains(loss, cells)
        if gains is None:
            return None
        found, slack = _shared(gains, np.array(weights))
        if found.proved or found.low < -slack:
            break
    return found


def allocated_always(loss: Loss, num_classes: int) -> Subdivision | None:
    """As ``allocated`` for all weights of as many classes at once: where all are equal no corner
    is better than another, and that serves every w (THEORY A4)."""
    return allocated(loss, (1.0,) * num_classes)


@dataclass(frozen=True, eq=False)
class _Gains:
    """Bounds on the cells (N,): ``most`` of g at the upper ends, ``steep`` and ``flat`` of D; and
    ``whole`` of g(1) from below."""

    most: np.ndarray
    steep: np.ndarray
    flat: np.ndarray
    whole: float

    def near(self, reach: int) -> tuple[float, float]:
        """(max D over [0, δ], min D over [1 − δ, 1]) with δ = 1/reach."""
        cells = len(self.most) // reach
        return float(self.steep[:cells].max()), float(self.flat[-cells:].min())


@lru_cache(maxsize=256)
def _gains(loss: Loss, cells: int) -> _Gains | None:
    ends = np.arange(cells + 1) / cells
    on_cells, at_ends = enclosed(loss, ends[:-1], ends[1:]), enclosed(loss, ends, ends)
    if on_cells is None or at_ends is None or not np.isfinite(at_ends.value.high[0]):
        return None
    value, slope = at_ends.value, on_cells.first
    most = np.nextafter(value.high[0] - value.low[1:], np.inf)
    whole = np.nextafter(value.low[0] - value.high[-1], -np.inf)
    steep, flat = np.broadcast_arrays(-slope.low, -slope.high, most)[:2]
    return _Gains(np.maximum.accumulate(np.maximum(most, 0)), steep, flat, float(whole))


def _shared(gains: _Gains, w: np.ndarray) -> tuple[Subdivision, float]:
    """The best choice of cells beside all for the first class; how far cells can put it off."""
    cells, top, rest = len(gains.most), float(w[0]), w[1:][w[1:] > 0]
    second = float(rest.max(initial=0.0))
    table = np.zeros(cells + 1)
    for weight, count in zip(*np.unique(rest, return_counts=True), strict=True):
        one = np.append(0.0, weight * gains.most[1:])[: _cap(gains, float(weight), top)]
        table = _joined(table, _powered(one, int(count), cells))
    table = _joined(table, _scattered(gains, second, len(rest)))
    cap = _cap(gains, top, second)
    best = float((top * gains.most[:cap] + table[: cells - cap : -1]).max()) * (1 + ROUNDING)
    lead = top * gains.whole * (1 - ROUNDING) - best
    strict = lead > 0 and top > second
    slack = 2 * top * float(np.abs(gains.steep).max()) * min(len(w), cells) / cells
    return Subdivision(min(lead, 0.0), strict, cells), slack


def _scattered(gains: _Gains, weight: float, count: int) -> np.ndarray:
    """The most that ``count`` classes gain within the first cell, by the pieces they have."""
    pieces = np.minimum(np.arange(len(gains.most) + 1.0), count)
    steep = max(float(gains.steep[0]), 0.0)
    by_slope = steep * pieces / len(gains.most) if np.isfinite(steep) else pieces + np.inf
    return weight * np.minimum(by_slope, count * gains.most[0])


def _cap(gains: _Gains, own: float, other: float) -> int:
    """How many cells a class may reach into, all but those near its corner where slopes decide;
    ``other`` is the largest weight besides its own."""
    for reach in REACHES:
        steep, flat = gains.near(reach)
        if own * flat * (1 - ROUNDING) > other * max(steep, 0.0):
            return len(gains.most) - len(gains.most) // reach
    return len(gains.most)


def _powered(one: np.ndarray, count: int, cells: int) -> np.ndarray:
    """The most that ``count`` classes alike gain by the pieces they have, 0 to ``cells``."""
    square = np.maximum.accumulate(np.append(one, np.full(cells + 1 - len(one), one[-1])))
    result = np.zeros(cells + 1)
    while count:
        if count & 1:
            result = _joined(result, square)
        if count := count >> 1:
            square = _joined(square, square)
    return result


def _joined(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """max of a_i + b_j over i + j = n, for each n (N + 1,)."""
    best = np.full(len(a), -np.inf)
    for j, gain in enumerate(b):
        np.maximum(best[j:], a[: len(a) - j] + gain, out=best[j:])
    return best
