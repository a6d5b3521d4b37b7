"""What the theory says of a loss on the noise of a race, in a word or two."""

from __future__ import annotations

import numpy as np

from alfs_core.losses import Loss
from alfs_core.noise.corruption import counted_transition
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.tolerance import Tolerance, tolerant
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Ready, Started
from pages.common.cache import cached
from pages.common.matrix_editor import rows_of

AVERAGE = (
    "These labels go wrong image by image, and the theory is stated for the average over the "
    "images of a class as if it held at each of them. A dominant clean label on average does not "
    "make it dominant at every image, so the average certifies nothing for this race."
)


IN_PAIRS = ("pair", "cifar10", "mnist", "cifar100", "superclass", "flip2")
ACCURACY_TELLS_LITTLE = (
    "Flips within a few classes seldom separate the losses by test accuracy in a race of minutes; "
    "the wrong labels memorised do."
)

WORDS = {
    Verdict.HOLDS: "tolerant",
    Verdict.FAILS: "not tolerant",
    Verdict.UNDECIDED: "undecided",
    Verdict.UNDEFINED: "does not apply",
}


@cached
def tolerance(loss: Loss, noise: LabelNoise, num_classes: int) -> Tolerance:
    """The verdict on a loss with all its evidence."""
    return tolerant(loss, noise.transition(num_classes))


@cached
def judged(loss: Loss, noise: LabelNoise, num_classes: int) -> tuple[Verdict, str, str]:
    """The verdict on a loss, in a word or two, and the sentence that says why."""
    result = tolerance(loss, noise, num_classes)
    if result.limit is Verdict.HOLDS and result.verdict not in (Verdict.HOLDS, Verdict.UNDEFINED):
        return Verdict.HOLDS, "tolerant in the limit", result.sentence
    return result.verdict, WORDS[result.verdict], result.sentence


def flips_in_pairs(config: RunConfig) -> bool:
    """Whether labels go wrong by class, and only to one or two classes."""
    return config.labels.kind == "matrix" and config.noise.kind in IN_PAIRS


def as_noise(counts: np.ndarray) -> LabelNoise:
    """The noise of labels (K, K) as they were counted, class by class."""
    T = counted_transition(counts)
    return LabelNoise(CUSTOM, float(1 - np.diag(T).mean()), rows_of(T))


def theory_of(config: RunConfig, started: Started | Ready) -> list[str]:
    """The prediction for each loss of a run, on its matrix or on the average that it has."""
    K = len(started.class_names)
    if config.labels.kind == "matrix":
        return [judged(spec.build(), config.noise, K)[1] for spec in config.losses]
    noise = as_noise(np.array(started.label_counts))
    return [f"{judged(spec.build(), noise, K)[1]}, on average" for spec in config.losses]
