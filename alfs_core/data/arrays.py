"""Arrays ``x_train``, ``y_train``, ``x_test``, ``y_test`` in an ``.npz`` file, without pickle."""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from alfs_core.data.dataset import Dataset, Places, check_images, check_labels, class_list
from alfs_core.data.uploads import file_name
from alfs_core.errors import DataError

LARGEST = 2_000_000_000  # bytes of one array
MOST_PLACES = 10**9
NEEDED = ("x_train", "y_train", "x_test", "y_test")
OPTIONAL = ("class_names", "index_train")
DAMAGE = (  # what reading a damaged .npz raises; RuntimeError where it is packed in an unknown way
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    OSError,
    RuntimeError,
)


def read_arrays(path: Path, digest: str) -> Dataset:
    """The Dataset in an ``.npz``; ``class_names`` (K,) is read where it is there.

    So is ``index_train`` (N,): the places of the training images in the set they were taken from.

    Raises DataError where an array is missing, too large, of a wrong shape or type, or a label
    names no class.
    """
    called = file_name(path)
    with _readable(called):
        check_sizes(called, path, LARGEST)
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = {name: file[name] for name in (*NEEDED, *OPTIONAL) if name in file}
    _check_needed(called, found)
    names = _names(called, found)
    for part in ("train", "test"):
        images, labels = found[f"x_{part}"], found[f"y_{part}"]
        check_images(f"{called}: x_{part}", images)
        check_labels(f"{called}: y_{part}", labels, len(images), len(names))
    return Dataset(
        called,
        "arrays",
        found["x_train"],
        found["y_train"].astype(np.int64),
        found["x_test"],
        found["y_test"].astype(np.int64),
        names,
        digest,
        f"{len(found['x_train']):,} training and {len(found['x_test']):,} test images of {called}",
        _places(called, found, len(names)),
    )


def look(name: str, file: BinaryIO) -> int:
    """How many training images an ``.npz`` says that it holds, before anything is unpacked.

    Raises DataError where it is no ``.npz`` or lacks an array.
    """
    with _readable(name):
        check_sizes(name, file, LARGEST)
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            _check_needed(name, members)
            shape, _ = _header(archive, members["x_train"])
    return shape[0] if shape else 0


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise DataError(f"{name} is damaged or no .npz of plain arrays: {error}") from error


def _check_needed(name: str, found: Collection[str]) -> None:
    if missing := [array for array in NEEDED if array not in found]:
        raise DataError(f"{name} lacks the array {missing[0]}")


def check_sizes(name: str, file: Path | BinaryIO, largest: int) -> None:
    """Refuse a member by its declared size in bytes, before anything of it is unpacked."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.file_size > largest:
                raise DataError(
                    f"{name}: {info.filename} holds {info.file_size:,} bytes; "
                    f"an array may have {largest:,}"
                )
            if info.filename.endswith(".npy"):
                _check_header(name, archive, info)


def _check_header(name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """An array may not promise more than its member holds: numpy would allocate it first."""
    shape, dtype = _header(archive, info)
    if dtype.itemsize * np.prod([float(side) for side in shape]) > info.file_size:
        raise DataError(f"{name}: {info.filename} promises shape {shape} and is shorter than that")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    return shape, dtype


def _places(name: str, found: dict[str, np.ndarray], num_classes: int) -> Places | None:
    if "index_train" not in found:
        return None
    index, labels = found["index_train"], found["y_train"]
    check_labels(f"{name}: index_train", index, len(labels), MOST_PLACES)
    if len(np.unique(index)) < len(index):
        raise DataError(f"{name}: index_train names one place twice")
    return Places("index", index.astype(np.int64), np.bincount(labels, minlength=num_classes))


def _names(name: str, found: dict[str, np.ndarray]) -> tuple[str, ...]:
    if "class_names" in found:
        return class_list([str(label) for label in found["class_names"].ravel()])
    labels = found["y_train"]
    if not np.issubdtype(labels.dtype, np.integer) or labels.size == 0:
        check_labels(f"{name}: y_train", labels, len(found["x_train"]), 2)
    return class_list([f"class {k}" for k in range(int(labels.max()) + 1)])
