"""The same race with several seeds: what it comes to on average."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from alfs_core.training.events import COMPLETE, Finished
from alfs_core.training.history import History, Track


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n − 1 in its divisor; None for one value) of n values."""

    mean: float
    std: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """None where there is no value."""
        if not values:
            return None
        return cls(mean(values), stdev(values) if len(values) > 1 else None, len(values))


@dataclass(frozen=True)
class Outcome:
    """One loss over the seeds that are done, in shares; None where nothing was measured."""

    loss: int
    best: Spread | None
    final: Spread | None
    clean_fit: Spread | None
    wrong_fit: Spread | None


def outcomes(histories: Iterable[History]) -> tuple[Outcome, ...]:
    """A row for each loss. Races that did not come to their end do not count, nor does a loss
    that left its race."""
    done = [past for past in histories if whole(past)]
    count = min((len(past.tracks) for past in done), default=0)
    return tuple(_outcome(loss, [past.tracks[loss] for past in done]) for loss in range(count))


def whole(past: History) -> bool:
    """Whether a race took all its steps."""
    return isinstance(past.end, Finished) and past.end.reason == COMPLETE


def _outcome(loss: int, tracks: Sequence[Track]) -> Outcome:
    whole = [track for track in tracks if track.epochs and track.left is None]

    def spread(measure: Callable[[Track], float | None]) -> Spread | None:
        return Spread.of([value for track in whole if (value := measure(track)) is not None])

    return Outcome(
        loss,
        spread(lambda track: max(epoch.test_accuracy for epoch in track.epochs)),
        spread(lambda track: track.epochs[-1].final_accuracy),
        spread(lambda track: track.epochs[-1].clean_fit),
        spread(lambda track: track.epochs[-1].wrong_fit),
    )
