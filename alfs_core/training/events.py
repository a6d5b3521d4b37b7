"""What a run tells: records, in the order they happened, that survive JSON."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from alfs_core.errors import RunError


@dataclass(frozen=True)
class Event:
    """Something that happened in a run."""


@dataclass(frozen=True)
class Loading(Event):
    """Images are being fetched or read; ``total`` is 0 where the end is not known."""

    what: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Started(Event):
    """The race begins: what it really runs on.

    ``scales`` are the factors on the losses; ``noise_rate`` is the share of labels that are wrong;
    ``sample_given`` and ``sample_true`` are the labels of the images that Predictions follow;
    ``manifest`` holds versions, machine and revision.
    """

    losses: tuple[str, ...]
    scales: tuple[float, ...]
    class_names: tuple[str, ...]
    data_name: str
    data_kind: str
    data_checksum: str
    data_description: str
    images: int
    test_images: int
    epochs: int
    steps_per_epoch: int
    noise_rate: float
    device: str
    workers: int
    sample_given: tuple[int, ...]
    sample_true: tuple[int, ...]
    manifest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress(Event):
    """How one loss fares between evaluations; ``step`` counts batches from the start of the run.

    ``train_loss`` (before scaling) and ``grad_norm`` (of the scaled loss, before clipping) are
    means since the epoch began; ``images_per_second`` is that of all losses together.
    """

    loss: int
    epoch: int
    step: int
    train_loss: float
    grad_norm: float
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Epoch(Event):
    """One loss after an epoch (counted from 1): shares in [0, 1].

    ``clean_fit`` is the share of rightly labelled training images predicted as labelled,
    ``wrong_fit`` the share of wrongly labelled ones predicted as *wrongly* labelled (memorised);
    each is None where there is no such image. ``wrong_gradient`` is the share of the gradient that
    comes from wrong labels (``evaluation.wrong_gradient``); None too where an earlier version of
    the program did not measure it.
    """

    loss: int
    epoch: int
    step: int
    test_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None
    train_loss: float
    grad_norm: float
    images_per_second: float
    seconds: float
    seconds_left: float
    wrong_gradient: float | None = None


@dataclass(frozen=True)
class Predictions(Event):
    """Softmax probabilities (S, K) of the sample images, as base64 of float16."""

    loss: int
    epoch: int
    shape: tuple[int, int]
    data: str

    @classmethod
    def of(cls, loss: int, epoch: int, probs: npt.NDArray[np.floating]) -> "Predictions":
        """The event for ``probs`` (S, K)."""
        packed = base64.b64encode(probs.astype("<f2").tobytes()).decode("ascii")
        return cls(loss, epoch, (probs.shape[0], probs.shape[1]), packed)

    @property
    def probs(self) -> npt.NDArray[np.float32]:
        """The probabilities (S, K); raises RunError where they cannot be read."""
        try:
            raw = base64.b64decode(self.data, validate=True)
            return np.frombuffer(raw, "<f2").reshape(self.shape).astype(np.float32)
        except (binascii.Error, ValueError) as error:
            raise RunError(f"the predictions of epoch {self.epoch} cannot be read") from error


@dataclass(frozen=True)
class LossStopped(Event):
    """One loss leaves the race; the others go on."""

    loss: int
    epoch: int
    reason: str


@dataclass(frozen=True)
class Paused(Event):
    """Training stands still until it is resumed."""


@dataclass(frozen=True)
class Resumed(Event):
    """Training goes on."""


@dataclass(frozen=True)
class Result:
    """One loss at the end; ``best_epoch`` is the first with the best accuracy."""

    loss: int
    best_accuracy: float
    best_epoch: int
    final_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None


@dataclass(frozen=True)
class Finished(Event):
    """The run came to its end: ``complete``, ``stopped`` or ``time limit``; a row for each loss."""

    reason: str
    seconds: float
    images_per_second: float
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Failed(Event):
    """The run ended by an error; every event before it stays."""

    reason: str


@dataclass(frozen=True)
class Interrupted(Event):
    """The run was left by its server, or never began because the server ended."""

    reason: str


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Loading,
        Started,
        Progress,
        Epoch,
        Predictions,
        LossStopped,
        Paused,
        Resumed,
        Finished,
        Failed,
        Interrupted,
    )
}


def to_json(event: Event) -> dict[str, Any]:
    """The event as JSON values, its kind under ``event``."""
    return {"event": type(event).__name__, **asdict(event)}


def from_json(record: Mapping[str, Any]) -> Event:
    """The event again; raises RunError where the record is none."""
    try:
        values = {name: _frozen(value) for name, value in record.items() if name != "event"}
        if record["event"] == "Finished":
            values["results"] = tuple(Result(**result) for result in values["results"])
        return EVENTS[record["event"]](**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(f"an event of a run cannot be read: {error!r}") from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
