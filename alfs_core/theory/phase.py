"""Where in the parameters of a family a loss is asymmetric on the rows of a noise matrix.

A closed condition (THEORY B) decides a whole grid at once; where a family has none, the theorems
and searches of ``asymmetry`` judge a coarse grid within a time budget.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import distance_transform_edt

from alfs_core.errors import AlfsError, DomainError
from alfs_core.losses import family
from alfs_core.losses.base import Loss, Parameter, largest_two
from alfs_core.losses.combinators import Normalized, Weighted
from alfs_core.losses.families import Family
from alfs_core.theory.asymmetry import limit_on
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.ratio import asymmetry_ratio
from alfs_core.theory.simplex import weighted_risk

CODES = {
    Verdict.HOLDS: 1.0,
    Verdict.FAILS: -1.0,
    Verdict.UNDECIDED: 0.0,
    Verdict.UNDEFINED: math.nan,
}

Rows = tuple[tuple[float, ...], ...]
Values = tuple[tuple[str, float], ...]

EVALUATIONS = 4_000  # of closed conditions, about 15 µs each
COARSEST, FINEST = 21, 61  # points along an axis of a closed diagram
LEVELS = (3, 5, 9, 17)  # points along an axis that is judged; each level contains the last
BUDGET = 2.5  # seconds for judging
TOLERANCE = 1e-12  # margins are computed from rounded weights
STEPS = 200  # along one parameter


# ---- the noise ------------------------------------------------------------------------------


def rows_of(T: np.ndarray) -> Rows:
    """The distinct rows of T (K, K): the clean class first, then the other weights, falling.

    Losses treat labels alike, so the order of the others does not matter. Rows without noise are
    left out where there are others.
    """
    kept: dict[tuple[float, ...], tuple[float, ...]] = {}
    for clean, row in enumerate(np.asarray(T, dtype=float)):
        ordered = (row[clean], *np.sort(np.delete(row, clean))[::-1])
        kept.setdefault(tuple(np.round(ordered, 12)), tuple(float(x) for x in ordered))
    noisy = tuple(row for row in kept.values() if row[1] > 0)
    return noisy or tuple(kept.values())


def dominated(rows: Rows) -> bool:
    """Whether the clean label is the most frequent one in every row."""
    return all(row[0] > row[1] for row in rows)


def ratio_needed(rows: Rows) -> float:
    """The largest w_n/w_m of the rows: the asymmetry ratio that proves asymmetry on all of them."""
    return max(row[1] / row[0] if row[0] else math.inf for row in rows)


# ---- one loss -------------------------------------------------------------------------------


def closed_margin(loss: Loss, w: np.ndarray) -> float | None:
    """How far w (K,) is inside the condition for asymmetry; None where no formula decides.

    Of a loss without a value at the vertices: in the limit of its floor (THEORY B8).
    """
    condition = loss.weight_condition(w)
    if condition is not None:
        return condition.margin
    return _margin_of_sum(loss, w) if isinstance(loss, Weighted) else None


def _margin_of_sum(loss: Weighted, w: np.ndarray) -> float | None:
    """Where all parts are asymmetric the sum is (A9); a normalized part gives way in the limit."""
    normalized = [part for _, part in loss.parts if _unbounded(part)]
    others = tuple((a, part) for a, part in loss.parts if not _unbounded(part))
    margins = [closed_margin(part, w) for _, part in others]
    known = [margin for margin in margins if margin is not None]
    if not others or len(known) < len(others):
        return None
    if min(known) >= -TOLERANCE:
        return min(known)
    uneven = all((closed_margin(part, w) or 0) < 0 for part in normalized)
    exact = len(others) == 1 and bool(normalized) and uneven and np.min(w) == 0
    return known[0] if exact else None


def _unbounded(loss: Loss) -> bool:
    """Normalized, of a local base with ℓ(0) = ∞: NCE and NFL."""
    return isinstance(loss, Normalized) and loss.base.local and loss.vertices_excluded


def margin_on(loss: Loss, rows: Rows) -> float:
    """The smallest closed margin of the rows; NaN where no formula decides and none fails."""
    margins = [closed_margin(loss, w) for w in _arrays(rows)]
    known = [margin for margin in margins if margin is not None]
    failing = min(known, default=0.0) < -TOLERANCE
    return min(known) if known and (failing or len(known) == len(margins)) else math.nan


@lru_cache(maxsize=64)
def _arrays(rows: Rows) -> tuple[np.ndarray, ...]:
    return tuple(np.array(row) for row in rows)


def judged(loss: Loss, rows: Rows) -> float:
    """1 asymmetric on all rows, −1 not, 0 undecided, by theorems, enclosures and search."""
    return min(_judged_on(loss, w) for w in _arrays(rows))


def _judged_on(loss: Loss, w: np.ndarray) -> float:
    if not loss.vertices_excluded and _lower_on_an_edge(loss, w):
        return -1.0
    decided = _by_ratio(loss, w) if loss.local else None
    return CODES[limit_on(loss, w, clean=0)] if decided is None else decided


def _lower_on_an_edge(loss: Loss, w: np.ndarray) -> bool:
    """Whether a point between e_0 and e_1 has a risk clearly below that of e_0."""
    step = np.linspace(0, 1, 101)
    points = np.zeros((len(step), len(w)))
    points[:, 0], points[:, 1] = 1 - step, step
    risk = weighted_risk(loss, w, points)
    gap = 1e-9 * max(1.0, abs(risk[0])) if np.isfinite(risk[0]) else 0.0
    return bool(np.min(risk) < risk[0] - gap)


def _by_ratio(loss: Loss, w: np.ndarray) -> float | None:
    """The sufficient and the necessary side of THEORY A5, without a minimisation."""
    try:
        result = asymmetry_ratio(loss)
    except DomainError:
        return None
    w_m, w_n = largest_two(w)
    if w_m * result.low > w_n + TOLERANCE:
        return 1.0
    return -1.0 if w_m * result.upper.high < w_n - TOLERANCE else None


def verdict_of(margin: np.ndarray) -> np.ndarray:
    """1 where a margin is not negative, −1 where it is, NaN where it is not known."""
    return np.where(np.isnan(margin), np.nan, np.where(margin >= -TOLERANCE, 1.0, -1.0))


# ---- two parameters -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Phase:
    """Asymmetric or not over two parameters.

    ``margin``, ``level`` and ``code`` have shape (len(y_values), len(x_values)); code as in
    ``judged``, NaN where there is no such loss; ``level`` has the sign of the margin and bends
    little, to draw its boundary. ``closed``: a condition decided every point; else ``judgements``
    counts the points that were judged one by one, and ``seconds`` what that took.
    """

    name: str
    x: Parameter
    y: Parameter
    x_values: np.ndarray
    y_values: np.ndarray
    margin: np.ndarray
    level: np.ndarray
    code: np.ndarray
    closed: bool
    judgements: int = 0
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """The asymmetric share of the points."""
        return float(np.mean(self.code == 1))

    def spot(
        self, code: float, taken: Sequence[tuple[float, float]] = ()
    ) -> tuple[float, float] | None:
        """The point of that code farthest from others and from ``taken``, to write a word there."""
        free = self.code == code
        for x, y in taken:
            j, i = np.searchsorted(self.x_values, x), np.searchsorted(self.y_values, y)
            free[max(0, i - 3) : i + 3, max(0, j - 10) : j + 10] = False
        depth = distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1]
        i, j = np.unravel_index(np.argmax(depth), depth.shape)
        room = 0.06 * min(depth.shape)
        return (float(self.x_values[j]), float(self.y_values[i])) if depth[i, j] > room else None


def axis(parameter: Parameter, n: int) -> np.ndarray:
    """n values over the typical range: whole, by equal factors, or by equal steps."""
    low, high = parameter.typical
    if parameter.integer:
        return np.arange(math.ceil(low), math.floor(high) + 1.0)
    return np.geomspace(low, high, n) if parameter.logarithmic else np.linspace(low, high, n)


def phase(
    name: str,
    fixed: Values,
    x: str,
    y: str,
    rows: Rows,
    *,
    budget: float | None = None,
    side: int | None = None,
) -> Phase:
    """The diagram of a family over two of its parameters, the others ``fixed``.

    Closed conditions are drawn on side x side points, fewer for more rows where it is not given.
    ``budget`` (seconds, BUDGET by default) bounds the judging of a family without a closed
    condition.
    """
    kind = family(name)
    parameters = {p.name: p for p in kind.parameters}
    across, up = parameters[x], parameters[y]
    side = side or max(COARSEST, min(FINEST, math.isqrt(EVALUATIONS // len(rows))))

    def built(x_value: float, y_value: float) -> Loss | None:
        return _built(kind, dict(fixed) | {x: x_value, y: y_value})

    if (found := _margins(_grid(name, fixed, x, y, side), rows)) is not None:
        margin, level = found
        values = axis(across, side), axis(up, side)
        return Phase(name, across, up, *values, margin, level, verdict_of(margin), True)
    return _judged_phase(name, across, up, built, rows, BUDGET if budget is None else budget)


Built = Callable[[float, float], Loss | None]


def _built(kind: Family, values: dict[str, float]) -> Loss | None:
    """The loss at these numbers, None where there is none (a sum with both weights 0)."""
    try:
        return kind.construct(values)
    except AlfsError:
        return None


Grid = tuple[tuple[Loss | None, ...], ...]


@lru_cache(maxsize=8)
def _grid(name: str, fixed: Values, x: str, y: str, side: int) -> Grid:
    """The losses of a diagram, a row for each y: kept, since the noise changes more often."""
    kind = family(name)
    across, up = (next(p for p in kind.parameters if p.name == key) for key in (x, y))
    return tuple(
        tuple(_built(kind, dict(fixed) | {x: a, y: b}) for a in axis(across, side).tolist())
        for b in axis(up, side).tolist()
    )


def _margins(grid: Grid, rows: Rows) -> tuple[np.ndarray, np.ndarray] | None:
    """The closed margins and levels of a grid, None as soon as one point has none."""
    margins = np.empty((len(grid), len(grid[0])))
    levels, needed = np.empty_like(margins), ratio_needed(rows)
    for i, j in np.ndindex(margins.shape):
        loss = grid[i][j]
        margin = math.nan if loss is None else margin_on(loss, rows)
        if loss is None or math.isnan(margin):
            return None
        margins[i, j], levels[i, j] = margin, _level(loss, needed, margin)
    return margins, levels


def _level(loss: Loss, needed: float, margin: float) -> float:
    """log(w_m r / w_n) where the ratio decides, else the margin."""
    if isinstance(loss, Weighted) and not loss.local:
        deciding = [part for _, part in loss.parts if not _unbounded(part)]
        loss = deciding[0] if len(deciding) == 1 else loss
    ratio = loss.asymmetry_ratio() if loss.local and needed else None
    return margin if ratio is None else math.log(max(ratio, 1e-300) / needed)


def _judged_phase(
    name: str, across: Parameter, up: Parameter, built: Built, rows: Rows, budget: float
) -> Phase:
    """The finest level that the budget allows; the coarsest is always finished."""
    start, known, finished = time.perf_counter(), {}, LEVELS[0]
    for level in LEVELS:
        for place in _order(axis(across, level), axis(up, level)):
            if level > LEVELS[0] and time.perf_counter() - start > budget:
                break
            if place not in known:
                known[place] = _point(built(*place), rows)
        else:
            finished = level
            continue
        break
    x_values, y_values = axis(across, finished), axis(up, finished)
    points = np.array([[known[_key(x, y)] for x in x_values.tolist()] for y in y_values.tolist()])
    seconds = time.perf_counter() - start
    return Phase(
        name,
        across,
        up,
        x_values,
        y_values,
        points[..., 0],
        points[..., 0],
        points[..., 1],
        False,
        len(known),
        seconds,
    )


def _order(x_values: np.ndarray, y_values: np.ndarray) -> Iterator[tuple[float, float]]:
    for x in x_values.tolist():
        for y in y_values.tolist():
            yield _key(x, y)


def _key(x: float, y: float) -> tuple[float, float]:
    """Levels meet in the same points, up to rounding."""
    return float(f"{x:.12g}"), float(f"{y:.12g}")


def _point(loss: Loss | None, rows: Rows) -> tuple[float, float]:
    """Margin and code of one loss."""
    if loss is None:
        return math.nan, math.nan
    margin = margin_on(loss, rows)
    if not math.isnan(margin):
        return margin, 1.0 if margin >= -TOLERANCE else -1.0
    return math.nan, judged(loss, rows)


# ---- one parameter --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Strip:
    """Asymmetric or not along one parameter; arrays (N,).

    ``ratio`` is r(ℓ) where the family has one, else None; ``margin`` the closed margin, NaN where
    none is known; ``code`` as in ``judged``.
    """

    name: str
    parameter: Parameter
    values: np.ndarray
    ratio: np.ndarray | None
    margin: np.ndarray
    code: np.ndarray
    closed: bool


def strip(
    name: str, fixed: Values, parameter: str, rows: Rows, *, budget: float | None = None
) -> Strip:
    """The family along one parameter; as many points as the budget (seconds) allows."""
    kind = family(name)
    along = next(p for p in kind.parameters if p.name == parameter)

    def built(value: float) -> Loss | None:
        return _built(kind, dict(fixed) | {parameter: value})

    values = axis(along, STEPS)
    margins = np.array([_margin_or_nan(built(value), rows) for value in values])
    closed = not np.isnan(margins).any()
    code = verdict_of(margins)
    if not closed:
        values, margins, code = _judged_strip(
            along, built, rows, BUDGET if budget is None else budget
        )
    ratio = _ratios([built(value) for value in values])
    return Strip(name, along, values, ratio, margins, code, closed)


def _margin_or_nan(loss: Loss | None, rows: Rows) -> float:
    return math.nan if loss is None else margin_on(loss, rows)


def _judged_strip(
    along: Parameter, built: Callable[[float], Loss | None], rows: Rows, budget: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    start, known, finished = time.perf_counter(), {}, LEVELS[0]
    for level in (*LEVELS, 33, 65):
        for value in axis(along, level):
            if level > LEVELS[0] and time.perf_counter() - start > budget:
                break
            key = float(f"{value:.12g}")
            if key not in known:
                known[key] = _point(built(value), rows)
        else:
            finished = level
            continue
        break
    values = axis(along, finished)
    points = np.array([known[float(f"{value:.12g}")] for value in values])
    return values, points[:, 0], points[:, 1]


def _ratios(losses: Sequence[Loss | None]) -> np.ndarray | None:
    """r of each loss (a proved lower bound without a closed form); None unless all have one."""
    ratios = [None if loss is None else _ratio(loss) for loss in losses]
    return None if None in ratios else np.array(ratios, dtype=float)


def _ratio(loss: Loss) -> float | None:
    closed = loss.asymmetry_ratio()
    if closed is not None or not loss.local:
        return closed
    try:
        return asymmetry_ratio(loss).low
    except DomainError:
        return None


Range = tuple[float, float]


def asymmetric_ranges(
    name: str, values: Values, parameter: str, rows: Rows
) -> tuple[Range, ...] | None:
    """The stretches of a parameter's typical range with a closed margin that is not negative.

    The other parameters are as in ``values``. Ends are exact to rounding; None where the margin
    is not known everywhere.
    """
    kind = family(name)
    along = next(p for p in kind.parameters if p.name == parameter)

    def margin(value: float) -> float:
        return _margin_or_nan(_built(kind, dict(values) | {parameter: value}), rows)

    grid = axis(along, STEPS)
    margins = np.array([margin(value) for value in grid])
    if np.isnan(margins).any():
        return None
    inside = np.concatenate([[False], margins >= -TOLERANCE, [False]])
    starts, ends = (
        np.flatnonzero(inside[1:] > inside[:-1]),
        np.flatnonzero(inside[1:] < inside[:-1]),
    )
    return tuple(
        (_end(along, margin, grid, int(start), -1), _end(along, margin, grid, int(end) - 1, 1))
        for start, end in zip(starts, ends, strict=True)
    )


def _end(
    along: Parameter, margin: Callable[[float], float], grid: np.ndarray, i: int, step: int
) -> float:
    """How far a stretch reaches beyond grid[i], in the direction of step."""
    if along.integer or not 0 <= i + step < len(grid):
        return float(grid[i])
    inside, outside = float(grid[i]), float(grid[i + step])
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if margin(middle) >= -TOLERANCE else (inside, middle)
    return inside
