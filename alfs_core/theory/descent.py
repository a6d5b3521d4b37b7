"""Where gradient descent on a weighted risk goes from chosen starts, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.losses.facts import uniform_slope
from alfs_core.theory.flow import flow
from alfs_core.theory.simplex import Minimum, weighted_risk
from alfs_core.theory.surface import SHEET, Surface, surface

TOLERANCE = 0.05  # of the excess risk at the uniform prediction
RING = 12
STEP_ERROR = 5e-4  # of a logit, in one step of the integrator
ARRIVED = 1e-4  # of the excess at the uniform prediction: from here on nothing moves visibly
NEAR = 0.02  # what the other two classes hold at the start near the wrong vertex
RADIUS = 0.25  # of the ring, in the coordinates u around the centre

STARTS = {"uniform": slice(0, 1), "wrong": slice(1, 2), "ring": slice(2, 2 + RING)}


@dataclass(frozen=True, eq=False)
class Descent:
    """Trajectories of B starts: time (S, B), points (S, B, 3), excess (S, B), and the risk below.

    ``excess`` is risk − minimum as a share of what it is at the uniform prediction, NaN where that
    is the minimum itself. ``times`` (B,) is when it first falls to TOLERANCE, ∞ where it does not
    by ``horizon`` (B,), the end of each trajectory.
    """

    surface: Surface
    time: np.ndarray
    points: np.ndarray
    excess: np.ndarray
    times: np.ndarray
    scale: str

    @property
    def minimum(self) -> Minimum:
        return self.surface.minimum

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

    Time is steps times step size. A loss without values at the vertices is taken at predictions
    δ + (1 − 3δ) softmax(z), δ the floor, so that a path ends where the minimum is sought. Raises
    DomainError for a loss on logits, SimplexError for bad w.
    """
    below = surface(loss, w, floor, cells=SHEET)
    weights, minimum = below.weights, below.minimum
    slope = uniform_slope(loss, 3) if scale == "step" else 1.0
    slope, scale = (slope, scale) if slope > 0 else (1.0, "published")
    loss_at_start = float(weighted_risk(loss, weights, np.full(3, 1 / 3))) - minimum.value
    path = flow(
        loss,
        weights,
        starts(weights),
        floor=below.floor,
        time=horizon / slope,
        tolerance=STEP_ERROR,
        rest=minimum.value + ARRIVED * loss_at_start,
    )
    share = _shares(path.risk - minimum.value, loss_at_start)
    reached = path.time_to_reach(minimum.value + TOLERANCE * loss_at_start)
    times = np.where(np.isnan(share[0]), np.nan, reached * slope)
    return Descent(below, path.time * slope, path.points, share, times, scale)


def _shares(excess: np.ndarray, whole: float) -> np.ndarray:
    """Nothing is a share of nothing: at the minimum itself, up to rounding, NaN."""
    return excess / whole if whole > 1e-9 else np.full_like(excess, np.nan)
