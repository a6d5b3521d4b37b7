"""Whether a loss is convex or concave in the prediction, and how that is known (THEORY G1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, singledispatch
from typing import Any

import numpy as np

from alfs_core.losses.asymmetric import AMSE, ANL, AMSEq
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import MSE, BiTempered
from alfs_core.losses.combinators import Curved, Weighted
from alfs_core.numerics.interval import ZERO, Interval, Taylor, interval, variable
from alfs_core.numerics.symbolic import is_affine

ROUNDS = 10
MOST_CELLS = 4000


@dataclass(frozen=True)
class Curvature:
    """The shape of a local loss on [0, 1]: "convex", "concave", "affine", "mixed" or "unknown".

    ``strict``: with no straight piece. ``decreasing``: ℓ' ≤ 0 throughout. ``reason`` says how the
    shape is known.
    """

    shape: str
    strict: bool
    decreasing: bool
    reason: str


@lru_cache(maxsize=4096)
def convexity(loss: Loss) -> str | None:
    """ "convex", "concave" or "affine" in the prediction, where that is proved; else None."""
    if loss.local:
        shape = curvature(loss).shape
        return shape if shape in ("convex", "concave", "affine") else None
    return _beyond_local(loss)


@singledispatch
def _beyond_local(loss: Loss) -> str | None:
    return None


@_beyond_local.register(MSE)
@_beyond_local.register(AMSE)
@_beyond_local.register(BiTempered)
def _(loss: Loss) -> str:
    return "convex"


@_beyond_local.register
def _(loss: AMSEq) -> str:
    return _of_norm(loss.q)


@_beyond_local.register
def _(loss: ANL) -> str:
    return _of_norm(loss.p)


def _of_norm(exponent: float) -> str:
    """‖a e_y − p‖_q^q, as a − p_y ≥ 0 and p ≥ 0."""
    return "convex" if exponent > 1 else "affine" if exponent == 1 else "concave"


@_beyond_local.register
def _(loss: Weighted) -> str | None:
    shapes = {convexity(part) for _, part in loss.parts} - {"affine"}
    return shapes.pop() if len(shapes) == 1 else None if shapes else "affine"


def strictly_convex(loss: Loss) -> bool:
    """Whether every weighted risk with all weights positive has one minimiser at most."""
    if loss.local:
        found = curvature(loss)
        return found.shape == "convex" and found.strict
    if isinstance(loss, Weighted):
        convex = convexity(loss) == "convex"
        return convex and any(strictly_convex(part) for _, part in loss.parts)
    return _beyond_local(loss) == "convex"


@lru_cache(maxsize=4096)
def curvature(loss: Loss) -> Curvature:
    """The shape of a local loss: declared with the loss, or proved by algebra or by intervals."""
    declared = loss.curvature() if isinstance(loss, Curved) else None
    if declared is not None:
        return Curvature(declared, declared != "affine", True, f"{loss.name}: closed form")
    return _straight(loss) or certified(loss)


def _straight(loss: Loss) -> Curvature | None:
    """A loss that looks affine is so by algebra: intervals leave √u² − u open."""
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(loss.partial(_LOOK), dtype=float), _LOOK.shape)
    if not np.isfinite(values).all() or values[0] <= values[-1]:
        return None
    line = values[0] + (values[-1] - values[0]) * _LOOK
    close = np.abs(values - line).max() <= 1e-12 * np.abs(values).max()
    if not (close and is_affine(loss)):
        return None
    return Curvature("affine", False, True, "ℓ'' = 0 by algebra")


_LOOK = np.linspace(0, 1, 33)


def certified(loss: Loss) -> Curvature:
    """The shape by enclosures of ℓ'' on cells of [0, 1], cut finer where the sign is open."""
    ends = _first_ends()
    low, high = ends[:-1], ends[1:]
    signs, strict, falling, used = set[int](), True, True, 0
    for _ in range(ROUNDS):
        cells = enclosed(loss, low, high)
        if cells is None:
            return Curvature("unknown", False, False, "the formula does not run on intervals")
        used += len(low)
        if not _finite_inside(cells, low):
            return Curvature("unknown", False, False, "ℓ is not shown to be finite on (0, 1]")
        signs |= set(_signs(cells).tolist()) - {0}
        strict = strict and _strict(cells, low, high)
        open_cells = _open(cells.second)
        falls = _falls(loss, cells, low, high)
        falling = falling and bool(np.all(falls | open_cells))
        if not open_cells.any() or signs == {-1, 1} or open_cells.sum() * 2 > MOST_CELLS:
            break
        low, high = split(low[open_cells], high[open_cells])
    falling = falling and bool(np.all(falls))
    return _shape(signs, bool(open_cells.any()), strict, falling, used)


def _shape(signs: set[int], undecided: bool, strict: bool, falling: bool, used: int) -> Curvature:
    reason = f"intervals on {used} cells of [0, 1]"
    if signs == {-1, 1}:
        return Curvature("mixed", False, falling, reason)
    if undecided:
        return Curvature("unknown", False, falling, f"{reason} leave the sign of ℓ'' open")
    shape = {1: "convex", -1: "concave"}[signs.pop()] if signs else "affine"
    return Curvature(shape, strict and shape != "affine", falling, reason)


def _first_ends() -> np.ndarray:
    """Even cells, with ever smaller ones towards both ends."""
    small = 2.0 ** np.arange(-1000, -6, 1)
    coarse = small[np.r_[0:900:100, 900:950:10, 950:994:2]]
    return np.unique(np.concatenate([[0.0], coarse, np.linspace(0, 1, 65), 1 - coarse[10:], [1.0]]))


def split(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each cell as two: at the geometric middle where it spans a factor of 4, else halfway."""
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = (low > 0) & (high > 4 * low)
        middle = np.where(wide, np.sqrt(low) * np.sqrt(high), low + (high - low) / 2)
    return np.concatenate([low, middle]), np.concatenate([middle, high])


def enclosed(loss: Loss, low: Any, high: Any) -> Taylor | None:
    """ℓ, ℓ', ℓ'' on the cells; None where the formula does not run on intervals."""
    try:
        result = loss.partial(variable(low, high))
    except (TypeError, AttributeError, NotImplementedError):
        return None
    if isinstance(result, Taylor):
        return result.full()
    return Taylor(interval(np.full(np.shape(low), result)), ZERO, ZERO).full()


def _finite_inside(cells: Taylor, low: np.ndarray) -> bool:
    """Bounded on every cell, but for ℓ(0) = ∞: a pole could hide in a cell without bounds."""
    return bool(np.all(np.isfinite(cells.value.low) & (np.isfinite(cells.value.high) | (low == 0))))


@lru_cache(maxsize=4096)
def end_slopes(loss: Loss) -> Interval | None:
    """Enclosures (2,) of ℓ'(0) and ℓ'(1), each from inside [0, 1]; None as of ``enclosed``.

    At the end and on a cell next to it: such a slope is a limit of slopes in the cell, where a
    kink at the end does not show.
    """
    low, high = np.array([0.0, 1 - 2.0**-53, 0.0, 1.0]), np.array([2.0**-1000, 1.0, 0.0, 1.0])
    found = enclosed(loss, low, high)
    return None if found is None else found.first[:2].meet(found.first[2:])


def _signs(cells: Taylor) -> np.ndarray:
    """1 where ℓ'' > 0 on a part of the cell and nowhere < 0, −1 the other way round, 0 else."""
    up = (cells.second.low >= 0) & (cells.second.high > 0)
    down = (cells.second.high <= 0) & (cells.second.low < 0)
    return np.where(up, 1, np.where(down, -1, 0))


def _falls(loss: Loss, cells: Taylor, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """ℓ' ≤ 0 on each cell: by its enclosure, or at the end where a monotone ℓ' is largest."""
    at_low, at_high = enclosed(loss, low, low), enclosed(loss, high, high)
    assert at_low is not None
    assert at_high is not None
    convex = (cells.second.low >= 0) & (at_high.first.high <= 0)
    concave = (cells.second.high <= 0) & (at_low.first.high <= 0)
    return np.asarray((cells.first.high <= 0) | convex | concave)


def _open(x: Interval) -> np.ndarray:
    return (x.low < 0) & (x.high > 0)


def _strict(cells: Taylor, low: np.ndarray, high: np.ndarray) -> bool:
    """No cell inside (0, 1) may be flat; at the ends an analytic formula is not."""
    positive = (cells.second.low > 0) | (cells.second.high < 0)
    at_end = (low == 0) | (high == 1)
    return bool(np.all(positive | _open(cells.second) | (at_end & cells.smooth)))
