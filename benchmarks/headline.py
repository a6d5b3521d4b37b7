"""Nine losses on real photographs with wrong labels, as the README shows them.

    python -m benchmarks.headline --real cifar10-images.zip --human cifar10n.npz

Both files lie below ALFLAB_DATA. Prints a table in Markdown: percent, mean ± deviation over all
seeds. A finished race is kept below --out and not run again; --picture draws the curves of all.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

from alfs_core.data import DataSource
from alfs_core.losses import LossSpec
from alfs_core.losses.presets import PRESETS
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RECIPES, RunConfig
from alfs_core.training.events import Epoch, LossStopped
from alfs_core.training.loop import train

NINE = ("CE", "MAE", "GCE", "AGCE", "AUL", "AEL", "NCE+RCE", "NCE+AGCE", "JAL-CE")
TOGETHER = 5  # losses of one race; races of one seed share weights, batches and wrong labels


@dataclass(frozen=True)
class Case:
    """One kind of wrong labels and the seeds it is run with."""

    key: str
    title: str
    noise: LabelNoise
    seeds: int


def cases() -> tuple[Case, ...]:
    """The rows of the table."""
    return (
        Case("symmetric-40", "symmetric 40 %", LabelNoise("symmetric", 0.4), 3),
        Case("symmetric-60", "symmetric 60 %", LabelNoise("symmetric", 0.6), 3),
    )


def loss(name: str) -> LossSpec:
    """A loss with the published parameters for CIFAR-10."""
    preset = PRESETS.get(name, {}).get("CIFAR-10")
    return LossSpec.of(name, **(preset.values if preset else {}))


def configs(case: Case, real: str, seed: int) -> Iterator[RunConfig]:
    """The races that together hold all nine losses."""
    for start in range(0, len(NINE), TOGETHER):
        yield RunConfig(
            source=DataSource("local", real),
            noise=case.noise,
            losses=tuple(map(loss, NINE[start : start + TOGETHER])),
            seed=seed,
            device="cpu",
            **RECIPES["air_3"] | {"model": "air_3"},
        )


def history(config: RunConfig) -> dict[str, list[dict[str, float]]]:
    """What each loss told after each epoch."""
    told: dict[str, list[dict[str, float]]] = {spec.name: [] for spec in config.losses}
    for event in train(config):
        if isinstance(event, Epoch):
            told[config.losses[event.loss].name].append(asdict(event))
        if isinstance(event, LossStopped):
            raise SystemExit(f"{config.losses[event.loss].name} left the race: {event.reason}")
    return told


def finished(case: Case, real: str, seed: int, out: Path) -> dict[str, list[dict[str, float]]]:
    """The histories of all nine losses, from the file of an earlier time where there is one."""
    file = out / f"{case.key}-{seed}.json"
    if not file.exists():
        told: dict[str, list[dict[str, float]]] = {}
        for config in configs(case, real, seed):
            told |= history(config)
        file.write_text(json.dumps(told), "utf-8")
        print(f"{case.title}, seed {seed}: done", flush=True)
    return json.loads(file.read_text("utf-8"))


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation in percent."""
    return f"{100 * mean(values):.1f} ± {100 * stdev(values):.1f}"


def row(name: str, races: Sequence[dict[str, list[dict[str, float]]]]) -> str:
    """Best and final accuracy and the share of wrong labels reproduced, over the seeds."""
    told = [race[name] for race in races]
    best = [max(epoch["test_accuracy"] for epoch in epochs) for epochs in told]
    final = [epochs[-1]["test_accuracy"] for epochs in told]
    wrong = [epochs[-1]["wrong_fit"] for epochs in told]
    return f"| {name} | {spread(best)} | {spread(final)} | {spread(wrong)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", required=True, help="an archive below ALFLAB_DATA")
    parser.add_argument("--out", type=Path, default=Path("build/headline"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for case in cases():
        races = [finished(case, options.real, seed, options.out) for seed in range(case.seeds)]
        print(f"\n{case.title}, n = {case.seeds}\n")
        print("| loss | best | final | wrong labels reproduced |\n|---|---|---|---|")
        print(*(row(name, races) for name in NINE), sep="\n")


if __name__ == "__main__":
    main()
