"""The quotient whose infimum is the asymmetry ratio, as a map over its triangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from alfs_core.figures.simplex import HALO, LEVEL_COLOR
from alfs_core.figures.style import SURFACE_SCALE, figure, loss_title
from alfs_core.theory.ratio import RatioResult
from alfs_core.theory.simplex import to_simplex
from alfs_core.theory.surface import level_lines
from alfs_core.wording import number


@dataclass(frozen=True, eq=False)
class Quotient:
    """A loss, its place in the workspace, and the quotient at (u1, u2) = (u_i, u_j), (N, N)."""

    name: str
    place: int
    u: np.ndarray
    values: np.ndarray
    result: RatioResult


def quotient_figure(of: Quotient) -> go.Figure:
    """Colours from 0 to 1, the same for every loss; a star where the infimum lies."""
    drawn = figure(
        loss_title(f"{of.name}: receiver’s gain ÷ giver’s harm", of.place),
        "u₁, probability of the given label",
        "u₂, probability handed to it",
        _map(of),
        _levels(of),
        _star(of),
        showlegend=False,
    )
    drawn.update_xaxes(range=[-0.03, 1.03], constrain="domain")
    drawn.update_yaxes(range=[-0.03, 1.03], scaleanchor="x", constrain="domain")
    return drawn.add_shape(type="path", path="M0,0L1,0L0,1Z", line={"width": 2.5}, layer="above")


def _map(of: Quotient) -> go.Heatmap:
    return go.Heatmap(
        x=of.u,
        y=of.u,
        z=of.values.T.astype("float32"),
        zmin=0,
        zmax=1,
        colorscale=SURFACE_SCALE,
        hovertemplate="u₁ = %{x:.3f}, u₂ = %{y:.3f}<br>quotient %{z:.4g}<extra></extra>",
        colorbar={
            "title": {"text": "quotient; 1 and more in one colour", "side": "top"},
            "orientation": "h",
            "y": -0.2,
            "yanchor": "top",
            "thickness": 14,
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        },
    )


def _levels(of: Quotient) -> go.Scatter:
    """Lines at tenths, where the map is not flat."""
    u = to_simplex(level_lines(of.values, np.arange(1, 10) / 10))
    return go.Scatter(
        x=u[:, 0].astype("float32"),
        y=u[:, 1].astype("float32"),
        mode="lines",
        line={"color": LEVEL_COLOR, "width": 1},
        hoverinfo="skip",
    )


def _star(of: Quotient) -> go.Scatter:
    u1, u2 = of.result.at
    return go.Scatter(
        x=[u1],
        y=[u2],
        mode="markers",
        marker=HALO | {"symbol": "star", "size": 19},
        cliponaxis=False,
        hovertemplate=f"{value(of.result)}<br>{where(of.result)}<extra></extra>",
    )


# ---- in words -------------------------------------------------------------------------------


def value(result: RatioResult) -> str:
    """r as a number, or as the interval that is proved to hold it."""
    low, high = f"{result.low:.4g}", f"{result.high:.4g}"
    return f"r = {low}" if low == high else f"r in [{low}, {high}]"


def where(result: RatioResult) -> str:
    """The point of the infimum."""
    if np.isnan(result.at[0]):
        return "at a point that is not known"
    verb = "reached" if result.attained else "approached"
    return f"{verb} at (u₁, u₂) = ({number(result.at[0])}, {number(result.at[1])})"


def caption(of: Quotient) -> str:
    """What the darkest place says."""
    result = of.result
    if np.isnan(result.at[0]) or result.low == 0 < result.high:
        return f"{of.name}: only {value(result)} is proved, {where(result)}."
    if result.high == 0:
        return (
            f"{of.name}: r = 0, {where(result)}, so no noise is certain to be tolerated: a first "
            "bit of probability for a wrong label pays more than it ever costs."
        )
    if result.low == 1:
        return f"{of.name} is nowhere below 1: r = 1, so every unique largest weight wins."
    return (
        f"{of.name} is lowest at the star: {value(result)}, {where(result)}; enough is a clean "
        f"label {1 / result.low:.4g} times as frequent as any other."
    )


def alternative(of: Quotient) -> str:
    """The map for a reader who does not see it."""
    seen, span = of.values[np.isfinite(of.values)], "without finite values"
    if seen.size:
        span = f"from {number(seen.min())} to {number(seen.max())}"
    return f"Quotient of {of.name} over the triangle u₁ + u₂ ≤ 1, {span}. {caption(of)}"


def numbers(of: Quotient) -> dict[str, np.ndarray]:
    """The columns of the map's table: the loss, the points of the triangle and the quotient."""
    i, j = np.nonzero(~np.isnan(of.values))
    points = {"u1": of.u[i], "u2": of.u[j], "quotient": of.values[i, j]}
    return {"loss": np.full(len(i), of.name)} | points
