"""The fragment that follows a run: every half second the newest events, until the run is over."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.training.events import Finished, Started
from alfs_core.training.history import History, history
from alfs_core.training.runs import RunRecord
from pages.common.chart import chart
from pages.common.closer import closer
from pages.common.predicted import AVERAGE, theory_of
from pages.common.quantities import QUANTITIES, Quantity
from pages.common.runs import manager, names, places
from pages.common.show import hover, plain
from pages.common.workspace import label

INTERVAL = 0.5  # seconds
STATUS = {
    "queued": (":material/hourglass_empty:", "waiting", "gray"),
    "running": (":material/directions_run:", "training", "blue"),
    "paused": (":material/pause:", "paused", "orange"),
    "finished": (":material/check:", "finished", "green"),
    "stopped": (":material/stop:", "stopped", "gray"),
    "failed": (":material/error:", "failed", "red"),
    "interrupted": (":material/power_off:", "interrupted", "orange"),
}
NETWORKS = {
    "probe": "A probe on fixed features: no network is trained, only a linear head",
    "air_3": "A small convolutional network",
    "air_wide": "A wide convolutional network",
    "cnn_8": "The 8-layer network of the papers' code",
    "resnet_18": "ResNet-18 for 32 by 32 pixels",
    "resnet_34": "ResNet-34 for 32 by 32 pixels",
}


def follow(run: str) -> None:
    """Show a run, live while it lasts. Raises RunError where there is none."""
    over = manager().get(run).over
    st.fragment(_run_view, run_every=None if over else INTERVAL)(run, over)


def _run_view(run: str, was_over: bool) -> None:
    record = manager().get(run)
    if record.over and not was_over:
        st.rerun()
    past = _history(run)
    _headline(record, past)
    if past.started is not None:
        _figures(record, past, past.started)
        _table(record, past, past.started)
        closer(record, past, past.started)
    _provenance(record, past)


def _history(run: str) -> History:
    """The run's history; this session reads each event once."""
    last, past = st.session_state.get(f"history {run}", (0, History()))
    events = manager().store.read(run, last)
    if events:
        last, past = events[-1][0], history((event for _, event in events), past)
        st.session_state[f"history {run}"] = (last, past)
    return past


def _headline(record: RunRecord, past: History) -> None:
    icon, word, color = STATUS[record.status]
    st.markdown(f"#### {plain(record.title)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(word, icon=icon, color=color)
        st.markdown(_pace(record, past), width="stretch")
        if not record.over:
            _buttons(record)
    share = 1.0 if record.status == "finished" else past.share_done
    st.progress(share, text=f"{share:.0%} of the training steps")
    if record.reason and record.status in ("failed", "interrupted"):
        st.error(f"The run {word}: {plain(record.reason)}", icon=icon)
    for notice in past.notices:
        st.info(plain(notice), icon=":material/info:")
    for place, track in enumerate(past.tracks):
        if track.left is not None and record.config is not None:
            name = plain(label(record.config.losses[place]))
            st.warning(f"{name} left the race: {plain(track.left.reason)}")


def _pace(record: RunRecord, past: History) -> str:
    if record.status == "queued":
        return f"Place {manager().position(record.id) or 1} in the queue."
    if isinstance(past.end, Finished):
        return f"{past.end.images_per_second:,.0f} images/s, {_clock(past.end.seconds)} of training"
    newest = past.newest
    if newest is not None:
        left = _clock(newest.seconds_left)
        return f"{newest.images_per_second:,.0f} images/s, about {left} left"
    if past.loading is not None:
        amount = past.loading
        share = f" ({amount.done / amount.total:.0%})" if amount.total else ""
        return f"{plain(amount.what)}{share} …"
    return "Starting …" if not record.over else ""


def _clock(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "an unknown time"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


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


def _figures(record: RunRecord, past: History, started: Started) -> None:
    """The chosen curves, the first on the whole width."""
    chosen = st.pills(
        "Curves",
        list(QUANTITIES),
        default=list(QUANTITIES)[:3],
        selection_mode="multi",
        key="live_curves",
        bind="query-params",
        help=hover("gradient from wrong labels"),
    )
    first, *others = [name for name in QUANTITIES if name in chosen] or [None]
    if first is None:
        st.info("Choose a curve.")
        return
    _curves(record, past, started, first, 380)
    for place in range(0, len(others), 2):
        for column, name in zip(st.columns(2), others[place : place + 2], strict=False):
            with column:
                _curves(record, past, started, name, 340)


def _curves(record: RunRecord, past: History, started: Started, name: str, height: int) -> None:
    told = QUANTITIES[name]
    chart(
        race_figure(
            _lines(record, past, told),
            told.title,
            told.axis,
            started.epochs,
            told.percent,
        ),
        key=f"{told.field} {record.id}",
        alt=f"{told.alt} {_newest(record, past, told)}",
        caption=told.caption,
        numbers=lambda: _numbers(record, past),
        height=height,
    )


def _lines(record: RunRecord, past: History, quantity: Quantity) -> list[RaceLine]:
    """The line of each loss, in the style of the workspace."""
    steps = past.started.steps_per_epoch if past.started else 0
    return [
        RaceLine(name, place, *quantity.column(track, steps))
        for name, place, track in zip(names(record), places(record), past.tracks, strict=True)
    ]


def _newest(record: RunRecord, past: History, quantity: Quantity) -> str:
    """The newest values in words."""
    shown = "{:.1%}" if quantity.percent else "{:.4g}"
    said = [
        f"{name}: {shown.format(y)} at epoch {x:g}"
        for name, track in zip(names(record), past.tracks, strict=True)
        for x, y in quantity.points(track.epochs)[-1:]
    ]
    return ("; ".join(said) or "No evaluation yet") + "."


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


def _table(record: RunRecord, past: History, started: Started) -> None:
    """Best, final, memorised beside what the theory predicts: the race in one look."""
    if record.config is None:
        return
    rows = [
        {
            "Loss": name,
            "Theory": said,
            "Best, %": 100 * best.test_accuracy,
            "at epoch": best.epoch,
            "Final, %": 100 * last.test_accuracy,
            "Lost since best": 100 * (best.test_accuracy - last.test_accuracy),
            "Right labels learned, %": _percent(last.clean_fit),
            "Wrong labels memorised, %": _percent(last.wrong_fit),
        }
        for name, said, track in zip(
            names(record), theory_of(record.config, started), past.tracks, strict=True
        )
        if (best := track.best) is not None and (last := track.epochs[-1]) is not None
    ]
    if rows:
        numbers = st.column_config.NumberColumn(format="%.1f")
        percents = {name: numbers for name in rows[0] if name not in ("Loss", "Theory", "at epoch")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=percents)
        st.caption(
            "Theory: whether every minimiser of the noisy risk minimises the clean risk, where the "
            "prediction at each image is free. A network restricts it, and training may end "
            "elsewhere; the page Noise tolerance has the evidence."
            + ("" if record.config.labels.kind == "matrix" else f" {AVERAGE}")
        )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _provenance(record: RunRecord, past: History) -> None:
    """On what was trained: never a claim that the data do not bear."""
    started, config = past.started, record.config
    if started is None or config is None:
        return
    kinds = {
        "official": "the official archive, its checksum verified",
        "archive": "an archive in the official layout that is not the official one",
        "images": "a folder of images",
        "arrays": "arrays from a file",
        "synthetic": "synthetic images drawn by this program",
    }
    step = {
        "equal step": "every loss scaled to the same slope at the uniform prediction",
        "published": "every loss at its published scale",
    }[config.scaling]
    st.caption(
        f"Trained on **{plain(started.data_name)}**: {kinds[started.data_kind]}. "
        f"{started.images:,} training images, {started.noise_rate:.1%} of them with a wrong label"
        f"{_labels(started)}; {started.test_images:,} clean test images. "
        f"{NETWORKS[config.model]}, {step}, seed {config.seed}, device "
        f"{plain(started.device)}, {started.workers} at a time. "
        "The same initial weights, batches and wrong labels for every loss."
    )


def _labels(started: Started) -> str:
    """How the labels were made, where the record says it."""
    if not started.label_description:
        return ""
    checksum = f", SHA-256 {started.label_checksum[:12]} …" if started.label_checksum else ""
    return f" ({plain(started.label_description)}{checksum})"
