"""Surfaces over the triangle: values, minimisers, floors, ceilings, level lines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alfs_core.errors import DomainError, SimplexError
from alfs_core.losses import CE, LOSSES, MAE, LossSpec, Normalized
from alfs_core.theory.profile import reads_logits
from alfs_core.theory.simplex import to_simplex, triangle_grid
from alfs_core.theory.surface import (
    corner_values,
    heaviest,
    level_lines,
    levels,
    sheet_points,
    sheet_triangles,
    surface,
)

DRAWN = [name for name in LOSSES if not reads_logits(LossSpec.of(name).build())]
NOISY = (0.6, 0.3, 0.1)


def test_cross_entropy_by_hand():
    drawn = surface(CE(), NOISY)

    entropy = -sum(w * np.log(w) for w in NOISY)
    np.testing.assert_allclose(drawn.minimum.point, NOISY, atol=1e-9)
    assert drawn.lowest == pytest.approx(entropy, rel=1e-9)
    assert drawn.leak == pytest.approx(0.4, rel=1e-9)
    assert np.isinf(corner_values(drawn)).all()


def test_an_unbounded_risk_is_clipped_above_all_that_is_inside():
    drawn = surface(CE(), NOISY)
    points, values = sheet_points(drawn)

    assert np.isfinite(drawn.ceiling)
    assert drawn.highest == drawn.ceiling
    assert (values[points.min(axis=1) >= 0.05] <= drawn.ceiling).all()


def test_a_bounded_risk_is_drawn_in_full():
    drawn = surface(MAE(), NOISY)

    assert drawn.ceiling == np.inf
    assert drawn.highest == pytest.approx(0.9)
    np.testing.assert_allclose(corner_values(drawn), [0.4, 0.7, 0.9], atol=1e-12)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("w", [NOISY, (0.6, 0.4, 0.0), (1.0, 0.0, 0.0), (1 / 3, 1 / 3, 1 / 3)])
def test_nothing_that_is_drawn_lies_below_the_minimum(name, w):
    drawn = surface(LossSpec.of(name).build(), w)
    inside = drawn.cell_grid.inside

    assert not np.isnan(drawn.cells[inside]).any()
    assert np.isnan(drawn.cells[~inside]).all()
    low = np.nanmin(drawn.cells)
    assert low >= drawn.minimum.value - 1e-9 * max(1.0, abs(low))


def test_the_floor_replaces_what_has_no_value():
    loss = Normalized(CE())

    assert surface(loss, NOISY).floor > 0
    assert surface(loss, NOISY, floor=1e-2).minimum.point.min() == pytest.approx(1e-2)
    assert surface(MAE(), NOISY, floor=1e-2).floor == 0


def test_the_heaviest_class_is_unique_or_none():
    assert heaviest(np.array(NOISY)) == 0
    assert heaviest(np.array([0.4, 0.4, 0.2])) is None
    assert surface(MAE(), (0.5, 0.5, 0.0)).leak is None


def test_what_has_no_surface_is_refused_in_a_sentence():
    with pytest.raises(SimplexError, match="every weight is 0"):
        surface(CE(), (0.0, 0.0, 0.0))
    for name in set(LOSSES) - set(DRAWN):
        with pytest.raises(DomainError, match="reads logits"):
            surface(LossSpec.of(name).build(), NOISY)


def lines_of(points: np.ndarray) -> list[np.ndarray]:
    """The lines (N, 2) that rows of NaN end."""
    ends = np.flatnonzero(np.isnan(points).all(axis=1))
    assert ends[-1] == len(points) - 1
    return [line[~np.isnan(line).any(axis=1)] for line in np.split(points, ends[:-1] + 1)]


def test_each_level_of_a_plane_is_one_line_on_it():
    grid = triangle_grid(31)
    height = 2 * grid.u[..., 0] + 3 * grid.u[..., 1] + grid.u[..., 2]
    wanted = np.array([1.51, 2.13])

    lines = [to_simplex(line) for line in lines_of(level_lines(height, wanted))]

    assert len(lines) == 2
    for line in lines:
        found = line @ np.array([2.0, 3.0, 1.0])
        np.testing.assert_allclose(found, found[0], atol=1e-12)
        assert round(found[0], 9) in wanted
        assert line.min() >= -1e-12
        assert (line[[0, -1]].min(axis=1) <= 1e-12).all()  # from edge to edge of the triangle


def test_the_level_lines_of_cross_entropy_are_closed():
    drawn = surface(CE(), NOISY)
    lines = lines_of(level_lines(drawn.sheet, levels(drawn.lowest, drawn.highest)))

    assert len(lines) == 10
    for line in lines:
        np.testing.assert_allclose(line[0], line[-1], atol=1e-12)
        assert np.linalg.norm(np.diff(line, axis=0), axis=1).max() < 2 / len(drawn.sheet)


@given(st.integers(0, 2**32 - 1))
def test_level_lines_have_every_piece_once(seed):
    rng = np.random.default_rng(seed)
    height = rng.random((7, 7))
    wanted = np.array([0.3, 0.7])
    above = wanted[:, None, None] < height[triangle_grid(7).inside][sheet_triangles(7)]
    pieces = (above.any(axis=2) & ~above.all(axis=2)).sum()

    lines = lines_of(level_lines(height, wanted))

    starts = np.concatenate([line[:-1] for line in lines])
    assert len(starts) == len(np.unique(np.round(starts, 12), axis=0)) == pieces


def test_no_levels_of_a_constant():
    assert len(levels(1.0, 1.0)) == 0
    np.testing.assert_allclose(levels(0.0, 4.0, 3), [1, 2, 3])


def test_the_small_triangles_fill_the_triangle():
    points = triangle_grid(9).points
    a, b, c = (points[corner, :2] for corner in sheet_triangles(9).T)
    areas = np.abs(np.linalg.det(np.stack([b - a, c - a], axis=1))) / 2

    np.testing.assert_allclose(areas, 0.5 / 64)
    assert areas.sum() == pytest.approx(0.5)
