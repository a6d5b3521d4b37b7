"""The texts of every loss of the workspace: in its dialog, and as two files for a paper."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LossSpec
from alfs_core.losses.code import numpy_function, torch_module
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.latex import equation
from alfs_core.references import REFERENCES
from pages.common import loss_forms
from pages.common.loss_forms import FORMS, file_name, workspace_bibliography, workspace_equations
from pages.common.workspace import DEFAULT, PARAMETER, encode

ROOT = Path(__file__).parents[2]
TYPED = LossSpec.of(f"{FORMULA}(1 - u^q)/q; q = 0.7 in [0.1, 2]", q=1.3)
OWN = LossSpec.of("AGCE", a=2.5, q=0.9)


@pytest.fixture(scope="module")
def app() -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(DEFAULT.with_losses((TYPED, OWN)))
    app.session_state["loss 0"] = app.session_state["loss 1"] = True
    return app.run()


@pytest.mark.parametrize(("place", "spec"), list(enumerate((TYPED, OWN))))
def test_the_dialog_of_a_loss_writes_it_at_its_own_numbers(app, place, spec):
    def shown(form: str) -> str:
        app.session_state[f"form loss {place}"] = form
        app.button(key=f"code loss {place}").click().run()
        assert not app.exception
        return "\n".join(code.value for code in app.code)

    assert shown("PyTorch") == torch_module(spec.build()).strip()
    assert shown("NumPy") == numpy_function(spec.build()).strip()
    assert shown("LaTeX") == equation(spec)
    assert shown("BibTeX") == ("" if spec is TYPED else REFERENCES["zhou2021"].bibtex)


def test_nothing_is_written_before_it_is_asked_for(app, monkeypatch):
    """A slider beside the button redraws as fast as before."""
    monkeypatch.setattr(loss_forms, "loss_forms", None)
    app.slider(key="slide 1 AGCE q").set_value(1.2).run()

    assert not app.exception
    assert not app.code


@pytest.mark.parametrize("form", FORMS)
def test_files_have_names_that_a_program_takes(form):
    for spec in (TYPED, OWN, LossSpec.of("NCE+AGCE"), LossSpec.of("bi-tempered")):
        assert re.fullmatch(r"[a-z][a-z0-9_]*\.(py|tex|bib)", file_name(spec, form))


def test_the_workspace_is_one_file_of_equations_and_one_of_references():
    human = DEFAULT.with_losses((LossSpec.of("NCE+AUL"), TYPED)).with_noise("human-worse", 0.4)
    equations, references = workspace_equations(human), workspace_bibliography(human)

    assert all(equation(spec) in equations for spec in human.losses)
    keys = ("ma2020", "good1952", "zhou2021", "wei2022")
    assert references.count("@") == len(keys)
    assert all(f"{{{key}," in references for key in keys)
    assert set(re.findall(r"\\cite\{(\w+)\}", equations)) <= set(keys)
