"""From the noisy excess to the error on clean labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from alfs_core.errors import DomainError
from alfs_core.figures import tolerance as figures
from alfs_core.losses import Loss
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.tolerance import ExcessBound, Tolerance, excess_bound
from pages.common import verdicts
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.kept import IN_ADDRESS
from pages.common.show import introduction, plain, text
from pages.prove.tolerance_views.scene import Scene


@cached
def bound_under(loss: Loss, noise: LabelNoise, num_classes: int) -> ExcessBound | str:
    """The two factors of the bound, or why there is none."""
    try:
        return excess_bound(loss, noise.transition(num_classes))
    except DomainError as error:
        return str(error)


def show_error(scene: Scene, found: list[Tolerance]) -> None:
    with introduction("view"):
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
        **IN_ADDRESS,
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
        "$D$": [cell(b, lambda x: f"{x.D:.4g}".replace("-inf", "−∞")) for _, b in rows],
        r"$\ell(\frac12) - \ell(1)$": [cell(b, lambda x: f"{x.step:.4g}") for _, b in rows],
        "Ratio $r$": [cell(b, lambda x: f"{x.ratio:.4g}") for _, b in rows],
        "Wrong, at most": [wrong_cell(one, b, excess) for one, b in rows],
    }


def cell(bound: ExcessBound | str, of: Callable[[ExcessBound], str]) -> str:
    return "" if isinstance(bound, str) else of(bound)


def wrong_cell(one: Chosen, bound: ExcessBound | str, excess: float) -> str:
    if isinstance(bound, str):
        return f":small[{plain(bound)}]"
    if not bound.informative:
        return ":small[nothing follows: $D \\le 0$]"
    return f"{100 * bound.error(excess * span(one.loss)):.3g} %"


def span(loss: Loss) -> float:
    zero, one = (float(x) for x in loss.partial(np.array([0.0, 1.0])))
    return zero - one
