"""Scenes by their links, the tour from end to end, the keys of a lecture, two tabs at once."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from pages.common.banner import SCENE, place, words
from pages.common.lessons import LESSONS, SCENES, TOUR
from pages.common.navigation import SECTIONS

PATIENCE = 40_000  # milliseconds; the machine may be shared
PATHS = {f"pages/{entry.file}": entry.path for group in SECTIONS.values() for entry in group}


def link(app, key, **more):
    file, query = place(LESSONS[key])
    return f"{app}/{PATHS[file]}?{urlencode(query | more)}"


def shows(tab, lesson):
    banner = tab.page.locator(".st-key-lesson")
    expect(banner).to_contain_text(lesson.title, timeout=PATIENCE)
    expect(tab.page).to_have_url(re.compile(f"{SCENE}={lesson.key}(&|$)"), timeout=PATIENCE)
    look = words(lesson, lesson.look).replace("*", "")
    expect(banner).to_contain_text(look, timeout=PATIENCE)
    tab.idle()


def listens(tab):
    """Wait until a lecture's keys are heard, and there are links that they can press."""
    tab.page.wait_for_selector("body[data-keys=lecture]", state="attached")
    expect(tab.page.get_by_role("link", name="Next")).to_be_visible(timeout=PATIENCE)


def test_each_scene_opens_by_its_link(visit, app):
    tab = visit(link(app, SCENES[0].key))
    for lesson in SCENES:
        tab.page.goto(link(app, lesson.key))
        shows(tab, lesson)
        expect(tab.page.get_by_test_id("stException")).to_have_count(0)


def test_the_tour_from_home_to_its_end_and_back(visit, app):
    tab = visit(app)
    tab.page.get_by_role("link", name="Guided tour").click(timeout=PATIENCE)
    for lesson in TOUR:
        shows(tab, lesson)
        if lesson is not TOUR[-1]:
            tab.page.get_by_role("link", name="Next").click()
    for lesson in reversed(TOUR[:-1]):
        tab.page.get_by_role("link", name="Previous").click()
        shows(tab, lesson)


def test_one_step_back_is_one_scene_back(visit, app):
    way = SCENES[1:4]  # over two pages
    tab = visit(link(app, way[0].key))
    for lesson in way[:-1]:
        shows(tab, lesson)
        tab.page.get_by_role("link", name="Next").click()
    shows(tab, way[-1])
    for lesson in reversed(way[:-1]):
        tab.page.go_back()
        shows(tab, lesson)
    for lesson in way[1:]:
        tab.page.go_forward()
        shows(tab, lesson)


def test_a_scene_opens_as_prepared_whatever_the_last_one_showed(visit, app):
    tab = visit(link(app, "threshold"))
    shows(tab, LESSONS["threshold"])
    view = tab.page.get_by_role("radiogroup", name="View")
    expect(view.get_by_role("radio", name="Noise sweep")).to_be_checked()
    tab.page.get_by_role("link", name="Next").click()
    shows(tab, LESSONS["eighty"])
    expect(view.get_by_role("radio", name="Each class")).to_be_checked()

    tab.page.get_by_text("Noise sweep", exact=True).click()
    expect(tab.page).to_have_url(re.compile("tolerance_view=Noise"))
    tab.idle()
    expect(view.get_by_role("radio", name="Noise sweep")).to_be_checked()
    tab.page.get_by_role("link", name="Restart").click()
    expect(view.get_by_role("radio", name="Each class")).to_be_checked()
    expect(tab.page).not_to_have_url(re.compile("tolerance_view"))


def test_the_arrow_keys_move_a_lecture_and_escape_leaves_it(visit, app):
    tab = visit(link(app, SCENES[0].key, lecture="1"))
    shows(tab, SCENES[0])
    expect(tab.page.get_by_test_id("stSidebar")).to_have_count(0)
    listens(tab)
    for lesson in SCENES[1:3]:
        tab.page.keyboard.press("ArrowRight")
        shows(tab, lesson)
        expect(tab.page).to_have_url(re.compile("lecture=1"))
    tab.page.keyboard.press("ArrowLeft")
    shows(tab, SCENES[1])

    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_test_id("stSidebar")).to_be_visible(timeout=PATIENCE)
    shows(tab, SCENES[1])
    expect(tab.page).not_to_have_url(re.compile("lecture"))


def test_a_slider_and_an_entry_keep_their_arrow_keys(visit, app):
    tab = visit(link(app, "margins", lecture="1"))
    shows(tab, LESSONS["margins"])
    entry = tab.page.get_by_role("spinbutton", name="rate, exact")
    entry.press("ArrowRight")
    entry.press("ArrowUp")
    expect(entry).to_have_value("0.41", timeout=PATIENCE)
    shows(tab, LESSONS["margins"])

    slider = tab.page.get_by_role("slider", name="Noise rate")
    expect(slider).to_have_value("0.41", timeout=PATIENCE)
    slider.press("ArrowRight")
    expect(slider).to_have_value("0.415", timeout=PATIENCE)
    shows(tab, LESSONS["margins"])


STALE = """() => {
  const old = document.createElement("div");
  old.className = "st-key-lesson-next";
  old.dataset.stale = "true";
  old.innerHTML = '<a href="#stale">Next</a>';
  document.body.prepend(old);
}"""


def test_a_key_presses_the_links_of_the_present_banner(visit, app):
    tab = visit(link(app, "chasing", lecture="1"))
    shows(tab, LESSONS["chasing"])
    listens(tab)
    tab.page.evaluate(STALE)

    tab.page.keyboard.press("ArrowRight")
    shows(tab, LESSONS["slow"])


IN_VIEW = """(what) => {
  const box = document.querySelector(what)?.getBoundingClientRect();
  return box && box.height > 100 && innerHeight - box.top > 0.8 * box.height;
}"""  # once the page has settled
PROJECTOR = {"width": 1280, "height": 720}
MAIN = {  # what a scene is about
    "slow": ".alf-chart",
    "threshold": ".alf-chart",
    "penalty": ".alf-chart",
    "margins": "table",
    "tour-calibration": ".alf-chart",
}


@pytest.mark.parametrize("key", MAIN)
def test_a_lecture_opens_with_its_figure_in_view(visit, app, key):
    tab = visit(link(app, key, lecture="1"), viewport=PROJECTOR)
    shows(tab, LESSONS[key])
    tab.page.wait_for_function(IN_VIEW, arg=MAIN[key], timeout=PATIENCE)


def test_the_links_of_a_banner_keep_their_place(visit, app):
    tab = visit(link(app, SCENES[0].key), viewport={"width": 1400, "height": 900})
    places = set()
    for key in ("slow", "eighty", "presets"):  # short and long titles
        tab.page.goto(link(app, key))
        shows(tab, LESSONS[key])
        places.add(at_rest(tab.page.get_by_role("link", name="Next")))
    assert len(places) == 1


def at_rest(locator):
    """Where an element is once it has been there for half a second."""
    seen = [None]
    while len(seen) < 3 or len(set(seen[-3:])) > 1:
        locator.page.wait_for_timeout(250)
        box = locator.bounding_box()
        seen.append(box and (round(box["x"]), round(box["y"])))
        assert len(seen) < 80, seen
    return seen[-1]


def test_controls_come_back_in_a_lecture(visit, app):
    tab = visit(link(app, "slow", lecture="1"), viewport=PROJECTOR)
    shows(tab, LESSONS["slow"])
    flow = tab.page.get_by_role("radio", name="Flow")
    expect(flow).to_have_count(0)  # to readers too
    tab.page.get_by_role("button", name="Controls").click()
    expect(flow).to_be_checked(timeout=PATIENCE)


def test_a_lecture_that_a_scene_opens_leaves_no_room_to_the_sidebar(visit, app):
    tab = visit(link(app, "slow"), viewport=PROJECTOR)
    shows(tab, LESSONS["slow"])
    sidebar = tab.page.get_by_test_id("stSidebar")
    expect(sidebar).to_be_visible()

    tab.page.get_by_role("link", name="Lecture").click()
    tab.page.wait_for_selector("body[data-keys=lecture]", state="attached")
    expect(sidebar).to_be_hidden()
    assert tab.page.get_by_test_id("stMain").bounding_box()["x"] == 0

    tab.page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()


def test_a_lecture_moves_the_picture_of_home(visit, app):
    tab = visit(f"{app}/?lecture=1", viewport=PROJECTOR)
    rate = tab.page.get_by_role("slider", name="Noise rate")
    expect(rate).to_be_visible(timeout=PATIENCE)
    rate.press("ArrowRight")
    expect(tab.page).to_have_url(re.compile("lecture=1.*rate=|rate=.*lecture=1"))


def test_a_title_too_long_for_its_figure_takes_two_lines(visit, app):
    tab = visit(link(app, "people", lecture="1"), viewport={"width": 1024, "height": 768})
    shows(tab, LESSONS["people"])
    words = tab.page.locator(".gtitle", has_text="How often each class gets")
    figure = tab.page.locator(".alf-chart", has=words)
    title = figure.locator(".gtitle")
    title.wait_for(state="attached", timeout=PATIENCE)
    expect(title.locator("tspan")).to_have_count(2, timeout=PATIENCE)
    text, frame = title.bounding_box(), figure.bounding_box()
    assert text["x"] + text["width"] <= frame["x"] + frame["width"]


def test_the_name_of_an_axis_stays_below_the_title(visit, app):
    tab = visit(link(app, "presets", lecture="1"), viewport=PROJECTOR)
    shows(tab, LESSONS["presets"])
    title, name = (tab.page.locator(f".alf-chart {part}").first for part in (".gtitle", ".ytitle"))
    name.wait_for(state="attached", timeout=PATIENCE)
    above, beside = title.bounding_box(), name.bounding_box()
    assert beside["y"] >= above["y"] + above["height"] - 2


def test_what_an_address_hides_is_out_of_sight(visit, app):
    tab = visit(link(app, "slow", hide="sidebar,controls,captions,banner"))
    tab.page.locator(".alf-chart-drawn").first.wait_for(timeout=PATIENCE)
    tab.idle()
    expect(tab.page.get_by_test_id("stSidebar")).to_have_count(0)
    expect(tab.page.locator(".st-key-lesson")).to_have_count(0)
    expect(tab.page.get_by_role("radio")).to_have_count(0)
    expect(tab.page.get_by_text("CE comes within")).to_have_count(0)


def test_a_bare_scene_opens_its_prepared_page(visit, app):
    tab = visit(f"{app}/asymmetry?{SCENE}=slow")
    shows(tab, LESSONS["slow"])
    expect(tab.page).to_have_url(re.compile("/surfaces\\?.*surfaces_view=Flow"))


def test_restart_brings_the_prepared_workspace_back(visit, app):
    tab = visit(link(app, "chasing"))
    shows(tab, LESSONS["chasing"])
    rate = tab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Noise rate")
    rate.press("ArrowRight")
    expect(tab.page).to_have_url(re.compile("symmetric%3A0.405"), timeout=PATIENCE)
    tab.page.get_by_role("radio", name="Flow").click()
    expect(tab.page).to_have_url(re.compile("surfaces_view=Flow"), timeout=PATIENCE)
    tab.idle()

    tab.page.get_by_role("link", name="Restart").click()
    expect(rate).to_have_value("0.4", timeout=PATIENCE)
    expect(tab.page.get_by_role("radio", name="Simplex")).to_be_checked(timeout=PATIENCE)


def test_two_tabs_hold_two_scenes_and_a_copied_link_opens_the_same(visit, app):
    one, other = visit(link(app, "chasing")), visit(link(app, "eighty"))
    shows(one, LESSONS["chasing"])
    shows(other, LESSONS["eighty"])
    one.page.get_by_role("link", name="Next").click()
    shows(one, LESSONS["slow"])
    shows(other, LESSONS["eighty"])

    copy = visit(one.page.url)
    shows(copy, LESSONS["slow"])
    assert copy.page.url == one.page.url
