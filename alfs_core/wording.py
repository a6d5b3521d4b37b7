"""How numbers are written in sentences, wherever they stand."""

from __future__ import annotations

import math


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 in percent, with at most so many decimals; zeros at the end go.

    >>> percent(0.4, 1), percent(0.4032, 1), percent(1.0)
    ('40 %', '40.3 %', '100 %')
    """
    return f"{_short(100 * share, digits)} %"


def duration(seconds: float) -> str:
    """Seconds in the unit that a reader would choose, no finer than anybody would wait for.

    >>> [duration(s) for s in (0.4, 40, 100, 120, 9000, float("inf"))]
    ['1 second', '40 seconds', '1.7 minutes', '2 minutes', '2.5 hours', 'an unknown time']
    """
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 90:
        many, unit = f"{max(seconds, 1.0):.0f}", "second"
    elif seconds < 5_400:
        many, unit = _short(seconds / 60, 1), "minute"
    else:
        many, unit = _short(seconds / 3600, 1), "hour"
    return f"{many} {unit}{'' if many == '1' else 's'}"


def _short(value: float, digits: int) -> str:
    """With at most so many decimals; zeros at their end go."""
    written = f"{value:.{digits}f}"
    return written.rstrip("0").rstrip(".") if digits else written
