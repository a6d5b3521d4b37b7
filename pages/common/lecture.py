"""Lecture mode: a page for the back of the hall, moved from scene to scene by the arrow keys.

The mode is a parameter of the address, so a link opens it. An address of the lab's own that names
a workspace without the mode has left it; moving between pages, which drops all parameters, has not.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

from pages.common.show import plain
from pages.common.workspace import PARAMETER

LECTURE, ON, OFF = "lecture", "1", "0"
_STATE = "lecture mode"
ASSETS = Path(__file__).parents[2] / "assets" / "lecture"


def on() -> bool:
    """Whether this run of the page is a lecture."""
    return bool(st.session_state.get(_STATE, False))


def flag() -> dict[str, str]:
    """What a link needs to stay in the mode."""
    return {LECTURE: ON} if on() else {}


def names_a_workspace() -> bool:
    """Whether the address is one of the lab's own, which says all that the page is to be."""
    return PARAMETER in st.query_params


def open_address() -> str | None:
    """Take the mode from the address, before the workspace is written to it; returns what was not
    understood, in a sentence.
    """
    asked = st.query_params.get(LECTURE)
    if asked is not None or names_a_workspace():
        st.session_state[_STATE] = asked == ON
    if on() and asked is None:
        st.query_params[LECTURE] = ON
    elif not on() and asked is not None:
        del st.query_params[LECTURE]
    if asked in (None, ON, OFF):
        return None
    return f"The address asks for {LECTURE} = “{plain(asked[:40])}”; {ON} opens the lecture mode."


def dress() -> None:
    """Large type and full contrast; the keys."""
    if not on():
        return
    dark = st.context.theme.type == "dark"
    ink, paper = ("#ffffff", "#000000") if dark else ("#000000", "#ffffff")
    style = (ASSETS / "lecture.css").read_text("utf-8")
    st.html(f"<style>:root {{ --ink: {ink}; --paper: {paper}; }}\n{style}</style>")
    _keys()(key="lecture keys")


@cache
def _keys() -> st.components.v2.types.ComponentRenderer:
    script = (ASSETS / "keys.js").read_text("utf-8")
    return st.components.v2.component("alf_lecture_keys", js=script, isolate_styles=False)
