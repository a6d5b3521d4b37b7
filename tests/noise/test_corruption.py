import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.errors import DataError, TransitionError
from alfs_core.noise.corruption import corrupt, empirical_transition, shares
from alfs_core.noise.transition import KINDS, cifar10_pairs, symmetric

seeds = st.integers(0, 2**32 - 1)


@st.composite
def labels_and_transition(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(seeds))
    num_classes = draw(st.integers(2, 12))
    T = rng.dirichlet(np.full(num_classes, draw(st.sampled_from((0.1, 1.0)))), num_classes)
    return rng.integers(0, num_classes, draw(st.integers(0, 300))), T


@given(labels_and_transition(), seeds)
def test_every_count_is_within_one_image_of_the_matrix(drawn, seed):
    labels, T = drawn

    noisy = corrupt(labels, T, np.random.default_rng(seed))

    sizes = np.bincount(labels, minlength=len(T))[:, None]
    counts = empirical_transition(labels, noisy, len(T)) * sizes
    assert (np.abs(counts - T * sizes) < 1 + 1e-6).all()
    assert counts.sum(1) == pytest.approx(sizes[:, 0])


@given(labels_and_transition(), seeds)
def test_a_seed_gives_the_same_wrong_labels_again(drawn, seed):
    labels, T = drawn
    first, second = (corrupt(labels, T, np.random.default_rng(seed)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=20), st.integers(0, 1000), seeds)
def test_shares_sum_to_the_total(weights, total, seed):
    w = np.array(weights) / np.sum(weights)

    counts = shares(w, total, np.random.default_rng(seed))

    assert counts.sum() == total
    assert (np.abs(counts - w * total) < 1 + 1e-6).all()


def test_symmetric_noise_has_the_exact_rate_in_every_class():
    labels = np.repeat(np.arange(10), 1000)
    noisy = corrupt(labels, symmetric(10, 0.6), np.random.default_rng(0))

    counts = np.round(empirical_transition(labels, noisy, 10) * 1000).astype(int)

    assert (np.diag(counts) == 400).all()
    assert set(counts[~np.eye(10, dtype=bool)]) == {66, 67}


def test_pairs_leave_the_other_classes_alone():
    labels = np.repeat(np.arange(10), 50)
    noisy = corrupt(labels, cifar10_pairs(10, 0.4), np.random.default_rng(0))

    untouched = np.isin(labels, (0, 1, 6, 7, 8))
    assert (noisy[untouched] == labels[untouched]).all()
    assert (noisy[labels == 9] == 1).sum() == 20


def test_rate_zero_changes_nothing():
    labels = np.random.default_rng(0).integers(0, 10, 500)

    for kind in KINDS.values():
        if kind.fixed is not None or not kind.fits(10):
            continue
        same = corrupt(labels, kind.make(10, 0.0), np.random.default_rng(1))
        np.testing.assert_array_equal(same, labels)


def test_other_seeds_choose_other_images():
    labels = np.zeros(1000, int)
    first, second = (
        corrupt(labels, symmetric(2, 0.3), np.random.default_rng(seed)) for seed in (0, 1)
    )

    assert (first != second).any()


def test_a_class_without_images_keeps_its_identity_row():
    T = empirical_transition(np.array([0, 0]), np.array([0, 1]), 3)

    np.testing.assert_array_equal(T, [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]])


def test_input_is_left_unchanged():
    labels = np.arange(100) % 4
    before = labels.copy()
    corrupt(labels, symmetric(4, 0.9), np.random.default_rng(0))

    np.testing.assert_array_equal(labels, before)


@pytest.mark.parametrize(
    ("labels", "T", "error", "words"),
    [
        (np.array([0, 3]), np.eye(3), DataError, "label 3 lies outside the classes 0 to 2"),
        (np.array([-1]), np.eye(3), DataError, "label -1"),
        (np.array([0.0]), np.eye(3), DataError, "float64"),
        (np.array([[0]]), np.eye(3), DataError, "no list"),
        (np.array([0]), np.full((2, 2), 0.4), TransitionError, "row 0 sums to 0.8"),
    ],
)
def test_wrong_input_is_named(labels, T, error, words):
    with pytest.raises(error, match=words):
        corrupt(labels, T, np.random.default_rng(0))


def test_unequal_lengths_are_refused():
    with pytest.raises(DataError, match="2 clean labels and 1 noisy"):
        empirical_transition(np.array([0, 1]), np.array([0]), 2)
