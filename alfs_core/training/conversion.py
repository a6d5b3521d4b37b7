"""Opening a file of labels that needs torch, from a process that has none of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from alfs_core.data.checksum import sha256
from alfs_core.data.uploads import file_name
from alfs_core.errors import DataError
from alfs_core.noise.human import converted, is_torch
from alfs_core.noise.labels import LabelSource

PATIENCE = 120.0  # seconds; nearly all of it is the import of torch on a cold disk


def open_elsewhere(source: LabelSource) -> None:
    """Have the file of a source converted, where only torch can open it and it was not yet.

    Raises DataError with the other process's words where it refuses the file.
    """
    if source.file is None or not is_torch(path := source.file.find()):
        return
    if not converted(sha256(path)).exists():
        _convert(path)


def _convert(path: Path) -> None:
    command = [sys.executable, "-m", "alfs_core.training.label_file", str(path)]
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = f"{file_name(path)} was not opened within {PATIENCE:.0f} seconds"
        raise DataError(said) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise DataError(lines[-1] if lines else f"{file_name(path)} cannot be opened")
