"""The labels of a race before it begins: how many are wrong, how, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alfs_core.data.dataset import Dataset, Images, balanced
from alfs_core.data.source import DataSource, load
from alfs_core.noise.corruption import count_labels, counted_transition
from alfs_core.noise.labels import GivenLabels, LabelSource, give_labels
from alfs_core.noise.transition import LabelNoise

SAMPLE = 18  # images that are shown
ROWS = 1_000  # images whose own rows are kept

Labels = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Inspection:
    """``counts`` (K, K): training images of class i that are given the label j.

    ``asked`` (K, K) is what they were drawn by, None for people. ``rows`` (M, K) and ``rows_true``
    (M,) are the probabilities and classes of the first images, where each has a row of its own.
    ``images`` (S, 32, 32, 3) with ``given`` and ``true`` (S,) are a sample of the wrong ones, even
    over their classes.
    """

    class_names: tuple[str, ...]
    description: str
    counts: Labels
    asked: Matrix | None
    rows: Matrix | None
    rows_true: Labels
    images: Images
    given: Labels
    true: Labels

    @property
    def drawn(self) -> Matrix:
        """T (K, K) as counted."""
        return counted_transition(self.counts)

    @property
    def wrong(self) -> int:
        """How many labels are wrong."""
        return int(self.counts.sum() - np.trace(self.counts))

    @property
    def total(self) -> int:
        """How many labels there are."""
        return int(self.counts.sum())

    @property
    def undominated(self) -> float | None:
        """The share of ``rows`` whose clean label is not the most probable; None without rows."""
        if self.rows is None:
            return None
        own = np.arange(len(self.rows)), self.rows_true
        others = self.rows.copy()
        others[own] = -np.inf
        return float((others.max(axis=1) >= self.rows[own]).mean())


def inspect(
    source: DataSource, noise: LabelNoise, labels: LabelSource, train: int, test: int, seed: int
) -> Inspection:
    """The labels that a race with these settings will train on.

    Raises DataError or TransitionError where that race could not begin.
    """
    dataset = load(source, train, test, seed)
    return of(dataset, give_labels(dataset, noise, labels, seed))


def of(dataset: Dataset, made: GivenLabels) -> Inspection:
    """The inspection of labels that were made for ``dataset``; the sample is the same each time."""
    clean, given, K = dataset.y_train, made.labels, dataset.num_classes
    wrong = np.flatnonzero(given != clean)
    shown = (
        wrong[balanced(clean[wrong], SAMPLE, K, np.random.default_rng(0))] if len(wrong) else wrong
    )
    return Inspection(
        dataset.class_names,
        made.description,
        count_labels(clean, given, K),
        made.asked,
        None if made.rows is None else made.rows[:ROWS],
        clean[:ROWS],
        dataset.x_train[shown],
        given[shown],
        clean[shown],
    )
