"""Check my experiment in a browser: a file goes in, a page of the lab and a report come out."""

import re

import pytest
from playwright.sync_api import expect

from alfs_core.experiment.examples import EXAMPLES
from tests.browser.harness import options

CONFIG = b"""\
dataset: CIFAR10
noise_type: asymmetric
noise_rate: 0.4
loss: GCE
"""


def box(tab):
    return tab.page.get_by_role("textbox", name="Command line or config")


def await_link(tab, words):
    """Wait until the address carries the text."""
    tab.page.wait_for_url(lambda url: options(url).get("check_text") == words)


def test_a_config_is_read_and_opens_where_it_is_refuted(visit, app):
    tab = visit(f"{app}/check")
    page = tab.page
    tab.idle()

    config = {"name": "run.yaml", "mimeType": "text/yaml", "buffer": CONFIG}
    page.locator("input[type=file]").set_input_files(config)
    expect(page.get_by_text("Not asymmetric on this noise")).to_be_visible(timeout=20_000)
    expect(box(tab)).to_have_value(CONFIG.decode())
    page.get_by_role("link", name="Open in Noise tolerance").first.click()

    expect(page.get_by_role("heading", name="Noise tolerance")).to_be_visible(timeout=20_000)
    assert re.search(r"/tolerance\?.*GCE.*cifar10", page.url)


@pytest.mark.parametrize(
    ("button", "file", "link"),
    [
        ("Report", "alf-lab-report.html", "tolerance?w="),
        ("Report on this experiment", "alf-lab-experiment.html", "check?check_text=python"),
    ],
)
def test_a_report_comes_as_a_file_and_links_back(visit, app, button, file, link):
    tab = visit(f"{app}/check")
    tab.idle()

    with tab.page.expect_download(timeout=60_000) as waited:
        tab.page.get_by_role("button", name=button, exact=True).click()

    text = waited.value.path().read_text("utf-8")
    assert waited.value.suggested_filename == file
    assert "<h2>Verdicts</h2>" in text
    assert f'href="{app}/{link}' in text


def test_back_brings_the_text_of_before(visit, app):
    tab = visit(f"{app}/check")
    tab.idle()
    for name in ("APL repository", "JAL repository"):
        tab.page.get_by_role("button", name=name).click()
        await_link(tab, EXAMPLES[name])
        expect(box(tab)).to_have_value(EXAMPLES[name], timeout=20_000)
        tab.idle()

    tab.page.go_back()

    expect(box(tab)).to_have_value(EXAMPLES["APL repository"], timeout=20_000)


def test_a_text_stays_while_another_page_is_looked_at(visit, app):
    tab = visit(f"{app}/check")
    tab.idle()
    words = "--loss AGCE --noise_rate 0.3"
    box(tab).fill(words)
    box(tab).press("Control+Enter")
    await_link(tab, words)
    for title in ("Loss library", "Check my experiment"):
        tab.page.get_by_role("link", name=title).first.click()
        heading = tab.page.get_by_role("heading", level=1)
        expect(heading).to_have_text(title, timeout=20_000)
        tab.idle()

    expect(box(tab)).to_have_value(words, timeout=20_000)
