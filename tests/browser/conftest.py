"""Fixtures of the browser tests: each process has one browser, and one server per script."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.harness import FLAGS, ROOT, Visit, chromium_path, served, visiting

collect_ignore = ["apps"]  # scripts for a server, not modules to import

Serve = Callable[[Path], str]
Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """serve(script) -> address; the same script is served once, from a home of its own."""

    def start(script: Path) -> str:
        home = tmp_path_factory.mktemp("home")
        return servers.enter_context(served(script, ALFLAB_HOME=str(home)))

    with ExitStack() as servers:
        yield cache(start)


@pytest.fixture(scope="session")
def app(serve: Serve) -> str:
    """The address of a lab for tests that look; one that trains or stores serves its own."""
    return serve(ROOT / "app.py")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """visit(address, **context) -> Visit; every tab must end without errors or outside requests."""
    with ExitStack() as tabs:
        opened: list[Visit] = []

        def open_tab(url: str, **context: object) -> Visit:
            opened.append(tabs.enter_context(visiting(browser, url, **context)))
            return opened[-1]

        yield open_tab
        for tab in opened:
            tab.assert_clean()
