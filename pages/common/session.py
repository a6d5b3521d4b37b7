"""The workspace of one browser session: from the address, through controls, back to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from alfs_core.errors import AlfsError
from pages.common.show import plain
from pages.common.workspace import DEFAULT, PARAMETER, Workspace, encode, read_address

_WORKSPACE, _ADDRESS, _MESSAGE, _REFUSED = "workspace", "address", "address message", "refused"
_ARRIVED, _NOTICE, _WORDS = "address as it came", "address notice", "words of options"
LONGEST = 40  # characters of an option that a sentence repeats


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
    """Apply a control's change; where it breaks a rule, keep the workspace and the sentence.

    The address follows at once: a control moved before the browser heard of the last move comes
    with the address of before, which this run must not take for a link.
    """
    try:
        st.session_state[_WORKSPACE] = step(current())
    except AlfsError as error:
        st.session_state[_REFUSED] = (control, str(error))
    else:
        st.session_state[_REFUSED] = None
        st.session_state[_MESSAGE] = None
    write_address()


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


def words_of(key: str, words: Callable[[Any], str]) -> None:
    """Tell how the widget ``key`` writes its values in the address."""
    st.session_state.setdefault(_WORDS, {})[key] = words


def notice(told: Iterable[str | None]) -> str | None:
    """What was not understood of an address, once its page is drawn; kept until it changes."""
    arrived, st.session_state[_ARRIVED] = st.session_state[_ARRIVED], {}
    said = [*filter(None, told), *_dropped(arrived)]
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
