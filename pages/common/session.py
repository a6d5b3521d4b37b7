"""The workspace of one browser session: from the address, through controls, back to it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from alfs_core.errors import AlfsError
from pages.common.show import plain
from pages.common.workspace import DEFAULT, PARAMETER, Workspace, encode, read_address

_WORKSPACE, _ADDRESS, _MESSAGE, _REFUSED = "workspace", "address", "address message", "refused"
_ARRIVED, _NOTICE, _WORDS = "address as it came", "address notice", "words of options"
_TOLD, _MOVED = "sentences on the address", "a control has moved"
LATE = 2.0  # seconds that the browser may still tell what a change has replaced
LONGEST = 40  # characters of an option that a sentence repeats


def current() -> Workspace:
    """The workspace that this run of the page shows."""
    return st.session_state.get(_WORKSPACE, DEFAULT)


def open_address() -> None:
    """Take over the address where it changed since this session last wrote it (link, Back)."""
    address, moved = st.query_params.get(PARAMETER), st.session_state.pop(_MOVED, False)
    if address == st.session_state.get(_ADDRESS):
        if not moved:  # the browser has heard of the newest, so what it tells from now on is a link
            st.session_state.pop(f"{_ADDRESS}: left", None)
        return
    if address is None or _late_address(address):
        return
    workspace, message = read_address(st.query_params)
    st.session_state[_WORKSPACE] = workspace or DEFAULT
    st.session_state[_MESSAGE] = message


def write_address() -> None:
    """Make the address say what the workspace is."""
    address, before = encode(current()), st.session_state.get(_ADDRESS)
    if st.query_params.get(PARAMETER) != address:
        st.query_params[PARAMETER] = address
    if before != address:
        replaced(_ADDRESS, before)
        st.session_state[_ADDRESS] = address


def change(control: str, step: Callable[[Workspace], Workspace]) -> None:
    """Apply a control's change; where it breaks a rule, keep the workspace and the sentence.

    The address follows at once, so that this run does not take the one of before for a link.
    """
    st.session_state.pop(f"{control}: left", None)  # whoever moves it has seen what it shows
    st.session_state[_MOVED] = True
    try:
        st.session_state[_WORKSPACE] = step(current())
    except AlfsError as error:
        st.session_state[_REFUSED] = (control, str(error))
    else:
        st.session_state[_REFUSED] = None
        st.session_state[_MESSAGE] = None
    write_address()


def replaced(key: str, value: object) -> None:
    """Remember that the browser's ``value`` of ``key`` is not the newest any more."""
    now, left = time.monotonic(), st.session_state.get(f"{key}: left", {})
    recent = {old: then for old, then in left.items() if now - then < LATE}
    st.session_state[f"{key}: left"] = recent | {value: now}


def late(key: str, value: object) -> bool:
    """Whether the browser tells a value of before, because it has not heard of the newest yet."""
    left = st.session_state.get(f"{key}: left", {}).get(value, -math.inf)
    return time.monotonic() - left < LATE


def _late_address(address: str) -> bool:
    return not went_back() and late(_ADDRESS, address)


def went_back() -> bool:
    """Whether this run answers Back or Forward: what the address says is to be shown again."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def rerun() -> None:
    """Run the page again, out of a fragment; it does not return.

    A fragment has the address of when the browser asked for it, which may be older than the last
    change, and hands it on: the page would take it for a link.
    """
    write_address()
    st.rerun()


def refusal(control: str) -> str | None:
    """Why the last change of that control was not taken, if it was the last change made."""
    refused = st.session_state.get(_REFUSED)
    return refused[1] if refused and refused[0] == control else None


def address_message() -> str | None:
    """What was not understood of the address, until the next change."""
    return st.session_state.get(_MESSAGE)


# ---- the options of a page ----------------------------------------------------------------------


def arrive() -> None:
    """Remember the address that a visitor came with, until a page has read its options."""
    st.session_state.setdefault(_ARRIVED, _options())


def restore_options() -> None:
    """Have the options follow the address, as they do after Back: those that it leaves out return
    to their usual value, where a link within the lab keeps the present one."""
    if context := get_script_run_ctx():
        context.is_history_navigation = True


def words_of(key: str, words: Callable[[Any], str]) -> None:
    """Tell how the widget ``key`` writes its values in the address."""
    st.session_state.setdefault(_WORDS, {})[key] = words


def tell(sentence: str | None) -> None:
    """Say it of the address once a page is drawn, be it the one that the address leads on to."""
    if sentence is not None:
        st.session_state.setdefault(_TOLD, []).append(sentence)


def notice() -> str | None:
    """What was not understood of an address, once its page is drawn; kept until it changes."""
    arrived, st.session_state[_ARRIVED] = st.session_state[_ARRIVED], {}
    said = [*st.session_state.pop(_TOLD, []), *_dropped(arrived)]
    if said:
        st.session_state[_NOTICE] = (_options(), " ".join(said))
    address, sentence = st.session_state.get(_NOTICE, (None, None))
    return sentence if address == _options() else None


def _options() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _dropped(arrived: dict[str, list[str]]) -> list[str]:
    """One sentence on the options that a widget of the page did not take from the address."""
    now = _options()
    lost = [
        f"{plain(name)} = “{plain(', '.join(texts)[:LONGEST])}”"
        for name, texts in arrived.items()
        if name in st.session_state and now.get(name) != texts and not taken(name, texts)
    ]
    if not lost:
        return []
    return [f"The address asks for {' and '.join(lost)}, which this page does not offer."]


def taken(name: str, texts: list[str]) -> bool:
    """Whether the widget shows what the texts ask for, as where that is what it shows anyway."""
    shown = st.session_state[name]
    values = list(shown) if isinstance(shown, list | tuple) else [shown]
    words = st.session_state.get(_WORDS, {}).get(name, str)
    return len(values) == len(texts) and all(
        _says(text, value) or text == words(value)
        for text, value in zip(texts, values, strict=True)
    )


def _says(text: str, value: object) -> bool:
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(text) == value
        except ValueError:
            return False
    return False
