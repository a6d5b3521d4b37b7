"""Phase diagrams: which numbers of a family are asymmetric under the noise at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from alfs_core.figures.style import LINE_WIDTH, LOSS_COLORS, figure, loss_marker
from alfs_core.losses.base import Parameter
from alfs_core.theory.phase import Phase, Range, Strip
from alfs_core.wording import percent

INSIDE, OUTSIDE, OPEN = "asymmetric", "not asymmetric", "undecided"
WORDS = {1.0: INSIDE, -1.0: OUTSIDE, 0.0: OPEN}
SYMBOLS = {1.0: "circle", -1.0: "x-thin-open", 0.0: "diamond-open"}
GREY = "#808080"
OUTER_FILL = "rgba(128,128,128,0.16)"
PRESET = {"symbol": "diamond", "size": 11, "color": "white", "line": {"color": "black", "width": 2}}
ELSEWHERE = {"symbol": "diamond-open", "color": GREY, "line": {"color": GREY, "width": 2}}
GREEK = {
    r"\alpha": "α",
    r"\beta": "β",
    r"\gamma": "γ",
    r"\lambda": "λ",
    r"\varepsilon": "ε",
    r"\delta": "δ",
    r"\tau": "τ",
}


@dataclass(frozen=True)
class Mark:
    """A loss in the diagram: its numbers there, and what is said of it.

    ``place`` is its place in the workspace, None for a paper's values; ``other`` names parameters
    that differ from the diagram's.
    """

    name: str
    x: float
    y: float | None
    place: int | None = None
    other: str = ""


def sign(parameter: Parameter) -> str:
    """A parameter's symbol as a figure writes it.

    >>> from alfs_core.losses import family
    >>> sign(family("FL").parameters[0])
    'γ'
    """
    text = parameter.symbol
    for name, letter in GREEK.items():
        text = text.replace(name, letter)
    base, _, index = text.partition("_")
    index = index.replace(r"\mathrm", "").strip("{}")
    return f"{base}<sub>{index}</sub>" if index else base


def words(parameter: Parameter) -> str:
    """A parameter's symbol as a sentence writes it."""
    return sign(parameter).replace("<sub>", "_").replace("</sub>", "")


def tint(place: int, opacity: float) -> str:
    """The colour of a place, laid thinly over the page."""
    red, green, blue = (int(LOSS_COLORS[place][i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


# ---- two parameters -------------------------------------------------------------------------


def phase_figure(phase: Phase, marks: Sequence[Mark], place: int) -> go.Figure:
    """The asymmetric region in the colour of the loss, with its boundary and the marks."""
    layers = [_region(phase, place)] if phase.closed else _dots(phase, place)
    drawn = figure(
        f"Where {phase.name} is asymmetric",
        _axis_name(phase.x),
        _axis_name(phase.y),
        *layers,
        *_marks(marks, phase.x, phase.y),
        showlegend=not phase.closed,
    )
    drawn.update_xaxes(_axis(phase.x))
    drawn.update_yaxes(_axis(phase.y))
    if phase.closed:
        _name_regions(drawn, phase, marks)
    return drawn


def _axis_name(parameter: Parameter) -> str:
    scale = ", log scale" if parameter.logarithmic else ""
    return f"{sign(parameter)}, parameter{scale}"


def _axis(parameter: Parameter) -> dict[str, Any]:
    low, high = parameter.typical
    if not parameter.logarithmic:
        pad = 0.015 * (high - low)
        return {"range": [low - pad, high + pad]}
    ends = np.log10([low, high])
    pad = 0.015 * float(ends[1] - ends[0])
    return {
        "type": "log",
        "range": [float(ends[0]) - pad, float(ends[1]) + pad],
        "exponentformat": "power",
        "dtick": 1,
    }


def _region(phase: Phase, place: int) -> go.Contour:
    """Two colours that meet where the level is 0."""
    size = float(np.quantile(np.abs(phase.level), 0.7)) or 1.0
    return go.Contour(
        x=phase.x_values,
        y=phase.y_values,
        z=np.clip(phase.level / size, -1, 1).astype("float32"),
        customdata=phase.margin.astype("float32"),
        contours={"start": 0, "end": 0, "size": 2, "coloring": "fill"},
        colorscale=[[0, OUTER_FILL], [1, tint(place, 0.32)]],
        zmin=-1,
        zmax=1,
        showscale=False,
        line={"color": LOSS_COLORS[place], "width": LINE_WIDTH},
        hovertemplate=(
            f"{sign(phase.x)} = %{{x:.4g}}, {sign(phase.y)} = %{{y:.4g}}"
            "<br>margin %{customdata:.4g}<extra></extra>"
        ),
    )


def _dots(phase: Phase, place: int) -> list[go.Scatter]:
    """Each judged point, its verdict by colour and by symbol."""
    x, y = np.meshgrid(phase.x_values, phase.y_values)
    size = max(7, 90 // len(phase.x_values))
    colors = {1.0: LOSS_COLORS[place], -1.0: GREY, 0.0: GREY}
    return [
        go.Scatter(
            x=x[phase.code == code],
            y=y[phase.code == code],
            mode="markers",
            name=word,
            marker={"symbol": SYMBOLS[code], "size": size, "color": colors[code]}
            | {"line": {"width": 2, "color": colors[code]}},
            hovertemplate=(
                f"{sign(phase.x)} = %{{x:.4g}}, {sign(phase.y)} = %{{y:.4g}}<extra>{word}</extra>"
            ),
        )
        for code, word in WORDS.items()
        if (phase.code == code).any()
    ]


def _name_regions(drawn: go.Figure, phase: Phase, marks: Sequence[Mark]) -> None:
    taken = [(mark.x, mark.y) for mark in marks if mark.y is not None]
    for code in (1.0, -1.0):
        spot = phase.spot(code, taken)
        if spot is not None:
            x, y = (
                np.log10(v) if p.logarithmic else v
                for v, p in zip(spot, (phase.x, phase.y), strict=True)
            )
            drawn.add_annotation(x=x, y=y, text=f"<b>{WORDS[code]}</b>", showarrow=False)


def _marks(marks: Sequence[Mark], *parameters: Parameter) -> list[go.Scatter]:
    """Stars for losses of the workspace, diamonds for values of papers."""
    return [_mark(mark, parameters) for mark in marks if _visible(mark, parameters)]


def _visible(mark: Mark, parameters: Sequence[Parameter]) -> bool:
    numbers = (mark.x, mark.y)
    return all(
        p.typical[0] <= number <= p.typical[1]
        for p, number in zip(parameters, numbers, strict=False)
        if number is not None
    )


def _mark(mark: Mark, parameters: Sequence[Parameter]) -> go.Scatter:
    own = mark.place is not None
    style = PRESET if mark.place is None else _star(mark.place)
    told = f"<br>elsewhere: {mark.other}" if mark.other else ""
    return go.Scatter(
        x=[mark.x],
        y=[mark.y],
        mode="markers" if own else "markers+text",
        text=[f"\u2002{mark.name}\u2002"],  # spaces keep the name off its sign
        textposition=_beside(mark, parameters),
        marker=style | (ELSEWHERE if mark.other and not own else {}),
        showlegend=False,
        uid=mark.name,
        hovertemplate=f"{mark.name}{told}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>",
    )


def _beside(mark: Mark, parameters: Sequence[Parameter]) -> str:
    """To the side with more room."""
    low, high = parameters[0].typical
    middle = np.sqrt(low * high) if parameters[0].logarithmic else (low + high) / 2
    return "middle right" if mark.x < middle else "middle left"


def _star(place: int) -> dict[str, Any]:
    return loss_marker(place) | {
        "symbol": "star",
        "size": 19,
        "line": {"color": "white", "width": 1.5},
    }


# ---- one parameter --------------------------------------------------------------------------


def strip_figure(strip: Strip, marks: Sequence[Mark], place: int, needed: float) -> go.Figure:
    """The ratio, or else the margin, along a parameter, with the line that it must reach."""
    y, bound, name = _height(strip, needed)
    drawn = figure(
        f"Where {strip.name} is asymmetric",
        _axis_name(strip.parameter),
        name,
        *_strip_lines(strip, y, place),
        *_marks(_raised(marks, strip, y), strip.parameter),
        showlegend=False,
    )
    drawn.update_xaxes(_axis(strip.parameter))
    drawn.update_yaxes(_strip_axis(y, bound))
    drawn.add_hrect(
        y0=bound, y1=_strip_axis(y, bound)["range"][1], fillcolor=tint(place, 0.16), line_width=0
    )
    drawn.add_hline(
        y=bound,
        line={"dash": "dot", "width": 2},
        annotation={"text": f"asymmetric from {bound:.4g} on", "font": {"size": 15}},
    )
    return drawn


def _height(strip: Strip, needed: float) -> tuple[np.ndarray, float, str]:
    if strip.ratio is not None:
        return strip.ratio, needed, "r(ℓ), asymmetry ratio"
    if strip.closed:
        return strip.margin, 0.0, "margin of the condition"
    return strip.code, 1.0, "1 asymmetric, −1 not, 0 undecided"


def _strip_lines(strip: Strip, y: np.ndarray, place: int) -> list[go.Scatter]:
    points = strip.parameter.integer or not (strip.closed or strip.ratio is not None)
    return [
        go.Scatter(
            x=strip.values,
            y=y,
            mode="markers" if points else "lines",
            line={"color": LOSS_COLORS[place], "width": LINE_WIDTH + 0.5},
            marker={"color": LOSS_COLORS[place], "size": 10},
            hovertemplate=f"{sign(strip.parameter)} = %{{x:.4g}}<br>%{{y:.4g}}<extra></extra>",
        )
    ]


def _strip_axis(y: np.ndarray, bound: float) -> dict[str, Any]:
    low, high = min(float(np.nanmin(y)), bound), max(float(np.nanmax(y)), bound)
    pad = 0.08 * (high - low) or 0.1
    return {"range": [low - pad, high + pad]}


def _raised(marks: Sequence[Mark], strip: Strip, y: np.ndarray) -> list[Mark]:
    """The marks at the height of the line."""
    return [
        Mark(m.name, m.x, float(np.interp(m.x, strip.values, y)), m.place, m.other) for m in marks
    ]


# ---- in words -------------------------------------------------------------------------------


Reach = tuple[Parameter, tuple[Range, ...] | None]


def phase_caption(
    phase: Phase, name: str, inside: float, ranges: Sequence[Reach], noise: str
) -> str:
    """Where the chosen loss lies, and how far a parameter that matters may go."""
    where = _star_says(name, inside, noise)
    if phase.closed:
        return f"{where}; {reach(*next(filter(_telling, ranges), ranges[0]))}."
    side = f"{len(phase.x_values)} × {len(phase.y_values)}"
    return (
        f"{where}. No formula decides this family: each of the {side} points was judged by "
        f"theorems and search, {phase.judgements} judgements in {phase.seconds:.1f} s."
    )


def _telling(reached: Reach) -> bool:
    """Whether some values of the parameter are asymmetric and some are not."""
    parameter, ranges = reached
    return bool(ranges) and ranges != (parameter.typical,)


def strip_caption(
    strip: Strip, name: str, inside: float, ranges: tuple[Range, ...] | None, noise: str
) -> str:
    """Where the chosen loss lies, and the values that are asymmetric."""
    where = _star_says(name, inside, noise)
    if strip.closed:
        return f"{where}; {reach(strip.parameter, ranges)}."
    return f"{where}. No formula decides this family: {len(strip.values)} values were judged."


def _star_says(name: str, inside: float, noise: str) -> str:
    return f"Under {noise}, the star, {name}, is {WORDS.get(inside, OPEN)}"


def reach(parameter: Parameter, ranges: tuple[Range, ...] | None) -> str:
    """The asymmetric values of a parameter, the others as they are."""
    symbol = words(parameter)
    if ranges is None:
        return f"along {symbol} no formula decides everywhere"
    low, high = parameter.typical
    if not ranges:
        return f"no {symbol} from {low:g} to {high:g} changes that"
    if ranges == ((low, high),):
        return f"every {symbol} from {low:g} to {high:g} is asymmetric"
    told = " or ".join(_stretch(symbol, a, b, low, high) for a, b in ranges)
    return f"with its other parameters as they are, it is asymmetric for {told}"


def _stretch(symbol: str, a: float, b: float, low: float, high: float) -> str:
    if a <= low:
        return f"{symbol} ≤ {b:.4g}"
    return f"{symbol} ≥ {a:.4g}" if b >= high else f"{a:.4g} ≤ {symbol} ≤ {b:.4g}"


def phase_alternative(phase: Phase, marks: Sequence[Mark], noise: str) -> str:
    """The diagram for a reader who does not see it."""
    x, y = words(phase.x), words(phase.y)
    placed = "; ".join(f"{m.name} at {x} {m.x:.4g}, {y} {m.y:.4g}" for m in marks)
    return (
        f"{phase.name} over {x} from {phase.x.typical[0]:g} to {phase.x.typical[1]:g} and {y} from "
        f"{phase.y.typical[0]:g} to {phase.y.typical[1]:g}, under {noise}: asymmetric on "
        f"{percent(phase.share)} of the picture. Marked: {placed}."
    )


def strip_alternative(strip: Strip, marks: Sequence[Mark], noise: str) -> str:
    """The strip for a reader who does not see it."""
    x = words(strip.parameter)
    placed = "; ".join(f"{m.name} at {x} {m.x:.4g}" for m in marks)
    share = float(np.mean(strip.code == 1))
    return (
        f"{strip.name} along {x} from {strip.values[0]:g} to {strip.values[-1]:g}, under {noise}: "
        f"asymmetric on {percent(share)} of the line. Marked: {placed}."
    )


def phase_numbers(phase: Phase) -> dict[str, np.ndarray]:
    """The columns of the diagram's table."""
    x, y = np.meshgrid(phase.x_values, phase.y_values)
    verdict = np.vectorize(lambda code: WORDS.get(code, "no such loss"))(phase.code)
    columns = {phase.x.name: x.ravel(), phase.y.name: y.ravel(), "verdict": verdict.ravel()}
    return columns | ({"margin": phase.margin.ravel()} if phase.closed else {})


def strip_numbers(strip: Strip) -> dict[str, np.ndarray]:
    """The columns of the strip's table."""
    verdict = np.array([WORDS.get(code, "no such loss") for code in strip.code])
    columns = {strip.parameter.name: strip.values, "verdict": verdict}
    if strip.ratio is not None:
        columns["ratio"] = strip.ratio
    return columns | ({"margin": strip.margin} if strip.closed else {})
