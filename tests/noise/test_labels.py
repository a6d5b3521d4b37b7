import json

import numpy as np
import pytest

from alfs_core.data.synthetic import shapes10
from alfs_core.errors import DataError
from alfs_core.noise.corruption import corrupt
from alfs_core.noise.labels import LabelFile, LabelSource, give_labels
from alfs_core.noise.transition import LabelNoise, symmetric

DATA = shapes10(300, 20, 0)
KEPT = "a" * 64 + "-CIFAR-10_human.pt"


@pytest.mark.parametrize(
    "source",
    [
        LabelSource(),
        LabelSource("instance", rate=0.25),
        LabelSource("human", file=LabelFile("local", "sub/cifar10n.npz"), column="random1"),
        LabelSource("human", file=LabelFile("upload", KEPT)),
    ],
)
def test_a_source_survives_json(source):
    assert LabelSource.from_json(json.loads(json.dumps(source.to_json()))) == source


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"kind": "guess"}, "'guess' are none of matrix, instance, human"),
        ({"kind": "instance", "rate": 1.0}, r"= 1 lies outside \(0, 1\)"),
        ({"kind": "human"}, "human labels need a file"),
        ({"kind": "matrix", "file": {"kind": "local", "path": "a.npz"}}, "no other labels"),
        ({"kind": "human", "file": {"kind": "local", "path": "a.zip"}}, "end in .npz, .pt"),
        ({"kind": "human", "file": {"kind": "web", "path": "a.npz"}}, "not 'web'"),
        ({"kind": "human", "file": {"kind": "upload", "path": "a.npz"}}, "uploaded"),
        ({"column": "best"}, "no label set is called 'best'"),
        ({"colour": 1}, "does not say where labels come from"),
        ({"file": 3}, "does not say where labels come from"),
    ],
)
def test_what_is_no_source_is_refused(record, words):
    with pytest.raises(DataError, match=words):
        LabelSource.from_json(record)


def test_labels_of_a_matrix_are_those_of_corrupt():
    given = give_labels(DATA, LabelNoise("symmetric", 0.6), LabelSource(), seed=7)

    T = symmetric(10, 0.6)
    expected = corrupt(DATA.y_train, T, np.random.default_rng([7, 1]))
    np.testing.assert_array_equal(given.labels, expected)
    np.testing.assert_array_equal(given.asked, T)


def test_instance_labels_are_repeatable_and_near_their_rate():
    source = LabelSource("instance", rate=0.3)
    first, again = (give_labels(DATA, LabelNoise(), source, seed=2) for _ in range(2))

    np.testing.assert_array_equal(first.labels, again.labels)
    assert (first.labels != DATA.y_train).mean() == pytest.approx(0.3, abs=0.08)
    assert first.rows.shape == (300, 10)


def test_titles_name_the_labels():
    file = LabelFile("local", "cifar10n.npz")
    noise = LabelNoise("pair", 0.3)

    assert LabelSource().title(noise) == "30 % flips to the next class"
    assert LabelSource("instance", rate=0.4).title(noise) == "40 % instance-dependent noise"
    assert LabelSource("human", file=file).title(noise) == "CIFAR-10N worst human labels"


def test_an_upload_shows_the_name_it_had():
    assert LabelFile("upload", KEPT).title == "CIFAR-10_human.pt"
