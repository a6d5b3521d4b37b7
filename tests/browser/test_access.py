"""Every page is checked by axe-core: nothing serious, light and dark, on a desktop and a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from alfs_core.figures.report import Subject, report
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import LabelNoise
from benchmarks.screenshots import DRAWN, addresses, least, looks
from pages.common.workspace import label

PAGES = dict(addresses())
ASKED = {"resultTypes": ["violations"]}  # what passes need not be listed node by node
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return [at.ariaLabel, at.dataset.title, at.textContent].filter(Boolean).join(" ");
}"""


DARK = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const [red, green, blue] = getComputedStyle(app).backgroundColor.match(/\\d+/g).map(Number);
  return red + green + blue < 200;
}"""


def opened(visit, url, look, figures=1):
    tab = visit(url, **looks()[look])
    tab.idle()
    page = tab.page
    if "lecture=1" not in url:  # put right after drawing; a lecture has no list of pages
        page.wait_for_selector("ul[role=presentation]", state="attached")
    patience = 90_000  # milliseconds; an instant race computes its features first
    page.wait_for_function(DRAWN, arg=figures, timeout=patience)
    page.wait_for_timeout(500)
    return page


def serious(page):
    return [
        (rule["id"], node["html"])
        for rule in Axe().run(page, options=ASKED).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("look", ["light", "phone-light"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit, app, name, look):
    page = opened(visit, f"{app}/{PAGES[name]}", look, least(name))

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title().endswith(" · ALF Lab")
    if look == "light":
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(DARK)
        page.wait_for_timeout(500)
        assert serious(page) == []


OTHERS = {  # one look each, in turn: what differs between looks is tested on every page above
    "simplex": ("surfaces?surfaces_view=Simplex", "phone-dark"),
    "flow": ("surfaces?surfaces_view=Flow", "dark"),
    "phase": ("asymmetry?asymmetry_view=Phase+diagram", "light"),
    "trainable": ("asymmetry?asymmetry_view=Robust+or+trainable", "dark"),
    "design": ("asymmetry?asymmetry_view=Design", "phone-dark"),
    "derivation": ("tolerance?tolerance_view=Derivation", "phone-light"),
    "risk": ("tolerance?tolerance_view=Risk+on+the+simplex", "dark"),
    "sweep": ("tolerance?tolerance_view=Noise+sweep", "light"),
    "error": ("tolerance?tolerance_view=Clean+error", "phone-dark"),
    "editor": ("tolerance?tolerance_view=Edit+or+estimate", "light"),
    "network race": ("live?race=Network+race", "phone-dark"),
    "scene": ("tolerance?scene=uneven", "dark"),
    "scene on a phone": ("surfaces?scene=chasing", "phone-light"),
    "lecture": ("tolerance?scene=uneven&lecture=1", "light"),
    "dark lecture": ("surfaces?scene=penalty&lecture=1", "dark"),
}


PLAIN = ("design", "network race")  # they need not have a figure


@pytest.mark.parametrize("name", OTHERS)
def test_axe_finds_nothing_serious_in_other_views_scenes_and_lectures(visit, app, name):
    path, look = OTHERS[name]
    page = opened(visit, f"{app}/{path}", look, 0 if name in PLAIN else 1)

    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("look", "opener"), [("light", "Code"), ("dark", "Numbers")])
def test_axe_finds_nothing_serious_in_what_opens_above_the_page(visit, app, look, opener):
    page = opened(visit, f"{app}/surfaces", look)
    if opener == "Code":
        page.get_by_test_id("stSidebar").get_by_text("AGCE").first.click()
        page.wait_for_timeout(800)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.get_by_role("button", name=opener, exact=True).first.click()
    page.locator("[role=dialog], [data-testid=stPopoverBody]").first.wait_for()
    if opener == "Code":
        page.locator("[role=dialog] [data-testid=stCode]").wait_for()
    page.wait_for_timeout(800)

    assert serious(page) == []


def test_axe_finds_nothing_serious_in_a_report(visit, tmp_path):
    subjects = [Subject(label(spec), i, spec) for i, spec in enumerate(SETS["ALF paper"][:2])]
    file = tmp_path / "report.html"
    file.write_text(report(subjects, LabelNoise("cifar10", 0.4), 10), encoding="utf-8")
    page = visit(file.as_uri()).page
    page.wait_for_function("document.querySelectorAll('.figure .main-svg').length >= 3")

    assert serious(page) == []


def test_the_keyboard_reaches_the_controls_and_the_figure(visit, app):
    page = opened(visit, f"{app}/surfaces", "light")
    reached = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))

    for name in ("Noise rate", "Copy link", "Numbers", "Loss surfaces", "Download as PNG"):
        assert any(name in told for told in reached), name
