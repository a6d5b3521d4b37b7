"""The images of a run that are not on this machine yet, fetched before it is its turn."""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from alfs_core.data import DataSource, download, downloaded
from alfs_core.data.checksum import ARCHIVES
from alfs_core.errors import AlfsError
from alfs_core.training.control import Control, Stop
from alfs_core.training.events import Event, Failed, Loading, Notice

REPORT_SECONDS = 0.5  # between two Loading events
WINDOW = 15.0  # seconds over which a rate is measured
SOONEST = 1.0  # seconds before which none is told

log = logging.getLogger(__name__)


class Pace:
    """How fast something grows: the mean over the last WINDOW seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def __call__(self, done: int) -> float | None:
        """Units per second now that ``done`` are there; None where that is not known yet."""
        now = self._clock()
        if self._marks and done < self._marks[-1][1]:
            self._marks.clear()  # it began anew
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= WINDOW:
            self._marks.popleft()
        began, before = self._marks[0]
        return (done - before) / (now - began) if now - began >= SOONEST else None


def is_missing(source: DataSource) -> bool:
    """Whether the images have to be downloaded first."""
    return source.kind == "official" and downloaded(source.path) is None


def fetch(source: DataSource, control: Control) -> Iterator[Event]:
    """Download an official archive that is not there yet; a pause leaves it to who else waits."""
    while is_missing(source):
        with closing(download(source.path)) as steps:
            yield from _telling(source.path, steps, control)
        control.checkpoint()


def _telling(file: str, steps: Iterator[int | str], control: Control) -> Iterator[Event]:
    """What a download says, as events, until it is done or the run is to stand still."""
    total, pace, told = ARCHIVES[file].size, Pace(), -math.inf
    for step in steps:
        if control.paused or control.stopped:
            return
        if isinstance(step, str):
            yield Notice(step)
        elif time.monotonic() - told > REPORT_SECONDS or step == total:
            told = time.monotonic()
            yield Loading(f"downloading {file}", step, total, "bytes", pace(step))


@dataclass(eq=False)
class Download:
    """An archive that is being fetched, and the runs that wait for it, first come first."""

    source: DataSource
    control: Control = field(default_factory=Control)
    runs: list[str] = field(default_factory=list)


class Downloads:
    """Runs that wait for their images, each archive fetched in a thread of its own.

    ``tell`` hears what happens to a run, its failure too. ``ready`` is called, with ``lock`` held,
    for each run whose images are there: under that lock a run waits here or has left.
    """

    def __init__(
        self,
        lock: threading.RLock,
        tell: Callable[[str, Event], None],
        ready: Callable[[str], None],
    ) -> None:
        self._lock, self._tell, self._ready = lock, tell, ready
        self._files: dict[str, Download] = {}

    @property
    def runs(self) -> tuple[str, ...]:
        """Runs that wait here."""
        with self._lock:
            return tuple(run for download in self._files.values() for run in download.runs)

    def enter(self, run: str, source: DataSource) -> None:
        """Let a run wait until its images are there."""
        with self._lock:
            download = self._files.get(source.path)
            if download is None:
                download = self._files[source.path] = Download(source)
                threading.Thread(target=self._fetch, args=(download,), daemon=True).start()
            download.runs.append(run)

    def leave(self, run: str) -> bool:
        """Let a run wait no more, and the download end that nobody waits for; False where it did
        not wait."""
        with self._lock:
            for file, download in self._files.items():
                if run in download.runs:
                    download.runs.remove(run)
                    if not download.runs:
                        download.control.stop()
                        del self._files[file]
                    return True
        return False

    def _fetch(self, download: Download) -> None:
        try:
            for event in fetch(download.source, download.control):
                for run in tuple(download.runs):
                    self._tell(run, event)
        except Stop:
            return
        except Exception as error:
            if not isinstance(error, AlfsError):
                log.exception("the download of %s failed", download.source.path)
            for run in self._dismissed(download):
                self._tell(run, Failed(str(error)))
            return
        with self._lock:
            for run in self._dismissed(download):
                self._ready(run)

    def _dismissed(self, download: Download) -> list[str]:
        """The runs of a download that is over."""
        with self._lock:
            if self._files.get(download.source.path) is download:
                del self._files[download.source.path]
            return download.runs
