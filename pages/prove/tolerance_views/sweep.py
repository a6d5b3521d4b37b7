"""What becomes of one class as the noise grows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st

from alfs_core.figures import tolerance as figures
from alfs_core.losses import Loss
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.sweep import (
    NoiseFamily,
    Sweep,
    kept_at,
    largest_in_class,
    quickly_bounded,
    rates,
    weight_margin,
)
from alfs_core.theory.tolerance import Tolerance
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.kept import IN_ADDRESS
from pages.common.show import plain
from pages.prove.tolerance_views.scene import Progress, Scene, class_of


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


def show_sweep(scene: Scene, found: list[Tolerance]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        clean = class_of(scene)
        slow = [
            one.name for one in scene.losses if not quickly_bounded(one.loss, scene.num_classes)
        ]
        search = bool(slow) and st.toggle(
            "Search the largest rate of every loss",
            key="tolerance_search",
            **IN_ADDRESS,
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
