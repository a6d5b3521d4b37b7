"""Files that a visitor has uploaded, kept under their checksum in the program's own folder.

The checksum in the name makes a kept file unguessable: only who has the file, or the link of a run
on it, can name it.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from alfs_core.data.local import SUFFIXES, home
from alfs_core.errors import DataError
from alfs_core.limits import limits

KEPT_NAME = re.compile(r"[0-9a-f]{64}-[A-Za-z0-9._ -]{1,80}")
ROOM = 4 * 2**30  # bytes of uploads that are kept; the oldest go first
CHUNK = 2**20
FOLDER = "uploads"


def is_kept_name(name: str, suffixes: tuple[str, ...] = SUFFIXES) -> bool:
    """Whether a name is one that ``keep`` gives."""
    return KEPT_NAME.fullmatch(name) is not None and name.lower().endswith(suffixes)


def shown_name(name: str) -> str:
    """The name that the file had where it came from."""
    return name[65:]


def file_name(path: Path) -> str:
    """What a sentence calls a file: an upload has the name that it came with."""
    return shown_name(path.name) if KEPT_NAME.fullmatch(path.name) else path.name


def keep(
    name: str,
    content: BinaryIO,
    suffixes: tuple[str, ...] = SUFFIXES,
    look: Callable[[str, BinaryIO], object] | None = None,
) -> str:
    """Keep a file and return its name; the same content is kept once.

    Raises DataError where this server takes none, the ending is none of ``suffixes``, ``look``
    refuses the content, or the disk is full.
    """
    if not limits().uploads:
        raise DataError("uploads are turned off on this server")
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", Path(name).name)[-80:]
    if not plain.lower().endswith(suffixes):
        raise DataError(f"{name!r} does not end in {', '.join(suffixes)}")
    if look is not None:
        look(name, content)
        content.seek(0)
    try:
        folder = _folder()
        with _passing_file(folder) as copy:
            digest = _copied(content, copy)
            target = folder / f"{digest}-{plain}"
            copy.replace(target)
    except OSError as error:
        raise DataError(f"{name!r} cannot be kept: {error.strerror}") from error
    _make_room(folder, target)
    return target.name


@contextmanager
def _passing_file(folder: Path) -> Iterator[Path]:
    """A new file in ``folder``, removed at the end where it is still there."""
    descriptor, name = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _copied(content: BinaryIO, target: Path) -> str:
    """Write ``content`` to ``target``; returns its SHA-256."""
    digest = hashlib.sha256()
    with target.open("wb") as copy:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def kept(name: str, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """The kept file of that name; raises DataError where it is gone."""
    path = home() / FOLDER / name
    if not is_kept_name(name, suffixes) or not path.is_file():
        raise DataError(f"the uploaded file {shown_name(name)!r} is not kept any more")
    return path


def _folder() -> Path:
    folder = home() / FOLDER
    folder.mkdir(exist_ok=True)
    return folder


def _make_room(folder: Path, newest: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    held = 0
    for path in files:
        held += path.stat().st_size
        if held > ROOM and path != newest:
            path.unlink(missing_ok=True)
