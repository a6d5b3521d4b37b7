import numpy as np
import pytest

from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.figures.style import LOSS_COLORS, LOSS_DASHES


def line(place=0, values=(0.25, 0.5), name="AGCE", **how):
    return RaceLine(name, place, np.arange(1, len(values) + 1), np.array(values), **how)


def drawn(lines, epochs=12, **how):
    return race_figure(lines, "Test accuracy", "%", epochs, **how).checked()


def test_shares_are_drawn_in_percent_in_the_style_of_the_loss():
    figure = drawn([line(2)])

    (trace,) = figure.data
    assert list(trace.x) == [1, 2]
    assert list(trace.y) == [25, 50]
    assert (trace.line.color, trace.line.dash) == (LOSS_COLORS[2], LOSS_DASHES[2])
    assert figure.layout.xaxis.range == (0, 12.5)


def test_a_race_without_an_evaluation_has_its_axes_already():
    figure = drawn([line(values=())], 30)

    assert figure.layout.xaxis.dtick == 2
    assert figure.layout.yaxis.range == (0, 100)


@pytest.mark.parametrize(
    ("values", "axis"), [((0.1, 20.0), "log"), ((0.0, 2.0), "linear"), ((-1.0, 2.0), "linear")]
)
def test_values_are_no_percents_and_logarithmic_where_that_is_possible(values, axis):
    figure = drawn([line(values=values), line(1)], percent=False)

    assert list(figure.data[0].y) == pytest.approx(values)
    assert figure.layout.yaxis.type == axis
    assert figure.layout.yaxis.range is None


@pytest.mark.parametrize(("values", "ticks"), [((0.5, 0.9), None), ((0.1, 20.0), "D2"), ((), None)])
def test_within_a_decade_an_axis_has_ticks_between_its_powers(values, ticks):
    figure = drawn([line(values=values)], percent=False)

    assert (figure.layout.yaxis.type, figure.layout.yaxis.dtick) == ("log", ticks)


def test_a_title_with_markup_stands_in_the_legend_as_it_was_typed():
    (trace,) = drawn([line(name="CE · <b>mine</b> & yours")]).data

    assert trace.name == "CE · &lt;b&gt;mine&lt;/b&gt; &amp; yours"


def test_thirty_six_lines_are_told_apart_and_numbered():
    figure = drawn([line(place) for place in range(36)])

    styles = {(t.line.color, t.line.dash, t.marker.symbol) for t in figure.data}
    assert len(styles) == 36
    assert [t.name.split(" · ")[0] for t in figure.data] == [str(n) for n in range(1, 37)]
    assert [t.text[-1] for t in figure.data if t.text] == ["1–36"]


@pytest.mark.parametrize(
    ("ends", "percent", "labels"),
    [
        ((0.1, 0.3, 0.5, 0.7, 0.9, 0.2, 0.8), True, ["1", "2", "3", "4", "5", "6", "7"]),
        ((0.74, 0.78, 0.2, 0.79, 0.8, 0.21, 0.5), True, ["1, 2, 4, 5", "3, 6", "7"]),
        ((0.01, 0.01, 1.0, 1.01, 1.02, 100.0, 101.0), False, ["1, 2", "3–5", "6, 7"]),
        ((2.0,) * 7, False, ["1–7"]),
    ],
)
def test_lines_that_end_close_together_share_a_label(ends, percent, labels):
    figure = drawn([line(i, (0.5, end)) for i, end in enumerate(ends)], percent=percent)

    assert sorted(t.text[-1] for t in figure.data if t.text) == labels


def test_six_lines_need_no_number():
    figure = drawn([line(place) for place in range(6)])

    assert {t.name for t in figure.data} == {"AGCE"}
    assert {t.mode for t in figure.data} == {"lines+markers"}


def test_faint_lines_stand_behind_and_are_not_counted():
    figure = drawn([*(line(place) for place in range(6)), line(0, name="earlier", faint=True)])

    behind, *others = figure.data
    assert behind.name == "earlier"
    assert not behind.showlegend
    assert behind.line.width < others[0].line.width
    assert {t.name for t in others} == {"AGCE"}
