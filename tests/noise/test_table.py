"""A matrix as text and back, what is wrong with a row, and two ways to mend it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from alfs_core.errors import TransitionError
from alfs_core.figures.matrices import numbers
from alfs_core.noise.table import completed, from_csv, normalised, row_fault, row_faults, to_csv
from alfs_core.noise.transition import check_transition
from tests.strategies import transition_matrices


@given(transition_matrices(4))
def test_csv_reads_back_to_the_last_bit(T):
    assert (from_csv(to_csv(T)) == T).all()


@pytest.mark.parametrize(
    "text",
    [
        "0.9,0.1\n0.2,0.8\n",
        "cat,dog\n0.9,0.1\n0.2,0.8\n",
        ",cat,dog\ncat,0.9,0.1\ndog,0.2,0.8\n",
        "0.9;0.1\r\n0.2;0.8",
        "\n0.9\t0.1\n\n2e-1\t.8\n",
    ],
)
def test_names_above_and_beside_are_left_out(text):
    assert from_csv(text).tolist() == [[0.9, 0.1], [0.2, 0.8]]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize("header", [False, True])
def test_a_table_of_pandas_reads_back(first, index, header):
    T = [[0.7, 0.2, 0.1], [0, 1, 0], [1, 0, 0]]
    classes = range(first, first + 3)
    text = pd.DataFrame(T, classes, classes).to_csv(index=index, header=header)

    assert from_csv(text).tolist() == T


@given(transition_matrices(3))
def test_the_numbers_of_a_figure_read_back(T):
    limits = (T / 2, (1 + T) / 2)
    assert (from_csv(pd.DataFrame(numbers(T)).to_csv(index=False)) == T).all()
    assert (from_csv(pd.DataFrame(numbers(T, limits)).to_csv(index=False)) == T).all()


@pytest.mark.parametrize(
    "text",
    [
        ",cat,dog\n0,0.9,0.1\n1,0.2,0.8\n",
        ",0,1\ncat,0.9,0.1\ndog,0.2,0.8\n",
        "label,0,1\n0,0.9,0.1\n1,0.2,0.8\n",
        "0,1\n0,0.9,0.1\n1,0.2,0.8\n",
    ],
)
def test_numbers_of_classes_above_or_beside_are_left_out(text):
    assert from_csv(text).tolist() == [[0.9, 0.1], [0.2, 0.8]]


def test_a_square_of_numbers_keeps_a_row_that_looks_like_a_head():
    assert from_csv("0,1\n1,0\n").tolist() == [[0, 1], [1, 0]]
    assert from_csv("cat,dog\n0,1\n1,0\n").tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "two rows or more"),
        ("1\n", "two rows or more"),
        ("0.9,0.1\n0.2,x\n", "line 2, number 2: 'x' is not a number"),
        ("0.9,0.1\n0.2\n", "line 2 has 1 numbers"),
        ("0.9,0.1,0\n0.2,0.8,0\n", "line 1 has 3 numbers; with 2 rows it is not square"),
        ("0,6;0,4\n0,4;0,6\n", "'6;0' is not a number; commas, semicolons or tabs part"),
        ("a;b\n0,6;0,4\n0,4;0,6\n", "line 2, number 1: '0,6' is not a number; commas, semi"),
        ("0.6,x\n0.4,0.6\n", "line 1, number 2: 'x' is not a number"),
        ("70%,30%\n10%,90%\n", "line 1, number 1: '70%' is not a number; write 0.7 for 70%"),
        ("0.7,0.3\n0.1,9 %\n", "line 2, number 2: '9 %' is not a number; write 0.09 for 9 %"),
        ("a;b\n7,5%;0,4\n0,4;0,6\n", "line 2, number 1: '7,5%' .* write 0.075 for 7,5%"),
        (",0,1\n0.5,0.5,0\n0,0,1\n", "line 1, number 1: '' is not a number"),
        ("class,label,T\n0,0,1\n0,1,0\n1,0,0\n", "class 1, label 1 is missing among 2 classes"),
        ("class,label,T\n0,0,1\n0,0,0\n", "line 3: class 0, label 0 came before"),
        ("class,label,T\n0,cat,1\n", "line 2 has no class and label, numbered from 0, and T"),
        ("class,label,T\n0,0,x\n", "line 2, number 3: 'x' is not a number"),
        ("class,label,T\n0,0,1\n999999999,0,1\n", "class 0, label 1 is missing"),
        ("class,label,T\n0,0,1\n", "two rows or more"),
        ("class,label,T\n", "class 0, label 0 is missing"),
        ("a,b\nc,d\n", "line 2, number 1: 'd' is not a number"),
    ],
)
def test_text_that_is_no_square_of_numbers(text, said):
    with pytest.raises(TransitionError, match=said):
        from_csv(text)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([0.5, 0.5], None),
        ([0.5, 0.4], "it sums to 0.9, not to 1"),
        ([1.2, -0.2], r"label 0, 1.2, lies outside \[0, 1\]"),
        ([0.5, -0.5], "label 1, -0.5"),
        ([np.nan, 1.0], "label 0 is missing"),
    ],
)
def test_what_is_wrong_with_a_row(row, said):
    fault = row_fault(np.array(row))

    assert (fault is None) == (said is None)
    if said is not None:
        with pytest.raises(TransitionError, match=said):
            raise TransitionError(fault)


def test_a_row_without_fault_is_what_a_matrix_needs():
    T = np.array([[0.5, 0.5], [0.7, 0.7]])

    assert list(row_faults(T)) == [1]
    with pytest.raises(TransitionError, match="row 1 sums to 1"):
        check_transition(T)
    assert row_faults(check_transition(np.array([T[0], normalised(T[1])]))) == {}


def test_two_ways_to_mend_a_row():
    row = np.array([0.3, 0.9, -0.1, np.nan])

    assert normalised(row) == pytest.approx([0.25, 0.75, 0, 0])
    assert completed(np.array([0.2, 0.9, 0.1]), clean=1) == pytest.approx([0.2, 0.7, 0.1])
    assert completed(np.array([0.0, np.nan, 0.1]), clean=1) == pytest.approx([0.0, 0.9, 0.1])


def test_rows_beyond_mending():
    with pytest.raises(TransitionError, match="zeros"):
        normalised(np.array([0.0, -1.0]))
    for infinity in (np.inf, -np.inf):
        with pytest.raises(TransitionError, match="entry of label 1 is infinite"):
            normalised(np.array([0.5, infinity, 0.5]))
    with pytest.raises(TransitionError, match="more than 1"):
        completed(np.array([0.7, 0.6, 0.0]), clean=2)
    with pytest.raises(TransitionError, match="negative"):
        completed(np.array([-0.1, 0.6]), clean=1)
