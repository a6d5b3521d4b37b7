"""A loss along one ray of the simplex: value, slope, and the gradient that the logits get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss
from alfs_core.losses.facts import uniform_slope
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.links import Link, Logits, Softmax, TemperedSoftmax
from alfs_core.theory.curvature import convexity
from alfs_core.theory.simplex import effective_floor

POINTS = 241
TINY = 1e-300  # stands for u → 0 where slope · u is 0 · ∞
BELOW_ONE = 1 - 1e-9  # room for ε-softmax, which squeezes 1 − u by a factor m
HUGE = 1e12  # a slope this steep beside an end has no bound there
NOTHING = 1e-14  # what is left of a pull that vanishes there

SCALES = ("published", "range", "step")


@dataclass(frozen=True, eq=False)
class Profile:
    """L(p, y) on the ray p_y = u, p_j = (1 − u)/(K − 1); all arrays have shape (N,).

    ``slope`` is dL/du along the ray (ℓ'(u) of a local loss), ``pull`` is −∂L/∂z_y. ``scale`` says
    which of SCALES the numbers are in; it stays "published" where the asked one does not exist.
    """

    u: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    pull: np.ndarray
    num_classes: int
    floor: float
    uniform_slope: float
    curvature: str | None
    local: bool
    scale: str = "published"

    @property
    def span(self) -> float:
        """ℓ(0) − ℓ(1), at the ends of what is drawn; ∞ for an unbounded loss."""
        return float(self.value[0] - self.value[-1])

    def at(self, quantity: str, u: float) -> float:
        """The value, slope or pull at u, linear between the points; exact at 1/K."""
        return float(np.interp(u, self.u, getattr(self, quantity)))


def reads_logits(loss: Loss) -> bool:
    """Whether the loss is a function of the logits, so that no picture over u exists."""
    return isinstance(loss.link, Logits)


def check_reads_probabilities(loss: Loss) -> None:
    """Raises DomainError for a loss on logits."""
    if reads_logits(loss):
        raise DomainError(
            f"{loss.name} reads logits, not probabilities: the simplex is not its home"
        )


def profile(loss: Loss, num_classes: int, floor: float = 0.0) -> Profile:
    """The profile on [floor, 1 − (K − 1) floor]; a loss without values at the ends gets a floor."""
    check_reads_probabilities(loss)
    floor = effective_floor(loss, floor) if loss.vertices_excluded else 0.0
    u = _grid(num_classes, floor)
    value, slope = _along_ray(loss, u, num_classes)
    near = _slope_beside_ends(loss, u, num_classes)
    pull = -near * logit_rate(loss.link, np.maximum(u, TINY), num_classes)
    pull = np.where(np.abs(pull) < NOTHING, 0.0, pull)
    slope = np.where(np.isnan(slope), _limit(near), slope)
    step = uniform_slope(loss, num_classes)
    return Profile(
        u, value + 0.0, slope, pull, num_classes, floor, step, convexity(loss), loss.local
    )


def _slope_beside_ends(loss: Loss, u: np.ndarray, num_classes: int) -> np.ndarray:
    """The slope, taken just inside at u = 0 and u = 1."""
    near = _along_ray(loss, np.clip(u, TINY, BELOW_ONE), num_classes)[1]
    further = _along_ray(loss, np.clip(u, 1 - BELOW_ONE, BELOW_ONE), num_classes)[1]
    return np.where(np.isnan(near), further, near)


def _limit(near: np.ndarray) -> np.ndarray:
    """Slopes beside an end as slopes at it."""
    return np.where(np.abs(near) > HUGE, np.copysign(np.inf, near), near)


def _grid(num_classes: int, floor: float) -> np.ndarray:
    """Dense at both ends, with u = 1/K among the points."""
    waves = np.sin(np.linspace(0, np.pi / 2, POINTS)) ** 2
    inside = floor + (1 - num_classes * floor) * waves
    return np.union1d(inside, [1 / num_classes])


def _along_ray(loss: Loss, u: np.ndarray, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """L(p, y) and its derivative in u; exact, by dual numbers."""
    if loss.local:
        result = loss.partial(Dual(u, np.ones_like(u)))
        return _parts(result, u)
    others = np.repeat((1 - u)[:, None] / (num_classes - 1), num_classes - 1, axis=1)
    direction = np.full((len(u), num_classes), -1 / (num_classes - 1))
    direction[:, 0] = 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        result = loss.partial(Dual(np.column_stack([u, others]), direction))
    value, slope = _parts(result, direction)
    return value[:, 0], slope[:, 0]


def _parts(result: Dual | float, like: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A formula without u is a constant."""
    if not isinstance(result, Dual):
        return np.full(like.shape, float(result)), np.zeros(like.shape)
    shape = like.shape
    return np.broadcast_to(result.value, shape), np.broadcast_to(result.slope, shape)


@singledispatch
def logit_rate(link: Link, u: np.ndarray, num_classes: int) -> np.ndarray:
    """∂u/∂z_y on the ray, which z_y moves along: −∂L/∂z_y = −(dL/du) ∂u/∂z_y."""
    raise TypeError(f"{link!r} does not end on the simplex")


@logit_rate.register
def _(link: Softmax, u: np.ndarray, num_classes: int) -> np.ndarray:
    return u * (1 - u)


@logit_rate.register
def _(link: TemperedSoftmax, u: np.ndarray, num_classes: int) -> np.ndarray:
    """û_y^t (1 − û_y^t / Σ_j û_j^t), from ∂û_i/∂z_j = û_i^t (1[i = j] − û_j^t / Σ û^t)."""
    own = u**link.t
    others = (num_classes - 1) * ((1 - u) / (num_classes - 1)) ** link.t
    return own * others / (own + others)


def scaled(published: Profile, scale: str) -> Profile:
    """The profile in one of SCALES; with 1 and 2, ℓ(u) − ℓ(1) takes the place of ℓ(u).

    "range": ℓ(0) − ℓ(1) = 1. "step": |dL/du| = 1 at u = 1/K. Unchanged where that number is 0 or ∞.
    """
    size = {"published": 1.0, "range": published.span, "step": published.uniform_slope}[scale]
    if scale == "published" or not (0 < size < np.inf):
        return published
    return replace(
        published,
        value=(published.value - published.value[-1]) / size,
        slope=published.slope / size,
        pull=published.pull / size,
        scale=scale,
    )
