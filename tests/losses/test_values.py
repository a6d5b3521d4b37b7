"""Values against the papers' formulas at 80 digits, and against numbers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf, workdps

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.presets import PRESETS
from alfs_core.numerics.links import Logits
from tests.losses import by_hand
from tests.strategies import simplex_points, specs

PUBLISHED = [
    LossSpec.of(name, **preset.values)
    for name, presets in PRESETS.items()
    for preset in presets.values()
]
DEFAULTS = [LossSpec.of(name) for name in LOSSES]
POINTS = [
    np.array([0.6, 0.3, 0.1]),
    np.array([0.999, 1e-6, 1e-3]),
    np.array([1e-12, 0.25, 0.75]),
    np.array([0.02, 0.9, 0.01, 0.03, 0.04]),
    np.array([0.05, 0.95]),
]


def exact_values(spec, p):
    """L(p, k) for every k, as floats of 80-digit numbers."""
    with workdps(by_hand.DIGITS):
        point, values = [mpf(float(x)) for x in p], by_hand.precise(dict(spec.values))
        rows = [by_hand.LOSSES[spec.name](point, k, **values) for k in range(len(point))]
        return np.array([float(row) for row in rows])


def assert_exact(spec, p, size=np.abs):
    wanted = exact_values(spec, p)
    got = np.broadcast_to(spec.build().partial(p), p.shape)

    assert np.all(np.abs(got - wanted) <= 1e-12 * (1 + size(wanted))), (spec, p)


def test_every_loss_is_written_by_hand_too():
    assert set(by_hand.LOSSES) == set(LOSSES)


@pytest.mark.parametrize("spec", list(dict.fromkeys(DEFAULTS + PUBLISHED)), ids=lambda s: s.label)
def test_published_parameters(spec):
    scale = 5.0 if isinstance(spec.build().link, Logits) else 1.0
    for p in POINTS:
        assert_exact(spec, scale * p)


@settings(max_examples=300)
@given(specs(), st.integers(2, 6).flatmap(simplex_points))
def test_drawn_parameters(spec, p):
    """Against the largest value over the labels: (a+1)^q − (a+u)^q cancels as u → 1."""
    assert_exact(spec, p, size=lambda values: np.abs(values).max())


# Worked out on paper from the formulas.
@pytest.mark.parametrize(
    ("name", "values", "p", "label", "wanted"),
    [
        ("CE", {}, (0.5, 0.5), 0, math.log(2)),
        ("FL", {"gamma": 2.0}, (0.5, 0.5), 0, math.log(2) / 4),
        ("GCE", {"q": 0.5}, (0.25, 0.75), 0, 1.0),
        ("MAE", {}, (0.25, 0.75), 0, 0.75),
        ("RCE", {"A": -4.0}, (0.25, 0.75), 0, 3.0),
        ("NMAE", {}, (0.2, 0.3, 0.5), 2, 0.25),
        ("MSE", {}, (0.5, 0.25, 0.25), 0, 0.375),
        ("TCE", {"t": 3}, (0.5, 0.5), 0, 0.5 + 0.125 + 0.125 / 3),
        ("AGCE", {"a": 1.0, "q": 2.0}, (0.5, 0.5), 0, 0.875),
        ("AUL", {"a": 2.0, "p": 2.0}, (0.5, 0.5), 0, 0.625),
        ("AEL", {"a": 1.0}, (0.5, 0.5), 0, math.exp(-0.5)),
        ("AMSE", {"a": 2.0}, (0.5, 0.25, 0.25), 0, 2.375 / 3),
        ("ANL", {"a": 2.0, "p": 1.0}, (0.5, 0.25, 0.25), 0, 1.0),
        ("NCE", {}, (0.5, 0.25, 0.25), 0, 0.2),
        ("NGCE", {"q": 2.0}, (0.5, 0.5, 0.0), 2, 0.4),
        ("NNCE", {"eps": 1e-3}, (0.1, 0.9 - 1e-3, 1e-3), 2, 1.0),
        ("ECE", {"m": 1.0}, (0.5, 0.25, 0.25), 1, math.log(8)),
        ("ECE", {"m": 1.0}, (0.5, 0.25, 0.25), 0, math.log(4 / 3)),
        ("PolySoft", {"lam": 2.0, "d": 2.0}, (math.exp(-1), 1 - math.exp(-1)), 0, 0.75),
        ("PolySoft", {"lam": 1.0, "d": 2.0}, (0.1, 0.9), 0, 0.5),
        ("bi-tempered", {"t1": 0.0, "t2": 2.0}, (0.5, 0.5), 0, 0.25),
        ("SCE", {"alpha": 2.0, "beta": 3.0, "A": -4.0}, (0.5, 0.5), 0, 2 * math.log(2) + 6),
        ("LC", {"delta": 1.0}, (3.0, 4.0), 1, math.log(1 + math.exp(-0.2))),
        ("LC", {"delta": 2.5}, (0.3, 0.4), 1, math.log(1 + math.exp(-0.5))),
        ("LDR", {"c": 1.0, "lam": 1.0}, (0.0, 0.0), 0, math.log((1 + math.e) / 2)),
    ],
)
def test_reference_values(name, values, p, label, wanted):
    loss = LossSpec.of(name, **values).build()

    assert loss.partial(np.array(p))[label] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].build().local])
def test_ends_of_a_local_loss(name):
    loss = LOSSES[name].build()
    at_zero, at_one = loss.partial(np.array([0.0, 1.0]))

    assert at_zero > at_one
    assert math.isfinite(at_one)
    assert np.isinf(at_zero) == (name in ("CE", "FL", "SCE"))
    assert loss.partial(0.3) == pytest.approx(loss.partial(np.array([0.3]))[0], rel=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_is_its_rows(name):
    loss = LOSSES[name].build()
    batch = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 3))

    for row in np.ndindex(2, 3):
        assert np.allclose(loss.partial(batch)[row], loss.partial(batch[row]), rtol=1e-13, atol=0)
