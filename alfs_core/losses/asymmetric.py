"""The asymmetric loss functions of Zhou et al.: AGCE, AUL, AEL."""

from dataclasses import dataclass

from alfs_core.losses.base import LocalLoss, parameter, positive
from alfs_core.numerics.elementary import Number


@dataclass(frozen=True)
class AGCE(LocalLoss):
    """Asymmetric generalized cross entropy; GCE as a → 0."""

    name = "AGCE"
    title = "Asymmetric generalized cross entropy"
    latex = r"\frac{(a+1)^{q}-(a+u)^{q}}{q}"
    source = "zhou2021"

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
