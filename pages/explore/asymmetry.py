"""Asymmetry ratio: how much noise a loss is sure to tolerate, and what that costs at the start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from alfs_core.errors import DomainError
from alfs_core.figures import phase as phases
from alfs_core.figures import ratio as ratios
from alfs_core.figures import tradeoff as tradeoffs
from alfs_core.losses import Loss, LossSpec, family
from alfs_core.losses.base import Parameter, WeightCondition
from alfs_core.losses.families import Family
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.presets import PRESETS
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.asymmetry import completely_asymmetric
from alfs_core.theory.design import FAMILIES, Design, design, largest_reserve, reserved
from alfs_core.theory.evidence import Enclosure, Finding, Verdict
from alfs_core.theory.phase import (
    CODES,
    Rows,
    Values,
    asymmetric_ranges,
    dominated,
    phase,
    ratio_needed,
    rows_of,
    strip,
)
from alfs_core.theory.ratio import RatioResult, asymmetry_ratio, ratio_heatmap
from alfs_core.theory.tolerance import tolerant
from alfs_core.theory.tradeoff import (
    PUBLISHED,
    RANGE,
    LeftOut,
    Placed,
    curves,
    library,
    place,
    pull_of_mae,
)
from pages.common import session, verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import NO_THEORY, Choices, Chosen, losses_on_probabilities
from pages.common.show import hover, plain, refusals, text
from pages.common.workspace import MAX_LOSSES, Workspace, label

phase_of, strip_of, ranges_of = cached(phase), cached(strip), cached(asymmetric_ranges)
complete_of, design_of, place_of = cached(completely_asymmetric), cached(design), cached(place)
curves_of, library_of = cached(curves), cached(library)

VIEWS = {
    "ratio": "Ratio",
    "phase": "Phase diagram",
    "tradeoff": "Robust or trainable",
    "design": "Design",
}
SCALES = {PUBLISHED: "as published", RANGE: "equal range"}
SCALE_HELP = (
    "As published: the formula's own scale. Equal range: every loss is scaled to "
    "$\\ell(0) - \\ell(1) = 1$. The ratio is the same on both."
)
choice = Choices("asymmetry")
FLOOR = 1e-4  # where a loss without values at the corners is judged
RESERVE_HELP = (
    "So many more of the labels may move from the clean class to the most frequent wrong one, in "
    "every row, before the loss stops to be asymmetric."
)


@dataclass(frozen=True)
class OnNoise:
    """What a loss does on all rows of the noise, and the finding on the row that decides."""

    verdict: Verdict
    limit: Verdict | None
    worst: int
    finding: Finding

    @property
    def decisive(self) -> Verdict:
        """The verdict in the limit of the floor, where there is a floor."""
        return self.verdict if self.limit is None else self.limit


# ---- compute, once for each argument --------------------------------------------------------


@cached
def hardest(
    loss: Loss, noise: LabelNoise, num_classes: int
) -> tuple[Verdict, Verdict | None, int, Finding]:
    judged = tolerant(loss, noise.transition(num_classes), floor=FLOOR)
    return judged.verdict, judged.limit, judged.worst, judged.findings[judged.worst]


def on_noise(loss: Loss, noise: LabelNoise, num_classes: int) -> OnNoise:
    return OnNoise(*hardest(loss, noise, num_classes))


@cached
def rows_under(noise: LabelNoise, num_classes: int) -> Rows:
    return rows_of(noise.transition(num_classes))


@cached
def ratio_of(loss: Loss) -> RatioResult | str:
    """The enclosed ratio, or why there is none."""
    try:
        return asymmetry_ratio(loss)
    except DomainError as error:
        return str(error)


@cached
def quotients(loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    return ratio_heatmap(loss)


@cached
def solved_ratio(loss: Loss) -> str | None:
    """ℓ'(1)/ℓ'(0) of a typed formula as LaTeX; None where algebra finds no closed form."""
    from alfs_core.numerics.symbolic import latex, slope_ratio  # sympy takes a second to load

    found = slope_ratio(loss)
    return None if found is None else latex(found)


# ---- choose ---------------------------------------------------------------------------------


# ---- the ratio ------------------------------------------------------------------------------


def show_ratio(losses: list[Chosen], workspace: Workspace) -> None:
    text(
        "How much noise is a loss sure to tolerate? Its ratio $r$ says it for every row $w$ of the "
        "noise at once: $w_m / w_n \\ge 1/r$ is enough, $w_m / w_n \\ge 1/r_u$ is necessary.",
        "asymmetry ratio",
        "threshold",
        "weights",
        "completely asymmetric",
    )
    with st.spinner("Proving …"):
        rows = [table_row(one, workspace) for one in losses]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}
    st.table(columns, hide_index=True, border="horizontal", alt="A row for each loss")
    st.caption(
        f"On this noise: {plain(workspace.noise.words)}, {workspace.num_classes} classes, "
        "on the row that is hardest for the loss. On every noise: wherever one label is the most "
        "frequent. Limit: the lowest quotient is approached there, not reached."
    )
    one = choice.loss(losses)
    left, right = st.columns(2, gap="large")
    with left:
        ratio_map(one)
    with right:
        about_ratio(one)
        evidence_on(one, workspace)


COLUMNS = (
    "Loss",
    "On this noise",
    "On every noise",
    r"Ratio $r(\ell)$",
    r"Necessary $r_u(\ell)$",
    r"Enough: $w_m/w_n \ge$",
    r"Lowest at $(u_1, u_2)$",
)


def table_row(one: Chosen, workspace: Workspace) -> tuple[str, ...]:
    K = workspace.num_classes
    noisy, complete = on_noise(one.loss, workspace.noise, K), complete_of(one.loss, K)
    return (
        f"**{plain(one.name)}**",
        noise_cell(noisy),
        verdicts.marked(complete.verdict),
        *ratio_cells(one.loss),
    )


def noise_cell(noisy: OnNoise) -> str:
    """The verdict, and beside it that of the limit where it differs."""
    said = verdicts.marked(noisy.verdict)
    if noisy.limit in (None, noisy.verdict):
        return said
    return f"{said} {verdicts.marked(noisy.limit, f'δ → 0: {noisy.limit}')}"


def ratio_cells(loss: Loss) -> tuple[str, str, str, str]:
    result = ratio_of(loss)
    if isinstance(result, str):
        known = loss.asymmetry_ratio()
        if known is None:
            return ("not of $u$ alone" if not loss.local else "none", "", "", "")
        return (f"${known:.4g}$", "", f"${1 / known:.4g}$" if known else r"$\infty$", "")
    reached = "" if result.attained else " :small[:gray[limit]]"
    at = "" if np.isnan(result.at[0]) else f"$({result.at[0]:.3g},\\ {result.at[1]:.3g})${reached}"
    return interval(result.ratio), interval(result.upper), interval(result.threshold), at


def interval(of: Enclosure) -> str:
    """A number where four digits do not tell the ends apart, else the interval."""
    low, high = (verdicts.number(x, 4) for x in (of.low, of.high))
    return f"${low}$" if low == high else rf"$[{low},\ {high}]$"


def ratio_map(one: Chosen) -> None:
    result = ratio_of(one.loss)
    if isinstance(result, str):
        return
    u, values = quotients(one.loss)
    of = ratios.Quotient(one.name, one.place, u, values, result)
    chart(
        ratios.quotient_figure(of),
        key="asymmetry-quotient",
        alt=ratios.alternative(of),
        caption=plain(ratios.caption(of)),
        numbers=lambda: ratios.numbers(of),
        height=580,
    )


def about_ratio(one: Chosen) -> None:
    """The closed form with the numbers put in, and how the ratio is known."""
    result = ratio_of(one.loss)
    if isinstance(result, str):
        without_ratio(one)
        return
    form = closed_form(one, result)
    if form:
        st.latex(form)
    st.markdown(
        f":material/straighten: {plain(result.ratio.reason)}"
        + (f"; width ${verdicts.number(result.ratio.width)}$." if result.ratio.width else ".")
    )


def without_ratio(one: Chosen) -> None:
    """A loss that is no decreasing function of u alone: its condition on the weights instead."""
    if one.loss.local:
        st.info(plain(str(ratio_of(one.loss))) + ".", icon=":material/info:")
        return
    st.info(
        f"The ratio is defined for functions of $u$ alone; {plain(one.name)} looks at the whole "
        "prediction. Its condition on the weights and its verdicts take the ratio's place.",
        icon=":material/info:",
    )
    condition = condition_of(one.loss)
    if condition is not None:
        st.markdown("Asymmetric on $w$ if and only if")
        st.latex(condition.latex)
    else:
        st.markdown("No closed condition is known: theorems on its parts and computation decide.")


def condition_of(loss: Loss) -> WeightCondition | None:
    """The condition as it is printed for weights in general."""
    return loss.weight_condition(np.array([0.5, 0.3, 0.2]))


def closed_form(one: Chosen, result: RatioResult) -> str | None:
    """r(ℓ) = formula = formula with the numbers = value, as LaTeX."""
    r, value = r"r(\ell) = ", verdicts.number(result.high)
    if result.closed_form is None:
        typed = one.spec.name.startswith(FORMULA) and result.curvature.shape == "convex"
        solved = solved_ratio(one.loss) if typed else None
        return rf"{r}\frac{{\ell'(1)}}{{\ell'(0)}} = {solved} \approx {value}" if solved else None
    printed = one.loss.ratio_latex
    if result.closed_form in (0.0, 1.0) or printed == Loss.ratio_latex:
        return r + value
    put_in = with_numbers(printed, one.spec)
    return rf"\begin{{aligned}} r(\ell) &= {printed} \\ &= {put_in} = {value} \end{{aligned}}"


def with_numbers(latex: str, spec: LossSpec) -> str:
    """A formula with the parameters' values in the place of their letters."""
    for name, value in spec.values:
        letter = rf"(?<![\\A-Za-z]){re.escape(name)}(?![A-Za-z])"
        latex = re.sub(letter, lambda _, value=value: verdicts.number(value), latex)
    return latex


def evidence_on(one: Chosen, workspace: Workspace) -> None:
    K = workspace.num_classes
    noisy = on_noise(one.loss, workspace.noise, K)
    verdicts.finding(
        noisy.finding, f"**On this noise**, hardest class {noisy.worst}", key="asymmetry noise"
    )
    complete = complete_of(one.loss, K)
    verdicts.finding(complete, f"**On every noise**, {K} classes", key="asymmetry complete")


# ---- the phase diagram ----------------------------------------------------------------------


def show_phase(losses: list[Chosen], workspace: Workspace) -> None:
    st.markdown("Which numbers of this family are asymmetric under the noise at hand?")
    one = choice.loss(losses)
    kind = family(one.spec.name)
    rows = rows_under(workspace.noise, workspace.num_classes)
    if not kind.parameters:
        st.info(
            f"{plain(one.name)} has no parameters, so there is nothing to vary. Pick another loss, "
            "or look at *Robust or trainable* for all of them.",
            icon=":material/info:",
        )
    elif not dominated(rows):
        undominated()
    elif len(kind.parameters) == 1:
        show_strip(one, kind.parameters[0], rows, losses, workspace)
    else:
        show_plane(one, kind, rows, losses, workspace)


def undominated() -> None:
    st.info(
        "In some class the clean label is not the most frequent one. No loss that treats all "
        "labels alike can be asymmetric towards it: lower the noise rate.",
        icon=":material/info:",
    )


def axes_of(kind: Family) -> tuple[Parameter, Parameter]:
    """The two parameters to vary; asked for where there are more."""
    by_name = {p.name: p for p in kind.parameters}
    x, y = kind.parameters[-2:]
    if len(by_name) == 2:
        return x, y
    names = {name: phases.words(p) for name, p in by_name.items()}
    with st.container(horizontal=True):
        across = choice("Across", "x", names, default=x.name)
        left = {name: word for name, word in names.items() if name != across}
        usual = y.name if y.name in left else next(iter(left))
        up = choice("Up", "y", left, default=usual)
    return by_name[across], by_name[up]


def show_plane(
    one: Chosen, kind: Family, rows: Rows, losses: list[Chosen], workspace: Workspace
) -> None:
    x, y = axes_of(kind)
    fixed: Values = tuple((k, v) for k, v in one.spec.values if k not in (x.name, y.name))
    with st.spinner("Judging the family …"):
        diagram = phase_of(kind.name, fixed, x.name, y.name, rows)
    marks = marks_of(one, losses, x.name, y.name)
    noise = workspace.noise.words
    ranges = [(p, ranges_of(kind.name, one.spec.values, p.name, rows)) for p in (x, y)]
    chart(
        phases.phase_figure(diagram, marks, one.place),
        key="asymmetry-phase",
        alt=phases.phase_alternative(diagram, marks, noise),
        caption=plain(phases.phase_caption(diagram, one.name, code(one, workspace), ranges, noise)),
        numbers=lambda: phases.phase_numbers(diagram),
        height=560,
    )
    about_limit(one)


def show_strip(
    one: Chosen, parameter: Parameter, rows: Rows, losses: list[Chosen], workspace: Workspace
) -> None:
    with st.spinner("Judging the family …"):
        line = strip_of(one.spec.name, (), parameter.name, rows)
    marks = marks_of(one, losses, parameter.name, None)
    noise = workspace.noise.words
    ranges = ranges_of(one.spec.name, one.spec.values, parameter.name, rows)
    chart(
        phases.strip_figure(line, marks, one.place, ratio_needed(rows)),
        key="asymmetry-strip",
        alt=phases.strip_alternative(line, marks, noise),
        caption=plain(phases.strip_caption(line, one.name, code(one, workspace), ranges, noise)),
        numbers=lambda: phases.strip_numbers(line),
        height=480,
    )
    about_limit(one)


def code(one: Chosen, workspace: Workspace) -> float:
    return CODES[on_noise(one.loss, workspace.noise, workspace.num_classes).decisive]


def about_limit(one: Chosen) -> None:
    if one.loss.vertices_excluded:
        st.caption(
            f"{plain(one.name)} has no value at the corners of the simplex: the picture shows what "
            "holds as the floor $u_i \\ge \\delta$ goes to 0."
        )


def marks_of(one: Chosen, losses: list[Chosen], x: str, y: str | None) -> list[phases.Mark]:
    """The papers' values, and above them the losses of the workspace that are of this family."""
    own = [other for other in losses if other.spec.name == one.spec.name]
    stars = [
        phases.Mark(
            other.name, *position(other.spec, x, y), other.place, off(other.spec, one, x, y)
        )
        for other in own
    ]
    return papers(one, x, y) + stars


def papers(one: Chosen, x: str, y: str | None) -> list[phases.Mark]:
    """One mark for all data sets whose values stand in the same place."""
    places: dict[tuple[float, float | None], list[tuple[str, str]]] = {}
    for dataset, preset in PRESETS.get(one.spec.name, {}).items():
        spec = LossSpec.of(one.spec.name, **preset.values)
        told = (dataset, off(spec, one, x, y))
        places.setdefault(position(spec, x, y), []).append(told)
    return [
        phases.Mark(
            ", ".join(dataset for dataset, _ in told),
            *place,
            None,
            "; ".join(sorted({other for _, other in told if other})),
        )
        for place, told in places.items()
    ]


def position(spec: LossSpec, x: str, y: str | None) -> tuple[float, float | None]:
    values = dict(spec.values)
    return values[x], None if y is None else values[y]


def off(spec: LossSpec, shown: Chosen, x: str, y: str | None) -> str:
    """The numbers that differ from those of the diagram."""
    here = dict(shown.spec.values)
    return ", ".join(f"{k} {v:g}" for k, v in spec.values if k not in (x, y) and here[k] != v)


# ---- robust or trainable --------------------------------------------------------------------


def show_tradeoff(losses: list[Chosen], workspace: Workspace) -> None:
    st.markdown(
        "Upwards a loss is more robust, to the right its training starts with a stronger pull. "
        "That is the trade-off which decides an experiment.",
        help=hover("asymmetry ratio") + f"\n\n{PULL_HELP}",
    )
    K = workspace.num_classes
    scale = choice("Scale", "scale", SCALES, help=SCALE_HELP)
    placed, left = library_of(K, scale)
    places = {one.place: place_of(one.spec, K, scale) for one in losses}
    shown = tuple(one.spec for one in losses)
    picture = tradeoffs.Picture(
        placed,
        curves_of(shown, K, scale),
        on_picture(losses, places),
        ratio_needed(rows_under(workspace.noise, K)),
        workspace.noise.words,
        K,
        scale,
    )
    tradeoff_chart(picture, "asymmetry-tradeoff")
    absent(losses, places, left)


PULL_HELP = (
    "**Pull at the start.** How hard the first step pulls at the given label's logit, where all "
    "$K$ classes are equally likely. A weak pull is slow training.\n\n"
    "$-\\partial L / \\partial z_y$ at $u = 1/K$; for a function of $u$ alone "
    "$\\omega(u) = -\\ell'(u)\\, u\\, (1 - u)$"
)


def on_picture(losses: list[Chosen], places: dict[int, Placed | LeftOut]) -> list[tradeoffs.Chosen]:
    return [
        tradeoffs.Chosen(one.name, one.place, at)
        for one in losses
        if isinstance(at := places[one.place], Placed)
    ]


def tradeoff_chart(picture: tradeoffs.Picture, key: str) -> None:
    chart(
        tradeoffs.tradeoff_figure(picture),
        key=key,
        alt=tradeoffs.alternative(picture),
        caption=plain(tradeoffs.caption(picture)),
        numbers=lambda: tradeoffs.numbers(picture),
        height=600,
    )


def absent(
    losses: list[Chosen], places: dict[int, Placed | LeftOut], left: tuple[LeftOut, ...]
) -> None:
    """Who has no place in the picture, and why."""
    own = [(one, at) for one in losses if isinstance(at := places[one.place], LeftOut)]
    for one, at in own:
        st.caption(f"Not in the picture: **{plain(one.name)}**, since {plain(at.reason)}.")
    with st.expander("Losses of the library without a place", icon=":material/list:"):
        for reason, names in tradeoffs.left_out(left).items():
            st.markdown(f"**{len(names)}** since {plain(reason)}: {plain(', '.join(names))}.")


# ---- design ---------------------------------------------------------------------------------


def show_design(_: list[Chosen], workspace: Workspace) -> None:
    st.markdown(
        "For this noise, which parameters are asymmetric and train fastest? One answer for each "
        "family: asymmetric on every row by its closed condition, and with the hardest start that "
        "a search found among those.",
        help=PULL_HELP,
    )
    K, noise = workspace.num_classes, workspace.noise.words
    rows = rows_under(workspace.noise, K)
    if not dominated(rows):
        undominated()
        return
    reserve = reserve_slider()
    if reserve >= largest_reserve(rows):
        st.info(
            f"So much reserve leaves no room: beyond {largest_reserve(rows):.4g} the clean label "
            "is not the most frequent one any more.",
            icon=":material/info:",
        )
        return
    with st.spinner("Searching …"):
        found = [d for name in FAMILIES if (d := design_of(name, rows, K, reserve))]
    found.sort(key=lambda d: -d.pull)
    needed = ratio_needed(reserved(rows, reserve))
    chart(
        tradeoffs.starts_figure(found, K, needed),
        key="asymmetry-design",
        alt=tradeoffs.starts_alternative(found, K),
        caption=plain(tradeoffs.starts_caption(found, K, needed)),
        numbers=lambda: tradeoffs.starts_numbers(found),
        height=360,
    )
    st.caption(
        f"For {plain(noise)}, {K} classes, the hardest start first; parameters within the ranges "
        "of their sliders."
    )
    for one in found:
        design_row(one, workspace)


def reserve_slider() -> float:
    value = st.slider(
        "Reserve",
        0.0,
        0.2,
        0.01,
        0.005,
        format="%.3f",
        key="asymmetry_reserve",
        bind="query-params",
        help=RESERVE_HELP,
        width=420,
    )
    return min(max(float(value), 0.0), 0.2)


def design_row(one: Design, workspace: Workspace) -> None:
    kind, K = family(one.spec.name), workspace.num_classes
    symbols = {p.name: p.symbol for p in kind.parameters}
    numbers = ",\\ ".join(f"{symbols[k]} = {verdicts.number(v)}" for k, v in one.spec.values)
    times = one.pull / pull_of_mae(K)
    ratio = "" if one.ratio is None else rf", $r = {one.ratio:.4g}$"
    with st.container(border=True, key=f"design-{kind.name}"):
        name, start, margin, action = st.columns([4, 4, 4, 3], vertical_alignment="center")
        with name:
            st.markdown(f"**{plain(kind.name)}**  \n${numbers}$")
        with start:
            st.markdown(
                f"**{times:.3g} ×** MAE’s start  \n:small[:gray[as published {one.published:.3g}]]"
            )
        with margin:
            st.markdown(
                f"reserve **{one.reserve:.3g}**  \n:small[:gray[margin {one.margin:.3g}{ratio}]]"
            )
        with action:
            into_workspace(one.spec, workspace)


def into_workspace(spec: LossSpec, workspace: Workspace) -> None:
    """Add the parameter set, or put it in the place of another loss."""
    full = len(workspace.entries) == MAX_LOSSES
    known = spec in workspace.losses
    if not full:
        st.button(
            "In the workspace" if known else "Take",
            key=f"take-{spec.name}",
            icon=":material/check:" if known else ":material/add:",
            disabled=known,
            help="Add this parameter set to the workspace",
            on_click=session.change,
            args=(f"take-{spec.name}", lambda ws: ws.with_loss(spec)),
        )
        return
    key = f"swap-{spec.name}"
    st.menu_button(
        "Swap in",
        [entry.style for entry in workspace.entries],
        key=key,
        icon=":material/swap_horiz:",
        format_func=lambda place: f"{place + 1}. {label(workspace.spec(place))}",
        on_click=partial(swap, key, spec),
        disabled=known,
    )


def swap(key: str, spec: LossSpec) -> None:
    place = st.session_state[key]
    session.change(key, lambda workspace: workspace.with_spec(place, spec))


# ---- the page -------------------------------------------------------------------------------

SHOW = {
    "ratio": show_ratio,
    "phase": show_phase,
    "tradeoff": show_tradeoff,
    "design": show_design,
}

st.title("Asymmetry ratio")
view = choice("View", "view", VIEWS, show=False)
with refusals():
    workspace = session.current()
    losses = losses_on_probabilities(workspace, NO_THEORY)
    if losses:
        SHOW[view](losses, workspace)
