"""How a row of a transition matrix is called: by its data's label, with its name where known.

Pictures over three abstract classes write e₁, e₂, e₃; evidence writes e_m, u_m, w_m, w_n.
"""

from __future__ import annotations

from collections.abc import Sequence

from alfs_core.noise.cifar import FINE_LABELS
from alfs_core.noise.human import CLASSES
from alfs_core.noise.transition import LabelNoise

Names = Sequence[str] | None


def label_names(noise: LabelNoise) -> Names:
    """The names of the labels, where the kind of noise says what data it is of."""
    if noise.kind == "superclass":
        return FINE_LABELS
    return CLASSES if noise.kind == "cifar10" or noise.kind.startswith("human") else None


def called(k: int, names: Names = None) -> str:
    """A label in a table, within a picture or a sentence.

    >>> called(3), called(3, CLASSES)
    ('3', '3 cat')
    """
    return str(k) if names is None else f"{k} {names[k]}"
