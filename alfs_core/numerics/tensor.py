"""What torch adds to the elementary functions: probabilities that stay logarithms.

The gradients of a loss live where u is as small as e^−200 or as close to 1 as 1 − e^−200. Both
ends are representable only as logarithms, so a ``LogProb`` carries log u and log(1 − u), each
computed from the logits without cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, singledispatch
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from alfs_core.errors import AlfsError
from alfs_core.numerics import elementary
from alfs_core.numerics.links import Link, Logits, Softmax, TemperedSoftmax


class LogProb:
    """A positive number u (..., K) known by log u, by log(1 − u), or by both.

    Products, powers and 1 − u stay logarithms; any other operation yields a plain tensor.
    """

    __slots__ = ("_log", "complement")
    __array_ufunc__ = None

    def __init__(self, log: Tensor | None, complement: Tensor | None = None) -> None:
        self._log = log
        self.complement = complement

    @property
    def log(self) -> Tensor:
        """log u."""
        return self._log if self._log is not None else _log_complement(self._known)

    @property
    def value(self) -> Tensor:
        """u itself, as a tensor."""
        return self._log.exp() if self._log is not None else _complement(self._known)

    @property
    def _known(self) -> Tensor:
        known = self._log if self._log is not None else self.complement
        assert known is not None
        return known

    @property
    def shape(self) -> torch.Size:
        return self._known.shape

    def __getitem__(self, place: int) -> LogProb:
        return LogProb(*(None if x is None else x[place] for x in (self._log, self.complement)))

    def __neg__(self) -> Tensor:
        return -self.value

    def __add__(self, other: Any) -> Any:
        return self if _is_number(other, 0) else self.value + _plain(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self if _is_number(other, 0) else self.value - _plain(other)

    def __rsub__(self, other: Any) -> Any:
        if not _is_number(other, 1):
            return _plain(other) - self.value
        return LogProb(self.complement, self._log)

    def __mul__(self, other: Any) -> Any:
        if _is_number(other, 1):
            return self
        if self._log is not None and isinstance(other, LogProb):
            return LogProb(self._log + other.log)
        if self._log is not None and isinstance(other, float | int) and other > 0:
            return LogProb(self._log + math.log(other))
        return self.value * _plain(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, LogProb):
            return LogProb(self.log - other.log)
        if isinstance(other, float | int) and other > 0:
            return self * (1 / other)
        return self.value / other

    def __rtruediv__(self, other: Any) -> Any:
        return other * torch.exp(-self.log)

    def __pow__(self, exponent: Any) -> LogProb:
        return self if _is_number(exponent, 1) else LogProb(self.log * _plain(exponent))

    def __rpow__(self, base: Any) -> Tensor:
        return base**self.value


def _complement(log: Tensor) -> Tensor:
    """1 − e^log; torch takes expm1(x) + 1 for the slope of expm1, which is 0 below x = −37."""
    near_one = -torch.expm1(log.clamp(min=-1.0))
    return torch.where(log > -1.0, near_one, 1 - torch.exp(log))


def _log_complement(log: Tensor) -> Tensor:
    """log(1 − e^log), exact at both ends, with finite gradients even at log = 0."""
    tiny = torch.finfo(log.dtype).tiny
    near_one = torch.log((-torch.expm1(log)).clamp(min=tiny))
    return torch.where(log > -math.log(2), near_one, torch.log1p(-log.clamp(max=-0.1).exp()))


def _is_number(x: Any, constant: int) -> bool:
    return isinstance(x, float | int) and x == constant


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, LogProb) else x


@elementary.log.register
def _(x: LogProb) -> Tensor:
    return x.log


@elementary.exp.register
def _(x: LogProb) -> Tensor:
    return x.value.exp()


@elementary.absolute.register
def _(x: LogProb) -> LogProb:
    return x


@elementary.maximum.register
def _(x: LogProb, floor: float) -> LogProb:
    if floor <= 0:
        return x
    complement = None
    if x.complement is not None and floor < 1:
        complement = x.complement.clamp(max=math.log1p(-floor))
    return LogProb(x.log.clamp(min=math.log(floor)), complement)


@elementary.minimum.register
def _(x: LogProb, ceiling: float) -> Tensor:
    return x.value.clamp(max=ceiling)


@elementary.total.register
def _(x: LogProb) -> Tensor:
    return x.value.sum(-1, keepdim=True)


@elementary.others.register
def _(x: LogProb) -> Tensor:
    return elementary.others(x.value)


@elementary.share.register
def _(x: LogProb) -> Tensor:
    return _Softmax.apply(x.log)


@elementary.top.register
def _(p: LogProb) -> Tensor:
    return elementary.top(p.log)


@elementary.register_where(LogProb)
@elementary.register_where(Tensor)
def _(inside: Any, outside: Any, mask: Tensor) -> Tensor:
    return torch.where(mask, _plain(inside), _plain(outside))


elementary.log.register(Tensor)(torch.log)
elementary.exp.register(Tensor)(torch.exp)
elementary.absolute.register(Tensor)(torch.abs)


@elementary.maximum.register
def _(x: Tensor, floor: float) -> Tensor:
    return x.clamp(min=floor)


@elementary.minimum.register
def _(x: Tensor, ceiling: float) -> Tensor:
    return x.clamp(max=ceiling)


@elementary.total.register
def _(x: Tensor) -> Tensor:
    return x.sum(-1, keepdim=True)


@elementary.softplus.register
def _(x: Tensor) -> LogProb:
    """Known by its logarithm, which is x itself, to rounding, below −40."""
    above = x.clamp(min=-40.0)
    log = torch.logaddexp(above, torch.zeros_like(x)).log()
    return LogProb(torch.where(x < -40, x, log))


@elementary.others.register
def _(x: Tensor) -> Tensor:
    return x @ _all_but_own(x.shape[-1], x.dtype, x.device)


@lru_cache(maxsize=100)  # a copy from the host cannot be part of a CUDA graph
def _all_but_own(num_classes: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # or a later backward could not use it
        return torch.as_tensor(elementary.all_but_own(num_classes), dtype=dtype, device=device)


@elementary.log_others_exp.register
def _(x: Tensor) -> Tensor:
    own = torch.eye(x.shape[-1], dtype=torch.bool, device=x.device)
    return torch.logsumexp(x.unsqueeze(-2).masked_fill(own, -math.inf), -1)


class _Share(torch.autograd.Function):
    """x_i / Σ x_j; its gradient never subtracts two numbers that are nearly equal."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        whole = x.sum(-1, keepdim=True)
        ctx.save_for_backward(x, whole)
        return x / whole

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        x, whole = ctx.saved_tensors
        return (g * elementary.others(x) - elementary.others(g * x)) / whole**2


@elementary.share.register
def _(x: Tensor) -> Tensor:
    return _Share.apply(x)


class _Softmax(torch.autograd.Function):
    """e^{x_i} / Σ e^{x_j}, its gradient as free of cancellation as that of ``_Share``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        shares = torch.softmax(x, -1)
        ctx.save_for_backward(shares)
        return shares

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (shares,) = ctx.saved_tensors
        return shares * (g * elementary.others(shares) - elementary.others(g * shares))


@elementary.top.register
def _(p: Tensor) -> Tensor:
    return F.one_hot(p.argmax(-1), p.shape[-1]).bool()


class _LogSoftmaxPair(torch.autograd.Function):
    """z (..., K) -> log u, log(1 − u), both exact at both ends, and so are their gradients."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> tuple[Tensor, Tensor]:
        top = elementary.top(z)
        peak = z.amax(-1, keepdim=True)
        rest = torch.logsumexp(z.masked_fill(top, -math.inf), -1, keepdim=True) - peak
        log_p = z - peak - F.softplus(rest, threshold=1e9)
        log_q = torch.log1p(-log_p.masked_fill(top, -math.inf).exp())
        log_q = torch.where(top, rest - F.softplus(rest, threshold=1e9), log_q)
        ctx.save_for_backward(log_p, log_q, top)
        return log_p, log_q

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_p: Tensor, g_q: Tensor) -> Tensor:
        log_p, log_q, top = ctx.saved_tensors
        p = log_p.exp()
        odds = (log_p - log_q).masked_fill(top, -math.inf).exp()
        from_peak = (g_q * p).masked_fill(~top, 0).sum(-1, keepdim=True)
        share_of_rest = (log_p - log_q.masked_fill(~top, 0).sum(-1, keepdim=True)).exp()
        return (
            g_p * log_q.exp()
            - g_q * p
            - p * elementary.others(g_p - g_q * odds)
            + from_peak * share_of_rest.masked_fill(top, 0)
        )


@singledispatch
def prediction(link: Link, logits: Tensor) -> Any:
    """What a loss reads of logits (..., K), K ≥ 2, under its link."""
    raise TypeError(f"no link {link!r}")


@prediction.register
def _(link: Softmax, logits: Tensor) -> LogProb:
    return LogProb(*_LogSoftmaxPair.apply(logits))


@prediction.register
def _(link: Logits, logits: Tensor) -> Tensor:
    return logits


@prediction.register
def _(link: TemperedSoftmax, logits: Tensor) -> LogProb:
    if link.t == 1:
        return prediction(Softmax(), logits)
    return LogProb(*_LogTemperedPair.apply(logits, link.t))


class _LogTemperedPair(torch.autograd.Function):
    """z (..., K) -> log û, log(1 − û) of the tempered softmax, t > 1.

    ∂ log û_j/∂z_i = û_j^{t−1} (δ_ij − s_i) with the escort s_i = û_i^t / Σ_j û_j^t.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, t: float) -> tuple[Tensor, Tensor]:
        top = elementary.top(z)
        x = z - z.amax(-1, keepdim=True)
        log_u = _log_tempered(x - _tempered_shift(x, t, top), t)
        u = log_u.exp()
        log_q = torch.where(top, elementary.others(u).log(), torch.log1p(-u.masked_fill(top, 0)))
        ctx.t = t
        ctx.save_for_backward(log_u, log_q)
        return log_u, log_q

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_p: Tensor, g_q: Tensor) -> tuple[Tensor, None]:
        log_u, log_q = ctx.saved_tensors
        odds = torch.where(g_q == 0, 0, (log_u - log_q).exp())
        pull = (g_p - g_q * odds) * ((ctx.t - 1) * log_u).exp()
        escort = torch.softmax(ctx.t * log_u, -1)
        return pull * elementary.others(escort) - escort * elementary.others(pull), None


def _log_tempered(x: Tensor, t: float) -> Tensor:
    return torch.log1p((1 - t) * x) / (1 - t)


def _tempered_shift(x: Tensor, t: float, top: Tensor) -> Tensor:
    """λ (..., 1) with Σ exp_t(x_i − λ) = 1 for t > 1 and max x = 0; exact as λ → 0.

    λ lies between 0 and (K^{t−1} − 1)/(t − 1), where every û_i is at most 1/K: bisection, then
    Newton steps on Σ_{i≠top} û_i = 1 − û_top, whose right side is free of cancellation.
    """
    low = torch.zeros_like(x[..., :1])
    high = low + (x.shape[-1] ** (t - 1) - 1) / (t - 1)
    for _ in range(30):
        middle = (low + high) / 2
        excess = _log_tempered(x - middle, t).exp().sum(-1, keepdim=True) > 1
        low, high = torch.where(excess, middle, low), torch.where(excess, high, middle)
    for _ in range(4):
        log_u = _log_tempered(x - low, t)
        surplus = torch.where(top, torch.expm1(log_u), log_u.exp()).sum(-1, keepdim=True)
        low = low + surplus / (t * log_u).exp().sum(-1, keepdim=True)
    return low


class Trainable(Protocol):
    """What the trainer needs of a loss."""

    @property
    def link(self) -> Any: ...

    def partial(self, p: Any) -> Any: ...


def training_loss(
    loss: Trainable, logits: Tensor, targets: Tensor, reduction: str = "mean"
) -> Tensor:
    """Mean (or every, ``reduction="none"``) loss of a batch; logits (B, K), targets (B,).

    Computed in float64 where the device has it: B·K numbers cost nothing beside a network, and the
    gradient that reaches float32 logits is then exact to rounding.
    """
    precise = logits if logits.device.type == "mps" else logits.double()
    losses = _at_targets(loss, prediction(loss.link, precise), targets, logits.shape)
    return losses.mean() if reduction == "mean" else losses


def training_losses(losses: Sequence[Trainable], logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of each of L losses at logits of its own (L, B, K), targets (B,) shared.

    What ``training_loss`` gives one by one; losses of one link share what is read of the logits. A
    loss whose formula has no value there is NaN, and the others are none the worse for it.
    """
    read = {link: prediction(link, logits) for link in dict.fromkeys(loss.link for loss in losses)}
    return torch.stack(
        [
            _mean(loss, read[loss.link][place], targets, logits.shape[1:])
            for place, loss in enumerate(losses)
        ]
    )


def _mean(loss: Trainable, read: Any, targets: Tensor, shape: torch.Size) -> Tensor:
    try:
        return _at_targets(loss, read, targets, shape).mean()
    except AlfsError:
        return torch.tensor(math.nan, dtype=torch.float64, device=targets.device)


def _at_targets(loss: Trainable, read: Any, targets: Tensor, shape: torch.Size) -> Tensor:
    """Losses (B,) at the given labels, from what the loss reads of logits of that shape (B, K)."""
    partial = _plain(loss.partial(read))
    return partial.expand(shape).gather(-1, targets[:, None]).squeeze(-1)
