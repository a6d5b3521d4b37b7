"""How numbers are written in sentences, wherever they stand."""

from __future__ import annotations


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 in percent, with at most so many decimals; zeros at the end go.

    >>> percent(0.4, 1), percent(0.4032, 1), percent(1.0)
    ('40 %', '40.3 %', '100 %')
    """
    written = f"{100 * share:.{digits}f}"
    return f"{written.rstrip('0').rstrip('.') if digits else written} %"
