"""The verdict of every loss on the whole matrix, and how far it would bear more noise."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alfs_core.figures import tolerance as figures
from alfs_core.losses import Loss
from alfs_core.noise.estimation import limits
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.asymmetry import asymmetric_on_rows
from alfs_core.theory.evidence import Enclosure, Finding, Verdict, leak_text
from alfs_core.theory.ratio import rises_at
from alfs_core.theory.sweep import NoiseFamily, quickly_bounded
from alfs_core.theory.tolerance import (
    Tolerance,
    largest_tolerated_rate,
    row_groups,
    tolerant,
    tolerant_between,
)
from pages.common import verdicts
from pages.common.cache import cached
from pages.common.choices import Chosen
from pages.common.show import plain, text
from pages.prove.tolerance_views.scene import Progress, Scene

BY_IMAGE = (
    "The matrix is an average over the images of a class: some are mislabelled more often, and the "
    "verdict does not reach them one by one."
)
ROWS_AT_ONCE = 10  # judged between two steps of the progress bar


@cached
def findings_on(
    loss: Loss, rows: tuple[tuple[float, ...], ...], clean: tuple[int, ...], floor: float
) -> list[Finding]:
    return asymmetric_on_rows(loss, [np.array(row) for row in rows], clean, floor=floor)


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
def between(
    loss: Loss, noise: LabelNoise, num_classes: int, images: tuple[float, ...], level: float
) -> Verdict:
    """The verdict for every matrix within the confidence limits."""
    T = noise.transition(num_classes)
    return tolerant_between(loss, *limits(T, np.array(images), level)).verdict


def judged(scene: Scene, progress: Progress) -> list[Tolerance]:
    """The verdict of every loss, its kinds of rows a few at a time."""
    firsts = [members[0] for members in row_groups(scene.T)]
    steps, total, found = 0, len(firsts) * len(scene.losses), []
    for one in scene.losses:
        known = {}
        for start in range(0, len(firsts), ROWS_AT_ONCE):
            some = tuple(firsts[start : start + ROWS_AT_ONCE])
            progress.tell(steps / total, f"{one.name}, label {some[0]}")
            rows = tuple(tuple(float(x) for x in scene.T[first]) for first in some)
            known |= dict(zip(some, findings_on(one.loss, rows, some, scene.floor), strict=True))
            steps += len(some)
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


def show_verdicts(scene: Scene, found: list[Tolerance]) -> None:
    """One row a loss: the verdict on the whole matrix, and how far it would bear more noise."""
    columns: dict[str, list[str]] = {
        "Loss": [f"**{plain(one.name)}**" for one in scene.losses],
        "Tolerant": [
            verdict_cell(tolerance) + rising_note(one.loss)
            for one, tolerance in zip(scene.losses, found, strict=True)
        ],
    }
    if scene.counted is not None:
        pairs = zip(scene.losses, found, strict=True)
        columns["Within limits"] = [limits_cell(one, scene, tolerance) for one, tolerance in pairs]
    columns |= {
        rate_title(scene): [rate_cell(one, scene) for one in scene.losses],
        "Leak": [leak_text(tolerance.leak) for tolerance in found],
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
        said += f" :small[holds on {holding} of {len(tolerance.findings)} labels]"
    if tolerance.limit in (None, tolerance.verdict):
        return said
    return f"{said} {verdicts.marked(tolerance.limit, f'{tolerance.limit} as δ → 0')}"


def rising_note(loss: Loss) -> str:
    """Why a loss that rises tolerates nothing; "" of any other."""
    place = rises_at(loss) if loss.local else None
    if place is None:
        return ""
    return f" :small[it rises at $u = {place:.3g}$, where the surer right answer costs more]"


def rate_cell(one: Chosen, scene: Scene) -> str:
    limit = largest(one, scene)
    if limit is None:
        return "see the sweep"
    said = figures.rate_text(limit, scene.family.scale)
    return f"{said} as δ → 0" if one.loss.vertices_excluded else said


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
        else " $s$ scales the noise: $I + s\\,(T - I)$ is the matrix itself at $s = 1$."
    )
    averaged = f" {BY_IMAGE}" if scene.noise.averaged else ""
    text(
        ":small[Each image has one clean label, and the prediction at each image is free; a "
        f"network restricts it.{also}{scale}{averaged}]",
        "noise tolerant",
        "leak",
    )
