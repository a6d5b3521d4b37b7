"""The warm process of the instant races: requests on stdin, events on stdout, lines of JSON.

``python -m alfs_core.training.instant_worker`` is started by ``InstantRaces``. The end of stdin
means that the server is gone, and ends the process at once.
"""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import torch

from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import Event, Failed, to_json
from alfs_core.training.instant_race import Views, race
from alfs_core.training.worker import MEMORY, explain, limit_memory, lines


@dataclass(frozen=True, eq=False)
class Asked:
    """A race that was asked for, and what stops it."""

    number: int
    config: Any
    control: Control = field(default_factory=Control)


def main() -> None:
    """Run the races that stdin asks for, one after the other.

    Not as a nice process: somebody has just moved a slider, and it is over in seconds.
    """
    torch.set_num_threads(1)
    limit_memory(int(os.environ.get("ALFLAB_MEMORY", MEMORY)))
    asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(lines(0), asked), daemon=True).start()
    views = Views()
    while True:
        work(asked.get(), views)


def listen(received: Iterable[str], asked: "queue.SimpleQueue[Asked]") -> None:
    """Take in requests and stops; at the end of the lines end the process."""
    newest: Asked | None = None
    for line in received:
        message = json.loads(line)
        if "stop" not in message:
            newest = Asked(message["request"], message["config"])
            asked.put(newest)
        elif newest is not None and newest.number == message["stop"]:
            newest.control.stop()
    os._exit(0)


def work(asked: Asked, views: Views) -> None:
    """Run one race and tell its events; an error of any kind is told as Failed."""
    try:
        for event in race(RunConfig.from_json(asked.config), views, asked.control):
            tell(asked.number, event)
    except Exception as error:
        traceback.print_exc()
        tell(asked.number, Failed(explain(error)))


def tell(number: int, event: Event) -> None:
    """One line on stdout."""
    sys.stdout.write(json.dumps({"request": number, **to_json(event)}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
