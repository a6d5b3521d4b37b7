"""The probability simplex: its picture, and where a weighted risk Σ w_i L(u, i) is smallest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from alfs_core.errors import SimplexError
from alfs_core.losses.asymmetric import AMSE
from alfs_core.losses.base import Loss, derivative, largest_two, with_derivative
from alfs_core.losses.classic import CE, MSE, BiTempered
from alfs_core.losses.combinators import Normalized, NormalizedNegative, Weighted
from alfs_core.losses.robust import GCE
from alfs_core.numerics.dual import Dual
from alfs_core.theory.curvature import convexity, curvature
from alfs_core.theory.water_filling import fill, plateau

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
DEFAULT_FLOOR = 1e-4
TIE = 1e-12


# ---- the triangle ---------------------------------------------------------------------------


def to_plane(u: np.ndarray) -> np.ndarray:
    """Plane coordinates (..., 2) of points u (..., 3): an equilateral triangle of side 1."""
    return np.asarray(u) @ CORNERS


def to_simplex(xy: np.ndarray) -> np.ndarray:
    """Barycentric coordinates (..., 3) of plane points (..., 2); negative outside the triangle."""
    third = xy[..., 1] / CORNERS[2, 1]
    second = xy[..., 0] - third / 2
    return np.stack([1 - second - third, second, third], axis=-1)


@dataclass(frozen=True, eq=False)
class Grid:
    """A square of plane points: x, y (n, n), u (n, n, 3); those inside are ``points`` (N, 3)."""

    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    inside: np.ndarray
    points: np.ndarray

    def fill(self, values: np.ndarray) -> np.ndarray:
        """Values (N,) at the points as an array (n, n), NaN outside the triangle."""
        square = np.full(self.inside.shape, np.nan)
        square[self.inside] = values
        return square


def _grid(u: np.ndarray, inside: np.ndarray) -> Grid:
    x, y = np.moveaxis(to_plane(u), -1, 0)
    masked = np.where(inside[..., None], u, np.nan)
    return Grid(x, y, masked, inside, u[inside])


@lru_cache(maxsize=16)
def triangle_grid(n: int = 201) -> Grid:
    """u1 = i/(n−1), u2 = j/(n−1): edges and vertices are met exactly. For surfaces."""
    i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    u = np.stack([i, j, n - 1 - i - j], axis=-1) / (n - 1)
    return _grid(u, np.asarray(i + j <= n - 1))


@lru_cache(maxsize=16)
def raster(n: int = 201) -> Grid:
    """Rows of equal height and columns of equal width over the triangle. For heat maps."""
    x, y = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, CORNERS[2, 1], n))
    u = to_simplex(np.stack([x, y], axis=-1))
    inside = np.asarray((u >= -1e-12).all(axis=-1))
    return _grid(np.where(inside[..., None], np.clip(u, 0, 1), u), inside)


@lru_cache(maxsize=64)
def lattice(num_classes: int, n: int) -> np.ndarray:
    """All points of the simplex whose coordinates are multiples of 1/n, shape (N, K)."""
    parts = np.arange(n + 1)[:, None]
    for _ in range(num_classes - 2):
        left = n - parts.sum(axis=1)
        index = np.repeat(np.arange(len(parts)), left + 1)
        start = np.repeat(np.cumsum(left + 1) - left - 1, left + 1)
        parts = np.column_stack([parts[index], np.arange(len(index)) - start])
    return np.column_stack([parts, n - parts.sum(axis=1)]) / n


def project(x: np.ndarray) -> np.ndarray:
    """The nearest point of the simplex to x (..., K) in Euclidean distance."""
    x = np.asarray(x, dtype=float)
    descending = -np.sort(-x, axis=-1)
    ranks = np.arange(1, x.shape[-1] + 1)
    shift = (np.cumsum(descending, axis=-1) - 1) / ranks
    last = np.sum(descending > shift, axis=-1, keepdims=True) - 1
    return np.maximum(x - np.take_along_axis(shift, last, axis=-1), 0)


# ---- the risk -------------------------------------------------------------------------------


def check_weights(w: np.ndarray) -> np.ndarray:
    """w as a float array (K,); SimplexError where an entry is negative or all are zero."""
    w = np.asarray(w, dtype=float)
    if w.ndim != 1 or len(w) < 2:
        raise SimplexError(f"weights need the shape (K,) with K ≥ 2, not {w.shape}")
    if not np.isfinite(w).all() or (w < 0).any():
        raise SimplexError(f"weights must be finite and not negative, not {w.min():g}")
    if w.sum() == 0:
        raise SimplexError("every weight is 0")
    return w


def weighted_risk(loss: Loss, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Σ_i w_i L(u, i) for u (..., K) and w (K,) or (..., K); returns (...). 0 · ∞ = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        terms = np.asarray(loss.partial(np.asarray(u, dtype=float)))
        if np.all(w):
            return (terms * w).sum(axis=-1)
        return np.where(w == 0, 0.0, terms * w).sum(axis=-1)


def gradient(loss: Loss, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    """∂/∂u_j Σ_i w_i L(u, i), shape (..., K), in the coordinates of the formula; w (..., K)."""
    if loss.local:
        return _times(w, derivative(loss, u))
    if isinstance(loss, Weighted):
        return np.asarray(sum(a * gradient(part, w, u) for a, part in loss.parts))
    if isinstance(loss, Normalized) and loss.base.local:
        return _normalized_gradient(loss.base, w, u)
    return _directional_gradient(loss, w, u)


def _times(w: np.ndarray, slope: np.ndarray) -> np.ndarray:
    if w.all():
        return w * slope
    with np.errstate(invalid="ignore"):
        return np.where(w == 0, 0.0, w * slope)


def _normalized_gradient(base: Loss, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    losses, slopes = with_derivative(base, u)
    label_sum = losses.sum(axis=-1, keepdims=True)
    mean = (losses * w).sum(axis=-1, keepdims=True) / label_sum
    return (w - mean) * slopes / label_sum


def _directional_gradient(loss: Loss, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    """One Dual pass for all K directions: entry (..., j, i) is ∂L(u, i)/∂u_j."""
    seeds = np.broadcast_to(np.eye(u.shape[-1]), (*u.shape[:-1], u.shape[-1], u.shape[-1]))
    result = loss.partial(Dual(u[..., None, :], seeds))
    return _times(w[..., None, :], np.broadcast_to(result.slope, seeds.shape)).sum(axis=-1)


# ---- its minimum ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Minimum:
    """Where Σ w_i L(u, i) is smallest on {u_i ≥ floor}.

    ``exact`` says that theory, not search, found it (up to rounding); ``ties`` are further
    minimisers that were met, far from ``point`` and equal to it in risk to 1e-12 relative. With a
    ``cap`` above 0 all u with u_j ≤ cap in the classes other than that of the corner ``point``
    minimise the risk alike (THEORY B6).
    """

    point: np.ndarray
    value: float
    how: str
    exact: bool
    floor: float = 0.0
    ties: tuple[np.ndarray, ...] = ()
    cap: float = 0.0

    def leak(self, m: int) -> float:
        """What the point gives to classes other than m, beyond what the floor gives them."""
        return float(np.sum(np.delete(self.point, m) - self.floor))


def effective_floor(loss: Loss, floor: float) -> float:
    """The floor in use: never 0 for a loss that has no value at a vertex."""
    return DEFAULT_FLOOR if loss.vertices_excluded and floor == 0 else floor


def minimise(loss: Loss, w: np.ndarray, floor: float = 0.0) -> Minimum:
    """The minimiser of Σ w_i L(u, i) over the simplex, or over {u_i ≥ floor}; w (K,).

    Closed forms and KKT where theory gives them (THEORY B1-B3), a polished search elsewhere.
    """
    return minimise_rows(loss, check_weights(w)[None], floor)[0]


def minimise_rows(loss: Loss, rows: np.ndarray, floor: float = 0.0) -> list[Minimum]:
    """As ``minimise`` for each row of weights (N, K); the searches go side by side."""
    rows = np.array([check_weights(w) for w in rows])
    floor = effective_floor(loss, floor)
    if not 0 <= floor * rows.shape[1] < 1:
        raise SimplexError(f"floor = {floor:g} leaves no room for {rows.shape[1]} classes")
    known = [_by_theory(loss, w, floor) for w in rows]
    open_rows = rows[[found is None for found in known]]
    searched = iter(_search(loss, open_rows, floor) if len(open_rows) else [])
    return [next(searched) if found is None else found for found in known]


def _by_theory(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    for way in (_single_part, _capped, _closed_form, _at_vertex, _water_filling):
        if (found := way(loss, w, floor)) is not None:
            return found
    return None


def vertices(num_classes: int, floor: float = 0.0) -> np.ndarray:
    """The corners of {u_i ≥ floor}, shape (K, K)."""
    return lifted(np.eye(num_classes), floor)


def lifted(v: np.ndarray, floor: float) -> np.ndarray:
    """The simplex v (..., K) mapped onto {u_i ≥ floor}."""
    return floor + (1 - v.shape[-1] * floor) * v if floor else v


def lowered(u: np.ndarray, floor: float) -> np.ndarray:
    """What ``lifted`` maps to u (..., K)."""
    return (u - floor) / (1 - u.shape[-1] * floor)


def _single_part(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    if not isinstance(loss, Weighted) or len(loss.parts) > 1:
        return None
    ((weight, part),) = loss.parts
    found = minimise(part, w, floor)
    return replace(found, value=weight * found.value)


def cap_of(loss: Loss) -> float:
    """ε of NNCE and NNFL, below which a probability counts as none; 0 of other losses."""
    if isinstance(loss, Weighted) and len(loss.parts) == 1:
        return cap_of(loss.parts[0][1])
    return float(loss.eps) if isinstance(loss, NormalizedNegative) else 0.0


def _capped(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    """Where n vanishes off the one heaviest class the risk is W − w_m, its least (THEORY B6)."""
    cap, (w_m, w_n) = cap_of(loss), largest_two(w)
    if floor or not cap or not w_m > w_n * (1 + TIE):
        return None
    corner = vertices(len(w))[np.argmax(w)]
    value = float(weighted_risk(loss, w, corner))
    return Minimum(corner, value, "cap", True, cap=cap)


def _closed_form(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    target = stationary_target(loss, w)
    if target is None or (floor and not isinstance(loss, MSE | AMSE)):
        return None
    point = lifted(project(lowered(target, floor)), floor)
    return Minimum(point, float(weighted_risk(loss, w, point)), "closed form", True, floor)


def stationary_target(loss: Loss, w: np.ndarray) -> np.ndarray | None:
    """The points whose projections on the simplex are the minimisers at w (..., K) (THEORY B1, B3).

    None where no closed form is known.
    """
    share = w / w.sum(axis=-1, keepdims=True)
    if isinstance(loss, CE | MSE | BiTempered):
        return share
    if isinstance(loss, GCE) and loss.q < 1:
        power = (w / w.max(axis=-1, keepdims=True)) ** (1 / (1 - loss.q))
        return np.asarray(power / power.sum(axis=-1, keepdims=True))
    if isinstance(loss, AMSE):
        return loss.a * share
    return None


def _at_vertex(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    """A concave risk is smallest at a corner."""
    if convexity(loss) not in ("concave", "affine"):
        return None
    corners = vertices(len(w), floor)
    values = weighted_risk(loss, w, corners)
    best = int(np.argmin(values))
    ties = _tied(corners, values, corners[best], values[best])
    return Minimum(corners[best], float(values[best]), "vertex", True, floor, ties)


def _tied(
    points: np.ndarray, values: np.ndarray, best: np.ndarray, value: float
) -> tuple[np.ndarray, ...]:
    near = values <= value + TIE * max(1.0, abs(value))
    ties: list[np.ndarray] = []
    for point in points[near]:
        if all(np.abs(point - other).max() > 1e-3 for other in (best, *ties)):
            ties.append(point)
    return tuple(ties)


# ---- convex local losses: water filling -----------------------------------------------------


def _water_filling(loss: Loss, w: np.ndarray, floor: float) -> Minimum | None:
    """KKT: u_i = max(floor, (−ℓ')⁻¹(λ/w_i)) with λ from Σ u_i = 1 (THEORY B1)."""
    if not loss.local or convexity(loss) != "convex" or not curvature(loss).decreasing:
        return None
    top = int(np.argmax(w))
    corner = vertices(len(w), floor)[top]
    ties: tuple[np.ndarray, ...] = ()
    if _corner_is_stationary(loss, w, corner):
        point = corner
    elif (flat := _on_the_plateau(loss, w, floor)) is not None:
        point, *others = flat
        ties = tuple(x for x in others if np.abs(x - point).max() > 1e-3)
    else:
        point = fill(lambda u: -derivative(loss, u), w, floor)
        point[top] += 1 - point.sum()
    value = float(weighted_risk(loss, w, point))
    return Minimum(point, value, "water filling", True, floor, ties)


def _on_the_plateau(loss: Loss, w: np.ndarray, floor: float) -> np.ndarray | None:
    """λ = 0: every class with a weight where ℓ is flat, if there is room; two such points (2, K).

    The first gives what is left to the top class, the second to all alike.
    """
    level = plateau(lambda u: -derivative(loss, u), floor)
    least = np.where(w > 0, level, floor)
    room = 1 - least.sum()
    if not room >= 0:
        return None
    return least + room * np.stack([np.eye(len(w))[np.argmax(w)], np.full(len(w), 1 / len(w))])


def _corner_is_stationary(loss: Loss, w: np.ndarray, corner: np.ndarray) -> bool:
    slopes = _times(w, -derivative(loss, corner))
    return bool(slopes.max() <= slopes[np.argmax(corner)])


# ---- everything else: search ----------------------------------------------------------------


def _search(loss: Loss, rows: np.ndarray, floor: float) -> list[Minimum]:
    """Vertices, edges and spread points, the best of each row polished by exact gradients."""
    starts = [_best_candidates(loss, w, floor) for w in rows]
    ends = np.cumsum([len(of_row) for of_row in starts])[:-1]
    weights = np.repeat(rows, [len(of_row) for of_row in starts], axis=0)
    with np.errstate(all="ignore"):
        polished = np.split(descend(loss, weights, np.concatenate(starts), floor), ends)
    return [_best_of(loss, w, of_row, floor) for w, of_row in zip(rows, polished, strict=True)]


def _best_candidates(loss: Loss, w: np.ndarray, floor: float) -> np.ndarray:
    starts = candidates(w, floor)
    values = _finite(weighted_risk(loss, w, starts))
    return np.asarray(starts[_spread_best(starts, values, 10)])


def _best_of(loss: Loss, w: np.ndarray, polished: np.ndarray, floor: float) -> Minimum:
    with np.errstate(all="ignore"):
        best = polished[np.argmin(_finite(weighted_risk(loss, w, polished)))]
        best = exchange(loss, w, best, floor)
    pool = np.concatenate([best[None], vertices(len(w), floor), polished])
    values = _finite(weighted_risk(loss, w, pool))
    winner = int(np.argmin(values))
    ties = _tied(pool, values, pool[winner], values[winner])
    return Minimum(pool[winner], float(values[winner]), "search", False, floor, ties)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.inf, values)


_EDGE = np.unique(np.concatenate([np.geomspace(1e-9, 0.5, 20), 1 - np.geomspace(1e-9, 0.5, 20)]))


def candidates(w: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """Starts of a search for weights w (K,): vertices, edges, faces, powers of w, spread points."""
    num_classes = len(w)
    heavy = np.argsort(-w, kind="stable")[:6]
    extremes = np.unique(np.concatenate([heavy, np.argsort(w, kind="stable")[:2]]))
    i, j = np.triu_indices(len(extremes), 1)
    ends = np.eye(num_classes)[extremes]
    edges = _EDGE[:, None, None] * ends[i] + (1 - _EDGE[:, None, None]) * ends[j]
    share = w / w.max()
    powers = np.array([share**s / np.sum(share**s) for s in (0.25, 0.5, 1, 2, 4, 8)])
    nested = np.cumsum(np.eye(num_classes)[np.argsort(-w, kind="stable")], axis=0)
    faces = nested / np.arange(1, num_classes + 1)[:, None]
    groups = (np.eye(num_classes), edges.reshape(-1, num_classes), powers, faces)
    return lifted(np.concatenate([*groups, _spread(num_classes)]), floor)


@lru_cache(maxsize=32)
def _spread(num_classes: int) -> np.ndarray:
    """A lattice for few classes, fixed random points of many shapes beyond."""
    if num_classes <= 4:
        return lattice(num_classes, {2: 400, 3: 40, 4: 14}[num_classes])
    rng = np.random.default_rng(0)
    shapes = [rng.dirichlet(np.full(num_classes, a), 100) for a in (0.05, 0.3, 1.0)]
    return np.concatenate(shapes)


def _spread_best(points: np.ndarray, values: np.ndarray, count: int) -> list[int]:
    """The lowest points that keep a distance from each other."""
    chosen: list[int] = []
    for index in np.argsort(values, kind="stable")[:400]:
        if all(np.abs(points[index] - points[c]).max() > 0.05 for c in chosen):
            chosen.append(int(index))
        if len(chosen) == count:
            break
    return chosen


def descend(
    loss: Loss, w: np.ndarray, starts: np.ndarray, floor: float = 0.0, steps: int = 60
) -> np.ndarray:
    """Spectral projected gradient from each start (B, K): none ends higher than it began.

    w (K,), or (B, K) where each start has its own weights.
    """
    u, value = starts, _finite(weighted_risk(loss, w, starts))
    slope, rate = gradient(loss, w, u), np.full(len(u), 0.1)
    for _ in range(steps):
        finite = np.nan_to_num(slope, posinf=1e12, neginf=-1e12)
        direction = _to_floored(u - rate[:, None] * finite, floor) - u
        trial, better = _backtrack(loss, w, u, value, direction, finite)
        if not better.any():
            break
        new_slope = gradient(loss, w, trial)
        rate = _spectral_rate(trial - u, np.nan_to_num(new_slope - slope), rate, better)
        u, slope = trial, new_slope
        value = _finite(weighted_risk(loss, w, u))
    return u


def _to_floored(x: np.ndarray, floor: float) -> np.ndarray:
    return lifted(project(lowered(x, floor)), floor)


_SHORTER = 0.25 ** np.arange(1, 12)


def _backtrack(
    loss: Loss,
    w: np.ndarray,
    u: np.ndarray,
    value: np.ndarray,
    direction: np.ndarray,
    slope: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The longest of twelve shortened steps with sufficient decrease; u itself where none has."""
    promised = 1e-4 * np.minimum(np.sum(slope * direction, axis=-1), 0)
    whole = u + direction
    better = _finite(weighted_risk(loss, w, whole)) < value + promised
    picked = np.where(better[:, None], whole, u)
    if (rest := np.flatnonzero(~better)).size:
        trials = u[rest] + _SHORTER[..., None, None] * direction[rest]
        risks = _finite(weighted_risk(loss, w if w.ndim == 1 else w[rest], trials))
        enough = risks < value[rest] + _SHORTER[:, None] * promised[rest]
        better[rest] = enough.any(axis=0)
        chosen = trials[np.argmax(enough, axis=0), np.arange(len(rest))]
        picked[rest] = np.where(better[rest, None], chosen, u[rest])
    return picked, better


def _spectral_rate(
    moved: np.ndarray, turned: np.ndarray, rate: np.ndarray, better: np.ndarray
) -> np.ndarray:
    curvature = np.sum(moved * turned, axis=-1)
    length = np.sum(moved * moved, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        proposed = np.where(curvature > 0, length / curvature, 10 * rate)
    return np.where(better, np.clip(proposed, 1e-12, 1e12), rate / 16)


_TRANSFERS = np.concatenate([np.geomspace(1e-14, 1.0, 43), [0.25, 0.5, 0.75]])


def exchange(
    loss: Loss, w: np.ndarray, u: np.ndarray, floor: float = 0.0, rounds: int = 30
) -> np.ndarray:
    """Moves probability between pairs of classes while that lowers the risk; u (K,)."""
    value = float(weighted_risk(loss, w, u))
    for _ in range(rounds):
        moves = _moves(u, floor)
        trial = moves.point(u, int(np.argmin(_finite(_risks_after(loss, w, u, moves)))))
        lower = float(weighted_risk(loss, w, trial))
        if not lower < value - 1e-16 * abs(value):
            break
        u, value = trial, lower
    return u


@dataclass(frozen=True, eq=False)
class _Moves:
    """Transfers of ``amount`` (N,) from class ``giver`` (N,) to class ``taker`` (N,)."""

    giver: np.ndarray
    taker: np.ndarray
    amount: np.ndarray

    def point(self, u: np.ndarray, n: int) -> np.ndarray:
        moved = u.copy()
        moved[self.giver[n]] -= self.amount[n]
        moved[self.taker[n]] += self.amount[n]
        return moved

    def points(self, u: np.ndarray) -> np.ndarray:
        moved = np.repeat(u[None], len(self.amount), axis=0)
        rows = np.arange(len(self.amount))
        moved[rows, self.giver] -= self.amount
        moved[rows, self.taker] += self.amount
        return moved


def _moves(u: np.ndarray, floor: float) -> _Moves:
    """Every transfer of a share of u_i − floor to u_j, for the 10 largest and 2 smallest i, j."""
    order = np.argsort(-u, kind="stable")
    active = order if len(u) <= 12 else np.concatenate([order[:10], order[-2:]])
    i, j = (x.ravel() for x in np.meshgrid(active, active))
    i, j = i[i != j], j[i != j]
    amount = (u[i] - floor)[:, None] * _TRANSFERS
    giver, taker = (np.repeat(x, len(_TRANSFERS)) for x in (i, j))
    return _Moves(giver, taker, amount.ravel())


def _risks_after(loss: Loss, w: np.ndarray, u: np.ndarray, moves: _Moves) -> np.ndarray:
    """The risk (N,) after each move, by the two terms that it changes where ℓ is local."""
    if isinstance(loss, Weighted):
        return np.asarray(sum(a * _risks_after(part, w, u, moves) for a, part in loss.parts))
    if loss.local:
        return _sums_after(loss, u, moves, w)[0]
    if isinstance(loss, Normalized) and loss.base.local:
        above, below = _sums_after(loss.base, u, moves, w, np.ones_like(w))
        return above / below
    return weighted_risk(loss, w, moves.points(u))


def _sums_after(loss: Loss, u: np.ndarray, moves: _Moves, *weights: np.ndarray) -> list[np.ndarray]:
    """Σ c_i ℓ(u_i) after each move for each of the weights c (K,)."""
    i, j, t = moves.giver, moves.taker, moves.amount
    own, less, more = (np.asarray(loss.partial(x)) for x in (u, u[i] - t, u[j] + t))
    if not np.isfinite(own).all():
        values = np.asarray(loss.partial(moves.points(u)))
        return [np.where(c == 0, 0.0, values * c).sum(axis=-1) for c in weights]
    return [own @ c + c[i] * (less - own[i]) + c[j] * (more - own[j]) for c in weights]
