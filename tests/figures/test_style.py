"""The look of figures: readable on both pages, told apart by everybody, and light to send."""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from alfs_core.figures import style
from tests.colours import contrast, distance

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())["theme"]


@pytest.mark.parametrize("page", ["light", "dark"])
@pytest.mark.parametrize("colour", style.LOSS_COLORS)
def test_a_line_reads_on_both_pages(colour, page):
    assert contrast(colour, THEME[page]["backgroundColor"]) >= 3


@pytest.mark.parametrize(
    ("sight", "least"),
    [("full", 50), ("protanopia", 13), ("deuteranopia", 13), ("tritanopia", 13)],
)
def test_every_two_losses_differ_in_colour(sight, least):
    apart = [distance(a, b, sight) for a, b in combinations(style.LOSS_COLORS, 2)]

    assert min(apart) >= least


@pytest.mark.parametrize("place", range(6))
def test_a_title_colours_its_sign_alone(place):
    title = style.loss_title("CE: risk", place)
    sign, _, name = title.rpartition("</span> ")

    assert sign.endswith(style.GLYPHS[place])
    assert style.LOSS_COLORS[place] in sign
    assert name == "CE: risk"


@pytest.mark.parametrize("kind", [style.LOSS_COLORS, style.LOSS_DASHES, style.LOSS_SYMBOLS])
def test_six_different_looks(kind):
    assert len(kind) == len(set(kind)) == 6


@pytest.mark.parametrize("place", range(6))
def test_plotly_knows_each_look_in_the_plane_and_in_space(place):
    line, marker = style.loss_line(place), style.loss_marker(place)

    for trace in (go.Scatter, go.Scatter3d):
        drawn = trace(line=line, marker=marker)
        assert (drawn.line.dash, drawn.marker.symbol) == (line["dash"], marker["symbol"])


@pytest.mark.parametrize("scale", [style.SURFACE_SCALE, style.DIVERGING_SCALE])
def test_a_scale_is_sent_as_colours(scale):
    """The browser's plotly need not know the name."""
    colours = go.Figure(go.Heatmap(z=[[0, 1]], colorscale=scale)).data[0].colorscale

    assert len(colours) >= 10


def test_lightness_rises_all_the_way_along_the_surface_scale():
    scale = go.Heatmap(z=[[0, 1]], colorscale=style.SURFACE_SCALE).colorscale
    lightness = [contrast("#000000", colour) for _, colour in scale]

    assert lightness == sorted(lightness)


def test_a_figure_names_its_axes():
    plane = style.figure("Profile", "u", "ℓ(u)")
    space = style.figure("Risk", "p₁", "p₂", z="risk")

    assert (plane.layout.xaxis.title.text, plane.layout.yaxis.title.text) == ("u", "ℓ(u)")
    assert space.layout.scene.zaxis.title.text == "risk"
    assert space.layout.title.text == "Risk"


def test_a_figure_keeps_what_it_is_given():
    line = go.Scatter(x=[0, 1], y=[1, 0], line=style.loss_line(2))
    drawn = style.figure("Profile", "u", "ℓ(u)", line, xaxis_range=[0, 1])

    assert drawn.data[0].line.color == style.LOSS_COLORS[2]
    assert drawn.layout.xaxis.range == (0, 1)
    assert drawn.layout.xaxis.title.text == "u"


def test_a_figure_leaves_colours_to_the_page_and_sends_no_template():
    json = style.figure("Profile", "u", "ℓ(u)", z="risk").to_json()

    assert "color" not in json.replace("colorscale", "")
    assert len(json) < 1000


def test_numbers_travel_as_bytes():
    trace = go.Scatter(x=np.arange(1000.0), y=np.zeros(1000, "float32"))

    assert len(style.figure("f", "x", "y", trace).to_json()) < 17_500  # 12,000 bytes in base 64
