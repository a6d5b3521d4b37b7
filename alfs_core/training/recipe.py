"""How each network is trained: frozen records, all in one place."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from alfs_core.errors import RunError
from alfs_core.losses import Loss
from alfs_core.losses.facts import uniform_slope

ModelName = Literal["probe", "probe_128", "air_3", "air_wide", "cnn_8", "resnet_18", "resnet_34"]
Scaling = Literal["equal step", "published"]
Schedule = Literal["triangle", "cosine"]
Augmentation = Literal["none", "crop and flip", "crop, flip and turn"]
Precision = Literal["float32", "half"]
FirstWeights = Literal["uniform prediction", "pytorch", "kaiming and xavier"]

RISE = 0.15  # share of the steps in which the rate of a triangle rises
EQUAL_SLOPE = 2.0  # |dL/dp_y| at the uniform prediction after scaling: that of MAE


@dataclass(frozen=True)
class Recipe:
    """One network and how it is trained, by SGD with momentum.

    ``lr`` is the highest rate of the schedule, ``clip`` the largest norm of a gradient, ``speed``
    the images per second of one CPU core where nothing was measured yet. ``half`` means bfloat16
    for convolutions and matrix products, on devices that compute in it; weights, batch norm and
    losses stay as precise as ever.
    """

    title: str
    epochs: int
    batch: int
    lr: float
    speed: float
    images: int = 10_000
    schedule: Schedule = "triangle"
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 1e-4
    clip: float = 5.0
    augmentation: Augmentation = "none"
    precision: Precision = "float32"
    first_weights: FirstWeights = "uniform prediction"
    scaling: Scaling = "equal step"

    def rate(self, steps: int) -> "Triangle | Cosine":
        """The learning rate of each of ``steps`` steps."""
        return (Triangle if self.schedule == "triangle" else Cosine)(self.lr, steps)


@dataclass(frozen=True)
class Triangle:
    """The learning rate of each step: up to ``peak``, then linearly to 0."""

    peak: float
    steps: int

    def __call__(self, step: int) -> float:
        """The rate of ``step``, 0 <= step < steps."""
        done = (step + 0.5) / self.steps
        return self.peak * min(done / RISE, (1 - done) / (1 - RISE))


@dataclass(frozen=True)
class Cosine:
    """The learning rate of each step: half a cosine wave from ``peak`` down to 0."""

    peak: float
    steps: int

    def __call__(self, step: int) -> float:
        """The rate of ``step``, 0 <= step < steps."""
        return self.peak * (1 + math.cos(math.pi * step / self.steps)) / 2


_PAPERS = Recipe(  # of the code of ALFs and JAL, for CIFAR-100; CIFAR-10 differs below
    title="",
    epochs=200,
    batch=128,
    lr=0.1,
    speed=1.0,
    images=50_000,
    schedule="cosine",
    nesterov=False,
    weight_decay=1e-5,
    augmentation="crop, flip and turn",
    first_weights="pytorch",
    scaling="published",
)

_PROBE = Recipe("linear probe on fixed features", epochs=20, batch=256, lr=0.03, speed=150_000.0)
HIDDEN: dict[ModelName, int] = {"probe": 0, "probe_128": 128}
"""Hidden units of each probe: heads on fixed features, trained in instant races alone."""

RECIPES: dict[ModelName, Recipe] = {
    "probe": _PROBE,
    "probe_128": replace(_PROBE, title="probe with a hidden layer", lr=0.2, speed=40_000.0),
    "air_3": Recipe("small network", epochs=12, batch=128, lr=0.05, speed=4_000.0),
    "air_wide": Recipe(
        "wide network, for a GPU",
        epochs=14,
        batch=500,
        lr=0.1,
        speed=250.0,
        images=50_000,
        precision="half",
    ),
    "cnn_8": replace(
        _PAPERS,
        title="8-layer network, the papers' protocol",
        epochs=120,
        lr=0.01,
        speed=180.0,
        weight_decay=1e-4,
        augmentation="crop and flip",
        first_weights="kaiming and xavier",
    ),
    "resnet_18": replace(_PAPERS, title="ResNet-18", speed=45.0),
    "resnet_34": replace(_PAPERS, title="ResNet-34, the papers' protocol", speed=20.0),
}
"""Each network with settings that show what it is there for: the effect in the least time, or a
published protocol."""


NETWORKS = tuple(name for name in RECIPES if name not in HIDDEN)


def equal_step(loss: Loss, num_classes: int) -> float:
    """The factor that gives a loss the slope EQUAL_SLOPE at the uniform prediction.

    It is a learning rate: published formulas differ 75-fold in slope, and asymmetry is scale free.
    Raises RunError where the slope is 0 or not finite.
    """
    slope = uniform_slope(loss, num_classes)
    if not 1e-12 < slope < 1e12:
        raise RunError(
            f"its slope at the uniform prediction is {slope:g}: it cannot be scaled to equal steps"
        )
    return EQUAL_SLOPE / slope
