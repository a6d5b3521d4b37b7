"""Live training: choose data, images and losses; then watch them race."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import streamlit as st

from alfs_core.data.checksum import ARCHIVES
from alfs_core.data.download import downloaded
from alfs_core.data.local import list_local
from alfs_core.data.source import DataSource, SourceKind, find
from alfs_core.data.uploads import keep, shown_name
from alfs_core.errors import AlfsError, DataError
from alfs_core.noise.labels import LabelSource
from alfs_core.training.config import RANGES, RunConfig
from alfs_core.training.recipe import NETWORKS, RECIPES, ModelName, Recipe
from pages.common import session
from pages.common.instant import instant
from pages.common.label_source import in_words, label_picker
from pages.common.live import MODELS, follow
from pages.common.runs import RUN, devices, manager, owner
from pages.common.show import plain, refusals
from pages.common.workspace import Workspace, label
from pages.common.wrong_labels import look_at_labels

MOST_IMAGES = 50_000
MOST_SEEDS = 5
TITLES = {"cifar-10-binary.tar.gz": "CIFAR-10", "cifar-100-binary.tar.gz": "CIFAR-100"}
OFFICIAL = [DataSource("official", file) for file in TITLES]
UPLOADS = "uploaded archives"
VIEW, INSTANT, NETWORK = "race", "Instant race", "Network race"
DATA, DATA_LINK = "train data", "data"


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
            instant(session.current(), data_picker)
        else:
            setup(session.current())


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


def setup(workspace: Workspace) -> None:
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
            return
        config = offer(workspace, source, labels, recipe)
    if config is not None:
        st.space("small")
        look_at_labels(config)


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


def data_picker() -> DataSource:
    """The built-in images, a file below ALFLAB_DATA, an upload, or an official archive."""
    _open_data_link()
    sources = _sources()
    source = st.selectbox("Images", sources, format_func=_described, key=DATA, help=_DATA_HELP)
    _write_data_link(source)
    with st.expander("Upload images", icon=":material/upload:"):
        st.markdown(
            "A `.zip` with `train/<class>/*.jpg` and `test/<class>/*.jpg` (or `.png`), an `.npz` "
            "with `x_train`, `y_train`, `x_test`, `y_test`, or a CIFAR archive (`.tar.gz`); up to "
            "200 MB. Images become 32 by 32 pixels."
        )
        st.file_uploader(
            "Archive of images",
            type=["zip", "npz", "gz", "tgz"],
            key="upload",
            label_visibility="collapsed",
            on_change=_take_upload,
        )
        if message := st.session_state.get("upload refused"):
            st.error(plain(message), icon=":material/block:")
    return source


def _sources() -> list[DataSource]:
    return [DataSource(), *_local(), *st.session_state.get(UPLOADS, []), *OFFICIAL]


def _open_data_link() -> None:
    """Choose the images that a link names; say so where this server does not have them."""
    wanted = st.query_params.get(DATA_LINK)
    if wanted is None or DATA in st.session_state:
        return
    try:
        source = _linked(wanted)
    except AlfsError as error:
        st.warning(
            f"The images of the link cannot be used: {plain(str(error))}.",
            icon=":material/link_off:",
        )
    else:
        st.session_state[DATA] = source


def _linked(address: str) -> DataSource:
    """The images that an address names, another visitor's upload too; AlfsError says why not."""
    kind, _, path = address[:300].partition(":")
    source = DataSource(cast(SourceKind, kind), path)
    if source.kind == "upload" and find(source):
        _remember(source)
    if source not in _sources():
        raise DataError(f"{path} is not on this server")
    return source


def _remember(source: DataSource) -> None:
    known = st.session_state.setdefault(UPLOADS, [])
    if source not in known:
        known.append(source)


def _write_data_link(source: DataSource) -> None:
    if source == DataSource():
        st.query_params.pop(DATA_LINK, None)
    else:
        st.query_params[DATA_LINK] = _address(source)


def _address(source: DataSource) -> str:
    return f"{source.kind}:{source.path}"


_DATA_HELP = (
    "Shapes-10 is drawn by this program: ten kinds of shapes, no download. Files of this machine "
    "are offered when its owner names their folder in ALFLAB_DATA. An official archive is "
    "downloaded by the race that needs it, continued where it broke off, and used only if its "
    "checksum is the published one."
)


def _local() -> list[DataSource]:
    return [DataSource("local", path) for path in list_local()]


def _described(source: DataSource) -> str:
    if source.kind == "synthetic":
        return "Shapes-10: synthetic, built in"
    if source.kind == "official":
        title = f"{TITLES[source.path]}: the official archive"
        size = ARCHIVES[source.path].size / 1e6
        return title if downloaded(source.path) else f"{title}, a download of {size:.0f} MB"
    return f"{shown_name(source.path)} (uploaded)" if source.kind == "upload" else source.path


def _take_upload() -> None:
    uploaded = st.session_state["upload"]
    st.session_state["upload refused"] = None
    if uploaded is None:
        return
    try:
        source = DataSource("upload", keep(uploaded.name, uploaded))
    except AlfsError as error:
        st.session_state["upload refused"] = str(error)
        return
    _remember(source)
    st.session_state[DATA] = source


def recipe_picker() -> dict[str, Any]:
    """What is trained, how long and where, as settings of a run."""
    model = st.segmented_control(
        "What is trained",
        list(NETWORKS),
        default="air_3",
        required=True,
        format_func=lambda name: MODELS[name],
        key="train_model",
        bind="query-params",
        wrap=True,
        help=_MODEL_HELP,
    )
    recipe = RECIPES[model]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        length = _length(model, recipe)
    with st.expander("More settings", icon=":material/tune:"):
        return {"model": model} | length | _more(model, recipe)


def _more(model: ModelName, recipe: Recipe) -> dict[str, Any]:
    """Settings that the recipe has a good value for."""
    images = st.slider(
        "Training images",
        1_000,
        MOST_IMAGES,
        recipe.images,
        step=1_000,
        key=f"train_images_{model}",
        bind="query-params",
        help="A longer race is better spent on images than on epochs.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scaling = st.segmented_control(
            "Scale of the losses",
            ["equal step", "published"],
            default=recipe.scaling,
            required=True,
            key=f"train_scale_{model}",
            bind="query-params",
            help="Published formulas differ up to 75-fold in slope at the uniform prediction, "
            "which is no more than a learning rate. *Equal step* multiplies each loss so that all "
            "have the same slope there; what is proved about a loss does not depend on its scale.",
        )
        seed = st.number_input(
            "First seed",
            0,
            2**31 - 1,
            0,
            key="train_seed",
            bind="query-params",
            help="Draws the weights, the batches and the wrong labels. The same seed on the same "
            "machine repeats the race.",
        )
    device = st.selectbox(
        "Device",
        ["auto", *(found.name for found in devices().known)],
        format_func=_device_title,
        key="train_device",
        bind="query-params",
        help="Automatic is a CUDA device where there is one, else the CPU. Where another "
        "device fails or its memory is full, the race goes on on the CPU and says so.",
    )
    st.caption(_protocol(recipe))
    return {
        "images": images,
        "test_images": min(10_000 if recipe.schedule == "cosine" else 5_000, images // 2),
        "scaling": scaling,
        "seed": seed,
        "device": device,
    }


_MODEL_HELP = (
    "The small network shows the effect within a minute or two on a CPU. The wide network is for a "
    "GPU. The 8-layer network and the ResNets follow the protocols of the papers on CIFAR-10 and "
    "CIFAR-100: hours for each loss on a CPU."
)


def _length(model: ModelName, recipe: Recipe) -> dict[str, Any]:
    """How long to train: a number of epochs, or minutes that are to be filled with epochs."""
    by = st.segmented_control(
        "Length",
        ["epochs", "minutes"],
        default="epochs",
        required=True,
        key="train_length",
        bind="query-params",
        help="With *minutes* the speed is measured for a second before the start and the number "
        "of epochs set from it, so that the learning rate comes to its end in time.",
    )
    if by == "epochs":
        epochs = st.number_input(
            "Epochs", 1, 200, recipe.epochs, key=f"train_epochs_{model}", bind="query-params"
        )
        return {"epochs": epochs, "time_limit": RANGES["time_limit"][1]}
    minutes = st.number_input(
        "Minutes", 0.5, 1_440.0, 2.0, step=0.5, key="train_minutes", bind="query-params"
    )
    return {"fill_time": True, "time_limit": 60 * minutes}


def _protocol(recipe: Recipe) -> str:
    schedule = {
        "triangle": "rising, then falling linearly to 0",
        "cosine": "falling to 0 like a cosine",
    }[recipe.schedule]
    moved = {
        "none": "images as they are",
        "crop and flip": "random crops and flips",
        "crop, flip and turn": "random crops, flips and turns up to 20 degrees",
    }[recipe.augmentation]
    return (
        f"{recipe.title[0].upper()}{recipe.title[1:]}: batches of {recipe.batch}, learning rate "
        f"{recipe.lr:g} {schedule}, momentum {recipe.momentum:g}"
        f"{' (Nesterov)' if recipe.nesterov else ''}, weight decay {recipe.weight_decay:g}, "
        f"gradients clipped at {recipe.clip:g}, {moved}."
    )


def _device_title(name: str) -> str:
    if name == "auto":
        return "Automatic"
    return next((found.title for found in devices().known if found.name == name), name)


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
