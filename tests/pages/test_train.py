"""Live training and Runs, on a store with runs of every kind."""

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from alfs_core import wording
from alfs_core.data.source import DataSource
from alfs_core.errors import RunError
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.training import database
from alfs_core.training import store as store_module
from alfs_core.training.config import RunConfig
from alfs_core.training.events import (
    NONE_LEFT,
    TIME_LIMIT,
    Confusion,
    Contradicted,
    Failed,
    Finished,
    Interrupted,
    Loading,
    LossStopped,
    Notice,
    Paused,
    pack_pictures,
)
from alfs_core.training.export import run_json
from alfs_core.training.manager import server_identity
from alfs_core.training.recipe import NETWORKS, RECIPES
from alfs_core.training.runs import Device
from alfs_core.training.store import RunStore
from pages.common import duration, exports, runs
from pages.common.workspace import DEFAULT, encode
from tests.training.test_history import STARTED, epoch, progress

APP = str(Path(__file__).parents[2] / "app.py")
CONFIG = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("MAE")), images=200, epochs=4)
RACE = [STARTED, epoch(0, 1, 0.25), epoch(1, 1, 0.5), replace(progress(0, 15), seconds=3.0)]


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFLAB_HOME", str(tmp_path))
    monkeypatch.setattr(duration, "threads", lambda losses: min(losses, 2))
    runs.manager.clear()
    yield RunStore()
    runs.manager().close()
    runs.manager.clear()


def page(name, **query):
    app = AppTest.from_file(APP, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.session_state["race"] = "Network race"
    app.switch_page(f"pages/train/{name}.py")
    return app.run()


def text(app):
    parts = (*app.markdown, *app.caption, *app.error, *app.warning, *app.info)
    return "\n".join(str(part.value) for part in parts).replace("\N{NO-BREAK SPACE}", " ")


def kept(store, *events, title=""):
    run = store.create(CONFIG, "", server_identity(), title)
    for event in events:
        store.append(run, event)
    return run


def button(app, label):
    return next(b for b in app.button if b.label == label)


def tick(app, *ids):
    """Tick all the runs of the table, which lists ``ids``."""
    rows = {"rows": list(range(len(ids))), "columns": [], "cells": []}
    app.session_state[f"runs_table {' '.join(ids)}"] = {"selection": rows}
    return app.run()


def test_setup_says_what_will_race_and_for_how_long():
    app = page("live")

    assert not app.exception
    assert "CE, GCE, AGCE, with symmetric noise at rate 0.4" in text(app)
    assert "About 60 seconds (a guess: none was run here yet)" in text(app)
    assert [b.label for b in app.button].count("Start the race") == 1


def test_a_recipe_is_told_before_the_start():
    app = page("live", train_model="8-layer network")

    assert not app.exception
    assert (
        "8-layer network, the papers' protocol: batches of 128, learning rate 0.01 falling to 0 "
        "like a cosine, momentum 0.9, weight decay 0.0001, gradients clipped at 5, random crops "
        "and flips." in text(app)
    )
    assert "hours (a guess" in text(app)


@pytest.mark.parametrize("model", NETWORKS)
def test_every_recipe_can_be_chosen(model):
    app = page("live")
    app.segmented_control(key="train_model").set_value(model).run()

    assert not app.exception
    assert RECIPES[model].title[1:] in text(app)
    assert [b.label for b in app.button].count("Start the race") == 1


def images_zip(classes=("a", "b")):
    """An archive with one training and one test image of each class, too small to be read."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name in classes:
            for part in ("train", "test"):
                packed.writestr(f"{part}/{name}/0.png", b"")
    return file.getvalue()


def upload(app, name, content):
    return app.file_uploader(key="upload").set_value((name, content, "application/zip")).run()


def test_an_upload_without_images_is_refused_at_once(store):
    app = page("live")
    chosen = app.selectbox(key="train data").value
    empty = io.BytesIO()
    np.savez(empty, y_train=np.zeros(3, int))

    app = upload(app, "img_bin.zip", bytes(500))
    assert "img_bin.zip is damaged or cut short" in text(app).replace("\\", "")
    app = upload(app, "other.npz", empty.getvalue())
    assert "other.npz lacks the array x_train" in text(app).replace("\\", "")
    assert app.selectbox(key="train data").value == chosen

    app = upload(app, "two.zip", images_zip())
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="train data").value.title == "two.zip"


def test_the_estimate_is_for_the_images_that_an_upload_has(store):
    kept(store, replace(STARTED, losses=("CE",), workers=1), DONE)  # 800 images/s, one at once
    app = upload(page("live"), "two.zip", images_zip([f"class {k}" for k in range(100)]))

    whole = wording.duration(3 * 12 * 100 / (800 * 1.5))
    assert f"About {whole} (as fast as the last race here)" in text(app)


def test_a_time_can_be_chosen_instead_of_epochs():
    app = page("live", train_length="minutes", train_minutes="3")

    assert "About 36 epochs (a guess: none was run here yet); the number is set" in text(app)
    assert not [box for box in app.number_input if box.label == "Epochs"]


def test_the_estimate_follows_from_the_speed_of_each_loss(store):
    kept(store, replace(STARTED, losses=("CE",), workers=1), DONE)  # 800 images/s, one at once
    app = page("live")

    whole = wording.duration(3 * 12 * (10_000 // 128 * 128) / (800 * 1.5))
    assert f"About {whole} (as fast as the last race here)" in text(app)


@pytest.mark.parametrize(("owner", "told"), [("me", False), ("somebody", True)])
def test_who_did_not_start_a_race_is_told_before_stopping_it(store, owner, told):
    run = store.create(CONFIG, owner, server_identity())
    for event in RACE:
        store.append(run, event)
    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state["owner"] = "me"
    app.query_params["run"] = run
    app.switch_page("pages/train/live.py").run()

    assert not app.exception
    assert ("started in another window" in text(app)) is told
    assert {"Pause", "Stop"} <= {b.label for b in app.button}


def test_the_queue_in_front_is_told(store, monkeypatch):
    running = kept(store, *RACE)
    waiting = store.create(replace(CONFIG, fill_time=True, time_limit=60.0))
    monkeypatch.setattr(runs.manager(), "ahead", lambda device: (running, waiting))
    assert "2 races come first: about 61 seconds. About 60 seconds" in text(page("live"))

    monkeypatch.setattr(runs.manager(), "ahead", lambda device: (running, store.create(CONFIG)))
    assert "2 races come first: at least 1 second." in text(page("live"))


def test_a_time_too_short_for_an_epoch_is_told():
    app = page("live", train_model="ResNet-34", train_length="minutes")

    assert "Not one epoch fits (a guess" in text(app)


def test_devices_are_offered_as_they_were_found(monkeypatch):
    known = (Device("cuda:0", "A card"), Device("cpu", "CPU (x)"))
    monkeypatch.setattr(runs, "devices", lambda: SimpleNamespace(known=known))
    app = page("live")
    (box,) = [box for box in app.selectbox if box.label == "Device"]

    assert box.options == ["Automatic", "A card", "CPU (x)"]
    assert "nothing was measured here yet" in text(app)
    box.select("CPU (x)").run()
    assert "About 60 seconds (a guess: none was run here yet)" in text(app)


def test_the_name_of_a_data_set_keeps_its_capitals_within_the_sentence():
    app = page("live", w=encode(DEFAULT.with_noise("cifar10", 0.3)))

    assert "with flips between similar CIFAR-10 classes at rate 0.3" in text(app)


def test_an_official_archive_is_offered_with_the_size_of_its_download():
    (images,) = [box for box in page("live").selectbox if box.label == "Images"]

    assert images.options[0] == "Shapes-10: synthetic, built in"
    assert "CIFAR-10: the official archive, a download of 170 MB" in images.options


def test_a_file_that_only_bears_the_name_of_an_official_archive_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFLAB_DATA", str(tmp_path))
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"another file")
    app = page("live")
    (images,) = [box for box in app.selectbox if box.label == "Images"]
    assert "cifar-10-binary.tar.gz" in images.options
    assert "CIFAR-10: the official archive, a download of 170 MB" in images.options

    images.select("CIFAR-10: the official archive, a download of 170 MB").run()

    assert "is not the official archive" in text(app)


def test_noise_that_the_images_cannot_have_is_refused_before_the_start():
    thirds = LabelNoise("custom", 0.4, ((0.6, 0.4, 0.0), (0.0, 0.6, 0.4), (0.4, 0.0, 0.6)))
    app = page("live", w=encode(replace(DEFAULT, noise=thirds, num_classes=3)))

    assert "the matrix has 3 classes, not 10" in text(app)
    assert not [b for b in app.button if b.label == "Start the race"]


def test_noise_for_other_classes_than_the_images_have_is_said():
    app = page("live", w=encode(DEFAULT.with_classes(20)))

    assert "These images have 10 classes" in text(app)
    assert "These images" not in text(page("live"))


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((), "Place 1 in the queue"),
        (
            (Loading("downloading b", 1, 2, "bytes"),),
            "waiting",
        ),
        (
            (Loading("downloading a.tar.gz", 41_000_000, 170_000_000, "bytes", 900_000.0),),
            r"downloading a\.tar\.gz\: 41 of 170 MB, 0\.9 MB/s, 2\.4 minutes left …",
        ),
        (RACE, "about 1 second left"),
        ((*RACE, Paused()), "paused"),
        ((*RACE, Finished("complete", 9.0, 800.0, ())), "800 images/s, 9 seconds of training"),
        ((*RACE, Failed("killed")), "100 images/s, 3 seconds of training"),
        ((STARTED, Finished("stopped", 0.0, 0.0, ())), "Ended before its first step"),
        ((Failed("no file"),), "Ended before its first step"),
        ((*RACE, Notice("The memory of *it* is full.")), r"The memory of \*it\* is full\."),
        ((*RACE, Failed("no *memory*")), r"The run failed: no \*memory\*"),
        ((*RACE, Interrupted("its server ended")), "The run was interrupted: its server ended"),
        ((*RACE, LossStopped(0, 2, "its loss became NaN")), "CE left the race: its loss became"),
    ],
)
def test_a_run_is_shown_in_every_state(store, events, words):
    app = page("live", run=kept(store, *events))

    assert not app.exception
    assert words in text(app) + "".join(badge.value for badge in app.get("badge"))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            TIME_LIMIT,
            "The time limit ended the race: after 6 seconds of training and 31 % of",
        ),
        (NONE_LEFT, "Every loss left the race: after 6 seconds of training and 31 % of"),
        (
            "stopped",
            "The race was stopped before its end: after 6 seconds of training and 31 % of the",
        ),
    ],
)
def test_a_race_that_ended_early_is_not_shown_as_whole(store, reason, words):
    run = kept(store, *RACE, Finished(reason, 6.0, 800.0, ()))
    app = page("live", run=run)

    assert words in text(app)
    assert "31 % of the training steps" in str(app.get("progress")[0].proto.text)
    assert reason in page("runs").dataframe[0].value["Status"][0]


def test_a_whole_race_is_shown_as_whole(store):
    whole = [epoch(loss, STARTED.epochs, 0.5) for loss in (0, 1)]
    app = page("live", run=kept(store, *RACE, *whole, DONE))

    assert "100 % of the training steps" in str(app.get("progress")[0].proto.text)
    assert not app.warning


def test_a_seed_cut_short_is_left_out_of_the_means_and_said(store):
    cut = Finished(TIME_LIMIT, 6.0, 800.0, ())
    app = page("live", run=group(store, [*RACE, DONE], [*RACE, cut])[0])

    assert list(app.table[1].value["Final"]) == ["25.0 (1)", "50.0 (1)"]
    assert "Left out: 1 of 2 seeds, whose race ended early." in text(app)


def test_the_prediction_of_the_theory_stands_beside_the_outcome(store):
    app = page("live", run=kept(store, *RACE))

    table = app.table[0].value
    assert dict(zip(table["Loss"], table["Theory"], strict=True)) == {
        "CE": "not tolerant",
        "MAE": "tolerant",
    }


@pytest.mark.parametrize(("kind", "told"), [("cifar10", True), ("symmetric", False)])
def test_where_accuracy_tells_little_the_page_says_what_does(store, kind, told):
    config = replace(CONFIG, noise=LabelNoise(kind, 0.4))
    run = store.create(config, "", server_identity())
    for event in RACE:
        store.append(run, event)

    assert ("seldom separate the losses by test accuracy" in text(page("live", run=run))) is told


def test_what_was_lost_since_the_best_is_of_the_same_test_images(store):
    last = replace(epoch(0, 2, 0.5), whole_accuracy=0.7)
    app = page("live", run=kept(store, STARTED, epoch(0, 1, 0.75), last))

    (row,) = app.table[0].value.to_dict("records")
    assert (row["Last"], row["Lost since"]) == ("70.0", "25.0")
    assert row["Best, at epoch"] == "75.0, 1"


def test_the_reader_chooses_the_curves(store):
    app = page("live", run=kept(store, *RACE))
    shown = [widget for widget in app.get("button_group") if widget.key == "live_curves"]

    assert shown[0].value == ["test accuracy", "right labels learned", "wrong labels memorised"]
    shown[0].set_value(["gradient from wrong labels", "training loss"]).run()
    assert not app.exception
    assert "What pulls at the network" in text(app)
    assert "Each loss in its own unit" in text(app)
    assert "Look for a curve that rises early" not in text(app)
    shown[0].set_value([]).run()
    assert "Choose a curve" in text(app)


def group(store, *ends):
    """A run for each seed with these further events; the ids."""
    runs = []
    for seed, more in enumerate(ends):
        run = store.create(CONFIG.with_seed(seed), "", server_identity(), "many", "g")
        for event in more:
            store.append(run, event)
        runs.append(run)
    return runs


DONE = Finished("complete", 9.0, 800.0, ())


def test_a_group_is_followed_seed_by_seed_and_summed_up(store):
    other = [STARTED, epoch(0, 1, 0.35), epoch(1, 1, 0.5)]
    runs = group(store, [*RACE, DONE], [*other, DONE], RACE, [])
    app = page("live", run=runs[0])

    assert not app.exception
    assert "Seed 2; 2 of 4 seeds are over." in text(app)
    table = app.table[1].value
    assert list(table["Final"]) == ["30.0 ± 7.1 (2)", "50.0 ± 0.0 (2)"]
    (seeds,) = [one for one in app.get("button_group") if one.key == "seed of g"]
    seeds.set_value("3").run()
    assert "Place 1 in the queue" in text(app)


def test_a_group_without_a_finished_seed_has_no_table_yet(store):
    app = page("live", run=group(store, RACE, [])[1])

    assert not app.exception
    assert "begins with the first that is done" in text(app)


def test_settings_of_another_version_are_said_and_harm_nothing(store):
    run = kept(store, *RACE)
    with store.database.writing() as db:
        db.execute("UPDATE runs SET config = '{}x'")
    app = page("live", run=run)

    assert not app.exception
    assert "written by another version" in text(app)


def test_several_seeds_take_as_many_times_as_long():
    app = page("live", train_seeds="3")

    assert "3 seeds" in text(app)


COUNTS = np.array([[3, 0], [4, 0]])
DOUBTED = Contradicted(
    1, 4, 100, 37, 0.4, (10, 20, 37), (9, 17, 25), (7, 3), (0, 1), (1, 1), (1, 0), (0.99, 0.9),
    pack_pictures(np.zeros((2, 32, 32, 3), np.uint8)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("look", "events", "words"),
    [
        ("confusion matrix", [Confusion.of(0, 1, COUNTS)], "Never predicted"),
        ("confusion matrix", [], "this one has not told any"),
        ("likely label errors", [DOUBTED], "A network that has not memorised"),
        ("likely label errors", [], "every fourth epoch"),
    ],
)
def test_a_closer_look_shows_what_was_told(store, look, events, words):
    app = page("live", run=kept(store, *RACE, *events), live_closer=look)

    assert not app.exception
    assert words in text(app)


def test_the_doubts_of_a_loss_are_shown_with_their_verdict(store):
    run = kept(store, *RACE, DOUBTED)
    app = page("live", run=run, live_closer="likely label errors")
    (losses,) = [one for one in app.get("button_group") if one.key == f"doubts of {run}"]
    losses.set_value(1).run()

    assert not app.exception
    assert "37 of 100 labels contradicted. Of the 2 shown, 1 are wrong." in text(app)
    (first, second) = [image.proto.imgs[0].caption for image in app.get("image")]
    assert first == "labelled **a**  \nseen as b, 99 %  \n✗ is b"
    assert second == "labelled **b**  \nseen as a, 90 %  \n✓ label is right"


def test_a_run_that_is_not_there_is_said_in_a_sentence():
    app = page("live", run="000000000000")

    assert not app.exception
    assert "there is no run '000000000000'" in app.error[0].value.replace("\\", "")


def test_what_was_trained_on_is_told_without_a_name_that_is_not_its_own(store):
    app = page("live", run=kept(store, *RACE))

    assert "synthetic images drawn by this program" in text(app)
    assert "CIFAR" not in text(app).replace("CIFAR-10 asymmetric", "")


def test_runs_are_listed_and_found():
    store = RunStore()
    kept(store, *RACE, Finished("complete", 9.0, 800.0, ()), title="first")
    kept(store, *RACE, Failed("no memory"), title="second")
    app = page("runs")

    assert not app.exception
    assert list(app.dataframe[0].value["Run"]) == ["second", "first"]
    app.text_input(key="runs_find").set_value("FIRST").run()
    assert list(app.dataframe[0].value["Run"]) == ["first"]
    app.text_input(key="runs_find").set_value("nothing").run()
    assert "No run matches" in text(app)


def test_a_deleted_run_comes_back(store):
    run = kept(store, *RACE, Failed("no memory"), title="mine")
    app = page("runs")
    app.session_state["deleted runs"] = [runs.manager().store.get(run)]
    runs.manager().store.delete(run)
    app.run()
    assert "No race has been run yet" in text(app)

    button(app, "Undo").click().run()
    assert list(app.dataframe[0].value["Run"]) == ["mine"]


def test_a_race_that_filled_a_time_runs_again_with_the_epochs_it_planned(store, monkeypatch):
    filled = replace(CONFIG, fill_time=True, time_limit=60.0)
    run = store.create(filled, "", server_identity(), "mine")
    for event in (*RACE, DONE):
        store.append(run, event)
    app = page("runs")
    assert list(app.dataframe[0].value["Epochs"]) == [STARTED.epochs]
    tick(app, run)
    queued = []
    monkeypatch.setattr(runs.manager(), "start", lambda config, *_: queued.append(config))
    button(app, "Run again").click().run()

    assert not app.exception
    assert queued == [filled.planned(STARTED.epochs)]


def test_a_race_that_runs_again_knows_which_images_it_had(store, monkeypatch):
    config = replace(CONFIG, source=DataSource("local", "a.zip"))
    run = store.create(config, "", server_identity(), "mine")
    for event in (replace(STARTED, data_kind="images", data_checksum="ab" * 32), DONE):
        store.append(run, event)
    app = tick(page("runs"), run)
    queued = []
    monkeypatch.setattr(runs.manager(), "start", lambda config, *_: queued.append(config))
    button(app, "Run again").click().run()

    assert not app.exception
    assert queued == [replace(config, source=DataSource("local", "a.zip", "ab" * 32))]


LONG = "a title that is too long for the legend of a figure"


@pytest.mark.parametrize(
    ("changes", "titles", "told"),
    [
        (
            {"noise": [LabelNoise("symmetric", r) for r in (0.2, 0.6)]},
            (LONG, LONG),
            ["20 %", "60 %"],
        ),
        ({"seed": [3, 7]}, (LONG, f"{LONG}."), ["seed 3", "seed 7"]),
        ({}, ("first", "second"), ["· first", "· second"]),
        ({}, (LONG, LONG), ["09:00:01", "09:00:02"]),
    ],
)
def test_runs_in_one_figure_are_called_by_what_tells_them_apart(
    store, monkeypatch, changes, titles, told
):
    ids = []
    for place, title in enumerate(titles):
        config = replace(CONFIG, **{name: values[place] for name, values in changes.items()})
        with monkeypatch.context() as patched:
            patched.setattr(store_module.time, "time", lambda at=place: 32_401.0 + at)
            ids.append(store.create(config, "", server_identity(), title))
            for event in (*RACE, DONE):
                store.append(ids[-1], event)
    app = tick(page("runs"), *reversed(ids))

    assert not app.exception
    figures = (e.proto for e in app.get("bidi_component") if e.proto.component_name == "alf_chart")
    (drawn,) = figures
    names = {line["name"] for line in json.loads(drawn.bytes)["figure"]["data"] if "name" in line}
    for word in told:
        assert any(word in name for name in names), (word, names)
    assert len(names) == 2 * len(CONFIG.losses)


def lines(app):
    """The traces of the only chart of a page, by name."""
    (drawn,) = (e.proto for e in app.get("bidi_component") if e.proto.component_name == "alf_chart")
    return {line["name"]: line["line"] for line in json.loads(drawn.bytes)["figure"]["data"]}


def test_a_loss_has_one_colour_in_all_runs_and_each_run_its_dash(store):
    others = replace(CONFIG, losses=(LossSpec.of("MAE"), LossSpec.of("GCE"), LossSpec.of("CE")))
    waiting = store.create(CONFIG, "", server_identity(), "waiting")
    first = kept(store, *RACE, DONE, title="first")
    second = store.create(others, "", server_identity(), "second")
    started = replace(STARTED, losses=("MAE", "GCE", "CE"), scales=(1.0,) * 3)
    for event in (started, *(epoch(loss, 1, 0.5) for loss in range(3)), DONE):
        store.append(second, event)
    drawn = lines(tick(page("runs"), second, first, waiting))

    assert len(drawn) == 5
    for loss in ("CE", "MAE"):
        one, other = drawn[f"{loss} · first"], drawn[f"{loss} · second"]
        assert one["color"] == other["color"]
        assert one["dash"] != other["dash"]
    assert len({line["color"] for line in drawn.values()}) == 3


def test_more_losses_than_colours_have_a_look_each(store):
    names = ("CE", "MAE", "GCE", "AGCE", "AUL", "AEL", "SCE")
    for some, title in ((names[:4], "first"), (names[3:], "second")):
        run = store.create(
            replace(CONFIG, losses=tuple(map(LossSpec.of, some))), "", server_identity(), title
        )
        started = replace(STARTED, losses=some, scales=(1.0,) * 4)
        for event in (started, *(epoch(loss, 1, 0.5) for loss in range(4)), DONE):
            store.append(run, event)
    app = tick(page("runs"), *(record.id for record in store.list()))

    looks = [(line["color"], line["dash"]) for line in lines(app).values()]
    assert len(set(looks)) == len(looks) == 8


def test_what_differs_stands_beside_the_title(store):
    for rate in (0.2, 0.6):
        store.create(replace(CONFIG, noise=LabelNoise("symmetric", rate)))
    shown = page("runs").dataframe[0].value

    assert list(shown.columns[:2]) == ["Run", "Wrong labels"]
    assert [words.partition(" %")[0] for words in shown["Wrong labels"]] == ["60", "20"]


def test_the_ticked_runs_are_in_the_address_and_open_from_it(store):
    ids = [kept(store, *RACE, DONE, title=title) for title in ("a", "b", "c")]
    app = page("runs", runs=f"{ids[2]},{ids[0]}")

    assert not app.exception
    assert {name.partition(" · ")[2] for name in lines(app)} == {"a", "c"}
    assert not app.warning
    tick(app, *reversed(ids))
    assert app.query_params["runs"] in (",".join(reversed(ids)), [",".join(reversed(ids))])


def test_ticks_stay_where_a_run_is_added_and_go_with_the_last(store):
    ids = [kept(store, *RACE, DONE, title=title) for title in ("a", "b")]
    app = tick(page("runs"), *reversed(ids))
    new = kept(store, *RACE, DONE, title="c")
    app.run()
    assert {name.partition(" · ")[2] for name in lines(app)} == {"a", "b"}

    key = f"runs_table {' '.join((new, *reversed(ids)))}"
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": []}}
    app.run()
    assert "runs" not in app.query_params
    assert "Tick one run to open it" in text(app)


def test_a_run_of_a_link_that_is_not_here_is_said(store):
    run = kept(store, *RACE, DONE, title="mine")
    app = page("runs", runs=f"{run},abc,def")

    assert "2 runs of the link are not on this server." in text(app)
    assert set(lines(app)) == {"CE", "MAE"}


def test_several_runs_are_deleted_at_once_and_come_back(store):
    ids = [kept(store, *RACE, DONE, title=title) for title in ("a", "b")]
    ids.append(kept(store, *RACE, title="still training"))
    app = tick(page("runs"), *reversed(ids))

    button(app, "Delete 2 runs").click().run()
    assert not app.exception
    assert "Deleted: 2 runs" in text(app)
    assert list(app.dataframe[0].value["Run"]) == ["still training"]

    button(app, "Undo").click().run()
    assert list(app.dataframe[0].value["Run"]) == ["still training", "b", "a"]


def test_runs_are_filtered_by_what_was_raced(store):
    kept(store, *RACE, title="both")
    store.create(replace(CONFIG, losses=(LossSpec.of("GCE"),)), title="one")
    store.create(replace(CONFIG, noise=LabelNoise("pair", 0.2)), title="pairs")
    app = page("runs")

    def titles():
        return set(app.dataframe[0].value["Run"])

    assert titles() == {"both", "one", "pairs"}
    app.multiselect(key="runs filter Loss").set_value(["GCE"]).run()
    assert titles() == {"one"}
    app.multiselect(key="runs filter Loss").set_value(["CE", "GCE"]).run()
    app.multiselect(key="runs filter Wrong labels").set_value(["pair"]).run()
    assert not app.exception
    assert titles() == {"pairs"}


def exported(store):
    run = kept(store, *RACE, DONE, title="theirs")
    return run_json(store.get(run), [event for _, event in store.read(run)]).encode()


def test_an_exported_run_is_imported_and_marked(store):
    file = json.dumps(json.loads(exported(store)) | {"began": 1_700_000_000}).encode()
    app = page("runs")
    app.get("file_uploader")[0].set_value(("run.json", file, "application/json")).run()

    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["Run"]) == ["theirs", "theirs"]
    assert list(table["Status"]) == ["finished, imported", "finished"]
    assert table["Began, UTC"][0] == datetime.fromtimestamp(1_700_000_000, UTC)
    imported = store.list()[0]
    assert imported.owner == app.session_state["owner"]
    app = page("live", run=imported.id)
    assert not app.exception
    assert "what it says of itself is not checked" in text(app)


def test_a_file_that_is_no_run_is_refused_and_nothing_changes(store):
    app = page("runs")
    app.get("file_uploader")[0].set_value(("run.json", b"[1]", "application/json")).run()

    assert not app.exception
    assert "the file of a run is a JSON object" in text(app)
    assert store.list() == []


def test_a_run_is_exported_as_figures_and_code(store):
    record = store.get(kept(store, *RACE, DONE, title="mine"))

    with zipfile.ZipFile(io.BytesIO(exports.losses_zip(record))) as packed:
        assert packed.namelist() == ["loss_1_CE.py", "loss_2_MAE.py"]
        assert "nn.Module" in packed.read("loss_1_CE.py").decode()
    events = [event for _, event in store.read(record.id)]
    whole = exports.figures_page(record, events, [("CE", 3), ("MAE", 5)])
    assert "<h1>mine</h1>" in whole
    assert whole.count("Plotly.newPlot(") >= 6
    assert LOSS_COLORS[3] in whole
    assert LOSS_COLORS[0] not in whole
    assert "Trained on Shapes-10: synthetic images drawn by this program. Run" in whole
    assert "<tr><td>MAE</td><td>50.0</td><td>50.0, 1</td><td>20.0</td><td>50.0</td></tr>" in whole


def test_exported_code_says_by_what_the_race_multiplied_each_loss(store):
    record = store.get(kept(store, *RACE))
    started = replace(STARTED, scales=(0.2, 1.734))

    with zipfile.ZipFile(io.BytesIO(exports.losses_zip(record, started))) as packed:
        heads = [packed.read(name).decode().partition("\n")[0] for name in packed.namelist()]
    assert heads == [
        "# In the race this loss was multiplied by 0.2.",
        "# In the race this loss was multiplied by 1.734.",
    ]


def test_a_network_that_knows_one_answer_is_told(store):
    same = np.zeros((3, 3), int)
    same[:, 1] = 100
    run = kept(
        store, *RACE, Confusion.of(0, 1, same), Confusion.of(1, 1, same + np.eye(3, dtype=int))
    )

    app = page("live", run=run)

    (told,) = [box.value for box in app.info if "every test image" in box.value]
    assert told.startswith("**CE** predicts")
    assert told.endswith("for every test image after epoch 1.")


def test_the_command_that_repeats_a_run_is_shown(store):
    run = kept(store, *RACE)
    app = page("live", run=run)
    assert not app.code
    app.session_state[f"export {run}"] = True
    app.run()

    assert f"python -m alfs_core.training --config run-{run}.json" in [c.value for c in app.code]
    titles = [button.proto.label for button in app.get("download_button")]
    assert {"Run (JSON)", "Numbers (CSV)", "Figures (HTML)", "Losses (PyTorch)"} <= set(titles)


@pytest.fixture
def locked(store, monkeypatch):
    """Another program holds the lock of the store's file, and nobody has the patience to wait."""
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    with closing(sqlite3.connect(store.path)) as other:
        yield lambda: other.execute("BEGIN IMMEDIATE")
        other.rollback()


LOCKED = "the run store was locked for 0.01 seconds by another program"


def said(app):
    return text(app).replace("\\", "")


def ticked(app, monkeypatch):
    """The page Runs with its only run ticked."""
    monkeypatch.setattr(
        st, "dataframe", lambda *_, **__: SimpleNamespace(selection=SimpleNamespace(rows=[0]))
    )
    return app.run()


def test_a_locked_store_refuses_changes_in_a_sentence(store, locked, monkeypatch):
    run = kept(store, *RACE, DONE, title="mine")
    app = ticked(page("runs"), monkeypatch)
    locked()
    for act in (
        lambda: app.text_input(key=f"note {run}").set_value("a note"),
        lambda: app.text_input(key=f"title {run}").set_value("a title"),
        lambda: button(app, "Delete").click(),
        lambda: button(app, "Run again").click(),
    ):
        assert LOCKED not in said(app)
        act().run()
        assert not app.exception
        assert LOCKED in said(app)
        app.run()
    record = store.get(run)
    assert (record.note, record.title, record.deleted) == ("", "mine", False)


def test_a_locked_store_refuses_to_bring_a_run_back_and_does_so_later(store, locked):
    run = kept(store, *RACE, DONE, title="mine")
    app = page("runs")
    app.session_state["deleted runs"] = [store.get(run)]
    store.delete(run)
    app.run()
    locked()
    button(app, "Undo").click().run()

    assert not app.exception
    assert LOCKED in said(app)
    assert [b.label for b in app.button].count("Undo") == 1


def test_a_run_is_watched_while_its_store_is_locked(store, locked):
    app = page("live", run=kept(store, *RACE))
    locked()
    app.run()

    assert not app.exception
    assert "about 1 second left" in text(app)


@pytest.mark.parametrize("part", ["_standing", "_racing", "_afterwards"])
def test_a_store_that_cannot_be_read_while_a_run_is_watched_is_said(part, store, monkeypatch):
    """The fragments run by themselves then: nothing around them takes their errors."""
    run = kept(store, *RACE)
    monkeypatch.setattr(runs.manager(), "get", refuse)

    def fragment(run, part):
        from pages.common import live

        getattr(live, part)(run, live.NEWEST, False)

    app = AppTest.from_function(fragment, args=(run, part)).run()

    assert not app.exception
    assert "the run store cannot be used" in said(app)


def refuse(*_):
    raise RunError("the run store cannot be used: disk I/O error")


@pytest.mark.parametrize("name", ["runs", "live"])
def test_a_store_that_was_begun_anew_is_said_on_both_pages(name, store):
    runs.manager().store.database.notice = "The run store was damaged and a new one was begun."
    app = page(name)

    assert "a new one was begun" in said(app)
    run = kept(store, *RACE)
    assert "a new one was begun" in said(page("live", run=run))
