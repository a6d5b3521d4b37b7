"""What a run is asked to do: a record that checks itself and survives JSON."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_args

from alfs_core.data.source import DataSource
from alfs_core.errors import AlfsError, RunError
from alfs_core.losses import LossSpec
from alfs_core.noise.labels import LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.recipe import HIDDEN, RECIPES, Augmentation, ModelName, Recipe, Scaling

MOST_LOSSES, MOST_PROBED = 6, 9

# Lowest and highest allowed, both included.
RANGES: dict[str, tuple[float, float]] = {
    "images": (20, 50_000),
    "test_images": (10, 10_000),
    "epochs": (1, 200),
    "batch": (2, 4096),
    "lr": (1e-6, 10.0),
    "seed": (0, 2**31 - 1),
    "time_limit": (1.0, 86_400.0),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "scaling": get_args(Scaling),
    "model": get_args(ModelName),
    "augmentation": get_args(Augmentation),
}
DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d)?")

FROM_RECIPE = ("images", "epochs", "batch", "lr", "augmentation", "scaling")


@dataclass(frozen=True)
class RunConfig:
    """Settings of one race; the defaults are the CPU recipe of a minute or two.

    ``model`` names a recipe, a network (in an instant race a probe) and how it is trained; epochs,
    batch, peak rate and augmentation are given here, and ``of`` takes them from the recipe.
    ``labels`` says where the wrong labels come from; only those of a matrix go by ``noise``.
    ``images`` and ``test_images`` bound the subset. ``device`` is ``auto``, ``cpu``, ``mps``,
    ``cuda`` or ``cuda:`` and a number.
    ``time_limit`` is in seconds of training, pauses and downloads not counted; with ``fill_time``
    the number of epochs is not ``epochs`` but what fits into it.

    Raises RunError where a number lies outside RANGES, TransitionError or DomainError where noise
    or a loss is not valid.
    """

    source: DataSource = field(default_factory=DataSource)
    noise: LabelNoise = field(default_factory=LabelNoise)
    labels: LabelSource = field(default_factory=LabelSource)
    losses: tuple[LossSpec, ...] = (LossSpec("CE"),)
    images: int = 10_000
    test_images: int = 5_000
    epochs: int = 12
    batch: int = 128
    lr: float = 0.05
    seed: int = 0
    scaling: Scaling = "equal step"
    model: ModelName = "air_3"
    augmentation: Augmentation = "none"
    device: str = "auto"
    time_limit: float = 3_600.0
    fill_time: bool = False

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            _check_number(name, getattr(self, name), low, high)
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise RunError(f"{name} = {getattr(self, name)!r} is none of {', '.join(allowed)}")
        if not (isinstance(self.device, str) and DEVICE.fullmatch(self.device)):
            raise RunError(f"device = {self.device!r} is none of auto, cpu, mps, cuda, cuda:0, ...")
        if not isinstance(self.fill_time, bool):
            raise RunError(f"fill_time = {self.fill_time!r} is neither true nor false")
        most = MOST_PROBED if self.model in HIDDEN else MOST_LOSSES
        if not 1 <= len(self.losses) <= most:
            raise RunError(f"{len(self.losses)} losses were chosen; a race has 1 to {most}")
        if self.batch > self.images:
            raise RunError(f"batch = {self.batch} is more than the {self.images} images")
        for loss in self.losses:
            loss.build()
        if self.labels.kind == "human" and self.source.kind == "synthetic":
            raise RunError(f"human labels are for CIFAR-10's images, not for {self.source.title}")
        if self.labels.kind == "matrix" and self.source.num_classes is not None:
            self.noise.transition(self.source.num_classes)

    @classmethod
    def of(cls, model: ModelName, **changes: Any) -> "RunConfig":
        """A race by the recipe of ``model``, but for the changes."""
        recipe = RECIPES[model]
        return cls(**{name: getattr(recipe, name) for name in FROM_RECIPE} | changes, model=model)

    @property
    def recipe(self) -> Recipe:
        """How each network of this race is trained."""
        return replace(RECIPES[self.model], **{name: getattr(self, name) for name in FROM_RECIPE})

    @property
    def title(self) -> str:
        """One line that tells runs apart."""
        losses = ", ".join(loss.label for loss in self.losses)
        return f"{losses} on {self.source.title}, {self.labels.title(self.noise)}"

    def seconds(self, images_per_second: float, found: int | None = None) -> float:
        """How long the training takes where that many images are trained on in a second.

        ``found`` is how many training images the source holds, where that is known.
        """
        count = min(self.images, found or self.images)
        batch = min(self.batch, count)
        return count // batch * batch * self.epochs * len(self.losses) / images_per_second

    def with_seed(self, seed: int) -> "RunConfig":
        """The same race with another seed."""
        return replace(self, seed=seed)

    def planned(self, epochs: int) -> "RunConfig":
        """The same race once its number of epochs is known: with ``fill_time`` that many, however
        long they take, else its own."""
        if not self.fill_time:
            return self
        return replace(self, epochs=epochs, fill_time=False, time_limit=RANGES["time_limit"][1])

    def expecting(self, checksum: str) -> "RunConfig":
        """The race again that had images of that checksum; others will be told."""
        return replace(self, source=self.source.expecting(checksum))

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {
            "source": self.source.to_json(),
            "noise": self.noise.to_json(),
            "labels": self.labels.to_json(),
            "losses": [loss.to_json() for loss in self.losses],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "RunConfig":
        """The record again; what is not given has its default. Raises RunError where it is none."""
        known = {f.name for f in fields(cls)}
        if not isinstance(record, Mapping) or not record.keys() <= known:
            raise RunError(f"a run has the settings {', '.join(sorted(known))} and no others")
        values = dict(record)
        try:
            if "source" in values:
                values["source"] = DataSource.from_json(values["source"])
            if "noise" in values:
                values["noise"] = LabelNoise.from_json(values["noise"])
            if "labels" in values:
                values["labels"] = LabelSource.from_json(values["labels"])
            if "losses" in values:
                values["losses"] = tuple(LossSpec.from_json(loss) for loss in values["losses"])
            return cls(**values)
        except AlfsError:
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise RunError(f"the settings of a run cannot be read: {error!r}") from error


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    whole = RunConfig.__dataclass_fields__[name].type is int
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise RunError(f"{name} = {value!r} is no {'whole ' if whole else ''}number")
    if not low <= value <= high:
        raise RunError(f"{name} = {value:g} lies outside {low:g} to {high:g}")
