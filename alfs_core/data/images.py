"""A zip of image files, ``train/<class>/*.jpg`` and ``test/<class>/*.jpg`` (or png)."""

import base64
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
from PIL import Image

from alfs_core.data.dataset import (
    SIDE,
    Checkpoint,
    Dataset,
    Images,
    Labels,
    Places,
    balanced,
    class_list,
    no_stop,
)
from alfs_core.data.uploads import file_name
from alfs_core.errors import DataError

ENDINGS = {".jpg", ".jpeg", ".png"}
SIDES = (8, 1024)  # pixels; other sizes than 32 x 32 within this are resized
MOST_ENTRIES = 500_000
LARGEST_ENTRY = 8_000_000  # bytes, packed or unpacked
FORMATS = ("JPEG", "PNG")


def read_images(
    path: Path, digest: str, train: int, test: int, seed: int, checkpoint: Checkpoint = no_stop
) -> Dataset:
    """A Dataset of at most ``train`` and ``test`` images, even over classes; others stay unread.

    Classes are the folders' names in alphabetical order. Grey images become grey RGB, other sizes
    from 8 to 1,024 pixels a side are resized to 32 x 32. Raises DataError where the zip is
    damaged, has no class folders, or a chosen image is unreadable, too small or too large.
    """
    rng = np.random.default_rng(seed)
    called = file_name(path)
    with _readable(called), zipfile.ZipFile(path) as archive, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        entries = _entries(archive, called)
        names = _classes(entries)
        labels, chosen = _chosen(entries["train"], names, train, rng)
        x_train, y_train, odd_train = _part(archive, entries["train"], labels, chosen, checkpoint)
        places = _places(entries["train"], labels, chosen, len(names))
        labels, chosen = _chosen(entries["test"], names, test, rng)
        x_test, y_test, odd_test = _part(archive, entries["test"], labels, chosen, checkpoint)
    resized = f", {odd_train + odd_test:,} of them resized" if odd_train + odd_test else ""
    return Dataset(
        called,
        "images",
        x_train,
        y_train,
        x_test,
        y_test,
        names,
        digest,
        f"{len(x_train):,} training and {len(x_test):,} test images of {called}{resized}",
        places,
    )


def look(name: str, file: BinaryIO) -> int:
    """How many training images a zip names, before any is read.

    Raises DataError where it is no zip or has no class folders.
    """
    with _readable(name), zipfile.ZipFile(file) as archive:
        entries = _entries(archive, name)
    _classes(entries)
    return len(entries["train"])


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(f"{name} is damaged or cut short: {error}") from error
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise DataError(f"{name} cannot be read: {error}") from error


Entry = tuple[str, zipfile.ZipInfo]


def _entries(archive: zipfile.ZipFile, name: str) -> dict[str, list[Entry]]:
    """Image entries as (class, info), by part; paths are only compared, never written to."""
    infos = archive.infolist()
    if len(infos) > MOST_ENTRIES:
        raise DataError(f"{name} holds {len(infos):,} files; at most {MOST_ENTRIES:,} are read")
    parts: dict[str, list[Entry]] = {"train": [], "test": []}
    for info in sorted(infos, key=lambda info: info.filename):
        path = PurePosixPath(info.filename)
        if path.suffix.lower() in ENDINGS and len(path.parts) >= 3 and path.parts[-3] in parts:
            parts[path.parts[-3]].append((path.parts[-2], info))
    for part, entries in parts.items():
        if not entries:
            raise DataError(f"{name} holds no image {part}/<class>/<name>.jpg or .png")
    return parts


def _classes(entries: dict[str, list[Entry]]) -> tuple[str, ...]:
    return class_list(sorted({name for name, _ in entries["train"] + entries["test"]}))


def _chosen(
    entries: Sequence[Entry], names: tuple[str, ...], count: int, rng: np.random.Generator
) -> tuple[Labels, Labels]:
    """The labels (M,) of all entries, and the places (N,) of those that are read."""
    number = {name: label for label, name in enumerate(names)}
    labels = np.array([number[name] for name, _ in entries], np.int64)
    return labels, balanced(labels, count, len(names), rng)


def _part(
    archive: zipfile.ZipFile,
    entries: Sequence[Entry],
    labels: Labels,
    chosen: Labels,
    checkpoint: Checkpoint,
) -> tuple[Images, Labels, int]:
    images = np.empty((len(chosen), SIDE, SIDE, 3), np.uint8)
    resized = 0
    for row, place in enumerate(chosen):
        checkpoint()
        images[row], odd = _decode(archive, entries[place][1])
        resized += odd
    return images, labels[chosen], resized


def _places(
    entries: Sequence[Entry], labels: Labels, chosen: Labels, num_classes: int
) -> Places | None:
    """The numbers that files bear; None unless those of each class count from 0 without a gap."""
    stems = [PurePosixPath(info.filename).stem for _, info in entries]
    if not all(stem.isascii() and stem.isdigit() and len(stem) <= 9 for stem in stems):
        return None
    numbers = np.array([int(stem) for stem in stems], np.int64)
    totals = np.bincount(labels, minlength=num_classes)
    for k, total in enumerate(totals):
        if not np.array_equal(np.sort(numbers[labels == k]), np.arange(total)):
            return None
    return Places("files", numbers[chosen], totals)


def _decode(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[np.ndarray, bool]:
    """One image (32, 32, 3) uint8, and whether it was resized."""
    if max(info.file_size, info.compress_size) > LARGEST_ENTRY:
        raise DataError(f"{info.filename} has more than {LARGEST_ENTRY:,} bytes")
    data = archive.read(info)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_sides(info.filename, image)
        colour = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise DataError(f"{info.filename} is no readable JPEG or PNG image: {error}") from error
    odd = colour.size != (SIDE, SIDE)
    if odd:
        colour = colour.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(colour), odd


def data_uri(image: np.ndarray) -> str:
    """An image (H, W, 3) uint8 as a PNG that stands in a page's text."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _check_sides(name: str, image: Image.Image) -> None:
    low, high = SIDES
    if not all(low <= side <= high for side in image.size):
        width, height = image.size
        raise DataError(
            f"{name} has {width} x {height} pixels; images need {low} to {high:,} a side"
        )
