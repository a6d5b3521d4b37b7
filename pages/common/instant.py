"""The instant race: heads on fixed features, raced anew whenever a control moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from alfs_core.errors import AlfsError
from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.losses.presets import COMPARISON
from alfs_core.training.config import RunConfig
from alfs_core.training.instant import InstantRace, Mark
from alfs_core.training.recipe import ModelName
from alfs_core.wording import percent
from pages.common import session
from pages.common.chart import chart
from pages.common.image_source import DATA_KINDS, data_picker
from pages.common.kept import IN_ADDRESS
from pages.common.label_source import label_picker
from pages.common.live import NETWORKS, SCALES, result_table, what_shows
from pages.common.quantities import QUANTITIES
from pages.common.runs import instant_races, owner, styles
from pages.common.show import caption, introduction, plain, refusals
from pages.common.workspace import Workspace, label

INTERVAL = 0.25  # seconds
PATIENCE = 2.0  # seconds of training after which an unfinished race takes the figure
LAST = "instant race shown"
PROBE = "probe on fixed features"
EPOCHS: dict[ModelName, int] = {"probe": 5, "probe_128": 20}
SIDEBAR, NINE = "sidebar", "nine compared"
CURVES = {
    "test accuracy": "A loss that follows wrong labels ends lower; the gap opens as the noise rate "
    "rises.",
    "wrong labels memorised": "Lower is better. Chance alone reproduces a few; a hidden layer and "
    "more epochs memorise more.",
}


def instant(workspace: Workspace) -> RunConfig | None:
    """Choices at the left, the newest race at the right; any change starts the next one. What is
    raced, None where that cannot be."""
    left, right = st.columns([3, 5], gap="medium")
    with left, st.container(key="controls-race"):
        source = data_picker()
        labels = label_picker()
        settings = _settings(workspace)
    with right:
        with introduction("view"):
            st.markdown(
                "**A probe on fixed features, not a network.** Move the noise rate and see which "
                "losses follow wrong labels.",
                help="Patches of the images are compared with a fixed dictionary of patches; that "
                "is 2,304 features of each image, which no loss has touched. Each loss trains a "
                "head on them. A head learns in a second what a network learns in a minute, and "
                "says nothing about deep networks: that is what the network race is for.",
            )
        if labels is None:
            st.info("It waits for a file of human labels.", icon=":material/hourglass_empty:")
            return None
        chosen = {"source": source, "noise": workspace.noise, "labels": labels}
        try:
            config = RunConfig.of(**settings | chosen)
        except AlfsError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return None
        over = instant_races().ask(owner(), config).over
        st.fragment(_view, run_every=None if over else INTERVAL)(over)
    return config


def _settings(workspace: Workspace) -> dict[str, Any]:
    """What is raced and how long, as settings of a run."""
    losses = st.segmented_control(
        "Losses",
        [SIDEBAR, NINE],
        default=SIDEBAR,
        required=True,
        key="instant_losses",
        **IN_ADDRESS,
        wrap=True,
        help="The nine are those that the papers compare, with the published numbers for CIFAR-10: "
        + ", ".join(label(spec) for spec in COMPARISON),
    )
    with st.expander("More settings", icon=":material/tune:"):
        chosen = _more()
    return chosen | {"losses": COMPARISON if losses == NINE else workspace.losses}


def _more() -> dict[str, Any]:
    """Settings that a first race can do without."""
    images = st.slider(
        "Training images",
        1_000,
        20_000,
        10_000,
        step=1_000,
        key="instant_images",
        **IN_ADDRESS,
        help="Their features are computed once, in a few seconds, and kept.",
    )
    hidden = st.toggle(
        "Hidden layer",
        key="instant_hidden",
        **IN_ADDRESS,
        help="A linear head cannot memorise many wrong labels. With a hidden layer of 128 units "
        "it can, given some twenty epochs; that takes half a minute rather than a second.",
    )
    model: ModelName = "probe_128" if hidden else "probe"
    epochs = st.slider("Epochs", 1, 50, EPOCHS[model], key=f"instant_epochs_{model}", **IN_ADDRESS)
    scaling = st.segmented_control(
        "Scale of the losses",
        ["equal step", "published"],
        default="equal step",
        required=True,
        key="instant_scale",
        **IN_ADDRESS,
        wrap=True,
        help="*Equal step* multiplies each loss so that all have the same slope at the uniform "
        "prediction: a learning rate, no more. What is proved about a loss does not depend on it.",
    )
    seed = st.number_input(
        "Seed",
        0,
        2**31 - 1,
        0,
        key="instant_seed",
        **IN_ADDRESS,
        help="Draws the images, the batches and the wrong labels.",
    )
    return {
        "model": model,
        "images": images,
        "test_images": min(2_000, images),
        "epochs": epochs,
        "scaling": scaling,
        "seed": seed,
    }


@refusals()
def _view(was_over: bool) -> None:
    race = instant_races().look(owner())
    if race is None or (race.over and not was_over):
        session.rerun()
    shown = _shown(race)
    _headline(race, shown)
    if shown is not None and shown.ready is not None:
        _figures(shown)
        result_table(shown.config, shown.ready, shown.marks)
        _provenance(shown)


def _shown(race: InstantRace) -> InstantRace | None:
    """The race in the figures: the last finished one until the next has something to show."""
    last: InstantRace | None = st.session_state.get(LAST)
    told = bool(race.rounds) and (
        race.status == "finished" or last is None or race.rounds[-1].seconds > PATIENCE
    )
    if told:
        st.session_state[LAST] = race
        return race
    return last


def _headline(race: InstantRace, shown: InstantRace | None) -> None:
    """Where the race stands, always in as many lines."""
    share, words = _progress(race)
    if not race.over and shown is not None and shown.config != race.config:
        words += " The figures show the race before."
    st.progress(share, text=words)
    if race.status == "failed":
        hint = " The network race downloads it." if race.config.source.kind == "official" else ""
        st.error(f"The race failed: {plain(race.reason)}.{hint}", icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", on_click=_retry)
    for stopped in race.left:
        name = plain(label(race.config.losses[stopped.loss]))
        st.warning(f"{name} left the race: {plain(stopped.reason)}", icon=":material/logout:")


def _retry() -> None:
    instant_races().retry(owner())


def _progress(race: InstantRace) -> tuple[float, str]:
    """The share done and the state in words."""
    losses = f"{len(race.config.losses)} losses"
    if race.status == "waiting":
        place = instant_races().position(owner()) or 1
        return 0.0, f"Another visitor's race comes first: place {place}."
    if race.status == "finished":
        spent = race.rounds[-1].seconds if race.rounds else 0.0
        return 1.0, f"{losses}, {len(race.rounds)} epochs: {spent:.1f} seconds of training."
    if race.over:
        return 0.0, "No race."
    if race.ready is None:
        return _loading(race)
    done = len(race.rounds)
    return done / race.config.epochs, f"{losses}: epoch {done} of {race.config.epochs}."


def _loading(race: InstantRace) -> tuple[float, str]:
    told = race.loading
    if told is None:
        return 0.0, "Starting the process that trains …"
    share = told.done / told.total if told.total else 0.0
    done = f", {percent(share)}" if told.total else ""
    return share, f"{told.what[0].upper()}{told.what[1:]}{done} …"


def _figures(race: InstantRace) -> None:
    what_shows(race.config)
    names = [label(spec) for spec in race.config.losses]
    grid = st.grid(len(CURVES), min_column_width=480)  # side by side where there is room
    for curve, said in CURVES.items():
        told = QUANTITIES[curve]
        lines = [
            RaceLine(name, style, *_column(course, told.field))
            for name, style, course in zip(
                names, styles(race.config.losses), race.marks, strict=True
            )
        ]
        with grid.cell():
            chart(
                race_figure(lines, f"{told.title}: {PROBE}", told.axis, race.config.epochs),
                key=f"instant {told.field}",
                alt=f"{told.alt} {_newest(names, race.marks, told.field)}",
                caption=said,
                numbers=lambda: _numbers(names, race.marks),
                height=400 + (60 if len(lines) > 6 else 0),  # for the rows of the legend
            )


def _column(course: Sequence[Mark], field: str) -> tuple[np.ndarray, np.ndarray]:
    points = [(mark.epoch, value) for mark in course if (value := getattr(mark, field)) is not None]
    return np.array([x for x, _ in points]), np.array([y for _, y in points])


def _newest(names: Sequence[str], marks: Sequence[Sequence[Mark]], field: str) -> str:
    last = ((name, course[-1]) for name, course in zip(names, marks, strict=True) if course)
    values = ((name, getattr(mark, field)) for name, mark in last)
    return "; ".join(f"{name}: {percent(y, 1)}" for name, y in values if y is not None) + "."


def _numbers(names: Sequence[str], marks: Sequence[Sequence[Mark]]) -> pd.DataFrame:
    rows = [
        {"loss": name, **mark._asdict()}
        for name, course in zip(names, marks, strict=True)
        for mark in course
    ]
    return pd.DataFrame(rows)


def _provenance(race: InstantRace) -> None:
    """On what was trained: never a claim that the data do not bear."""
    told, config = race.ready, race.config
    assert told is not None
    caption(
        f"Trained on **{plain(told.data_name)}** ({DATA_KINDS[told.data_kind]}): "
        f"{told.images:,} training images, {percent(told.noise_rate, 1)} of them with a wrong "
        f"label; {told.test_images:,} clean test images. {NETWORKS[config.model]}; "
        f"{SCALES[config.scaling]}, seed {config.seed}. The same features, batches and wrong "
        "labels for every loss. Such a race is not kept under Runs; its link brings it back."
    )
