"""From the command to the first figure, with an environment that is there already.

    python -m benchmarks.start --repeats 5

Seconds from starting the server's process until it answers; from a first visitor's navigation to
Home until its first words, the sketches of its figures and its first figure are painted, and from a
second visitor's. Headless Chromium with a fresh profile each time, which nobody debugs meanwhile: a
debugger alone slows plotly's start by half a second. The page's own clock is read once all is over.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Playwright, sync_playwright

from tests.browser.harness import FLAGS, ROOT, chromium_path, served

OVER = 12.0  # seconds after which a visit is looked at
MARKS = """() => ["first-contentful-paint", "alf-chart-sketched", "alf-chart-drawn"].map(
  (name) => performance.getEntriesByName(name)[0].startTime / 1000
)"""


@dataclass(frozen=True)
class Start:
    """Seconds: until the server answers, then from each navigation to what is seen."""

    server: float
    first_words: float
    first_sketch: float
    first_figure: float
    second_words: float
    second_sketch: float
    second_figure: float


NAMES = (
    "server answers",
    "first words",
    "first sketch",
    "first figure",
    "a second visitor's first words",
    "a second visitor's first sketch",
    "a second visitor's first figure",
)


def start(playwright: Playwright) -> Start:
    """One fresh server and two visits of Home."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with served(ROOT / "app.py", ALFLAB_HOME=home) as url:
            server = time.perf_counter() - began
            return Start(server, *_visit(playwright, url), *_visit(playwright, url))


def _visit(playwright: Playwright, url: str) -> tuple[float, float, float]:
    """Seconds until the first words, the first sketch and the first figure."""
    with _browser(url) as debugger:
        time.sleep(OVER)
        browser = playwright.chromium.connect_over_cdp(debugger())
        words, sketch, figure = browser.contexts[0].pages[0].evaluate(MARKS)
        browser.close()
    return words, sketch, figure


@contextmanager
def _browser(url: str) -> Iterator[Callable[[], str]]:
    """A browser that shows a page; what is yielded tells where it can be debugged."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            [chromium_path(), *options, *FLAGS, url], stderr=subprocess.DEVNULL
        )
        try:
            port = Path(profile) / "DevToolsActivePort"
            yield lambda: f"http://127.0.0.1:{port.read_text().split()[0]}"
        finally:
            process.terminate()
            process.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with sync_playwright() as playwright:
        starts = [astuple(start(playwright)) for _ in range(repeats)]
    for name, seconds in zip(NAMES, zip(*starts, strict=True), strict=True):
        print(f"{name:32} median {median(seconds):5.2f} s, slowest {max(seconds):5.2f} s")


if __name__ == "__main__":
    main()
