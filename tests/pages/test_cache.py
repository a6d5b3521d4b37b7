"""A cached result belongs to the losses that it was computed for."""

import numpy as np
import pytest

from alfs_core.losses import AGCE, CE, GCE, LOSSES, Normalized, Weighted
from pages.common.cache import cached, key


def counted(function):
    """``function`` cached, and the list of its real calls."""
    calls = []

    def record(*args):
        calls.append(args)
        return function(*args)

    record.__qualname__ = f"{function.__name__}.{id(calls)}"
    return cached(record), calls


def name_and_value(loss, u):
    return type(loss.terms[1][1]).__name__, loss.partial(np.array([u]))[0]


def test_sums_that_differ_inside_do_not_share_an_entry():
    compute, calls = counted(name_and_value)
    first = Weighted(((1.0, CE()), (1.0, AGCE(0.6, 0.6))))
    second = Weighted(((1.0, CE()), (1.0, LOSSES["AUL"].build())))

    results = [compute(loss, 0.5) for loss in (first, second, first, second)]

    assert len(calls) == 2
    assert results[:2] == results[2:]
    assert [name for name, _ in results[:2]] == ["AGCE", "AUL"]
    assert results[0] != results[1]


def test_the_same_call_is_computed_once():
    compute, calls = counted(lambda loss: loss.partial(0.5))

    assert compute(GCE(0.7)) == compute(GCE(0.7))
    assert len(calls) == 1


def test_keys_differ_for_all_families_and_for_the_last_digit():
    losses = [family.build() for family in LOSSES.values()]
    losses += [Normalized(GCE(0.3)), Normalized(GCE(np.nextafter(0.3, 1)))]
    keys = {key(name_and_value, (loss,), {}) for loss in losses}

    assert len(keys) == len(losses)


def test_functions_of_one_name_in_two_modules_differ():
    assert key(np.linalg.norm, (1,), {}) != key(name_and_value, (1,), {})


@pytest.mark.parametrize(
    "value",
    [np.zeros(3), (np.zeros(3),), [np.zeros(3)], {"T": np.zeros(3)}, ((1, (np.zeros(3),)),)],
    ids=["bare", "in a tuple", "in a list", "in a dictionary", "deep inside"],
)
def test_arrays_are_refused_because_they_print_abridged(value):
    compute, calls = counted(lambda x: x)

    with pytest.raises(TypeError, match="an array is no cache key; pass a tuple"):
        compute(value)
    assert calls == []


def test_a_result_that_the_page_changes_does_not_change_the_cache():
    compute, _ = counted(lambda n: np.zeros(n))

    compute(3)[:] = 1

    assert compute(3).tolist() == [0, 0, 0]
