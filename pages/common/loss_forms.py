"""A loss as text to take along: code, equation, references; of one loss or of the workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from alfs_core.losses import LossSpec
from alfs_core.losses.code import numpy_function, torch_module
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.latex import equation, equations
from alfs_core.losses.sources import cited
from alfs_core.references import bibliography
from pages.common.cache import cached
from pages.common.show import plain, refusals
from pages.common.workspace import Workspace, label

THEORY = "zhou2021"  # what every use of the lab rests on
HUMAN_LABELS = "wei2022"
OWN = "This formula is your own: there is no paper to cite."


@dataclass(frozen=True)
class Form:
    """One way to write a loss; ``language`` is what the page colours it as."""

    write: Callable[[LossSpec], str]
    language: str
    ending: str
    mime: str


_PYTHON = "text/x-python"
FORMS = {
    "PyTorch": Form(lambda spec: torch_module(spec.build()), "python", "_pytorch.py", _PYTHON),
    "NumPy": Form(lambda spec: numpy_function(spec.build()), "python", "_numpy.py", _PYTHON),
    "LaTeX": Form(equation, "latex", ".tex", "text/x-tex"),
    "BibTeX": Form(lambda spec: bibliography(cited(spec)), "bibtex", ".bib", "text/x-bibtex"),
}


@cached
def written(spec: LossSpec, form: str) -> str:
    """The loss as text in one of FORMS."""
    return FORMS[form].write(spec)


def file_name(spec: LossSpec, form: str) -> str:
    """A name that Python can import."""
    name = "formula" if spec.name.startswith(FORMULA) else spec.name.lower()
    return re.sub(r"[^a-z0-9]+", "_", name).strip("_") + FORMS[form].ending


def loss_forms(spec: LossSpec, key: str, first: str | None = None) -> None:
    """A choice among FORMS; the chosen text, to copy and to download."""
    st.session_state.setdefault(f"form {key}", first)
    chosen = st.segmented_control("To take along", list(FORMS), key=f"form {key}")
    if not chosen:
        return
    if chosen == "BibTeX" and not cited(spec):
        st.info(OWN, icon=":material/info:")
        return
    form = FORMS[chosen]
    with refusals():
        text = written(spec, chosen)
        st.code(
            text,
            form.language,
            height=400 if form.language == "python" else "content",
            wrap_lines=form.language != "python",
        )
        st.download_button(
            "Download",
            text,
            file_name=file_name(spec, chosen),
            mime=form.mime,
            icon=":material/download:",
            on_click="ignore",
            key=f"download {key} {chosen}",
        )


def forms_button(spec: LossSpec, key: str) -> None:
    """Opens the forms of a loss in a dialog: nothing of them is computed before."""
    if st.button("Code", key=f"code {key}", icon=":material/code:"):
        show = st.dialog(plain(label(spec)), width="medium")(loss_forms)
        show(spec, key, "PyTorch")


def workspace_equations(workspace: Workspace) -> str:
    """Every loss of the workspace as an equation."""
    return equations(workspace.losses)


def workspace_bibliography(workspace: Workspace) -> str:
    """The papers of the losses and of the noise, and the one of the theory."""
    losses = (key for spec in workspace.losses for key in cited(spec))
    human = (HUMAN_LABELS,) if workspace.noise.averaged else ()
    return bibliography((*losses, *human, THEORY))


def workspace_downloads(workspace: Workspace) -> None:
    """The workspace for a paper: two files, each made when it is asked for."""
    files: Iterable[tuple[str, Callable[[Workspace], str], str, str]] = (
        ("Equations (.tex)", workspace_equations, "losses.tex", "text/x-tex"),
        ("References (.bib)", workspace_bibliography, "losses.bib", "text/x-bibtex"),
    )
    with st.popover("Workspace", icon=":material/download:", type="tertiary"):
        for title, make, name, mime in files:
            st.download_button(
                title,
                lambda make=make: make(workspace),
                file_name=name,
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
                key=f"workspace {name}",
            )
