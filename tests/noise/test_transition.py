import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.errors import TransitionError
from alfs_core.noise.transition import (
    KINDS,
    LabelNoise,
    check_transition,
    clean_labels_dominate,
    symmetric_with_own,
)

rates = st.floats(0, 1)


@given(st.sampled_from(sorted(KINDS)), rates, st.integers(2, 20))
def test_rows_are_probabilities(kind, rate, num_classes):
    if not KINDS[kind].fits(num_classes):
        return
    T = LabelNoise(kind, rate).transition(num_classes)

    assert T.shape == (num_classes, num_classes)
    check_transition(T)


@pytest.mark.parametrize(
    ("kind", "num_classes", "row", "expected"),
    [
        ("symmetric", 5, 2, [0.1, 0.1, 0.6, 0.1, 0.1]),
        ("pair", 4, 3, [0.4, 0, 0, 0.6]),
        ("cifar10", 10, 9, [0, 0.4, 0, 0, 0, 0, 0, 0, 0, 0.6]),
        ("cifar10", 10, 3, [0, 0, 0, 0.6, 0, 0.4, 0, 0, 0, 0]),
        ("cifar10", 10, 0, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("mnist", 10, 7, [0, 0.4, 0, 0, 0, 0, 0, 0.6, 0, 0]),
        ("cifar100", 10, 4, [0.4, 0, 0, 0, 0.6, 0, 0, 0, 0, 0]),
        ("flip2", 4, 0, [0.6, 0.2, 0.2, 0]),
        ("symmetric-own", 4, 1, [0.1, 0.7, 0.1, 0.1]),
    ],
)
def test_rows_are_those_of_the_papers(kind, num_classes, row, expected):
    T = LabelNoise(kind, 0.4).transition(num_classes)

    np.testing.assert_allclose(T[row], expected, atol=1e-15)


@pytest.mark.parametrize(
    ("kind", "num_classes", "limit"),
    [("symmetric", 10, 0.9), ("symmetric-own", 10, 1.0), ("pair", 10, 0.5), ("flip2", 10, 2 / 3)],
)
def test_clean_labels_dominate_below_the_limit_of_the_kind(kind, num_classes, limit):
    below, above = (
        LabelNoise(kind, min(1.0, limit + step)).transition(num_classes) for step in (-1e-6, 1e-6)
    )

    assert clean_labels_dominate(below).all()
    assert not clean_labels_dominate(above).any()


def test_own_class_included_is_symmetric_at_a_lower_rate():
    T = symmetric_with_own(10, 0.5)

    np.testing.assert_allclose(T, LabelNoise("symmetric", 0.45).transition(10))


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        ([[0.5, 0.5]], "a transition matrix is square with K ≥ 2, not (1, 2)"),
        ([[1.1, -0.1], [0, 1]], "T[0, 0] = 1.1 lies outside [0, 1]"),
        ([[float("nan"), 0.5], [0, 1]], "T[0, 0] = nan lies outside [0, 1]"),
        ([[0.5, 0.4], [0, 1]], "row 0 sums to 0.9, not to 1"),
    ],
)
def test_a_broken_matrix_is_refused_with_the_rule(matrix, sentence):
    with pytest.raises(TransitionError) as refused:
        check_transition(matrix)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelNoise("symmetric", 1.5),
        lambda: LabelNoise("symmetric", float("nan")),
        lambda: LabelNoise("unheard", 0.2),
        lambda: LabelNoise("custom", 0.2),
        lambda: LabelNoise("pair", 0.2, ((1.0, 0.0), (0.0, 1.0))),
        lambda: LabelNoise("cifar10", 0.2).transition(9),
        lambda: LabelNoise("cifar100", 0.2).transition(9),
        lambda: LabelNoise("flip2", 0.2).transition(2),
        lambda: LabelNoise("custom", 0.2, ((1.0, 0.0), (0.0, 1.0))).transition(3),
    ],
)
def test_noise_that_is_not_defined_is_refused(make):
    with pytest.raises(TransitionError):
        make()


def test_json_round_trip():
    for noise in (LabelNoise("pair", 0.3), LabelNoise("custom", 0, ((0.7, 0.3), (0.2, 0.8)))):
        assert LabelNoise.from_json(noise.to_json()) == noise
