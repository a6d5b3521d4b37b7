"""The run store: runs and their events in one SQLite file, both live stream and history."""

import json
import logging
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alfs_core.data.local import home
from alfs_core.errors import AlfsError, RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.database import Database
from alfs_core.training.devices import at_once
from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Epoch,
    Event,
    Failed,
    Finished,
    Interrupted,
    Loading,
    Paused,
    Predictions,
    Progress,
    Resumed,
    Started,
    from_json,
    to_json,
)

WAITING = ("queued",)
ACTIVE = ("running", "paused")
ENDED = ("finished", "stopped", "failed", "interrupted")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunRecord:
    """One run as the store knows it; times are seconds since 1970.

    ``status`` is one of WAITING, ACTIVE or ENDED; ``reason`` says why it ended. ``config`` is None
    where another version of the program wrote settings that this one cannot read. Runs of one
    ``group`` are the same race with several seeds; "" for a run that stands alone. ``imported``
    runs came from a file.
    """

    id: str
    title: str
    note: str
    status: str
    reason: str
    config: RunConfig | None
    owner: str
    server: str
    created: float
    began: float | None
    ended: float | None
    deleted: bool
    group: str = ""
    imported: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED


class RunStore:
    """Runs in the SQLite file ``path``; safe to use from several threads and processes.

    With ``mend``, for the one process that manages the runs, a damaged file is moved aside and
    ``notice`` says where to; everything else that goes wrong with the file (locked for long, disk
    full, no permission) is a RunError.
    """

    def __init__(self, path: Path | None = None, mend: bool = False) -> None:
        self.path = home() / "runs.sqlite" if path is None else path
        self.database = Database(self.path, mend)

    @property
    def notice(self) -> str:
        """What became of a file that could not be used; "" where nothing happened to it."""
        return self.database.notice

    def create(
        self,
        config: RunConfig,
        owner: str = "",
        server: str = "",
        title: str = "",
        group: str = "",
    ) -> str:
        """Enter a queued run; returns its id."""
        with self.database.writing() as db:
            return _enter(db, config, owner, server, title or config.title, group)

    def take_in(
        self,
        config: RunConfig,
        title: str,
        note: str,
        events: Iterable[Event],
        owner: str = "",
        began: float | None = None,
    ) -> str:
        """Enter a run that was told by a file, all of it or nothing; returns its id.

        It stands in the list as entered now, whenever it ``began``.
        """
        with self.database.writing() as db:
            run = _enter(db, config, owner, title=title)
            about = (note, began, run)
            db.execute("UPDATE runs SET imported = 1, note = ?, began = ? WHERE id = ?", about)
            for event in events:
                _write(db, run, event)
                self._follow(db, run, event)
            if self._status(db, run) not in ENDED:
                end = Interrupted("its file tells no end")
                _write(db, run, end)
                self._follow(db, run, end)
        return run

    def members(self, group: str) -> list[RunRecord]:
        """The runs of a group that are not deleted, in the order they were entered."""
        sql = f"SELECT {COLUMNS} FROM runs WHERE cohort = ? AND deleted IS NULL ORDER BY rowid"
        with self.database.reading() as db:
            rows = db.execute(sql, (group,)).fetchall()
        return [_record(row) for row in rows] if group else []

    def append(self, run: str, event: Event) -> bool:
        """Add an event and let the run's status follow it; False where the run was over already.

        Progress rows are dropped once an Epoch row follows them, and of a loss's Contradicted,
        Predictions and Confusion, which are large, the newest stays. Raises RunError where there is
        no such run or the file cannot be written.
        """
        with self.database.writing() as db:
            status = self._status(db, run)
            if status in ENDED:
                return False
            _write(db, run, event)
            self._follow(db, run, event)
            if isinstance(event, Started):
                _hand_on(db, run, event.epochs)
        return True

    def read(
        self, run: str, after: int = 0, kinds: Sequence[type[Event]] = ()
    ) -> list[tuple[int, Event]]:
        """(number, event) of a run with numbers above ``after``, oldest first.

        Only the given kinds, where some are given. An event that cannot be read is left out.
        """
        sql = "SELECT seq, body FROM events WHERE run = ? AND seq > ?"
        names = [kind.__name__ for kind in kinds]
        if names:
            sql += f" AND kind IN ({', '.join('?' * len(names))})"
        with self.database.reading() as db:
            rows = db.execute(f"{sql} ORDER BY seq", (run, after, *names)).fetchall()
        return [(seq, event) for seq, body in rows if (event := _event(run, body)) is not None]

    def news(self, run: str, after: int = 0) -> int:
        """The number of the newest event above ``after`` of a run, or of another of its group, that
        begins or ends it or evaluates a loss; ``after`` where there is none.
        """
        with self.database.reading() as db:
            (newest,) = db.execute(NEWS, (run, after, *TELLING)).fetchone()
        return after if newest is None else int(newest)

    def get(self, run: str) -> RunRecord:
        """The run; raises RunError where there is none."""
        with self.database.reading() as db:
            row = db.execute(f"SELECT {COLUMNS} FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise RunError(f"there is no run {run!r}")
        return _record(row)

    def repeating(self, record: RunRecord) -> RunConfig | None:
        """The settings that repeat a run: its own, with the number of epochs that it planned."""
        if record.config is None or not record.config.fill_time:
            return record.config
        started = [event for _, event in self.read(record.id, 0, (Started,))]
        planned = (event.epochs for event in started if isinstance(event, Started))
        return record.config.planned(next(planned)) if started else record.config

    def list(
        self,
        text: str = "",
        statuses: Sequence[str] = (),
        owner: str | None = None,
        deleted: bool = False,
        limit: int = 500,
    ) -> list[RunRecord]:
        """Runs, newest first; ``text`` is looked for in title and note."""
        clauses = ["deleted IS NOT NULL" if deleted else "deleted IS NULL"]
        values: list[Any] = []
        if text:
            clauses.append("instr(lower(title || char(10) || note), lower(?)) > 0")
            values.append(text)
        if statuses:
            clauses.append(f"status IN ({', '.join('?' * len(statuses))})")
            values += statuses
        if owner is not None:
            clauses.append("owner = ?")
            values.append(owner)
        sql = f"SELECT {COLUMNS} FROM runs WHERE {' AND '.join(clauses)}"
        with self.database.reading() as db:
            rows = db.execute(f"{sql} ORDER BY created DESC, rowid DESC LIMIT ?", (*values, limit))
            return [_record(row) for row in rows.fetchall()]

    def rename(self, run: str, title: str) -> None:
        """Give a run another title; raises RunError where it is empty."""
        if not title.strip():
            raise RunError("the title of a run is not empty")
        self._set(run, "title", title.strip()[:200])

    def annotate(self, run: str, note: str) -> None:
        """Replace a run's note."""
        self._set(run, "note", note[:10_000])

    def delete(self, run: str) -> None:
        """Hide a run that is over; ``restore`` brings it back. Raises RunError while it lives."""
        if not self.get(run).over:
            raise RunError("a run that is not over yet cannot be deleted; stop it first")
        self._set(run, "deleted", time.time())

    def restore(self, run: str) -> None:
        """Bring a deleted run back."""
        self._set(run, "deleted", None)

    def purge(self, older_than: float = 0.0) -> int:
        """Remove for good the runs deleted more than that many seconds ago; returns how many."""
        gone = "SELECT id FROM runs WHERE deleted < ?"
        before = (time.time() - older_than,)
        with self.database.writing() as db:
            db.execute(f"DELETE FROM events WHERE run IN ({gone})", before)
            return db.execute(f"DELETE FROM runs WHERE id IN ({gone})", before).rowcount

    def speed(self, model: str, device: str = "auto") -> float | None:
        """Images per second of each loss in the newest whole run of ``model`` that asked for
        ``device``, as fast as where it trains alone on its thread."""
        for record in self.list(statuses=("finished",), limit=50):
            config = record.config
            if record.imported:
                continue  # of another machine, perhaps
            if config is not None and (config.model, config.device) == (model, device):
                told = [event for _, event in self.read(record.id, 0, (Started, Finished))]
                match told:
                    case [Started() as began, *_, Finished() as end]:
                        return end.images_per_second / at_once(len(began.losses), began.workers)
        return None

    def close(self) -> None:
        """Close the file; the store is of no use afterwards."""
        self.database.close()

    def _status(self, db: sqlite3.Connection, run: str) -> str:
        row = db.execute("SELECT status FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise RunError(f"there is no run {run!r}")
        return str(row[0])

    def _follow(self, db: sqlite3.Connection, run: str, event: Event) -> None:
        status, reason = _status_after(event, self._status(db, run))
        if status is None:
            return
        now = time.time()
        ended = now if status in ENDED else None
        db.execute(
            "UPDATE runs SET status = ?, reason = ?, ended = ?, began = coalesce(began, ?)"
            " WHERE id = ?",
            (status, reason, ended, now if status in ACTIVE else None, run),
        )

    def _set(self, run: str, column: str, value: Any) -> None:
        with self.database.writing() as db:
            changed = db.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, run))
            if not changed.rowcount:
                raise RunError(f"there is no run {run!r}")


COLUMNS = (
    "id, title, note, status, reason, config, owner, server, created, began, ended,"
    " deleted IS NOT NULL, cohort, imported"
)
TELLING = tuple(kind.__name__ for kind in (Started, Epoch, Finished, Failed, Interrupted))
NEWS = f"""
    SELECT max(seq) FROM events WHERE run IN (
        SELECT one.id FROM runs AS one JOIN runs AS asked
        ON one.id = asked.id OR (one.cohort != '' AND one.cohort = asked.cohort)
        WHERE asked.id = ?
    ) AND seq > ? AND kind IN ({", ".join("?" * len(TELLING))})
"""


def _enter(
    db: sqlite3.Connection,
    config: RunConfig,
    owner: str,
    server: str = "",
    title: str = "",
    group: str = "",
) -> str:
    run = secrets.token_hex(6)
    values = (run, title, json.dumps(config.to_json()), owner, server, group, time.time())
    db.execute(
        "INSERT INTO runs (id, title, config, owner, server, cohort, status, created)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)",
        values,
    )
    return run


def _write(db: sqlite3.Connection, run: str, event: Event) -> None:
    """Add the row of an event and remove those that it makes superfluous."""
    _drop(db, run, event)
    db.execute(
        "INSERT INTO events (run, time, kind, body) VALUES (?, ?, ?, ?)",
        (run, time.time(), type(event).__name__, json.dumps(to_json(event))),
    )


def _hand_on(db: sqlite3.Connection, run: str, epochs: int) -> None:
    """Let the waiting runs of its group train for as many epochs: the first plans for all."""
    waiting = (
        "SELECT id, config FROM runs WHERE status = 'queued' AND cohort != ''"
        " AND cohort = (SELECT cohort FROM runs WHERE id = ?)"
    )
    for other, body in db.execute(waiting, (run,)).fetchall():
        if (config := _config(other, body)) is not None:
            planned = json.dumps(config.planned(epochs).to_json())
            db.execute("UPDATE runs SET config = ? WHERE id = ?", (planned, other))


def _drop(db: sqlite3.Connection, run: str, event: Event) -> None:
    of_kind = "DELETE FROM events WHERE run = ? AND kind = ?"
    if isinstance(event, Epoch):
        db.execute(of_kind, (run, Progress.__name__))
    if isinstance(event, Contradicted | Predictions | Confusion):
        of_loss = f"{of_kind} AND json_extract(body, '$.loss') = ?"
        db.execute(of_loss, (run, type(event).__name__, event.loss))


def _status_after(event: Event, status: str) -> tuple[str | None, str]:
    """The status that an event brings, None where it brings none, and why it ended."""
    match event:
        case Loading(unit="bytes"):
            return None, ""  # it waits for its images
        case Loading() | Started():
            return ("running" if status in WAITING else None), ""
        case Resumed():
            return "running", ""
        case Paused():
            return "paused", ""
        case Finished(reason="stopped"):
            return "stopped", "stopped"
        case Finished():
            return "finished", event.reason
        case Failed():
            return "failed", event.reason
        case Interrupted():
            return "interrupted", event.reason
    return None, ""


def _record(row: tuple[Any, ...]) -> RunRecord:
    *about, config, owner, server, created, began, ended, deleted, group, imported = row
    run, title, note, status, reason = about
    return RunRecord(
        run,
        title,
        note,
        status,
        reason,
        _config(run, config),
        owner,
        server,
        created,
        began,
        ended,
        bool(deleted),
        group,
        bool(imported),
    )


def _config(run: str, body: str) -> RunConfig | None:
    try:
        return RunConfig.from_json(json.loads(body))
    except (AlfsError, ValueError) as error:
        log.warning("the settings of run %s cannot be read: %s", run, error)
        return None


def _event(run: str, body: str) -> Event | None:
    try:
        return from_json(json.loads(body))
    except (AlfsError, ValueError) as error:
        log.warning("an event of run %s cannot be read: %s", run, error)
        return None
