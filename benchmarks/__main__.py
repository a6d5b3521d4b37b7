"""Every measurement in turn; each also runs alone, and says how at its top.

    python -m benchmarks
    python -m benchmarks --real images.zip    also on photographs, a file below ALFLAB_DATA
    python -m benchmarks --long               also twenty viewers for ten minutes, and a million
                                              generated formulas

Half an hour on two quiet cores, with both options one and a half. Ends with status 1 where one of
them missed a goal. ``gpu`` and ``headline`` run alone: the first needs a CUDA device, the second a
file of human labels.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
SHORT = (
    ("start",),
    ("pages",),
    ("theory",),
    ("facts",),
    ("race",),
    ("instant",),
    ("instant", "--accuracy"),
    ("throughput",),
)
REAL = (("race",), ("instant",), ("instant", "--accuracy"))
LONG = (("soak",), ("formula_fuzz",))


def measurements(real: str | None, long: bool) -> list[tuple[str, ...]]:
    """The modules to run, with their options."""
    on_photographs = [(*one, "--real", real) for one in REAL] if real else []
    return [*SHORT, *on_photographs, *(LONG if long else ())]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", metavar="FILE", help="an archive below ALFLAB_DATA")
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    missed = []
    for name, *rest in measurements(options.real, options.long):
        print(f"\n== {' '.join((name, *rest))}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *rest]
        if subprocess.run(command, cwd=FOLDER.parent, check=False).returncode:
            missed.append(" ".join((name, *rest)))
    print(f"\nmissed a goal: {', '.join(missed)}" if missed else "\nevery goal was reached")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
