"""Which images a race is trained on: built in, of this machine, uploaded, or official."""

from __future__ import annotations

from typing import cast

import streamlit as st

from alfs_core.data.checksum import ARCHIVES
from alfs_core.data.download import downloaded, misnamed
from alfs_core.data.local import list_local
from alfs_core.data.source import DataSource, SourceKind, find, look
from alfs_core.data.uploads import keep, shown_name
from alfs_core.errors import AlfsError, DataError
from alfs_core.limits import limits
from pages.common import session
from pages.common.kept import KEPT
from pages.common.show import plain

TITLES = {"cifar-10-binary.tar.gz": "CIFAR-10", "cifar-100-binary.tar.gz": "CIFAR-100"}
OFFICIAL = [DataSource("official", file) for file in TITLES]
UPLOADS = "uploaded archives"
DATA, DATA_LINK = "train data", "data"
DATA_KINDS = {  # of what was read, in words
    "official": "the official archive, its checksum verified",
    "archive": "an archive in the official layout that is not the official one",
    "images": "a folder of images",
    "arrays": "arrays from a file",
    "synthetic": "synthetic images drawn by this program",
}


def data_picker() -> DataSource:
    """The built-in images, a file below ALFLAB_DATA, an upload, or an official archive."""
    _open_data_link()
    sources = _sources()
    source = st.selectbox(
        "Images", sources, format_func=_described, key=DATA, help=_DATA_HELP, **KEPT
    )
    _write_data_link(source)
    if source.kind == "official" and (said := misnamed(source.path)):
        st.caption(plain(said))
    if limits().uploads:
        _upload()
    return source


def _upload() -> None:
    with st.expander("Upload images", icon=":material/upload:"):
        st.markdown(
            "A `.zip` with `train/<class>/*.jpg` and `test/<class>/*.jpg` (or `.png`), an `.npz` "
            "with `x_train`, `y_train`, `x_test`, `y_test`, or a CIFAR archive (`.tar.gz`); up to "
            "200 MB. Images become 32 by 32 pixels."
        )
        st.file_uploader(
            "Archive of images",
            type=["zip", "npz", "gz", "tgz"],
            key="upload",
            label_visibility="collapsed",
            on_change=_take_upload,
        )
        if message := st.session_state.get("upload refused"):
            st.error(plain(message), icon=":material/block:")


def _sources() -> list[DataSource]:
    return [DataSource(), *_local(), *st.session_state.get(UPLOADS, []), *_official()]


def _official() -> list[DataSource]:
    """The official archives that are here, and the others where they may be downloaded."""
    return [of for of in OFFICIAL if limits().downloads or downloaded(of.path)]


def _open_data_link() -> None:
    """Choose the images that a link names; say so where this server does not have them."""
    back = session.went_back()
    wanted = st.query_params.get(DATA_LINK, _address(DataSource()) if back else None)
    if wanted is None or (DATA in st.session_state and not back):
        return
    try:
        source = _linked(wanted)
    except AlfsError as error:
        st.warning(
            f"The images of the link cannot be used: {plain(str(error))}.",
            icon=":material/link_off:",
        )
    else:
        st.session_state[DATA] = source


def _linked(address: str) -> DataSource:
    """The images that an address names, another visitor's upload too; AlfsError says why not."""
    kind, _, path = address[:300].partition(":")
    source = DataSource(cast(SourceKind, kind), path)
    if source.kind == "upload" and find(source):
        _remember(source)
    if source not in _sources():
        raise DataError(f"{path} is not on this server")
    return source


def _remember(source: DataSource) -> None:
    known = st.session_state.setdefault(UPLOADS, [])
    if source not in known:
        known.append(source)


def _write_data_link(source: DataSource) -> None:
    if source == DataSource():
        st.query_params.pop(DATA_LINK, None)
    else:
        st.query_params[DATA_LINK] = _address(source)


def _address(source: DataSource) -> str:
    return f"{source.kind}:{source.path}"


_DATA_HELP = (
    "Shapes-10 is drawn by this program: ten kinds of shapes, no download. Files of this machine "
    "are offered when its owner names their folder in ALFLAB_DATA. An official archive is "
    "downloaded by the race that needs it, continued where it broke off, and used only if its "
    "checksum is the published one."
)


def _local() -> list[DataSource]:
    return [DataSource("local", path) for path in list_local()]


def _described(source: DataSource) -> str:
    if source.kind == "synthetic":
        return "Shapes-10: synthetic, built in"
    if source.kind == "official":
        title = f"{TITLES[source.path]}: the official archive"
        size = ARCHIVES[source.path].size / 1e6
        return title if downloaded(source.path) else f"{title}, a download of {size:.0f} MB"
    return f"{shown_name(source.path)} (uploaded)" if source.kind == "upload" else source.path


def _take_upload() -> None:
    uploaded = st.session_state["upload"]
    st.session_state["upload refused"] = None
    if uploaded is None:
        return
    try:
        source = DataSource("upload", keep(uploaded.name, uploaded, look=look))
    except AlfsError as error:
        st.session_state["upload refused"] = str(error)
        return
    _remember(source)
    st.session_state[DATA] = source
