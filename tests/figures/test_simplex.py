"""Pictures of the triangle: every loss, the minimiser where it is, and honest words."""

import numpy as np
import pytest

from alfs_core.figures.simplex import (
    Panel,
    alternative,
    caption,
    common_limits,
    map_figure,
    numbers,
    own_limits,
    sheet_figure,
)
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.theory.profile import reads_logits
from alfs_core.theory.simplex import to_plane
from alfs_core.theory.surface import surface
from tests.colours import lettering

DRAWN = [name for name in LOSSES if not reads_logits(LossSpec.of(name).build())]
NOISY = (0.6, 0.3, 0.1)


def panel(name, w=NOISY, place=0, floor=0.0, **values):
    return Panel(name, place, surface(LossSpec.of(name, **values).build(), w, floor))


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("draw", [map_figure, sheet_figure])
@pytest.mark.parametrize("w", [NOISY, (1.0, 0.0, 0.0), (1 / 3, 1 / 3, 1 / 3)])
def test_every_loss_is_drawn_and_told(name, draw, w):
    drawn = panel(name, w)
    picture = draw(drawn, own_limits(drawn), "risk")
    spec = picture.to_json()
    assert not lettering(picture) & set(LOSS_COLORS)

    assert len(spec) < 600_000
    assert "nan" not in (caption(drawn) + alternative(drawn, "risk")).lower()


def test_the_star_stands_on_the_minimiser():
    drawn = panel("CE")
    stars = [
        t
        for t in map_figure(drawn, own_limits(drawn), "risk").checked().data
        if t.type == "scatter" and t.marker.symbol == "star"
    ]

    np.testing.assert_allclose([stars[-1].x[0], stars[-1].y[0]], to_plane(np.array(NOISY)))


def test_ties_are_marked_and_said():
    drawn = panel("AGCE", (1.0, 1.0, 0.5), q=2.0)
    open_stars = [
        t
        for t in map_figure(drawn, own_limits(drawn), "risk").checked().data
        if t.type == "scatter" and t.marker.symbol == "star-open"
    ]

    assert len(open_stars[0].x) == len(drawn.surface.minimum.ties) > 0
    assert "shares the minimum" in caption(drawn)


def test_a_constant_is_called_constant():
    drawn = panel("MAE", (1.0, 1.0, 1.0))

    assert caption(drawn).startswith("The risk is 2 everywhere")
    low, high = own_limits(drawn)
    assert high - low == pytest.approx(1)


def test_the_leak_is_said_and_the_corner_is_said():
    assert "0.4 leaks to the other classes" in caption(panel("CE"))
    assert caption(panel("MAE")) == "The minimum is the corner e₁."
    assert "on u ≥ δ = 0.001" in caption(panel("NCE+AGCE", (0.6, 0.2, 0.2), floor=1e-3))
    assert "no class has the largest weight" in caption(panel("CE", (0.4, 0.4, 0.2)))


@pytest.mark.parametrize("name", ["NNCE", "NNFL"])
def test_a_whole_cap_of_minimisers_is_said(name):
    drawn = panel(name, NOISY, eps=1e-4)
    inside = np.array([[1 - 2e-4, 1e-4, 1e-4], [1 - 3e-5, 0, 3e-5]])
    risk = (LossSpec.of(name, eps=1e-4).build().partial(inside) * NOISY).sum(-1)

    assert "cap around it in which u₂ and u₃ are at most ε = 0.0001" in caption(drawn)
    assert risk == pytest.approx(drawn.surface.minimum.value, abs=1e-15)
    assert "cap" not in caption(panel(name, (0.4, 0.4, 0.2)))


def test_infinity_is_clipped_and_said_in_the_colour_bar():
    drawn = panel("CE")
    heat = map_figure(drawn, own_limits(drawn), "risk").checked().data[0]

    assert np.isfinite(heat.z[~np.isnan(heat.z)]).all()
    assert "∞" in heat.colorbar.title.text
    bounded = panel("MAE")
    assert (
        "∞"
        not in map_figure(bounded, own_limits(bounded), "risk")
        .checked()
        .data[0]
        .colorbar.title.text
    )


def test_one_scale_spans_all():
    panels = [panel("CE"), panel("MAE", place=1)]
    low, high = common_limits(panels)

    assert low == min(own_limits(p)[0] for p in panels)
    assert high == max(own_limits(p)[1] for p in panels)
    assert map_figure(panels[1], (low, high), "risk").checked().data[0].zmax == high


def test_the_pointer_tells_u_and_the_value():
    drawn = panel("MAE")
    pointer = map_figure(drawn, own_limits(drawn), "risk").checked().data[2]
    row, column = 20, 25
    u = pointer.customdata[row, column]

    assert u.sum() == pytest.approx(1)
    assert pointer.z[row, column] == pytest.approx(1 - np.dot(NOISY, u), rel=1e-5)


def test_numbers_are_points_and_their_risk():
    table = numbers(panel("MAE"))
    u = np.column_stack([table[f"u{i}"] for i in (1, 2, 3)])

    np.testing.assert_allclose(table["risk"], 1 - u @ np.array(NOISY), atol=1e-12)
