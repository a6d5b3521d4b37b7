"""From the noisy risk to the verdict, line by line."""

from __future__ import annotations

import streamlit as st

from alfs_core.losses import Loss
from alfs_core.noise.names import called
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.derivation import Derivation, Line, derivation, noisy_row, rated_row
from alfs_core.theory.sweep import NoiseFamily
from alfs_core.theory.tolerance import Tolerance
from pages.common import verdicts
from pages.common.cache import cached
from pages.common.show import plain, text
from pages.prove.tolerance_views.scene import Scene, choice, class_of

WIDE_FORMULAS = (
    "<style>.st-key-derivation .katex { display: inline-block; max-width: 100%; "
    "overflow: auto hidden; padding: 0.15em 0; vertical-align: middle; }</style>"
)


@cached
def derivation_of(loss: Loss, noise: LabelNoise, num_classes: int, clean: int) -> Derivation:
    if noise.kind == "none" or not noise.has_rate:
        return derivation(loss, noisy_row(noise.transition(num_classes)[clean], clean))
    family = NoiseFamily(noise, num_classes)
    return derivation(loss, rated_row(family.row(clean), clean, noise.rate))


def show_derivation(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    told = derivation_of(one.loss, scene.noise, scene.num_classes, clean)
    st.html(WIDE_FORMULAS)
    with st.container(gap="small", key="derivation"):
        for line in told.lines:
            step(line)
    of = found[scene.losses.index(one)].findings[clean]
    with st.container(horizontal=True, gap="small"):
        st.markdown(
            f"**{plain(one.name)}, label {called(clean, scene.names)}:**",
            width="content",
        )
        verdicts.badge(of.verdict)
        if of.limit is not None:
            verdicts.badge(of.limit, f"{of.limit} as δ → 0")
    text(plain(of.sentence))


def step(line: Line) -> None:
    """The words beside their formula, above it where the page is narrow."""
    words, formula = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with words:
        text(line.words)
    if line.latex:
        formula.markdown(rf"$\displaystyle {line.latex}$")
