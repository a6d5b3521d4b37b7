"""Results of pure functions, kept per argument. The only file that names ``st.cache_data``.

A key is the printed form of the arguments: ``repr`` of a loss names every part and every number,
where Streamlit's own hash of a dataclass forgets the types inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
R = TypeVar("R")
MAX_ENTRIES = 512


def cached(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` with its results kept; its arguments must print as what they are.

    Pass losses, numbers, strings and tuples. Arrays print abridged, so they are refused.
    """

    @wraps(function)
    def kept(*args: P.args, **kwargs: P.kwargs) -> R:
        return _computed(key(function, args, kwargs), function, args, kwargs)

    return kept


def key(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The printed call."""
    if _holds_array((args, kwargs)):
        raise TypeError(f"{function.__name__}: an array is no cache key; pass a tuple")
    return f"{function.__module__}.{function.__qualname__}{args!r}{sorted(kwargs.items())!r}"


def _holds_array(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_array, value.values()))
    if isinstance(value, (tuple, list, set, frozenset)):
        return any(map(_holds_array, value))
    if is_dataclass(value) and not isinstance(value, type):
        return any(_holds_array(getattr(value, field.name)) for field in fields(value))
    return hasattr(value, "__array__") and getattr(value, "ndim", 1) > 0


@st.cache_data(max_entries=MAX_ENTRIES, show_spinner=False)
def _computed(
    key: str,
    _function: Callable[..., R],
    _args: tuple[Any, ...],
    _kwargs: dict[str, Any],
) -> R:
    return _function(*_args, **_kwargs)
