"""The one chart component: a plotly figure that keeps zoom, camera and legend over changes of data.

`st.plotly_chart` builds a new plot whenever its data changes; this component draws on the node it
has. Plotly and the component's own files are served once per browser tab, so that an update carries
the figure and a few hundred bytes of loader, and nothing else.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.common import parts
from pages.common.chart_files import OWN, addresses
from pages.common.show import as_read, text

HEIGHT = 440  # pixels
ROWS_SHOWN = 1000

Column: TypeAlias = np.ndarray | Sequence[Any]
Numbers: TypeAlias = pd.DataFrame | Mapping[str, Column]


class Figure(Protocol):
    """What the component needs of a plotly figure."""

    def to_json(self, *, remove_uids: bool) -> str: ...


@dataclass(frozen=True)
class ClickedPoint:
    """A point the reader clicked; curve and index count from 0, z exists on maps and surfaces."""

    x: Any
    y: Any
    z: Any
    curve: int
    index: int | list[int] | None
    customdata: Any


def chart(
    figure: Figure,
    *,
    key: str,
    alt: str,
    caption: str | None = None,
    numbers: Callable[[], Numbers] | None = None,
    height: int | None = None,
    on_click: bool = False,
) -> ClickedPoint | None:
    """Show a figure, one sentence on what to look at, and its numbers on demand.

    Zoom, camera and hidden legend entries last as long as `key` does; traces that come and go keep
    theirs by `uid`. `alt` says in words what the figure shows. `numbers` returns the columns of its
    table, and is called only while the table is open. `height` is in pixels. Returns the point of a
    click, once, where `on_click` asks for clicks.
    """
    height = height or HEIGHT
    told = _component()(
        key=key,
        data=message(figure, key=key, alt=alt, caption=caption, height=height, clicks=on_click),
        height=height,
        on_click_change=lambda: None,
    )
    _below(key, caption, numbers)
    return _point(told.click)


def message(
    figure: Figure,
    *,
    key: str,
    alt: str,
    caption: str | None = None,
    height: int = HEIGHT,
    clicks: bool = False,
) -> bytes:
    """What the browser needs of a chart: one JSON object, joined as text, since parsing a big
    figure to write it again would cost time."""
    words = as_read(caption or "")
    about = {"key": key, "alt": alt, "caption": words, "height": height, "clicks": clicks}
    head = json.dumps(about)
    return f'{head[:-1]}, "figure": {figure.to_json(remove_uids=False)}}}'.encode()


def _point(sent: Any) -> ClickedPoint | None:
    """The point of a click; None without one, or where a browser sent something else."""
    wanted = {field.name for field in fields(ClickedPoint)}
    return ClickedPoint(**sent) if isinstance(sent, Mapping) and set(sent) == wanted else None


@cache
def _component() -> ComponentRenderer:
    loader = (OWN / "loader.js").read_text("utf-8")
    for name, url in addresses().items():
        loader = loader.replace(name, json.dumps(url))
    return st.components.v2.component("alf_chart", js=loader, isolate_styles=False)


def _below(key: str, caption: str | None, numbers: Callable[[], Numbers] | None) -> None:
    if caption is None and numbers is None:
        return
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        if caption and not parts.hidden("captions"):
            text(caption, width="stretch")
        if numbers:
            _numbers(key, numbers)


def _numbers(key: str, numbers: Callable[[], Numbers]) -> None:
    opener = st.popover(
        "Numbers",
        icon=":material/table:",
        type="secondary",
        key=f"{key}:numbers",
        on_change="rerun",
    )
    if opener.open:
        with opener:
            _table(key, _frame(numbers()))


def _table(key: str, frame: pd.DataFrame) -> None:
    st.dataframe(frame.head(ROWS_SHOWN), hide_index=True, alt=f"The numbers of the figure {key}")
    if len(frame) > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {len(frame):,} rows; the CSV file has them all.")
    st.download_button(
        "Download CSV",
        data=lambda: frame.to_csv(index=False),
        file_name=f"{key}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}:csv",
    )


def _frame(numbers: Numbers) -> pd.DataFrame:
    """Columns side by side; a shorter column ends in empty cells."""
    if isinstance(numbers, pd.DataFrame):
        return numbers
    return pd.DataFrame({name: pd.Series(column) for name, column in numbers.items()})
