"""Results that say how they are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.losses.combinators import Normalized
from alfs_core.numerics.enclosure import (
    UNKNOWN,
    Ball,
    ball,
    bounds,
    log10,
    precision,
    risk,
    risk_along,
    simplex_point,
)
from alfs_core.theory.curvature import convexity, curvature

CONFIRMING_BITS = (80, 400, 2_000, 10_000, 40_000)
SMALLEST_LEAK = 5e-324  # stands for every leak that no double can hold


class Verdict(Enum):
    """What is known of a statement. UNDEFINED: the statement does not apply here."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"
    UNDEFINED = "undefined"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Hypothesis:
    """A condition of a theorem with the numbers it was checked on."""

    text: str
    value: str
    met: bool


@dataclass(frozen=True)
class Theorem:
    """A theorem applied: its key in ``theorems.THEOREMS``, what it says here, what it needs.

    ``parts`` holds the findings that a rule of composition rests on.
    """

    key: str
    statement: str
    hypotheses: tuple[Hypothesis, ...] = ()
    parts: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Enclosure:
    """A number proved to lie in [low, high], and by what."""

    low: float
    high: float
    reason: str

    def __contains__(self, x: float) -> bool:
        return self.low <= x <= self.high

    @property
    def width(self) -> float:
        return self.high - self.low if self.high > self.low else 0.0


@dataclass(frozen=True)
class Difference:
    """risk(point) − risk(corner) in [low, high], and whether it is proved to be negative.

    Below 1e-323 no double has its sign: then ``log10`` of −high is what can be said of its size.
    """

    low: float
    high: float
    negative: bool
    log10: float
    reason: str

    @property
    def too_small(self) -> bool:
        """Whether it is negative and doubles do not show it."""
        return self.negative and not self.high < 0


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A point whose risk lies below that of the corner of class m.

    ``log_point`` holds log u_j (K,), so that no leak is too small to be written down; u_m itself
    is what the others leave. The corner is e_m, or every other class at ``floor``.
    """

    loss: Loss
    w: np.ndarray
    m: int
    log_point: np.ndarray
    floor: float = 0.0

    @property
    def point(self) -> np.ndarray:
        """u (K,) as doubles; a leak below 1e-323 shows as 0."""
        u = np.exp(self.log_point)
        u[self.m] = 1 - (np.sum(u) - u[self.m])
        return u

    @property
    def leak(self) -> float:
        """What the point gives to other classes, rounded up to what a double can hold."""
        return max(float(np.exp(np.delete(self.log_point, self.m)).sum()), SMALLEST_LEAK)

    @cached_property
    def difference(self) -> Difference:
        """risk(point) − risk(corner) by balls, with more bits until the sign is known.

        Where the point is nearer to the corner than the most bits can tell, by its slope.
        """
        if self._bits_needed > CONFIRMING_BITS[-1]:
            return self.by_slope
        found, exact = UNKNOWN, True
        for bits in CONFIRMING_BITS:
            with precision(bits):
                here = risk(self.loss, self.w, simplex_point(self.log_point, self.m))
                there, exact = self._risk_at_corner(bits)
                found = here - there
                if found != 0:
                    break
        return _told(found, f"balls of {bits} bits", exact)

    def _risk_at_corner(self, bits: int) -> tuple[Ball, bool]:
        """The risk, and whether it is that: balls hold no pole, a falling ℓ is less beside it."""
        corner = np.full(len(self.w), np.log(self.floor) if self.floor else -np.inf)
        there = risk(self.loss, self.w, simplex_point(corner, self.m))
        if not (there.is_nan() and self.loss.local and curvature(self.loss).decreasing):
            return there, True
        beside = [ball(1.0) if i == self.m else ball(2.0) ** -bits for i in range(len(self.w))]
        return risk(self.loss, self.w, beside), False

    @property
    def _bits_needed(self) -> float:
        """To tell the largest other entry from 0 beside u_m."""
        return float(-np.delete(self.log_point, self.m).max() / math.log(2))

    @cached_property
    def by_slope(self) -> Difference:
        """An upper bound of the difference by the slope that a convex risk ends with.

        F(point) − F(corner) ≤ F'(point)(point − corner) where F is convex on the way.
        """
        if self.floor or (weights := self._convex_weights()) is None:
            return _told(UNKNOWN, "no convex way leads there")
        loss, of = weights
        slope = UNKNOWN
        enough = 128 + int(min(self._bits_needed, 2 * CONFIRMING_BITS[-1]))
        affordable = (128, enough) if enough > self._bits_needed else (128,)
        for bits in affordable:
            with precision(bits):
                slope = risk_along(loss, of(), self.log_point, self.m)
                if slope < 0:
                    break
        return _told(slope, f"its slope, in balls of {bits} bits, as the risk is convex", False)

    def _convex_weights(self) -> tuple[Loss, Callable[[], list[Ball]]] | None:
        """A loss and weights with a convex risk of the same sign on the way to the point.

        Σ w_i ℓ(u_i) / Σ ℓ(u_i) is below its value c at the corner where Σ (w_i − c) ℓ(u_i) < 0.
        """
        if convexity(self.loss) == "convex":
            return self.loss, lambda: [ball(float(x)) for x in self.w]
        base = self.loss.base if isinstance(self.loss, Normalized) else None
        if base is None or not base.local or convexity(base) != "convex":
            return None
        moved = (self.log_point > -np.inf) | (np.arange(len(self.w)) == self.m)

        def less() -> list[Ball]:
            corner = simplex_point(np.full(len(self.w), -np.inf), self.m)
            level = risk(base, self.w, corner) / risk(base, np.ones(len(self.w)), corner)
            return [
                ball(float(x)) - level if there else ball(0)
                for x, there in zip(self.w, moved, strict=True)
            ]

        return (base, less) if all(x > 0 for x in np.array(less())[moved]) else None

    def reevaluate(self) -> Enclosure:
        """``difference`` as doubles."""
        of = self.difference
        return Enclosure(of.low, of.high, of.reason)

    @property
    def confirmed(self) -> bool:
        """Whether the risk is proved to be lower than at the corner."""
        return self.difference.negative


def _told(difference: Ball, reason: str, both_sides: bool = True) -> Difference:
    low, high = bounds(difference)
    negative = bool(difference < 0)
    size = log10(-difference.upper()) if negative else math.nan
    return Difference(low if both_sides else -math.inf, high, negative, size, reason)


@dataclass(frozen=True, eq=False)
class Search:
    """What was searched without a proof; ``gap`` is the lowest risk found less that at e_m."""

    what: str
    gap: float
    point: np.ndarray


Evidence = Theorem | Enclosure | Counterexample | Search


@dataclass(frozen=True, eq=False)
class Finding:
    """Whether a loss is asymmetric on weights w, and how that is known (THEORY A3, G).

    ``inclusion``: the prediction e_m is among the minimisers of Σ w_i L(u, i). ``equality``: these
    minimisers are exactly those of L(u, m), the definition of asymmetry and so the ``verdict``.
    ``minimiser`` is one of them, ``leak`` the probability it gives to other classes beyond the
    floor, SMALLEST_LEAK where no double can hold it, NaN where the statement does not apply.
    ``limit`` is the verdict as the floor goes to 0, for a loss with no value at a vertex.
    """

    verdict: Verdict
    inclusion: Verdict
    equality: Verdict
    evidence: tuple[Evidence, ...]
    sentence: str
    m: int
    minimiser: np.ndarray
    leak: float
    floor: float = 0.0
    limit: Verdict | None = None
    limit_evidence: tuple[Evidence, ...] = field(default=())


def leak_text(leak: float) -> str:
    """A leak in three digits; a bound where it is too small for doubles, a dash where none is."""
    if math.isnan(leak):
        return "–"
    if leak <= 0:
        return "none"
    return f"{leak:.3g}" if leak > 1e-300 else "less than 1e-300"
