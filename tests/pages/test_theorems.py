"""The page Theorems: every card, every switch, links that open what they promise."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.theory.cards import CARDS, GROUPS
from pages.common.scenes import FILES, address, workspace
from pages.common.workspace import DEFAULT, PARAMETER, decode, encode

ROOT = Path(__file__).parents[2]
SWITCHES = [(card.key, h.key) for card in CARDS.values() for h in card.hypotheses]
PAGES = {
    "surfaces": "explore",
    "asymmetry": "explore",
    "tolerance": "prove",
    "calibration": "prove",
}


def opened(group: str, **off: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(DEFAULT)
    app.query_params["theorems_group"] = group
    for name, value in off.items():
        app.query_params[f"theorems_{name}"] = value
    app.run()
    return app.switch_page("pages/prove/theorems.py").run()


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in app.main.markdown)


def test_what_rounding_leaves_of_0_is_written_as_0():
    """The clean risk of straight pieces at e₁ is 0.2 − (1 − 0.8) times their slope."""
    app = opened("The asymmetry ratio", **{"upper-ratio_two": "false"})

    assert "> 0$: clean risk at" in said(app)
    assert "10^{-1" not in said(app)


def scene_of(key: str, off: str | None, seed: int = 0):
    card = CARDS[key]
    return card.check(frozenset(h.key for h in card.hypotheses if h.key != off), seed).scene


@pytest.mark.parametrize("group", GROUPS)
def test_every_card_with_all_switches_on(group):
    app = opened(group)
    cards = [card for card in CARDS.values() if card.group == group]

    assert not app.exception
    assert not app.main.error
    assert [header.value for header in app.main.header] == [c.statement.title for c in cards]
    assert said(app).count("check_circle: holds") == len(cards)
    assert all(toggle.value for toggle in app.main.toggle)


@pytest.mark.parametrize("group", GROUPS)
def test_every_switch(group):
    app = opened(group)
    for card in (card for card in CARDS.values() if card.group == group):
        for hypothesis in card.hypotheses:
            toggle = app.get_by_key(f"theorems_{card.key}_{hypothesis.key}")
            toggle.set_value(False).run()

            assert not app.exception
            assert not app.main.error, (card.key, hypothesis.key)
            assert "cancel: counterexample" in said(app)
            assert f"Without “{hypothesis.text}”" in said(app)

            app.get_by_key(f"theorems_{card.key}_{hypothesis.key}").set_value(True).run()
            assert "cancel: counterexample" not in said(app)


def test_a_link_opens_with_its_switch_off():
    app = opened("The asymmetry ratio", ratio_strict="false")

    assert not app.get_by_key("theorems_ratio_strict").value
    assert "a whole segment shares the minimum" in said(app)


def test_several_switches_off_say_so():
    app = opened("The asymmetry ratio", ratio_strict="false", ratio_enough="false")

    assert "1 more off" in said(app)


def test_another_example_draws_other_numbers():
    app = opened("The asymmetry ratio")
    before = said(app)
    app.get_by_key("theorems ratio example next").click().run()

    assert not app.exception
    assert said(app) != before


def test_each_card_has_its_figure():
    app = opened("Decisions and errors")
    drawn = [e for e in app.get("bidi_component") if e.proto.component_name == "alf_chart"]
    sent = [json.loads(element.proto.bytes) for element in drawn]

    assert [m["key"] for m in sent] == [
        "theorems-calibration",
        "theorems-excess",
        "theorems-bayes-excess",
    ]
    assert all(message["alt"] and message["caption"] for message in sent)


# ---- links ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "off"), SWITCHES)
def test_every_counterexample_has_a_link_that_decodes(key, off):
    for seed in range(3):
        scene = scene_of(key, off, seed)
        file, query = address(scene)

        assert (ROOT / file).exists()
        assert decode(query[PARAMETER]) == workspace(scene)
        assert decode(query[PARAMETER]).losses == scene.losses
        assert len(scene.about) <= 36


def test_every_page_of_a_scene_is_there():
    for page, folder in PAGES.items():
        assert FILES[page] == f"pages/{folder}/{page}.py"


def follow(key: str, off: str | None) -> AppTest:
    file, query = address(scene_of(key, off))
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app = app.switch_page(file).run()
    assert not app.exception
    assert not app.main.error
    return app


def told(app: AppTest) -> str:
    drawn = [e for e in app.get("bidi_component") if e.proto.component_name == "alf_chart"]
    captions = [json.loads(element.proto.bytes)["caption"] or "" for element in drawn]
    shown = [*app.main.markdown, *app.main.caption]
    return "\n".join([*captions, *(element.value for element in shown)]).replace("\\", "")


@pytest.mark.parametrize(
    ("key", "off", "words"),
    [
        ("uniform", "uniform", "The minimum leaves the corner e₁"),
        ("class-dependent", "top", "The minimum is the corner e₂"),
        ("ratio", "enough", "The minimum leaves the corner e₁"),
        ("ratio", "strict", "equality: fails"),
        ("sum", None, "The minimum is the corner e₁"),
        ("amse", "whole", "The minimum leaves the corner e₁"),
        ("normalized", "equal", "The minimum leaves the corner e₁"),
        ("tolerance", "label", "class 1 is the most probable"),
        ("tolerance", None, "holds"),
        ("tolerance", "asymmetric", "fails"),
        ("upper-ratio", "two", "fails"),
        ("calibration", "smooth", "tie"),
    ],
)
def test_the_page_of_a_link_shows_what_the_card_says(key, off, words):
    assert words in told(follow(key, off))
