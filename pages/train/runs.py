"""Runs: every race of this server, to find again, to compare, to export, to run once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pandas as pd
import streamlit as st

from alfs_core.errors import AlfsError, RunError
from alfs_core.figures.race import STYLES, RaceLine, race_figure
from alfs_core.limits import limits
from alfs_core.noise.transition import KINDS as MATRICES
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Started
from alfs_core.training.foreign import MOST_BYTES, read_run
from alfs_core.training.history import history
from alfs_core.training.runs import ACTIVE, ENDED, WAITING, RunRecord
from pages.common import session
from pages.common.chart import chart
from pages.common.exports import downloads
from pages.common.label_source import KINDS as LABELS
from pages.common.live import MODELS, state
from pages.common.quantities import QUANTITIES, Quantity
from pages.common.runs import RUN, admitted, manager, owner, places, store_notice, styles
from pages.common.show import plain, refusals, refused_later, show_refused
from pages.common.workspace import label

LIVE = "pages/train/live.py"
RUNS = "runs"  # in the address
MOST_COMPARED, MOST_LINKED = 6, 50
FILTER_WIDTH = 165  # pixels: two beside each other on a phone
MOST_LETTERS = 24  # of a title, in a legend


def main() -> None:
    st.title("Runs")
    st.markdown("Every race that this server has kept, also those whose tab was closed.")
    with refusals():
        store_notice()
        _undo()
        if limits().uploads:
            _import()
        records = _list()
        if records:
            _chosen(_table(records))


def _list() -> list[RunRecord]:
    """The runs that fit what the reader looks for, newest first."""
    if not manager().store.list(limit=1):
        st.info("No race has been run yet.", icon=":material/flag:")
        st.page_link(LIVE, label="Start one under Live training", icon=":material/arrow_forward:")
        return []
    text, status = st.columns([3, 2])
    words = text.text_input(
        "Find", key="runs_find", placeholder="title or note", icon=":material/search:"
    )
    groups = {"all": (), "waiting or training": (*WAITING, *ACTIVE), "ended": ENDED}
    group = status.segmented_control(
        "Status", list(groups), default="all", required=True, key="runs_status", wrap=True
    )
    found = manager().store.list(words, groups[group])
    wanted = _wanted(found)
    records = [record for record in found if fits(record, wanted)]
    if not records:
        st.info("No run matches.", icon=":material/flag:")
    return records


FILTERS: dict[str, Callable[[RunConfig], set[str]]] = {
    "Loss": lambda config: {spec.name for spec in config.losses},
    "Images": lambda config: {config.source.title},
    "Wrong labels": lambda config: {
        config.noise.kind if config.labels.kind == "matrix" else config.labels.kind
    },
    "Network": lambda config: {config.model},
}
WORDS = MODELS | LABELS | {key: kind.title for key, kind in MATRICES.items()}


def _wanted(records: Sequence[RunRecord]) -> dict[str, set[str]]:
    """What the reader ticks of each filter, among what there is."""
    configs = [record.config for record in records if record.config is not None]
    wanted = {}
    with st.container(horizontal=True):
        for title, values in FILTERS.items():
            known = sorted(set().union(*(values(config) for config in configs)))
            picked = st.multiselect(
                title,
                known,
                format_func=lambda word: WORDS.get(word, word),
                key=f"runs filter {title}",
                placeholder="any",
                width=FILTER_WIDTH,
            )
            wanted[title] = set(picked)
    return wanted


def fits(record: RunRecord, wanted: Mapping[str, set[str]]) -> bool:
    """Whether a run has, of each filter with something ticked, one of the ticked."""
    ticked = {title: picked for title, picked in wanted.items() if picked}
    if record.config is None:
        return not ticked
    config = record.config
    return all(FILTERS[title](config) & picked for title, picked in ticked.items())


def _import() -> None:
    """A run from a file becomes a run of this list."""
    with st.popover("Import a run", icon=":material/upload:"):
        st.markdown(
            "A JSON file that **Export** of a run wrote, here or elsewhere; up to "
            f"{MOST_BYTES / 1e6:.0f} MB. It is marked as imported, since nothing in it can be "
            "checked against the world."
        )
        st.file_uploader(
            "Exported run",
            type=["json"],
            key="run file",
            label_visibility="collapsed",
            on_change=_take_in,
            max_upload_size=MOST_BYTES // 10**6,
        )
        if message := st.session_state.get("import refused"):
            st.error(plain(message), icon=":material/block:")


def _take_in() -> None:
    uploaded = st.session_state["run file"]
    st.session_state["import refused"] = None
    if uploaded is None:
        return
    try:
        run = read_run(uploaded.getvalue())
        manager().store.take_in(run.config, run.title, run.note, run.events, owner(), run.began)
    except AlfsError as error:
        st.session_state["import refused"] = f"{uploaded.name} was not taken: {error}"
    else:
        st.toast("The run stands first in the list.")


def _table(records: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs as rows; the ones that are ticked."""
    configs = [manager().store.repeating(record) for record in records]
    rows = pd.DataFrame(
        {
            "Run": [record.title for record in records],
            "Wrong labels": [_of_noise(record) for record in records],
            "Status": [_state(record) for record in records],
            "Began, UTC": [_moment(record.began or record.created) for record in records],
            "Images": [config.images if config else None for config in configs],
            "Epochs": [
                None if config is None or config.fill_time else config.epochs for config in configs
            ],
            "Seed": [config.seed if config else None for config in configs],
            "Note": [record.note for record in records],
        }
    )
    key = f"runs_table {' '.join(record.id for record in records)}"  # a tick belongs to a run
    _open_link(key, [record.id for record in records])
    ticked = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        alt="The runs of this server, newest first.",
        column_config={
            "Run": st.column_config.TextColumn(width=300),
            "Began, UTC": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
        },
    )
    found = [records[row] for row in ticked.selection.rows if row < len(records)]
    _write_link(found)
    return found


def _open_link(key: str, ids: Sequence[str]) -> None:
    """Tick the runs that the address names, in a table that is new, or after Back."""
    wanted = st.query_params.get(RUNS, "").split(",")[:MOST_LINKED]
    unknown = sum(map(_unknown, set(filter(None, wanted)) - set(ids)))
    if unknown:
        told = "1 run of the link is" if unknown == 1 else f"{unknown} runs of the link are"
        st.warning(f"{told} not on this server.", icon=":material/link_off:")
    rows = [row for row, run in enumerate(ids) if run in wanted]
    if session.went_back() or (rows and key not in st.session_state):
        st.session_state[key] = {"selection": {"rows": rows}}


def _unknown(run: str) -> bool:
    """Whether this server never had such a run; one that was deleted can come back."""
    try:
        manager().store.get(run)
    except RunError:
        return True
    return False


def _write_link(records: Sequence[RunRecord]) -> None:
    """Keep the ticked runs in the address, so that a link opens this comparison."""
    told = ",".join(record.id for record in records[:MOST_LINKED])
    if not told:
        st.query_params.pop(RUNS, None)
    elif st.query_params.get(RUNS) != told:
        st.query_params[RUNS] = told


def _state(record: RunRecord) -> str:
    return f"{state(record)}, imported" if record.imported else state(record)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _chosen(records: Sequence[RunRecord]) -> None:
    if not records:
        st.caption("Tick one run to open it, or several to lay their curves over each other.")
        return
    if len(records) == 1:
        _one(records[0])
    elif over := [record for record in records if record.over]:
        st.button(
            f"Delete {len(over)} {'run' if len(over) == 1 else 'runs'}",
            icon=":material/delete:",
            on_click=_delete,
            args=(over,),
            help=None if len(over) == len(records) else "Those that are over.",
        )
    show_refused("run")
    _compare(records[:MOST_COMPARED])
    if len(records) > MOST_COMPARED:
        st.caption(f"The first {MOST_COMPARED} of {len(records)} ticked runs are drawn.")


def _one(record: RunRecord) -> None:
    """What can be done with a run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            LIVE,
            label="Open",
            icon=":material/open_in_new:",
            query_params={RUN: record.id},
        )
        if record.config is not None:
            st.button("Run again", icon=":material/replay:", on_click=_again, args=(record,))
        downloads(record)
        if record.over:
            st.button("Delete", icon=":material/delete:", on_click=_delete, args=([record],))
    title, note = st.columns(2)
    title.text_input(
        "Title", record.title, key=f"title {record.id}", on_change=_rename, args=(record.id,)
    )
    note.text_input(
        "Note", record.note, key=f"note {record.id}", on_change=_annotate, args=(record.id,)
    )


def _again(record: RunRecord) -> None:
    with refused_later("run"):
        config, started = manager().store.repeating(record), manager().histories(record.id).started
        if config is not None and started is not None:
            config = config.expecting(started.data_checksum)
        manager().start(admitted(config), owner(), record.title)
        st.toast("The same race is in the queue; it stands first in the list.")


def _rename(run: str) -> None:
    with refused_later("run"):
        manager().store.rename(run, st.session_state[f"title {run}"])


def _annotate(run: str) -> None:
    with refused_later("run"):
        manager().store.annotate(run, st.session_state[f"note {run}"])


def _delete(records: Sequence[RunRecord]) -> None:
    gone: list[RunRecord] = []
    st.session_state["deleted runs"] = gone
    with refused_later("run"):
        for record in records:
            manager().store.delete(record.id)
            gone.append(record)


def _undo() -> None:
    records = st.session_state.get("deleted runs")
    if not records:
        return
    said = plain(records[0].title) if len(records) == 1 else f"{len(records)} runs"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted: {said}")
        st.button("Undo", icon=":material/undo:", on_click=_restore, args=(records,))
    show_refused("undo")


def _restore(records: Sequence[RunRecord]) -> None:
    with refused_later("undo"):
        for record in records:
            manager().store.restore(record.id)
        del st.session_state["deleted runs"]


def _compare(records: Sequence[RunRecord]) -> None:
    """The curves of the ticked runs in one figure."""
    quantity = st.segmented_control(
        "Curve",
        list(QUANTITIES),
        default="test accuracy",
        required=True,
        key="runs_curve",
        wrap=True,
    )
    told = QUANTITIES[quantity]
    drawn = [
        RaceLine(name, place, x, y)
        for record, run, own in zip(records, _names(records), looks(records), strict=True)
        for (name, x, y), place in zip(_lines(record, told, run), own, strict=False)
    ]
    configs = map(manager().store.repeating, records)
    epochs = max((config.epochs for config in configs if config), default=1)
    chart(
        race_figure(drawn, told.title, told.axis, epochs, told.percent),
        key="runs compared",
        alt=f"{told.title} over epochs of {len(drawn)} losses.",
        caption=f"{len(drawn)} losses of {len(records)} "
        f"{'run' if len(records) == 1 else 'runs'}; a legend entry hides or shows its line.",
        numbers=lambda: (
            pd.concat(
                [
                    pd.DataFrame({"loss": line.name, "epoch": line.epochs, quantity: line.values})
                    for line in drawn
                ]
            )
            if drawn
            else pd.DataFrame()
        ),
        height=460,
    )


def looks(records: Sequence[RunRecord]) -> list[Sequence[int]]:
    """The style of each loss of each run: a colour for each loss, which the runs draw with other
    dashes and symbols; where there are more losses than colours, a style for each line."""
    if len(records) == 1:
        return [places(records[0])]
    raced = [record.config.losses if record.config is not None else () for record in records]
    specs = tuple(dict.fromkeys(spec for losses in raced for spec in losses))
    if len(specs) > STYLES or any(len(set(losses)) < len(losses) for losses in raced):
        free = count()
        return [[next(free) for _ in losses] for losses in raced]
    colours = dict(zip(specs, styles(specs), strict=True))
    return [[colours[spec] + STYLES * run for spec in losses] for run, losses in enumerate(raced)]


def _names(records: Sequence[RunRecord]) -> list[str]:
    """What the runs are called in a legend: the first of NAMES that tells all of them apart, else
    their place among the ticked."""
    if len(records) == 1:
        return [""]
    told = ([name(record) for record in records] for name in NAMES)
    apart = (names for names in told if all(names) and len(set(names)) == len(names))
    return next(apart, [f"row {place}" for place, _ in enumerate(records, 1)])


def _short_title(record: RunRecord) -> str:
    return record.title if len(record.title) <= MOST_LETTERS else ""


def _of_noise(record: RunRecord) -> str:
    config = record.config
    return "" if config is None else config.labels.title(config.noise)


def _of_seed(record: RunRecord) -> str:
    return "" if record.config is None else f"seed {record.config.seed}"


def _second(record: RunRecord) -> str:
    return f"{_moment(record.began or record.created):%d %b, %H:%M:%S}"


NAMES = (_short_title, _of_noise, _of_seed, _second)


def _lines(
    record: RunRecord, quantity: Quantity, run: str
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, epochs, values) of each loss; named by its run too where there are several."""
    if record.config is None:
        return []
    events = [event for _, event in manager().store.read(record.id, 0, (Started, Epoch))]
    tracks = history(events).tracks
    names = (f"{label(spec)} · {run}" if run else label(spec) for spec in record.config.losses)
    return [(name, *quantity.column(track)) for name, track in zip(names, tracks, strict=False)]


main()
