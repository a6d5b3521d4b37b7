"""The triangle of posteriors: what minimising a loss decides at each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.simplex import (
    HALO,
    HEIGHTS,
    MARGIN,
    OUTLINE,
    SUBSCRIPTS,
    TOP,
    corner,
    mark,
    shown,
)
from alfs_core.figures.style import SURFACE_SCALE, loss_title
from alfs_core.theory.posteriors import RIGHT, TIE, WRONG, DecisionMap, cells
from alfs_core.theory.simplex import CORNERS, to_plane
from alfs_core.wording import percent

WRONG_COLOR = "#D55E00"  # vermillion of Okabe & Ito: on no part of the scale beneath
TIE_COLOR = "#9AA0A6"
BORDER = "rgba(255,255,255,0.8)"
WORDS = {RIGHT: "a most probable class", TIE: "a tie", WRONG: "another class"}
SHORT = {RIGHT: "right", TIE: "a tie", WRONG: "wrong"}
CROSSES = 3  # every third wrong posterior each way bears a cross, for eyes that see no colour


@dataclass(frozen=True, eq=False)
class Decided:
    """One loss: its name, its place in the workspace, its map, and the posterior looked at."""

    name: str
    place: int
    map: DecisionMap
    chosen: tuple[float, float, float] | None = None


def decision_figure(of: Decided, minimiser: np.ndarray | None = None) -> Picture:
    """How sure the minimiser is, where it is right; where it is not, in colours of their own.

    ``minimiser`` (3,) is drawn with the posterior looked at.
    """
    hidden = {"visible": False, "constrain": "domain"}
    looked_at = () if of.chosen is None else _looked_at(np.array(of.chosen), minimiser)
    return picture(
        loss_title(f"{of.name}: decisions", of.place),
        "",
        "",
        _confidence(of.map),
        *_not_right(of.map),
        *_borders(),
        _pointer(of.map),
        *looked_at,
        margin=MARGIN,
        showlegend=False,
        xaxis=hidden | {"range": [-0.06, 1.06]},
        yaxis=hidden | {"range": HEIGHTS, "scaleanchor": "x"},
        shapes=[{"type": "path", "path": OUTLINE, "line": {"width": 3}, "layer": "above"}],
        annotations=[corner(k, f"<b>p{SUBSCRIPTS[k]} = 1</b>") for k in range(3)],
    )


def _picture(values: np.ndarray, side: int) -> np.ndarray:
    """Values (N,) of the posteriors as cells of the picture, NaN outside the triangle."""
    index = cells(side, 5 * side // 2 + 1)
    return np.where(index >= 0, values[index], np.nan).astype("float32")


def _heat(z: np.ndarray, **properties: Any) -> Trace:
    n = len(z)
    place = {"x0": 0.0, "dx": 1 / (n - 1), "y0": 0.0, "dy": TOP / (n - 1)}
    return trace("heatmap", z=z, **place, **properties)


def _confidence(of: DecisionMap) -> Trace:
    return _heat(
        _picture(of.confidence, of.side),
        zmin=1 / 3,
        zmax=1.0,
        colorscale=SURFACE_SCALE,
        hoverinfo="skip",
        colorbar={
            "orientation": "h",
            "x": 0.5,
            "y": -0.02,
            "yanchor": "top",
            "len": 0.8,
            "tickvals": [1 / 3, 0.5, 0.75, 1],
            "ticktext": ["⅓", "0.5", "0.75", "1"],
            "title": {
                "text": "probability for the predicted class",
                "side": "bottom",
                "font": {"size": 13},
            },
            "tickfont": {"size": 13},
        },
    )


def _not_right(of: DecisionMap) -> tuple[Trace, ...]:
    """Ties and wrong decisions above the scale, the wrong ones with crosses."""
    if of.count(RIGHT) == len(of.p):
        return ()
    code = np.where(of.decision == RIGHT, np.nan, of.decision == WRONG)
    colors = [[0, TIE_COLOR], [1, WRONG_COLOR]]
    flat = _heat(
        _picture(code, of.side),
        zmin=0,
        zmax=1,
        colorscale=colors,
        showscale=False,
        hoverinfo="skip",
    )
    steps = np.rint(of.p[:, :2] * of.side).astype(int)
    crossed = (of.decision == WRONG) & (steps % CROSSES == 1).all(axis=1)
    x, y = to_plane(of.p[crossed]).T
    crosses = trace(
        "scatter",
        x=x.astype("float32"),
        y=y.astype("float32"),
        mode="markers",
        marker={"symbol": "x-thin", "size": 6, "line": {"color": "white", "width": 1.5}},
        hoverinfo="skip",
    )
    return flat, crosses


def _borders() -> tuple[Trace, Trace]:
    """Where two classes are equally and most probable: white dots on a dark line."""
    centre, middles = CORNERS.mean(axis=0), (CORNERS + np.roll(CORNERS, -1, axis=0)) / 2
    broken = np.array([[centre, middle, [np.nan, np.nan]] for middle in middles]).reshape(-1, 2)
    x, y = np.ascontiguousarray(broken.T)
    dark = {"color": "rgba(0,0,0,0.35)", "width": 3}
    dots = {"color": BORDER, "width": 1.5, "dash": "dot"}
    line = {"x": x, "y": y, "mode": "lines", "hoverinfo": "skip"}
    return trace("scatter", line=dark, **line), trace("scatter", line=dots, **line)


def _pointer(of: DecisionMap) -> Trace:
    """Unseen cells that tell the posterior, its minimiser and the decision."""
    index = cells(of.side, 5 * of.side // 6 + 1)
    told = np.concatenate([of.p, of.minimisers], axis=1).astype("float32")
    words = np.array([SHORT[TIE], SHORT[RIGHT], SHORT[WRONG]])[of.decision]
    inside = index >= 0
    posterior = ", ".join(f"%{{customdata[{i}]:.3f}}" for i in range(3))
    minimiser = ", ".join(f"%{{customdata[{i}]:.3f}}" for i in range(3, 6))
    return _heat(
        np.where(inside, of.confidence[index], np.nan).astype("float32"),
        customdata=np.where(inside[..., None], told[index], np.float32(np.nan)),
        text=np.where(inside, words[index], "").tolist(),
        opacity=0,
        showscale=False,
        hovertemplate=f"p = ({posterior})<br>minimiser ({minimiser})<br>%{{text}}<extra></extra>",
    )


def _looked_at(p: np.ndarray, minimiser: np.ndarray | None) -> tuple[Trace, ...]:
    """The posterior, its minimiser, and a line from one to the other."""
    style = {"color": "white", "line": {"width": 3}}
    told = {"text": [f"posterior p = {shown(p)}"], "uid": "posterior"}
    ring = mark(p[None], "circle-open", 15, "", style) | told
    if minimiser is None:
        return (ring,)
    x, y = to_plane(np.stack([p, minimiser])).T
    line = {"color": "white", "width": 2}
    way = trace("scatter", x=x, y=y, mode="lines", line=line, hoverinfo="skip", cliponaxis=False)
    return way, ring, mark(minimiser[None], "star", 17, "minimiser", HALO)


# ---- in words -------------------------------------------------------------------------------


def caption(of: Decided) -> str:
    """How often the decision is right, and how often the minimiser is sure of it."""
    found = of.map
    total, wrong, ties = len(found.p), found.count(WRONG), found.count(TIE)
    given = "noisy posterior Tᵀp" if found.noisy else "posterior"
    if wrong or ties:
        parts = [f"{percent(wrong / total)} end at another class"] if wrong else []
        parts += (
            [f"{percent(ties / total)} end in a tie"] if ties / total >= 0.005 or not wrong else []
        )
        most = f", which costs up to {found.regret.max():.2g} of being right" if wrong else ""
        return f"Of {total:,} posteriors {' and '.join(parts)}{most}."
    sure = found.certain
    how = "all" if sure == 1 else "almost none" if sure < 0.005 else percent(sure)
    return (
        f"At each {given} the minimiser predicts a most probable class; at {how} of them with "
        f"certainty{_on_floor(found)}."
    )


def _on_floor(found: DecisionMap) -> str:
    if found.cap:
        return f", or up to ε = {found.cap:g} for the other classes, which costs nothing"
    return f" up to the floor δ = {found.floor:g}" if found.floor else ""


def alternative(of: Decided) -> str:
    """The picture for a reader who does not see it."""
    found = of.map
    kept = found.count(RIGHT) / len(found.p)
    return (
        f"Decisions of {of.name} over the triangle of posteriors of three classes"
        f"{', seen through the label noise' if found.noisy else ''}: {percent(kept, 1)} are right, "
        f"{percent(found.count(TIE) / len(found.p), 1)} tied, "
        f"{percent(found.count(WRONG) / len(found.p), 1)} wrong. {caption(of)}"
        + ("" if of.chosen is None else f" Marked: p = {shown(of.chosen)}.")
    )


def numbers(of: Decided) -> dict[str, np.ndarray | list[str]]:
    """The posteriors, what is minimised, the minimisers and the decisions."""
    found = of.map
    columns: dict[str, np.ndarray | list[str]] = {}
    for name, points in (("p", found.p), ("w", found.w), ("u", found.minimisers)):
        columns |= {f"{name}{k + 1}": points[:, k] for k in range(3)}
    return columns | {
        "predicts": [WORDS[int(code)] for code in found.decision],
        "regret": found.regret,
    }
