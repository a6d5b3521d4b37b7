"""What every part of the page Noise tolerance looks at."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from alfs_core.figures import matrices
from alfs_core.noise.names import Names, called, label_names
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.sweep import NoiseFamily
from pages.common.choices import Choices, Chosen
from pages.common.kept import IN_ADDRESS
from pages.common.show import plain

choice = Choices("tolerance")
PATIENCE = 0.4  # seconds after which work shows its progress


@dataclass(frozen=True, eq=False)
class Counted:
    """Images per class that a matrix was counted on, and what follows at a confidence level."""

    images: tuple[float, ...]
    level: float
    limits: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Scene:
    """What every part of the page looks at."""

    losses: list[Chosen]
    noise: LabelNoise
    num_classes: int
    T: np.ndarray
    floor: float
    counted: Counted | None

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray] | None:
        return None if self.counted is None else self.counted.limits

    @property
    def names(self) -> Names:
        """What the labels are called, where the noise says of what data they are."""
        return label_names(self.noise)

    @property
    def family(self) -> NoiseFamily:
        return NoiseFamily(self.noise, self.num_classes)


class Progress:
    """A bar that appears when work takes longer than a moment."""

    def __init__(self) -> None:
        self.place, self.start = st.empty(), time.monotonic()

    def tell(self, share: float, what: str) -> None:
        if time.monotonic() - self.start > PATIENCE:
            self.place.progress(min(share, 1.0), text=f"{plain(what)} …")

    def done(self) -> None:
        self.place.empty()


def class_of(scene: Scene) -> int:
    """The clean label that a view is about; at first the one with the tightest row."""
    tightest = matrices.worst_confusion(scene.T)[0]
    picked = st.selectbox(
        "Clean label",
        list(range(scene.num_classes)),
        format_func=lambda k: called(k, scene.names),
        index=tightest,
        key=f"tolerance_class{scene.num_classes}",
        **IN_ADDRESS,
        width=160,
    )
    return int(picked)
