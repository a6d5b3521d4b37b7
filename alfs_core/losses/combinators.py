"""Losses made of losses: divided by their label sum, added with weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Real
from typing import Protocol, runtime_checkable

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import (
    Domain,
    Loss,
    Parameter,
    WeightCondition,
    always,
    derivative,
    nonnegative,
    only_one_hot,
    parameter,
    ratio_condition,
)
from alfs_core.numerics.elementary import Number, classes, maximum, share, top, where


@runtime_checkable
class Curved(Protocol):
    """A loss that may know its curvature."""

    def curvature(self) -> str | None: ...


def in_class(latex: str, label: str, letter: str = "u") -> str:
    """A formula in u with u_label in its place."""
    return re.sub(r"(?<![A-Za-z\\])u(?![A-Za-z])", lambda _: f"{letter}_{{{label}}}", latex)


def bracketed(name: str) -> str:
    """The name behind a letter: in parentheses where it is more than an abbreviation."""
    return name if name.isalnum() else f"({name})"


@dataclass(frozen=True)
class Normalized(Loss):
    """L(p, y) / Σ_k L(p, k): symmetric by construction (Ma et al. 2020, eq. 5).

    NMAE and NRCE are members: a symmetric base is divided by a constant, (K − 1) ℓ(0) + ℓ(1).
    """

    base: Loss

    source = "ma2020"

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"N{bracketed(self.base.name)}"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Normalized {self.base.title[0].lower()}{self.base.title[1:]}"

    @property
    def latex(self) -> str:  # type: ignore[override]
        above, below = (in_class(self.base.latex, label) for label in "yk")
        return rf"\frac{{{above}}}{{\sum_{{k=1}}^{{K}} \left({below}\right)}}"

    @property
    def direction(self) -> str:  # type: ignore[override]
        return self.base.direction

    @property
    def ratio_latex(self) -> str:  # type: ignore[override]
        return self.base.ratio_latex

    @property
    def vertices_excluded(self) -> bool:  # type: ignore[override]
        """Where ℓ(0) = ∞ the value at a vertex is ∞/∞ (THEORY F4)."""
        return bool(np.isinf(self.base.partial(np.zeros(1))[0]))

    def partial(self, p: Number) -> Number:
        losses = self.base.partial(p)
        return losses / self._label_sum(p) if self._scaled else share(losses)

    @property
    def _scaled(self) -> bool:
        return self.base.local and self.base.is_symmetric()

    def _label_sum(self, p: Number) -> Number:
        return (classes(p) - 1) * self.base.partial(0) + self.base.partial(1)

    def is_symmetric(self) -> bool:
        return True

    def asymmetry_ratio(self) -> float | None:
        return self.base.asymmetry_ratio() if self._scaled else None

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """Of a local ℓ ≥ 0 with ℓ(1) = 0 (THEORY B5); None where neither case applies."""
        if not _known_to_fall(self.base) or self.base.partial(np.ones(1))[0] != 0:
            return None
        curvature = self.base.curvature() if isinstance(self.base, Curved) else None
        if len(w) == 2 or curvature in ("concave", "affine"):
            return always(w)
        if np.isneginf(derivative(self.base, np.zeros(1))[0]):
            return equal_others(w, self.vertices_excluded)
        return None


def _known_to_fall(loss: Loss) -> bool:
    """Whether a closed form says of a local loss how it falls; a typed one has it proved later."""
    curved = isinstance(loss, Curved) and loss.curvature() is not None
    return loss.local and (curved or loss.asymmetry_ratio() is not None)


def equal_others(w: np.ndarray, on_floor: bool) -> WeightCondition:
    """All weights but the largest are equal, to 1e-12 of their sum."""
    rest = np.sort(np.asarray(w, dtype=float))[:-1]
    spread = float(rest[-1] - rest[0])
    floor = r" \ (\text{on every floor } u_i \ge \delta)" if on_floor else ""
    return WeightCondition(
        0.0 if spread <= 1e-12 * float(np.sum(w)) else -spread,
        r"w_i \text{ equal for all } i \ne m" + floor,
    )


@dataclass(frozen=True)
class NormalizedGain(Loss):
    """1 − n_y / Σ_k n_k with n_k = ℓ(0) − ℓ(p_k) of a base that falls: symmetric, in [0, 1]."""

    base: Loss

    source = "ye2023"
    direction = "passive"

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"NN{bracketed(self.base.name)}"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Normalized negative {self.base.title[0].lower()}{self.base.title[1:]}"

    @property
    def latex(self) -> str:  # type: ignore[override]
        share_of_label = r"1 - \frac{n_{y}}{\sum_{k=1}^{K} n_{k}}"
        return rf"{share_of_label},\quad n_{{k}} = {self._gain},\ \ell(u) = {self.base.latex}"

    @property
    def _gain(self) -> str:
        return r"\ell(0) - \ell(u_{k})"

    def gains(self, p: Number) -> Number:
        """n_k of each class (..., K)."""
        return self.base.partial(0) - self.base.partial(p)

    def partial(self, p: Number) -> Number:
        return 1 - share(self.gains(p))

    def is_symmetric(self) -> bool:
        return True

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """Every w; the minimisers are all u with n = 0 off m (THEORY B6)."""
        return always(w) if _known_to_fall(self.base) else None


@dataclass(frozen=True)
class NormalizedNegative(NormalizedGain):
    """The same with n_k = ℓ(ε) − ℓ(max(p_k, ε)) (Ye et al. 2023): NNCE, NNFL."""

    eps: float = parameter(
        1e-8, Domain(0, 1e-3, low_open=True), typical=(1e-10, 1e-3), symbol=r"\varepsilon"
    )

    @property
    def _gain(self) -> str:
        return r"\ell(\varepsilon) - \ell(\max(u_{k}, \varepsilon))"

    def gains(self, p: Number) -> Number:
        return self.base.partial(self.eps) - self.base.partial(maximum(p, self.eps))


@dataclass(frozen=True)
class EpsilonSoftmax(Loss):
    """ℓ at ũ = (p + m e_t)/(m + 1), t = argmax p, ties to the first index (Wang et al. 2024)."""

    base: Loss
    m: float = parameter(1e3, nonnegative, typical=(1.0, 1e6))

    source = "wang2024"

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"E{self.base.name}"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"{self.base.title} at ε-softmax"

    @property
    def latex(self) -> str:  # type: ignore[override]
        relaxed = r"\frac{u_{y} + m\,[y = t]}{m+1},\ t = \arg\max_{k} u_{k}"
        at_relaxed = in_class(self.base.latex, "y", r"\tilde u")
        return rf"{at_relaxed},\quad \tilde u_{{y}} = {relaxed}"

    @property
    def direction(self) -> str:  # type: ignore[override]
        return self.base.direction

    def partial(self, p: Number) -> Number:
        # 1 − (1 − p)/(m + 1) is (p + m)/(m + 1), and exact as p → 1
        at_top = self.base.partial(1 - (1 - p) / (self.m + 1))
        return where(top(p), at_top, self.base.partial(p / (self.m + 1)))

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """One-hot w alone, where ℓ(0) = ∞ (THEORY F8)."""
        return only_one_hot(w) if self.base.asymmetry_ratio() == 0 else None


@dataclass(frozen=True)
class Weighted(Loss):
    """Σ_i α_i L_i, every α_i ≥ 0; a part of weight 0 is left out of the sum."""

    terms: tuple[tuple[float, Loss], ...]

    source = "ma2020"

    def __post_init__(self) -> None:
        weight_of = Parameter("weight", "w", 1.0, nonnegative, (0.0, 1.0))
        for weight, _ in self.terms:
            weight_of.check(weight, self.name)
        weights = [weight for weight, _ in self.terms if isinstance(weight, Real)]
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
        return " + ".join(rf"{a} \left({loss.latex}\right)" for a, loss in self.parts)

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
        if len(self.parts) == 1:
            return self.parts[0][1].asymmetry_ratio()
        curvature = self.curvature() if self.local else None
        if curvature != "convex":
            return 1.0 if curvature else None
        at_zero, at_one = derivative(self, np.array([0.0, 1.0]))
        return abs(float(at_one / at_zero))

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """Of a single part, or of a local sum; None for others, NCE + X among them (THEORY B8)."""
        if len(self.parts) == 1:
            return self.parts[0][1].weight_condition(w)
        return ratio_condition(self.asymmetry_ratio(), w, r"\frac{\ell'(1)}{\ell'(0)}")
