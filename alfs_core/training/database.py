"""The SQLite file of the run store: opened, brought up to date, begun anew where it is damaged."""

import contextlib
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from alfs_core.errors import RunError

PATIENCE = 10.0  # seconds that a locked database is tried again

# Migration n takes a database of version n to version n + 1; they are never changed, only added.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
        status TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', config TEXT NOT NULL,
        owner TEXT NOT NULL, server TEXT NOT NULL,
        created REAL NOT NULL, began REAL, ended REAL, deleted REAL
    );
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES runs(id),
        time REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
    );
    CREATE INDEX events_of_run ON events(run, seq);
    """,
    """
    ALTER TABLE runs ADD COLUMN cohort TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
    """,
)
TABLES = {"runs", "events"}
REPLACED = "The file of the run store was replaced; the runs are those of the new one."

Identity = tuple[int, int]

log = logging.getLogger(__name__)


class Foreign(sqlite3.DatabaseError):
    """The file is a database of another program."""


class Database:
    """The file ``path``; safe to use from several threads, and beside other processes.

    One connection writes and another reads, so that nobody's reading waits for a locked file.
    With ``mend`` a file that is damaged, or another program's, is moved aside, at the start or
    later, and ``notice`` says where to; only one process may do so. All that goes wrong is a
    RunError.
    """

    def __init__(self, path: Path, mend: bool = False) -> None:
        self.path, self.notice = path, ""
        self._mend, self._closed = mend, False
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._file: Identity | None = None
        self._open()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection that reads, to one thread at a time."""
        with self._guard(self._reading, lambda: self._reader) as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, in a transaction that happens as a whole or not at all."""
        with self._guard(self._writing, lambda: self._writer) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Look at the file as a new process would, and mend it where that is needed."""
        self._stay()
        file = self._file
        try:
            _connect(self.path).close()
        except sqlite3.Error as error:
            self._fail(error, file)

    def close(self) -> None:
        """Close the file; the database is of no use afterwards."""
        with self._writing, self._reading:
            self._closed = True
            self._reader.close()
            self._writer.close()

    @contextmanager
    def _guard(
        self, lock: threading.Lock, connection: Callable[[], sqlite3.Connection]
    ) -> Iterator[sqlite3.Connection]:
        self._stay()
        file = self._file
        try:
            with lock:
                yield connection()
        except sqlite3.Error as error:
            self._fail(error, file)

    def _stay(self) -> None:
        """Make sure that the file that is open still lies at the path."""
        file = self._file
        if self._closed or (file is not None and file == _identity(self.path)):
            return
        if not self._mend:
            raise RunError("the file of the run store was moved away")
        self._reopen(file, REPLACED)

    def _fail(self, error: sqlite3.Error, file: Identity | None) -> NoReturn:
        """Raise the RunError of ``error``; a file that is at fault is mended first."""
        if self._mend and _unusable(error):
            self._reopen(file, self.notice)
            raise RunError(self.notice or str(error)) from error
        raise _run_error(error) from error

    def _reopen(self, file: Identity | None, notice: str) -> None:
        """Open what lies at the path now, unless another thread did so since ``file`` was open."""
        with self._writing, self._reading:
            if self._file != file or self._closed:
                return
            for connection in (self._reader, self._writer):
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
            self._file, self.notice = None, notice
            self._open()

    def _open(self) -> None:
        try:
            self._writer = self._connect()
            self._reader = _plain(self.path)
            self._reader.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            raise _run_error(error) from error
        self._file = _identity(self.path)

    def _connect(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if not (self._mend and _unusable(error)):
                raise
            self.notice = self._move_aside(error)
            return _connect(self.path)

    def _move_aside(self, error: Exception) -> str:
        word = "foreign" if isinstance(error, Foreign) else "damaged"
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = self.path.with_name(f"{self.path.stem}.{word}-{stamp}-{secrets.token_hex(2)}")
        for suffix in ("", "-wal", "-shm"):
            part = Path(f"{self.path}{suffix}")
            if part.exists():
                part.rename(f"{aside}{suffix}")
        log.error("the run store was %s (%s) and moved to %s", word, error, aside)
        if isinstance(error, Foreign):
            return f"Another program's file was in the run store's place; it is {aside.name} now."
        return f"The run store was damaged and a new one was begun; the old one is {aside.name}."


def _identity(path: Path) -> Identity | None:
    """What tells a file from another of its name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is there and of this version then."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{path.parent} cannot be made: {error.strerror}") from error
    db = _plain(path)
    try:
        _recognise(db)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _check(db)
        _migrate(db)
    except BaseException:
        db.close()
        raise
    return db


def _plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)


def _recognise(db: sqlite3.Connection) -> None:
    """Raise Foreign where the file is neither new nor a run store."""
    db.execute("BEGIN")  # another process may bring it up to date between two looks
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    version, tables = _version(db), {name for (name,) in names}
    db.execute("COMMIT")
    if (tables or version) and not (version and tables >= TABLES):
        raise Foreign("it is no run store")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _migrate(db: sqlite3.Connection) -> None:
    if _version(db) == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    version = _version(db)  # read again: another process may have been quicker
    if version > len(MIGRATIONS):
        raise RunError(
            f"the run store has version {version} and this program knows {len(MIGRATIONS)}: "
            "it was written by a newer program"
        )
    for step in MIGRATIONS[version:]:
        for statement in filter(str.strip, step.split(";")):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute("COMMIT")


def _check(db: sqlite3.Connection) -> None:
    problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise sqlite3.DatabaseError(problem)


def _unusable(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault; what passes (locked, full) is of a subclass."""
    return type(error) in (sqlite3.DatabaseError, Foreign)


def _run_error(error: sqlite3.Error) -> RunError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return RunError(f"the run store was locked for {PATIENCE:g} seconds by another program")
    if "full" in text:
        return RunError("the disk is full: the run store cannot be written")
    return RunError(f"the run store cannot be used: {text}")
