import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest
import torch

from alfs_core.data.source import DataSource
from alfs_core.errors import DataError, RunError
from alfs_core.losses import LossSpec
from alfs_core.training import loop, worker
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import Epoch, Failed, Finished, Loading
from alfs_core.training.store import RunStore

TINY = RunConfig(
    losses=(LossSpec.of("CE"),), images=100, test_images=20, epochs=1, batch=50, device="cpu"
)
SOON = 60.0  # seconds: what takes longer on a busy machine is broken


def until(condition):
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "limit_memory", lambda megabytes: None)
    with closing(RunStore(tmp_path / "runs.sqlite")) as opened:
        yield opened


def test_events_become_rows(store):
    run = store.create(TINY)

    assert worker.work(store, run, Control()) == 0

    assert store.get(run).status == "finished"
    assert len(store.read(run, 0, (Epoch,))) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DataError("the archive is damaged"), "the archive is damaged"),
        (MemoryError(), "there is not enough memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "there is not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"), "not enough memory"),
        (ZeroDivisionError("of the test\nsecond line"), "ZeroDivisionError: of the test"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_an_error_becomes_the_reason(error, words, store, monkeypatch, capsys):
    def broken(*_):
        raise error

    monkeypatch.setattr(worker, "train", broken)
    run = store.create(TINY)

    assert worker.work(store, run, Control()) == 0
    assert store.get(run).status == "failed"
    assert words in store.get(run).reason
    assert "\n" not in store.get(run).reason
    assert "Traceback" in capsys.readouterr().err


def test_memory_that_ends_during_the_race_leaves_what_was_told(store, monkeypatch, capsys):
    step = loop.train_part

    def greedy(race, runner, epoch, *others):
        if epoch == 3:
            raise MemoryError
        return step(race, runner, epoch, *others)

    monkeypatch.setattr(loop, "train_part", greedy)
    run = store.create(replace(TINY, epochs=5))

    assert worker.work(store, run, Control()) == 0
    assert store.get(run).status == "failed"
    assert "not enough memory" in store.get(run).reason
    assert [event.epoch for _, event in store.read(run, 0, (Epoch,))] == [1, 2]
    assert "MemoryError" in capsys.readouterr().err


def test_a_full_disk_leaves_the_reason_on_stderr(store, monkeypatch, capsys):
    run = store.create(TINY)

    def full(*_):
        raise RunError("the disk is full: the run store cannot be written")

    monkeypatch.setattr(store, "append", full)

    assert worker.work(store, run, Control()) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("RunError: the disk is full")


def test_a_missing_archive_fails_the_run(store):
    run = store.create(
        RunConfig(source=DataSource("local", "gone.zip"), losses=(LossSpec.of("CE"),))
    )
    worker.work(store, run, Control())

    assert "gone.zip is no file" in store.get(run).reason


def test_settings_of_another_version_fail_the_run(store):
    run = store.create(TINY)
    with store.database.writing() as db:
        db.execute("UPDATE runs SET config = '{\"colour\": 1}'")
    worker.work(store, run, Control())

    assert "another version" in store.get(run).reason


def test_the_end_of_the_server_interrupts(store):
    run, control = store.create(TINY), Control()
    control.stop(worker.ORPHANED)
    worker.work(store, run, control)

    assert store.get(run).status == "interrupted"


def test_a_run_that_was_ended_elsewhere_stops(store):
    run = store.create(TINY)
    store.append(run, Failed("elsewhere"))
    control = Control()

    worker.work(store, run, control)

    assert control.stopped
    assert store.read(run, 0, (Finished,)) == []


def test_commands_are_obeyed_and_nonsense_is_not(store, monkeypatch):
    control, left = Control(), []
    monkeypatch.setattr(worker, "GRACE", 0.0)
    monkeypatch.setattr(worker.os, "_exit", left.append)
    run = store.create(TINY)

    def commands():
        yield "pause"
        assert control.paused
        yield "resume"
        assert not control.paused
        yield "rm -rf"
        yield ""
        assert not control.stopped

    worker.listen(commands(), control, store, run)

    assert control.reason == worker.ORPHANED
    assert store.get(run).status == "interrupted"
    assert left == [1]


PHASES = {"reading the images": "load", "planning the epochs": "measure", "training": "train_part"}


@pytest.mark.parametrize("step", PHASES.values(), ids=PHASES)
def test_a_pause_is_told_in_every_phase_and_so_is_its_end(step, store, monkeypatch):
    """The phase begins, is paused within, resumed, and paused again until it is stopped."""
    begun, control, commands = threading.Event(), Control(), queue.SimpleQueue()
    monkeypatch.setattr(loop, "TRIAL_SECONDS", 0.1)
    original = getattr(loop, step)

    def watched(*arguments):
        begun.set()
        until(lambda: control.paused or control.stopped)
        return original(*arguments)

    def told(command, status):
        commands.put(command)
        until(lambda: store.get(run).status == status)

    monkeypatch.setattr(loop, step, watched)
    run = store.create(replace(TINY, epochs=200, fill_time=True))
    listening = (iter(commands.get, None), control, store, run)
    threading.Thread(target=worker.listen, args=listening, daemon=True).start()
    working = threading.Thread(target=worker.work, args=(store, run, control))
    working.start()
    assert begun.wait(SOON)
    for command, status in (("pause", "paused"), ("resume", "running"), ("pause", "paused")):
        told(command, status)
    assert working.is_alive()
    told("stop", "stopped")
    working.join()


def test_what_is_told_in_a_pause_does_not_end_it(store):
    run, control = store.create(TINY), Control()
    control.pause()
    worker.tell_standing(store, run, control)
    store.append(run, Loading("reading images"))
    assert store.get(run).status == "paused"

    control.resume()
    worker.tell_standing(store, run, control)
    assert store.get(run).status == "running"


def test_a_pause_that_could_not_be_told_is_told_at_the_next_command(store, monkeypatch):
    run, control = store.create(TINY), Control()
    with monkeypatch.context() as patch:
        patch.setattr(store, "append", refuse)
        control.pause()
        worker.tell_standing(store, run, control)
    worker.tell_standing(store, run, control)

    assert store.get(run).status == "paused"


def refuse(*_):
    raise RunError("the run store was locked")


def test_lines_are_put_together_from_pieces():
    out, into = os.pipe()
    with closing(os.fdopen(into, "wb", buffering=0)) as pipe:
        thread = threading.Thread(target=lambda: got.extend(worker.lines(out)))
        got: list[str] = []
        thread.start()
        for piece in (b"pau", b"se\nst", b"op\n\n", b"\xff\nrest"):
            pipe.write(piece)
    thread.join()
    os.close(out)

    assert got == ["pause", "stop", "", "\ufffd"]


def spawn(store, run, **how):
    arguments = ["--store", str(store.path), "--run", run]
    return subprocess.run(
        [sys.executable, "-m", "alfs_core.training.worker", *arguments],
        input="",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        **how,
    )


def test_a_worker_that_waits_takes_the_run_it_is_told_or_ends(store):
    run = store.create(TINY)
    command = [sys.executable, "-m", "alfs_core.training.worker", "--store", str(store.path)]

    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as waiting:
        waiting.stdin.write(f"{run}\n")
        waiting.stdin.flush()
        assert waiting.wait(100) == 0
    told_nothing = subprocess.run(command, input="", text=True, timeout=100, check=False)

    assert store.get(run).status == "finished"
    assert told_nothing.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are tested on Linux")
def test_too_little_memory_fails_the_run_and_says_so(store):
    run = store.create(replace(TINY, images=20_000, model="cnn_8"))
    arguments = ["--store", str(store.path), "--run", run]
    with subprocess.Popen(
        [sys.executable, "-m", "alfs_core.training.worker", *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"ALFLAB_MEMORY": "150"},
    ) as process:
        process.wait(100)

    assert store.get(run).status == "failed"
    assert "not enough memory" in store.get(run).reason


@pytest.mark.skipif(sys.platform != "linux", reason="file size limits are tested on Linux")
def test_a_disk_without_room_ends_the_worker_with_a_reason(store):
    import resource

    run = store.create(TINY)
    room = store.path.stat().st_size + 40_000

    ended = spawn(
        store, run, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    )

    assert ended.returncode in (0, 1)
    if ended.returncode:
        assert "RunError" in ended.stderr.splitlines()[-1]
    assert store.append(run, Failed("told by the manager")) or store.get(run).over
