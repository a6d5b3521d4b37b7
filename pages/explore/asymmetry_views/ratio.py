"""The ratio of each loss, how it is known, and the verdicts that follow."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from alfs_core.errors import DomainError
from alfs_core.figures import ratio as ratios
from alfs_core.losses import Loss, LossSpec
from alfs_core.losses.base import WeightCondition
from alfs_core.losses.formula import FORMULA
from alfs_core.theory.asymmetry import completely_asymmetric
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.ratio import RatioResult, asymmetry_ratio, ratio_heatmap
from pages.common import verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.show import caption, introduction, plain, text
from pages.common.workspace import Workspace
from pages.explore.asymmetry_views.common import OnNoise, choice, on_noise

complete_of = cached(completely_asymmetric)


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


def show_ratio(losses: list[Chosen], workspace: Workspace) -> None:
    with introduction("view"):
        text(
            "How much noise is a loss sure to tolerate? Its ratio $r$ says it for every row $w$ of "
            "the noise at once: $w_m / w_n > 1/r$ is enough, $w_m / w_n \\ge 1/r_u$ is "
            "necessary.",
            "asymmetry ratio",
            "threshold",
            "weights",
            "completely asymmetric",
        )
    with st.spinner("Proving …"):
        rows = [table_row(one, workspace) for one in losses]
    columns = {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}
    st.table(columns, hide_index=True, border="horizontal", alt="A row for each loss")
    caption(
        f"On this noise: {plain(workspace.noise.words)}, {workspace.num_classes} classes, "
        "on the row that is hardest for the loss. On every noise: wherever one label is the most "
        "frequent. Enough: at equality the clean corner is still a minimiser, the only one if the "
        "loss is strictly convex. Limit: the lowest quotient is approached there, not reached."
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
    r"Enough: $w_m/w_n >$",
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
    width = result.ratio.width
    wide = f", to a width of at most ${verdicts.number(width, 2)}$" if width else ""
    st.markdown(f":material/straighten: {plain(result.ratio.reason)}{wide}.")


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
        noisy.finding, f"**On this noise**, hardest label {noisy.worst}", key="asymmetry noise"
    )
    complete = complete_of(one.loss, K)
    verdicts.finding(complete, f"**On every noise**, {K} classes", key="asymmetry complete")
