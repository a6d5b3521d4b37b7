import numpy as np
import pytest

from alfs_core.data.synthetic import CLASSES, OUTLINES, shapes10
from alfs_core.errors import DataError
from alfs_core.noise.transition import CIFAR10_MAP


def test_shapes_types_and_balance():
    data = shapes10(205, 50, seed=3)

    assert data.x_train.shape == (205, 32, 32, 3)
    assert data.x_train.dtype == np.uint8
    assert set(np.bincount(data.y_train, minlength=10)) == {20, 21}
    assert (np.bincount(data.y_test) == 5).all()
    assert data.kind == "synthetic"


def test_a_seed_gives_the_same_images_again():
    first, second = shapes10(100, 20, seed=1), shapes10(100, 20, seed=1)

    difference = first.x_train.astype(int) - second.x_train
    assert np.abs(difference).max() <= 1
    np.testing.assert_array_equal(first.y_train, second.y_train)


def test_training_images_do_not_depend_on_the_number_of_test_images():
    few, many = shapes10(60, 10), shapes10(60, 90)

    np.testing.assert_array_equal(few.x_train, many.x_train)


def test_other_seeds_and_parts_give_other_images():
    one, other = shapes10(50, 50, seed=0), shapes10(50, 50, seed=1)

    assert (one.x_train != other.x_train).mean() > 0.5
    assert (one.x_train != one.x_test).mean() > 0.5


def test_asymmetric_noise_confuses_look_alikes():
    pairs = {(CLASSES[source], CLASSES[target]) for source, target in CIFAR10_MAP.items()}

    assert pairs == {
        ("frame", "square"),
        ("ring", "disk"),
        ("triangle", "chevron"),
        ("star", "cross"),
        ("cross", "star"),
    }


@pytest.mark.parametrize("label", range(10), ids=CLASSES)
def test_an_outline_is_neither_empty_nor_full_and_differs_from_the_others(label):
    line = np.linspace(-1, 1, 65, dtype=np.float32)
    u, v = line[None, None, :], line[None, :, None]
    inside = [np.broadcast_to(outline(u, v), (1, 65, 65)) > 0 for outline in OUTLINES]

    assert 0.05 < inside[label].mean() < 0.75
    for other in set(range(10)) - {label}:
        assert (inside[label] != inside[other]).mean() > 0.05


def test_the_hue_cue_is_there_at_prior_one_and_gone_at_zero():
    """Mean colour per class spreads more over classes where every image carries the cue."""

    def spread(prior):
        data = shapes10(1500, 10, hard=0.0, prior=prior)
        middle = data.x_train[:, 8:24, 8:24].astype(float).mean((1, 2))
        tint = middle - middle.mean(1, keepdims=True)
        return np.stack([tint[data.y_train == k].mean(0) for k in range(10)]).std(0).mean()

    assert spread(1.0) > 3 * spread(0.0)


def test_it_never_bears_another_name():
    data = shapes10(20, 10)

    assert "cifar" not in f"{data.name} {data.description} {data.checksum}".lower()


@pytest.mark.parametrize("knobs", [{"hard": 1.5}, {"prior": -0.1}, {"hard": float("nan")}])
def test_knobs_outside_their_range_are_refused(knobs):
    with pytest.raises(DataError, match=r"lie in \[0, 1\]"):
        shapes10(10, 10, **knobs)
