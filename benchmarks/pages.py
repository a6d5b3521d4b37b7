"""How long the server takes when a slider of the sidebar moves, on each page.

    python -m benchmarks.pages --moves 30
    python -m benchmarks.pages --page explore/surfaces.py
    python -m benchmarks.pages --scene flow
    python -m benchmarks.pages --lessons

A move changes one number of the workspace and reruns the script as the running app does. Measured
is the whole rerun, with the sidebar, the figures and their serialisation, without network and
browser: what the clock says, and the processor time, which other work on the machine hardly moves.
Six losses are chosen. Every move goes to a new value, so nothing comes from a cache that a hand on
a slider would not find there too. ``--lessons`` opens each scene and step of the tour by its link,
with nothing in the caches, in a process that has shown Home.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LossSpec
from pages.common.banner import place
from pages.common.lessons import LESSONS
from pages.common.workspace import DEFAULT, PARAMETER, Workspace, encode

ROOT = Path(__file__).parents[1]
NAMES = ("CE", "MAE", "GCE", "AGCE", "NCE+AGCE", "AUL")
MOVED = 3  # the style of AGCE, whose q moves


@dataclass(frozen=True)
class Scene:
    """A page with the options of its address."""

    page: str
    title: str
    options: tuple[tuple[str, str], ...] = ()


SCENES = (
    Scene("explore/surfaces.py", "Loss surfaces, profile"),
    Scene("explore/surfaces.py", "Loss surfaces, map", (("surfaces_view", "Simplex"),)),
    Scene(
        "explore/surfaces.py",
        "Loss surfaces, 3-D",
        (("surfaces_view", "Simplex"), ("surfaces_picture", "3-D")),
    ),
    Scene("explore/surfaces.py", "Loss surfaces, flow", (("surfaces_view", "Flow"),)),
    Scene("explore/asymmetry.py", "Asymmetry ratio, table"),
    Scene(
        "explore/asymmetry.py",
        "Asymmetry ratio, phase",
        (("asymmetry_view", "Phase diagram"), ("asymmetry_loss", "AGCE")),
    ),
    Scene(
        "explore/asymmetry.py",
        "Asymmetry ratio, trade-off",
        (("asymmetry_view", "Robust or trainable"),),
    ),
    Scene("explore/asymmetry.py", "Asymmetry ratio, design", (("asymmetry_view", "Design"),)),
    Scene("start/home.py", "Home"),
    Scene("reference/library.py", "Loss library"),
    Scene("train/live.py", "Live training, instant"),
    Scene("train/live.py", "Live training, setup", (("race", "Network race"),)),
    Scene("train/runs.py", "Runs"),
    Scene("prove/tolerance.py", "Noise tolerance, classes"),
    Scene("prove/tolerance.py", "Noise tolerance, formulas", (("tolerance_view", "Derivation"),)),
    Scene(
        "prove/tolerance.py",
        "Noise tolerance, simplex",
        (("tolerance_view", "Risk on the simplex"),),
    ),
    Scene("prove/tolerance.py", "Noise tolerance, sweep", (("tolerance_view", "Noise sweep"),)),
    Scene("prove/tolerance.py", "Noise tolerance, error", (("tolerance_view", "Clean error"),)),
    Scene("prove/calibration.py", "Calibration, one loss", (("calibration_labels", "noisy"),)),
    Scene("prove/calibration.py", "Calibration, all losses", (("calibration_view", "All losses"),)),
    Scene(
        "prove/calibration.py",
        "Calibration, all, noisy",
        (("calibration_view", "All losses"), ("calibration_labels", "noisy")),
    ),
    Scene("prove/calibration.py", "Calibration, excess", (("calibration_view", "Excess risk"),)),
    Scene("prove/theorems.py", "Theorems"),
)


@dataclass(frozen=True)
class Timing:
    """Milliseconds of many moves of a slider by clock and processor (N, 2); size of the figures."""

    scene: str
    slider: str
    milliseconds: np.ndarray
    kilobytes: float

    @property
    def row(self) -> str:
        quantiles = np.percentile(self.milliseconds, [50, 95], axis=0).T.ravel()
        numbers = "".join(f"{x:9.0f}" for x in (*quantiles, self.kilobytes))
        return f"{self.scene:28}{self.slider:12}{numbers}"


def workspace() -> Workspace:
    """Six losses under symmetric noise."""
    return DEFAULT.with_losses(tuple(map(LossSpec.of, NAMES)))


def opened(scene: Scene) -> AppTest:
    """The app on that page, after one run."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params[PARAMETER] = encode(workspace())
    for name, value in scene.options:
        app.query_params[name] = value
    app.run()
    app.switch_page(f"pages/{scene.page}").run()
    if app.exception:
        raise RuntimeError(f"{scene.title}: {app.exception[0].message}")
    return app


def moves(count: int) -> Iterator[tuple[str, list[Workspace]]]:
    """For each slider, the workspaces that it passes through."""
    start = workspace()
    rates = np.linspace(0.05, 0.6, count)
    yield "noise rate", [start.with_noise("symmetric", float(rate)) for rate in rates]
    powers = np.linspace(0.2, 3.0, count)
    yield (
        "a loss's q",
        [start.with_spec(MOVED, LossSpec.of("AGCE", q=float(q))) for q in powers],
    )


def timed(app: AppTest, scene: Scene, slider: str, stops: list[Workspace]) -> Timing:
    """Rerun at every stop."""
    spent = []
    for stop in stops:
        app.session_state["workspace"] = replace(stop)
        begun = clocks()
        app.run()
        spent.append(1e3 * (clocks() - begun))
    return Timing(scene.title, slider, np.array(spent), weight(app))


def clocks() -> np.ndarray:
    """The wall's and the processor's, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def weight(app: AppTest) -> float:
    """Kilobytes of all figures of the page."""
    sent = (len(element.proto.SerializeToString()) for element in app.get("bidi_component"))
    return sum(sent) / 1000


def open_lessons() -> None:
    """Clock and processor milliseconds of the first run of each lesson's link."""
    AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    print(f"{'scene':28}{'clock':>9}{'cpu':>9}")
    for lesson in LESSONS.values():
        st.cache_data.clear()
        file, query = place(lesson)
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app.query_params.update(query)
        app.switch_page(file)
        begun = clocks()
        app.run()
        clock, cpu = 1e3 * (clocks() - begun)
        print(f"{lesson.key:28}{clock:9.0f}{cpu:9.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=30)
    parser.add_argument("--page", default="", help="only the scenes of this file below pages/")
    parser.add_argument("--scene", default="", help="only the scenes with these words in the title")
    parser.add_argument("--lessons", action="store_true", help="open the scenes and the tour")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # Streamlit warns of every call outside a server
    if asked.lessons:
        open_lessons()
        return
    titles = ("clock p50", "p95", "cpu p50", "p95", "kB")
    print(f"{'page':28}{'slider':12}{''.join(f'{title:>9}' for title in titles)}")
    for scene in SCENES:
        if asked.page in scene.page and asked.scene in scene.title:
            app = opened(scene)
            for slider, stops in moves(asked.moves):
                print(timed(app, scene, slider, stops).row, flush=True)


if __name__ == "__main__":
    main()
