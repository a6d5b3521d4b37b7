"""Numbers that record what is done to them: a formula run on them becomes an expression.

``Expr`` records an array or a plain number. ``TracedProb`` records a probability that stays a
logarithm, by the rules of ``numerics.tensor.LogProb``, so that the recorded formula trains as well
as the library's own. Whole subexpressions compare by ``key``.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

from alfs_core.numerics import elementary


class Expr:
    """One operation and its arguments; ``scalar`` where no array is among them.

    ``positive`` holds where the expression is known to be; ``number`` is the value of a number or a
    parameter.
    """

    __slots__ = ("args", "key", "number", "op", "positive", "scalar")
    __array_ufunc__ = None

    def __init__(
        self,
        op: str,
        *args: Expr | str,
        scalar: bool = False,
        positive: bool = False,
        number: float | None = None,
    ) -> None:
        self.op = op
        self.args = args
        self.scalar = scalar
        self.positive = positive
        self.number = number
        self.key: str = f"{op}({','.join(x if isinstance(x, str) else x.key for x in args)})"

    @property
    def children(self) -> tuple[Expr, ...]:
        return tuple(x for x in self.args if isinstance(x, Expr))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __neg__(self) -> Expr:
        if self.op == "number":
            return number(-_value(self))
        if self.op == "neg":
            return self.children[0]
        negative = self.number is not None and self.number < 0
        return Expr("neg", self, scalar=self.scalar, positive=negative)

    def __add__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, TracedProb) else _sum(self, lift(other))

    def __radd__(self, other: Any) -> Expr:
        return _sum(lift(other), self)

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, TracedProb) else _difference(self, lift(other))

    def __rsub__(self, other: Any) -> Expr:
        return _difference(lift(other), self)

    def __mul__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, TracedProb) else _product(self, lift(other))

    def __rmul__(self, other: Any) -> Expr:
        return _product(lift(other), self)

    def __truediv__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, TracedProb) else _ratio(self, lift(other))

    def __rtruediv__(self, other: Any) -> Expr:
        return _ratio(lift(other), self)

    def __pow__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, TracedProb) else _power(self, lift(other))

    def __rpow__(self, other: Any) -> Expr:
        return _power(lift(other), self)

    def __gt__(self, other: Any) -> Expr:
        return Expr("gt", self, lift(other))


def number(x: float) -> Expr:
    """A plain number; whole ones are written without a point."""
    value = int(x) if float(x).is_integer() and abs(x) < 2**53 else float(x)
    return Expr("number", repr(value), scalar=True, positive=x > 0, number=value)


def parameter(name: str, value: float) -> Expr:
    """A parameter of the loss, known by its name and its value now."""
    return Expr("parameter", name, scalar=True, positive=value > 0, number=value)


def array(name: str) -> Expr:
    """An array of the code to come."""
    return Expr("array", name)


def lift(x: Any) -> Expr:
    """Any number as an expression."""
    if isinstance(x, Real):
        return number(float(x))
    if isinstance(x, TracedProb):
        return x.value
    assert isinstance(x, Expr), x
    return x


def nodes(root: Expr) -> Iterator[Expr]:
    """Every expression in the root, arguments first, as often as it is used."""
    for child in root.children:
        yield from nodes(child)
    yield root


def _value(x: Expr) -> float:
    assert x.number is not None
    return x.number


def _is(x: Expr, constant: float) -> bool:
    return x.op == "number" and x.number == constant


def _numbers(*xs: Expr) -> bool:
    return all(x.op == "number" for x in xs)


def _binary(op: str, x: Expr, y: Expr, positive: bool) -> Expr:
    return Expr(op, x, y, scalar=x.scalar and y.scalar, positive=positive)


def _sum(x: Expr, y: Expr) -> Expr:
    if _numbers(x, y):
        return number(_value(x) + _value(y))
    if _is(x, 0):
        return y
    if _is(y, 0):
        return x
    if y.op == "neg":
        return _difference(x, y.children[0])
    if x.op == "neg":
        return _difference(y, x.children[0])
    return _binary("+", x, y, x.positive and y.positive)


def _difference(x: Expr, y: Expr) -> Expr:
    if _numbers(x, y):
        return number(_value(x) - _value(y))
    if _is(x, 0):
        return -y
    if _is(y, 0):
        return x
    if y.op == "neg":
        return _sum(x, y.children[0])
    return _binary("-", x, y, False)


def _product(x: Expr, y: Expr) -> Expr:
    if _numbers(x, y):
        return number(_value(x) * _value(y))
    if x.scalar and y.scalar and (_is(x, 0) or _is(y, 0)):
        return number(0)
    if _is(x, 1):
        return y
    if _is(y, 1):
        return x
    if y.op == "neg":
        return -_product(x, y.children[0])
    if x.op == "neg":
        return -_product(x.children[0], y)
    return _binary("*", x, y, x.positive and y.positive)


def _ratio(x: Expr, y: Expr) -> Expr:
    if _is(y, 1):
        return x
    if x.op == "neg":
        return -_ratio(x.children[0], y)
    if y.op == "neg":
        return -_ratio(x, y.children[0])
    return _binary("/", x, y, x.positive and y.positive)


def _power(x: Expr, y: Expr) -> Expr:
    if _numbers(x, y):
        return number(_value(x) ** _value(y))
    return x if _is(y, 1) else _binary("**", x, y, x.positive)


def call(op: str, *args: Any, positive: bool = False) -> Expr:
    """A function of expressions; plain numbers stay plain."""
    lifted = [lift(x) for x in args]
    return Expr(op, *lifted, scalar=all(x.scalar for x in lifted), positive=positive)


class TracedProb:
    """A positive number u known by log u, by log(1 − u), or by both."""

    __array_ufunc__ = None

    def __init__(
        self, log: Expr | None, complement: Expr | None = None, value: Expr | None = None
    ) -> None:
        self._log = log
        self.complement = complement
        self._value = value

    @property
    def log(self) -> Expr:
        """log u."""
        return self._log if self._log is not None else call("log1mexp", self.complement)

    @property
    def value(self) -> Expr:
        """u itself."""
        if self._value is not None:
            return self._value
        if self._log is not None:
            return call("exp", self._log)
        return call("one_minus_exp", self.complement)

    def __neg__(self) -> Expr:
        return -self.value

    def __add__(self, other: Any) -> Any:
        return self if _is(lift(other), 0) else self.value + lift(other)

    def __radd__(self, other: Any) -> Any:
        return self if _is(lift(other), 0) else lift(other) + self.value

    def __sub__(self, other: Any) -> Any:
        return self if _is(lift(other), 0) else self.value - lift(other)

    def __rsub__(self, other: Any) -> Any:
        whole = lift(other)
        if _is(whole, 1):
            return TracedProb(self.complement, self._log)
        if whole.number == 1 and self.complement is not None:
            # a parameter that is 1 just now: (a − 1) + (1 − u) keeps the digits of 1 − u
            return (whole - 1) + call("exp", self.complement)
        return whole - self.value

    def __mul__(self, other: Any) -> Any:
        factor = other if isinstance(other, TracedProb) else lift(other)
        if isinstance(factor, TracedProb):
            return TracedProb(self.log + factor.log, value=self.value * factor.value)
        if _is(factor, 1):
            return self
        if not (factor.scalar and factor.positive):
            return factor * self.value
        return TracedProb(self.log + call("log", factor), value=factor * self.value)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, TracedProb):
            return TracedProb(self.log - other.log)
        divisor = lift(other)
        if not (divisor.scalar and divisor.positive):
            return self.value / divisor
        return TracedProb(self.log - call("log", divisor), value=self.value / divisor)

    def __rtruediv__(self, other: Any) -> Expr:
        return lift(other) * call("exp", -self.log)

    def __pow__(self, other: Any) -> TracedProb:
        exponent = lift(other)
        if _is(exponent, 1):
            return self
        whole = exponent.op == "number" and exponent.number in (2, 3, 4)
        return TracedProb(
            exponent * self.log, value=_power(self.value, exponent) if whole else None
        )

    def __rpow__(self, other: Any) -> Expr:
        return _power(lift(other), self.value)


@elementary.log.register
def _(x: Expr) -> Expr:
    if x.op == "total" and x.children[0].op == "exp":
        return call("logsumexp", x.children[0].children[0])
    return call("log", x)


@elementary.exp.register
def _(x: Expr) -> Expr:
    return call("exp", x, positive=True)


@elementary.absolute.register
def _(x: Expr) -> Expr:
    return call("abs", x)


@elementary.maximum.register
def _(x: Expr, floor: Any) -> Expr:
    return call("max", x, floor, positive=lift(floor).positive)


@elementary.minimum.register
def _(x: Expr, ceiling: Any) -> Expr:
    return call("min", x, ceiling)


@elementary.softplus.register
def _(x: Expr) -> Expr:
    return call("softplus", x)


@elementary.total.register
def _(x: Expr) -> Expr:
    return call("total", x)


@elementary.others.register
def _(x: Expr) -> Expr:
    return call("others", x)


@elementary.share.register
def _(x: Expr) -> Expr:
    return call("share", x)


@elementary.log_others_exp.register
def _(x: Expr) -> Expr:
    return call("log_others_exp", x)


@elementary.top.register
def _(p: Expr) -> Expr:
    return call("top", p)


@elementary.classes.register
def _(p: Expr) -> Expr:
    return Expr("classes", scalar=True, positive=True)


@elementary.log.register
def _(x: TracedProb) -> Expr:
    return x.log


@elementary.exp.register
def _(x: TracedProb) -> Expr:
    return call("exp", x.value, positive=True)


@elementary.absolute.register
def _(x: TracedProb) -> TracedProb:
    return x


@elementary.maximum.register
def _(x: TracedProb, floor: Any) -> Any:
    low = lift(floor)
    if not low.positive:
        return x if low.op == "number" else call("max", x, low)
    complement = None
    if x.complement is not None and low.number is not None and low.number < 1:
        complement = call("min", x.complement, call("log1p", -low))
    return TracedProb(call("max", x.log, call("log", low)), complement)


@elementary.minimum.register
def _(x: TracedProb, ceiling: Any) -> Expr:
    return call("min", x, ceiling)


@elementary.total.register
def _(x: TracedProb) -> Expr:
    return call("total", x)


@elementary.others.register
def _(x: TracedProb) -> Expr:
    return call("others", x)


@elementary.share.register
def _(x: TracedProb) -> Expr:
    return call("share", x)


@elementary.top.register
def _(p: TracedProb) -> Expr:
    return call("top", p.log)


@elementary.classes.register
def _(p: TracedProb) -> Expr:
    return Expr("classes", scalar=True, positive=True)


@elementary.register_where(TracedProb)
@elementary.register_where(Expr)
def _(inside: Any, outside: Any, mask: Any) -> Expr:
    return call("where", mask, inside, outside)
