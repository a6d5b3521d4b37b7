"""Widgets in, records out. A widget shows what the workspace says and reports what it became."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from alfs_core.figures.style import LOSS_COLORS, LOSS_DASHES
from alfs_core.losses import LOSSES, LossSpec, family
from alfs_core.losses.base import Domain, Parameter
from alfs_core.losses.formula import FORMULA, diagnose
from alfs_core.losses.presets import PRESETS, SETS
from alfs_core.losses.syntax import MAX_TEXT
from alfs_core.noise.transition import CUSTOM, KINDS
from alfs_core.wording import percent
from pages.common import parts, session
from pages.common.copy_link import copy_link
from pages.common.kept import KEPT
from pages.common.loss_forms import forms_button
from pages.common.report import workspace_report
from pages.common.show import explained, hover, plain
from pages.common.workspace import MAX_CLASSES, MAX_LOSSES, Entry, Workspace, label

DASH_PATTERNS = {
    "solid": (8,),
    "dash": (6, 3),
    "dot": (3, 3),
    "dashdot": (6, 3, 3, 3),
    "longdash": (10, 4),
    "longdashdot": (10, 3, 3, 3),
}
TYPED = "Your own formula"
FIRST_FORMULA = "((a + 1)^q - (a + u)^q) / q; a = 0.6 in [0.01, 10]; q = 0.6 in [0.1, 4]"
FORMULA_HELP = (
    "`u` is the probability of the given label; any other name is a parameter, whose start and "
    "range may follow: `(1 - u^q)/q; q = 0.7 in [0.1, 2]`. There are `log exp sqrt abs max min`, "
    "`pi`, `e`, the number of classes `K`, and `total(...)`, a sum over the classes: NCE is "
    "`log(u) / total(log(u))`."
)
HUMAN = (
    "How often people confused two classes when they labelled CIFAR-10 "
    "([Wei et al. 2022](https://arxiv.org/abs/2110.12088), CC BY-NC 4.0)."
)
MANTISSAS = (*range(100, 200, 10), *range(200, 500, 25), *range(500, 1000, 50))  # hundredths
RATE = Parameter("rate", r"\eta", 0.4, Domain(0, 1), (0.0, 1.0))


def _shown(key: str, value: object) -> str:
    """Make the widget ``key`` show ``value`` on this run; returns the key.

    One that shows it already is left alone: to set it anew would take away what is being typed.
    """
    if key not in st.session_state or st.session_state[key] != value:
        session.replaced(key, st.session_state.get(key))
        st.session_state[key] = value
    return key


def _reads(key: str, step: Callable[[Workspace, object], Workspace]) -> Callable[[], None]:
    """A callback that applies the widget's new value to the workspace.

    A slider follows the entry beside it; what it showed before may still come from the browser,
    with the next thing that is typed, and is no move of the slider.
    """

    def apply() -> None:
        value = st.session_state[key]
        if not session.late(key, value):
            session.change(key, lambda workspace: step(workspace, value))

    return apply


def swatch(style: int) -> None:
    """The line that this loss has in every figure."""
    color, stops, end = LOSS_COLORS[style], [], 0
    for index, length in enumerate(DASH_PATTERNS[LOSS_DASHES[style]]):
        stops.append(f"{'transparent' if index % 2 else color} {end}px {end + length}px")
        end += length
    st.html(
        f'<div role="presentation" style="height:4px;margin:18px 0;'
        f'background:repeating-linear-gradient(90deg,{",".join(stops)})"></div>'
    )


def loss_entry(entry: Entry, removable: bool) -> None:
    """One loss of the workspace: its kind, its numbers, its papers' values."""
    line, body = st.columns([1, 8], gap=None, vertical_alignment="top")
    with line:
        swatch(entry.style)
    with body:
        box = _lasting_expander(f"loss {entry.style}", plain(label(entry.spec)))
    if box.open:
        with box:
            _loss_body(entry, removable)


def _lasting_expander(key: str, title: str) -> ExpanderContainer:
    """An expander that stays open when its title changes: to Streamlit it is another one then."""
    memory = st.session_state.setdefault(f"{key}: memory", {"title": title, "open": False})
    if memory["title"] != title:
        memory.update(title=title, start=memory["open"])
    box = st.expander(title, memory.get("start", False), key=key, on_change="rerun")
    memory["open"] = box.open
    return box


def _loss_body(entry: Entry, removable: bool) -> None:
    style, spec = entry.style, entry.spec
    typed = spec.name.startswith(FORMULA)
    key = _shown(f"kind {style}", TYPED if typed else spec.name)
    st.selectbox(
        "Loss",
        [*LOSSES, TYPED],
        key=key,
        format_func=lambda name: name if name == TYPED else f"{name} · {LOSSES[name].title}",
        **KEPT,
        on_change=_reads(key, lambda ws, name: ws.with_spec(style, _chosen(str(name)))),
        label_visibility="collapsed",
    )
    if typed:
        _formula(entry)
    values = dict(spec.values)
    for parameter in family(spec.name).parameters:
        number(f"{style} {spec.name}", parameter, values[parameter.name], _setter(entry, parameter))
    with st.container(horizontal=True, gap="small"):
        _presets(style, spec)
        forms_button(spec, f"loss {style}")
        if removable:
            st.button(
                "Remove",
                key=f"remove {style}",
                icon=":material/delete:",
                on_click=session.change,
                args=(f"remove {style}", lambda ws: ws.without(style)),
            )


def _presets(style: int, spec: LossSpec) -> None:
    """The values that the papers and their code use."""
    presets = PRESETS.get(spec.name, {})
    if not presets:
        return
    with st.popover("Published", icon=":material/menu_book:"):
        for dataset, preset in presets.items():
            published = LossSpec.of(spec.name, **preset.values)
            st.button(
                dataset,
                key=f"preset {style} {dataset}",
                help=f"{_listing(published)} ({preset.source})",
                width="stretch",
                on_click=session.change,
                args=(f"preset {style}", _replacement(style, published)),
            )


def _listing(spec: LossSpec) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in spec.values)


def _chosen(name: str) -> LossSpec:
    return LossSpec.of(FORMULA + FIRST_FORMULA if name == TYPED else name)


def _formula(entry: Entry) -> None:
    """The text of a formula of one's own; a text that is refused stays to be mended."""
    style, key = entry.style, f"formula {entry.style}"
    message = session.refusal(key)
    if message is None:
        _shown(key, entry.spec.name.removeprefix(FORMULA))
    st.text_area(
        "$\\ell(u)$, your formula",
        key=key,
        height=90,
        max_chars=MAX_TEXT,
        help=FORMULA_HELP,
        **KEPT,
        on_change=_reads(
            key, lambda ws, text: ws.with_spec(style, LossSpec.of(FORMULA + str(text)))
        ),
    )
    if message is not None:
        st.error(plain(message), icon=":material/block:")
        return
    for issue in diagnose(entry.spec.build()):
        st.warning(issue.message, icon=":material/warning:")


def _replacement(style: int, spec: LossSpec) -> Callable[[Workspace], Workspace]:
    return lambda workspace: workspace.with_spec(style, spec)


def _setter(entry: Entry, parameter: Parameter) -> Callable[[Workspace, float], Workspace]:
    def set_value(workspace: Workspace, value: float) -> Workspace:
        spec = workspace.spec(entry.style)
        values = dict(spec.values) | {parameter.name: value}
        return workspace.with_spec(entry.style, LossSpec.of(spec.name, **values))

    return set_value


def number(
    owner: str,
    parameter: Parameter,
    value: float,
    set_value: Callable[[Workspace, float], Workspace],
    words: str = "",
) -> None:
    """A slider over the typical range beside an exact entry over the whole domain."""
    symbol = f"{words} ${parameter.symbol}$".strip()
    slide, entry = st.columns([3, 2], vertical_alignment="bottom")
    exact_key = _shown(f"exact {owner} {parameter.name}", float(value))
    slider_key = f"slide {owner} {parameter.name}"
    read = _reads(slider_key, lambda ws, x: set_value(ws, _rounded(float(str(x)))))
    with slide:
        draw = _stops_slider if parameter.logarithmic else _even_slider
        draw(slider_key, symbol, parameter, value, read)
    with entry:
        st.number_input(
            f"{parameter.name}, exact",
            format="%.6g",
            step=None if not parameter.integer else 1.0,
            key=exact_key,
            label_visibility="collapsed",
            **KEPT,
            on_change=_reads(exact_key, lambda ws, x: set_value(ws, float(str(x)))),
        )
    for key in (slider_key, exact_key):
        if message := session.refusal(key):
            st.error(message, icon=":material/block:")


def _even_slider(
    key: str, symbol: str, parameter: Parameter, value: float, on_change: Callable[[], None]
) -> None:
    low, high = parameter.typical
    st.slider(
        symbol,
        float(low),
        float(high),
        step=1.0 if parameter.integer else (high - low) / 200,
        format="%.4g",
        key=_shown(key, min(max(float(value), low), high)),
        help=explained(symbol),
        **KEPT,
        on_change=on_change,
    )


def _stops_slider(
    key: str, symbol: str, parameter: Parameter, value: float, on_change: Callable[[], None]
) -> None:
    """Over decades: it stands at the stop nearest to the value, and says the stop itself."""
    stops = _stops(*parameter.typical)
    nearest = min(stops, key=lambda stop: abs(math.log(stop / max(value, stops[0]))))
    st.select_slider(
        f"{symbol} (log scale)",
        stops,
        format_func=lambda stop: f"{stop:g}",
        key=_shown(key, nearest),
        **KEPT,
        on_change=on_change,
    )


@cache
def _stops(low: float, high: float) -> tuple[float, ...]:
    """Round numbers from low to high, near to even steps of the logarithm."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_numbers = (float(f"{m / 100}e{k}") for k in decades for m in MANTISSAS)
    return tuple(sorted({low, high, *(x for x in round_numbers if low < x < high)}))


def _rounded(value: float) -> float:
    """Three significant digits are what a hand on a slider means."""
    return float(f"{value:.3g}")


def loss_picker(workspace: Workspace) -> None:
    """The chosen losses, one more, or a set that belongs together."""
    for entry in workspace.entries:
        loss_entry(entry, removable=len(workspace.entries) > 1)
    with st.container(horizontal=True, gap="small"):
        _add_button(workspace)
        with st.popover("Sets", icon=":material/library_add:"):
            for title, specs in SETS.items():
                st.button(
                    title,
                    key=f"set {title}",
                    help=", ".join(label(spec) for spec in specs),
                    width="stretch",
                    on_click=session.change,
                    args=("set", _losses_replacement(specs)),
                )


def _losses_replacement(specs: tuple[LossSpec, ...]) -> Callable[[Workspace], Workspace]:
    return lambda workspace: workspace.with_losses(specs)


def _add_button(workspace: Workspace) -> None:
    chosen = {spec.name for spec in workspace.losses}
    fresh = next((name for name in LOSSES if name not in chosen), "CE")
    st.button(
        "Add a loss",
        icon=":material/add:",
        key="add loss",
        disabled=len(workspace.entries) == MAX_LOSSES,
        help=f"Up to {MAX_LOSSES}; each keeps its colour and line on every page.",
        on_click=session.change,
        args=("add loss", lambda ws: ws.with_loss(LossSpec.of(fresh))),
    )


def noise_picker(workspace: Workspace) -> None:
    """Number of classes, kind of label noise, rate."""
    noise = workspace.noise
    classes_key = _shown("classes", workspace.num_classes)
    st.number_input(
        "Classes K",
        2,
        MAX_CLASSES,
        key=classes_key,
        **KEPT,
        on_change=_reads(classes_key, lambda ws, k: ws.with_classes(int(str(k)))),
    )
    kinds = [kind for kind, entry in KINDS.items() if entry.fits(workspace.num_classes)]
    kinds += [CUSTOM] if noise.kind == CUSTOM else []
    kind_key = _shown("noise kind", noise.kind)
    st.selectbox(
        "Label noise",
        kinds,
        key=kind_key,
        format_func=lambda kind: KINDS[kind].title if kind in KINDS else "Your own matrix",
        help=hover("transition matrix", "symmetric noise", "pair flip", "clean labels dominate"),
        **KEPT,
        on_change=_reads(kind_key, lambda ws, kind: ws.with_noise(str(kind), ws.noise.rate)),
    )
    if noise.kind in KINDS and not noise.has_rate:
        st.caption(f"{HUMAN} Noise rate {percent(noise.rate, 2)}.")
    rate_picker(workspace)


def rate_picker(workspace: Workspace) -> None:
    """The noise rate, where the noise has one to choose."""
    noise = workspace.noise
    if noise.kind != "none" and noise.has_rate and not parts.hidden("rate"):
        number(
            "noise",
            RATE,
            noise.rate,
            lambda ws, rate: ws.with_noise(ws.noise.kind, rate),
            words="Noise rate",
        )


def sidebar(own: str) -> None:
    """The workspace, drawn once by ``app.py`` so that it outlives a change of page; ``own`` says
    that a page looks at something else.
    """
    workspace = session.current()
    with st.sidebar:
        if message := session.address_message():
            st.warning(plain(message), icon=":material/link_off:")
        if own:
            st.caption(own)
        st.subheader("Losses", anchor=False)
        loss_picker(workspace)
        st.subheader("Label noise", anchor=False)
        noise_picker(workspace)
        with st.container(horizontal=True, gap="small"):
            copy_link()
            workspace_report(workspace)
