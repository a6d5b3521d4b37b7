"""A run as a file: JSON that says everything, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Event, Predictions, Progress, to_json
from alfs_core.training.store import RunRecord

COLUMNS = (
    "test_accuracy",
    "clean_fit",
    "wrong_fit",
    "train_loss",
    "grad_norm",
    "wrong_gradient",
    "images_per_second",
    "seconds",
)


def run_json(record: RunRecord, events: Iterable[Event]) -> str:
    """Settings, data, results and every evaluation of a run; without the sampled predictions."""
    told = [to_json(event) for event in events if not isinstance(event, Predictions | Progress)]
    whole: dict[str, Any] = {
        "id": record.id,
        "title": record.title,
        "note": record.note,
        "status": record.status,
        "reason": record.reason,
        "created": record.created,
        "config": None if record.config is None else record.config.to_json(),
        "events": told,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


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
