import numpy as np

from alfs_core.figures.predictions import (
    CLASS_COLORS,
    ELSEWHERE,
    cloud,
    cloud_figure,
    cloud_numbers,
)
from alfs_core.figures.style import LOSS_COLORS
from tests.colours import lettering

PROBS = np.array(
    [[0.5, 0.0, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4], [0.0, 0.9, 0.1, 0.0]]
)


def test_images_of_the_three_classes_are_placed_by_their_share_among_them():
    points = cloud(PROBS, given=(0, 1, 2, 3), true=(0, 1, 3, 2), chosen=(0, 2, 3))

    np.testing.assert_allclose(
        points.u, [[0.5, 0.25, 0.25], [1 / 8, 3 / 8, 4 / 8], [0, 1, 0]], atol=1e-12
    )
    assert points.given.tolist() == [0, 1, 2]
    assert points.true.tolist() == [0, 2, 1]
    assert points.wrong.tolist() == [False, True, True]


def test_a_label_outside_the_three_and_a_prediction_outside_them():
    points = cloud(PROBS[1:2], given=(1,), true=(0,), chosen=(0, 2, 3))

    np.testing.assert_allclose(points.u, [[1 / 3, 1 / 3, 1 / 3]])
    assert points.given.tolist() == [-1]
    assert points.wrong.all()


def test_colour_says_the_given_label_and_a_ring_that_it_is_wrong():
    points = cloud(PROBS, given=(0, 1, 1, 2), true=(0, 1, 3, 2), chosen=(0, 2, 3))
    right, wrong = cloud_figure(points, "CE", 0, ("a", "b", "c")).checked().data

    assert list(right.marker.color) == [CLASS_COLORS[0], CLASS_COLORS[1]]
    assert list(wrong.marker.color) == [ELSEWHERE]
    assert wrong.marker.symbol == "circle-open"
    assert list(wrong.text) == ["given another class, true c"]


def test_the_numbers_are_those_of_the_points():
    points = cloud(PROBS, given=(0, 1, 1, 2), true=(0, 1, 3, 2), chosen=(0, 2, 3))
    columns = cloud_numbers(points, ("a", "b", "c"))

    assert columns["given label"] == ["a", "another", "b"]
    assert columns["true label"] == ["a", "c", "b"]
    np.testing.assert_array_equal(columns["u, b"], points.u[:, 1])


def test_names_of_classes_are_written_in_the_colour_of_the_page():
    points = cloud(PROBS, given=(0, 1, 1, 2), true=(0, 1, 3, 2), chosen=(0, 2, 3))
    drawn = cloud_figure(points, "CE", 0, ("a", "b", "c"))

    assert not lettering(drawn) & set(LOSS_COLORS)
    assert all(
        color in corner["text"]
        for color, corner in zip(CLASS_COLORS, drawn.layout["annotations"], strict=False)
    )


def test_no_image_is_no_error():
    nothing = cloud(PROBS[:0], (), (), (0, 1, 2))

    assert len(cloud_figure(nothing, "CE", 0, ("a", "b", "c")).checked().data) == 2
