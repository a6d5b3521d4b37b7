"""Which devices there are, for a process that does not import torch: it asks one that does."""

import json
import logging
import math
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0  # seconds in which drivers may wake up

log = logging.getLogger(__name__)


def threads(losses: int) -> int:
    """Threads that train on the CPU: one for each loss, but a core is left to the server where
    there are more than two."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(losses, cores if cores <= 2 else cores - 1))


def at_once(losses: int, workers: int) -> float:
    """How many losses train at the same time, on average over a race where each takes as long.

    >>> at_once(1, 2), at_once(3, 2), at_once(4, 2)
    (1.0, 1.5, 2.0)
    """
    return losses / math.ceil(losses / workers)


@dataclass(frozen=True)
class Device:
    """A device by the name that settings use, and its title."""

    name: str
    title: str


class DeviceList:
    """The devices of this machine, asked for once, in the background.

    ``known`` holds only the CPU until the answer is there, and for good where none comes.
    """

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", "alfs_core.training.machine")
    ) -> None:
        self.known: tuple[Device, ...] = (Device("cpu", "CPU"),)
        self._command = list(command)
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> tuple[Device, ...]:
        """``known``, after waiting for the answer for at most that long."""
        self._thread.join(seconds)
        return self.known

    def _ask(self) -> None:
        try:
            asked = subprocess.run(
                self._command,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
                cwd=Path(__file__).parents[2],
            )
            self.known = tuple(Device(**found) for found in json.loads(asked.stdout)) or self.known
        except (OSError, subprocess.SubprocessError, ValueError, TypeError) as error:
            log.warning("the devices of this machine cannot be listed: %s", error)
