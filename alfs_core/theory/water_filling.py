"""Water filling: w_i · slope(u_i) is one level for every class above the floor (THEORY B1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq

Slope = Callable[[np.ndarray], np.ndarray]

_GRID = np.unique(
    np.concatenate(
        [np.geomspace(1e-300, 1e-12, 60), np.geomspace(1e-12, 1, 400), np.linspace(0, 1, 200)]
    )
)


def fill(slope: Slope, w: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """u (K,) with Σ u = 1 and u_i = floor or w_i · slope(u_i) = λ; ``slope`` falls and is ≥ 0.

    Classes of equal weight are solved once. A first guess from a table of the slope, then Newton;
    bisection where Newton does not meet the conditions to rounding (straight pieces, kinks).
    """
    weights, place, count = np.unique(w, return_inverse=True, return_counts=True)
    vessel = _Vessel(slope, weights, count, floor)
    start = vessel.rough_level()
    with np.errstate(all="ignore"):
        levels = vessel.newton(vessel.read_off(start))
    if levels is None:
        levels = vessel.bisected(start)
    return np.asarray(levels[place])


def plateau(slope: Slope, floor: float = 0.0) -> float:
    """The least u ≥ floor from which the slope is 0, to rounding; ∞ where there is none below 1."""
    grid = np.concatenate([[floor], _GRID[floor < _GRID]])
    flat = np.flatnonzero(slope(grid) <= 0)
    if not len(flat) or grid[flat[0]] == 1:
        return np.inf
    low, high = grid[max(flat[0] - 1, 0)], grid[flat[0]]
    while low < (middle := low + (high - low) / 2) < high:
        low, high = (low, middle) if slope(np.array([middle]))[0] <= 0 else (middle, high)
    return float(high)


@dataclass(frozen=True, eq=False)
class _Vessel:
    """The slope, and the distinct weights with their numbers of classes. λ is kept as log λ."""

    slope: Slope
    weights: np.ndarray
    count: np.ndarray
    floor: float
    grid: np.ndarray = field(init=False)
    heights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        start = np.searchsorted(_GRID, self.floor, side="right")
        grid = np.concatenate([[self.floor], _GRID[start:]])
        object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "heights", self.slope(grid))

    def target(self, log_level: float) -> np.ndarray:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            levels = np.exp(log_level) / self.weights
        return np.where(self.weights == 0, np.inf, levels)  # also where exp underflows: 0/0

    def read_off(self, log_level: float) -> np.ndarray:
        """The fillings of a level, from the table."""
        return np.interp(-self.target(log_level), -self.heights, self.grid)

    def exact(self, log_level: float) -> np.ndarray:
        """The fillings of a level: the largest u with slope(u) ≥ λ/w, to rounding."""
        return _inverse(self.slope, self.target(log_level), self.grid, self.heights)

    def excess(self, log_level: float) -> float:
        return float(self.count @ self.exact(log_level)) - 1

    def rough_level(self) -> float:
        """log λ with Σ u = 1 by the table; its upper end where the table has no root."""

        def rough(log_level: float) -> float:
            return float(self.count @ self.read_off(log_level)) - 1

        even = self.slope(np.array([1 / self.count.sum()]))[0]
        high = float(np.log(self.weights[-1] * even)) + 1e-12
        low = high - 1.0
        while rough(low) < 0 and high - low < 1000:
            low = high - 2 * (high - low)
        return brentq(rough, low, high, xtol=1e-9) if rough(low) > 0 > rough(high) else high

    def newton(self, u: np.ndarray) -> np.ndarray | None:
        """From a guess; None where the conditions are not met to rounding."""
        free = u > self.floor
        w, number = self.weights[free], self.count[free]
        taken = float(self.count[~free].sum()) * self.floor
        level = u[free]
        for _ in range(12):
            here, rate = self._slope_and_rate(level)
            pushed = number @ (level - here / rate)
            multiplier = (1 - taken - pushed) / (number @ (1 / (w * rate)))
            level, before = level + (multiplier / w - here) / rate, level
            if np.any(level <= self.floor):
                # a class that Newton pushes below the floor lies on it
                drowned = u[free][level <= self.floor].max()
                return self.newton(np.where(u > drowned, u, self.floor))
            if np.all(np.abs(level - before) <= 4e-16 * before):
                break
        result = np.full(len(u), self.floor)
        result[free] = level
        return result if self._meets(result, free, multiplier) else None

    def _slope_and_rate(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The slope and its derivative, by central differences."""
        left, right = level * (1 - 1e-5), np.minimum(level * (1 + 1e-5), 1)
        below, here, above = self.slope(np.stack([left, level, right]))
        return here, (above - below) / (right - left)

    def _meets(self, u: np.ndarray, free: np.ndarray, multiplier: float) -> bool:
        with np.errstate(invalid="ignore"):
            pull = np.where(self.weights == 0, 0.0, self.weights * self.slope(u)) / multiplier
        level = np.all(np.abs(pull[free] - 1) <= 1e-12)
        idle = np.all(pull[~free] <= 1 + 1e-12)
        return bool(level and idle and np.all(u <= 1) and abs(self.count @ u - 1) <= 1e-14)

    def bisected(self, start: float) -> np.ndarray:
        """Between the levels just left and right of the root: where the slope is flat Σ u jumps."""
        root = brentq(self.excess, *_around(self.excess, start), xtol=1e-15, rtol=1e-15)
        step = 1e-15 * max(1.0, abs(root))
        left, right = root, root
        while self.excess(left) < 0:
            left, step = left - step, 2 * step
        while self.excess(right) > 0:
            right, step = right + step, 2 * step
        over, under = self.excess(left), -self.excess(right)
        share = under / (over + under) if over + under > 0 else 1.0
        return share * self.exact(left) + (1 - share) * self.exact(right)


def _around(falling: Callable[[float], float], start: float) -> tuple[float, float]:
    """A bracket of the root, as narrow about the start as it can be."""
    step, low, high = 1e-4, start, start
    while falling(low) < 0 and start - low < 1000:
        low, step = low - step, 8 * step
    step = 1e-4
    while falling(high) > 0 and high - start < 1000:
        high, step = high + step, 8 * step
    return low, high


def _inverse(slope: Slope, target: np.ndarray, grid: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """The largest u in [grid[0], 1] with slope(u) ≥ target, grid[0] where there is none; (N,)."""
    above = np.searchsorted(-heights, -target, side="right")
    low = grid[np.maximum(above - 1, 0)]
    high = grid[np.minimum(np.maximum(above, 0), len(grid) - 1)]
    high = np.where(above == 0, low, high)
    for _ in range(16):
        if np.all(high - low <= 2e-16 * high):
            break
        low, high = _bracket(slope, target, _between(low, high))
    return low


def _between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """33 points from low to high: geometric over decades, even inside one."""
    shares = np.linspace(0, 1, 33)
    with np.errstate(divide="ignore", invalid="ignore"):
        geometric = low[:, None] * (high / low)[:, None] ** shares
    even = low[:, None] + (high - low)[:, None] * shares
    points = np.where(((high > 4 * low) & (low > 0))[:, None], geometric, even)
    points[:, 0], points[:, -1] = low, high
    return points


def _bracket(slope: Slope, target: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The neighbours between which a falling slope passes the target; points (N, P)."""
    reached = slope(points) >= target[:, None]
    last = np.where(reached.any(axis=1), points.shape[1] - 1 - reached[:, ::-1].argmax(axis=1), 0)
    rows = np.arange(len(points))
    return points[rows, last], points[rows, np.minimum(last + 1, points.shape[1] - 1)]
