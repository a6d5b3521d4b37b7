"""The parameters of each family that tolerate the noise and start hardest."""

from __future__ import annotations

from functools import partial

import streamlit as st

from alfs_core.figures import tradeoff as tradeoffs
from alfs_core.losses import LossSpec, family
from alfs_core.theory.design import FAMILIES, Design, design, largest_reserve, reserved
from alfs_core.theory.phase import dominated, ratio_needed
from alfs_core.theory.tradeoff import pull_of_mae
from pages.common import session, verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.kept import IN_ADDRESS
from pages.common.show import caption, hover, plain
from pages.common.workspace import MAX_LOSSES, Workspace, label
from pages.explore.asymmetry_views.common import PULL_HELP, rows_under, undominated

design_of = cached(design)
RESERVE_HELP = (
    "So many more of the labels may move from the clean class to the most frequent wrong one, in "
    "every row, before the loss stops being asymmetric."
)


def show_design(_: list[Chosen], workspace: Workspace) -> None:
    st.markdown(
        "For this noise, which parameters are asymmetric and start training with the strongest "
        "pull? One answer for each family: asymmetric on every row by its closed condition, and "
        "with the strongest pull that a search found among those.",
        help=f"{PULL_HELP}\n\n{hover('asymmetry ratio')}",
    )
    K, noise = workspace.num_classes, workspace.noise.words
    rows = rows_under(workspace.noise, K)
    if not dominated(rows):
        undominated()
        return
    reserve = reserve_slider()
    if reserve >= largest_reserve(rows):
        st.info(
            f"So much reserve leaves no room: beyond {largest_reserve(rows):.4g} the clean label "
            "is not the most frequent one any more.",
            icon=":material/info:",
        )
        return
    with st.spinner("Searching …"):
        found = [d for name in FAMILIES if (d := design_of(name, rows, K, reserve))]
    found.sort(key=lambda d: -d.pull)
    needed = ratio_needed(reserved(rows, reserve))
    chart(
        tradeoffs.starts_figure(found, K, needed),
        key="asymmetry-design",
        alt=tradeoffs.starts_alternative(found, K),
        caption=plain(tradeoffs.starts_caption(found, K, needed)),
        numbers=lambda: tradeoffs.starts_numbers(found),
        height=360,
    )
    caption(
        f"For {plain(noise)}, {K} classes, the hardest start first; parameters within the ranges "
        "of their sliders."
    )
    for one in found:
        design_row(one, workspace)


def reserve_slider() -> float:
    value = st.slider(
        "Reserve",
        0.0,
        0.2,
        0.01,
        0.005,
        format="%.3f",
        key="asymmetry_reserve",
        **IN_ADDRESS,
        help=f"{RESERVE_HELP}\n\n{hover('margin')}",
        width=420,
    )
    return min(max(float(value), 0.0), 0.2)


def design_row(one: Design, workspace: Workspace) -> None:
    kind, K = family(one.spec.name), workspace.num_classes
    symbols = {p.name: p.symbol for p in kind.parameters}
    numbers = ",\\ ".join(f"{symbols[k]} = {verdicts.number(v)}" for k, v in one.spec.values)
    times = one.pull / pull_of_mae(K)
    ratio = "" if one.ratio is None else rf", $r = {one.ratio:.4g}$"
    with st.container(border=True, key=f"design-{kind.name}"):
        name, start, margin, action = st.columns([4, 4, 4, 3], vertical_alignment="center")
        with name:
            st.markdown(f"**{plain(kind.name)}**  \n${numbers}$")
        with start:
            st.markdown(
                f"**{times:.3g} ×** MAE’s start  \n:small[:gray[{one.published:.3g} as published]]"
            )
        with margin:
            st.markdown(
                f"**{one.reserve:.3g}** of the labels may still move  \n"
                f":small[:gray[margin {one.margin:.3g}{ratio}]]"
            )
        with action:
            into_workspace(one.spec, workspace)


def into_workspace(spec: LossSpec, workspace: Workspace) -> None:
    """Add the parameter set, or put it in the place of another loss."""
    full = len(workspace.entries) == MAX_LOSSES
    known = spec in workspace.losses
    if not full:
        st.button(
            "In the workspace" if known else "Take",
            key=f"take-{spec.name}",
            icon=":material/check:" if known else ":material/add:",
            disabled=known,
            help="Add this parameter set to the workspace",
            on_click=session.change,
            args=(f"take-{spec.name}", lambda ws: ws.with_loss(spec)),
        )
        return
    key = f"swap-{spec.name}"
    st.menu_button(
        "Swap in",
        [entry.style for entry in workspace.entries],
        key=key,
        icon=":material/swap_horiz:",
        format_func=lambda place: f"{place + 1}. {label(workspace.spec(place))}",
        on_click=partial(swap, key, spec),
        disabled=known,
    )


def swap(key: str, spec: LossSpec) -> None:
    place = st.session_state[key]
    session.change(key, lambda workspace: workspace.with_spec(place, spec))
