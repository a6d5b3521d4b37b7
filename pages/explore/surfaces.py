"""Loss surfaces: a loss over u, over the triangle of three-class predictions, and as a flow."""

from __future__ import annotations

import streamlit as st

from alfs_core.errors import TransitionError
from alfs_core.figures import curves, simplex
from alfs_core.figures import descent as paths
from alfs_core.theory.descent import STARTS, descent
from alfs_core.theory.profile import SCALES, profile, scaled
from alfs_core.theory.surface import surface
from alfs_core.wording import percent
from pages.common import session
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Choices, Chosen, losses_on_probabilities
from pages.common.kept import IN_ADDRESS
from pages.common.show import caption, introduction, plain, refusals, text
from pages.common.workspace import Workspace

Weights = tuple[float, float, float]

profile_of, surface_of, descent_of = cached(profile), cached(surface), cached(descent)
choice = Choices("surfaces")

VIEW_NAMES = {"profile": "Profile", "simplex": "Simplex", "flow": "Flow"}
SCALE_NAMES = dict(zip(SCALES, ("as published", "same range", "same start"), strict=True))
SCALE_HELP = (
    "As published: the formula. Same range: ℓ(0) − ℓ(1) = 1. Same start: slope 1 at u = 1/K, the "
    "uniform prediction of an untrained network. Robustness does not change with the scale."
)
WHATS = {"risk": "noisy risk", "label": "one label"}
WHAT_HELP = "Noisy risk: $\\sum_i w_i L(u, i)$. One label: $L(u, 1)$, what a clean label asks for."
PICTURES = {"map": "map", "sheet": "3-D"}
COLOURS = {"own": "each its own", "shared": "one for all"}
START_NAMES = dict(zip(STARTS, ("uniform", "wrong corner", "ring"), strict=True))
STEP_NAMES = {"published": "as published", "step": "equal first steps"}
STEP_HELP = (
    "Equal first steps: each loss is scaled to slope 1 at the uniform prediction, "
    "as if its learning rate had been tuned."
)
WEIGHTS_HELP = "How often each label is given where class 1 is true: a row of the noise."
FIRST_WEIGHTS: Weights = (0.6, 0.3, 0.1)
LAST_WEIGHTS = "surfaces last weights"
VERTICES = ("e₁", "e₂", "e₃")
ABOVE_FLOOR = "drawn, and minimised, where every class keeps at least δ."
ON_THE_FLOOR = ABOVE_FLOOR + " It descends by $u = \\delta + (1 - 3\\delta)\\,\\text{softmax}(z)$."
NO_PICTURE = "it has no value over u or over the simplex and is left out here."
HORIZONS = {"100": "100", "1000": "1,000", "10000": "10,000"}


# ---- choose ---------------------------------------------------------------------------------


def noise_rows(workspace: Workspace) -> tuple[Weights, ...] | None:
    """The rows of the workspace's noise for three classes, None where it has none."""
    try:
        return tuple((a, b, c) for a, b, c in workspace.noise.transition(3).tolist())
    except TransitionError:
        return None


def weight_source(workspace: Workspace) -> str:
    """A row of the noise ("0" to "2" by its true class), or "own"."""
    rows = noise_rows(workspace)
    if rows is None:
        return "own"
    sources = {"noise": "from the label noise", "own": "my own"}
    source = choice("Weights w", "weights", sources, help=WEIGHTS_HELP)
    if source == "own":
        return "own"
    alike = len({tuple(sorted(row)) for row in rows}) == 1
    return "0" if alike else choice("True class", "row", {str(i): VERTICES[i] for i in range(3)})


def weights(workspace: Workspace, source: str) -> tuple[Weights, str]:
    """w and where it comes from, in words."""
    rows = noise_rows(workspace)
    if rows and source != "own":
        return rows[int(source)], f"{workspace.noise.words} for three classes"
    if rows is None:
        caption("The chosen noise is not defined for three classes: set the weights here.")
    return own_weights(), "set by hand"


def own_weights() -> Weights:
    """Three sliders, brought to the sum 1; the last that were possible while all are 0."""
    with st.container(horizontal=True):
        w1, w2, w3 = (_weight(k, start) for k, start in enumerate(FIRST_WEIGHTS))
    if total := w1 + w2 + w3:
        st.session_state[LAST_WEIGHTS] = (w1 / total, w2 / total, w3 / total)
    else:
        st.error(
            "Every weight is 0: some label has to be given. The figures keep the last weights.",
            icon=":material/block:",
        )
    return st.session_state.get(LAST_WEIGHTS, FIRST_WEIGHTS)


def _weight(k: int, start: float) -> float:
    key = f"surfaces_w{k + 1}"
    value = st.slider(f"w{'₁₂₃'[k]}", 0.0, 1.0, start, 0.01, key=key, **IN_ADDRESS, width=200)
    return min(max(float(value), 0.0), 1.0)


# ---- compute and show -----------------------------------------------------------------------


def show_profile(losses: list[Chosen], workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = choice("Scale", "scale", SCALE_NAMES, help=SCALE_HELP)
        floor = choice.floor(losses, ABOVE_FLOOR)
    lines = [
        curves.Line(
            c.name, c.place, scaled(profile_of(c.loss, workspace.num_classes, floor), scale)
        )
        for c in losses
    ]
    profile_chart(lines, curves.VALUE, scale, 480)
    for column, quantity in zip(st.columns(2), (curves.SLOPE, curves.PULL), strict=True):
        with column:
            profile_chart(lines, quantity, scale, 460)


def profile_chart(
    lines: list[curves.Line], quantity: curves.Quantity, scale: str, height: int
) -> None:
    chart(
        curves.profile_figure(lines, quantity, scale),
        key=f"surfaces-{quantity.array}",
        alt=curves.alternative(lines, quantity),
        caption=plain(curves.caption(lines, quantity)),
        numbers=lambda: curves.numbers(lines, quantity),
        height=height,
    )


def show_simplex(losses: list[Chosen], workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        what = choice("What", "what", WHATS, help=WHAT_HELP)
        picture = choice("Picture", "picture", PICTURES)
        colours = choice("Colour scale", "colours", COLOURS)
        floor = choice.floor(losses, ABOVE_FLOOR)
        source = weight_source(workspace) if what == "risk" else None
    w, said = weights(workspace, source) if source else ((1.0, 0.0, 0.0), "the label is 1")
    panels = [simplex.Panel(c.name, c.place, surface_of(c.loss, w, floor)) for c in losses]
    shared = simplex.common_limits(panels)
    words = {"risk": "risk", "label": "L(u, 1)"}[what]
    marks = "★ minimiser, ◇ the point w itself" if picture == "map" else "○ minimiser"
    caption(f"w = {simplex.shown(w)}, {said}. {marks}.")
    for panel, cell in zip(panels, tiles(len(panels)), strict=True):
        limits = shared if colours == "shared" else simplex.own_limits(panel)
        draw = simplex.map_figure if picture == "map" else simplex.sheet_figure
        with cell:
            chart(
                draw(panel, limits, words),
                key=f"surfaces-{picture}-{panel.place}",
                alt=simplex.alternative(panel, words),
                caption=plain(simplex.caption(panel)),
                numbers=lambda panel=panel: simplex.numbers(panel),
                height=tile_height(len(panels)) - (50 if picture == "sheet" else 0),
            )


def tiles(count: int) -> list[st.delta_generator.DeltaGenerator]:
    """One cell a loss, up to three in a row."""
    grid = st.grid(min(count, 3), min_column_width=265)
    return [grid.cell() for _ in range(count)]


def tile_height(count: int) -> int:
    return {1: 620, 2: 520}.get(count, 430)


def show_flow(losses: list[Chosen], workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start = choice("Start", "start", START_NAMES)
        step = choice("Step size", "step", STEP_NAMES, help=STEP_HELP)
        horizon = float(choice("Up to t", "horizon", HORIZONS, default="1000"))
        floor = choice.floor(losses, ON_THE_FLOOR)
        source = weight_source(workspace)
    w, said = weights(workspace, source)
    trails = [
        paths.Trail(c.name, c.place, descent_of(c.loss, w, floor, horizon=horizon, scale=step))
        for c in losses
    ]
    chart(
        paths.course_figure(trails, start, horizon),
        key="surfaces-course",
        alt=paths.course_alternative(trails, start),
        caption=plain(paths.course_caption(trails, start)),
        numbers=lambda: paths.course_numbers(trails, start),
        height=440,
    )
    caption(f"w = {simplex.shown(w)}, {said}. Time to come within {percent(paths.TOLERANCE)}:")
    st.dataframe(paths.arrivals(trails), hide_index=True, alt="Times of arrival, a row a loss")
    caption(
        "★ minimiser, ○ start, dots at t = 1, 10, 100, …: where they lie close, descent is slow."
    )
    for trail, cell in zip(trails, tiles(len(trails)), strict=True):
        with cell:
            chart(
                paths.trail_figure(trail, start),
                key=f"surfaces-trail-{trail.place}",
                alt=paths.trail_alternative(trail, start),
                caption=plain(paths.trail_caption(trail, start)),
                numbers=lambda trail=trail: paths.trail_numbers(trail, start),
                height=tile_height(len(trails)) - 70,
            )


SHOW = {"profile": show_profile, "simplex": show_simplex, "flow": show_flow}

with introduction():
    st.title("Loss surfaces")
    text(
        "What a loss asks of a prediction, and where its slopes lead when some labels are wrong.",
        "partial loss",
        "probability simplex",
    )
view = choice("View", "view", VIEW_NAMES, show=False)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_PICTURE)
    if losses:
        SHOW[view](losses, workspace)
