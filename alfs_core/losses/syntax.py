"""The grammar of typed formulas: text to a syntax tree, and the tree to LaTeX.

typed   := formula (";" name "=" number "in" "[" number "," number "]")*
formula := ["-"] product (("+" | "-") product)*
product := signed (("*" | "/") signed)*
signed  := "-" signed | power
power   := atom (("^" | "**") signed)?
atom    := number | name | name "(" formula ("," formula)* ")" | "(" formula ")"

``u`` is the probability of the given label, ``total(...)`` a sum over the classes (within it u runs
through them), ``K`` the number of classes. Any other name is a parameter; behind a semicolon it may
get its default and range: ``(1 - u^q)/q; q = 0.7 in [0.1, 2]``. Nothing is ever run as Python, and
every limit below is checked while the text is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from alfs_core.errors import FormulaError

MAX_TEXT = 800
MAX_CHARACTERS = 300
MAX_NODES = 120
MAX_DEPTH = 25
MAX_NAME = 16
MAX_SUMS = 3
MAX_PARAMETERS = 8
MAX_DECLARATION = 80
SMALLEST, LARGEST = 1e-12, 1e12

CONSTANTS = ("pi", "e")
ARITY = {"log": 1, "ln": 1, "exp": 1, "sqrt": 1, "abs": 1, "max": 2, "min": 2, "total": 1}
RESERVED = {"u", "K", *CONSTANTS, *ARITY}

# ------------------------------------------------------------------------------- the tree


@dataclass(frozen=True)
class Literal:
    """A number as typed."""

    value: float
    position: int = field(compare=False)

    children = ()


@dataclass(frozen=True)
class Name:
    """u, K, a constant or a parameter."""

    name: str
    position: int = field(compare=False)

    children = ()


@dataclass(frozen=True)
class Negative:
    """−x."""

    operand: Node
    position: int = field(compare=False)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True)
class Binary:
    """left + right, and so on; ``sign`` is one of + - * / ^."""

    sign: str
    left: Node
    right: Node
    position: int = field(compare=False)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Call:
    """A function of ``ARITY`` with its arguments."""

    function: str
    children: tuple[Node, ...]
    position: int = field(compare=False)


Node = Literal | Name | Negative | Binary | Call


def nodes(tree: Node) -> Iterator[Node]:
    """Every node of the tree, the root first, then in the order of the text."""
    yield tree
    for child in tree.children:
        yield from nodes(child)


def depth(tree: Node) -> int:
    """The number of nodes on the longest way from the root to a leaf."""
    return 1 + max((depth(child) for child in tree.children), default=0)


def names(tree: Node) -> tuple[str, ...]:
    """The names in the tree, each once, in order of appearance."""
    return tuple(dict.fromkeys(node.name for node in nodes(tree) if isinstance(node, Name)))


def parameter_names(tree: Node) -> tuple[str, ...]:
    """The names that are parameters, in order of appearance."""
    return tuple(name for name in names(tree) if name not in RESERVED)


def is_total(node: Node) -> bool:
    """Whether the node is a sum over the classes."""
    return isinstance(node, Call) and node.function == "total"


def varies(tree: Node) -> bool:
    """Whether the value differs from class to class: u stands outside every total(...)."""
    if is_total(tree):
        return False
    return tree == Name("u", 0) or any(varies(child) for child in tree.children)


# ------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NAME = r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*"
_SPACE = r"[ \t\r\n]"
_TOKEN = re.compile(
    rf"(?P<space>{_SPACE}+)|(?P<number>{_NUMBER})|(?P<name>{_NAME})|(?P<sign>\*\*|[-+*/^(),])"
)
_DECLARATION = re.compile(
    rf"({_NAME}) = (-?{_NUMBER}) in \[ (-?{_NUMBER}) , (-?{_NUMBER}) \]".replace(" ", f"{_SPACE}*")
)


def refuse(message: str, position: int) -> FormulaError:
    """A FormulaError that names the place in its sentence, counted from 1."""
    return FormulaError(f"{message} (at character {position + 1})", position)


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise refuse(f"{_described(text[position])} has no meaning in a formula", position)
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match.group(), position))
        position = match.end()
    return [*tokens, _Token("end", "", len(text))]


def _described(character: str) -> str:
    if character.isascii() and character.isprintable():
        return f"'{character}'"
    return f"the character {unicodedata.name(character, f'U+{ord(character):04X}')}"


class _Parser:
    """One method for each line of the grammar."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.index = 0
        self.nesting = 0
        self.size = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def take(self, *signs: str) -> _Token | None:
        """The next token if it is one of the signs, and past it."""
        token = self.token
        if token.kind == "sign" and token.text in signs:
            self.index += 1
            return token
        return None

    def counted(self, node: Node) -> Node:
        self.size += 1
        if self.size > MAX_NODES:
            raise refuse(f"the formula has more than {MAX_NODES} parts", node.position)
        return node

    def whole(self) -> Node:
        tree = self.formula()
        if self.token.kind != "end":
            raise self.unexpected()
        return tree

    def formula(self) -> Node:
        minus = self.take("-")
        left = self.product()
        if minus:
            left = self.counted(Negative(left, minus.position))
        while token := self.take("+", "-"):
            left = self.counted(Binary(token.text, left, self.product(), token.position))
        return left

    def product(self) -> Node:
        left = self.signed()
        while token := self.take("*", "/"):
            left = self.counted(Binary(token.text, left, self.signed(), token.position))
        return left

    def signed(self) -> Node:
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise refuse(f"the formula is nested over {MAX_DEPTH} deep", self.token.position)
        token = self.take("-")
        node = self.counted(Negative(self.signed(), token.position)) if token else self.power()
        self.nesting -= 1
        return node

    def power(self) -> Node:
        base = self.atom()
        if token := self.take("^", "**"):
            return self.counted(Binary("^", base, self.signed(), token.position))
        return base

    def atom(self) -> Node:
        token = self.token
        if self.take("("):
            inside = self.formula()
            self.close(token)
            return inside
        if token.kind not in ("number", "name"):
            raise self.unexpected()
        self.index += 1
        node = _literal(token) if token.kind == "number" else self.named(token)
        return self.counted(node)

    def named(self, token: _Token) -> Node:
        if self.token.text == "(":
            return self.call(token)
        if token.text in ARITY:
            raise refuse(f"{token.text} needs its argument in parentheses", token.position)
        if len(token.text) > MAX_NAME:
            raise refuse(f"a name has at most {MAX_NAME} characters", token.position)
        return Name(token.text, token.position)

    def call(self, token: _Token) -> Node:
        name = token.text
        if name not in ARITY:
            known = ", ".join(ARITY)
            hint = f"a product needs '*', and the functions are {known}"
            raise refuse(f"'{name[:MAX_NAME]}' is not a function; {hint}", token.position)
        opening = self.token
        self.index += 1
        arguments = [self.formula()]
        while self.take(","):
            arguments.append(self.formula())
        self.close(opening)
        if len(arguments) != ARITY[name]:
            count = f"{ARITY[name]} argument" + "s" * (ARITY[name] > 1)
            raise refuse(f"{name} takes {count}, not {len(arguments)}", token.position)
        return Call(name, tuple(arguments), token.position)

    def close(self, opening: _Token) -> None:
        if self.take(")"):
            return
        if self.token.kind == "end":
            raise refuse("this parenthesis is never closed", opening.position)
        raise self.unexpected()

    def unexpected(self) -> FormulaError:
        """Why the next token cannot stand where it stands."""
        token, before = self.token, self.tokens[self.index - 1] if self.index else None
        ended = before is not None and (before.kind in ("number", "name") or before.text == ")")
        if token.kind == "end":
            return refuse("the formula ends where a number or a name is due", token.position)
        if ended and (token.kind in ("number", "name") or token.text == "("):
            return refuse(f"a product needs '*' before '{token.text[:MAX_NAME]}'", token.position)
        due = "an operator" if ended else "a number or a name"
        return refuse(f"'{token.text}' stands where {due} is due", token.position)


def exact(x: float) -> float:
    """Whole numbers as integers, so that symbols stay exact; floats count up to 2^53."""
    return int(x) if float(x).is_integer() and abs(x) < 2**53 else float(x)


def _literal(token: _Token) -> Literal:
    value = float(token.text)
    nonzero = re.search("[1-9]", token.text.lower().partition("e")[0])
    if nonzero and not SMALLEST <= value <= LARGEST:
        limits = f"{SMALLEST:g} and {LARGEST:g}"
        raise refuse(f"a number other than 0 lies between {limits}", token.position)
    return Literal(exact(value), token.position)


@dataclass(frozen=True)
class ParameterRange:
    """Default of a typed parameter, and the values that it may take and its slider offers."""

    name: str
    default: float = 1.0
    low: float = 0.1
    high: float = 10.0

    def __str__(self) -> str:
        """The declaration as it is typed."""
        return f"{self.name} = {self.default} in [{self.low}, {self.high}]"


@dataclass(frozen=True)
class Typed:
    """What was typed: the tree, and one range for each parameter in order of appearance."""

    tree: Node
    ranges: tuple[ParameterRange, ...]


@lru_cache(maxsize=512)
def read(text: str) -> Typed:
    """A formula with its declarations; FormulaError says what cannot be read, and where."""
    if len(text) > MAX_TEXT:
        raise FormulaError(
            f"the text has {len(text)} characters; {MAX_TEXT} are the limit", MAX_TEXT
        )
    stops = [i for i, character in enumerate(text) if character == ";"]
    formula, *_ = text.split(";")
    tree = parse(formula)
    ordered = parameter_names(tree)
    if len(ordered) > MAX_PARAMETERS:
        raise FormulaError(f"a formula has at most {MAX_PARAMETERS} parameters", 0)
    declared: dict[str, ParameterRange] = {}
    for start, end in pairwise([*stops, len(text)]):
        declared |= _declaration(text[start + 1 : end], start + 1, set(ordered) - set(declared))
    return Typed(tree, tuple(declared.get(name, ParameterRange(name)) for name in ordered))


def _declaration(text: str, start: int, free: set[str]) -> dict[str, ParameterRange]:
    match = _DECLARATION.fullmatch(text.strip(" \t\r\n"))
    if match is None or len(text) > MAX_DECLARATION:
        raise refuse("behind ';' a parameter is declared like a = 1 in [0.1, 10]", start)
    name, *numbers = match.groups()
    if name not in free:
        raise refuse(f"'{name[:MAX_NAME]}' is no parameter that is still to declare", start)
    default, low, high = map(float, numbers)
    if not -LARGEST <= low <= default <= high <= LARGEST or low == high:
        raise refuse(f"the range of {name} must contain its default", start)
    return {name: ParameterRange(name, default, low, high)}


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """The syntax tree of a formula; FormulaError says what cannot be read, and where."""
    if not text.strip(" \t\r\n"):
        raise FormulaError("the formula is empty", 0)
    if len(text) > MAX_CHARACTERS:
        message = f"a formula has at most {MAX_CHARACTERS} characters, not {len(text)}"
        raise FormulaError(message, MAX_CHARACTERS)
    tree = _Parser(text).whole()
    if depth(tree) > MAX_DEPTH:
        raise refuse(f"the formula is nested over {MAX_DEPTH} deep", tree.position)
    _check_classes(tree)
    return tree


def short(text: str, most: int = 32) -> str:
    """The formula without its declarations, cut to so many characters: a name."""
    formula = " ".join(text.partition(";")[0].split())
    return formula if len(formula) <= most else f"{formula[: most - 1].rstrip()}…"


def nested_sums(tree: Node) -> int:
    """How many total(...) stand within one another."""
    return is_total(tree) + max(map(nested_sums, tree.children), default=0)


def _check_classes(tree: Node) -> None:
    if nested_sums(tree) > MAX_SUMS:
        raise FormulaError(f"total(...) is nested over {MAX_SUMS} deep", 0)
    for node in nodes(tree):
        if is_total(node) and not varies(node.children[0]):
            raise refuse("total(...) sums over classes and needs a u of its own", node.position)
    if not varies(tree):
        where = "outside total(...)" if "u" in names(tree) else "in it"
        raise FormulaError(f"the formula needs u, the given label's probability, {where}", 0)


# ------------------------------------------------------------------------------- printing


def written(node: Node) -> str:
    """A text that parses to the tree, with as few parentheses as the grammar allows."""
    match node:
        case Literal(value):
            return str(value)
        case Name(name):
            return name
        case Negative(operand):
            return f"-{_enclosed(operand, _PRODUCT)}"
        case Binary("^", base, exponent):
            return f"{_enclosed(base, _ATOM)}^{_enclosed(exponent, _POWER)}"
        case Binary("*" | "/" as sign, left, right):
            return f"{_enclosed(left, _PRODUCT)}{sign}{_enclosed(right, _POWER)}"
        case Binary(sign, left, right):
            return f"{_enclosed(left, _SUM)} {sign} {_enclosed(right, _PRODUCT)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(written, arguments))})"


def _enclosed(node: Node, level: int) -> str:
    """Text with parentheses where the node binds less tightly than its place."""
    own = _PRODUCT if isinstance(node, Binary) and node.sign in "*/" else _level(node)
    own = _ATOM if isinstance(node, Literal | Call) else own
    return written(node) if own >= level else f"({written(node)})"


_GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi chi
    psi omega""".split()  # noqa: SIM905
)
_CALLS = {
    "log": r"\log\left({}\right)",
    "ln": r"\log\left({}\right)",
    "exp": r"e^{{{}}}",
    "sqrt": r"\sqrt{{{}}}",
    "abs": r"\left|{}\right|",
    "max": r"\max\left({}, {}\right)",
    "min": r"\min\left({}, {}\right)",
}
_INDICES = "kji"
_OPEN, _SUM, _PRODUCT, _POWER, _ATOM = range(5)


def symbol(name: str) -> str:
    """A parameter's name in LaTeX: alpha_1 as a Greek letter with an index."""
    match = re.fullmatch(r"([A-Za-z]+)_?(\w*)", name)
    stem, index = match.groups() if match else (name, "")
    stem = rf"\{stem}" if stem in _GREEK else stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    index = index.replace("_", r"\_")
    return f"{stem}_{{{index}}}" if index else stem


def latex(node: Node, sums: int = 0) -> str:
    """The tree in LaTeX; within a sum over the classes u becomes u_k (``sums`` of them around)."""
    match node:
        case Literal(value):
            return _number(value)
        case Name("u"):
            return f"u_{{{_INDICES[sums - 1]}}}" if sums else "u"
        case Name(name):
            return r"\pi" if name == "pi" else symbol(name)
        case Negative(operand):
            return "-" + _within(operand, _PRODUCT, sums)
        case Binary("/", left, right):
            return rf"\frac{{{latex(left, sums)}}}{{{latex(right, sums)}}}"
        case Binary("^", base, exponent):
            return f"{_within(base, _ATOM, sums)}^{{{latex(exponent, sums)}}}"
        case Binary("*", left, right):
            factor = _within(right, _POWER, sums)
            times = r" \cdot " if factor[0].isdigit() else r" \, "
            return _within(left, _PRODUCT, sums) + times + factor
        case Binary(sign, left, right):
            return f"{_within(left, _SUM, sums)} {sign} {_within(right, _PRODUCT, sums)}"
        case Call("total", (argument,)):
            return rf"\sum_{{{_INDICES[sums]}}} {_within(argument, _PRODUCT, sums + 1)}"
        case Call(function, arguments):
            return _CALLS[function].format(*(latex(argument, sums) for argument in arguments))


def _number(value: float) -> str:
    mantissa, _, exponent = f"{value:.12g}".partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _within(node: Node, level: int, sums: int) -> str:
    """LaTeX with parentheses where the node binds less tightly than its place."""
    inside = latex(node, sums)
    return inside if _level(node) >= level else rf"\left({inside}\right)"


def _level(node: Node) -> int:
    """How tightly the printed node holds together."""
    match node:
        case Call("total"):
            return _OPEN
        case Negative() | Binary("+" | "-"):
            return _SUM
        case Binary("*"):
            return _PRODUCT
        case Binary() | Call():
            return _POWER
        case Literal(value) if "e" in f"{value:.12g}":
            return _PRODUCT
    return _ATOM
