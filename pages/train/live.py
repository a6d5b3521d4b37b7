"""Live training: choose data, images and losses; then watch them race."""

from __future__ import annotations

from typing import Any

import streamlit as st

from alfs_core.data.source import DataSource
from alfs_core.errors import AlfsError
from alfs_core.limits import limits
from alfs_core.noise.labels import LabelSource
from alfs_core.training.config import RunConfig
from pages.common import session
from pages.common.duration import ahead, how_long
from pages.common.image_source import data_picker
from pages.common.instant import instant
from pages.common.kept import IN_ADDRESS
from pages.common.label_source import in_words, label_picker
from pages.common.live import follow
from pages.common.recipe import recipe_picker
from pages.common.runs import RUN, TURNED_OFF, admitted, manager, owner, store_notice
from pages.common.show import caption, introduction, plain, refusals, refused_later, show_refused
from pages.common.workspace import Workspace, label
from pages.common.wrong_labels import look_at_labels, verdicts_in_a_line

MOST_SEEDS = 5
VIEW, INSTANT, NETWORK = "race", "Instant race", "Network race"


def main() -> None:
    with introduction():
        st.title("Live training")
        st.markdown(
            "Several losses learn from the same images with the same wrong labels. Watch which of "
            "them learns what is right, and which memorises what is wrong."
        )
    run = st.query_params.get(RUN)
    if run is not None:
        st.button("New race", icon=":material/add:", on_click=_leave, type="tertiary")
        with refusals():
            follow(run)
        return
    if not limits().training:
        st.info(f"{TURNED_OFF[0].upper()}{TURNED_OFF[1:]}; races that were run are under Runs.")
        return
    with refusals():
        if view_picker() == INSTANT:
            config = instant(session.current())
        else:
            config = setup(session.current())
        if config is not None:
            st.space("small")
            look_at_labels(config, session.current().num_classes)


def view_picker() -> str:
    """Which race is shown; a link with settings of the network race alone means that one."""
    if VIEW not in (*st.session_state, *st.query_params) and _means_network():
        st.session_state[VIEW] = NETWORK
    return st.segmented_control(
        "Race",
        [INSTANT, NETWORK],
        default=INSTANT,
        required=True,
        key=VIEW,
        **IN_ADDRESS,
        label_visibility="collapsed",
        help="The instant race trains heads on fixed features of the images: all losses at once, "
        "within seconds, again whenever the noise is moved. The network race trains a network for "
        "each loss, is kept under Runs, and takes a minute or two at least.",
    )


def _means_network() -> bool:
    names = (name for name in st.query_params if not name.startswith("train_label"))
    return any(name.startswith("train_") for name in names)


def _leave() -> None:
    st.query_params.pop(RUN, None)
    st.session_state[VIEW] = NETWORK


def setup(workspace: Workspace) -> RunConfig | None:
    """What to train on and how long; the losses and the noise are the workspace's."""
    store_notice()
    left, right = st.columns([3, 2], gap="large")
    with left:
        source = data_picker()
        labels = label_picker()
        recipe = recipe_picker()
    with right, st.container(border=True):
        st.markdown("**The race**")
        if labels is None:
            st.info("It waits for a file of human labels.", icon=":material/hourglass_empty:")
            return None
        return offer(workspace, source, labels, recipe)


def offer(
    workspace: Workspace, source: DataSource, labels: LabelSource, recipe: dict[str, Any]
) -> RunConfig | None:
    """The race in words with its button; None where its settings are refused."""
    st.markdown(_race(workspace, labels))
    try:
        config = RunConfig.of(
            source=source, noise=workspace.noise, labels=labels, losses=workspace.losses, **recipe
        )
    except AlfsError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None
    if labels.kind == "matrix" and source.num_classes not in (None, workspace.num_classes):
        caption(
            f"These images have {source.num_classes} classes, so the noise is that of "
            f"{source.num_classes} classes here, not of {workspace.num_classes}."
        )
    seeds = st.number_input(
        "Seeds",
        1,
        MOST_SEEDS,
        1,
        key="train_seeds",
        **IN_ADDRESS,
        help="How often to run the race, each time with the next seed: one run after another, "
        "with a table of means and standard deviations at the end. One seed shows an effect; "
        "whether it is larger than chance takes several.",
    )
    st.markdown(verdicts_in_a_line(config, workspace.num_classes))
    caption(" ".join(filter(None, (ahead(config), how_long(config, seeds)))))
    st.button(
        "Start the race",
        type="primary",
        icon=":material/flag:",
        width="stretch",
        on_click=_start,
        args=(config, seeds),
    )
    show_refused("start")
    return config


def _start(config: RunConfig, seeds: int) -> None:
    with refused_later("start"):
        st.query_params[RUN] = manager().start_group(admitted(config), seeds, owner())


def _race(workspace: Workspace, labels: LabelSource) -> str:
    losses = ", ".join(plain(label(spec)) for spec in workspace.losses)
    said = f"{losses}, {in_words(labels, workspace.noise)}."
    if labels.kind != "matrix":
        return f"{said} Choose other losses in the sidebar; its noise plays no part here."
    if workspace.noise.kind == "none":
        return f"{said} Choose other losses or add noise in the sidebar."
    return f"{said} Change both in the sidebar."


main()
