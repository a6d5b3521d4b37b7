"""What is trained, how long and where: the settings of a network race."""

from __future__ import annotations

from typing import Any

import streamlit as st

from alfs_core.limits import limits
from alfs_core.training.config import RANGES
from alfs_core.training.recipe import NETWORKS, RECIPES, ModelName, Recipe
from pages.common import runs, session
from pages.common.kept import IN_ADDRESS
from pages.common.live import MODELS
from pages.common.show import caption

MOST_IMAGES = 50_000


def recipe_picker() -> dict[str, Any]:
    """What is trained, how long and where, as settings of a run."""
    model = st.segmented_control(
        "What is trained",
        list(NETWORKS),
        default="air_3",
        required=True,
        format_func=lambda name: MODELS[name],
        key="train_model",
        **IN_ADDRESS,
        wrap=True,
        help=_MODEL_HELP,
    )
    session.words_of("train_model", lambda name: MODELS[name])
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
        **IN_ADDRESS,
        help="A longer race is better spent on images than on epochs.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scaling = st.segmented_control(
            "Scale of the losses",
            ["equal step", "published"],
            default=recipe.scaling,
            required=True,
            key=f"train_scale_{model}",
            **IN_ADDRESS,
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
            **IN_ADDRESS,
            help="Draws the weights, the batches and the wrong labels. The same seed on the same "
            "machine repeats the race.",
        )
    device = st.selectbox(
        "Device",
        ["auto", *(found.name for found in runs.devices().known)],
        format_func=_device_title,
        key="train_device",
        **IN_ADDRESS,
        help="Automatic is a CUDA device where there is one, else the CPU. Where another "
        "device fails or its memory is full, the race goes on on the CPU and says so.",
    )
    session.words_of("train_device", _device_title)
    caption(_protocol(recipe))
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
        **IN_ADDRESS,
        help="With *minutes* the speed is measured for a second before the start and the number "
        "of epochs set from it, so that the learning rate comes to its end in time.",
    )
    if by == "epochs":
        epochs = st.number_input(
            "Epochs", 1, 200, recipe.epochs, key=f"train_epochs_{model}", **IN_ADDRESS
        )
        return {"epochs": epochs, "time_limit": RANGES["time_limit"][1]}
    most = limits().run_minutes
    minutes = st.number_input(
        "Minutes", 0.5, most, min(2.0, most), step=0.5, key="train_minutes", **IN_ADDRESS
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
    return next((found.title for found in runs.devices().known if found.name == name), name)
