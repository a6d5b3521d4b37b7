"""Home: what the lab is about in one picture, and the ways in."""

from __future__ import annotations

import numpy as np
import streamlit as st

from alfs_core.figures.simplex import Panel, alternative, numbers, shown
from alfs_core.figures.slide import slide_figure
from alfs_core.losses import AGCE, CE, Loss
from alfs_core.noise.transition import symmetric
from alfs_core.theory.simplex import minimise
from alfs_core.theory.surface import Surface, surface
from alfs_core.theory.threshold import domination_rate, largest_rate
from pages.common.banner import place
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.kept import IN_ADDRESS
from pages.common.lessons import SCENES, TOUR
from pages.common.navigation import HOME, SECTIONS
from pages.common.show import explained, hover, text

YIELDING, HOLDING = CE(), AGCE(a=0.6, q=0.6)
PLACES = {YIELDING: 0, HOLDING: 2}  # as in the workspace that a fresh session opens with
STEP = 0.01
START = 0.45
RISK = "noisy risk"
ICONS = {entry.path: entry.icon for group in SECTIONS.values() for entry in group}


def row(rate: float) -> tuple[float, float, float]:
    """How often an image of class 1 is given each of three labels."""
    first, second, third = symmetric(3, rate)[0]
    return float(first), float(second), float(third)


@cached
def rates() -> list[float]:
    """The rates of the slider, up to where wrong labels become as frequent as the right one."""
    end = domination_rate(lambda rate: np.array(row(rate)))
    return [i * STEP for i in range(int(end / STEP) + 1)]


@cached
def risk(loss: Loss, rate: float) -> Surface:
    """The noisy risk of an image of class 1."""
    return surface(loss, row(rate))


@cached
def minimisers(loss: Loss) -> np.ndarray:
    """Where the noisy risk is smallest at each of the rates, shape (N, 3)."""
    return np.array([minimise(loss, np.array(row(rate))).point for rate in rates()])


@cached
def threshold(loss: Loss) -> float:
    """The largest rate on which the loss is asymmetric; its condition has a closed form."""
    limit = largest_rate(loss, lambda rate: np.array(row(rate)))
    assert limit is not None
    return limit


def verdict(loss: Loss, rate: float) -> str:
    """Where the minimiser is, and on which side of the loss's threshold the rate lies."""
    limit, point = threshold(loss), risk(loss, rate).minimum.point
    said = f"**{loss.name}**'s best prediction is **{shown(point)}**: "
    if limit <= 0:
        stays = "" if rate else "it stays while there is none, but "
        return f"{said}{stays}its threshold is 0, so any noise moves it."
    if rate <= limit:
        return said + f"η = {rate:.2f} is {below(rate, limit)}, so it stays."
    return said + f"η = {rate:.2f} is above its threshold {limit:.4f}, so it has left."


def below(rate: float, limit: float) -> str:
    return f"below its threshold {limit:.4f}" if rate < limit else f"its threshold {limit:.4f}"


def picture(loss: Loss, rate: float) -> None:
    """The noisy risk over all predictions, with the way its minimiser has gone."""
    panel = Panel(loss.name, PLACES[loss], risk(loss, rate))
    way = minimisers(loss)[: round(rate / STEP) + 1]
    chart(
        slide_figure(panel, way, RISK),
        key=f"home-{loss.name}",
        alt=alternative(panel, RISK),
        caption=verdict(loss, rate),
        numbers=lambda: numbers(panel),
        height=410,
    )


def scenes() -> None:
    """The tour and every scene."""
    with st.grid(min_column_width=250, border=True):
        steps = f"From the definition of a loss to a race, in {len(TOUR)} steps."
        tile("Guided tour", "signpost", steps, *place(TOUR[0]))
        for lesson in SCENES:
            tile(lesson.title, ICONS[lesson.scene.page], lesson.scene.about, *place(lesson))


def ways_in() -> None:
    """The pages, one sentence each."""
    entries = [entry for group in SECTIONS.values() for entry in group if entry is not HOME]
    with st.grid(min_column_width=280, border=True):
        for entry in entries:
            tile(entry.title, entry.icon, entry.about, f"pages/{entry.file}")


def tile(title: str, icon: str, about: str, file: str, query: dict[str, str] | None = None) -> None:
    """A link with its sentence."""
    with st.container(gap="xsmall"):
        label, symbol = f"**{title}**", f":material/{icon}:"
        st.page_link(
            file, label=label, icon=symbol, help=explained(title) or "", query_params=query
        )
        text(about)


st.title("ALF Lab", anchor=False)
text(
    "A laboratory for **asymmetric loss functions**: losses that find the right answer although "
    "labels are wrong, up to a noise rate that can be computed.",
    "asymmetric loss",
    "asymmetry ratio",
    "threshold",
)
st.markdown(
    "Each point is a prediction for three classes, and the left corner, class 1, is right. The "
    "star is the prediction with the smallest risk under noisy labels, the diamond how often each "
    "label is given, and the white line is the way that the star has come while the noise rose."
)
rate = st.slider(
    "Noise rate $\\eta$: the share of the labels of class 1 that are wrong",
    rates()[0],
    rates()[-1],
    START,
    STEP,
    format="%.2f",
    key="rate",
    **IN_ADDRESS,
    help=hover("noise rate", "symmetric noise", "noisy risk", "minimiser"),
)
for column, loss in zip(st.columns(2, gap="medium"), PLACES, strict=True):
    with column:
        picture(loss, rate)
st.subheader("Scenes", anchor=False)
st.markdown("Each opens a page that is set up for it, with a question to answer before you look.")
scenes()
st.subheader("Pages", anchor=False)
ways_in()
