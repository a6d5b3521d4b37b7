"""Arrays kept on disk: decoded images of a subset, and what was computed from them."""

import hashlib
import logging
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from alfs_core.data.dataset import Dataset, Places
from alfs_core.data.local import home
from alfs_core.errors import DataError

VERSION = 2  # raised where the readers or the synthetic images change
LARGEST = 1_000_000_000  # bytes of the whole cache; the longest unused files go first

log = logging.getLogger(__name__)

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
TEXTS = ("name", "kind", "checksum", "description")


def cached(key: str, make: Callable[[], Dataset]) -> Dataset:
    """The Dataset kept under ``key``, or else ``make()``, which is then kept."""
    if (arrays := kept(key)) is not None and (dataset := _dataset(arrays)) is not None:
        return dataset
    dataset = make()
    content = {name: getattr(dataset, name) for name in (*ARRAYS, *TEXTS)}
    if dataset.places is not None:
        content |= vars(dataset.places)
    content["class_names"] = np.array(dataset.class_names)
    keep(key, {name: np.asarray(value) for name, value in content.items()})
    return dataset


def kept(key: str) -> dict[str, np.ndarray] | None:
    """The arrays kept under ``key``; None where there are none, or their file is damaged."""
    path = _path(key)
    if not path.exists():
        return None
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        os.utime(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, OSError):
        log.warning("a damaged file of the cache is made anew: %s", path.name)
        return None
    return arrays


def keep(key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Keep arrays under ``key``; a full disk costs the copy and nothing else."""
    path = _path(key)
    draft = path.with_name(f"{path.stem}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        draft.replace(path)
        _trim(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        log.warning("what was computed is not kept: %s", error)


def _path(key: str) -> Path:
    name = hashlib.sha256(f"{VERSION} {key}".encode()).hexdigest()[:32]
    return home() / "cache" / f"{name}.npz"


def _dataset(arrays: Mapping[str, np.ndarray]) -> Dataset | None:
    try:
        texts = {name: str(arrays[name]) for name in TEXTS}
        names = tuple(str(name) for name in arrays["class_names"])
        images = {name: arrays[name] for name in ARRAYS}
        return Dataset(**images, **texts, class_names=names, places=_places(arrays))  # type: ignore[arg-type]
    except (KeyError, DataError):
        log.warning("a file of the cache holds no images, and is made anew")
        return None


def _places(arrays: Mapping[str, np.ndarray]) -> Places | None:
    if "order" not in arrays:
        return None
    return Places(str(arrays["order"]), arrays["numbers"], arrays["totals"])  # type: ignore[arg-type]


def _trim(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    total = 0
    for file in files:
        total += file.stat().st_size
        if total > LARGEST:
            file.unlink(missing_ok=True)
