"""Where the wrong labels of a race come from: a matrix, the images themselves, or people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from alfs_core.data.dataset import Dataset
from alfs_core.data.local import LABEL_SUFFIXES, resolve
from alfs_core.data.uploads import is_kept_name, kept, shown_name
from alfs_core.errors import DataError
from alfs_core.noise.cifar import COLUMNS, Column
from alfs_core.noise.corruption import corrupt
from alfs_core.noise.human import MATCHED, labels_for, read_human
from alfs_core.noise.instance import class_average, draw, instance_rows
from alfs_core.noise.transition import LabelNoise
from alfs_core.wording import percent

Labels = npt.NDArray[np.int64]
LabelKind = Literal["matrix", "instance", "human"]


@dataclass(frozen=True)
class LabelFile:
    """A file of labels: ``local`` and a path below ALFLAB_DATA, or ``upload`` and a kept name."""

    kind: Literal["local", "upload"]
    path: str

    def __post_init__(self) -> None:
        if self.kind not in ("local", "upload"):
            raise DataError(f"a file of labels is local or an upload, not {self.kind!r}")
        if not self.path.lower().endswith(LABEL_SUFFIXES):
            raise DataError(f"{self.path!r} does not end in {', '.join(LABEL_SUFFIXES)}")
        if self.kind == "upload" and not is_kept_name(self.path, LABEL_SUFFIXES):
            raise DataError(f"{self.path!r} is not the name of an uploaded file")

    @property
    def title(self) -> str:
        """The name that its owner gave it."""
        return shown_name(self.path) if self.kind == "upload" else self.path

    def find(self) -> Path:
        """The file; raises DataError where it is missing or may not be read."""
        if self.kind == "local":
            return resolve(self.path)
        return kept(self.path, LABEL_SUFFIXES)


@dataclass(frozen=True)
class LabelSource:
    """``matrix``: the noise of the run. ``instance``: drawn from the pixels, at a mean ``rate``.
    ``human``: the set ``column`` of a CIFAR-10N ``file``.

    Raises DataError where the kind is not known or what it needs is missing.
    """

    kind: LabelKind = "matrix"
    rate: float = 0.4
    file: LabelFile | None = None
    column: Column = "worse"

    def __post_init__(self) -> None:
        if self.kind not in get_args(LabelKind):
            raise DataError(f"labels {self.kind!r} are none of {', '.join(get_args(LabelKind))}")
        if not 0 < self.rate < 1:
            raise DataError(f"rate of the labels = {self.rate:g} lies outside (0, 1)")
        if self.column not in COLUMNS:
            raise DataError(
                f"no label set is called {self.column!r}; there is {', '.join(COLUMNS)}"
            )
        if (self.kind == "human") != (self.file is not None):
            raise DataError("human labels need a file, and no other labels have one")

    def title(self, noise: LabelNoise) -> str:
        """The labels in a few words; ``noise`` is that of the run."""
        if self.kind == "human":
            return f"CIFAR-10N {COLUMNS[self.column]} human labels"
        if self.kind == "instance":
            return f"{percent(self.rate, 1)} instance-dependent noise"
        return noise.brief

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> LabelSource:
        """The record again; raises DataError where it is none."""
        file = record.get("file")
        try:
            return cls(**{**record, "file": None if file is None else LabelFile(**file)})
        except (TypeError, AttributeError) as error:
            raise DataError(f"{record!r} does not say where labels come from") from error


@dataclass(frozen=True, eq=False)
class GivenLabels:
    """The labels (N,) that training is given, and how they were made.

    ``asked`` (K, K) is the matrix that they were drawn by, on average over the images of a class;
    None for people. ``rows`` (N, K) are the probabilities of each image, where it has its own.
    """

    labels: Labels
    description: str
    checksum: str = ""
    asked: npt.NDArray[np.float64] | None = None
    rows: npt.NDArray[np.float64] | None = None


def give_labels(dataset: Dataset, noise: LabelNoise, source: LabelSource, seed: int) -> GivenLabels:
    """The labels of the training images of ``dataset``; the same seed gives the same ones.

    Raises TransitionError where the noise does not fit its classes, DataError where a file of
    labels is missing, not what it says it is, or not for these images.
    """
    rng = np.random.default_rng([seed, 1])
    if source.kind == "human":
        return _human(dataset, source)
    if source.kind == "instance":
        return _instance(dataset, source.rate, rng)
    T = noise.transition(dataset.num_classes)
    rule = f"drawn by class from a transition matrix ({noise.kind}), with exact counts"
    return GivenLabels(corrupt(dataset.y_train, T, rng), rule, asked=T)


def _instance(dataset: Dataset, rate: float, rng: np.random.Generator) -> GivenLabels:
    clean, K = dataset.y_train, dataset.num_classes
    rows = instance_rows(dataset.x_train, clean, K, rate, rng)
    rule = f"drawn for each image from its own pixels, at a mean rate of {rate:g}"
    return GivenLabels(draw(rows, rng), rule, asked=class_average(rows, clean, K), rows=rows)


def _human(dataset: Dataset, source: LabelSource) -> GivenLabels:
    assert source.file is not None  # LabelSource has checked it
    human = read_human(source.file.find(), source.column)
    labels = labels_for(dataset, human)
    assert dataset.places is not None  # labels_for has checked it
    name = f"CIFAR-10N {COLUMNS[source.column]} human labels"
    rule = f"{name} ({source.file.title}), matched {MATCHED[dataset.places.order]}"
    return GivenLabels(labels, rule, human.checksum)
