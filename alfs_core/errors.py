"""Errors that name the value and the rule it broke.

AlfsError
├── DomainError        a parameter lies outside its domain      (also ValueError)
├── SimplexError       probabilities are negative or do not sum to 1
├── TransitionError    a matrix is not row-stochastic
├── FormulaError       a typed formula cannot be read; says where and why
├── DataError          an archive is missing, damaged or not what it says it is
├── RunError           a run could not start, or its record is unreadable
└── LimitError         a variable of the server's environment cannot be used
"""


class AlfsError(Exception):
    """Something the user can mend; the message is one sentence that says what."""


class DomainError(AlfsError, ValueError):
    """A parameter lies outside its domain, or a loss is not known."""


class SimplexError(AlfsError):
    """Probabilities are negative or do not sum to 1."""


class TransitionError(AlfsError):
    """A matrix is not row-stochastic."""


class FormulaError(AlfsError):
    """A typed formula cannot be read; ``position`` counts characters from 0 where it is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class DataError(AlfsError):
    """An archive is missing, damaged or not what it says it is."""


class RunError(AlfsError):
    """A run could not start, or its record is unreadable."""


class LimitError(AlfsError):
    """A variable of the server's environment cannot be used."""
