"""The verdicts class by class, and how one of them is known."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alfs_core.losses import Loss
from alfs_core.noise.names import Names, called
from alfs_core.noise.transition import clean_labels_dominate
from alfs_core.theory.evidence import Finding, leak_text
from alfs_core.theory.sweep import weight_margin
from alfs_core.theory.tolerance import Tolerance, row_groups
from alfs_core.wording import number
from pages.common import verdicts
from pages.common.show import caption, plain
from pages.prove.tolerance_views.scene import Scene, choice, class_of

ROWS_SHOWN = 30  # kinds of rows in the table of classes


def show_classes(scene: Scene, found: list[Tolerance]) -> None:
    groups = row_groups(scene.T)
    st.table(
        class_columns(scene, found, groups),
        hide_index=True,
        border="horizontal",
        alt="A row for each kind of row of the matrix: the verdict and the leak of each loss",
    )
    caption(about_classes(len(groups), scene))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        one = choice.loss(scene.losses)
        clean = class_of(scene)
    tolerance = found[scene.losses.index(one)]
    of = tolerance.findings[clean]
    verdicts.finding(
        of,
        f"**{plain(one.name)}** on label {called(clean, scene.names)}: "
        f"{weights_text(scene.T[clean], clean)}, "
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
        "Clean label": [
            members_text(members, scene.names) + ("" if dominant[members[0]] else " ✗")
            for members in shown
        ],
        "$w_m$": [f"{scene.T[members[0]].max():.4g}" for members in shown],
        "$w_n$": [f"{second_largest(scene.T[members[0]]):.4g}" for members in shown],
    }
    for one, tolerance in zip(scene.losses, found, strict=True):
        columns[plain(one.name)] = [class_cell(tolerance.findings[members[0]]) for members in shown]
    return columns


def second_largest(row: np.ndarray) -> float:
    return float(np.sort(row)[-2])


def members_text(members: list[int], names: Names = None) -> str:
    """Labels, runs of them by their ends."""
    if len(members) == 1:
        return called(members[0], names)
    runs: list[list[int]] = []
    for k in members:
        if runs and k == runs[-1][-1] + 1:
            runs[-1].append(k)
        else:
            runs.append([k])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)


def class_cell(of: Finding) -> str:
    said = verdicts.marked(of.verdict)
    return f"{said} :small[{leak_text(of.leak)}]" if of.leak > 0 else said


def weights_text(w: np.ndarray, clean: int) -> str:
    """A row as a vector; of a long one its largest weights."""
    others = np.delete(w, clean)
    if np.ptp(others) <= 1e-12:
        return f"given rightly ${w[clean]:.4g}$, as each other label ${others[0]:.4g}$"
    if len(w) <= 5:
        return f"$w = ({', '.join(f'{x:.4g}' for x in w)})$"
    order = np.argsort(-w, kind="stable")[:4]
    return "given as " + ", ".join(f"label {i}: ${w[i]:.3g}$" for i in order if w[i] > 0)


def margin_words(loss: Loss, w: np.ndarray) -> str:
    value = weight_margin(loss, w)
    return "no margin in closed form" if np.isnan(value) else f"margin {number(value, 4)}"
