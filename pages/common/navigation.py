"""The pages, in the order of the navigation."""

from __future__ import annotations

import logging
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage


class Entry(NamedTuple):
    """A page: its file below ``pages/``, and what the navigation and Home say of it."""

    file: str
    title: str
    icon: str
    path: str  # last part of the address
    about: str  # one sentence
    own: str = ""  # what the page looks at in place of the workspace, in one sentence

    def page(self) -> StreamlitPage:
        """The page object of one script run, which it belongs to."""
        return st.Page(
            f"pages/{self.file}",
            title=self.title,
            icon=f":material/{self.icon}:",
            url_path=self.path or None,
            default=not self.path,
            help=self.about,
        )


HOME = Entry(
    "start/home.py",
    "Home",
    "home",
    "",
    "What this lab is about, in one picture.",
    own="Home’s picture has its own losses and rate; these are for the other pages.",
)
SECTIONS: dict[str, tuple[Entry, ...]] = {
    "": (HOME,),
    "Explore": (
        Entry(
            "explore/surfaces.py",
            "Loss surfaces",
            "landscape",
            "surfaces",
            "See what a loss asks for: its curve, its gradient, its surface over three classes, "
            "and where gradient descent goes.",
        ),
        Entry(
            "explore/asymmetry.py",
            "Asymmetry ratio",
            "balance",
            "asymmetry",
            "How much label noise a loss is sure to tolerate, which of its parameters do, and what "
            "that costs at the start of training.",
        ),
    ),
    "Prove": (
        Entry(
            "prove/tolerance.py",
            "Noise tolerance",
            "verified",
            "tolerance",
            "Edit or estimate a transition matrix, and see which losses keep the clean answer "
            "under it, with proof.",
        ),
        Entry(
            "prove/calibration.py",
            "Calibration",
            "my_location",
            "calibration",
            "Does minimising a loss find the most probable class, at every posterior, and what "
            "does an excess risk cost?",
        ),
        Entry(
            "prove/check.py",
            "Check my experiment",
            "rule",
            "check",
            "Paste a command line or a config, and hear what the theory says before the first "
            "epoch.",
            own="An experiment brings its own losses and noise; these are for the report and the "
            "other pages.",
        ),
        Entry(
            "prove/theorems.py",
            "Theorems",
            "school",
            "theorems",
            "Each statement with its hypotheses as switches: all on, and it holds; one off, and a "
            "counterexample appears.",
        ),
    ),
    "Train": (
        Entry(
            "train/live.py",
            "Live training",
            "directions_run",
            "live",
            "Race several losses on the same noisy images, and watch what each memorises.",
        ),
        Entry(
            "train/runs.py",
            "Runs",
            "history",
            "runs",
            "Find a race again, compare its curves with others, export it, or run it once more.",
        ),
    ),
    "Reference": (
        Entry(
            "reference/library.py",
            "Loss library",
            "menu_book",
            "library",
            "Look up a loss: formula, parameters, what is proved about it, and its paper.",
        ),
    ),
}


def pages() -> dict[str, list[StreamlitPage]]:
    """The navigation of one script run."""
    return {section: [entry.page() for entry in entries] for section, entries in SECTIONS.items()}


def entry_at(path: str) -> Entry:
    """The page with that last part of the address."""
    return next(e for group in SECTIONS.values() for e in group if e.path == path)


def announce() -> None:
    """Tell a starting server that the pages are these.

    Until some navigation was made, it takes the folder ``pages/`` for one of its legacy kind and
    answers the first visitor's deep link with "Page not found". Outside a script run Streamlit
    warns of every call; here that is what is meant.
    """
    logger = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    level = logger.level
    logger.setLevel(logging.ERROR)
    st.navigation(pages())
    logger.setLevel(level)
