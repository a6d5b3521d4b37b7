"""What a network's logits z become before a loss reads them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Softmax:
    """u = softmax(z)."""


@dataclass(frozen=True)
class TemperedSoftmax:
    """û_i = exp_t(z_i − λ(z)), exp_t(x) = [1 + (1 − t) x]_+^{1/(1−t)}, λ such that Σ û_i = 1.

    Source: Amid et al. 2019, eq. (5); t > 1 has a heavier tail than softmax, t = 1 is softmax.
    """

    t: float


@dataclass(frozen=True)
class Logits:
    """The loss reads z itself; what is known on the simplex says nothing about it."""


Link = Softmax | TemperedSoftmax | Logits
