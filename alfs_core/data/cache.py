"""Decoded images kept on disk, so that an archive is unpacked once for each choice of subset."""

import hashlib
import logging
import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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
    """The Dataset kept under ``key``, or else ``make()``, which is then kept.

    A damaged file is made anew; a full disk costs the copy and nothing else.
    """
    name = hashlib.sha256(f"{VERSION} {key}".encode()).hexdigest()[:32]
    path = home() / "cache" / f"{name}.npz"
    if (kept := _read(path)) is not None:
        return kept
    dataset = make()
    _write(path, dataset)
    return dataset


def _read(path: Path) -> Dataset | None:
    if not path.exists():
        return None
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ARRAYS}
            texts = {name: str(file[name]) for name in TEXTS}
            names = tuple(str(name) for name in file["class_names"])
            places = _read_places(file)
        os.utime(path)
        return Dataset(**arrays, **texts, class_names=names, places=places)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, KeyError, OSError, DataError):
        log.warning("a damaged file of the cache is made anew: %s", path.name)
        return None


def _read_places(file: Mapping[str, Any]) -> Places | None:
    if "order" not in file:
        return None
    return Places(str(file["order"]), file["numbers"], file["totals"])  # type: ignore[arg-type]


def _write(path: Path, dataset: Dataset) -> None:
    content = {name: getattr(dataset, name) for name in (*ARRAYS, *TEXTS)}
    if dataset.places is not None:
        content |= vars(dataset.places)
    draft = path.with_name(f"{path.stem}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, **content, class_names=np.array(dataset.class_names))
        draft.replace(path)
        _trim(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        log.warning("decoded images are not kept: %s", error)


def _trim(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
    total = 0
    for file in files:
        total += file.stat().st_size
        if total > LARGEST:
            file.unlink(missing_ok=True)
