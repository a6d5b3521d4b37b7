"""A set of small colour images with labels, and what is known of where it came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from alfs_core.errors import DataError

SIDE = 32  # pixels: the side of every image here

Kind = Literal["official", "archive", "images", "arrays", "synthetic"]
Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Checkpoint = Callable[[], None]  # called now and then in long work; what it raises ends the work


def no_stop() -> None:
    """The checkpoint of work that nobody ends."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where training images stood in their source, so that other labels for them can be found.

    ``numbers`` (N,) count from 0: by ``order`` "archive" through the batches of an archive, by
    "files" within the class, as the files are numbered, by "index" as the source itself says.
    ``totals`` (K,) are the training images of each class in the whole source.
    """

    order: Literal["archive", "files", "index"]
    numbers: Labels
    totals: Labels


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images (N, 32, 32, 3) uint8 with labels (N,) int64 in 0 .. K-1, to train and to test on.

    ``kind`` says what may be claimed: ``official`` only where the archive's SHA-256 is the
    published one. ``checksum`` is the SHA-256 of the file, or what identifies a synthetic set.
    ``places`` is None where nothing says which training image is which.
    Raises DataError where shapes, types or labels do not fit together.
    """

    name: str
    kind: Kind
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    class_names: tuple[str, ...]
    checksum: str
    description: str
    places: Places | None = None

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images, labels = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
            check_images(f"{self.name}: x_{part}", images)
            check_labels(f"{self.name}: y_{part}", labels, len(images), self.num_classes)
        if self.places is not None and self.places.numbers.shape != self.y_train.shape:
            raise DataError(
                f"{self.name}: {len(self.places.numbers)} places for {len(self.y_train)} images"
            )

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return len(self.class_names)

    def subset(self, train: int, test: int, seed: int) -> "Dataset":
        """At most ``train`` and ``test`` images, drawn evenly over the classes and shuffled."""
        rng = np.random.default_rng(seed)
        chosen_train = balanced(self.y_train, train, self.num_classes, rng)
        chosen_test = balanced(self.y_test, test, self.num_classes, rng)
        return replace(
            self,
            x_train=self.x_train[chosen_train],
            y_train=self.y_train[chosen_train],
            x_test=self.x_test[chosen_test],
            y_test=self.y_test[chosen_test],
            places=self.places and replace(self.places, numbers=self.places.numbers[chosen_train]),
        )


def balanced(
    labels: npt.NDArray[np.integer], count: int, num_classes: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Places of ``count`` labels (all, where there are fewer), as even over classes as they allow.

    Every class is shuffled; then the first of each class, the second of each, ... are taken.
    """
    shuffled = [rng.permutation(np.flatnonzero(labels == k)) for k in range(num_classes)]
    rank = np.concatenate([np.arange(len(places)) for places in shuffled])
    by_turn = np.concatenate(shuffled)[np.argsort(rank, kind="stable")]
    return rng.permutation(by_turn[:count])


def check_images(name: str, images: np.ndarray) -> None:
    """Raise DataError unless ``images`` is (N, 32, 32, 3) uint8 with N >= 1."""
    if images.ndim != 4 or images.shape[1:] != (SIDE, SIDE, 3):
        raise DataError(f"{name} has shape {images.shape}; images need (N, {SIDE}, {SIDE}, 3)")
    if images.dtype != np.uint8:
        raise DataError(f"{name} holds {_contents(images)}; images need uint8, 0 to 255")
    if len(images) == 0:
        raise DataError(f"{name} holds no images")


def check_labels(name: str, labels: np.ndarray, count: int, num_classes: int) -> None:
    """Raise DataError unless ``labels`` is (count,) of integers in 0 .. num_classes - 1."""
    if labels.shape != (count,):
        raise DataError(f"{name} has shape {labels.shape}; {count} images need ({count},)")
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{name} holds {_contents(labels)}; labels need integers")
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if wrong.size:
        raise DataError(
            f"{name}[{wrong[0]}] = {labels[wrong[0]]} lies outside the classes 0 to "
            f"{num_classes - 1}"
        )


def class_list(names: Sequence[str]) -> tuple[str, ...]:
    """The class names; raises DataError unless there are 2 to 1,000, all different."""
    if not 2 <= len(names) <= 1000:
        raise DataError(f"{len(names)} classes found; there must be 2 to 1,000")
    if len(set(names)) != len(names):
        raise DataError("two classes bear the same name")
    return tuple(str(name) for name in names)


def _contents(values: np.ndarray) -> str:
    has_nan = np.issubdtype(values.dtype, np.floating) and bool(np.isnan(values).any())
    return f"{values.dtype} with NaN" if has_nan else str(values.dtype)
