import numpy as np

from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.figures.style import LOSS_COLORS, LOSS_DASHES


def test_shares_are_drawn_in_percent_in_the_style_of_the_loss():
    line = RaceLine("AGCE", 2, np.array([1, 2]), np.array([0.25, 0.5]))
    drawn = race_figure([line], "Test accuracy", "%", 12)

    (trace,) = drawn.data
    assert list(trace.x) == [1, 2]
    assert list(trace.y) == [25, 50]
    assert (trace.line.color, trace.line.dash) == (LOSS_COLORS[2], LOSS_DASHES[2])
    assert drawn.layout.xaxis.range == (0.5, 12.5)


def test_a_race_without_an_evaluation_has_its_axes_already():
    drawn = race_figure([RaceLine("CE", 0, np.array([]), np.array([]))], "t", "%", 30)

    assert drawn.layout.xaxis.dtick == 2
    assert drawn.layout.yaxis.range == (0, 100)


def test_a_title_with_markup_stands_in_the_legend_as_it_was_typed():
    line = RaceLine("CE · <b>mine</b> & yours", 0, np.array([1]), np.array([0.5]))

    (trace,) = race_figure([line], "t", "%", 2).data
    assert trace.name == "CE · &lt;b&gt;mine&lt;/b&gt; &amp; yours"
