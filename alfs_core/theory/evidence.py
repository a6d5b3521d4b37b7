"""Results that say how they are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.numerics.enclosure import bounds, precision, risk, simplex_point

CONFIRMING_BITS = (80, 400, 2_000, 10_000, 40_000)


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

    def reevaluate(self) -> Enclosure:
        """risk(point) − risk(corner) by balls, with more bits until the sign is known."""
        corner = np.full(len(self.w), np.log(self.floor) if self.floor else -np.inf)
        low, high, bits = -np.inf, np.inf, 0
        for bits in CONFIRMING_BITS:
            with precision(bits):
                here = risk(self.loss, self.w, simplex_point(self.log_point, self.m))
                there = risk(self.loss, self.w, simplex_point(corner, self.m))
                low, high = bounds(here - there)
            if high < 0 or low > 0:
                break
        return Enclosure(low, high, f"balls of {bits} bits")

    @property
    def confirmed(self) -> bool:
        """Whether the risk is proved to be lower than at the corner."""
        return self.reevaluate().high < 0


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
    floor. ``limit`` is the verdict as the floor goes to 0, for a loss with no value at a vertex.
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
