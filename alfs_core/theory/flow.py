"""Gradient descent in continuous time on the logits of one prediction: robust, but how fast?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.theory.simplex import check_weights, gradient, weighted_risk


@dataclass(frozen=True, eq=False)
class Flow:
    """Trajectories of B starts: time (S, B), points (S, B, K), risk (S, B); time starts at 0."""

    time: np.ndarray
    points: np.ndarray
    risk: np.ndarray

    def time_to_reach(self, level: float) -> np.ndarray:
        """When each start's risk first falls to the level, shape (B,); ∞ where it does not."""
        below = self.risk <= level
        first = np.argmax(below, axis=0)
        starts = np.arange(self.risk.shape[1])
        before = np.maximum(first - 1, 0)
        drop = self.risk[before, starts] - self.risk[first, starts]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(drop > 0, (self.risk[before, starts] - level) / drop, 1.0)
        reached = self.time[before, starts]
        reached = reached + share * (self.time[first, starts] - reached)
        return np.where(below.any(axis=0), reached, np.inf)


def velocity(loss: Loss, w: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """−∂/∂z Σ_i w_i L(softmax(z), i), shape (..., K): −u_j (g_j − ⟨g, u⟩)."""
    u = softmax(logits)
    slopes = gradient(loss, w, u)
    if not np.isfinite(slopes).all():
        slopes = np.nan_to_num(slopes)
    return -u * (slopes - np.sum(slopes * u, axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """exp(z_j) / Σ exp(z) over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def flow(
    loss: Loss,
    w: np.ndarray,
    starts: np.ndarray,
    *,
    time: float = 200.0,
    steps: int = 300,
    tolerance: float = 1e-3,
) -> Flow:
    """dz/dt = −∂(risk)/∂z from starts (B, K) inside the simplex, up to ``time`` or ``steps``.

    The pair of Bogacki and Shampine (1989), orders 3 and 2, with a step of its own for each start.
    """
    w = check_weights(w)
    z = np.log(np.asarray(starts, dtype=float))
    t, h, slope = np.zeros(len(z)), np.full(len(z), 1e-2), velocity(loss, w, z)
    times, states = [t], [z]
    for _ in range(steps):
        step = np.minimum(h, time - t)
        new_z, new_slope, error = _attempt(loss, w, z, slope, step, tolerance)
        accepted = error <= 1
        z = np.where(accepted[:, None], new_z, z)
        slope = np.where(accepted[:, None], new_slope, slope)
        t = np.where(accepted, t + step, t)
        h = h * np.clip(0.9 * np.maximum(error, 1e-9) ** (-1 / 3), 0.2, 5)
        times.append(t)
        states.append(z)
        if np.all(t >= time):
            break
    points = softmax(np.array(states))
    return Flow(np.array(times), points, weighted_risk(loss, w, points))


def _attempt(
    loss: Loss, w: np.ndarray, z: np.ndarray, k1: np.ndarray, h: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of the pair: new logits, their velocity, and the error as a share of the allowed."""
    h = h[:, None]
    k2 = velocity(loss, w, z + h * k1 / 2)
    k3 = velocity(loss, w, z + h * k2 * 3 / 4)
    new = z + h * (2 * k1 + 3 * k2 + 4 * k3) / 9
    k4 = velocity(loss, w, new)
    error = h * np.abs(-5 * k1 + 6 * k2 + 8 * k3 - 9 * k4) / 72
    allowed = tolerance * (1 + np.abs(new - new.mean(axis=-1, keepdims=True)))
    return new, k4, np.max(error / allowed, axis=-1)
