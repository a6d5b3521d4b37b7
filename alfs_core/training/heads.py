"""Heads on fixed features, one for each loss, trained together as one matrix product.

All heads read the same features X, so their first layers stand side by side in one matrix: the
outputs of every loss are one product X W, all gradients one product Xᵀ G. Only the gradients at the
logits are each loss's own, and those are small.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from alfs_core.losses import Loss
from alfs_core.numerics.tensor import training_losses
from alfs_core.training.recipe import Recipe

EVALUATION_BATCH = 1_000


class Heads:
    """L heads F -> K, or F -> hidden -> K with a ReLU between, all from the same first weights.

    ``weights`` are (L, out, in) and (L, out), layer by layer. A step is that of ``Trainer``: its
    momentum, decay and schedule, each head's gradient clipped by its own norm. ``left`` (L,) says
    whose loss or gradient was not finite once: such a head is trained no more.
    """

    def __init__(
        self,
        losses: Sequence[Loss],
        scales: Sequence[float],
        sizes: tuple[int, int, int],
        recipe: Recipe,
        steps: int,
        generator: torch.Generator,
    ) -> None:
        """``scales`` are the factors on the losses; ``sizes`` are F, hidden (0 for none) and K."""
        self.losses, self.recipe = tuple(losses), recipe
        self.rate, self.steps = recipe.rate(steps), 0
        self.scales = torch.tensor(scales, dtype=torch.float64)[:, None, None]
        self.left = torch.zeros(len(losses), dtype=torch.bool)
        self.weights = _first_weights(len(losses), *sizes, generator)
        self.optimizer = torch.optim.SGD(
            self.weights,
            lr=0.0,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def step(self, x: Tensor, targets: Tensor) -> None:
        """One step of every head on features x (B, F) with labels (B,)."""
        inner, logits = self._forward(x)
        values, at_logits = gradients(self.losses, logits, targets)
        finite = values.isfinite() & at_logits.isfinite().flatten(1).all(1)
        self.left |= ~finite
        at_logits = torch.where(self.left[:, None, None], 0, at_logits * self.scales).float()
        for weight, grad in zip(self.weights, self._backward(x, inner, at_logits), strict=True):
            weight.grad = grad
        self._clip()
        self.optimizer.param_groups[0]["lr"] = self.rate(self.steps)
        self.optimizer.step()
        self.steps += 1

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        """The classes (L, N) that the heads predict for features x (N, F)."""
        parts = x.split(EVALUATION_BATCH)
        return torch.cat([self._forward(part)[1].argmax(2) for part in parts], 1)

    @torch.no_grad()
    def _forward(self, x: Tensor) -> tuple[Tensor | None, Tensor]:
        """Hidden units (L, B, hidden) where there are any, and logits (L, B, K)."""
        first, bias, *second = self.weights
        outputs = torch.addmm(bias.flatten(), x, first.flatten(0, 1).T)
        outputs = outputs.unflatten(1, bias.shape).transpose(0, 1)
        if not second:
            return None, outputs
        inner = F.relu(outputs)
        return inner, torch.baddbmm(second[1][:, None], inner, second[0].transpose(1, 2))

    @torch.no_grad()
    def _backward(self, x: Tensor, inner: Tensor | None, at_logits: Tensor) -> list[Tensor]:
        """Gradients of the weights from those at the logits (L, B, K)."""
        if inner is None:
            return _of_first_layer(x, at_logits)
        at_inner = torch.bmm(at_logits, self.weights[2]) * (inner > 0)
        of_second = [torch.bmm(at_logits.transpose(1, 2), inner), at_logits.sum(1)]
        return _of_first_layer(x, at_inner) + of_second

    @torch.no_grad()
    def _clip(self) -> None:
        grads = [weight.grad for weight in self.weights if weight.grad is not None]
        norms = torch.stack([grad.flatten(1).norm(dim=1) for grad in grads]).norm(dim=0)
        factors = (self.recipe.clip / (norms + 1e-6)).clamp(max=1.0)
        for grad in grads:
            grad *= factors.view(-1, *[1] * (grad.dim() - 1))


def _first_weights(
    heads: int, features: int, hidden: int, num_classes: int, generator: torch.Generator
) -> list[Tensor]:
    """As those of a network: a hidden layer drawn, the last layer and all biases zero."""
    last = [torch.zeros(heads, num_classes, hidden or features), torch.zeros(heads, num_classes)]
    if not hidden:
        return last
    drawn = nn.init.kaiming_uniform_(torch.empty(hidden, features), a=5**0.5, generator=generator)
    return [drawn.repeat(heads, 1, 1), torch.zeros(heads, hidden), *last]


def _of_first_layer(x: Tensor, at_outputs: Tensor) -> list[Tensor]:
    """Gradients (L, out, F) and (L, out) from x (B, F) and those at the outputs (L, B, out)."""
    side_by_side = at_outputs.transpose(0, 1).flatten(1)
    of_weights = (side_by_side.T @ x).unflatten(0, at_outputs.shape[::2])
    return [of_weights, at_outputs.sum(1)]


def gradients(losses: Sequence[Loss], logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Mean losses (L,) and their gradients (L, B, K) at logits (L, B, K), in float64."""
    z = logits.double().requires_grad_()
    values = training_losses(losses, z, targets)
    if not values.requires_grad:  # no formula has a value there
        return values, torch.zeros_like(z)
    (at_logits,) = torch.autograd.grad(values.sum(), z)
    return values.detach(), at_logits
