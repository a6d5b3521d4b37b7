"""A loss that the reader types, a loss like any other: its syntax tree is evaluated by walking."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from alfs_core.errors import DomainError, FormulaError
from alfs_core.losses.base import Domain, Loss, Parameter, WeightCondition, ratio_condition
from alfs_core.losses.combinators import Normalized, NormalizedGain, Weighted
from alfs_core.losses.families import Family
from alfs_core.losses.syntax import (
    LARGEST,
    SMALLEST,
    Binary,
    Call,
    Literal,
    Name,
    Negative,
    Node,
    ParameterRange,
    exact,
    is_total,
    latex,
    names,
    nodes,
    read,
    refuse,
    short,
    symbol,
    written,
)
from alfs_core.numerics import elementary
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.elementary import Number

MAX_EXPONENT = 64
FORMULA = "formula: "
Plain = int | float | np.number  # a number as such; symbols and fractions stay what they are
CONSTANTS = {"pi": math.pi, "e": math.e}

# ------------------------------------------------------------------------------- computing

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
_ON_CONSTANTS: dict[str, Callable[..., float]] = {
    "log": math.log,
    "ln": math.log,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "abs": abs,
    "max": max,
    "min": min,
}


def evaluate(node: Node, env: Mapping[str, Any]) -> Number:
    """The value of the tree where every name has the value that ``env`` gives it."""
    match node:
        case Literal(value):
            return value
        case Name(name):
            return env[name]
        case Negative(operand):
            return -evaluate(operand, env)
        case Binary(_, left, right):
            return _combined(node, evaluate(left, env), evaluate(right, env))
        case Call(function, arguments):
            return _called(node, function, *(evaluate(argument, env) for argument in arguments))


def _is_constant(x: Number) -> bool:
    return type(x) in (int, float)


def _constant(node: Node, function: Callable[..., float], *numbers: float) -> float:
    """A function of constants; FormulaError where it has no finite real value."""
    try:
        value = function(*map(float, numbers))
    except (ArithmeticError, ValueError):
        value = math.nan
    if isinstance(value, complex) or not math.isfinite(value):
        raise refuse("this constant has no finite value", node.position)
    return exact(value)


def _combined(node: Binary, left: Number, right: Number) -> Number:
    if node.sign == "^":
        return _power(node, left, right)
    if node.sign == "/" and _is_constant(right) and right == 0:
        raise refuse("division by zero", node.position)
    if _is_constant(left) and _is_constant(right):
        return _constant(node, _OPERATORS[node.sign], left, right)
    return _OPERATORS[node.sign](left, right)


def _power(node: Binary, base: Number, exponent: Number) -> Number:
    if _is_constant(exponent) and abs(exponent) > MAX_EXPONENT:
        limit = f"-{MAX_EXPONENT} to {MAX_EXPONENT}"
        raise refuse(f"the exponent {exponent:g} lies outside {limit}", node.position)
    if _is_constant(base) and _is_constant(exponent):
        value = _constant(node, operator.pow, base, exponent)
        if value and not SMALLEST <= abs(value) <= LARGEST:
            limits = f"{SMALLEST:g} to {LARGEST:g}"
            raise refuse(f"this power of constants lies outside {limits}", node.position)
        return value
    if _is_constant(base) and base <= 0 and "u" in names(node.right):
        raise refuse(f"a power of {base:g} needs an exponent without u", node.position)
    if "u" in names(node.left) and "u" in names(node.right):
        return elementary.exp(elementary.log(base) * exponent)
    return base**exponent


def _called(node: Node, function: str, *arguments: Number) -> Number:
    if all(map(_is_constant, arguments)):
        return _constant(node, _ON_CONSTANTS[function], *arguments)
    return _FUNCTIONS[function](*arguments)


def _extreme(bound: Callable[[Number, float], Number]) -> Callable[[Number, Number], Number]:
    """The extreme of two numbers from the extreme of a number and a constant."""

    def of(x: Number, y: Number) -> Number:
        if _is_constant(y):
            return bound(x, y)
        return bound(y, x) if _is_constant(x) else y + bound(x - y, 0)

    return of


_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "log": elementary.log,
    "ln": elementary.log,
    "exp": elementary.exp,
    "sqrt": elementary.sqrt,
    "abs": elementary.absolute,
    "max": _extreme(elementary.maximum),
    "min": _extreme(elementary.minimum),
    "total": elementary.total,
}


# ------------------------------------------------------------------------------- the loss


@dataclass(frozen=True)
class FormulaLoss(Loss):
    """A typed formula with the values of its parameters, completed and in order of appearance."""

    text: str
    values: tuple[tuple[str, float], ...] = ()

    title = "Typed formula"
    source = ""

    def __post_init__(self) -> None:
        values = {bounds.name: bounds.default for bounds in self.ranges}
        for name, value in self.values:
            if name not in values:
                raise DomainError(f"{FORMULA}no parameter {name!r} in {self.text}")
            values[name] = float(value) if isinstance(value, Plain) else value
        for bounds in self.ranges:
            declared(bounds).check(values[bounds.name], "formula")
        object.__setattr__(self, "values", tuple(values.items()))
        if self.numeric:
            self._check_values()

    def _check_values(self) -> None:
        """FormulaError where L(p, 0) has no finite value at a u in (0, 1]; a limit at 1 is one."""
        p = _with_even_rest(_LOOKED_AT, 1 if self.local else CLASSES)
        values = np.broadcast_to(np.asarray(self.partial(p), dtype=float), p.shape)[:, 0]
        undecided = np.isnan(values) & (_LOOKED_AT == 1) & (not self.local)
        given = np.eye(p.shape[1])[0]
        suspects = np.flatnonzero(~np.isfinite(values) & ~undecided)[::-1]
        if not len(suspects):
            return
        from alfs_core.numerics.enclosure import risk  # flint, which a web process can do without

        for row in suspects:
            if not risk(self, given, p[row]).is_finite():  # else only doubles cannot hold it
                kind = "not a number" if np.isnan(values[row]) else "infinite"
                message = f"the formula is {kind} at u = {p[row, 0]:.3g}"
                raise refuse(message, self._first_without_value(p[row]).position)

    def _first_without_value(self, p: np.ndarray) -> Node:
        """The part of the tree that has no finite value at p although its own parts have."""
        env = {"u": p, "K": len(p), **self._constants}
        with np.errstate(all="ignore"):
            inner_first = reversed([*nodes(self.tree)])
            return next(x for x in inner_first if not np.all(np.isfinite(evaluate(x, env))))

    @property
    def numeric(self) -> bool:
        """Whether every parameter has a number as its value, and none is a symbol."""
        return all(isinstance(value, float) for _, value in self.values)

    @property
    def name(self) -> str:  # type: ignore[override]
        return short(self.text)

    @property
    def tree(self) -> Node:
        """The syntax tree."""
        return read(self.text).tree

    @property
    def ranges(self) -> tuple[ParameterRange, ...]:
        """The parameters, in order of appearance."""
        return read(self.text).ranges

    @property
    def latex(self) -> str:  # type: ignore[override]
        return latex(self.tree)

    @property
    def local(self) -> bool:  # type: ignore[override]
        """Whether the formula depends on u alone: neither total(...) nor K."""
        return "K" not in names(self.tree) and not any(map(is_total, nodes(self.tree)))

    @property
    def direction(self) -> str:  # type: ignore[override]
        return "active" if self.local else "mixed"

    @property
    def vertices_excluded(self) -> bool:  # type: ignore[override]
        return bool(np.isnan(self.partial(np.eye(10))).any())

    def partial(self, p: Number) -> Number:
        u = np.float64(p) if _is_constant(p) else p
        env = {"u": u, **self._constants}
        if "K" in names(self.tree):
            env["K"] = elementary.classes(u)
        with np.errstate(all="ignore"):
            return evaluate(self.tree, env)

    @property
    def _constants(self) -> dict[str, Any]:
        return {**CONSTANTS, **{name: _whole(value) for name, value in self.values}}

    def converted(self, number: Callable[[float], Any]) -> FormulaLoss:
        """The same loss with every number of its text and every value turned by ``number``."""
        return _Converted(self.text, tuple((name, number(x)) for name, x in self.values), number)

    def constant(self, tree: Node) -> float:
        """The value of a part of the tree without u and K."""
        return float(evaluate(tree, self._constants))

    def curvature(self) -> str | None:
        """ "affine" where the tree shows it of a decreasing ℓ; the rest is left to enclosures."""
        return "affine" if self.asymmetry_ratio() == 1 else None

    def is_symmetric(self) -> bool:
        """Whether the tree shows that Σ_k L(p, k) is constant: affine in u, or made of shares."""
        match self.tree:
            case Binary("/", part, Call("total", (whole,))) if part == whole:
                return True
        parts = composed(self)
        return _affine(self.tree) or (parts is not self and parts.is_symmetric())

    def asymmetry_ratio(self) -> float | None:
        """1 where the tree shows that ℓ is affine and decreasing."""
        if not (self.local and _affine(self.tree)):
            return None
        at_zero, at_one = self.partial(np.array([0.0, 1.0]))
        return 1.0 if at_zero > at_one else None

    def weight_condition(self, w: np.ndarray) -> WeightCondition | None:
        return ratio_condition(self.asymmetry_ratio(), w)


@dataclass(frozen=True)
class _Converted(FormulaLoss):
    number: Callable[[float], Any] = float

    numeric = False

    @property
    def tree(self) -> Node:
        return _with_numbers(read(self.text).tree, self.number)


def _with_numbers(node: Node, number: Callable[[float], Any]) -> Node:
    match node:
        case Literal(value, position):
            return Literal(number(value), position)
        case Name():
            return node
        case Negative(operand, position):
            return Negative(_with_numbers(operand, number), position)
        case Binary(sign, left, right, position):
            first, second = _with_numbers(left, number), _with_numbers(right, number)
            return Binary(sign, first, second, position)
        case Call(function, arguments, position):
            return Call(function, tuple(_with_numbers(x, number) for x in arguments), position)


def _whole(value: Any) -> Any:
    return exact(value) if isinstance(value, float) else value


def _affine(node: Node) -> bool:
    """Whether the tree shows that it is affine in u, with constant coefficients."""
    if "u" not in names(node):
        return True
    match node:
        case Name():
            return True
        case Negative(operand):
            return _affine(operand)
        case Binary("+" | "-", left, right):
            return _affine(left) and _affine(right)
        case Binary("*", left, right):
            free = "u" not in names(left) or "u" not in names(right)
            return free and _affine(left) and _affine(right)
        case Binary("/", left, right):
            return _affine(left) and "u" not in names(right)
    return False


# ------------------------------------------------------------------------------- its parts


@lru_cache(maxsize=512)
def composed(loss: Loss) -> Loss:
    """A typed formula as a sum of normalized and local losses, equal to it up to a constant.

    Read off the tree: c f/total(f) with f of one sign at 0, ½ and 1, and not 0 at ½ (so a base that
    falls has no label sum of 0), −c f/total(f) with f(0) = 0, c > 0, and sums of such terms and
    local ones. Any other loss comes back as it is.
    """
    if not isinstance(loss, FormulaLoss) or loss.local or not loss.numeric:
        return loss
    try:
        return _composed(loss)
    except FormulaError:  # a part has no value of its own
        return loss


def _composed(loss: FormulaLoss) -> Loss:
    shares: list[tuple[float, Loss]] = []
    rest: list[tuple[int, Node]] = []
    for sign, term in _terms(loss.tree):
        share = _share(loss, term)
        if share is None:
            rest.append((sign, term))
        elif (part := _normalized(loss, sign * share[0], share[1])) is not None:
            shares.append((abs(share[0]), part))
        else:
            return loss
    remainder = _part(loss, _summed(rest)) if any("u" in names(term) for _, term in rest) else None
    if not shares or (remainder is not None and not remainder.local):
        return loss
    terms = (*shares, *([(1.0, remainder)] if remainder is not None else []))
    return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Weighted(terms)


def _part(loss: FormulaLoss, tree: Node) -> FormulaLoss:
    """A part of the formula as a loss of its own."""
    used = {bounds.name: bounds for bounds in loss.ranges if bounds.name in names(tree)}
    text = "; ".join([written(tree), *map(str, used.values())])
    return FormulaLoss(text, tuple((name, x) for name, x in loss.values if name in used))


def _normalized(loss: FormulaLoss, factor: float, f: Node) -> Loss | None:
    """|factor| times this loss is factor · f/total(f), up to a constant."""
    values = np.asarray(_part(loss, f).partial(np.array([0.0, 0.5, 1.0])), dtype=float)
    rising = factor < 0 and values[0] == 0 < values[2]
    one_sign = values[1] != 0 and bool((values >= 0).all() or (values <= 0).all())
    if not (rising or (factor > 0 and one_sign)):
        return None
    base = _part(loss, Negative(f, f.position) if rising or values.min() < 0 else f)
    return NormalizedGain(base) if rising else Normalized(base)


def _terms(node: Node, sign: int = 1) -> list[tuple[int, Node]]:
    """The terms of a sum, each with its sign."""
    match node:
        case Negative(operand):
            return _terms(operand, -sign)
        case Binary("+" | "-" as between, left, right):
            return [*_terms(left, sign), *_terms(right, sign if between == "+" else -sign)]
    return [(sign, node)]


def _summed(terms: list[tuple[int, Node]]) -> Node:
    """The tree of which these are the terms."""
    (sign, first), *others = terms
    tree: Node = first if sign > 0 else Negative(first, first.position)
    for sign, term in others:
        tree = Binary("+" if sign > 0 else "-", tree, term, term.position)
    return tree


def _share(loss: FormulaLoss, term: Node) -> tuple[float, Node] | None:
    """(c, f) of a term c f/total(f) with f in u alone and c ≠ 0."""
    factor, quotient = _scaled(loss, term)
    match quotient:
        case Binary("/", above, below):
            numerator, f = _scaled(loss, above)
            denominator, whole = _scaled(loss, below)
            match whole:
                case Call("total", (inside,)):
                    inner, g = _scaled(loss, inside)
                    scale = denominator * inner
                    factor = factor * numerator / scale if scale else 0.0
                    alike = f == g and "K" not in names(f) and not any(map(is_total, nodes(f)))
                    return (factor, f) if alike and factor and math.isfinite(factor) else None
    return None


def _scaled(loss: FormulaLoss, node: Node) -> tuple[float, Node]:
    """(c, x) with node = c x, the constant factors of a product taken out."""
    match node:
        case Negative(operand):
            factor, inner = _scaled(loss, operand)
            return -factor, inner
        case Binary("*", left, right) if _fixed(left):
            factor, inner = _scaled(loss, right)
            return loss.constant(left) * factor, inner
        case Binary("*" | "/" as sign, left, right) if _fixed(right):
            factor, inner = _scaled(loss, left)
            constant = loss.constant(right)
            return factor * constant if sign == "*" else factor / (constant or math.nan), inner
    return 1.0, node


def _fixed(node: Node) -> bool:
    """Whether the tree is a number: neither the prediction nor K is in it."""
    return not {"u", "K"} & set(names(node))


# ------------------------------------------------------------------------------- its family


def declared(bounds: ParameterRange) -> Parameter:
    """The range as a parameter that a slider and a check can read."""
    domain = Domain(bounds.low, bounds.high)
    typical = (bounds.low, bounds.high)
    return Parameter(bounds.name, symbol(bounds.name), bounds.default, domain, typical)


def formula_family(text: str) -> Family:
    """All losses of a typed formula, as a family like those of the library."""
    return Family(
        FORMULA + text,
        FormulaLoss.title,
        tuple(map(declared, read(text).ranges)),
        lambda values: FormulaLoss(text, tuple(values.items())),
        latex(read(text).tree),
    )


# ------------------------------------------------------------------------------- first aid


@dataclass(frozen=True)
class Issue:
    """What is wrong with a loss, in one sentence, and the u where it shows."""

    kind: str
    message: str
    u: float | None = None


CLASSES = 10  # of the predictions on which a formula of all of p is tried


def _with_even_rest(u: np.ndarray, num_classes: int) -> np.ndarray:
    """(u, (1 − u)/(K − 1), ...) in rows; (u,) alone for one class."""
    rest = np.repeat((1 - u)[:, None] / max(num_classes - 1, 1), num_classes - 1, axis=1)
    return np.hstack([u[:, None], rest])


_LOOKED_AT = np.concatenate([np.geomspace(1e-12, 1e-2, 21), np.linspace(0, 1, 65)[1:]])
_GRID = np.concatenate([np.geomspace(1e-12, 1e-3, 64)[:-1], np.linspace(1e-3, 1 - 1e-6, 961)])


def diagnose(loss: Loss, num_classes: int = CLASSES) -> tuple[Issue, ...]:
    """What a loss should not do, found on a grid of u in (0, 1]; none of it is an error.

    A loss that reads the whole prediction is followed where the rest 1 − u is shared evenly.
    """
    u = np.append(_GRID, 1.0) if loss.local else _GRID
    result = _along(loss, u, num_classes)
    value, slope = result.value, result.slope
    broken = _first(u, np.isnan(value), "nan", "The loss is not a number at u = {}.")
    infinite = _first(u, np.isinf(value), "infinite", "The loss is infinite at u = {}.")
    jumps = _first(u[1:], _jumps(value, slope), "jump", "The loss jumps up just below u = {}.")
    return broken or infinite or jumps or _slope_issues(u[: _GRID.size], slope[: _GRID.size])


def _jumps(value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Where the loss rises from one point to the next although it falls at both: a pole, a step."""
    falling = (slope[:-1] < 0) & (slope[1:] < 0)
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is no rise
        return falling & (np.diff(value) > 1e-9 * np.abs(value[:-1]))


def _along(loss: Loss, u: np.ndarray, num_classes: int) -> Dual:
    """L(p(u), 0) with its slope, p(u) = (u, (1 − u)/(K − 1), ...); ℓ(u) of a local loss."""
    p = _with_even_rest(u, 1 if loss.local else num_classes)
    direction = np.full((1, p.shape[1]), -1 / max(num_classes - 1, 1))
    direction[0, 0] = 1.0
    with np.errstate(all="ignore"):
        result = loss.partial(Dual(p, np.broadcast_to(direction, p.shape)))
    value, slope = np.broadcast_arrays(result.value, result.slope)
    return Dual(value[:, 0], slope[:, 0])


def _slope_issues(u: np.ndarray, slope: np.ndarray) -> tuple[Issue, ...]:
    if not np.nan_to_num(slope).any():
        return (Issue("constant", "The loss does not depend on u, so nothing can be learned."),)
    finite = np.abs(slope[np.isfinite(slope)])
    noise = 1e-12 * finite.max(initial=0.0)
    return (
        *_first(u, np.isnan(slope), "slope", "The slope of the loss is not a number at u = {}."),
        *_first(u, slope > noise, "increasing", "The loss grows with u at u = {}; it should fall."),
        *_first(
            u, slope == 0, "flat", "The loss is flat at u = {}, so no gradient comes from there."
        ),
    )


def _first(u: np.ndarray, bad: np.ndarray, kind: str, sentence: str) -> tuple[Issue, ...]:
    if not bad.any():
        return ()
    place = float(u[np.argmax(bad)])
    return (Issue(kind, sentence.format(f"{place:.3g}"), place),)
