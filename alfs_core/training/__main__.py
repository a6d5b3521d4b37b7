"""``python -m alfs_core.training --config run.json`` runs a race and prints its events."""

import argparse
import json
import sys
from pathlib import Path

from alfs_core.errors import AlfsError, RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Predictions, to_json
from alfs_core.training.loop import train


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON line for each event; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m alfs_core.training", description=__doc__)
    parser.add_argument("--config", type=Path, help="JSON file of settings; defaults without it")
    parser.add_argument("--predictions", action="store_true", help="print Predictions too")
    options = parser.parse_args(arguments)
    try:
        for event in train(read_config(options.config)):
            if options.predictions or not isinstance(event, Predictions):
                print(json.dumps(to_json(event)), flush=True)
    except AlfsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def read_config(path: Path | None) -> RunConfig:
    """The settings in a file; raises RunError where it is none."""
    if path is None:
        return RunConfig()
    try:
        return RunConfig.from_json(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise RunError(f"{path} holds no settings of a run: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
