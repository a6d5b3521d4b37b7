"""Where gradient descent on a weighted risk goes from chosen starts, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.losses.facts import uniform_slope
from alfs_core.theory.flow import Flow, flow
from alfs_core.theory.profile import check_reads_probabilities
from alfs_core.theory.simplex import (
    Minimum,
    check_weights,
    effective_floor,
    minimise,
    weighted_risk,
)

TOLERANCE = 0.05  # of the excess risk at the uniform prediction
RING = 12
STEP_ERROR = 5e-4  # of a logit, in one step of the integrator
ARRIVED = 1e-4  # of the excess at the uniform prediction: from here on nothing moves visibly
NEAR = 0.02  # what the other two classes hold at the start near the wrong vertex
RADIUS = 0.25  # of the ring, in the coordinates u around the centre

STARTS = {"uniform": slice(0, 1), "wrong": slice(1, 2), "ring": slice(2, 2 + RING)}


@dataclass(frozen=True, eq=False)
class Descent:
    """Trajectories of B starts: time (S, B), points (S, B, 3), excess (S, B).

    ``excess`` is risk − minimum as a share of what it is at the uniform prediction, NaN where that
    is the minimum itself. ``times`` (B,) is when it first falls to TOLERANCE, ∞ where it does not
    by ``horizon`` (B,), the end of each trajectory.
    """

    weights: np.ndarray
    time: np.ndarray
    points: np.ndarray
    excess: np.ndarray
    times: np.ndarray
    minimum: Minimum
    scale: str

    @property
    def horizon(self) -> np.ndarray:
        return self.time[-1]


def starts(w: np.ndarray) -> np.ndarray:
    """The uniform prediction, one near the vertex of the second weight, a ring: (2 + RING, 3)."""
    wrong = int(np.argsort(-w, kind="stable")[1])
    near = np.full(3, NEAR)
    near[wrong] = 1 - 2 * NEAR
    angle = np.linspace(0, 2 * np.pi, RING, endpoint=False)
    phase = angle[:, None] + 2 * np.pi / 3 * np.arange(3)
    return np.concatenate([np.full((1, 3), 1 / 3), near[None], 1 / 3 + RADIUS * np.cos(phase)])


def descent(
    loss: Loss,
    w: tuple[float, float, float],
    floor: float = 0.0,
    *,
    horizon: float = 1000.0,
    scale: str = "published",
) -> Descent:
    """Gradient flow on the logits; scale "step" gives the loss slope 1 at the uniform prediction.

    Time is steps times step size. Raises DomainError for a loss on logits, SimplexError for bad w.
    """
    check_reads_probabilities(loss)
    weights = check_weights(np.asarray(w))
    minimum = minimise(loss, weights, effective_floor(loss, floor) if loss.vertices_excluded else 0)
    slope = uniform_slope(loss, 3) if scale == "step" else 1.0
    slope, scale = (slope, scale) if slope > 0 else (1.0, "published")
    loss_at_start = float(weighted_risk(loss, weights, np.full(3, 1 / 3))) - minimum.value
    rest = minimum.value + ARRIVED * loss_at_start
    path = _path(loss, weights, horizon / slope, rest)
    share = _shares(path.risk - minimum.value, loss_at_start)
    reached = path.time_to_reach(minimum.value + TOLERANCE * loss_at_start)
    times = np.where(np.isnan(share[0]), np.nan, reached * slope)
    return Descent(weights, path.time * slope, path.points, share, times, minimum, scale)


def _path(loss: Loss, w: np.ndarray, time: float, rest: float) -> Flow:
    """The flow up to a time; where all risks are at rest early on, the end is where they rest.

    A risk only falls on its way, and around a minimum the integrator is slow.
    """
    early = flow(loss, w, starts(w), time=time / 16, tolerance=STEP_ERROR)
    if (early.risk[-1] <= rest).all():
        return _joined(
            early, np.full_like(early.time[-1:], time), early.points[-1:], early.risk[-1:]
        )
    late = flow(loss, w, early.points[-1], time=time - time / 16, tolerance=STEP_ERROR)
    return _joined(early, early.time[-1] + late.time[1:], late.points[1:], late.risk[1:])


def _joined(first: Flow, time: np.ndarray, points: np.ndarray, risk: np.ndarray) -> Flow:
    return Flow(
        np.concatenate([first.time, time]),
        np.concatenate([first.points, points]),
        np.concatenate([first.risk, risk]),
    )


def _shares(excess: np.ndarray, whole: float) -> np.ndarray:
    """Nothing is a share of nothing: at the minimum itself, up to rounding, NaN."""
    return excess / whole if whole > 1e-9 else np.full_like(excess, np.nan)
