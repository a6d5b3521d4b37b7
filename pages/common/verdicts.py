"""A finding as an element: its verdict by icon and word, and the evidence behind it on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from alfs_core.references import REFERENCES
from alfs_core.theory.evidence import (
    SMALLEST_LEAK,
    Counterexample,
    Difference,
    Enclosure,
    Evidence,
    Finding,
    Hypothesis,
    Search,
    Theorem,
    Verdict,
)
from alfs_core.theory.simplex import vertices, weighted_risk
from alfs_core.theory.theorems import THEOREMS
from alfs_core.theory.words import marked as marked_formulas
from pages.common.show import caption, plain, text

PARTS_SHOWN = 4
CLASSES_SHOWN = 4
UNWRITTEN = 1e-9  # a leak below this is shown by the logarithm of the point


@dataclass(frozen=True)
class Look:
    """How a verdict reads without its colour."""

    word: str
    icon: str
    color: Literal["green", "red", "orange", "gray"]


LOOKS = {
    Verdict.HOLDS: Look("holds", ":material/check_circle:", "green"),
    Verdict.FAILS: Look("fails", ":material/cancel:", "red"),
    Verdict.UNDECIDED: Look("undecided", ":material/help:", "orange"),
    Verdict.UNDEFINED: Look("does not apply", ":material/block:", "gray"),
}
INCLUSION = (
    "Does the noisy risk keep the clean minimiser among its minimisers? That is *inclusion*. "
    "*Equality* asks more: that it has no others. Asymmetric means equality."
)
# what an enclosure encloses, by the theorem before it
ENCLOSED = {
    "ratio": r"r(\ell)",
    "edge": r"r_u(\ell)",
    "equal-ratio": r"r_K(\ell)",
    "subdivision": r"\min_u F(u) - F(e_m)",
    "subdivision-sizes": r"\min_u F(u) - F(e_m)",
    "allocation": r"\min_u F(u) - F(e_m)",
    "allocation-always": r"\min_u \sum_i \ell(u_i) - \ell(1) - (K - 1) \ell(0)",
}


def badge(verdict: Verdict, words: str | None = None, help: str | None = None) -> None:
    """The verdict by icon, word and colour."""
    look = LOOKS[verdict]
    st.badge(words or look.word, icon=look.icon, color=look.color, help=help)


def marked(verdict: Verdict, words: str | None = None) -> str:
    """The badge as Markdown, for a cell of a table."""
    look = LOOKS[verdict]
    return f":{look.color}-badge[{look.icon} {words or look.word}]"


def finding(of: Finding, label: str, *, key: str) -> None:
    """A finding with its verdict, its sentence, the minimiser, and the evidence on demand.

    ``label`` is Markdown and says what was asked; ``key`` is unique on the page.
    """
    with st.container(border=True, gap="small"):
        _head(of, label)
        text(plain(of.sentence))
        if of.verdict is not Verdict.UNDEFINED:
            _kinds(of)
            caption(minimiser(of))
        if of.evidence or of.limit_evidence:
            on_demand(f"{key} evidence", lambda: evidence_of(of))


def on_demand(key: str, show: Callable[[], None]) -> None:
    """How a verdict is known, computed and shown once it is asked for."""
    opened = st.expander(
        "How it is known",
        icon=":material/fact_check:",
        key=key,
        on_change="rerun",
        type="compact",
    )
    if opened.open:
        with opened:
            show()


def _head(of: Finding, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text(label, width="content")
        badge(of.verdict)
        if of.limit is not None:
            badge(of.limit, f"{LOOKS[of.limit].word} as δ → 0")


def _kinds(of: Finding) -> None:
    """Inclusion and equality told apart, where they differ or are open."""
    if of.inclusion is of.equality:
        return
    with st.container(horizontal=True, gap="small"):
        badge(of.inclusion, f"inclusion: {LOOKS[of.inclusion].word}", INCLUSION)
        badge(of.equality, f"equality: {LOOKS[of.equality].word}", INCLUSION)


def minimiser(of: Finding) -> str:
    """The minimiser and its leak in one line of Markdown."""
    u, m = of.minimiser, of.m
    if np.isnan(u).any():
        return ""
    tiny = of.leak == SMALLEST_LEAK
    taken = rf"1 - u_m - {len(u) - 1}\,\delta" if of.floor else "1 - u_m"
    leak = f"leak ${taken} {r'< 10^{-300}' if tiny else f'= {number(of.leak, 3)}'}$"
    if len(u) <= CLASSES_SHOWN:
        return f"Minimiser $u = ({', '.join(f'{max(x, 0):.4g}' for x in u)})$, {leak}"
    rest = np.delete(np.arange(len(u)), m)
    top = rest[np.argsort(-u[rest], kind="stable")][:2]
    others = ", ".join(f"label {i}: ${max(u[i], 0):.3g}$" for i in top if u[i] > of.floor * 1.01)
    told = f"; then {others}" if others else ", nothing else above the floor"
    return f"Minimiser: $u_m = {u[m]:.4g}${told if of.leak > 0 else ''}; {leak}"


def number(x: float, digits: int = 6) -> str:
    """A number as LaTeX, powers of ten written out."""
    if x and (abs(x) < 1e-3 or abs(x) >= 1e5) and np.isfinite(x):
        mantissa, exponent = f"{x:.{min(digits, 4) - 1}e}".split("e")
        return rf"{float(mantissa):g} \cdot 10^{{{int(exponent)}}}"
    return {np.inf: r"\infty", -np.inf: r"-\infty"}.get(x, f"{x:.{digits}g}")


# ---- evidence -------------------------------------------------------------------------------


def evidence_of(of: Finding) -> None:
    """All that shows a finding, and what shows its limit."""
    evidence(of.evidence)
    if of.limit is not None and of.limit_evidence and of.limit_evidence != of.evidence:
        st.markdown("**As the floor δ goes to 0**")
        evidence(of.limit_evidence)


def evidence(items: Sequence[Evidence]) -> None:
    """The pieces of evidence, in order."""
    before = ""
    for item in items:
        match item:
            case Theorem():
                theorem(item)
                before = item.key
            case Enclosure():
                enclosure(item, ENCLOSED.get(before, "x"))
            case Counterexample():
                counterexample(item)
            case Search():
                search(item)


def theorem(of: Theorem) -> None:
    """Its name and statement, each hypothesis with its checked value, and what follows here."""
    known = THEOREMS[of.key]
    cited = ", ".join(REFERENCES[source].short for source in known.sources)
    st.markdown(
        f":material/menu_book: **{known.title}**" + (f" :small[:gray[{cited}]]" if cited else ""),
        help=f"**Idea of the proof.** {known.proof}",
    )
    st.markdown(known.statement)
    st.markdown("\n".join([*map(_hypothesis, of.hypotheses), f"- So here: {prose(of.statement)}"]))
    if of.parts:
        parts(of.parts)


def _hypothesis(of: Hypothesis) -> str:
    icon = ":green[:material/check:]" if of.met else ":red[:material/close:]"
    said = "" if of.met else " (not met)"
    return f"- {icon} {prose(of.text)}: {prose(of.value)}{said}"


def parts(findings: Sequence[Finding]) -> None:
    """The findings that a rule rests on, those that hold last; the same sentence once."""
    different = {f.sentence: f for f in findings}
    ordered = sorted(different.values(), key=lambda f: f.inclusion is Verdict.HOLDS)
    for part in ordered[:PARTS_SHOWN]:
        with st.container(border=True, gap="small"):
            st.markdown(f"{marked(part.verdict)} {plain(part.sentence)}")
            evidence(part.evidence)
    if len(findings) > len(ordered[:PARTS_SHOWN]):
        caption(f"{len(findings)} parts in all; those not shown say the same.")


def enclosure(of: Enclosure, symbol: str) -> None:
    """An interval and what proves it."""
    st.markdown(
        rf":material/straighten: ${symbol} \in [{_digits(of.low)}, {_digits(of.high)}]$, width "
        rf"${number(of.width)}$, proved by {plain(of.reason)}."
    )


def _digits(x: float) -> str:
    return f"{x:.9g}" if np.isfinite(x) else number(x)


def counterexample(of: Counterexample) -> None:
    """The point, both risks, their difference by balls, and the numbers to try it oneself."""
    corner = vertices(len(of.w), of.floor)[of.m]
    at_point, at_corner = (float(weighted_risk(of.loss, of.w, u)) for u in (of.point, corner))
    difference = of.difference
    where = "e_m" + (rf",\ \delta = {of.floor:g}" if of.floor else "")
    st.markdown(":material/search_off: **Counterexample**: a prediction with a lower noisy risk.")
    st.markdown(
        rf"- risk there ${_digits(at_point)}$, risk at ${where}$: ${_digits(at_corner)}$"
        "\n"
        rf"- their difference {_size(difference)}"
        + (f"\n- {_nearest(of)}" if difference.too_small else "")
    )
    st.code("\n".join(_numbers(of)), language="python", wrap_lines=True)


def _nearest(of: Counterexample) -> str:
    """Where the point is, which looks like the vertex in doubles."""
    exponent = np.delete(of.log_point, of.m).max() / np.log(10)
    return rf"the largest entry beside $u_m$ is $10^{{{exponent:.6g}}}$"


def _size(of: Difference) -> str:
    if of.too_small:
        return rf"is at most $-10^{{{of.log10:.6g}}}$, proved by {plain(of.reason)}"
    found = rf"$[{number(of.low)}, {number(of.high)}]$"
    return f"lies in {found}, re-evaluated with {plain(of.reason)}"


def _numbers(of: Counterexample) -> list[str]:
    lines = [f"w = {_listed(of.w)}", f"u = {_listed(of.point)}"]
    tiny = 1 - of.point[of.m] < UNWRITTEN
    return [*lines, f"log_u = {_listed(of.log_point)}"] if tiny else lines


def _listed(x: np.ndarray) -> str:
    return f"[{', '.join(f'{value:.12g}' for value in x)}]"


def search(of: Search) -> None:
    """What was searched, and that this proves nothing."""
    st.markdown(
        f":material/travel_explore: **Search**: {plain(of.what)}. The lowest risk found less that "
        f"at the corner is ${number(of.gap)}$. A search that finds nothing proves nothing."
    )


# ---- words with formulas in them ------------------------------------------------------------


def prose(text: str) -> str:
    """A line of evidence as Markdown: formulas as formulas, all else as it reads."""
    pieces = re.split(r"(\$[^$]*\$)", marked_formulas(text))
    return "".join(x if i % 2 else _plain_piece(x) for i, x in enumerate(pieces))


def _plain_piece(x: str) -> str:
    """Markdown-safe, with the blanks at its ends kept."""
    left, right = x[: len(x) - len(x.lstrip())], x[len(x.rstrip()) :]
    return left + plain(x) + right if x.strip() else x
