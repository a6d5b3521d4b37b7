"""The clean and the noisy risk over predictions."""

from __future__ import annotations

import streamlit as st

from alfs_core.figures import simplex
from alfs_core.figures import tolerance as figures
from alfs_core.noise.names import called
from alfs_core.theory.surface import surface, three_labels
from alfs_core.theory.sweep import segment
from alfs_core.theory.tolerance import Tolerance
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.show import caption, plain, text
from pages.prove.tolerance_views.scene import Scene, choice, class_of

WORDS = {"clean": "clean risk", "noisy": "noisy risk"}
surface_of, segment_of = cached(surface), cached(segment)


def show_simplex(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    if scene.num_classes == 2:
        show_segment(scene, one, clean)
        return
    trio = three_labels(scene.T[clean], clean)
    w = tuple(float(x) for x in scene.T[clean][trio])
    if sum(w) == 0:
        st.info("None of these three labels is ever given.", icon=":material/info:")
        return
    text(drawn_words(scene, one, trio))
    clean_risk = surface_of(one.loss, (1.0, 0.0, 0.0), scene.floor)
    noisy_risk = surface_of(one.loss, w, scene.floor)
    panels = {
        "clean": simplex.Panel(one.name, one.place, clean_risk),
        "noisy": simplex.Panel(one.name, one.place, noisy_risk),
    }
    caption(
        "★ minimiser of the risk shown   ○ minimiser of the clean risk   ◇ the labels’ own shares"
    )
    for column, (what, panel) in zip(st.columns(2, gap="medium"), panels.items(), strict=True):
        with column:
            chart(
                figures.beside_clean(panel, WORDS[what], panels["clean"].surface.minimum.point),
                key=f"tolerance-{what}",
                alt=simplex.alternative(panel, WORDS[what]),
                caption=plain(simplex.caption(panel)),
                numbers=lambda panel=panel: simplex.numbers(panel),
                height=520,
            )


def show_segment(scene: Scene, one: Chosen, clean: int) -> None:
    """Two classes: the simplex is a line."""
    first, second = (float(x) for x in scene.T[clean])
    of = segment_of(one.loss, (first, second), clean, scene.floor)
    chart(
        figures.segment_figure(one.name, one.place, of, clean),
        key="tolerance-segment",
        alt=f"Clean and noisy risk of {one.name}. {figures.segment_caption(of)}",
        caption=plain(figures.segment_caption(of)),
        numbers=lambda: {"u": of.u, "clean risk": of.clean, "noisy risk": of.noisy},
        height=480,
    )


def drawn_words(scene: Scene, one: Chosen, trio: list[int]) -> str:
    """What is drawn, and what of the row is left out."""
    corners = ", ".join(
        f"$e_{k + 1}$ is label {called(j, scene.names)}" for k, j in enumerate(trio)
    )
    if scene.num_classes == 3:
        return f"Predictions for the three classes: {corners}."
    row = scene.T[trio[0]]
    rest = max(0.0, 1 - float(row[trio].sum()))
    said = (
        f"Three of the {scene.num_classes} classes, as if there were no others: {corners}, the "
        "wrong labels that label "
        f"{trio[0]} is given most often."
    )
    if rest < 1e-12:
        return said + " The other labels never occur in this row."
    return (
        f"{said} The other labels, {rest:.3g} of the row, are left out of the weights, so these "
        f"pictures illustrate; the verdict of {plain(one.name)} above is on the whole row."
    )
