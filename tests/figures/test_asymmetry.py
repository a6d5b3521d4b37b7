"""The pictures of the asymmetry ratio: what is drawn is what was computed, and said so."""

import math

import numpy as np
import pytest

from alfs_core.figures import phase as phases
from alfs_core.figures import ratio as ratios
from alfs_core.figures import tradeoff as tradeoffs
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LOSSES, LossSpec, family
from alfs_core.losses.base import Domain, Parameter
from alfs_core.noise.transition import pair_flip
from alfs_core.theory.design import design
from alfs_core.theory.phase import phase, rows_of, strip
from alfs_core.theory.ratio import asymmetry_ratio, ratio_heatmap
from alfs_core.theory.tradeoff import PUBLISHED, RANGE, Placed, curves, library, place
from tests.colours import lettering

PAIRS = rows_of(pair_flip(10, 0.4))
LOCAL = [name for name, kind in LOSSES.items() if kind.build().local]


def quotient(name: str, **values: float) -> ratios.Quotient:
    loss = LossSpec.of(name, **values).build()
    return ratios.Quotient(name, 1, *ratio_heatmap(loss), asymmetry_ratio(loss))


def picture(scale: str, *names: str, needed: float = 2 / 3) -> tradeoffs.Picture:
    specs = tuple(map(LossSpec.of, names))
    places = [place(spec, 10, scale) for spec in specs]
    chosen = [
        tradeoffs.Chosen(at.spec.name, i, at)
        for i, at in enumerate(places)
        if isinstance(at, Placed)
    ]
    placed, _ = library(10, scale)
    return tradeoffs.Picture(
        placed, curves(specs, 10, scale), chosen, needed, "pair noise", 10, scale
    )


# ---- the quotient ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCAL)
def test_every_local_loss_has_a_map(name):
    of = quotient(name)
    drawn = ratios.quotient_figure(of)
    star = drawn.data[-1]

    assert not lettering(drawn) & set(LOSS_COLORS)
    assert (star.x[0], star.y[0]) == of.result.at
    assert name in ratios.caption(of)
    assert name in ratios.alternative(of)
    columns = ratios.numbers(of)
    assert len({len(column) for column in columns.values()}) == 1
    assert (columns["u1"] + columns["u2"] <= 1 + 1e-12).all()


def test_the_map_shows_u1_to_the_right():
    of = quotient("AGCE")
    heat = ratios.quotient_figure(of).data[0]

    assert heat.z[5, 100] == pytest.approx(of.values[100, 5], rel=1e-6)


@pytest.mark.parametrize("name", ["AGCE", "CE", "GCE"])
def test_the_lines_of_the_map_lie_at_tenths(name):
    of = quotient(name)
    lines = ratios.quotient_figure(of).data[1]
    loss = LossSpec.of(name).build()

    u1, u2 = (np.array(x, dtype=float)[~np.isnan(lines.x)] for x in (lines.x, lines.y))
    inner = (u1 > 0.1) & (u2 > 0.1)  # lines are straight between cells, and near the edges it bends
    first, end, gone = (loss.partial(x[inner]) for x in (u1, u1 + u2, u2))
    tenths = 10 * (first - end) / (loss.partial(np.zeros(1)) - gone)
    if name == "CE":  # unbounded at 0, so its quotient is 0 but on the edge
        assert not inner.any()
    else:
        np.testing.assert_allclose(tenths, np.round(tenths), atol=0.02)
        assert len(np.unique(np.round(tenths))) > 1


def test_captions_tell_the_three_cases_apart():
    assert "r = 0," in ratios.caption(quotient("CE"))
    assert "nowhere below 1" in ratios.caption(quotient("MAE"))
    assert "1.48 times as frequent" in ratios.caption(quotient("AGCE"))
    assert "in [0.2847, 0.2848]" in ratios.caption(quotient("PolySoft"))


# ---- phase diagrams -------------------------------------------------------------------------


def test_a_closed_diagram_draws_its_boundary_at_level_zero():
    diagram = phase("AGCE", (), "a", "q", PAIRS)
    here = phases.Mark("AGCE", 0.6, 0.6, 1)
    drawn = phases.phase_figure(diagram, [here], 1)
    region = drawn.data[0]

    assert (region.contours.start, region.contours.end) == (0, 0)
    assert np.array_equal(region.z >= 0, diagram.code == 1)
    assert {a.text for a in drawn.layout.annotations} == {
        "<b>asymmetric</b>",
        "<b>not asymmetric</b>",
    }


def test_the_level_gives_the_boundary_where_it_is():
    """log r is linear in q, so interpolation between the lines of the grid is exact."""
    diagram = phase("AGCE", (), "a", "q", PAIRS)
    column = int(np.argmin(np.abs(diagram.x_values - 0.1)))
    a, level = diagram.x_values[column], diagram.level[:, column]
    crossing = np.interp(0.0, level[:15], diagram.y_values[:15])

    assert crossing == pytest.approx(1 - math.log(1.5) / math.log((a + 1) / a), abs=1e-3)


def test_judged_points_are_told_apart_by_symbol():
    diagram = phase("PolySoft", (), "lam", "d", PAIRS, budget=0.0)
    dots = [trace for trace in phases.phase_figure(diagram, [], 0).data if trace.name]

    assert {dot.name for dot in dots} == {"asymmetric", "not asymmetric"}
    assert len({dot.marker.symbol for dot in dots}) == 2
    assert sum(len(dot.x) for dot in dots) == diagram.code.size


def test_marks_outside_the_ranges_are_not_drawn():
    diagram = phase("AGCE", (), "a", "q", PAIRS)
    far = phases.Mark("far", 1e3, 0.6, 0)

    assert len(phases.phase_figure(diagram, [far], 0).data) == 1


def test_the_caption_follows_the_parameter_that_matters():
    diagram = phase("JAL-CE", (("alpha", 1.0),), "beta", "a", PAIRS)
    beta, a = diagram.x, diagram.y
    ranges = [(beta, (beta.typical,)), (a, ((5.0, a.typical[1]),))]

    assert "for a ≥ 5" in phases.phase_caption(diagram, "JAL-CE", 1.0, ranges, "noise")


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (None, "no formula decides"),
        ((), "no a from 1e-05 to 10 changes that"),
        (((1e-5, 10),), "every a from 1e-05 to 10 is asymmetric"),
        (((0.5, 10),), "for a ≥ 0.5"),
        (((1e-5, 0.5),), "for a ≤ 0.5"),
        (((1e-5, 1), (2, 3)), "for a ≤ 1 or 2 ≤ a ≤ 3"),
    ],
)
def test_ranges_in_words(ranges, said):
    assert said in phases.reach(family("AGCE").parameters[0], ranges)


@pytest.mark.parametrize(
    ("name", "bound"), [("AEL", 2 / 3), ("AMSE", 0.0), ("TCE", 2 / 3), ("NNCE", 0.0)]
)
def test_strips_have_a_line_that_must_be_reached(name, bound):
    line = strip(name, (), family(name).parameters[0].name, PAIRS)
    drawn = phases.strip_figure(line, [phases.Mark(name, line.values[0], None, 0)], 0, 2 / 3)

    assert drawn.layout.shapes[1].y0 == pytest.approx(bound)
    assert name in phases.strip_caption(line, name, 1.0, ((1.0, 2.0),), "noise")
    assert set(phases.strip_numbers(line)) >= {line.parameter.name, "verdict"}


def test_signs_of_parameters():
    def signed(symbol: str) -> str:
        return phases.sign(Parameter("x", symbol, 1.0, Domain(0, 1), (0.0, 1.0)))

    assert signed(r"\alpha") == "α"
    assert signed("t_1") == "t<sub>1</sub>"
    assert signed(r"\gamma_{\mathrm{NNFL}}") == "γ<sub>NNFL</sub>"
    assert all("\\" not in phases.sign(p) for kind in LOSSES.values() for p in kind.parameters)


# ---- robust or trainable --------------------------------------------------------------------


@pytest.mark.parametrize("scale", [PUBLISHED, RANGE])
def test_the_picture_shows_the_chosen_losses_in_their_style(scale):
    of = picture(scale, "MAE", "AGCE")
    drawn = tradeoffs.tradeoff_figure(of)
    last = drawn.data[-1]
    unit = 1 if scale == PUBLISHED else 0.09

    assert not lettering(drawn) & set(LOSS_COLORS)
    assert last.text == ("<b>AGCE</b>",)
    assert last.x[0] == pytest.approx(of.chosen[-1].at.pull / unit)
    assert len(tradeoffs.numbers(of)["loss"]) == len(of.placed) + 2


def test_curves_break_where_the_ratio_jumps():
    """GCE has r = 0 below q = 1 and 1 from there on."""
    drawn = tradeoffs.tradeoff_figure(picture(PUBLISHED, "GCE"))
    gce = next(trace for trace in drawn.data if trace.uid == "curve GCE q")

    assert np.isnan(gce.x[np.argmax(np.diff(gce.y)) + 1])


def test_captions_name_the_best_and_the_frontier():
    assert "AUL pulls hardest" in tradeoffs.caption(picture(PUBLISHED, "CE", "AGCE", "AUL"))
    assert "None of the chosen" in tradeoffs.caption(picture(PUBLISHED, "CE"))
    assert "at most 1.43 times" in tradeoffs.caption(picture(RANGE, "MAE"))
    assert tradeoffs.tradeoff_figure(picture(RANGE, "MAE", needed=math.inf)).layout.shapes == ()


def test_reasons_are_gathered():
    _, left = library(10, PUBLISHED)
    reasons = tradeoffs.left_out(left)

    assert sum(map(len, reasons.values())) == len({x.spec.name for x in left})


def test_bars_of_designs():
    found = [design(name, PAIRS, 10, 0.01) for name in ("AGCE", "MAE", "AMSE")]
    found = sorted(filter(None, found), key=lambda d: -d.pull)
    drawn = tradeoffs.starts_figure(found, 10, 2 / 3).checked()

    assert list(drawn.data[0].y) == [d.spec.name for d in reversed(found)]
    assert found[0].spec.label in tradeoffs.starts_caption(found, 10, 2 / 3)
    assert "cannot pass 1.43 times" in tradeoffs.starts_caption(found, 10, 2 / 3)
    assert all(d.spec.label in tradeoffs.starts_alternative(found, 10) for d in found)
    assert len(tradeoffs.starts_numbers(found)["ratio"]) == len(found)
