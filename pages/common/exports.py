"""A run as files: numbers, figures, code, and the command that repeats it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import streamlit as st

from alfs_core.errors import AlfsError
from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.figures.standalone import page
from alfs_core.losses.code import torch_module
from alfs_core.training.events import Event
from alfs_core.training.export import run_csv, run_json
from alfs_core.training.history import history
from alfs_core.training.runs import RunRecord
from pages.common.quantities import QUANTITIES
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
            "Losses (PyTorch)": (lambda: losses_zip(record), "zip", "application/zip"),
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
    """All curves of a run on one page that works offline; ``looks`` are names and styles."""
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
    on = past.started.data_name if past.started else "nothing yet"
    return page(record.title, f"Trained on {on}. Run {record.id}, {record.status}.", drawn)


def losses_zip(record: RunRecord) -> bytes:
    """A Python file for each loss: a PyTorch module that runs without this project."""
    packed = io.BytesIO()
    specs = record.config.losses if record.config is not None else ()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, spec in enumerate(specs, 1):
            try:
                code = torch_module(spec.build())
            except AlfsError as error:
                code = f"# {spec.label}: {error}\n"
            archive.writestr(f"loss_{number}_{_file_name(spec.name)}.py", code)
    return packed.getvalue()


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() else "_" for sign in name)
