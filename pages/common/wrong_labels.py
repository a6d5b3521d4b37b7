"""A look at the wrong labels of a race before it begins."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from alfs_core.data.download import downloaded
from alfs_core.data.images import data_uri
from alfs_core.data.source import DataSource, find
from alfs_core.figures import matrices
from alfs_core.losses import LossSpec
from alfs_core.noise.inspection import Inspection, inspect
from alfs_core.noise.labels import LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.tolerance import certified_share
from alfs_core.training.config import RunConfig
from alfs_core.training.conversion import open_elsewhere
from alfs_core.wording import percent
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.predicted import AVERAGE, as_noise, judged, tolerance
from pages.common.show import caption, plain, refusals, text
from pages.common.verdicts import badge, evidence_of, marked, on_demand
from pages.common.workspace import label

CERTIFIED = (
    "Certified: of the first 1,000 images, those whose own row meets the closed condition of the "
    "loss. Where a row does not meet it, the loss may tolerate that row or not."
)
_GRID = """<style>
.wrong-labels {display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr));
  gap: 14px 10px; margin: 0.2rem 0 0.6rem}
.wrong-labels figure {margin: 0}
.wrong-labels img {width: 96px; height: 96px; border-radius: 4px; display: block}
.wrong-labels figcaption {font-size: 0.875rem; line-height: 1.3; margin-top: 4px;
  overflow-wrap: anywhere}
</style>"""


def look_at_labels(config: RunConfig, num_classes: int) -> None:
    """Matrix and verdicts of the labels to come; the labels themselves once they are asked for.

    ``num_classes`` is that of images whose file has not told it yet.
    """
    with refusals():
        if config.labels.kind == "matrix":
            _by_class(config, num_classes)
        _drawn(config)


def verdicts_in_a_line(config: RunConfig, num_classes: int) -> str:
    """The word of the theory on each loss, for noise by class; else that there is none yet."""
    if config.labels.kind != "matrix":
        return "The theory is stated for noise by class: these labels are looked at below."
    K = config.source.num_classes or num_classes
    told = ((spec, judged(spec.build(), config.noise, K)) for spec in config.losses)
    marks = (marked(verdict, f"{plain(label(spec))}: {word}") for spec, (verdict, word, _) in told)
    return f"Theory on this noise: {' '.join(marks)}"


def _by_class(config: RunConfig, num_classes: int) -> None:
    """The matrix asked for beside what it means for each loss; no image is needed."""
    K = config.source.num_classes or num_classes
    T = config.noise.transition(K)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            matrices.matrix_figure(T, title="Transition matrix asked for"),
            key="labels asked",
            alt=f"Transition matrix asked for. {matrices.alternative(T)}",
            caption=matrices.caption(T),
            numbers=lambda: matrices.numbers(T),
            height=400,
        )
    with right:
        text("**What the theory says on this noise**", "noise tolerant", "minimiser")
        if config.source.num_classes is None:
            caption(f"For {K} classes: whether these images have as many, their file tells.")
        for place, spec in enumerate(config.losses):
            with st.container(gap="xxsmall"):
                _verdict(spec, config.noise, K)
                _evidence(spec, config.noise, K, place)


def _evidence(spec: LossSpec, noise: LabelNoise, num_classes: int, place: int) -> None:
    """How the verdict is known, on the class that decides."""

    def show() -> None:
        of = tolerance(spec.build(), noise, num_classes)
        caption(f"On label {of.worst}, which decides.")
        evidence_of(of.findings[of.worst])

    on_demand(f"theory evidence {place}", show)


def _drawn(config: RunConfig) -> None:
    """Rate, matrix, images of the labels as they will be given; verdicts where only they tell."""
    box = st.expander(
        "Look at the wrong labels themselves",
        icon=":material/visibility:",
        key="look at labels",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        if config.source.kind == "official" and downloaded(config.source.path) is None:
            st.info(
                "The race downloads this archive; its labels can be looked at after that.",
                icon=":material/info:",
            )
            return
        with st.spinner("Reading images and labels …"):
            seen = _inspected(config)
        _rate(seen)
        if seen.wrong:
            _matrices(config, seen)
        if config.labels.kind != "matrix":
            _verdicts_on_average(config, seen)


def _inspected(config: RunConfig) -> Inspection:
    open_elsewhere(config.labels)
    noise = config.noise if config.labels.kind == "matrix" else LabelNoise()
    args = (config.source, noise, config.labels, config.images, config.test_images, config.seed)
    return _inspect(*args, stamp=_stamp(config))


@cached
def _inspect(
    source: DataSource,
    noise: LabelNoise,
    labels: LabelSource,
    train: int,
    test: int,
    seed: int,
    stamp: tuple[int, ...],
) -> Inspection:
    return inspect(source, noise, labels, train, test, seed)


def _stamp(config: RunConfig) -> tuple[int, ...]:
    """When the files were written: another file under the same name is looked at anew."""
    files = [] if config.source.kind == "synthetic" else [find(config.source)]
    files += [] if config.labels.file is None else [config.labels.file.find()]
    return tuple(file.stat().st_mtime_ns for file in files)


# ---- what is shown --------------------------------------------------------------------------


def _rate(seen: Inspection) -> None:
    share = percent(seen.wrong / seen.total, 2)
    wrong = f"**{seen.wrong:,} of {seen.total:,} labels are wrong: {share}.**"
    text(f"{wrong} They are {plain(seen.description)}.", "noise rate")


def _matrices(config: RunConfig, seen: Inspection) -> None:
    """The matrix as counted beside images; where each image has a row, beside their average."""
    given = "As people gave them" if config.labels.kind == "human" else "As drawn"
    left, right = st.columns(2, gap="medium")
    with left:
        _matrix("drawn", seen.drawn, given, seen)
    with right:
        if seen.rows is None or seen.asked is None:
            _images(seen)
        else:
            _matrix("average", seen.asked, "Asked for, on average", seen)
    if seen.rows is not None:
        _images(seen)


def _matrix(key: str, T: np.ndarray, title: str, seen: Inspection) -> None:
    chart(
        matrices.matrix_figure(T, title=title, names=seen.class_names),
        key=f"labels {key}",
        alt=f"{title}. {matrices.alternative(T)}",
        caption=plain(matrices.caption(T, seen.class_names)),
        numbers=lambda: matrices.numbers(T),
        height=400,
    )


def _images(seen: Inspection) -> None:
    """A sample of the images whose label is wrong, each with both labels in words."""
    st.markdown("**Some of the wrong labels**")
    told = zip(seen.images, seen.given.tolist(), seen.true.tolist(), strict=True)
    st.html(
        _GRID + f'<div class="wrong-labels">{"".join(_figure(seen, *one) for one in told)}</div>'
    )


def _figure(seen: Inspection, image: np.ndarray, given: int, true: int) -> str:
    said, known = (html.escape(seen.class_names[k]) for k in (given, true))
    return (
        f'<figure><img src="{data_uri(image)}" width="96" height="96" alt="an image of {known}">'
        f"<figcaption>given <b>{said}</b>,<br>true {known}</figcaption></figure>"
    )


def _verdicts_on_average(config: RunConfig, seen: Inspection) -> None:
    """A paragraph for each loss; with rows of their own, how many images are certified."""
    text("**What the theory says on the average**", "noise tolerant", "minimiser")
    st.warning(_caveat(seen), icon=":material/warning:")
    noise = as_noise(seen.counts)
    for spec in config.losses:
        with st.container(gap="xxsmall"):
            _verdict(spec, noise, len(seen.class_names), seen)
    if seen.rows is not None:
        caption(CERTIFIED)


def _verdict(
    spec: LossSpec, noise: LabelNoise, num_classes: int, seen: Inspection | None = None
) -> None:
    """Name, word and sentence; on the average of labels that were ``seen`` where there are some."""
    loss = spec.build()
    verdict, words, why = judged(loss, noise, num_classes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(label(spec))}**", width="content")
        badge(verdict, words if seen is None else f"{words}, on average")
        if seen is not None and seen.rows is not None:
            st.markdown(
                _certified(certified_share(loss, seen.rows, seen.rows_true)), width="content"
            )
    average = "Suppose that every image had the average row. " if seen is not None else ""
    st.markdown(plain(average + why))


def _certified(share: float) -> str:
    if np.isnan(share):
        return "no closed condition known"
    return f"certified on {percent(share, 1)} of images"


def _caveat(seen: Inspection) -> str:
    if seen.undominated is None:
        return f"{AVERAGE} Of the row of a single image nothing is known."
    share = percent(seen.undominated, 1)
    return f"{AVERAGE} At {share} of the images the clean label is not the likeliest."
