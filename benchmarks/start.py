"""From the command to the first figure, with an environment that is there already.

    python -m benchmarks.start --repeats 5

Seconds from starting the server's process until it answers, until the first page's first figure
is drawn in headless Chromium (a fresh browser profile each time), and until a second tab's is.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import astuple, dataclass
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.browser.harness import FLAGS, ROOT, chromium_path, served, visiting

PAINTED = ".alf-chart-plot .main-svg"
PATIENCE = 120_000  # milliseconds


@dataclass(frozen=True)
class Start:
    """Seconds since the command."""

    server: float
    first: float
    second: float


def start(browser: Browser) -> Start:
    """One fresh server and two visits of Home."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        with served(ROOT / "app.py", ALFLAB_HOME=home) as url:
            server = time.perf_counter() - began
            _paint(browser, url)
            first = time.perf_counter() - began
            again = time.perf_counter()
            _paint(browser, url)
            return Start(server, first, time.perf_counter() - again)


def _paint(browser: Browser, url: str) -> None:
    with visiting(browser, url) as tab:
        tab.page.wait_for_selector(PAINTED, timeout=PATIENCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        starts = [astuple(start(browser)) for _ in range(repeats)]
        browser.close()
    names = ("server answers", "first figure", "a second visitor's first figure")
    for name, seconds in zip(names, zip(*starts, strict=True), strict=True):
        print(f"{name:32} median {median(seconds):5.2f} s, slowest {max(seconds):5.2f} s")


if __name__ == "__main__":
    main()
