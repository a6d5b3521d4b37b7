"""Calibration: verdicts, gaps and the constants of THEORY A6 and A7."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.errors import DomainError, SimplexError
from alfs_core.losses import LOSSES
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, AUL
from alfs_core.losses.classic import CE, MSE
from alfs_core.losses.combinators import Normalized
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.on_logits import LC
from alfs_core.losses.robust import GCE, MAE
from alfs_core.noise.transition import symmetric
from alfs_core.theory.calibration import (
    bayes_theorem,
    best_predicting,
    calibrated_at,
    calibration_curve,
    noisy_posterior,
    predicting,
)
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.simplex import lattice, minimise, weighted_risk

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
LOCAL = [CE(), GCE(q=0.7), MAE(), AGCE(), AGCE(a=6.0, q=1.5), AUL(), AEL()]
RAMP = FormulaLoss("min(max(1.2 - 2*u, 0), 0.6)")
KINK = FormulaLoss("max(1-2*u,0) + 1 - u")


@pytest.mark.parametrize("loss", [*LOCAL, MSE(), AMSE(a=1.0), AMSE(a=30.0)], ids=repr)
def test_losses_that_fall_are_calibrated_with_a_gap(loss):
    """THEORY A7."""
    found = calibrated_at(loss, np.array([0.4, 0.35, 0.25]))

    assert found.verdict is HOLDS
    assert found.gap > 1e-5


def test_a_kink_at_one_half_breaks_calibration():
    """THEORY A7: slopes 3 and 1 broken at ½, w = (.6, .4)."""
    found = calibrated_at(KINK, np.array([0.6, 0.4]))

    assert found.verdict is FAILS
    assert found.gap == pytest.approx(0, abs=1e-12)
    assert found.wrong == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("loss", "allowed"),
    [(CE(), "on the whole simplex"), (Normalized(CE()), "where every u_i ≥ δ")],
)
def test_the_theorem_says_on_which_predictions_the_loss_is_continuous(loss, allowed):
    (theorem,) = calibrated_at(loss, np.array([0.5, 0.3, 0.2]), floor=1e-4).evidence

    assert theorem.hypotheses[-1].value == allowed


def test_a_plateau_is_not_called_calibrated():
    assert calibrated_at(RAMP, np.array([0.6, 0.4])).verdict is not HOLDS


def test_normalized_cross_entropy_keeps_a_gap_that_fades_with_the_floor():
    """THEORY F4 (b)."""
    q = np.array([0.5, 0.3, 0.2])
    gaps = [calibrated_at(Normalized(CE()), q, floor=f).gap for f in (1e-2, 1e-4, 1e-8)]

    assert calibrated_at(Normalized(CE()), q).verdict is HOLDS
    assert gaps[0] > gaps[1] > gaps[2] > 0


def test_ties_are_not_judged():
    assert calibrated_at(CE(), np.array([0.4, 0.4, 0.2])).verdict is Verdict.UNDEFINED


def test_losses_of_logits_are_refused():
    with pytest.raises(DomainError):
        calibrated_at(LC(), np.array([0.6, 0.4]))


@settings(max_examples=60)
@given(st.integers(2, 6), st.integers(0, 10_000))
def test_raising_a_class_gives_the_nearest_prediction_of_it(k, seed):
    """Projection on {u_j ≥ u_i}: it is feasible, keeps the sum, and no drawn point is nearer."""
    rng = np.random.default_rng(seed)
    u, j = rng.dirichlet(np.ones(k)), int(rng.integers(k))
    raised = predicting(u, j)
    others = rng.dirichlet(np.ones(k), 300)
    others = others[others[:, j] >= others.max(axis=1) - 1e-12]

    assert raised.sum() == pytest.approx(1)
    assert raised[j] >= raised.max() - 1e-15
    assert (np.linalg.norm(others - u, axis=1) >= np.linalg.norm(raised - u) - 1e-12).all()


@pytest.mark.parametrize(
    "loss", [*LOCAL, AMSE(a=4.0), Normalized(GCE(q=0.7)), LOSSES["NCE+MAE"].build()], ids=repr
)
@pytest.mark.parametrize("j", [1, 2])
def test_best_prediction_of_a_class_against_a_lattice(loss, j):
    q, floor = np.array([0.5, 0.3, 0.2]), 1e-4 if loss.vertices_excluded else 0.0
    points = lattice(3, 60)
    points = points[points[:, j] >= points.max(axis=1) - 1e-12]
    points = floor + (1 - 3 * floor) * points
    lowest = np.nanmin(weighted_risk(loss, q, points))
    found = best_predicting(loss, q, j, floor)

    assert found[j] >= found.max() - 1e-12
    assert weighted_risk(loss, q, found) <= lowest + 1e-9
    assert weighted_risk(loss, q, found) >= minimise(loss, q, floor).value - 1e-12


def test_calibration_function_of_mae_and_cross_entropy():
    """Two classes: δ = ε/2 for MAE; ln 2 − H((1+ε)/2) for CE."""
    mae, ce = calibration_curve(MAE(), 2), calibration_curve(CE(), 2)
    p = (1 + ce.lost[1:-1]) / 2

    assert mae.excess == pytest.approx(mae.lost / 2)
    assert ce.excess[1:-1] == pytest.approx(np.log(2) + p * np.log(p) + (1 - p) * np.log(1 - p))


@pytest.mark.parametrize("k", [2, 3])
def test_the_constant_of_mae_is_best_possible(k):
    """THEORY A6: R01 excess ≤ k · excess risk/(ℓ(0) − ℓ(1))."""
    curve = calibration_curve(MAE(), k)

    assert curve.proved == k
    assert curve.sharpest == pytest.approx(k)


@pytest.mark.parametrize("loss", [AGCE(a=6.0, q=1.5), AUL(a=2.0, p=0.5)], ids=repr)
@pytest.mark.parametrize("k", [2, 3])
def test_no_excess_found_exceeds_the_proved_constant(loss, k):
    curve = calibration_curve(loss, k)

    assert curve.sharpest <= curve.proved + 1e-12
    assert (np.diff(curve.excess) >= -1e-12).all()


def test_factor_two_is_false_for_three_classes_with_stochastic_labels():
    """THEORY A6: q = (.4, .2, .4), u = (.33, .34, .33): .2 > 2 · .068."""
    q, u = np.array([0.4, 0.2, 0.4]), np.array([0.33, 0.34, 0.33])
    excess = float(weighted_risk(MAE(), q, u)) - minimise(MAE(), q).value

    assert q.max() - q[np.argmax(u)] == pytest.approx(0.2)
    assert excess == pytest.approx(0.068)
    assert bayes_theorem(MAE(), 3).statement.startswith("0-1 excess ≤ 3")
    assert bayes_theorem(MAE(), 3, one_label=True).statement.startswith("0-1 excess ≤ 2")
    assert bayes_theorem(CE(), 3) is None


def test_curves_are_for_few_classes():
    with pytest.raises(SimplexError):
        calibration_curve(MAE(), 5)


def test_noisy_posteriors_can_turn_the_decision():
    """THEORY F10: domination must hold for Tᵀq, not for T alone."""
    q, T = np.array([0.5, 0.45, 0.05]), np.array([[0.6, 0.4, 0], [0, 1, 0], [0, 0, 1]])
    turned, kept = noisy_posterior(AGCE(), q, T), noisy_posterior(AGCE(), q, symmetric(3, 0.4))

    assert turned.w == pytest.approx([0.3, 0.65, 0.05])
    assert (turned.predicted, turned.regret) == (1, pytest.approx(0.05))
    assert (kept.predicted, kept.regret) == (0, 0)
