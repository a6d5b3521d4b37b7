"""A picture is what plotly would have made of it."""

import base64
import json

import numpy as np
import pytest

from alfs_core.figures.picture import picture, trace


def drawn(**layout):
    x = np.linspace(0, 1, 5, dtype="float32")
    heat = trace("heatmap", z=np.eye(3), zmin=np.float64(0), colorscale="Viridis")
    return picture(
        "Title", "x", "y", trace("scatter", x=x, y=[1, 2, 3, 4, 5], uid="a"), heat, **layout
    )


def test_arrays_travel_as_plotly_sends_them():
    ours, theirs = json.loads(drawn().to_json()), json.loads(drawn().checked().to_json())

    assert ours["data"][0]["x"] == theirs["data"][0]["x"]
    assert ours["data"][1]["z"] == theirs["data"][1]["z"]
    sent = np.frombuffer(base64.b64decode(ours["data"][0]["x"]["bdata"]), "float32")
    np.testing.assert_array_equal(sent, np.linspace(0, 1, 5, dtype="float32"))


def test_the_layout_is_the_base_with_more_on_top():
    layout = drawn(xaxis={"range": [0, 2]}, title={"font": {"color": "red"}}).layout

    assert layout["xaxis"]["title"]["text"] == "x"
    assert layout["xaxis"]["range"] == [0, 2]
    assert layout["title"]["text"] == "Title"
    assert layout["title"]["font"]["color"] == "red"


def test_what_plotly_does_not_know_is_found_by_the_check():
    with pytest.raises(ValueError, match="Invalid property"):
        drawn(xachse={"range": [0, 2]}).checked()


def test_what_json_does_not_know_is_refused():
    with pytest.raises(TypeError, match="set is nothing that a figure holds"):
        picture("", "", "", trace("scatter", x={1})).to_json()
    with pytest.raises(ValueError, match="not JSON compliant"):
        picture("", "", "", trace("scatter", x=[float("nan")])).to_json()


def test_integers_of_64_bits_are_sent_as_numbers_that_plotly_knows():
    sent = json.loads(picture("", "", "", trace("scatter", x=np.arange(3))).to_json())

    assert sent["data"][0]["x"]["dtype"] == "f8"
