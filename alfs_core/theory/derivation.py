"""From the clean risk to the inequality that decides, with every number put in, as LaTeX.

A closed condition has one form: A w_m ≥ B w_n + C Σ_{i≠m} w_i, or > (THEORY A5, B). Where the row
of T is a straight line in the noise rate, so is the condition, and it is solved for the rate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, singledispatch

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.asymmetric import AMSE, ANL, AMSEq
from alfs_core.losses.base import ALWAYS, ONE_HOT, Loss, derivative, largest_two
from alfs_core.losses.combinators import EpsilonSoftmax, Normalized, NormalizedNegative, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import LARGEST_LAM, RCE, PolySoft
from alfs_core.losses.syntax import symbol
from alfs_core.theory.curvature import convexity, strictly_convex
from alfs_core.theory.ratio import RatioResult, asymmetry_ratio

ROUNDING = 1e-13
MOST_TERMS = 6  # of a noisy risk that are shown
MOST_WRITTEN = 2  # of them with the formula in each
LARGEST_DENOMINATOR = 10_000
NOISY = "Noisy risk: the loss of every label, weighted by how often that label is given"


@dataclass(frozen=True)
class Line:
    """One step: why, as Markdown, and what, as LaTeX."""

    words: str
    latex: str


@dataclass(frozen=True)
class Inequality:
    """``left`` ≥ ``right``, or > where ``strict``; ``numbers`` is the same as LaTeX."""

    general: str
    numbers: str
    left: float
    right: float
    strict: bool

    @property
    def met(self) -> bool:
        """Equality up to rounding is equality."""
        slack = ROUNDING * max(abs(self.left), abs(self.right))
        return self.left - self.right > slack if self.strict else self.left - self.right >= -slack


@dataclass(frozen=True)
class Derivation:
    """The steps; what decides, None where no closed condition is known; the rate it allows."""

    lines: tuple[Line, ...]
    inequality: Inequality | None
    largest_rate: float | None


# ---- numbers and formulas as LaTeX ----------------------------------------------------------


def number(x: float) -> str:
    """Five significant digits.

    >>> number(0.1), number(2e-7), number(float("-inf"))
    ('0.1', '2 \\\\cdot 10^{-7}', '-\\\\infty')
    """
    if np.isinf(x):
        return r"\infty" if x > 0 else r"-\infty"
    digits, _, power = f"{x:.5g}".partition("e")
    if not power:
        return digits
    return rf"{digits} \cdot 10^{{{int(power)}}}".removeprefix(r"1 \cdot ")


def is_short(x: float) -> bool:
    """Whether five digits say all of a number."""
    return float(f"{x:.5g}") == x


def equals(x: float) -> str:
    return ("= " if is_short(x) else r"\approx ") + number(x)


def fraction(x: Fraction) -> str:
    """A fraction as LaTeX."""
    if x.denominator == 1:
        return str(x.numerator)
    sign = "-" if x < 0 else ""
    return rf"{sign}\frac{{{abs(x.numerator)}}}{{{x.denominator}}}"


@singledispatch
def put_in(loss: Loss, num_classes: int) -> str:
    """The printed formula with the numbers of the loss, and K, in the place of its letters.

    A local loss is a formula in u, any other one in u_y, u_k and the vector u.
    """
    text = loss.latex
    for declared in sorted(loss.parameters(), key=lambda p: -len(p.symbol)):
        text = _replaced(text, declared.symbol, _inserted(getattr(loss, declared.name)))
    return _replaced(text, "K", str(num_classes))


@put_in.register
def _(loss: RCE, num_classes: int) -> str:
    return rf"{number(-loss.A)}\,(1-u)"


@put_in.register
def _(loss: FormulaLoss, num_classes: int) -> str:
    text = loss.latex
    for name, value in loss.values:
        text = _replaced(text, symbol(name), _inserted(value))
    return _replaced(text, "K", str(num_classes))


@put_in.register
def _(loss: Normalized, num_classes: int) -> str:
    base = put_in(loss.base, num_classes)
    above, below = (_of_class(base, label) for label in "yk")
    return rf"\frac{{{above}}}{{\sum_{{k}} \left({below}\right)}}"


@put_in.register
def _(loss: NormalizedNegative, num_classes: int) -> str:
    eps = number(loss.eps)
    gain = rf"n_{{k}} = \ell({eps}) - \ell(\max(u_{{k}}, {eps}))"
    inner = rf"\ell(u) = {put_in(loss.base, num_classes)}"
    return rf"1 - \frac{{n_{{y}}}}{{\sum_{{k}} n_{{k}}}},\quad {gain},\ {inner}"


@put_in.register
def _(loss: EpsilonSoftmax, num_classes: int) -> str:
    m = number(loss.m)
    relaxed = rf"\tilde u_{{y}} = \frac{{u_{{y}} + {m}\,[y = t]}}{{{number(loss.m + 1)}}}"
    value = re.sub(_letter("u"), r"\\tilde u_{y}", put_in(loss.base, num_classes))
    return rf"{value},\quad {relaxed},\ t = \arg\max_{{k}} u_{{k}}"


@put_in.register
def _(loss: Weighted, num_classes: int) -> str:
    if loss.local:
        return " + ".join(_scaled(a, put_in(part, num_classes)) for a, part in loss.parts)
    return " + ".join(
        rf"{number(a)}\,".removeprefix(r"1\,") + _name_of(part) for a, part in loss.parts
    )


def _scaled(weight: float, text: str) -> str:
    return text if weight == 1 else rf"{number(weight)} \left({text}\right)"


def _inserted(x: float) -> str:
    """A number where a letter stood: in brackets where it is more than digits."""
    text = number(float(x))
    return text if text.replace(".", "").isdigit() else rf"\left({text}\right)"


def _name_of(loss: Loss) -> str:
    if isinstance(loss, FormulaLoss):
        return "L"
    return rf"L_{{\mathrm{{{loss.name}}}}}".replace("_q", r"\_q")


def _letter(symbol: str) -> str:
    """A pattern of a symbol that is no part of a longer word."""
    before = "" if symbol.startswith("\\") else r"(?<![A-Za-z\\])"
    return before + re.escape(symbol) + r"(?![A-Za-z])"


def _replaced(text: str, symbol: str, by: str) -> str:
    """A number right after a closing bracket gets a sign of multiplication."""

    def put(found: re.Match[str]) -> str:
        return rf" \cdot {by}" if text[: found.start()].endswith(")") else by

    return re.sub(_letter(symbol), put, text)


def _of_class(text: str, label: str) -> str:
    """A formula in u with u_label in its place."""
    return re.sub(_letter("u") + r"(?!_)", rf"u_{{{label}}}", text)


# ---- a row of T -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class NoisyRow:
    """Row ``clean`` of T at the present rate, w (K,).

    ``start`` and ``slope`` (K,) say w = start + slope · rate as fractions, where the noise has a
    rate to write; ``rate`` is None where it has none.
    """

    w: np.ndarray
    clean: int
    rate: float | None = None
    start: tuple[Fraction, ...] = ()
    slope: tuple[Fraction, ...] = ()

    @property
    def others(self) -> list[int]:
        return [j for j in range(len(self.w)) if j != self.clean]

    @property
    def dominated(self) -> bool:
        """Whether the clean label is not the most frequent one of its own row."""
        return bool(self.w[self.clean] <= np.delete(self.w, self.clean).max() * (1 + ROUNDING))

    def entry(self, j: int) -> str:
        """w_j in terms of η, or as a number."""
        if self.rate is None:
            return number(float(self.w[j]))
        return _line_text(self.start[j], self.slope[j])


def _line_text(start: Fraction, slope: Fraction) -> str:
    if slope == 0:
        return fraction(start)
    size = abs(slope)
    above = r"\eta" if size.numerator == 1 else rf"{size.numerator}\eta"
    term = above if size.denominator == 1 else rf"\frac{{{above}}}{{{size.denominator}}}"
    if start == 0:
        return term if slope > 0 else f"-{term}"
    return f"{fraction(start)} {'+' if slope > 0 else '-'} {term}"


def noisy_row(w: np.ndarray, clean: int) -> NoisyRow:
    """A row of numbers, without a rate."""
    return NoisyRow(np.asarray(w, dtype=float), clean)


def rated_row(row: Callable[[float], np.ndarray], clean: int, rate: float) -> NoisyRow:
    """A row at a rate; ``row`` must be a straight line in it, as that of every kind of noise is.

    Without that the row is one of numbers.
    """
    w, zero, one = row(rate), row(0.0), row(1.0)
    if not np.allclose(w, zero + rate * (one - zero), rtol=0, atol=1e-12):
        return noisy_row(w, clean)
    start = tuple(Fraction(float(x)).limit_denominator(LARGEST_DENOMINATOR) for x in zero)
    end = (Fraction(float(x)).limit_denominator(LARGEST_DENOMINATOR) for x in one)
    slope = tuple(b - a for a, b in zip(start, end, strict=True))
    return NoisyRow(w, clean, rate, start, slope)


# ---- the condition --------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """A w_m ≥ B w_n + C Σ_{i≠m} w_i, > where ``strict``; ``latex`` in general."""

    latex: str
    a: float
    b: float
    c: float = 0.0
    strict: bool = False

    def at(self, row: NoisyRow) -> Inequality:
        """With the row's numbers."""
        w_m, w_n = largest_two(row.w)
        rest = float(np.delete(row.w, row.clean).sum())
        left, right = self.a * w_m, self.b * w_n + self.c * rest
        sign = ">" if self.strict else r"\ge"
        right_text = self._right(number(w_n), number(rest))
        numbers = rf"{_product(self.a, number(w_m))} {sign} {right_text}"
        told = self._worked(numbers, left, right)
        return Inequality(self.latex, told, left, right, self.strict)

    def _right(self, w_n: str, rest: str) -> str:
        terms = [_product(k, x) for k, x in ((self.b, w_n), (self.c, rest)) if k]
        return " + ".join(terms) or "0"

    def _worked(self, numbers: str, left: float, right: float) -> str:
        sign = ">" if self.strict else r"\ge"
        worked = f"{number(left)} {sign} {number(right)}"
        return numbers if worked == numbers else rf"{numbers} \quad\Leftrightarrow\quad {worked}"

    def solved(self, row: NoisyRow) -> tuple[str, float] | None:
        """η ≤ A / (A c + B b + C c) for w_m = 1 − c η, w_n = b η; None for a row without rate."""
        if row.rate is None or not any(row.slope):
            return None
        falls = -row.slope[row.clean]
        rises = max(row.slope[j] for j in row.others)
        if row.start[row.clean] != 1 or any(row.start[j] for j in row.others):
            return None
        below = self.a * float(falls) + self.b * float(rises) + self.c * float(falls)
        sign = "<" if self.strict else r"\le"
        top = number(self.a)
        terms = ((self.a + self.c, falls), (self.b, rises))
        bottom = " + ".join(_multiple(k, x) for k, x in terms if k)
        rate = self.a / below
        return rf"\eta {sign} \frac{{{top}}}{{{bottom}}} {equals(rate)}", rate


def _multiple(factor: float, x: Fraction) -> str:
    return number(factor) if x == 1 else _product(factor, fraction(x))


def _product(factor: float, text: str) -> str:
    return text if factor == 1 else rf"{number(factor)} \cdot {text}" if factor else "0"


_ONE_HOT = Condition(rf"{ONE_HOT} \iff 0 \ge \sum_{{i \ne m}} w_i", 0.0, 0.0, 1.0)


def condition(loss: Loss, w: np.ndarray) -> Condition | None:
    """The closed condition of a loss in its linear form; None where it has none."""
    if isinstance(loss, Weighted) and len(loss.parts) == 1:
        return condition(loss.parts[0][1], w)
    known = loss.weight_condition(w)
    if known is None:
        return _of_shape(loss)
    if known.latex.endswith(ALWAYS):
        return Condition(known.latex, 1.0, 1.0, strict=True)
    if known.latex == ONE_HOT:
        return _ONE_HOT
    if isinstance(loss, AMSE):
        return Condition(known.latex, loss.a - 1, loss.a, 1.0)
    if isinstance(loss, AMSEq | ANL):
        exponent = loss.q if isinstance(loss, AMSEq) else loss.p
        power = exponent - 1
        return Condition(known.latex, (loss.a - 1) ** power, loss.a**power, 1.0)
    ratio = loss.asymmetry_ratio()
    return None if ratio is None else Condition(known.latex, ratio, 1.0)


def _of_shape(loss: Loss) -> Condition | None:
    """The condition of a local loss that is proved to be convex or concave (THEORY A5)."""
    shape = convexity(loss) if loss.local else None
    if shape is None:
        return None
    if shape != "convex":
        own, other = loss.partial(np.array([1.0, 0.0]))
        return Condition(ALWAYS, 1.0, 1.0, strict=True) if other > own else None
    strict = not strictly_convex(loss)
    at_zero, at_one = _end_slopes(loss)
    ratio = 0.0 if np.isinf(at_zero) else at_one / at_zero
    sign = ">" if strict else r"\ge"
    return Condition(rf"w_m\,\frac{{\ell'(1)}}{{\ell'(0)}} {sign} w_n", ratio, 1.0, strict=strict)


def _end_slopes(loss: Loss) -> tuple[float, float]:
    at_zero, at_one = derivative(loss, np.array([0.0, 1.0]))
    return float(at_zero), float(at_one)


# ---- the whole way --------------------------------------------------------------------------


def derivation(loss: Loss, row: NoisyRow) -> Derivation:
    """Clean risk, noisy risk and condition for one class of one transition matrix."""
    lines = [*_loss_lines(loss, len(row.w)), *_risk_lines(loss, row)]
    if row.dominated:
        return Derivation((*lines, _not_dominating(row)), None, None)
    if not any(row.w[row.others]):
        return Derivation((*lines, _never_wrong(row)), _ONE_HOT.at(row), None)
    closed = condition(loss, row.w)
    if closed is None:
        return Derivation((*lines, *_without_closed_form(loss, row)), None, None)
    inequality, solved = closed.at(row), closed.solved(row)
    lines += [*_reason(loss), Line("The condition for asymmetry on these weights", closed.latex)]
    so = "holds, so the noise does not move the minimiser" if inequality.met else "fails"
    lines.append(Line(f"With the numbers, it {so}", inequality.numbers))
    if solved is None:
        return Derivation(tuple(lines), inequality, None)
    lines.append(Line("Solved for the rate of this noise", solved[0]))
    return Derivation(tuple(lines), inequality, solved[1])


def _loss_lines(loss: Loss, num_classes: int) -> list[Line]:
    name = r"\ell(u)" if loss.local else r"L(\mathbf{u}, y)"
    lines = [Line("The loss", f"{name} = {put_in(loss, num_classes)}")]
    if isinstance(loss, Weighted) and not loss.local:
        lines += [
            Line(f"Its part {part.name}", f"{_name_of(part)} = {_part_text(part, num_classes)}")
            for _, part in loss.parts
        ]
    return lines


def _part_text(part: Loss, num_classes: int) -> str:
    text = put_in(part, num_classes)
    return _of_class(text, "y") if part.local else text


def _risk_lines(loss: Loss, row: NoisyRow) -> list[Line]:
    y = row.clean
    clean = _term(loss, str(y)) + (f" = {_of_class(put_in(loss, len(row.w)), str(y))}" * loss.local)
    lines = [
        Line(f"Clean risk of an image of label {y}", f"R(\\mathbf{{u}}) = {clean}"),
        Line(f"Row {y} of the transition matrix", _row_text(row)),
    ]
    head = r"R^{\eta}(\mathbf{u}) = "
    if row.rate is not None:
        lines.append(Line(NOISY, head + _risk_text(row, partial(_term, loss))))
    numbers = NoisyRow(row.w, row.clean)
    if row.rate is None or row.rate:
        at = NOISY if row.rate is None else rf"The same at $\eta = {number(row.rate)}$"
        lines.append(Line(at, head + _risk_text(numbers, _written(loss, numbers))))
    return lines


def _term(loss: Loss, label: str) -> str:
    return rf"\ell(u_{{{label}}})" if loss.local else rf"L(\mathbf{{u}}, {label})"


def _groups(row: NoisyRow) -> list[list[int]]:
    """Wrong labels of one weight together, the most frequent first, those of weight 0 left out."""
    groups: dict[float, list[int]] = {}
    for j in row.others:
        if row.w[j] > 0:
            groups.setdefault(float(np.round(row.w[j], 12)), []).append(j)
    return [groups[weight] for weight in sorted(groups, reverse=True)]


def _index_set(members: list[int], row: NoisyRow) -> str:
    if len(members) == len(row.others):
        return rf"i \ne {row.clean}"
    shown = ", ".join(map(str, members[:MOST_TERMS]))
    return rf"i \in \{{{shown}{', …' * (len(members) > MOST_TERMS)}\}}"


def _row_text(row: NoisyRow) -> str:
    entries = [_entry_text(row, row.clean, rf"w_{{{row.clean}}}")]
    groups = _groups(row)
    for members in groups[:MOST_TERMS]:
        several = len(members) > 1
        name = "w_i" if several else f"w_{{{members[0]}}}"
        where = rf"\ ({_index_set(members, row)})" if several else ""
        entries.append(_entry_text(row, members[0], name) + where)
    return r",\quad ".join(entries) + (r",\ \dots" if len(groups) > MOST_TERMS else "")


def _entry_text(row: NoisyRow, j: int, name: str) -> str:
    text = f"{name} = {row.entry(j)}"
    return text if row.rate is None or not row.slope[j] else f"{text} {equals(float(row.w[j]))}"


def _risk_text(row: NoisyRow, term: Callable[[str], str]) -> str:
    terms = [_factor(row.entry(row.clean)) + term(str(row.clean))]
    groups = _groups(row)
    for members in groups[:MOST_TERMS]:
        several = len(members) > 1
        total = rf"\sum_{{{_index_set(members, row)}}} " if several else ""
        label = "i" if several else str(members[0])
        terms.append(_factor(row.entry(members[0])) + total + term(label))
    return " + ".join(terms) + (r" + \dots" if len(groups) > MOST_TERMS else "")


def _written(loss: Loss, row: NoisyRow) -> Callable[[str], str]:
    """The loss of a label, written out where that is local and the terms are few."""
    if not loss.local or len(_groups(row)) > MOST_WRITTEN:
        return partial(_term, loss)
    text = put_in(loss, len(row.w))
    return lambda label: rf"\left({_of_class(text, label)}\right)"


def _factor(text: str) -> str:
    if text == "1":
        return ""
    return (f"({text})" if " " in text and "cdot" not in text else text) + r"\,"


def _not_dominating(row: NoisyRow) -> Line:
    top = max(row.others, key=lambda j: row.w[j])
    words = (
        "The clean label is not the one most frequent label, so no loss that treats all labels "
        "alike tolerates this row"
    )
    mine, theirs = number(float(row.w[row.clean])), number(float(row.w[top]))
    return Line(words, rf"w_{{{row.clean}}} = {mine} \le w_{{{top}}} = {theirs}")


def _never_wrong(row: NoisyRow) -> Line:
    words = "The label of this class is never wrong, so its noisy risk is its clean risk"
    return Line(words, rf"\sum_{{i \ne {row.clean}}} w_i = 0")


def _reason(loss: Loss) -> list[Line]:
    """Why the condition is what it is, for the shapes that have a short reason."""
    shape = convexity(loss)
    if shape in ("concave", "affine"):
        words = f"The risk is {shape} in the prediction, so a corner minimises it"
        return [Line(words, r"\min_{\mathbf u} R^{\eta}(\mathbf u) = \min_i R^{\eta}(e_i)")]
    if not loss.local or shape != "convex":
        return []
    from alfs_core.numerics import symbolic  # sympy takes a second to load

    at_zero, at_one = _end_slopes(loss)
    lines = [
        Line(
            "The slope of the loss", rf"\ell'(u) = {symbolic.latex(symbolic.slope(loss), digits=5)}"
        ),
        Line(
            r"At $e_m$, a small step $\varepsilon$ from class $m$ to class $n$ changes the risk by",
            r"\varepsilon \left( w_m\, |\ell'(1)| - w_n\, |\ell'(0)| \right), \qquad "
            rf"|\ell'(0)| {equals(abs(at_zero))},\quad |\ell'(1)| {equals(abs(at_one))}",
        ),
    ]
    ratio = 0.0 if np.isinf(at_zero) else at_one / at_zero
    words = "The risk is convex, so the first step decides, through the asymmetry ratio"
    return [*lines, Line(words, rf"r(\ell) = \frac{{\ell'(1)}}{{\ell'(0)}} {equals(ratio)}")]


def _without_closed_form(loss: Loss, row: NoisyRow) -> list[Line]:
    if loss.local:
        return _enclosed_ratio(loss, row)
    if isinstance(loss, Weighted):
        return _by_parts(loss, row)
    known = loss.weight_condition(row.w)
    if known is None:
        return [Line("No closed condition is known; the verdict rests on computation", "")]
    off = np.delete(row.w, row.clean)
    spread = rf"\max_{{i \ne m}} w_i - \min_{{i \ne m}} w_i {equals(float(np.ptp(off)))}"
    return [
        Line("The condition for asymmetry on these weights", known.latex),
        Line(f"With the numbers, it {_holds(known.margin >= 0)}", spread),
    ]


def _largest_lam(loss: Loss) -> list[Line]:
    if not isinstance(loss, PolySoft):
        return []
    most, lam = number(loss.largest_asymmetric_lam), number(loss.lam)
    words = "It is asymmetric on every row up to a value of λ, and here λ is larger"
    return [Line(words, rf"{LARGEST_LAM} \approx {most} < \lambda = {lam}")]


def _enclosed_ratio(loss: Loss, row: NoisyRow) -> list[Line]:
    try:
        found: RatioResult = asymmetry_ratio(loss)
    except DomainError as error:
        return [Line(f"No closed condition is known: {error}", "")]
    w_m, w_n = largest_two(row.w)
    suffices, needed = w_m * found.low > w_n, w_m * found.upper.high >= w_n
    low, high = number(found.low), number(found.upper.high)
    return [
        *_largest_lam(loss),
        Line(
            f"The curvature is mixed, so the ratios are enclosed by {found.ratio.reason}",
            rf"r(\ell) \in [{low},\ {number(found.high)}],\qquad r_u(\ell) \in "
            rf"[{number(found.upper.low)},\ {high}]",
        ),
        Line(
            f"This would suffice, and it {_holds(suffices)}",
            rf"w_m\, r > w_n: \qquad {number(w_m)} \cdot {low} > {number(w_n)}",
        ),
        Line(
            f"This is necessary, and it {_holds(needed)}",
            rf"w_m\, r_u \ge w_n: \qquad {number(w_m)} \cdot {high} \ge {number(w_n)}",
        ),
    ]


def _holds(met: bool) -> str:
    return "holds" if met else "fails"


def _by_parts(loss: Weighted, row: NoisyRow) -> list[Line]:
    """A sum of losses asymmetric on w is asymmetric on w: the parts one by one."""
    words = "The sum has no closed condition of its own. It is asymmetric where every part is"
    lines = [Line(words, "")]
    for _, part in loss.parts:
        closed, known = condition(part, row.w), part.weight_condition(row.w)
        if closed is not None:
            inequality = closed.at(row)
            lines.append(Line(_part_words(part, inequality.met), inequality.numbers))
        elif known is not None:
            lines.append(Line(_part_words(part, known.margin >= 0), known.latex))
    if loss.vertices_excluded:
        limit = (
            r"As the floor $\delta \to 0$ the normalized part stops to count, and the minimisers "
            "tend to the corner where the rest is asymmetric"
        )
        lines.append(Line(limit, r"u_i \ge \delta \to 0"))
    return lines


def _part_words(part: Loss, met: bool) -> str:
    return f"The condition of {part.name} {_holds(met)}"
