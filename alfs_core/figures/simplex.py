"""The triangle of three-class predictions: a risk as a map and as a sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import SURFACE_SCALE, loss_title
from alfs_core.theory.simplex import CORNERS, raster, to_plane
from alfs_core.theory.surface import (
    Surface,
    corner_values,
    in_plane,
    level,
    level_lines,
    levels,
    sheet_points,
    sheet_triangles,
)
from alfs_core.wording import number

HOVER = 51  # cells each way that answer the pointer with u and the value
VERTEX_NAMES = ("e₁", "e₂", "e₃")
SUBSCRIPTS = "₁₂₃"
HALO = {"color": "white", "line": {"color": "black", "width": 2}}
LEVEL_COLOR = "rgba(255,255,255,0.55)"
EDGE_COLOR = "#808080"  # on both pages; in 3-D no line takes the colour of the text by itself
TOP = float(CORNERS[2, 1])
OUTLINE = "M" + "L".join(f"{x:.6f},{y:.6f}" for x, y in CORNERS) + "Z"
NAME_AWAY = 16  # pixels from a corner to its name, which leaves room for the star in the corner
HEIGHTS = [-0.13, TOP + 0.12]  # of the plane, with the names of the corners
MARGIN = {"l": 8, "r": 8, "t": 48, "b": 8}

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Panel:
    """One loss of a row of pictures: its name, its place in the workspace, its surface."""

    name: str
    place: int
    surface: Surface


def common_limits(panels: Sequence[Panel]) -> Limits:
    """One colour scale for all."""
    low, high = min(p.surface.lowest for p in panels), max(p.surface.highest for p in panels)
    return _wide(low, high)


def own_limits(panel: Panel) -> Limits:
    """The colour scale of one picture."""
    return _wide(panel.surface.lowest, panel.surface.highest)


def _wide(low: float, high: float) -> Limits:
    """A constant in the middle of a scale, not its rounding across all of it."""
    return (low - 0.5, low + 0.5) if level(low, high) else (low, high)


# ---- the map --------------------------------------------------------------------------------


def map_figure(panel: Panel, limits: Limits, what: str) -> Picture:
    """The risk as colour over the triangle, with level lines and its minimisers."""
    surface = panel.surface
    return triangle(
        loss_title(f"{panel.name}: {what}", panel.place),
        surface.weights,
        _heatmap(surface, limits, what),
        level_trace(surface, LEVEL_COLOR),
        _pointer(surface, what),
        *minimisers(surface),
        _labels_share(surface),
    )


def triangle(title: str, w: np.ndarray, *traces: Trace) -> Picture:
    """An equilateral triangle, its outline above the traces, its corners named."""
    hidden = {"visible": False, "constrain": "domain"}
    return picture(
        title,
        "",
        "",
        *traces,
        margin=MARGIN,
        showlegend=False,
        xaxis=hidden | {"range": [-0.06, 1.06]},
        yaxis=hidden | {"range": HEIGHTS, "scaleanchor": "x"},
        shapes=[{"type": "path", "path": OUTLINE, "line": {"width": 3}, "layer": "above"}],
        annotations=[_vertex(k, w) for k in range(3)],
    )


def _heatmap(surface: Surface, limits: Limits, what: str) -> Trace:
    cells = np.minimum(surface.cells, surface.highest)
    n = len(cells)
    return trace(
        "heatmap",
        z=cells.astype("float32"),
        x0=0.0,
        dx=1 / (n - 1),
        y0=0.0,
        dy=TOP / (n - 1),
        zmin=limits[0],
        zmax=limits[1],
        colorscale=SURFACE_SCALE,
        hoverinfo="skip",
        colorbar=_colour_bar(surface, limits, what),
    )


def _colour_bar(surface: Surface, limits: Limits, what: str) -> dict[str, Any]:
    clipped = np.isfinite(surface.ceiling)
    said = f"{what}; {surface.ceiling:.3g} to ∞ in one colour" if clipped else what
    return {
        "orientation": "h",
        "x": 0.5,
        "y": -0.02,
        "yanchor": "top",
        "len": 0.8,
        "nticks": 5,
        "title": {"text": said, "side": "top", "font": {"size": 13}},
        "tickfont": {"size": 13},
    }


def level_trace(surface: Surface, color: str) -> Trace:
    """Ten lines of equal risk between the lowest and the highest that is drawn."""
    lines = level_lines(
        np.minimum(surface.sheet, surface.highest), levels(surface.lowest, surface.highest)
    )
    x, y = lines.T.astype("float32")
    return trace(
        "scatter",
        x=x,
        y=y,
        mode="lines",
        line={"color": color, "width": 1},
        hoverinfo="skip",
    )


def _pointer(surface: Surface, what: str) -> Trace:
    """Unseen cells that tell u and the value under the pointer."""
    grid, step = raster(HOVER), (len(surface.cells) - 1) // (HOVER - 1)
    return trace(
        "heatmap",
        z=surface.cells[::step, ::step].astype("float32"),
        x0=0.0,
        dx=1 / (HOVER - 1),
        y0=0.0,
        dy=TOP / (HOVER - 1),
        customdata=grid.u.astype("float32"),
        opacity=0,
        showscale=False,
        hovertemplate=_hover(what, "z"),
    )


def _hover(what: str, value: str) -> str:
    u = ", ".join(f"%{{customdata[{i}]:.2f}}" for i in range(3))
    return f"u = ({u})<br>{what} %{{{value}:.4g}}<extra></extra>"


def minimisers(surface: Surface) -> tuple[Trace, ...]:
    """The minimiser as a star, further ones as open stars."""
    minimum = surface.minimum
    rest = np.reshape(minimum.ties, (-1, 3))
    star = mark(minimum.point[None], "star", 17, "minimiser", HALO)
    if not len(rest):
        return (star,)
    return mark(rest, "star-open", 13, "also a minimiser", {"color": "white"}), star


def _labels_share(surface: Surface) -> Trace:
    """The point w/Σw itself: what the noisy labels say."""
    share = surface.weights / surface.weights.sum()
    style = {"color": "white", "line": {"color": "black", "width": 1}}
    return mark(share[None], "diamond-tall", 11, "share of the labels w", style)


def mark(u: np.ndarray, symbol: str, size: int, name: str, style: dict[str, Any]) -> Trace:
    """Markers at predictions u (N, 3), which answer the pointer with a name and u."""
    x, y = to_plane(u).T
    told = [f"{name}<br>u = ({', '.join(f'{v:.4g}' for v in point)})" for point in u]
    return trace(
        "scatter",
        x=x,
        y=y,
        mode="markers",
        marker=style | {"symbol": symbol, "size": size},
        text=told,
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )


def _vertex(k: int, w: np.ndarray) -> dict[str, Any]:
    """e₁, e₂ or e₃ with the weight that stands there."""
    return corner(k, f"<b>{VERTEX_NAMES[k]}</b>  w{SUBSCRIPTS[k]} = {w[k]:.3g}")


def corner(k: int, name: str) -> dict[str, Any]:
    """What a corner of the triangle is called, outside of it."""
    x, y = CORNERS[k]
    above = k == 2
    return {
        "x": min(max(float(x), 0.1), 0.9),
        "y": float(y),
        "text": name,
        "showarrow": False,
        "yanchor": "bottom" if above else "top",
        "yshift": NAME_AWAY if above else -NAME_AWAY,
    }


# ---- the sheet ------------------------------------------------------------------------------


def sheet_figure(panel: Panel, limits: Limits, what: str) -> Picture:
    """The risk as height over the triangle, with its minimiser."""
    surface = panel.surface
    hidden = {"visible": False, "showspikes": False}
    eye = {"x": -0.35, "y": -1.05, "z": 0.6}
    scene = {
        "xaxis": hidden,
        "yaxis": hidden,
        "zaxis": {"range": list(limits), "nticks": 5, "showspikes": False},
        "aspectmode": "manual",
        "aspectratio": {"x": 1, "y": TOP, "z": 0.7},
        "camera": {"eye": eye, "center": {"x": 0, "y": 0, "z": -0.1}},
    }
    return picture(
        loss_title(f"{panel.name}: {what}", panel.place),
        "",
        "",
        _sheet(surface, limits, what),
        _ground(limits),
        _plumb_line(surface, limits),
        _vertices_in_space(surface),
        z=what,
        showlegend=False,
        scene=scene,
    )


def _sheet(surface: Surface, limits: Limits, what: str) -> Trace:
    """Flat triangles, so that the slanted edges are straight."""
    points, values = sheet_points(surface)
    x, y = to_plane(points).T.astype("float32")
    i, j, k = sheet_triangles(len(surface.sheet)).T.astype("uint16")
    height = np.minimum(values, surface.highest).astype("float32")
    return trace(
        "mesh3d",
        x=x,
        y=y,
        z=height,
        i=i,
        j=j,
        k=k,
        intensity=height,
        cmin=limits[0],
        cmax=limits[1],
        colorscale=SURFACE_SCALE,
        customdata=points.astype("float32"),
        hovertemplate=_hover(what, "z"),
        colorbar=_colour_bar(surface, limits, what),
        lighting={"ambient": 0.95, "diffuse": 0.25, "specular": 0.0},
    )


def _ground(limits: Limits) -> Trace:
    x, y = CORNERS[[0, 1, 2, 0]].T
    return trace(
        "scatter3d",
        x=x,
        y=y,
        z=np.full(4, limits[0]),
        mode="lines",
        line={"color": EDGE_COLOR, "width": 4},
        hoverinfo="skip",
    )


def _plumb_line(surface: Surface, limits: Limits) -> Trace:
    """The minimiser above the ground, and the plumb line below it."""
    x, y = in_plane(surface.minimum.point)
    u = ", ".join(f"{v:.4g}" for v in surface.minimum.point)
    return trace(
        "scatter3d",
        x=[x, x],
        y=[y, y],
        z=[limits[0], surface.minimum.value],
        mode="lines+markers",
        line={"color": EDGE_COLOR, "width": 4},
        marker={"size": [0, 7], **HALO},
        hovertemplate=f"minimiser<br>u = ({u})<extra></extra>",
    )


def _vertices_in_space(surface: Surface) -> Trace:
    """The names of the corners, beside the corners of the sheet."""
    centre = CORNERS.mean(axis=0)
    x, y = (centre + 1.1 * (CORNERS - centre)).T
    return trace(
        "scatter3d",
        x=x,
        y=y,
        z=np.minimum(corner_values(surface), surface.highest),
        mode="text",
        text=VERTEX_NAMES,
        hovertext=[f"w{SUBSCRIPTS[k]} = {surface.weights[k]:.3g}" for k in range(3)],
        hoverinfo="text",
    )


# ---- the map and the sheet in words ---------------------------------------------------------


def caption(panel: Panel) -> str:
    """Where the minimiser lies and how far from the corner of the heaviest class."""
    surface = panel.surface
    point, ties = shown(surface.minimum.point), len(surface.minimum.ties)
    if surface.flat:
        return (
            f"The risk is {number(surface.lowest)} everywhere: such labels teach this loss nothing."
        )
    if ties:
        also = (
            "one more point" if ties == 1 else f"{ties} more points" if ties < 3 else "many points"
        )
        return f"The star, u = {point}, shares the minimum with {also}{_floored(surface)}."
    if surface.leak is None:
        return f"Minimum at u = {point}; no class has the largest weight alone{_floored(surface)}."
    m = int(np.argmax(surface.weights))
    leaks = surface.leak
    if cap := surface.minimum.cap:
        small = " and ".join(f"u{SUBSCRIPTS[j]}" for j in range(3) if j != m)
        return (
            f"The minimum is not the corner {VERTEX_NAMES[m]} alone but the cap around it in which "
            f"{small} are at most ε = {cap:g}."
        )
    if leaks <= 1e-12:
        return f"The minimum is the corner {VERTEX_NAMES[m]}{_floored(surface)}."
    return (
        f"The minimum leaves the corner {VERTEX_NAMES[m]}: {number(leaks)} leaks to the other "
        f"classes, u = {point}{_floored(surface)}."
    )


def _floored(surface: Surface) -> str:
    return f", on u ≥ δ = {number(surface.floor)}" if surface.floor else ""


def shown(point: Iterable[float]) -> str:
    """Three numbers as the page writes a point; none below 1 is written as 1.

    >>> shown([0.9998, 1e-4, 1e-4]), shown([1.0, 0.0, 0.0])
    ('(0.9998, 0.0001, 0.0001)', '(1, 0, 0)')
    """
    return f"({', '.join(_entry(max(x, 0)) for x in point)})"


def _entry(x: float) -> str:
    short, rest = number(x), 1 - x
    return number(x, math.ceil(-math.log10(rest))) if short == "1" and rest > 1e-12 else short


def alternative(panel: Panel, what: str) -> str:
    """The picture for a reader who does not see it."""
    surface = panel.surface
    corners = [
        f"{number(x)} at {e}" for x, e in zip(corner_values(surface), VERTEX_NAMES, strict=True)
    ]
    w = ", ".join(map(number, surface.weights))
    return (
        f"{what[0].upper()}{what[1:]} of {panel.name} over the triangle of three-class "
        f"predictions, weights ({w}): "
        f"from {number(surface.lowest)} at u = {shown(surface.minimum.point)} up to "
        f"{number(np.nanmax(surface.cells))}; {', '.join(corners)}. {caption(panel)}"
    )


def numbers(panel: Panel) -> dict[str, np.ndarray]:
    """u1, u2, u3 and the risk on the points of the sheet."""
    points, values = sheet_points(panel.surface)
    return dict(zip(("u1", "u2", "u3"), points.T, strict=True)) | {"risk": values}
