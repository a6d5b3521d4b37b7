import hashlib
import http.server
import itertools
import threading
from collections.abc import Iterator

import pytest

from alfs_core.data.checksum import ARCHIVES, Archive
from alfs_core.data.download import download, downloaded
from alfs_core.errors import DataError

CONTENT = bytes(range(256)) * 4000
NAME = "cifar-10-binary.tar.gz"


class Server(http.server.ThreadingHTTPServer):
    """Serves ``content``, with ranges, and breaks off after ``limit`` bytes."""

    content = CONTENT
    limit: int | None = None
    ranged = True
    status = 200


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        start = start if server.ranged else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        self.send_response(206 if server.ranged else 200)
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        end = None if server.limit is None else start + server.limit
        self.wfile.write(server.content[start:end])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    known = Archive(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(ARCHIVES, NAME, known)
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("ALFLAB_MIRROR", f"http://127.0.0.1:{running.server_port}/")
        yield running
        running.shutdown()
        thread.join()


def test_it_is_fetched_verified_and_found(server):
    assert downloaded(NAME) is None

    sizes = list(download(NAME))

    path = downloaded(NAME)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert sizes[-1] == len(CONTENT)
    assert sizes == sorted(sizes)


def test_a_second_time_nothing_is_fetched(server):
    list(download(NAME))
    server.status = 500

    assert list(download(NAME)) == [len(CONTENT)]


def test_it_goes_on_where_it_broke_off(server):
    server.limit = 600_000
    with pytest.raises(DataError, match=r"600,000 of 1,024,000 bytes|not downloaded"):
        list(download(NAME))

    server.limit = None
    sizes = list(download(NAME))

    assert sizes[0] > 600_000
    assert downloaded(NAME) is not None


def test_a_server_without_ranges_starts_again(server):
    server.limit = 600_000
    with pytest.raises(DataError):
        list(download(NAME))

    server.limit, server.ranged = None, False
    list(download(NAME))

    path = downloaded(NAME)
    assert path is not None
    assert path.read_bytes() == CONTENT


def test_a_wrong_checksum_throws_the_file_away(server):
    server.content = CONTENT[:-1] + b"x"

    with pytest.raises(DataError, match=r"has the SHA-256 .* instead of"):
        list(download(NAME))
    assert downloaded(NAME) is None

    server.content = CONTENT
    assert list(download(NAME))[-1] == len(CONTENT)


def test_a_server_that_sends_too_much_is_cut_off(server):
    server.content = CONTENT * 20

    fetched = download(NAME)

    assert max(itertools.takewhile(lambda size: size < len(CONTENT), fetched)) < len(CONTENT)
    with pytest.raises(DataError, match="SHA-256"):
        next(fetched)


@pytest.mark.parametrize("status", [403, 404, 416, 503])
def test_a_refusal_is_told(status, server):
    server.status = status

    with pytest.raises(DataError, match=f"the server answered {status}"):
        list(download(NAME))


def test_no_server_is_told(monkeypatch):
    monkeypatch.setenv("ALFLAB_MIRROR", "http://127.0.0.1:9")

    with pytest.raises(DataError, match="the server cannot be reached"):
        list(download(NAME))


def test_a_full_disk_is_told(server, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", full)

    with pytest.raises(DataError, match="No space left on device"):
        list(download(NAME))


def test_other_names_and_addresses_are_refused(server, monkeypatch):
    with pytest.raises(DataError, match="none of the known archives"):
        list(download("../evil.tar.gz"))
    monkeypatch.setenv("ALFLAB_MIRROR", "file:///etc")
    with pytest.raises(DataError, match="no http or https address"):
        list(download(NAME))
