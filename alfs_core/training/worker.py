"""One run in its own process: settings from the run store, events into it, commands from stdin.

``python -m alfs_core.training.worker --store runs.sqlite --run ID``. Lines on stdin are ``pause``,
``resume`` and ``stop``; the end of stdin means that the server is gone, and ends the run.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from alfs_core.errors import AlfsError, RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import Event, Failed, Finished, Interrupted, Paused, Resumed
from alfs_core.training.loop import train
from alfs_core.training.machine import choose_device, settle
from alfs_core.training.store import RunStore

ORPHANED = "the server ended"
GRACE = 5.0  # seconds an orphan has to come to its next step
NICENESS = 10
MEMORY = 12_000  # megabytes that a worker on the CPU may use; ALFLAB_MEMORY sets another limit


def main(arguments: list[str] | None = None) -> int:
    """Run the run and return the exit status: 0 where its end was recorded."""
    parser = argparse.ArgumentParser(prog="python -m alfs_core.training.worker")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--run", help="without it the first line on stdin names the run")
    options = parser.parse_args(arguments)
    commands = lines(0)
    if options.run is None:
        with contextlib.suppress(AlfsError):
            settle(choose_device("auto"))  # drivers take seconds to wake up
    run = options.run or next(commands, None)
    if run is None:
        return 0
    store, control = RunStore(options.store), Control()
    signal.signal(signal.SIGTERM, lambda *_: control.stop())
    listener = threading.Thread(target=listen, args=(commands, control, store, run), daemon=True)
    listener.start()
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    return work(store, run, control)


def lines(descriptor: int) -> Iterator[str]:
    """Lines of a file descriptor; unbuffered, since a daemon thread blocks in here at exit."""
    rest = b""
    while chunk := os.read(descriptor, 4096):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace").strip() for line in whole)


def listen(commands: Iterable[str], control: Control, store: RunStore, run: str) -> None:
    """Obey the lines of ``commands``; at their end stop, by force if need be."""
    actions = {"pause": control.pause, "resume": control.resume, "stop": control.stop}
    for line in commands:
        actions.get(line, lambda: None)()
        tell_standing(store, run, control)
    control.stop(ORPHANED)
    threading.Event().wait(GRACE)
    with contextlib.suppress(AlfsError):
        store.append(run, Interrupted(ORPHANED))
    os._exit(1)


def tell_standing(store: RunStore, run: str, control: Control) -> None:
    """Let the record say whether the run stands still; what cannot be written now is written at
    the next command."""
    with contextlib.suppress(AlfsError):
        if control.paused != (store.get(run).status == "paused"):
            store.append(run, Paused() if control.paused else Resumed())


def work(store: RunStore, run: str, control: Control) -> int:
    """Train and record every event; an error of any kind is recorded as Failed."""
    try:
        config = settings(store, run)
        if choose_device(config.device).type == "cpu":
            limit_memory(int(os.environ.get("ALFLAB_MEMORY", MEMORY)))
        for event in train(config, control):
            if not store.append(run, final(event)):
                control.stop("its end was recorded already")
    except Exception as error:
        traceback.print_exc()
        return record_failure(store, run, error)
    return 0


def settings(store: RunStore, run: str) -> RunConfig:
    """The settings of the run; raises RunError where they cannot be read."""
    config = store.get(run).config
    if config is None:
        raise RunError("its settings were written by another version of the program")
    return config


def final(event: Event) -> Event:
    """The event itself, or Interrupted where the run ended because the server did."""
    orphaned = isinstance(event, Finished) and event.reason == ORPHANED
    return Interrupted(ORPHANED) if orphaned else event


def record_failure(store: RunStore, run: str, error: Exception) -> int:
    """Enter the end of a run by an error; 1 where even that is not possible."""
    try:
        store.append(run, Failed(explain(error)))
    except AlfsError as second:
        print(f"{type(second).__name__}: {second}", file=sys.stderr)
        return 1
    return 0


def explain(error: Exception) -> str:
    """An error in one sentence for the page."""
    if isinstance(error, AlfsError):
        return str(error)
    text = str(error).split("\n", 1)[0]
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text:
        return "there is not enough memory: choose fewer images, a smaller batch or a smaller model"
    return f"{type(error).__name__}: {text}"


def limit_memory(megabytes: int) -> None:
    """Bound this process's memory, where the system can: an error here beats a dead machine."""
    try:
        import resource
    except ImportError:  # Windows
        return
    size = megabytes * 1_000_000
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size, hard))


if __name__ == "__main__":
    sys.exit(main())
