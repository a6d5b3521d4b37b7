"""CIFAR-10N: what people answered when they labelled the training images of CIFAR-10 anew.

A file holds the clean labels and the sets below in the order of the official archive. It comes as
``.npz``, or as the authors' ``.pt``, which only a process with torch can open: the trainer turns it
into an ``.npz`` that is kept under the checksum of the original.

Labels belong to images: which is which is read from the archive's order, from the numbers of files
or from ``index_train``, and held against the clean labels image by image.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from alfs_core.data.arrays import DAMAGE, check_sizes
from alfs_core.data.checksum import sha256
from alfs_core.data.dataset import Dataset, Places
from alfs_core.data.local import home
from alfs_core.data.uploads import file_name
from alfs_core.errors import DataError
from alfs_core.noise.cifar import Column

Labels = npt.NDArray[np.int64]
# SHA-256 of each list, a byte a label: how CIFAR-10N is told from a file that only looks like it.
PUBLISHED = {
    "clean": "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
    "aggre": "2bd5e02e39c9c79772cf4c794f7b74630ac1aaeeac4b807a63c11e9a375f8404",
    "random1": "8d01b5a5af048e84bf6e964c86e1133e95d5b22c07763e23705b714ad0f32d8b",
    "random2": "7ea04c887750912f49669282a75e78df380077766b361fb6cb5200999ad6dcda",
    "random3": "cdbfad7e15bfc8fc83bc7c6e30b692e2aa1186660d82738b7543a6012d6ca46f",
    "worse": "11a306ed336e3bc81aaac36322ddf12de379d0df1883aa43e10ba562a98f6b2a",
}
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
LARGEST = 8 * 50_000 + 1_000  # bytes of one list

MATCHED = {
    "archive": "by the order of the archive",
    "files": "by class and number of the file",
    "index": "by the index in the file",
}


@dataclass(frozen=True, eq=False)
class HumanLabels:
    """One label set: ``clean`` and ``given`` (N,) in official order, and the file's checksum.

    ``file_index`` (N,): which image of its class, counted from 0, each one is in an image folder.
    """

    name: str
    clean: Labels
    given: Labels
    file_index: Labels
    checksum: str


def read_human(path: Path, column: Column) -> HumanLabels:
    """One label set of a CIFAR-10N file.

    Raises DataError where the file is damaged, is a ``.pt`` that was not converted yet, or holds
    other labels than those published.
    """
    digest = sha256(path)
    called = file_name(path)
    arrays = _arrays(called, converted(digest) if is_torch(path) else path)
    if missing := [name for name in ("clean", column) if name not in arrays]:
        raise DataError(f"{called} holds no list {missing[0]!r}: it is no CIFAR-10N file")
    clean, given = (_published(called, name, arrays[name]) for name in ("clean", column))
    return HumanLabels(called, clean, given, _file_index(called, clean, arrays), digest)


def is_torch(path: Path) -> bool:
    """Whether a file is one that only torch can open."""
    return path.suffix.lower() == ".pt"


def converted(digest: str) -> Path:
    """Where the lists of a ``.pt`` with that SHA-256 are kept as ``.npz``."""
    return home() / "cache" / f"labels-{digest}.npz"


def _arrays(name: str, path: Path) -> dict[str, np.ndarray]:
    wanted = (*PUBLISHED, "file_index")
    try:
        check_sizes(name, path, LARGEST)
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in wanted if key in file}
    except FileNotFoundError:
        raise DataError(f"{name} is not converted yet: only a race can open it") from None
    except DAMAGE as error:
        raise DataError(f"{name} is damaged or no .npz of plain arrays: {error}") from error


def _published(name: str, column: str, labels: np.ndarray) -> Labels:
    plain = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
    if not plain or digest_of(labels) != PUBLISHED[column]:
        raise DataError(f"{name}: its list {column!r} is not the one published as CIFAR-10N")
    return labels.astype(np.int64)


def digest_of(labels: np.ndarray) -> str:
    """SHA-256 of a list of class numbers, a byte each."""
    return hashlib.sha256(labels.astype(np.uint8).tobytes()).hexdigest()


def _file_index(name: str, clean: Labels, arrays: dict[str, np.ndarray]) -> Labels:
    """The given one, or else the rank of each image within its class; they must be the same."""
    rank = np.empty(len(clean), np.int64)
    for k in np.unique(clean):
        rank[clean == k] = np.arange((clean == k).sum())
    if "file_index" in arrays and not np.array_equal(arrays["file_index"], rank):
        raise DataError(f"{name}: its file_index does not count the images of each class in order")
    return rank


# ---- which label belongs to which image -----------------------------------------------------


def labels_for(dataset: Dataset, human: HumanLabels) -> Labels:
    """The given labels (N,) of the training images of ``dataset``.

    Raises DataError where nothing says which image is which, the source is not the whole of what
    the labels are for, or a clean label differs.
    """
    if dataset.num_classes != len(CLASSES):
        raise DataError(f"{dataset.name} has {dataset.num_classes} classes; {human.name} has 10")
    if dataset.places is None:
        raise DataError(
            f"nothing says which training image of {dataset.name} is which. Human labels need the "
            "official CIFAR-10 archive, an image folder whose files count from 0000 in each class, "
            "or an .npz with index_train"
        )
    official = _official(dataset, dataset.places, human)
    differ = np.flatnonzero(human.clean[official] != dataset.y_train)
    if len(differ):
        first = differ[0]
        raise DataError(
            f"{len(differ):,} of {len(official):,} training images of {dataset.name} have another "
            f"class than in {human.name}: image {official[first]} is class "
            f"{dataset.y_train[first]} here and {human.clean[official[first]]} there"
        )
    return human.given[official]


def _official(dataset: Dataset, places: Places, human: HumanLabels) -> Labels:
    """The place (N,) of each training image in the official order."""
    if places.order == "index":
        if places.numbers.max() >= len(human.clean):
            raise DataError(
                f"{dataset.name}: index_train names image {places.numbers.max()}, and "
                f"{human.name} has {len(human.clean):,} labels"
            )
        return places.numbers
    totals = np.bincount(human.clean, minlength=dataset.num_classes)
    if not np.array_equal(places.totals, totals):
        k = int(np.flatnonzero(places.totals != totals)[0])
        raise DataError(
            f"{dataset.name} has {places.totals[k]:,} training images of {dataset.class_names[k]}, "
            f"and {human.name} has labels for {totals[k]:,}"
        )
    return places.numbers if places.order == "archive" else _by_file(dataset, places, human)


def _by_file(dataset: Dataset, places: Places, human: HumanLabels) -> Labels:
    if dataset.class_names != CLASSES:
        raise DataError(
            f"the classes of {dataset.name} are {', '.join(dataset.class_names)}, not those of "
            "CIFAR-10"
        )
    where = np.empty((len(CLASSES), human.file_index.max() + 1), np.int64)
    where[human.clean, human.file_index] = np.arange(len(human.clean))
    return where[dataset.y_train, places.numbers]
