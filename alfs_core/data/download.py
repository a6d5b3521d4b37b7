"""Download of a published archive: by one process at a time, from one of several addresses,
continued where it broke off, kept if its SHA-256 is right."""

import contextlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import filelock

from alfs_core.data.checksum import ARCHIVES, Archive, sha256
from alfs_core.data.local import home, resolve
from alfs_core.errors import DataError
from alfs_core.limits import limits

ADDRESS = "https://www.cs.toronto.edu/~kriz"
PIECE = 1 << 18  # most bytes between two reports
TIMEOUT = 30.0  # seconds without a byte
WATCH = 0.2  # seconds between two reports where nothing is read
TRIES = 4  # at one address, in a row without a byte more
PAUSE = 1.0  # seconds after the first of these; each next pause is twice as long

Steps = Generator[int | str, None, None]
"""Bytes present so far, and sentences for whoever waits."""


class _Broken(Exception):
    """The bytes end here; another try may bring the rest."""


class _Refused(Exception):
    """This address does not give the archive."""


def addresses() -> list[str]:
    """The folders archives are fetched from: those of ALFLAB_MIRROR, then their authors' page."""
    mirrors = os.environ.get("ALFLAB_MIRROR", "").replace(",", " ").split()
    return list(dict.fromkeys(address.rstrip("/") for address in (*mirrors, ADDRESS)))


def downloaded(file: str) -> Path | None:
    """The archive named ``file``, whole, in the program's folder or in ALFLAB_DATA; or None."""
    archive = ARCHIVES[file]
    paths = (path for path in (_own(file), _local(file)) if path is not None)
    return next((path for path in paths if archive.is_in(path)), None)


def misnamed(file: str) -> str:
    """A sentence where ALFLAB_DATA holds another file under the name of an archive; else ""."""
    path = _local(file)
    if path is None or ARCHIVES[file].is_in(path):
        return ""
    return (
        f"The file {file} in the folder of local data is not the official archive: "
        "its size or its SHA-256 differs. It is not used in its place."
    )


def _own(file: str) -> Path:
    return home() / "data" / file


def _local(file: str) -> Path | None:
    try:
        return resolve(file)
    except DataError:
        return None


def download(file: str) -> Steps:
    """Fetch one of ARCHIVES into the program's folder; the last number is its whole size.

    Where another process or thread fetches it already, this one waits and reports what is there.
    What is left of an earlier try is continued; bytes with another SHA-256 are thrown away. Raises
    DataError where the archive is not known, this server downloads nothing, no address gives it,
    or the disk is full.
    """
    if file not in ARCHIVES:
        raise DataError(f"{file} is none of the known archives: {', '.join(ARCHIVES)}")
    if not limits().downloads:
        raise DataError("downloads are turned off on this server")
    archive, whole = ARCHIVES[file], _own(file)
    part = whole.with_name(f"{file}.part")
    # Not of one thread: a generator that is left may be closed by another one.
    lock = filelock.FileLock(whole.with_name(f"{file}.lock"), thread_local=False)
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        yield from _turn(lock, part)
        with _held(lock):
            yield from _alone(archive, whole, part)
    except OSError as error:
        raise DataError(f"{file} was not downloaded: {error.strerror or error}") from error
    yield archive.size


def _turn(lock: filelock.BaseFileLock, part: Path) -> Steps:
    """Wait until the lock is held."""
    while True:
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=0)
            return
        yield _size(part)
        time.sleep(WATCH)


@contextlib.contextmanager
def _held(lock: filelock.BaseFileLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()


def _alone(archive: Archive, whole: Path, part: Path) -> Steps:
    """Fetch the archive where it is not there yet, with the lock held."""
    if archive.is_in(whole):
        return
    if whole.exists():
        whole.unlink()
        yield f"The file {archive.file} that was kept was damaged; it is fetched anew."
    if said := misnamed(archive.file):
        yield said
    yield from _from_any(archive, part, addresses())
    part.replace(whole)


def _from_any(archive: Archive, part: Path, folders: Sequence[str]) -> Steps:
    refusals = []
    for place, folder in enumerate(folders, 1):
        try:
            yield from _from_one(archive, part, f"{folder}/{archive.file}")
        except _Refused as refusal:
            refusals.append(f"{_host(folder)}: {refusal}")
        else:
            return
        if place < len(folders):
            yield (
                f"{archive.file} cannot be had from {refusals[-1]}. "
                f"Next is {_host(folders[place])}."
            )
    raise DataError(f"{archive.file} was not downloaded: {'; '.join(refusals)}")


def _from_one(archive: Archive, part: Path, url: str) -> Steps:
    """Every byte that is missing, tried again after breaks; ``part`` is then the archive.

    Where bytes of an earlier address are among them, a wrong SHA-256 is not held against this one:
    it begins anew, once.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise _Refused("this is no http or https address")
    mixed, tries = _size(part) > 0, 0
    while True:
        before = _size(part)
        try:
            yield from _receive(archive, part, url)
        except _Broken as broken:
            tries = 1 if _size(part) > before else tries + 1
            if tries == TRIES:
                raise _Refused(str(broken)) from broken
            yield from _rest(PAUSE * 2 ** (tries - 1), part)
            continue
        if _size(part) == archive.size and sha256(part) == archive.sha256:
            return
        part.unlink()
        if not mixed:
            raise _Refused("its file has another SHA-256 than the published one")
        mixed = False


def _rest(seconds: float, part: Path) -> Steps:
    """Let the server rest; whoever waits may stop meanwhile."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        yield _size(part)
        time.sleep(min(WATCH, left))


def _receive(archive: Archive, part: Path, url: str) -> Steps:
    """Append to ``part`` what one answer brings, until the archive's size is reached."""
    present = _size(part)
    if present >= archive.size:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={present}-"})
    with _open(request) as answer, part.open("ab") as file:
        place = _place(answer, archive, present)
        while present < archive.size:
            piece = _read(answer)
            if not piece:
                raise _Broken(f"it broke off after {present:,} of {archive.size:,} bytes")
            place += len(piece)
            if place > present:  # a server without ranges sends what is there again
                present += file.write(piece[present - place :])
                file.flush()  # who waits looks at the size of the file
            yield present


def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        said = f"the server answered {error.code} {error.reason}"
        error.close()
        passing = error.code >= 500 or error.code == http.HTTPStatus.TOO_MANY_REQUESTS
        raise _Broken(said) if passing else _Refused(said) from error
    except urllib.error.URLError as error:
        raise _Broken(f"the server cannot be reached ({error.reason})") from error
    except (http.client.HTTPException, OSError) as error:
        raise _Broken(_said(error)) from error
    return answer


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read1(PIECE)
    except (http.client.HTTPException, OSError) as error:
        raise _Broken(_said(error)) from error


def _place(answer: http.client.HTTPResponse, archive: Archive, present: int) -> int:
    """Where in the file the answer begins; an answer of another length is another file."""
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        begins, length = present, answer.headers.get("Content-Range", "").rpartition("/")[2]
        if f"bytes {present}-" not in answer.headers.get("Content-Range", ""):
            raise _Refused("it sent another part of the file than was asked for")
    else:
        begins, length = 0, answer.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) != archive.size:
        raise _Refused(f"its file has {int(length):,} bytes, the archive {archive.size:,}")
    return begins


def _said(error: Exception) -> str:
    return f"the connection broke ({error or type(error).__name__})"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _host(url: str) -> str:
    """The server of an address, without a name and a password that it may hold."""
    return urlsplit(url).netloc.rpartition("@")[2] or url
