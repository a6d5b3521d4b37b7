"""Wrong labels drawn from a transition matrix, with exact counts instead of coin tosses."""

import numpy as np
import numpy.typing as npt

from alfs_core.errors import DataError
from alfs_core.noise.transition import check_transition

Labels = npt.NDArray[np.int64]


def corrupt(labels: npt.NDArray[np.integer], T: np.ndarray, rng: np.random.Generator) -> Labels:
    """Noisy labels (N,) for clean ``labels`` (N,) under T (K, K).

    Of the n images of class i, n T[i, j] get the label j, rounded by largest remainder, so the
    realised noise is within one image of T in every entry; which images, and who wins a tie of
    remainders, is drawn. Raises TransitionError or DataError where T or a label is not valid.
    """
    T = check_transition(T)
    _check_labels(labels, len(T))
    noisy = np.array(labels, np.int64)
    for label, row in enumerate(T):
        places = rng.permutation(np.flatnonzero(labels == label))
        noisy[places] = np.repeat(np.arange(len(T)), shares(row, len(places), rng))
    return noisy


def shares(weights: np.ndarray, total: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """``total`` things dealt out as ``weights`` (K,), which sum to 1, by largest remainder."""
    exact = weights * total
    counts = np.floor(exact + 1e-9).astype(np.int64)
    remainder = np.round(exact - counts, 9)
    order = np.lexsort((rng.random(len(weights)), -remainder))
    counts[order[: total - counts.sum()]] += 1
    return counts


def empirical_transition(
    clean: npt.NDArray[np.integer], noisy: npt.NDArray[np.integer], num_classes: int
) -> npt.NDArray[np.float64]:
    """T (K, K) as counted from pairs of labels; the row of a class without images is the identity.

    Raises DataError where lengths differ or a label names no class.
    """
    return counted_transition(count_labels(clean, noisy, num_classes))


def counted_transition(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """T (K, K) for counts (K, K); the row of a class without images is the identity."""
    total = counts.sum(1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.eye(len(counts)))


def count_labels(
    clean: npt.NDArray[np.integer], noisy: npt.NDArray[np.integer], num_classes: int
) -> npt.NDArray[np.int64]:
    """How many images of class i have the label j, (K, K).

    Raises DataError where lengths differ or a label names no class.
    """
    _check_labels(clean, num_classes)
    _check_labels(noisy, num_classes)
    if clean.shape != noisy.shape:
        raise DataError(f"{clean.size} clean labels and {noisy.size} noisy ones do not pair up")
    pairs = clean.astype(np.int64) * num_classes + noisy
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def _check_labels(labels: npt.NDArray[np.integer], num_classes: int) -> None:
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"labels {labels.dtype} {labels.shape} are no list of class numbers")
    wrong = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if wrong.size:
        raise DataError(f"label {labels[wrong[0]]} lies outside the classes 0 to {num_classes - 1}")
