"""The transition matrix as a table to edit, and as a CSV file.

The table shows a draft. Each draft whose rows all sum to 1 becomes the noise of the workspace; one
with a faulty row waits, with the reason beside it, and the workspace keeps its last good matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from alfs_core.errors import TransitionError
from alfs_core.noise.estimation import MOST_CLASSES, decoded
from alfs_core.noise.table import completed, from_csv, normalised, row_faults, to_csv
from alfs_core.noise.transition import CUSTOM, LabelNoise
from pages.common import session
from pages.common.show import plain
from pages.common.workspace import MAX_LINK_CLASSES, Workspace

Rows = tuple[tuple[float, ...], ...]

_DRAFT, _FILE = "matrix draft", "matrix file"
FAULTS_SHOWN = 6
EDIT_HELP = (
    "Row i says how often class i is given each label. A change that leaves the sum at 1 takes "
    "effect at once; any other waits below until the row is mended."
)


@dataclass(frozen=True)
class Draft:
    """What the table began with, the matrix of the workspace then, and a number for its widget;
    ``file`` is where the table comes from, "" where it is none."""

    version: int
    base: Rows
    seen: Rows
    file: str = ""

    @property
    def key(self) -> str:
        return f"matrix {self.version}"


def rows_of(T: np.ndarray) -> Rows:
    """A matrix as a value that compares and prints."""
    return tuple(tuple(float(x) for x in row) for row in T)


def with_matrix(workspace: Workspace, T: np.ndarray) -> Workspace:
    """The workspace with a matrix of one's own; TransitionError where it is none."""
    if not 2 <= len(T) <= MOST_CLASSES:
        raise TransitionError(f"{len(T)} classes: 2 to {MOST_CLASSES} are possible")
    noise = LabelNoise(CUSTOM, workspace.noise.rate, rows_of(T))
    return replace(workspace, num_classes=len(T), noise=noise)


def matrix_editor(workspace: Workspace) -> None:
    """The table with its mending, and CSV in and out."""
    T = workspace.noise.transition(workspace.num_classes)
    draft = _draft(T)
    if len(draft.base) <= MAX_LINK_CLASSES:
        _table(draft)
    else:
        st.info(
            f"A table of {len(T)} × {len(T)} cells is for a spreadsheet: take the matrix out as "
            f"CSV and bring it back. An address holds up to {MAX_LINK_CLASSES} classes, so a link "
            "to a matrix of this size does not carry it.",
            icon=":material/grid_off:",
        )
    _files(T)


# ---- the draft ------------------------------------------------------------------------------


def _draft(T: np.ndarray) -> Draft:
    """The draft in hand; a new one where the workspace's matrix was changed elsewhere."""
    kept = st.session_state.get(_DRAFT)
    if isinstance(kept, Draft) and kept.seen == rows_of(T):
        return kept
    return _begin(T, T)


def _begin(base: np.ndarray, seen: np.ndarray, file: str = "") -> Draft:
    kept = st.session_state.get(_DRAFT)
    version = kept.version + 1 if isinstance(kept, Draft) else 0
    fresh = Draft(version, rows_of(base), rows_of(seen), file)
    st.session_state[_DRAFT] = fresh
    return fresh


def _edited(draft: Draft) -> np.ndarray:
    """The draft with what was typed into its table; an empty cell is NaN."""
    T = np.array(draft.base)
    state: Any = st.session_state.get(draft.key, {})
    for row, cells in state.get("edited_rows", {}).items():
        for column, value in cells.items():
            T[int(row), int(column)] = np.nan if value is None else float(value)
    return T


def _take(T: np.ndarray, file: str) -> None:
    """Make a draft the workspace's noise if its rows allow that; else begin again from it."""
    if row_faults(T):
        _begin(T, session.current().noise.transition(session.current().num_classes), file)
        return
    session.change(_DRAFT, lambda workspace: with_matrix(workspace, T))
    _begin(T, T)


def _typed(draft: Draft) -> None:
    """After a cell was typed: the table goes on as it is, so that it keeps its place."""
    T = _edited(draft)
    if not row_faults(T):
        session.change(_DRAFT, lambda workspace: with_matrix(workspace, T))
        st.session_state[_DRAFT] = replace(draft, seen=rows_of(T))


# ---- the table ------------------------------------------------------------------------------


def _table(draft: Draft) -> None:
    K = len(draft.base)
    frame = pd.DataFrame(np.array(draft.base), columns=[str(j) for j in range(K)])
    st.data_editor(
        frame,
        key=draft.key,
        on_change=_typed,
        args=(draft,),
        num_rows="fixed",
        height="content",
        row_height=32,
        column_config={
            "_index": st.column_config.NumberColumn("label", width=60, disabled=True),
            **{
                str(j): st.column_config.NumberColumn(
                    f"label {j}" if K <= 5 else str(j), format="%.4g", step=None, width=74
                )
                for j in range(K)
            },
        },
        alt=f"Transition matrix of {K} classes, a row a clean label, a column a given label",
    )
    _faults(draft)
    if message := session.refusal(_DRAFT):
        st.error(plain(message), icon=":material/block:")


def _faults(draft: Draft) -> None:
    """Each faulty row with its reason and two ways to mend it."""
    T = _edited(draft)
    faults = row_faults(T)
    if not faults:
        return
    whose = f"These rows of {plain(draft.file)}" if draft.file else "These rows"
    st.warning(
        f"{whose} are no probabilities yet, so the lab keeps the last good matrix.",
        icon=":material/pending:",
    )
    for i, reason in list(faults.items())[:FAULTS_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**Row {i}**: {plain(reason)}.", width="content")
            _mend(draft, i, "Normalise this row", normalised)
            _mend(draft, i, "Rest to the clean label", lambda row, i=i: completed(row, i))
    with st.container(horizontal=True, gap="small"):
        if len(faults) > 1:
            st.button("Normalise all rows", key="mend all", on_click=_mended_all, args=(draft,))
        st.button("Back to the last good matrix", key="mend back", on_click=_back)
    if message := session.refusal("mend"):
        st.error(plain(message), icon=":material/block:")


def _mend(draft: Draft, i: int, title: str, way: Callable[[np.ndarray], np.ndarray]) -> None:
    st.button(
        title, key=f"mend {i} {title}", type="tertiary", on_click=_mended, args=(draft, i, way)
    )


def _mended(draft: Draft, i: int, way: Callable[[np.ndarray], np.ndarray]) -> None:
    T = _edited(draft)

    def mend(workspace: Workspace) -> Workspace:
        T[i] = way(T[i])
        return workspace

    session.change("mend", mend)
    if session.refusal("mend") is None:
        _take(T, draft.file)


def _mended_all(draft: Draft) -> None:
    T = _edited(draft)

    def mend(workspace: Workspace) -> Workspace:
        for i in row_faults(T):
            T[i] = normalised(T[i])
        return workspace

    session.change("mend", mend)
    if session.refusal("mend") is None:
        _take(T, draft.file)


def _back() -> None:
    T = session.current().noise.transition(session.current().num_classes)
    _begin(T, T)


# ---- files ----------------------------------------------------------------------------------


def _files(T: np.ndarray) -> None:
    """The matrix out as CSV, and one in."""
    out, into = st.columns([1, 2], vertical_alignment="bottom")
    with out:
        st.download_button(
            "Matrix as CSV",
            data=lambda: to_csv(T),
            file_name=f"transition-{len(T)}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="matrix out",
        )
    with into:
        key = f"{_FILE} {st.session_state.get(_FILE, 0)}"
        st.file_uploader(
            "A matrix from a CSV file",
            type="csv",
            key=key,
            max_upload_size=2,
            on_change=_loaded,
            args=(key,),
            help="K lines of K numbers; names or numbers of classes above and beside them are left "
            "out. Or one line a cell, with the columns class, label, T.",
        )
    if message := session.refusal(_FILE):
        st.error(plain(message), icon=":material/block:")


def _loaded(key: str) -> None:
    """Take a file over; one that is refused keeps the workspace and gets the reason."""
    file = st.session_state[key]
    if file is not None:
        content = file.getvalue()
        session.change(_FILE, lambda workspace: _from_file(workspace, file.name, content))
        st.session_state[_FILE] = st.session_state.get(_FILE, 0) + 1


def _from_file(workspace: Workspace, name: str, content: bytes) -> Workspace:
    text = decoded(name, content)
    try:
        return _from_text(workspace, name, text)
    except TransitionError as error:
        raise TransitionError(f"{name}: {error}") from error


def _from_text(workspace: Workspace, name: str, text: str) -> Workspace:
    T = from_csv(text)
    faults = row_faults(T)
    if not faults:
        return with_matrix(workspace, T)
    if len(T) > MAX_LINK_CLASSES:
        i, reason = next(iter(faults.items()))
        raise TransitionError(f"row {i}: {reason}")
    _begin(T, workspace.noise.transition(workspace.num_classes), name)
    return workspace
