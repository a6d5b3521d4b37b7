"""What torch adds to the elementary functions: probabilities that stay logarithms.

The gradients of a loss live where u is as small as e^−200 or as close to 1 as 1 − e^−200. Both
ends are representable only as logarithms, so a ``LogProb`` carries log u and log(1 − u), each
computed from the logits without cancellation.
"""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from alfs_core.numerics import elementary
from alfs_core.numerics.links import Link, Logits, Softmax, TemperedSoftmax


class LogProb:
    """A positive number u (..., K) known by log u; for a probability also by log(1 − u).

    Products, powers and 1 − u stay logarithms; any other operation yields a plain tensor.
    """

    __slots__ = ("complement", "log")
    __array_ufunc__ = None

    def __init__(self, log: Tensor, complement: Tensor | None = None) -> None:
        self.log = log
        self.complement = complement

    @property
    def value(self) -> Tensor:
        """u itself, as a tensor."""
        return self.log.exp()

    @property
    def shape(self) -> torch.Size:
        return self.log.shape

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
        if self.complement is None:
            return -torch.expm1(self.log)
        return LogProb(self.complement, self.log)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, LogProb):
            return LogProb(self.log + other.log)
        if isinstance(other, float | int) and other > 0:
            return LogProb(self.log + math.log(other))
        return self.value * other

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, LogProb):
            return LogProb(self.log - other.log)
        if isinstance(other, float | int) and other > 0:
            return LogProb(self.log - math.log(other))
        return self.value / other

    def __rtruediv__(self, other: Any) -> Any:
        return other * torch.exp(-self.log)

    def __pow__(self, exponent: Any) -> LogProb:
        return self if _is_number(exponent, 1) else LogProb(self.log * _plain(exponent))

    def __rpow__(self, base: Any) -> Tensor:
        return base**self.value


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
    def backward(ctx: Any, g_p: Tensor, g_q: Tensor) -> Tensor:
        log_p, log_q, top = ctx.saved_tensors
        p = log_p.exp()
        others = 1 - torch.eye(p.shape[-1], dtype=p.dtype, device=p.device)
        odds = (log_p - log_q).masked_fill(top, -math.inf).exp()
        from_peak = (g_q * p).masked_fill(~top, 0).sum(-1, keepdim=True)
        share_of_rest = (log_p - log_q.masked_fill(~top, 0).sum(-1, keepdim=True)).exp()
        return (
            g_p * log_q.exp()
            - g_q * p
            - p * ((g_p - g_q * odds) @ others)
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
    log_u = _log_tempered(logits - _tempered_shift(logits, link.t), link.t)
    return LogProb(log_u, torch.log(_rest(log_u.exp())))


def _log_tempered(x: Tensor, t: float) -> Tensor:
    return torch.log1p((1 - t) * x) / (1 - t)


def _rest(u: Tensor) -> Tensor:
    """Σ_{j≠i} u_j, without the cancellation of 1 − u_i."""
    return u @ (1 - torch.eye(u.shape[-1], dtype=u.dtype, device=u.device))


def _tempered_shift(logits: Tensor, t: float) -> Tensor:
    """λ(z) (..., 1) for t > 1 by bisection, then one Newton step that carries the gradient.

    λ lies between max z and max z + (K^{t−1} − 1)/(t − 1), where every û_i is at most 1/K.
    """
    with torch.no_grad():
        low = logits.amax(-1, keepdim=True)
        high = low + (logits.shape[-1] ** (t - 1) - 1) / (t - 1)
        for _ in range(60):
            middle = (low + high) / 2
            excess = _log_tempered(logits - middle, t).exp().sum(-1, keepdim=True) > 1
            low, high = torch.where(excess, middle, low), torch.where(excess, high, middle)
        shift = (low + high) / 2
        escort = (t * _log_tempered(logits - shift, t)).exp().sum(-1, keepdim=True)
    return shift + (_log_tempered(logits - shift, t).exp().sum(-1, keepdim=True) - 1) / escort


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
    partial = _plain(loss.partial(prediction(loss.link, precise)))
    losses = partial.expand(logits.shape).gather(-1, targets[:, None]).squeeze(-1)
    return losses.mean() if reduction == "mean" else losses
