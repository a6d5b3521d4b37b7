import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alfs_core.errors import RunError
from alfs_core.training.events import (
    EVENTS,
    Confusion,
    Contradicted,
    Epoch,
    Event,
    Loading,
    Predictions,
    from_json,
    pack_pictures,
    to_json,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
SHARES = {name: st.none() | finite for name in ("clean_fit", "wrong_fit", "wrong_gradient")}


def drawn(kind: type[Event]) -> st.SearchStrategy[Event]:
    special = {name: how for name, how in SHARES.items() if name in kind.__dataclass_fields__}
    return st.builds(kind, **special)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
@given(st.data())
def test_every_event_survives_json(kind, data):
    event = data.draw(drawn(kind))
    text = json.dumps(to_json(event))

    again = from_json(json.loads(text))

    assert json.dumps(to_json(again)) == text
    assert type(again) is kind


def test_an_evaluation_of_an_earlier_version_is_still_read():
    """It knew nothing of where the gradient comes from."""
    record = to_json(Epoch(0, 1, 10, 0.5, 0.6, None, 1.5, 0.3, 1000.0, 2.0, 20.0, 0.4))
    del record["wrong_gradient"]

    event = from_json(record)

    assert isinstance(event, Epoch)
    assert (event.test_accuracy, event.wrong_gradient) == (0.5, None)


def test_a_download_of_an_earlier_version_is_still_read():
    """It knew nothing of rates."""
    event = from_json({"event": "Loading", "what": "downloading", "done": 1, "total": 4})

    assert isinstance(event, Loading)
    assert (event.rate, event.seconds_left, event.amount) == (None, None, "25 %")


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (None, "41 of 170 MB"),
        (0.0, "41 of 170 MB, 0 kB/s"),
        (50_000.0, "41 of 170 MB, 50 kB/s, 43 minutes left"),
        (900_000.0, "41 of 170 MB, 0.9 MB/s, 2.4 minutes left"),
        (11_000.0, "41 of 170 MB, 11 kB/s, 3.3 hours left"),
        (5e9, "41 of 170 MB, 5000.0 MB/s, 1 second left"),
    ],
)
def test_a_download_says_rate_and_time_left(rate, words):
    assert Loading("downloading", 41_000_000, 170_000_000, "bytes", rate).amount == words


@given(
    arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(2, 9)), elements=st.floats(0, 1))
)
def test_predictions_come_back_to_three_digits(probs):
    event = from_json(json.loads(json.dumps(to_json(Predictions.of(1, 2, probs)))))

    assert isinstance(event, Predictions)
    np.testing.assert_allclose(event.probs, probs, rtol=1e-3, atol=1e-7)


def test_predictions_of_a_run_stay_small():
    assert len(json.dumps(to_json(Predictions.of(0, 1, np.full((300, 10), 0.1))))) < 9_000


@pytest.mark.parametrize("change", [{"data": "%%%"}, {"data": "AAAA"}, {"shape": (3, 3)}])
def test_damaged_predictions_are_told(change):
    record = to_json(Predictions.of(0, 1, np.full((2, 2), 0.5))) | change

    event = from_json(record)
    assert isinstance(event, Predictions)
    with pytest.raises(RunError, match="cannot be read"):
        event.probs  # noqa: B018


def test_a_confusion_matrix_comes_back_as_it_was():
    counts = np.arange(9).reshape(3, 3) * 1000
    event = from_json(json.loads(json.dumps(to_json(Confusion.of(0, 1, counts)))))

    assert isinstance(event, Confusion)
    np.testing.assert_array_equal(event.counts, counts)
    with pytest.raises(RunError, match="the confusion matrix of epoch 1 cannot be read"):
        replace(event, classes=4).counts  # noqa: B018


def doubted(count):
    pictures = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    labels = (0,) * count
    depths = (count,) if count else ()
    told = (labels, labels, labels, labels, (1.0,) * count, pack_pictures(pictures))
    return pictures, Contradicted(0, 3, 100, count, 0.4, depths, depths, *told)


@pytest.mark.parametrize("count", [0, 1, 16])
def test_pictures_come_back_as_they_were_and_stay_small(count):
    pictures, event = doubted(count)
    text = json.dumps(to_json(event))

    again = from_json(json.loads(text))
    assert isinstance(again, Contradicted)
    np.testing.assert_array_equal(again.pictures, pictures)
    assert len(text) < 1_000 + 4_200 * count


@pytest.mark.parametrize("change", [{"data": "AAAA"}, {"places": (1,)}, {"data": 3}])
def test_damaged_pictures_are_told(change):
    event = replace(doubted(2)[1], **change)

    with pytest.raises(RunError, match="the pictures of epoch 3 cannot be read"):
        event.pictures  # noqa: B018


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({}, "it names no kind of event"),
        ({"event": "Exploded"}, "'Exploded' is no kind of event that is known here"),
        ({"event": "Failed"}, "Failed has other values than this version of the program knows"),
        ({"event": "Paused", "x": 1}, "Paused has other values"),
        ({"event": "Finished", "results": [{"x": 1}]}, "Finished has other values"),
        ({"event": []}, r"\[\] is no kind of event"),
        ([], "it names no kind of event"),
    ],
)
def test_what_is_no_event_is_refused(record, fault):
    with pytest.raises(RunError, match=f"an event of a run cannot be read: {fault}"):
        from_json(record)
