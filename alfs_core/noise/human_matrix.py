"""What people made of CIFAR-10: how often each class was given each label (Wei et al. 2022)."""

from __future__ import annotations

import numpy as np

from alfs_core.noise.transition import CUSTOM, LabelNoise

# CIFAR-10N, label set "worse", counted against the clean labels of the 50,000 training images
_WORST = (
    (3251, 328, 359, 96, 97, 114, 94, 83, 423, 155),
    (215, 2961, 76, 132, 87, 77, 68, 68, 79, 1237),
    (277, 183, 3160, 229, 297, 238, 249, 166, 118, 83),
    (198, 172, 396, 2436, 213, 1028, 235, 119, 106, 97),
    (197, 163, 350, 201, 2441, 532, 195, 758, 105, 58),
    (165, 141, 264, 915, 202, 2901, 137, 147, 61, 67),
    (190, 191, 420, 379, 254, 288, 2968, 143, 102, 65),
    (199, 140, 121, 110, 256, 309, 115, 3608, 87, 55),
    (409, 364, 109, 72, 105, 93, 82, 109, 3417, 240),
    (208, 1410, 87, 103, 88, 88, 60, 72, 131, 2753),
)


def human_labels() -> LabelNoise:
    """The noise of CIFAR-10N's worst labels as a matrix of shares."""
    counts = np.array(_WORST)
    T = counts / counts.sum(axis=1, keepdims=True)
    wrong = 1 - float(np.trace(counts)) / float(counts.sum())
    return LabelNoise(CUSTOM, wrong, tuple(tuple(float(x) for x in row) for row in T))
