"""Where the wrong labels of a race come from, as a choice."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from alfs_core.data.local import LABEL_SUFFIXES, list_local
from alfs_core.data.uploads import keep
from alfs_core.errors import AlfsError
from alfs_core.limits import limits
from alfs_core.noise.cifar import COLUMNS
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.noise.transition import LabelNoise
from pages.common import session
from pages.common.kept import IN_ADDRESS
from pages.common.show import plain

KINDS = {"matrix": "by class", "instance": "by image", "human": "by people"}
UPLOADS = "uploaded labels"
_HELP = (
    "*By class*: each class goes wrong by its row of the transition matrix in the sidebar. "
    "*By image*: every image has a row of its own, drawn from its pixels by one random linear "
    "rule; how often it goes wrong varies from image to image. *By people*: what people answered "
    "when they labelled CIFAR-10 anew (CIFAR-10N), for CIFAR-10's own images."
)


def label_picker() -> LabelSource | None:
    """The choice and what it needs; None while the file of human labels is missing."""
    session.words_of("train_labels", KINDS.__getitem__)
    kind = st.segmented_control(
        "Labels go wrong",
        list(KINDS),
        default="matrix",
        required=True,
        format_func=KINDS.__getitem__,
        key="train_labels",
        wrap=True,
        **IN_ADDRESS,
        help=_HELP,
    )
    if kind == "human":
        return _human()
    return LabelSource("instance", rate=_rate()) if kind == "instance" else LabelSource()


def in_words(labels: LabelSource, noise: LabelNoise) -> str:
    """What the labels of a race are, within a sentence."""
    if labels.kind == "human":
        return f"with the labels that people gave ({plain(labels.title(noise))})"
    if labels.kind == "instance":
        return f"with label noise that depends on the image, at a mean rate of {labels.rate:.2g}"
    return "on clean labels" if noise.kind == "none" else f"with {noise.words}"


def _rate() -> float:
    return st.slider(
        "Mean noise rate",
        0.05,
        0.8,
        0.4,
        step=0.05,
        key="train_label_rate",
        **IN_ADDRESS,
        help="Each image draws its own rate from a normal law around this mean with standard "
        "deviation 0.1, cut to lie between 0 and 1.",
    )


def _human() -> LabelSource | None:
    session.words_of("train_label_set", COLUMNS.__getitem__)
    column = st.selectbox(
        "Label set",
        list(COLUMNS),
        index=list(COLUMNS).index("worse"),
        format_func=COLUMNS.__getitem__,
        key="train_label_set",
        **IN_ADDRESS,
        help="Three people labelled each image. *Random 1* to *3* are one answer each, *aggregate* "
        "is the majority, *worst* is a wrong answer wherever there was one.",
    )
    files = [*_local(), *st.session_state.get(UPLOADS, [])]
    if not files:
        st.info(
            "No file of labels is at hand: upload one, or put it below ALFLAB_DATA.",
            icon=":material/info:",
        )
    else:
        st.selectbox("File of labels", files, format_func=lambda f: f.title, key="label file used")
    if limits().uploads:
        _upload()
    chosen = st.session_state.get("label file used") if files else None
    return None if chosen is None else LabelSource("human", file=chosen, column=column)


def _local() -> list[LabelFile]:
    """Files of this machine that may hold labels, likely ones first."""
    paths = list_local(LABEL_SUFFIXES)
    return [LabelFile("local", path) for path in sorted(paths, key=_unlikely)]


def _unlikely(path: str) -> bool:
    name = Path(path).name.lower()
    return not ("10n" in name or "human" in name)


def _upload() -> None:
    with st.expander("Upload labels", icon=":material/upload:"):
        st.markdown(
            "The file of CIFAR-10N: `CIFAR-10_human.pt` of its authors, or an `.npz` with the "
            "lists `clean`, `aggre`, `random1`, `random2`, `random3` and `worse` in the order of "
            "the official archive. It is taken only if its labels are the published ones."
        )
        st.file_uploader(
            "File of labels",
            type=["npz", "pt"],
            key="label upload",
            label_visibility="collapsed",
            max_upload_size=20,
            on_change=_take,
        )
        if message := st.session_state.get("label upload refused"):
            st.error(plain(message), icon=":material/block:")


def _take() -> None:
    uploaded = st.session_state["label upload"]
    st.session_state["label upload refused"] = None
    if uploaded is None:
        return
    try:
        file = LabelFile("upload", keep(uploaded.name, uploaded, LABEL_SUFFIXES))
    except AlfsError as error:
        st.session_state["label upload refused"] = str(error)
        return
    known = st.session_state.setdefault(UPLOADS, [])
    if file not in known:
        known.append(file)
    st.session_state["label file used"] = file
