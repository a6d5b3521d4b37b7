"""The page *Asymmetry ratio*: every view for every loss, noise and number of classes."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory import phase
from pages.common.workspace import DEFAULT, MAX_LOSSES, Workspace

ROOT = Path(__file__).parents[2]
VIEWS = ("ratio", "phase", "tradeoff", "design")
TYPED = f"{FORMULA}exp(-u/a) + b*(1-u); a = 2 in [0.5, 10]; b = 1 in [0, 3]"
ON_LOGITS = {"LC", "LDR"}


def fresh() -> AppTest:
    return AppTest.from_file(ROOT / "pages/explore/asymmetry.py", default_timeout=120)


@pytest.fixture(scope="module")
def one_app() -> AppTest:
    """The page alone: a new AppTest reads every installed package's files, a rerun does not."""
    return fresh()


@pytest.fixture
def page(one_app, monkeypatch):
    """page(view, workspace, **options): the page after a run; judging stops at the first level.

    Options of the page are given to a page of their own, so that none is left to the next test.
    """
    monkeypatch.setattr(phase, "BUDGET", 0.0)

    def show(view: str, workspace: Workspace = DEFAULT, **options: object) -> AppTest:
        app = fresh() if options else one_app
        state = {"workspace": workspace, "asymmetry_view": view, **options}
        for name, value in state.items():
            app.session_state[name] = value
        app.run()
        assert not app.exception
        assert not app.error
        return app

    return show


def texts(app: AppTest) -> str:
    elements = (*app.markdown, *app.caption, *app.info, *app.latex)
    return "\n".join(element.value for element in elements).replace("\N{NO-BREAK SPACE}", " ")


def pictures(app: AppTest) -> int:
    return len(app.get("bidi_component"))


def table(app: AppTest):
    return app.table[0].value


def with_noise(kind: str, rate: float, *names: str) -> Workspace:
    return DEFAULT.with_losses(tuple(map(LossSpec.of, names))).with_noise(kind, rate)


# ---- every workspace ------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_the_default_workspace(page, view):
    app = page(view)

    assert pictures(app) == 1
    assert app.title[0].value == "Asymmetry ratio"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", SETS)
def test_every_set(page, view, name):
    workspace = DEFAULT.with_losses(SETS[name]).with_noise("pair", 0.4)
    app = page(view, workspace)

    assert view != "ratio" or len(table(app)) == len(SETS[name])
    assert view not in ("tradeoff", "design") or pictures(app) == 1


@pytest.mark.parametrize("name", LOSSES)
def test_every_family(page, name):
    workspace = with_noise("pair", 0.4, name)
    if name in ON_LOGITS:
        assert "the theory on the simplex does not apply" in texts(page("ratio", workspace))
        return
    ratio = page("ratio", workspace)
    assert list(table(ratio)["Loss"]) == [f"**{name.replace('_', chr(92) + '_')}**"]
    assert pictures(ratio) == LOSSES[name].build().local
    assert pictures(page("phase", workspace)) == bool(LOSSES[name].parameters)


def test_the_numbers_of_the_map_name_their_loss(page):
    app = page("ratio", with_noise("pair", 0.4, "GCE"), **{"asymmetry-quotient:numbers": True})
    (shown,) = app.dataframe

    assert list(shown.value.columns) == ["loss", "u1", "u2", "quotient"]
    assert set(shown.value["loss"]) == {"GCE"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("num_classes", [2, 100])
def test_few_and_many_classes(page, view, num_classes):
    names = ("CE", "AGCE", "AMSE", "NCE", "NCE+AGCE")
    page(view, with_noise("symmetric", 0.3, *names).with_classes(num_classes))
    page(view, with_noise("pair", 0.3, *names).with_classes(num_classes))


@pytest.mark.parametrize("view", VIEWS)
def test_a_matrix_of_ones_own(page, view):
    T = ((0.7, 0.2, 0.1), (0.05, 0.9, 0.05), (0.0, 0.45, 0.55))
    workspace = Workspace(DEFAULT.entries, LabelNoise(CUSTOM, 0.0, T), 3)

    assert pictures(page(view, workspace)) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_a_typed_formula(page, view):
    workspace = DEFAULT.with_losses((LossSpec.of(TYPED),)).with_noise("pair", 0.3)

    assert pictures(page(view, workspace)) == 1


@pytest.mark.parametrize("view", ["phase", "design"])
@pytest.mark.parametrize("noise", [("pair", 0.5), ("symmetric", 0.95)])
def test_noise_that_is_not_dominated(page, view, noise):
    app = page(view, with_noise(*noise, "AGCE"))

    assert "the clean label is not the most frequent one" in texts(app)
    assert pictures(app) == 0


@pytest.mark.parametrize("view", VIEWS)
def test_no_noise_at_all(page, view):
    assert pictures(page(view, DEFAULT.with_noise("none", 0.4))) == 1


# ---- the ratio ------------------------------------------------------------------------------


def test_the_table_holds_the_papers_defaults_against_pair_noise(page):
    """ρ of AGCE(.6, .6), AUL(5.5, 3), AEL(2.5) lies just below 1.5 = (1 − .4)/.4 (THEORY C)."""
    rows = table(page("ratio", with_noise("pair", 0.4, "AGCE", "AUL", "AEL", "CE", "TCE")))
    beyond = table(page("ratio", with_noise("pair", 0.41, "AGCE", "AUL", "AEL", "MAE")))

    assert [("holds" in cell) for cell in rows["On this noise"]] == [True] * 3 + [False] * 2
    assert [("holds" in cell) for cell in beyond["On this noise"]] == [False] * 3 + [True]
    assert list(rows.filter(like="Ratio").iloc[:, 0]) == [
        "$0.6755$", "$0.6694$", "$0.6703$", "$0$", "$0.5$",
    ]  # fmt: skip
    assert list(rows.filter(like="Enough").iloc[:, 0])[:4] == [
        "$1.48$", "$1.494$", "$1.492$", r"$\infty$",
    ]  # fmt: skip
    assert all("fails" in cell for cell in rows["On every noise"])
    assert "holds" in beyond["On every noise"].iloc[-1]


def test_the_closed_form_has_the_numbers_put_in(page):
    app = page("ratio", with_noise("pair", 0.4, "AUL"))

    assert r"\left(\frac{5.5-1}{5.5}\right)^{3-1} = 0.669421" in app.latex[0].value


def test_a_typed_formula_gets_its_closed_form(page):
    app = page("ratio", DEFAULT.with_losses((LossSpec.of(f"{FORMULA}exp(-u/2)"),)))

    assert r"\frac{\ell'(1)}{\ell'(0)} = e^{- \frac{1}{2}} \approx 0.606531" in app.latex[0].value


def test_a_loss_on_the_whole_prediction_shows_its_condition(page):
    app = page("ratio", with_noise("pair", 0.4, "AMSE"))

    assert "The ratio is defined for functions of $u$ alone" in texts(app)
    assert any(r"a (w_m - w_n) \ge W" in formula.value for formula in app.latex)
    assert "holds" in table(app)["On this noise"].iloc[0]


def test_a_rising_formula_has_no_ratio(page):
    app = page("ratio", DEFAULT.with_losses((LossSpec.of(f"{FORMULA}u^2"),)))

    assert "rises at u" in texts(app)


def test_evidence_opens(page):
    workspace = with_noise("pair", 0.45, "AGCE")
    app = page("ratio", workspace, **{"asymmetry noise evidence": True})

    assert "Counterexample" in texts(app)
    assert "re-evaluated with balls of" in texts(app)
    assert any("u = [" in code.value for code in app.code)


# ---- the phase diagram ----------------------------------------------------------------------


def test_a_family_of_many_parameters_offers_axes(page):
    workspace = with_noise("pair", 0.4, "NCE+AGCE")
    usual = page("phase", workspace, asymmetry_x="alpha", asymmetry_y="beta")

    assert [control.label for control in usual.button_group][-2:] == ["Across", "Up"]
    assert "as the floor" in texts(usual)
    assert pictures(usual) == 1


def test_axes_of_another_family_fall_back(page):
    app = page("phase", with_noise("pair", 0.4, "NCE+AGCE"), asymmetry_x="q", asymmetry_y="beta")
    app.session_state["workspace"] = with_noise("pair", 0.4, "NFL+AEL")
    app.run()

    assert not app.exception
    assert pictures(app) == 1


def test_a_loss_without_parameters_says_so(page):
    assert "has no parameters" in texts(page("phase", with_noise("pair", 0.4, "MAE")))


# ---- robust or trainable, design ------------------------------------------------------------


def test_a_loss_without_a_place_is_named(page):
    app = page("tradeoff", with_noise("pair", 0.4, "NCE", "CE"))
    assert r"Not in the picture: **NCE**" in texts(app)

    scaled = page("tradeoff", with_noise("pair", 0.4, "NCE", "CE"), asymmetry_scale="range")
    assert r"Not in the picture: **CE**, since it has no finite range" in texts(scaled)


def test_a_design_goes_into_the_workspace(page):
    app = page("design", with_noise("pair", 0.4, "CE"), asymmetry_reserve=0.0)
    next(b for b in app.button if b.key == "take-AEL").click().run()
    taken = app.session_state["workspace"].losses[-1]

    assert taken.name == "AEL"
    assert dict(taken.values)["a"] > 1 / np.log(1.5)
    assert next(b for b in app.button if b.key == "take-AEL").disabled


def test_a_full_workspace_offers_places(page):
    full = ("CE", "MAE", "GCE", "AGCE", "AUL", "NCE")
    app = page("design", with_noise("pair", 0.4, *full))

    assert len(full) == MAX_LOSSES
    assert not [b for b in app.button if str(b.key).startswith("take-")]


def test_a_reserve_without_room_says_so(page):
    app = page("design", with_noise("pair", 0.45, "CE"), asymmetry_reserve=0.1)

    assert "leaves no room: beyond 0.05" in texts(app)
    assert pictures(app) == 0
