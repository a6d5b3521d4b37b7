"""Losses made for label noise before asymmetry: MAE, RCE, GCE, TCE, PolySoft."""

import math
from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import (
    LocalLoss,
    WeightCondition,
    above_one,
    always,
    at_least_one,
    negative,
    parameter,
    positive,
)
from alfs_core.numerics.elementary import Number, log, maximum


@dataclass(frozen=True)
class MAE(LocalLoss):
    """Mean absolute error, 1 − u: half of ‖e_y − p‖₁."""

    name = "MAE"
    title = "Mean absolute error"
    latex = r"1 - u"
    source = "ghosh2017"
    ratio_latex = "1"
    direction = "passive"

    def partial(self, u: Number) -> Number:
        return 1 - u

    def is_symmetric(self) -> bool:
        return True

    def curvature(self) -> str:
        return "affine"

    def asymmetry_ratio(self) -> float:
        return 1.0


@dataclass(frozen=True)
class RCE(LocalLoss):
    """Reverse cross entropy −Σ p_k log q_k with log 0 := A, which is −A (1 − u).

    The paper sets A = −4; the published code clamps at 1e-4, so A = log 1e-4 = −9.2103.
    """

    name = "RCE"
    title = "Reverse cross entropy"
    latex = r"-A (1-u)"
    source = "wang2019"
    ratio_latex = "1"
    direction = "passive"

    A: float = parameter(math.log(1e-4), negative, typical=(-10.0, -1.0))

    def partial(self, u: Number) -> Number:
        return -self.A * (1 - u)

    def is_symmetric(self) -> bool:
        return True

    def curvature(self) -> str:
        return "affine"

    def asymmetry_ratio(self) -> float:
        return 1.0


@dataclass(frozen=True)
class GCE(LocalLoss):
    """Generalized cross entropy: CE as q → 0, MAE at q = 1; concave beyond the paper's q ≤ 1."""

    name = "GCE"
    title = "Generalized cross entropy"
    latex = r"\frac{1-u^{q}}{q}"
    source = "zhang2018"

    q: float = parameter(0.7, positive, typical=(0.05, 2.0))

    def partial(self, u: Number) -> Number:
        return (1 - u**self.q) / self.q

    def is_symmetric(self) -> bool:
        return self.q == 1

    def curvature(self) -> str:
        return "convex" if self.q < 1 else "affine" if self.q == 1 else "concave"

    def asymmetry_ratio(self) -> float:
        return 0.0 if self.q < 1 else 1.0


@dataclass(frozen=True)
class TCE(LocalLoss):
    """Taylor cross entropy: the first t terms of −log u about u = 1; MAE at t = 1."""

    name = "TCE"
    title = "Taylor cross entropy"
    latex = r"\sum_{j=1}^{t} \frac{(1-u)^{j}}{j}"
    source = "feng2020"
    ratio_latex = r"\frac{1}{t}"

    t: int = parameter(2, at_least_one, typical=(1, 10), integer=True)

    def partial(self, u: Number) -> Number:
        return sum((1 - u) ** j / j for j in range(1, int(self.t) + 1))

    def is_symmetric(self) -> bool:
        return self.t == 1

    def curvature(self) -> str:
        return "affine" if self.t == 1 else "convex"

    def asymmetry_ratio(self) -> float:
        return 1 / self.t


LARGEST_LAM = r"\lambda^*(d) = \frac{\log 2}{1-2^{-(d-1)/d}}"


@dataclass(frozen=True)
class PolySoft(LocalLoss):
    """Polynomial soft weighting of CE, flat beyond CE = λ."""

    name = "PolySoft"
    title = "Polynomial soft weighting loss"
    latex = (
        r"\frac{(d-1)\lambda}{d}"
        r"\left[1-\max\left(1+\frac{\log u}{\lambda}, 0\right)^{\frac{d}{d-1}}\right]"
    )
    source = "gong2018"

    lam: float = parameter(4.0, positive, typical=(0.5, 20.0), symbol=r"\lambda")
    d: float = parameter(2.0, above_one, typical=(1.1, 5.0))

    def partial(self, u: Number) -> Number:
        weight = maximum(1 + log(u) / self.lam, 0.0)
        return (self.d - 1) * self.lam / self.d * (1 - weight ** (self.d / (self.d - 1)))

    @property
    def largest_asymmetric_lam(self) -> float:
        """λ*(d): completely asymmetric, for every K, if and only if λ ≤ λ*(d)."""
        return math.log(2) / (1 - 2 ** -((self.d - 1) / self.d))

    def asymmetry_ratio(self) -> float | None:
        return 1.0 if self.lam <= self.largest_asymmetric_lam else None

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """Every w where λ ≤ λ*(d); beyond it no closed form is known."""
        if self.lam > self.largest_asymmetric_lam:
            return None
        reason = rf"\lambda \le {LARGEST_LAM} \text{{ and }} "
        condition = always(w)
        return WeightCondition(condition.margin, reason + condition.latex)

    @property
    def beyond(self) -> str:
        """λ against λ*(d), where it is larger."""
        most = self.largest_asymmetric_lam
        if self.lam <= most:
            return ""
        return (
            rf"Asymmetric on every $w$ if and only if $\lambda \le {LARGEST_LAM}$. Here "
            rf"$\lambda = {self.lam:g}$ is larger than $\lambda^*({self.d:g}) = {most:.4g}$: some "
            "noise breaks it, and computation decides which."
        )
