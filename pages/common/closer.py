"""A closer look at a run: what its networks answer, and which labels they doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from alfs_core.figures.answers import (
    PrecisionLine,
    confusion_figure,
    confusion_words,
    precision_figure,
    unpredicted,
)
from alfs_core.figures.predictions import cloud, cloud_figure, cloud_numbers
from alfs_core.training.events import Contradicted, Predictions, Started
from alfs_core.training.history import History, Track
from alfs_core.training.runs import RunRecord
from alfs_core.wording import percent
from pages.common.chart import chart
from pages.common.kept import IN_ADDRESS
from pages.common.runs import names, places
from pages.common.show import plain

CONFUSION, DOUBTS, SIMPLEX = "confusion matrix", "likely label errors", "simplex of predictions"
ENLARGED = 4  # screen pixels for a pixel of an image


def closer(record: RunRecord, past: History, started: Started) -> None:
    """One of three looks, chosen by a switch; none to begin with."""
    looks = [CONFUSION, DOUBTS, *([SIMPLEX] if len(started.class_names) >= 3 else [])]
    look = st.segmented_control("Look closer", looks, key="live_closer", **IN_ADDRESS, wrap=True)
    if look == CONFUSION:
        _confusion(record, past, started)
    elif look == DOUBTS:
        _doubts(record, past, started)
    elif look == SIMPLEX:
        _predictions(record, past, started)


def one_answer(
    called: Sequence[str], tracks: Sequence[Track], classes: Sequence[str]
) -> Iterator[str]:
    """A sentence for each loss whose network gives every test image the same class."""
    for name, track in zip(called, tracks, strict=True):
        if track.confusion is None:
            continue
        predicted = np.flatnonzero(track.confusion.counts.sum(axis=0))
        if len(predicted) == 1:
            yield (
                f"**{plain(name)}** predicts {plain(classes[predicted[0]])} for every test image "
                f"after epoch {track.confusion.epoch:g}."
            )


def _one_loss(record: RunRecord, past: History, key: str) -> tuple[str, Track]:
    """The loss that the reader wants to see."""
    called = names(record)
    place = st.segmented_control(
        "Loss",
        range(len(called)),
        default=0,
        required=True,
        format_func=lambda index: called[index],
        key=f"{key} {record.id}",
        wrap=True,
    )
    return called[place], past.tracks[place]


def _confusion(record: RunRecord, past: History, started: Started) -> None:
    name, track = _one_loss(record, past, "confusion of")
    told = track.confusion
    if told is None:
        st.info(_missing(started))
        return
    counts, classes = told.counts, started.class_names
    never = unpredicted(counts)
    lost = f" Never predicted: {plain(', '.join(classes[j] for j in never))}." if never else ""
    chart(
        confusion_figure(counts, name, classes),
        key=f"confusion {record.id}",
        alt=confusion_words(counts, name, classes),
        caption=f"{counts.sum():,} clean test images after epoch {told.epoch:g}; each row is a "
        f"true class.{lost}",
        numbers=lambda: pd.DataFrame(counts, classes, classes).reset_index(names="true class"),
        height=520,
    )


def _missing(started: Started) -> str:
    if len(started.class_names) > 10:
        return "With more than ten classes a race counts its mistakes after the last epoch only."
    return "A race counts its mistakes at each evaluation; this one has not told any."


def _doubts(record: RunRecord, past: History, started: Started) -> None:
    """Where the network contradicts the given label: what a data cleaner would look at first."""
    st.markdown(
        "Training images that the network predicts as another class than their label says, the "
        "most confident first. A network that has not memorised the wrong labels finds them this "
        "way; one that has memorised them agrees with its labels and finds nothing."
    )
    told = [
        (name, place, track.contradicted)
        for name, place, track in zip(names(record), places(record), past.tracks, strict=True)
        if track.contradicted is not None
    ]
    if not told:
        st.info("A race looks for label errors every fourth epoch and after the last.")
        return
    _precision(record, told)
    name, track = _one_loss(record, past, "doubts of")
    if track.contradicted is not None:
        _pictures(name, track.contradicted, started.class_names)


def _precision(record: RunRecord, told: Sequence[tuple[str, int, Contradicted]]) -> None:
    lines = [
        PrecisionLine(name, place, np.array(one.depths), np.array(one.wrong) / one.depths)
        for name, place, one in told
        if one.depths
    ]
    newest = max((one for _, _, one in told), key=lambda one: one.epoch)
    said = [f"{name}: {one.contradicted:,} of {one.examined:,} labels" for name, _, one in told]
    chart(
        precision_figure(lines, newest.noise_rate),
        key=f"precision {record.id}",
        alt=f"Share of wrong labels among the most doubted. Contradicted: {'; '.join(said)}.",
        caption=f"After epoch {newest.epoch:g}, among {newest.examined:,} training images, "
        "the most confident first: the longer a line stays near 100 %, the more label errors are "
        "found without a false alarm.",
        numbers=lambda: pd.concat(
            [
                pd.DataFrame({"loss": name, "looked at": one.depths, "wrong labels": one.wrong})
                for name, _, one in told
            ]
        ),
        height=340,
    )


def _pictures(name: str, told: Contradicted, classes: Sequence[str]) -> None:
    if not told.places:
        st.info(f"{plain(name)} contradicts none of the {told.examined:,} labels.")
        return
    rows = list(zip(told.given, told.true, told.predicted, told.probability, strict=True))
    wrong = sum(given != true for given, true, _, _ in rows)
    st.markdown(
        f"**{plain(name)}** after epoch {told.epoch:g}: {told.contradicted:,} of {told.examined:,} "
        f"labels contradicted. Of the {len(rows)} shown, {wrong} are wrong."
    )
    large = told.pictures.repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)
    with st.container(horizontal=True, gap="small"):
        for picture, row in zip(large, rows, strict=True):
            st.image(picture, _caption(*row, classes), width=32 * ENLARGED)


def _caption(given: int, true: int, seen: int, probability: float, classes: Sequence[str]) -> str:
    verdict = "✓ label is right" if given == true else f"✗ is {plain(classes[true])}"
    return (
        f"labelled **{plain(classes[given])}**  \nseen as {plain(classes[seen])}, "
        f"{percent(probability)}  \n{verdict}"
    )


def _predictions(record: RunRecord, past: History, started: Started) -> None:
    """Where training images stand among three classes, one triangle for each loss."""
    titles = started.class_names
    classes = st.multiselect(
        "Three classes",
        range(len(titles)),
        default=(0, 1, 2),
        max_selections=3,
        format_func=lambda index: titles[index],
        key=f"classes {record.id}",
    )
    if len(classes) != 3:
        st.info("Choose three classes.")
        return
    st.markdown(
        "Each point is a training image of one of these classes, placed by what the network "
        "predicts among the three. Its colour is the *given* label, grey for another class; a ring "
        "says that the label is wrong. Rings that move into the corner of their own colour are "
        "labels memorised."
    )
    columns = st.columns(min(3, len(past.tracks)))
    for index, (name, place, track) in enumerate(
        zip(names(record), places(record), past.tracks, strict=True)
    ):
        if track.predictions is not None:
            with columns[index % len(columns)]:
                _cloud(record, started, (name, place), track.predictions, classes)


def _cloud(
    record: RunRecord,
    started: Started,
    loss: tuple[str, int],
    predictions: Predictions,
    classes: Sequence[int],
) -> None:
    name, place = loss
    points = cloud(predictions.probs, started.sample_given, started.sample_true, classes)
    titles = [started.class_names[index] for index in classes]
    told = (
        f"{len(points.u)} images after epoch {predictions.epoch:g}, {points.wrong.sum()} with a "
        "wrong label."
    )
    chart(
        cloud_figure(points, name, place, titles),
        key=f"cloud {record.id} {predictions.loss}",
        alt=f"{name} among {', '.join(titles)}: {told}",
        caption=told,
        numbers=lambda: cloud_numbers(points, titles),
        height=340,
    )
