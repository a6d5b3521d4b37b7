"""Paths of gradient descent over the triangle, and what is left of the risk against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.simplex import (
    EDGE_COLOR,
    level_trace,
    mark,
    minimisers,
    shown,
    triangle,
)
from alfs_core.figures.style import LOSS_COLORS, loss_line, loss_marker, loss_title
from alfs_core.theory.descent import STARTS, TOLERANCE, Descent
from alfs_core.theory.simplex import to_plane
from alfs_core.wording import listed, number, percent

TALLEST = 2.5  # of the excess at the uniform prediction; what starts higher comes in from above
LEVEL_COLOR = "rgba(128,128,128,0.45)"


@dataclass(frozen=True, eq=False)
class Trail:
    """One loss: its name, its place in the workspace, and its descent."""

    name: str
    place: int
    descent: Descent


START_WORDS = {
    "uniform": "the uniform prediction",
    "wrong": "near the wrong corner",
    "ring": "the slowest start of a ring",
}


def course_figure(trails: Sequence[Trail], start: str, horizon: float) -> Picture:
    """The excess risk against time, one line a loss; of a ring, its slowest start."""
    line = {"width": 1.5, "dash": "dot"}
    rule = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "line": line}
    name = {"x": 0, "xref": "paper", "xanchor": "left", "yanchor": "bottom", "showarrow": False}
    return picture(
        f"What is left to lose, from {START_WORDS[start]}",
        "time t (steps × step size)",
        "excess risk left",
        *(_course(trail, start) for trail in trails),
        xaxis={"type": "log", "range": [-1, float(np.log10(horizon))]},
        yaxis={"range": [0, 100 * _highest(trails, start)], "ticksuffix": " %"},
        shapes=[rule | {"y0": 100 * TOLERANCE, "y1": 100 * TOLERANCE}],
        annotations=[name | {"y": 100 * TOLERANCE, "text": f"tolerance {percent(TOLERANCE)}"}],
    )


def _highest(trails: Sequence[Trail], start: str) -> float:
    first = [trail.descent.excess[0, slowest(trail.descent, start)] for trail in trails]
    return 1.05 * min(max([1.0, *(float(x) for x in first if np.isfinite(x))]), TALLEST)


def slowest(descent: Descent, start: str) -> int:
    """Of the starts of that kind, the one that arrives last or stays furthest off."""
    chosen = STARTS[start]
    times = np.where(np.isinf(descent.times[chosen]), 1e300, descent.times[chosen])
    late = times + descent.excess[-1, chosen]
    return chosen.start + int(np.argmax(np.nan_to_num(late)))


def _course(trail: Trail, start: str) -> Trace:
    index = slowest(trail.descent, start)
    return trace(
        "scatter",
        x=np.maximum(trail.descent.time[:, index], 1e-3).astype("float32"),
        y=(100 * trail.descent.excess[:, index]).astype("float32"),
        name=trail.name,
        uid=f"place {trail.place}",
        mode="lines+markers",
        line=loss_line(trail.place),
        marker=loss_marker(trail.place) | {"maxdisplayed": 12},
        hovertemplate="t = %{x:.3g}: %{y:.1f} %",
    )


def trail_figure(trail: Trail, start: str) -> Picture:
    """The paths over the level lines of the risk, with a dot at each power of ten of time."""
    chosen = range(*STARTS[start].indices(len(trail.descent.times)))
    return triangle(
        loss_title(f"{trail.name}: paths", trail.place),
        trail.descent.surface.weights,
        level_trace(trail.descent.surface, LEVEL_COLOR),
        *(_path(trail, index) for index in chosen),
        _begins(trail.descent, list(chosen)),
        _dots(trail, list(chosen)),
        *minimisers(trail.descent.surface),
    )


def _path(trail: Trail, index: int) -> Trace:
    u = trail.descent.points[:, index]
    x, y = to_plane(u).T.astype("float32")
    return trace(
        "scatter",
        x=x,
        y=y,
        mode="lines",
        line={"color": LOSS_COLORS[trail.place], "width": 2.5},
        customdata=np.column_stack([u, trail.descent.time[:, index]]).astype("float32"),
        hovertemplate="t = %{customdata[3]:.3g}<br>u = (%{customdata[0]:.3f}, "
        "%{customdata[1]:.3f}, %{customdata[2]:.3f})<extra></extra>",
    )


def _begins(descent: Descent, chosen: list[int]) -> Trace:
    marks = {"color": EDGE_COLOR}
    return mark(descent.points[0, chosen], "circle-open", 8, "start", marks)


def _decades(horizon: float) -> np.ndarray:
    return 10.0 ** np.arange(0, int(np.floor(np.log10(max(horizon, 1.0)) + 1e-9)) + 1)


def _dots(trail: Trail, chosen: list[int]) -> Trace:
    """Where each path is at t = 1, 10, 100, ...: dots close together are a slow descent."""
    descent = trail.descent
    times = _decades(float(descent.horizon.max()))
    x, y = np.concatenate([_at(descent, index, times) for index in chosen]).T
    marks = loss_marker(trail.place) | {"symbol": "circle", "size": 8}
    return trace(
        "scatter",
        x=x,
        y=y,
        mode="markers",
        marker=marks,
        text=[f"t = {t:g}" for t in times] * len(chosen),
        hovertemplate="%{text}<extra></extra>",
    )


def _at(descent: Descent, index: int, times: np.ndarray) -> np.ndarray:
    """Plane coordinates (M, 2) of one path at given times."""
    xy = to_plane(descent.points[:, index])
    return np.column_stack([np.interp(times, descent.time[:, index], c) for c in xy.T])


def _round(x: float) -> str:
    """Three digits or the whole number."""
    return f"{x:,.0f}" if x >= 100 else number(x)


def arrival(descent: Descent, index: int) -> str:
    """When a start comes within the tolerance, as a table says it."""
    time = descent.times[index]
    if np.isnan(time):
        return "–"
    return _round(time) if np.isfinite(time) else f"not within t = {_round(descent.horizon[index])}"


def arrivals(trails: Sequence[Trail]) -> dict[str, list[str]]:
    """The table of times: a row for each loss, a column for each kind of start."""
    columns = {
        "uniform": "from uniform",
        "wrong": "near the wrong corner",
        "ring": "slowest of the ring",
    }
    times = {
        title: [arrival(trail.descent, slowest(trail.descent, start)) for trail in trails]
        for start, title in columns.items()
    }
    return {"loss": [trail.name for trail in trails]} | times


def course_caption(trails: Sequence[Trail], start: str) -> str:
    """Who arrives first and who last."""
    reached = {t.name: t.descent.times[slowest(t.descent, start)] for t in trails}
    if all(np.isnan(time) for time in reached.values()):
        return "With these weights the uniform prediction is the minimum: nothing is left to lose."
    idle = [name for name, time in reached.items() if np.isnan(time)]
    late = [name for name, time in reached.items() if np.isinf(time)]
    arrived = sorted((time, name) for name, time in reached.items() if np.isfinite(time))
    waiting = f" Not there by the end: {listed(late)}." if late else ""
    if idle:
        waiting += f" Nothing to lose for {listed(idle)}: uniform is a minimum."
    if not arrived:
        return f"No loss comes within {percent(TOLERANCE)} in this time.{waiting}"
    first, last = arrived[0], arrived[-1]
    if len(arrived) == 1 or last[0] < 1.05 * first[0]:
        return f"{first[1]} comes within {percent(TOLERANCE)} at t = {_round(first[0])}.{waiting}"
    return (
        f"{first[1]} comes within {percent(TOLERANCE)} at t = {_round(first[0])}, {last[1]} at "
        f"t = {_round(last[0])}, {_round(last[0] / max(first[0], 1e-12))} times as late.{waiting}"
    )


def trail_caption(trail: Trail, start: str) -> str:
    """Where the paths end, and whether all end there."""
    ends = trail.descent.points[-1, STARTS[start]]
    goal = trail.descent.minimum.point
    off = np.abs(ends - goal).max(axis=-1)
    if len(ends) == 1:
        return _one_path(trail.descent, STARTS[start].start, shown(ends[0]), shown(goal))
    near = int(np.sum(off <= 0.05))
    return f"{near} of {len(ends)} paths end within 0.05 of the minimum, u = {shown(goal)}."


def _one_path(descent: Descent, index: int, end: str, goal: str) -> str:
    time = descent.times[index]
    if np.isnan(time):
        return f"Ends at u = {end}; the uniform prediction is a minimum."
    if np.isinf(time):
        return (
            f"By t = {_round(descent.horizon[index])} it is at u = {end}; the minimum is at {goal}."
        )
    return f"Within {percent(TOLERANCE)} at t = {_round(time)}; ends at u = {end}, minimum {goal}."


def course_alternative(trails: Sequence[Trail], start: str) -> str:
    """The time course for a reader who does not see it."""
    told = (f"{t.name}: {arrival(t.descent, slowest(t.descent, start))}" for t in trails)
    return (
        f"Excess risk against time from {START_WORDS[start]}. "
        f"Time to come within {percent(TOLERANCE)}: {'; '.join(told)}."
    )


def trail_alternative(trail: Trail, start: str) -> str:
    """The paths of one loss for a reader who does not see them."""
    return (
        f"Paths of gradient descent for {trail.name} on the triangle, from {START_WORDS[start]}. "
        f"{trail_caption(trail, start)}"
    )


def trail_numbers(trail: Trail, start: str) -> dict[str, np.ndarray]:
    """Every step of every path: start, time, u, share of the excess left."""
    steps, descent = len(trail.descent.time), trail.descent
    chosen = range(*STARTS[start].indices(len(descent.times)))
    paths = [
        np.column_stack(
            [
                np.full(steps, i - STARTS[start].start),
                descent.time[:, i],
                descent.points[:, i],
                descent.excess[:, i],
            ]
        )
        for i in chosen
    ]
    names = ("start", "t", "u1", "u2", "u3", "excess")
    return dict(zip(names, np.concatenate(paths).T, strict=True))


def course_numbers(trails: Sequence[Trail], start: str) -> dict[str, np.ndarray]:
    """Time and share of the excess left, two columns a loss."""
    columns = {}
    for trail in trails:
        index = slowest(trail.descent, start)
        columns[f"t, {trail.name}"] = trail.descent.time[:, index]
        columns[f"excess, {trail.name}"] = trail.descent.excess[:, index]
    return columns
