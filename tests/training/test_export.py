import csv
import io
import json

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Confusion, Predictions, from_json
from alfs_core.training.export import run_csv, run_json
from alfs_core.training.store import RunStore
from tests.training.test_history import STARTED, epoch, progress

CONFIG = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("AGCE", a=1.0)))
HALVES = np.full((2, 2), 0.5)
COUNTS = np.array([[3, 1], [0, 2]])
EVENTS = [
    STARTED,
    progress(0, 3),
    epoch(0, 1, 0.25),
    Predictions.of(0, 1, HALVES),
    Confusion.of(0, 1, COUNTS),
    epoch(1, 1, 0.5),
    Predictions.of(0, 2, HALVES),
    Confusion.of(1, 1, COUNTS),
    Confusion.of(0, 2, COUNTS),
]
KEPT = [EVENTS[place] for place in (0, 2, 5, 6, 7, 8)]


def test_json_gives_back_settings_and_evaluations(tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    run = store.create(CONFIG, title="a “title”")
    whole = json.loads(run_json(store.get(run), EVENTS))

    assert RunConfig.from_json(whole["config"]) == CONFIG
    assert [from_json(event) for event in whole["events"]] == KEPT
    assert whole["title"] == "a “title”"


def test_csv_has_a_row_for_each_evaluation():
    rows = list(csv.DictReader(io.StringIO(run_csv(CONFIG, EVENTS))))

    assert [(row["loss"], row["epoch"], row["test_accuracy"]) for row in rows] == [
        ("CE", "1", "0.25"),
        ("AGCE (1, 0.6)", "1", "0.5"),
    ]
