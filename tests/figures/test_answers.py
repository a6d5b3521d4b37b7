import numpy as np
import pytest

from alfs_core.figures.answers import (
    PrecisionLine,
    confusion_figure,
    confusion_words,
    precision_figure,
    row_shares,
    unpredicted,
)

COUNTS = np.array([[8, 2, 0], [5, 5, 0], [0, 0, 0]])
CLASSES = ("cat", "<b>dog</b>", "ship")


def test_colours_are_shares_of_the_class_and_numbers_are_counts():
    cells, written = confusion_figure(COUNTS, "CE", CLASSES).checked().data

    np.testing.assert_allclose(cells.z, [[0.8, 0.2, 0], [0.5, 0.5, 0], [0, 0, 0]], atol=1e-6)
    assert list(written.text) == ["8", "2", "·", "5", "5", "·", "·", "·", "·"]
    assert cells.customdata[1][0].startswith("&lt;b&gt;dog&lt;/b&gt; predicted as cat")


def test_a_class_without_images_has_no_shares():
    np.testing.assert_array_equal(row_shares(COUNTS)[2], [0, 0, 0])


def test_a_hundred_classes_are_drawn_without_numbers():
    figure = confusion_figure(np.eye(100, dtype=int), "CE", [f"c{i}" for i in range(100)]).checked()

    assert len(figure.data) == 1
    assert list(figure.layout.xaxis.ticktext) == [f"c{i}" for i in range(0, 100, 10)]


def test_the_words_name_the_worst_mistake():
    told = confusion_words(COUNTS, "CE", CLASSES)

    assert "65 % of 20 test images rightly" in told
    assert "<b>dog</b> taken for cat, 5 of 10 images" in told
    assert "no mistake" in confusion_words(np.eye(3, dtype=int), "CE", CLASSES)
    assert "0 % of 0" in confusion_words(0 * COUNTS, "CE", CLASSES)


def test_classes_that_are_never_predicted_are_found():
    assert unpredicted(COUNTS) == [2]


@pytest.mark.parametrize("depths", [[], [10, 20, 37]])
def test_precision_is_drawn_beside_picking_at_random(depths):
    line = PrecisionLine("CE", 1, np.array(depths), np.linspace(0.9, 0.5, len(depths)))
    figure = precision_figure([line], 0.4).checked()

    assert list(figure.data[0].x) == depths
    assert figure.layout.shapes[0].y0 == figure.layout.annotations[0].y == 40
