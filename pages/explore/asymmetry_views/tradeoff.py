"""Robust or trainable: the ratio against the pull at the start."""

from __future__ import annotations

import streamlit as st

from alfs_core.figures import tradeoff as tradeoffs
from alfs_core.theory.phase import ratio_needed
from alfs_core.theory.tradeoff import PUBLISHED, RANGE, LeftOut, Placed, curves, library, place
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.show import caption, hover, plain
from pages.common.workspace import Workspace
from pages.explore.asymmetry_views.common import PULL_HELP, choice, rows_under

place_of = cached(place)
curves_of, library_of = cached(curves), cached(library)
SCALES = {PUBLISHED: "as published", RANGE: "equal range"}
SCALE_HELP = (
    "As published: the formula's own scale. Equal range: every loss is scaled to "
    "$\\ell(0) - \\ell(1) = 1$. The ratio is the same on both."
)


def show_tradeoff(losses: list[Chosen], workspace: Workspace) -> None:
    st.markdown(
        "Upwards a loss is more robust, to the right its training starts with a stronger pull. "
        "That is the trade-off which decides an experiment.",
        help=hover("asymmetry ratio") + f"\n\n{PULL_HELP}",
    )
    K = workspace.num_classes
    scale = choice("Scale", "scale", SCALES, help=SCALE_HELP)
    placed, left = library_of(K, scale)
    places = {one.place: place_of(one.spec, K, scale) for one in losses}
    shown = tuple(one.spec for one in losses)
    picture = tradeoffs.Picture(
        placed,
        curves_of(shown, K, scale),
        on_picture(losses, places),
        ratio_needed(rows_under(workspace.noise, K)),
        workspace.noise.words,
        K,
        scale,
    )
    tradeoff_chart(picture, "asymmetry-tradeoff")
    absent(losses, places, left)


def on_picture(losses: list[Chosen], places: dict[int, Placed | LeftOut]) -> list[tradeoffs.Chosen]:
    return [
        tradeoffs.Chosen(one.name, one.place, at)
        for one in losses
        if isinstance(at := places[one.place], Placed)
    ]


def tradeoff_chart(picture: tradeoffs.Picture, key: str) -> None:
    chart(
        tradeoffs.tradeoff_figure(picture),
        key=key,
        alt=tradeoffs.alternative(picture),
        caption=plain(tradeoffs.caption(picture)),
        numbers=lambda: tradeoffs.numbers(picture),
        height=600,
    )


def absent(
    losses: list[Chosen], places: dict[int, Placed | LeftOut], left: tuple[LeftOut, ...]
) -> None:
    """Who has no place in the picture, and why."""
    own = [(one, at) for one in losses if isinstance(at := places[one.place], LeftOut)]
    for one, at in own:
        caption(f"Not in the picture: **{plain(one.name)}**, since {plain(at.reason)}.")
    with st.expander("Losses of the library without a place", icon=":material/list:"):
        for reason, names in tradeoffs.left_out(left).items():
            st.markdown(f"**{len(names)}** since {plain(reason)}: {plain(', '.join(names))}.")
