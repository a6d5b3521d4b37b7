"""The functions that formulas are written in, for every number type.

Floats and numpy arrays are served here. Each further number type (dual numbers, log-probabilities,
symbols, balls) registers itself in the module that defines it. A vector of such scalars is a numpy
array of dtype ``object``; the last axis is the class axis K.
"""

from collections.abc import Callable
from functools import singledispatch
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


for function, ufunc in (
    (log, np.log),
    (exp, np.exp),
    (absolute, np.abs),
    (maximum, np.maximum),
    (minimum, np.minimum),
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
def top(p: Number) -> Any:
    """Mask of the most probable class, shape (..., K) of booleans; ties go to the first index."""
    p = np.asarray(p)
    return np.arange(p.shape[-1]) == np.argmax(p, axis=-1)[..., None]


def classes(p: Number) -> int:
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
    return np.where(mask, inside, outside)


register_where = _select.register
