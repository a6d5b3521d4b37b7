"""What a network answers: its confusion matrix, and how far its doubts of labels can be trusted."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alfs_core.figures.matrices import BRIGHT, MOST_NAMED, MOST_WRITTEN
from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import SURFACE_SCALE, loss_line, loss_marker
from alfs_core.wording import percent


def confusion_figure(counts: np.ndarray, name: str, classes: Sequence[str]) -> Picture:
    """counts (K, K) of test images: true classes downwards, predicted across.

    Colours are shares of the row, numbers are counts.
    """
    K = len(counts)
    shares = row_shares(counts)
    names = [html.escape(one, quote=False) for one in classes]
    ticks = list(range(K)) if K <= MOST_NAMED else list(range(0, K, 10))
    shown = {"tickvals": ticks, "ticktext": [names[tick] for tick in ticks], "showgrid": False}
    gap = 1 if K <= MOST_NAMED else 0
    cells = trace(
        "heatmap",
        z=shares.astype("float32"),
        zmin=0,
        zmax=1,
        colorscale=SURFACE_SCALE,
        xgap=gap,
        ygap=gap,
        showscale=K > MOST_WRITTEN,
        customdata=_told(counts, shares, names),
        hovertemplate="%{customdata}<extra></extra>",
    )
    return picture(
        f"{html.escape(name, quote=False)}: what is taken for what",
        "predicted class",
        "true class",
        cells,
        *([_written(counts, shares)] if K <= MOST_WRITTEN else []),
        showlegend=False,
        xaxis=shown,
        yaxis=shown | {"autorange": "reversed"},
    )


def row_shares(counts: np.ndarray) -> np.ndarray:
    """counts (K, K) divided by the sum of their row; a row without images stays 0."""
    whole = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, whole, out=np.zeros(counts.shape), where=whole > 0)


def _told(counts: np.ndarray, shares: np.ndarray, names: Sequence[str]) -> list[list[str]]:
    return [
        [
            f"{true} predicted as {predicted}<br>{counts[i, j]:,} images, "
            f"{percent(shares[i, j], 1)} of the class"
            for j, predicted in enumerate(names)
        ]
        for i, true in enumerate(names)
    ]


def _written(counts: np.ndarray, shares: np.ndarray) -> Trace:
    i, j = np.indices(counts.shape)
    colors = ["black" if share > BRIGHT else "white" for share in shares.ravel()]
    return trace(
        "scatter",
        x=j.ravel(),
        y=i.ravel(),
        mode="text",
        text=[str(count) if count else "·" for count in counts.ravel()],
        textfont={"size": 13, "color": colors},
        hoverinfo="skip",
    )


def confusion_words(counts: np.ndarray, name: str, classes: Sequence[str]) -> str:
    """The matrix for a reader who does not see it: how much is right, and the worst mistake."""
    right = np.trace(counts) / max(counts.sum(), 1)
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    i, j = divmod(int(np.argmax(mistakes)), len(counts))
    worst = (
        f"The most frequent mistake: {classes[i]} taken for {classes[j]}, {counts[i, j]:,} of "
        f"{counts[i].sum():,} images."
        if mistakes.any()
        else "It makes no mistake."
    )
    return f"{name} predicts {percent(right, 1)} of {counts.sum():,} test images rightly. {worst}"


def unpredicted(counts: np.ndarray) -> list[int]:
    """The classes that are never predicted."""
    return [int(j) for j in np.flatnonzero(counts.sum(axis=0) == 0)]


@dataclass(frozen=True, eq=False)
class PrecisionLine:
    """Of the first ``depths`` doubted labels of a loss, the share that is wrong indeed."""

    name: str
    place: int
    depths: np.ndarray
    precision: np.ndarray


def precision_figure(lines: Sequence[PrecisionLine], noise_rate: float) -> Picture:
    """How many of the most confidently contradicted labels are wrong, by how many one looks at."""
    return picture(
        "Of the labels doubted most, how many are wrong",
        "images looked at",
        "wrong among them",
        *(_precision(line) for line in lines),
        hovermode="x unified",
        xaxis={"type": "log", "dtick": 1},
        yaxis={"range": [0, 103], "ticksuffix": " %"},
        showlegend=True,
        shapes=[_chance(noise_rate)],
        annotations=[_chance_name(noise_rate)],
    )


def _precision(line: PrecisionLine) -> Trace:
    return trace(
        "scatter",
        x=np.asarray(line.depths, dtype="int32"),
        y=100 * np.asarray(line.precision, dtype="float32"),
        name=html.escape(line.name, quote=False),
        uid=f"{line.place} {line.name}",
        mode="lines+markers",
        line=loss_line(line.place),
        marker=loss_marker(line.place),
        hovertemplate="%{y:.0f} %",
    )


def _chance(noise_rate: float) -> Trace:
    across = {"xref": "paper", "x0": 0, "x1": 1, "y0": 100 * noise_rate, "y1": 100 * noise_rate}
    return {"type": "line", **across, "line": {"width": 1.5, "dash": "dot"}}


def _chance_name(noise_rate: float) -> Trace:
    at = {"xref": "paper", "x": 1, "xanchor": "right", "y": 100 * noise_rate, "yanchor": "top"}
    return {**at, "text": "picked at random", "showarrow": False}
