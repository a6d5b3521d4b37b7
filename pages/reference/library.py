"""Loss library: a card for each loss."""

from __future__ import annotations

from functools import partial

import streamlit as st

from alfs_core.figures.curves import VALUE, Line, alternative, numbers
from alfs_core.figures.thumbnail import thumbnail
from alfs_core.losses import LOSSES, Loss, LossSpec
from alfs_core.losses.library import GROUPS
from alfs_core.losses.presets import PRESETS
from alfs_core.theory.profile import Profile, profile
from pages.common import cards, session
from pages.common.cache import cached
from pages.common.cards import DEFAULT_VALUES, PROPERTIES, Card
from pages.common.chart import chart
from pages.common.glossary import TERMS
from pages.common.kept import IN_ADDRESS
from pages.common.loss_forms import loss_forms, workspace_downloads
from pages.common.show import hover, text
from pages.common.workspace import MAX_LOSSES, Workspace, label

READING = (
    "partial loss",
    "symmetric loss",
    "weights",
    "minimiser",
    "asymmetric loss",
    "completely asymmetric",
    "asymmetry ratio",
    "threshold",
    "active loss",
    "passive loss",
)
PAGE = 12
SYMBOLS = (
    r"$\mathbf{u}$ is the whole prediction and $u_k$ the probability of class $k$ in it; $u$, or "
    r"$u_y$, is that of the given label $y$, and $e_y$ the corner of the label."
)
LONG = 95  # characters of LaTeX that fill a third of the page


@cached
def curve(loss: Loss, num_classes: int) -> Profile:
    return profile(loss, num_classes)


# ---- the list -------------------------------------------------------------------------------


def finder() -> list[Card]:
    """Search and filters; the losses that pass."""
    search, group, quality = st.columns([4, 3, 3], vertical_alignment="bottom")
    with search:
        words = st.text_input(
            "Name, author, year or idea",
            key="find",
            type="search",
            live=True,
            **IN_ADDRESS,
            placeholder="AGCE, Zhou, 2021, confidence ...",
        )
    with group:
        groups = st.multiselect("Group", GROUPS, key="group", **IN_ADDRESS, placeholder="Any group")
    with quality:
        properties = st.multiselect(
            "Property",
            list(PROPERTIES),
            key="property",
            **IN_ADDRESS,
            placeholder="Any property",
            help="At the default parameters of the library.",
        )
    return cards.found(words or "", groups, properties)


def how_to_read() -> None:
    with st.popover("How to read a card", icon=":material/help:", type="tertiary"):
        st.markdown(SYMBOLS)
        for name in READING:
            st.markdown(TERMS[name].markdown)


def row(of: Card) -> None:
    """One loss in the list: name, formula and facts; the rest on demand."""
    name = of.spec.name
    with st.container(border=True, key=f"card-{name}", gap=None):
        title, formula, about = st.columns([4, 4, 4], vertical_alignment="center")
        with title:
            st.markdown(f"**{name}** :small[:gray[{of.reference.short}]]  \n{of.family.title}")
        if is_long(of.family.latex):
            st.latex(of.family.latex)  # scrolls where the page is narrow
        else:
            formula.markdown(rf"$\displaystyle {of.family.latex}$")
        with about:
            badges(of)
        details = st.expander("Details", key=f"open-{name}", type="compact", on_change="rerun")
        if details.open:
            with details:
                body(name)


def is_long(latex: str) -> bool:
    """Whether a formula needs the whole width."""
    return r",\quad" in latex or len(latex) > LONG


def badges(of: Card) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(of.extent.name, color=of.extent.color, help=of.extent.meaning)
        if of.symmetric:
            st.badge("symmetric", color="violet", help=hover("symmetric loss"))
        direction = of.loss.direction
        terms = ("active loss", "passive loss") if direction == "mixed" else (f"{direction} loss",)
        st.badge(direction, color="gray", help=hover(*terms))


# ---- a card ---------------------------------------------------------------------------------


def body(name: str) -> None:
    """Everything about one family, at the numbers that the reader picks."""
    st.markdown(LOSSES[name].note)
    left, right = st.columns(2, gap="large")
    with left:
        of = cards.card(name, values_picker(name))
        facts(of)
        into_workspace(of)
    with right:
        picture(of)
    parameters(name)
    reference(of)
    loss_forms(of.spec, name)


def values_picker(name: str) -> str:
    options = [DEFAULT_VALUES, *PRESETS.get(name, {})]
    if len(options) == 1:
        return DEFAULT_VALUES
    return st.selectbox("Numbers of this card", options, key=f"values-{name}")


def parameters(name: str) -> None:
    """Domain, typical range and published values of every parameter."""
    declared = LOSSES[name].parameters
    if not declared:
        st.markdown("It has no parameters.")
        return
    rows = [
        ("domain", *(str(p.domain) + " ∩ ℤ" * p.integer for p in declared), ""),
        ("typical", *(f"{p.typical[0]:g} to {p.typical[1]:g}" for p in declared), ""),
        ("default", *(f"{p.default:g}" for p in declared), "this library"),
    ]
    for dataset, preset in PRESETS.get(name, {}).items():
        numbers_of = (preset.values.get(p.name) for p in declared)
        rows.append((dataset, *("" if v is None else f"{v:g}" for v in numbers_of), preset.source))
    head = ("", *(f"${p.symbol}$" for p in declared), "source")
    st.markdown("\n".join(map(_line, (head, ("---",) * len(head), *rows))))


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def facts(of: Card) -> None:
    """What is known of the loss at the numbers of the card."""
    if of.on_logits:
        st.info(of.extent.meaning, icon=":material/info:")
        return
    num_classes = session.current().num_classes
    lines = [condition(of), tolerance(of, num_classes), ratio(of), symmetry(of)]
    text("\n".join(f"- {line}" for line in lines if line), "asymmetric loss", "asymmetry ratio")


def condition(of: Card) -> str:
    if of.condition is None:
        return of.loss.beyond or of.extent.meaning
    return f"Asymmetric on $w$ if and only if ${of.condition.latex}$"


def ratio(of: Card) -> str:
    if of.ratio is None:
        return ""
    closed = of.loss.ratio_latex
    known = closed != Loss.ratio_latex and 0 < of.ratio < 1
    form = f"{closed} = " if known else ""
    said = rf"Asymmetry ratio $r(\ell) = {form}{of.ratio:.4g}$"
    return said + (rf", threshold $1/r = {1 / of.ratio:.4g}$" if of.ratio else "")


def symmetry(of: Card) -> str:
    total = r"$\textstyle\sum_i L(\mathbf{u}, i)$"
    return f"Symmetric: {total} is constant" if of.symmetric else f"Not symmetric: {total} varies"


def tolerance(of: Card, num_classes: int) -> str:
    rates = cards.tolerated(of, num_classes)
    if not rates:
        return ""
    bound = "below" if of.extent is cards.COMPLETE else "up to"
    told = ", ".join(f"{kind} {bound} {100 * rate:.4g} %" for kind, rate in rates.items())
    return f"With $K = {num_classes}$ classes: {told}"


def reference(of: Card) -> None:
    source = of.reference
    link = f" [{source.url.removeprefix('https://')}]({source.url})" if source.url else ""
    st.markdown(source.text + link)


def picture(of: Card) -> None:
    """The profile, in the colour that the loss has or would get in the workspace."""
    if of.on_logits:
        return
    line = Line(label(of.spec), style(session.current(), of.spec), curve_of(of))
    chart(
        thumbnail(line),
        key=f"profile-{of.spec.name}",
        alt=alternative([line], VALUE),
        caption=None if of.loss.local else "The other classes share $1 - u$ evenly.",
        numbers=lambda: numbers([line], VALUE),
        height=280,
    )


def curve_of(of: Card) -> Profile:
    return curve(of.loss, session.current().num_classes)


def style(workspace: Workspace, spec: LossSpec) -> int:
    """The place of the loss in the workspace, else the first free one, else the first."""
    places = {entry.style: entry.spec for entry in workspace.entries}
    taken = (place for place, entry in places.items() if entry == spec)
    free = (place for place in range(MAX_LOSSES) if place not in places)
    return next(taken, next(free, 0))


def into_workspace(of: Card) -> None:
    """Add the loss, or put it in the place of another."""
    workspace, name = session.current(), of.spec.name
    reason = refusal(workspace, of.spec)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Add to workspace",
            key=f"add-{name}",
            icon=":material/add:",
            disabled=reason is not None,
            help=reason,
            on_click=session.change,
            args=(f"add-{name}", lambda ws: ws.with_loss(of.spec)),
        )
        key = f"replace-{name}"
        st.menu_button(
            "Replace",
            [entry.style for entry in workspace.entries],
            key=key,
            icon=":material/swap_horiz:",
            format_func=lambda place: f"{place + 1}. {label(workspace.spec(place))}",
            on_click=partial(replace, key, of.spec),
            disabled=of.spec in workspace.losses,
        )


def refusal(workspace: Workspace, spec: LossSpec) -> str | None:
    """Why the loss cannot be added."""
    if spec in workspace.losses:
        return "It is in the workspace already."
    if len(workspace.entries) == MAX_LOSSES:
        return f"The workspace holds {MAX_LOSSES} losses already: replace one."
    return None


def replace(key: str, spec: LossSpec) -> None:
    place = st.session_state[key]
    session.change(key, lambda workspace: workspace.with_spec(place, spec))


def listing(shown: list[Card]) -> None:
    """The losses that were found, a page at a time."""
    page = 1
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{len(shown)}** of {len(LOSSES)} losses", width="content")
        if len(shown) > PAGE:
            names = " ".join(of.spec.name for of in shown)  # a new search starts on page 1
            page = st.pagination(-(-len(shown) // PAGE), key=f"page {names}", width=280)
        workspace_downloads(session.current())
        how_to_read()
    for of in shown[(page - 1) * PAGE : page * PAGE]:
        row(of)
    if not shown:
        st.info("No loss has all of this: take a word or a filter away.", icon=":material/search:")


st.title("Loss library", anchor=False)
st.markdown("Every loss of the lab: its formula, its numbers in the papers, and what is proved.")
listing(finder())
