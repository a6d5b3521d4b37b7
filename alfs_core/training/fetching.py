"""The images of a run that are not on this machine yet, fetched before it is its turn."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

from alfs_core.data import DataSource, download, downloaded
from alfs_core.data.checksum import ARCHIVES
from alfs_core.training.control import Control
from alfs_core.training.events import Event, Loading, Notice

REPORT_SECONDS = 0.5  # between two Loading events
WINDOW = 15.0  # seconds over which a rate is measured
SOONEST = 1.0  # seconds before which none is told


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


def fetch(source: DataSource, control: Control) -> Iterator[Event]:
    """Download an official archive that is not there yet; a pause leaves it to who else waits."""
    while source.kind == "official" and downloaded(source.path) is None:
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
