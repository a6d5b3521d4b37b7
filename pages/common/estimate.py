"""A transition matrix estimated from images that bear two labels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st

from alfs_core.data.local import list_local, resolve
from alfs_core.errors import DataError
from alfs_core.noise.estimation import (
    METHOD,
    LabelTable,
    count_pairs,
    image_counts_text,
    numbered,
    overall_rate,
    read_label_csv,
    read_label_sets,
    shares,
)
from pages.common import session
from pages.common.matrix_editor import with_matrix
from pages.common.show import plain, refusals

IMAGES = "tolerance_images"  # the text field of images per class, which the address holds
SOURCES = {"csv": "Two columns of labels (CSV)", "sets": "Human label sets (npz)"}
UPLOAD = "A file of mine"
SETS_HELP = (
    "An archive of lists of class numbers, one of them called `clean`; the others are label sets "
    "beside it, as CIFAR-10N's are: `aggre`, `random1`, `random2`, `random3`, `worse`."
)
NAMES_SHOWN = 12


def estimate() -> None:
    """Choose a file and two of its columns; take the counted matrix into the workspace."""
    source = st.segmented_control(
        "Labels from",
        list(SOURCES),
        default="csv",
        required=True,
        format_func=SOURCES.__getitem__,
        key="estimate source",
    )
    with refusals():
        (_from_csv if source == "csv" else _from_sets)()
    if message := session.refusal("estimate"):
        st.error(plain(message), icon=":material/block:")


def _from_csv() -> None:
    file = st.file_uploader(
        "One row for each image: its trusted and its given label",
        type=["csv", "tsv", "txt"],
        key="label file",
        max_upload_size=50,
        help="Numbers or names of classes. A first row of column names is optional.",
    )
    if file is None:
        return
    table = _read(file.file_id, file.name, file.getvalue())
    trusted, given = _columns(table)
    clean, noisy, names = numbered(table, trusted, given)
    _offer(count_pairs(clean, noisy, len(names)), names)


def _read(file_id: str, name: str, content: bytes) -> LabelTable:
    """The table of a file, read once."""
    kept = st.session_state.get("label table")
    if kept is None or kept[0] != file_id:
        kept = (file_id, read_label_csv(name, content))
        st.session_state["label table"] = kept
    return kept[1]


def _columns(table: LabelTable) -> tuple[str, str]:
    names, likely = list(table.columns), table.likely()
    with st.container(horizontal=True):
        trusted, given = (
            st.selectbox(f"{role} label", names, index=names.index(guess), key=f"{role} column")
            for role, guess in zip(("Trusted", "Given"), likely, strict=True)
        )
    if trusted == given:
        raise DataError("the trusted and the given label come from one column; choose two")
    return trusted, given


def _from_sets() -> None:
    archives = [path for path in list_local() if path.endswith(".npz")]
    chosen = st.selectbox(
        "Archive",
        [*archives, UPLOAD],
        index=next((i for i, path in enumerate(archives) if "10n" in Path(path).name), 0),
        key="label archive",
        help=SETS_HELP,
    )
    sets = _uploaded_sets() if chosen == UPLOAD else _local_sets(chosen)
    if sets is None:
        return
    others = [name for name in sets if name != "clean"]
    name = st.selectbox("Label set", others, index=len(others) - 1, key="label set")
    clean = sets["clean"]
    classes = int(clean.max()) + 1
    _offer(count_pairs(clean, sets[name], classes), tuple(map(str, range(classes))))


def _local_sets(path: str) -> dict[str, np.ndarray]:
    with resolve(path).open("rb") as file:
        return read_label_sets(path, BytesIO(file.read()))


def _uploaded_sets() -> dict[str, np.ndarray] | None:
    file = st.file_uploader("An .npz archive", type="npz", key="label sets", max_upload_size=50)
    return None if file is None else read_label_sets(file.name, file)


def _offer(counts: np.ndarray, names: tuple[str, ...]) -> None:
    """What was counted, and the button that takes it over."""
    st.markdown(
        f"**{int(counts.sum()):,} images** of {len(names)} classes; "
        f"{100 * overall_rate(counts):.4g} % of their given labels differ from the trusted ones."
    )
    if any(name != str(k) for k, name in enumerate(names)):
        shown = ", ".join(f"{k} = {name}" for k, name in enumerate(names[:NAMES_SHOWN]))
        st.caption(plain(shown + (" …" if len(names) > NAMES_SHOWN else "")))
    st.button(
        "Take this matrix",
        key="take estimate",
        type="primary",
        icon=":material/input:",
        on_click=_taken,
        args=(counts,),
        help=f"Its confidence limits: {METHOD}.",
    )


def _taken(counts: np.ndarray) -> None:
    session.change("estimate", lambda workspace: with_matrix(workspace, shares(counts)))
    if session.refusal("estimate") is None:
        st.session_state[IMAGES] = image_counts_text(counts)
