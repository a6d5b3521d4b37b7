"""What the chart component sends to the browser, and what it computes only when asked."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.common.chart import ClickedPoint, _frame, _point


def page(caption=None, table=False, opened=False, clicks=False):
    import numpy as np
    import plotly.graph_objects as go
    import streamlit as st

    from alfs_core.figures.style import figure
    from pages.common.chart import chart

    def numbers():
        st.session_state["asked"] = True
        return {"u": np.linspace(0, 1, 1500)}

    if opened:
        st.session_state["f:numbers"] = True
    line = go.Scatter(x=[0, 1], y=[1, np.nan], uid="CE")
    point = chart(
        figure("A “figure” with 100 % ℓ", "u", "ℓ(u)", line),
        key="f",
        alt="A line",
        caption=caption,
        numbers=numbers if table else None,
        on_click=clicks,
    )
    st.text(f"point: {point}")


def run(**arguments):
    app = AppTest.from_function(page, kwargs=arguments).run(timeout=20)
    assert not app.exception
    return app


def sent(app):
    """The JSON that travels to the browser, and the code that travels with it."""
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.bytes), component.proto.js_content


def test_the_message_holds_the_figure_and_what_is_said_about_it():
    message, _ = sent(run(caption="Look **here**\\.", clicks=True))

    figure = message.pop("figure")
    assert message == {
        "key": "f",
        "alt": "A line",
        "caption": "Look here.",
        "height": 440,
        "clicks": True,
    }
    assert figure["layout"]["title"]["text"] == "A “figure” with 100 % ℓ"
    assert figure["data"][0]["y"] == [1, None]


def test_traces_keep_their_identity():
    message, _ = sent(run())

    assert message["figure"]["data"][0]["uid"] == "CE"


def test_only_a_small_loader_travels_with_the_message():
    _, code = sent(run())

    assert len(code) < 1500
    assert "/plotly.min.js?v=" in code
    assert "http" not in code


def test_the_caption_stands_below():
    assert [text.value for text in run(caption="Look here").markdown] == ["Look here"]


def test_closed_numbers_cost_nothing():
    app = run(table=True)

    assert "asked" not in app.session_state
    assert len(app.dataframe) == 0


def test_open_numbers_show_the_first_rows_and_say_so():
    app = run(table=True, opened=True)

    assert app.session_state["asked"]
    assert len(app.dataframe[0].value) == 1000
    assert "The first 1,000 of 1,500 rows" in app.caption[0].value


def test_columns_of_different_length_stand_side_by_side():
    frame = _frame({"a": np.arange(3), "b": [1.5]})

    assert frame.to_csv(index=False) == "a,b\n0,1.5\n1,\n2,\n"


def test_a_click_becomes_a_point():
    click = {"x": 0.5, "y": 1, "z": None, "curve": 2, "index": 7, "customdata": [1, 2]}

    assert _point(click) == ClickedPoint(x=0.5, y=1, z=None, curve=2, index=7, customdata=[1, 2])


@pytest.mark.parametrize("other", [None, "x", [1], {"x": 1}, {"x": 1, "__class__": 2}])
def test_anything_else_is_no_point(other):
    assert _point(other) is None


def test_no_click_is_no_point():
    assert [text.value for text in run(clicks=True).text] == ["point: None"]
