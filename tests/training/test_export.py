import csv
import io
import json

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Predictions, from_json
from alfs_core.training.export import run_csv, run_json
from alfs_core.training.store import RunStore
from tests.training.test_history import STARTED, epoch, progress

CONFIG = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("AGCE", a=1.0)))
EVENTS = [
    STARTED,
    progress(0, 3),
    epoch(0, 1, 0.25),
    epoch(1, 1, 0.5),
    Predictions.of(0, 1, np.full((2, 2), 0.5)),
]


def test_json_gives_back_settings_and_evaluations(tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    run = store.create(CONFIG, title="a “title”")
    whole = json.loads(run_json(store.get(run), EVENTS))

    assert RunConfig.from_json(whole["config"]) == CONFIG
    assert [from_json(event) for event in whole["events"]] == [STARTED, *EVENTS[2:4]]
    assert whole["title"] == "a “title”"


def test_csv_has_a_row_for_each_evaluation():
    rows = list(csv.DictReader(io.StringIO(run_csv(CONFIG, EVENTS))))

    assert [(row["loss"], row["epoch"], row["test_accuracy"]) for row in rows] == [
        ("CE", "1", "0.25"),
        ("AGCE (1, 0.6)", "1", "0.5"),
    ]
