"""Asymmetry ratio: how much noise a loss is sure to tolerate, and what that costs at the start."""

from __future__ import annotations

import streamlit as st

from pages.common import session
from pages.common.choices import NO_THEORY, losses_on_probabilities
from pages.common.show import introduction, refusals
from pages.explore.asymmetry_views.common import choice
from pages.explore.asymmetry_views.design import show_design
from pages.explore.asymmetry_views.phase import show_phase
from pages.explore.asymmetry_views.ratio import show_ratio
from pages.explore.asymmetry_views.tradeoff import show_tradeoff

VIEWS = {
    "ratio": "Ratio",
    "phase": "Phase diagram",
    "tradeoff": "Robust or trainable",
    "design": "Design",
}
SHOW = {
    "ratio": show_ratio,
    "phase": show_phase,
    "tradeoff": show_tradeoff,
    "design": show_design,
}

with introduction():
    st.title("Asymmetry ratio")
view = choice("View", "view", VIEWS, show=False)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_THEORY)
    if losses:
        SHOW[view](losses, workspace)
