"""A transition matrix as the rows of a table: as CSV text, and row by row what is wrong with it."""

from __future__ import annotations

import csv

import numpy as np

from alfs_core.errors import TransitionError
from alfs_core.noise.estimation import SHOWN, cells_of, is_whole
from alfs_core.noise.transition import ROW_TOLERANCE

Line = tuple[int, list[str]]

CELLS = ("class", "label", "T")  # the columns of a table with one line a cell


def to_csv(T: np.ndarray) -> str:
    """K lines of K numbers that read back to the last bit."""
    return "".join(",".join(repr(float(x)) for x in row) + "\n" for row in T)


def from_csv(text: str) -> np.ndarray:
    """A square table of numbers (K, K); TransitionError names the line and the column.

    A row of names above and a column of names to the left are left out, and so are the numbers of
    the classes there, from 0 or from 1, where the table is square without them alone. A table with
    one line a cell, as the figure's numbers have, is known by its first columns: class, label, T.
    Whether the rows are probabilities is for ``row_fault`` to say.
    """
    try:
        rows = cells_of(text)
    except csv.Error as error:
        raise TransitionError(f"this is no CSV file: {error}") from error
    listed = bool(rows) and tuple(rows[0][1][:3]) == CELLS
    T = _from_cells(rows[1:]) if listed else _from_square(_without_names(rows))
    if len(T) < 2:
        raise TransitionError("a transition matrix has two rows or more")
    return T


def _from_square(body: list[Line]) -> np.ndarray:
    values = [[_number(x, line, j) for j, x in enumerate(cells)] for line, cells in body]
    for (line, _), row in zip(body, values, strict=True):
        if len(row) != len(body):
            raise TransitionError(
                f"line {line} has {len(row)} numbers; with {len(body)} rows it is not square"
            )
    return np.array(values)


def _from_cells(rows: list[Line]) -> np.ndarray:
    found: dict[tuple[int, int], float] = {}
    for line, cells in rows:
        if len(cells) < len(CELLS) or not all(map(is_whole, cells[:2])):
            raise TransitionError(f"line {line} has no class and label, numbered from 0, and T")
        cell = int(cells[0]), int(cells[1])
        if cell in found:
            raise TransitionError(f"line {line}: class {cell[0]}, label {cell[1]} came before")
        found[cell] = _number(cells[2], line, 2)
    size = 1 + max(map(max, found), default=0)
    if len(found) < size**2:
        square = ((i, j) for i in range(size) for j in range(size))
        i, j = next(cell for cell in square if cell not in found)
        raise TransitionError(f"class {i}, label {j} is missing among {size} classes")
    return np.array([[found[i, j] for j in range(size)] for i in range(size)])


def _without_names(rows: list[Line]) -> list[Line]:
    if len(rows) > 1 and _has_head(rows):
        rows = rows[1:]
    if rows and _has_side(rows):
        rows = [(line, cells[1:]) for line, cells in rows]
    return rows


def _has_head(rows: list[Line]) -> bool:
    """Whether the first row names the classes; a corner above a column of names may be empty."""
    corner, *rest = head = rows[0][1]
    if all(map(_is_name, head)):
        return True
    if len(rows) == len(head) + 1:
        return _is_count(head)
    side = [cells[0] for _, cells in rows[1:]]
    beside = _is_count(side) or all(map(_is_name, side))
    return len(rows) == len(head) and _is_name(corner) and _is_count(rest) and beside


def _has_side(rows: list[Line]) -> bool:
    """Whether the first column names the classes."""
    side = [cells[0] for _, cells in rows]
    return all(map(_is_name, side)) or (len(rows[0][1]) == len(rows) + 1 and _is_count(side))


def _is_count(cells: list[str]) -> bool:
    """Whether they are 0, 1, ... or 1, 2, ..."""
    return any(cells == [str(k + first) for k in range(len(cells))] for first in (0, 1))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    """A number with a decimal comma or a percent sign is no name."""
    return not _is_number(_mended(text))


def _mended(text: str) -> str:
    return text.replace(",", ".").rstrip("% ")


def _number(text: str, line: int, column: int) -> float:
    if not _is_number(text):
        raise TransitionError(
            f"line {line}, number {column + 1}: {text[:SHOWN]!r} is not a number{_hint(text)}"
        )
    return float(text)


def _hint(text: str) -> str:
    if text.endswith("%") and _is_number(_mended(text)):
        return f"; write {float(_mended(text)) / 100:g} for {text[:SHOWN]}"
    if "," in text or ";" in text:
        return "; commas, semicolons or tabs part numbers, and decimals have a point"
    return ""


def row_fault(row: np.ndarray) -> str | None:
    """Why a row (K,) is no set of probabilities; None where it is one."""
    outside = np.flatnonzero(~((row >= 0) & (row <= 1)))
    if len(outside):
        j = outside[0]
        if np.isnan(row[j]):
            return f"the entry of label {j} is missing"
        return f"the entry of label {j}, {row[j]:g}, lies outside [0, 1]"
    if abs(row.sum() - 1) > ROW_TOLERANCE:
        return f"it sums to {row.sum():.10g}, not to 1"
    return None


def row_faults(T: np.ndarray) -> dict[int, str]:
    """The rows of T (K, K) that are no probabilities, each with the reason."""
    said = ((i, row_fault(row)) for i, row in enumerate(T))
    return {i: fault for i, fault in said if fault is not None}


def normalised(row: np.ndarray) -> np.ndarray:
    """The row (K,) divided by its sum; entries that are missing or negative count as 0.

    TransitionError where nothing is left, or an entry is infinite.
    """
    if len(infinite := np.flatnonzero(np.isinf(row))):
        raise TransitionError(
            f"a row whose entry of label {infinite[0]} is infinite cannot be normalised"
        )
    kept = np.where(row > 0, row, 0.0)
    if kept.sum() == 0:
        raise TransitionError("a row of zeros cannot be normalised")
    return kept / kept.sum()


def completed(row: np.ndarray, clean: int) -> np.ndarray:
    """The row (K,) with what is missing to 1 on its clean class.

    TransitionError where the other entries are no probabilities or sum to more than 1.
    """
    others = np.delete(row, clean)
    if not (others >= 0).all() or others.sum() > 1 + ROW_TOLERANCE:
        raise TransitionError("the wrong labels alone sum to more than 1, or one is negative")
    full = np.insert(others, clean, 0.0)
    full[clean] = max(0.0, 1 - others.sum())
    return full
