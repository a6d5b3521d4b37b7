"""What a run's events add up to: the record that pages and exports read."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol, TypeAlias

from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Epoch,
    Event,
    Failed,
    Finished,
    Interrupted,
    Loading,
    LossStopped,
    Notice,
    Paused,
    Predictions,
    Progress,
    Result,
    Resumed,
    Started,
)

OfOneLoss: TypeAlias = Progress | Epoch | Predictions | Confusion | Contradicted | LossStopped

KEPT = 64  # runs


@dataclass(frozen=True)
class Track:
    """One loss of a race: its evaluations so far, oldest first, and what is newest."""

    epochs: tuple[Epoch, ...] = ()
    progress: Progress | None = None
    predictions: Predictions | None = None
    confusion: Confusion | None = None
    contradicted: Contradicted | None = None
    left: LossStopped | None = None

    @property
    def newest(self) -> Progress | Epoch | None:
        """The last sign of life."""
        return self.progress or (self.epochs[-1] if self.epochs else None)

    @property
    def best(self) -> Epoch | None:
        """The evaluation with the highest test accuracy, the first of them where several are."""
        return max(self.epochs, key=lambda epoch: epoch.test_accuracy, default=None)


@dataclass(frozen=True)
class History:
    """A run so far; ``tracks`` has one entry for each loss once the race has begun."""

    loading: Loading | None = None
    notices: tuple[str, ...] = ()
    started: Started | None = None
    tracks: tuple[Track, ...] = ()
    paused: bool = False
    end: Finished | Failed | Interrupted | None = None

    @property
    def newest(self) -> Progress | Epoch | None:
        """The sign of life with the highest step."""
        signs = [track.newest for track in self.tracks if track.newest]
        return max(signs, key=lambda sign: sign.step, default=None)

    @property
    def broken_off(self) -> Finished:
        """The end of a race that was stopped and could not tell it: the last that it told."""
        rows = (Result.of(loss, track.epochs) for loss, track in enumerate(self.tracks))
        results = tuple(row for row in rows if row is not None)
        last = self.newest
        if last is None:
            return Finished("stopped", 0.0, 0.0, results)
        return Finished("stopped", last.seconds, last.images_per_second, results)

    @property
    def share_done(self) -> float:
        """Training steps done over the losses that still race, or over all once none does; in
        [0, 1]."""
        racing = [track for track in self.tracks if track.left is None] or self.tracks
        if self.started is None or not racing:
            return 0.0
        steps = self.started.epochs * self.started.steps_per_epoch
        done = sum(track.newest.step if track.newest else 0 for track in racing)
        return min(1.0, done / (steps * len(racing)))


def history(events: Iterable[Event], so_far: History | None = None) -> History:
    """The history that ``events`` make, continued from ``so_far``."""
    return reduce(_after, events, so_far or History())


class Histories:
    """Histories of the runs of a store, for all who follow them: each event is read once.

    Safe to use from several threads. Only the ``KEPT`` runs asked for last are kept.
    """

    def __init__(self, store: Events) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, History]] = {}

    def __call__(self, run: str) -> History:
        """The run's history up to now; RunError where the store cannot be read."""
        with self._lock:
            last, past = self._kept.pop(run, (0, History()))
            if events := self._store.read(run, last):
                last, past = events[-1][0], history((event for _, event in events), past)
            self._kept[run] = last, past
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return past


class Events(Protocol):
    """What of the run store a history needs."""

    def read(self, run: str, after: int = 0) -> list[tuple[int, Event]]: ...


def _after(history: History, event: Event) -> History:
    match event:
        case Loading():
            return replace(history, loading=event)
        case Started():
            tracks = tuple(Track() for _ in event.losses)
            return replace(history, started=event, tracks=tracks, loading=None)
        case Notice():
            return replace(history, notices=(*history.notices, event.text))
        case Paused() | Resumed():
            return replace(history, paused=isinstance(event, Paused))
        case Finished() | Failed() | Interrupted():
            return replace(history, end=event, paused=False)
        case Progress() | Epoch() | Predictions() | Confusion() | Contradicted() | LossStopped():
            tracks = tuple(
                _followed(track, event) if place == event.loss else track
                for place, track in enumerate(history.tracks)
            )
            return replace(history, tracks=tracks)
    return history


def _followed(track: Track, event: OfOneLoss) -> Track:
    match event:
        case Progress():
            return replace(track, progress=event)
        case Epoch():
            return replace(track, epochs=(*track.epochs, event), progress=None)
        case Predictions():
            return replace(track, predictions=event)
        case Confusion():
            return replace(track, confusion=event)
        case Contradicted():
            return replace(track, contradicted=event)
        case LossStopped():
            return replace(track, left=event)
