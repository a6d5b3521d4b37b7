"""Calibration and Theorems in a browser: a click picks a posterior, a link opens an example."""

from playwright.sync_api import expect

from tests.browser.harness import options

SLOW = 60_000  # milliseconds on a busy machine


def test_a_click_on_the_map_picks_the_posterior(app, visit):
    tab = visit(f"{app}/calibration", viewport={"width": 1400, "height": 1300})
    page = tab.page
    plot = page.locator(".alf-chart-plot").first
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=SLOW)
    tab.idle()
    box = plot.bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.35 * box["height"])
    page.wait_for_function("location.search.includes('calibration_p3')", timeout=SLOW)
    tab.idle()

    chosen = {name: float(x) for name, x in options(page.url).items() if "_p" in name}
    assert chosen["calibration_p3"] > 0.5
    assert abs(sum(chosen.values()) - 1) < 0.011


def test_a_switch_off_a_counterexample_and_its_page(app, visit):
    address = f"{app}/theorems?theorems_group=The+asymmetry+ratio"
    tab = visit(address, viewport={"width": 1400, "height": 1300})
    page = tab.page
    expect(page.get_by_text("All hypotheses on").first).to_be_visible(timeout=SLOW)
    tab.idle()
    page.get_by_text("the inequality is strict").first.click()
    expect(page.get_by_text("counterexample").first).to_be_visible(timeout=SLOW)
    tab.idle()
    assert options(page.url)["theorems_ratio_strict"] == "false"

    page.get_by_role("link", name="inclusion holds, equality fails").first.click()
    expect(page.get_by_role("heading", name="Noise tolerance")).to_be_visible(timeout=SLOW)
    tab.idle()
    assert options(page.url)["w"].endswith(";2")
