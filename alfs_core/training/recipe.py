"""How a network is trained: optimiser, schedule, and how losses are put on one scale."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from alfs_core.errors import RunError
from alfs_core.losses import Loss
from alfs_core.losses.facts import uniform_slope
from alfs_core.numerics.tensor import training_loss

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
CLIP = 5.0  # largest norm of a gradient
RISE = 0.15  # share of the steps in which the rate rises
EQUAL_SLOPE = 2.0  # |dL/dp_y| at the uniform prediction after scaling: that of MAE


def equal_step(loss: Loss, num_classes: int) -> float:
    """The factor that gives a loss the slope EQUAL_SLOPE at the uniform prediction.

    It is a learning rate: published formulas differ 75-fold in slope, and asymmetry is scale free.
    Raises RunError where the slope is 0 or not finite.
    """
    slope = uniform_slope(loss, num_classes)
    if not 1e-12 < slope < 1e12:
        raise RunError(
            f"its slope at the uniform prediction is {slope:g}: it cannot be scaled to equal steps"
        )
    return EQUAL_SLOPE / slope


@dataclass(frozen=True)
class Triangle:
    """The learning rate of each step: up to ``peak``, then linearly to 0."""

    peak: float
    steps: int

    def __call__(self, step: int) -> float:
        """The rate of ``step``, 0 <= step < steps."""
        done = (step + 0.5) / self.steps
        return self.peak * min(done / RISE, (1 - done) / (1 - RISE))


class Trainer:
    """A network, its optimiser and its schedule; one call is one step."""

    def __init__(self, net: nn.Module, loss: Loss, scale: float, rate: Triangle) -> None:
        self.net, self.loss, self.scale, self.rate = net, loss, scale, rate
        self.weights = [weight for weight in net.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.SGD(
            self.weights, lr=0.0, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY
        )
        self.steps = 0

    def __call__(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One step on a batch; returns the loss before scaling and the norm before clipping."""
        self.optimizer.param_groups[0]["lr"] = self.rate(self.steps)
        loss = training_loss(self.loss, self.net(images), targets)
        self.optimizer.zero_grad()
        (loss * self.scale).backward()
        norm = nn.utils.clip_grad_norm_(self.weights, CLIP)
        self.optimizer.step()
        self.steps += 1
        return loss.detach(), norm.detach()
