"""Robust or trainable: known places, and the frontier that convex losses cannot pass."""

import numpy as np
import pytest
from hypothesis import given

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.facts import initial_gradient
from alfs_core.losses.formula import FORMULA
from alfs_core.numerics.links import Softmax
from alfs_core.theory.tradeoff import (
    NO_RANGE,
    NOT_LOCAL,
    PUBLISHED,
    RANGE,
    LeftOut,
    Placed,
    curves,
    first_pull,
    frontier,
    library,
    place,
    pull,
    pull_of_mae,
    span,
)
from tests.strategies import losses


@pytest.mark.parametrize(
    ("name", "values", "K", "expected"),  # THEORY B, "Size at u = 1/k"
    [
        ("CE", {}, 10, 0.9),
        ("CE", {}, 100, 0.99),
        ("GCE", {"q": 0.7}, 10, 0.180),
        ("MAE", {}, 10, 0.09),
        ("MAE", {}, 100, 0.0099),
        ("AGCE", {"a": 0.6, "q": 0.6}, 10, 0.104),
        ("AUL", {"a": 5.5, "p": 3}, 10, 2.62),
        ("AEL", {"a": 2.5}, 100, 0.0039),
        ("AMSE", {"a": 30}, 10, 0.54),
    ],
)
def test_known_pulls(name, values, K, expected):
    assert first_pull(LossSpec.of(name, **values).build(), K) == pytest.approx(expected, rel=0.02)


# ε-softmax breaks a tie in favour of one class, so that labels are not alike there
ALIKE = [
    name
    for name, kind in LOSSES.items()
    if isinstance(kind.build().link, Softmax) and not name.startswith(("ECE", "EFL"))
]


@pytest.mark.parametrize("name", ALIKE)
def test_the_pull_of_one_label_is_the_mean_over_all(name):
    loss = LossSpec.of(name).build()

    assert first_pull(loss, 7) == pytest.approx(initial_gradient(loss, 7), rel=1e-12)


def test_the_range_of_a_loss():
    assert span(LossSpec.of("MAE").build(), 5) == 1
    assert span(LossSpec.of("RCE", A=-4).build(), 5) == 4
    assert span(LossSpec.of("AMSE", a=3).build(), 5) == pytest.approx(2 * 3 / 5)
    assert np.isnan(pull(LossSpec.of("CE").build(), 5, RANGE))
    assert np.isnan(pull(LossSpec.of("NCE").build(), 5, RANGE))


@given(losses(("AGCE", "AUL", "AEL", "TCE")))
def test_no_convex_loss_passes_the_frontier(loss):
    if loss.curvature() == "concave":
        return
    for K in (2, 10, 100):
        limit = float(frontier(np.array(loss.asymmetry_ratio()), K))
        assert pull(loss, K, RANGE) <= limit * (1 + 1e-9)


def test_the_frontier_is_approached_by_a_kink_at_the_uniform_prediction():
    """Slope 1 on [0, 1/K] and r beyond: D(1/K⁻) = K/(1 + r(K−1)) of the mean."""
    K, r = 10, 0.5
    reach = 1 / K + r * (1 - 1 / K)

    assert (1 / reach) * pull_of_mae(K) == pytest.approx(float(frontier(np.array(r), K)))
    assert float(frontier(np.array(1.0), K)) == pytest.approx(pull_of_mae(K))


def test_every_loss_of_the_library_has_a_place_or_a_reason():
    placed, left = library(10, PUBLISHED)
    names = {x.spec.name for x in placed} | {x.spec.name for x in left}

    assert names == set(LOSSES)
    assert {"CE", "GCE", "MAE", "AGCE", "AUL", "AEL", "TCE", "PolySoft"} <= {
        x.spec.name for x in placed
    }
    assert all(0 <= x.ratio <= 1 and x.pull >= 0 for x in placed)
    assert {x.reason for x in left if x.spec.name in ("AMSE", "NCE", "NCE+AGCE")} == {NOT_LOCAL}


def test_published_numbers_stand_once_with_all_their_data_sets():
    placed, _ = library(10, PUBLISHED)
    agce = {x.spec: x.used for x in placed if x.spec.name == "AGCE"}

    assert agce[LossSpec.of("AGCE", a=0.6, q=0.6)] == ("CIFAR-10", "CIFAR-100")
    assert len(agce) == 3


def test_places_and_refusals():
    typed = place(LossSpec.of(f"{FORMULA}1 - u^2"), 10, PUBLISHED)

    assert isinstance(typed, Placed)
    assert typed.ratio == 1
    assert place(LossSpec.of("CE"), 10, RANGE) == LeftOut(LossSpec.of("CE"), NO_RANGE)
    assert isinstance(place(LossSpec.of(f"{FORMULA}u"), 10, PUBLISHED), LeftOut)
    assert isinstance(place(LossSpec.of("LC"), 10, PUBLISHED), LeftOut)
    assert isinstance(place(LossSpec.of("bi-tempered"), 10, PUBLISHED), LeftOut)


def test_curves_go_through_the_chosen_losses():
    spec = LossSpec.of("AGCE", a=2.0, q=0.3)
    along_a, along_q = (c for c in curves((spec,), 10, PUBLISHED) if c.spec == spec)

    assert (along_a.parameter.name, along_q.parameter.name) == ("a", "q")
    here = place(spec, 10, PUBLISHED)
    assert np.interp(0.3, along_q.values, along_q.ratio) == pytest.approx(here.ratio, rel=1e-2)
    assert np.interp(0.3, along_q.values, along_q.pull) == pytest.approx(here.pull, rel=1e-2)
