"""A real Streamlit server and a real browser, for tests of what only a browser shows."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL in software, where there is no graphics card
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str:
    """The browser's executable; without one the test fails and says how to get it."""
    wanted = os.environ.get("ALFLAB_CHROMIUM")
    found = wanted or next(filter(None, map(shutil.which, NAMES)), None)
    if not found or not Path(found).exists():
        looked = wanted or ", ".join(NAMES)
        pytest.fail(
            f"The browser tests need Chromium, and none was found (looked for {looked}). "
            "Install it (Debian, Ubuntu: apt-get install chromium) or set ALFLAB_CHROMIUM.",
            pytrace=False,
        )
    return found


@contextmanager
def served(script: Path, *, below: str = "", **environment: str) -> Iterator[str]:
    """The address of a Streamlit server that runs the script, from the root of the repository, and
    answers below a path.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", f"--server.baseUrlPath={below}"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/{below}".rstrip("/")
            _wait_until_healthy(server, url, log)
            yield url
        finally:
            server.terminate()
            server.wait(10)


def _wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: Any) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    log.seek(0)
    pytest.fail(f"The Streamlit server did not start:\n{log.read().decode()}", pytrace=False)


@dataclass
class Visit:
    """One browser tab, with all that it asked for and complained about."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    runs: int = 0  # of the script, that this tab has seen end

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", self._socket)

    def _console(self, message: ConsoleMessage) -> None:
        # Streamlit asks below the path of a deep link first, and gets these two 404s
        own = message.location.get("url", "").endswith(("/_stcore/health", "/_stcore/host-config"))
        if message.type == "error" and not own:
            self.errors.append(message.text)

    def _socket(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, frame: str | bytes) -> None:
        self.received.append(_bytes(frame))
        self.runs += ForwardMsg.FromString(self.received[-1]).HasField("script_finished")

    @property
    def outside(self) -> list[str]:
        """Requests that left this machine."""
        return [url for url in self.requests if not _local(url)]

    def idle(self) -> None:
        """Wait until the script has run, and runs no more."""
        end = time.monotonic() + 60
        while not self.runs:  # before its first run it does not run either
            assert time.monotonic() < end, f"no run ended within a minute at {self.page.url}"
            self.page.wait_for_timeout(20)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def assert_clean(self) -> None:
        assert self.errors == []
        assert self.outside == []


def options(url: str) -> dict[str, str]:
    """What an address says, by name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def _local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "file") or parts.hostname == "127.0.0.1"


@contextmanager
def visiting(browser: Browser, url: str, **context: Any) -> Iterator[Visit]:
    """A fresh tab on the address; the context may set viewport, color_scheme and more."""
    window: BrowserContext = browser.new_context(**context)
    try:
        visit = Visit(window.new_page())
        visit.page.goto(url)
        yield visit
    finally:
        window.close()
