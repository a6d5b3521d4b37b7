"""A run as its viewers see it, live while it lasts.

A class may watch, so what costs time is done seldom or once for all: evaluations reach the figures
in the browser without a run of the script (pages/common/news.py); three fragments ask where the run
stands, look at the tables, and draw the figures anew at intervals of their own.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import pandas as pd
import streamlit as st

from alfs_core.data.checksum import is_sha256
from alfs_core.training.config import RunConfig
from alfs_core.training.events import NONE_LEFT, TIME_LIMIT, Finished, Ready, Started
from alfs_core.training.groups import Spread, outcomes, whole
from alfs_core.training.history import History
from alfs_core.training.runs import RunRecord
from alfs_core.wording import duration, percent
from pages.common import session
from pages.common.chart import chart
from pages.common.closer import closer, one_answer
from pages.common.copy_link import copy_text
from pages.common.curves import NEWEST, Curves, Race, chosen, curves_of, members, race_of
from pages.common.curves import seed as seed_of
from pages.common.exports import downloads
from pages.common.image_source import DATA_KINDS
from pages.common.kept import IN_ADDRESS
from pages.common.news import Told, bell
from pages.common.predicted import ACCURACY_TELLS_LITTLE, AVERAGE, flips_in_pairs, theory_of
from pages.common.quantities import QUANTITIES, percent_cell
from pages.common.runs import manager, names, owner, places, store_notice
from pages.common.show import caption, hover, plain, refusals
from pages.common.workspace import label

STANDING, AFTERWARDS = 2.0, 3.0  # seconds between two looks; figures are told at once
DRAWN = 10.0  # seconds between two looks at the figures, which evaluations reach by themselves
STATUS = {
    "queued": (":material/hourglass_empty:", "waiting", "gray"),
    "running": (":material/directions_run:", "training", "blue"),
    "paused": (":material/pause:", "paused", "orange"),
    "finished": (":material/check:", "finished", "green"),
    "stopped": (":material/stop:", "stopped", "gray"),
    "failed": (":material/error:", "failed", "red"),
    "interrupted": (":material/power_off:", "interrupted", "orange"),
}
CUT = {
    "stopped": "The race was stopped before its end",
    TIME_LIMIT: "The time limit ended the race",
    NONE_LEFT: "Every loss left the race",
}
SCALES = {
    "equal step": "every loss scaled to the same slope at the uniform prediction",
    "published": "every loss at its published scale",
}
MODELS = {
    "air_3": "small network",
    "air_wide": "wide network",
    "cnn_8": "8-layer network",
    "resnet_18": "ResNet-18",
    "resnet_34": "ResNet-34",
    "probe": "probe",
    "probe_128": "probe, 128 units",
}
NETWORKS = {
    "probe": "A probe on fixed features: no network is trained, only a linear head",
    "probe_128": "A probe on fixed features: no network is trained, only a head with 128 units",
    "air_3": "A small convolutional network",
    "air_wide": "A wide convolutional network",
    "cnn_8": "The 8-layer network of the papers' code",
    "resnet_18": "ResNet-18 for 32 by 32 pixels",
    "resnet_34": "ResNet-34 for 32 by 32 pixels",
}


def follow(run: str) -> None:
    """Show a run with the others of its group, live while they last.

    Raises AlfsError where there is no such run or it cannot be read.
    """
    store_notice()
    records = members(run)
    over = all(member.over for member in records)
    title = st.container()
    seed = _seed_picker(records)
    title.markdown(f"#### {plain(chosen(records, seed).title)}")
    for part, pause in ((_standing, STANDING), (_racing, DRAWN), (_afterwards, AFTERWARDS)):
        st.fragment(part, run_every=None if over else pause)(run, seed, over)


@refusals()
def _standing(run: str, seed: str, was_over: bool) -> None:
    """How far the run is, and what can be done with it."""
    records = members(run)
    if not was_over and all(member.over for member in records):
        session.rerun()
    record = chosen(records, seed)
    _headline(record, manager().histories(record.id), records)


@refusals()
def _racing(run: str, seed: str, was_over: bool) -> None:
    """The curves; an evaluation changes them in the browser, without another run of this."""
    race = race_of(members(run), seed)
    wanted = () if race is None else _wanted(race)
    styles = () if race is None else places(race.record)
    if not was_over and (race is None or wanted):
        bell(Told(run, seed, wanted, styles))
    if race is not None:
        _figures(race, wanted, styles)


@refusals()
def _afterwards(run: str, seed: str, was_over: bool) -> None:
    """Tables, a closer look, and on what was trained."""
    records = members(run)
    record = chosen(records, seed)
    if (race := race_of(records, seed)) is not None:
        courses = [track.epochs for track in race.past.tracks]
        result_table(race.config, race.started, courses)
        for sentence in one_answer(names(race.record), race.past.tracks, race.started.class_names):
            st.info(sentence, icon=":material/filter_1:")
        if len(records) > 1:
            _group_table(records, race)
        closer(record, race.past, race.started)
    elif record.config is None:
        st.info("The settings of this run were written by another version of the program.")
    _provenance(record, manager().histories(record.id))


def _seed_picker(members: Sequence[RunRecord]) -> str:
    """Which seed of a group is shown."""
    if len(members) == 1:
        return NEWEST
    return st.segmented_control(
        "Seed",
        [NEWEST, *(str(seed_of(member)) for member in members)],
        default=NEWEST,
        required=True,
        key=f"seed of {members[0].group}",
        wrap=True,
        help="The same race runs once for each seed: other weights, batches and wrong labels. "
        "Finished seeds are drawn thin.",
    )


def _headline(record: RunRecord, past: History, members: Sequence[RunRecord]) -> None:
    icon, _, color = STATUS[record.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(state(record), icon=icon, color=color)
        if record.imported:
            st.badge("imported", icon=":material/upload:", color="gray")
        st.markdown(_place(record, members) + _pace(record, past), width="stretch")
    with st.container(horizontal=True):
        if any(not member.over for member in members):
            _controls(record, members)
        if past.started is not None:
            downloads(record)
    share = past.share_done
    st.progress(share, text=f"{_floor(share)} of the training steps")
    if (cut := CUT.get(record.reason)) is not None and isinstance(past.end, Finished):
        st.warning(
            f"{cut}: after {duration(past.end.seconds)} of training and {_floor(share)} of the "
            "steps. The learning rate had not come to its end, so the last values are not those "
            "of the whole race.",
            icon=":material/timer_off:",
        )
    if record.reason and record.status in ("failed", "interrupted"):
        said = "failed" if record.status == "failed" else "was interrupted"
        st.error(f"The run {said}: {plain(record.reason)}", icon=icon)
    for notice in past.notices:
        st.info(plain(notice), icon=":material/info:")
    for place, track in enumerate(past.tracks):
        if track.left is not None and record.config is not None:
            name = plain(label(record.config.losses[place]))
            st.warning(f"{name} left the race: {plain(track.left.reason)}")


def state(record: RunRecord) -> str:
    """How a run stands, in words; of one that ended early why."""
    word = STATUS[record.status][1]
    return f"{word}: {record.reason}" if record.reason in (TIME_LIMIT, NONE_LEFT) else word


def _floor(share: float) -> str:
    """A share in percent that is 100 only where all is done."""
    return percent(math.floor(100 * share) / 100)


def _place(record: RunRecord, members: Sequence[RunRecord]) -> str:
    """Which seed this is, and how many are over."""
    if len(members) == 1:
        return ""
    over = sum(member.over for member in members)
    return f"Seed {seed_of(record)}; {over} of {len(members)} seeds are over. "


def _stop_all(members: Sequence[RunRecord]) -> None:
    """The last first, so that none of them begins meanwhile."""
    for member in reversed(members):
        manager().stop(member.id)


def _pace(record: RunRecord, past: History) -> str:
    place = manager().position(record.id)
    if place or (record.status == "queued" and past.loading is None):
        return f"Place {place or 1} in the queue."
    newest = past.newest
    if record.over:
        last = past.end if isinstance(past.end, Finished) else newest
        if last is None or not last.images_per_second:
            return "Ended before its first step."
        return f"{last.images_per_second:,.0f} images/s, {duration(last.seconds)} of training"
    if newest is not None:
        left = duration(newest.seconds_left)
        return f"{newest.images_per_second:,.0f} images/s, about {left} left"
    if past.loading is not None:
        told = filter(None, (past.loading.what, past.loading.amount))
        return f"{plain(': '.join(told))} …"
    return "Starting …"


def _controls(record: RunRecord, members: Sequence[RunRecord]) -> None:
    """Pause and stop; one click further in a window that did not start the race."""
    own = record.owner == owner()
    with contextlib.nullcontext() if own else st.popover("Pause or stop", icon=":material/group:"):
        if not own:
            caption(
                "This race was started in another window, or in this one before it was loaded "
                "again."
            )
        if not record.over:
            _buttons(record)
        if len(members) > 1:
            st.button("Stop all", icon=":material/stop:", on_click=_stop_all, args=(members,))


def _buttons(record: RunRecord) -> None:
    paused = record.status == "paused"
    st.button(
        "Resume" if paused else "Pause",
        key="pause run",
        icon=":material/play_arrow:" if paused else ":material/pause:",
        disabled=record.status == "queued",
        on_click=manager().resume if paused else manager().pause,
        args=(record.id,),
    )
    st.button(
        "Stop",
        key="stop run",
        icon=":material/stop:",
        on_click=manager().stop,
        args=(record.id,),
    )


def _wanted(race: Race) -> tuple[str, ...]:
    """Which curves the reader wants to see."""
    what_shows(race.config)
    picked = st.pills(
        "Curves",
        list(QUANTITIES),
        default=list(QUANTITIES)[:3],
        selection_mode="multi",
        key="live_curves",
        **IN_ADDRESS,
        help=hover("gradient from wrong labels"),
    )
    return tuple(name for name in QUANTITIES if name in picked)


def _figures(race: Race, wanted: Sequence[str], styles: Sequence[int]) -> None:
    """The chosen curves, the first on the whole width."""
    if not wanted:
        st.info("Choose a curve.")
        return
    first, *others = curves_of(race, wanted, styles)
    _curves(race, first)
    for place in range(0, len(others), 2):
        for column, one in zip(st.columns(2), others[place : place + 2], strict=False):
            with column:
                _curves(race, one)


def what_shows(config: RunConfig) -> None:
    """Where accuracy tells little, which curve tells more."""
    if flips_in_pairs(config):
        st.info(ACCURACY_TELLS_LITTLE, icon=":material/lightbulb:")


def _curves(race: Race, one: Curves) -> None:
    chart(
        one.figure,
        key=one.key,
        alt=one.alt,
        caption=one.caption,
        numbers=lambda: _numbers(race.record, race.past),
        height=one.height,
    )


def _numbers(record: RunRecord, past: History) -> pd.DataFrame:
    rows = [
        {
            "loss": name,
            "epoch": e.epoch,
            **{name: getattr(e, quantity.field) for name, quantity in QUANTITIES.items()},
        }
        for name, track in zip(names(record), past.tracks, strict=True)
        for e in track.epochs
    ]
    return pd.DataFrame(rows)


class Course(Protocol):
    """What the table needs of an evaluation."""

    @property
    def epoch(self) -> float: ...
    @property
    def test_accuracy(self) -> float: ...
    @property
    def final_accuracy(self) -> float: ...
    @property
    def clean_fit(self) -> float | None: ...
    @property
    def wrong_fit(self) -> float | None: ...


def result_table(
    config: RunConfig, started: Started | Ready, courses: Sequence[Sequence[Course]]
) -> None:
    """The race in one look: a row for each loss that was evaluated, best, final and memorised
    beside what the theory predicts; ``courses`` holds its evaluations, oldest first.
    """
    rows = [
        {
            "Loss": plain(label(spec)),
            "Theory": said,
            "Last": percent_cell(last.final_accuracy),
            "Memorised": percent_cell(last.wrong_fit),
            "Learned": percent_cell(last.clean_fit),
            "Best, at epoch": f"{percent_cell(best.test_accuracy)}, {best.epoch:g}",
            "Lost since": percent_cell(best.test_accuracy - last.test_accuracy),
        }
        for spec, said, course in zip(
            config.losses, theory_of(config, started), courses, strict=True
        )
        if course
        for best, last in [(max(course, key=lambda mark: mark.test_accuracy), course[-1])]
    ]
    if rows:
        with st.container(key="race table"):
            _plain_table(rows, "A row for each loss: how its race went")
        caption(
            "In percent. Last: accuracy at the last evaluation, on all "
            f"{started.test_images:,} test images once a race took all its steps. Best, and what "
            "was lost since: on the test images that every evaluation takes, which may be fewer. "
            "Memorised and learned: the shares of the wrong and of the right training labels that "
            "are reproduced, of a sample until the last step, then of all. Theory: whether every "
            "minimiser of the noisy risk minimises the clean risk, where the prediction at each "
            "image is free. A network restricts it, and training may end elsewhere; the evidence "
            "is in Noise tolerance." + ("" if config.labels.kind == "matrix" else f" {AVERAGE}")
        )


def _group_table(members: Sequence[RunRecord], race: Race) -> None:
    """Mean and standard deviation over the seeds that are done."""
    pasts = [manager().histories(member.id) for member in members]
    rows = outcomes(pasts)
    called = names(race.record)
    if not any(row.final for row in rows):
        caption("The table of all seeds begins with the first that is done.")
        return
    _plain_table(
        [
            {
                "Loss": plain(called[row.loss]),
                "Final": spread_words(row.final),
                "Memorised": spread_words(row.wrong_fit),
                "Learned": spread_words(row.clean_fit),
                "Best": spread_words(row.best),
            }
            for row in rows
        ],
        "A row for each loss: means over the seeds",
    )
    cut = sum(past.end is not None and not whole(past) for past in pasts)
    left_out = f"Left out: {cut} of {len(pasts)} seeds, whose race ended early. " if cut else ""
    caption(
        "In percent, all seeds that ran to their end: mean ± standard deviation (number of seeds). "
        f"{left_out}Two losses whose means lie closer than their deviations are not told apart by "
        "so few seeds."
    )


def spread_words(spread: Spread | None) -> str:
    """Mean ± standard deviation (n) in percent.

    >>> spread_words(Spread(0.5, 0.012, 3)), spread_words(Spread(0.5, None, 1)), spread_words(None)
    ('50.0 ± 1.2 (3)', '50.0 (1)', '')
    """
    if spread is None:
        return ""
    around = "" if spread.std is None else f" ± {100 * spread.std:.1f}"
    return f"{100 * spread.mean:.1f}{around} ({spread.n})"


def _plain_table(rows: Sequence[Mapping[str, str]], alt: str) -> None:
    """A table whose heads and cells go on in the next line where the page is narrow."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    st.table(columns, hide_index=True, border="horizontal", alt=alt)


def _provenance(record: RunRecord, past: History) -> None:
    """On what was trained: never a claim that the data do not bear."""
    started, config = past.started, record.config
    if started is None or config is None:
        return
    if record.imported:
        caption("This run came from a file; what it says of itself is not checked.")
    caption(
        f"Trained on **{plain(started.data_name)}**: {DATA_KINDS[started.data_kind]}. "
        f"{started.images:,} training images, {percent(started.noise_rate, 1)} of them with a "
        f"wrong label{_labels(started)}; {started.test_images:,} clean test images. "
        f"{NETWORKS[config.model]}, {SCALES[config.scaling]}, seed {config.seed}, "
        f"device {plain(started.device)}, {started.workers} at a time. "
        "The same initial weights, batches and wrong labels for every loss."
    )
    if is_sha256(digest := started.data_checksum):
        copy_text(f"Copy SHA-256 of the images: {digest[:12]}…", digest, f"checksum {record.id}")


def _labels(started: Started) -> str:
    """How the labels were made, where the record says it."""
    if not started.label_description:
        return ""
    checksum = f", SHA-256 {started.label_checksum[:12]} …" if started.label_checksum else ""
    return f" ({plain(started.label_description)}{checksum})"
