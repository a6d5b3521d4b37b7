"""The instant race on the page Live training, with the built-in images and the real process."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.data.source import DataSource
from alfs_core.figures.race import race_figure
from alfs_core.losses.presets import COMPARISON
from pages.common.workspace import DEFAULT, encode

APP = str(Path(__file__).parents[2] / "app.py")

pytestmark = pytest.mark.usefixtures("races")


def page(**query):
    app = AppTest.from_file(APP, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.session_state["instant_images"] = 1_000
    app.session_state["instant_epochs_probe"] = 2
    app.switch_page("pages/train/live.py")
    return app.run()


def text(app):
    parts = (*app.markdown, *app.caption, *app.error, *app.warning, *app.info)
    return "\n".join(str(part.value) for part in parts).replace("\N{NO-BREAK SPACE}", " ")


def progress(app):
    (bar,) = app.get("progress")
    return bar.proto.text


def finished(app):
    """The page once its race is over."""
    end = time.monotonic() + 90
    while "seconds of training" not in progress(app):
        assert time.monotonic() < end, progress(app)
        time.sleep(0.2)
        app.run()
    return app


def test_it_says_what_it_is_races_and_compares_with_the_theory():
    app = page()
    assert not app.exception
    assert "A probe on fixed features, not a network" in text(app)
    finished(app)

    (table,) = app.table
    assert list(table.value["Loss"]) == ["CE", "GCE", "AGCE"]
    assert list(table.value["Theory"]) == ["not tolerant", "not tolerant", "tolerant"]
    assert table.value["Last"].astype(float).between(10, 100).all()
    assert "synthetic images drawn by this program" in text(app)
    assert "39.9 % of them" in text(app) or "40 % of them" in text(app)


def test_a_moved_rate_keeps_the_figure_until_the_next_one_is_there():
    app = finished(page())
    before = app.table[0].value
    app.query_params["w"] = encode(DEFAULT.with_noise("symmetric", 0.8))
    app.run()

    moved = app.table[0].value
    assert "The figures show the race before" in progress(app) or not moved.equals(before)
    finished(app)
    assert not app.table[0].value.equals(before)


def test_its_figures_bear_the_name_of_the_probe(monkeypatch):
    titles = []
    monkeypatch.setattr(
        "pages.common.instant.race_figure",
        lambda lines, title, *rest: titles.append(title) or race_figure(lines, title, *rest),
    )
    finished(page())

    assert {title.partition(": ")[2] for title in titles} == {"probe on fixed features"}


def test_it_offers_the_labels_and_what_the_theory_says_of_them():
    app = finished(page(w=encode(DEFAULT.with_noise("cifar10", 0.3))))
    assert "**What the theory says on this noise**" in text(app)
    assert "seldom separate the losses by test accuracy" in text(app)
    assert "labels are wrong" not in text(app)

    app.session_state["look at labels"] = True
    app.run()
    assert not app.exception
    assert "**150 of 1,000 labels are wrong: 15 %.**" in text(app)


def test_nine_losses_with_a_hidden_layer():
    app = page()
    app.segmented_control(key="instant_losses").set_value("nine compared")
    app.toggle(key="instant_hidden").set_value(True)
    app.session_state["instant_epochs_probe_128"] = 1
    app.run()
    finished(app)

    assert len(app.table[0].value) == len(COMPARISON)
    assert "only a head with 128 units" in text(app)


def test_a_race_that_fails_says_why_and_may_be_tried_again():
    app = page()
    app.selectbox(key="train data").set_value(DataSource("official", "cifar-10-binary.tar.gz"))
    app.run()
    end = time.monotonic() + 60
    while "The race failed" not in text(app):
        assert time.monotonic() < end
        time.sleep(0.2)
        app.run()

    assert "not downloaded yet" in text(app)
    assert "Try again" in [button.label for button in app.button]
    assert app.query_params["data"] == "official:cifar-10-binary.tar.gz"


def test_a_link_to_images_that_are_not_here_says_so():
    app = page(data="local:elsewhere.zip")

    assert r"elsewhere\.zip is not on this server" in text(app)
    assert app.selectbox(key="train data").value == DataSource()


def test_a_link_with_settings_of_the_network_race_opens_that_one():
    app = page(train_seed="3")

    assert "Start the race" in [button.label for button in app.button]
