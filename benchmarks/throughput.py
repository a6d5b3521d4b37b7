"""How fast the trainer is, as ratios measured side by side on this machine.

    python -m benchmarks.throughput               three to five minutes on two quiet cores
    python -m benchmarks.throughput --rounds 9    steadier medians

1. The 8-layer network of the papers' code as that code trains it (images as PIL pictures, each
   moved and normalised by itself, a DataLoader, channels first, ``.item()`` in every step), written
   anew from that description, against the same network in this trainer.
2. The live network against the first.
3. The live network against this machine's matrix product: operations per second of each.
4. Several losses at once against one, with quiet cores and with a busy neighbour.
5. A race of four losses: what its threads do besides training, and when the first point comes.
6. Drawing Shapes-10 against training one loss on it.

One thread each; images per second of processor time except in 4, where it is the clock's. Rounds
take turns, so that a neighbour disturbs all alike; medians of ratios within rounds. Images are of
a file below ALFLAB_DATA where there is one, else Shapes-10. Exits with 1 where a goal is missed.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from unittest import mock

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torch.utils.flop_counter import FlopCounterMode

from alfs_core.data import Dataset, DataSource, list_local, load, shapes10
from alfs_core.errors import DataError
from alfs_core.losses import CE, LossSpec
from alfs_core.training.augmentation import PAD, draw, moved
from alfs_core.training.config import RunConfig
from alfs_core.training.loop import train
from alfs_core.training.machine import CPU, choose_workers, settle
from alfs_core.training.model import build
from alfs_core.training.recipe import RECIPES, ModelName
from alfs_core.training.store import RunStore
from alfs_core.training.trainer import Trainer
from benchmarks.goals import Goal, at_least, at_most

IMAGES = 2_560
BATCH = 128
STEPS = {"papers": 4, "cnn_8": 4, "air_3": 40}
PRODUCT = 0.55  # a product reaches nearly all that Intel's cores can do, half of what AMD's can
MATRIX = 1_024
SECONDS = 1.5  # of each measurement with several threads
BUSY = "while True: pass"
Step = Callable[[], None]


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = some_images()
    print(f"images: {data.name}; {torch.get_num_threads()} thread, torch {torch.__version__}")
    goals = [
        *network_goals(data, options.rounds),
        *scaling_goals(data, options.rounds),
        *race_goals(),
        *drawing_goals(data),
    ]
    print(*goals, sep="\n")
    return 0 if all(goal.reached for goal in goals) else 1


def some_images() -> Dataset:
    """Images of a file below ALFLAB_DATA that has enough of them, else Shapes-10."""
    for path in list_local():
        try:
            data = load(DataSource("local", path), IMAGES, 10, 0)
        except DataError:
            continue
        if len(data.x_train) == IMAGES and data.num_classes == 10:
            return data
    return shapes10(IMAGES, 10)


def network_goals(data: Dataset, rounds: int) -> list[Goal]:
    """Steps of each way to train in turn, and the machine's matrix product between them."""
    ways = {
        "papers": papers_way(data),
        "cnn_8": our_way("cnn_8", data),
        "air_3": our_way("air_3", data),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    products = []
    for _ in range(rounds):
        for name, step in ways.items():
            rates[name].append(rate(step, STEPS[name]))
        products.append(product_rate())
    told = {name: f"{median(rate):,.0f}" for name, rate in rates.items()}
    print(
        f"images per core-second: the papers' pipeline {told['papers']}, the same network here "
        f"{told['cnn_8']}, the live network {told['air_3']}"
    )
    usual, computed = operations("air_3", data)
    efficiency = [usual * r / product for r, product in zip(rates["air_3"], products, strict=True)]
    print(
        f"matrix product {median(products) / 1e9:,.0f} GFLOP/s; the live network "
        f"{usual / 1e6:.1f} MFLOP an image as three times its forward pass, "
        f"{computed / 1e6:.1f} really computed"
    )
    return [
        at_least("same network, times the papers' pipeline,", ratio(rates, "cnn_8", "papers"), 1.2),
        at_least("live network, times the papers' pipeline,", ratio(rates, "air_3", "papers"), 35),
        at_least("live network, times the matrix product,", median(efficiency), PRODUCT),
    ]


def ratio(rates: dict[str, list[float]], fast: str, slow: str) -> float:
    """The median over rounds of one rate over another."""
    return median(a / b for a, b in zip(rates[fast], rates[slow], strict=True))


def rate(step: Step, steps: int) -> float:
    """Images per second of processor time."""
    began = time.process_time()
    for _ in range(steps):
        step()
    return steps * BATCH / (time.process_time() - began)


def product_rate() -> float:
    """Operations per second of a product of two float32 matrices."""
    a, b = torch.randn(2, MATRIX, MATRIX)
    a @ b
    began = time.process_time()
    for _ in range(10):
        a @ b
    return 10 * 2 * MATRIX**3 / (time.process_time() - began)


def operations(name: ModelName, data: Dataset) -> tuple[float, float]:
    """Operations an image: three times the forward pass, and what a step really computes."""
    net = build(name, torch.from_numpy(data.x_train), 10, torch.Generator())
    images = torch.from_numpy(data.x_train[:BATCH])
    with FlopCounterMode(display=False) as forward:
        logits = net(images)
    with FlopCounterMode(display=False) as backward:
        logits.sum().backward()
    there, back = forward.get_total_flops(), backward.get_total_flops()
    return 3 * there / BATCH, (there + back) / BATCH


class Pictures(TorchDataset[tuple[Tensor, int]]):
    """Images as the papers' code reads them: a PIL picture each, moved and normalised alone."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        pixels = data.x_train.reshape(-1, 3) / 255
        self.mean = pixels.mean(0).astype(np.float32)[:, None, None]
        self.deviation = pixels.std(0).astype(np.float32)[:, None, None]

    def __len__(self) -> int:
        return len(self.data.x_train)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.data.x_train[place])
        padded = ImageOps.expand(picture, PAD)
        right, down, flip = (int(torch.randint(n, ())) for n in (2 * PAD + 1, 2 * PAD + 1, 2))
        cropped = padded.crop((right, down, right + 32, down + 32))
        if flip:
            cropped = cropped.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        x = np.asarray(cropped).transpose(2, 0, 1).astype(np.float32) / 255
        return torch.from_numpy((x - self.mean) / self.deviation), int(self.data.y_train[place])


def papers_way(data: Dataset) -> Step:
    """A step of the 8-layer network in the pipeline of the papers' code."""
    recipe = RECIPES["cnn_8"]
    layers = build("cnn_8", torch.from_numpy(data.x_train), 10, torch.Generator().manual_seed(0))
    net = layers[1:].to(memory_format=torch.contiguous_format).train()
    optimizer = torch.optim.SGD(
        net.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    batches = endless(DataLoader(Pictures(data), BATCH, shuffle=True, drop_last=True))

    def step() -> None:
        images, targets = next(batches)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(images), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), recipe.clip)
        optimizer.step()
        loss.item()

    step()
    return step


def our_way(name: ModelName, data: Dataset) -> Step:
    """A step of a network in this trainer, by its recipe."""
    images, labels = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)
    recipe = RECIPES[name]
    net: nn.Module = build(name, images, 10, torch.Generator().manual_seed(0)).train()
    generator = torch.Generator().manual_seed(0)

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        return moved(images, rows), labels[rows[:, 0]]

    def epoch() -> tuple[Tensor, ...]:
        return draw(len(images), len(images), recipe.augmentation, generator).split(BATCH)

    trainer = Trainer(net, CE(), 0.2, recipe, 1_000_000, read)
    batches = (rows for _ in iter(int, 1) for rows in epoch())

    def step() -> None:
        trainer(next(batches))

    step()
    return step


def endless(loader: DataLoader[tuple[Tensor, int]]) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of epoch after epoch."""
    while True:
        yield from loader


def scaling_goals(data: Dataset, rounds: int) -> list[Goal]:
    """One loss against as many as there are workers, alone and beside a busy process."""
    workers = choose_workers(6, CPU)
    steps = [our_way("air_3", data) for _ in range(workers)]
    quiet, busy = [], []
    for _ in range(rounds):
        quiet.append(together(steps) / together(steps[:1]))
        with neighbour():
            busy.append(together(steps) / together(steps[:1]))
    print(
        f"{workers} losses at once, times one: {median(quiet):.2f}, beside a busy process "
        f"{median(busy):.2f}"
    )
    return [
        at_least(f"{workers} losses at once, times one,", median(quiet), 0.85 * workers),
        at_least(f"{workers} losses beside a busy process, times one,", median(busy), 1.2),
    ]


def together(steps: list[Step]) -> float:
    """Images per second of the clock, each step on a thread of its own."""

    def work(step: Step) -> float:
        done, began = 0, time.monotonic()
        while (passed := time.monotonic() - began) < SECONDS:
            step()
            done += BATCH
        return done / passed

    with ThreadPoolExecutor(len(steps), initializer=settle, initargs=(CPU,)) as pool:
        return sum(pool.map(work, steps))


@contextmanager
def neighbour() -> Iterator[None]:
    """A process that keeps one core busy."""
    with subprocess.Popen([sys.executable, "-c", BUSY]) as process:
        try:
            yield
        finally:
            process.kill()


def race_goals() -> list[Goal]:
    """A race of four losses as a worker runs it, every event written into a store."""
    losses = tuple(LossSpec.of(name) for name in ("CE", "GCE", "AGCE", "JAL-CE"))
    config = RunConfig.of("air_3", losses=losses, device="cpu")
    clock, cpu = {"began": time.monotonic()}, {}
    with (
        timed_steps() as trained,
        tempfile.TemporaryDirectory() as folder,
        closing(RunStore(Path(folder) / "runs.sqlite")) as store,
    ):
        run = store.create(config)
        for event in train(config):
            store.append(run, event)
            clock.setdefault(type(event).__name__, time.monotonic() - clock["began"])
            cpu.setdefault(type(event).__name__, time.process_time())
    whole, first, start = clock["Finished"], clock["Epoch"], worker_start()
    spent = cpu["Finished"] - cpu["Started"]
    print(
        f"four losses, 10,000 images, 12 epochs: {whole:.0f} s, {spent:.0f} core-seconds of "
        f"training; first point after {start:.1f} s to start a worker and {first:.1f} s"
    )
    return [
        at_most("of a worker's race besides training, %,", 100 * (1 - sum(trained) / spent), 15),
        at_most("first point, % of the race,", 100 * (start + first) / (start + whole), 10),
    ]


@contextmanager
def timed_steps() -> Iterator[list[float]]:
    """Processor seconds of every step of every trainer."""
    spent: list[float] = []
    step = Trainer.__call__

    def timed(trainer: Trainer, *batch: Tensor) -> None:
        began = time.thread_time()
        step(trainer, *batch)
        spent.append(time.thread_time() - began)

    with mock.patch.object(Trainer, "__call__", timed):
        yield spent


def worker_start() -> float:
    """Seconds in which a worker's process comes to its first line."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import alfs_core.training.worker"], check=True)
    return time.monotonic() - began


def drawing_goals(data: Dataset) -> list[Goal]:
    """10,000 images of Shapes-10 against training one loss on as many."""
    recipe = RECIPES["air_3"]
    began = time.process_time()
    shapes10(recipe.images, 10)
    drawing = time.process_time() - began
    training = recipe.epochs * recipe.images / rate(our_way("air_3", data), STEPS["air_3"])
    print(f"10,000 images of Shapes-10 in {drawing:.2f} core-seconds, one loss in {training:.1f}")
    return [at_most("drawing Shapes-10, % of one loss,", 100 * drawing / training, 15)]


if __name__ == "__main__":
    sys.exit(main())
