"""A figure as plain dictionaries, for pages where a slider redraws many.

Plotly's figure objects check every property as it is set: 20 to 40 ms of processor time a figure,
more than the theory behind it takes. A picture is built in under a millisecond; the tests have
plotly check it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from alfs_core.figures.style import base_layout

Trace = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Picture:
    """Traces and a layout as plotly.js reads them; arrays are numpy's."""

    data: tuple[Trace, ...]
    layout: dict[str, Any]

    def to_json(self, *, remove_uids: bool = True) -> str:
        """The figure as plotly.js takes it, arrays in base 64; uids are always kept."""
        whole = {"data": self.data, "layout": self.layout}
        return json.dumps(whole, default=_plain, allow_nan=False)

    def checked(self) -> go.Figure:
        """The same as a plotly figure; ValueError where plotly does not know a property."""
        return go.Figure(data=self.data, layout=self.layout)


def trace(kind: str, **properties: Any) -> Trace:
    """One trace of a kind that plotly knows: "scatter", "heatmap", "mesh3d" ..."""
    return {"type": kind, **properties}


def picture(
    title: str, x: str, y: str, /, *traces: Trace, z: str | None = None, **layout: Any
) -> Picture:
    """Traces on the base layout; of two axes or titles the given one completes the base's.

    >>> picture("Profile", "u", "ℓ(u)", xaxis={"range": [0, 1]}).layout["xaxis"]["title"]["text"]
    'u'
    """
    return Picture(traces, {"template": {}, **_merged(base_layout(title, x, y, z), layout)})


def _merged(base: dict[str, Any], top: dict[str, Any]) -> dict[str, Any]:
    """Nested dictionaries, the second on top of the first."""
    return base | {
        key: _merged(base[key], value)
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in top.items()
    }


def _plain(x: Any) -> Any:
    """Arrays as plotly.js decodes them: type, bytes and, beyond one dimension, shape."""
    if isinstance(x, np.generic):
        return x.item()
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{type(x).__name__} is nothing that a figure holds")
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8:
        x = x.astype("float64")  # plotly.js knows no integers of 64 bits
    packed = base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()
    spec = {"dtype": f"{x.dtype.kind}{x.dtype.itemsize}", "bdata": packed}
    return spec if x.ndim == 1 else spec | {"shape": ", ".join(map(str, x.shape))}
