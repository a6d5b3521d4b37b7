"""How much label noise a closed condition allows: the largest rate at which it is met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from alfs_core.losses.base import Loss

Row = Callable[[float], np.ndarray]


def domination_rate(row: Row, clean: int = 0) -> float:
    """The noise rate from which on the clean label is not the most frequent one in its row."""
    return last_nonnegative(lambda rate: _lead(row(rate), clean), 1.0)


def largest_rate(loss: Loss, row: Row, clean: int = 0) -> float | None:
    """The largest noise rate with ``weight_condition`` met; None where no closed form is known.

    ``row`` gives the weights (K,) of the clean class at a rate. Never beyond the rate at which
    clean labels stop to dominate: no loss is asymmetric about a wrong label there (THEORY C).
    """
    if loss.weight_condition(row(0.0)) is None:
        return None
    return last_nonnegative(lambda rate: _margin(loss, row(rate)), domination_rate(row, clean))


def _lead(w: np.ndarray, clean: int) -> float:
    return float(w[clean] - np.delete(w, clean).max())


def _margin(loss: Loss, w: np.ndarray) -> float:
    condition = loss.weight_condition(w)
    assert condition is not None
    return condition.margin


def last_nonnegative(falling: Callable[[float], float], end: float) -> float:
    """The last rate in [0, end] at which a falling function is not negative."""
    if falling(end) >= 0:
        return end
    if falling(0.0) <= 0:
        return 0.0
    return float(brentq(falling, 0.0, end, xtol=1e-15))
