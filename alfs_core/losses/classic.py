"""Losses that proper scoring and calibration start from: CE, FL, MSE."""

from dataclasses import dataclass

from alfs_core.losses.base import LocalLoss
from alfs_core.numerics.elementary import Number, log


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
