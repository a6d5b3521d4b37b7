"""Live training: choose data, images and losses; then watch them race."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from alfs_core.data.source import DataSource
from alfs_core.errors import AlfsError
from alfs_core.noise.labels import LabelSource
from alfs_core.training.config import RunConfig
from pages.common import session
from pages.common.image_source import data_picker
from pages.common.instant import instant
from pages.common.label_source import in_words, label_picker
from pages.common.live import follow
from pages.common.recipe import recipe_picker
from pages.common.runs import RUN, devices, manager, owner
from pages.common.show import plain, refusals
from pages.common.workspace import Workspace, label
from pages.common.wrong_labels import look_at_labels, verdicts_in_a_line

MOST_SEEDS = 5
VIEW, INSTANT, NETWORK = "race", "Instant race", "Network race"


def main() -> None:
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
        bind="query-params",
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
        st.caption(
            f"These images have {source.num_classes} classes, so the noise is that of "
            f"{source.num_classes} classes here, not of {workspace.num_classes}."
        )
    seeds = st.number_input(
        "Seeds",
        1,
        MOST_SEEDS,
        1,
        key="train_seeds",
        bind="query-params",
        help="How often to run the race, each time with the next seed: one run after another, "
        "with a table of means and standard deviations at the end. One seed shows an effect; "
        "whether it is larger than chance takes several.",
    )
    st.markdown(verdicts_in_a_line(config, workspace.num_classes))
    st.caption(_estimate(config, seeds))
    st.button(
        "Start the race",
        type="primary",
        icon=":material/flag:",
        width="stretch",
        on_click=_start,
        args=(config, seeds),
    )
    if message := st.session_state.pop("start refused", None):
        st.error(plain(message), icon=":material/block:")
    return config


def _start(config: RunConfig, seeds: int) -> None:
    try:
        st.query_params[RUN] = manager().start_group(config, seeds, owner())
    except AlfsError as error:
        st.session_state["start refused"] = str(error)


def _race(workspace: Workspace, labels: LabelSource) -> str:
    losses = ", ".join(plain(label(spec)) for spec in workspace.losses)
    said = f"{losses}, {in_words(labels, workspace.noise)}."
    if labels.kind != "matrix":
        return f"{said} Choose other losses in the sidebar; its noise plays no part here."
    if workspace.noise.kind == "none":
        return f"{said} Choose other losses or add noise in the sidebar."
    return f"{said} Change both in the sidebar."


def _estimate(config: RunConfig, seeds: int) -> str:
    """How long the race lasts, or how many epochs fit, as far as that is known before it."""
    measured = manager().store.speed(config.model, config.device)
    if measured is None and _on_gpu(config.device):
        return "How long it lasts is said after its first seconds: nothing was measured here yet."
    speed = measured or config.recipe.speed
    basis = "as fast as the last race here" if measured else "on one core; less on more"
    if config.fill_time:
        fit = int(config.time_limit / replace(config, epochs=1).seconds(speed))
        basis = basis.replace("less on more", "more on several")
        if not fit:
            return f"Not one epoch fits ({basis}): the race would end within its first."
        epochs = "1 epoch" if fit == 1 else f"{fit} epochs"
        return f"About {epochs} ({basis}); the number is set before the first step."
    whole = _duration(seeds * config.seconds(speed))
    basis += f"; {seeds} seeds" if seeds > 1 else ""
    return f"About {whole} ({basis}), after a few seconds to begin."


def _on_gpu(device: str) -> bool:
    known = [found.name for found in devices().known]
    return (known[0] if device == "auto" else device).startswith(("cuda", "mps"))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.1f} minutes" if seconds < 5_400 else f"{seconds / 3600:.1f} hours"


main()
