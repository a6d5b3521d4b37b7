"""What sympy adds to the elementary functions: formulas, slopes and ratios as expressions.

A loss runs on symbols as on numbers. ``symbolic`` puts symbols in the place of its parameters,
``expression`` in the place of u; ``latex`` of a result is ready for a page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from numbers import Real
from typing import Any, Protocol

import numpy as np
import sympy
from sympy import Expr, Float, Rational, Symbol

from alfs_core.numerics import elementary

U = Symbol("u", positive=True)
MAX_DENOMINATOR = 10**6

elementary.log.register(Expr)(sympy.log)
elementary.exp.register(Expr)(sympy.exp)
elementary.absolute.register(Expr)(sympy.Abs)
elementary.maximum.register(Expr)(sympy.Max)
elementary.minimum.register(Expr)(sympy.Min)


@elementary.softplus.register
def _(x: Expr) -> Expr:
    return sympy.log(1 + sympy.exp(x))


@elementary.register_where(Expr)
def _(inside: Any, outside: Any, mask: Any) -> Expr:
    return sympy.Piecewise((inside, mask), (outside, True))


class Formula(Protocol):
    """A loss: what ``expression`` needs of it."""

    @property
    def local(self) -> bool: ...

    def partial(self, p: Any) -> Any: ...


class Declared(Protocol):
    """A declared parameter: its name, symbol, default and domain."""

    name: str
    symbol: str
    default: float
    integer: bool
    domain: Any


class Buildable(Protocol):
    """A family of losses."""

    parameters: tuple[Any, ...]
    construct: Callable[[Any], Any]


def symbol_of(parameter: Declared) -> Symbol:
    """A symbol that prints as declared and knows its sign where the domain has one."""
    positive, negative = parameter.domain.low >= 0, parameter.domain.high <= 0
    return Symbol(parameter.symbol, real=True, **_sign(positive, negative))


def _sign(positive: bool, negative: bool) -> dict[str, bool]:
    return {"positive": True} if positive else {"negative": True} if negative else {}


def symbolic(family: Buildable) -> Any:
    """The family's loss with a symbol for each parameter; whole numbers keep their default."""
    return family.construct(
        {p.name: int(p.default) if p.integer else symbol_of(p) for p in family.parameters}
    )


def exact(x: Any) -> Any:
    """The same loss with its numbers as fractions, where these are short: 0.6 becomes 3/5."""
    if isinstance(x, tuple):
        return tuple(map(exact, x))
    if hasattr(x, "converted"):
        return x.converted(exact)
    if hasattr(x, "__dataclass_fields__"):
        return replace(x, **{f.name: exact(getattr(x, f.name)) for f in fields(x)})
    return _fraction(x) if isinstance(x, Real) else x


def _fraction(x: Real) -> Expr:
    fraction = Rational(repr(float(x)))
    return fraction if fraction.q <= MAX_DENOMINATOR else Float(float(x))


def prediction(num_classes: int) -> np.ndarray:
    """The symbols u_1, ..., u_K as an array."""
    names = [Symbol(f"u_{k + 1}", positive=True) for k in range(num_classes)]
    return np.array(names, dtype=object)


def expression(loss: Formula, num_classes: int | None = None, label: int = 0) -> Expr:
    """ℓ(u) of a local loss; L(u, label) over u_1, ..., u_K where K is given.

    Raises ValueError for a loss that is not local where K is not given.
    """
    if num_classes is not None:
        values = exact(loss).partial(prediction(num_classes))
        return sympy.sympify(values[label])
    if not loss.local:
        raise ValueError(f"{loss} depends on more than u: say for how many classes")
    return sympy.sympify(exact(loss).partial(U))


def label_sum_is_constant(loss: Formula, num_classes: int) -> bool:
    """Whether algebra shows that Σ_k L(u, k) is the same for all u; False where it does not."""
    u = prediction(num_classes)
    try:
        whole = sympy.together(sympy.Add(*exact(loss).partial(u)))
    except (TypeError, AttributeError, NotImplementedError):
        return False
    last = 1 - sympy.Add(*u[:-1])
    forms = (whole, whole.subs(u[-1], last))
    return any(sympy.cancel(form).is_number for form in forms)


def is_affine(loss: Formula) -> bool:
    """Whether algebra shows that a local ℓ'' vanishes; False where it does not."""
    try:
        second = sympy.diff(expression(loss), U, 2)
    except (TypeError, AttributeError, NotImplementedError):
        return False
    return bool(second == 0) or bool(sympy.cancel(sympy.together(second)) == 0)


def slope(loss: Formula) -> Expr:
    """ℓ'(u) of a local loss."""
    return sympy.powsimp(sympy.diff(expression(loss), U))


def slope_ratio(loss: Formula) -> Expr | None:
    """ℓ'(1)/ℓ'(0): r(ℓ) of a convex ℓ; None where a symbol leaves it open or it is 0/0 or ∞/∞."""
    derivative = slope(loss)
    at_zero, at_one = _at_end(derivative, 0), _at_end(derivative, 1)
    if at_zero is None or at_one is None or at_one.is_infinite or at_zero == 0:
        return None
    if at_zero.is_infinite:
        return sympy.Integer(0)
    ratio = sympy.powsimp(sympy.simplify(at_one / at_zero), force=True)
    whole = ratio.is_Float and float(ratio).is_integer()
    return sympy.Integer(int(ratio)) if whole else ratio


def _at_end(derivative: Expr, end: int) -> Expr | None:
    """The value at u = 0 or 1; a limit where all but u is numbers, None where it is open.

    Sympy takes no limits of steps, the slopes of max and min.
    """
    try:
        value = derivative.subs(U, end)
    except ValueError:  # Max(−∞, 0) does not compare
        value = sympy.nan
    if not _is_open(value):
        return sympy.oo if value.is_infinite else value
    if derivative.free_symbols - {U} or derivative.has(sympy.Heaviside):
        return None
    return sympy.limit(derivative, U, end, "-" if end else "+")


def _is_open(x: Expr) -> bool:
    powers_of_zero = [power for power in x.atoms(sympy.Pow) if power.base == 0]
    infinite_part = x.has(sympy.zoo, sympy.oo) and not x.is_infinite
    return bool(x.has(sympy.nan) or powers_of_zero or infinite_part)


def latex(x: Expr, digits: int | None = None) -> str:
    """LaTeX as the papers write it: log for the natural logarithm; decimals of so many digits."""
    if digits is not None:
        x = x.xreplace({decimal: Float(decimal, digits) for decimal in x.atoms(Float)})
    return str(sympy.latex(x, ln_notation=False, fold_short_frac=False))
