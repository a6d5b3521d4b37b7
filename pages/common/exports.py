"""A run as files: numbers, figures, code, and the command that repeats it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

import streamlit as st

from alfs_core.errors import AlfsError
from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.figures.standalone import page
from alfs_core.losses.code import torch_module
from alfs_core.training.events import Event, Result, Started
from alfs_core.training.export import run_csv, run_json
from alfs_core.training.history import Track, history
from alfs_core.training.runs import RunRecord
from pages.common.image_source import DATA_KINDS
from pages.common.quantities import QUANTITIES, percent_cell
from pages.common.runs import manager, names, places


def downloads(record: RunRecord) -> None:
    """A button for each kind of file, made when it is asked for, and the command.

    They exist only while the popover is open: a page that follows a run draws it twice a second.
    """
    opener = st.popover(
        "Export", icon=":material/download:", key=f"export {record.id}", on_change="rerun"
    )
    if opener.open:
        with opener:
            _files(record)
            st.markdown("The same race without this page, from the JSON file:")
            st.code(f"python -m alfs_core.training --config run-{record.id}.json", language="bash")


def _files(record: RunRecord) -> None:
    # files are made on a thread that knows no session, so what a session knows is asked for here
    store, looks = manager().store, list(zip(names(record), places(record), strict=True))

    def events() -> list[Event]:
        return [event for _, event in store.read(record.id)]

    files: dict[str, tuple[Callable[[], str | bytes], str, str]] = {
        "Run (JSON)": (lambda: run_json(record, events()), "json", "application/json"),
    }
    if record.config is not None:
        config = record.config
        files |= {
            "Numbers (CSV)": (lambda: run_csv(config, events()), "csv", "text/csv"),
            "Figures (HTML)": (lambda: figures_page(record, events(), looks), "html", "text/html"),
            "Losses (PyTorch)": (
                lambda: losses_zip(record, history(events()).started),
                "zip",
                "application/zip",
            ),
        }
    for title, (make, suffix, mime) in files.items():
        st.download_button(
            title,
            data=make,
            file_name=f"run-{record.id}.{suffix}",
            mime=mime,
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            key=f"{suffix} {record.id}",
        )


def figures_page(record: RunRecord, events: list[Event], looks: list[tuple[str, int]]) -> str:
    """Results and all curves of a run on one page that works offline; ``looks`` are names and
    styles."""
    past = history(events)
    epochs = past.started.epochs if past.started else 1
    drawn = []
    for told in QUANTITIES.values():
        lines = [
            RaceLine(name, place, *told.column(track))
            for (name, place), track in zip(looks, past.tracks, strict=False)
        ]
        figure = race_figure(lines, told.title, told.axis, epochs, told.percent)
        drawn.append((figure, told.caption))
    rows = [
        row
        for (name, _), track in zip(looks, past.tracks, strict=False)
        for row in _results(name, track)
    ]
    words = f"Trained on {_data(past.started)}. Run {record.id}, {record.status}."
    return page(record.title, words, drawn, rows, RESULTS)


RESULTS = (
    "In percent. Last: accuracy at the last evaluation, on all test images once a race took all "
    "its steps. Best: on the test images that every evaluation takes, which may be fewer. "
    "Memorised and learned: the shares of the wrong and of the right training labels that are "
    "reproduced then."
)


def _data(started: Started | None) -> str:
    """What a run was trained on, and where that came from."""
    return f"{started.data_name}: {DATA_KINDS[started.data_kind]}" if started else "nothing yet"


def _results(name: str, track: Track) -> Iterator[dict[str, str]]:
    """The results of a loss, as the page of its run tells them; none before an evaluation."""
    if (of := Result.of(0, track.epochs)) is not None:
        yield {
            "Loss": name,
            "Last": percent_cell(of.final_accuracy),
            "Best, at epoch": f"{percent_cell(of.best_accuracy)}, {of.best_epoch:g}",
            "Memorised": percent_cell(of.wrong_fit),
            "Learned": percent_cell(of.clean_fit),
        }


def losses_zip(record: RunRecord, started: Started | None = None) -> bytes:
    """A Python file for each loss: a PyTorch module that runs without this project.

    A line at its head says by what the race multiplied the loss, once the race has begun.
    """
    packed = io.BytesIO()
    specs = record.config.losses if record.config is not None else ()
    heads = [_scaled(scale) for scale in started.scales] if started else [""] * len(specs)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (spec, head) in enumerate(zip(specs, heads, strict=True), 1):
            try:
                code = torch_module(spec.build())
            except AlfsError as error:
                code = f"# {spec.label}: {error}\n"
            archive.writestr(f"loss_{number}_{_file_name(spec.name)}.py", head + code)
    return packed.getvalue()


def _scaled(scale: float) -> str:
    return f"# In the race this loss was multiplied by {scale:.10g}.\n" if scale else ""


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)
