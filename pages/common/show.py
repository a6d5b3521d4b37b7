"""Records as elements of a page: terms, references, refusals, the one sentence for a failure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from alfs_core.errors import AlfsError
from pages.common.glossary import explanation, used


@contextmanager
def refusals() -> Iterator[None]:
    """Show an error of ours as its sentence, beside where it happened; others go on to the log."""
    try:
        yield
    except AlfsError as error:
        st.error(plain(str(error)), icon=":material/block:")


@contextmanager
def refused_later(place: str) -> Iterator[None]:
    """In a callback: an error of ours is kept, to be shown at ``place`` when the page runs."""
    try:
        yield
    except AlfsError as error:
        st.session_state[f"refused {place}"] = str(error)


def show_refused(place: str) -> None:
    """The error that the last callback of ``place`` met, once."""
    if message := st.session_state.pop(f"refused {place}", None):
        st.error(plain(message), icon=":material/block:")


def plain(text: str) -> str:
    """Text as it reads, whoever wrote it: no character of it is taken for Markdown."""
    return re.sub(r"([\\`*_\[\]<>#$~:@!|.])", r"\\\1", " ".join(text.split()))


def as_read(body: str) -> str:
    """The words of Markdown without its marks and escapes.

    >>> as_read(plain("Up to 40 %.") + " **CE**: *none*")
    'Up to 40 %. CE: none'
    """
    return re.sub(r"\\(.)|[*$]", lambda mark: mark[1] or "", body)


def unbroken(body: str) -> str:
    """Text in which no line ends between a number and its percent sign.

    >>> unbroken("at 40 % and **2.5 %**")
    'at 40\xa0% and **2.5\xa0%**'
    """
    return re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", body)


def hover(*terms: str) -> str:
    """The explanations of terms, for the ``help`` of a widget."""
    return explanation(terms)


def explained(body: str, *terms: str) -> str | None:
    """The explanations of the terms that a text uses, and of others; None where there is none."""
    return hover(*dict.fromkeys((*used(body), *terms))) or None


def introduction(part: str = "page") -> DeltaGenerator:
    """The place of what a page, or a part of it, is about; a lecture goes without."""
    return st.container(key=f"introduction-{part}")


def text(body: str, *terms: str, width: Literal["auto", "content", "stretch"] = "auto") -> None:
    """Markdown; the terms that it uses, and those that are named, are explained on hover."""
    st.markdown(unbroken(body), help=explained(body, *terms), width=width)


def caption(body: str) -> None:
    """A caption; the terms that it uses are explained on hover."""
    st.caption(unbroken(body), help=explained(body))
