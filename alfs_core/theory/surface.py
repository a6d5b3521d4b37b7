"""A weighted risk over the triangle of three-class predictions, its minimiser, its level lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.theory.profile import check_reads_probabilities
from alfs_core.theory.simplex import (
    Grid,
    Minimum,
    check_weights,
    effective_floor,
    minimise,
    raster,
    to_plane,
    triangle_grid,
    weighted_risk,
)

RASTER = 201  # cells each way of the heat map
SHEET = 61  # points along an edge of the 3-D surface and of the level lines
RIM = 0.02  # an unbounded risk is drawn up to its largest value on {u_i ≥ RIM}


@dataclass(frozen=True, eq=False)
class Surface:
    """Σ_i w_i L(u, i): ``cells`` on raster(n), ``sheet`` on triangle_grid(n), NaN outside.

    Points below the floor show the value at the nearest point above it. ``ceiling`` is where an
    unbounded risk is clipped, ∞ where nothing is.
    """

    weights: np.ndarray
    floor: float
    cells: np.ndarray
    sheet: np.ndarray
    minimum: Minimum
    ceiling: float

    @property
    def cell_grid(self) -> Grid:
        return raster(len(self.cells))

    @property
    def sheet_grid(self) -> Grid:
        return triangle_grid(len(self.sheet))

    @property
    def lowest(self) -> float:
        return min(float(np.nanmin(self.cells)), self.minimum.value)

    @property
    def highest(self) -> float:
        """The upper end of the colours."""
        return min(float(np.nanmax(self.cells)), self.ceiling)

    @property
    def flat(self) -> bool:
        """Whether the risk is the same everywhere: a symmetric loss under equal weights."""
        return level(self.lowest, self.highest)

    @property
    def leak(self) -> float | None:
        """Of the minimiser, from the heaviest class m; None where no class is heaviest."""
        m = heaviest(self.weights)
        return None if m is None else self.minimum.leak(m)


def heaviest(w: np.ndarray) -> int | None:
    """The class of the largest weight, None at a tie (asymmetry is undefined there)."""
    top = np.flatnonzero(w >= w.max() - 1e-12 * w.max())
    return int(top[0]) if len(top) == 1 else None


def three_labels(row: np.ndarray, clean: int) -> list[int]:
    """The clean class and the wrong labels that it is given most often."""
    wrong = [j for j in np.argsort(-row, kind="stable") if j != clean]
    return [clean, *(int(j) for j in wrong[:2])]


def surface(
    loss: Loss, w: tuple[float, float, float], floor: float = 0.0, *, cells: int = RASTER
) -> Surface:
    """The risk for weights w, on {u_i ≥ floor} where the loss has no values at the vertices.

    Raises DomainError for a loss on logits, SimplexError for weights that are negative or all 0.
    """
    check_reads_probabilities(loss)
    weights = check_weights(np.asarray(w))
    floor = effective_floor(loss, floor) if loss.vertices_excluded else 0.0
    colours = _values(loss, weights, raster(cells), floor)
    sheet = _values(loss, weights, triangle_grid(SHEET), floor)
    minimum = minimise(loss, weights, floor)
    return Surface(weights, floor, colours, sheet, minimum, _ceiling(colours))


def _values(loss: Loss, w: np.ndarray, grid: Grid, floor: float) -> np.ndarray:
    return grid.fill(weighted_risk(loss, w, _above(grid.points, floor)))


def _above(u: np.ndarray, floor: float) -> np.ndarray:
    """Points moved onto {u_i ≥ floor}: what is missing is taken from the largest entry."""
    if not floor:
        return u
    raised = np.maximum(u, floor)
    largest = np.argmax(raised, axis=-1)
    raised[np.arange(len(u)), largest] -= raised.sum(axis=-1) - 1
    return raised


def _ceiling(cells: np.ndarray) -> float:
    if not np.isinf(cells).any():
        return np.inf
    inner = np.nanmin(raster(len(cells)).u, axis=-1, initial=1) >= RIM
    return float(np.nanmax(cells[inner]))


def level_lines(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Where a sheet (n, n) crosses the levels (M,): points of lines in the plane, shape (P, 2).

    A row of NaN ends each line. Each small triangle is flat, so a level crosses two of its edges or
    none, and two neighbours share an edge. A triangle with a NaN at a corner has no lines.
    """
    grid = triangle_grid(len(values))
    corners = _small_triangles(len(values))
    flat = values.ravel()
    drawn = np.where(np.isposinf(flat), flat[np.isfinite(flat)].max(), flat)
    corners = corners[~np.isnan(drawn[corners]).any(axis=1)]
    below = np.searchsorted(levels, drawn)[corners]
    corners = corners[below.min(axis=1) < below.max(axis=1)]
    height = drawn[corners]
    above = levels[:, None, None] < height
    which, triangle, side = np.nonzero(above != np.roll(above, -1, axis=2))
    start, end = corners[triangle, side], corners[triangle, (side + 1) % 3]
    low, high = height[triangle, side], height[triangle, (side + 1) % 3]
    share = ((levels[which] - low) / (high - low))[:, None]
    place = np.stack([grid.x.ravel(), grid.y.ravel()], axis=-1)
    crossings = place[start] + share * (place[end] - place[start])
    edge = np.minimum(start, end) * drawn.size + np.maximum(start, end)
    order = _joined(which * drawn.size**2 + edge)
    return np.vstack([crossings, np.full(2, np.nan)])[order]


def _joined(ends: np.ndarray) -> list[int]:
    """Pieces of line joined where their ends have the same number: ends 2k and 2k + 1 are piece k.

    Returns the ends in the order of the lines, and -1 after each line.
    """
    order = np.argsort(ends, kind="stable")
    same = ends[order[1:]] == ends[order[:-1]]
    meets = np.full(len(ends), -1)
    meets[order[:-1][same]], meets[order[1:][same]] = order[1:][same], order[:-1][same]
    begins = [*np.flatnonzero(meets < 0).tolist(), *range(0, len(ends), 2)]
    goes_on, free, joined = meets.tolist(), [True] * (len(ends) // 2), []
    for end in begins:
        if not free[end // 2]:
            continue
        joined.append(end)
        while end >= 0 and free[end // 2]:
            free[end // 2] = False
            joined.append(end ^ 1)
            end = goes_on[end ^ 1]
        joined.append(-1)
    return joined


@lru_cache(maxsize=8)
def _small_triangles(n: int) -> np.ndarray:
    """Flat indices (T, 3) of the triangles of triangle_grid(n), both orientations."""
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    index = i * n + j
    up = (i + j < n - 1).ravel()
    down = (i + j < n - 2).ravel()
    first = np.stack([index, index + n, index + 1], axis=-1).reshape(-1, 3)[up]
    second = np.stack([index + n, index + n + 1, index + 1], axis=-1).reshape(-1, 3)[down]
    return np.concatenate([first, second])


def levels(low: float, high: float, count: int = 10) -> np.ndarray:
    """Levels at equal steps strictly between low and high; none where they meet."""
    return np.empty(0) if level(low, high) else np.linspace(low, high, count + 2)[1:-1]


def level(low: float, high: float) -> bool:
    """Whether what lies between is rounding."""
    return high - low <= 1e-9 * max(1.0, abs(low))


def sheet_triangles(n: int) -> np.ndarray:
    """The small triangles (T, 3) as indices into the points of triangle_grid(n)."""
    inside = triangle_grid(n).inside.ravel()
    return (np.cumsum(inside) - 1)[_small_triangles(n)]


def corner_values(of: Surface) -> np.ndarray:
    """The risk at e₁, e₂, e₃, shape (3,)."""
    return of.sheet[[-1, 0, 0], [0, -1, 0]]


def sheet_points(of: Surface) -> tuple[np.ndarray, np.ndarray]:
    """The points (N, 3) and values (N,) of the sheet, for a table."""
    grid = of.sheet_grid
    return grid.points, of.sheet[grid.inside]


def in_plane(u: np.ndarray) -> tuple[float, float]:
    """Plane coordinates of one prediction."""
    x, y = to_plane(u)
    return float(x), float(y)
