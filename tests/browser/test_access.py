"""Every page is checked by axe-core: nothing serious, light and dark, on a desktop and a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from benchmarks.screenshots import DRAWN, addresses, looks
from tests.browser.harness import ROOT, served

pytestmark = pytest.mark.xdist_group("browser")
PAGES = dict(addresses())
FOCUSED = """() => {
  const at = document.activeElement;
  return [at.ariaLabel, at.dataset.title, at.textContent].filter(Boolean).join(" ");
}"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path_factory.mktemp("home"))) as url:
        yield url


def opened(visit, url, look):
    tab = visit(url, **looks()[look])
    tab.idle()
    tab.page.wait_for_function(DRAWN)
    tab.page.wait_for_timeout(500)  # the page puts itself right a moment after it was drawn
    return tab


@pytest.mark.parametrize("look", ["light", "dark", "phone-light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(visit, app, name, look):
    tab = opened(visit, f"{app}/{PAGES[name]}", look)

    found = Axe().run(tab.page).response["violations"]

    assert [
        (rule["id"], node["html"])
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_never_scrolls_sideways(visit, app, name):
    tab = opened(visit, f"{app}/{PAGES[name]}", "phone-light")

    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", PAGES)
def test_the_title_names_the_page(visit, app, name):
    tab = opened(visit, f"{app}/{PAGES[name]}", "light")
    heading = tab.page.get_by_role("heading", level=1).first.inner_text()

    assert tab.page.title().endswith("ALF Lab")
    assert heading in tab.page.title() or name == "home"


def test_the_keyboard_reaches_the_controls_and_the_figure(visit, app):
    page = opened(visit, f"{app}/surfaces", "light").page
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))

    for name in ("Noise rate", "Copy link", "Numbers", "Loss surfaces", "Download plot as a PNG"):
        assert any(name in told for told in reached), name
