"""A race as lines: what is measured of each loss, over the epochs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alfs_core.figures.picture import Picture, Trace, picture, trace
from alfs_core.figures.style import (
    LINE_WIDTH,
    LOSS_COLORS,
    LOSS_DASHES,
    LOSS_SYMBOLS,
    MARKER_SIZE,
)

STYLES = len(LOSS_COLORS)
FAINT = 0.4  # opacity of the lines behind the others
CLOSE = 0.05  # of the axis: numbers nearer than this would lie on each other


@dataclass(frozen=True, eq=False)
class RaceLine:
    """One loss: its name, its place in the workspace, and a value at each place, in epochs.

    Places from 6 on repeat the colours with other dashes and symbols, 36 in all. A ``faint`` line
    stands behind the others, without an entry in the legend.
    """

    name: str
    place: int
    epochs: np.ndarray
    values: np.ndarray
    faint: bool = False


def race_figure(
    lines: Sequence[RaceLine], title: str, y: str, epochs: int, percent: bool = True
) -> Picture:
    """Values over epochs, on an axis that holds the whole race from the start.

    Shares in [0, 1] are drawn in percent; other values on a logarithmic axis where all are
    positive. More than six lines are numbered, at their end and in the legend; lines that end close
    together share one label.
    """
    numbered = sum(not line.faint for line in lines) > STYLES
    ends = _ends(lines, percent) if numbered else {}
    return picture(
        title,
        "epoch",
        y,
        *(
            _trace(line, percent, number if numbered else 0, ends.get(number, ""))
            for number, line in _counted(lines)
        ),
        hovermode="x unified",
        xaxis={"range": [0, epochs + (1 if numbered else 0.5)], "dtick": _tick(epochs)},
        yaxis=_percents() if percent else _values(lines),
        showlegend=True,
    )


def _counted(lines: Sequence[RaceLine]) -> list[tuple[int, RaceLine]]:
    """Faint lines first, so that the others are drawn over them and counted from 1."""
    behind = [(0, line) for line in lines if line.faint]
    return behind + list(enumerate((line for line in lines if not line.faint), 1))


def _tick(epochs: int) -> int:
    return max(1, round(epochs / 12))


def _percents() -> dict[str, object]:
    return {"range": [0, 100], "ticksuffix": " %"}


def _values(lines: Sequence[RaceLine]) -> dict[str, object]:
    """Within one decade plotly's own ticks; over more, 1, 2 and 5 of each."""
    seen = np.concatenate([np.ones(0), *(np.asarray(line.values, float) for line in lines)])
    if not (seen > 0).all():
        return {"type": "linear"}
    ticks: dict[str, object] = {"type": "log", "tickformat": "~g"}
    wide = len(seen) > 0 and seen.max() >= 10 * seen.min()
    return ticks | ({"dtick": "D2"} if wide else {})


def _ends(lines: Sequence[RaceLine], percent: bool) -> dict[int, str]:
    """The label at the end of each numbered line; of a bundle only the middle line has one."""
    seen = [(number, line) for number, line in _counted(lines) if number and len(line.values)]
    heights = _heights([np.asarray(line.values, dtype=float) for _, line in seen], percent)
    bundles: list[list[tuple[float, int]]] = []
    for end in sorted(zip(heights, (number for number, _ in seen), strict=True)):
        if bundles and end[0] - bundles[-1][-1][0] < CLOSE:
            bundles[-1].append(end)
        else:
            bundles.append([end])
    return {b[len(b) // 2][1]: _spans(sorted(number for _, number in b)) for b in bundles}


def _heights(values: Sequence[np.ndarray], percent: bool) -> list[float]:
    """Where lines end on their axis, as a share of what is drawn of it."""
    if percent or not values:
        return [float(one[-1]) for one in values]
    logarithmic = all((one > 0).all() for one in values)
    drawn = [np.log(one) if logarithmic else one for one in values]
    span = max(one.max() for one in drawn) - min(one.min() for one in drawn)
    return [float(one[-1] / (span or 1)) for one in drawn]


def _spans(numbers: Sequence[int]) -> str:
    """Ascending numbers in few words.

    >>> _spans([1, 2, 3, 5, 7, 8])
    '1–3, 5, 7, 8'
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    told = (f"{s[0]}–{s[-1]}" if len(s) > 2 else ", ".join(map(str, s)) for s in spans)
    return ", ".join(told)


def _trace(line: RaceLine, percent: bool, number: int, end: str) -> Trace:
    name = html.escape(line.name, quote=False)  # a reader's title is text, not markup
    look: Trace = {
        "x": np.asarray(line.epochs, dtype="float32"),
        "y": np.asarray(line.values, dtype="float32") * (100 if percent else 1),
        "uid": f"{line.place} {line.name}",
        "name": f"{number} · {name}" if number else name,
        "line": _line(line.place),
    }
    if line.faint:
        thin = look["line"] | {"width": 1.2}
        hidden = {"mode": "lines", "opacity": FAINT, "showlegend": False, "hoverinfo": "skip"}
        return trace("scatter", **look | hidden | {"line": thin})
    shown = "%{y:.1f} %" if percent else "%{y:.4g}"
    return trace(
        "scatter",
        **look,
        **_label(end, len(line.epochs)),
        marker=_marker(line.place),
        hovertemplate=shown,
    )


def _label(end: str, points: int) -> Trace:
    """The label of a line at its last point."""
    if not end or not points:
        return {"mode": "lines+markers"}
    text = [""] * (points - 1) + [end]
    shown = {"text": text, "textposition": "middle right", "cliponaxis": False}
    return {"mode": "lines+markers+text", **shown}


def _line(place: int) -> Trace:
    dash = LOSS_DASHES[(place + place // STYLES) % STYLES]
    return {"color": LOSS_COLORS[place % STYLES], "dash": dash, "width": LINE_WIDTH}


def _marker(place: int) -> Trace:
    symbol = LOSS_SYMBOLS[(place + place // STYLES) % STYLES]
    return {"color": LOSS_COLORS[place % STYLES], "symbol": symbol, "size": MARKER_SIZE}
