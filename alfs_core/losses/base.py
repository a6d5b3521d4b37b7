"""A loss declares its parameters once, its formula once, and what is proved about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.elementary import Number
from alfs_core.numerics.links import Link, Softmax


@dataclass(frozen=True)
class Domain:
    """An interval; an end that is open does not belong to it."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, x: float) -> bool:
        above = x > self.low if self.low_open else x >= self.low
        below = x < self.high if self.high_open else x <= self.high
        return above and below

    def __str__(self) -> str:
        left, right = "[("[self.low_open], "])"[self.high_open]
        return f"{left}{_end(self.low)}, {_end(self.high)}{right}"


def _end(x: float) -> str:
    return {math.inf: "∞", -math.inf: "−∞"}.get(x, f"{x:g}")


positive = Domain(0, math.inf, low_open=True, high_open=True)
nonnegative = Domain(0, math.inf, high_open=True)
at_least_one = Domain(1, math.inf, high_open=True)
above_one = Domain(1, math.inf, low_open=True, high_open=True)
negative = Domain(-math.inf, 0, low_open=True, high_open=True)


@dataclass(frozen=True)
class Parameter:
    """A number that a loss depends on.

    ``typical`` is the range that a slider offers and tests draw from; it contains every preset.
    """

    name: str
    symbol: str
    default: float
    domain: Domain
    typical: tuple[float, float]
    integer: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether the typical range spans more than two decades."""
        low, high = self.typical
        return low > 0 and high / low > 100

    def check(self, value: Any, owner: str) -> None:
        """Raises DomainError where a value lies outside the domain or is no number at all.

        What computes like a number without being one (a symbol, a tensor) passes.
        """
        if isinstance(value, bool | complex) or not hasattr(value, "__sub__"):
            raise DomainError(f"{owner}: {self.name} = {value!r} is not a number")
        if not isinstance(value, Real):
            return
        if float(value) not in self.domain:
            raise DomainError(f"{owner}: {self.name} = {value:g} lies outside {self.domain}")
        if self.integer and not float(value).is_integer():
            raise DomainError(f"{owner}: {self.name} = {value:g} is not a whole number")


def parameter(
    default: float,
    domain: Domain,
    *,
    typical: tuple[float, float],
    symbol: str | None = None,
    integer: bool = False,
) -> Any:
    """A dataclass field that knows its domain, typical range and symbol (LaTeX)."""
    declared = {"domain": domain, "typical": typical, "symbol": symbol, "integer": integer}
    return field(default=default, metadata={"parameter": declared})


@dataclass(frozen=True)
class WeightCondition:
    """With a unique largest weight w_m, a loss is asymmetric on w if and only if margin ≥ 0.

    ``latex`` says the condition, w_n being the second largest weight and W the sum of all.
    """

    margin: float
    latex: str


@dataclass(frozen=True)
class Loss:
    """L(p, k) for a prediction p on the simplex and a label k.

    Class attributes: ``name`` and ``title``; ``latex``, the formula as its paper prints it;
    ``source``, a key of the bibliography; ``ratio_latex``, the closed form of r(ℓ);
    ``direction``, "active" (only the given label's probability counts), "passive" or "mixed"
    (Ma et al. 2020, Def. 1 and 2); ``local``, whether L is ℓ(u) of u = p[y];
    ``vertices_excluded``, whether L has no value where a probability is 0; ``link``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    latex: ClassVar[str]
    source: ClassVar[str]
    ratio_latex: ClassVar[str] = r"r(\ell)"
    direction: ClassVar[str] = "active"
    local: ClassVar[bool] = False
    vertices_excluded: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for declared in self.parameters():
            declared.check(getattr(self, declared.name), self.name)

    @property
    def link(self) -> Link:
        return Softmax()

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The declared parameters, in order."""
        return tuple(_declared(f) for f in fields(cls) if "parameter" in f.metadata)

    def partial(self, p: Number) -> Number:
        """L(p, k) for every label k, (..., K) -> (..., K), on any number type."""
        raise NotImplementedError

    def is_symmetric(self) -> bool:
        """Whether Σ_k L(p, k) is the same for all p (Ghosh et al. 2017)."""
        return False

    def asymmetry_ratio(self) -> float | None:
        """r(ℓ) in closed form (Ou and Zhang 2023, eq. 3), where one is known."""
        return None

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """The closed condition for asymmetry on weights w (K,), where one is known."""
        return None

    @property
    def beyond(self) -> str:
        """What is known where there is no closed condition: a sentence with LaTeX, or ""."""
        return ""


def _declared(f: Any) -> Parameter:
    declared = f.metadata["parameter"]
    return Parameter(
        name=f.name,
        symbol=declared["symbol"] or f.name,
        default=f.default,
        domain=declared["domain"],
        typical=declared["typical"],
        integer=declared["integer"],
    )


class LocalLoss(Loss):
    """A loss ℓ(u) of u = p[y] alone; ``partial`` works elementwise."""

    local = True

    def curvature(self) -> str | None:
        """ "convex", "concave" or "affine" on [0, 1], where a closed form says so."""
        return None

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        """w_m r ≥ w_n: exact for convex and for concave ℓ, and where ℓ(0) = ∞ (r = 0)."""
        return ratio_condition(self.asymmetry_ratio(), w, self.ratio_latex)


def ratio_condition(
    ratio: float | None, w: np.ndarray, ratio_latex: str = r"r(\ell)"
) -> WeightCondition | None:
    """w_m r ≥ w_n as a condition, where r is known and exact (THEORY A5)."""
    if ratio is None:
        return None
    if ratio == 0:
        return only_one_hot(w)
    if ratio == 1:
        return always(w)
    w_m, w_n = largest_two(w)
    return WeightCondition(w_m * ratio - w_n, rf"w_m\,{ratio_latex} \ge w_n")


ALWAYS = r"w_m > w_n"
ONE_HOT = r"w_i = 0 \text{ for all } i \ne m"


def always(w: np.ndarray) -> WeightCondition:
    """The condition of a loss that is asymmetric on every w with a unique largest weight."""
    w_m, w_n = largest_two(w)
    return WeightCondition(w_m - w_n, ALWAYS)


def only_one_hot(w: np.ndarray) -> WeightCondition:
    """The condition of a loss that is asymmetric on one-hot w alone."""
    others = np.sort(np.asarray(w, dtype=float))[:-1]
    return WeightCondition(-float(others.sum()), ONE_HOT)


def largest_two(w: np.ndarray) -> tuple[float, float]:
    """The largest and the second largest of weights w (K,), K ≥ 2."""
    *_, second, first = sorted(np.asarray(w, dtype=float).tolist())  # faster than a partition
    return first, second


def derivative(loss: Loss, u: np.ndarray) -> np.ndarray:
    """ℓ'(u) of a local loss, elementwise, exact to rounding; ±∞ where the slope is infinite.

    At a kink the derivative to the right, at u = 1 the one into [0, 1]. Where the product rule
    reads 0 · ∞ at an end (FL at u = 1), the value one step inside.
    """
    return with_derivative(loss, u)[1]


def with_derivative(loss: Loss, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ℓ(u) and ℓ'(u) of a local loss, as ``derivative`` takes it, in one evaluation."""
    u = np.asarray(u, dtype=float)
    value, slope = _dual(loss, u)
    if not math.isnan(slope.min(initial=np.inf)):
        return value, slope
    inside = np.clip(u, np.nextafter(0, 1), np.nextafter(1, 0))
    return value, np.where(np.isnan(slope), _dual(loss, inside)[1], slope)


def _dual(loss: Loss, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ahead = np.where(u < 1, 1.0, -1.0)
    with np.errstate(invalid="ignore"):
        result = loss.partial(Dual(u, ahead))
    if isinstance(result, Dual):
        return result.value, result.slope * ahead
    return np.broadcast_to(result, u.shape), np.zeros_like(u)
