"""What an excess risk costs: the calibration function and the straight lines below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import LINE_WIDTH, LOSS_COLORS, loss_line, loss_marker
from alfs_core.theory.calibration import CalibrationCurve
from alfs_core.wording import number

PROVED, FOUND = "proved", "found by search"


@dataclass(frozen=True, eq=False)
class Calibrated:
    """One loss: its name, its place in the workspace, its calibration function for K classes."""

    name: str
    place: int
    curve: CalibrationCurve
    num_classes: int


def calibration_figure(of: Calibrated) -> Picture:
    """ε(θ), with the straight lines θ/c of the proved and of the sharpest constant."""
    curve, seen = of.curve, np.isfinite(of.curve.excess)
    lines = [_line(of, c, how) for how, c in constants(curve).items()]
    top = float(curve.excess[seen].max(initial=0.0)) or 1.0
    return picture(
        f"{of.name}: price of a wrong decision, K = {of.num_classes}",
        "θ, probability of being right that is lost",
        "ε(θ), least excess risk",
        trace(
            "scatter",
            x=curve.lost[seen],
            y=curve.excess[seen],
            name="ε(θ)",
            uid="excess",
            mode="lines+markers",
            line=loss_line(of.place) | {"dash": "solid"},
            marker=loss_marker(of.place) | {"maxdisplayed": 12},
            hovertemplate="θ %{x:.3f}<br>ε %{y:.4g}<extra></extra>",
        ),
        *lines,
        xaxis={"range": [-0.015, 1.015]},
        yaxis={"range": [-0.03 * top, 1.06 * top]},
        legend={"x": 0.02, "y": 0.98, "xanchor": "left", "yanchor": "top"},
    )


def constants(curve: CalibrationCurve) -> dict[str, float]:
    """The constants c of bounds θ ≤ c ε, by how they are known."""
    found = None if steepens(curve) else curve.sharpest
    told = {PROVED: curve.proved, FOUND: found}
    return {how: c for how, c in told.items() if c is not None and np.isfinite(c)}


def _line(of: Calibrated, c: float, how: str) -> Trace:
    dash = "dash" if how == PROVED else "dot"
    return trace(
        "scatter",
        x=[0.0, 1.0],
        y=[0.0, 1 / c],
        name=f"θ/c, c = {c:.4g} {how}",
        uid=how,
        mode="lines",
        line={"color": LOSS_COLORS[of.place], "width": LINE_WIDTH - 0.5, "dash": dash},
        opacity=0.75,
        hoverinfo="skip",
    )


def steepens(curve: CalibrationCurve) -> bool:
    """Whether θ/ε still grows towards θ = 0: then no line through 0 lies below the curve."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = curve.lost[1:5] / curve.excess[1:5]
    return bool(ratio[0] == np.inf or (ratio[0] > 1.5 * ratio[1] and ratio[1] > 1.2 * ratio[3]))


def calibration_caption(of: Calibrated) -> str:
    """What the two lines say."""
    curve = of.curve
    if not np.isfinite(curve.sharpest):
        return (
            "The curve is 0 beyond θ = 0: a wrong decision can cost no risk at all, so no excess "
            "risk, however small, promises a right one."
        )
    if steepens(curve):
        return (
            f"The curve seems to leave 0 without a slope: θ/ε is {curve.sharpest:.3g} at the "
            "smallest θ drawn and still grows. Then no constant c bounds θ by c ε."
        )
    if curve.proved is None:
        return (
            f"Search finds θ up to c = {curve.sharpest:.4g} times ε, so no bound has a "
            "smaller c; none is proved."
        )
    if curve.sharpest >= curve.proved * (1 - 1e-6):
        return f"The proved line touches the curve: c = {curve.proved:.4g} cannot be improved."
    return (
        f"Proved with c = {curve.proved:.4g}; search finds nothing worse than "
        f"c = {curve.sharpest:.4g}, and no bound has a smaller c than that."
    )


def calibration_alternative(of: Calibrated) -> str:
    """The picture for a reader who does not see it."""
    at = [(0.25, 0.25), (0.5, 0.5), (1.0, 1.0)]
    values = ", ".join(
        f"{number(np.interp(x, of.curve.lost, of.curve.excess))} at {x}" for x, _ in at
    )
    return (
        f"Calibration function of {of.name} for {of.num_classes} classes, rising from 0 to "
        f"{values}. {calibration_caption(of)}"
    )


def calibration_numbers(of: Calibrated) -> dict[str, np.ndarray]:
    """θ, ε, and the straight lines."""
    columns = {"lost": of.curve.lost, "excess": of.curve.excess}
    return columns | {
        f"lost over c ({how})": of.curve.lost / c for how, c in constants(of.curve).items()
    }
