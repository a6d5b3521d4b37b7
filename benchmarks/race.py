"""The race, measured: does the effect appear, how fast, and is it the same for every seed?

    python -m benchmarks.race                      Shapes-10, symmetric 40 %, CE against AGCE, and
                                                   one race of CE on clean labels
    python -m benchmarks.race --real images.zip    a file below ALFLAB_DATA, symmetric 60 %

Prints a row for each loss and seed, means, and each goal with what was measured. Exits with 1
where a goal is missed. Accuracy is on all test images of the subset, in percent; *wrong fit* is
the share of wrongly labelled training images predicted as they were labelled.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean

from alfs_core.data import DataSource
from alfs_core.losses import LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Finished, Result
from alfs_core.training.loop import train
from benchmarks.goals import Goal, at_least, at_most


@dataclass(frozen=True)
class Race:
    """One finished race; ``seconds`` are of training, ``cpu_seconds`` of everything."""

    seed: int
    seconds: float
    cpu_seconds: float
    first_point: float
    images_per_second: float
    results: dict[str, Result]


def race(config: RunConfig) -> Race:
    """Run one race to its end."""
    began, cpu, first = time.monotonic(), time.process_time(), 0.0
    for event in train(config):
        if isinstance(event, Epoch) and not first:
            first = time.monotonic() - began
        if isinstance(event, Finished):
            end = event
    names = [spec.name for spec in config.losses]
    rows = {names[result.loss]: result for result in end.results}
    cpu = time.process_time() - cpu
    return Race(config.seed, end.seconds, cpu, first, end.images_per_second, rows)


def table(races: Sequence[Race]) -> None:
    """A row for each loss and seed, then the means."""
    print(f"{'loss':12} {'seed':>5} {'best':>6} {'@':>3} {'final':>6} {'clean':>6} {'wrong':>6}")
    for name in races[0].results:
        rows = [(str(one.seed), one.results[name]) for one in races]
        for seed, row in rows:
            best = f"{100 * row.best_accuracy:6.1f} {row.best_epoch:3d}"
            print(f"{name:12} {seed:>5} {best} {_fits(row)}")
        print(f"{name:12} {'mean':>5} {mean(_best(races, name)):6.1f}     {_means(races, name)}")


def tell(one: Race) -> Race:
    """Print how long a race took, as soon as it is over."""
    print(
        f"seed {one.seed}: {one.seconds:.0f} s of training, first point after "
        f"{one.first_point:.1f} s, {one.images_per_second:,.0f} images/s, "
        f"{one.cpu_seconds:.0f} core-seconds",
        flush=True,
    )
    return one


def _fits(row: Result) -> str:
    return " ".join(
        f"{100 * (share or 0.0):6.1f}"
        for share in (row.final_accuracy, row.clean_fit, row.wrong_fit)
    )


def _means(races: Sequence[Race], name: str) -> str:
    columns = (_final(races, name), _clean(races, name), _wrong(races, name))
    return " ".join(f"{mean(column):6.1f}" for column in columns)


def _best(races: Sequence[Race], name: str) -> list[float]:
    return [100 * one.results[name].best_accuracy for one in races]


def _final(races: Sequence[Race], name: str) -> list[float]:
    return [100 * one.results[name].final_accuracy for one in races]


def _clean(races: Sequence[Race], name: str) -> list[float]:
    return [100 * (one.results[name].clean_fit or 0.0) for one in races]


def _wrong(races: Sequence[Race], name: str) -> list[float]:
    return [100 * (one.results[name].wrong_fit or 0.0) for one in races]


def gap(races: Sequence[Race], name: str) -> float:
    """The smallest lead of a loss over CE at the end, in points."""
    lead = zip(_final(races, name), _final(races, "CE"), strict=True)
    return min(ahead - behind for ahead, behind in lead)


def real_goals(races: Sequence[Race]) -> list[Goal]:
    """What symmetric noise of 60 % does on photographs, in the worst seed."""
    fall = min(
        best - final for best, final in zip(_best(races, "CE"), _final(races, "CE"), strict=True)
    )
    return [
        at_least("CE reproduces wrong labels, %", min(_wrong(races, "CE")), 65),
        at_most("AGCE reproduces wrong labels, %", max(_wrong(races, "AGCE")), 45),
        at_most("JAL-CE reproduces wrong labels, %", max(_wrong(races, "JAL-CE")), 45),
        at_least("AGCE ends above CE, points", gap(races, "AGCE"), 10),
        at_least("CE falls from its best, points", fall, 5),
    ]


def shapes_goals(races: Sequence[Race]) -> list[Goal]:
    """What symmetric noise of 40 % does on Shapes-10, in the worst seed."""
    return [at_least("AGCE ends above CE, points", gap(races, "AGCE"), 12)]


def clean_goals(config: RunConfig) -> list[Goal]:
    """What CE learns of Shapes-10 without wrong labels: neither too easy nor too hard."""
    clean = replace(config, noise=LabelNoise("none", 0.0), losses=(LossSpec.of("CE"),))
    print("clean labels")
    (final,) = _final([tell(race(clean))], "CE")
    return [
        at_least("clean labels: CE ends at, %", final, 80),
        at_most("clean labels: CE ends at, %", final, 93),
    ]


def main() -> int:
    """Measure what the options ask for; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", metavar="FILE", help="an archive below ALFLAB_DATA")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=10_000)
    options = parser.parse_args()
    names = ("CE", "GCE", "AGCE", "JAL-CE") if options.real else ("CE", "AGCE")
    config = RunConfig.of(
        "air_3",
        source=DataSource("local", options.real) if options.real else DataSource(),
        noise=LabelNoise("symmetric", 0.6 if options.real else 0.4),
        losses=tuple(LossSpec.of(name) for name in names),
        images=options.images,
        device="cpu",
    )
    races = [tell(race(config.with_seed(seed))) for seed in range(options.seeds)]
    table(races)
    goals = real_goals(races) if options.real else shapes_goals(races) + clean_goals(config)
    print(*goals, sep="\n")
    return 0 if all(goal.reached for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
