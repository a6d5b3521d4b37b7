"""Instant races of one server: a warm process that trains, and the visitors who wait for it.

The process is started when it is first needed and keeps torch and features at hand, so that a moved
slider costs the training alone. It trains one race at a time; who asks for another race gives up
the one before. Messages are lines of JSON: ``{"request": 3, "config": ...}`` and ``{"stop": 3}`` to
the process, the events of a request from it.
"""

from __future__ import annotations

import atexit
import json
import logging
import subprocess
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from alfs_core.errors import RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.events import (
    Event,
    Failed,
    Finished,
    Loading,
    LossStopped,
    Ready,
    Round,
    from_json,
)
from alfs_core.training.process import TAIL, Process, cause, close_stdin, launch, read_tail, send

COMMAND = (sys.executable, "-m", "alfs_core.training.instant_worker")
PATIENCE = 3.0  # seconds that a process has to end once nobody speaks to it
MOST_VISITORS = 200  # whose last race is remembered
MOST_KEPT = 64  # finished races that need not be run again

Status = Literal["waiting", "running", "finished", "given up", "failed"]

log = logging.getLogger(__name__)


class Mark(NamedTuple):
    """One loss after an epoch: shares as in Epoch."""

    epoch: int
    test_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None

    @property
    def final_accuracy(self) -> float:
        """A probe is always tested on all images."""
        return self.test_accuracy


@dataclass(frozen=True)
class InstantRace:
    """What is known of a race by now; ``rounds`` has one entry for each epoch done."""

    config: RunConfig
    status: Status = "waiting"
    loading: Loading | None = None
    ready: Ready | None = None
    rounds: tuple[Round, ...] = ()
    left: tuple[LossStopped, ...] = ()
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in ("waiting", "running")

    @property
    def marks(self) -> tuple[tuple[Mark, ...], ...]:
        """For each loss its marks so far, oldest first."""
        courses: list[list[Mark]] = [[] for _ in self.config.losses]
        for told in self.rounds:
            shares = zip(told.test_accuracy, told.clean_fit, told.wrong_fit, strict=True)
            for course, (accuracy, clean, wrong) in zip(courses, shares, strict=True):
                if accuracy is not None:
                    course.append(Mark(told.epoch, accuracy, clean, wrong))
        return tuple(map(tuple, courses))

    def after(self, event: Event) -> InstantRace:
        """The race once ``event`` has happened."""
        match event:
            case Loading():
                return replace(self, loading=event)
            case Ready():
                return replace(self, ready=event)
            case Round():
                return replace(self, rounds=(*self.rounds, event))
            case LossStopped():
                return replace(self, left=(*self.left, event))
            case Finished(reason="stopped"):
                return replace(self, status="given up")
            case Finished():
                return replace(self, status="finished", reason=event.reason)
            case Failed():
                return replace(self, status="failed", reason=event.reason)
        return self


@dataclass(eq=False)
class Request:
    """A race that a visitor asked for."""

    number: int
    visitor: str
    race: InstantRace


class InstantRaces:
    """Answers visitors with races, one at a time, in the order in which they asked.

    One for each server. ``close`` ends the process; so does the end of this one, by any means.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = tuple(command)
        self._lock = threading.RLock()
        self._latest: OrderedDict[str, Request] = OrderedDict()
        self._waiting: deque[Request] = deque()
        self._running: Request | None = None
        self._process: Process | None = None
        self._kept: OrderedDict[RunConfig, InstantRace] = OrderedDict()
        self._asked = 0
        self._closed = False
        atexit.register(self.close)

    def ask(self, visitor: str, config: RunConfig) -> InstantRace:
        """The visitor's race with these settings, as far as it is; entered if it is a new one.

        A new one takes the place of the visitor's last, which is given up where it is not over.
        """
        with self._lock:
            last = self._latest.get(visitor)
            if last is None or last.race.config != config:
                last = self._enter(visitor, config)
            return last.race

    def look(self, visitor: str) -> InstantRace | None:
        """The visitor's race as far as it is; None for one who asked for none."""
        with self._lock:
            last = self._latest.get(visitor)
            return None if last is None else last.race

    def retry(self, visitor: str) -> None:
        """Forget how the visitor's last race ended, so that asking for it enters it again."""
        with self._lock:
            last = self._latest.get(visitor)
            if last is not None and last.race.over:
                del self._latest[visitor]

    def position(self, visitor: str) -> int | None:
        """The visitor's place among those who wait, 1 for the next; None for one who does not."""
        with self._lock:
            places = [request.visitor for request in self._waiting]
            return places.index(visitor) + 1 if visitor in places else None

    @property
    def pid(self) -> int | None:
        """The number of the process, where there is one."""
        process = self._process
        return None if process is None else process.pid

    def close(self) -> None:
        """End the process and wait for it."""
        with self._lock:
            self._closed = True
            atexit.unregister(self.close)
            self._waiting.clear()
            process = self._process
        if process is None:
            return
        close_stdin(process)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)

    def _enter(self, visitor: str, config: RunConfig) -> Request:
        self._give_up(self._latest.pop(visitor, None))
        while len(self._latest) >= MOST_VISITORS:
            self._give_up(self._latest.popitem(last=False)[1])
        self._asked += 1
        race = self._kept.get(config) or InstantRace(config)
        request = self._latest[visitor] = Request(self._asked, visitor, race)
        if not race.over:
            self._waiting.append(request)
            self._pump()
        return request

    def _give_up(self, request: Request | None) -> None:
        if request is None:
            return
        if request in self._waiting:
            self._waiting.remove(request)
        elif request is self._running and self._process is not None:
            send(self._process, json.dumps({"stop": request.number}))

    def _pump(self) -> None:
        """Give the process the next race, if it is free; called with the lock held."""
        while self._waiting and self._running is None and not self._closed:
            request = self._waiting.popleft()
            if (known := self._kept.get(request.race.config)) is not None:
                request.race = known
                continue
            try:
                process = self._process or self._start()
            except OSError as error:
                request.race = request.race.after(
                    Failed(f"the process of the instant race cannot be started: {error}")
                )
                continue
            self._running = request
            request.race = replace(request.race, status="running")
            config = request.race.config.to_json()
            send(process, json.dumps({"request": request.number, "config": config}))

    def _start(self) -> Process:
        process = self._process = launch(self._command, subprocess.PIPE)
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()
        return process

    def _watch(self, process: Process) -> None:
        """Take in what the process tells, to its end; then go on with another one."""
        assert process.stdout is not None
        assert process.stderr is not None
        tail: deque[str] = deque(maxlen=TAIL)
        reader = threading.Thread(target=read_tail, args=(process.stderr, tail), daemon=True)
        reader.start()
        for line in process.stdout:
            self._take(line)
        status = process.wait()
        reader.join()
        close_stdin(process)
        process.stdout.close()
        process.stderr.close()
        self._ended(status, tail)

    def _take(self, line: str) -> None:
        try:
            number, event = _message(json.loads(line))
        except (ValueError, TypeError, KeyError, AttributeError, RunError):
            log.warning("a line of the instant race is not understood: %.200s", line)
            return
        with self._lock:
            if self._running is not None and number == self._running.number:
                self._tell(self._running, event)

    def _tell(self, request: Request, event: Event) -> None:
        request.race = race = request.race.after(event)
        if not race.over:
            return
        if race.status == "finished" and _repeatable(race.config):
            self._keep(race)
        self._running = None
        self._pump()

    def _keep(self, race: InstantRace) -> None:
        self._kept[race.config] = race
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _ended(self, status: int, tail: Sequence[str]) -> None:
        with self._lock:
            self._process = None
            if self._running is None or self._closed:
                return
            log.warning("the instant race ended with status %s:\n%s", status, "".join(tail))
            self._tell(self._running, Failed(f"{cause(status, tail)}; the next race starts anew"))


def _repeatable(config: RunConfig) -> bool:
    """Whether a race must end again as it did; a local file may be replaced by another."""
    files = (config.source, config.labels.file)
    return all(file is None or file.kind != "local" for file in files)


def _message(record: Mapping[str, Any]) -> tuple[int, Event]:
    """The number of a request, and what happened in it."""
    return int(record["request"]), from_json({k: v for k, v in record.items() if k != "request"})
