import pytest

from alfs_core.training import control as module
from alfs_core.training.control import Control, Stop


@pytest.fixture
def at(monkeypatch):
    """A clock that a test sets."""
    now = {"time": 100.0}
    monkeypatch.setattr(module.time, "monotonic", lambda: now["time"])
    return lambda seconds: now.update(time=100.0 + seconds)


def test_pauses_do_not_count(at):
    control = Control()
    at(10)
    control.begin()
    at(15)
    assert control.clock == 5
    control.pause()
    at(40)
    assert control.clock == 5
    control.pause()
    control.resume()
    control.resume()
    at(42)
    assert control.clock == 7


def test_a_clock_that_is_set_in_a_pause_stands_until_its_end(at):
    control = Control()
    control.pause()
    at(10)
    control.begin()
    at(15)
    assert control.clock == 0
    control.resume()
    at(17)
    assert control.clock == 2


def test_a_stop_ends_a_pause_and_the_first_reason_counts():
    control = Control()
    control.checkpoint()
    control.pause()
    assert control.paused
    control.stop("time limit")
    control.stop()
    control.pause()

    assert control.stopped
    assert not control.paused
    with pytest.raises(Stop, match="time limit"):
        control.checkpoint()
