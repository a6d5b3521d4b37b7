"""Charts behind a slider and one that lives; with ?surface also a scene, which draws slowly."""

import time

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from alfs_core.figures.style import SURFACE_SCALE, figure, loss_line
from pages.common import chart_files
from pages.common.chart import chart

LOSSES = ("CE", "GCE, q = 0.7", "AGCE, a = 1, q = 2", "AUL, a = 2, p = 1.5", "AEL, a = 2", "MAE")


def profile(a: float) -> go.Figure:
    u = np.linspace(0, 1, 200)
    lines = [
        go.Scatter(x=u, y=(1 - u) ** (a + place / 2), name=name, line=loss_line(place))
        for place, name in enumerate(LOSSES)
    ]
    return figure("Loss against the probability of the given label", "u", "ℓ(u)", *lines)


def surface(a: float) -> go.Figure:
    x = np.linspace(-1, 1, 41)
    height = np.exp(-a * (x[:, None] ** 2 + x[None, :] ** 2)).astype("float32")
    sheet = go.Surface(x=x, y=x, z=height, colorscale=SURFACE_SCALE, colorbar_title_text="risk")
    return figure("A risk over the plane", "first", "second", sheet, z="risk")


def history(steps: int) -> go.Figure:
    step = np.arange(steps)
    line = go.Scatter(x=step, y=np.sqrt(step), mode="lines", line=loss_line(1), name="AGCE")
    return figure("Accuracy so far", "step", "accuracy", line)


def numbers(a: float) -> dict[str, np.ndarray]:
    u = np.linspace(0, 1, 2500)
    return {"u": u, "value": (1 - u) ** a}


@st.fragment(run_every=0.5)
def live() -> None:
    st.session_state.steps = st.session_state.get("steps", 20) + 1
    chart(history(st.session_state.steps), key="live", alt="Accuracy against the step")
    chart(history(3), key="still", alt="Three steps that stay")


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    st.title("Charts")
    a = st.slider("a", 0.5, 5.0, 1.0, key="a")
    clicked = chart(
        profile(a),
        key="profile",
        alt="Six falling lines, the loss against u",
        caption="Look at the slope near u = 0: it decides how hard a wrong label pulls.",
        numbers=lambda: numbers(a),
        on_click=True,
    )
    st.text(f"clicked: {clicked}")
    if "surface" in st.query_params:
        chart(surface(a), key="surface", alt="A hill over the plane", height=480)
    if st.toggle("live", key="run"):
        live()
    st.text(f"finished at {time.monotonic()}")
else:
    app = st.App(__file__, routes=chart_files.routes())
