"""Along the noise: minimiser, margin and largest rate agree with the engine at every rate."""

import numpy as np
import pytest

from alfs_core.losses import AGCE, AMSE, AUL, CE, GCE, LOSSES, Normalized
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import MAE, PolySoft
from alfs_core.noise.transition import CUSTOM, LabelNoise, check_transition, pair_flip
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.surface import surface
from alfs_core.theory.sweep import (
    NoiseFamily,
    kept_at,
    largest_in_class,
    quickly_bounded,
    rates,
    segment,
    sweep,
    weight_margin,
)
from alfs_core.theory.tolerance import row_groups, tolerant

SYMMETRIC = NoiseFamily(LabelNoise("symmetric", 0.4), 10)
OWN = ((0.7, 0.2, 0.1), (0.05, 0.9, 0.05), (0.0, 0.4, 0.6))
CUSTOMARY = NoiseFamily(LabelNoise(CUSTOM, 0.4, OWN), 3)


# ---- families -------------------------------------------------------------------------------


def test_a_kind_of_noise_is_its_own_family():
    assert (SYMMETRIC.scale, SYMMETRIC.present) == (1, 0.4)
    assert SYMMETRIC.end(3) == pytest.approx(0.9)
    assert (SYMMETRIC.at(0.4) == LabelNoise("symmetric", 0.4).transition(10)).all()


def test_a_matrix_spans_the_way_from_no_noise_through_itself():
    assert CUSTOMARY.scale == pytest.approx(2.5)
    assert CUSTOMARY.at(CUSTOMARY.present) == pytest.approx(np.array(OWN))
    assert (CUSTOMARY.at(0.0) == np.eye(3)).all()
    assert CUSTOMARY.at(1.0)[2, 2] == pytest.approx(0)
    for rate in np.linspace(0, 1, 7):
        check_transition(CUSTOMARY.at(rate))


def test_no_noise_stays_no_noise():
    family = NoiseFamily(LabelNoise(CUSTOM, 0.0, ((1.0, 0.0), (0.0, 1.0))), 2)

    assert (family.scale, family.present) == (1, 1)
    assert (family.at(0.7) == np.eye(2)).all()


def test_rates_end_before_the_tie_and_hold_the_marked_one():
    grid = rates(SYMMETRIC, 3, marked=0.8587)

    assert grid[0] == 0
    assert 0.8587 in grid
    assert 0.8999 < grid[-1] < 0.9
    assert len(rates(SYMMETRIC, 3, marked=2.0)) == len(rates(SYMMETRIC, 3))


# ---- minimisers and margins -----------------------------------------------------------------


@pytest.mark.parametrize("loss", [AGCE(), AUL(), GCE(), AMSE(), MAE(), PolySoft(lam=4)])
@pytest.mark.parametrize("family", [SYMMETRIC, CUSTOMARY])
def test_what_is_kept_is_what_the_engine_says(loss, family):
    for rate in (0.05, 0.2, 0.3):
        found = asymmetric_on(loss, family.at(rate)[2], clean=2)

        assert 1 - kept_at(loss, family, 2, rate, 0.0) == pytest.approx(found.leak, abs=1e-9)


def test_the_minimiser_of_cross_entropy_repeats_the_noise():
    at = np.array([0.0, 0.3, 0.6])

    assert sweep(CE(), SYMMETRIC, 3, at).kept == pytest.approx(1 - at)


def test_one_number_is_the_leak_wherever_it_is_asked():
    """On pair noise, THEORY B8: .398 at the floor 1e-4, in the finding, the sweep and the map."""
    loss, family = Normalized(CE()), NoiseFamily(LabelNoise("pair", 0.4), 10)
    w, floor = family.at(0.4)[2], 1e-4
    finding = asymmetric_on(loss, w, clean=2, floor=floor)

    assert finding.leak == pytest.approx(0.3978, abs=1e-4)
    assert finding.leak == pytest.approx(1 - finding.minimiser[2] - 9 * floor, abs=1e-12)
    assert finding.leak == pytest.approx(1 - kept_at(loss, family, 2, 0.4, floor), abs=1e-12)
    three = (0.6, 0.4, 0.0)
    drawn = surface(loss, three, floor)
    assert drawn.leak == pytest.approx(asymmetric_on(loss, np.array(three), floor=floor).leak)


def test_the_floor_itself_is_no_leak():
    assert kept_at(Normalized(CE()), SYMMETRIC, 3, 0.2, 1e-3) == pytest.approx(1)


@pytest.mark.parametrize("name", ["AGCE", "AUL", "AMSE", "AMSE_q", "MAE", "NNCE", "TCE", "CE"])
def test_the_margin_changes_sign_at_the_largest_rate(name):
    loss = LOSSES[name].build()
    limit = largest_in_class(loss, SYMMETRIC, 3)
    below, above = (weight_margin(loss, SYMMETRIC.at(r)[3]) for r in (0.5 * limit.low, 0.895))

    if limit.low > 0:
        assert below > 0
    assert above > 0 if limit.low > 0.895 else above < 0


def test_the_margin_of_a_local_loss_is_that_of_its_ratio():
    w = np.array([0.6, 0.3, 0.1])

    assert weight_margin(AGCE(), w) == pytest.approx(0.6 * AGCE().asymmetry_ratio() - 0.3)
    assert weight_margin(AMSE(a=30), w) == pytest.approx((30 * 0.3 - 1) / 30)
    assert weight_margin(CE(), w) == pytest.approx(-0.4)
    assert np.isnan(weight_margin(LOSSES["JAL-CE"].build(), w))


# ---- the largest rate of a class ------------------------------------------------------------


def test_largest_rates_of_theory_c():
    pair = NoiseFamily(LabelNoise("pair", 0.1), 10)

    assert largest_in_class(AGCE(), SYMMETRIC, 3).low == pytest.approx(0.8587, abs=5e-5)
    assert largest_in_class(AGCE(), pair, 3).low == pytest.approx(0.4032, abs=5e-5)
    assert largest_in_class(AMSE(a=30), pair, 3).low == pytest.approx(0.4833, abs=5e-5)


def test_classes_of_one_matrix_have_their_own_rates():
    found = [largest_in_class(AGCE(), CUSTOMARY, i).low * CUSTOMARY.scale for i in range(3)]
    ratio = AGCE().asymmetry_ratio()

    assert found[0] == pytest.approx(ratio / (0.3 * ratio + 0.2))
    assert found[2] == pytest.approx(ratio / (0.4 * ratio + 0.4))
    assert largest_in_class(CE(), NoiseFamily(LabelNoise("cifar10", 0.2), 10), 0).low > 1 - 1e-9


def test_sums_without_vertex_values_are_judged_in_the_limit():
    pair = NoiseFamily(LabelNoise("pair", 0.1), 4)
    loss = LOSSES["NCE+AGCE"].build()

    assert largest_in_class(loss, pair, 0).low == pytest.approx(0.5, abs=1e-6)


def test_which_rates_are_found_quickly():
    slow = {n for n in LOSSES if not quickly_bounded(LOSSES[n].build(), 20)} - {"LC", "LDR"}

    assert all(quickly_bounded(LOSSES[n].build(), 10) for n in LOSSES)
    assert not slow
    assert quickly_bounded(FormulaLoss("1 - u^3/total(u^3)"), 100)
    assert not quickly_bounded(FormulaLoss("(1-u)*(1 + 0.3*total(u^2))"), 100)


@pytest.mark.parametrize("name", ["NGCE+AUL", "ECE+MAE"])
def test_sums_of_many_classes_have_their_largest_rate(name):
    loss, family = LOSSES[name].build(), NoiseFamily(LabelNoise("symmetric", 0.3), 100)
    found = largest_in_class(loss, family, 0)

    assert found.high - found.low < 1e-6
    assert found.low == pytest.approx({"NGCE+AUL": 0.9891, "ECE+MAE": 0.0}[name], abs=1e-4)


# ---- rows judged before ---------------------------------------------------------------------


def test_rows_alike_are_one_group():
    assert row_groups(pair_flip(4, 0.2)) == [[0, 1, 2, 3]]
    assert row_groups(np.array(OWN)) == [[0], [1], [2]]
    assert len(row_groups(LabelNoise("cifar10", 0.4).transition(10))) == 2


def test_findings_that_are_known_are_not_sought_again():
    T = pair_flip(4, 0.2)
    known = {0: asymmetric_on(GCE(), T[0], clean=0)}
    result = tolerant(AGCE(), T, known=known)

    assert result.verdict is Verdict.FAILS
    assert [finding.m for finding in result.findings] == [0, 1, 2, 3]
    assert result.leaks == pytest.approx(tolerant(GCE(), T).leaks)


# ---- two classes ----------------------------------------------------------------------------


@pytest.mark.parametrize("clean", [0, 1])
def test_two_classes_on_a_line(clean):
    w = (0.7, 0.3) if clean == 0 else (0.3, 0.7)
    of = segment(CE(), w, clean)

    assert of.clean_minimiser == 1
    assert of.noisy_minimiser == pytest.approx(0.7)
    at = np.flatnonzero(of.u == 0.5)[0]
    assert of.noisy[at] == pytest.approx(np.log(2))
    assert of.clean[at] == pytest.approx(np.log(2))
    assert of.noisy[np.argmin(np.abs(of.u - 0.7))] == pytest.approx(of.noisy.min())
