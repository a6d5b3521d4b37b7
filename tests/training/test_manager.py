import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing
from dataclasses import replace

import psutil
import pytest

from alfs_core.data import DataSource
from alfs_core.data.checksum import ARCHIVES, Archive
from alfs_core.errors import DataError, RunError
from alfs_core.losses import LossSpec
from alfs_core.training import fetching
from alfs_core.training import manager as module
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Finished, Loading
from alfs_core.training.manager import RunManager, is_alive, server_identity
from alfs_core.training.store import RunStore

SOON = 60.0  # seconds: what takes longer on a busy machine is broken
TINY = RunConfig(
    losses=(LossSpec.of("CE"),), images=100, test_images=20, epochs=1, batch=50, device="cpu"
)
LONG = RunConfig(
    losses=(LossSpec.of("CE"),), images=200, test_images=20, epochs=200, batch=50, device="cpu"
)

# A worker without torch: it says that it runs, then does what its title says.
FAKE = """
import sys, time
from pathlib import Path
from alfs_core.training.events import Finished, Loading
from alfs_core.training.store import RunStore
run = sys.argv[sys.argv.index("--run") + 1]
store = RunStore(Path(sys.argv[sys.argv.index("--store") + 1]))
title = store.get(run).title
store.append(run, Loading("begun"))
if title == "deaf":
    import signal
    from tests.training.test_history import STARTED, epoch
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    store.append(run, STARTED)
    store.append(run, epoch(0, 1, 0.5))
    time.sleep(100)
elif title == "garbage":
    for _ in range(3000):
        sys.stdout.write("\\0\\xff" * 500)
        sys.stderr.write("x" * 1000 + "\\n")
    sys.exit("the last words")
elif title == "silent":
    sys.exit(7)
else:
    for line in sys.stdin:
        if line.strip() == "stop":
            store.append(run, Finished("stopped", 1.0, 1.0, ()))
            sys.exit()
"""


def until(condition, seconds=SOON):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def store(tmp_path):
    with closing(RunStore(tmp_path / "runs.sqlite", mend=True)) as opened:
        yield opened


@pytest.fixture
def make(store):
    """Managers that are closed after the test."""
    made = []

    def manager(**how):
        made.append(RunManager(store, **how))
        return made[-1]

    yield manager
    for one in made:
        one.close()


@pytest.fixture
def fake(make, tmp_path):
    """A manager whose workers need no torch."""
    script = tmp_path / "fake_worker.py"
    script.write_text("import sys; sys.path.insert(0, '.')\n" + textwrap.dedent(FAKE))
    return lambda **how: make(command=(sys.executable, str(script)), **how)


def quiet(store, run, seconds=0.3):
    """Whether nothing is told for a while."""
    last = store.read(run)[-1][0]
    time.sleep(seconds)
    return store.read(run, last) == []


def running(manager, run):
    return manager.get(run).status == "running"


def test_a_run_runs_to_its_end_in_its_own_process(make, store):
    manager = make()
    run = manager.start(TINY)
    (job,) = manager._jobs.values()
    assert os.getpgid(job.process.pid) == job.process.pid
    assert manager.wait(run, SOON)

    assert manager.get(run).status == "finished"
    assert [type(e) for _, e in store.read(run)][-1] is Finished
    assert manager.running == ()


def test_a_process_that_waits_takes_the_next_run(make, store):
    manager = make(keep_warm=True)
    assert manager._spare is None
    assert manager.wait(manager.start(TINY), SOON)
    spare = manager._spare
    assert spare.poll() is None

    run = manager.start(TINY)
    (job,) = manager._jobs.values()
    assert job.process is spare
    assert manager.wait(run, SOON)
    assert manager.get(run).status == "finished"

    last = manager._spare
    manager.close()
    assert last.poll() is not None
    assert manager._spare is None


def test_a_waiting_process_that_died_is_replaced(fake, store):
    manager = fake(keep_warm=True)
    run = manager.start(TINY)
    until(lambda: running(manager, run))
    manager.stop(run)
    assert manager.wait(run, SOON)
    manager._spare.kill()
    manager._spare.wait()

    run = manager.start(TINY)
    until(lambda: running(manager, run))


def test_pause_resume_and_stop(make, store):
    manager = make()
    run = manager.start(LONG)
    until(lambda: store.read(run, 0, (Epoch,)))

    manager.pause(run)
    until(lambda: manager.get(run).status == "paused")
    until(lambda: quiet(store, run))
    manager.resume(run)
    until(lambda: running(manager, run))
    manager.stop(run)
    manager.stop(run)

    assert manager.wait(run, SOON)
    assert manager.get(run).status == "stopped"
    (end,) = store.read(run, 0, (Finished,))
    assert len(end[1].results) == 1
    manager.stop(run)
    manager.pause(run)


def test_runs_wait_in_line(fake):
    manager = fake()
    first, second, third = (manager.start(TINY) for _ in range(3))

    assert manager.running == (first,)
    assert [manager.position(run) for run in (first, second, third)] == [None, 1, 2]
    assert manager.get(third).status == "queued"
    manager.stop(second)
    assert manager.get(second).status == "stopped"
    assert manager.position(third) == 1
    until(lambda: running(manager, first))
    manager.stop(first)
    until(lambda: running(manager, third))


def test_each_device_has_a_line_of_its_own(fake):
    manager = fake(device_of=lambda setting: "cuda:0" if setting == "auto" else setting)
    here, there = replace(TINY, device="cpu"), replace(TINY, device="auto")
    first, behind = manager.start(here), manager.start(here)
    other, last = manager.start(there), manager.start(replace(TINY, device="cuda:0"))

    assert set(manager.running) == {first, other}
    assert [manager.position(run) for run in (behind, last)] == [1, 1]
    assert manager.ahead("cpu") == (first, behind)
    assert manager.ahead("auto") == (other, last)
    until(lambda: running(manager, other))
    manager.stop(other)
    until(lambda: running(manager, last))
    assert manager.position(behind) == 1


def test_two_starts_at_once_make_one_process_and_one_in_line(fake):
    manager = fake()
    gate = threading.Barrier(8)
    runs = []

    def press():
        gate.wait()
        runs.append(manager.start(TINY))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(manager.running) == 1
    assert len(manager.queued) == 7
    assert sorted(manager.position(run) or 0 for run in runs) == list(range(8))


def test_the_line_has_an_end(fake):
    manager = fake(max_queued=1)
    manager.start(TINY)
    manager.start(TINY)

    with pytest.raises(RunError, match="1 runs wait already"):
        manager.start(TINY)


def test_one_person_cannot_fill_the_line(fake):
    manager = fake(max_per_owner=2)
    manager.start(TINY, owner="a")
    manager.start(TINY, owner="a")

    with pytest.raises(RunError, match="2 of your runs"):
        manager.start(TINY, owner="a")
    assert manager.position(manager.start(TINY, owner="b")) == 2


def test_a_group_is_the_same_race_with_several_seeds_one_after_another(fake):
    manager = fake()
    first = manager.start_group(TINY.with_seed(7), 3)
    members = manager.store.members(manager.get(first).group)

    assert members[0].id == first
    assert [member.config.seed for member in members] == [7, 8, 9]
    assert {member.config.with_seed(0) for member in members} == {TINY}
    assert manager.running == (first,)
    assert list(manager.queued) == [member.id for member in members[1:]]


def test_a_group_of_one_is_no_group(fake):
    manager = fake()

    assert manager.get(manager.start_group(TINY, 1)).group == ""


def test_a_group_enters_whole_or_not_at_all(fake):
    manager = fake(max_per_owner=3)
    manager.start(TINY, owner="a")

    with pytest.raises(RunError, match="1 of your runs are waiting or running; 3 is the most"):
        manager.start_group(TINY, 3, owner="a")
    assert len(manager.store.list()) == 1


def test_seeds_beyond_the_range_are_refused_before_anything_is_entered(fake):
    manager = fake()

    with pytest.raises(RunError, match="seed = "):
        manager.start_group(TINY.with_seed(2**31 - 1), 2)
    assert manager.store.list() == []


def test_a_run_is_paused_before_its_first_step(make, store):
    manager = make()
    run = manager.start(LONG)
    manager.pause(run)
    until(lambda: manager.get(run).status == "paused")
    assert store.read(run, 0, (Epoch,)) == []

    manager.resume(run)
    until(lambda: store.read(run, 0, (Epoch,)))
    assert running(manager, run)


def test_a_killed_worker_is_a_failed_run(make, store):
    manager = make()
    run = manager.start(LONG)
    until(lambda: store.read(run, 0, (Epoch,)))
    os.kill(manager._jobs[run].process.pid, signal.SIGKILL)

    assert manager.wait(run, SOON)
    assert manager.get(run).status == "failed"
    assert "SIGKILL" in manager.get(run).reason
    assert store.read(run, 0, (Epoch,))


def test_a_worker_that_prints_garbage_harms_nobody(fake):
    manager = fake()
    run = manager.start(TINY, title="garbage")

    assert manager.wait(run, SOON)
    assert manager.get(run).reason == "its process ended with status 1: the last words"


def test_a_worker_that_says_nothing(fake):
    manager = fake()
    run = manager.start(TINY, title="silent")

    assert manager.wait(run, SOON)
    assert manager.get(run).reason == "its process ended with status 7: it left no message"


def test_a_worker_that_does_not_listen_is_killed_and_its_record_says_what_it_told(
    fake, store, monkeypatch
):
    monkeypatch.setattr(module, "TERMINATE_AFTER", 0.1)
    monkeypatch.setattr(module, "KILL_AFTER", 0.4)
    manager = fake()
    run = manager.start(TINY, title="deaf")
    until(lambda: store.read(run, 0, (Epoch,)))
    manager.stop(run)

    assert manager.wait(run, SOON)
    assert manager.get(run).status == "stopped"
    ((_, end),) = store.read(run, 0, (Finished,))
    assert (end.seconds, end.images_per_second) == (1.0, 100.0)
    assert [row.final_accuracy for row in end.results] == [0.5]


def test_a_program_that_cannot_be_started_fails_the_run(make):
    manager = make(command=("/no/such/program",))
    run = manager.start(TINY)

    assert manager.get(run).status == "failed"
    assert "cannot be started" in manager.get(run).reason
    assert manager.running == ()


class Fetching:
    """A download that gives 40 of 100 bytes, and the rest once ``go`` is set."""

    def __init__(self, monkeypatch):
        self.go, self.begun, self.held = threading.Event(), 0, 0
        self.error, self.whole = "", False
        monkeypatch.setitem(ARCHIVES, OFFICIAL.path, Archive(OFFICIAL.path, 100, ""))
        monkeypatch.setattr(fetching, "download", self.download)
        monkeypatch.setattr(fetching, "downloaded", lambda _: self.whole or None)
        monkeypatch.setattr(fetching, "REPORT_SECONDS", 0.0)

    def download(self, _):
        self.begun, self.held = self.begun + 1, self.held + 1
        try:
            yield 40
            while not self.go.wait(0.01):
                yield 40
            if self.error:
                raise DataError(self.error)
            self.whole = True
            yield 100
        finally:
            self.held -= 1


@pytest.fixture
def download(monkeypatch):
    fetched = Fetching(monkeypatch)
    yield fetched
    fetched.go.set()


OFFICIAL = DataSource("official", "cifar-10-binary.tar.gz")
AFAR = replace(TINY, source=OFFICIAL)


def waits_for_images(manager, run):
    told = [event for _, event in manager.store.read(run)]
    return bool(told) and isinstance(told[-1], Loading) and told[-1].unit == "bytes"


def test_a_run_that_downloads_keeps_nobody_waiting(fake, download):
    manager = fake()
    afar = manager.start(AFAR)
    until(lambda: waits_for_images(manager, afar))
    here = manager.start(TINY)
    until(lambda: running(manager, here))

    assert manager.get(afar).status == "queued"
    assert manager.position(afar) is None
    download.go.set()
    until(lambda: manager.position(afar) == 1)
    manager.stop(here)
    until(lambda: running(manager, afar))


def test_runs_that_wait_for_one_archive_download_it_once_and_keep_their_order(fake, download):
    manager = fake(max_running=0)
    runs = [manager.start(AFAR) for _ in range(3)]
    until(lambda: all(waits_for_images(manager, run) for run in runs))
    download.go.set()
    until(lambda: len(manager.queued) == 3)

    assert list(manager.queued) == runs
    assert download.begun == 1


def test_a_run_is_stopped_while_it_downloads_and_the_others_go_on(fake, download):
    manager = fake(max_running=0)
    first, second = manager.start(AFAR), manager.start(AFAR)
    manager.stop(first)
    assert manager.get(first).status == "stopped"
    download.go.set()
    until(lambda: manager.queued == (second,))

    assert manager.get(first).status == "stopped"


def test_a_download_that_nobody_waits_for_ends(fake, download):
    manager = fake(max_running=0)
    run = manager.start(AFAR)
    until(lambda: waits_for_images(manager, run))
    manager.stop(run)
    until(lambda: download.held == 0)
    again = manager.start(AFAR)
    until(lambda: waits_for_images(manager, again))

    assert download.begun == 2
    assert manager.get(run).status == "stopped"


def test_a_download_that_fails_fails_its_runs(fake, download):
    manager = fake(max_running=0)
    download.error = "no address has it"
    runs = [manager.start(AFAR) for _ in range(2)]
    download.go.set()
    until(lambda: all(manager.get(run).over for run in runs))

    assert {manager.get(run).status for run in runs} == {"failed"}
    assert manager.get(runs[0]).reason == "no address has it"


def test_runs_that_wait_for_images_are_counted_and_interrupted(fake, download):
    manager = fake(max_queued=2, max_per_owner=1)
    run = manager.start(AFAR, "me")
    with pytest.raises(RunError, match="of your runs are waiting"):
        manager.start(TINY, "me")
    manager.start(AFAR)
    with pytest.raises(RunError, match="2 runs wait already"):
        manager.start(AFAR)
    manager.close()

    assert manager.get(run).status == "interrupted"


def test_closing_interrupts_everything(fake):
    manager = fake()
    first, second = manager.start(TINY), manager.start(TINY)
    until(lambda: running(manager, first))
    process = manager._jobs[first].process
    manager.close()
    manager.close()

    assert process.poll() is not None
    assert manager.get(first).status == manager.get(second).status == "interrupted"
    with pytest.raises(RunError, match="the server is ending"):
        manager.start(TINY)


def test_runs_of_a_dead_server_are_marked_and_those_of_a_live_one_are_not(store, make):
    dead = store.create(TINY, server="999999999 1.0")
    nobody = store.create(TINY, server="")
    alive = store.create(TINY, server=server_identity())
    store.append(dead, Loading("x"))
    make()

    assert [store.get(run).status for run in (dead, nobody, alive)] == [
        "interrupted",
        "interrupted",
        "queued",
    ]
    assert len(store.read(dead)) == 2


def test_runs_deleted_long_ago_are_removed_when_a_server_starts(store, make):
    old, new = store.create(TINY), store.create(TINY)
    for run in (old, new):
        store.append(run, Finished("complete", 1.0, 1.0, ()))
        store.delete(run)
    with store.database.writing() as db:
        db.execute("UPDATE runs SET deleted = deleted - ? WHERE id = ?", (31 * 86_400, old))
    make()

    assert [record.id for record in store.list(deleted=True)] == [new]
    assert store.read(old) == []


def test_a_server_starts_beside_a_locked_store(store, make, monkeypatch):
    def locked(*_):
        raise RunError("the run store was locked")

    monkeypatch.setattr(store, "purge", locked)

    assert make().running == ()


def test_an_identity_is_more_than_a_number():
    assert is_alive(server_identity())
    assert not is_alive(f"{os.getpid()} 1.0")
    assert not is_alive("")


def test_an_end_that_cannot_be_written_is_told_and_written_later(fake, monkeypatch):
    manager = fake()
    run = manager.start(TINY, title="silent")
    append = manager.store.append

    def full(*_):
        raise RunError("the disk is full: the run store cannot be written")

    monkeypatch.setattr(manager.store, "append", full)
    assert manager.wait(run, SOON)
    assert manager.get(run).status == "failed"
    assert manager.store.get(run).status in ("queued", "running")

    monkeypatch.setattr(manager.store, "append", append)
    assert "status 7" in manager.get(run).reason
    assert manager.store.get(run).status == "failed"


def test_a_store_that_is_spoilt_under_the_server_is_mended_when_a_worker_meets_it(
    fake, store, monkeypatch
):
    manager = fake()
    launch = manager._launch

    def spoil_first(run):
        with closing(sqlite3.connect(store.path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.path.write_bytes(b"not a database!!" + store.path.read_bytes()[16:])
        return launch(run)

    with monkeypatch.context() as patch:
        patch.setattr(manager, "_launch", spoil_first)
        assert manager.wait(manager.start(TINY), SOON)

    assert "was damaged and a new one was begun" in store.notice
    run = manager.start(TINY)
    until(lambda: running(manager, run))


SERVER = """
import sys, time
from pathlib import Path
from alfs_core.losses import LossSpec
from alfs_core.training.config import RunConfig
from alfs_core.training.runs import RunManager, RunStore
store = RunStore(Path(sys.argv[1]))
manager = RunManager(store)
config = RunConfig(losses=(LossSpec.of("CE"),), images=200, test_images=20, epochs=200, batch=50)
run = manager.start(config)
print(run, manager._jobs[run].process.pid, flush=True)
time.sleep(100)
"""


def test_the_worker_of_a_killed_server_ends_by_itself(store, make):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(store.path)], stdout=subprocess.PIPE, text=True
    )
    with server:
        assert server.stdout is not None
        run, pid = server.stdout.readline().split()
        until(lambda: store.read(run, 0, (Epoch,)))
        server.kill()
    until(lambda: not psutil.pid_exists(int(pid)), 20)

    assert store.get(run).status == "interrupted"
    assert store.get(run).reason == "the server ended"
    assert store.read(run, 0, (Epoch,))
    make()
    assert store.get(run).status == "interrupted"
