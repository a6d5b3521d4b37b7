"""Nine losses on real photographs with wrong labels, as the README shows them.

    python -m benchmarks.headline --real cifar10-images.zip --human cifar10n.npz --picture assets

Both files lie below ALFLAB_DATA. Prints a table in Markdown: final test accuracy (the best
in brackets) and wrong labels reproduced, in percent, mean ± standard deviation of the seeds. A
finished race is kept below --out and not run again. --picture draws all curves into a folder, light
and dark (needs Chromium).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch is imported

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

from alfs_core.data import DataSource
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses.presets import COMPARISON
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, LossStopped
from alfs_core.training.loop import train
from tests.browser.harness import FLAGS, chromium_path

NAMES = tuple(spec.name for spec in COMPARISON)
TOGETHER = 5  # losses of one race; races of one seed share weights, batches and wrong labels
CURVES = {
    "test_accuracy": ("test accuracy", "solid"),
    "wrong_fit": ("wrong labels reproduced", "dot"),
}
GROUNDS = {"light": ("#ffffff", "#10171c", "#d5dcde"), "dark": ("#11161d", "#e6eaed", "#34404b")}

Told = Mapping[str, list[dict[str, float]]]  # name of a loss -> its evaluations


@dataclass(frozen=True)
class Case:
    """One kind of wrong labels and the seeds it is run with."""

    key: str
    title: str
    seeds: int
    noise: LabelNoise = field(default_factory=LabelNoise)
    labels: LabelSource = field(default_factory=LabelSource)


def cases(human: str | None) -> list[Case]:
    """The tables; the last needs a file of CIFAR-10N."""
    found = [
        Case("symmetric-40", "symmetric 40 %", 3, LabelNoise("symmetric", 0.4)),
        Case("symmetric-60", "symmetric 60 %", 3, LabelNoise("symmetric", 0.6)),
        Case("cifar10-40", "CIFAR-10 pairs 40 %", 2, LabelNoise("cifar10", 0.4)),
    ]
    if human:
        labels = LabelSource("human", file=LabelFile("local", human), column="worse")
        found.append(Case("human-worst", "CIFAR-10N worst", 2, labels=labels))
    return found


def configs(case: Case, real: str, seed: int) -> Iterator[RunConfig]:
    """The races that together hold all nine losses."""
    for start in range(0, len(COMPARISON), TOGETHER):
        yield RunConfig.of(
            "air_3",
            source=DataSource("local", real),
            noise=case.noise,
            labels=case.labels,
            losses=COMPARISON[start : start + TOGETHER],
            seed=seed,
            device="cpu",
        )


def history(config: RunConfig) -> Told:
    """What each loss told after each epoch."""
    told: dict[str, list[dict[str, float]]] = {spec.name: [] for spec in config.losses}
    for event in train(config):
        if isinstance(event, Epoch):
            told[config.losses[event.loss].name].append(asdict(event))
        if isinstance(event, LossStopped):
            raise SystemExit(f"{config.losses[event.loss].name} left the race: {event.reason}")
    return told


def finished(case: Case, real: str, seed: int, out: Path) -> Told:
    """The histories of all nine losses, from the file of an earlier time where there is one."""
    file = out / f"{case.key}-{seed}.json"
    if not file.exists():
        told: dict[str, list[dict[str, float]]] = {}
        for config in configs(case, real, seed):
            told |= history(config)
        file.write_text(json.dumps(told), "utf-8")
        print(f"{case.title}, seed {seed}: done", flush=True)
    return json.loads(file.read_text("utf-8"))


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation in percent; of one value there is none."""
    over = f" ± {100 * stdev(values):.1f}" if len(values) > 1 else ""
    return f"{100 * mean(values):.1f}{over}"


def cells(name: str, races: Sequence[Told]) -> tuple[str, str]:
    """Final accuracy with the mean of the best behind it, and the wrong labels reproduced."""
    told = [race[name] for race in races]
    best = mean(max(epoch["test_accuracy"] for epoch in epochs) for epochs in told)
    final = [last.get("whole_accuracy", last["test_accuracy"]) for *_, last in told]
    wrong = [epochs[-1]["wrong_fit"] for epochs in told]
    return f"{spread(final)} ({100 * best:.1f})", spread(wrong)


def table(found: Mapping[str, Sequence[Told]]) -> None:
    """A row for each loss, two columns for each case."""
    heads = [f"{case}, n = {len(races)} | wrong" for case, races in found.items()]
    print(f"| loss | {' | '.join(heads)} |\n|{'---|' * (1 + 2 * len(heads))}")
    for name in NAMES:
        row = [cell for races in found.values() for cell in cells(name, races)]
        print(f"| {name} | {' | '.join(row)} |")


def curves(found: Mapping[str, Sequence[Told]]) -> go.Figure:
    """A row of panels for each case, a column for each loss; means, and bands over all seeds."""
    figure = make_subplots(
        len(found),
        len(NAMES),
        shared_xaxes=True,
        shared_yaxes=True,
        column_titles=NAMES,
        row_titles=list(found),
        horizontal_spacing=0.008,
        vertical_spacing=0.05,
    )
    for down, races in enumerate(found.values(), 1):
        for across, name in enumerate(NAMES, 1):
            first = down == across == 1
            for color, (key, look) in zip(LOSS_COLORS, CURVES.items(), strict=False):
                values = np.array([[epoch[key] for epoch in race[name]] for race in races])
                for trace in lines(100 * values, *look, color, first):
                    figure.add_trace(trace, down, across)
    return figure


def lines(values: np.ndarray, title: str, dash: str, color: str, legend: bool) -> list[go.Scatter]:
    """The mean of values (seeds, epochs) over a band from the lowest to the highest."""
    x = np.arange(1, values.shape[1] + 1)
    edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False}
    return [
        go.Scatter(x=x, y=values.min(0), **edge),
        go.Scatter(x=x, y=values.max(0), fill="tonexty", fillcolor=f"{color}33", **edge),
        go.Scatter(
            x=x,
            y=values.mean(0),
            name=title,
            mode="lines",
            line={"color": color, "dash": dash, "width": 2.5},
            showlegend=legend,
        ),
    ]


def dressed(figure: go.Figure, ground: str) -> go.Figure:
    """The figure in the colours of a light or dark page."""
    paper, ink, grid = GROUNDS[ground]
    axes: dict[str, Any] = {"range": [0, 100], "gridcolor": grid, "zeroline": False, "dtick": 25}
    return (
        go.Figure(figure)
        .update_layout(
            template="none",
            paper_bgcolor=paper,
            plot_bgcolor=paper,
            font={"color": ink, "size": 14, "family": "system-ui, DejaVu Sans, sans-serif"},
            margin={"l": 56, "r": 30, "t": 40, "b": 84},
            legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.12},
        )
        .update_yaxes(axes)
        .update_yaxes(title="percent", col=1)
        .update_xaxes(range=[0.5, 12.5], dtick=6, tick0=0, gridcolor=grid, zeroline=False)
        .update_xaxes(title={"text": "epoch", "standoff": 4}, row=len(figure._grid_ref))
    )


def draw(found: Mapping[str, Sequence[Told]], folder: Path) -> None:
    """The curves as headline-light.png and headline-dark.png."""
    figure = curves(found)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        height = 130 + 170 * len(found)
        page = browser.new_page(viewport={"width": 1500, "height": height})
        for ground in GROUNDS:
            text = dressed(figure, ground).to_html(
                config={"staticPlot": True}, default_height=height
            )
            page.set_content(f"<style>body {{ margin: 0 }}</style>{text}")
            page.wait_for_selector(".main-svg .legend")
            page.locator(".main-svg").first.screenshot(path=folder / f"headline-{ground}.png")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--real", required=True, help="an image folder of CIFAR-10")
    parser.add_argument("--human", help="a file of CIFAR-10N")
    parser.add_argument("--out", type=Path, default=Path("build/headline"))
    parser.add_argument("--picture", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    found = {}
    for case in cases(options.human):
        seeds = range(case.seeds)
        found[case.title] = [finished(case, options.real, seed, options.out) for seed in seeds]
    table(found)
    if options.picture:
        draw(found, options.picture)


if __name__ == "__main__":
    main()
