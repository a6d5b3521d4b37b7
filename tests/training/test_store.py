import json
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from alfs_core.errors import RunError
from alfs_core.losses import LossSpec
from alfs_core.training import database
from alfs_core.training import store as module
from alfs_core.training.config import RunConfig
from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Epoch,
    Failed,
    Finished,
    Interrupted,
    Loading,
    Paused,
    Predictions,
    Progress,
    Resumed,
    to_json,
)
from alfs_core.training.store import RunStore
from tests.training.test_history import STARTED

CONFIG = RunConfig(losses=(LossSpec.of("CE"),))
EPOCH = Epoch(0, 1, 10, 0.5, 0.6, None, 1.5, 0.3, 1000.0, 2.0, 20.0)
PROGRESS = Progress(0, 1, 5, 2.0, 0.1, 900.0, 30.0)
DONE = Finished("complete", 10.0, 1234.0, ())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "runs.sqlite"


@pytest.fixture
def store(path):
    with closing(RunStore(path)) as opened:
        yield opened


def kinds(store, run, after=0):
    return [type(event).__name__ for _, event in store.read(run, after)]


def test_a_run_is_kept_over_a_restart(path):
    with closing(RunStore(path)) as store:
        run = store.create(CONFIG, owner="me", title="first")
        store.append(run, EPOCH)
    with closing(RunStore(path)) as store:
        record = store.get(run)
        events = store.read(run)

    assert (record.title, record.owner, record.config) == ("first", "me", CONFIG)
    assert [event for _, event in events] == [EPOCH]


def test_reading_goes_on_where_it_ended(store):
    run, other = store.create(CONFIG), store.create(CONFIG)
    store.append(run, Loading("a"))
    store.append(other, Loading("b"))
    last = store.read(run)[-1][0]
    store.append(run, EPOCH)

    assert kinds(store, run, last) == ["Epoch"]
    assert [event for _, event in store.read(run, 0, (Epoch,))] == [EPOCH]


def test_progress_gives_way_to_the_epoch(store):
    run = store.create(CONFIG)
    for event in (PROGRESS, PROGRESS, EPOCH, PROGRESS):
        store.append(run, event)

    assert kinds(store, run) == ["Epoch", "Progress"]


@pytest.mark.parametrize(
    "large",
    [
        lambda loss, epoch: Contradicted(loss, epoch, 9, 0, 0.4, *[()] * 7, ""),
        lambda loss, epoch: Predictions(loss, epoch, (0, 2), ""),
        lambda loss, epoch: Confusion(loss, epoch, 0, ""),
    ],
)
def test_of_what_is_large_the_newest_of_each_loss_stays(large, store):
    run = store.create(CONFIG)
    for loss, epoch in ((0, 4), (1, 4), (0, 4.5)):
        store.append(run, large(loss, epoch))

    assert [event for _, event in store.read(run)] == [large(1, 4), large(0, 4.5)]


def test_status_follows_the_events(store):
    run = store.create(CONFIG)
    seen = [store.get(run).status]
    for event in (Loading("a"), Paused(), Resumed(), EPOCH, DONE):
        store.append(run, event)
        seen.append(store.get(run).status)

    assert seen == ["queued", "running", "paused", "running", "running", "finished"]
    record = store.get(run)
    assert record.over
    assert record.created <= record.began <= record.ended


@pytest.mark.parametrize(
    ("event", "status", "reason"),
    [
        (DONE, "finished", "complete"),
        (replace(DONE, reason="time limit"), "finished", "time limit"),
        (replace(DONE, reason="stopped"), "stopped", "stopped"),
        (Failed("no memory"), "failed", "no memory"),
        (Interrupted("gone"), "interrupted", "gone"),
    ],
)
def test_the_first_end_counts(event, status, reason, store):
    run = store.create(CONFIG)

    assert store.append(run, event)
    assert not store.append(run, Failed("late"))
    assert not store.append(run, EPOCH)

    assert (store.get(run).status, store.get(run).reason) == (status, reason)
    assert len(store.read(run)) == 1


def test_a_clock_that_is_set_back_does_not_change_the_order(store, monkeypatch):
    now = iter(range(1_000_000, 0, -1_000))
    monkeypatch.setattr(module.time, "time", lambda: float(next(now)))
    run = store.create(CONFIG)
    for event in (Loading("a"), EPOCH, DONE):
        store.append(run, event)

    assert kinds(store, run) == ["Loading", "Epoch", "Finished"]
    assert store.get(run).status == "finished"


def test_runs_are_listed_newest_first_and_filtered(store):
    first = store.create(CONFIG, owner="me", title="Symmetric, long")
    second = store.create(CONFIG, owner="you", title="Pairs")
    store.annotate(first, "for the LECTURE 100%")
    store.append(second, DONE)

    def ids(**how):
        return [record.id for record in store.list(**how)]

    assert ids() == [second, first]
    assert ids(text="symm") == ids(text="lecture") == ids(owner="me") == [first]
    assert ids(text="%") == [first]
    assert ids(statuses=("finished", "failed")) == [second]
    assert ids(limit=1) == [second]
    assert ids(text="'; DROP TABLE runs; --") == []


def test_a_title_changes_and_is_never_empty(store):
    run = store.create(CONFIG)
    store.rename(run, "  mine ")

    assert store.get(run).title == "mine"
    with pytest.raises(RunError, match="not empty"):
        store.rename(run, "  ")


def test_a_run_is_deleted_restored_and_purged(store):
    run = store.create(CONFIG)
    with pytest.raises(RunError, match="stop it first"):
        store.delete(run)
    store.append(run, DONE)

    store.delete(run)
    assert store.list() == []
    assert [record.id for record in store.list(deleted=True)] == [run]
    store.restore(run)
    assert [record.id for record in store.list()] == [run]
    assert store.purge() == 0

    store.delete(run)
    assert store.purge(older_than=3600) == 0
    assert store.purge() == 1
    assert store.read(run) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda s: s.get("none"),
        lambda s: s.append("none", EPOCH),
        lambda s: s.rename("none", "x"),
        lambda s: s.delete("none"),
        lambda s: s.restore("none"),
    ],
)
def test_a_run_that_is_not_there_is_named(act, store):
    with pytest.raises(RunError, match="there is no run 'none'"):
        act(store)


def test_the_speed_of_the_newest_finished_run(store):
    assert store.speed("air_3") is None
    for speed, workers in ((100.0, 1), (300.0, 2)):
        run = store.create(CONFIG)
        store.append(run, replace(STARTED, losses=("CE", "MAE", "GCE"), workers=workers))
        store.append(run, replace(DONE, images_per_second=speed))
    store.append(store.create(CONFIG), Failed("x"))

    assert store.speed("air_3") == 200.0, "three losses on two threads: 1.5 at once"
    assert store.speed("cnn_8") is None


def execute(path, sql, *values):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(sql, values)


def test_unreadable_rows_do_not_hide_the_others(store, path):
    run = store.create(CONFIG)
    store.append(run, Loading("a"))
    for body in ("{", '{"event": "FromTheFuture"}', "[]"):
        execute(path, "INSERT INTO events (run, time, kind, body) VALUES (?, 0, 'x', ?)", run, body)
    store.append(run, EPOCH)
    execute(path, "UPDATE runs SET config = '{\"colour\": 1}'")

    assert kinds(store, run) == ["Loading", "Epoch"]
    assert store.get(run).config is None
    assert len(store.list()) == 1


def spoil(path, damage):
    """Damage the file in place; returns what it holds then."""
    data = bytearray(path.read_bytes())
    if damage == "noise":
        data[4096:12000] = b"\xab" * (12000 - 4096)
    elif damage == "header":
        data[:16] = b"not a database!!"
    else:
        data = data[: len(data) // 2]
    path.write_bytes(data)
    return bytes(data)


@pytest.fixture(params=["noise", "header", "cut"])
def damaged(request, path):
    """What a damaged file at ``path`` holds."""
    with closing(RunStore(path)) as store:
        run = store.create(CONFIG)
        for _ in range(200):
            store.append(run, EPOCH)
    return spoil(path, request.param)


def test_a_damaged_file_is_moved_aside_and_said_so(damaged, path):
    with closing(RunStore(path, mend=True)) as store:
        assert "was damaged and a new one was begun" in store.notice
        assert store.list() == []
        store.create(CONFIG)
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == damaged
    assert aside.name in store.notice


def test_who_does_not_manage_the_runs_leaves_a_damaged_file_where_it_is(damaged, path):
    with pytest.raises(RunError, match="the run store cannot be used"):
        RunStore(path)
    assert path.read_bytes() == damaged
    assert list(path.parent.glob("*.damaged-*")) == []


FOREIGN = {
    "runs of its own": "CREATE TABLE runs (distance REAL)",
    "other tables": "CREATE TABLE books (title TEXT)",
    "a version of its own": "PRAGMA user_version = 1",
}


@pytest.mark.parametrize("statement", FOREIGN.values(), ids=FOREIGN)
def test_the_file_of_another_program_is_moved_aside_as_it_is(statement, path):
    path.parent.mkdir()
    execute(path, statement)
    before = path.read_bytes()
    with pytest.raises(RunError, match="it is no run store"):
        RunStore(path)

    with closing(RunStore(path, mend=True)) as store:
        assert "Another program's file was in the run store's place" in store.notice
        assert store.get(store.create(CONFIG)).config == CONFIG
    (aside,) = path.parent.glob("*.foreign-*")
    assert aside.read_bytes() == before
    assert aside.name in store.notice


@pytest.fixture
def served(path):
    """The store of a server that runs; what was written before it began is in the file itself."""
    with closing(RunStore(path)) as before:
        before.create(CONFIG)
    with closing(RunStore(path, mend=True)) as opened:
        assert len(opened.list()) == 1
        yield opened


def test_a_file_that_is_damaged_under_a_server_is_moved_aside_at_the_next_look(served, path):
    spoil(path, "header")
    with pytest.raises(RunError, match="was damaged and a new one was begun"):
        served.database.check()

    assert "was damaged and a new one was begun" in served.notice
    run = served.create(CONFIG)
    with closing(RunStore(path)) as other:
        assert other.get(run).config == CONFIG


def test_damage_that_a_server_meets_while_it_reads_is_mended(served, path, monkeypatch):
    """The pages that it has in its memory may be whole: here they are not looked at."""

    def malformed(*_):
        raise sqlite3.DatabaseError("database disk image is malformed")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_record", malformed)
        spoil(path, "header")
        with pytest.raises(RunError, match="was damaged and a new one was begun"):
            served.list()

    assert served.list() == []


@pytest.mark.parametrize("how", ["moved", "removed"])
def test_a_server_follows_the_file_at_its_path(how, served, path):
    for part in path.parent.glob("runs.sqlite*"):
        part.rename(f"{part}.old") if how == "moved" else part.unlink()
    with closing(RunStore(path)) as other:
        run = other.create(CONFIG)

    assert [record.id for record in served.list()] == [run]
    assert "was replaced" in served.notice


def test_a_worker_does_not_write_into_a_file_that_was_moved_away(store, path):
    run = store.create(CONFIG)
    path.rename(path.with_suffix(".old"))

    with pytest.raises(RunError, match="was moved away"):
        store.append(run, EPOCH)


def test_threads_that_meet_damage_together_mend_it_once(served, path):
    spoil(path, "header")
    gate = threading.Barrier(6)

    def look():
        gate.wait()
        with suppress(RunError):
            served.database.check()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([p for p in path.parent.glob("*.damaged-*") if p.suffix.count("-") == 3]) == 1
    served.create(CONFIG)


def test_a_locked_file_is_read_all_the_same(store, path):
    """Somebody waits for the lock to write; nobody waits to read."""
    run = store.create(CONFIG)
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = threading.Thread(target=store.append, args=(run, EPOCH))
        writing.start()
        assert store.get(run).id == run
        assert kinds(store, run) == []
        assert writing.is_alive()
        other.rollback()
        writing.join()
    assert kinds(store, run) == ["Epoch"]


def test_a_whole_file_gives_no_notice(store):
    assert store.notice == ""


def test_a_locked_file_is_waited_for(store, path):
    run = store.create(CONFIG)
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, other.rollback)
        timer.start()
        assert store.append(run, EPOCH)
        timer.join()


def test_a_file_that_stays_locked_is_told(path, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    with closing(RunStore(path)) as store, closing(sqlite3.connect(path)) as other:
        run = store.create(CONFIG)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunError, match=r"locked for 0.2 seconds"):
            store.append(run, EPOCH)
        other.rollback()
        assert store.append(run, EPOCH)


def test_a_full_disk_is_told_and_what_was_there_stays(store):
    run = store.create(CONFIG)
    store.append(run, EPOCH)
    with store.database.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    def fill():
        for _ in range(100):
            store.append(run, Loading("x" * 1000))

    with pytest.raises(RunError, match="the disk is full"):
        fill()

    assert kinds(store, run)[0] == "Epoch"
    with store.database.writing() as db:
        db.execute("PRAGMA max_page_count = 1000000")
    assert store.append(run, DONE)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(RunError, match="cannot be made"):
        RunStore(tmp_path / "file" / "runs.sqlite")


def test_a_path_that_is_a_folder_is_told(tmp_path):
    with pytest.raises(RunError, match="cannot be used"):
        RunStore(tmp_path)


def test_a_newer_file_is_refused_and_left_alone(path):
    with closing(RunStore(path)) as store:
        store.create(CONFIG)
    execute(path, "PRAGMA user_version = 99")

    with pytest.raises(RunError, match=r"version 99 .* newer program"):
        RunStore(path)
    assert list(path.parent.glob("*damaged*")) == []


def test_an_older_file_is_migrated(path, monkeypatch):
    with closing(RunStore(path)) as store:
        run = store.create(CONFIG)
    more = (*database.MIGRATIONS, "ALTER TABLE runs ADD COLUMN colour TEXT DEFAULT 'blue';")
    monkeypatch.setattr(database, "MIGRATIONS", more)

    with closing(RunStore(path)) as store:
        assert store.get(run).config == CONFIG
        with store.database.reading() as db:
            assert db.execute("SELECT colour FROM runs").fetchone() == ("blue",)


def test_a_file_of_the_first_version_opens_with_its_runs(path):
    """Written by the statements of that version, not by this program."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(database.MIGRATIONS[0])
        db.execute(
            "INSERT INTO runs (id, title, status, config, owner, server, created)"
            " VALUES ('0123456789ab', 'old', 'running', ?, 'me', '', 1.0)",
            (json.dumps(CONFIG.to_json()),),
        )
        db.execute(
            "INSERT INTO events (run, time, kind, body) VALUES ('0123456789ab', 1.0, 'Epoch', ?)",
            (json.dumps(to_json(EPOCH)),),
        )
        db.execute("PRAGMA user_version = 1")

    with closing(RunStore(path)) as store:
        record = store.get("0123456789ab")
        assert (record.title, record.config, record.group, record.imported) == (
            "old", CONFIG, "", False,
        )  # fmt: skip
        assert [event for _, event in store.read(record.id)] == [EPOCH]
        assert store.append(record.id, DONE)
        assert store.members("") == []
        assert store.notice == ""


def test_a_group_has_its_runs_in_order_without_the_deleted(store):
    runs = [store.create(CONFIG.with_seed(seed), group="g") for seed in (3, 4, 5)]
    store.create(CONFIG)
    store.append(runs[1], DONE)
    store.delete(runs[1])

    assert [record.id for record in store.members("g")] == [runs[0], runs[2]]


def test_a_run_from_a_file_is_entered_whole(store):
    run = store.take_in(CONFIG, "theirs", "a note", [Loading("a"), EPOCH, DONE], owner="me")
    record = store.get(run)

    assert (record.title, record.note, record.owner) == ("theirs", "a note", "me")
    assert record.imported
    assert (record.status, record.reason) == ("finished", "complete")
    assert kinds(store, run) == ["Loading", "Epoch", "Finished"]
    assert store.speed(CONFIG.model) is None


def test_a_run_from_a_file_keeps_when_it_began_and_stands_first(store):
    store.create(CONFIG)
    run = store.take_in(CONFIG, "theirs", "", [STARTED, DONE], began=1_000.0)

    assert store.get(run).began == 1_000
    assert store.list()[0].id == run


def test_a_file_without_an_end_is_an_interrupted_run(store):
    run = store.take_in(CONFIG, "theirs", "", [EPOCH])

    assert (store.get(run).status, store.get(run).reason) == (
        "interrupted", "its file tells no end",
    )  # fmt: skip


def test_a_run_that_breaks_off_while_it_is_entered_leaves_nothing(store):
    def broken():
        yield EPOCH
        raise RunError("of the test")

    with pytest.raises(RunError, match="of the test"):
        store.take_in(CONFIG, "theirs", "", broken())
    assert store.list() == []


def test_a_migration_that_breaks_off_leaves_the_old_version(path, monkeypatch):
    with closing(RunStore(path)) as store:
        run = store.create(CONFIG)
    half = (*database.MIGRATIONS, "ALTER TABLE runs ADD COLUMN colour TEXT; NONSENSE;")
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", half)
        with pytest.raises(RunError, match="cannot be used"):
            RunStore(path)

    with closing(RunStore(path)) as store:
        assert store.get(run).config == CONFIG
        with store.database.reading() as db:
            assert "colour" not in [row[1] for row in db.execute("PRAGMA table_info(runs)")]


def test_many_threads_and_two_stores_lose_nothing(store, path):
    run = store.create(CONFIG)

    def write(into, name):
        for i in range(25):
            into.append(run, Loading(f"{name} {i}"))

    with closing(RunStore(path)) as second:
        threads = [
            threading.Thread(target=write, args=(into, name))
            for name, into in enumerate((store, store, second, second))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    events = [event.what for _, event in store.read(run)]
    assert len(set(events)) == 100


def test_the_first_race_of_a_group_plans_its_epochs_for_all(store):
    config = replace(CONFIG, fill_time=True, time_limit=60.0)
    group = [store.create(config.with_seed(seed), group="g") for seed in range(3)]
    alone, other = store.create(config), store.create(config, group="h")
    store.append(group[0], replace(STARTED, losses=("CE",), scales=(1.0,), epochs=17))

    assert store.get(group[0]).config == config
    assert [store.get(run).config for run in group[1:]] == [
        config.with_seed(seed).planned(17) for seed in (1, 2)
    ]
    assert store.get(alone).config == store.get(other).config == config


def test_what_repeats_a_run_holds_the_epochs_it_planned(store):
    config = replace(CONFIG, fill_time=True, time_limit=60.0)
    begun, waiting = store.create(config), store.create(config)
    store.append(begun, STARTED)

    assert store.repeating(store.get(begun)) == config.planned(STARTED.epochs)
    assert store.repeating(store.get(waiting)) == config
