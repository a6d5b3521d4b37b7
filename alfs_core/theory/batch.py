"""The minimisers of many weighted risks at once: maps and curves over posteriors ask for thousands.

The ways are those of ``simplex.minimise``, with the rows of weights as one more axis.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from alfs_core.losses.asymmetric import AMSE
from alfs_core.losses.base import Loss, derivative
from alfs_core.losses.classic import MSE
from alfs_core.losses.combinators import Weighted
from alfs_core.theory.curvature import convexity, strictly_convex
from alfs_core.theory.simplex import (
    cap_of,
    effective_floor,
    lattice,
    lifted,
    lowered,
    project,
    stationary_target,
    vertices,
    weighted_risk,
)

Projection = Callable[[np.ndarray], np.ndarray]

SPREAD = {2: 400, 3: 60, 4: 14}  # the lattice that a search starts from
ROUNDS = 40
DIGITS = 13  # of weights that count as the same


def minimisers(loss: Loss, w: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """A minimiser of Σ w_i L(u, i) on {u_i ≥ floor} for each row of w (N, K); returns (N, K).

    K = 2 to 4 where the loss is neither convex nor concave. Weights that are one another's
    permutation are solved once, since losses treat all labels alike.
    """
    floor = effective_floor(loss, floor)
    order = np.argsort(-w, axis=1, kind="stable")
    falling = np.round(np.take_along_axis(w, order, axis=1), DIGITS)
    rows, place = np.unique(falling, axis=0, return_inverse=True)
    found = np.empty_like(falling)
    np.put_along_axis(found, order, _of_falling(loss, rows, floor)[place.ravel()], axis=1)
    return found


def way(loss: Loss, floor: float = 0.0) -> str:
    """How ``minimisers`` finds them: "closed form", "vertex", "water filling" or "search"."""
    if isinstance(loss, Weighted) and len(loss.parts) == 1:
        return way(loss.parts[0][1], floor)
    target = stationary_target(loss, np.ones(2))
    if target is not None and (not floor or isinstance(loss, MSE | AMSE)):
        return "closed form"
    shape = convexity(loss)
    if shape in ("concave", "affine") or (cap_of(loss) and not floor):
        return "vertex"
    filled = loss.local and shape == "convex" and strictly_convex(loss)
    return "water filling" if filled else "search"


def _of_falling(loss: Loss, w: np.ndarray, floor: float) -> np.ndarray:
    """As ``minimisers``, for rows whose weights fall."""
    if isinstance(loss, Weighted) and len(loss.parts) == 1:
        return _of_falling(loss.parts[0][1], w, floor)
    target = stationary_target(loss, w)
    match way(loss, floor):
        case "closed form" if target is not None:
            return lifted(project(lowered(target, floor)), floor)
        case "vertex":
            corners = vertices(w.shape[1], floor)
            return np.asarray(corners[np.argmin(risks(loss, w, corners), axis=1)])
        case "water filling":
            return _water_filled(loss, w, floor)
        case _:
            return search(loss, w, floor)


def risks(loss: Loss, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Σ_i w_i L(u, i) for every row of w (N, K) at every u (P, K); returns (N, P). 0 · ∞ = 0."""
    with np.errstate(all="ignore"):
        terms = np.asarray(loss.partial(u), dtype=float)
    terms = np.nan_to_num(terms, nan=np.inf, posinf=1e300)
    return np.asarray(w @ np.where(np.isinf(terms), 1e300, terms).T)


# ---- strictly convex local losses -----------------------------------------------------------


def _water_filled(loss: Loss, w: np.ndarray, floor: float) -> np.ndarray:
    """KKT, one multiplier a row (THEORY B1)."""
    corner = vertices(w.shape[1], floor)[0]
    with np.errstate(all="ignore"):
        pull = np.where(w == 0, 0.0, -w * derivative(loss, corner))
    stays = pull[:, 0] >= pull[:, 1:].max(axis=1)
    found = np.broadcast_to(corner, w.shape).copy()
    if not stays.all():
        rough = _bisected(loss, w[~stays], floor)
        found[~stays] = _polished(loss, w[~stays], rough, floor)
    return found


def _bisected(loss: Loss, w: np.ndarray, floor: float) -> np.ndarray:
    """u_i = (−ℓ')⁻¹(λ/w_i) from a table, λ where they sum to 1."""
    spread = (np.geomspace(1e-300, 1e-9, 80), np.geomspace(1e-9, 1, 600), np.linspace(0, 1, 400))
    grid = np.unique(np.concatenate(spread))
    grid = np.concatenate([[floor], grid[grid > floor]])
    with np.errstate(all="ignore"):
        heights = derivative(loss, grid)
        ends = -derivative(loss, np.array([1.0, 1 / w.shape[1]]))
        low, high = np.log(np.maximum(w[:, :1] * ends, 1e-300)).T
        for _ in range(45):
            middle = (low + high) / 2
            over = _level(np.exp(middle)[:, None], w, grid, heights).sum(axis=1) > 1
            low, high = np.where(over, middle, low), np.where(over, high, middle)
        return _level(np.exp(low)[:, None], w, grid, heights)


def _level(
    multiplier: np.ndarray, w: np.ndarray, grid: np.ndarray, heights: np.ndarray
) -> np.ndarray:
    return np.nan_to_num(np.interp(-multiplier / w, heights, grid), nan=grid[0])


def _polished(loss: Loss, w: np.ndarray, u: np.ndarray, floor: float) -> np.ndarray:
    """Newton on w_i ℓ'(u_i) = λ, Σ u = 1, over the classes above the floor."""
    free = u > floor
    with np.errstate(all="ignore"):
        for _ in range(6):
            step = 1e-5 * u
            below, here, above = derivative(loss, np.stack([u - step, u, np.minimum(u + step, 1)]))
            rate = (above - below) / (np.minimum(u + step, 1) - u + step)
            start = np.where(free, u - here / rate, floor)
            per_multiplier = np.where(free, 1 / (w * rate), 0.0)
            missing = 1 - start.sum(axis=1, keepdims=True)
            moved = start + missing / per_multiplier.sum(axis=1, keepdims=True) * per_multiplier
            moved = np.clip(moved, floor, 1)
            u = np.where(np.isfinite(moved).all(axis=1, keepdims=True), moved, u)
    u[:, 0] += 1 - u.sum(axis=1)
    return u


# ---- everything else ------------------------------------------------------------------------


def search(
    loss: Loss,
    w: np.ndarray,
    floor: float = 0.0,
    *,
    onto: Projection = lambda u: u,
    starts: np.ndarray | None = None,
) -> np.ndarray:
    """The lowest points found from a lattice by exchanges between pairs of classes; (N, K).

    ``onto`` maps predictions (..., K) into the region that is searched.
    """
    points = lifted(lattice(w.shape[1], SPREAD[w.shape[1]]), floor)
    points = onto(points if starts is None else np.concatenate([points, starts]))
    value = risks(loss, w, points)
    first = np.argmin(value, axis=1)
    u, least = points[first], value[np.arange(len(w)), first]
    give, take = np.nonzero(~np.eye(w.shape[1], dtype=bool))
    towards = np.eye(w.shape[1])[take] - np.eye(w.shape[1])[give]
    length = np.full(len(w), 1 / SPREAD[w.shape[1]])
    for _ in range(ROUNDS):
        amounts = np.clip(u[:, give] - floor, 0, length[:, None])
        trials = onto(u[:, None] + amounts[..., None] * towards)
        with np.errstate(all="ignore"):
            values = np.nan_to_num(weighted_risk(loss, w[:, None], trials), nan=np.inf)
        best = np.argmin(values, axis=1)
        rows = np.arange(len(w))
        better = values[rows, best] < least
        u = np.where(better[:, None], trials[rows, best], u)
        least = np.where(better, values[rows, best], least)
        length = np.where(better, length * 1.5, length / 2)
    return u
