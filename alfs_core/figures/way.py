"""Risks along the straight way from one prediction to another."""

from __future__ import annotations

import numpy as np

from alfs_core.figures.picture import Picture, picture, trace
from alfs_core.figures.style import LINE_WIDTH, LOSS_COLORS, LOSS_DASHES, MARKER_SIZE
from alfs_core.theory.cards import Way
from alfs_core.wording import number

LEVEL = 1e-9  # of the range of the curves: what differs by less is level
PLACES = (0, 2)  # of the colours: blue and green, solid and dotted


def way_figure(of: Way) -> Picture:
    """Each risk less its value at the start, so that below zero means better than the start."""
    return picture(
        f"From {of.start} to {of.end}",
        "share of the way",
        "change of risk",
        *(
            trace(
                "scatter",
                x=of.t.astype("float32"),
                y=_change(values).astype("float32"),
                name=name,
                uid=name,
                mode="lines+markers",
                line={"color": LOSS_COLORS[i], "dash": LOSS_DASHES[i], "width": LINE_WIDTH},
                marker={
                    "color": LOSS_COLORS[i],
                    "size": MARKER_SIZE,
                    "symbol": ("circle", "diamond")[k],
                    "maxdisplayed": 6,
                },
                hovertemplate="%{y:.4g}",
            )
            for k, (i, (name, values)) in enumerate(zip(PLACES, of.lines, strict=False))
        ),
        hovermode="x unified",
        xaxis={"range": [-0.02, 1.02], "hoverformat": ".2f"},
        yaxis={"zeroline": True, "nticks": 6},
        margin={"t": 52, "b": 40},
    )


def _change(values: np.ndarray) -> np.ndarray:
    """Values less the first that is finite."""
    finite = np.isfinite(values)
    return values - values[finite][0]


def caption(of: Way) -> str:
    """How each risk ends against its start."""
    told = " and ".join(f"{_ends(values)} {name}" for name, values in of.lines)
    return f"Compared with {of.start}, {of.end} has {told}."


def _ends(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    change, span = finite[-1] - finite[0], float(np.ptp(finite)) or 1.0
    if abs(change) <= LEVEL * max(span, abs(finite[0])):
        return "the same"
    return "a higher" if change > 0 else "a lower"


def alternative(of: Way) -> str:
    """The picture for a reader who does not see it."""
    told = "; ".join(
        f"{name} from {number(finite[0], 4)} to {number(finite[-1], 4)}"
        for name, finite in ((name, values[np.isfinite(values)]) for name, values in of.lines)
    )
    return f"Risks on the straight way from {of.start} to {of.end}: {told}. {caption(of)}"


def numbers(of: Way) -> dict[str, np.ndarray]:
    """The share of the way, what is drawn of each risk, and each risk itself."""
    drawn = {f"change of {name}": _change(values) for name, values in of.lines}
    return {"share of the way": of.t} | drawn | dict(of.lines)
