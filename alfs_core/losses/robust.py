"""Losses made for label noise before asymmetry: MAE, RCE, GCE and their kin."""

from dataclasses import dataclass

from alfs_core.losses.base import LocalLoss, parameter, positive
from alfs_core.numerics.elementary import Number


@dataclass(frozen=True)
class MAE(LocalLoss):
    """Mean absolute error, 1 − u: half of ‖e_y − p‖₁."""

    name = "MAE"
    title = "Mean absolute error"
    latex = r"1 - u"
    source = "ghosh2017"
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
class GCE(LocalLoss):
    """Generalized cross entropy: CE as q → 0, MAE at q = 1."""

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
