"""The workspace of one browser session: from the address, through controls, back to it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from alfs_core.errors import AlfsError
from pages.common.workspace import DEFAULT, PARAMETER, Workspace, encode, read_address

_WORKSPACE, _ADDRESS, _MESSAGE, _REFUSED = "workspace", "address", "address message", "refused"


def current() -> Workspace:
    """The workspace that this run of the page shows."""
    return st.session_state.get(_WORKSPACE, DEFAULT)


def open_address() -> None:
    """Take over the address where it changed since this session last wrote it (link, Back)."""
    address = st.query_params.get(PARAMETER)
    if address is None or address == st.session_state.get(_ADDRESS):
        return
    workspace, message = read_address(st.query_params)
    st.session_state[_WORKSPACE] = workspace or DEFAULT
    st.session_state[_MESSAGE] = message


def write_address() -> None:
    """Make the address say what the workspace is."""
    address = encode(current())
    if st.query_params.get(PARAMETER) != address:
        st.query_params[PARAMETER] = address
    st.session_state[_ADDRESS] = address


def change(control: str, step: Callable[[Workspace], Workspace]) -> None:
    """Apply a control's change; where it breaks a rule, keep the workspace and the sentence."""
    try:
        st.session_state[_WORKSPACE] = step(current())
    except AlfsError as error:
        st.session_state[_REFUSED] = (control, str(error))
    else:
        st.session_state[_REFUSED] = None
        st.session_state[_MESSAGE] = None


def refusal(control: str) -> str | None:
    """Why the last change of that control was not taken, if it was the last change made."""
    refused = st.session_state.get(_REFUSED)
    return refused[1] if refused and refused[0] == control else None


def address_message() -> str | None:
    """What was not understood of the address, until the next change."""
    return st.session_state.get(_MESSAGE)
