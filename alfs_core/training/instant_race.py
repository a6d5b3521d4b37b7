"""The instant race: every loss at once on fixed features of the images, in a second or two.

It is named for what it is: a probe. No network is trained, only a head on features that no loss
has touched. Wrong labels, batches and schedule are those of the network race with the same seed.
"""

from collections import OrderedDict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from alfs_core.data import Dataset, load
from alfs_core.data.cache import keep, kept
from alfs_core.data.source import DataSource, find
from alfs_core.errors import RunError
from alfs_core.noise.corruption import count_labels
from alfs_core.noise.labels import give_labels
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control, Stop
from alfs_core.training.evaluation import share
from alfs_core.training.events import Event, Finished, Loading, LossStopped, Ready, Round
from alfs_core.training.features import VERSION, Features
from alfs_core.training.heads import Heads
from alfs_core.training.label_file import open_labels
from alfs_core.training.loop import batch_size
from alfs_core.training.recipe import HIDDEN, equal_step

FIT_IMAGES = 2_000  # at each evaluation but the last, which takes all
DIVERGED = "its loss or its gradient was no finite number any more"
IN_MEMORY = 2  # data sets whose features stay in memory


@dataclass(frozen=True, eq=False)
class View:
    """A data set with the features (N, F) of its training and test images."""

    dataset: Dataset
    x_train: Tensor
    x_test: Tensor


@dataclass
class Views:
    """The views that this process has at hand, the least recently used first."""

    views: OrderedDict[str, View] = field(default_factory=OrderedDict)

    def get(self, config: RunConfig, control: Control) -> Generator[Event, None, View]:
        """The view a race needs: from memory, from disk, or computed and then kept on both."""
        key = _key(config)
        if key not in self.views:
            yield Loading(config.source.loading)
            dataset = load(
                config.source, config.images, config.test_images, config.seed, control.checkpoint
            )
            self.views[key] = yield from _view(dataset, config.seed, control)
        self.views.move_to_end(key)
        while len(self.views) > IN_MEMORY:
            self.views.popitem(last=False)
        return self.views[key]


def _key(config: RunConfig) -> str:
    """What the view depends on; a local file that was replaced is another one."""
    counts = config.images, config.test_images
    return f"{config.source} {_stamp(config.source)} {counts} {config.seed}"


def _stamp(source: DataSource) -> int:
    return find(source).stat().st_mtime_ns if source.kind == "local" else 0


def _view(dataset: Dataset, seed: int, control: Control) -> Generator[Event, None, View]:
    sizes = len(dataset.x_train), len(dataset.x_test)
    key = f"features {VERSION} {dataset.checksum} {sizes} {seed}"
    x = _checked(kept(key), sum(sizes))
    if x is None:
        x = yield from _compute(dataset, seed, control)
        keep(key, {"features": x.numpy()})
    return View(dataset, *x.float().split(sizes))


def _checked(arrays: dict[str, np.ndarray] | None, count: int) -> Tensor | None:
    """Features (count, F) read from disk, or None where that is not what was read."""
    x = (arrays or {}).get("features")
    good = x is not None and x.dtype == np.float16 and x.ndim == 2 and len(x) == count
    return torch.from_numpy(x) if good else None


def _compute(dataset: Dataset, seed: int, control: Control) -> Generator[Event, None, Tensor]:
    """Features (N, F) of training, then test images; half precision is what disk and memory get,
    so that a race does not depend on where they came from."""
    images = torch.from_numpy(np.concatenate((dataset.x_train, dataset.x_test)))
    features = Features(images[: len(dataset.x_train)], torch.Generator().manual_seed(seed))
    parts, done = [], 0
    for part in features.parts(images):
        control.checkpoint()
        parts.append(part.half())
        done += len(part)
        yield Loading("computing features", done, len(images))
    return torch.cat(parts)


def race(config: RunConfig, views: Views, control: Control) -> Iterator[Event]:
    """Run the race and tell what happens; the last event is Finished.

    Repeatable bit for bit on one machine. Raises DataError or RunError where it cannot start.
    """
    try:
        open_labels(config.labels)
        view = yield from views.get(config, control)
        control.begin()
        yield from run(config, view, control)
    except Stop as stop:
        yield Finished(str(stop), control.clock, 0.0, ())


def run(config: RunConfig, view: View, control: Control) -> Iterator[Event]:
    """Train all heads, epoch by epoch, and tell how each does."""
    labels = Labels.of(config, view.dataset)
    heads, refused = make_heads(config, view)
    yield _ready(view, labels)
    yield from refused
    for epoch in range(1, config.epochs + 1):
        before = heads.left.clone()
        for batch in batches(config, len(labels.given), epoch):
            control.checkpoint()
            heads.step(view.x_train[batch], labels.given[batch])
        gone = (heads.left & ~before).nonzero().flatten().tolist()
        yield from (LossStopped(place, epoch, DIVERGED) for place in gone)
        if heads.left.all():
            yield Finished("every loss left the race", control.clock, 0.0, ())
            return
        yield evaluate(config, view, labels, heads, epoch, control.clock)
    yield Finished("complete", control.clock, 0.0, ())


def _ready(view: View, labels: "Labels") -> Ready:
    data, sizes = view.dataset, (len(view.x_train), len(view.x_test))
    counts = count_labels(data.y_train, labels.given.numpy(), data.num_classes)
    rate = share(labels.given != labels.true) or 0.0
    told = tuple(map(tuple, counts.tolist()))
    return Ready(data.class_names, data.name, data.kind, *sizes, rate, told)


@dataclass(frozen=True, eq=False)
class Labels:
    """Given and true labels of the training images, and the labels of the test images."""

    given: Tensor
    true: Tensor
    test: Tensor

    @classmethod
    def of(cls, config: RunConfig, dataset: Dataset) -> "Labels":
        """The same wrong labels as in the network race of the same seed."""
        given = give_labels(dataset, config.noise, config.labels, config.seed).labels
        return cls(*map(torch.from_numpy, (given, dataset.y_train, dataset.y_test)))


def make_heads(config: RunConfig, view: View) -> tuple[Heads, list[LossStopped]]:
    """The heads before their first step, and the losses that cannot start."""
    losses, K = [spec.build() for spec in config.losses], view.dataset.num_classes
    scales, refused = [], []
    for place, loss in enumerate(losses):
        try:
            scales.append(equal_step(loss, K) if config.scaling == "equal step" else 1.0)
        except RunError as error:
            scales.append(0.0)
            refused.append(LossStopped(place, 0, str(error)))
    count, features = view.x_train.shape
    steps = count // batch_size(config, count) * config.epochs
    generator = torch.Generator().manual_seed(config.seed)
    sizes = (features, HIDDEN[config.model], K)
    heads = Heads(losses, scales, sizes, config.recipe, steps, generator)
    heads.left[[stopped.loss for stopped in refused]] = True
    return heads, refused


def batches(config: RunConfig, count: int, epoch: int) -> tuple[Tensor, ...]:
    """Places of the images of each batch, in the order of this epoch."""
    generator = torch.Generator().manual_seed(config.seed * 1_000 + epoch)
    size = batch_size(config, count)
    return torch.randperm(count, generator=generator)[: count // size * size].split(size)


def evaluate(
    config: RunConfig, view: View, labels: Labels, heads: Heads, epoch: int, seconds: float
) -> Round:
    """How every head does now; after the last epoch on all training images."""
    fitted = len(view.x_train) if epoch == config.epochs else FIT_IMAGES
    tested = heads.predict(view.x_test) == labels.test
    hits = heads.predict(view.x_train[:fitted]) == labels.given[:fitted]
    right = (labels.given == labels.true)[:fitted]
    return Round(
        epoch,
        _shares(tested, heads.left),
        _shares(hits[:, right], heads.left),
        _shares(hits[:, ~right], heads.left),
        seconds,
    )


def _shares(hits: Tensor, left: Tensor) -> tuple[float | None, ...]:
    """The share of True for each loss of hits (L, N); None for one that left the race."""
    return tuple(
        None if gone else share(row) for row, gone in zip(hits, left.tolist(), strict=True)
    )
