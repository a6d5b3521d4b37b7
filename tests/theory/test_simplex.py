"""The triangle, projection, and minimisers held against an independent brute force."""

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimise

from alfs_core.errors import SimplexError
from alfs_core.losses import AGCE, AMSE, CE, GCE, MAE, Normalized, Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.theory import simplex
from alfs_core.theory.simplex import gradient, minimise, project, weighted_risk

NCE = Normalized(CE())
NCE_AGCE = Weighted(((1.0, NCE), (4.0, AGCE(a=6.0, q=1.5))))
LOSSES = [CE(), GCE(q=0.7), MAE(), AGCE(), AGCE(a=4.0, q=0.2), AGCE(a=6.0, q=1.5), NCE, NCE_AGCE]
WEIGHTS = {2: [0.6, 0.4], 3: [0.5, 0.3, 0.2], 4: [0.4, 0.3, 0.2, 0.1]}


def softmax(z):
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def brute_force(loss, w, floor):
    """The lowest risk of 40 Nelder-Mead runs in logits over the floored simplex."""
    rng = np.random.default_rng(1)

    def risk(z):
        return float(weighted_risk(loss, w, floor + (1 - len(w) * floor) * softmax(z)))

    starts = 6 * rng.standard_normal((40, len(w)))
    runs = [scipy_minimise(risk, z, method="Nelder-Mead", tol=1e-12) for z in starts]
    return min(run.fun for run in runs)


def test_plane_and_simplex_are_inverse():
    u = np.random.default_rng(0).dirichlet(np.ones(3), 50)

    assert np.allclose(simplex.to_simplex(simplex.to_plane(u)), u, atol=1e-14)


@pytest.mark.parametrize("grid", [simplex.triangle_grid(41), simplex.raster(41)])
def test_grid_points_lie_on_the_simplex(grid):
    assert np.allclose(grid.points.sum(axis=-1), 1)
    assert grid.points.min() >= 0
    assert np.isnan(grid.fill(np.ones(len(grid.points)))).sum() == (~grid.inside).sum()
    assert np.allclose(
        simplex.to_plane(grid.points), np.column_stack([grid.x[grid.inside], grid.y[grid.inside]])
    )


def test_triangle_grid_meets_the_vertices_exactly():
    points = simplex.triangle_grid(201).points

    assert len(points) == 201 * 202 / 2
    assert {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)} <= set(map(tuple, points))


def test_lattice_lists_every_composition_once():
    points = simplex.lattice(4, 6)

    assert len(points) == 84
    assert len(np.unique(points, axis=0)) == 84
    assert np.allclose(points.sum(axis=1), 1)


def test_projection_is_the_nearest_point():
    rng = np.random.default_rng(2)
    x = 2 * rng.standard_normal((200, 4))
    nearest = project(x)
    others = rng.dirichlet(np.ones(4), 500)
    distance = np.linalg.norm(x - nearest, axis=1)

    assert np.allclose(nearest.sum(axis=1), 1)
    assert nearest.min() >= 0
    assert (np.linalg.norm(x[:, None] - others, axis=2) >= distance[:, None] - 1e-12).all()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_gradient_agrees_with_differences_along_the_simplex(loss):
    w, u = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.5, 0.2])
    step = np.array([1e-6, 0.4e-6, -1.4e-6])
    rise = weighted_risk(loss, w, u + step) - weighted_risk(loss, w, u - step)

    assert rise == pytest.approx(2 * gradient(loss, w, u) @ step, rel=1e-6)


def test_normalized_gradient_agrees_with_dual_directions():
    w, u = np.array([0.5, 0.3, 0.2]), np.random.default_rng(3).dirichlet(np.ones(3), 20)

    assert np.allclose(gradient(NCE, w, u), simplex._directional_gradient(NCE, w, u), rtol=1e-12)


@pytest.mark.parametrize("num_classes", [2, 3, 4])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_minimum_is_not_above_brute_force(loss, num_classes):
    w = np.array(WEIGHTS[num_classes])
    found = minimise(loss, w)

    assert found.value <= brute_force(loss, w, found.floor) + 1e-9
    assert found.point.sum() == pytest.approx(1, abs=1e-14)
    assert found.point.min() >= found.floor - 1e-15
    assert found.value == pytest.approx(float(weighted_risk(loss, w, found.point)), abs=1e-14)


@pytest.mark.parametrize(
    ("loss", "point"),
    [
        (AGCE(a=1e-5, q=0.5), None),
        (AGCE(a=0.6, q=0.6), None),
        (AGCE(a=0.05, q=0.3), None),
    ],
    ids=repr,
)
def test_water_filling_agrees_with_the_closed_form_of_two_classes(loss, point):
    """THEORY B1: u_m = (s(a+1) − a)/(1 + s), s = (w_m/w_n)^{1/(1−q)}."""
    for w_m in (0.51, 0.7, 0.9, 0.999):
        s = (w_m / (1 - w_m)) ** (1 / (1 - loss.q))
        expected = min(1.0, (s * (loss.a + 1) - loss.a) / (1 + s))

        assert minimise(loss, np.array([1 - w_m, w_m])).point[1] == pytest.approx(
            expected, abs=1e-12
        )


def test_water_filling_respects_a_floor():
    w = np.array([0.7, 0.2, 0.1, 0.0])
    found = minimise(CE(), w, floor=0.01)

    assert found.point[3] == 0.01
    assert np.allclose(found.point[:3] / w[:3], found.point[0] / w[0], rtol=1e-12)


def test_leaks_of_normalized_sums_are_those_of_the_table():
    """THEORY B8, k = 10, η = .4, floor 1e-4."""
    w = np.zeros(10)
    w[:2] = 0.6, 0.4

    assert minimise(NCE, w).point[1] == pytest.approx(0.398, abs=5e-4)
    assert minimise(NCE_AGCE, w).point[1] == pytest.approx(0.0019, abs=5e-5)
    mixed = Weighted(((1.0, NCE), (1.0, MAE())))
    assert minimise(mixed, w).point[1] == pytest.approx(0.024, abs=5e-4)
    assert minimise(mixed, w, floor=1e-8).point[1] == pytest.approx(0.013, abs=5e-4)


def test_ties_are_reported():
    ties = minimise(AGCE(a=6.0, q=1.5), np.array([0.4, 0.4, 0.2])).ties

    assert [tuple(tie) for tie in ties] == [(0.0, 1.0, 0.0)]


@pytest.mark.parametrize("w", [[-0.1, 1.1], [0.0, 0.0], [1.0], [np.nan, 1.0]])
def test_weights_that_are_none_are_refused(w):
    with pytest.raises(SimplexError):
        minimise(MAE(), np.array(w))


def test_a_floor_without_room_is_refused():
    with pytest.raises(SimplexError, match="leaves no room"):
        minimise(MAE(), np.array([0.6, 0.4]), floor=0.5)


def test_a_typed_loss_that_grows_is_minimised_by_search():
    """Σ w_i u_i² is smallest at u ∝ 1/w."""
    w = np.array([0.5, 0.3, 0.2])
    found = minimise(FormulaLoss("u^2"), w)

    assert found.point == pytest.approx((1 / w) / (1 / w).sum(), abs=1e-5)


@pytest.mark.parametrize(
    "loss",
    [*LOSSES, AMSE(a=3.0), Weighted(((1.0, NCE), (2.0, AMSE(a=3.0)))), Normalized(MAE())],
    ids=repr,
)
def test_a_move_changes_the_risk_as_the_moved_point_says(loss):
    u, w = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.4, 0.3, 0.2, 0.1])
    moves = simplex._moves(u, 0.01)

    quick = simplex._risks_after(loss, w, u, moves)

    assert quick == pytest.approx(weighted_risk(loss, w, moves.points(u)), rel=1e-12)
    assert moves.points(u)[7] == pytest.approx(moves.point(u, 7))


def test_moves_from_and_to_nothing_keep_infinity():
    u, w = np.array([0.7, 0.3, 0.0]), np.array([0.5, 0.3, 0.2])
    moves = simplex._moves(u, 0.0)

    quick = simplex._risks_after(CE(), w, u, moves)

    assert np.array_equal(quick, weighted_risk(CE(), w, moves.points(u)))
    assert np.isinf(quick).any()
