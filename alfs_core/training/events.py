"""What a run tells: records, in the order they happened, that survive JSON."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from alfs_core.data.dataset import SIDE
from alfs_core.errors import RunError
from alfs_core.noise.labels import LabelKind
from alfs_core.wording import duration, percent


@dataclass(frozen=True)
class Event:
    """Something that happened in a run."""


@dataclass(frozen=True)
class Loading(Event):
    """Images are being fetched or read; ``total`` is 0 where the end is not known.

    ``rate`` is what was done in a second lately, None where that is not known.
    """

    what: str
    done: int = 0
    total: int = 0
    unit: Literal["", "bytes"] = ""
    rate: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """Until the end at the present rate; None where that is not known."""
        return (self.total - self.done) / self.rate if self.rate and self.total else None

    @property
    def amount(self) -> str:
        """How far it is, in words; "" where that is not known.

        >>> Loading("downloading", 41_000_000, 170_000_000, "bytes", 900_000.0).amount
        '41 of 170 MB, 0.9 MB/s, 2.4 minutes left'
        >>> Loading("downloading", 41_000_000, 170_000_000, "bytes").amount
        '41 of 170 MB'
        >>> Loading("computing features", 1, 4).amount
        '25 %'
        """
        if not self.total:
            return ""
        if self.unit != "bytes":
            return percent(self.done / self.total)
        said = [f"{self.done / 1e6:.0f} of {self.total / 1e6:.0f} MB"]
        if self.rate is not None:
            said.append(_speed(self.rate))
        if self.seconds_left is not None:
            said.append(f"{duration(self.seconds_left)} left")
        return ", ".join(said)


def _speed(rate: float) -> str:
    return f"{rate / 1e6:.1f} MB/s" if rate >= 100_000 else f"{rate / 1e3:.0f} kB/s"


@dataclass(frozen=True)
class Started(Event):
    """The race begins: what it really runs on.

    ``scales`` are the factors on the losses; ``noise_rate`` is the share of labels that are wrong;
    ``sample_given`` and ``sample_true`` are the labels of the images that Predictions follow;
    ``label_counts[i][j]`` training images of class i are given the label j; ``label_checksum`` is
    that of the file of labels, "" without one. ``manifest`` holds versions, machine and revision.
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
    label_kind: LabelKind = "matrix"
    label_description: str = ""
    label_checksum: str = ""
    label_counts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Progress(Event):
    """How one loss fares between evaluations; ``step`` counts batches from the start of the run.

    ``train_loss`` (before scaling) and ``grad_norm`` (of the scaled loss, before clipping) are
    means since the last evaluation; ``images_per_second`` is that of all losses together;
    ``seconds`` are of training, 0 where an earlier version of the program did not tell them.
    """

    loss: int
    epoch: int
    step: int
    train_loss: float
    grad_norm: float
    images_per_second: float
    seconds_left: float
    seconds: float = 0.0


@dataclass(frozen=True)
class Epoch(Event):
    """One loss at an evaluation, ``epoch`` epochs after the start: shares in [0, 1].

    ``epoch`` is a whole number but in large races on a CPU, which evaluate within an epoch too.
    ``train_loss`` and ``grad_norm`` are means since the evaluation before, as in Progress.

    ``clean_fit`` is the share of rightly labelled training images predicted as labelled,
    ``wrong_fit`` the share of wrongly labelled ones predicted as *wrongly* labelled (memorised);
    each is None where there is no such image. ``wrong_gradient`` is the share of the gradient that
    comes from wrong labels (``evaluation.wrong_gradient``); None too where an earlier version of
    the program did not measure it. ``test_accuracy`` is always of the same first test images, so
    that epochs compare; ``whole_accuracy`` is of all of them, after the last epoch alone.
    """

    loss: int
    epoch: float
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
    whole_accuracy: float | None = None

    @property
    def final_accuracy(self) -> float:
        """On as many test images as were looked at."""
        return self.test_accuracy if self.whole_accuracy is None else self.whole_accuracy


@dataclass(frozen=True)
class Predictions(Event):
    """Softmax probabilities (S, K) of the sample images, as base64 of float16."""

    loss: int
    epoch: float
    shape: tuple[int, int]
    data: str

    @classmethod
    def of(cls, loss: int, epoch: float, probs: npt.NDArray[np.floating]) -> "Predictions":
        """The event for ``probs`` (S, K)."""
        return cls(loss, epoch, (probs.shape[0], probs.shape[1]), _pack(probs, "<f2"))

    @property
    def probs(self) -> npt.NDArray[np.float32]:
        """The probabilities (S, K); raises RunError where they cannot be read."""
        what = f"the predictions of epoch {self.epoch:g}"
        return _unpack(self.data, "<f2", self.shape, what).astype(np.float32)


@dataclass(frozen=True)
class Confusion(Event):
    """How many test images of each class (row) were predicted as each class (column), (K, K)."""

    loss: int
    epoch: float
    classes: int
    data: str

    @classmethod
    def of(cls, loss: int, epoch: float, counts: npt.NDArray[np.integer]) -> "Confusion":
        """The event for ``counts`` (K, K), each below 65,536."""
        return cls(loss, epoch, len(counts), _pack(counts, "<u2"))

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """The counts (K, K); raises RunError where they cannot be read."""
        what = f"the confusion matrix of epoch {self.epoch:g}"
        return _unpack(self.data, "<u2", (self.classes, self.classes), what).astype(np.int64)


@dataclass(frozen=True)
class Contradicted(Event):
    """Training images whose given label the network contradicts, most confident first.

    Of ``examined`` images ``contradicted`` are predicted as another class than their given one.
    Among the first ``depths[i]`` of these, ``wrong[i]`` bear a wrong label; ``noise_rate`` is the
    share of wrong labels among all that were examined. The first few are told one by one: place
    in the training set, labels, probability of the predicted one, and the pictures
    (n, 32, 32, 3) as base64 of bytes.
    """

    loss: int
    epoch: float
    examined: int
    contradicted: int
    noise_rate: float
    depths: tuple[int, ...]
    wrong: tuple[int, ...]
    places: tuple[int, ...]
    given: tuple[int, ...]
    true: tuple[int, ...]
    predicted: tuple[int, ...]
    probability: tuple[float, ...]
    data: str

    @property
    def pictures(self) -> npt.NDArray[np.uint8]:
        """The pictures (n, 32, 32, 3); raises RunError where they cannot be read."""
        what = f"the pictures of epoch {self.epoch:g}"
        return _unpack(self.data, "u1", (len(self.places), SIDE, SIDE, 3), what)


def pack_pictures(pictures: npt.NDArray[np.uint8]) -> str:
    """Pictures (n, 32, 32, 3) as Contradicted holds them."""
    return _pack(pictures, "u1")


def _pack(values: npt.NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def _unpack(data: str, kind: str, shape: tuple[int, ...], what: str) -> npt.NDArray[Any]:
    """The array again; raises RunError where the text does not hold exactly that."""
    try:
        raw = base64.b64decode(data, validate=True)
        return np.frombuffer(bytearray(raw), kind).reshape(shape)
    except (binascii.Error, ValueError, TypeError) as error:
        raise RunError(f"{what} cannot be read") from error


@dataclass(frozen=True)
class Notice(Event):
    """Something that whoever watches should know, in a sentence; the run goes on."""

    text: str


@dataclass(frozen=True)
class LossStopped(Event):
    """One loss leaves the race; the others go on."""

    loss: int
    epoch: int
    reason: str


@dataclass(frozen=True)
class Paused(Event):
    """The run stands still, from its next step on, until it is resumed."""


@dataclass(frozen=True)
class Resumed(Event):
    """The run goes on."""


@dataclass(frozen=True)
class Result:
    """One loss at the end; ``best_epoch`` is the first with the best accuracy, which is of the
    first test images, where the final one is of all."""

    loss: int
    best_accuracy: float
    best_epoch: float
    final_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None

    @classmethod
    def of(cls, loss: int, epochs: Sequence[Epoch]) -> "Result | None":
        """What the evaluations of a loss, oldest first, come to; None where there is none."""
        if not epochs:
            return None
        best, last = max(epochs, key=lambda epoch: epoch.test_accuracy), epochs[-1]
        fits = last.clean_fit, last.wrong_fit
        return cls(loss, best.test_accuracy, best.epoch, last.final_accuracy, *fits)


COMPLETE, TIME_LIMIT, NONE_LEFT = "complete", "time limit", "every loss left the race"


@dataclass(frozen=True)
class Finished(Event):
    """The run ended: COMPLETE, or cut short for another reason; a row for each loss."""

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


@dataclass(frozen=True)
class Ready(Event):
    """An instant race begins: its data and its labels, as in Started."""

    class_names: tuple[str, ...]
    data_name: str
    data_kind: str
    images: int
    test_images: int
    noise_rate: float
    label_counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Round(Event):
    """Every loss of an instant race after an epoch: shares in [0, 1] as in Epoch, one for each
    loss, None for one that left; ``seconds`` are of training."""

    epoch: int
    test_accuracy: tuple[float | None, ...]
    clean_fit: tuple[float | None, ...]
    wrong_fit: tuple[float | None, ...]
    seconds: float


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        Loading,
        Started,
        Progress,
        Epoch,
        Predictions,
        Confusion,
        Contradicted,
        Notice,
        LossStopped,
        Paused,
        Resumed,
        Finished,
        Failed,
        Interrupted,
        Ready,
        Round,
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
        raise RunError(f"an event of a run cannot be read: {_fault(record)}") from error


def _fault(record: object) -> str:
    """What is wrong with a record that is no event."""
    kind = record.get("event") if isinstance(record, Mapping) else None
    if kind is None:
        return "it names no kind of event"
    if not isinstance(kind, str) or kind not in EVENTS:
        return f"{kind!r:.40} is no kind of event that is known here"
    return f"{kind} has other values than this version of the program knows"


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
