"""The asymmetry ratio in a browser: views, evidence and a design that goes into the workspace."""

import re

from playwright.sync_api import expect

expect.set_options(timeout=20_000)  # the machine may be shared


def test_from_the_ratio_to_a_design(visit, app):
    tab = visit(f"{app}/asymmetry")
    page = tab.page
    expect(page.locator(".alf-chart-plot .main-svg").first).to_be_visible()
    page.get_by_text("How it is known").last.click()
    expect(page.get_by_text("Counterexample", exact=True)).to_be_visible()
    assert page.locator(".katex-error").count() == 0

    page.get_by_role("radio", name="Phase diagram").click()
    expect(page.get_by_text("Where AGCE is asymmetric")).to_be_visible()
    expect(page).to_have_url(re.compile(r"asymmetry_view=Phase"))

    page.get_by_role("radio", name="Design").click()
    card = page.locator("[class*='st-key-design-AEL']")
    card.get_by_role("button", name="Take").click()
    expect(page.get_by_test_id("stSidebar").get_by_text("AEL")).to_be_visible()
    expect(card.get_by_role("button", name="In the workspace")).to_be_disabled()
    assert page.locator(".katex-error").count() == 0
