"""Parameters for a given noise: asymmetric on every row, and as hard a start as that allows.

Asymmetry is proved by the family's closed condition; that no other parameters start harder is
what a search over the typical ranges found. Starts are compared at equal range, since a loss may
be multiplied by anything.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from alfs_core.errors import AlfsError, DomainError
from alfs_core.losses import Loss, LossSpec, family
from alfs_core.losses.base import Parameter
from alfs_core.numerics.links import Softmax
from alfs_core.theory.phase import TOLERANCE, Rows, dominated, margin_on
from alfs_core.theory.tradeoff import RANGE, first_pull, pull

FAMILIES = ("AGCE", "AUL", "AEL", "TCE", "GCE", "AMSE", "AMSE_q", "ANL")
GRID = 7  # points along each parameter
ROUNDS = 6  # each looks one point to either side of the best of the last
DIGITS = (3, 4, 6, 9)  # significant digits of an answer: the fewest that stay inside

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Design:
    """A parameter set for the noise.

    ``pull`` is the first pull at equal range, ``published`` that of the printed formula;
    ``reserve`` the largest share of the labels that may move from the clean class to the most
    frequent wrong one, in every row, before asymmetry is lost; ``margin`` the closed margin.
    """

    spec: LossSpec
    pull: float
    published: float
    reserve: float
    margin: float
    ratio: float | None


def reserved(rows: Rows, reserve: float) -> Rows:
    """The rows with that share of the labels moved to the most frequent wrong label."""
    return tuple((row[0] - reserve, row[1] + reserve, *row[2:]) for row in rows)


def largest_reserve(rows: Rows) -> float:
    """The share at which the clean label stops to be the most frequent one in some row."""
    return min((row[0] - row[1]) / 2 for row in rows)


@lru_cache(maxsize=512)
def design(name: str, rows: Rows, num_classes: int, reserve: float = 0.0) -> Design | None:
    """The hardest start of a family that is asymmetric on all rows with that reserve.

    None where no member is, or none has a finite range. DomainError: the family does not read
    softmax probabilities.
    """
    if not isinstance(family(name).build().link, Softmax):
        raise DomainError(f"{name} does not read softmax probabilities")
    tight = reserved(rows, reserve)
    best = _searched(name, tight, num_classes) if dominated(tight) else None
    if best is None:
        return None
    spec = _rounded(name, best, tight, num_classes)
    loss = spec.build()
    return Design(
        spec,
        float(pull(loss, num_classes, RANGE)),
        float(first_pull(loss, num_classes)),
        _reserve_of(loss, rows),
        margin_on(loss, rows),
        loss.asymmetry_ratio(),
    )


# ---- search ---------------------------------------------------------------------------------


def _searched(name: str, rows: Rows, num_classes: int) -> Numbers | None:
    """The best parameters of finer and finer grids around the best so far."""
    parameters = family(name).parameters
    window = [_positions(p, p.typical) for p in parameters]
    best: Numbers | None = None
    for _ in range(ROUNDS):
        axes = [_axis(p, *ends) for p, ends in zip(parameters, window, strict=True)]
        best = _best(name, itertools.product(*axes), rows, num_classes, best)
        if best is None:
            return None
        window = [_around(p, x, w) for p, x, w in zip(parameters, best, window, strict=True)]
    return best


def _positions(p: Parameter, ends: tuple[float, float]) -> tuple[float, float]:
    return (math.log(ends[0]), math.log(ends[1])) if p.logarithmic else ends


def _axis(p: Parameter, low: float, high: float) -> list[float]:
    if p.integer:
        return [float(x) for x in range(math.ceil(p.typical[0]), math.floor(p.typical[1]) + 1)]
    points = np.linspace(low, high, GRID)
    values = np.exp(points) if p.logarithmic else points
    return [float(x) for x in np.clip(values, *p.typical)]


def _around(p: Parameter, value: float, window: tuple[float, float]) -> tuple[float, float]:
    """As far as the neighbours on the grid of the window, inside the typical range."""
    low, high = _positions(p, p.typical)
    centre = math.log(value) if p.logarithmic else value
    reach = (window[1] - window[0]) / (GRID - 1)
    return max(low, centre - reach), min(high, centre + reach)


def _best(
    name: str,
    candidates: Iterable[Numbers],
    rows: Rows,
    num_classes: int,
    start: Numbers | None = None,
) -> Numbers | None:
    """Of the candidates and ``start``, the hardest start inside; of equals, the least margin."""
    values = (*(() if start is None else (start,)), *candidates)
    pulls = _pulls(name, values, num_classes)
    best, top = None, (-math.inf, -math.inf)
    for i in sorted(range(len(values)), key=lambda i: -pulls[i]):
        if pulls[i] < top[0] or pulls[i] == -math.inf:
            break  # what starts less hard need not be judged
        margin = _margin(name, values[i], rows)
        if margin >= -TOLERANCE and (pulls[i], -margin) > top:
            best, top = values[i], (pulls[i], -margin)
    return best


@lru_cache(maxsize=1024)
def _pulls(name: str, values: tuple[Numbers, ...], num_classes: int) -> Numbers:
    """Pulls at equal range to nine digits, −∞ where there is none; they do not ask for the noise.

    All at once, with columns for parameters, where the formula does not ask what a parameter is.
    """
    try:
        columns = np.array(values).T[..., None]
        found = pull(_member(name, list(columns)), num_classes, RANGE)
    except (TypeError, ValueError):
        found = np.array([_pull(name, numbers, num_classes) for numbers in values])
    found = np.broadcast_to(found, len(values))
    return tuple(-math.inf if math.isnan(x) else float(f"{x:.9g}") for x in found)


def _pull(name: str, values: Numbers, num_classes: int) -> float:
    try:
        return float(pull(_member(name, values), num_classes, RANGE))
    except AlfsError:
        return math.nan


def _margin(name: str, values: Numbers, rows: Rows) -> float:
    """NaN where there is no such loss."""
    try:
        return margin_on(_member(name, values), rows)
    except AlfsError:
        return math.nan


def _member(name: str, values: Sequence[Any]) -> Loss:
    """The loss of a family at its parameters, numbers or arrays, in their order."""
    kind = family(name)
    names = (p.name for p in kind.parameters)
    return kind.construct(dict(zip(names, values, strict=True)))


# ---- the answer -----------------------------------------------------------------------------


def _rounded(name: str, best: Numbers, rows: Rows, num_classes: int) -> LossSpec:
    """The best neighbour with few digits that is asymmetric too."""
    names = [p.name for p in family(name).parameters]
    for digits in DIGITS:
        near = itertools.product(*(_neighbours(x, digits) for x in best))
        found = _best(name, near, rows, num_classes)
        if found is not None:
            return LossSpec.of(name, **dict(zip(names, found, strict=True)))
    return LossSpec.of(name, **dict(zip(names, best, strict=True)))


def _neighbours(x: float, digits: int) -> list[float]:
    """x rounded down and up to so many significant digits."""
    if x == 0:
        return [0.0]
    unit = 10.0 ** (math.floor(math.log10(abs(x))) - digits + 1)
    ends = {math.floor(x / unit) * unit, math.ceil(x / unit) * unit}
    return sorted(float(f"{end:.{digits}g}") for end in ends)


def _reserve_of(loss: Loss, rows: Rows) -> float:
    low, high = 0.0, largest_reserve(rows)
    if margin_on(loss, reserved(rows, high * (1 - 1e-12))) >= -TOLERANCE:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        inside = margin_on(loss, reserved(rows, middle)) >= -TOLERANCE
        low, high = (middle, high) if inside else (low, middle)
    return low
