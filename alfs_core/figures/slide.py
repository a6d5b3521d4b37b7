"""The triangle of predictions with the way that its minimiser has gone so far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alfs_core.figures.picture import Picture, trace
from alfs_core.figures.simplex import Panel, map_figure, own_limits
from alfs_core.theory.simplex import to_plane


def slide_figure(panel: Panel, way: np.ndarray, what: str) -> Picture:
    """The risk of a panel, and below its marks the minimisers (N, 3) met on the way."""
    drawn = map_figure(panel, own_limits(panel), what)
    x, y = to_plane(way).T
    line = trace(
        "scatter",
        x=x,
        y=y,
        mode="lines",
        line={"color": "white", "width": 5},
        hoverinfo="skip",
        cliponaxis=False,
        uid="way",
    )
    marks = next(i for i, layer in enumerate(drawn.data) if layer.get("mode") == "markers")
    return replace(drawn, data=(*drawn.data[:marks], line, *drawn.data[marks:]))
