"""A race as lines: test accuracy, and the fit on right and on wrong labels apart."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from alfs_core.figures.style import figure, loss_line, loss_marker


@dataclass(frozen=True, eq=False)
class RaceLine:
    """One loss: its name, its place in the workspace, and a share in [0, 1] after each epoch."""

    name: str
    place: int
    epochs: np.ndarray
    shares: np.ndarray


def race_figure(lines: Sequence[RaceLine], title: str, y: str, epochs: int) -> go.Figure:
    """Shares in percent over epochs, on an axis that holds the whole race from the start."""
    return figure(
        title,
        "epoch",
        y,
        *(_trace(line) for line in lines),
        hovermode="x unified",
        xaxis_range=[0.5, epochs + 0.5],
        xaxis_dtick=max(1, round(epochs / 12)),
        yaxis_range=[0, 100],
        yaxis_ticksuffix=" %",
        showlegend=True,
    )


def _trace(line: RaceLine) -> go.Scatter:
    return go.Scatter(
        x=np.asarray(line.epochs, dtype="float32"),
        y=100 * np.asarray(line.shares, dtype="float32"),
        name=html.escape(line.name, quote=False),  # a reader's title is text, not markup
        uid=f"{line.place} {line.name}",
        mode="lines+markers",
        line=loss_line(line.place),
        marker=loss_marker(line.place),
        hovertemplate="%{y:.1f} %",
    )
