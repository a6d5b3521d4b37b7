"""The transition matrix is edited in the table, by mouse and keyboard."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from pages.common.workspace import DEFAULT, encode

expect.set_options(timeout=20_000)  # the machine may be shared
INDEX, HEAD, ROW = 60, 35, 32  # pixels: the column of class numbers, the row of names, a row


@pytest.fixture
def editor(visit, app):
    """The editor's tab on three classes with symmetric noise of 0.3."""
    workspace = DEFAULT.with_classes(3).with_noise("symmetric", 0.3)
    link = f"w={quote(encode(workspace))}&tolerance_view=Edit+or+estimate"
    tab = visit(f"{app}/tolerance?{link}")
    tab.page.get_by_test_id("stDataFrame").wait_for()
    tab.idle()
    return tab


def type_into(tab, i, j, text):
    """Type a number into row i, column j of the table, by its place on the canvas."""
    table = tab.page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    width = (table.bounding_box()["width"] - INDEX) / 3
    table.click(position={"x": INDEX + (j + 0.5) * width, "y": HEAD + (i + 0.5) * ROW})
    tab.page.keyboard.press("Enter")  # opens the cell
    cell = tab.page.locator("#portal input")
    cell.fill(text)
    cell.press("Enter")


def test_a_row_waits_until_it_sums_to_one_and_then_is_in_the_link(editor):
    page = editor.page
    type_into(editor, 1, 1, "0.5")
    expect(page.get_by_text("it sums to 0.8, not to 1")).to_be_visible()
    assert "symmetric" in page.url

    page.get_by_role("button", name="Rest to the clean label").click()
    expect(page).to_have_url(re.compile("custom"))
    expect(page.get_by_text("it sums to")).to_have_count(0)


def test_two_cells_that_keep_the_sum_take_effect_without_a_click(editor):
    page = editor.page
    type_into(editor, 0, 1, "0.3")
    expect(page.get_by_text("it sums to 1.15, not to 1")).to_be_visible()
    type_into(editor, 0, 2, "0")

    expect(page).to_have_url(re.compile("custom"))
    expect(page.get_by_text("it sums to")).to_have_count(0)
