"""Buttons that make a report, when they are pressed, and hand it over as a file."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from alfs_core.experiment import Experiment
from alfs_core.figures.report import Subject, experiment_report, report
from pages.common.workspace import PARAMETER, Workspace, encode, label


def workspace_report(workspace: Workspace) -> None:
    """All losses of the workspace on its noise."""
    subjects = [Subject(label(e.spec), e.style, e.spec) for e in workspace.entries]
    link = _address("tolerance", **{PARAMETER: encode(workspace)})
    st.download_button(
        "Report",
        lambda: report(subjects, workspace.noise, workspace.num_classes, link),
        file_name="alf-lab-report.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        key="report",
        help="One page of HTML on these losses and this noise: formulas, verdicts with their "
        "evidence, and figures. It opens without a network and prints well. It takes a few seconds "
        "to make.",
    )


def experiment_button(of: Experiment, **options: str) -> None:
    """The experiment of a text; ``options`` restore that text in the address of the page."""
    if of.gaps or of.spec is None or of.noise is None:
        return
    name = label(of.spec)
    link = _address("check", **options) if options else ""
    st.download_button(
        "Report on this experiment",
        lambda: experiment_report(of, name, link),
        file_name="alf-lab-experiment.html",
        mime="text/html",
        icon=":material/description:",
        on_click="ignore",
        key="check report",
        help="One page of HTML: what was read, the verdict with its evidence, what to look at "
        "before training, and figures.",
    )


def _address(page: str, **options: str) -> str:
    """The address of a page of this server; "" where the server's own is not known."""
    here = (st.context.url or "").partition("?")[0]
    return f"{here.rpartition('/')[0]}/{page}?{urlencode(options)}" if here else ""
