"""Profile figures: every loss, every scale, and sentences that are true of what is drawn."""

import json

import numpy as np
import pytest

from alfs_core.figures.curves import (
    PULL,
    SLOPE,
    VALUE,
    Line,
    alternative,
    caption,
    numbers,
    profile_figure,
    window,
)
from alfs_core.figures.style import LOSS_DASHES, LOSS_SYMBOLS
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.theory.profile import SCALES, profile, reads_logits, scaled

DRAWN = [name for name in LOSSES if not reads_logits(LossSpec.of(name).build())]
QUANTITIES = (VALUE, SLOPE, PULL)


def lines(*names, num_classes=10, scale="published"):
    curves = (profile(LossSpec.of(name).build(), num_classes) for name in names)
    drawn = (scaled(curve, scale) for curve in curves)
    return [Line(name, i, curve) for i, (name, curve) in enumerate(zip(names, drawn, strict=True))]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("scale", SCALES)
def test_every_loss_is_drawn_and_told(name, scale):
    for quantity in QUANTITIES:
        drawn = lines(name, scale=scale)
        spec = profile_figure(drawn, quantity, scale).checked().to_plotly_json()
        low, high = spec["layout"]["yaxis"]["range"]

        assert np.isfinite([low, high]).all()
        assert low < high
        assert "nan" not in caption(drawn, quantity) + alternative(drawn, quantity)


def test_six_losses_differ_without_colour():
    drawn = profile_figure(
        lines("CE", "MAE", "GCE", "AGCE", "AUL", "NCE"), VALUE, "published"
    ).checked()
    looks = {(trace.line.dash, trace.marker.symbol) for trace in drawn.data}

    assert looks == set(zip(LOSS_DASHES, LOSS_SYMBOLS, strict=True))


def test_the_marks_stand_at_the_start_and_at_certainty():
    drawn = profile_figure(lines("CE", num_classes=5), VALUE, "published").checked()

    assert [shape.x0 for shape in drawn.layout.shapes] == [0.2, 1.0]
    assert drawn.layout.annotations[0].text == "u = 1/5, start"


def test_what_leaves_the_picture_is_said():
    drawn = lines("CE", "MAE")

    assert window(drawn, VALUE)[2] == ("CE",)
    assert "Cut off by the frame: CE." in caption(drawn, VALUE)
    assert "without bound" in caption(drawn, VALUE)
    assert window(lines("MAE", "GCE"), VALUE)[2] == ()


def test_bounded_losses_are_called_bounded_with_their_bounds():
    assert "1 (MAE) and 1.43 (GCE)" in caption(lines("MAE", "GCE"), VALUE)


def test_the_ratio_of_slopes_is_named_for_convex_losses_only():
    said = caption(lines("AGCE", "MAE"), SLOPE)

    assert "asymmetry ratio, AGCE 0.6755." in said
    assert "MAE, linear or concave, has ratio 1" in said


def test_losses_of_the_whole_prediction_are_given_no_ratio():
    said = caption(lines("AMSE", "AEL"), SLOPE)

    assert "AMSE" not in said
    assert "AEL 0.6703." in said
    assert "ratio" not in caption(lines("AMSE"), SLOPE)


def test_the_pull_at_the_start_is_compared():
    said = caption(lines("CE", "MAE"), PULL)

    assert "CE pulls with 0.9, 10 times as hard as MAE (0.09)" in said
    assert "All pull alike" in caption(lines("CE", "MAE", scale="step"), PULL)


def test_a_pull_below_zero_is_not_called_slow():
    growing = profile(LossSpec("formula: u").build(), 10)
    said = caption([*lines("CE"), Line("u", 1, growing)], PULL)

    assert "u with −0.09: only a pull above 0 raises the given label." in said


def test_a_loss_that_cannot_be_scaled_is_named():
    drawn = lines("CE", "GCE", scale="range")

    assert "As published, since it cannot be scaled so: CE." in caption(drawn, VALUE)


def test_numbers_are_the_profiles():
    drawn = lines("CE", "MAE")
    table = numbers(drawn, PULL)

    assert list(table) == ["u", "CE", "MAE"]
    np.testing.assert_array_equal(table["MAE"], drawn[1].profile.pull)
    assert list(numbers(lines("CE", "NCE"), VALUE)) == ["u of CE", "CE", "u of NCE", "NCE"]


def test_a_figure_is_light_to_send():
    drawn = profile_figure(
        lines("CE", "MAE", "GCE", "AGCE", "AUL", "NCE"), VALUE, "published"
    ).checked()

    assert len(drawn.to_json()) < 40_000
    json.loads(drawn.to_json())


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.array)
@pytest.mark.parametrize("scale", SCALES)
def test_the_names_of_the_marks_stand_where_no_line_is(quantity, scale):
    """A name takes less than a tenth of the height, 0.3 of the width beside 1/K, 0.1 beside 1."""
    chosen = lines("CE", "MAE", "GCE", "AGCE", "NCE", "FL", scale=scale)
    drawn = profile_figure(chosen, quantity, scale)
    low, high = drawn.layout["yaxis"]["range"]
    for line in chosen:
        u, y = line.profile.u, np.asarray(getattr(line.profile, quantity.array))
        named = ((u > 0.1) & (u < 0.4)) | (u > 0.9)
        assert np.nanmax(y[named]) < high - 0.1 * (high - low), line.name
    assert {mark["yanchor"] for mark in drawn.layout["annotations"]} == {"top"}
