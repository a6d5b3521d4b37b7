"""Runs of one server: a queue, worker processes, and what becomes of them."""

import atexit
import contextlib
import logging
import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import psutil

from alfs_core.errors import RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Event, Failed, Interrupted
from alfs_core.training.fetching import Downloads, is_missing
from alfs_core.training.history import Histories, History
from alfs_core.training.process import (
    TAIL,
    Process,
    cause,
    close_stdin,
    discard,
    launch,
    read_tail,
    send,
)
from alfs_core.training.store import ACTIVE, WAITING, RunRecord, RunStore

TERMINATE_AFTER = 2.0  # seconds after a stop that was not obeyed
KILL_AFTER = 5.0
KEEP_DELETED = 30 * 86_400.0  # seconds in which a deleted run can be brought back

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """Who entered a run, and the device that it needs."""

    owner: str
    device: str


@dataclass(eq=False)
class Job:
    """A run that this server started."""

    run: str
    process: Process
    stopping: bool = False
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    over: threading.Event = field(default_factory=threading.Event)


class RunManager:
    """Starts runs in processes of their own, at most ``max_running`` at a time on each device,
    first come first. ``device_of`` names the device that a run's setting means, such as "auto".

    A run whose images are still to be downloaded waits for them outside of the queue, where it
    keeps nobody from the machine.

    One for each server. When the manager is made, runs that a server which is gone has left are
    marked interrupted, and those deleted a month ago are removed for good. ``close`` ends
    everything; so does the end of this process, by any means.
    With ``keep_warm`` a process that has imported everything waits for the next run, once there
    was one.
    """

    def __init__(
        self,
        store: RunStore,
        max_running: int = 1,
        max_queued: int = 20,
        max_per_owner: int = 5,
        command: Sequence[str] = (sys.executable, "-m", "alfs_core.training.worker"),
        keep_warm: bool = False,
        device_of: Callable[[str], str] = str,
    ) -> None:
        self.store = store
        self.histories = Histories(store)
        self.max_running, self.max_queued = max_running, max_queued
        self.max_per_owner = max_per_owner
        self._device_of = device_of
        self._command = (*command, "--store", str(store.path.resolve()))
        self._keep_warm = keep_warm
        self._spare: Process | None = None
        self._server = server_identity()
        self._lock = threading.RLock()
        self._queue: deque[str] = deque()
        self._downloads = Downloads(self._lock, self._tell, self._enter)
        self._entries: dict[str, Entry] = {}
        self._jobs: dict[str, Job] = {}
        self._unsaved: dict[str, Event] = {}
        self._closed = False
        self._mark_interrupted()
        self._purge()
        atexit.register(self.close)

    def start(self, config: RunConfig, owner: str = "", title: str = "") -> str:
        """Enter a run and start it as soon as its turn comes; returns its id.

        Raises RunError where the queue is full, or ``owner`` has too many runs in it.
        """
        return self._start([config], owner, title)

    def start_group(self, config: RunConfig, seeds: int, owner: str = "", title: str = "") -> str:
        """Enter the same race once for each of ``seeds`` seeds, from its own upwards, to run one
        after another; returns the id of the first.

        Raises RunError as ``start`` does, where there is no room for all of them.
        """
        configs = [config.with_seed(config.seed + more) for more in range(seeds)]
        return self._start(configs, owner, title, secrets.token_hex(6) if seeds > 1 else "")

    def _start(self, configs: Sequence[RunConfig], owner: str, title: str, group: str = "") -> str:
        missing = [is_missing(config.source) for config in configs]
        with self._lock:
            self._check_room(owner, len(configs))
            runs = [
                self.store.create(config, owner, self._server, title, group) for config in configs
            ]
            for run, config, is_absent in zip(runs, configs, missing, strict=True):
                self._entries[run] = Entry(owner, self._device_of(config.device))
                if is_absent:
                    self._downloads.enter(run, config.source)
                else:
                    self._enter(run)
        return runs[0]

    def _enter(self, run: str) -> None:
        """Put a run at the end of the queue; called with the lock held."""
        self._queue.append(run)
        self._pump()

    def pause(self, run: str) -> None:
        """Let a running run stand still."""
        self._send(run, "pause")

    def resume(self, run: str) -> None:
        """Let a paused run go on."""
        self._send(run, "resume")

    def stop(self, run: str) -> None:
        """End a run at its next step, by force after seconds; a second stop changes nothing."""
        with self._lock:
            if self._withdraw(run):
                del self._entries[run]
                self._end(run, History().broken_off)
                return
            job = self._jobs.get(run)
            if job is None or job.stopping:
                return
            job.stopping = True
        self._send(run, "stop")
        threading.Thread(target=_insist, args=(job,), daemon=True).start()

    def _withdraw(self, run: str) -> bool:
        """Take a run from where it waits; called with the lock held."""
        if run in self._queue:
            self._queue.remove(run)
            return True
        return self._downloads.leave(run)

    def position(self, run: str) -> int | None:
        """Place among the runs that wait for its device, 1 for the next; None where it does not
        wait."""
        with self._lock:
            if run not in self._queue:
                return None
            alike = self._on(self._entries[run].device, self._queue)
            return alike.index(run) + 1

    @property
    def running(self) -> tuple[str, ...]:
        """Runs that have a process."""
        with self._lock:
            return tuple(self._jobs)

    @property
    def queued(self) -> tuple[str, ...]:
        """Runs that wait, the next one first."""
        with self._lock:
            return tuple(self._queue)

    def ahead(self, device: str) -> tuple[str, ...]:
        """The runs that come before a new one with that setting, running ones first."""
        with self._lock:
            return tuple(self._on(self._device_of(device), (*self._jobs, *self._queue)))

    def _on(self, device: str, runs: Iterable[str]) -> list[str]:
        return [run for run in runs if self._entries[run].device == device]

    def get(self, run: str) -> RunRecord:
        """The run's record, with an end that could not be written yet (a full disk) told all the
        same."""
        self._save_ends()
        record = self.store.get(run)
        end = self._unsaved.get(run)
        if end is None or record.over:
            return record
        return replace(record, status="failed", reason=getattr(end, "reason", ""))

    def wait(self, run: str, timeout: float | None = None) -> bool:
        """Wait until a run of this server has no process any more; False where time ran out."""
        with self._lock:
            job = self._jobs.get(run)
        return job is None or job.over.wait(timeout)

    def close(self) -> None:
        """End every run as interrupted and wait for the processes."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            atexit.unregister(self.close)
            jobs = list(self._jobs.values())
            waiting = [run for run in (*self._queue, *self._downloads.runs) if self._withdraw(run)]
            spare, self._spare = self._spare, None
        for run in waiting:
            self._end(run, Interrupted("the server ended before its turn came"))
        for job in jobs:
            close_stdin(job.process)
        for job in jobs:
            if not job.over.wait(KILL_AFTER):
                job.process.kill()
                job.over.wait(KILL_AFTER)
        if spare is not None:
            discard(spare)

    def _check_room(self, owner: str, more: int) -> None:
        if self._closed:
            raise RunError("the server is ending")
        waiting = (*self._queue, *self._downloads.runs)
        if len(waiting) + more > self.max_queued:
            raise RunError(f"{len(waiting)} runs wait already; try again when some are done")
        own = sum(self._entries[run].owner == owner for run in (*self._jobs, *waiting))
        if owner and own + more > self.max_per_owner:
            raise RunError(
                f"{own} of your runs are waiting or running; {self.max_per_owner} is the most "
                "allowed"
            )

    def _pump(self) -> None:
        """Start waiting runs where their device has room; called with the lock held."""
        for run in () if self._closed else tuple(self._queue):
            if len(self._on(self._entries[run].device, self._jobs)) >= self.max_running:
                continue
            self._queue.remove(run)
            try:
                job = Job(run, self._launch(run))
            except OSError as error:
                del self._entries[run]
                self._end(run, Failed(f"its process cannot be started: {error}"))
                continue
            self._jobs[run] = job
            threading.Thread(target=self._watch, args=(job,), daemon=True).start()

    def _launch(self, run: str) -> Process:
        """A process for a run: the one that waits, or a new one."""
        spare, self._spare = self._spare, None
        if spare is None:
            return launch([*self._command, "--run", run])
        if spare.poll() is not None:
            discard(spare)
            return launch([*self._command, "--run", run])
        send(spare, run)
        return spare

    def _warm(self) -> None:
        """Start the process that waits, where none does and no run needs the machine."""
        if self._keep_warm and not (self._spare or self._jobs or self._closed):
            with contextlib.suppress(OSError):
                self._spare = launch(self._command)

    def _watch(self, job: Job) -> None:
        """Follow one process to its end, record that if it did not itself, and start the next."""
        assert job.process.stderr is not None
        read_tail(job.process.stderr, job.tail)
        status = job.process.wait()
        close_stdin(job.process)
        job.process.stderr.close()
        if status and not job.stopping:
            log.warning("run %s ended with status %s:\n%s", job.run, status, "".join(job.tail))
        if status:
            with contextlib.suppress(RunError):
                self.store.database.check()  # a file that this process still reads may be spoilt
        self._end(job.run, self._verdict(job, status))
        with self._lock:
            del self._jobs[job.run]
            del self._entries[job.run]
            self._pump()
            self._warm()
        job.over.set()

    def _verdict(self, job: Job, status: int) -> Event:
        """What to record if the worker recorded no end itself."""
        if job.stopping:
            return self._told(job.run).broken_off
        if self._closed:
            return Interrupted("the server ended")
        return Failed(cause(status, job.tail))

    def _told(self, run: str) -> History:
        """What a run told, as far as that can be read."""
        try:
            return self.histories(run)
        except RunError as error:
            log.error("what run %s told cannot be read: %s", run, error)  # noqa: TRY400
            return History()

    def _end(self, run: str, event: Event) -> None:
        """Record an end; where that is not possible now, keep it and try again later."""
        try:
            self.store.append(run, event)
        except RunError as error:
            log.error("the end of run %s cannot be recorded: %s", run, error)  # noqa: TRY400
            self._unsaved[run] = event

    def _tell(self, run: str, event: Event) -> None:
        """Record what happens to a run that waits for its images."""
        if isinstance(event, Failed):
            with self._lock:
                del self._entries[run]
            self._end(run, event)
            return
        with contextlib.suppress(RunError):
            self.store.append(run, event)

    def _save_ends(self) -> None:
        for run, event in list(self._unsaved.items()):
            with contextlib.suppress(RunError):
                self.store.append(run, event)
                self._unsaved.pop(run, None)

    def _send(self, run: str, command: str) -> None:
        with self._lock:
            job = self._jobs.get(run)
        if job is not None:
            send(job.process, command)

    def _purge(self) -> None:
        """Remove what was deleted long ago; a store that is busy is purged at another start."""
        try:
            self.store.purge(KEEP_DELETED)
        except RunError as error:
            log.warning("deleted runs are kept for now: %s", error)

    def _mark_interrupted(self) -> None:
        for record in self.store.list(statuses=(*WAITING, *ACTIVE), limit=10_000):
            if not is_alive(record.server):
                self._end(record.id, Interrupted("its server ended"))


def server_identity() -> str:
    """This process, told apart from later ones that bear its number."""
    own = psutil.Process()
    return f"{own.pid} {own.create_time()}"


def is_alive(identity: str) -> bool:
    """Whether the process that ``server_identity`` described still runs."""
    try:
        pid, born = identity.split()
        return psutil.Process(int(pid)).create_time() == float(born)
    except (ValueError, psutil.Error):
        return False


def _insist(job: Job) -> None:
    if job.over.wait(TERMINATE_AFTER):
        return
    job.process.terminate()
    if not job.over.wait(KILL_AFTER - TERMINATE_AFTER):
        job.process.kill()
