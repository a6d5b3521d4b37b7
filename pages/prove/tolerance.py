"""Noise tolerance: a transition matrix, and which losses keep their clean minimiser under it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from alfs_core.errors import AlfsError, DomainError
from alfs_core.figures import matrices, simplex
from alfs_core.figures import tolerance as figures
from alfs_core.losses import Loss
from alfs_core.noise.estimation import LEVELS, METHOD, limits, read_image_counts
from alfs_core.noise.transition import CUSTOM, LabelNoise, clean_labels_dominate
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.derivation import Derivation, Line, derivation, noisy_row, rated_row
from alfs_core.theory.evidence import Enclosure, Finding, Verdict
from alfs_core.theory.surface import surface
from alfs_core.theory.sweep import (
    NoiseFamily,
    Sweep,
    kept_at,
    largest_in_class,
    quickly_bounded,
    rates,
    segment,
    weight_margin,
)
from alfs_core.theory.tolerance import (
    ExcessBound,
    Tolerance,
    excess_bound,
    largest_tolerated_rate,
    row_groups,
    tolerant,
    tolerant_between,
)
from pages.common import session, verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import NO_THEORY, Choices, Chosen, losses_on_probabilities
from pages.common.estimate import IMAGES, estimate
from pages.common.matrix_editor import matrix_editor
from pages.common.show import plain, refusals, text
from pages.common.workspace import MAX_LINK_CLASSES

VIEWS = {
    "classes": "Each class",
    "derivation": "Derivation",
    "simplex": "Risk on the simplex",
    "sweep": "Noise sweep",
    "error": "Clean error",
    "matrix": "Edit or estimate",
}
LEVEL_NAMES = {str(level): f"{100 * level:g} %" for level in LEVELS}
ABOVE_FLOOR = "judged where every class keeps at least δ, and in the limit δ → 0."
choice = Choices("tolerance")
PATIENCE = 0.4  # seconds after which work shows its progress
ROWS_SHOWN = 30  # kinds of rows in the table of classes
WIDE_FORMULAS = (
    "<style>.st-key-derivation .katex { display: inline-block; max-width: 100%; "
    "overflow: auto hidden; padding: 0.15em 0; vertical-align: middle; }</style>"
)
WORDS = {"clean": "clean risk", "noisy": "noisy risk"}
INTERVALS_HELP = (
    "How many images of each class the matrix was counted on: one number, or one for each class. "
    f"Then every verdict is also given for all matrices within the confidence limits ({METHOD})."
)


@dataclass(frozen=True, eq=False)
class Counted:
    """Images per class that a matrix was counted on, and what follows at a confidence level."""

    images: tuple[float, ...]
    level: float
    limits: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Scene:
    """What every part of the page looks at."""

    losses: list[Chosen]
    noise: LabelNoise
    num_classes: int
    T: np.ndarray
    floor: float
    counted: Counted | None

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray] | None:
        return None if self.counted is None else self.counted.limits

    @property
    def family(self) -> NoiseFamily:
        return NoiseFamily(self.noise, self.num_classes)


# ---- compute, once for each argument --------------------------------------------------------

surface_of, segment_of = cached(surface), cached(segment)


@cached
def finding_on(loss: Loss, row: tuple[float, ...], clean: int, floor: float) -> Finding:
    return asymmetric_on(loss, np.array(row), clean=clean, floor=floor)


@cached
def largest_of(loss: Loss, kind: str, num_classes: int) -> Enclosure:
    """The largest rate of a kind of noise, which does not depend on the present one."""
    family = NoiseFamily(LabelNoise(kind, 0.0), num_classes)
    return largest_tolerated_rate(loss, family.at, in_the_limit=loss.vertices_excluded)


@cached
def largest_of_matrix(loss: Loss, noise: LabelNoise, num_classes: int) -> Enclosure:
    family = NoiseFamily(noise, num_classes)
    return largest_tolerated_rate(loss, family.at, in_the_limit=loss.vertices_excluded)


@cached
def largest_of_class(loss: Loss, family: NoiseFamily, clean: int) -> Enclosure:
    return largest_in_class(loss, family, clean)


@cached
def kept_of(
    loss: Loss, family: NoiseFamily, clean: int, at: tuple[float, ...], floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """A few rates of a sweep."""
    kept = [kept_at(loss, family, clean, rate, floor) for rate in at]
    margins = [weight_margin(loss, family.at(rate)[clean]) for rate in at]
    return np.array(kept), np.array(margins)


@cached
def derivation_of(loss: Loss, noise: LabelNoise, num_classes: int, clean: int) -> Derivation:
    if noise.kind == "none" or not noise.has_rate:
        return derivation(loss, noisy_row(noise.transition(num_classes)[clean], clean))
    family = NoiseFamily(noise, num_classes)
    return derivation(loss, rated_row(family.row(clean), clean, noise.rate))


@cached
def bound_under(loss: Loss, noise: LabelNoise, num_classes: int) -> ExcessBound | str:
    """The two factors of the bound, or why there is none."""
    try:
        return excess_bound(loss, noise.transition(num_classes))
    except DomainError as error:
        return str(error)


@cached
def between(
    loss: Loss, noise: LabelNoise, num_classes: int, images: tuple[float, ...], level: float
) -> Verdict:
    """The verdict for every matrix within the confidence limits."""
    T = noise.transition(num_classes)
    return tolerant_between(loss, *limits(T, np.array(images), level)).verdict


class Progress:
    """A bar that appears when work takes longer than a moment."""

    def __init__(self) -> None:
        self.place, self.start = st.empty(), time.monotonic()

    def tell(self, share: float, what: str) -> None:
        if time.monotonic() - self.start > PATIENCE:
            self.place.progress(min(share, 1.0), text=f"{plain(what)} …")

    def done(self) -> None:
        self.place.empty()


def judged(scene: Scene, progress: Progress) -> list[Tolerance]:
    """The verdict of every loss, its kinds of rows one by one."""
    groups = row_groups(scene.T)
    steps, total, found = 0, len(groups) * len(scene.losses), []
    for one in scene.losses:
        known = {}
        for members in groups:
            first = members[0]
            progress.tell(steps / total, f"{one.name}, class {first}")
            row = tuple(float(x) for x in scene.T[first])
            known[first] = finding_on(one.loss, row, first, scene.floor)
            steps += 1
        found.append(tolerant(one.loss, scene.T, floor=scene.floor, known=known))
    progress.done()
    return found


def largest(one: Chosen, scene: Scene) -> Enclosure | None:
    """The largest rate of the whole matrix; None where only a long search would tell."""
    if not quickly_bounded(one.loss, scene.num_classes):
        return None
    if scene.family.own_rate:
        return largest_of(one.loss, scene.noise.kind, scene.num_classes)
    return largest_of_matrix(one.loss, scene.noise, scene.num_classes)


def over_limits(one: Chosen, scene: Scene, point: Tolerance) -> Verdict | None:
    """The verdict over the confidence limits; the estimate itself is one of the matrices."""
    if scene.counted is None:
        return None
    if point.verdict in (Verdict.FAILS, Verdict.UNDEFINED):
        return point.verdict
    closed = one.loss.weight_condition(scene.T[0]) is not None
    if not (closed or one.loss.local):
        return Verdict.UNDECIDED
    images, level = scene.counted.images, scene.counted.level
    return between(one.loss, scene.noise, scene.num_classes, images, level)


# ---- choose ---------------------------------------------------------------------------------


def class_of(scene: Scene) -> int:
    """The class that a view is about; at first the one with the tightest row."""
    tightest = matrices.worst_confusion(scene.T)[0]
    picked = st.selectbox(
        "Clean class",
        list(range(scene.num_classes)),
        index=tightest,
        key=f"tolerance_class{scene.num_classes}",
        bind="query-params",
        width=160,
    )
    return int(picked)


def confidence(noise: LabelNoise, T: np.ndarray) -> Counted | None:
    """The confidence limits of a matrix that was counted; one's own may have been."""
    if noise.kind != CUSTOM or len(T) > MAX_LINK_CLASSES:
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Images per class",
            key=IMAGES,
            bind="query-params",
            placeholder="exact, not counted",
            help=INTERVALS_HELP,
            width=190,
        )
        if not typed or not typed.strip():
            return None
        level = float(choice("Confidence", "level", LEVEL_NAMES, default="0.95"))
    try:
        images = read_image_counts(typed, len(T))
        return Counted(tuple(float(n) for n in images), level, limits(T, images, level))
    except AlfsError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None


# ---- the matrix and the verdicts ------------------------------------------------------------


def show_matrix(scene: Scene) -> None:
    chart(
        matrices.matrix_figure(scene.T, scene.limits),
        key="tolerance-matrix",
        alt=matrices.alternative(scene.T),
        caption=plain(matrices.caption(scene.T)),
        numbers=lambda: matrices.numbers(scene.T, scene.limits),
        height=460,
    )


def show_verdicts(scene: Scene, found: list[Tolerance]) -> None:
    """One row a loss: the verdict on the whole matrix, and how far it would bear more noise."""
    columns: dict[str, list[str]] = {
        "Loss": [f"**{plain(one.name)}**" for one in scene.losses],
        "Tolerant": [verdict_cell(tolerance) for tolerance in found],
    }
    if scene.counted is not None:
        pairs = zip(scene.losses, found, strict=True)
        columns["Within limits"] = [limits_cell(one, scene, tolerance) for one, tolerance in pairs]
    columns |= {
        rate_title(scene): [rate_cell(one, scene) for one in scene.losses],
        "Leak": [leak_cell(tolerance) for tolerance in found],
    }
    st.table(
        columns, hide_index=True, border="horizontal", alt="The verdict on the matrix, a row a loss"
    )
    show_every_class(scene, found)


def limits_cell(one: Chosen, scene: Scene, tolerance: Tolerance) -> str:
    verdict = over_limits(one, scene, tolerance)
    return "" if verdict is None else verdicts.marked(verdict)


def rate_title(scene: Scene) -> str:
    return "Tolerates up to $\\eta$" if scene.family.own_rate else "Tolerates up to $s$"


def verdict_cell(tolerance: Tolerance) -> str:
    """The verdict, on how many classes it is other than that, and the limit where it differs."""
    said = verdicts.marked(tolerance.verdict)
    holding = sum(finding.verdict is Verdict.HOLDS for finding in tolerance.findings)
    if holding and tolerance.verdict is not Verdict.HOLDS:
        said += f" :small[holds on {holding} of {len(tolerance.findings)} classes]"
    if tolerance.limit in (None, tolerance.verdict):
        return said
    return f"{said} {verdicts.marked(tolerance.limit, f'{tolerance.limit} as δ → 0')}"


def rate_cell(one: Chosen, scene: Scene) -> str:
    limit = largest(one, scene)
    if limit is None:
        return "see the sweep"
    said = figures.rate_text(limit, scene.family.scale)
    return f"{said} as δ → 0" if one.loss.vertices_excluded else said


def leak_cell(tolerance: Tolerance) -> str:
    leak = float(tolerance.leaks.max())
    return f"{leak:.3g}" if leak > 0 else "none"


def show_every_class(scene: Scene, found: list[Tolerance]) -> None:
    """Symmetric losses under uniform noise, and what the other verdicts take for granted."""
    free = [o.name for o, t in zip(scene.losses, found, strict=True) if t.every_class is not None]
    also = (
        f" {plain(', '.join(free))}: symmetric under uniform noise, so tolerant for restricted "
        "functions as well."
        if free
        else ""
    )
    scale = (
        ""
        if scene.family.own_rate
        else " $s$ scales the noise of the matrix, $I + s\\,(T - I)$: 1 is the matrix itself."
    )
    text(
        ":small[Each image has one clean label, and the prediction at each image is free; a "
        f"network restricts it.{also}{scale}]",
        "noise tolerant",
        "leak",
    )


# ---- each class -----------------------------------------------------------------------------


def show_classes(scene: Scene, found: list[Tolerance]) -> None:
    groups = row_groups(scene.T)
    st.table(
        class_columns(scene, found, groups),
        hide_index=True,
        border="horizontal",
        alt="A row for each kind of row of the matrix: the verdict and the leak of each loss",
    )
    st.caption(about_classes(len(groups), scene))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    tolerance = found[scene.losses.index(one)]
    of = tolerance.findings[clean]
    verdicts.finding(
        of,
        f"**{plain(one.name)}** on class {clean}: ${weights_text(scene.T[clean], clean)}$, "
        f"{margin_words(one.loss, scene.T[clean])}",
        key="tolerance finding",
    )


def about_classes(kinds: int, scene: Scene) -> str:
    said = "Beside a verdict stands the leak."
    if kinds < scene.num_classes:
        said += " Classes whose rows are alike up to the order of the labels stand together."
    if kinds > ROWS_SHOWN:
        said += f" These are the first {ROWS_SHOWN} of {kinds} different rows."
    if not clean_labels_dominate(scene.T).all():
        said += " ✗: the clean label is not the most frequent one."
    return said


def class_columns(
    scene: Scene, found: list[Tolerance], groups: list[list[int]]
) -> dict[str, list[str]]:
    shown = groups[:ROWS_SHOWN]
    dominant = clean_labels_dominate(scene.T)
    columns = {
        "Clean class": [
            members_text(members) + ("" if dominant[members[0]] else " ✗") for members in shown
        ],
        "$w_m$": [f"{scene.T[members[0]].max():.4g}" for members in shown],
        "$w_n$": [f"{second_largest(scene.T[members[0]]):.4g}" for members in shown],
    }
    for one, tolerance in zip(scene.losses, found, strict=True):
        columns[plain(one.name)] = [class_cell(tolerance.findings[members[0]]) for members in shown]
    return columns


def second_largest(row: np.ndarray) -> float:
    return float(np.sort(row)[-2])


def members_text(members: list[int]) -> str:
    """Class numbers, runs of them by their ends."""
    runs: list[list[int]] = []
    for k in members:
        if runs and k == runs[-1][-1] + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)


def class_cell(of: Finding) -> str:
    said = verdicts.marked(of.verdict)
    return f"{said} :small[{of.leak:.2g}]" if of.leak > 0 else said


def weights_text(w: np.ndarray, clean: int) -> str:
    """A row as a vector; of a long one its largest weights."""
    others = np.delete(w, clean)
    if np.ptp(others) <= 1e-12:
        return rf"w_{{{clean}}} = {w[clean]:.4g}$, each other $w_i = {others[0]:.4g}"
    if len(w) <= 5:
        return f"w = ({', '.join(f'{x:.4g}' for x in w)})"
    order = np.argsort(-w, kind="stable")[:4]
    return ", ".join(rf"w_{{{i}}} = {w[i]:.3g}" for i in order) + r", \dots"


def margin_words(loss: Loss, w: np.ndarray) -> str:
    value = weight_margin(loss, w)
    return "no margin in closed form" if np.isnan(value) else f"margin {value:.4g}"


# ---- the derivation -------------------------------------------------------------------------


def show_derivation(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    told = derivation_of(one.loss, scene.noise, scene.num_classes, clean)
    st.html(WIDE_FORMULAS)
    with st.container(gap="small", key="derivation"):
        for line in told.lines:
            step(line)
    of = found[scene.losses.index(one)].findings[clean]
    with st.container(horizontal=True, gap="small"):
        st.markdown(f"**{plain(one.name)}, class {clean}:**", width="content")
        verdicts.badge(of.verdict)
        if of.limit is not None:
            verdicts.badge(of.limit, f"{of.limit} as δ → 0")
    st.markdown(plain(of.sentence))


def step(line: Line) -> None:
    """The words beside their formula, above it where the page is narrow."""
    words, formula = st.columns([2, 3], gap="medium", vertical_alignment="center")
    words.markdown(line.words)
    if line.latex:
        formula.markdown(rf"$\displaystyle {line.latex}$")


# ---- on the simplex -------------------------------------------------------------------------


def show_simplex(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    if scene.num_classes == 2:
        show_segment(scene, one, clean)
        return
    trio = three_labels(scene.T[clean], clean)
    w = tuple(float(x) for x in scene.T[clean][trio])
    if sum(w) == 0:
        st.info("None of these three labels is ever given.", icon=":material/info:")
        return
    st.markdown(drawn_words(scene, one, trio))
    clean_risk = surface_of(one.loss, (1.0, 0.0, 0.0), scene.floor)
    noisy_risk = surface_of(one.loss, w, scene.floor)
    panels = {
        "clean": simplex.Panel(one.name, one.place, clean_risk),
        "noisy": simplex.Panel(one.name, one.place, noisy_risk),
    }
    st.caption(
        "★ minimiser of the risk shown   ○ minimiser of the clean risk   ◇ the labels’ own shares"
    )
    for column, (what, panel) in zip(st.columns(2, gap="medium"), panels.items(), strict=True):
        with column:
            chart(
                figures.beside_clean(panel, WORDS[what], panels["clean"].surface.minimum.point),
                key=f"tolerance-{what}",
                alt=simplex.alternative(panel, WORDS[what]),
                caption=plain(simplex.caption(panel)),
                numbers=lambda panel=panel: simplex.numbers(panel),
                height=520,
            )


def show_segment(scene: Scene, one: Chosen, clean: int) -> None:
    """Two classes: the simplex is a line."""
    first, second = (float(x) for x in scene.T[clean])
    of = segment_of(one.loss, (first, second), clean, scene.floor)
    chart(
        figures.segment_figure(one.name, one.place, of, clean),
        key="tolerance-segment",
        alt=f"Clean and noisy risk of {one.name}. {figures.segment_caption(of)}",
        caption=plain(figures.segment_caption(of)),
        numbers=lambda: {"u": of.u, "clean risk": of.clean, "noisy risk": of.noisy},
        height=480,
    )


def three_labels(row: np.ndarray, clean: int) -> list[int]:
    """The clean class and the wrong labels that it is given most often."""
    wrong = [j for j in np.argsort(-row, kind="stable") if j != clean]
    return [clean, *(int(j) for j in wrong[:2])]


def drawn_words(scene: Scene, one: Chosen, trio: list[int]) -> str:
    """What is drawn, and what of the row is left out."""
    corners = ", ".join(f"$e_{k + 1}$ is class {j}" for k, j in enumerate(trio))
    if scene.num_classes == 3:
        return f"Predictions for the three classes: {corners}."
    row = scene.T[trio[0]]
    rest = max(0.0, 1 - float(row[trio].sum()))
    said = (
        f"Three of the {scene.num_classes} classes, as if there were no others: {corners}, the "
        "wrong labels that class "
        f"{trio[0]} is given most often."
    )
    if rest < 1e-12:
        return said + " The other labels never occur in this row."
    return (
        f"{said} The other labels, {rest:.3g} of the row, are left out of the weights, so these "
        f"pictures illustrate; the verdict of {plain(one.name)} above is on the whole row."
    )


# ---- the sweep ------------------------------------------------------------------------------


def show_sweep(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        clean = class_of(scene)
        slow = [
            one.name for one in scene.losses if not quickly_bounded(one.loss, scene.num_classes)
        ]
        search = bool(slow) and st.toggle(
            "Search the largest rate of every loss",
            key="tolerance_search",
            bind="query-params",
            help=f"{plain(', '.join(slow))}: found by searches at several rates.",
        )
    family, progress = family_swept(scene), Progress()
    tracks = list(swept(scene, family, clean, search, progress))
    progress.done()
    name = figures.RATE if family.own_rate else figures.SHARE
    axis = figures.Axis(name, family.scale, scene.family.present, family.end(clean))
    chart(
        figures.kept_figure(tracks, axis, clean),
        key="tolerance-kept",
        alt=figures.sweep_alternative(tracks, axis, "Probability kept for the clean class"),
        caption=plain(figures.kept_caption(tracks, axis)),
        numbers=lambda: figures.sweep_numbers(tracks, axis),
        height=460,
    )
    chart(
        figures.margin_figure(tracks, axis),
        key="tolerance-margin",
        alt=figures.sweep_alternative(tracks, axis, "Margin of the condition"),
        caption=plain(figures.margin_caption(tracks)),
        numbers=lambda: figures.sweep_numbers(tracks, axis),
        height=400,
    )


def family_swept(scene: Scene) -> NoiseFamily:
    """The family without the present rate, so that moving the rate computes nothing anew."""
    if not scene.family.own_rate:
        return scene.family
    return NoiseFamily(LabelNoise(scene.noise.kind, 0.0), scene.num_classes)


STEPS = 6  # parts in which a sweep is computed, so that it can be stopped between two


def swept(
    scene: Scene, family: NoiseFamily, clean: int, search: bool, progress: Progress
) -> Iterator[figures.Track]:
    for k, one in enumerate(scene.losses):
        share = k / len(scene.losses)
        progress.tell(share, one.name)
        sought = search or quickly_bounded(one.loss, scene.num_classes)
        limit = largest_of_class(one.loss, family, clean) if sought else None
        at = rates(family, clean, None if limit is None else limit.low)
        parts = []
        for i, piece in enumerate(np.array_split(at, STEPS)):
            progress.tell(share + i / STEPS / len(scene.losses), one.name)
            values = tuple(float(x) for x in piece)
            parts.append(kept_of(one.loss, family, clean, values, scene.floor))
        kept, margins = (np.concatenate(part) for part in zip(*parts, strict=True))
        yield figures.Track(one.name, one.place, Sweep(at, kept, margins), limit)


# ---- the clean error ------------------------------------------------------------------------


def show_error(scene: Scene, found: list[Tolerance]) -> None:
    text(
        "Training ends near the minimum of the noisy risk, not at it. What is left, the noisy "
        "excess $\\varepsilon$, bounds the share of wrong predictions on clean labels by two "
        "numbers, one of the noise and the loss and one of the loss alone:",
        "noisy risk",
        "clean risk",
    )
    st.latex(
        r"P(\text{wrong}) \le \frac{\varepsilon}{D\,\left(\ell(\tfrac12) - \ell(1)\right)}, \qquad "
        r"D = \min_y \left( T_{yy} - \tfrac1r \max_{j \ne y} T_{yj} \right)"
    )
    excess = st.slider(
        "Noisy excess $\\varepsilon$, as a share of the range $\\ell(0) - \\ell(1)$ of the loss",
        0.0,
        0.5,
        0.02,
        0.005,
        key="tolerance_excess",
        bind="query-params",
        format="%.3f",
    )
    rows = [(one, bound_under(one.loss, scene.noise, scene.num_classes)) for one in scene.losses]
    st.table(
        bound_columns(rows, float(excess)),
        hide_index=True,
        border="horizontal",
        alt="The two factors of the bound and what they give, a row a loss",
    )
    bounds = [
        figures.Bound(one.name, one.place, span(one.loss), bound)
        for one, bound in rows
        if not isinstance(bound, str) and bound.informative
    ]
    if bounds:
        chart(
            figures.bound_figure(bounds, float(excess)),
            key="tolerance-bound",
            alt=figures.bound_alternative(bounds),
            caption=plain(figures.bound_caption(bounds)),
            numbers=lambda: figures.bound_numbers(bounds),
            height=420,
        )
        with st.expander("How it is known", icon=":material/fact_check:", type="compact"):
            verdicts.theorem(bounds[0].bound.theorem)


def bound_columns(
    rows: list[tuple[Chosen, ExcessBound | str]], excess: float
) -> dict[str, list[str]]:
    return {
        "Loss": [f"**{plain(one.name)}**" for one, _ in rows],
        "$D$": [cell(b, lambda x: f"{x.D:.4g}") for _, b in rows],
        r"$\ell(\frac12) - \ell(1)$": [cell(b, lambda x: f"{x.step:.4g}") for _, b in rows],
        "Ratio $r$": [cell(b, lambda x: f"{x.ratio:.4g}") for _, b in rows],
        "Wrong, at most": [wrong_cell(one, b, excess) for one, b in rows],
    }


def cell(bound: ExcessBound | str, of: Callable[[ExcessBound], str]) -> str:
    return "" if isinstance(bound, str) else of(bound)


def wrong_cell(one: Chosen, bound: ExcessBound | str, excess: float) -> str:
    if isinstance(bound, str):
        return ":small[the bound is for functions of $u$ alone]"
    if not bound.informative:
        return ":small[nothing follows: $D \\le 0$]"
    return f"{100 * bound.error(excess * span(one.loss)):.3g} %"


def span(loss: Loss) -> float:
    zero, one = (float(x) for x in loss.partial(np.array([0.0, 1.0])))
    return zero - one


# ---- edit or estimate -----------------------------------------------------------------------


def show_editor(scene: Scene, found: list[Tolerance]) -> None:
    st.markdown(
        "The sidebar’s noise fills the table. Change a cell, load a file, or estimate the matrix "
        "from labels; it then is *your own matrix* on every page, and in the link."
    )
    matrix_editor(session.current())
    st.subheader("Estimate it from labels", anchor=False)
    estimate()


SHOW = {
    "classes": show_classes,
    "derivation": show_derivation,
    "simplex": show_simplex,
    "sweep": show_sweep,
    "error": show_error,
    "matrix": show_editor,
}


st.title("Noise tolerance", anchor=False)
text(
    "Wrong labels change what training asks for. Which losses keep the clean answer as the best "
    "one under this noise, class by class, and how much more noise would they bear?",
    "transition matrix",
    "noise tolerant",
    "clean labels dominate",
)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_THEORY)
    T = workspace.noise.transition(workspace.num_classes)
    left, right = st.columns([5, 6], gap="large")
    with right:
        floor = choice.floor(losses, ABOVE_FLOOR)
        counted = confidence(workspace.noise, T)
    scene = Scene(losses, workspace.noise, workspace.num_classes, T, floor, counted)
    with left:
        show_matrix(scene)
    with right:
        found = judged(scene, Progress()) if losses else []
        if losses:
            show_verdicts(scene, found)
    view = choice("View", "view", VIEWS, show=False)
    if losses or view == "matrix":
        SHOW[view](scene, found)
