"""The simplex of predictions: training images as points among three of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.simplex import OUTLINE, TOP
from alfs_core.figures.style import GLYPHS, LOSS_COLORS, colored
from alfs_core.theory.simplex import CORNERS, to_plane

CLASS_COLORS = (LOSS_COLORS[0], LOSS_COLORS[1], LOSS_COLORS[2])
ELSEWHERE = "#808080"


@dataclass(frozen=True, eq=False)
class Cloud:
    """Images of three true classes: u (N, 3), and positions 0-2 of the given and true label.

    ``given`` is −1 where the given label is none of the three.
    """

    u: np.ndarray
    given: np.ndarray
    true: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """Where the given label is not the true one (N,)."""
        return self.given != self.true


def cloud(
    probs: np.ndarray, given: Sequence[int], true: Sequence[int], chosen: Sequence[int]
) -> Cloud:
    """The images whose true class is one of ``chosen`` (3), their predictions among the three.

    ``probs`` (S, K) are divided by what they give to the three; an image that gives them nothing
    stands in the middle.
    """
    position = {label: place for place, label in enumerate(chosen)}
    kept = np.array([label in position for label in true], dtype=bool)
    three = np.asarray(probs, dtype=float)[kept][:, list(chosen)]
    whole = three.sum(axis=1, keepdims=True)
    u = np.divide(three, whole, out=np.full_like(three, 1 / 3), where=whole > 0)
    places = [[position.get(label, -1) for label in labels] for labels in (given, true)]
    return Cloud(u, np.array(places[0])[kept], np.array(places[1])[kept])


def cloud_numbers(points: Cloud, classes: Sequence[str]) -> dict[str, list[str] | np.ndarray]:
    """The points as columns: the prediction among the three classes, given and true label."""
    called = [*classes, "another"]  # −1 is the last
    return {
        **{f"u, {name}": u for name, u in zip(classes, points.u.T, strict=True)},
        "given label": [called[k] for k in points.given],
        "true label": [called[k] for k in points.true],
    }


def cloud_figure(points: Cloud, name: str, place: int, classes: Sequence[str]) -> Picture:
    """Colour says the given label, a ring that it is wrong; a corner is certainty."""
    hidden = {"visible": False, "constrain": "domain"}
    return picture(
        "",
        "",
        "",
        *(_points(points, wrong, classes) for wrong in (False, True)),
        title={"text": f"{GLYPHS[place]} {name}"},  # colour speaks of classes here
        margin={"l": 8, "r": 8, "t": 48, "b": 8},
        showlegend=False,
        xaxis=hidden | {"range": [-0.06, 1.06]},
        yaxis=hidden | {"range": [-0.13, TOP + 0.12], "scaleanchor": "x"},
        shapes=[{"type": "path", "path": OUTLINE, "line": {"width": 2}}],
        annotations=[_corner(place, name) for place, name in enumerate(classes)],
    )


def _points(points: Cloud, wrong: bool, classes: Sequence[str]) -> Trace:
    own = points.wrong == wrong
    x, y = to_plane(points.u[own]).T if own.any() else np.zeros((2, 0))
    colors = [CLASS_COLORS[label] if label >= 0 else ELSEWHERE for label in points.given[own]]
    names = (*classes, "another class")
    told = [
        f"given {names[given]}, true {names[true]}"
        for given, true in zip(points.given[own], points.true[own], strict=True)
    ]
    ring = {"color": colors, "size": 11, "symbol": "circle-open", "line": {"width": 2.5}}
    disc = {"color": colors, "size": 8, "opacity": 0.75}
    return trace(
        "scatter",
        x=np.asarray(x, dtype="float32"),
        y=np.asarray(y, dtype="float32"),
        mode="markers",
        marker=ring if wrong else disc,
        text=told,
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )


def _corner(place: int, name: str) -> dict[str, object]:
    x, y = (float(value) for value in CORNERS[place])
    above = place == 2
    return {
        "x": min(max(x, 0.08), 0.92),
        "y": y,
        "text": f"{colored('●', CLASS_COLORS[place])} <b>{name}</b>",
        "showarrow": False,
        "yanchor": "bottom" if above else "top",
        "yshift": 8 if above else -8,
    }
