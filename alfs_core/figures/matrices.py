"""A transition matrix as a map with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import SURFACE_SCALE
from alfs_core.noise.names import called
from alfs_core.noise.transition import clean_labels_dominate

MOST_WRITTEN = 12  # classes for which every cell bears its number
MOST_NAMED = 25  # classes that all have a tick
BRIGHT = 0.5  # from here on the scale is nearer to white than to black
NOT_DOMINANT = "✗"
TITLE = "How often each class gets each label"

Limits = tuple[np.ndarray, np.ndarray]


def matrix_figure(
    T: np.ndarray,
    limits: Limits | None = None,
    *,
    title: str = TITLE,
    names: Sequence[str] | None = None,
) -> Picture:
    """T (K, K) as colours and numbers, clean classes downwards, given labels across.

    The colours stand for 0 to 1, so that matrices compare. ``limits`` (low, high) are confidence
    limits for the hover text, which tells the ``names`` (K,) of classes too. A row whose clean
    label is not the most frequent one bears a ✗.
    """
    K = len(T)
    ticks = list(range(K)) if K <= MOST_NAMED else list(range(0, K, 10))
    wrong = ~clean_labels_dominate(T)
    rows = sorted({*ticks, *np.flatnonzero(wrong).tolist()})
    marked = [f"{NOT_DOMINANT} {i}" if wrong[i] else str(i) for i in rows]
    across = {"tickvals": ticks, "ticktext": list(map(str, ticks)), "showgrid": False}
    down = {"tickvals": rows, "ticktext": marked, "showgrid": False, "autorange": "reversed"}
    return picture(
        title,
        "j, given label",
        "i, clean label",
        _coloured(T, _told(T, limits, names)),
        *([_written(T)] if K <= MOST_WRITTEN else []),
        showlegend=False,
        xaxis=across,
        yaxis=down,
    )


def _coloured(T: np.ndarray, told: list[list[str]]) -> Trace:
    gap = 1 if len(T) <= MOST_NAMED else 0
    return trace(
        "heatmap",
        z=T.astype("float32"),
        zmin=0,
        zmax=1,
        colorscale=SURFACE_SCALE,
        xgap=gap,
        ygap=gap,
        customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
        showscale=len(T) > MOST_WRITTEN,
        colorbar={"title": {"text": "T<sub>ij</sub>"}, "thickness": 14, "len": 0.9},
    )


def _written(T: np.ndarray) -> Trace:
    """The numbers above the colours, dark on the bright half of the scale."""
    i, j = np.indices(T.shape)
    values = T.ravel().tolist()
    return trace(
        "scatter",
        x=j.ravel().tolist(),
        y=i.ravel().tolist(),
        mode="text",
        text=[cell(x) for x in values],
        textfont={"size": 13, "color": ["black" if x > BRIGHT else "white" for x in values]},
        hoverinfo="skip",
    )


def cell(x: float) -> str:
    """A probability in a cell: two digits, a zero as a dot.

    >>> cell(0.0), cell(0.125), cell(0.0004), cell(1.0)
    ('·', '.12', '<.01', '1')
    """
    if x == 0:
        return "·"
    if x < 0.005:
        return "<.01"
    return "1" if x > 0.995 else f"{x:.2f}".removeprefix("0")


def _told(T: np.ndarray, limits: Limits | None, names: Sequence[str] | None) -> list[list[str]]:
    classes, said = range(len(T)), _called(len(T), names)
    return [[_hover(T, i, j, limits, said) for j in classes] for i in classes]


def _hover(T: np.ndarray, i: int, j: int, limits: Limits | None, said: Sequence[str]) -> str:
    what = "kept" if i == j else f"given as {said[j]}"
    between = (
        "" if limits is None else f"<br>between {limits[0][i, j]:.4g} and {limits[1][i, j]:.4g}"
    )
    return f"label {said[i]} is {what}<br>T = {T[i, j]:.6g}{between}"


def caption(T: np.ndarray, names: Sequence[str] | None = None) -> str:
    """What to look at, true for this matrix; ``names`` (K,) of classes stand beside numbers."""
    wrong = np.flatnonzero(~clean_labels_dominate(T))
    if len(wrong):
        rows = "Row" if len(wrong) == 1 else "Rows"
        return (
            f"{rows} {named(wrong)}: some wrong label is at least as frequent as the clean one, so "
            "no loss that treats all labels alike can tolerate this noise."
        )
    i, j, ratio = worst_confusion(T)
    if not np.isfinite(ratio):
        return "No label is ever wrong."
    said = _called(len(T), names)
    return (
        f"Clean labels dominate in every row. The tightest: label {said[i]} is kept "
        f"{ratio:.4g} times as often as it is given as {said[j]}."
    )


def _called(K: int, names: Sequence[str] | None) -> list[str]:
    return [called(k, names) for k in range(K)]


def named(classes: np.ndarray) -> str:
    """Class numbers for a sentence."""
    shown = ", ".join(map(str, classes[:8]))
    return f"{shown} and {len(classes) - 8} more" if len(classes) > 8 else shown


def worst_confusion(T: np.ndarray) -> tuple[int, int, float]:
    """The class i with the smallest T_ii / max_j T_ij, that label j, and the ratio."""
    off = np.where(np.eye(len(T), dtype=bool), -np.inf, T)
    top = off.max(axis=1)
    with np.errstate(divide="ignore"):
        ratio = np.where(top > 0, np.diag(T) / np.where(top > 0, top, 1), np.inf)
    i = int(np.argmin(ratio))
    return i, int(np.argmax(off[i])), float(ratio[i])


def alternative(T: np.ndarray) -> str:
    """The matrix for a reader who does not see it."""
    rate = 1 - np.diag(T).mean()
    told = f"Transition matrix of {len(T)} classes; on average {rate:.3g} of the labels are wrong. "
    if len(T) > MOST_WRITTEN:
        return told + caption(T)
    rows = (f"row {i}: {' '.join(f'{x:.3g}' for x in row)}" for i, row in enumerate(T))
    return told + caption(T) + " " + "; ".join(rows) + "."


def numbers(T: np.ndarray, limits: Limits | None = None) -> dict[str, np.ndarray]:
    """One line a cell: class, label, T, and the confidence limits where there are any."""
    i, j = np.indices(T.shape)
    columns = {"class": i.ravel(), "label": j.ravel(), "T": T.ravel()}
    if limits is not None:
        columns |= {"low": limits[0].ravel(), "high": limits[1].ravel()}
    return columns
