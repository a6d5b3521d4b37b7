"""Instance-dependent noise: every image has a row of its own, drawn from its pixels (THEORY C).

The part-dependent generator of the papers' code. Image x of class y keeps its label with
probability 1 − q, where q ~ N(η, 0.1²) truncated to (0, 1); the rest goes to the other classes by a
softmax over x W, the same normal W (D, K) for all images and the entry of y left out. The code of
the papers scales pixels in several ways; here they lie in [0, 1].
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from scipy.stats import truncnorm

SPREAD = 0.1  # standard deviation of the rates before they are cut to (0, 1)
CHUNK = 4096  # images whose pixels are numbers at one time

Labels = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float64]


def instance_rows(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer],
    num_classes: int,
    rate: float,
    rng: np.random.Generator,
) -> Rows:
    """P(ỹ = k | x, y) (N, K) for ``images`` (N, ...) with clean ``labels`` (N,); 0 < rate < 1."""
    ends = -rate / SPREAD, (1 - rate) / SPREAD
    q = truncnorm.rvs(*ends, loc=rate, scale=SPREAD, size=len(images), random_state=rng)
    W = rng.standard_normal((images[0].size, num_classes), np.float32)
    rows = np.empty((len(images), num_classes))
    for first in range(0, len(images), CHUNK):
        part = slice(first, first + CHUNK)
        rows[part] = images[part].reshape(-1, len(W)).astype(np.float32) / 255 @ W
    own = np.arange(len(images)), labels
    rows[own] = -np.inf
    rows = q[:, None] * softmax(rows, axis=1)
    rows[own] = 1 - q
    return rows


def draw(rows: Rows, rng: np.random.Generator) -> Labels:
    """A label (N,) for each row (N, K) of probabilities."""
    below = rows.cumsum(axis=1)[:, :-1]
    return (rng.random(len(rows))[:, None] >= below).sum(axis=1, dtype=np.int64)


def class_average(
    rows: Rows, labels: npt.NDArray[np.integer], num_classes: int
) -> npt.NDArray[np.float64]:
    """T (K, K): the mean row of each class; that of a class without images is the identity's."""
    T = np.eye(num_classes)
    for k in np.unique(labels):
        T[k] = rows[labels == k].mean(axis=0)
    return T / T.sum(axis=1, keepdims=True)
