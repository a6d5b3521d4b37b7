"""Transition matrices: T[i, j] = P(ỹ = j given y = i), rows sum to 1 (THEORY C)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from alfs_core.errors import TransitionError
from alfs_core.noise.cifar import COLUMNS, Column, human_rates, next_in_superclass
from alfs_core.wording import percent

ROW_TOLERANCE = 1e-9

CIFAR10_MAP = {9: 1, 2: 0, 4: 7, 3: 5, 5: 3}
MNIST_MAP = {7: 1, 2: 7, 5: 6, 6: 5, 3: 8}


def identity(num_classes: int, rate: float = 0.0) -> np.ndarray:
    """No noise."""
    return np.eye(num_classes)


def symmetric(num_classes: int, rate: float) -> np.ndarray:
    """1 − η stays, the rest goes evenly to the other classes."""
    T = np.full((num_classes, num_classes), rate / (num_classes - 1))
    np.fill_diagonal(T, 1 - rate)
    return T


def symmetric_with_own(num_classes: int, rate: float) -> np.ndarray:
    """(1 − η) I + η/K: the redrawn label may be the class itself."""
    return (1 - rate) * np.eye(num_classes) + rate / num_classes


def pair_flip(num_classes: int, rate: float) -> np.ndarray:
    """η of each class goes to the next one, cyclically."""
    return _moved({i: (i + 1) % num_classes for i in range(num_classes)}, num_classes, rate)


def flip_to_two(num_classes: int, rate: float) -> np.ndarray:
    """η/2 of each class goes to each of the next two (Shu et al. 2020's flip2); K ≥ 3."""
    if num_classes < 3:
        raise TransitionError(f"flip to two needs at least 3 classes, not {num_classes}")
    first = {i: (i + 1) % num_classes for i in range(num_classes)}
    second = {i: (i + 2) % num_classes for i in range(num_classes)}
    return (_moved(first, num_classes, rate) + _moved(second, num_classes, rate)) / 2


def cifar10_pairs(num_classes: int, rate: float) -> np.ndarray:
    """truck → automobile, bird → airplane, deer → horse, cat ↔ dog; the other classes stay."""
    return _mapped("the CIFAR-10 pairs", CIFAR10_MAP, 10, num_classes, rate)


def mnist_pairs(num_classes: int, rate: float) -> np.ndarray:
    """7 → 1, 2 → 7, 5 ↔ 6, 3 → 8; the other digits stay."""
    return _mapped("the MNIST pairs", MNIST_MAP, 10, num_classes, rate)


def block_cyclic(num_classes: int, rate: float) -> np.ndarray:
    """η of each class goes to the next one in its block of five indices, cyclically.

    The CIFAR-100 noise of the papers' code: the blocks are alphabetical, not the superclasses.
    """
    if num_classes % 5:
        raise TransitionError(
            f"block-cyclic noise needs a multiple of 5 classes, not {num_classes}"
        )
    target = {i: i - i % 5 + (i + 1) % 5 for i in range(num_classes)}
    return _moved(target, num_classes, rate)


def superclass_cyclic(num_classes: int, rate: float) -> np.ndarray:
    """η of each fine class of CIFAR-100 goes to the next one of its superclass, cyclically."""
    return _mapped("the CIFAR-100 superclasses", next_in_superclass(), 100, num_classes, rate)


def human(labels: Column) -> Callable[[int, float], np.ndarray]:
    """The rates of a label set of CIFAR-10N, whatever rate is asked for."""

    def make(num_classes: int, rate: float) -> np.ndarray:
        if num_classes != 10:
            raise TransitionError(f"the CIFAR-10N labels need 10 classes, not {num_classes}")
        return human_rates(labels)

    return make


def _mapped(
    title: str, target: Mapping[int, int], expected: int, num_classes: int, rate: float
) -> np.ndarray:
    if num_classes != expected:
        raise TransitionError(f"{title} need {expected} classes, not {num_classes}")
    return _moved(target, num_classes, rate)


def _moved(target: Mapping[int, int], num_classes: int, rate: float) -> np.ndarray:
    T = np.eye(num_classes)
    for source, goal in target.items():
        T[source, source] -= rate
        T[source, goal] += rate
    return T


@dataclass(frozen=True)
class NoiseKind:
    """A way to make T from the number of classes and one rate; a ``fixed`` one has its own.

    ``title`` names it in a list, ``words`` within a sentence.
    """

    title: str
    words: str
    make: Callable[[int, float], np.ndarray]
    fixed: float | None = None

    def fits(self, num_classes: int) -> bool:
        """Whether this kind is defined for so many classes."""
        try:
            self.make(num_classes, 0.0)
        except TransitionError:
            return False
        return True


def _human(labels: Column) -> NoiseKind:
    rate = 1 - float(np.trace(human_rates(labels))) / 10
    title = f"CIFAR-10N human ({COLUMNS[labels]})"
    words = f"the rates of the CIFAR-10N human labels ({COLUMNS[labels]})"
    return NoiseKind(title, words, human(labels), round(rate, 4))


KINDS: dict[str, NoiseKind] = {
    "none": NoiseKind("No noise", "no noise", identity),
    "symmetric": NoiseKind("Symmetric", "symmetric noise", symmetric),
    "symmetric-own": NoiseKind(
        "Symmetric, own class included",
        "symmetric noise that may keep the label",
        symmetric_with_own,
    ),
    "pair": NoiseKind("Pair flip (next class)", "flips to the next class", pair_flip),
    "cifar10": NoiseKind(
        "CIFAR-10 asymmetric pairs", "flips between similar CIFAR-10 classes", cifar10_pairs
    ),
    "mnist": NoiseKind("MNIST asymmetric pairs", "flips between similar digits", mnist_pairs),
    "cifar100": NoiseKind(
        "CIFAR-100 block-cyclic (papers' code)", "flips within blocks of five classes", block_cyclic
    ),
    "superclass": NoiseKind(
        "CIFAR-100 superclass-cyclic (true superclasses)",
        "flips within the CIFAR-100 superclasses",
        superclass_cyclic,
    ),
    "flip2": NoiseKind("Flip to two", "flips to the next two classes", flip_to_two),
    **{f"human-{labels}": _human(labels) for labels in COLUMNS},
}
CUSTOM = "custom"


def check_transition(T: Any) -> np.ndarray:
    """T as a float array (K, K), K ≥ 2; TransitionError names the first rule it breaks."""
    T = np.asarray(T, dtype=float)
    if T.ndim != 2 or T.shape[0] != T.shape[1] or len(T) < 2:
        raise TransitionError(f"a transition matrix is square with K ≥ 2, not {T.shape}")
    for i, row in enumerate(T):
        for j, entry in enumerate(row):
            if not 0 <= entry <= 1:
                raise TransitionError(f"T[{i}, {j}] = {entry:g} lies outside [0, 1]")
        if abs(row.sum() - 1) > ROW_TOLERANCE:
            raise TransitionError(f"row {i} sums to {row.sum():.12g}, not to 1")
    return T


@dataclass(frozen=True)
class LabelNoise:
    """A kind of noise with its rate, or a matrix of the user's own (kind "custom").

    The rate of a fixed kind is that of its labels, whatever was given.
    """

    kind: str = "symmetric"
    rate: float = 0.4
    matrix: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        if self.kind == CUSTOM:
            if self.matrix is None:
                raise TransitionError("custom noise needs a matrix")
            check_transition(self.matrix)
        elif self.kind not in KINDS:
            raise TransitionError(f"no noise is called {self.kind!r}; there is {', '.join(KINDS)}")
        elif self.matrix is not None:
            raise TransitionError(f"a matrix goes with custom noise only, not with {self.kind}")
        if not 0 <= self.rate <= 1:
            raise TransitionError(f"noise rate = {self.rate:g} lies outside [0, 1]")
        if self.kind != CUSTOM and (own := KINDS[self.kind].fixed) is not None:
            object.__setattr__(self, "rate", own)

    @property
    def has_rate(self) -> bool:
        """Whether the matrix changes with the rate: neither one's own nor of a fixed kind."""
        return self.kind != CUSTOM and KINDS[self.kind].fixed is None

    @property
    def averaged(self) -> bool:
        """Whether the matrix is the average of noise that differs from image to image."""
        return self.kind.startswith("human")

    @property
    def words(self) -> str:
        """The noise within a sentence."""
        return f"{self._named} at rate {self.rate:.3g}" if self._rated else self._named

    @property
    def brief(self) -> str:
        """The noise in a title: 40 % symmetric noise."""
        return f"{percent(self.rate, 1)} {self._named}" if self._rated else self._named

    @property
    def _named(self) -> str:
        return "your own noise matrix" if self.kind == CUSTOM else KINDS[self.kind].words

    @property
    def _rated(self) -> bool:
        return self.kind != "none" and self.has_rate

    def transition(self, num_classes: int) -> np.ndarray:
        """T (K, K); TransitionError where this noise is not defined for so many classes."""
        if self.matrix is None:
            return KINDS[self.kind].make(num_classes, self.rate)
        if len(self.matrix) != num_classes:
            raise TransitionError(f"the matrix has {len(self.matrix)} classes, not {num_classes}")
        return np.array(self.matrix, dtype=float)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "rate": self.rate, "matrix": self.matrix}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> LabelNoise:
        matrix = record.get("matrix")
        rows = None if matrix is None else tuple(tuple(float(x) for x in row) for row in matrix)
        return cls(str(record["kind"]), float(record["rate"]), rows)


def clean_labels_dominate(T: np.ndarray) -> np.ndarray:
    """Per class (K,): whether T[i, i] > max_{j≠i} T[i, j] (clean-labels domination, THEORY A1)."""
    off = np.where(np.eye(len(T), dtype=bool), -np.inf, T)
    return np.diag(T) > off.max(axis=1)
