"""What is measured of a race, as curves: titles, axes and what to look for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alfs_core.training.events import Epoch, Progress
from alfs_core.training.history import Track


@dataclass(frozen=True)
class Quantity:
    """A field of Epoch as a curve; ``percent`` where it is a share, ``live`` where Progress has it
    too."""

    title: str
    axis: str
    field: str
    caption: str
    alt: str
    percent: bool = True
    live: bool = False

    def column(self, track: Track, steps_per_epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Epochs and values of a loss; with the newest value between two epochs where there is one
        and ``steps_per_epoch`` is given."""
        points = self.points(track.epochs)
        if self.live and track.progress is not None and steps_per_epoch:
            at = track.progress.step / steps_per_epoch
            points.append((at, getattr(track.progress, self.field)))
        return np.array([x for x, _ in points]), np.array([y for _, y in points])

    def points(self, epochs: tuple[Epoch | Progress, ...]) -> list[tuple[float, float]]:
        """(epoch, value) where there is a value."""
        measured = ((e.epoch, getattr(e, self.field)) for e in epochs)
        return [(x, y) for x, y in measured if y is not None]


QUANTITIES: dict[str, Quantity] = {
    "test accuracy": Quantity(
        "Test accuracy",
        "right on clean test labels",
        "test_accuracy",
        "Look for a curve that rises early and falls later: that loss has begun to fit wrong "
        "labels.",
        "Share of clean test labels predicted, per epoch.",
    ),
    "right labels learned": Quantity(
        "Right labels learned",
        "share reproduced",
        "clean_fit",
        "Learning: the images whose given label is true.",
        "Share of rightly labelled training images predicted as labelled, per epoch.",
    ),
    "wrong labels memorised": Quantity(
        "Wrong labels memorised",
        "share reproduced",
        "wrong_fit",
        "Memorising: the images whose given label is wrong. Lower is better.",
        "Share of wrongly labelled training images predicted as labelled, per epoch.",
    ),
    "gradient from wrong labels": Quantity(
        "Gradient from wrong labels",
        "share of the gradient",
        "wrong_gradient",
        "What pulls at the network: near 100 %, a loss learns little but wrong labels.",
        "Share of the gradient that comes from wrong labels, per epoch.",
    ),
    "training loss": Quantity(
        "Training loss",
        "mean since the last point",
        "train_loss",
        "Each loss in its own unit, before scaling: compare shapes, not heights.",
        "Mean training loss between evaluations.",
        percent=False,
        live=True,
    ),
    "gradient norm": Quantity(
        "Gradient norm",
        "mean since the last point",
        "grad_norm",
        "Of the scaled loss, over all weights, before clipping. A norm that vanishes early says "
        "that the loss has stopped learning.",
        "Mean norm of the gradient between evaluations.",
        percent=False,
        live=True,
    ),
}


def percent_cell(share: float | None) -> str:
    """A cell: percent with one digit, empty where there was nothing to measure."""
    return "" if share is None else f"{100 * share:.1f}"
