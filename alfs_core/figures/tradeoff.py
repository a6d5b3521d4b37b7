"""Robust or trainable: asymmetry ratio against the pull with which training starts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from alfs_core.figures.phase import GREY, sign
from alfs_core.figures.picture import Picture as Drawing
from alfs_core.figures.picture import Trace, picture, trace
from alfs_core.figures.style import LOSS_COLORS, figure, loss_line, loss_marker
from alfs_core.theory.design import Design
from alfs_core.theory.tradeoff import (
    PUBLISHED,
    RANGE,
    Curve,
    LeftOut,
    Placed,
    frontier,
    hardest_convex,
    pull_of_mae,
)

JUMP = 0.5  # between neighbours of a curve: GCE at q = 1
APART = 0.035  # of the picture: closer points share one label
X_NAMES = {
    PUBLISHED: "ω(1/K), pull at the start (log scale)",
    RANGE: "pull at the start, MAE = 1 (log scale)",
}
# names of losses that stand close together go different ways
BESIDE = ("top left", "bottom right", "top right", "bottom left", "middle right", "middle left")
TICKS = [
    float(f"{digit}e{power}") for power in range(-4, 4) for digit in (1, 2, 5)
]  # of a picture that spans a decade or so


@dataclass(frozen=True)
class Chosen:
    """A loss of the workspace in the picture: its name in legends and its place."""

    name: str
    place: int
    at: Placed


@dataclass(frozen=True, eq=False)
class Picture:
    """All that the picture shows; ``needed`` is the ratio that the noise asks for."""

    placed: Sequence[Placed]
    curves: Sequence[Curve]
    chosen: Sequence[Chosen]
    needed: float
    noise: str
    num_classes: int
    scale: str


def tradeoff_figure(of: Picture) -> go.Figure:
    """Right is trainable, up is robust."""
    styles = {c.at.spec.name: c.place for c in reversed(of.chosen)}
    drawn = figure(
        f"Robust or trainable, {of.num_classes} classes",
        X_NAMES[of.scale],
        "r(ℓ), asymmetry ratio",
        *(_curve(curve, styles, _unit(of)) for curve in of.curves),
        *([_frontier(of)] if of.scale == RANGE else []),
        _library(of),
        *(_chosen(c, _unit(of)) for c in of.chosen),
        showlegend=False,
    )
    if of.scale == RANGE:
        _name_frontier(drawn, of)
    ends = _ends(of)
    drawn.update_xaxes(type="log", range=list(ends), **_x_ticks(of.scale))
    drawn.update_yaxes(range=[-0.07, 1.09], tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1])
    if of.needed <= 1:
        _mark_needed(drawn, of)
    return drawn


def _x_ticks(scale: str) -> dict[str, Any]:
    if scale == PUBLISHED:
        return {"dtick": 1, "exponentformat": "power"}
    return {"tickvals": TICKS, "ticktext": [f"{tick:g}" for tick in TICKS]}


def _unit(of: Picture) -> float:
    """What one step along the axis is: at equal range, the pull of MAE."""
    return 1.0 if of.scale == PUBLISHED else pull_of_mae(of.num_classes)


def _ends(of: Picture) -> tuple[float, float]:
    pulls = [x.pull for x in of.placed] + [c.at.pull for c in of.chosen]
    seen = np.log10([p / _unit(of) for p in pulls if p > 0] or [1.0])
    return float(seen.min()) - 0.35, float(seen.max()) + 0.35


def _curve(curve: Curve, styles: dict[str, int], unit: float) -> go.Scatter:
    place = styles.get(curve.spec.name)
    line = {"color": GREY, "width": 1.5} if place is None else loss_line(place) | {"width": 2.5}
    jump = np.abs(np.diff(curve.ratio, prepend=curve.ratio[0])) > JUMP
    hidden = (curve.pull <= 0) | jump
    end = int(np.flatnonzero(~hidden)[-1]) if (~hidden).any() else 0
    names = [
        sign(curve.parameter) if i == end and place is not None else "" for i in range(len(hidden))
    ]
    return go.Scatter(
        x=np.where(hidden, np.nan, curve.pull / unit),
        y=curve.ratio,
        mode="lines+markers+text" if curve.parameter.integer else "lines+text",
        text=names,
        textposition="middle right",
        line=line,
        marker={"size": 6},
        opacity=0.8 if place is not None else 0.45,
        customdata=curve.values,
        uid=f"curve {curve.spec.name} {curve.parameter.name}",
        hovertemplate=(
            f"{curve.spec.name}, {sign(curve.parameter)} = %{{customdata:.3g}}"
            "<br>r = %{y:.4g}, pull %{x:.3g}<extra></extra>"
        ),
    )


def _frontier(of: Picture) -> go.Scatter:
    ratio = np.linspace(0, 1, 60)
    return go.Scatter(
        x=frontier(ratio, of.num_classes) / _unit(of),
        y=ratio,
        mode="lines",
        line={"color": GREY, "width": 3, "dash": "dash"},
        hovertemplate=(
            "no convex loss of ratio %{y:.3g} starts harder than %{x:.3g}<extra></extra>"
        ),
    )


def _name_frontier(drawn: go.Figure, of: Picture) -> None:
    middle = 0.45
    drawn.add_annotation(
        x=float(np.log10(frontier(np.array(middle), of.num_classes) / _unit(of))),
        y=middle,
        text="no convex loss<br>beyond this line",
        align="left",
        showarrow=False,
        xanchor="left",
        xshift=8,
        yanchor="bottom",
    )


def _library(of: Picture) -> go.Scatter:
    named = _named(of)
    return go.Scatter(
        x=[x.pull / _unit(of) for x in of.placed],
        y=[x.ratio for x in of.placed],
        mode="markers+text",
        marker={"color": GREY, "size": 9},
        text=[x.spec.name if name else "" for x, name in zip(of.placed, named, strict=True)],
        textposition=["bottom center" if x.ratio == 0 else "top center" for x in of.placed],
        textfont={"size": 13},
        customdata=[_told(x) for x in of.placed],
        hovertemplate="%{customdata}<br>r = %{y:.4g}, pull %{x:.3g}<extra></extra>",
    )


def _told(x: Placed) -> str:
    return x.spec.label + (f"<br>{', '.join(x.used)}" if x.used else "")


def _named(of: Picture) -> list[bool]:
    """Whether a point bears its name: not where a chosen loss or an earlier name stands."""
    low, high = _ends(of)
    taken = [_spot(c.at, low, high, _unit(of)) for c in of.chosen]
    named = []
    for x in of.placed:
        spot = _spot(x, low, high, _unit(of))
        free = all(abs(spot[0] - a) > 2 * APART or abs(spot[1] - b) > APART for a, b in taken)
        named.append(free)
        if free:
            taken.append(spot)
    return named


def _spot(x: Placed, low: float, high: float, unit: float) -> tuple[float, float]:
    return (float(np.log10(max(x.pull / unit, 1e-300))) - low) / (high - low), x.ratio


def _chosen(c: Chosen, unit: float) -> go.Scatter:
    style: dict[str, Any] = loss_marker(c.place) | {"size": 17}
    style |= {"line": {"color": "white", "width": 1.5}}
    return go.Scatter(
        x=[c.at.pull / unit],
        y=[c.at.ratio],
        mode="markers+text",
        marker=style,
        text=[f"<b>{c.name}</b>"],
        textposition=BESIDE[c.place],
        uid=f"place {c.place}",
        hovertemplate=f"{c.name}<br>r = %{{y:.4g}}, pull %{{x:.3g}}<extra></extra>",
    )


def _mark_needed(drawn: go.Figure, of: Picture) -> None:
    drawn.add_hline(y=of.needed, line={"width": 2, "dash": "dot"})
    drawn.add_annotation(
        x=1,
        xref="paper",
        y=of.needed,
        text=f"enough: r ≥ {of.needed:.4g}",
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
    )


# ---- in words -------------------------------------------------------------------------------


def caption(of: Picture) -> str:
    """What decides between the chosen losses."""
    inside = [c for c in of.chosen if c.at.ratio >= of.needed]
    if of.scale == RANGE:
        times = hardest_convex(of.needed, of.num_classes)
        return (
            "No convex loss lies to the right of the dashed line: one with the ratio that is "
            f"enough for {of.noise} starts at most {times:.3g} times as hard as MAE."
        )
    line = f"the dotted line, enough for {of.noise}"
    if not inside:
        return f"None of the chosen losses that have a place here lies on or above {line}."
    best = max(inside, key=lambda c: c.at.pull)
    return (
        f"Of the chosen losses on or above {line}, {best.name} pulls hardest at the start, with "
        f"{best.at.pull:.3g}; but multiplying a loss by a constant moves it sideways."
    )


def alternative(of: Picture) -> str:
    """The picture for a reader who does not see it."""
    told = "; ".join(f"{c.name}: r {c.at.ratio:.4g}, pull {c.at.pull:.3g}" for c in of.chosen)
    return (
        f"Asymmetry ratio against the pull at the start for {of.num_classes} classes, "
        f"{len(of.placed)} losses of the library. Chosen: {told or 'none'}. {caption(of)}"
    )


def numbers(of: Picture) -> dict[str, Sequence[Any]]:
    """The columns of the picture's table: the chosen losses, then the library."""
    rows = [c.at for c in of.chosen] + list(of.placed)
    return {
        "loss": [x.spec.label for x in rows],
        "published for": [", ".join(x.used) for x in rows],
        "ratio": [x.ratio for x in rows],
        "pull": [x.pull for x in rows],
    }


def left_out(items: Sequence[LeftOut]) -> dict[str, list[str]]:
    """Reasons, each with the families that it keeps out."""
    reasons: dict[str, list[str]] = {}
    for item in items:
        names = reasons.setdefault(item.reason, [])
        if item.spec.name not in names:
            names.append(item.spec.name)
    return reasons


# ---- designs --------------------------------------------------------------------------------


def starts_figure(found: Sequence[Design], num_classes: int, needed: float) -> Drawing:
    """A bar for each family's design: its start in multiples of MAE's, and the convex limit."""
    unit, limit = pull_of_mae(num_classes), hardest_convex(needed, num_classes)
    longest = max([limit if limit < 4 else 0.0, *(d.pull / unit for d in found)])
    inside = limit <= 1.15 * longest
    return picture(
        "How hard the designs start",
        "pull at the start, MAE = 1",
        "",
        _bars(list(reversed(found)), unit),
        showlegend=False,
        xaxis={"range": [0, 1.15 * longest]},
        shapes=[_upright(1, 1.5, "dot")] + ([_upright(limit, 2, "dash")] if inside else []),
        annotations=[_named_limit(limit)] if inside else [],
    )


def _bars(found: Sequence[Design], unit: float) -> Trace:
    return trace(
        "bar",
        x=[d.pull / unit for d in found],
        y=[d.spec.name for d in found],
        orientation="h",
        text=[f"{d.pull / unit:.3g} ×" for d in found],
        customdata=[d.spec.label for d in found],
        marker={"color": LOSS_COLORS[0]},
        hovertemplate="%{customdata}<br>%{x:.4g} times MAE<extra></extra>",
    )


def _upright(x: float, width: float, dash: str) -> dict[str, Any]:
    line = {"width": width, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _named_limit(limit: float) -> dict[str, Any]:
    return {
        "text": f"no convex loss beyond {limit:.3g}",
        "x": limit,
        "xanchor": "right",
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "yshift": 20,
        "showarrow": False,
    }


def starts_caption(found: Sequence[Design], num_classes: int, needed: float) -> str:
    """Who starts hardest, and what bounds the convex ones."""
    unit, limit = pull_of_mae(num_classes), hardest_convex(needed, num_classes)
    best = found[0]
    return (
        f"{best.spec.label} starts hardest, {best.pull / unit:.3g} times as hard as MAE; a convex "
        f"function of u alone with the ratio needed here cannot pass {limit:.3g} times."
    )


def starts_alternative(found: Sequence[Design], num_classes: int) -> str:
    """The bars for a reader who does not see them."""
    unit = pull_of_mae(num_classes)
    told = "; ".join(f"{d.spec.label} {d.pull / unit:.3g}" for d in found)
    return f"Pull at the start in multiples of MAE's, for each design: {told}."


def starts_numbers(found: Sequence[Design]) -> dict[str, Sequence[Any]]:
    """The columns of the designs' table."""
    return {
        "design": [d.spec.label for d in found],
        "pull at equal range": [d.pull for d in found],
        "pull as published": [d.published for d in found],
        "reserve": [d.reserve for d in found],
        "margin": [d.margin for d in found],
        "ratio": [math.nan if d.ratio is None else d.ratio for d in found],
    }
