"""T estimated from images that bear two labels, a trusted and a given one, with confidence limits.

The given labels of the n_i images of class i are n_i draws from row i of T, so T[i, j] is estimated
by their share. Clopper and Pearson's limits of a share are exact; Bonferroni's correction makes
them hold for all K entries of a row at once.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from alfs_core.data.arrays import DAMAGE, check_sizes
from alfs_core.errors import DataError, TransitionError

Labels = npt.NDArray[np.int64]

LEVELS = (0.9, 0.95, 0.99)
METHOD = "Clopper-Pearson, joint over a row by Bonferroni"
MOST_CLASSES = 100
MOST_IMAGES = 2_000_000
MOST_LISTS = 32  # arrays in one file
LISTS_TOLD = 6  # arrays in a sentence
LARGEST_LIST = 8 * MOST_IMAGES + 1000  # bytes
SHOWN = 40  # characters of a wrong label in a sentence
TRUSTED_NAMES = ("trusted", "clean", "true", "y", "clean_label", "true_label")
GIVEN_NAMES = ("given", "noisy", "label", "worse", "aggre", "noisy_label", "given_label")


# ---- two columns of labels ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Columns of labels as text, all of one length; ``lines`` is where each row stood."""

    columns: dict[str, tuple[str, ...]]
    lines: tuple[int, ...]

    def likely(self) -> tuple[str, str]:
        """The columns that their names call trusted and given; else the first two."""
        names = list(self.columns)
        trusted = _first_of(TRUSTED_NAMES, names) or names[0]
        rest = [name for name in names if name != trusted]
        return trusted, _first_of(GIVEN_NAMES, rest) or rest[0]


def _first_of(wanted: Sequence[str], names: Sequence[str]) -> str | None:
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), None)


def read_label_csv(name: str, content: bytes) -> LabelTable:
    """The columns of a CSV file (comma, semicolon or tab); a first row of names is optional.

    It is taken for names where one of them is a usual name, or where it has words above numbers.
    DataError names the line and what is wrong with it.
    """
    rows = _filled_rows(name, decoded(name, content))
    width = len(rows[0][1])
    if width < 2:
        raise DataError(f"{name} has one column; a trusted and a given label make two")
    for line, cells in rows:
        if len(cells) != width:
            raise DataError(f"{name}, line {line}: {len(cells)} cells, the first row has {width}")
    names = _header(rows)
    body = rows[1:] if names else rows
    if not body:
        raise DataError(f"{name} has names of columns and no labels below them")
    titles = names or [f"column {i + 1}" for i in range(width)]
    columns = {t: tuple(cells[i] for _, cells in body) for i, t in enumerate(titles)}
    if len(columns) < width:
        raise DataError(f"{name}: two columns have the same name")
    return LabelTable(columns, tuple(line for line, _ in body))


def decoded(name: str, content: bytes) -> str:
    """The text of a file; DataError where it is not UTF-8, or has a byte 0, as no text has."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text in UTF-8: byte {error.start} is wrong") from error
    if (zero := content.find(0)) >= 0:
        raise DataError(f"{name} is no text: byte {zero} is 0")
    return text


def cells_of(text: str) -> list[tuple[int, list[str]]]:
    """(line, cells) of each row that is not empty; comma, semicolon or tab between the cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    cells = ((reader.line_num, [cell.strip() for cell in row]) for row in reader)
    return [(line, row) for line, row in cells if any(row)]


def _filled_rows(name: str, text: str) -> list[tuple[int, list[str]]]:
    try:
        rows = cells_of(text)
    except csv.Error as error:
        raise DataError(f"{name} is no CSV file: {error}") from error
    if not rows:
        raise DataError(f"{name} is empty")
    if len(rows) > MOST_IMAGES + 1:
        raise DataError(f"{name} has {len(rows):,} rows; {MOST_IMAGES:,} are the limit")
    return rows


def _header(rows: list[tuple[int, list[str]]]) -> list[str] | None:
    first = rows[0][1]
    usual = {cell.lower() for cell in first} & {*TRUSTED_NAMES, *GIVEN_NAMES}
    numbers_below = len(rows) > 1 and all(map(is_whole, rows[1][1]))
    if usual or (numbers_below and not any(map(is_whole, first))):
        return first
    return None


def is_whole(text: str) -> bool:
    """Whether a label is a class number."""
    return text.isascii() and text.isdigit() and len(text) <= 9


def numbered(table: LabelTable, trusted: str, given: str) -> tuple[Labels, Labels, tuple[str, ...]]:
    """Both columns as class numbers (N,), and the names of the K classes.

    Labels that are all whole numbers are class numbers; others are names, in sorted order.
    """
    columns = table.columns[trusted], table.columns[given]
    for title, column in zip((trusted, given), columns, strict=True):
        if "" in column:
            line = table.lines[column.index("")]
            raise DataError(f"line {line}: the {title!r} label is empty")
    found = set(columns[0]) | set(columns[1])
    if all(map(is_whole, found)):
        names = tuple(str(k) for k in range(max(map(int, found)) + 1))
        place = {label: int(label) for label in found}
    else:
        names = tuple(sorted(found))
        place = {label: k for k, label in enumerate(names)}
    _check_number_of_classes(len(names))
    clean, noisy = (np.array([place[label] for label in column], np.int64) for column in columns)
    return clean, noisy, names


def _check_number_of_classes(found: int) -> None:
    if not 2 <= found <= MOST_CLASSES:
        raise DataError(f"the labels name {found} classes; 2 to {MOST_CLASSES} are possible")


# ---- label sets in an archive of arrays -----------------------------------------------------


def read_label_sets(name: str, file: BinaryIO) -> dict[str, Labels]:
    """The lists of class numbers in an ``.npz`` that are as long as its list ``clean``.

    This is how human label sets lie beside the clean labels: ``aggre``, ``random1``, ``worse``.
    DataError where the file is damaged, holds objects, has no list ``clean``, or none beside it.
    """
    try:
        check_sizes(name, file, LARGEST_LIST)
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            if len(archive.files) > MOST_LISTS:
                raise DataError(f"{name} has {len(archive.files)} arrays; {MOST_LISTS} are read")
            arrays = {key: archive[key] for key in archive.files}
    except DAMAGE as error:
        raise DataError(f"{name} is damaged or no .npz of plain arrays: {error}") from error
    clean = arrays.pop("clean", None)
    if clean is None or not _is_label_list(clean):
        raise DataError(f"{name} has no list of class numbers called 'clean'")
    faults = {key: _unlike(x, clean) for key, x in arrays.items()}
    if all(faults.values()):
        told = [f"{key!r} {fault}" for key, fault in list(faults.items())[:LISTS_TOLD]]
        more = f", and {len(faults) - LISTS_TOLD} more" if len(faults) > LISTS_TOLD else ""
        others = f"no label set: {', '.join(told)}{more}" if told else "no other array"
        raise DataError(f"{name} holds beside 'clean', of length {len(clean):,}, {others}")
    sets = {key: x for key, x in arrays.items() if not faults[key]}
    return {key: x.astype(np.int64) for key, x in {"clean": clean, **sets}.items()}


def _is_label_list(x: np.ndarray) -> bool:
    return x.ndim == 1 and len(x) > 0 and np.issubdtype(x.dtype, np.integer)


def _unlike(x: np.ndarray, clean: np.ndarray) -> str:
    """Why an array is no label set beside the labels ``clean`` (N,); "" where it is one."""
    if x.ndim != 1:
        return f"has shape {x.shape}"
    if len(x) != len(clean):
        return f"has length {len(x):,}"
    if not np.issubdtype(x.dtype, np.integer):
        fractions = np.issubdtype(x.dtype, np.floating) and bool((x % 1 != 0).any())
        return f"holds {'fractions' if fractions else x.dtype.name}, not whole numbers"
    least, largest = int(x.min()), int(x.max())
    if least < 0 or largest > clean.max():
        odd = least if least < 0 else largest
        return f"holds {odd}, outside the classes 0 to {clean.max()}"
    return ""


# ---- T and its limits -----------------------------------------------------------------------


def count_pairs(trusted: Labels, given: Labels, num_classes: int) -> np.ndarray:
    """How many images of trusted class i were given label j, (K, K).

    DataError where the columns differ in length, a label names no class, or a class has no image:
    then nothing is known of its row.
    """
    if len(trusted) != len(given):
        raise DataError(f"{len(trusted)} trusted labels and {len(given)} given ones do not pair up")
    _check_number_of_classes(num_classes)
    for title, labels in (("trusted", trusted), ("given", given)):
        wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
        if len(wrong):
            raise DataError(
                f"image {wrong[0] + 1}: the {title} label {labels[wrong[0]]} lies outside the "
                f"classes 0 to {num_classes - 1}"
            )
    pairs = np.bincount(trusted * num_classes + given, minlength=num_classes**2)
    counts = pairs.reshape(num_classes, num_classes)
    missing = np.flatnonzero(counts.sum(axis=1) == 0)
    if len(missing):
        raise DataError(f"class {missing[0]} is never the trusted label: its row has no image")
    return counts


def shares(counts: np.ndarray) -> np.ndarray:
    """T (K, K) as counted; every row of counts holds an image."""
    return counts / counts.sum(axis=1, keepdims=True)


def limits(T: np.ndarray, images: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Confidence limits (low, high) of a T (K, K) counted on ``images`` (K,) images per class.

    All entries of a row lie within theirs with probability ``level`` or more. TransitionError
    where the level is not between 0 and 1 or a class has no image.
    """
    if not 0 < level < 1:
        raise TransitionError(f"confidence level = {level:g} lies outside (0, 1)")
    images = np.asarray(images, dtype=float)
    if images.shape != (len(T),) or not np.isfinite(images).all() or (images < 1).any():
        raise TransitionError(f"each of the {len(T)} classes needs one image or more")
    hits = np.round(T * images[:, None], 6)
    misses = images[:, None] - hits
    tail = (1 - level) / (2 * len(T))
    # beta has no law with a parameter 0: there the limit is the end of [0, 1] itself
    low = np.where(hits > 0, beta.ppf(tail, np.maximum(hits, 1e-9), misses + 1), 0.0)
    high = np.where(misses > 0, beta.ppf(1 - tail, hits + 1, np.maximum(misses, 1e-9)), 1.0)
    return np.minimum(low, T), np.maximum(high, T)


def read_image_counts(text: str, num_classes: int) -> np.ndarray:
    """Images per class (K,) from "5000" or from K numbers; TransitionError says what is wrong."""
    cells = text.replace(";", ",").replace(",", " ").split()
    if len(cells) not in (1, num_classes):
        raise TransitionError(
            f"{len(cells)} numbers of images; one for all classes or {num_classes} are needed"
        )
    for cell in cells:
        if not is_whole(cell) or int(cell) < 1:
            raise TransitionError(f"{cell[:SHOWN]!r} is no number of images")
    counts = np.array([int(cell) for cell in cells], dtype=float)
    return np.broadcast_to(counts, num_classes).copy()


def image_counts_text(counts: np.ndarray) -> str:
    """The same, as short as it can be said."""
    totals = [int(n) for n in counts.sum(axis=1)]
    return str(totals[0]) if len(set(totals)) == 1 else " ".join(map(str, totals))


def overall_rate(counts: np.ndarray) -> float:
    """The share of images whose given label is not the trusted one."""
    return float(1 - math.fsum(np.diag(counts)) / counts.sum())
