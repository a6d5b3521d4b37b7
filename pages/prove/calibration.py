"""Calibration: does minimising a loss find the most probable class; what does an excess cost?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from alfs_core.errors import SimplexError, TransitionError
from alfs_core.figures import excess as excesses
from alfs_core.figures import posteriors, simplex
from alfs_core.losses import Loss
from alfs_core.theory.batch import way
from alfs_core.theory.calibration import (
    Calibration,
    bayes_theorem,
    calibrated_at,
    calibration_curve,
)
from alfs_core.theory.evidence import Search, Verdict
from alfs_core.theory.posteriors import SAME, Rows, decision_map
from alfs_core.theory.simplex import DEFAULT_FLOOR, weighted_risk
from alfs_core.theory.surface import surface
from pages.common import parts, session, verdicts
from pages.common.cache import cached
from pages.common.chart import ClickedPoint, chart
from pages.common.choices import NO_THEORY, Choices, Chosen, losses_on_probabilities
from pages.common.kept import IN_ADDRESS
from pages.common.show import caption, hover, introduction, plain, refusals, text
from pages.common.workspace import PARAMETER, Workspace, encode

Posterior = tuple[float, float, float]

map_of, surface_of, curve_of = cached(decision_map), cached(surface), cached(calibration_curve)

VIEWS = {"one": "One loss", "all": "All losses", "excess": "Excess risk"}
LABELS = {"clean": "clean", "noisy": "noisy"}
LABELS_HELP = (
    "Clean: the risk is weighted by $p$. Noisy: by $T^{\\top} p$, how often each label is *given*; "
    "the right answer stays the most probable class of $p$."
)
CLASSES = {"2": "2", "3": "3"}
ABOVE_FLOOR = "minimised where every class keeps at least δ."
choice = Choices("calibration")
START = (0.5, 0.3, 0.2)
TILE_SIDE = 40  # steps along an edge of the small maps
CLICKED = "calibration: clicked"


@cached
def judged(loss: Loss, weights: Posterior, floor: float) -> Calibration:
    return calibrated_at(loss, np.array(weights), floor=floor)


# ---- choose ---------------------------------------------------------------------------------


def noise_rows(workspace: Workspace) -> Rows | None:
    """T for three classes, None where the noise is none, or has none and says so."""
    try:
        T = workspace.noise.transition(3)
    except TransitionError:
        caption("The chosen noise is not defined for three classes: these labels are clean.")
        return None
    return None if np.array_equal(T, np.eye(3)) else tuple((a, b, c) for a, b, c in T.tolist())


def labels(workspace: Workspace) -> Rows | None:
    """T where the labels are chosen to be noisy."""
    rows = noise_rows(workspace)
    asked = rows and choice("Labels", "labels", LABELS, help=LABELS_HELP)
    return rows if asked == "noisy" else None


def posterior() -> Posterior:
    """Three numbers, brought to the sum 1; a click on the map has set them before."""
    clicked = st.session_state.pop(CLICKED, None)
    for k, value in enumerate(clicked or ()):
        st.session_state[f"calibration_p{k + 1}"] = value
    with st.container(horizontal=True, vertical_alignment="bottom"):
        p = [_probability(k, start) for k, start in enumerate(START)]
        total = sum(p)
        if total > 0 and abs(total - 1) > 1e-9:
            caption(f"brought to the sum 1: {simplex.shown(x / total for x in p)}")
    if not total > 0:
        raise SimplexError("p₁, p₂ and p₃ are all 0: a posterior needs a class that is possible")
    return (p[0] / total, p[1] / total, p[2] / total)


def _probability(k: int, start: float) -> float:
    key = f"calibration_p{k + 1}"
    value = st.number_input(f"$p_{k + 1}$", 0.0, 1.0, start, 0.01, key=key, **IN_ADDRESS, width=130)
    return min(max(float(value), 0.0), 1.0)


def take(point: ClickedPoint | None) -> None:
    """Make a clicked place of the map the posterior that is looked at."""
    if point is None:
        return
    third = min(max(float(point.y) / simplex.TOP, 0.0), 1.0)
    second = min(max(float(point.x) - third / 2, 0.0), 1.0)
    p2, p3 = round(second, 2), round(third, 2)
    st.session_state[CLICKED] = (round(max(1 - p2 - p3, 0.0), 2), p2, p3)
    session.rerun()


# ---- one loss -------------------------------------------------------------------------------


def show_one(losses: list[Chosen], workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(losses)
        T = labels(workspace)
        floor = choice.floor([one], ABOVE_FLOOR)
    p = posterior()
    w = p if T is None else seen(p, T)
    at = judged(one.loss, w, floor)
    left, right = st.columns(2, gap="large")
    with left:
        decisions(one, T, floor, p, at)
    with right:
        risk(one, w, floor, T is not None)
    searched = way(one.loss, floor) == "search"
    caption(
        "Decisions: each point is a posterior, click one to look at it. ○ posterior, ★ its "
        "minimiser, dotted: where the most probable class changes, grey: a tie, orange with "
        "crosses: another class. Risk: each point is a prediction. ★ the minimiser, ◇ the weights "
        "of the labels." + (" The minimisers are found by search." if searched else "")
    )
    about_posterior(one, p, w, at)


def seen(p: Posterior, T: Rows) -> Posterior:
    """Tᵀp: how often each label is given."""
    w1, w2, w3 = (np.array(T).T @ np.array(p)).tolist()
    return (w1, w2, w3)


def decisions(one: Chosen, T: Rows | None, floor: float, p: Posterior, at: Calibration) -> None:
    of = posteriors.Decided(one.name, one.place, map_of(one.loss, T, floor), p)
    clicked = chart(
        posteriors.decision_figure(of, at.minimiser),
        key="calibration-decisions",
        alt=posteriors.alternative(of),
        caption=plain(posteriors.caption(of)),
        numbers=lambda: posteriors.numbers(of),
        height=520,
        on_click=True,
    )
    take(clicked)


def risk(one: Chosen, w: Posterior, floor: float, noisy: bool) -> None:
    words = "noisy risk" if noisy else "risk"
    panel = simplex.Panel(one.name, one.place, surface_of(one.loss, w, floor))
    chart(
        simplex.map_figure(panel, simplex.own_limits(panel), words),
        key="calibration-risk",
        alt=simplex.alternative(panel, words),
        caption=plain(lowest(panel)),
        numbers=lambda: simplex.numbers(panel),
        height=520,
    )


def lowest(panel: simplex.Panel) -> str:
    """Where the risk is smallest."""
    found = panel.surface.minimum
    if panel.surface.flat:
        return f"The risk is {found.value:.4g} for every prediction: nothing can be learned here."
    also = f", as at {len(found.ties)} more" if found.ties else ""
    if found.cap:
        also = f", as wherever the other classes have at most ε = {found.cap:g}"
    return f"Smallest at u = {simplex.shown(found.point)}{also}: {found.value:.4g}."


def about_posterior(one: Chosen, p: Posterior, w: Posterior, at: Calibration) -> None:
    """The verdict at the posterior with its price and its evidence."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            asked = "Calibrated" if p == w else "The noise keeps the decision"
            st.markdown(f"{asked} at $p = {simplex.shown(p)}$", width="content")
            verdicts.badge(kept(p, w, at), help=hover("classification calibrated"))
        st.markdown(decided(p, w, at))
        st.markdown(priced(one, w, at))
        if at.evidence:
            known(w, at)


def kept(p: Posterior, w: Posterior, at: Calibration) -> Verdict:
    """Whether minimising at w finds the most probable class of p: where it finds that of w."""
    if at.verdict is not Verdict.HOLDS or p[int(np.argmax(w))] >= max(p) - 1e-12:
        return at.verdict
    return Verdict.FAILS


def known(w: Posterior, at: Calibration) -> None:
    opened = st.expander(
        "How it is known",
        icon=":material/fact_check:",
        key="calibration evidence",
        on_change="rerun",
        type="compact",
    )
    if opened.open:
        with opened:
            for item in at.evidence:
                if isinstance(item, Search):
                    compared(w, at)
                else:
                    verdicts.evidence((item,))


def compared(w: Posterior, at: Calibration) -> None:
    """The two predictions whose risks decide, to be evaluated again."""
    exact = at.verdict is Verdict.FAILS
    st.markdown(
        "The best prediction of another class costs no more than the best of all. The loss is "
        "convex or concave, so both are found exactly; evaluate them again:"
        if exact
        else "No theorem applies. The two predictions below are the best that a search found, and "
        "a search proves nothing; evaluate them again:"
    )
    numbers = {"weights": w, "best": at.minimiser, "best_of_another_class": at.wrong}
    lines = (f"{name} = [{', '.join(f'{x:.12g}' for x in row)}]" for name, row in numbers.items())
    st.code("\n".join(lines), language="python", wrap_lines=True)


def decided(p: Posterior, w: Posterior, at: Calibration) -> str:
    """What the minimiser predicts, and whether that is the most probable class."""
    if at.verdict is Verdict.UNDEFINED:
        return plain(at.sentence)
    predicted, probable = int(np.argmax(at.minimiser)), int(np.argmax(p))
    given = "" if p == w else f" of the labels as given, ${simplex.shown(w)}$,"
    found = f"The minimiser{given} is $u = {simplex.shown(at.minimiser)}$"
    tied = [str(k + 1) for k in range(3) if at.minimiser[k] >= at.minimiser.max() - SAME]
    if len(tied) > 1:
        return f"{found}, a tie of the classes {' and '.join(tied)}: it predicts none of them."
    said = f"{found} and predicts class {predicted + 1}"
    if p[predicted] >= p[probable] - 1e-12:
        return f"{said}, the most probable one."
    lost = p[probable] - p[predicted]
    return (
        f"{said}, but class {probable + 1} is the most probable: "
        f"${verdicts.number(lost)}$ of being right is lost."
    )


def priced(one: Chosen, w: Posterior, at: Calibration) -> str:
    """The gap, with the two risks whose difference it is."""
    here, there = (float(weighted_risk(one.loss, np.array(w), u)) for u in (at.wrong, at.minimiser))
    return (
        f"The best prediction of another class, $u = {simplex.shown(at.wrong)}$, has the risk "
        f"${verdicts.number(here)}$, the minimiser ${verdicts.number(there)}$: the price of the "
        f"other class is the gap ${verdicts.number(at.gap)}$."
    )


# ---- all losses -----------------------------------------------------------------------------


def show_all(losses: list[Chosen], workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        T = labels(workspace)
        floor = choice.floor(losses, ABOVE_FLOOR)
    caption(
        "Each point of a triangle is a posterior. Colour: what the minimiser gives to the class "
        "that it predicts. Grey: a tie, orange with crosses: another class than the most probable."
    )
    grid = st.grid(min(len(losses), 3), min_column_width=265)
    for one in losses:
        of = posteriors.Decided(one.name, one.place, map_of(one.loss, T, floor, TILE_SIDE))
        with grid.cell():
            chart(
                posteriors.decision_figure(of),
                key=f"calibration-decisions-{one.place}",
                alt=posteriors.alternative(of),
                caption=plain(posteriors.caption(of)),
                numbers=lambda of=of: posteriors.numbers(of),
                height={1: 620, 2: 520}.get(len(losses), 430),
            )


# ---- what an excess costs -------------------------------------------------------------------


def show_excess(losses: list[Chosen], workspace: Workspace) -> None:
    text(
        "Training ends near the minimum, not at it. If it comes within an excess $\\varepsilon$, "
        "how much of the probability of being right can still be lost? The *calibration function* "
        "$\\varepsilon(\\theta)$ is the least excess risk of a prediction that loses "
        "$\\theta$ or more.",
        "excess risk",
        "classification calibrated",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(losses)
        K = int(choice("Classes K", "classes", CLASSES, default="3"))
    of = excesses.Calibrated(one.name, one.place, curve_of(one.loss, K), K)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart(
            excesses.calibration_figure(of),
            key="calibration-function",
            alt=excesses.calibration_alternative(of),
            caption=plain(excesses.calibration_caption(of)),
            numbers=lambda: excesses.calibration_numbers(of),
            height=460,
        )
    with right:
        about_constant(one, of)
    if one.loss.vertices_excluded:
        caption(f"Minimised where every class keeps at least δ = {DEFAULT_FLOOR:g}.")
    st.table(
        constants_table(losses, K), hide_index=True, border="horizontal", alt="A row for each loss"
    )
    st.page_link(
        "pages/prove/tolerance.py",
        label="What an excess of the noisy risk says of clean errors: see Noise tolerance",
        icon=":material/arrow_forward:",
        help=hover("noisy risk"),
        query_params={PARAMETER: encode(workspace), "tolerance_view": "Clean error"}
        | parts.flags(),
    )


def about_constant(one: Chosen, of: excesses.Calibrated) -> None:
    """The theorem behind the proved line, or that there is none."""
    curve, K = of.curve, of.num_classes
    one_label = bayes_theorem(one.loss, K, one_label=True)
    if curve.theorem is None or curve.proved is None or one_label is None:
        found = (
            ""
            if excesses.steepens(curve)
            else " The dotted line is found by search: it proves only that no smaller $c$ will do."
        )
        st.info(
            f"No bound $\\theta \\le c\\,\\varepsilon$ is proved for {plain(one.name)}: the "
            f"theorem needs a loss that is concave in $u$.{found}",
            icon=":material/info:",
        )
        return
    verdicts.evidence((curve.theorem,))
    st.markdown(
        f"With one clean label for each instance, 2 takes the place of {K}: "
        f"$c = {verdicts.number(2 * curve.proved / K)}$."
    )


COLUMNS = (
    "Loss",
    "Proved $c$",
    "Largest $\\theta/\\varepsilon$ found",
    "Towards $\\theta = 0$ it",
)


def constants_table(losses: list[Chosen], K: int) -> dict[str, list[str]]:
    rows = []
    for one in losses:
        curve = curve_of(one.loss, K)
        proved = "none" if curve.proved is None else f"${verdicts.number(curve.proved)}$"
        grows = "grows" if excesses.steepens(curve) else "settles"
        found = f"${verdicts.number(float(f'{curve.sharpest:.4g}'))}$"
        rows.append((f"**{plain(one.name)}**", proved, found, grows))
    return {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}


SHOW = {"one": show_one, "all": show_all, "excess": show_excess}

with introduction():
    st.title("Calibration")
    text(
        "Where even a clean label is uncertain, a *posterior* $p$ says how probable each class is. "
        "Does the prediction with the smallest risk name the most probable class?",
        "posterior",
        "classification calibrated",
        "minimiser",
    )
view = choice("View", "view", VIEWS, show=False)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_THEORY)
    if losses:
        SHOW[view](losses, workspace)
