"""How every figure looks: colours, dashes, symbols, colour scales, and the empty figure.

Nothing here names a text or background colour: the page that shows a figure sets them, so that the
same figure reads on light and on dark.
"""

from typing import Any

import plotly.graph_objects as go
from plotly.colors import get_colorscale

# One entry for each of the six places of the workspace, in this order.
# 1-4  blue, vermillion, bluish green, reddish purple of Okabe & Ito, "Color Universal Design",
#      https://jfly.uni-koeln.de/color/ (2002, revised 2008). Their other four are too faint on
#      white or vanish on a dark page.
# 5    indigo of the IBM Design Library's palette for colour-blind readers.
# 6    olive of Tol's muted scheme, SRON/EPS/TN/09-002, https://personal.sron.nl/~pault/
# Of the pairs that the three sources offer for 5 and 6 at a contrast of 3:1 on both pages, this one
# keeps all six furthest apart for full colour vision (CIELAB distance >= 50) and, within 2 % of the
# best, for the three dichromacies (>= 13); the dash and the symbol are the second cue.
LOSS_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#785EF0", "#999933")
LOSS_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LOSS_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "circle-open")  # all exist in 3-D too
GLYPHS = ("●", "■", "◆", "✚", "✖", "○")  # the same symbols as letters, for titles

# Perceptually uniform: van der Walt & Smith, https://bids.github.io/colormap/ (2015), and
# Thyng et al., "True Colors of Oceanography", doi:10.5670/oceanog.2016.66 (2016).
SURFACE_SCALE = get_colorscale("Viridis")
DIVERGING_SCALE = "balance"

FONT_SIZE = 15
TITLE_SIZE = 18
LINE_WIDTH = 2.5
MARKER_SIZE = 9


def colored(glyph: str, color: str) -> str:
    """A sign in a colour that is too faint for words: 3:1 is enough for it, text needs 4.5:1."""
    return f'<span style="color:{color}">{glyph}</span>'


def loss_title(name: str, place: int) -> str:
    """A loss as the title of a picture: the symbol of its line in its colour, then its name."""
    return f"{colored(GLYPHS[place], LOSS_COLORS[place])} {name}"


def loss_line(place: int) -> dict[str, Any]:
    """The line of the loss at a place of the workspace (0-5)."""
    return {"color": LOSS_COLORS[place], "dash": LOSS_DASHES[place], "width": LINE_WIDTH}


def loss_marker(place: int) -> dict[str, Any]:
    """The marker of the loss at a place of the workspace (0-5)."""
    return {"color": LOSS_COLORS[place], "symbol": LOSS_SYMBOLS[place], "size": MARKER_SIZE}


def base_layout(title: str, x: str, y: str, z: str | None = None) -> dict[str, Any]:
    """A plotly layout with a title and named axes; with z the axes are those of a 3-D scene.

    >>> base_layout("Profile", "u", "ℓ(u)")["xaxis"]["title"]["text"]
    'u'
    """
    frame = {
        "title": {
            "text": title,
            "font": {"size": TITLE_SIZE, "weight": 600},
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "y": 1,
            "yanchor": "top",
            "yref": "container",
            "pad": {"t": 10},
        },
        "font": {"size": FONT_SIZE},
        "margin": {"l": 48, "r": 16, "t": 56, "b": 44, "pad": 0},
        "hovermode": "closest",
    }
    return frame | (_plane(x, y) if z is None else _space(x, y, z))


def figure(
    title: str, x: str, y: str, *traces: Any, z: str | None = None, **layout: Any
) -> go.Figure:
    """A figure of the traces on the base layout, with further layout properties on top.

    >>> figure("Profile", "u", "ℓ(u)", xaxis_range=[0, 1]).layout.xaxis.range
    (0, 1)
    """
    drawn = go.Figure(data=traces, layout={"template": {}, **base_layout(title, x, y, z)})
    return drawn.update_layout(**layout)


def _plane(x: str, y: str) -> dict[str, Any]:
    return {"xaxis": _axis(x), "yaxis": _axis(y)}


def _axis(name: str) -> dict[str, Any]:
    return {"title": {"text": name, "standoff": 10}, "automargin": True, "zeroline": False}


def _space(x: str, y: str, z: str) -> dict[str, Any]:
    names = {"xaxis": x, "yaxis": y, "zaxis": z}
    axes = {axis: {"title": {"text": name}} for axis, name in names.items()}
    view = {"camera": {"eye": {"x": 1.5, "y": -1.5, "z": 0.8}, "center": {"z": -0.15}}}
    return {"scene": axes | view, "margin": {"l": 0, "r": 0, "t": 48, "b": 0}}
