"""Losses that proper scoring and calibration start from: CE, FL, MSE, bi-tempered."""

from dataclasses import dataclass

import numpy as np

from alfs_core.losses.base import (
    Domain,
    LocalLoss,
    Loss,
    WeightCondition,
    above_one,
    nonnegative,
    only_one_hot,
    parameter,
)
from alfs_core.numerics.elementary import Number, log, others, total
from alfs_core.numerics.links import TemperedSoftmax


@dataclass(frozen=True)
class CE(LocalLoss):
    """Cross entropy."""

    name = "CE"
    title = "Cross entropy"
    latex = r"-\log u"
    source = "good1952"

    def partial(self, u: Number) -> Number:
        return -log(u)

    def curvature(self) -> str:
        return "convex"

    def asymmetry_ratio(self) -> float:
        return 0.0


@dataclass(frozen=True)
class FL(LocalLoss):
    """Focal loss; CE at γ = 0."""

    name = "FL"
    title = "Focal loss"
    latex = r"-(1-u)^{\gamma}\log u"
    source = "lin2017"

    gamma: float = parameter(0.5, nonnegative, typical=(0.0, 5.0), symbol=r"\gamma")

    def partial(self, u: Number) -> Number:
        return -((1 - u) ** self.gamma) * log(u)

    def curvature(self) -> str:
        """A sum of (1 − u)^{γ+j}/j over j ≥ 1, each convex."""
        return "convex"

    def asymmetry_ratio(self) -> float:
        return 0.0


@dataclass(frozen=True)
class MSE(Loss):
    """Mean squared error ‖e_y − p‖², Brier's score."""

    name = "MSE"
    title = "Mean squared error"
    latex = r"1 - 2 u_{y} + \sum_{k=1}^{K} u_{k}^{2}"
    source = "brier1950"
    direction = "passive"

    def partial(self, p: Number) -> Number:
        # (1 − p_y)² + Σ_{k≠y} p_k²: the printed sum cancels as p_y → 1
        return (1 - p) ** 2 + others(p**2)

    def weight_condition(self, w: np.ndarray) -> WeightCondition:
        return only_one_hot(w)


@dataclass(frozen=True)
class BiTempered(Loss):
    """Bi-tempered logistic loss, a function of û; t₂ shapes û(z) alone, through the link."""

    name = "bi-tempered"
    title = "Bi-tempered logistic loss"
    latex = (
        r"-\log_{t_1} \hat u_{y} - \frac{1 - \sum_{k=1}^{K} \hat u_{k}^{2-t_1}}{2-t_1},\quad "
        r"\log_{t} x = \frac{x^{1-t}-1}{1-t}"
    )
    source = "amid2019"

    t1: float = parameter(0.8, Domain(0, 1, high_open=True), typical=(0.0, 0.95), symbol="t_1")
    t2: float = parameter(1.2, above_one, typical=(1.05, 4.0), symbol="t_2")

    @property
    def link(self) -> TemperedSoftmax:
        return TemperedSoftmax(self.t2)

    def partial(self, u: Number) -> Number:
        log_t1 = (u ** (1 - self.t1) - 1) / (1 - self.t1)
        return -log_t1 - (1 - total(u ** (2 - self.t1))) / (2 - self.t1)

    def weight_condition(self, w: np.ndarray) -> WeightCondition:
        return only_one_hot(w)
