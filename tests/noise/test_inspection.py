import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from alfs_core.data.images import data_uri
from alfs_core.data.source import DataSource
from alfs_core.data.synthetic import shapes10
from alfs_core.noise.inspection import SAMPLE, inspect, of
from alfs_core.noise.labels import GivenLabels, LabelSource, give_labels
from alfs_core.noise.transition import LabelNoise, symmetric

DATA = shapes10(300, 20, 0)


def test_counts_and_matrix_are_those_of_the_labels():
    made = give_labels(DATA, LabelNoise("symmetric", 0.5), LabelSource(), 0)
    seen = of(DATA, made)

    assert (seen.total, seen.wrong) == (300, (made.labels != DATA.y_train).sum())
    np.testing.assert_array_equal(seen.counts.sum(1), np.bincount(DATA.y_train))
    np.testing.assert_array_equal(seen.asked, symmetric(10, 0.5))
    np.testing.assert_allclose(seen.drawn, seen.asked, atol=0.04)


def test_the_sample_is_of_wrong_labels_even_over_classes():
    made = give_labels(DATA, LabelNoise("symmetric", 0.5), LabelSource(), 0)
    seen = of(DATA, made)

    assert len(seen.images) == len(seen.given) == SAMPLE
    assert (seen.given != seen.true).all()
    assert set(np.bincount(seen.true, minlength=10)) == {1, 2}
    for image, given, true in zip(seen.images, seen.given, seen.true, strict=True):
        (place,) = np.flatnonzero((DATA.x_train == image).all((1, 2, 3)))
        assert (made.labels[place], DATA.y_train[place]) == (given, true)


def test_without_noise_there_is_nothing_to_show():
    seen = of(DATA, give_labels(DATA, LabelNoise("none", 0.0), LabelSource(), 0))

    assert (seen.wrong, len(seen.images)) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        ([[0.6, 0.4, 0.0], [0.1, 0.8, 0.1]], 0.0),
        ([[0.4, 0.6, 0.0], [0.1, 0.8, 0.1]], 0.5),
        ([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]], 1.0),
    ],
)
def test_rows_without_domination_are_counted(rows, share):
    made = GivenLabels(DATA.y_train, "", rows=np.array(rows))
    seen = replace(of(DATA, made), rows_true=np.array([0, 1]))

    assert seen.undominated == share


def test_what_is_inspected_is_what_a_race_is_given(folders):
    labels = LabelSource("instance", rate=0.3)
    seen = inspect(DataSource(), LabelNoise(), labels, 300, 20, 0)

    made = give_labels(DATA, LabelNoise(), labels, 0)
    assert seen.wrong == (made.labels != DATA.y_train).sum()
    np.testing.assert_array_equal(seen.rows, made.rows)


def test_an_image_survives_its_address():
    head, data = data_uri(DATA.x_train[0]).split(",")

    assert head == "data:image/png;base64"
    np.testing.assert_array_equal(Image.open(io.BytesIO(base64.b64decode(data))), DATA.x_train[0])
