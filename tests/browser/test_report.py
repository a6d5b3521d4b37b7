"""The report in a browser without a network: it draws, asks for nothing, and fits a phone."""

import pytest

from alfs_core.figures.report import Subject, report
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import LabelNoise
from pages.common.workspace import label


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    subjects = [Subject(label(spec), i, spec) for i, spec in enumerate(SETS["ALF paper"])]
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report(subjects, LabelNoise("cifar10", 0.4), 10), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("width", [390, 1200])
def test_it_opens_without_a_network(visit, address, width):
    tab = visit(address, viewport={"width": width, "height": 900}, offline=True)

    tab.page.wait_for_function("document.querySelectorAll('.figure .main-svg').length >= 3")

    assert [url for url in tab.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.page.get_by_text("does not apply").count() == 0
    assert tab.page.get_by_role("img", name="Transition matrix of 10 classes").is_visible()
    assert tab.page.get_by_role("img", name="Margin of the condition against").is_visible()


def test_it_prints(visit, address):
    page = visit(address, offline=True).page
    page.wait_for_function("document.querySelectorAll('.figure .main-svg').length >= 3")

    assert page.pdf(format="A4").startswith(b"%PDF")
