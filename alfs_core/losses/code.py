"""A loss as text: a PyTorch module or a NumPy function that runs without this project.

The formula runs once on numbers that record (``tracing``); what they recorded is printed line by
line. The module reads log-odds, so that its values and gradients keep their digits where a
probability is tiny or close to 1.
"""

from __future__ import annotations

import keyword
import re
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from alfs_core.losses.base import Loss
from alfs_core.losses.combinators import Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.sources import sources
from alfs_core.losses.tracing import Expr, TracedProb, array, lift, nodes, parameter
from alfs_core.numerics.links import Link, Logits, TemperedSoftmax
from alfs_core.references import REFERENCES

LINE = 84

# What a parameter cannot be called: attributes of nn.Module, and the names that the code uses.
TAKEN = frozenset(
    """T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules
    named_parameters parameters register_backward_hook register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict to to_empty train training type
    xpu zero_grad self reduction logits targets np math torch nn F u probs rest num_classes losses
    table log_u log_probs log_rest others share top_class log1mexp log_others_exp
    one_minus_exp""".split()  # noqa: SIM905
)


# ------------------------------------------------------------------------------- tracing


@dataclass(frozen=True)
class Traced:
    """A formula as an expression, its parameters in order, and names for parts of it."""

    root: Expr
    link: Link
    parameters: tuple[Expr, ...]
    hints: Mapping[str, str]

    def reads(self, name: str) -> bool:
        """Whether the array of that name is read."""
        return any(x == array(name) for x in nodes(self.root))

    def uses(self, op: str) -> bool:
        """Whether the operation occurs."""
        return any(x.op == op for x in nodes(self.root))

    @property
    def arguments(self) -> list[str]:
        """The parameters as arguments with their values as defaults."""
        return [f"{name_of(p)}={p.number!r}" for p in self.parameters]


def traced(loss: Loss, prediction: Any) -> Traced:
    """What ``loss.partial`` does to the prediction, its parameters by name."""
    taken: dict[str, Expr] = {}
    named = _with_names(loss, taken)
    parts = named.parts if isinstance(named, Weighted) and len(named.parts) > 1 else ()
    hints = {lift(part.partial(prediction)).key: _snake(_stem(part)) for _, part in parts}
    root = lift(named.partial(prediction))
    return Traced(root, named.link, tuple(taken.values()), hints)


def name_of(leaf: Expr) -> str:
    """The name of a parameter or an array."""
    return str(leaf.args[0])


def _with_names(loss: Loss, taken: dict[str, Expr], owner: str = "") -> Loss:
    """The loss with a named expression for each parameter; whole numbers stay numbers."""
    owner = owner or _snake(_stem(loss))
    if isinstance(loss, FormulaLoss):
        values: Any = tuple((name, _named(name, x, owner, taken)) for name, x in loss.values)
        return replace(loss, values=values)
    if isinstance(loss, Weighted):
        weights = zip(_weight_names(len(loss.terms)), loss.terms, strict=True)
        terms: list[Any] = [
            (_named(name, weight, owner, taken), part)
            for name, (weight, part) in weights
            if weight != 0
        ]
        return Weighted(
            tuple((w, _with_names(part, taken, _snake(_stem(part)))) for w, part in terms)
        )
    changed: dict[str, Any] = {}
    for f in fields(loss):
        value = getattr(loss, f.name)
        if isinstance(value, Loss):
            changed[f.name] = _with_names(value, taken, owner)
        elif "parameter" in f.metadata and not f.metadata["parameter"]["integer"]:
            changed[f.name] = _named(f.name, value, owner, taken)
    return replace(loss, **changed)


def _named(name: str, value: float, owner: str, taken: dict[str, Expr]) -> Expr:
    """A parameter under its own name, or behind its loss's name where that is given away."""
    free = name if name not in taken else f"{owner}_{name}"
    if free in TAKEN or keyword.iskeyword(free):
        free += "_"
    while free in taken:
        free += "_2"
    taken[free] = parameter(free, float(value))
    return taken[free]


def _weight_names(count: int) -> list[str]:
    return ["alpha", "beta"] if count == 2 else [f"weight_{i + 1}" for i in range(count)]


def _stem(loss: Loss) -> str:
    """What names of code are made of; a typed formula has no such name of its own."""
    return "formula" if isinstance(loss, FormulaLoss) else loss.name


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", name.replace("+", " and "))


def _camel(name: str) -> str:
    """A loss's name as a class name: NCE+AGCE becomes NCEAndAGCE."""
    return "".join(word[0].upper() + word[1:] for word in _words(name))


def _snake(name: str) -> str:
    """A loss's name as a function name: NCE+AGCE becomes nce_and_agce."""
    return "_".join(_words(name)).lower()


# ------------------------------------------------------------------------------- printing

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_LEVELS = {"gt": -1, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "neg": _SIGN}
_LEVELS |= {"**": _POWER}
_INFIX = {"+": "{} + {}", "-": "{} - {}", "*": "{} * {}", "/": "{} / {}", "**": "{}**{}"}
_INFIX |= {"neg": "-{}", "gt": "{} > {}"}
# The least level of each argument: 1 - (2 - 3), 1 / (2 * 3), (a**b)**c
_PLACES = {
    "+": (_SUM, _SUM),
    "-": (_SUM, _PRODUCT),
    "*": (_PRODUCT, _PRODUCT),
    "/": (_PRODUCT, _SIGN),
    "**": (_ATOM, _SIGN),
    "neg": (_POWER,),
    "gt": (_SUM, _SUM),
}
_SCALAR = {
    "exp": "math.exp({})",
    "log": "math.log({})",
    "log1p": "math.log1p({})",
    "abs": "abs({})",
    "max": "max({}, {})",
    "min": "min({}, {})",
    "classes": "num_classes",
}
_TORCH = {
    "exp": "torch.exp({})",
    "log": "torch.log({})",
    "log1mexp": "log1mexp({})",
    "one_minus_exp": "one_minus_exp({})",
    "abs": "torch.abs({})",
    "max": "{0:atom}.clamp(min={1})",
    "min": "{0:atom}.clamp(max={1})",
    "softplus": "F.softplus({})",
    "total": "{0:atom}.sum(-1, keepdim=True)",
    "logsumexp": "torch.logsumexp({}, -1, keepdim=True)",
    "others": "others({})",
    "share": "share({})",
    "log_others_exp": "log_others_exp({})",
    "top": "top_class({})",
    "where": "torch.where({}, {}, {})",
}
_NUMPY = {
    "exp": "np.exp({})",
    "log": "np.log({})",
    "abs": "np.abs({})",
    "max": "np.maximum({}, {})",
    "min": "np.minimum({}, {})",
    "softplus": "np.logaddexp(0, {})",
    "total": "{0:atom}.sum(-1, keepdims=True)",
    "logsumexp": "np.logaddexp.reduce({}, axis=-1, keepdims=True)",
    "others": "others({})",
    "share": "share({})",
    "log_others_exp": "log_others_exp({})",
    "top": "top_class({})",
    "where": "np.where({}, {}, {})",
}


@dataclass(frozen=True)
class _Text:
    """Printed code and how tightly it holds together."""

    text: str
    level: int = _ATOM

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"

    def __format__(self, place: str) -> str:
        return self.at(_ATOM) if place == "atom" else self.text


class _Printer:
    """Prints an expression as assignments and one last text."""

    def __init__(self, traced: Traced, calls: Mapping[str, str], owner: str) -> None:
        self.calls = calls
        self.owner = owner
        self.lines: list[str] = []
        self.names: dict[str, str] = {}
        self.hints = traced.hints
        self.used = {p.args[0] for p in traced.parameters} | TAKEN
        self.uses: Counter[str] = Counter()
        self._count(traced.root)

    def _count(self, x: Expr) -> None:
        self.uses[x.key] += 1
        if self.uses[x.key] == 1:
            for child in x.children:
                self._count(child)

    def text(self, x: Expr) -> _Text:
        """The code of an expression; what is used twice, or is long, gets a line of its own."""
        if x.key not in self.names:
            if not self._deserves_a_line(x):
                return self.inline(x)
            self.assign(x)
        return _Text(self.names[x.key])

    def _deserves_a_line(self, x: Expr) -> bool:
        if x.key in self.hints or x.key in _PROBABILITIES:
            return True
        return self.uses[x.key] > 1 and not x.scalar and x.op not in ("array", "neg")

    def inline(self, x: Expr) -> _Text:
        """The code of an expression in one piece, its arguments moved out while it is too long."""
        while len((text := self._inline(x)).text) > LINE:
            children = [c for c in x.children if c.key not in self.names and c.children]
            if not children:
                break
            self.assign(max(children, key=lambda c: len(self._inline(c).text)))
        return text

    def _inline(self, x: Expr) -> _Text:
        if x.op == "number":
            return _Text(str(x.args[0]), _ATOM if x.positive or x.number == 0 else _SIGN)
        if x.op in ("array", "parameter"):
            return _Text(f"{self.owner if x.op == 'parameter' else ''}{x.args[0]}")
        arguments = [self.text(child) for child in x.children]
        if x.op == "neg" and arguments[0].level == _PRODUCT:
            return _Text(f"-{arguments[0]}", _PRODUCT)
        if x.op in _INFIX:
            placed = [a.at(level) for a, level in zip(arguments, _PLACES[x.op], strict=True)]
            spaced = x.op == "**" and not all(re.fullmatch(r"[\w.]+", a) for a in placed)
            return _Text(("{} ** {}" if spaced else _INFIX[x.op]).format(*placed), _LEVELS[x.op])
        return _Text((_SCALAR if x.scalar else self.calls)[x.op].format(*arguments))

    def assign(self, x: Expr) -> None:
        """A line that gives the expression a name."""
        text = self.inline(x).text
        name = self._free(self.hints.get(x.key) or _PROBABILITIES.get(x.key) or "part")
        self.names[x.key] = name
        self.lines.append(f"{name} = {text}" + _COMMENTS.get(x.key, ""))

    def _free(self, wish: str) -> str:
        name, i = wish, 1
        while name in self.used and name not in _PROBABILITIES.values():
            i += 1
            name = f"{wish}_{i}"
        self.used.add(name)
        return name


_PROBABILITIES = {
    Expr("exp", array("log_u")).key: "u",
    Expr("exp", array("log_probs")).key: "probs",
    Expr("exp", array("log_rest")).key: "rest",
}
_COMMENTS = {Expr("exp", array("log_rest")).key: "  # 1 - probability"}


# ------------------------------------------------------------------------------- PyTorch

_HELPERS = {
    "label_log_probability": '''
def label_log_probability(logits, targets):
    """log u and log(1 - u) of the given label's probability u; (B, K), (B,) -> (B,) twice.

    Both come from the log-odds of the label, so neither they nor their gradients lose digits
    where u is tiny or close to 1.
    """
    own = targets[:, None]
    others = logits.scatter(-1, own, -math.inf).logsumexp(-1)
    log_odds = logits.gather(-1, own).squeeze(-1) - others
    return F.logsigmoid(log_odds), F.logsigmoid(-log_odds)
''',
    "log_probabilities": '''
def log_probabilities(logits):
    """log p and log(1 - p) for p = softmax(logits); (B, K) -> (B, K) twice.

    Both come from the log-odds against the most probable class, so neither they nor their
    gradients lose digits where a probability is tiny or close to 1.
    """
    top = top_class(logits)
    peak = logits.gather(-1, logits.argmax(-1, keepdim=True))
    odds = logits.masked_fill(top, -math.inf).logsumexp(-1, keepdim=True) - peak
    log_p = torch.where(top, 0.0, logits - peak) - F.softplus(odds)
    below = torch.log1p(-log_p.masked_fill(top, -math.inf).exp())
    return log_p, torch.where(top, odds - F.softplus(odds), below)
''',
    "TemperedLogSoftmax": '''
class TemperedLogSoftmax(torch.autograd.Function):
    """log p of the tempered softmax: p = exp_t(logits - shift), the shift such that p sums to 1."""

    @staticmethod
    def forward(ctx, logits, t):
        top = top_class(logits)
        x = logits - logits.amax(-1, keepdim=True)
        low = torch.zeros_like(x[..., :1])
        high = low + (x.shape[-1] ** (t - 1) - 1) / (t - 1)

        def log_p(shift):
            return torch.log1p((1 - t) * (x - shift)) / (1 - t)

        for _ in range(30):
            middle = (low + high) / 2
            excess = log_p(middle).exp().sum(-1, keepdim=True) > 1
            low, high = torch.where(excess, middle, low), torch.where(excess, high, middle)
        for _ in range(4):  # Newton steps, the excess of the sum over 1 without cancellation
            now = log_p(low)
            excess = torch.where(top, torch.expm1(now), now.exp()).sum(-1, keepdim=True)
            low = low + excess / (t * now).exp().sum(-1, keepdim=True)
        ctx.t = t
        ctx.save_for_backward(log_p(low))
        return log_p(low)

    @staticmethod
    def backward(ctx, grad):
        (log_p,) = ctx.saved_tensors
        pull = grad * ((ctx.t - 1) * log_p).exp()
        escort = torch.softmax(ctx.t * log_p, -1)
        return pull * others(escort) - escort * others(pull), None
''',
    "share": '''
class Share(torch.autograd.Function):
    """x / sum(x) over the classes; its gradient never subtracts numbers that are nearly equal."""

    @staticmethod
    def forward(ctx, x):
        whole = x.sum(-1, keepdim=True)
        ctx.save_for_backward(x, whole)
        return x / whole

    @staticmethod
    def backward(ctx, grad):
        x, whole = ctx.saved_tensors
        return (grad * others(x) - others(grad * x)) / whole**2


share = Share.apply
''',
    "others": '''
def others(x):
    """For each class the sum over all other classes; (B, K) -> (B, K)."""
    return x @ (1 - torch.eye(x.shape[-1], dtype=x.dtype, device=x.device))
''',
    "log_others_exp": '''
def log_others_exp(x):
    """For each class log of the sum of exp over all other classes; (B, K) -> (B, K)."""
    own = torch.eye(x.shape[-1], dtype=torch.bool, device=x.device)
    return x.unsqueeze(-2).masked_fill(own, -math.inf).logsumexp(-1)
''',
    "one_minus_exp": '''
def one_minus_exp(x):
    """1 - exp(x) for x <= 0, exact at both ends, and so is its slope."""
    near_zero = -torch.expm1(x.clamp(min=-1.0))
    return torch.where(x > -1.0, near_zero, 1 - torch.exp(x))
''',
    "log1mexp": '''
def log1mexp(x):
    """log(1 - exp(x)) for x <= 0, exact at both ends."""
    near_zero = torch.log((-torch.expm1(x)).clamp(min=torch.finfo(x.dtype).tiny))
    far = torch.log1p(-x.clamp(max=-0.1).exp())
    return torch.where(x > -math.log(2), near_zero, far)
''',
    "top": '''
def top_class(x):
    """Mask of the largest entry of each row, ties to the first; (B, K) -> (B, K)."""
    return F.one_hot(x.argmax(-1), x.shape[-1]).bool()
''',
}
_NEEDS = {
    "log_probabilities": ("top",),
    "TemperedLogSoftmax": ("top", "others"),
    "share": ("others",),
}
_MODULE = '''r"""{title}

{about}
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

{helpers}
class {kind}(nn.Module):
    """{name}; the weights and parameters are those of the formula above."""

    {init}
        super().__init__()
{attributes}        self.reduction = reduction

    def forward(self, logits, targets):
        """Loss of logits (B, K) for the given labels, targets (B,): mean, or (B,) for "none"."""
{body}
        return losses.mean() if self.reduction == "mean" else losses
'''
_DOUBLE = (
    "# B x K numbers in float64 cost nothing beside a network, and keep the gradient exact",
    'logits = logits if logits.device.type == "mps" else logits.double()',
)


def torch_module(loss: Loss) -> str:
    """The loss as the text of a Python module with one ``nn.Module``; it imports torch alone.

    Parameters become arguments with the loss's values as defaults; whole numbers such as the order
    of TCE stay numbers. Values and gradients are those of ``numerics.tensor.training_loss``.
    """
    code = traced(loss, _prediction(loss.link, loss.local))
    printer = _Printer(code, _TORCH, "self.")
    last = printer.text(code.root)
    if not loss.local:
        printer.lines.append(f"table = {last}")
        last = _Text("table.gather(-1, targets[:, None]).squeeze(-1)")
    prelude, helper = _prelude(code, loss.local)
    count = ["num_classes = logits.shape[-1]"] if code.uses("classes") else []
    body = [*_DOUBLE, *prelude, *count, *printer.lines, f"losses = {last}"]
    called = [op for op in _HELPERS if code.uses(op) or op == helper]
    return _MODULE.format(
        title=wrap(f"{loss.title}, as a PyTorch module that needs nothing but torch."),
        name=_stem(loss),
        about=_about(loss),
        helpers="".join(f"{_HELPERS[name]}\n" for name in _with_needs(called)),
        kind=_camel(_stem(loss)),
        init=_signature("__init__", ["self", *code.arguments, 'reduction="mean"'], 4),
        attributes="".join(f"        self.{n} = {n}\n" for n in map(name_of, code.parameters)),
        body="\n".join(f"        {line}" for line in body),
    )


def _prediction(link: Link, local: bool) -> Expr | TracedProb:
    """What the module's formula reads."""
    if isinstance(link, Logits):
        return array("logits")
    if isinstance(link, TemperedSoftmax):
        return TracedProb(array("log_probs"))
    return TracedProb(array("log_u" if local else "log_probs"), array("log_rest"))


def _prelude(code: Traced, local: bool) -> tuple[list[str], str]:
    """The lines that compute what the formula reads, and the helper that they call."""
    if isinstance(code.link, Logits):
        return [], ""
    if isinstance(code.link, TemperedSoftmax):
        t = _Printer(code, _TORCH, "self.").text(lift(code.link.t))
        return [f"log_probs = TemperedLogSoftmax.apply(logits, {t})"], "TemperedLogSoftmax"
    log = "log_u" if local else "log_probs"
    read = ", ".join(name if code.reads(name) else "_" for name in (log, "log_rest"))
    if local:
        return [f"{read} = label_log_probability(logits, targets)"], "label_log_probability"
    return [f"{read} = log_probabilities(logits)"], "log_probabilities"


def _with_needs(called: list[str]) -> list[str]:
    """The helpers with those that they call, each behind what it needs."""
    ordered: dict[str, None] = {}
    for name in called:
        ordered |= dict.fromkeys((*_NEEDS.get(name, ()), name))
    return list(ordered)


def _signature(name: str, arguments: list[str], indent: int) -> str:
    """The head of a function, one argument a line where it is long."""
    head = f"def {name}({', '.join(arguments)}):"
    if indent + len(head) <= LINE:
        return head
    margin = " " * indent
    lines = "".join(f"{margin}    {argument},\n" for argument in arguments)
    return f"def {name}(\n{lines}{margin}):"


def _about(loss: Loss) -> str:
    """Formula and references, as lines of a docstring."""
    formula = loss.text if isinstance(loss, FormulaLoss) else loss.latex
    references = [REFERENCES[key] for key in sources(loss)]
    papers = [f"{paper.text} {paper.url}".rstrip() for paper in references]
    return "\n\n".join(wrap(text) for text in (f"Formula: {formula}", *papers))


def wrap(text: str) -> str:
    """Lines of at most 96 characters."""
    return textwrap.fill(text, 96, break_long_words=False, break_on_hyphens=False)


# ------------------------------------------------------------------------------- NumPy

_NUMPY_HELPERS = {
    "others": '''
def others(x):
    """For each class the sum over all other classes; (..., K) -> (..., K)."""
    return x @ (1 - np.eye(x.shape[-1]))
''',
    "share": '''
def share(x):
    """x over its sum over the classes; (..., K) -> (..., K)."""
    return x / x.sum(-1, keepdims=True)
''',
    "log_others_exp": '''
def log_others_exp(x):
    """For each class log of the sum of exp over all other classes; (..., K) -> (..., K)."""
    own = np.eye(x.shape[-1], dtype=bool)
    return np.logaddexp.reduce(np.where(own, -np.inf, x[..., None, :]), axis=-1)
''',
    "top": '''
def top_class(x):
    """Mask of the largest entry, ties to the first; (..., K) -> (..., K)."""
    return np.arange(x.shape[-1]) == x.argmax(-1)[..., None]
''',
}
_FUNCTION = '''r"""{title}

{about}
"""

{imports}

{helpers}
{signature}
    """{reads}."""
{body}
'''
_READS = {
    "u": "Loss where the given label has probability u; elementwise",
    "probs": "Loss for every label, of probabilities (..., K); returns (..., K)",
    "logits": "Loss for every label, of logits (..., K); returns (..., K)",
}


def numpy_function(loss: Loss) -> str:
    """The loss's ``partial`` as the text of a Python module with one NumPy function."""
    reads = "logits" if isinstance(loss.link, Logits) else "u" if loss.local else "probs"
    code = traced(loss, array(reads))
    printer = _Printer(code, _NUMPY, "")
    last = printer.text(code.root)
    count = [f"num_classes = {reads}.shape[-1]"] if code.uses("classes") else []
    body = [*count, *printer.lines, f"return {last}"]
    imports = ["import math", ""] if any("math." in line for line in body) else []
    return _FUNCTION.format(
        title=wrap(f"{loss.title}, as a NumPy function."),
        about=_about(loss),
        imports="\n".join([*imports, "import numpy as np"]),
        helpers="".join(f"{text}\n" for op, text in _NUMPY_HELPERS.items() if code.uses(op)),
        signature=_signature(_snake(_stem(loss)), [reads, *code.arguments], 0),
        reads=_READS[reads],
        body="\n".join(f"    {line}" for line in body),
    )
