"""Robust or trainable: the asymmetry ratio against the gradient with which training starts.

At equal range, ℓ(0) − ℓ(1) = 1, a convex ℓ with ratio r starts at most K/(1 + r(K−1)) times as
hard as MAE. Proof: D = −ℓ' falls from D(0) to D(1) = r D(0), so on [1/K, 1] it is at least
r D(1/K), and 1 = ∫D ≥ D(1/K)/K + (1 − 1/K) r D(1/K). A kink at 1/K comes as near as one likes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses import LOSSES, Loss, LossSpec, family
from alfs_core.losses.base import Parameter
from alfs_core.losses.presets import PRESETS
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.links import Softmax
from alfs_core.theory.phase import axis
from alfs_core.theory.ratio import asymmetry_ratio

PUBLISHED, RANGE = "published", "range"
SCALES = (PUBLISHED, RANGE)
CURVES = ("AGCE", "AUL", "AEL", "GCE", "TCE")  # closed ratios, so that a curve costs nothing
POINTS = 61

NOT_LOCAL = "it depends on more than the probability of the label"
NO_RANGE = "it has no finite range ℓ(0) − ℓ(1)"


def first_pull(loss: Loss, num_classes: int) -> Any:
    """−∂L/∂z_y at equal logits of a loss on softmax probabilities that treats labels alike.

    ``facts.initial_gradient`` for one label: the trade-off asks for it hundreds of times. A number,
    or (N,) where the parameters of the loss are columns (N, 1), here and in ``span`` and ``pull``.
    """
    uniform = np.full(num_classes, 1 / num_classes)
    toward = (np.eye(num_classes)[0] - uniform) / num_classes
    return -loss.partial(Dual(uniform, toward)).slope[..., 0]


def span(loss: Loss, num_classes: int) -> Any:
    """L(e_j, i) − L(e_i, i) for i ≠ j: what a certain wrong answer costs more; ℓ(0) − ℓ(1)."""
    with np.errstate(invalid="ignore"):
        values = loss.partial(np.eye(num_classes)[0])
        return values[..., 1] - values[..., 0]


def pull(loss: Loss, num_classes: int, scale: str) -> Any:
    """The first pull as published or at equal range; NaN where the loss has no finite range."""
    if scale == PUBLISHED:
        return first_pull(loss, num_classes)
    reach = span(loss, num_classes)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = first_pull(loss, num_classes) / reach
    return np.where(np.isfinite(reach) & (reach != 0), share, np.nan)[()]


def pull_of_mae(num_classes: int) -> float:
    """That of ℓ = 1 − u, whose range is 1."""
    return (1 - 1 / num_classes) / num_classes


def frontier(ratio: np.ndarray, num_classes: int) -> np.ndarray:
    """At equal range, the hardest start of a convex ℓ with that ratio (N,)."""
    return pull_of_mae(num_classes) * num_classes / (1 + ratio * (num_classes - 1))


def hardest_convex(ratio: float, num_classes: int) -> float:
    """The frontier at a ratio (at most 1), in multiples of MAE's pull."""
    limit = float(frontier(np.array(min(ratio, 1.0)), num_classes))
    return limit / pull_of_mae(num_classes)


# ---- points ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """A loss in the picture; ``used`` names the data sets whose published values these are."""

    spec: LossSpec
    used: tuple[str, ...]
    ratio: float
    pull: float


@dataclass(frozen=True)
class LeftOut:
    """A loss that has no place in the picture, and why."""

    spec: LossSpec
    reason: str


def place(
    spec: LossSpec, num_classes: int, scale: str, used: tuple[str, ...] = ()
) -> Placed | LeftOut:
    """Where a loss stands, or why it has no place."""
    loss = spec.build()
    ratio = ratio_of(loss)
    if isinstance(ratio, str):
        return LeftOut(spec, ratio)
    start = float(pull(loss, num_classes, scale))
    return LeftOut(spec, NO_RANGE) if math.isnan(start) else Placed(spec, used, ratio, start)


def ratio_of(loss: Loss) -> float | str:
    """r(ℓ), the lower end of its enclosure where no closed form is known, or why there is none."""
    if not isinstance(loss.link, Softmax):
        return "it does not read softmax probabilities"
    closed = loss.asymmetry_ratio()
    if closed is not None:
        return closed
    if not loss.local:
        return NOT_LOCAL
    try:
        return asymmetry_ratio(loss).low
    except DomainError as error:
        return str(error)


@lru_cache(maxsize=64)
def library(num_classes: int, scale: str) -> tuple[tuple[Placed, ...], tuple[LeftOut, ...]]:
    """The library at its defaults and at the papers' numbers: what has a place, and what not."""
    places = [place(spec, num_classes, scale, used) for spec, used in _published()]
    placed = tuple(x for x in places if isinstance(x, Placed))
    return placed, tuple(x for x in places if isinstance(x, LeftOut))


def _published() -> Iterable[tuple[LossSpec, tuple[str, ...]]]:
    """Every family with numbers of a paper, or with its defaults where none are known."""
    for name in LOSSES:
        used: dict[LossSpec, list[str]] = {}
        for dataset, preset in PRESETS.get(name, {}).items():
            used.setdefault(LossSpec.of(name, **preset.values), []).append(dataset)
        yield from ((spec, tuple(datasets)) for spec, datasets in used.items())
        if not used:
            yield LossSpec.of(name), ()


# ---- curves ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Curve:
    """A family along one parameter, the others as in ``spec``; arrays (N,)."""

    spec: LossSpec
    parameter: Parameter
    values: np.ndarray
    ratio: np.ndarray
    pull: np.ndarray


def curves(specs: tuple[LossSpec, ...], num_classes: int, scale: str) -> tuple[Curve, ...]:
    """The curves of each family through its first loss in ``specs``, else through its defaults."""
    through = {name: LossSpec.of(name) for name in CURVES}
    through |= {spec.name: spec for spec in reversed(specs) if spec.name in CURVES}
    return tuple(
        curve(spec, parameter, num_classes, scale)
        for spec in through.values()
        for parameter in family(spec.name).parameters
    )


@lru_cache(maxsize=256)
def curve(spec: LossSpec, parameter: Parameter, num_classes: int, scale: str) -> Curve:
    """One family along one parameter over its typical range."""
    values = axis(parameter, POINTS)
    losses = [
        family(spec.name).construct(dict(spec.values) | {parameter.name: value}) for value in values
    ]
    ratio = np.array([loss.asymmetry_ratio() for loss in losses], dtype=float)
    start = np.array([pull(loss, num_classes, scale) for loss in losses])
    return Curve(spec, parameter, values, ratio, start)
