"""Many minimisers at once: the same as one by one."""

import numpy as np
import pytest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.library import ON_LOGITS
from alfs_core.theory.batch import minimisers, risks, way
from alfs_core.theory.calibration import best_predicting, calibration_curve
from alfs_core.theory.simplex import minimise, weighted_risk

ON_PROBABILITIES = [name for name, family in LOSSES.items() if family.group != ON_LOGITS]
WITHOUT_LIMITS = [name for name in ON_PROBABILITIES if not name.startswith(("ECE", "EFL"))]


def rows(num_classes, count, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.dirichlet(np.ones(num_classes), count), np.eye(num_classes)])


@pytest.mark.parametrize("name", WITHOUT_LIMITS)
def test_every_row_is_minimised_as_it_is_alone(name):
    """Search aside the points agree; where both search, neither finds a much lower risk."""
    loss, w = LossSpec.of(name).build(), rows(3, 5)
    found = minimisers(loss, w)
    alone = [minimise(loss, row) for row in w]
    least = np.array([minimum.value for minimum in alone])

    assert found.sum(axis=1) == pytest.approx(1)
    assert weighted_risk(loss, w, found) == pytest.approx(least, abs=1e-8, rel=1e-8)
    for minimum, point in zip(alone, found, strict=True):
        if minimum.exact and minimum.how != "vertex":
            assert point == pytest.approx(minimum.point, abs=1e-9)


@pytest.mark.parametrize("k", [2, 4, 10])
@pytest.mark.parametrize("name", ["CE", "GCE", "AGCE", "AUL", "AEL", "SCE", "AMSE", "MAE"])
def test_other_numbers_of_classes(name, k):
    loss, w = LossSpec.of(name).build(), rows(k, 4)
    alone = np.array([minimise(loss, row).point for row in w])

    assert minimisers(loss, w) == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("name", ["CE", "AGCE", "NCE", "NCE+AGCE"])
def test_the_floor_is_kept(name):
    loss, w = LossSpec.of(name).build(), rows(3, 5)
    found = minimisers(loss, w, 0.01)

    assert found.min() >= 0.01 - 1e-12
    assert weighted_risk(loss, w, found) == pytest.approx(
        [minimise(loss, row, 0.01).value for row in w], rel=1e-7
    )


def test_risks_are_sums_of_weighted_losses():
    loss, w, u = LossSpec.of("GCE").build(), rows(3, 4), rows(3, 6, seed=1)
    expected = [[np.sum(row * (1 - point**0.7) / 0.7) for point in u] for row in w]

    assert risks(loss, w, u) == pytest.approx(np.array(expected))


def test_a_weight_of_zero_leaves_out_an_infinite_loss():
    assert risks(LossSpec.of("CE").build(), np.array([[1.0, 0.0]]), np.eye(2))[0, 0] == 0


@pytest.mark.parametrize("name", ["AGCE", "NCE+AGCE", "PolySoft"])
def test_the_calibration_function_is_below_every_excess_met(name):
    """δ(ε) of the batch against excesses of single posteriors."""
    loss = LossSpec.of(name).build()
    curve = calibration_curve(loss, 3)
    for q in np.array([[0.5, 0.3, 0.2], [0.6, 0.2, 0.2]]):
        for j in (1, 2):
            wrong = best_predicting(loss, q, j, 1e-4 if loss.vertices_excluded else 0.0)
            cost = float(weighted_risk(loss, q, wrong)) - minimise(loss, q).value
            at = np.searchsorted(curve.lost, q[0] - q[j], side="right") - 1
            assert curve.excess[at] <= cost + 1e-9


@pytest.mark.parametrize("name", ["NNCE", "NNFL"])
def test_the_corner_of_a_cap_of_minimisers_needs_no_search(name):
    loss, w = LossSpec.of(name).build(), rows(3, 20)

    assert way(loss) == "vertex"
    assert minimisers(loss, w) == pytest.approx(np.eye(3)[w.argmax(axis=1)])
