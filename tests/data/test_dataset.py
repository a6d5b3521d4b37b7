import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.data.dataset import Dataset, balanced, class_list
from alfs_core.errors import DataError


def dataset(x, y, names=("a", "b")):
    return Dataset("test", "arrays", x, y, x, y, names, "0", "")


@given(st.lists(st.integers(0, 5), max_size=200), st.integers(0, 220), st.integers(0, 1000))
def test_balanced_takes_evenly_what_is_there(labels, count, seed):
    y = np.array(labels, np.int64)

    chosen = balanced(y, count, 6, np.random.default_rng(seed))

    assert len(set(chosen)) == len(chosen) == min(count, len(y))
    taken, there = np.bincount(y[chosen], minlength=6), np.bincount(y, minlength=6)
    full = taken == there
    assert (taken <= there).all()
    if (~full).any():
        assert taken[~full].max() - taken[~full].min() <= 1
        assert taken[full].max(initial=0) <= taken[~full].min() + 1


def test_a_subset_is_seeded(pictures):
    data = dataset(pictures, np.arange(40) % 2)
    first, again, other = data.subset(10, 6, 0), data.subset(10, 6, 0), data.subset(10, 6, 1)

    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert (first.x_train != other.x_train).any()
    assert (len(first.x_train), len(first.x_test)) == (10, 6)
    assert (np.bincount(first.y_train) == 5).all()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, int), r"shape \(2, 28, 28\)"),
        (np.zeros((2, 32, 32, 3), np.float32), np.zeros(2, int), "float32"),
        (np.full((2, 32, 32, 3), np.nan), np.zeros(2, int), "float64 with NaN"),
        (np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 2]), r"\[1\] = 2 lies outside"),
        (np.zeros((2, 32, 32, 3), np.uint8), np.array([0, -1]), r"\[1\] = -1 lies outside"),
        (np.zeros((2, 32, 32, 3), np.uint8), np.array([0.0, 1.0]), "labels need integers"),
        (np.zeros((2, 32, 32, 3), np.uint8), np.zeros(3, int), r"2 images need \(2,\)"),
        (np.zeros((0, 32, 32, 3), np.uint8), np.zeros(0, int), "holds no images"),
    ],
)
def test_what_does_not_fit_is_named(x, y, words):
    with pytest.raises(DataError, match=words):
        dataset(x, y)


@pytest.mark.parametrize(("names", "words"), [(["a"], "1 classes"), (["a", "a"], "same name")])
def test_class_names_are_several_and_different(names, words):
    with pytest.raises(DataError, match=words):
        class_list(names)
