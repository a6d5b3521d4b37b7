"""A run as a file: JSON that says everything, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from alfs_core.training.config import RunConfig
from alfs_core.training.events import Confusion, Epoch, Event, Predictions, Progress, to_json
from alfs_core.training.store import RunRecord

COLUMNS = (
    "test_accuracy",
    "whole_accuracy",
    "clean_fit",
    "wrong_fit",
    "train_loss",
    "grad_norm",
    "wrong_gradient",
    "images_per_second",
    "seconds",
)


def run_json(record: RunRecord, events: Iterable[Event]) -> str:
    """Settings, data, results and every evaluation of a run: what ``read_run`` brings back.

    Of predictions and confusion matrices the newest of each loss stay; progress between
    evaluations goes.
    """
    told = [to_json(event) for event in _kept(events)]
    whole: dict[str, Any] = {
        "id": record.id,
        "title": record.title,
        "note": record.note,
        "status": record.status,
        "reason": record.reason,
        "created": record.created,
        "began": record.began,
        "config": None if record.config is None else record.config.to_json(),
        "events": told,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def _kept(events: Iterable[Event]) -> list[Event]:
    """The events in their order, without those that a later one outdates."""
    seen: set[tuple[str, int]] = set()
    kept: list[Event] = []
    for event in reversed(list(events)):
        if isinstance(event, Predictions | Confusion):
            if (which := (type(event).__name__, event.loss)) in seen:
                continue
            seen.add(which)
        if not isinstance(event, Progress):
            kept.append(event)
    return kept[::-1]


def run_csv(config: RunConfig, events: Iterable[Event]) -> str:
    """One row for each loss and epoch; an empty cell where there was nothing to measure."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("loss", "epoch", *COLUMNS))
    for event in events:
        if isinstance(event, Epoch):
            measured = (getattr(event, column) for column in COLUMNS)
            table.writerow((config.losses[event.loss].label, event.epoch, *measured))
    return text.getvalue()
