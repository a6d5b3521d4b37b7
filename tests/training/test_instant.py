"""The warm process of the instant races, and the visitors who wait for it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from alfs_core.data import DataSource
from alfs_core.training import instant
from alfs_core.training.instant import InstantRaces
from tests.training.test_instant_race import TINY

# A process that answers as told by the seed: 0 at once, 1 when it is stopped, 2 by dying.
STAND_IN = """
import json, sys
def tell(n, **event): print(json.dumps({"request": n, **event}), flush=True)
end = {"event": "Finished", "seconds": 0.0, "images_per_second": 0.0, "results": []}
for line in sys.stdin:
    message = json.loads(line)
    if "stop" in message:
        tell(message["stop"], **end, reason="stopped")
        continue
    n, seed = message["request"], message["config"]["seed"]
    tell(n, event="Loading", what=f"race {n}", done=0, total=0)
    if seed == 0:
        print("a line that is no message", flush=True)
        tell(n, **end, reason="complete")
    if seed == 2:
        sys.exit("the roof fell in")
"""


@pytest.fixture
def stand_in():
    races = InstantRaces((sys.executable, "-c", STAND_IN))
    yield races
    races.close()


@pytest.fixture
def races():
    found = InstantRaces()
    yield found
    found.close()


def until(condition, seconds=90):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
    return found


def seeded(seed, **changed):
    return replace(TINY, seed=seed, **changed)


def over(races, visitor, config):
    def look():
        race = races.ask(visitor, config)
        return race if race.over else None

    return until(look)


def test_one_warm_process_answers_race_after_race(races):
    first = over(races, "ann", TINY)
    pid = races.pid
    second = over(races, "ann", seeded(0, epochs=2))

    assert first.status == second.status == "finished"
    assert [len(race.rounds) for race in (first, second)] == [3, 2]
    assert first.ready.class_names[0] == "disk"
    assert races.pid == pid
    races.close()
    assert not psutil.pid_exists(pid)


def test_missing_data_and_a_killed_process_are_told_and_the_next_race_runs(races):
    official = DataSource("official", "cifar-10-binary.tar.gz")
    failed = over(races, "ann", seeded(0, source=official))
    assert failed.status == "failed"
    assert "not downloaded yet" in failed.reason

    long = seeded(0, epochs=200)
    until(lambda: races.ask("ann", long).rounds)
    os.kill(races.pid, signal.SIGKILL)
    killed = over(races, "ann", long)
    assert killed.reason == "its process was ended by SIGKILL; the next race starts anew"
    assert over(races, "ann", TINY).status == "finished"


def test_another_race_of_the_same_visitor_takes_the_place_of_the_last(stand_in):
    until(lambda: stand_in.ask("ann", seeded(1)).loading)
    assert over(stand_in, "ann", seeded(0)).status == "finished"


def test_visitors_take_turns_and_one_who_changes_her_mind_goes_behind(stand_in):
    until(lambda: stand_in.ask("ann", seeded(1)).loading)
    stand_in.ask("bob", seeded(0))
    stand_in.ask("cem", seeded(0, epochs=2))
    assert [stand_in.position(name) for name in ("ann", "bob", "cem")] == [None, 1, 2]
    stand_in.ask("bob", seeded(0, epochs=4))
    assert [stand_in.position(name) for name in ("bob", "cem")] == [2, 1]

    stand_in.ask("ann", seeded(0, epochs=5))
    turns = [
        over(stand_in, name, config)
        for name, config in (
            ("cem", seeded(0, epochs=2)),
            ("bob", seeded(0, epochs=4)),
            ("ann", seeded(0, epochs=5)),
        )
    ]
    whats = [race.loading.what for race in turns]
    assert whats == sorted(whats)


def test_a_finished_race_is_not_run_again_unless_its_file_may_have_changed(stand_in):
    over(stand_in, "ann", seeded(0))
    assert stand_in.ask("bob", seeded(0)).status == "finished"

    local = seeded(0, source=DataSource("local", "a.npz"))
    over(stand_in, "ann", local)
    assert stand_in.ask("bob", local).status != "finished"


def test_a_process_that_dies_leaves_its_last_words_and_may_be_tried_again(stand_in):
    dead = over(stand_in, "ann", seeded(2))
    assert dead.reason == (
        "its process ended with status 1: the roof fell in; the next race starts anew"
    )
    assert stand_in.ask("ann", seeded(2)).status == "failed"

    stand_in.retry("ann")
    assert stand_in.ask("ann", seeded(2)).status == "running"
    assert over(stand_in, "bob", seeded(0)).status == "finished"


def test_a_process_that_cannot_be_started_is_told():
    races = InstantRaces(("/no/such/program",))
    assert "cannot be started" in races.ask("ann", TINY).reason


def test_only_so_many_visitors_are_remembered(stand_in, monkeypatch):
    monkeypatch.setattr(instant, "MOST_VISITORS", 2)
    monkeypatch.setattr(instant, "MOST_KEPT", 1)
    for visitor in "abcd":
        over(stand_in, visitor, seeded(0, epochs=ord(visitor) - 90))

    assert len(stand_in._latest) == 2
    assert len(stand_in._kept) == 1


def test_the_process_ends_with_the_server(tmp_path):
    script = (
        "import os\n"
        "from alfs_core.training.instant import InstantRaces\n"
        "from alfs_core.training.config import RunConfig\n"
        "races = InstantRaces()\n"
        "races.ask('ann', RunConfig(model='probe', images=100, test_images=20, batch=20))\n"
        "print(races.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    pid = int(told.stdout)

    until(lambda: not psutil.pid_exists(pid))
