import contextlib
import copy
import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.errors import AlfsError, RunError
from alfs_core.training import foreign
from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Finished,
    LossStopped,
    Notice,
    Predictions,
    Result,
    pack_pictures,
    to_json,
)
from alfs_core.training.export import run_json
from alfs_core.training.foreign import read_run, read_settings
from alfs_core.training.store import RunStore
from tests.training.test_export import CONFIG
from tests.training.test_history import STARTED, epoch

PICTURES = pack_pictures(np.zeros((2, 32, 32, 3), np.uint8))
EVENTS = (
    replace(STARTED, manifest={"python": "3.11"}, label_counts=((5, 1), (0, 4))),
    Notice("said"),
    replace(epoch(0, 1, 0.25), wrong_gradient=0.5, clean_fit=None),
    Predictions.of(0, 1, np.array([[0.5, 0.5]])),
    Confusion.of(0, 1, np.eye(2, dtype=int)),
    Contradicted(
        0, 4, 9, 3, 0.4, (2, 3), (1, 2), (7, 3), (0, 1), (1, 1), (1, 0), (0.99, 0.9), PICTURES
    ),
    LossStopped(1, 0, "its slope is 0"),
    Finished("complete", 9.0, 800.0, (Result(0, 0.25, 1, 0.25, None, 0.2),)),
)


@pytest.fixture
def written(tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    run = store.create(CONFIG, title="mine")
    for event in EVENTS:
        store.append(run, event)
    store.annotate(run, "a note")
    yield run_json(store.get(run), [event for _, event in store.read(run)]).encode()
    store.close()


def whole():
    """The file as JSON values, to be spoilt."""
    told = [to_json(event) for event in EVENTS]
    file = {"title": "mine", "note": "", "config": CONFIG.to_json(), "events": told}
    return json.loads(json.dumps(file))


def encoded(file):
    return json.dumps(file).encode()


def test_what_was_exported_comes_back(written):
    run = read_run(written)

    assert (run.title, run.note, run.config) == ("mine", "a note", CONFIG)
    assert run.events == EVENTS
    assert 0 <= time.time() - run.began < 600


def test_it_goes_through_the_store_and_out_again(written, tmp_path):
    run = read_run(written)
    store = RunStore(tmp_path / "other.sqlite")
    taken = store.take_in(run.config, run.title, run.note, run.events, "me", run.began)
    again = read_run(run_json(store.get(taken), [event for _, event in store.read(taken)]).encode())

    assert again == run
    store.close()


def test_a_file_tells_when_its_run_began_or_was_entered():
    assert read_run(encoded(whole())).began is None
    assert read_run(encoded(whole() | {"created": 1_700_000_000})).began == 1_700_000_000
    assert read_run(encoded(whole() | {"created": 5, "began": 8.5})).began == 8.5
    assert read_run(encoded(whole() | {"created": 5, "began": None})).began == 5


def test_settings_come_from_an_exported_run_or_stand_alone(written):
    assert read_settings(written) == CONFIG
    assert read_settings(encoded(CONFIG.to_json())) == CONFIG


def spoilt(place, **change):
    file = whole()
    file["events"][place] |= change
    return file


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\xff\xfe", "the file is no JSON"),
        ("{\"title\": \"hübsch\"}".encode("latin-1"), "the file is no text in UTF-8"),
        (b'{\n "title": "a"\n "note": ""}', "the file is no JSON at line 3, column 2"),
        (b"[" * 100_000, "the file "),
        (b"9" * 5_000, "the file has a number with too many digits"),
        (b'{"config": NaN}', "NaN is no number here"),
        (b"[]", "the file of a run is a JSON object"),
        (b"{}", "the config of a run is a JSON object"),
        (encoded(whole() | {"events": {}}), "a list of at most"),
        (encoded(whole() | {"events": [3]}), "an event of a run is a JSON object"),
        (encoded(whole() | {"events": [{"event": "Exploded"}]}), "cannot be read"),
        (encoded(whole() | {"events": whole()["events"][2:]}), "starts before its losses"),
        (encoded(whole() | {"title": ["x"]}), "title and note of a run are texts"),
        (encoded(whole() | {"config": {"images": 10**9}}), "images = "),
        (encoded(whole() | {"config": {"colour": 1}}), "and no others"),
        (encoded(whole() | {"created": "x"}), "created = 'x' is no time in seconds since 1970"),
        (encoded(whole() | {"created": True}), "created = True is no time"),
        (encoded(whole() | {"created": -1}), "created = -1 is no time"),
        (encoded(whole() | {"began": time.time() + 90_000}), "is no time in seconds since 1970"),
        (encoded(whole() | {"began": 10**400}), "is no time in seconds since 1970"),
        (encoded(spoilt(0, losses=["CE"])), "other losses"),
        (encoded(spoilt(0, class_names=["one"])), "2 to 1,000 classes"),
        (encoded(spoilt(0, data_kind="<b>")), "are not known here"),
        (encoded(spoilt(0, epochs=10**9)), "1 to 200 epochs"),
        (encoded(spoilt(0, steps_per_epoch=0)), "at least one step"),
        (encoded(spoilt(0, sample_given=[9])), "a label is none of the 2"),
        (encoded(spoilt(0, sample_given=[])), "a given and a true label"),
        (encoded(spoilt(0, label_counts=[[1]])), "labels are counted"),
        (encoded(spoilt(0, manifest={"python": 3})), "Started: manifest"),
        (encoded(spoilt(0, noise_rate="many")), "Started: noise_rate"),
        (encoded(spoilt(2, test_accuracy=1e400)), "Infinity is no number here"),
        (encoded(whole()).replace(b"0.25", b"1e400"), "Epoch: test_accuracy"),
        (encoded(spoilt(2, test_accuracy=2.0)), "lies outside [0, 1]"),
        (encoded(spoilt(2, test_accuracy=None)), "Epoch: test_accuracy"),
        (encoded(spoilt(2, train_loss=10**300)), "Epoch: train_loss"),
        (encoded(spoilt(2, loss=True)), "Epoch: loss"),
        (encoded(spoilt(2, loss=2)), "loss 2 is none of the 2"),
        (encoded(spoilt(2, loss=-1)), "loss -1 is none"),
        (encoded(spoilt(2, epoch=99)), "epoch 99 is none of the 4"),
        (encoded(spoilt(3, shape=[10**6, 10**6])), "cannot be read"),
        (encoded(spoilt(3, data="AAAA")), "cannot be read"),
        (encoded(spoilt(3, data="/////w==", shape=[1, 2])), "do not fit the sample"),
        (encoded(spoilt(4, classes=1, data="AAA=")), "has other classes"),
        (encoded(spoilt(5, given=[0])), "with its labels and its probability"),
        (encoded(spoilt(5, predicted=[7, 7])), "a label is none of the 2"),
        (encoded(spoilt(5, depths=[0, 3])), "at rising depths"),
        (encoded(spoilt(5, wrong=[5, 5])), "at rising depths"),
        (encoded(spoilt(5, data="AAAA")), "the pictures of epoch 4 cannot be read"),
        (encoded(spoilt(7, results=[{"loss": 0}])), "cannot be read"),
        (encoded(spoilt(7, results=[to_json(EVENTS[7])["results"][0] | {"loss": 5}])), "loss 5"),
        (encoded(spoilt(7, results=["x"])), "cannot be read"),
        (encoded(spoilt(7, results=3)), "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_refused_in_a_sentence(file, words):
    with pytest.raises(AlfsError) as refused:
        read_run(file)

    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_that_is_too_large_is_not_even_read(monkeypatch):
    monkeypatch.setattr(foreign, "MOST_BYTES", 100)

    with pytest.raises(RunError, match="a run has at most 100"):
        read_run(encoded(whole()))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FILE = whole()


@given(st.data())
def test_any_value_anywhere_is_read_or_refused(data):
    """Whatever one value of the file is replaced by: a run, or a sentence; never a crash."""
    file = copy.deepcopy(FILE)
    record = data.draw(st.sampled_from([file, file["config"], *file["events"]]))
    record[data.draw(st.sampled_from(sorted(record)))] = data.draw(junk)

    with contextlib.suppress(AlfsError):
        run = read_run(encoded(file))
        assert len(run.events) <= len(EVENTS)
        assert run.title
