"""The library and Home in a browser: what is typed, clicked and dragged changes the page."""

import re

import pytest
from playwright.sync_api import expect

from alfs_core.losses import LOSSES

PAGE = 12  # losses on a page of the library

expect.set_options(timeout=20_000)  # the machine may be shared


WIDE_ENOUGH = """() => {
  const columns = document.querySelectorAll("[class*='st-key-card-'] [data-testid=stColumn]");
  return Math.min(...Array.from(columns, (column) => column.clientWidth)) >= 250;
}"""


def katex_errors(visit):
    return visit.page.locator(".katex-error").count()


def test_a_loss_is_found_opened_and_put_in_the_place_of_another(visit, app):
    tab = visit(f"{app}/library")
    page = tab.page
    tab.idle()

    page.get_by_label("Name, author, year or idea").fill("unhinged Zhou 2021")
    card = page.locator("[class*='st-key-card-AUL']")
    expect(page.get_by_text(re.compile(r"^4 of \d+ losses"))).to_be_visible()
    card.get_by_text("Details").click()
    expect(card.locator(".alf-chart-plot .main-svg").first).to_be_visible()
    card.get_by_role("button", name="Replace").click()
    page.get_by_role("menuitem", name="2. GCE").click()

    expect(page.get_by_test_id("stSidebar").get_by_text("AUL")).to_be_visible()
    expect(page).to_have_url(re.compile(r"find=unhinged.*w=CE%400|w=CE%400.*find=unhinged"))
    assert katex_errors(tab) == 0


def test_every_formula_of_the_library_can_be_typeset(visit, app):
    tab = visit(f"{app}/library")
    tab.idle()
    for number in range(1, -(-len(LOSSES) // PAGE) + 1):
        tab.page.get_by_role("button", name=f"Page {number}").click()
        tab.page.wait_for_timeout(300)
        tab.idle()
        expect(tab.page.locator("[class*='st-key-card-'] .katex").first).to_be_visible()
        assert katex_errors(tab) == 0
    tab.page.get_by_text("How to read a card").click()
    expect(tab.page.get_by_text("Asymmetry ratio.")).to_be_visible()
    assert katex_errors(tab) == 0


@pytest.mark.parametrize("width", [390, 1024])
def test_no_column_is_too_narrow_for_a_formula(visit, app, width):
    tab = visit(f"{app}/library", viewport={"width": width, "height": 768})
    cards = tab.page.locator("[class*='st-key-card-'] [data-testid=stColumn]")
    expect(cards.nth(3 * PAGE - 1)).to_be_attached()
    tab.page.wait_for_function(WIDE_ENOUGH)  # styles come a moment after what they style


def test_home_moves_with_its_slider(visit, app):
    tab = visit(f"{app}/?rate=0.56")
    sentence = tab.page.get_by_text("AGCE's best prediction is")
    expect(sentence).to_contain_text("so it stays")

    tab.page.get_by_role("slider", name="labels of class 1").press("ArrowRight")
    tab.page.get_by_role("slider", name="labels of class 1").press("ArrowRight")

    expect(sentence).to_contain_text("has left")
    expect(tab.page).to_have_url(re.compile("rate=0.58"))
    expect(tab.page.locator(".alf-chart-plot .main-svg").first).to_be_visible()
