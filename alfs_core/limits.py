"""What one server allows its visitors: numbers and switches, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from alfs_core.errors import LimitError

ON, OFF = ("on", "1", "yes", "true"), ("off", "0", "no", "false")


@dataclass(frozen=True)
class Limits:
    """Minutes of one run, runs that wait, runs of one visitor, and what is on."""

    run_minutes: float
    queue: int
    runs_per_visitor: int
    training: bool
    uploads: bool
    downloads: bool


def limits(environ: Mapping[str, str] | None = None) -> Limits:
    """The limits that the variables set; LimitError names the variable and what it may be."""
    given = os.environ if environ is None else environ
    return Limits(
        run_minutes=_number(given, "ALFLAB_RUN_MINUTES", 1_440.0, 0.5, 1_440.0),
        queue=int(_number(given, "ALFLAB_QUEUE", 20, 1, 1_000, whole=True)),
        runs_per_visitor=int(_number(given, "ALFLAB_RUNS_PER_VISITOR", 5, 1, 1_000, whole=True)),
        training=_switch(given, "ALFLAB_TRAINING"),
        uploads=_switch(given, "ALFLAB_UPLOADS"),
        downloads=_switch(given, "ALFLAB_DOWNLOADS"),
    )


def _number(
    given: Mapping[str, str],
    name: str,
    default: float,
    low: float,
    high: float,
    *,
    whole: bool = False,
) -> float:
    text = given.get(name, "").strip()
    if not text:
        return default
    kind = "a whole number" if whole else "a number"
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        raise LimitError(f"{name} = {text[:40]!r} is not {kind}") from None
    if not low <= value <= high:
        raise LimitError(f"{name} = {value:g} lies outside [{low:g}, {high:g}]")
    return value


def _switch(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "").strip().lower()
    if text and text not in (*ON, *OFF):
        raise LimitError(f"{name} = {text[:40]!r} is neither on nor off")
    return text not in OFF
