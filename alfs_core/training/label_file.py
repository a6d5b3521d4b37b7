"""The authors' file of CIFAR-10N, a ``.pt``, as arrays that need no torch.

``python -m alfs_core.training.label_file PATH`` converts one file, for a process without torch.
Only weights are loaded: a pickle that asks for anything but arrays is refused, not run.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from alfs_core.data.checksum import sha256
from alfs_core.data.uploads import file_name
from alfs_core.errors import AlfsError, DataError
from alfs_core.noise.human import converted, is_torch
from alfs_core.noise.labels import LabelSource

LARGEST = 20_000_000  # bytes; the authors' file has 2.4 million
LISTS = {
    "clean_label": "clean",
    "aggre_label": "aggre",
    "random_label1": "random1",
    "random_label2": "random2",
    "random_label3": "random3",
    "worse_label": "worse",
}
"""The names of the lists in the ``.pt`` and here."""


def open_labels(source: LabelSource) -> None:
    """Convert the file of a source, where it is one that only torch can open."""
    if source.file is not None and is_torch(path := source.file.find()):
        convert(path)


def convert(path: Path) -> Path:
    """The ``.npz`` of a ``.pt``, made once; raises DataError where it is no file of label lists."""
    target = converted(sha256(path))
    if not target.exists():
        _write(target, _lists(file_name(path), _load(path)))
    return target


def _load(path: Path) -> Any:
    if path.stat().st_size > LARGEST:
        raise DataError(f"{file_name(path)} has more than {LARGEST:,} bytes")
    try:
        with torch.serialization.safe_globals(_arrays()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise DataError(f"{file_name(path)} is damaged or no file of labels: {reason}") from error


def _arrays() -> list[Any]:
    """What the pickle of a numpy array of integers asks for, by the names of numpy 1 and 2."""
    rebuild = np.array(0).__reduce__()[0]
    return [
        (rebuild, "numpy.core.multiarray._reconstruct"),
        (rebuild, "numpy._core.multiarray._reconstruct"),
        np.ndarray,
        np.dtype,
        *{type(np.dtype(kind)) for kind in ("u1", "i2", "i4", "i8")},
    ]


def _lists(name: str, content: Any) -> dict[str, np.ndarray]:
    if not isinstance(content, dict):
        raise DataError(f"{name} holds a {type(content).__name__}, not a dictionary of label lists")
    found = {LISTS[key]: np.asarray(content[key]) for key in content if key in LISTS}
    for key, labels in found.items():
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise DataError(f"{name}: its {key!r} is no list of class numbers")
    if "clean" not in found:
        raise DataError(f"{name} lacks the list clean_label: it is no CIFAR-10N file")
    return found


def _write(target: Path, lists: dict[str, np.ndarray]) -> None:
    draft = target.with_name(f"{target.stem}.{os.getpid()}.draft")
    try:
        target.parent.mkdir(exist_ok=True)
        with draft.open("wb") as file:
            np.savez(file, **lists)  # type: ignore[arg-type]
        draft.replace(target)
    except (OSError, ValueError) as error:
        draft.unlink(missing_ok=True)
        raise DataError(f"the labels cannot be kept: {error}") from error


def main(path: str) -> int:
    """Convert a file; a refusal is printed as one line, with status 1."""
    try:
        convert(Path(path))
    except AlfsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
