"""Whether a loss is convex or concave in the prediction, and how that is known."""

from __future__ import annotations

from functools import lru_cache

from alfs_core.losses.base import Loss
from alfs_core.losses.combinators import Curved


@lru_cache(maxsize=4096)
def convexity(loss: Loss) -> str | None:
    """ "convex", "concave" or "affine" on the simplex where that is known, else None."""
    return loss.curvature() if isinstance(loss, Curved) and loss.local else None
