"""Theorems: each statement with its hypotheses as switches and a check that is computed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from alfs_core.figures import way as ways
from alfs_core.references import REFERENCES
from alfs_core.theory.cards import CARDS, GROUPS, Card, CardResult, Comparison
from alfs_core.theory.evidence import Verdict
from pages.common import parts, verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Choices
from pages.common.kept import IN_ADDRESS
from pages.common.scenes import address
from pages.common.show import explained, text

choice = Choices("theorems")
MOST_DIGITS = 12


@cached
def checked(key: str, on: tuple[str, ...], seed: int) -> CardResult:
    return CARDS[key].check(frozenset(on), seed)


# ---- one card -------------------------------------------------------------------------------


@st.fragment
def show_card(card: Card) -> None:
    """The statement with its switches, and beside it the example that they ask for."""
    with st.container(border=True):
        st.header(card.statement.title, anchor=card.key)
        left, right = st.columns([5, 6], gap="large")
        with left:
            stated(card)
            on = switches(card)
            with st.expander("Idea of the proof", icon=":material/lightbulb:", type="compact"):
                text(card.statement.proof)
            result = checked(card.key, on, st.session_state.get(seed_key(card), 0))
            picture(card, result)
        with right:
            example(card, on, result)


def seed_key(card: Card) -> str:
    return f"theorems {card.key} example"


def stated(card: Card) -> None:
    text(card.statement.statement)
    sources = [REFERENCES[source] for source in card.statement.sources]
    cited = [f"[{r.short}]({r.url})" if r.url else r.short for r in sources]
    st.caption(f"After {', '.join(cited)}." if cited else "Derived and checked in this project.")


def switches(card: Card) -> tuple[str, ...]:
    """The hypotheses that are on."""
    st.markdown("**Hypotheses**: switch one off")
    on = []
    for hypothesis in card.hypotheses:
        key = f"theorems_{card.key}_{hypothesis.key}"
        if st.toggle(
            hypothesis.text,
            True,
            key=key,
            **IN_ADDRESS,
            wrap=True,
            help=explained(hypothesis.text),
        ):
            on.append(hypothesis.key)
    return tuple(on)


def example(card: Card, on: tuple[str, ...], result: CardResult) -> None:
    """A computed example: the theorem at work, or a counterexample to what is left of it."""
    head(card, on, result)
    text(result.setting)
    if not result.confirmed:
        st.error(
            "The numbers of this example do not come out as the theorem says. That is an error of "
            "this lab, please report it.",
            icon=":material/bug_report:",
        )
    lines(card, result)
    text(result.sentence)
    see(result)
    another(seed_key(card))


def head(card: Card, on: Sequence[str], result: CardResult) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if result.dropped is None:
            verdicts.badge(Verdict.HOLDS)
            st.markdown(f"All hypotheses on. {card.claim}", width="stretch")
            return
        verdicts.badge(Verdict.FAILS, "counterexample")
        dropped = next(h.text for h in card.hypotheses if h.key == result.dropped)
        more = len(card.hypotheses) - len(on) - 1
        also = f" ({more} more off, though this example needs only one)" if more else ""
        st.markdown(f"Without “{dropped}”{also}", width="stretch")


def lines(card: Card, result: CardResult) -> None:
    """The comparisons, each as it was computed."""
    title = "What the theorem claims" if result.dropped is None else "The claim fails"
    groups = (
        ("Hypotheses that hold here", result.premises),
        ("The one that does not", result.broken),
        (title, result.outcome),
    )
    for name, comparisons in groups:
        if comparisons:
            items = "\n".join(f"- {line(comparison)}" for comparison in comparisons)
            st.markdown(f"**{name}**\n\n{items}")


SIGNS = {"<": "<", ">": ">", "≤": r"\le", "≥": r"\ge", "=": "="}


def line(of: Comparison) -> str:
    """A comparison with its numbers, and a sign for whether it is true as computed."""
    mark = ":green[:material/check:]" if of.true else ":red[:material/close:]"
    a, b = told(of)
    joined = " and " if of.sign == "=" else " against "
    words = joined.join(filter(None, (of.left.words, of.right.words)))
    return f"{mark} ${a} {SIGNS[of.sign]} {b}$: {words}"


def told(of: Comparison) -> tuple[str, str]:
    """Both numbers, with as many digits as it takes to see a difference."""
    a, b = (x if abs(x) > of.slack else 0.0 for x in (of.left.number, of.right.number))
    for digits in range(4, MOST_DIGITS + 1):
        shown = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if of.sign not in "<>" or shown[0] != shown[1]:
            break
    return verdicts.number(float(shown[0])) if abs(a) < 1e-3 else written(shown[0]), (
        verdicts.number(float(shown[1])) if abs(b) < 1e-3 else written(shown[1])
    )


def written(number: str) -> str:
    return r"\infty" if number == "inf" else number


def picture(card: Card, result: CardResult) -> None:
    if result.way is None:
        return
    of = result.way
    chart(
        ways.way_figure(of),
        key=f"theorems-{card.key}",
        alt=ways.alternative(of),
        caption=ways.caption(of),
        numbers=lambda: ways.numbers(of),
        height=290,
    )


def another(key: str) -> None:
    """Draw other numbers."""

    def draw() -> None:
        st.session_state[key] = st.session_state.get(key, 0) + 1

    st.button("Another example", icon=":material/casino:", key=f"{key} next", on_click=draw)


def see(result: CardResult) -> None:
    """A link to the page that shows the example."""
    if result.scene is None:
        return
    file, query = address(result.scene)
    st.page_link(
        file,
        label=f"See it: {result.scene.about}",
        icon=":material/arrow_forward:",
        query_params=query | parts.flags(),
    )


st.title("Theorems")
text(
    "What is proved of losses under label noise. Each card has its hypotheses as switches. All on: "
    "an example shows the theorem at work. One off: a counterexample shows what it was good for. "
    "Every number is computed as you look.",
    "asymmetric loss",
    "symmetric loss",
    "noisy risk",
    "clean risk",
)
group = choice("Theorems about", "group", {name: name for name in GROUPS}, show=False)
chosen = [card for card in CARDS.values() if card.group == group]
text(" · ".join(f"[{card.statement.title}](#{card.key})" for card in chosen))
for card in chosen:
    show_card(card)
