"""Figures of matrices, sweeps and bounds draw what was computed, and say what they draw."""

import numpy as np
import pytest

from alfs_core.figures import matrices
from alfs_core.figures.simplex import Panel
from alfs_core.figures.tolerance import (
    Axis,
    Bound,
    Track,
    beside_clean,
    bound_alternative,
    bound_caption,
    bound_figure,
    bound_numbers,
    kept_caption,
    kept_figure,
    margin_caption,
    margin_figure,
    rate_text,
    segment_caption,
    segment_figure,
    sweep_alternative,
    sweep_numbers,
)
from alfs_core.losses import AGCE, CE, LOSSES, Loss
from alfs_core.losses.robust import MAE
from alfs_core.noise.estimation import limits
from alfs_core.noise.transition import KINDS, LabelNoise, identity, pair_flip, symmetric
from alfs_core.theory.evidence import Enclosure
from alfs_core.theory.simplex import to_plane
from alfs_core.theory.surface import surface
from alfs_core.theory.sweep import NoiseFamily, largest_in_class, rates, segment, sweep
from alfs_core.theory.tolerance import LargestRate, excess_bound

FAMILY = NoiseFamily(LabelNoise("symmetric", 0.4), 10)
AXIS = Axis("η, noise rate", 1.0, 0.4, 0.9)


def track(loss: Loss, place: int, name: str | None = None) -> Track:
    largest = largest_in_class(loss, FAMILY, 3)
    swept = sweep(loss, FAMILY, 3, rates(FAMILY, 3, largest.low)[::8])
    return Track(name or loss.name, place, swept, largest)


# ---- the matrix -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("K", [2, 3, 10, 100])
def test_every_matrix_is_drawn_as_it_is(kind, K):
    if not KINDS[kind].fits(K):
        return
    T = KINDS[kind].make(K, 0.3)
    map_, *written = matrices.matrix_figure(T).checked().data

    assert map_.z == pytest.approx(T, abs=1e-6)
    assert len(written) == (K <= 12)
    assert matrices.caption(T)
    assert str(K) in matrices.alternative(T)


def test_cells_bear_their_numbers():
    written = matrices.matrix_figure(np.array([[0.75, 0.25], [0.004, 0.996]])).checked().data[1]

    assert list(written.text) == [".75", ".25", "<.01", "1"]
    assert list(zip(written.x, written.y, strict=True)) == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert list(written.textfont.color) == ["black", "white", "white", "black"]


def test_a_row_without_a_dominating_clean_label_is_marked():
    T = np.array([[0.4, 0.6], [0.1, 0.9]])

    assert matrices.matrix_figure(T).checked().layout.yaxis.ticktext == ("✗ 0", "1")
    assert matrices.caption(T).startswith("Row 0: some wrong label is at least as frequent")
    assert matrices.matrix_figure(pair_flip(3, 0.2)).checked().layout.yaxis.ticktext == (
        "0",
        "1",
        "2",
    )


def test_the_tightest_row_is_named():
    T = np.array([[0.7, 0.3, 0.0], [0.1, 0.8, 0.1], [0.2, 0.0, 0.8]])

    assert matrices.worst_confusion(T) == (0, 1, pytest.approx(7 / 3))
    assert "label 0 is kept 2.333 times as often as it is given as 1" in matrices.caption(T)
    assert matrices.caption(identity(3)) == "No label is ever wrong."


def test_limits_are_told_at_the_pointer_and_in_the_table():
    T = symmetric(3, 0.3)
    between = limits(T, np.full(3, 200))
    told = matrices.matrix_figure(T, between).checked().data[0].customdata[0][1]
    table = matrices.numbers(T, between)

    assert f"between {between[0][0, 1]:.4g} and {between[1][0, 1]:.4g}" in told
    assert list(table) == ["class", "label", "T", "low", "high"]
    assert (table["low"] <= table["T"]).all()
    assert "low" not in matrices.numbers(T)


# ---- the sweep ------------------------------------------------------------------------------


def test_lines_thresholds_and_the_present_rate():
    tracks = [track(CE(), 0), track(AGCE(), 2)]
    drawn = kept_figure(tracks, AXIS, 3).checked()
    ring = next(t for t in drawn.data if t.uid == "largest 2")

    assert drawn.data[0].y == pytest.approx(tracks[0].sweep.kept)
    assert ring.x[0] == pytest.approx(0.8587, abs=1e-4)
    assert not [t for t in drawn.data if t.uid == "largest 0"]
    assert drawn.layout.shapes[0].x0 == 0.4


def test_the_margin_crosses_zero_at_the_ring():
    agce = track(AGCE(), 1)
    drawn = margin_figure([agce], AXIS).checked()
    line, ring = drawn.data

    at = np.interp(0.0, -np.asarray(line.y), np.asarray(line.x))
    assert ring.x[0] == pytest.approx(at, abs=1e-3)
    assert ring.y[0] == 0


def test_a_loss_without_condition_is_named_and_not_drawn():
    loss = LOSSES["NCE+AGCE"].build()
    at = np.array([0.0, 0.2])
    summed = Track("a sum", 4, sweep(loss, FAMILY, 3, at), None)

    assert "a sum" in margin_caption([summed])
    drawn = margin_figure([summed, track(MAE(), 0)], AXIS)
    assert {t.uid for t in drawn.checked().data} == {
        "place 0",
        "largest 0",
    }
    assert rate_text(None) == "not looked for"


def test_sweeps_in_words():
    tracks = [track(CE(), 0), track(AGCE(), 2)]
    caption = kept_caption(tracks, AXIS)

    assert "AGCE 0.8587" in caption
    assert "CE leaves the clean corner with the first wrong label" in caption
    assert "CE 0; AGCE 0.8587" in sweep_alternative(tracks, AXIS, "u")
    assert sweep_numbers(tracks, AXIS)["leak of CE"][-1] > 0.8
    assert rate_text(Enclosure(0.2, 0.3, "")) == "0.2000 to 0.3000"
    assert rate_text(Enclosure(0.2, 0.2, ""), 2.0) == "0.4000"
    assert rate_text(LargestRate(0.2, 0.2, "", excluded=True), 2.0) == "below 0.4000"


# ---- the simplex ----------------------------------------------------------------------------


def test_the_clean_minimiser_is_a_ring_on_the_noisy_risk():
    panel = Panel("CE", 0, surface(CE(), (0.6, 0.3, 0.1)))
    drawn = beside_clean(panel, "noisy risk", np.array([1.0, 0.0, 0.0]))
    star = next(t for t in drawn.data if t.get("marker", {}).get("symbol") == "star")

    assert drawn.checked().data[-1].marker.symbol == "circle-open"
    assert to_plane(np.array([1.0, 0, 0])) == pytest.approx([drawn.data[-1]["x"][0], 0])
    assert to_plane(np.array([0.6, 0.3, 0.1]))[0] == pytest.approx(star["x"][0])


def test_two_classes_are_lines_with_their_minimisers():
    moved = segment(CE(), (0.7, 0.3), 0)
    still = segment(MAE(), (0.7, 0.3), 0)
    ring, star = segment_figure("CE", 0, moved, 0).checked().data[2:]

    assert (ring.x[0], star.x[0]) == (1, pytest.approx(0.7))
    assert "from 1 to 0.7" in segment_caption(moved)
    assert "has not moved" in segment_caption(still)


# ---- the bound ------------------------------------------------------------------------------


def bound(loss: Loss, place: int) -> Bound:
    zero, one = (float(x) for x in loss.partial(np.array([0.0, 1.0])))
    return Bound(loss.name, place, zero - one, excess_bound(loss, symmetric(10, 0.4)))


def test_bounds_are_lines_through_nothing():
    bounds = [bound(MAE(), 0), bound(AGCE(), 2)]
    drawn = bound_figure(bounds, 0.1).checked()

    for line, of in zip(drawn.data, bounds, strict=True):
        at = int(np.argmin(np.abs(np.asarray(line.x) - 0.1)))
        expected = of.bound.error(float(line.x[at]) * of.span)
        assert line.y[0] == 0
        assert line.y[at] == pytest.approx(expected, abs=1e-6)
        assert max(line.y) <= 1
    assert "MAE promises most, AGCE least" in bound_caption(bounds)
    assert "AGCE" in bound_alternative(bounds)
    assert bound_numbers(bounds)["D"][0] == pytest.approx(0.6 - 0.4 / 9)
    assert "weaker promise" in bound_caption(bounds[:1])


def test_names_of_classes_are_told_on_hover():
    drawn = matrices.matrix_figure(pair_flip(3, 0.2), title="As drawn", names=("cat", "dog", "cow"))
    drawn = drawn.checked()

    assert drawn.layout.title.text == "As drawn"
    assert drawn.data[0].customdata[0][1].startswith("label 0 cat is given as 1 dog<br>")
    assert (drawn.data[0].zmin, drawn.data[0].zmax) == (0, 1)
    told = matrices.caption(pair_flip(3, 0.2), ("cat", "dog", "cow"))
    assert "label 0 cat is kept 4 times as often as it is given as 1 dog" in told
