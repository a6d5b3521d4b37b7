"""What tests draw: losses from their own declarations, predictions, weights, matrices."""

import math

import numpy as np
from hypothesis import strategies as st

from alfs_core.losses import LOSSES, LossSpec


def parameter_values(parameter):
    """Numbers of the typical range, its ends and the default among them."""
    low, high = parameter.typical
    if parameter.integer:
        return st.integers(math.ceil(low), math.floor(high)).map(float)
    inside = st.floats(low, high)
    if parameter.logarithmic:
        logs = st.floats(math.log(low), math.log(high))
        inside = logs.map(lambda x: min(max(math.exp(x), low), high))
    return st.one_of(st.just(parameter.default), st.sampled_from([low, high]), inside)


def values_of(family):
    """A value for each parameter of a family, as a dictionary."""
    return st.fixed_dictionaries({p.name: parameter_values(p) for p in family.parameters})


@st.composite
def specs(draw, names=tuple(LOSSES)):
    """A loss of the library, by name and numbers."""
    name = draw(st.sampled_from(list(names)))
    return LossSpec.of(name, **draw(values_of(LOSSES[name])))


def losses(names=tuple(LOSSES)):
    """A loss of the library."""
    return specs(names).map(LossSpec.build)


def _shares(numbers):
    numbers = np.asarray(numbers)
    return numbers / numbers.sum()


def simplex_points(num_classes, smallest=1e-6):
    """Points of the simplex (K,), no coordinate below about ``smallest``."""
    weights = st.lists(st.floats(smallest, 1.0), min_size=num_classes, max_size=num_classes)
    return weights.map(_shares)


def _with_top(numbers, place, gap):
    w = _shares(numbers)
    w[place] = w.max() + gap
    return _shares(w)


def weights(num_classes, gap=1e-3):
    """Weights (K,) of sum 1 whose largest is unique."""
    numbers = st.lists(st.floats(0.0, 1.0), min_size=num_classes, max_size=num_classes)
    return st.builds(
        _with_top,
        numbers.filter(lambda row: sum(row) > 1e-3),
        st.integers(0, num_classes - 1),
        st.floats(gap, 2.0),
    )


def transition_matrices(num_classes):
    """Row-stochastic matrices (K, K)."""
    rows = st.lists(simplex_points(num_classes), min_size=num_classes, max_size=num_classes)
    return rows.map(np.array)


def logits(num_classes, largest=200.0):
    """Logits (K,) as float32 holds them, ties among them."""
    entry = st.one_of(st.sampled_from([0.0, 1.0, 50.0]), st.floats(-largest / 2, largest / 2))
    rows = st.lists(entry, min_size=num_classes, max_size=num_classes)
    return rows.map(lambda row: np.array(row, dtype=np.float32))
