"""T from two columns of labels: counts, limits that cover, and refusals that say where."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from alfs_core.errors import DataError, TransitionError
from alfs_core.noise import estimation
from alfs_core.noise.estimation import (
    count_pairs,
    image_counts_text,
    limits,
    numbered,
    overall_rate,
    read_image_counts,
    read_label_csv,
    read_label_sets,
    shares,
)
from alfs_core.noise.transition import clean_labels_dominate

DATA = Path(os.environ.get("ALFLAB_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


# ---- counts and limits ----------------------------------------------------------------------


def test_counts_and_shares():
    trusted = np.array([0, 0, 0, 0, 1, 1])
    given = np.array([0, 0, 0, 1, 1, 0])
    counts = count_pairs(trusted, given, 2)

    assert counts.tolist() == [[3, 1], [1, 1]]
    assert shares(counts).tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert overall_rate(counts) == pytest.approx(2 / 6)


def test_limits_solve_the_equations_that_define_them():
    """Clopper and Pearson: at each limit the tail beyond the count has the agreed probability."""
    images, level = 50, 0.9
    T = np.array([[45, 5, 0], [10, 40, 0], [1, 2, 47]]) / images
    low, high = limits(T, np.full(3, images), level)
    tail = (1 - level) / (2 * 3)

    for i, j in np.ndindex(3, 3):
        hits = round(T[i, j] * images)
        assert low[i, j] <= T[i, j] <= high[i, j]
        if hits:
            assert binom.sf(hits - 1, images, low[i, j]) == pytest.approx(tail)
        if hits < images:
            assert binom.cdf(hits, images, high[i, j]) == pytest.approx(tail)
    assert low[0, 2] == 0


def test_all_of_one_kind_and_none_of_it():
    """0 of n: [0, 1 − tail^{1/n}], by the binomial law alone."""
    low, high = limits(np.eye(2), np.array([20, 20]), 0.9)
    tail = 0.1 / 4

    assert high[0, 1] == pytest.approx(1 - tail ** (1 / 20))
    assert low[0, 0] == pytest.approx(tail ** (1 / 20))
    assert (low[0, 1], high[0, 0]) == (0, 1)


def test_whole_rows_are_covered_as_often_as_promised():
    rng = np.random.default_rng(0)
    row, images, level = np.array([0.6, 0.3, 0.1]), 40, 0.9
    draws = rng.multinomial(images, row, 2000) / images
    inside = 0
    for start in range(0, len(draws), 3):
        block = draws[start : start + 3]
        if len(block) == 3:
            low, high = limits(block, np.full(3, images), level)
            inside += int(((low <= row) & (row <= high)).all(axis=1).sum())

    assert inside / 1998 >= level


def test_more_images_and_a_lower_level_narrow_the_limits():
    T = np.array([[0.8, 0.2], [0.3, 0.7]])

    def width(images, level):
        low, high = limits(T, np.full(2, images), level)
        return (high - low).max()

    assert width(1000, 0.95) < width(100, 0.95) < width(100, 0.99)


@pytest.mark.parametrize("level", [0, 1, -1, 95, float("nan")])
def test_a_level_that_is_none(level):
    with pytest.raises(TransitionError, match=r"outside \(0, 1\)"):
        limits(np.eye(2), np.array([5, 5]), level)


@pytest.mark.parametrize("images", [[5], [5, 0], [5, np.inf]])
def test_image_counts_that_do_not_fit(images):
    with pytest.raises(TransitionError, match="one image or more"):
        limits(np.eye(2), np.array(images))


def test_columns_that_do_not_fit():
    with pytest.raises(DataError, match="2 trusted labels and 1 given ones"):
        count_pairs(np.array([0, 1]), np.array([0]), 2)
    with pytest.raises(DataError, match="image 2: the given label 2 lies outside"):
        count_pairs(np.array([0, 1]), np.array([0, 2]), 2)
    with pytest.raises(DataError, match="image 1: the trusted label -1"):
        count_pairs(np.array([-1, 1]), np.array([0, 1]), 2)
    with pytest.raises(DataError, match="class 1 is never the trusted label"):
        count_pairs(np.array([0, 2]), np.array([1, 1]), 3)
    with pytest.raises(DataError, match="101 classes"):
        count_pairs(np.array([0]), np.array([0]), 101)


# ---- images per class -----------------------------------------------------------------------


def test_image_counts_read_back():
    counts = np.array([[4, 1], [2, 5]])

    assert image_counts_text(counts) == "5 7"
    assert read_image_counts("5 7", 2).tolist() == [5, 7]
    assert read_image_counts("5000", 3).tolist() == [5000, 5000, 5000]
    assert read_image_counts("5, 7; 9", 3).tolist() == [5, 7, 9]
    assert image_counts_text(np.full((3, 3), 4)) == "12"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "0 numbers"), ("5 6 7", "3 numbers"), ("0", "'0'"), ("-3", "'-3'"), ("5 x", "'x'")],
)
def test_image_counts_that_are_none(text, said):
    with pytest.raises(TransitionError, match=said):
        read_image_counts(text, 2)


# ---- CSV ------------------------------------------------------------------------------------


def labels_of(content):
    table = read_label_csv("labels.csv", content)
    return numbered(table, *table.likely())


@pytest.mark.parametrize(
    "content",
    [
        b"trusted,given\n0,1\n1,1\n2,0\n",
        b"0,1\n1,1\n2,0\n",
        b"Given;Trusted\n1;0\n1;1\n0;2\n",
        b"before\tafter\n0\t1\n1\t1\n2\t0\n",
        b"\xef\xbb\xbfclean,noisy\r\n0,1\r\n\r\n1,1\r\n2,0\r\n",
        b"file,clean,noisy\na,0,1\nb,1,1\nc,2,0\n",
    ],
)
def test_two_columns_in_many_dresses(content):
    clean, noisy, names = labels_of(content)

    assert clean.tolist() == [0, 1, 2]
    assert noisy.tolist() == [1, 1, 0]
    assert names == ("0", "1", "2")


def test_names_of_classes_are_sorted():
    clean, noisy, names = labels_of(b"dog,cat\ncat,cat\n")

    assert names == ("cat", "dog")
    assert (clean.tolist(), noisy.tolist()) == ([1, 0], [0, 0])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"0\n1\n", "one column"),
        (b"0,1\n1\n", "line 2: 1 cells, the first row has 2"),
        (b"0,1\n1,\n", "line 2: the 'column 2' label is empty"),
        (b"trusted,given\n", "no labels below"),
        (b"given,given\n0,1\n", "same name"),
        (b"0,0\n0,0\n", "1 classes"),
        (b"0,1\n1,\xff\n", "byte 6"),
        (b'0,"1\n', "no CSV file"),
    ],
)
def test_files_that_are_refused(content, said):
    with pytest.raises(DataError, match=said):
        labels_of(content)


def test_too_many_classes_are_refused():
    rows = "".join(f"{k},{k}\n" for k in range(101))

    with pytest.raises(DataError, match="101 classes"):
        labels_of(rows.encode())


# ---- label sets in an archive ---------------------------------------------------------------


def archive(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    file.seek(0)
    return file


def test_label_sets_are_the_lists_beside_clean():
    clean = np.array([0, 1, 2, 2], dtype=np.uint8)
    sets = read_label_sets(
        "sets.npz",
        archive(
            clean=clean,
            worse=clean[::-1],
            index=np.arange(10, 14),
            test=np.array([0, 1]),
            images=np.zeros((4, 2)),
        ),
    )

    assert sorted(sets) == ["clean", "worse"]
    assert sets["worse"].tolist() == [2, 2, 1, 0]


def test_archives_that_are_refused(monkeypatch):
    with pytest.raises(DataError, match="'clean'"):
        read_label_sets("sets.npz", archive(worse=np.array([0, 1])))
    with pytest.raises(DataError, match="damaged or no"):
        read_label_sets("sets.npz", io.BytesIO(b"no archive"))
    with pytest.raises(DataError, match="damaged or no"):
        read_label_sets("sets.npz", archive(clean=np.array([{}], dtype=object)))
    monkeypatch.setattr(estimation, "LARGEST_LIST", 200)
    with pytest.raises(DataError, match="an array may have 200"):
        read_label_sets("sets.npz", archive(clean=np.zeros(1000, dtype=np.int64)))
    monkeypatch.setattr(estimation, "MOST_LISTS", 1)
    with pytest.raises(DataError, match="2 arrays; 1 are read"):
        read_label_sets("sets.npz", archive(clean=np.zeros(1), worse=np.zeros(1)))


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, "no other array"),
        ({"worse": np.zeros(297, int)}, "no label set: 'worse' has length 297$"),
        ({"worse": np.full(300, 0.5)}, "no label set: 'worse' holds fractions, not whole"),
        ({"worse": np.zeros(300)}, "'worse' holds float64, not whole numbers"),
        ({"worse": np.full(300, 7)}, "'worse' holds 7, outside the classes 0 to 1$"),
        ({"worse": np.full(300, -1)}, "'worse' holds -1, outside"),
        ({"x": np.zeros((300, 2))}, r"'x' has shape \(300, 2\)"),
        ({f"a{k}": np.zeros(k, int) for k in range(8)}, "'a0' has length 0, .*, and 2 more$"),
    ],
)
def test_arrays_beside_clean_that_are_no_label_sets_are_named(others, said):
    clean = np.arange(300, dtype=np.uint8) % 2
    with pytest.raises(DataError, match=f"^s.npz holds beside 'clean', of length 300, .*{said}"):
        read_label_sets("s.npz", archive(clean=clean, **others))


def test_human_labels_of_cifar10():
    """The figures of THEORY C, counted again from the label file."""
    path = DATA / "cifar10n.npz"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in the folder that ALFLAB_DATA names")
    with path.open("rb") as file:
        sets = read_label_sets(path.name, file)
    rates, ratios = {}, {}
    for name in sorted(set(sets) - {"clean"}):
        counts = count_pairs(sets["clean"], sets[name], 10)
        T = shares(counts)
        off = np.where(np.eye(10, dtype=bool), 0, T).max(axis=1)
        rates[name] = round(overall_rate(counts), 4)
        ratios[name] = round(float((np.diag(T) / off).min()), 2)
        assert clean_labels_dominate(T).all()

    assert rates == {
        "aggre": 0.0901,
        "random1": 0.1723,
        "random2": 0.1812,
        "random3": 0.1764,
        "worse": 0.4021,
    }
    assert ratios == {"aggre": 12.29, "random1": 6.47, "random2": 6.38, "random3": 6.61} | {
        "worse": 1.95
    }
