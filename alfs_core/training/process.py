"""Processes of this program that compute apart from the server."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

QUIET = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TAIL = 200  # lines of a process's stderr that are kept

Process = subprocess.Popen[str]


def launch(command: Sequence[str], stdout: int = subprocess.DEVNULL) -> Process:
    """Start a process with pipes for stdin and stderr, in a group of its own.

    Threads that wait for each other must not spin: on a loaded machine that costs most of it.
    """
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        bufsize=1,
        cwd=Path(__file__).parents[2],
        env=os.environ | QUIET,
        start_new_session=True,
    )


def send(process: Process, line: str) -> None:
    """Write a line to a process; one that has ended already is told nothing."""
    if process.stdin is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(f"{line}\n")
            process.stdin.flush()


def close_stdin(process: Process) -> None:
    """Tell a process that nobody speaks to it any more."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def discard(process: Process) -> None:
    """End a process that does nothing that matters, and wait for it."""
    close_stdin(process)
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def read_tail(stream: IO[str], tail: deque[str]) -> None:
    """Read to the end, keeping the last lines; a line of any length is bounded too."""
    while line := stream.readline(2000):
        if line.strip():
            tail.append(line)


def cause(status: int, tail: Sequence[str]) -> str:
    """Why a process ended, in words, from its exit status and its last lines."""
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    last = tail[-1].strip() if tail else "it left no message"
    return f"its process ended with status {status}: {last}"[:1000]
