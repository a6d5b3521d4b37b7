"""What a server allows: defaults, what the variables set, and what they may not say."""

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from alfs_core.data.checksum import ARCHIVES
from alfs_core.data.download import download
from alfs_core.data.uploads import keep
from alfs_core.errors import DataError, LimitError, RunError
from alfs_core.limits import Limits, limits
from alfs_core.training.config import RunConfig
from pages.common.runs import admitted

ROOT = Path(__file__).parents[1]
CONFIG = RunConfig()


def test_without_variables_the_limits_are_wide():
    assert limits({}) == Limits(1440.0, 20, 5, training=True, uploads=True, downloads=True)


def test_variables_set_them():
    given = {
        "ALFLAB_RUN_MINUTES": "2.5",
        "ALFLAB_QUEUE": " 7 ",
        "ALFLAB_RUNS_PER_VISITOR": "1",
        "ALFLAB_TRAINING": "off",
        "ALFLAB_UPLOADS": "No",
        "ALFLAB_DOWNLOADS": "on",
    }

    assert limits(given) == Limits(2.5, 7, 1, training=False, uploads=False, downloads=True)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("ALFLAB_QUEUE", "many", "ALFLAB_QUEUE = 'many' is not a whole number"),
        ("ALFLAB_QUEUE", "2.5", "ALFLAB_QUEUE = '2.5' is not a whole number"),
        ("ALFLAB_QUEUE", "0", r"ALFLAB_QUEUE = 0 lies outside \[1, 1000\]"),
        ("ALFLAB_RUN_MINUTES", "nan", r"ALFLAB_RUN_MINUTES = nan lies outside \[0.5, 1440\]"),
        ("ALFLAB_TRAINING", "maybe", "ALFLAB_TRAINING = 'maybe' is neither on nor off"),
    ],
)
def test_what_cannot_be_used_is_named(name, text, message):
    with pytest.raises(LimitError, match=message):
        limits({name: text})


def test_a_server_with_a_wrong_variable_does_not_start():
    """Streamlit imports the script of an app before it opens its port."""
    environment = os.environ | {"ALFLAB_QUEUE": "many"}
    command = [sys.executable, "-c", "import app"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "ALFLAB_QUEUE = 'many' is not a whole number" in done.stderr


def test_a_run_lasts_no_longer_than_allowed(monkeypatch):
    monkeypatch.setenv("ALFLAB_RUN_MINUTES", "1")

    assert admitted(CONFIG).time_limit == 60


def test_what_is_turned_off_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("ALFLAB_HOME", str(tmp_path))
    for name in ("TRAINING", "UPLOADS", "DOWNLOADS"):
        monkeypatch.setenv(f"ALFLAB_{name}", "off")

    with pytest.raises(RunError, match="training is turned off"):
        admitted(CONFIG)
    with pytest.raises(DataError, match="uploads are turned off"):
        keep("a.npz", BytesIO(b""))
    with pytest.raises(DataError, match="downloads are turned off"):
        next(download(next(iter(ARCHIVES))))
