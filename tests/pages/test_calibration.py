"""The page Calibration: every view and set, the chosen posterior, noise, and what is refused."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LossSpec
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import CUSTOM, LabelNoise
from pages.common.workspace import DEFAULT, PARAMETER, Entry, Workspace, encode

ROOT = Path(__file__).parents[2]
VIEWS = ("One loss", "All losses", "Excess risk")
TURNING = LabelNoise(CUSTOM, 0.0, ((0.6, 0.4, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def opened(workspace: Workspace = DEFAULT, **options: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(workspace)
    for name, value in options.items():
        app.query_params[f"calibration_{name}"] = value
    app.run()
    return app.switch_page("pages/prove/calibration.py").run()


def alone(name: str, noise: LabelNoise = DEFAULT.noise, classes: int = 3) -> Workspace:
    return Workspace((Entry(LossSpec.of(name), 0),), noise, classes)


def messages(app: AppTest) -> dict[str, dict]:
    """What each chart was sent, by its key."""
    drawn = [e for e in app.get("bidi_component") if e.proto.component_name == "alf_chart"]
    sent = [json.loads(element.proto.bytes) for element in drawn]
    return {message["key"]: message for message in sent}


def said(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.main.markdown, *app.main.caption])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("title", SETS)
def test_every_set_in_every_view(view, title):
    app = opened(DEFAULT.with_losses(SETS[title]), view=view)

    assert not app.exception
    assert not app.main.error
    assert all(message["alt"] and message["caption"] for message in messages(app).values())


def test_the_first_view_has_the_map_and_the_risk():
    app = opened()

    assert list(messages(app)) == ["calibration-decisions", "calibration-risk"]
    assert messages(app)["calibration-decisions"]["clicks"]
    assert "holds" in said(app)


def test_one_map_a_loss():
    app = opened(DEFAULT.with_losses(SETS["Classics"]) if "Classics" in SETS else DEFAULT)
    every = opened(view="All losses")

    assert not app.exception
    assert len(messages(every)) == len(DEFAULT.entries)


def test_the_posterior_comes_from_the_address():
    app = opened(alone("CE"), p1="0.2", p2="0.7", p3="0.1")

    assert "u = (0.2, 0.7, 0.1)" in said(app)
    assert "predicts class 2" in said(app)
    assert "p = (0.2, 0.7, 0.1)" in messages(app)["calibration-decisions"]["alt"]


def test_three_numbers_are_brought_to_the_sum_one():
    app = opened(alone("CE"), p1="0.5", p2="1.0", p3="0.5")

    assert "brought to the sum 1: (0.25, 0.5, 0.25)" in said(app)


def test_no_class_at_all_is_refused_beside_the_numbers():
    app = opened(alone("CE"), p1="0.0", p2="0.0", p3="0.0")

    assert "needs a class that is possible" in app.main.error[0].value.replace("\\", "")


def test_a_clicked_place_becomes_the_posterior():
    app = opened(alone("CE"))
    app.session_state["calibration: clicked"] = (0.1, 0.3, 0.6)
    app.run()

    assert "u = (0.1, 0.3, 0.6)" in said(app)
    assert app.get_by_key("calibration_p3").value == 0.6


def test_noise_that_turns_a_decision_is_told():
    """THEORY F10: w = Tᵀp has another top class."""
    app = opened(alone("AGCE", TURNING), labels="noisy", p1="0.5", p2="0.45", p3="0.05")
    text = said(app)

    assert "class 1 is the most probable" in text
    assert "fails" in text
    assert "end at another class" in messages(app)["calibration-decisions"]["caption"]


def test_clean_labels_keep_it():
    app = opened(alone("AGCE", TURNING), p1="0.5", p2="0.45", p3="0.05")

    assert "the most probable one" in said(app)


def test_noise_without_three_classes_is_said():
    app = opened(alone("CE", LabelNoise("cifar10", 0.3), 10))

    assert "not defined for three classes" in said(app)


def test_a_tie_is_shown_where_calibration_fails():
    app = opened(alone("formula: max(1-2*u,0) + 1 - u"), p1="0.55", p2="0.45", p3="0.0")

    assert not app.exception
    assert "end in a tie" in messages(app)["calibration-decisions"]["caption"]
    assert "a tie of the classes 1 and 2" in said(app)
    assert "fails" in said(app)


def test_losses_on_logits_are_left_out_with_a_sentence():
    app = opened(alone("LC"))

    assert "reads logits" in app.main.info[0].value
    assert not messages(app)


def test_bounds_that_are_proved_and_bounds_that_are_not():
    proved, open_ = (
        opened(alone("MAE"), view="Excess risk"),
        opened(alone("CE"), view="Excess risk"),
    )

    assert "Excess risk against the Bayes rule" in said(proved)
    assert "cannot be improved" in said(proved).replace("\\", "")
    assert "is proved for" in open_.main.info[0].value


@pytest.mark.parametrize("classes", ["2", "3"])
def test_the_calibration_function_for_two_and_three_classes(classes):
    app = opened(alone("AGCE"), view="Excess risk", classes=classes)

    assert (
        f"K = {classes}"
        in messages(app)["calibration-function"]["figure"]["layout"]["title"]["text"]
    )


def test_the_letters_are_those_of_the_other_pages():
    """δ is a floor everywhere, ε an excess risk, as in the bound on Noise tolerance."""
    app = opened(view="Excess risk")

    assert r"comes within an excess $\varepsilon$" in said(app)
    assert r"\delta" not in said(app)
