"""The loss library."""

from alfs_core.losses.asymmetric import AGCE
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import CE
from alfs_core.losses.combinators import Normalized, Weighted
from alfs_core.losses.library import LOSSES, LossSpec, family
from alfs_core.losses.robust import GCE, MAE

__all__ = [
    "AGCE",
    "CE",
    "GCE",
    "LOSSES",
    "MAE",
    "Loss",
    "LossSpec",
    "Normalized",
    "Weighted",
    "family",
]
