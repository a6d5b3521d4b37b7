"""The functions that formulas are written in, for every number type.

Floats and numpy arrays are served here. Each further number type (dual numbers, log-probabilities,
symbols, balls) registers itself in the module that defines it. A vector of such scalars is a numpy
array of dtype ``object``; the last axis is the class axis K.
"""

import operator
from collections.abc import Callable
from functools import reduce, singledispatch
from typing import Any

import numpy as np

Number = Any  # float, ndarray, Dual, LogProb, Tensor, Expr, arb, arb_series


def _elementwise(function: Callable[..., Any], ufunc: Callable[..., Any]) -> Callable[..., Any]:
    def on_array(x: np.ndarray, *rest: Any) -> Any:
        if x.dtype == object:
            return np.frompyfunc(lambda entry: function(entry, *rest), 1, 1)(x)
        with np.errstate(divide="ignore", over="ignore"):
            return ufunc(x, *rest)

    return on_array


@singledispatch
def log(x: Number) -> Number:
    """Natural logarithm; log 0 = −∞."""
    with np.errstate(divide="ignore"):
        return np.log(x)


@singledispatch
def exp(x: Number) -> Number:
    """Exponential."""
    return np.exp(x)


@singledispatch
def absolute(x: Number) -> Number:
    """|x|."""
    return np.abs(x)


@singledispatch
def maximum(x: Number, floor: float) -> Number:
    """The larger of x and a constant."""
    return np.maximum(x, floor)


@singledispatch
def minimum(x: Number, ceiling: float) -> Number:
    """The smaller of x and a constant."""
    return np.minimum(x, ceiling)


@singledispatch
def softplus(x: Number) -> Number:
    """log(1 + e^x), without overflow."""
    return np.logaddexp(0, x)


for function, ufunc in (
    (log, np.log),
    (exp, np.exp),
    (absolute, np.abs),
    (maximum, np.maximum),
    (minimum, np.minimum),
    (softplus, lambda x: np.logaddexp(0, x)),
):
    function.register(np.ndarray)(_elementwise(function, ufunc))


def sqrt(x: Number) -> Number:
    """Square root, as a power."""
    return x**0.5


@singledispatch
def total(x: Number) -> Number:
    """Sum over the classes, shape (..., K) -> (..., 1)."""
    return np.sum(x, axis=-1, keepdims=True)


@singledispatch
def others(x: Number) -> Number:
    """For each class the sum over all other classes, (..., K) -> (..., K).

    Arrays and tensors are summed without cancellation.
    """
    return total(x) - x


@others.register
def _(x: np.ndarray) -> np.ndarray:
    if x.dtype == object or np.isfinite(x).all():
        return np.asarray(x @ all_but_own(x.shape[-1]))
    return _pairs(x, 0.0).sum(axis=-1)


def all_but_own(num_classes: int) -> np.ndarray:
    """The (K, K) matrix of ones with zeros on the diagonal."""
    return 1 - np.eye(num_classes, dtype=int)


@singledispatch
def share(x: Number) -> Number:
    """Each entry over the sum of all, (..., K) -> (..., K)."""
    return x / total(x)


@singledispatch
def log_others_exp(x: Number) -> Number:
    """log Σ_{j≠i} e^{x_j} for each i, (..., K) -> (..., K), without overflow."""
    if x.dtype == object:
        return log(others(exp(x)))
    return np.logaddexp.reduce(_pairs(x, -np.inf), axis=-1)


def _pairs(x: np.ndarray, on_diagonal: float) -> np.ndarray:
    """x_j at (..., i, j), a constant where i = j."""
    own = np.eye(x.shape[-1], dtype=bool)
    return np.where(own, on_diagonal, x[..., None, :])


@singledispatch
def top(p: Number) -> Any:
    """Mask of the most probable class, shape (..., K) of booleans; ties go to the first index."""
    p = np.asarray(p)
    if p.dtype == object:
        return np.apply_along_axis(_top_of_row, -1, p)
    return np.arange(p.shape[-1]) == np.argmax(p, axis=-1)[..., None]


def _top_of_row(row: np.ndarray) -> np.ndarray:
    """For entries that compare to a truth value of their own kind."""
    mask = np.empty(len(row), dtype=object)
    for i, own in enumerate(row):
        before = [own > other for other in row[:i]]
        mask[i] = reduce(operator.and_, before + [own >= other for other in row[i + 1 :]])
    return mask


def exceeds(x: Number, level: float) -> Any:
    """Mask of the entries above a level."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.frompyfunc(operator.gt, 2, 1)(x, level)
    return x > level


@singledispatch
def classes(p: Number) -> Any:
    """K, the number of classes of p (..., K)."""
    return int(p.shape[-1])


def where(mask: Any, inside: Number, outside: Number) -> Number:
    """``inside`` where the mask holds, ``outside`` elsewhere."""
    return _select.dispatch(_leading_type(inside, outside))(inside, outside, mask)


def _leading_type(*numbers: Number) -> type:
    """The first type that has its own ``where``; plain numbers and arrays otherwise."""
    kinds = [type(x) for x in numbers]
    own = [kind for kind in kinds if _select.dispatch(kind) is not _select.dispatch(object)]
    return own[0] if own else object


@singledispatch
def _select(inside: Number, outside: Number, mask: Any) -> Number:
    if isinstance(mask, bool):
        return inside if mask else outside
    if isinstance(mask, np.ndarray) and mask.dtype == object:
        return np.frompyfunc(where, 3, 1)(mask, inside, outside)
    return np.where(mask, inside, outside)


register_where = _select.register
