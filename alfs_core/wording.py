"""How numbers are written in sentences, wherever they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 in percent, with at most so many decimals; zeros at the end go.

    >>> percent(0.4, 1), percent(0.4032, 1), percent(1.0)
    ('40 %', '40.3 %', '100 %')
    """
    return f"{_short(100 * share, digits)} %"


def number(x: float, digits: int = 3) -> str:
    """So many significant digits, powers of ten written out, for a sentence that is read out too.

    >>> number(0.12345), number(-5.48e-05), number(1e7), number(float("inf"))
    ('0.123', '−5.48·10⁻⁵', '10⁷', '∞')
    """
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    mantissa, _, power = f"{x:.{digits}g}".replace("-", "−", 1 if x < 0 else 0).partition("e")
    if not power:
        return mantissa
    raised = f"10{str(int(power)).translate(RAISED)}"
    return {"1": raised, "−1": f"−{raised}"}.get(mantissa, f"{mantissa}·{raised}")


def listed(names: Sequence[str]) -> str:
    """Names within a sentence.

    >>> listed(["CE"]), listed(["CE", "MAE"]), listed(["CE", "MAE", "GCE"])
    ('CE', 'CE and MAE', 'CE, MAE and GCE')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


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
