"""Home says where both minimisers are, and on which side of the threshold the slider stands."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.common.navigation import HOME, SECTIONS

ROOT = Path(__file__).parents[2]
THRESHOLD = 2 / (2 + (1.6 / 0.6) ** 0.4)  # (K − 1)/(K − 1 + ρ), THEORY C; 0.5746


def home(rate: float | None = None) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60).run()
    return app if rate is None else app.slider(key="rate").set_value(rate).run()


def said(app: AppTest, loss: str) -> str:
    assert not app.exception
    (sentence,) = (m.value for m in app.main.markdown if m.value.startswith(f"**{loss}**'s best"))
    return sentence


def test_below_the_threshold_only_ce_moves():
    app = home(0.57)

    assert "(0.43, 0.285, 0.285)" in said(app, "CE")
    assert "any noise moves it" in said(app, "CE")
    assert "(1, 0, 0)" in said(app, "AGCE")
    assert f"η = 0.57 is below its threshold {THRESHOLD:.4f}" in said(app, "AGCE")


def test_above_the_threshold_both_move():
    sentence = said(home(0.58), "AGCE")

    assert f"η = 0.58 is above its threshold {THRESHOLD:.4f}" in sentence
    assert "(1, 0, 0)" not in sentence


def test_without_noise_both_are_right():
    app = home(0.0)

    assert all("(1, 0, 0)" in said(app, loss) for loss in ("CE", "AGCE"))
    assert "it stays while there is none, but its threshold is 0" in said(app, "CE")
    assert "0.00" not in said(app, "CE")


def test_the_slider_ends_where_wrong_labels_are_as_frequent_as_right_ones():
    slider = home().slider(key="rate")

    assert (slider.min, slider.max) == (0.0, pytest.approx(0.66))


def test_pictures_have_a_text_that_tells_the_same():
    app = home(0.6)
    texts = " ".join(str(element.proto) for element in app.get("bidi_component"))

    assert texts.count("over the triangle of three-class predictions") == 2


def test_every_page_has_a_way_in():
    app = home()
    links = {link.proto.page for link in app.get("page_link")}

    entries = [e for group in SECTIONS.values() for e in group if e is not HOME]
    assert links == {entry.path for entry in entries}
    assert all(any(entry.about == m.value for m in app.main.markdown) for entry in entries)
