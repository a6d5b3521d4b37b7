"""Pictures of descent: paths, times, and sentences that are true of them."""

import numpy as np
import pytest

from alfs_core.figures.descent import (
    Trail,
    arrivals,
    course_alternative,
    course_caption,
    course_figure,
    course_numbers,
    slowest,
    trail_alternative,
    trail_caption,
    trail_figure,
    trail_numbers,
)
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LossSpec
from alfs_core.theory.descent import RING, STARTS, TOLERANCE, descent
from tests.colours import lettering

NOISY = (0.6, 0.2, 0.2)
NAMES = ("CE", "MAE", "GCE", "AGCE", "NCE", "ECE")


def trails(*names, w=NOISY, horizon=1000.0):
    losses = [LossSpec.of(name).build() for name in names]
    return [
        Trail(name, i, descent(loss, w, horizon=horizon))
        for i, (name, loss) in enumerate(zip(names, losses, strict=True))
    ]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("w", [NOISY, (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.2, 0.5, 0.3)])
def test_everything_is_drawn_and_told(start, w):
    drawn = trails(*NAMES, w=w)
    course_figure(drawn, start, 1000.0).checked()
    words = course_caption(drawn, start) + course_alternative(drawn, start)
    for trail in drawn:
        assert not lettering(trail_figure(trail, start)) & set(LOSS_COLORS)
        words += trail_caption(trail, start) + trail_alternative(trail, start)

    assert "nan" not in words.lower()
    assert "inf" not in words


def test_who_is_late_is_said_with_the_times():
    drawn = trails("CE", "MAE")
    fast, slow = (trail.descent.times[0] for trail in drawn)

    said = course_caption(drawn, "uniform")
    assert said.startswith(
        f"CE comes within {100 * TOLERANCE:.0f} % at t = {fast:.3g}, MAE at t = {slow:.3g}"
    )


def test_who_does_not_arrive_is_said():
    drawn = trails("CE", "MAE", horizon=20.0)

    assert "Not there by the end: MAE." in course_caption(drawn, "uniform")
    assert arrivals(drawn)["from uniform"][1] == "not within t = 20"
    (late,) = arrivals(trails("NNCE", horizon=1000.0))["near the wrong corner"]
    assert late == "not within t = 1,000"


def test_nothing_to_lose_is_said():
    drawn = trails("CE", w=(1.0, 1.0, 1.0))

    assert "nothing is left to lose" in course_caption(drawn, "uniform")
    assert arrivals(drawn)["from uniform"] == ["–"]


def test_the_slowest_of_the_ring():
    (trail,) = trails("MAE")
    times = trail.descent.times

    assert times[slowest(trail.descent, "ring")] == times[STARTS["ring"]].max()


def test_paths_start_and_end_where_they_do():
    (trail,) = trails("MAE")
    assert trail_caption(trail, "ring").startswith(f"{RING} of {RING} paths end")
    table = trail_numbers(trail, "uniform")

    np.testing.assert_allclose([table["u1"][0], table["u2"][0]], 1 / 3)
    assert table["t"][0] == 0
    assert set(course_numbers([trail], "uniform")) == {"t, MAE", "excess, MAE"}
