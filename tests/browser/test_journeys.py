"""What a visitor does: open a link, move a slider, go back, race, stop."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from pages.common.workspace import DEFAULT, encode
from tests.browser.harness import ROOT, served

expect.set_options(timeout=20_000)  # the machine may be shared
RACE_TIME = 120_000  # milliseconds; a busy machine with two cores


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path_factory.mktemp("home"))) as url:
        yield url


def address(workspace):
    return f"w={quote(encode(workspace))}"


def heading(tab):
    return tab.page.get_by_role("heading", level=1)


def shown(tab, text):
    return tab.page.get_by_test_id("stMain").get_by_text(text)


def rate_slider(tab):
    return tab.page.get_by_test_id("stSidebar").get_by_role("slider", name="Noise rate")


def test_a_fresh_server_answers_a_deep_link_with_the_page_that_was_asked_for(visit, tmp_path):
    link = address(DEFAULT.with_noise("pair", 0.25))
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path)) as url:
        tab = visit(f"{url}/surfaces?{link}")
        expect(heading(tab)).to_have_text("Loss surfaces")
        tab.idle()

        expect(rate_slider(tab)).to_have_value("0.25")
        expect(tab.page.get_by_role("dialog")).to_have_count(0)
        tab.assert_clean()


def test_the_app_works_below_a_path(visit, tmp_path):
    with served(ROOT / "app.py", below="lab", ALFLAB_HOME=str(tmp_path)) as url:
        tab = visit(f"{url}/surfaces")
        expect(tab.page.locator(".alf-chart-drawn").first).to_be_visible()
        assert tab.page.request.get(f"{url}/news/none?after=0").status == 204  # no news of it
        tab.assert_clean()


def test_a_slider_moves_the_address_and_back_moves_the_slider(visit, app):
    tab = visit(f"{app}/surfaces")
    tab.idle()
    before = tab.page.url
    rate_slider(tab).press("ArrowRight")
    expect(tab.page).to_have_url(re.compile("symmetric%3A0.405"))

    tab.page.go_back()
    expect(tab.page).to_have_url(before)
    expect(rate_slider(tab)).to_have_value("0.4")
    tab.page.go_forward()
    expect(rate_slider(tab)).to_have_value("0.405")


def test_the_workspace_follows_from_page_to_page(visit, app):
    tab = visit(f"{app}/?{address(DEFAULT.with_noise('pair', 0.1))}")
    tab.idle()
    for title in ("Loss surfaces", "Loss library", "Live training"):
        tab.page.get_by_role("link", name=title).first.click()
        expect(heading(tab)).to_have_text(title)
        expect(tab.page).to_have_url(re.compile("pair%3A0.1"))
        expect(rate_slider(tab)).to_have_value("0.1")


def test_a_broken_link_opens_with_defaults_and_one_sentence(visit, app):
    tab = visit(f"{app}/surfaces?w=CE%400%3Bnoise%3A2%3B10")

    warning = tab.page.get_by_test_id("stSidebar").get_by_role("alert")
    expect(warning).to_contain_text("The link was not understood")
    expect(warning).to_have_count(1)
    expect(rate_slider(tab)).to_have_value("0.4")


def test_a_typed_formula_is_drawn_and_a_wrong_one_says_where(visit, app):
    tab = visit(f"{app}/surfaces")
    tab.idle()
    sidebar = tab.page.get_by_test_id("stSidebar")
    sidebar.get_by_text("GCE", exact=True).click()
    kinds = sidebar.get_by_role("combobox", name="Loss").first
    kinds.wait_for()
    tab.idle()
    kinds.fill("Your own")
    tab.page.get_by_role("option", name="Your own formula").click()
    box = sidebar.get_by_role("textbox", name=re.compile("your formula"))
    box.fill("(1 - u)^2 + ")
    box.press("Control+Enter")
    expect(sidebar.get_by_role("alert")).to_contain_text("the formula ends where")
    expect(box).to_have_value("(1 - u)^2 + ")

    box.fill("(1 - u)^2")
    box.press("Control+Enter")
    expect(tab.page).to_have_url(re.compile("formula"))
    expect(sidebar.get_by_role("alert")).to_have_count(0)


def test_a_moved_noise_rate_redraws_the_instant_race(visit, app):
    tab = visit(f"{app}/live?instant_images=1000&instant_epochs_probe=2")
    expect(shown(tab, "40 % of them with a wrong label")).to_be_visible(timeout=RACE_TIME)
    expect(shown(tab, "seconds of training")).to_be_visible(timeout=RACE_TIME)
    tab.page.wait_for_timeout(2_000)  # the end of a race runs the page once more
    tab.idle()

    exact = tab.page.get_by_test_id("stSidebar").get_by_role("spinbutton", name="rate, exact")
    exact.fill("0.7")
    exact.press("Enter")
    expect(shown(tab, "70 % of them with a wrong label")).to_be_visible(timeout=RACE_TIME)
    expect(tab.page).to_have_url(re.compile("instant_images=1000.*instant_epochs_probe=2"))
    expect(shown(tab, "A probe on fixed features, not a network")).to_be_visible()


def test_a_short_race_runs_to_its_end_and_keeps_its_address(visit, app):
    tab = visit(f"{app}/live?train_images_air_3=1000&train_epochs_air_3=2")
    tab.page.get_by_role("button", name="Start the race").click()
    expect(tab.page).to_have_url(re.compile("run=[0-9a-f]{12}"))
    expect(shown(tab, "finished")).to_be_visible(timeout=RACE_TIME)

    expect(tab.page.get_by_text("Wrong labels memorised").first).to_be_visible()
    expect(tab.page.get_by_text("synthetic images drawn by this program")).to_be_visible()
    again = visit(tab.page.url)
    expect(shown(again, "finished")).to_be_visible()


def test_a_race_is_stopped_and_the_next_can_start(visit, app):
    tab = visit(f"{app}/live?train_images_air_3=10000&train_epochs_air_3=40")
    tab.page.get_by_role("button", name="Start the race").click()
    expect(shown(tab, "images/s, about")).to_be_visible(timeout=RACE_TIME)
    tab.page.get_by_role("button", name="Stop").click()
    expect(shown(tab, "The race was stopped before its end")).to_be_visible(timeout=RACE_TIME)

    tab.page.get_by_role("button", name="New race").click()
    expect(tab.page.get_by_role("button", name="Start the race")).to_be_visible()
