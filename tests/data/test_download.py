import hashlib
import http.server
import importlib
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from alfs_core.data.checksum import ARCHIVES, Archive
from alfs_core.data.download import addresses, download, downloaded, misnamed
from alfs_core.data.local import home
from alfs_core.errors import DataError

module = importlib.import_module("alfs_core.data.download")  # its function bears its name

CONTENT = bytes(range(256)) * 4000
WRONG = CONTENT[:-1] + b"x"
NAME = "cifar-10-binary.tar.gz"
MIRROR, OTHER, OFFICIAL = "mirror", "other", "official"


class Server(http.server.ThreadingHTTPServer):
    """Serves folders of this name by ``how``; ``asked`` holds folder and first byte of each."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.how: dict[str, Folder] = {}
        self.asked: list[tuple[str, int]] = []

    def address(self, folder: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{folder}"


class Folder:
    """What a server gives: ``content``, ``limit`` bytes at a time, all of it before ``gate``."""

    def __init__(self, content: bytes = CONTENT, status: int = 200, limit: int = 10**9) -> None:
        self.content, self.status, self.limit = content, status, limit
        self.ranged = True
        self.gate = threading.Event()
        self.gate.set()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.split("/")[1]
        folder = self.server.how.get(name, Folder(status=404))
        start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.server.asked.append((name, start))
        if folder.status != 200:
            self.send_error(folder.status)
            return
        start = start if folder.ranged else 0
        whole = len(folder.content)
        self.send_response(206 if folder.ranged else 200)
        if folder.ranged:
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        self.send_header("Content-Length", str(whole - start))
        self.end_headers()
        sent = folder.content[start : start + folder.limit]
        self.wfile.write(sent[: len(sent) // 2])
        folder.gate.wait()
        self.wfile.write(sent[len(sent) // 2 :])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """One that has the archive in the official folder; the official address is there."""
    known = Archive(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(ARCHIVES, NAME, known)
    monkeypatch.setattr(module, "PAUSE", 0.001)
    monkeypatch.setattr(module, "WATCH", 0.001)
    monkeypatch.delenv("ALFLAB_MIRROR", raising=False)
    with Server() as running:
        running.how[OFFICIAL] = Folder()
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(module, "ADDRESS", running.address(OFFICIAL))
        yield running
        running.shutdown()
        thread.join()


def mirrors(server: Server, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setenv("ALFLAB_MIRROR", " ".join(server.address(name) for name in names))


def sizes(steps: list[int | str]) -> list[int]:
    return [step for step in steps if isinstance(step, int)]


def sentences(steps: list[int | str]) -> list[str]:
    return [step for step in steps if isinstance(step, str)]


def is_whole() -> bool:
    path = downloaded(NAME)
    return path is not None and path.read_bytes() == CONTENT


def test_it_is_fetched_verified_and_found(server):
    assert downloaded(NAME) is None

    steps = list(download(NAME))

    assert is_whole()
    assert sizes(steps)[-1] == len(CONTENT)
    assert sizes(steps) == sorted(sizes(steps))
    assert sentences(steps) == []


def test_a_second_time_nothing_is_fetched(server):
    list(download(NAME))

    assert list(download(NAME)) == [len(CONTENT)]
    assert server.asked == [(OFFICIAL, 0)]


# ---- breaks -----------------------------------------------------------------------------


def test_it_goes_on_by_itself_where_it_broke_off(server):
    server.how[OFFICIAL].limit = 300_000

    steps = list(download(NAME))

    assert server.asked == [(OFFICIAL, start) for start in (0, 300_000, 600_000, 900_000)]
    assert sentences(steps) == []
    assert is_whole()


def test_a_stopped_one_goes_on_where_it_was(server):
    server.how[OFFICIAL].limit = 600_000
    steps = download(NAME)
    while (present := next(steps)) < 600_000:
        pass
    steps.close()
    server.how[OFFICIAL].limit = 10**9

    assert sizes(list(download(NAME)))[0] > present
    assert server.asked[-1] == (OFFICIAL, 600_000)
    assert is_whole()


def test_a_server_without_ranges_loses_nothing(server):
    server.how[OFFICIAL].limit = 600_000
    steps = download(NAME)
    while next(steps) < 600_000:
        pass
    steps.close()
    server.how[OFFICIAL].limit, server.how[OFFICIAL].ranged = 10**9, False

    again = sizes(list(download(NAME)))

    assert min(again) >= 600_000
    assert is_whole()


def test_tries_without_a_byte_more_are_bounded(server):
    server.how[OFFICIAL].status = 503

    with pytest.raises(DataError, match="the server answered 503"):
        list(download(NAME))
    assert len(server.asked) == module.TRIES


def test_who_waits_between_two_tries_hears_of_it(server, monkeypatch):
    """So a stop is obeyed there too."""
    monkeypatch.setattr(module, "PAUSE", 1000.0)
    server.how[OFFICIAL].status = 503
    steps = download(NAME)

    assert [next(steps) for _ in range(3)] == [0, 0, 0]
    steps.close()


# ---- addresses --------------------------------------------------------------------------


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n"])
def test_mirrors_come_before_the_official_address(between, monkeypatch):
    monkeypatch.setenv("ALFLAB_MIRROR", between.join(("https://a.example/x/", "https://b.example")))

    assert addresses() == ["https://a.example/x", "https://b.example", module.ADDRESS]


@pytest.mark.parametrize("named", ["", module.ADDRESS, f"{module.ADDRESS}/"])
def test_the_official_address_is_named_once(named, monkeypatch):
    monkeypatch.setenv("ALFLAB_MIRROR", named)

    assert addresses() == [module.ADDRESS]


@pytest.mark.parametrize("status", [403, 404, 416, 503])
def test_after_a_refusal_the_next_address_is_tried(status, server, monkeypatch):
    mirrors(server, monkeypatch, MIRROR, OTHER)
    server.how[MIRROR] = Folder(status=status)
    server.how[OTHER] = Folder()

    steps = list(download(NAME))

    (said,) = sentences(steps)
    assert f"the server answered {status}" in said
    assert "Next is 127.0.0.1" in said
    assert {name for name, _ in server.asked} == {MIRROR, OTHER}
    assert is_whole()


def test_the_next_address_goes_on_where_the_last_broke_off(server, monkeypatch):
    mirrors(server, monkeypatch, MIRROR)
    gone = server.how[MIRROR] = Folder(limit=400_000)
    steps = download(NAME)
    while next(steps) < 400_000:
        pass
    gone.status = 404

    list(steps)

    assert server.asked[-1] == (OFFICIAL, 400_000)
    assert is_whole()


def test_a_mirror_with_another_checksum_is_dropped(server, monkeypatch):
    mirrors(server, monkeypatch, MIRROR)
    server.how[MIRROR] = Folder(WRONG)

    (said,) = sentences(list(download(NAME)))

    assert "another SHA-256" in said
    assert server.asked == [(MIRROR, 0), (OFFICIAL, 0)]
    assert is_whole()


@pytest.mark.parametrize("ranged", [True, False])
def test_a_mirror_with_a_file_of_another_length_is_dropped_at_once(ranged, server, monkeypatch):
    mirrors(server, monkeypatch, MIRROR)
    server.how[MIRROR] = Folder(b"<html>log in first</html>")
    server.how[MIRROR].ranged = ranged

    (said,) = sentences(list(download(NAME)))

    assert "its file has 25 bytes, the archive 1,024,000" in said
    assert is_whole()


def test_a_mirror_is_not_blamed_for_the_bytes_of_another(server, monkeypatch):
    """What the first brought was wrong, which shows at the end only."""
    mirrors(server, monkeypatch, MIRROR)
    gone = server.how[MIRROR] = Folder(b"x" * len(CONTENT), limit=400_000)
    steps = download(NAME)
    while next(steps) < 400_000:
        pass
    gone.status = 404

    list(steps)

    assert server.asked[-2:] == [(OFFICIAL, 400_000), (OFFICIAL, 0)]
    assert is_whole()


def test_every_refusal_is_told_where_nobody_has_it(server, monkeypatch):
    mirrors(server, monkeypatch, MIRROR)
    server.how[MIRROR] = Folder(WRONG)
    server.how[OFFICIAL].status = 404

    with pytest.raises(DataError, match=r"another SHA-256.*; .*the server answered 404"):
        list(download(NAME))
    assert downloaded(NAME) is None
    assert not (home() / "data" / f"{NAME}.part").exists()


def test_no_server_is_told(server, monkeypatch):
    monkeypatch.setattr(module, "ADDRESS", "http://127.0.0.1:9")

    with pytest.raises(DataError, match="the server cannot be reached"):
        list(download(NAME))


def test_a_full_disk_is_told(server, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", full)

    with pytest.raises(DataError, match="No space left on device"):
        list(download(NAME))
    assert len(server.asked) == 1


def test_other_names_and_addresses_are_refused(server, monkeypatch):
    with pytest.raises(DataError, match="none of the known archives"):
        list(download("../evil.tar.gz"))
    monkeypatch.setattr(module, "ADDRESS", "file:///etc")
    with pytest.raises(DataError, match="no http or https address"):
        list(download(NAME))


def test_a_password_in_an_address_is_not_told(server, monkeypatch):
    monkeypatch.setenv("ALFLAB_MIRROR", "ftp://me:secret@mirror.example/cifar")

    (said,) = sentences(list(download(NAME)))

    assert "mirror.example: this is no http or https address" in said
    assert "secret" not in said


# ---- what counts as present -------------------------------------------------------------


@pytest.mark.parametrize("content", [b"garbage", b"", WRONG])
def test_another_file_of_that_name_is_not_taken_for_it(content, server, folders):
    (folders / NAME).write_bytes(content)

    assert downloaded(NAME) is None
    assert "not the official archive" in misnamed(NAME)
    assert sentences(list(download(NAME))) == [misnamed(NAME)]
    assert is_whole()
    assert (folders / NAME).read_bytes() == content


def test_the_archive_in_the_local_folder_is_used(server, folders):
    (folders / NAME).write_bytes(CONTENT)

    assert downloaded(NAME) == folders / NAME
    assert misnamed(NAME) == ""


def test_a_link_out_of_the_local_folder_is_not_followed(server, folders, tmp_path):
    (tmp_path / "elsewhere").write_bytes(CONTENT)
    (folders / NAME).symlink_to(tmp_path / "elsewhere")

    assert downloaded(NAME) is None


@pytest.mark.parametrize("content", [b"garbage", WRONG])
def test_a_damaged_file_of_the_lab_is_fetched_anew(content, server):
    own = home() / "data" / NAME
    own.parent.mkdir()
    own.write_bytes(content)

    assert downloaded(NAME) is None
    (said,) = sentences(list(download(NAME)))
    assert "damaged" in said
    assert is_whole()


def test_the_checksum_of_a_file_that_stays_is_computed_once(server, monkeypatch):
    list(download(NAME))
    assert is_whole()
    monkeypatch.setattr("alfs_core.data.checksum.sha256", None)

    assert is_whole()


# ---- several at once --------------------------------------------------------------------


def test_a_second_caller_waits_and_sees_how_far_the_first_is(server):
    folder = server.how[OFFICIAL]
    folder.gate.clear()
    first = download(NAME)
    while (present := next(first)) < len(CONTENT) // 2:
        pass
    second = download(NAME)

    assert {next(second) for _ in range(3)} == {present}
    folder.gate.set()
    list(first)
    assert list(second) == [len(CONTENT)]
    assert server.asked == [(OFFICIAL, 0)]


def test_a_caller_that_waits_may_leave(server):
    first, second = download(NAME), download(NAME)
    next(first)
    next(second)
    second.close()
    list(first)

    assert is_whole()


def test_who_waits_takes_over_from_one_that_leaves(server):
    first, second = download(NAME), download(NAME)
    next(first)
    next(second)
    first.close()

    assert list(second)[-1] == len(CONTENT)
    assert is_whole()


def test_threads_download_once(server):
    server.how[OFFICIAL].limit = 100_000
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: list(download(NAME)), range(4)))

    assert [steps[-1] for steps in told] == [len(CONTENT)] * 4
    assert server.asked == [(OFFICIAL, start) for start in range(0, len(CONTENT), 100_000)]
    assert is_whole()


PROCESS = f"""
import importlib, sys
module = importlib.import_module("alfs_core.data.download")
from alfs_core.data.checksum import ARCHIVES, Archive
size, digest, module.ADDRESS = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ARCHIVES["{NAME}"] = Archive("{NAME}", size, digest)
for step in module.download("{NAME}"):
    print(step, flush=True)
"""


def test_processes_download_once_and_take_over_from_one_that_dies(server):
    folder = server.how[OFFICIAL]
    folder.gate.clear()
    digest = ARCHIVES[NAME].sha256
    command = [sys.executable, "-c", textwrap.dedent(PROCESS), str(len(CONTENT)), digest]
    command.append(module.ADDRESS)

    def launched() -> subprocess.Popen[str]:
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    with launched() as first:
        for line in first.stdout:
            if int(line) >= len(CONTENT) // 2:
                break
        with launched() as second, launched() as third:
            assert int(second.stdout.readline()) >= len(CONTENT) // 2
            assert int(third.stdout.readline()) >= len(CONTENT) // 2
            assert len(server.asked) == 1
            first.kill()
            folder.gate.set()
            last = [process.stdout.read().split()[-1] for process in (second, third)]

    assert last == [str(len(CONTENT))] * 2
    assert server.asked == [(OFFICIAL, 0), (OFFICIAL, len(CONTENT) // 2)]
    assert is_whole()
