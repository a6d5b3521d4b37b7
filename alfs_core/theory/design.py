"""Which parameters tolerate a noise matrix and still learn from the start? (THEORY A8, B)"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss, Parameter
from alfs_core.losses.facts import initial_gradient
from alfs_core.losses.families import Family
from alfs_core.noise.transition import check_transition
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.links import Softmax
from alfs_core.theory.asymmetry import limit_on
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.tolerance import margin

CLOSED_POINTS, JUDGED_POINTS = 2500, 100


@dataclass(frozen=True)
class Design:
    """Parameters of a family that are asymmetric on every row of a matrix.

    ``margin``: the smallest closed margin of the rows, NaN where a verdict without one decided.
    ``gradient`` is the pull on the label's logit at equal logits, ``pull`` its share of the
    largest pull along predictions that give all other classes the same: 1 starts at full force.
    """

    values: tuple[tuple[str, float], ...]
    margin: float
    gradient: float
    pull: float


def designs(
    kind: Family,
    T: np.ndarray,
    *,
    vary: Sequence[str] | None = None,
    least_margin: float = 0.0,
    count: int = 10,
) -> tuple[Design, ...]:
    """Tolerant members of a family with the largest pull at the start, best first.

    ``vary``: parameters that run over their typical ranges, all by default; the others stay at
    their defaults. Empty where no member on the grid tolerates T. A loss without a value at the
    vertices is judged in the limit. DomainError: the family reads logits or tempered softmax.
    """
    T = check_transition(T)
    rows = _distinct(T)
    if not isinstance(kind.build().link, Softmax):
        raise DomainError(f"{kind.name} does not read softmax probabilities")
    closed = not np.isnan([margin(kind.build(), row) for row in rows]).any()
    found = [
        Design(values, least, initial_gradient(loss, len(T)), relative_pull(loss, len(T)))
        for values, loss in _members(kind, vary, CLOSED_POINTS if closed else JUDGED_POINTS)
        if (least := _least(loss, rows)) is not None and not least < least_margin
    ]
    return tuple(sorted(found, key=lambda design: -design.pull)[:count])


def _distinct(T: np.ndarray) -> list[np.ndarray]:
    """Rows with the clean class first and the others falling, each once."""
    rows = {(row[i], *-np.sort(-np.delete(row, i))) for i, row in enumerate(T)}
    return [np.array(row) for row in sorted(rows)]


def _members(
    kind: Family, vary: Sequence[str] | None, points: int
) -> Iterator[tuple[tuple[tuple[str, float], ...], Loss]]:
    names = [p.name for p in kind.parameters] if vary is None else list(vary)
    free = [p for p in kind.parameters if p.name in names]
    n = max(2, int(points ** (1 / max(len(free), 1))))
    for numbers in product(*(grid_of(p, n) for p in free)):
        values = dict(zip((p.name for p in free), map(float, numbers), strict=True))
        try:
            yield tuple(values.items()), kind.build(**values)
        except DomainError:  # a sum with every weight 0
            continue


def grid_of(p: Parameter, n: int) -> np.ndarray:
    """n values over the typical range: whole, by equal factors or by equal steps."""
    low, high = p.typical
    if p.integer:
        return np.unique(np.round(np.linspace(low, high, n)))
    return np.geomspace(low, high, n) if p.logarithmic else np.linspace(low, high, n)


def _least(loss: Loss, rows: Sequence[np.ndarray]) -> float | None:
    """The smallest margin; NaN where all rows hold without one; None where a row does not hold."""
    margins = [margin(loss, row) for row in rows]
    if not np.isnan(margins).any():
        dominated = all(row[0] > row[1] for row in rows)
        return min(margins) if min(margins) >= 0 and dominated else None
    held = all(limit_on(loss, row, clean=0) is Verdict.HOLDS for row in rows)
    return float("nan") if held else None


def relative_pull(loss: Loss, num_classes: int) -> float:
    """−∂L/∂z_y at equal logits over its largest value along (t, (1−t)/(K−1), ...), 0 < t < 1."""
    t = np.unique(np.concatenate([np.geomspace(1e-6, 0.5, 60), np.linspace(0.02, 0.999, 60)]))
    start = np.array([1 / num_classes])
    pulls = _pulls(loss, np.concatenate([start, t]), num_classes)
    largest = float(np.nanmax(pulls))
    return float(pulls[0]) / largest if largest > 0 else 0.0


def _pulls(loss: Loss, t: np.ndarray, num_classes: int) -> np.ndarray:
    """−∂L(u, 0)/∂z_0 at u = (t, rest even), shape of t."""
    rest = (1 - t) / (num_classes - 1)
    u = np.concatenate([t[:, None], np.repeat(rest[:, None], num_classes - 1, axis=1)], axis=1)
    direction = u * (np.eye(num_classes)[0] - t[:, None])
    with np.errstate(all="ignore"):
        result = loss.partial(Dual(u, direction))
    return -np.broadcast_to(result.slope, u.shape)[:, 0]
