"""Losses made of losses: divided by their label sum, added with weights."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Protocol, runtime_checkable

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import (
    Loss,
    WeightCondition,
    derivative,
    nonnegative,
    ratio_condition,
)
from alfs_core.numerics.elementary import Number, total


@runtime_checkable
class Curved(Protocol):
    """A loss that may know its curvature."""

    def curvature(self) -> str | None: ...


@dataclass(frozen=True)
class Normalized(Loss):
    """L(p, k) / Σ_j L(p, j): symmetric by construction, Σ_k = 1 (Ma et al. 2020, eq. 5)."""

    base: Loss

    source = "ma2020"
    vertices_excluded = True

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"N{self.base.name}"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Normalized {self.base.title[0].lower()}{self.base.title[1:]}"

    @property
    def latex(self) -> str:  # type: ignore[override]
        return r"\frac{L(p, y)}{\sum_{k} L(p, k)},\quad L = " + self.base.latex

    def partial(self, p: Number) -> Number:
        losses = self.base.partial(p)
        return losses / total(losses)

    def is_symmetric(self) -> bool:
        return True


@dataclass(frozen=True)
class Weighted(Loss):
    """Σ_i α_i L_i, every α_i ≥ 0; a part of weight 0 is left out of the sum."""

    terms: tuple[tuple[float, Loss], ...]

    source = "ma2020"

    def __post_init__(self) -> None:
        weights = [weight for weight, _ in self.terms if isinstance(weight, Real)]
        for weight in weights:
            if weight not in nonnegative:
                raise DomainError(f"{self.name}: weight = {weight:g} lies outside {nonnegative}")
        if len(weights) == len(self.terms) and not any(weights):
            raise DomainError(f"{self.name}: every weight is 0, so nothing is left of the sum")

    @property
    def name(self) -> str:  # type: ignore[override]
        return "+".join(loss.name for _, loss in self.terms)

    @property
    def title(self) -> str:  # type: ignore[override]
        return " + ".join(loss.title for _, loss in self.terms)

    @property
    def latex(self) -> str:  # type: ignore[override]
        return " + ".join(rf"{a}\left({loss.latex}\right)" for a, loss in self.parts)

    @property
    def parts(self) -> tuple[tuple[float, Loss], ...]:
        """The terms with a weight that is not zero."""
        return tuple((weight, loss) for weight, loss in self.terms if weight != 0)

    @property
    def direction(self) -> str:  # type: ignore[override]
        directions = {loss.direction for _, loss in self.parts}
        return directions.pop() if len(directions) == 1 else "mixed"

    @property
    def local(self) -> bool:  # type: ignore[override]
        return all(loss.local for _, loss in self.parts)

    @property
    def vertices_excluded(self) -> bool:  # type: ignore[override]
        return any(loss.vertices_excluded for _, loss in self.parts)

    def partial(self, p: Number) -> Number:
        return sum(weight * loss.partial(p) for weight, loss in self.parts)

    def is_symmetric(self) -> bool:
        return all(loss.is_symmetric() for _, loss in self.parts)

    def curvature(self) -> str | None:
        """Convex (concave) where every part is convex (concave) or affine."""
        kinds = {loss.curvature() if isinstance(loss, Curved) else None for _, loss in self.parts}
        kinds = kinds - {"affine"} or {"affine"}
        return kinds.pop() if len(kinds) == 1 else None

    def asymmetry_ratio(self) -> float | None:
        """ℓ'(1)/ℓ'(0) of a convex sum, 1 of a concave one (THEORY A5, B7)."""
        curvature = self.curvature() if self.local else None
        if curvature != "convex":
            return 1.0 if curvature else None
        at_zero, at_one = derivative(self, np.array([0.0, 1.0]))
        return float(at_one / at_zero)

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        if len(self.parts) == 1:
            return self.parts[0][1].weight_condition(w)
        return ratio_condition(self.asymmetry_ratio(), w)
