"""What a CUDA device does: how fast it learns, and how much a recorded step gains.

    python -m benchmarks.gpu                      Shapes-10 in the place of photographs
    python -m benchmarks.gpu --real FILE          an archive below ALFLAB_DATA, such as CIFAR-10
    python -m benchmarks.gpu --device cuda:1
    python -m benchmarks.gpu --protocol           also one loss of the papers' protocol, 120 epochs

1. Seconds of training until 90 and 94 % of clean test images are predicted rightly, by the wide
   network on clean labels with crops and flips.
2. A race of six losses on symmetric noise of 60 %, from its first step to its end.
3. One loss of the papers' protocol: the 8-layer network, 120 epochs, batches of 128.
4. Images per second and operations per second, step by step and as a recorded graph.

Says so and does nothing where there is no CUDA device. Exits with 1 where a goal is missed.
"""

import argparse
import sys
from collections.abc import Sequence
from statistics import median

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from alfs_core.data import Dataset, DataSource, load
from alfs_core.losses import CE, LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.augmentation import draw, moved
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Event, Finished, Notice, Started
from alfs_core.training.loop import train
from alfs_core.training.machine import describe, settle
from alfs_core.training.model import build
from alfs_core.training.recipe import RECIPES, ModelName
from alfs_core.training.trainer import Trainer, record_graph
from benchmarks.goals import Goal, at_least, at_most

SIX = ("CE", "GCE", "MAE", "AGCE", "NCE+RCE", "JAL-CE")
CLEAN = LabelNoise("none", 0.0)
NETWORKS: tuple[ModelName, ...] = ("air_3", "cnn_8", "air_wide", "resnet_34")
STEPS = 100
MATRIX = 8_192


def main() -> int:
    """Measure what the options ask for; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", metavar="FILE", help="an archive below ALFLAB_DATA")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--protocol", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured.")
        return 0
    source = DataSource("local", options.real) if options.real else DataSource()
    device = torch.device(options.device)
    settle(device)
    print(f"{describe(device)}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    goals = [
        *step_goals(load(source, 10_000, 10, 0), device, options.rounds),
        *clean_goals(source, options.device),
        *race_goals(source, options.device),
        *(protocol_goals(source, options.device) if options.protocol else ()),
    ]
    print(*goals, sep="\n")
    return 0 if all(goal.reached for goal in goals) else 1


def step_goals(data: Dataset, device: torch.device, rounds: int) -> list[Goal]:
    """Each network step by step and recorded, in turn, beside the device's matrix product."""
    goals = []
    for name in NETWORKS:
        eager, graph = (trainer(name, data, device, record) for record in (False, True))
        rates = [(rate(*eager), rate(*graph)) for _ in range(rounds)]
        peak = median(product_rate(device, RECIPES[name].precision) for _ in range(rounds))
        fast = median(recorded for _, recorded in rates)
        gain = median(recorded / single for single, recorded in rates)
        share = 100 * fast * operations(name, data) / peak
        print(
            f"{name}: {fast:,.0f} images/s recorded, {gain:.2f} times step by step; "
            f"{share:.0f} % of {peak / 1e12:,.0f} TFLOP/s of a matrix product"
        )
        if name == "cnn_8":
            goals.append(at_least("8 layers, recorded, times step by step,", gain, 3))
    return goals


def trainer(
    name: ModelName, data: Dataset, device: torch.device, record: bool
) -> tuple[Trainer, Sequence[Tensor]]:
    """A network on the device, and the batches of an epoch."""
    recipe = RECIPES[name]
    host = torch.from_numpy(data.x_train)
    images, labels = host.to(device), torch.from_numpy(data.y_train).to(device)
    net = build(name, host, data.num_classes, torch.Generator().manual_seed(0)).to(device).train()

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        return moved(images, rows), labels[rows[:, 0]]

    used = len(host) // recipe.batch * recipe.batch
    rows = draw(len(host), used, recipe.augmentation, torch.Generator().manual_seed(0))
    recorder = record_graph if record else None
    one = Trainer(net, CE(), 0.2, recipe, 1_000_000, read, recorder)
    return one, rows.to(device).split(recipe.batch)


def rate(one: Trainer, batches: Sequence[Tensor]) -> float:
    """Images per second of the device's clock, after some steps to warm up."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    for step in range(10):
        one(batches[step % len(batches)])
    start.record()
    for step in range(STEPS):
        one(batches[step % len(batches)])
    end.record()
    end.synchronize()
    return STEPS * len(batches[0]) / (start.elapsed_time(end) / 1_000)


def product_rate(device: torch.device, precision: str) -> float:
    """Operations per second of a product of two matrices in the precision of a recipe."""
    dtype = torch.bfloat16 if precision == "half" else torch.float32
    a, b = torch.randn(2, MATRIX, MATRIX, device=device, dtype=dtype)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    a @ b
    start.record()
    for _ in range(10):
        a @ b
    end.record()
    end.synchronize()
    return 10 * 2 * MATRIX**3 / (start.elapsed_time(end) / 1_000)


def operations(name: ModelName, data: Dataset) -> float:
    """Operations an image, as three times its forward pass."""
    host = torch.from_numpy(data.x_train)
    net = build(name, host, data.num_classes, torch.Generator())
    with FlopCounterMode(display=False) as counter:
        net(host[:10])
    return 3 * counter.get_total_flops() / 10


def clean_goals(source: DataSource, device: str) -> list[Goal]:
    """How soon the wide network predicts 90 and 94 % of clean test images rightly."""
    config = RunConfig.of(
        "air_wide",
        source=source,
        noise=CLEAN,
        losses=(LossSpec.of("CE"),),
        test_images=10_000,
        augmentation="crop and flip",
        device=device,
    )
    events = told(config)
    epochs = [event for event in events if isinstance(event, Epoch)]
    reached = {
        share: next((e.seconds for e in epochs if e.final_accuracy >= share), float("inf"))
        for share in (0.90, 0.94)
    }
    best = max(epoch.final_accuracy for epoch in epochs)
    print(f"clean labels: 90 % after {reached[0.90]:.1f} s, best {100 * best:.1f} %")
    return [at_most("seconds to 94 % of clean test images", reached[0.94], 3)]


def race_goals(source: DataSource, device: str) -> list[Goal]:
    """Six losses of the wide network on symmetric noise of 60 %."""
    losses = tuple(LossSpec.of(name) for name in SIX)
    noise = LabelNoise("symmetric", 0.6)
    events = told(
        RunConfig.of("air_wide", source=source, noise=noise, losses=losses, device=device)
    )
    return [at_most("seconds of a race of six losses", results(events, SIX), 25)]


def protocol_goals(source: DataSource, device: str) -> list[Goal]:
    """One loss of the papers' protocol for CIFAR-10, on symmetric noise of 60 %."""
    config = RunConfig.of(
        "cnn_8",
        source=source,
        noise=LabelNoise("symmetric", 0.6),
        losses=(LossSpec.of("AGCE"),),
        test_images=10_000,
        device=device,
        time_limit=86_400.0,
    )
    seconds = results(told(config), ("AGCE",))
    return [at_most("seconds of one loss of the papers' protocol", seconds, 90)]


def told(config: RunConfig) -> list[Event]:
    """The events of a race; notices are printed, for then the device was left."""
    events = []
    for event in train(config):
        if isinstance(event, Notice):
            print(f"NOTICE: {event.text}")
        if isinstance(event, Started):
            print(f"{event.images:,} images of {event.data_name}, {event.epochs} epochs")
        events.append(event)
    return events


def results(events: Sequence[Event], names: Sequence[str]) -> float:
    """Print the accuracy of each loss at the end; returns the seconds of training."""
    end = events[-1]
    assert isinstance(end, Finished)
    for row in end.results:
        print(
            f"{names[row.loss]:8} best {100 * row.best_accuracy:.1f} %, final "
            f"{100 * row.final_accuracy:.1f} %, wrong labels memorised "
            f"{100 * (row.wrong_fit or 0.0):.1f} %"
        )
    return end.seconds


if __name__ == "__main__":
    sys.exit(main())
