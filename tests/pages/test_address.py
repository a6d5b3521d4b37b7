"""What an address asks for besides the workspace: parts to hide, a scene, options of a page."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import lecture, parts
from pages.common.banner import SCENE, place, words
from pages.common.lessons import LESSONS
from pages.common.scenes import workspace
from pages.common.workspace import DEFAULT, PARAMETER, encode

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("races")


def opened(file: str | None = None, **query: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=120)
    if file is not None:
        app.switch_page(file)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def sentences(app: AppTest) -> list[str]:
    return [warning.value for warning in app.main.warning]


def styles(app: AppTest) -> str:
    return " ".join(str(element.proto) for element in app.get("html"))


# ---- hidden parts -------------------------------------------------------------------------------


def test_the_sidebar_is_hidden_with_its_navigation_and_the_rate_stays():
    app = opened("pages/explore/surfaces.py", hide="sidebar")

    assert not app.sidebar.markdown
    assert app.slider(key="slide noise rate").value == DEFAULT.noise.rate
    assert app.query_params[parts.HIDE] in ("sidebar", ["sidebar"])


def test_the_rate_is_hidden_wherever_it_is():
    app = opened("pages/explore/surfaces.py", hide="rate")
    assert not [slider for slider in app.slider if slider.key == "slide noise rate"]


def test_the_banner_is_hidden():
    file, query = place(LESSONS["chasing"])
    app = opened(file, **query, hide="banner")

    lesson = LESSONS["chasing"]
    assert words(lesson, lesson.look) not in [element.value for element in app.main.markdown]


def test_captions_are_hidden():
    caption = "Look at the left end"
    file = "pages/explore/surfaces.py"
    assert any(caption in element.value for element in opened(file).main.markdown)
    assert not any(caption in e.value for e in opened(file, hide="captions").main.markdown)


def test_controls_are_hidden_by_style_so_that_they_keep_what_they_say():
    app = opened(
        "pages/explore/surfaces.py", hide="controls", surfaces_view="Flow", w=encode(DEFAULT)
    )
    assert "stButtonGroup" in styles(app)
    assert "Flow" in str(app.query_params["surfaces_view"])


def test_unknown_parts_are_told_in_one_sentence_and_the_others_hidden():
    app = opened(hide="sidebar,**menu**,captions")

    (sentence,) = sentences(app)
    assert sentence.startswith(r"The address hides “\*\*menu\*\*”; a page can hide sidebar, ")
    assert app.query_params[parts.HIDE] in ("sidebar,captions", ["sidebar,captions"])


def test_links_of_the_banner_hide_the_same_parts():
    file, query = place(LESSONS["slow"])
    app = opened(file, **query, hide="captions,rate")
    links = [link.proto.query_string for link in app.get("page_link") if link.proto.query_string]

    assert links
    assert all("hide=rate%2Ccaptions" in link for link in links)


def test_an_address_with_a_workspace_alone_shows_every_part_again():
    app = opened("pages/explore/surfaces.py", hide="sidebar")
    del app.query_params[parts.HIDE]
    app.run()
    assert app.sidebar.subheader


def test_a_lecture_puts_the_controls_away_and_brings_them_back():
    file, query = place(LESSONS["slow"])
    app = opened(file, **query, lecture="1")
    assert "stButtonGroup" in styles(app)

    app.button(key="lesson controls").click().run()
    assert "stButtonGroup" not in styles(app)


def test_another_word_for_a_lecture_is_told():
    (sentence,) = sentences(opened(lecture="yes"))
    assert sentence == "The address asks for lecture = “yes”; 1 opens the lecture mode."
    assert not sentences(opened(lecture=lecture.OFF))


# ---- scenes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file", ["pages/explore/surfaces.py", "pages/prove/tolerance.py", "pages/start/home.py"]
)
def test_a_scene_without_its_workspace_or_elsewhere_opens_its_prepared_place(file):
    app = opened(file, **{SCENE: "slow"})

    assert app.session_state["workspace"] == workspace(LESSONS["slow"].scene)
    assert [title.value for title in app.main.title] == ["Loss surfaces"]
    assert "Flow" in str(app.query_params["surfaces_view"])
    assert not sentences(app)


def test_a_scene_on_another_page_with_a_workspace_goes_to_its_own():
    app = opened("pages/explore/asymmetry.py", **{SCENE: "eighty", PARAMETER: encode(DEFAULT)})

    assert [title.value for title in app.main.title] == ["Noise tolerance"]
    assert app.session_state["workspace"] == workspace(LESSONS["eighty"].scene)


@pytest.mark.parametrize(("option", "text"), [("hide", "foo"), ("lecture", "7")])
def test_what_an_address_says_wrongly_is_told_where_its_scene_leads(option, text):
    (sentence,) = sentences(opened(**{SCENE: "chasing", option: text}))

    assert f"“{text}”" in sentence


def test_the_banner_says_when_its_words_are_no_longer_of_the_page():
    file, query = place(LESSONS["chasing"])
    app = opened(file, **query)
    assert "as prepared" not in app.main.markdown[0].value

    app.slider(key="slide noise rate").set_value(0.5).run()
    assert "as prepared" in app.main.markdown[0].value


# ---- options of a page --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "option", "text"),
    [
        ("pages/prove/tolerance.py", "tolerance_view", "Nope"),
        ("pages/prove/calibration.py", "calibration_p1", "9"),
        ("pages/prove/calibration.py", "calibration_p1", "much"),
        ("pages/start/home.py", "rate", "7"),
        ("pages/train/live.py", "race", "Horse race"),
    ],
)
def test_an_option_that_a_page_does_not_offer_is_told_in_one_sentence(file, option, text):
    (sentence,) = sentences(opened(file, **{option: text}))

    name = option.replace("_", r"\_")
    asked = f"The address asks for {name} = “{text}”, which this page does not offer."
    assert sentence == asked


@pytest.mark.parametrize(
    ("file", "option", "text"),
    [
        ("pages/prove/tolerance.py", "tolerance_view", "Noise sweep"),
        ("pages/prove/tolerance.py", "tolerance_view", "Each class"),  # what it shows anyway
        ("pages/prove/calibration.py", "calibration_p1", "0.50"),
        ("pages/start/home.py", "rate", "0.450"),
        ("pages/train/live.py", "train_labels", "by class"),
        ("pages/train/live.py", "instant_hidden", "FALSE"),
        ("pages/start/home.py", "utm_source", "mail"),  # nobody's
    ],
)
def test_an_option_that_a_page_offers_is_not(file, option, text):
    assert not sentences(opened(file, **{option: text}))


def test_several_options_are_told_in_one_sentence_until_the_address_changes():
    app = opened("pages/prove/calibration.py", calibration_p1="9", calibration_view="Nope")
    (sentence,) = sentences(app)
    assert " and " in sentence

    assert sentences(app.run()) == [sentence]
    app.number_input(key="calibration_p2").set_value(0.4).run()
    app.slider(key="slide noise rate").set_value(0.5).run()
    assert not sentences(app)


def test_home_and_the_check_say_that_they_look_at_something_else():
    home = [caption.value for caption in opened().sidebar.caption]
    assert "Home’s picture has its own losses and rate; these are for the other pages." in home
    assert not opened("pages/explore/surfaces.py").sidebar.caption
