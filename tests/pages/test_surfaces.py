"""The page Loss surfaces: every view, every set, links, and what cannot be drawn."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import LabelNoise
from pages.common.workspace import DEFAULT, PARAMETER, Workspace, encode

ROOT = Path(__file__).parents[2]
SIX = DEFAULT.with_losses(tuple(map(LossSpec.of, ("CE", "MAE", "GCE", "AGCE", "NCE", "AMSE"))))
VIEWS = ("Profile", "Simplex", "Flow")


def opened(workspace: Workspace = DEFAULT, **options: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(workspace)
    for name, value in options.items():
        app.query_params[f"surfaces_{name}"] = value
    app.run()
    return app.switch_page("pages/explore/surfaces.py").run()


def messages(app: AppTest) -> dict[str, dict]:
    """What each chart was sent, by its key."""
    drawn = [e for e in app.get("bidi_component") if e.proto.component_name == "alf_chart"]
    sent = [json.loads(element.proto.bytes) for element in drawn]
    return {message["key"]: message for message in sent}


def titles(app: AppTest) -> list[str]:
    return [message["figure"]["layout"]["title"]["text"] for message in messages(app).values()]


def test_profile_is_the_first_view():
    app = opened()

    assert not app.exception
    assert list(messages(app)) == ["surfaces-value", "surfaces-slope", "surfaces-pull"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("title", SETS)
def test_every_set_in_every_view(view, title):
    app = opened(DEFAULT.with_losses(SETS[title]), view=view)

    assert not app.exception
    assert not app.main.error
    assert all(message["alt"] and message["caption"] for message in messages(app).values())


def test_one_picture_a_loss_in_the_order_of_the_workspace():
    app = opened(SIX, view="Simplex")

    told = [title.rpartition("</span> ")[2].split() for title in titles(app)]
    assert told == [[f"{spec.name}:", "risk"] for spec in SIX.losses]


@pytest.mark.parametrize(
    "options",
    [
        {"picture": "3-D"},
        {"what": "one label"},
        {"colours": "one for all"},
        {"weights": "my own"},
        {"floor": "0.01"},
    ],
)
def test_options_come_from_the_address(options):
    app = opened(SIX, view="Simplex", **options)
    ((name, value),) = options.items()

    assert not app.exception
    control = app.get_by_key(f"surfaces_{name}")
    assert value in (control.value, LABELS.get((name, control.value)))


LABELS = {("picture", "sheet"): "3-D", ("what", "label"): "one label"} | {
    ("colours", "shared"): "one for all",
    ("weights", "own"): "my own",
}


def test_one_colour_scale_for_all():
    app = opened(SIX, view="Simplex", colours="one for all")
    scales = {
        (m["figure"]["data"][0]["zmin"], m["figure"]["data"][0]["zmax"])
        for m in messages(app).values()
    }

    assert len(scales) == 1


@pytest.mark.parametrize("scale", ["same range", "same start"])
def test_scales_of_the_profile(scale):
    app = opened(SIX, scale=scale)

    assert not app.exception
    assert "scaled to" in titles(app)[0]


def test_noise_that_three_classes_do_not_have_asks_for_weights():
    app = opened(DEFAULT.with_noise("cifar10", 0.3), view="Simplex")

    assert not app.exception
    assert any("not defined for three classes" in caption.value for caption in app.main.caption)


@pytest.mark.parametrize("view", ["Simplex", "Flow"])
def test_weights_that_are_all_0_keep_the_last_figures(view):
    app = opened(DEFAULT, view=view, weights="my own", w1="0.5")
    good = messages(app)
    for k in (1, 2, 3):
        app.slider(key=f"surfaces_w{k}").set_value(0.0)
    app.run()

    assert not app.exception
    assert app.main.error[0].value.startswith("Every weight is 0")
    assert messages(app) == good
    app.slider(key="surfaces_w2").set_value(1.0).run()
    assert not app.main.error
    assert messages(app) != good


def test_weights_set_by_hand_for_want_of_a_row_give_way_to_the_next_noise():
    app = opened(DEFAULT.with_noise("cifar10", 0.3), view="Simplex")
    app.selectbox(key="noise kind").set_value("symmetric").run()

    assert any("symmetric noise at rate 0.3" in caption.value for caption in app.main.caption)


def test_rows_that_differ_are_chosen_by_their_class():
    matrix = ((0.7, 0.2, 0.1), (0.0, 1.0, 0.0), (0.4, 0.0, 0.6))
    workspace = Workspace(DEFAULT.entries, LabelNoise("custom", 0.0, matrix), 3)
    app = opened(workspace, view="Simplex", row="e₃")

    assert not app.exception
    assert any("w = (0.4, 0, 0.6)" in caption.value for caption in app.main.caption)


def test_losses_on_logits_are_named_and_left_out():
    on_logits = [name for name in LOSSES if name in ("LC", "LDR")]
    app = opened(
        DEFAULT.with_losses((LossSpec.of(on_logits[0]), LossSpec.of("CE"))), view="Simplex"
    )

    assert not app.exception
    assert "reads logits" in app.main.info[0].value
    assert len(messages(app)) == 1
    alone = opened(DEFAULT.with_losses((LossSpec.of(on_logits[0]),)))
    assert not alone.exception
    assert not messages(alone)


def test_only_what_is_seen_is_sent():
    app = opened(SIX, view="Flow")

    assert set(messages(app)) == {"surfaces-course", *(f"surfaces-trail-{i}" for i in range(6))}
    assert len(app.main.dataframe[0].value) == 6


def test_numbers_open_beside_their_figure():
    app = opened(view="Simplex")
    app.session_state["surfaces-map-0:numbers"] = True
    app.run()

    assert not app.exception
    assert list(app.main.dataframe[0].value.columns) == ["u1", "u2", "u3", "risk"]
