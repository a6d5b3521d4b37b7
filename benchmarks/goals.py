"""A claim beside what was measured of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """A claim, what was measured, and whether it holds."""

    text: str
    measured: float
    reached: bool

    def __str__(self) -> str:
        return f"{'reached' if self.reached else 'MISSED ':8} {self.text}: {self.measured:.3g}"


def at_least(text: str, measured: float, goal: float) -> Goal:
    """A goal that large values reach."""
    return Goal(f"{text} at least {goal:g}", measured, measured >= goal)


def at_most(text: str, measured: float, goal: float) -> Goal:
    """A goal that small values reach."""
    return Goal(f"{text} at most {goal:g}", measured, measured <= goal)
