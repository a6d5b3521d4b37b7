"""Noise tolerance: a transition matrix, and which losses keep their clean minimiser under it."""

from __future__ import annotations

import streamlit as st

from pages.common import lecture, session
from pages.common.choices import NO_THEORY, losses_on_probabilities
from pages.common.show import introduction, refusals, text
from pages.prove.tolerance_views.classes import show_classes
from pages.prove.tolerance_views.derivation import show_derivation
from pages.prove.tolerance_views.error import show_error
from pages.prove.tolerance_views.matrix import confidence, show_editor, show_matrix
from pages.prove.tolerance_views.scene import Progress, Scene, choice
from pages.prove.tolerance_views.simplex import show_simplex
from pages.prove.tolerance_views.sweep import show_sweep
from pages.prove.tolerance_views.verdict_table import judged, show_verdicts

VIEWS = {
    "classes": "Each class",
    "derivation": "Derivation",
    "simplex": "Risk on the simplex",
    "sweep": "Noise sweep",
    "error": "Clean error",
    "matrix": "Edit or estimate",
}
OVERVIEW = "classes"  # what goes with the matrix; a lecture shows any other view first
ABOVE_FLOOR = "judged where every class keeps at least δ, and in the limit δ → 0."
SHOW = {
    "classes": show_classes,
    "derivation": show_derivation,
    "simplex": show_simplex,
    "sweep": show_sweep,
    "error": show_error,
    "matrix": show_editor,
}

with introduction():
    st.title("Noise tolerance", anchor=False)
    text(
        "Wrong labels change what training asks for. Which losses keep the clean answer as the "
        "best one under this noise, class by class, and how much more noise would they bear?",
        "transition matrix",
        "noise tolerant",
        "clean labels dominate",
    )
above, switch, view_place, below = (st.container() for _ in range(4))
with switch:
    view = choice("View", "view", VIEWS, show=False)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_THEORY)
    T = workspace.noise.transition(workspace.num_classes)
    with below if lecture.on() and view != OVERVIEW else above:
        left, right = st.columns([5, 6], gap="large")
    with right:
        floor = choice.floor(losses, ABOVE_FLOOR)
        counted = confidence(workspace.noise, T)
    scene = Scene(losses, workspace.noise, workspace.num_classes, T, floor, counted)
    with left:
        show_matrix(scene)
    with right:
        found = judged(scene, Progress()) if losses else []
        if losses:
            show_verdicts(scene, found)
    if losses or view == "matrix":
        with view_place:
            SHOW[view](scene, found)
