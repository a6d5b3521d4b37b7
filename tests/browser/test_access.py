"""Every page is checked by axe-core: nothing serious, light and dark, on a desktop and a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from benchmarks.screenshots import DRAWN, addresses, least, looks
from tests.browser.harness import ROOT, served

PAGES = dict(addresses())
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return [at.ariaLabel, at.dataset.title, at.textContent].filter(Boolean).join(" ");
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path_factory.mktemp("home"))) as url:
        yield url


def opened(visit, app, name, look):
    page = visit(f"{app}/{PAGES[name]}", **looks()[look]).page
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_selector("ul[role=presentation]", state="attached")  # put right after drawing
    patience = 90_000  # milliseconds; an instant race computes its features first
    page.wait_for_function(DRAWN, arg=least(name), timeout=patience)
    page.wait_for_timeout(500)
    return page


def serious(page):
    return [
        (rule["id"], node["html"])
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("look", ["light", "dark", "phone-light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit, app, name, look):
    page = opened(visit, app, name, look)

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title().endswith(" · ALF Lab")


def test_the_keyboard_reaches_the_controls_and_the_figure(visit, app):
    page = opened(visit, app, "loss-surfaces", "light")
    reached = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))

    for name in ("Noise rate", "Copy link", "Numbers", "Loss surfaces", "Download as PNG"):
        assert any(name in told for told in reached), name
