from contextlib import closing

import pytest

from alfs_core.data import DataSource
from alfs_core.data.checksum import ARCHIVES, Archive
from alfs_core.training import fetching as module
from alfs_core.training.control import Control, Stop
from alfs_core.training.events import Loading, Notice
from alfs_core.training.fetching import Pace, fetch

NAME = "cifar-10-binary.tar.gz"
SOURCE = DataSource("official", NAME)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def paces(marks):
    clock = Clock()
    pace = Pace(clock)
    told = []
    for clock.now, done in marks:
        told.append(pace(done))
    return told


def test_a_pace_is_told_after_a_second():
    assert paces([(0.0, 500), (0.5, 600), (1.0, 700), (2.0, 900)]) == [None, None, 200, 200]


def test_a_pace_is_that_of_the_last_seconds():
    steady = [(float(second), 100 * second) for second in range(31)]
    slow = [(30.0 + second, 3000 + second) for second in range(1, 31)]

    told = paces(steady + slow)

    assert told[30] == pytest.approx(100)
    assert told[-1] == pytest.approx(1)


def test_a_pace_begins_anew_with_what_it_measures():
    assert paces([(0.0, 0), (2.0, 800), (3.0, 100), (5.0, 300)]) == [None, 400, None, 100]


class Downloads:
    """Downloads of ``steps`` and whether they are still held."""

    def __init__(self, monkeypatch, *steps):
        self.steps, self.begun, self.held, self.whole = steps, 0, 0, False
        monkeypatch.setitem(ARCHIVES, NAME, Archive(NAME, 100, ""))
        monkeypatch.setattr(module, "download", self.download)
        monkeypatch.setattr(module, "downloaded", lambda _: self.whole or None)
        monkeypatch.setattr(module, "REPORT_SECONDS", 0.0)

    def download(self, file):
        self.begun += 1
        self.held += 1
        try:
            yield from self.steps
            self.whole = True
        finally:
            self.held -= 1


def test_bytes_and_sentences_become_events(monkeypatch):
    Downloads(monkeypatch, 40, "The first mirror is gone.", 100)

    assert list(fetch(SOURCE, Control())) == [
        Loading(f"downloading {NAME}", 40, 100, "bytes"),
        Notice("The first mirror is gone."),
        Loading(f"downloading {NAME}", 100, 100, "bytes"),
    ]


def test_what_is_there_is_not_fetched(monkeypatch):
    downloads = Downloads(monkeypatch, 100)
    downloads.whole = True

    assert list(fetch(SOURCE, Control())) == []
    assert list(fetch(DataSource(), Control())) == []
    assert downloads.begun == 0


def test_a_stop_ends_it(monkeypatch):
    downloads = Downloads(monkeypatch, 40, 60, 100)
    control = Control()
    events = fetch(SOURCE, control)
    next(events)
    control.stop()

    with pytest.raises(Stop):
        next(events)
    assert downloads.held == 0


def test_a_pause_leaves_the_download_to_others(monkeypatch):
    """Whoever waits for the same file is not to wait for the end of somebody's pause."""
    downloads = Downloads(monkeypatch, 40, 60, 100)
    control = Control()
    held = []
    monkeypatch.setattr(
        control, "checkpoint", lambda: (held.append(downloads.held), control.resume())
    )
    with closing(fetch(SOURCE, control)) as events:
        next(events)
        control.pause()
        done = [event.done for event in events]

    assert held[0] == 0
    assert downloads.begun == 2
    assert done == [40, 60, 100]
