"""What minimising a loss decides at every posterior of three classes (THEORY A7, F10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.noise.transition import check_transition
from alfs_core.theory.batch import minimisers, risks, way
from alfs_core.theory.profile import check_reads_probabilities
from alfs_core.theory.simplex import cap_of, effective_floor, lattice, lifted, raster, weighted_risk

SIDE = 60  # steps of the lattice of posteriors along an edge
RIGHT, TIE, WRONG = 1, 0, -1
SAME = 1e-6  # probabilities of a minimiser that differ by less are a tie

Rows = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, eq=False)
class DecisionMap:
    """Minimisers of Σ w_i L(u, i), w = Tᵀp, on a lattice of posteriors p.

    ``p``, ``w`` and ``minimisers`` have the shape (N, 3). ``decision`` (N,) is RIGHT where the
    minimiser predicts a most probable class of p, WRONG where it predicts another, TIE where its
    largest entries are equal and not all of them right. ``confidence`` (N,) is what the minimiser
    gives to the class that it predicts, ``regret`` (N,) the probability of being right that is
    lost against argmax p. ``noisy`` says whether T is not the identity; ``cap`` is that of
    ``simplex.Minimum``.
    """

    p: np.ndarray
    w: np.ndarray
    minimisers: np.ndarray
    decision: np.ndarray
    confidence: np.ndarray
    regret: np.ndarray
    floor: float
    noisy: bool
    cap: float = 0.0

    @property
    def side(self) -> int:
        """Steps of the lattice along an edge."""
        return round(1 / float(np.diff(np.unique(self.p)).min()))

    def count(self, decision: int) -> int:
        """How many posteriors are decided so."""
        return int(np.sum(self.decision == decision))

    @property
    def certain(self) -> float:
        """The share of posteriors whose minimiser is a corner of the floored simplex."""
        return float(np.mean(self.confidence >= 1 - 2 * self.floor - SAME))


def decision_map(
    loss: Loss, T: Rows | None = None, floor: float = 0.0, side: int = SIDE
) -> DecisionMap:
    """The map for noisy posteriors Tᵀp, or for clean ones without T.

    Raises DomainError for a loss on logits, TransitionError where T is no transition matrix.
    """
    check_reads_probabilities(loss)
    matrix = np.eye(3) if T is None else check_transition(T)
    floor = effective_floor(loss, floor) if loss.vertices_excluded else 0.0
    p = lattice(3, side)
    w = p @ matrix
    u = minimisers(loss, w, floor)
    decision, regret = _decided(p, _predicted(loss, w, u, floor))
    noisy, cap = not np.array_equal(matrix, np.eye(3)), cap_of(loss)
    return DecisionMap(p, w, u, decision, u.max(axis=1), regret, floor, noisy, cap)


def _predicted(loss: Loss, w: np.ndarray, u: np.ndarray, floor: float) -> np.ndarray:
    """Which classes a minimiser predicts (N, 3): those at the top of u, and by equal weights.

    Where the minimiser was searched for, also those that a point of a lattice predicts at no
    higher risk: a loss with a flat piece has many minimisers.
    """
    predicted = u >= u.max(axis=1, keepdims=True) - SAME
    if way(loss, floor) == "search":
        points = lifted(lattice(3, SIDE), floor)
        values = risks(loss, w, points)
        least = weighted_risk(loss, w, u)[:, None]
        level = least + 1e-9 * np.maximum(1, np.abs(least))
        top = points >= points.max(axis=1, keepdims=True) - SAME
        predicted |= np.stack([(values[:, top[:, j]] <= level).any(axis=1) for j in range(3)], 1)
    equal = np.abs(w[:, :, None] - w[:, None, :]) <= 1e-12
    return np.asarray(np.any(equal & predicted[:, None, :], axis=2))


def _decided(p: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The decisions and regrets (N,)."""
    probable = p >= p.max(axis=1, keepdims=True) - 1e-12
    right, wrong = (predicted & probable).any(axis=1), (predicted & ~probable).any(axis=1)
    decision = np.where(right, np.where(wrong, TIE, RIGHT), WRONG)
    worst = np.where(predicted, p, np.inf).min(axis=1)
    return decision, p.max(axis=1) - worst


def nearest(p: np.ndarray, side: int = SIDE) -> np.ndarray:
    """For posteriors p (..., 3) the index of the lattice point in whose hexagon they lie."""
    scaled = np.asarray(p, dtype=float) * side
    whole = np.floor(scaled)
    missing = np.rint(side - whole.sum(axis=-1)).astype(int)
    rank = np.argsort(np.argsort(-(scaled - whole), axis=-1, kind="stable"), axis=-1)
    cell = (whole + (rank < missing[..., None])).astype(int)
    return np.asarray(_place(side)[cell[..., 0], cell[..., 1]])


@lru_cache(maxsize=4)
def _place(side: int) -> np.ndarray:
    """The index in the lattice of the point with whole coordinates (i, j, side − i − j)."""
    points = np.rint(lattice(3, side) * side).astype(int)
    place = np.full((side + 1, side + 1), -1)
    place[points[:, 0], points[:, 1]] = np.arange(len(points))
    return place


@lru_cache(maxsize=8)
def cells(side: int, n: int) -> np.ndarray:
    """For every cell of raster(n) the index of its posterior, −1 outside the triangle; (n, n)."""
    grid = raster(n)
    index = np.full(grid.inside.shape, -1)
    index[grid.inside] = nearest(grid.points, side)
    return index
