"""How losses bear noise: minimiser and margin along the rate, and what a noisy excess costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.simplex import EDGE_COLOR, Panel, map_figure, mark, own_limits
from alfs_core.figures.style import LINE_WIDTH, LOSS_COLORS, loss_line, loss_marker
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.sweep import Segment, Sweep
from alfs_core.theory.tolerance import ExcessBound, LargestRate
from alfs_core.wording import listed

SYMBOLS = 7  # on each line, so that lines are told apart without colour
NOTHING = 1e-9  # a leak below this is none to the eye
RATE = "η, noise rate"
SHARE = "s, share of the matrix’s noise"


@dataclass(frozen=True, eq=False)
class Track:
    """A loss along the noise: its name in legends, its place, its sweep, its largest rate.

    ``largest`` is None where it was not looked for.
    """

    name: str
    place: int
    sweep: Sweep
    largest: Enclosure | None


@dataclass(frozen=True)
class Axis:
    """What the rate of a family is called, and its scale: shown = scale · rate."""

    name: str
    scale: float
    present: float
    end: float

    @property
    def symbol(self) -> str:
        return self.name.partition(",")[0]


# ---- along the rate -------------------------------------------------------------------------


def kept_figure(tracks: Sequence[Track], axis: Axis, clean: int) -> Picture:
    """What each loss's minimiser gives to the clean class, against the rate."""
    return _along(
        f"What the minimiser leaves to label {clean}",
        "u<sub>m</sub> at the minimiser",
        [_line(t, t.sweep.kept, axis) for t in tracks] + _thresholds(tracks, 1.0, axis),
        axis,
        yaxis={"range": [-0.03, 1.06]},
    )


def margin_figure(tracks: Sequence[Track], axis: Axis) -> Picture:
    """The margin of each loss's condition against the rate; zero is where it breaks."""
    known = [t for t in tracks if not np.isnan(t.sweep.margin).all()]
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    return _along(
        "Margin of the condition",
        "margin, in units of weight",
        [_line(t, t.sweep.margin, axis) for t in known] + _thresholds(known, 0.0, axis),
        axis,
        shapes=[zero | {"line": {"width": 2, "dash": "dot"}}],
    )


def _along(
    title: str,
    y: str,
    traces: list[Trace],
    axis: Axis,
    *,
    shapes: Sequence[Any] = (),
    **layout: Any,
) -> Picture:
    right = axis.scale * max(axis.end, axis.present)
    here = axis.scale * axis.present
    name = {
        "x": here,
        "y": 0,
        "yref": "paper",
        "text": f"{axis.symbol} = {here:.3g}",
        "showarrow": False,
        "xanchor": "left" if here < 0.8 * right else "right",
        "yanchor": "bottom",
    }
    return picture(
        title,
        axis.name,
        y,
        *traces,
        hovermode="x unified",
        xaxis={"range": [-0.01 * right, 1.02 * right], "hoverformat": ".4g"},
        shapes=[*shapes, _upright(here)],
        annotations=[name],
        **layout,
    )


def _upright(x: float) -> dict[str, Any]:
    """A dotted line at x from the bottom to the top."""
    line = {"width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _line(track: Track, y: np.ndarray, axis: Axis) -> Trace:
    return trace(
        "scatter",
        x=(axis.scale * track.sweep.rates).astype("float32"),
        y=y,
        name=track.name,
        uid=f"place {track.place}",
        mode="lines+markers",
        line=loss_line(track.place),
        marker=loss_marker(track.place) | {"maxdisplayed": SYMBOLS},
        hovertemplate="%{y:.4g}",
    )


def _thresholds(tracks: Sequence[Track], y: float, axis: Axis) -> list[Trace]:
    return [found for track in tracks if (found := _threshold(track, y, axis))]


def _threshold(track: Track, y: float, axis: Axis) -> Trace | None:
    """A triangle at the largest rate, where it was found and is within the picture."""
    if track.largest is None or track.largest.low <= 0:
        return None
    color = LOSS_COLORS[track.place]
    marker = {"symbol": "triangle-down", "size": 15, "color": color}
    return trace(
        "scatter",
        x=[axis.scale * track.largest.low],
        y=[y],
        name=f"{track.name}: largest rate",
        uid=f"largest {track.place}",
        mode="markers",
        marker=marker | {"line": {"color": "white", "width": 1.5}},
        showlegend=False,
        cliponaxis=False,
        hovertemplate=f"largest rate {axis.scale * track.largest.low:.4f}<extra></extra>",
    )


def rate_text(largest: Enclosure | None, scale: float = 1.0) -> str:
    """The largest rate as a table says it; an interval where it is known no better."""
    if largest is None:
        return "not looked for"
    low, high = scale * largest.low, scale * largest.high
    if high < NOTHING:
        return "0"
    if high - low < 5e-5:
        below = "below " if isinstance(largest, LargestRate) and largest.excluded else ""
        return f"{below}{(low + high) / 2:.4f}"
    return f"{low:.4f} to {high:.4f}"


def kept_caption(tracks: Sequence[Track], axis: Axis) -> str:
    """What to look at, true for what is drawn."""
    moved = [t for t in tracks if t.sweep.leak[1:].max() > NOTHING and _moves_at_once(t)]
    staying = [t for t in tracks if t not in moved]
    said = []
    if staying:
        known = [t for t in staying if t.largest is not None]
        rates = (f"{t.name} {rate_text(t.largest, axis.scale)}" for t in known)
        said.append(f"Triangles mark the largest tolerated rate: {', '.join(rates)}." * bool(known))
    if moved:
        verb = "leaves" if len(moved) == 1 else "leave"
        names = listed([t.name for t in moved])
        said.append(f"{names} {verb} the clean corner with the first wrong label.")
    return " ".join(said)


def _moves_at_once(track: Track) -> bool:
    return track.largest is not None and track.largest.high < 1e-6


def margin_caption(tracks: Sequence[Track]) -> str:
    """What a margin is, and whose is not drawn."""
    missing = [t.name for t in tracks if np.isnan(t.sweep.margin).all()]
    without = f" No condition is known in closed form for {', '.join(missing)}." if missing else ""
    return (
        "Above zero the noise is tolerated; where a line crosses zero the noise moves the "
        "minimiser. How far above says how much more noise there is room for." + without
    )


def sweep_alternative(tracks: Sequence[Track], axis: Axis, what: str) -> str:
    """The sweep for a reader who does not see it."""
    told = (f"{t.name} {rate_text(t.largest, axis.scale)}" for t in tracks)
    return f"{what} against {axis.name}. Largest tolerated: {'; '.join(told)}."


def sweep_numbers(tracks: Sequence[Track], axis: Axis) -> dict[str, np.ndarray]:
    """Rate, leak and margin of every loss."""
    columns: dict[str, np.ndarray] = {}
    for t in tracks:
        columns[f"{axis.symbol} of {t.name}"] = axis.scale * t.sweep.rates
        columns[f"leak of {t.name}"] = t.sweep.leak
        columns[f"margin of {t.name}"] = t.sweep.margin
    return columns


# ---- on the simplex -------------------------------------------------------------------------


def beside_clean(panel: Panel, what: str, clean: np.ndarray) -> Picture:
    """A risk over the triangle with a ring about the minimiser of the clean risk (3,)."""
    drawn = map_figure(panel, own_limits(panel), what)
    ring = {"color": EDGE_COLOR, "line": {"width": 4}}
    about = mark(clean[None], "circle-open", 26, "minimiser of the clean risk", ring)
    return replace(drawn, data=(*drawn.data, about))


def segment_figure(name: str, place: int, of: Segment, clean: int) -> Picture:
    """Both risks of two classes as lines, their minimisers as a ring and a star."""
    risks = (("clean risk", of.clean, "dot"), ("noisy risk", of.noisy, "solid"))
    ends = (
        (of.clean_minimiser, of.clean, "circle-open", "minimiser of the clean risk"),
        (of.noisy_minimiser, of.noisy, "star", "minimiser of the noisy risk"),
    )
    return picture(
        f"{name}: risk of a prediction for two classes",
        f"u<sub>m</sub>, probability of the clean label {clean}",
        "risk",
        *(_risk(what, of.u, y, dash, place) for what, y, dash in risks),
        *(_end(what, u, np.interp(u, of.u, y), symbol, place) for u, y, symbol, what in ends),
        hovermode="x unified",
        xaxis={"range": [-0.02, 1.02]},
    )


def _risk(what: str, u: np.ndarray, y: np.ndarray, dash: str, place: int) -> Trace:
    return trace(
        "scatter",
        x=u.astype("float32"),
        y=np.where(np.isfinite(y), y, np.nan).astype("float32"),
        name=what,
        mode="lines",
        line={"color": LOSS_COLORS[place], "dash": dash, "width": LINE_WIDTH},
        hovertemplate="%{y:.4g}",
    )


def _end(what: str, u: float, y: float, symbol: str, place: int) -> Trace:
    return trace(
        "scatter",
        x=np.array([u]),
        y=np.array([y]),
        name=what,
        mode="markers",
        marker={"symbol": symbol, "size": 16, "color": LOSS_COLORS[place]},
        cliponaxis=False,
        hovertemplate=f"{what}: u = {u:.4g}<extra></extra>",
    )


def segment_caption(of: Segment) -> str:
    """Where the noise has moved the minimiser to."""
    moved = of.clean_minimiser - of.noisy_minimiser
    if abs(moved) < NOTHING:
        return "The star stands above or below the ring: the noise has not moved the minimiser."
    return (
        f"The noise has moved the minimiser from {of.clean_minimiser:.4g} to "
        f"{of.noisy_minimiser:.4g}."
    )


# ---- from the noisy excess to the clean error -----------------------------------------------


@dataclass(frozen=True)
class Bound:
    """A loss with its bound: name, place, ℓ(0) − ℓ(1), and the two factors."""

    name: str
    place: int
    span: float
    bound: ExcessBound

    @property
    def slope(self) -> float:
        """The bound on P(wrong) per noisy excess of the whole range of the loss."""
        return self.span / (self.bound.D * self.bound.step)


def bound_figure(bounds: Sequence[Bound], excess: float) -> Picture:
    """The bound on the share of wrong predictions against the noisy excess."""
    return picture(
        "Wrong predictions, at most",
        "ε / (ℓ(0) − ℓ(1)), noisy excess",
        "bound on P(wrong)",
        *map(_bound, bounds),
        hovermode="x unified",
        xaxis={"hoverformat": ".3g"},
        yaxis={"range": [-0.02, 1.05]},
        shapes=[_upright(excess)],
    )


def _bound(of: Bound) -> Trace:
    x = np.linspace(0, 0.5, 201)
    return trace(
        "scatter",
        x=x.astype("float32"),
        y=np.minimum(1, of.slope * x).astype("float32"),
        name=of.name,
        uid=f"place {of.place}",
        mode="lines+markers",
        line=loss_line(of.place),
        marker=loss_marker(of.place) | {"maxdisplayed": SYMBOLS},
        hovertemplate="%{y:.4g}",
    )


def bound_caption(bounds: Sequence[Bound]) -> str:
    """What to look at, true for what is drawn."""
    best, worst = min(bounds, key=lambda b: b.slope), max(bounds, key=lambda b: b.slope)
    if best is worst or worst.slope < 1.01 * best.slope:
        return "A steeper line is a weaker promise: the same noisy excess allows more errors."
    return (
        f"A steeper line is a weaker promise. {best.name} promises most, {worst.name} least: the "
        f"same noisy excess may cost {worst.slope / best.slope:.3g} times as many errors."
    )


def bound_alternative(bounds: Sequence[Bound]) -> str:
    """The bounds for a reader who does not see them."""
    told = (f"{b.name} {b.slope:.4g}" for b in bounds)
    return f"Bound on the error per share of the loss's range, a straight line: {', '.join(told)}."


def bound_numbers(bounds: Sequence[Bound]) -> dict[str, list[float] | list[str]]:
    """Both factors and the slope, a row a loss."""
    return {
        "loss": [b.name for b in bounds],
        "D": [b.bound.D for b in bounds],
        "step": [b.bound.step for b in bounds],
        "span": [b.span for b in bounds],
        "slope": [b.slope for b in bounds],
    }
