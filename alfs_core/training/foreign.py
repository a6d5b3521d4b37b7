"""A run from a file that anybody may have written: read whole, or refused in a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from alfs_core.errors import RunError
from alfs_core.training.config import RANGES, RunConfig
from alfs_core.training.events import (
    EVENTS,
    Confusion,
    Contradicted,
    Epoch,
    Event,
    Finished,
    Predictions,
    Progress,
    Result,
    Started,
    from_json,
)
from alfs_core.training.history import OfOneLoss

MOST_BYTES = 16_000_000
MOST_EVENTS = 10_000
MOST_LETTERS = 2_000_000  # of one text: pictures in base64
MOST_ITEMS = 10_000  # of one list
MOST_CLASSES = 1_000
LARGEST = 1e15
DAY = 86_400  # seconds that the clock of another machine may be ahead
KINDS = ("official", "archive", "images", "arrays", "synthetic")
SHARES = (
    "test_accuracy",
    "whole_accuracy",
    "clean_fit",
    "wrong_fit",
    "wrong_gradient",
    "noise_rate",
)
TYPES: dict[type, dict[str, Any]] = {
    kind: get_type_hints(kind) for kind in (*EVENTS.values(), Result)
}


@dataclass(frozen=True)
class ForeignRun:
    """What a file tells of a run; nothing in it is checked against the world.

    ``began`` is in seconds since 1970, None where the file does not tell it.
    """

    title: str
    note: str
    config: RunConfig
    events: tuple[Event, ...]
    began: float | None = None


def read_run(data: bytes) -> ForeignRun:
    """The run that ``export.run_json`` wrote; raises RunError where the file holds no such run.

    Every value has the type its record declares, every number is finite and every array has its
    size, so that what shows a run of our own can show this one.
    """
    whole = _parsed(data)
    config = RunConfig.from_json(_object(whole.get("config"), "the config of a run"))
    told = whole.get("events")
    if not isinstance(told, list) or len(told) > MOST_EVENTS:
        raise RunError(f"the file of a run has a list of at most {MOST_EVENTS:,} events")
    events = tuple(_event(record) for record in told)
    _fit(config, events)
    title, note = (whole.get(name, "") for name in ("title", "note"))
    if not isinstance(title, str) or not isinstance(note, str):
        raise RunError("title and note of a run are texts")
    began = _moment(whole)
    return ForeignRun(title.strip()[:200] or config.title, note[:10_000], config, events, began)


def read_settings(data: bytes) -> RunConfig:
    """The settings in a file: those that repeat an exported run, or settings alone."""
    whole = _parsed(data)
    if "events" not in whole:
        return RunConfig.from_json(_object(whole.get("config", whole), "the config of a run"))
    run = read_run(data)
    started = [event for event in run.events if isinstance(event, Started)]
    if not started:
        return run.config
    return run.config.planned(started[-1].epochs).expecting(started[-1].data_checksum)


def _parsed(data: bytes) -> Mapping[str, Any]:
    if len(data) > MOST_BYTES:
        raise RunError(f"the file has {len(data):,} bytes; a run has at most {MOST_BYTES:,}")
    if not data.strip():
        raise RunError("the file is empty")
    try:
        whole = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RunError(_why_not_json(error)) from error
    return _object(whole, "the file of a run")


def _why_not_json(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"the file is no JSON at line {error.lineno:,}, column {error.colno:,}"
        case UnicodeDecodeError():
            return "the file is no text in UTF-8"
        case RecursionError():
            return "the file has too many brackets within brackets"
    return "the file has a number with too many digits"  # the only other thing that Python refuses


def _refuse(name: str) -> float:
    raise RunError(f"the file is no JSON: {name} is no number here")


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RunError(f"{what} is a JSON object with names and values")
    return value


def _moment(whole: Mapping[str, Any]) -> float | None:
    """When the run began, else when it was entered: what files told before they told more."""
    name = "created" if whole.get("began") is None else "began"
    value = whole.get(name)
    if value is None:
        return None
    if not _is(value, float) or not 0 <= value <= time.time() + DAY:
        raise RunError(f"{name} = {value!r:.40} is no time in seconds since 1970 until now")
    return float(value)


def _event(record: Any) -> Event:
    event = from_json(_object(record, "an event of a run"))
    _check_fields(event)
    return event


def _check_fields(record: Event | Result) -> None:
    """Every field as its type says, and shares within [0, 1]."""
    for name, kind in TYPES[type(record)].items():
        value = getattr(record, name)
        if not _is(value, kind):
            raise RunError(f"{type(record).__name__}: {name} is not what a run tells there")
        if name in SHARES and value is not None and not 0 <= value <= 1:
            raise RunError(f"{type(record).__name__}: {name} = {value:g} lies outside [0, 1]")


def _is(value: Any, kind: Any) -> bool:
    """Whether a value has a declared type, and a size that a page can bear."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_is(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        return _is_tuple(value, inner)
    if origin is not None:  # a mapping of texts
        return (
            isinstance(value, dict)
            and len(value) <= 100
            and _is_all((*value, *value.values()), str)
        )
    if kind is Result:
        _check_fields(value)
        return True
    return _is_plain(value, kind)


def _is_tuple(value: Any, inner: Sequence[Any]) -> bool:
    if not isinstance(value, tuple) or len(value) > MOST_ITEMS:
        return False
    if len(inner) == 2 and inner[1] is Ellipsis:
        return _is_all(value, inner[0])
    return len(value) == len(inner) and all(map(_is, value, inner))


def _is_all(values: Sequence[Any], kind: Any) -> bool:
    return all(_is(value, kind) for value in values)


def _is_plain(value: Any, kind: Any) -> bool:
    if kind is str:
        return isinstance(value, str) and len(value) <= MOST_LETTERS
    if kind in (int, float):
        number = isinstance(value, int if kind is int else int | float)
        return number and not isinstance(value, bool) and abs(value) <= LARGEST
    return value is None if kind is NoneType else isinstance(value, kind)


def _fit(config: RunConfig, events: Sequence[Event]) -> None:
    """The events are those of a race of these losses, each with arrays of its size."""
    started = None
    for event in events:
        if isinstance(event, Started):
            _check_start(config, event)
            started = event
        elif isinstance(event, Finished):
            for result in event.results:
                _check_loss(config, result.loss)
        elif isinstance(event, OfOneLoss):
            _check_loss(config, event.loss)
            if started is None:
                raise RunError("a run starts before its losses are evaluated")
            _check_size(event, started)


def _check_loss(config: RunConfig, loss: int) -> None:
    if not 0 <= loss < len(config.losses):
        raise RunError(f"loss {loss} is none of the {len(config.losses)} of this run")


def _check_start(config: RunConfig, started: Started) -> None:
    if len(started.losses) != len(config.losses) or len(started.scales) != len(config.losses):
        raise RunError("the run started with other losses than its settings name")
    if not 2 <= len(started.class_names) <= MOST_CLASSES:
        raise RunError(f"a run has 2 to {MOST_CLASSES:,} classes")
    if started.data_kind not in KINDS:
        raise RunError(f"data of the kind {started.data_kind!r:.40} are not known here")
    low, high = RANGES["epochs"]
    if not low <= started.epochs <= high or started.steps_per_epoch < 1:
        raise RunError(f"a run has {low:g} to {high:g} epochs of at least one step")
    if len(started.sample_given) != len(started.sample_true):
        raise RunError("each image of the sample has a given and a true label")
    _check_labels(started, started.sample_given, started.sample_true)
    counts = started.label_counts
    if counts and {len(counts), *map(len, counts)} != {len(started.class_names)}:
        raise RunError("labels are counted for each class and each label")


def _check_labels(started: Started, *labels: Sequence[int]) -> None:
    if any(not 0 <= label < len(started.class_names) for some in labels for label in some):
        raise RunError(f"a label is none of the {len(started.class_names)} classes")


def _check_size(event: Event, started: Started) -> None:
    K = len(started.class_names)
    match event:
        case Epoch() | Progress() if not 0 < event.epoch <= started.epochs or event.step < 0:
            raise RunError(f"epoch {event.epoch:g} is none of the {started.epochs} of this run")
        case Predictions():
            if event.probs.shape != (len(started.sample_given), K) or not _within(event.probs, 1):
                raise RunError(f"the predictions of epoch {event.epoch:g} do not fit the sample")
        case Confusion():
            if event.counts.shape != (K, K):
                raise RunError(f"the confusion matrix of epoch {event.epoch:g} has other classes")
        case Contradicted():
            _check_doubts(event, started)


def _within(values: Any, most: float) -> bool:
    return bool(((values >= 0) & (values <= most)).all())


def _check_doubts(event: Contradicted, started: Started) -> None:
    shown = (event.given, event.true, event.predicted, event.probability)
    if {len(one) for one in shown} != {len(event.places)} or len(event.places) > 100:
        raise RunError("each contradicted image is told with its labels and its probability")
    _check_labels(started, event.given, event.true, event.predicted)
    rising = (0, *event.depths)
    ordered = all(a < b for a, b in pairwise(rising))
    found = len(event.wrong) == len(event.depths) and all(
        0 <= wrong <= depth for wrong, depth in zip(event.wrong, event.depths, strict=True)
    )
    if not (ordered and found and all(0 <= p <= 1 for p in event.probability)):
        raise RunError("of the contradicted labels some are wrong, at rising depths")
    event.pictures  # noqa: B018  raises where they cannot be read
