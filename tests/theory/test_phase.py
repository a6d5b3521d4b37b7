"""Phase diagrams against the closed thresholds of the losses (THEORY B, C)."""

import math

import numpy as np
import pytest

from alfs_core.losses import LossSpec, family
from alfs_core.losses.formula import FORMULA
from alfs_core.noise.transition import cifar10_pairs, identity, pair_flip, symmetric
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.phase import (
    FINEST,
    asymmetric_ranges,
    axis,
    closed_margin,
    dominated,
    judged,
    margin_on,
    phase,
    ratio_needed,
    rows_of,
    strip,
)
from alfs_core.theory.tolerance import tolerant

PAIRS = rows_of(pair_flip(10, 0.4))  # w_m/w_n = 1.5
EVEN = rows_of(symmetric(10, 0.8))  # w_m/w_n = 2.25


def ranges(name, parameter, rows, **values):
    return asymmetric_ranges(name, LossSpec.of(name, **values).values, parameter, rows)


# ---- rows -----------------------------------------------------------------------------------


def test_rows_are_distinct_and_clean_first():
    assert rows_of(pair_flip(4, 0.3)) == ((0.7, 0.3, 0.0, 0.0),)
    assert len(rows_of(symmetric(100, 0.4))) == 1
    assert rows_of(cifar10_pairs(10, 0.4)) == PAIRS  # the clean rows say nothing more
    assert rows_of(identity(3)) == ((1.0, 0.0, 0.0),)
    assert ratio_needed(PAIRS) == pytest.approx(2 / 3)
    assert dominated(PAIRS)
    assert not dominated(rows_of(pair_flip(4, 0.5)))


# ---- boundaries -----------------------------------------------------------------------------


def test_agce_boundary_at_pair_noise():
    """(a/(a+1))^{1−q} = w_n/w_m, so a = s/(1−s) with s = (2/3)^{1/(1−q)}."""
    s = (2 / 3) ** (1 / 0.4)
    ((low, high),) = ranges("AGCE", "a", PAIRS, a=0.6, q=0.6)

    assert low == pytest.approx(s / (1 - s), rel=1e-9)
    assert high == 10
    ((q_low, _),) = ranges("AGCE", "q", PAIRS, a=0.6, q=0.6)
    assert q_low == pytest.approx(1 - math.log(1.5) / math.log(1.6 / 0.6), rel=1e-9)


def test_aul_boundary():
    """(a/(a−1))^{p−1} = 1.5 at p = 3."""
    ((low, _),) = ranges("AUL", "a", PAIRS, a=5.5, p=3)

    assert low == pytest.approx(1 / (1 - 1.5**-0.5), rel=1e-9)
    assert ranges("AUL", "p", PAIRS, a=1.0, p=1) == ((0.1, 1.0),)


@pytest.mark.parametrize(
    ("name", "rows", "low"),
    [
        ("AEL", PAIRS, 1 / math.log(1.5)),
        ("AMSE", PAIRS, 5.0),
        ("AMSE", EVEN, 9.0),  # the paper's example
        ("AEL", EVEN, 1 / math.log(2.25)),
    ],
)
def test_one_parameter_thresholds(name, rows, low):
    ((found, high),) = ranges(name, "a", rows)

    assert found == pytest.approx(low, rel=1e-9)
    assert high == family(name).parameters[0].typical[1]


def test_taylor_cross_entropy_holds_up_to_its_order():
    assert ranges("TCE", "t", rows_of(pair_flip(10, 0.25))) == ((1.0, 3.0),)


def test_the_exponent_of_amse_q_jumps_at_one():
    """Up to q = 1 always; beyond it only once w_m (a−1)^{q−1} ≥ w_n a^{q−1} + Σ w_i (B4)."""
    (low, one), (again, high) = ranges("AMSE_q", "q", PAIRS, a=30.0, q=2.0)

    assert (low, high) == (0.5, 4.0)
    assert one == pytest.approx(1, abs=1e-9)
    assert 0.6 * 29 ** (again - 1) == pytest.approx(0.4 * 30 ** (again - 1) + 0.4, rel=1e-9)


# ---- diagrams -------------------------------------------------------------------------------


def test_the_agce_diagram_is_the_closed_region():
    diagram = phase("AGCE", (), "a", "q", PAIRS)
    a, q = np.meshgrid(diagram.x_values, diagram.y_values)
    inside = (q >= 1) | ((a / (a + 1)) ** (1 - np.minimum(q, 1)) >= 2 / 3)

    assert diagram.closed
    assert diagram.code.shape == (FINEST, FINEST)
    assert np.array_equal(diagram.code == 1, inside)
    assert diagram.spot(1.0) is not None


@pytest.mark.parametrize("rows", [PAIRS, EVEN], ids=["pairs", "even"])
def test_the_amse_q_diagram_is_the_closed_region(rows):
    diagram = phase("AMSE_q", (), "a", "q", rows)
    a, q = np.meshgrid(diagram.x_values, diagram.y_values)
    w_m, w_n = rows[0][:2]
    power = np.maximum(q - 1, 0)
    margin = w_m * (a - 1) ** power - w_n * a**power - (1 - w_m)

    assert np.array_equal(diagram.code == 1, (q <= 1) | (margin >= -1e-12))


def test_a_normalized_part_gives_way_in_the_limit():
    """On pair noise NCE + AGCE inherits the condition of AGCE as the floor goes to 0 (B8)."""
    alone = phase("AGCE", (), "a", "q", PAIRS)
    fixed = (("alpha", 1.0), ("beta", 4.0))
    summed = phase("NCE+AGCE", fixed, "a", "q", PAIRS)

    assert summed.closed
    assert np.array_equal(alone.code, summed.code)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("AGCE", {}),
        ("AUL", {"a": 1.2}),
        ("AMSE", {"a": 3}),
        ("ANL", {}),
        ("NCE", {}),
        ("NGCE", {}),
        ("NCE+MAE", {}),
        ("NCE+AEL", {"a": 1.5}),
        ("JAL-CE", {"a": 3}),
        ("NCE+NNCE", {}),
        ("SCE", {}),
        ("CE", {}),
    ],
)
@pytest.mark.parametrize(
    "T", [pair_flip(5, 0.4), symmetric(5, 0.4), symmetric(5, 0.2)], ids=["pairs", "even", "mild"]
)
def test_margins_agree_with_the_verdicts(name, values, T):
    loss = LossSpec.of(name, **values).build()
    margin = margin_on(loss, rows_of(T))
    found = tolerant(loss, T, floor=1e-4)
    verdict = found.limit or found.verdict

    assert math.isnan(margin) or verdict is (Verdict.HOLDS if margin >= 0 else Verdict.FAILS)


def test_a_margin_is_not_known_where_the_other_part_decides_nothing():
    """Under even noise NCE helps a loss that is not asymmetric alone."""
    loss = LossSpec.of("NCE+AEL", a=0.5).build()

    assert closed_margin(loss, np.array(symmetric(5, 0.5)[0])) is None


# ---- families without a formula -------------------------------------------------------------


def test_a_family_without_a_formula_is_judged_point_by_point():
    diagram = phase("PolySoft", (), "lam", "d", PAIRS, budget=0.0)

    assert not diagram.closed
    assert diagram.code.shape == (3, 3)  # the coarsest level, whatever the budget
    lam, d = np.meshgrid(diagram.x_values, diagram.y_values)
    proved = lam <= math.log(2) / (1 - 2 ** -((d - 1) / d))
    assert (diagram.code[proved] == 1).all()
    assert (diagram.code[:, -1] == -1).all()  # λ = 20


def test_a_typed_family_has_the_diagram_of_the_same_library_family():
    text = "((a + 1)^q - (a + u)^q) / q; a = 0.6 in [0.01, 10]; q = 0.6 in [0.1, 4]"
    name = f"{FORMULA}{text}"
    diagram = phase(name, (), "a", "q", PAIRS, budget=0.0)

    for i, q in enumerate(diagram.y_values):
        for j, a in enumerate(diagram.x_values):
            same = family("AGCE").build(a=a, q=q)
            assert diagram.code[i, j] == (1 if margin_on(same, PAIRS) >= 0 else -1)


def test_a_part_of_cross_entropy_is_never_asymmetric():
    diagram = phase("SCE", (("A", -4.0),), "alpha", "beta", PAIRS)

    assert diagram.closed
    assert diagram.share == 0


def test_numbers_without_a_loss_have_no_verdict():
    """a = 1 divides by zero; below it the loss grows with u."""
    line = strip(f"{FORMULA}(1 - u) / (a - 1); a = 2 in [0, 2]", (), "a", PAIRS, budget=0.0)

    assert line.values.tolist() == [0, 1, 2]
    assert math.isnan(line.code[1])
    assert line.code[2] == 1
    assert line.code[0] == -1


@pytest.mark.parametrize("name", ["AGCE", "CE", "GCE"])
def test_judging_agrees_with_closed_conditions(name):
    loss = LossSpec.of(name).build()

    assert judged(loss, PAIRS) == (1 if margin_on(loss, PAIRS) >= 0 else -1)


# ---- one parameter --------------------------------------------------------------------------


def test_a_strip_shows_the_ratio_and_the_region():
    line = strip("AEL", (), "a", PAIRS)

    assert line.closed
    assert np.allclose(line.ratio, np.exp(-1 / line.values))
    assert np.array_equal(line.code == 1, line.ratio >= 2 / 3 - 1e-12)


def test_a_strip_of_a_loss_on_the_whole_prediction_shows_its_margin():
    line = strip("AMSE", (), "a", PAIRS)

    assert line.ratio is None
    assert np.allclose(line.margin, 0.2 * line.values - 1)


def test_a_strip_of_a_typed_family_is_judged():
    line = strip(f"{FORMULA}exp(-u/a); a = 2 in [0.5, 10]", (), "a", PAIRS, budget=0.0)

    assert not line.closed
    assert np.allclose(line.ratio, np.exp(-1 / line.values), atol=1e-9)
    assert np.array_equal(line.code == 1, line.values >= 1 / math.log(1.5))


@pytest.mark.parametrize(("name", "index"), [("AGCE", 0), ("AUL", 1), ("TCE", 0)])
def test_axes_span_the_typical_range(name, index):
    parameter = family(name).parameters[index]
    values = axis(parameter, 17)

    assert (values[0], values[-1]) == pytest.approx(parameter.typical)
    assert not parameter.integer or np.array_equal(values, np.round(values))
