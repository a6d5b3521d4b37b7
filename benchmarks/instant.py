"""The instant race, measured: what nine losses cost beside one loss of the network race.

    python -m benchmarks.instant                       Shapes-10
    python -m benchmarks.instant --real images.zip     a file below ALFLAB_DATA
    python -m benchmarks.instant --accuracy            what both heads show at 60 %, seeds 0 to 2

One thread, 10,000 images; the races take turns, and processor time counts. Then the way of a moved
slider through the warm process: from the question until all five epochs of nine losses are told.
Exits with 1 where a goal is missed.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import mean, median

import psutil
import torch

from alfs_core.data import DataSource
from alfs_core.losses import LossSpec
from alfs_core.losses.presets import COMPARISON
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import Event, Loading, Round
from alfs_core.training.instant import InstantRaces
from alfs_core.training.instant_race import Views, race
from alfs_core.training.loop import train
from alfs_core.training.recipe import ModelName
from benchmarks.goals import Goal, at_least, at_most

NOISE = LabelNoise("symmetric", 0.6)
ROUNDS = 3


def probe(source: DataSource, model: ModelName = "probe", **changed: object) -> RunConfig:
    """Nine losses by the recipe of the instant race."""
    sizes = {"test_images": 2_000} | changed
    return RunConfig.of(model, source=source, noise=NOISE, losses=COMPARISON, **sizes)


def cpu(events: Iterator[Event]) -> float:
    """Processor seconds from the first event that is not Loading to the last."""
    began = None
    for event in events:
        if began is None and not isinstance(event, Loading):
            began = time.process_time()
    assert began is not None
    return time.process_time() - began


def speed_goals(source: DataSource) -> list[Goal]:
    """Goal: nine losses for 20 epochs take at most 0.35 of one network loss."""
    views = Views()
    one = RunConfig(source=source, noise=NOISE, losses=(LossSpec.of("CE"),), device="cpu")
    first = time.process_time()
    list(race(probe(source, epochs=1), views, Control()))
    print(f"data, features and one epoch: {time.process_time() - first:.1f} core-seconds")
    ratios = []
    for _ in range(ROUNDS):
        nine = cpu(race(probe(source), views, Control()))
        network = cpu(train(one))
        ratios.append(nine / network)
        print(f"nine heads {nine:.2f}, one network {network:.2f} core-seconds", flush=True)
    text = "nine heads x 20 epochs, of one network loss, %"
    return [at_most(text, 100 * median(ratios), 35)]


def redraw_goals(source: DataSource) -> list[Goal]:
    """Goal: a moved noise rate redraws five epochs of nine losses in about two seconds.

    They are seconds of the clock on two quiet cores; the processor's own tell of a busy machine.
    """
    races, config = InstantRaces(), probe(source, epochs=5)
    try:
        warm = _seconds(races, config)
        rates = [0.1, 0.2, 0.3, 0.5, 0.7]
        before = _worker_cpu(races)
        moved = [replace(config, noise=LabelNoise("symmetric", rate)) for rate in rates]
        seconds = [_seconds(races, other) for other in moved]
        work = (_worker_cpu(races) - before) / len(rates)
    finally:
        races.close()
    print(f"the first race, process and features included: {warm:.1f} s")
    print("redraws:", ", ".join(f"{x:.2f} s" for x in seconds), f"({work:.2f} core-seconds each)")
    return [
        at_most("seconds of a redraw", median(seconds), 2.5),
        at_most("core-seconds of a redraw", work, 2.5),
    ]


def _worker_cpu(races: InstantRaces) -> float:
    times = psutil.Process(races.pid).cpu_times()
    return times.user + times.system


def _seconds(races: InstantRaces, config: RunConfig) -> float:
    began = time.monotonic()
    while not races.ask("bench", config).over:
        time.sleep(0.01)
    last = races.ask("bench", config)
    if last.status != "finished":
        raise SystemExit(last.reason)
    return time.monotonic() - began


def accuracy_goals(source: DataSource) -> list[Goal]:
    """What linear heads and heads with a hidden layer show, means over the seeds 0 to 2."""
    linear = _table("linear, 10,000 images", [probe(source, seed=seed) for seed in range(3)])
    hidden = [probe(source, "probe_128", seed=seed, images=5_000) for seed in range(3)]
    memorising = _table("hidden layer, 5,000 images", hidden)
    lead = _final(linear, "AGCE") - _final(linear, "CE")
    return [
        at_least("linear: AGCE ends above CE, points", lead, 5),
        at_least("hidden: CE reproduces wrong labels, %", _wrong(memorising, "CE"), 60),
    ]


def _table(title: str, configs: Sequence[RunConfig]) -> list[tuple[Round, ...]]:
    views, found = Views(), []
    for config in configs:
        told = race(config, views, Control())
        found.append(tuple(event for event in told if isinstance(event, Round)))
    print(f"\n{title}\n{'loss':10} {'best':>6} {'final':>6} {'clean':>6} {'wrong':>6}")
    for place, spec in enumerate(COMPARISON):
        best = mean(max(100 * r.test_accuracy[place] for r in rounds) for rounds in found)
        columns = (
            best,
            _final(found, spec.name),
            _clean(found, spec.name),
            _wrong(found, spec.name),
        )
        print(f"{spec.name:10}", *(f"{value:6.1f}" for value in columns))
    return found


def _final(found: Sequence[Sequence[Round]], name: str) -> float:
    return mean(100 * rounds[-1].test_accuracy[_place(name)] for rounds in found)


def _clean(found: Sequence[Sequence[Round]], name: str) -> float:
    return mean(100 * rounds[-1].clean_fit[_place(name)] for rounds in found)


def _wrong(found: Sequence[Sequence[Round]], name: str) -> float:
    return mean(100 * rounds[-1].wrong_fit[_place(name)] for rounds in found)


def _place(name: str) -> int:
    return [spec.name for spec in COMPARISON].index(name)


def main() -> int:
    """Measure what the options ask for; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", metavar="FILE", help="an archive below ALFLAB_DATA")
    parser.add_argument("--accuracy", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    source = DataSource("local", options.real) if options.real else DataSource()
    if options.accuracy:
        goals = accuracy_goals(source)
    else:
        goals = [*speed_goals(source), *redraw_goals(source)]
    print(*goals, sep="\n")
    return 0 if all(goal.reached for goal in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
