"""Profiles as lines: the loss, its slope, and the gradient that reaches the logits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import loss_line, loss_marker
from alfs_core.theory.profile import Profile
from alfs_core.wording import listed, number

SYMBOLS = 9  # on each line, so that lines are told apart without colour
MARGIN = 0.09  # of the axis, below the lines
ROOM = 0.14  # above them, for the names of the marks


@dataclass(frozen=True, eq=False)
class Line:
    """A loss as a legend names it, its place in the workspace, and its profile."""

    name: str
    place: int
    profile: Profile


@dataclass(frozen=True)
class Quantity:
    """One of the three arrays of a profile and how it is called.

    A line that runs away to infinity is followed inside [edge, 1 − edge].
    """

    array: str
    symbol: str
    title: str
    words: str
    edge: float


VALUE = Quantity("value", "ℓ(u)", "Loss of the given label", "loss", 0.02)
SLOPE = Quantity("slope", "ℓ′(u)", "Slope of the loss", "slope", 0.1)
PULL = Quantity("pull", "−∂L/∂z<sub>y</sub>", "Pull on the given label’s logit", "pull", 0.02)

SCALE_WORDS = {
    "published": "",
    "range": ", scaled to ℓ(0) − ℓ(1) = 1",
    "step": ", scaled to slope 1 at u = 1/K",
}


def profile_figure(lines: Sequence[Line], quantity: Quantity, scale: str) -> Picture:
    """One quantity of every loss over u in [0, 1], with u = 1/K and u = 1 marked."""
    K = lines[0].profile.num_classes
    marks = ((1 / K, f"u = 1/{K}, start", "left"), (1.0, "u = 1", "right"))
    return picture(
        quantity.title + SCALE_WORDS[scale],
        "u, probability of the given label",
        axis_name(quantity, scale),
        *(_trace(line, quantity) for line in lines),
        hovermode="x unified",
        xaxis={"range": [-0.015, 1.015], "hoverformat": ".3f"},
        yaxis={"range": list(window(lines, quantity)[:2])},
        shapes=[_upright(u) for u, _, _ in marks],
        annotations=[_name(*mark) for mark in marks],
    )


def axis_name(quantity: Quantity, scale: str) -> str:
    """The symbol and the word on the upright axis."""
    if quantity is VALUE and scale != "published":
        return "ℓ(u) − ℓ(1), scaled"
    return f"{quantity.symbol}, {quantity.words}" + ("" if scale == "published" else ", scaled")


def _trace(line: Line, quantity: Quantity) -> Trace:
    y = np.asarray(getattr(line.profile, quantity.array), dtype=float)
    return trace(
        "scatter",
        x=line.profile.u.astype("float32"),
        y=np.where(np.isfinite(y), y, np.nan).astype("float32"),
        name=line.name,
        uid=f"place {line.place}",
        mode="lines+markers",
        line=loss_line(line.place),
        marker=loss_marker(line.place) | {"maxdisplayed": SYMBOLS},
        hovertemplate="%{y:.4g}",
    )


def _upright(u: float) -> dict[str, Any]:
    """A dotted line across the figure, in the colour of the page's text."""
    line = {"width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": u, "x1": u, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _name(u: float, text: str, anchor: str) -> dict[str, Any]:
    """Text beside an upright line, in the room above all lines."""
    place = {"x": u, "xanchor": anchor, "y": 1.0, "yref": "paper", "yanchor": "top"}
    return place | {"text": text, "showarrow": False}


def window(lines: Sequence[Line], quantity: Quantity) -> tuple[float, float, tuple[str, ...]]:
    """The ends of the upright axis, and the names of the losses that leave the picture."""
    arrays = [np.asarray(getattr(line.profile, quantity.array)) for line in lines]
    seen = [_shown(line.profile.u, y, quantity.edge) for line, y in zip(lines, arrays, strict=True)]
    low, high = min(y.min() for y in seen), max(y.max() for y in seen)
    low, high = min(low, 0.0) if low < 0.5 * high else low, max(high, 0.0)
    span = (high - low) or 1.0
    low, high = low - MARGIN * span, high + ROOM * span
    leaving = (y.min() < low or y.max() > high for y in arrays)
    names = tuple(line.name for line, out in zip(lines, leaving, strict=True) if out)
    return float(low), float(high), names


def _shown(u: np.ndarray, y: np.ndarray, edge: float) -> np.ndarray:
    """All of a bounded line; of a line that runs away only what lies inside [edge, 1 − edge]."""
    inner = y[(u >= edge) & (u <= 1 - edge) & np.isfinite(y)]
    runs_away = np.abs(y).max() > 2 * np.abs(inner).max()
    return inner if runs_away else y


# ---- in words -------------------------------------------------------------------------------


def caption(lines: Sequence[Line], quantity: Quantity) -> str:
    """What to look at, true for what is drawn."""
    says = {"value": _about_values, "slope": _about_slopes, "pull": _about_pulls}[quantity.array]
    leaving = window(lines, quantity)[2]
    cut = f" Cut off by the frame: {listed(leaving)}." if leaving else ""
    return says(lines) + cut + _about_scale(lines)


def _about_values(lines: Sequence[Line]) -> str:
    unbounded = [line.name for line in lines if np.isinf(line.profile.span)]
    if unbounded:
        verb = "grows" if len(unbounded) == 1 else "grow"
        return (
            f"Look at the left end: {listed(unbounded)} {verb} without bound as u → 0, "
            "so a single wrong label can cost any amount."
        )
    spans = {line.name: line.profile.span for line in lines}
    return "Look at the left end: every loss is bounded; one wrong label costs at most " + (
        listed([f"{span:.3g} ({name})" for name, span in spans.items()]) + "."
    )


def _about_slopes(lines: Sequence[Line]) -> str:
    local = [line for line in lines if line.profile.local]
    ratios = [f"{x.name} {number(_ratio(x.profile), 4)}" for x in local if _convex(x.profile)]
    robust = [line.name for line in local if line.profile.curvature in ("concave", "affine")]
    said = []
    if ratios:
        said.append(
            "Compare both ends: for a convex loss of u alone ℓ′(1)/ℓ′(0) is its asymmetry ratio, "
            f"{listed(ratios)}."
        )
    if robust:
        has = "has" if len(robust) == 1 else "have"
        said.append(f"{listed(robust)}, linear or concave, {has} ratio 1.")
    return (
        " ".join(said) or "Compare the slope at both ends: a steep left end follows wrong labels."
    )


def _convex(profile: Profile) -> bool:
    return profile.curvature == "convex" and profile.slope[0] < 0


def _ratio(profile: Profile) -> float:
    return float(profile.slope[-1] / profile.slope[0])


def _about_pulls(lines: Sequence[Line]) -> str:
    K = lines[0].profile.num_classes
    weak, strong, least, most = _extremes(lines, 1 / K)
    if len(lines) == 1:
        peak = strong.profile.u[np.argmax(strong.profile.pull)]
        at = number(peak, 2)
        return f"At the start, u = 1/{K}, it pulls with {number(most)}, hardest at u = {at}."
    if least > 0.99 * most:
        small = 0.1 / K
        weak, strong, least, most = _extremes(lines, small)
        return (
            f"All pull alike at the start, u = 1/{K}. Where the network contradicts the label, "
            f"u = {number(small, 2)}, {strong.name} pulls with {number(most)}, {weak.name} with "
            f"{number(least)}."
        )
    if least <= 0:
        return (
            f"At the start, u = 1/{K}, {strong.name} pulls with {number(most)}, {weak.name} with "
            f"{number(least)}: only a pull above 0 raises the given label."
        )
    return (
        f"At the start, u = 1/{K}, {strong.name} pulls with {number(most)}, "
        f"{number(most / least)} times as hard as {weak.name} ({number(least)}): a weak pull there "
        "is slow training."
    )


def _extremes(lines: Sequence[Line], u: float) -> tuple[Line, Line, float, float]:
    """The losses that pull least and most at u, and how hard."""
    ordered = sorted(lines, key=lambda line: line.profile.at("pull", u))
    weak, strong = ordered[0], ordered[-1]
    return weak, strong, weak.profile.at("pull", u), strong.profile.at("pull", u)


def _about_scale(lines: Sequence[Line]) -> str:
    scales = {line.profile.scale for line in lines}
    left = [line.name for line in lines if line.profile.scale == "published"]
    return (
        f" As published, since it cannot be scaled so: {listed(left)}." if len(scales) > 1 else ""
    )


def alternative(lines: Sequence[Line], quantity: Quantity) -> str:
    """The figure for a reader who does not see it: each line at 0, 1/K, 1/2 and 1."""
    K = lines[0].profile.num_classes
    told = (f"{line.name}: {_samples(line.profile, quantity.array, K)}" for line in lines)
    return f"{quantity.title} against u for {len(lines)} losses. " + "; ".join(told) + "."


def _samples(profile: Profile, array: str, K: int) -> str:
    y = getattr(profile, array)
    inner = (f"{number(profile.at(array, u))} at {number(u)}" for u in (1 / K, 0.5))
    return f"{number(y[0])} at the left end, {', '.join(inner)}, {number(y[-1])} at the right end"


def numbers(lines: Sequence[Line], quantity: Quantity) -> dict[str, np.ndarray]:
    """The columns of the figure's table: u and each loss at it."""
    shared = lines[0].profile.u if len({line.profile.floor for line in lines}) == 1 else None
    if shared is not None:
        return {"u": shared} | {x.name: getattr(x.profile, quantity.array) for x in lines}
    columns = {}
    for line in lines:
        columns[f"u of {line.name}"] = line.profile.u
        columns[line.name] = getattr(line.profile, quantity.array)
    return columns
