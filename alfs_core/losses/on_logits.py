"""Losses of the logits themselves.

They read z, not softmax(z), and change when a constant is added to z or z is scaled. Nothing that
is known on the simplex (asymmetry ratio, weight condition, symmetry, calibration) applies to them.
"""

from dataclasses import dataclass

from alfs_core.losses.base import Loss, parameter, positive
from alfs_core.numerics.elementary import (
    Number,
    classes,
    exceeds,
    exp,
    log,
    log_others_exp,
    maximum,
    share,
    softplus,
    sqrt,
    total,
    where,
)
from alfs_core.numerics.links import Logits


class LogitLoss(Loss):
    """A loss of logits; ``partial`` takes z (..., K)."""

    @property
    def link(self) -> Logits:
        return Logits()


@dataclass(frozen=True)
class LC(LogitLoss):
    """Cross entropy at clipped logits, as the published code clips.

    Logits longer than 1/δ are brought to the length δ; the paper clips at one length τ.
    """

    name = "LC"
    title = "Logit clipping"
    latex = (
        r"-\log \operatorname{softmax}(z')_{y},\quad z' = "
        r"\begin{cases} \delta z / \|z\| & \|z\| > 1/\delta \\ z & \text{else} \end{cases}"
    )
    source = "wei2023"

    delta: float = parameter(2.5, positive, typical=(0.1, 10.0), symbol=r"\delta")

    def partial(self, z: Number) -> Number:
        square = total(z**2)
        limit = (1 / self.delta) ** 2
        clipped = z * where(exceeds(square, limit), self.delta / sqrt(maximum(square, limit)), 1.0)
        return log(total(exp(clipped))) - clipped


@dataclass(frozen=True)
class LDR(LogitLoss):
    """Label distributionally robust loss with margin c, on softplus scores of mean 1."""

    name = "LDR"
    title = "Label distributionally robust loss"
    latex = (
        r"\lambda \log \frac{1}{K} \sum_{k=1}^{K} "
        r"\exp\frac{c\,[k \ne y] + s_{k} - s_{y}}{\lambda},\quad "
        r"s = \frac{K \operatorname{softplus}(z)}{\sum_{k} \operatorname{softplus}(z_{k})}"
    )
    source = "zhu2023"

    c: float = parameter(0.1, positive, typical=(0.01, 10.0))
    lam: float = parameter(10.0, positive, typical=(0.1, 100.0), symbol=r"\lambda")

    def partial(self, z: Number) -> Number:
        num_classes = classes(z)
        s = share(softplus(z)) * num_classes / self.lam
        others_over_own = log_others_exp(s) - s + self.c / self.lam
        return self.lam * (softplus(others_over_own) - log(num_classes))
