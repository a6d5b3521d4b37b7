"""What becomes of one class as the noise grows: minimiser, leak and margin against the rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.losses.combinators import Normalized, NormalizedGain, Weighted
from alfs_core.losses.formula import composed
from alfs_core.noise.transition import LabelNoise, check_transition
from alfs_core.theory.derivation import condition
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.simplex import effective_floor, minimise, weighted_risk
from alfs_core.theory.threshold import domination_rate
from alfs_core.theory.tolerance import largest_tolerated_rate, margin

POINTS = 41
BEYOND = 12  # rates from the largest tolerated one to the end, where most happens
FEW_CLASSES = 10
JUST_BELOW = 1 - 1e-6  # of the rate at which two labels tie, and every loss has two minimisers


@dataclass(frozen=True)
class NoiseFamily:
    """Transition matrices (K, K) along a rate from 0 to 1; ``scale`` turns it into what is shown.

    A kind of noise is its own family: scale 1, and the shown number is the noise rate. A single
    matrix T spans I + s (T − I): s is shown, and s = 1 is the matrix itself.
    """

    noise: LabelNoise
    num_classes: int

    @property
    def own_rate(self) -> bool:
        """Whether the number along the family is the noise rate."""
        return self.noise.has_rate

    @property
    def scale(self) -> float:
        if self.own_rate:
            return 1.0
        lost = 1 - float(np.diag(self.noise.transition(self.num_classes)).min())
        return 1 / lost if lost > 0 else 1.0

    @property
    def present(self) -> float:
        """Where the noise itself stands, as a rate of the family."""
        return self.noise.rate if self.own_rate else 1 / self.scale

    def at(self, rate: float) -> np.ndarray:
        """T (K, K) at a rate in [0, 1]."""
        if self.own_rate:
            return LabelNoise(self.noise.kind, rate).transition(self.num_classes)
        eye, T = np.eye(self.num_classes), self.noise.transition(self.num_classes)
        return check_transition(np.clip(eye + rate * self.scale * (T - eye), 0, 1))

    def row(self, clean: int) -> Callable[[float], np.ndarray]:
        """The row of one class along the family."""
        return lambda rate: self.at(rate)[clean]

    def end(self, clean: int) -> float:
        """The rate from which on the clean label of that class does not dominate."""
        return domination_rate(self.row(clean), clean)


def largest_in_class(loss: Loss, family: NoiseFamily, clean: int) -> Enclosure:
    """The largest rate that one class tolerates; in the limit for a loss without vertex values."""

    def alike(rate: float) -> np.ndarray:
        """A matrix in which every class has the row of this one, labels swapped."""
        return np.array([_swapped(family.at(rate)[clean], clean, i) for i in classes])

    classes = range(family.num_classes)
    return largest_tolerated_rate(loss, alike, in_the_limit=loss.vertices_excluded)


def _swapped(row: np.ndarray, i: int, j: int) -> np.ndarray:
    moved = row.copy()
    moved[[i, j]] = row[[j, i]]
    return moved


def quickly_bounded(loss: Loss, num_classes: int) -> bool:
    """Whether the largest rate takes a few seconds at most.

    A search or two of few classes do, and so do sums of losses with closed conditions and of
    normalized ones: 1.3 s of the processor for 100 classes.
    """
    if num_classes <= FEW_CLASSES:
        return True
    whole = composed(loss)
    if isinstance(whole, Weighted):
        return all(quickly_bounded(part, num_classes) for _, part in whole.parts)
    w = np.linspace(2, 1, num_classes) / num_classes
    closed = whole.weight_condition(w / w.sum()) is not None
    shares = isinstance(whole, Normalized | NormalizedGain)
    return closed or whole.local or shares or whole.vertices_excluded


@dataclass(frozen=True, eq=False)
class Sweep:
    """Along ``rates`` (N,): what the minimiser keeps for the clean class, and the margin.

    ``kept`` is u_m beyond what the floor takes, 1 where nothing leaks. ``margin`` is NaN where no
    condition is known.
    """

    rates: np.ndarray
    kept: np.ndarray
    margin: np.ndarray

    @property
    def leak(self) -> np.ndarray:
        return 1 - self.kept


def rates(family: NoiseFamily, clean: int, marked: float | None = None) -> np.ndarray:
    """Even steps up to where the clean label stops to dominate, closer ones from ``marked`` on."""
    end = family.end(clean)
    even = np.linspace(0, end * JUST_BELOW, POINTS)
    if marked is None or not 0 < marked < end:
        return even
    return np.unique(np.concatenate([even, np.linspace(marked, end * JUST_BELOW, BEYOND)]))


def kept_at(loss: Loss, family: NoiseFamily, clean: int, rate: float, floor: float) -> float:
    """What the minimiser of the noisy risk gives to the clean class, 1 where nothing leaks."""
    w = family.at(rate)[clean]
    floor = effective_floor(loss, floor)
    return float(np.clip(1 - minimise(loss, w, floor).leak(clean), 0, 1))


def sweep(loss: Loss, family: NoiseFamily, clean: int, at: np.ndarray, floor: float = 0.0) -> Sweep:
    """Minimiser and margin of one class at the rates ``at`` (N,)."""
    kept = np.array([kept_at(loss, family, clean, float(rate), floor) for rate in at])
    margins = np.array([weight_margin(loss, family.at(float(rate))[clean]) for rate in at])
    return Sweep(at, kept, margins)


def weight_margin(loss: Loss, w: np.ndarray) -> float:
    """The margin in units of weight, for any closed condition: w_m r − w_n of a local loss.

    A w_m ≥ B w_n + C Σ w_i is divided by B, by C where B = 0; NaN where no condition is known.
    """
    closed = condition(loss, w)
    if closed is None:
        return margin(loss, w)
    rest = np.sort(w)[:-1]
    difference = closed.a * w.max() - closed.b * rest[-1] - closed.c * rest.sum()
    return float(difference / (closed.b or closed.c))


@dataclass(frozen=True, eq=False)
class Segment:
    """Two classes: both risks at u (N,), the probability of the clean one, and their minimisers."""

    u: np.ndarray
    clean: np.ndarray
    noisy: np.ndarray
    clean_minimiser: float
    noisy_minimiser: float


def segment(loss: Loss, w: tuple[float, float], clean: int, floor: float = 0.0) -> Segment:
    """The clean and the noisy risk of a class of two over its probability."""
    floor = effective_floor(loss, floor)
    u = np.linspace(floor, 1 - floor, 201)
    points = np.empty((len(u), 2))
    points[:, clean], points[:, 1 - clean] = u, 1 - u
    own, given = np.eye(2)[clean], np.array(w)
    first, second = (float(minimise(loss, x, floor).point[clean]) for x in (own, given))
    clean_risk, noisy_risk = (weighted_risk(loss, x, points) for x in (own, given))
    return Segment(u, clean_risk, noisy_risk, first, second)
