"""``python -m alfs_core.training --config run.json`` runs a race and prints what happens.

The file holds settings, or a run as the lab exports it: the race that was run is run again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from alfs_core.errors import AlfsError, RunError
from alfs_core.training.config import RunConfig
from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Epoch,
    Event,
    Finished,
    Loading,
    LossStopped,
    Notice,
    Predictions,
    Progress,
    Started,
    to_json,
)
from alfs_core.training.foreign import read_settings
from alfs_core.training.loop import train
from alfs_core.wording import percent


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each event; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m alfs_core.training", description=__doc__)
    parser.add_argument(
        "--config", type=Path, help="JSON file of settings or of an exported run; else defaults"
    )
    parser.add_argument("--json", action="store_true", help="print events as lines of JSON")
    parser.add_argument(
        "--all", action="store_true", help="with --json, print predictions and pictures too"
    )
    options = parser.parse_args(arguments)
    try:
        config = read_config(options.config)
        for event in train(config):
            for line in _json(event, options.all) if options.json else plain(event, config):
                print(line, flush=True)
    except AlfsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def read_config(path: Path | None) -> RunConfig:
    """The settings in a file; raises RunError where it holds none."""
    if path is None:
        return RunConfig()
    try:
        return read_settings(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error


def _json(event: Event, all_of_them: bool) -> Iterator[str]:
    if all_of_them or not isinstance(event, Predictions | Confusion | Contradicted):
        yield json.dumps(to_json(event))


def plain(event: Event, config: RunConfig) -> Iterator[str]:
    """An event in lines for a reader; none where it says little."""
    names = [loss.label for loss in config.losses]
    match event:
        case Loading():
            yield ": ".join(filter(None, (event.what, event.amount)))
        case Notice():
            yield event.text
        case Started():
            yield (
                f"{event.data_name}: {event.images:,} training images, "
                f"{percent(event.noise_rate, 1)} of the labels wrong, {event.test_images:,} test "
                f"images; seed {config.seed}, {event.epochs} epochs, {event.device}"
            )
        case Progress():
            yield (
                f"epoch {event.epoch:3}  {names[event.loss]:24} step {event.step}, loss "
                f"{event.train_loss:.4g}, {event.seconds_left:.0f} s left"
            )
        case Epoch():
            yield f"epoch {event.epoch:3g}  {names[event.loss]:24} {_shares(event)}"
        case LossStopped():
            yield f"{names[event.loss]} left the race: {event.reason}"
        case Finished():
            yield f"{event.reason} after {event.seconds:.1f} s"
            for row in event.results:
                yield (
                    f"{names[row.loss]:24} best {percent(row.best_accuracy, 1)} at epoch "
                    f"{row.best_epoch:g}, final {percent(row.final_accuracy, 1)}"
                )


def _shares(event: Epoch) -> str:
    """Shares of an evaluation, those that there are."""
    told = {
        "test": event.test_accuracy,
        "all test images": event.whole_accuracy,
        "right labels": event.clean_fit,
        "wrong labels": event.wrong_fit,
        "of the gradient from wrong labels": event.wrong_gradient,
    }
    return ", ".join(
        f"{name} {percent(share, 1)}" for name, share in told.items() if share is not None
    )


if __name__ == "__main__":
    sys.exit(main())
