"""The transition matrix: its picture, its confidence limits, its editor."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alfs_core.errors import AlfsError
from alfs_core.figures import matrices
from alfs_core.noise.estimation import LEVELS, METHOD, limits, read_image_counts
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.tolerance import Tolerance
from pages.common import session
from pages.common.chart import chart
from pages.common.estimate import IMAGES, estimate
from pages.common.kept import IN_ADDRESS
from pages.common.matrix_editor import matrix_editor
from pages.common.show import plain
from pages.common.workspace import MAX_LINK_CLASSES
from pages.prove.tolerance_views.scene import Counted, Scene, choice

LEVEL_NAMES = {str(level): f"{100 * level:g} %" for level in LEVELS}
INTERVALS_HELP = (
    "How many images of each class the matrix was counted on: one number, or one for each class. "
    f"Then every verdict is also given for all matrices within the confidence limits ({METHOD})."
)


def confidence(noise: LabelNoise, T: np.ndarray) -> Counted | None:
    """The confidence limits of a matrix that was counted; one's own may have been."""
    if noise.kind != CUSTOM or len(T) > MAX_LINK_CLASSES:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Images per class",
            key=IMAGES,
            **IN_ADDRESS,
            placeholder="exact, not counted",
            help=INTERVALS_HELP,
            width=190,
        )
        if not typed or not typed.strip():
            return None
        level = float(choice("Confidence", "level", LEVEL_NAMES, default="0.95"))
    try:
        images = read_image_counts(typed, len(T))
        return Counted(tuple(float(n) for n in images), level, limits(T, images, level))
    except AlfsError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None


def show_matrix(scene: Scene) -> None:
    chart(
        matrices.matrix_figure(scene.T, scene.limits, names=scene.names),
        key="tolerance-matrix",
        alt=matrices.alternative(scene.T),
        caption=plain(matrices.caption(scene.T, scene.names)),
        numbers=lambda: matrices.numbers(scene.T, scene.limits),
        height=460,
    )


def show_editor(scene: Scene, found: list[Tolerance]) -> None:
    st.markdown(
        "The sidebar’s noise fills the table. Change a cell, load a file, or estimate the matrix "
        "from labels; it then is *your own matrix* on every page, and in the link."
    )
    matrix_editor(session.current())
    st.subheader("Estimate it from labels", anchor=False)
    estimate()
