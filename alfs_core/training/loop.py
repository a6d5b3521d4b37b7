"""The race: every loss from the same weights, on the same batches, with the same wrong labels."""

import contextlib
import copy
import itertools
import math
import queue
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from alfs_core.data import Dataset, load
from alfs_core.errors import AlfsError, RunError
from alfs_core.losses import Loss
from alfs_core.noise.corruption import count_labels
from alfs_core.noise.labels import give_labels
from alfs_core.training.augmentation import draw, moved
from alfs_core.training.config import RANGES, RunConfig
from alfs_core.training.control import Control, Stop
from alfs_core.training.evaluation import (
    FIT_IMAGES,
    SAMPLE_IMAGES,
    TEST_IMAGES,
    Exam,
    examine,
    telling,
)
from alfs_core.training.events import (
    COMPLETE,
    NONE_LEFT,
    TIME_LIMIT,
    Epoch,
    Event,
    Finished,
    Loading,
    LossStopped,
    Notice,
    Progress,
    Result,
    Started,
)
from alfs_core.training.fetching import fetch
from alfs_core.training.label_file import open_labels
from alfs_core.training.machine import (
    CPU,
    DeviceFailure,
    choose_device,
    choose_workers,
    describe,
    leaving,
    manifest,
    settle,
)
from alfs_core.training.model import build
from alfs_core.training.recipe import equal_step
from alfs_core.training.trainer import Mean, Trainer, record_graph

WHITENING_IMAGES = 5_000
REPORT_SECONDS = 0.5  # between two Progress events of a loss
WATCH_SECONDS = 0.1  # between two looks at pause and time limit
TRIAL_SECONDS = 1.0  # of training from which the number of epochs is planned
PLANNED = 0.9  # share of the time limit that is planned for
LOOK_EVERY = 10_000  # images; evaluating 3,000 then takes a tenth of the time
FORWARD = 3  # images evaluated in the time that one is trained on

Tell = Callable[[Event], None]


def train(config: RunConfig, control: Control | None = None) -> Iterator[Event]:
    """Run the race and tell what happens; the last event is Finished. Pauses are told by whoever
    turns ``control``.

    Repeatable: on one machine the same config gives the same numbers, bit for bit, except rates
    and seconds; events of different losses may change places within an epoch. Raises DataError or
    RunError where it cannot start.
    """
    control = control or Control()
    try:
        yield from fetch(config.source, control)
        open_labels(config.labels)
        yield Loading(config.source.loading)
        dataset = load(
            config.source, config.images, config.test_images, config.seed, control.checkpoint
        )
        if said := config.source.difference(dataset.checksum):
            yield Notice(said)
        control.checkpoint()
        race = yield from ready(config, dataset, control)
    except Stop as stop:
        yield Finished(str(stop), 0.0, 0.0, ())
        return
    yield race.started
    yield from race.refused
    control.begin()
    try:
        yield from compete(race, control)
    except DeviceFailure as failure:
        yield Notice(f"{failure}. The race goes on on the CPU, after the last finished epoch.")
        race = yield from continued(race, control)
        yield from compete(race, control)
    yield race.finished(control)


def ready(config: RunConfig, dataset: Dataset, control: Control) -> Generator[Event, None, "Race"]:
    """The race on its device, or on the CPU where that one fails."""
    device = choose_device(config.device)
    try:
        with leaving(device):
            return (yield from prepare(config, dataset, device, control))
    except DeviceFailure as failure:
        yield Notice(f"{failure}. The race is computed on the CPU.")
        return (yield from prepare(config, dataset, CPU, control))


def continued(race: "Race", control: Control) -> Generator[Event, None, "Race"]:
    """A race whose device failed, on the CPU: every loss after the last epoch that it finished."""
    with contextlib.suppress(Stop):
        moved = yield from prepare(race.config, race.dataset, CPU, control)
        moved.take_over(race, control)
        return moved
    return race


def compete(race: "Race", control: Control) -> Iterator[Event]:
    """All epochs, on threads of their own; raises DeviceFailure where the device does not go on."""
    with ThreadPoolExecutor(race.workers, initializer=settle, initargs=(race.device,)) as pool:
        try:
            with leaving(race.device):
                yield from run(race, pool, control)
        except DeviceFailure:
            raise
        except BaseException:
            control.stop("abandoned")  # or the pool would wait for its threads in vain
            raise


def prepare(
    config: RunConfig, dataset: Dataset, device: torch.device, control: Control
) -> Generator[Event, None, "Race"]:
    """Everything before the first step; with ``fill_time`` the number of epochs too."""
    settle(device)
    views = [torch.from_numpy(x).to(device) for x in (dataset.x_train, dataset.x_test)]
    if config.fill_time:
        yield Loading("measuring the speed")
        epochs, speed = plan(assemble(config, dataset, device, *views), control)
        config = replace(config, epochs=epochs, fill_time=False)
        counted = "1 epoch is" if epochs == 1 else f"{epochs} epochs are"
        minutes = f"{config.time_limit / 60:.3g} minutes"
        yield Notice(f"{counted} planned for {minutes}, at {speed:,.0f} images/s.")
    return assemble(config, dataset, device, *views)


def plan(trial: "Race", control: Control) -> tuple[int, float]:
    """How many epochs fit into the time limit, and the images per second that were measured.

    The losses of ``trial`` are trained for TRIAL_SECONDS, as many at once as there are workers.
    """
    runners = trial.running[: trial.workers]
    with ThreadPoolExecutor(trial.workers, initializer=settle, initargs=(trial.device,)) as pool:
        rates = list(pool.map(lambda runner: measure(trial, runner, control), runners))
    config, count = trial.config, len(trial.x_train)
    turns = math.ceil(len(trial.running) / trial.workers)
    each = turns / min(rates, default=1.0)  # seconds in which every loss sees one more image
    looks = trial.looks * (TEST_IMAGES + FIT_IMAGES) / FORWARD
    last = (count + len(trial.x_test)) / FORWARD
    fit = (PLANNED * config.time_limit / each - last) / (count + looks)
    low, high = RANGES["epochs"]
    return int(min(max(fit, low), high)), sum(rates)


def measure(trial: "Race", runner: "Runner", control: Control) -> float:
    """Images per second of one loss, its first step left out."""
    trainer, batches = runner.trainer, itertools.cycle(trial.batches(1))
    trainer(next(batches))
    trainer.mean.sums.tolist()  # waits for the device
    began, seen = time.monotonic(), 0
    while time.monotonic() - began < TRIAL_SECONDS:
        control.checkpoint()
        rows = next(batches)
        trainer(rows)
        seen += len(rows)
    trainer.mean.sums.tolist()
    return seen / (time.monotonic() - began)


def run(race: "Race", pool: ThreadPoolExecutor, control: Control) -> Iterator[Event]:
    """Look by look, every loss that is still in the race; they meet at each."""
    epochs, looks = range(1, race.config.epochs + 1), range(1, race.looks + 1)
    for epoch, look in itertools.product(epochs, looks):
        behind = [runner for runner in race.running if runner.done < epoch]
        jobs = [partial(run_part, race, runner, epoch, look, control) for runner in behind]
        yield from together(pool, jobs, control, race.config.time_limit)
        if control.stopped or not race.running:
            return


def together(
    pool: ThreadPoolExecutor,
    jobs: Sequence[Callable[[Tell], None]],
    control: Control,
    time_limit: float,
) -> Iterator[Event]:
    """Run the jobs in the pool and yield what they tell, as they tell it, until all are done."""
    told: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    futures = [pool.submit(job, told.put) for job in jobs]
    for future in futures:
        future.add_done_callback(lambda _: told.put(None))  # ends the waiting at once
    while True:
        over = all(future.done() for future in futures)
        yield from _waiting(told, 0.0 if over else WATCH_SECONDS)
        if over:
            break
        if control.clock > time_limit:
            control.stop(TIME_LIMIT)
    _raise_first(futures)


def _waiting(told: "queue.SimpleQueue[Event | None]", patience: float) -> list[Event]:
    """All that was told by now, after ``patience`` seconds at most without anything."""
    found = []
    with contextlib.suppress(queue.Empty):
        found.append(told.get(timeout=patience))
        while True:
            found.append(told.get_nowait())
    return [event for event in found if event is not None]


def _raise_first(futures: Sequence["Future[None]"]) -> None:
    for future in futures:
        if (error := future.exception()) is not None and not isinstance(error, Stop):
            raise error


def run_part(
    race: "Race", runner: "Runner", epoch: int, look: int, control: Control, tell: Tell
) -> None:
    """Train one loss up to a look of an epoch, then evaluate it; a loss that diverges, or whose
    formula has no value where the race has come to, leaves it."""
    try:
        mean = train_part(race, runner, epoch, look, control, tell)
        evaluate(race, runner, race.place(epoch, look), mean, control, tell)
        if look == race.looks:
            runner.keep(epoch, race.device)
    except (FloatingPointError, AlfsError) as error:
        runner.left = True
        tell(LossStopped(runner.index, epoch, str(error)))


def train_part(
    race: "Race", runner: "Runner", epoch: int, look: int, control: Control, tell: Tell
) -> "Mean":
    """Train from one look of an epoch to the next; returns the means of loss and gradient norm."""
    mean, told = runner.trainer.mean, time.monotonic()
    runner.trainer.net.train()
    mean.clear()
    for rows in race.part(epoch, look):
        control.checkpoint()
        runner.trainer(rows)
        runner.seen += len(rows)
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            where = runner.index, epoch, runner.trainer.steps
            tell(Progress(*where, *mean.values(), *race.pace(control), control.clock))
    return mean


def evaluate(
    race: "Race", runner: "Runner", epoch: float, mean: "Mean", control: Control, tell: Tell
) -> None:
    """Tell how the loss does now; after the last epoch on all images."""
    last = epoch == race.config.epochs
    loss, norm = mean.values()
    exam = race.exam(last)
    with runner.trainer.precision():
        marks = examine(runner.trainer.net, runner.trainer.loss, exam, control.checkpoint)
    speed, seconds_left = race.pace(control)
    result = Epoch(
        runner.index,
        epoch,
        runner.trainer.steps,
        marks.test_accuracy,
        marks.clean_fit,
        marks.wrong_fit,
        loss,
        norm,
        speed,
        control.clock,
        seconds_left,
        marks.wrong_gradient,
        marks.whole_accuracy if last else None,
    )
    runner.history.append(result)
    tell(result)
    for event in telling(runner.index, epoch, marks, exam, race.dataset.x_train, last):
        tell(event)


@dataclass
class Runner:
    """One loss in the race; ``seen`` counts the images it was trained on, ``done`` its epochs.

    ``kept`` is the state of its trainer after ``done`` epochs, where a device may fail.
    """

    index: int
    trainer: Trainer
    seen: int = 0
    done: int = 0
    kept: dict[str, Any] | None = None
    left: bool = False
    history: list[Epoch] = field(default_factory=list)

    def keep(self, epoch: int, device: torch.device) -> None:
        """Note that an epoch is finished."""
        self.done = epoch
        if device != CPU:
            self.kept = self.trainer.state()

    def take_over(self, other: "Runner") -> None:
        """Go on where another one of the same loss was after its last finished epoch."""
        self.done, self.left, self.history = other.done, other.left, other.history
        if other.kept is not None:
            self.trainer.load(other.kept)

    def result(self) -> Result | None:
        """Its row in the table, or None where it was never evaluated."""
        return Result.of(self.index, self.history)


@dataclass
class Race:
    """What losses share, on one device: images (N, 32, 32, 3) uint8 or features (N, F); labels.

    ``dataset`` is what they were made of, in the computer's own memory. ``begun`` is how many
    images had been trained on, and the clock, when this device began.
    """

    config: RunConfig
    dataset: Dataset
    device: torch.device
    x_train: Tensor
    given: Tensor
    true: Tensor
    x_test: Tensor
    y_test: Tensor
    runners: list[Runner]
    workers: int
    started: Started
    refused: list[LossStopped]
    begun: tuple[int, float] = (0, 0.0)

    @property
    def running(self) -> list[Runner]:
        """The losses still in the race."""
        return [runner for runner in self.runners if not runner.left]

    @property
    def whole_epoch(self) -> int:
        """Images in the whole batches of an epoch."""
        size = batch_size(self.config, len(self.x_train))
        return len(self.x_train) // size * size

    def batches(self, epoch: int) -> tuple[Tensor, ...]:
        """What each batch of this epoch takes, as rows of ``augmentation.draw``."""
        generator = torch.Generator().manual_seed(self.config.seed * 1_000 + epoch)
        count, augmentation = len(self.x_train), self.config.augmentation
        rows = draw(count, self.whole_epoch, augmentation, generator)
        return rows.to(self.device).split(batch_size(self.config, count))

    @property
    def looks(self) -> int:
        """Evaluations in an epoch. On a GPU one is enough: its epochs take seconds."""
        return max(1, len(self.x_train) // LOOK_EVERY) if self.device == CPU else 1

    def place(self, epoch: int, look: int) -> float:
        """Where a look lies, in epochs: a whole number for the last of an epoch."""
        return epoch if look == self.looks else round(epoch - 1 + look / self.looks, 3)

    def part(self, epoch: int, look: int) -> tuple[Tensor, ...]:
        """The batches of an epoch that lie before this look and after the one before."""
        batches = self.batches(epoch)
        first, end = (len(batches) * done // self.looks for done in (look - 1, look))
        return batches[first:end]

    def exam(self, last: bool) -> Exam:
        """What networks are evaluated on: the first images, and after the last epoch all."""
        fitted = len(self.x_train) if last else FIT_IMAGES
        tested = len(self.x_test) if last else TEST_IMAGES
        return Exam(
            self.x_train[:fitted],
            self.given[:fitted],
            self.true[:fitted],
            self.x_test[:tested],
            self.y_test[:tested],
        )

    def pace(self, control: Control) -> tuple[float, float]:
        """Images per second of all losses so far, and the seconds left at that pace."""
        seen = sum(runner.seen for runner in self.runners) - self.begun[0]
        speed = seen / max(control.clock - self.begun[1], 1e-3)
        whole = self.whole_epoch * self.config.epochs
        due = sum(whole - runner.seen for runner in self.running)
        return speed, due / max(speed, 1e-3)

    def take_over(self, other: "Race", control: Control) -> None:
        """Go on where a race on another device was after the last finished epochs."""
        for runner, before in zip(self.runners, other.runners, strict=True):
            runner.take_over(before)
            runner.seen = runner.done * self.whole_epoch
        self.begun = sum(runner.seen for runner in self.runners), control.clock

    def finished(self, control: Control) -> Finished:
        """The last event."""
        results = tuple(row for runner in self.runners if (row := runner.result()) is not None)
        reason = control.reason or (COMPLETE if self.running else NONE_LEFT)
        return Finished(reason, control.clock, self.pace(control)[0], results)


def assemble(
    config: RunConfig, dataset: Dataset, device: torch.device, x_train: Tensor, x_test: Tensor
) -> Race:
    """The race itself: wrong labels, first weights, threads."""
    wrong = give_labels(dataset, config.noise, config.labels, config.seed)
    given, K = wrong.labels, dataset.num_classes
    labels = torch.from_numpy(given).to(device)
    runners, scales, refused = make_runners(config, x_train, labels, K)
    sample = slice(0, min(SAMPLE_IMAGES, len(given)))
    workers = choose_workers(len(runners), device)
    started = Started(
        losses=tuple(loss.label for loss in config.losses),
        scales=scales,
        class_names=dataset.class_names,
        data_name=dataset.name,
        data_kind=dataset.kind,
        data_checksum=dataset.checksum,
        data_description=dataset.description,
        images=len(x_train),
        test_images=len(dataset.x_test),
        epochs=config.epochs,
        steps_per_epoch=len(x_train) // batch_size(config, len(x_train)),
        noise_rate=float((given != dataset.y_train).mean()),
        device=describe(device),
        workers=workers,
        sample_given=tuple(given[sample].tolist()),
        sample_true=tuple(dataset.y_train[sample].tolist()),
        manifest=manifest(),
        label_kind=config.labels.kind,
        label_description=wrong.description,
        label_checksum=wrong.checksum,
        label_counts=tuple(map(tuple, count_labels(dataset.y_train, given, K).tolist())),
    )
    return Race(
        config,
        dataset,
        device,
        x_train,
        labels,
        torch.from_numpy(dataset.y_train).to(device),
        x_test,
        torch.from_numpy(dataset.y_test).to(device),
        runners,
        workers,
        started,
        refused,
    )


def make_runners(
    config: RunConfig, images: Tensor, given: Tensor, num_classes: int
) -> tuple[list[Runner], tuple[float, ...], list[LossStopped]]:
    """A runner for each loss, all with the same first weights; the scales; who cannot start."""
    generator = torch.Generator().manual_seed(config.seed)
    some = images[:WHITENING_IMAGES].cpu()
    first = build(config.model, some, num_classes, generator).to(images.device)
    steps = len(images) // batch_size(config, len(images)) * config.epochs
    record = record_graph if images.device.type == "cuda" else None
    runners, scales, refused = [], [], []

    def read(rows: Tensor) -> tuple[Tensor, Tensor]:
        return moved(images, rows), given[rows[:, 0]]

    for index, spec in enumerate(config.losses):
        loss = spec.build()
        scale, reason = _scale(config, loss, num_classes)
        net = copy.deepcopy(first)
        runner = Runner(index, Trainer(net, loss, scale, config.recipe, steps, read, record))
        if reason is not None:
            runner.left = True
            refused.append(LossStopped(index, 0, reason))
        runners.append(runner)
        scales.append(scale)
    return runners, tuple(scales), refused


def _scale(config: RunConfig, loss: Loss, num_classes: int) -> tuple[float, str | None]:
    """The factor on a loss, and why there is none."""
    if config.scaling == "published":
        return 1.0, None
    try:
        return equal_step(loss, num_classes), None
    except RunError as error:
        return 0.0, str(error)


def batch_size(config: RunConfig, count: int) -> int:
    """Images in a batch: the data may hold fewer images than were asked for."""
    return min(config.batch, count)
