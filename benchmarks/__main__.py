"""Every measurement in turn; each also runs alone, and says how at its top.

    python -m benchmarks

About half an hour on two quiet cores. Ends with status 1 where one of them missed a goal.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
MEASUREMENTS = (
    ("start",),
    ("pages",),
    ("theory",),
    ("facts",),
    ("race",),
    ("instant",),
    ("throughput",),
)


def main() -> int:
    missed = []
    for name, *options in MEASUREMENTS:
        print(f"\n== {' '.join((name, *options))}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *options]
        if subprocess.run(command, cwd=FOLDER.parent, check=False).returncode:
            missed.append(" ".join((name, *options)))
    print(f"\nmissed a goal: {', '.join(missed)}" if missed else "\nevery goal was reached")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
