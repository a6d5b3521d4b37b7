"""The loss library."""

from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, ANL, AUL, AMSEq
from alfs_core.losses.base import LocalLoss, Loss
from alfs_core.losses.classic import CE, FL, MSE, BiTempered
from alfs_core.losses.combinators import (
    EpsilonSoftmax,
    Normalized,
    NormalizedNegative,
    Weighted,
)
from alfs_core.losses.library import GROUPS, LOSSES, LossSpec, family
from alfs_core.losses.on_logits import LC, LDR
from alfs_core.losses.robust import GCE, MAE, RCE, TCE, PolySoft

__all__ = [
    "AEL",
    "AGCE",
    "AMSE",
    "ANL",
    "AUL",
    "CE",
    "FL",
    "GCE",
    "GROUPS",
    "LC",
    "LDR",
    "LOSSES",
    "MAE",
    "MSE",
    "RCE",
    "TCE",
    "AMSEq",
    "BiTempered",
    "EpsilonSoftmax",
    "LocalLoss",
    "Loss",
    "LossSpec",
    "Normalized",
    "NormalizedNegative",
    "PolySoft",
    "Weighted",
    "family",
]
