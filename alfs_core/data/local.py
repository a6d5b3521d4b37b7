"""Files that a person has put where the program may read them, and the program's own folder.

``ALFLAB_DATA`` names the one folder below which archives of the machine's owner are read.
``ALFLAB_HOME`` names the folder for what the program writes: runs, downloads, decoded images.
"""

import os
from pathlib import Path

import platformdirs

from alfs_core.errors import DataError

SUFFIXES = (".zip", ".npz", ".tar.gz", ".tgz")
LABEL_SUFFIXES = (".npz", ".pt")
DEEPEST = 3  # folders below ALFLAB_DATA that list_local enters


def home() -> Path:
    """The folder for what the program writes; made where it is missing."""
    named = os.environ.get("ALFLAB_HOME")
    folder = Path(named) if named else platformdirs.user_data_path("alflab", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be made: {error.strerror}") from error
    return folder


def data_folder() -> Path | None:
    """The real path of the folder ALFLAB_DATA names, or None where it names none."""
    named = os.environ.get("ALFLAB_DATA")
    if not named or not Path(named).is_dir():
        return None
    return Path(named).resolve()


def list_local(suffixes: tuple[str, ...] = SUFFIXES) -> list[str]:
    """Paths below ALFLAB_DATA, relative to it, that end in one of ``suffixes``; sorted."""
    root = data_folder()
    if root is None:
        return []
    found = []
    for folder, below, files in os.walk(root):
        if len(Path(folder).relative_to(root).parts) >= DEEPEST:
            below.clear()
        found += [Path(folder, file) for file in files if file.lower().endswith(suffixes)]
    return sorted(path.relative_to(root).as_posix() for path in found if _is_below(path, root))


def resolve(relative: str) -> Path:
    """The real path of a file below ALFLAB_DATA.

    Raises DataError where the path leaves that folder (by ``..``, as an absolute path or through a
    symbolic link), is no file, or cannot be read.
    """
    root = data_folder()
    if root is None:
        raise DataError("no folder of local data: set ALFLAB_DATA to the folder of your archives")
    if "\0" in relative:
        raise DataError("a path with a null character names no file")
    path = root / relative
    if not _is_below(path, root):
        raise DataError(f"{relative} lies outside the folder of local data")
    if not os.path.isfile(path):  # Path.is_file raises on a name too long
        raise DataError(f"{relative} is no file below the folder of local data")
    if not os.access(path, os.R_OK):
        raise DataError(f"{relative} cannot be read: permission denied")
    return path.resolve()


def _is_below(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a loop of symbolic links, a name too long
        return False
