"""What the page needs beyond Streamlit: for keyboards, screen readers, contrast and Back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_OWN = Path(__file__).parents[2] / "assets" / "access"
_component = st.components.v2.component("alf_access", js=(_OWN / "access.js").read_text("utf-8"))


def access() -> None:
    """First in every run, so that what comes later is put right as it appears."""
    st.html(_OWN / "access.css")
    _component(key="access")
