"""The asymmetric loss functions: AGCE, AUL, AEL, and those of the norm ‖a e_y − p‖."""

import math
from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import (
    LocalLoss,
    Loss,
    WeightCondition,
    always,
    at_least_one,
    largest_two,
    parameter,
    positive,
)
from alfs_core.numerics.elementary import Number, classes, exp, others


@dataclass(frozen=True)
class AGCE(LocalLoss):
    """Asymmetric generalized cross entropy; GCE as a → 0."""

    name = "AGCE"
    title = "Asymmetric generalized cross entropy"
    latex = r"\frac{(a+1)^{q}-(a+u)^{q}}{q}"
    source = "zhou2021"
    ratio_latex = r"\left(\frac{a}{a+1}\right)^{1-q}"

    a: float = parameter(0.6, positive, typical=(1e-5, 10.0))
    q: float = parameter(0.6, positive, typical=(0.05, 4.0))

    def partial(self, u: Number) -> Number:
        return ((self.a + 1) ** self.q - (self.a + u) ** self.q) / self.q

    def is_symmetric(self) -> bool:
        return self.q == 1

    def curvature(self) -> str:
        return "convex" if self.q < 1 else "affine" if self.q == 1 else "concave"

    def asymmetry_ratio(self) -> float:
        return 1.0 if self.q >= 1 else (self.a / (self.a + 1)) ** (1 - self.q)


@dataclass(frozen=True)
class AUL(LocalLoss):
    """Asymmetric unhinged loss; at a = 1 and p > 1 its slope vanishes at u = 1."""

    name = "AUL"
    title = "Asymmetric unhinged loss"
    latex = r"\frac{(a-u)^{p}-(a-1)^{p}}{p}"
    source = "zhou2021"
    ratio_latex = r"\left(\frac{a-1}{a}\right)^{p-1}"

    a: float = parameter(5.5, at_least_one, typical=(1.0, 10.0))
    p: float = parameter(3.0, positive, typical=(0.1, 4.0))

    def partial(self, u: Number) -> Number:
        return ((self.a - u) ** self.p - (self.a - 1) ** self.p) / self.p

    def is_symmetric(self) -> bool:
        return self.p == 1

    def curvature(self) -> str:
        return "convex" if self.p > 1 else "affine" if self.p == 1 else "concave"

    def asymmetry_ratio(self) -> float:
        return 1.0 if self.p <= 1 else ((self.a - 1) / self.a) ** (self.p - 1)


@dataclass(frozen=True)
class AEL(LocalLoss):
    """Asymmetric exponential loss; its smallest value is e^{−1/a}."""

    name = "AEL"
    title = "Asymmetric exponential loss"
    latex = r"e^{-u/a}"
    source = "zhou2021"
    ratio_latex = r"e^{-1/a}"

    a: float = parameter(2.5, positive, typical=(0.5, 10.0))

    def partial(self, u: Number) -> Number:
        return exp(-u / self.a)

    def curvature(self) -> str:
        return "convex"

    def asymmetry_ratio(self) -> float:
        return math.exp(-1 / self.a)


def to_the_norm(p: Number, a: float, q: float) -> Number:
    """‖a e_y − p‖_q^q for every label y, where a ≥ 1; (..., K) -> (..., K)."""
    return (a - p) ** q + others(p**q)


def norm_condition(a: float, q: float, w: np.ndarray) -> WeightCondition:
    """When Σ w_y ‖a e_y − p‖_q^q is smallest at e_m (THEORY B4)."""
    if q <= 1:
        return always(w)
    w_m, w_n = largest_two(w)
    rest = float(np.sum(w)) - w_m
    return WeightCondition(
        w_m * (a - 1) ** (q - 1) - w_n * a ** (q - 1) - rest,
        r"w_m (a-1)^{q-1} \ge w_n a^{q-1} + \sum_{i \ne m} w_i",
    )


@dataclass(frozen=True)
class AMSE(Loss):
    """Asymmetric mean squared error; MSE / K at a = 1."""

    name = "AMSE"
    title = "Asymmetric mean squared error"
    latex = r"\frac{1}{K} \left\| a\, e_{y} - \mathbf{u} \right\|_{2}^{2}"
    source = "wang2025"
    direction = "passive"

    a: float = parameter(30.0, at_least_one, typical=(1.0, 50.0))

    def partial(self, p: Number) -> Number:
        return to_the_norm(p, self.a, 2) / classes(p)

    def weight_condition(self, w: np.ndarray) -> WeightCondition:
        """a (w_m − w_n) ≥ W (THEORY B3)."""
        w_m, w_n = largest_two(w)
        margin = self.a * (w_m - w_n) - float(np.sum(w))
        return WeightCondition(margin, r"a (w_m - w_n) \ge W")


@dataclass(frozen=True)
class AMSEq(Loss):
    """AMSE with a general exponent; AMSE at q = 2, MAE up to scale and offset at q = 1."""

    name = "AMSE_q"
    title = "Asymmetric error with exponent q"
    latex = r"\frac{1}{K} \left\| a\, e_{y} - \mathbf{u} \right\|_{q}^{q}"
    source = "wang2025"
    direction = "passive"

    a: float = parameter(30.0, at_least_one, typical=(1.0, 50.0))
    q: float = parameter(2.0, positive, typical=(0.5, 4.0))

    def partial(self, p: Number) -> Number:
        return to_the_norm(p, self.a, self.q) / classes(p)

    def is_symmetric(self) -> bool:
        return self.q == 1

    def weight_condition(self, w: np.ndarray) -> WeightCondition:
        return norm_condition(self.a, self.q, w)


@dataclass(frozen=True)
class ANL(Loss):
    """The asymmetric norm loss (ANormLoss), not the Active Negative Loss of Ye et al."""

    name = "ANL"
    title = "Asymmetric norm loss (ANormLoss)"
    latex = r"\frac{\left\| a\, e_{y} - \mathbf{u} \right\|_{p}^{p} - (a-1)^{p}}{p}"
    source = "zhou2023"
    direction = "passive"

    a: float = parameter(1.5, at_least_one, typical=(1.0, 10.0))
    p: float = parameter(0.9, positive, typical=(0.1, 4.0))

    def partial(self, u: Number) -> Number:
        return (to_the_norm(u, self.a, self.p) - (self.a - 1) ** self.p) / self.p

    def is_symmetric(self) -> bool:
        return self.p == 1

    def weight_condition(self, w: np.ndarray) -> WeightCondition:
        return norm_condition(self.a, self.p, w)
