"""Noise tolerance: verdicts, derivations, sweeps and bounds of the workspace, and its matrix."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import AGCE, LOSSES, LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.presets import SETS
from alfs_core.noise.estimation import shares
from alfs_core.noise.table import to_csv
from alfs_core.noise.transition import CUSTOM, KINDS, LabelNoise, pair_flip
from pages.common.matrix_editor import with_matrix
from pages.common.workspace import DEFAULT

ROOT = Path(__file__).parents[2]
VIEWS = ("classes", "derivation", "simplex", "sweep", "error", "matrix")
OWN = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.1, 0.4, 0.5]])
UPLOAD = "matrix file 0"


@pytest.fixture
def page():
    """page(view, workspace, **state): the page alone, after a run."""

    def show(view: str = "classes", workspace=DEFAULT, **state) -> AppTest:
        app = AppTest.from_file(ROOT / "pages/prove/tolerance.py", default_timeout=120)
        app.session_state["workspace"] = workspace
        app.session_state["tolerance_view"] = view
        for key, value in state.items():
            app.session_state[key] = value
        return run(app)

    return show


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return run(app)


def losses(*names):
    return DEFAULT.with_losses(tuple(LossSpec.of(name) for name in names))


def noise(app: AppTest) -> LabelNoise:
    return app.session_state["workspace"].noise


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption]).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def verdict_table(app: AppTest):
    """The first table of the page: a row a loss."""
    return app.table[0].value


# ---- every view -----------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(page, view):
    app = page(view)

    assert not app.error
    assert "AGCE" in " ".join(verdict_table(app)["Loss"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_noise_is_judged(page, kind):
    K = 10 if KINDS[kind].fits(10) else 100
    app = page("derivation", replace(DEFAULT, noise=LabelNoise(kind, 0.3), num_classes=K))

    assert not app.error
    assert len(verdict_table(app)) == 3


@pytest.mark.parametrize("view", VIEWS)
def test_two_and_a_hundred_classes(page, view):
    for K in (2, 100):
        app = page(view, losses("AGCE", "MAE").with_classes(K))

        assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_a_rising_formula_has_its_row_and_leaves_the_others_theirs(page, view):
    app = page(view, losses(FORMULA + "u", "CE"))
    rising, other = verdict_table(app)["Tolerant"]

    assert not app.error
    assert "fails" in rising
    assert "rises at $u = 0$" in rising
    assert "rises" not in other
    assert list(verdict_table(app).iloc[:, 2]) == ["0", "0"]


@pytest.mark.parametrize("view", ["classes", "derivation", "simplex", "error"])
def test_sums_are_judged_on_their_floor(page, view):
    app = page(view, losses("NCE+AGCE", "JAL-CE").with_noise("pair", 0.3))

    assert "holds as δ → 0" in verdict_table(app).iloc[0]["Tolerant"]
    assert "fails" in verdict_table(app).iloc[0]["Tolerant"]


def test_losses_on_logits_are_left_out_with_the_reason(page):
    app = page("classes", losses("LC"))

    assert "reads logits" in app.info[0].value
    assert not app.table
    assert not app.error


def test_only_the_editor_is_left_where_no_loss_is_on_probabilities(page):
    app = page("matrix", losses("LC"))

    assert app.get("arrow_data_frame") or app.get("data_editor") or app.get("download_button")


# ---- verdicts -------------------------------------------------------------------------------


def test_the_verdicts_of_symmetric_noise(page):
    rows = verdict_table(page())

    assert ["fails" in cell for cell in rows["Tolerant"]] == [True, True, False]
    assert list(rows.iloc[:, 2]) == ["0", "0", "0.8587"]
    assert rows["Leak"].iloc[0] == "0.4"


def test_pairs_are_tolerated_on_the_classes_they_leave_alone(page):
    app = page("classes", DEFAULT.with_noise("cifar10", 0.3))
    rows, classes = verdict_table(app), app.table[1].value

    assert "holds on 5 of 10 labels" in rows["Tolerant"].iloc[0]
    assert list(classes["Clean label"]) == ["0, 1, 6 to 8", "2 to 5, 9"]


def test_rows_that_clean_labels_do_not_dominate(page):
    app = page("derivation", DEFAULT.with_noise("pair", 0.6))

    assert all("does not apply" in cell for cell in verdict_table(app)["Tolerant"])
    assert "no loss that treats all labels alike" in texts(app)


def test_a_finding_shows_its_evidence(page):
    app = page("classes", **{"tolerance finding evidence": True})

    assert "The loss's own condition" in texts(app)


def test_symmetric_losses_bear_uniform_noise_in_restricted_classes_too(page):
    assert "restricted functions as well" in texts(page(workspace=losses("MAE")))


# ---- views ----------------------------------------------------------------------------------


def test_the_derivation_ends_in_the_largest_rate(page):
    told = texts(page("derivation"))

    assert r"0.40529 \ge 0.044444" in told
    assert r"\approx 0.85874" in told


def test_three_of_ten_classes_are_named_and_the_rest_is_said(page):
    told = texts(page("simplex"))

    assert "Three of the 10 classes" in told
    assert "0.311 of the row" in told


def test_three_classes_are_drawn_whole(page):
    told = texts(page("simplex", DEFAULT.with_classes(3)))

    assert "Predictions for the three classes" in told
    assert "left out" not in told


def test_the_sweep_names_the_largest_rates(page):
    told = texts(page("sweep"))

    assert r"AGCE 0\.8587" in told
    assert "CE and GCE leave the clean corner" in told


def test_the_slow_search_is_asked_for(page):
    app = page("sweep", losses("formula: (1-u)*(1 + 0.3*total(u^2))").with_classes(20))

    assert app.toggle(key="tolerance_search").value is False
    assert "see the sweep" in verdict_table(app).iloc[0, 2]


def test_the_bound_has_two_factors(page):
    app = page("error", losses("MAE", "CE", "AMSE"), tolerance_excess=0.1)
    bound = app.table[1].value

    assert bound["$D$"].iloc[0] == f"{0.6 - 0.4 / 9:.4g}"
    assert bound["Wrong, at most"].iloc[0] == f"{100 * 0.1 / (0.6 - 0.4 / 9) / 0.5:.3g} %"
    assert "nothing follows" in bound["Wrong, at most"].iloc[1]
    assert "no function of u alone" in bound["Wrong, at most"].iloc[2]


def test_an_average_over_images_is_said_to_reach_none_of_them_alone(page):
    people = page(workspace=replace(DEFAULT, noise=LabelNoise("human-worse", 0.4)).with_classes(10))
    drawn = page(workspace=DEFAULT)

    assert "the verdict does not reach them one by one" in texts(people)
    assert "one by one" not in texts(drawn)


# ---- the matrix -----------------------------------------------------------------------------


def test_a_matrix_of_ones_own_is_scaled(page):
    app = page("sweep", with_matrix(DEFAULT, OWN))

    assert "Tolerates up to $s$" in verdict_table(app).columns
    assert "is the matrix itself at $s = 1$" in texts(app)


def test_confidence_limits_can_take_a_verdict_back(page):
    """AGCE holds where w_m / w_n is just above 1/r; few images leave that open."""
    top = 1 / (1 + AGCE().asymmetry_ratio()) + 0.002
    narrow = np.array([[top, 1 - top], [1 - top, top]])
    workspace = with_matrix(losses("AGCE", "CE"), narrow)
    few = verdict_table(page(workspace=workspace, tolerance_images="100"))
    many = verdict_table(page(workspace=workspace, tolerance_images="10000000"))

    assert "holds" in few["Tolerant"].iloc[0]
    assert "holds" not in few["Within limits"].iloc[0]
    assert "holds" in many["Within limits"].iloc[0]
    assert "fails" in many["Within limits"].iloc[1]


def test_images_per_class_that_are_no_numbers(page):
    app = page(workspace=with_matrix(DEFAULT, OWN), tolerance_images="5 x")

    assert "2 numbers of images" in app.error[0].value
    assert "Within limits" not in verdict_table(app)


def test_a_kind_of_noise_is_not_counted(page):
    assert not page().text_input


def uploaded(app: AppTest, key: str, name: str, content: bytes) -> AppTest:
    app.file_uploader(key=key).set_value((name, content, "text/csv"))
    return run(app)


def test_a_matrix_comes_in_as_csv(page):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", to_csv(OWN).encode())

    assert noise(app).kind == CUSTOM
    assert np.array(noise(app).matrix) == pytest.approx(OWN)
    assert app.session_state["workspace"].num_classes == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1,0\n0,x\n", "own.csv: line 2, number 2"),
        (b"1,0\n0\n", "own.csv: line 2"),
        (b"\xff\xfe", "own.csv is no text in UTF"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused(page, content, said):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", content)

    assert said in app.error[0].value.replace("\\", "")
    assert noise(app) == DEFAULT.noise


def test_a_faulty_row_waits_until_it_is_mended(page):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", b"0.9,0.2\n0.3,0.7\n")

    assert noise(app) == DEFAULT.noise
    assert "last good matrix" in app.warning[0].value
    assert r"it sums to 1\.1, not to 1" in texts(app)

    click(app, "mend 0 Normalise this row")
    assert np.array(noise(app).matrix)[0] == pytest.approx([9 / 11, 2 / 11])
    assert not app.warning


def test_a_draft_and_a_file_refused_beside_it_are_told_apart(page):
    app = uploaded(page("matrix"), UPLOAD, "first.csv", b"0.9,0.2\n0.3,0.6\n")
    app = uploaded(app, "matrix file 1", "second.csv", b"1,0\n0,x\n")

    assert r"These rows of first\.csv are no probabilities" in app.warning[0].value
    assert r"second\.csv\: line 2" in app.error[0].value

    click(app, "mend 0 Normalise this row")
    assert r"These rows of first\.csv" in app.warning[0].value
    assert not app.error


def test_an_infinite_entry_is_refused_where_its_row_is_normalised(page):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", b"0.5,inf\n0.3,0.7\n")
    click(app, "mend 0 Normalise this row")

    assert "entry of label 1 is infinite" in app.error[0].value
    assert noise(app) == DEFAULT.noise


def test_what_is_missing_goes_to_the_clean_class(page):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", b"0.9,0.2\n0.3,0.6\n")

    click(app, "mend 0 Rest to the clean label")
    assert noise(app) == DEFAULT.noise
    click(app, "mend 1 Rest to the clean label")
    assert np.array(noise(app).matrix) == pytest.approx(np.array([[0.8, 0.2], [0.3, 0.7]]))


def test_rows_are_mended_together_or_given_up(page):
    faulty = b"0.9,0.2\n0.3,0.6\n"
    app = uploaded(page("matrix"), UPLOAD, "own.csv", faulty)
    click(app, "mend back")
    assert not app.warning

    app = uploaded(page("matrix"), UPLOAD, "own.csv", faulty)
    click(app, "mend all")
    assert np.array(noise(app).matrix).sum(axis=1) == pytest.approx([1, 1])


def test_a_row_that_cannot_be_mended_says_why(page):
    app = uploaded(page("matrix"), UPLOAD, "own.csv", b"0,0\n0.3,0.7\n")
    click(app, "mend 0 Normalise this row")

    assert "zeros" in app.error[0].value
    assert noise(app) == DEFAULT.noise


def typing(edits):
    """A script: cells of the editor were typed into, and its callback ran."""
    import streamlit as st

    from pages.common import matrix_editor, session

    if "workspace" not in st.session_state:
        draft = matrix_editor._draft(session.current().noise.transition(10))
        st.session_state[draft.key] = {"edited_rows": edits}
        matrix_editor._typed(draft)
        kept = matrix_editor._draft(session.current().noise.transition(10))
        st.session_state["version"] = kept.version
        st.session_state["typed"] = matrix_editor._edited(kept)


def test_a_typed_cell_takes_effect_once_its_row_sums_to_one():
    row = {3: {"3": 0.5, "5": 0.4 / 9 + 0.1}}
    app = run(AppTest.from_function(typing, kwargs={"edits": row}, default_timeout=60))

    assert app.session_state["workspace"].noise.kind == CUSTOM
    assert np.array(app.session_state["workspace"].noise.matrix)[3, 3] == 0.5
    assert app.session_state["version"] == 0  # the table stays where it is


@pytest.mark.parametrize("value", [0.5, None, -1.0])
def test_a_typed_cell_that_breaks_its_row_waits(value):
    edits = {3: {"3": value}}
    app = run(AppTest.from_function(typing, kwargs={"edits": edits}, default_timeout=60))

    assert "workspace" not in app.session_state
    typed = app.session_state["typed"][3, 3]
    assert np.isnan(typed) if value is None else typed == value


def test_a_hundred_classes_go_by_csv(page):
    workspace = losses("AGCE").with_classes(100)
    app = page("matrix", workspace)
    assert "spreadsheet" in app.info[0].value

    app = uploaded(app, UPLOAD, "own.csv", to_csv(pair_flip(100, 0.2)).encode())
    assert len(noise(app).matrix) == 100
    app = uploaded(app, "matrix file 1", "own.csv", to_csv(2 * np.eye(100)).encode())
    assert "row 0" in app.error[0].value
    assert len(noise(app).matrix) == 100


# ---- estimation -----------------------------------------------------------------------------


def test_a_matrix_is_estimated_from_two_columns(page):
    rows = "clean,noisy\n" + "a,a\n" * 6 + "a,b\n" * 2 + "b,b\n" * 7 + "b,a\n"
    app = page("matrix")
    app.file_uploader(key="label file").set_value(("labels.csv", rows.encode(), "text/csv"))
    run(app)
    assert "16 images" in texts(app)
    assert "0 = a, 1 = b" in texts(app)

    click(app, "take estimate")
    assert np.array(noise(app).matrix) == pytest.approx(np.array([[0.75, 0.25], [0.125, 0.875]]))
    assert app.text_input(key="tolerance_images").value == "8"
    assert "Within limits" in verdict_table(app)


def test_labels_that_cannot_be_read_are_refused(page):
    app = page("matrix")
    app.file_uploader(key="label file").set_value(("labels.csv", b"a,b\na\n", "text/csv"))
    run(app)

    assert "line 2" in app.error[0].value
    assert noise(app) == DEFAULT.noise


@pytest.fixture
def label_sets(tmp_path, monkeypatch):
    """A folder of local data with human label sets of two classes."""
    clean = np.repeat([0, 1], 50)
    worse = clean.copy()
    worse[:10], worse[50:55] = 1, 0
    np.savez(tmp_path / "labels10n.npz", clean=clean, worse=worse, index=np.arange(100))
    monkeypatch.setenv("ALFLAB_DATA", str(tmp_path))
    return shares(np.array([[40, 10], [5, 45]]))


def test_human_label_sets_of_the_local_folder(page, label_sets):
    app = page("matrix", **{"estimate source": "sets"})
    assert app.selectbox(key="label set").options == ["worse"]

    click(app, "take estimate")
    assert np.array(noise(app).matrix) == pytest.approx(label_sets)
    assert app.text_input(key="tolerance_images").value == "50"


def test_human_label_sets_from_an_upload(page, monkeypatch):
    monkeypatch.delenv("ALFLAB_DATA", raising=False)
    app = page("matrix", **{"estimate source": "sets"})
    file = io.BytesIO()
    np.savez(file, clean=np.array([0, 1, 0, 1]), worse=np.array([0, 1, 1, 1]))
    app.file_uploader(key="label sets").set_value(("s.npz", file.getvalue(), "application/zip"))
    run(app)

    assert "4 images" in texts(app)
    assert "25 % of their given labels differ" in texts(app)


# ---- every family ---------------------------------------------------------------------------


def test_every_family_is_judged_on_pairs(page):
    for start in range(0, len(LOSSES), 6):
        names = list(LOSSES)[start : start + 6]
        app = page("derivation", losses(*names).with_classes(3).with_noise("pair", 0.2))

        assert not app.error


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_swept(page, name):
    app = page("sweep", DEFAULT.with_losses(SETS[name]).with_classes(3))

    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_a_convex_formula_with_a_plateau_is_shown(page, view):
    page(view, DEFAULT.with_losses((LossSpec.of(f"{FORMULA}max(0.3-u,0)"),)))
