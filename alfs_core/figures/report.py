"""One page of HTML about some losses on some noise: verdicts with evidence, numbers and figures.

The page is whole in itself: plotly and every number stand in it once, and its own policy forbids
any request. It is printed as it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from plotly.offline import get_plotlyjs

from alfs_core.errors import DomainError
from alfs_core.experiment.checks import judged, largest_rate
from alfs_core.figures.curves import PULL, VALUE, Line, profile_figure
from alfs_core.figures.matrices import matrix_figure
from alfs_core.figures.picture import Picture
from alfs_core.figures.standalone import POLICY
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.figures.tolerance import rate_text
from alfs_core.losses import LossSpec, family
from alfs_core.losses.facts import initial_gradient
from alfs_core.noise.transition import KINDS, LabelNoise, clean_labels_dominate
from alfs_core.references import REFERENCES
from alfs_core.theory.evidence import Verdict, leak_text
from alfs_core.theory.profile import profile, reads_logits
from alfs_core.theory.ratio import asymmetry_ratio
from alfs_core.theory.sweep import NoiseFamily
from alfs_core.theory.words import finding_lines

INK, GRID = "#10171c", "#d5dcde"
STYLE = """
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif;
  color: #10171c; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d5dcde; }
.line { display: inline-block; width: 1.4rem; height: .25rem; margin-right: .5rem;
  vertical-align: middle; }
.holds { color: #0a6b3d; } .fails { color: #b3261e; } .undecided { color: #8a5300; }
.undefined { color: #55606a; } .verdict { font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .2rem 0; }
a { color: #0b6b75; overflow-wrap: anywhere; } .note { color: #55606a; }
.figure { height: 26rem; }
@media print {
  body { margin: 0; max-width: none; }
  section.loss, table, .figure { break-inside: avoid; }
}
"""
SCRIPT = """
for (const [id, figure] of Object.entries(FIGURES)) {
  const still = { displayModeBar: false, responsive: true };
  Plotly.newPlot(id, figure.data, figure.layout, still);
}
window.addEventListener("beforeprint", () => {
  for (const id of Object.keys(FIGURES)) Plotly.Plots.resize(id);
});
"""
SIGNS = {
    Verdict.HOLDS: "✓ holds",
    Verdict.FAILS: "✗ fails",
    Verdict.UNDECIDED: "? undecided",
    Verdict.UNDEFINED: "∅ does not apply",
}


@dataclass(frozen=True)
class Subject:
    """A loss as the workspace names it, and its place there (its colour)."""

    name: str
    place: int
    spec: LossSpec


@dataclass(frozen=True)
class Entry:
    """The numbers of one loss, as the report writes them."""

    subject: Subject
    verdict: Verdict
    limit: Verdict | None
    largest: str
    leak: str
    ratio: str
    pull: str
    evidence: tuple[str, ...]


def entry(of: Subject, noise: LabelNoise, num_classes: int) -> Entry:
    """What is known of a loss on the noise."""
    loss = of.spec.build()
    tolerance = judged(of.spec, noise, num_classes)
    pull = f"{initial_gradient(loss, num_classes):.3g}"
    if tolerance is None:
        why = "It reads logits, not probabilities: the theory on the simplex does not apply."
        return Entry(of, Verdict.UNDEFINED, None, "", "", "", pull, (why,))
    finding = tolerance.findings[tolerance.worst]
    leak = float(np.nanmax(tolerance.leaks))
    return Entry(
        of,
        tolerance.verdict,
        tolerance.limit,
        _largest(of.spec, noise, num_classes),
        leak_text(leak) if leak > 0 else "none",
        _ratio(of.spec),
        pull,
        (f"Label {tolerance.worst} decides.", *finding_lines(finding)),
    )


def _largest(spec: LossSpec, noise: LabelNoise, num_classes: int) -> str:
    largest = largest_rate(spec, noise, num_classes)
    if largest is None:
        return ""
    said = rate_text(largest, NoiseFamily(noise, num_classes).scale)
    return f"{said} as δ → 0" if spec.build().vertices_excluded else said


def _ratio(spec: LossSpec) -> str:
    """r and the threshold 1/r; an interval where it is known no better."""
    try:
        found = asymmetry_ratio(spec.build())
    except DomainError:
        return ""
    low, high = f"{found.low:.4g}", f"{found.high:.4g}"
    threshold = f"{1 / found.low:.4g}" if found.low > 0 else "∞"
    return f"{low if low == high else f'{low} to {high}'} (1/r: {threshold})"


# ---- the page -------------------------------------------------------------------------------


def report(
    subjects: Sequence[Subject], noise: LabelNoise, num_classes: int, address: str = ""
) -> str:
    """The page; ``address`` is a link to the workspace, "" for none.

    TransitionError where the noise is not defined for so many classes.
    """
    T = noise.transition(num_classes)
    entries = [entry(of, noise, num_classes) for of in subjects]
    drawn = _figures(subjects, T)
    title = f"{', '.join(of.name for of in subjects)} on noisy labels"
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(_about(noise, T))}</p>",
            _link(address),
            "<h2>Verdicts</h2>",
            _verdicts(entries, noise),
            _note(entries),
            "<h2>Figures</h2>",
            *(f'<div class="figure" id="{name}" role="img"></div>' for name in drawn),
            "<h2>How it is known</h2>",
            *map(_evidence, entries),
            "<h2>Sources</h2>",
            *_sources(subjects),
        ]
    )
    return _page(title, body, drawn)


def _page(title: str, body: str, drawn: dict[str, str]) -> str:
    figures = ", ".join(f'"{name}": {figure}' for name, figure in drawn.items())
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
    )
    scripts = (
        f"<script>{get_plotlyjs()}</script>\n"
        f"<script>const FIGURES = {{{figures}}};\n{SCRIPT}</script>\n"
    )
    return f"{head}</head>\n<body>\n{body}\n{scripts}</body>\n</html>\n"


def _about(noise: LabelNoise, T: np.ndarray) -> str:
    kind = KINDS[noise.kind].title if noise.kind in KINDS else "A matrix of one's own"
    rate = f", rate {noise.rate:g}" if noise.kind in KINDS and noise.kind != "none" else ""
    dominant = int(clean_labels_dominate(T).sum())
    told = "all" if dominant == len(T) else f"{dominant} of"
    return f"{kind}{rate}; {len(T)} classes. Clean labels dominate in {told} {len(T)} classes."


def _link(address: str) -> str:
    if not address.startswith(("http://", "https://")):
        return ""
    shown = escape(address, quote=True)
    return f'<p class="note">The same in the lab: <a href="{shown}">{shown}</a></p>'


def _verdicts(entries: Sequence[Entry], noise: LabelNoise) -> str:
    symbol = "η" if noise.kind in KINDS else "s (share of the matrix's noise)"
    head = ("Loss", "Tolerant", f"Up to {symbol}", "Leak", "Asymmetry ratio r", "First pull")
    rows = [
        (
            f'<span class="line" style="background:{LOSS_COLORS[of.subject.place]}"></span>'
            + escape(of.subject.name),
            _verdict(of),
            *map(escape, (of.largest, of.leak, of.ratio, of.pull)),
        )
        for of in entries
    ]
    table = "".join([_row("th", head), *(_row("td", row) for row in rows)])
    return f'<div class="scroll"><table>{table}</table></div>'


def _row(cell: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{x}</{cell}>' for x in cells)}</tr>\n"


def _verdict(of: Entry) -> str:
    said = _sign(of.verdict)
    if of.limit in (None, of.verdict):
        return said
    assert of.limit is not None
    return f"{said}, {_sign(of.limit)} as δ → 0"


def _sign(verdict: Verdict) -> str:
    return f'<span class="verdict {verdict.value}">{SIGNS[verdict]}</span>'


def _note(entries: Sequence[Entry]) -> str:
    told = (
        "Each image has one clean label, and the prediction at each image is free; a network "
        "restricts it. Leak: the probability that the best prediction under noise gives to wrong "
        "classes. First pull: −∂L/∂z of the given label at equal logits."
    )
    if any(of.limit is not None for of in entries):
        told += " δ: the smallest probability of a class, for losses without values at the corners."
    return f'<p class="note">{told}</p>'


def _evidence(of: Entry) -> str:
    settled_as = of.limit if of.limit is not None else of.verdict
    head = f"{escape(of.subject.name)}: {_sign(settled_as)}"
    lines = escape("\n".join(of.evidence))
    return f'<section class="loss"><h3>{head}</h3>\n<pre>{lines}</pre></section>'


def _sources(subjects: Sequence[Subject]) -> Iterator[str]:
    sources = dict.fromkeys(family(of.spec.name).source for of in subjects)
    for key in sources:
        if key in REFERENCES:
            yield f"<p>{escape(REFERENCES[key].text)}</p>"


# ---- figures --------------------------------------------------------------------------------


def _figures(subjects: Sequence[Subject], T: np.ndarray) -> dict[str, str]:
    """Figures by the id of their place, as JSON that may stand in a script."""
    shown = [of for of in subjects if not reads_logits(of.spec.build())]
    lines = [Line(of.name, of.place, profile(of.spec.build(), len(T))) for of in shown]
    drawn: dict[str, Picture] = {}
    if lines:
        drawn["value"] = profile_figure(lines, VALUE, "published")
        drawn["pull"] = profile_figure(lines, PULL, "published")
    drawn["matrix"] = matrix_figure(T)
    return {name: _on_paper(figure) for name, figure in drawn.items()}


def _on_paper(figure: Picture) -> str:
    """The figure in dark ink on white, its text free of what would end the script."""
    axis = {"gridcolor": GRID, "linecolor": GRID}
    paper: dict[str, Any] = {"paper_bgcolor": "#fff", "plot_bgcolor": "#fff"}
    whole = figure.checked()
    whole.update_layout(font_color=INK, **paper).update_xaxes(axis).update_yaxes(axis)
    return str(whole.to_json()).replace("<", r"\u003c").replace("\u2028", r"\u2028")
