"""One network in training: a call is a step, on CUDA the replay of a recorded one."""

import contextlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from alfs_core.losses import Loss
from alfs_core.numerics.tensor import training_loss
from alfs_core.training.recipe import Recipe

WARM_UP = 3  # steps before a recording, in which libraries choose their kernels

Read = Callable[..., tuple[Tensor, Tensor]]
Record = Callable[[Callable[[], None]], Callable[[], None]]


def _as_given(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    return images, targets


class Trainer:
    """A network, its optimiser and its schedule; one call is one step.

    A call takes the tensors of a batch; ``read`` makes images and targets of them. A step never
    waits for the device. Where there is a ``record`` the first step is recorded and then replayed,
    on batches that all have the shape of the first.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: Loss,
        scale: float,
        recipe: Recipe,
        steps: int,
        read: Read = _as_given,
        record: Record | None = None,
    ) -> None:
        self.net, self.loss, self.scale, self.recipe = net, loss, scale, recipe
        self.rate, self.read = recipe.rate(steps), read
        self.weights = [weight for weight in net.parameters() if weight.requires_grad]
        self.device = self.weights[0].device
        self.record = record
        self.half = recipe.precision == "half" and computes_in_half(self.device)
        self.optimizer = torch.optim.SGD(
            self.weights,
            lr=torch.zeros((), device=self.device) if record else 0.0,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
            fused=True if record else None,  # it alone reads its rate from the device
        )
        self.mean = Mean(self.device)
        self.steps = 0
        self._run: Callable[..., None] | None = None if record else self._step

    def __call__(self, *batch: Tensor) -> None:
        """One step; its loss before scaling and norm before clipping go into ``mean``."""
        self._set_rate(self.rate(self.steps))
        if self._run is None:
            self._run = self._recorded(batch)
        self._run(*batch)
        self.mean.count += 1
        self.steps += 1

    def state(self) -> dict[str, Any]:
        """A copy, in the host's memory, of everything that later steps depend on."""
        held = {name: value.detach().cpu().clone() for name, value in self._held().items()}
        return held | {"steps": self.steps}

    def load(self, state: dict[str, Any]) -> None:
        """Go back to a ``state`` of this trainer or of its like on another device."""
        if any(name.startswith("momentum") for name in state):
            self._begin_momentum()
        for name, value in self._held().items():
            value.copy_(state[name])
        self.steps = state["steps"]

    def precision(self) -> contextlib.AbstractContextManager[Any]:
        """In here convolutions and matrix products are computed as the recipe says."""
        if not self.half:
            return contextlib.nullcontext()
        # Each weight is used once a step: a cache of its half-precision copy would gain nothing.
        return torch.autocast(self.device.type, dtype=torch.bfloat16, cache_enabled=False)

    def _step(self, *batch: Tensor) -> None:
        images, targets = self.read(*batch)
        with self.precision():
            logits = self.net(images)
        loss = training_loss(self.loss, logits, targets)
        self.optimizer.zero_grad()
        (loss * self.scale).backward()
        norm = nn.utils.clip_grad_norm_(self.weights, self.recipe.clip)
        self.optimizer.step()
        self.mean.add(loss.detach(), norm.detach())

    def _recorded(self, batch: tuple[Tensor, ...]) -> Callable[..., None]:
        """The step as its recording; weights, momentum and means are left as they were."""
        assert self.record is not None
        inputs = [part.clone() for part in batch]
        self._begin_momentum()
        before = self.state()
        replay = self.record(partial(self._step, *inputs))
        self.load(before)
        self.mean.clear()

        def run(*batch: Tensor) -> None:
            for fixed, part in zip(inputs, batch, strict=True):
                fixed.copy_(part)
            replay()

        return run

    def _set_rate(self, rate: float) -> None:
        group = self.optimizer.param_groups[0]
        if self.record:
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate

    def _held(self) -> dict[str, Tensor]:
        held = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        momenta = [self.optimizer.state[weight].get("momentum_buffer") for weight in self.weights]
        return held | {f"momentum.{n}": m for n, m in enumerate(momenta) if m is not None}

    def _begin_momentum(self) -> None:
        """Momentum of 0, where there is none: a first step is then what it is without any."""
        for weight in self.weights:
            self.optimizer.state[weight].setdefault("momentum_buffer", torch.zeros_like(weight))


class Mean:
    """Running means of loss and gradient norm, kept on the device until they are asked for."""

    def __init__(self, device: torch.device) -> None:
        precise = torch.float32 if device.type == "mps" else torch.float64
        self.sums = torch.zeros(2, dtype=precise, device=device)
        self.count = 0

    def clear(self) -> None:
        """Begin anew."""
        self.sums.zero_()
        self.count = 0

    def add(self, loss: Tensor, norm: Tensor) -> None:
        """Take in one step; whoever takes the steps counts them."""
        self.sums += torch.stack((loss.to(self.sums.dtype), norm.to(self.sums.dtype)))

    def values(self) -> tuple[float, float]:
        """The means so far; raises FloatingPointError once one is not finite."""
        loss, norm = (total / max(self.count, 1) for total in self.sums.tolist())
        for name, value in (("loss", loss), ("gradient", norm)):
            if not math.isfinite(value):
                raise FloatingPointError(f"its {name} became {value:g}")
        return loss, norm


def computes_in_half(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 there: on CUDA devices whose units know it."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def record_graph(step: Callable[[], None]) -> Callable[[], None]:
    """``step`` as a CUDA graph, captured after WARM_UP calls; the answer replays it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay
