"""Download of a published archive: continued where it broke off, kept if its SHA-256 is right."""

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from alfs_core.data.checksum import ARCHIVES, Archive, sha256
from alfs_core.data.local import data_folder, home
from alfs_core.errors import DataError

ADDRESS = "https://www.cs.toronto.edu/~kriz"
PIECE = 1 << 18  # bytes between two reports
TIMEOUT = 60.0  # seconds without a byte


def address() -> str:
    """The folder archives are fetched from: ALFLAB_MIRROR, or their authors' page."""
    return os.environ.get("ALFLAB_MIRROR", ADDRESS).rstrip("/")


def downloaded(file: str) -> Path | None:
    """Where the archive named ``file`` lies, in the program's folder or in ALFLAB_DATA; or None.

    Its contents are not looked at: the reader says whether it is the official archive.
    """
    folders = (home() / "data", data_folder())
    paths = (folder / file for folder in folders if folder is not None)
    return next((path for path in paths if path.is_file()), None)


def download(file: str, folder: Path | None = None, source: str | None = None) -> Iterator[int]:
    """Fetch one of ARCHIVES into ``folder``; yields the bytes present so far, the last time all.

    What is there of an earlier try is kept and continued. A file with another SHA-256 is thrown
    away. Raises DataError where the archive is not known, the server does not give it, it is not
    what was published, or the disk is full.
    """
    if file not in ARCHIVES:
        raise DataError(f"{file} is none of the known archives: {', '.join(ARCHIVES)}")
    archive = ARCHIVES[file]
    folder = home() / "data" if folder is None else folder
    whole, part = folder / file, folder / f"{file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not whole.exists():
            yield from _fetch(archive, part, f"{source or address()}/{file}")
            _verify(archive, part)
            part.replace(whole)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise DataError(f"{file} was not downloaded: {_reason(error)}") from error
    yield whole.stat().st_size


def _fetch(archive: Archive, part: Path, url: str) -> Iterator[int]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise DataError(f"{url} is no http or https address")
    present = part.stat().st_size if part.exists() else 0
    if present >= archive.size:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={present}-"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        present = present if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            while piece := answer.read(PIECE):
                present += file.write(piece)
                yield present
                if present > archive.size:
                    break
    if present < archive.size:
        raise DataError(
            f"{archive.file} broke off after {present:,} of {archive.size:,} bytes; "
            "start it again to continue"
        )


def _verify(archive: Archive, part: Path) -> None:
    digest = sha256(part)
    if digest != archive.sha256:
        part.unlink()
        raise DataError(
            f"{archive.file} has the SHA-256 {digest[:12]}… instead of {archive.sha256[:12]}…; "
            "it was thrown away"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return f"the server cannot be reached ({error.reason})"
    return str(error) or type(error).__name__
