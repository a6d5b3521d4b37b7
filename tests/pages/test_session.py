"""A session opens a link, says once what it did not understand, and keeps what was there."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LossSpec
from pages.common import session
from pages.common.workspace import DEFAULT, PARAMETER, encode, read_address

ROOT = Path(__file__).parents[2]


def opened(address: str | None) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    if address is not None:
        app.query_params[PARAMETER] = address
    return app.run()


def test_a_link_opens_its_workspace():
    workspace = DEFAULT.with_losses((LossSpec.of("GCE", q=0.25),)).with_classes(7)

    app = opened(encode(workspace))

    assert not app.exception
    assert app.session_state["workspace"] == workspace
    assert not app.sidebar.warning


@pytest.mark.parametrize("address", ["CE", "XX@0;none:0;3", "GCE:q=nan@0;none:0;3", "", "é;🙂;"])
def test_a_broken_link_opens_the_defaults_and_says_so_once(address):
    app = opened(address)

    assert not app.exception
    assert app.session_state["workspace"] == DEFAULT
    (warning,) = app.sidebar.warning
    assert warning.value.startswith("The link was not understood")
    assert app.query_params[PARAMETER] == encode(DEFAULT)

    app.button(key="add loss").click().run()

    assert not app.sidebar.warning


def test_no_link_is_no_mistake():
    assert read_address({}) == (None, None)
    assert not opened(None).sidebar.warning


def test_a_strange_link_cannot_put_an_image_or_a_link_on_the_page():
    app = opened("![x](https://example.org/x.png)[y](https://example.org)@0;none:0;3")

    (warning,) = app.sidebar.warning
    assert "](" not in warning.value.replace(r"\]", "").replace(r"\(", "")


def test_a_refused_value_keeps_the_workspace_and_says_why():
    app = opened(encode(DEFAULT))
    app.session_state["loss 1"] = True
    app.run()
    before = app.session_state["workspace"]

    app.number_input(key="exact 1 GCE q").set_value(-1.0).run()

    assert app.session_state["workspace"] == before
    assert [error.value for error in app.sidebar.error] == ["GCE: q = -1 lies outside (0, ∞)"]


def test_a_slider_over_decades_stands_at_round_numbers_and_says_them():
    app = opened(encode(DEFAULT.with_losses((LossSpec.of("AGCE", a=0.00123, q=1.5),))))
    app.session_state["loss 0"] = True
    app.run()
    slider = app.select_slider(key="slide 0 AGCE a")

    assert (slider.options[0], slider.options[-1]) == ("1e-05", "10")
    assert slider.value == 0.0012
    assert "0.6" in slider.options
    slider.set_value(0.25).run()
    assert app.session_state["workspace"].losses == (LossSpec.of("AGCE", a=0.25, q=1.5),)
    assert app.number_input(key="exact 0 AGCE a").value == 0.25


def test_a_control_that_comes_with_an_old_address_keeps_every_move():
    old = encode(DEFAULT)
    app = opened(old)
    app.slider(key="slide noise rate").set_value(0.41).run()
    app.query_params[PARAMETER] = old  # the browser has not heard of the first move yet

    app.number_input(key="classes").set_value(7).run()

    assert app.session_state["workspace"] == DEFAULT.with_noise("symmetric", 0.41).with_classes(7)
    assert app.query_params[PARAMETER] == encode(app.session_state["workspace"])


def test_what_a_slider_showed_before_it_followed_is_no_move():
    app = opened(encode(DEFAULT))
    before = app.slider(key="slide noise rate")._widget_state
    app.number_input(key="exact noise rate").set_value(0.41).run()
    states = app._tree.get_widget_states()
    states.widgets.append(before)  # the browser has not drawn the new slider yet
    app._run(states)

    assert app.session_state["workspace"] == DEFAULT.with_noise("symmetric", 0.41)
    assert app.slider(key="slide noise rate").value == 0.41


def test_a_hand_that_takes_its_time_moves_the_slider_back(monkeypatch):
    monkeypatch.setattr(session, "LATE", 0.0)
    app = opened(encode(DEFAULT))
    app.number_input(key="exact noise rate").set_value(0.41).run()
    app.slider(key="slide noise rate").set_value(0.4).run()

    assert app.session_state["workspace"] == DEFAULT


@pytest.mark.parametrize(
    ("back", "late", "rate"), [(False, 3.0, 0.41), (True, 3.0, 0.4), (False, 0.0, 0.4)]
)
def test_an_old_address_is_back_or_a_link_or_comes_too_late(monkeypatch, back, late, rate):
    context = SimpleNamespace(is_history_navigation=back)
    monkeypatch.setattr(session, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(session, "LATE", late)
    old = encode(DEFAULT)
    app = opened(old)
    app.slider(key="slide noise rate").set_value(0.41).run()
    app.query_params[PARAMETER] = old
    app.run()

    assert app.session_state["workspace"] == DEFAULT.with_noise("symmetric", rate)
    assert app.query_params[PARAMETER] == encode(app.session_state["workspace"])


def test_an_older_address_is_a_link_once_the_browser_told_the_newest(monkeypatch):
    monkeypatch.setattr(session, "LATE", 60.0)
    old = encode(DEFAULT)
    app = opened(old)
    app.slider(key="slide noise rate").set_value(0.41).run()
    app.run()  # some other control, with the address of now
    app.query_params[PARAMETER] = old
    app.run()

    assert app.session_state["workspace"] == DEFAULT


def test_a_control_moved_to_and_fro_keeps_what_comes_after(monkeypatch):
    monkeypatch.setattr(session, "LATE", 60.0)
    old = encode(DEFAULT)
    app = opened(old)
    for rate in (0.41, 0.4):
        app.slider(key="slide noise rate").set_value(rate)
        app.query_params[PARAMETER] = old  # the browser has heard of neither move
        app.run()
    app.query_params[PARAMETER] = encode(DEFAULT.with_noise("symmetric", 0.41))  # of the first

    app.number_input(key="classes").set_value(7).run()

    assert app.session_state["workspace"] == DEFAULT.with_classes(7)


def test_a_page_that_runs_again_takes_the_newest_address_along():
    def page():
        import streamlit as st

        from pages.common import session
        from pages.common.workspace import DEFAULT, PARAMETER, encode

        if "workspace" not in st.session_state:
            st.session_state["workspace"] = DEFAULT.with_classes(7)
            st.query_params[PARAMETER] = encode(DEFAULT)  # what the browser asked with
            session.rerun()
        session.open_address()

    app = AppTest.from_function(page).run()

    assert app.session_state["workspace"] == DEFAULT.with_classes(7)
    assert app.query_params[PARAMETER] == encode(DEFAULT.with_classes(7))
