"""Gradient descent in continuous time on the logits of one prediction: robust, but how fast?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import RK45

from alfs_core.losses.base import Loss
from alfs_core.theory.simplex import check_weights, gradient, lifted, lowered, weighted_risk

STAGES = (*(row[: i + 1] for i, row in enumerate(RK45.A[1:])), RK45.B)
FIRST_MOVE = 0.3  # of a logit, in the first step that is tried
FIRST_TIME = 0.1  # from which on points are even in the logarithm of time
PIECES = 6  # points told of a step
EVEN = np.arange(1, PIECES + 1) / PIECES
CHECKED = 4  # steps between two looks whether all is at rest


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


def velocity(loss: Loss, w: np.ndarray, logits: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """−∂/∂z Σ_i w_i L(u, i) at u = prediction(z), shape (..., K).

    −(1 − Kδ) v_j (g_j − ⟨g, v⟩) with v = softmax(z), g the gradient at u and δ the floor.
    """
    v = softmax(logits)
    slopes = gradient(loss, w, lifted(v, floor))
    if not math.isfinite(np.vdot(slopes, slopes)):  # a few times as fast as to ask each
        slopes = np.nan_to_num(slopes)
    room = 1 - v.shape[-1] * floor
    return room * v * ((slopes * v).sum(axis=-1, keepdims=True) - slopes)


def prediction(logits: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """δ + (1 − Kδ) softmax(z): every class keeps at least the floor δ."""
    return lifted(softmax(logits), floor)


def softmax(logits: np.ndarray) -> np.ndarray:
    """exp(z_j) / Σ exp(z) over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def flow(
    loss: Loss,
    w: np.ndarray,
    starts: np.ndarray,
    *,
    floor: float = 0.0,
    time: float = 200.0,
    steps: int = 300,
    tolerance: float = 1e-3,
    rest: float = -np.inf,
) -> Flow:
    """dz/dt = −∂(risk)/∂z from starts (B, K) in {u_i > floor}, up to ``time`` or ``steps``.

    The pair of Dormand and Prince (1980), orders 5 and 4, with a step of its own for each start,
    told at PIECES points of every step. Where all risks have come down to ``rest`` before the end,
    the flow is at rest from there on: around a minimum an explicit step is short.
    """
    w, z = check_weights(w), np.log(lowered(np.asarray(starts, dtype=float), floor))
    slope, taken, at_rest = velocity(loss, w, z, floor), [], False
    t, h = np.zeros(len(z)), FIRST_MOVE / np.maximum(np.abs(slope).max(axis=-1), 1e-9)
    for count in range(1, steps + 1):
        step = np.minimum(h, time - t)
        slopes, new, error = _attempt(loss, w, floor, z, slope, step, tolerance)
        accepted = error <= 1
        step = np.where(accepted, step, 0.0)
        taken.append((t, step, z, slopes))
        z = np.where(accepted[:, None], new, z)
        slope = np.where(accepted[:, None], slopes[-1], slope)
        t = t + step
        h = h * np.clip(0.9 * np.maximum(error, 1e-9) ** (-1 / 5), 0.2, 5)
        if np.all(t >= time):
            break
        if count % CHECKED == 0 and (weighted_risk(loss, w, prediction(z, floor)) <= rest).all():
            at_rest = True
            break
    t, z = _told(*map(np.array, zip(*taken, strict=True)))
    if at_rest:
        t, z = np.append(t, np.full_like(t[-1:], time), axis=0), np.append(z, z[-1:], axis=0)
    points = prediction(z, floor)
    return Flow(t, points, weighted_risk(loss, w, points))


def _attempt(
    loss: Loss,
    w: np.ndarray,
    floor: float,
    z: np.ndarray,
    slope: np.ndarray,
    h: np.ndarray,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of the pair: velocities of its stages (7, B, K), new logits, error / allowed."""
    slopes, new, h = np.empty((7, *z.shape)), z, h[:, None]
    slopes[0] = slope
    for stage, weights in enumerate(STAGES, start=1):
        new = z + h * _sum(weights, slopes[:stage])
        slopes[stage] = velocity(loss, w, new, floor)
    error = h * np.abs(_sum(RK45.E, slopes))
    allowed = tolerance * (1 + np.abs(new - new.mean(axis=-1, keepdims=True)))
    return slopes, new, (error / allowed).max(axis=-1)


def _told(
    t: np.ndarray, h: np.ndarray, z: np.ndarray, slopes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Times (1 + S · PIECES, B) and logits of steps (S, B): even in log t within each step."""
    growth = np.maximum(h / np.maximum(t, FIRST_TIME), 1e-9)[:, None]
    share = np.expm1(np.log1p(growth) * EVEN[:, None]) / growth
    powers = share[..., None] ** np.arange(1, 5)
    course = np.einsum("jd,sjbk->sdbk", RK45.P, slopes)
    moved = np.einsum("spbd,sdbk->spbk", powers, course) * h[:, None, :, None]
    times, states = t[:, None] + share * h[:, None], z[:, None] + moved
    return (
        np.concatenate([t[:1], times.reshape(-1, t.shape[1])]),
        np.concatenate([z[:1], states.reshape(-1, *z.shape[1:])]),
    )


def _sum(weights: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Σ over the stages: weights (S,), slopes (S, B, K)."""
    return np.asarray(weights @ slopes.reshape(len(slopes), -1)).reshape(slopes.shape[1:])
