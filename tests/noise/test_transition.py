import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.errors import TransitionError
from alfs_core.noise.cifar import (
    COLUMNS,
    FINE_LABELS,
    SUPERCLASSES,
    human_rates,
    next_in_superclass,
)
from alfs_core.noise.corruption import empirical_transition
from alfs_core.noise.transition import (
    KINDS,
    LabelNoise,
    check_transition,
    clean_labels_dominate,
    symmetric_with_own,
)

DATA = Path(os.environ.get("ALFLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
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


# ---- what is published of CIFAR -------------------------------------------------------------


def test_superclass_noise_stays_in_the_superclass():
    target = next_in_superclass()

    assert len(SUPERCLASSES) == 20
    assert sorted(set(FINE_LABELS)) == FINE_LABELS
    assert sorted(target) == sorted(target.values()) == list(range(100))
    for members in SUPERCLASSES.values():
        block = {FINE_LABELS.index(name) for name in members}
        assert len(block) == 5
        assert {target[i] for i in block} == block
        assert all(target[i] != i for i in block)


def test_superclass_noise_moves_its_share_to_the_next_label():
    T = LabelNoise("superclass", 0.4).transition(100)
    bee, beetle = FINE_LABELS.index("bee"), FINE_LABELS.index("beetle")

    assert (bee, beetle) == (6, 7)
    assert (T[bee, bee], T[bee, beetle]) == pytest.approx((0.6, 0.4))


def test_the_papers_blocks_of_five_are_no_superclasses():
    """Fine labels are in alphabetical order: of 100 flips just these stay in the superclass."""
    home = {FINE_LABELS.index(name): key for key, five in SUPERCLASSES.items() for name in five}
    flips = LabelNoise("cifar100", 1.0).transition(100).argmax(axis=1)
    kept = [(i, int(j)) for i, j in enumerate(flips) if home[i] == home[int(j)]]

    assert kept == [(6, 7), (19, 15), (42, 43), (63, 64), (86, 87), (89, 85)]


@pytest.mark.parametrize("labels", COLUMNS)
def test_human_noise_has_the_published_rate_whatever_is_asked(labels):
    noise = LabelNoise(f"human-{labels}", 0.7)
    T = noise.transition(10)

    assert noise.rate == {"aggre": 0.0901, "worse": 0.4021}.get(labels, noise.rate)
    assert noise.rate == round(1 - np.diag(T).mean(), 4)
    assert not noise.has_rate
    np.testing.assert_array_equal(T.round(4), T)
    assert np.round(T.sum(axis=1), 12).tolist() == [1.0] * 10


@pytest.mark.parametrize("labels", COLUMNS)
def test_human_rates_are_those_of_the_labels(labels):
    file = DATA / "cifar10n.npz"
    if not file.exists():
        pytest.skip(f"CIFAR-10N is not at {file}")
    with np.load(file, allow_pickle=False) as sets:
        counted = empirical_transition(sets["clean"], sets[labels], 10)
    rates = {"aggre": 9.01, "random1": 17.23, "random2": 18.12, "random3": 17.64, "worse": 40.21}

    np.testing.assert_allclose(human_rates(labels), counted, rtol=0, atol=1e-12)
    assert round(100 * (1 - np.diag(counted).mean()), 2) == rates[labels]


@pytest.mark.parametrize(
    ("noise", "words"),
    [
        (LabelNoise("none", 0.0), "no noise"),
        (LabelNoise("pair", 0.3), "flips to the next class at rate 0.3"),
        (LabelNoise("human-worse"), "the rates of the CIFAR-10N human labels (worst)"),
        (LabelNoise("custom", 0.0, ((0.7, 0.3), (0.2, 0.8))), "your own noise matrix"),
    ],
)
def test_noise_within_a_sentence(noise, words):
    assert noise.words == words
