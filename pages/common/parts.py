"""Which parts of a page its address leaves out, for a lecture or for a page within another.

    ?hide=sidebar,captions

A lecture leaves out the sidebar and the controls; a switch of its banner brings the controls back.
"""

from __future__ import annotations

import streamlit as st

from pages.common import lecture
from pages.common.show import plain

HIDE = "hide"
PARTS = ("sidebar", "controls", "banner", "rate", "captions")
IN_LECTURES = frozenset({"sidebar", "controls"})
_ASKED, _OPENED = "hidden parts", "controls of a lecture"
STYLED = ("sidebar", "controls", "captions")  # what is not drawn still keeps its place, or is drawn


def hidden(part: str) -> bool:
    """Whether this run of the page goes without that part."""
    return part in _asked() or (lecture.on() and part in IN_LECTURES and part not in _opened())


def _asked() -> frozenset[str]:
    return st.session_state.get(_ASKED, frozenset())


def _opened() -> frozenset[str]:
    return st.session_state.get(_OPENED, frozenset())


def openable() -> bool:
    """Whether the controls are hidden by the lecture alone."""
    return lecture.on() and "controls" not in _asked()


def switch_controls() -> None:
    """Bring the controls of a lecture back, or put them away."""
    st.session_state[_OPENED] = _opened() ^ {"controls"}


def flags() -> dict[str, str]:
    """What a link needs to stay in the mode, and without the same parts."""
    return lecture.flag() | ({HIDE: _words()} if _asked() else {})


def _words() -> str:
    return ",".join(part for part in PARTS if part in _asked())


def open_address() -> str | None:
    """Take the hidden parts from the address; returns what was not understood, in a sentence."""
    words = st.query_params.get(HIDE)
    if words is not None or lecture.names_a_workspace():
        asked = {word.strip() for word in (words or "").split(",")} - {""}
        st.session_state[_ASKED] = asked & frozenset(PARTS)
    else:
        asked = set()
    if _asked():
        st.query_params[HIDE] = _words()
    elif words is not None:
        del st.query_params[HIDE]
    return _unknown(sorted(asked - set(PARTS)))


def _unknown(words: list[str]) -> str | None:
    if not words:
        return None
    named = ", ".join(f"“{plain(word[:40])}”" for word in words)
    return f"The address hides {named}; a page can hide {', '.join(PARTS)}."


def dress() -> None:
    """The style that hides what Streamlit has drawn."""
    for part in STYLED:
        if hidden(part):
            st.html(lecture.ASSETS / f"no-{part}.css")
