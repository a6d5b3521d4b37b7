"""Findings and their evidence as lines of text, for a terminal and for a printed report.

A line is written once, with its formulas in LaTeX between dollar signs; ``plain`` gives it as it
would be typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from alfs_core.references import REFERENCES
from alfs_core.theory.evidence import (
    Counterexample,
    Enclosure,
    Evidence,
    Finding,
    Search,
    Theorem,
)
from alfs_core.theory.theorems import THEOREMS

SHOWN = 6  # coordinates of a point that are written out
LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "varepsilon": "ε",
    "eta": "η",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "varphi": "φ",
    "ell": "ℓ",
    "infty": "∞",
    "partial": "∂",
}
"""Commands of LaTeX that stand for a letter."""
_SIGNS = LETTERS | {
    "sum": "Σ",
    "ge": "≥",
    "le": "≤",
    "ne": "≠",
    "to": "→",
    "in": "∈",
    "cdot": "·",
    "mid": "|",
    "quad": " ",
    "left": "",
    "right": "",
    "textstyle": "",
    "displaystyle": "",
}
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


def plain(text: str) -> str:
    r"""LaTeX as it would be typed: $\frac{a}{a+1} \ge w_n$ becomes a/(a+1) ≥ w_n.

    >>> plain(r"w_m\,\left(\frac{a}{a+1}\right)^{1-q} \ge w_n")
    'w_m (a/(a+1))^(1-q) ≥ w_n'
    """
    text = text.replace("$", "").replace(r"\{", "⦃").replace(r"\}", "⦄")
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\t?frac(\d)(\d)", r"\1/\2", text)
    while r"\frac" in text or r"\tfrac" in text:
        changed = re.sub(rf"\\t?frac{_GROUP}{_GROUP}", _quotient, text, count=1)
        if changed == text:
            break
        text = changed
    text = re.sub(rf"\\(?:text|mathrm|mathbf|operatorname|hat|sqrt){_GROUP}", r"\1", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: _SIGNS.get(m[1], m[1]), text)
    text = re.sub(rf"([_^]){_GROUP}", _raised, text)
    text = text.replace("{", "").replace("}", "").replace("⦃", "{").replace("⦄", "}")
    return re.sub(r"\s+", " ", re.sub(r"\(\s+", "(", text)).strip()


def _bracketed(x: str) -> str:
    return x if re.fullmatch(r"\\?\w+", x) else f"({x})"


def _quotient(found: re.Match[str]) -> str:
    return f"{_bracketed(found[1])}/{_bracketed(found[2])}"


def _raised(found: re.Match[str]) -> str:
    return found[1] + _bracketed(found[2])


# ---- formulas within a line -----------------------------------------------------------------

_SYMBOL = re.compile(r"(?<![\w$\\])([ewur]_[mnijku]|w|q)(?![\w$'’])")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")
_TRAILING = re.compile(r"^(?P<formula>.*\\.*?\))\s+(?P<rest>[a-z ]+)$")


def marked(text: str) -> str:
    r"""A line with every formula between dollar signs, also those that stand in it bare.

    >>> marked(r"w_m r(\ell) \ge w_n"), marked("only class 3 has a weight in w")
    ('$w_m r(\\ell) \\ge w_n$', 'only class 3 has a weight in $w$')
    """
    if "$" in text:
        pieces = re.split(r"(\$[^$]*\$)", text)
        return "".join(x if i % 2 else marked(x) if x else "" for i, x in enumerate(pieces))
    bare = re.sub(r"\\text\{[^}]*\}", "", text)
    if "\\" in text and (found := _TRAILING.match(text)):
        return f"${found['formula']}$ {found['rest']}"
    if "\\" in text or (re.search(r"[_^]", text) and not _WORD.search(bare)):
        return f"${text}$"
    return _SYMBOL.sub(r"$\1$", text)


# ---- evidence -------------------------------------------------------------------------------


INDENT = "  "  # of a line that belongs to the one before


def finding_lines(of: Finding) -> list[str]:
    """The lines of a finding as they would be typed."""
    return [
        (INDENT if line.startswith(INDENT) else "") + plain(line) for line in finding_source(of)
    ]


def finding_source(of: Finding) -> list[str]:
    """The sentence, how it is known, and what shows the limit where there is one, with LaTeX."""
    lines = [of.sentence, *(line for item in of.evidence for line in evidence_lines(item))]
    if of.limit is not None and of.limit_evidence and of.limit_evidence != of.evidence:
        lines.append(f"As the floor δ goes to 0 it {_third_person(of.limit.value)}:")
        lines += [line for item in of.limit_evidence for line in evidence_lines(item)]
    return lines


def _third_person(word: str) -> str:
    return word if word in ("holds", "fails") else f"is {word}"


def evidence_lines(item: Evidence) -> Iterator[str]:
    """One piece of evidence with LaTeX; what belongs to it is indented."""
    match item:
        case Theorem():
            yield from _theorem(item)
        case Enclosure():
            yield f"Enclosure: [{item.low:.9g}, {item.high:.9g}], proved by {item.reason}."
        case Counterexample():
            yield from _counterexample(item)
        case Search():
            yield (
                f"Search: {item.what}. The lowest risk found less that at the corner is "
                f"{item.gap:.3g}; a search that finds nothing proves nothing."
            )


def _theorem(of: Theorem) -> Iterator[str]:
    known = THEOREMS[of.key]
    cited = ", ".join(REFERENCES[source].short for source in known.sources)
    yield f"Theorem: {known.title}{f' ({cited})' if cited else ''}. {known.statement}"
    for hypothesis in of.hypotheses:
        sign = "✓" if hypothesis.met else "✗"
        yield f"{INDENT}{sign} {marked(hypothesis.text)}: {marked(hypothesis.value)}"
    yield f"{INDENT}So here: {marked(of.statement)}"
    for sentence in dict.fromkeys(part.sentence for part in of.parts):
        yield f"{INDENT}· {sentence}"


def _counterexample(of: Counterexample) -> Iterator[str]:
    difference = of.difference
    floor = f" (every other class at {of.floor:g})" if of.floor else ""
    yield f"Counterexample: a prediction with a lower noisy risk than $e_m${floor}."
    yield f"{INDENT}$w$ = {_point(of.w)}"
    yield f"{INDENT}$u$ = {_point(of.point)}"
    if np.isinf(difference.low) and difference.high < 0:
        yield f"{INDENT}The risk at $u$ is finite, that at $e_m$ is not."
        return
    if difference.too_small:
        logs = ", ".join(f"{x / np.log(10):.6g}" for x in np.delete(of.log_point, of.m))
        yield rf"{INDENT}$\log_{{10}}$ of the other entries: {logs}"
        yield (
            f"{INDENT}The risk at $u$ less that at $e_m$ is at most "
            f"$-10^{{{difference.log10:.6g}}}$, proved by {difference.reason}."
        )
        return
    low, high = f"{difference.low:.6g}", f"{difference.high:.6g}"
    lies = f"is {low} to six digits" if low == high else f"lies in [{low}, {high}]"
    yield (
        f"{INDENT}The risk at $u$ less that at $e_m$ {lies}, evaluated again with "
        f"{difference.reason}."
    )


def _point(x: np.ndarray) -> str:
    """A point in full, or its largest coordinates where it is long."""
    if len(x) <= SHOWN + 4:
        return f"({', '.join(f'{value:.6g}' for value in x)})"
    top = np.sort([i for i in np.argsort(-x, kind="stable")[:SHOWN] if x[i] > 0])
    told = ", ".join(f"label {i}: {x[i]:.6g}" for i in top)
    rest = np.delete(x, top)
    bound = f"at most {rest.max():.3g} each" if rest.max() > 0 else "0 each"
    return rf"\{{{told}, the other {len(rest)}: {bound}\}}"
