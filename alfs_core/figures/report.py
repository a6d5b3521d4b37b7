"""One page of HTML about some losses on some noise: formulas, verdicts with evidence, figures.

The page is whole in itself: plotly and every number stand in it once, and its own policy forbids
any request. It is printed as it is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import numpy as np
from plotly.offline import get_plotlyjs

from alfs_core import __version__
from alfs_core.errors import DomainError
from alfs_core.experiment import Experiment, check
from alfs_core.experiment.checks import FLOOR, judged, largest_rate
from alfs_core.figures import curves, matrices, simplex, tolerance
from alfs_core.figures.mathml import mathml, rich
from alfs_core.figures.picture import Picture
from alfs_core.figures.standalone import POLICY
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LOSSES, LossSpec, family
from alfs_core.losses.facts import initial_gradient
from alfs_core.losses.latex import assigned, left_side
from alfs_core.losses.sources import cited
from alfs_core.noise.names import called, label_names
from alfs_core.noise.transition import KINDS, LabelNoise, clean_labels_dominate
from alfs_core.references import REFERENCES, named
from alfs_core.theory.evidence import Verdict, leak_text
from alfs_core.theory.profile import profile, reads_logits
from alfs_core.theory.ratio import asymmetry_ratio
from alfs_core.theory.surface import surface, three_labels
from alfs_core.theory.sweep import (
    FEW_CLASSES,
    NoiseFamily,
    largest_in_class,
    quickly_bounded,
    rates,
    segment,
    sweep,
)
from alfs_core.theory.words import INDENT, finding_source

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
math { font-family: 'STIX Two Math', 'Cambria Math', 'Latin Modern Math', math, serif; }
section p { margin: .3rem 0; overflow-wrap: anywhere; } .more { padding-left: 1.2rem; }
td small { color: #55606a; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 1rem; }
figure { margin: 1rem 0 1.6rem; min-width: 0; } figcaption { color: #55606a; }
a { color: #0b6b75; overflow-wrap: anywhere; } .note { color: #55606a; }
.figure { height: 26rem; }
@media print {
  body { margin: 0; max-width: none; }
  section.loss, tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
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
    """Lines with LaTeX between dollar signs."""


def entry(of: Subject, noise: LabelNoise, num_classes: int) -> Entry:
    """What is known of a loss on the noise."""
    loss = of.spec.build()
    found = judged(of.spec, noise, num_classes)
    pull = f"{initial_gradient(loss, num_classes):.3g}"
    if found is None:
        why = "It reads logits, not probabilities: the theory on the simplex does not apply."
        return Entry(of, Verdict.UNDEFINED, None, "", "", "", pull, (why,))
    finding = found.findings[found.worst]
    return Entry(
        of,
        found.verdict,
        found.limit,
        _largest(of.spec, noise, num_classes),
        leak_text(found.leak),
        _ratio(of.spec),
        pull,
        (
            f"Label {called(found.worst, label_names(noise))} decides.",
            *finding_source(finding),
        ),
    )


def _largest(spec: LossSpec, noise: LabelNoise, num_classes: int) -> str:
    largest = largest_rate(spec, noise, num_classes)
    if largest is None:
        return ""
    said = tolerance.rate_text(largest, NoiseFamily(noise, num_classes).scale)
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

CELLS = 101  # each way of a heat map on paper
MOST_DRAWN = 100  # classes of which the matrix and the sweep are drawn


def report(
    subjects: Sequence[Subject],
    noise: LabelNoise,
    num_classes: int,
    address: str = "",
    day: date | None = None,
) -> str:
    """The page; ``address`` is a link to the workspace, "" for none; ``day`` is today's date.

    TransitionError where the noise is not defined for so many classes.
    """
    return _report(subjects, noise, num_classes, address, day, [])


def experiment_report(of: Experiment, name: str, address: str = "", day: date | None = None) -> str:
    """The page on an experiment: also what is to look at, and what was read from its text.

    ``of`` has no gaps; ``name`` is that of its loss in legends.
    """
    assert of.spec is not None
    assert of.noise is not None
    more = ["<h2>Before training</h2>", *_concerns(of), "<h2>As read</h2>", _understood(of)]
    subjects = [Subject(name, 0, of.spec)]
    return _report(subjects, of.noise, of.num_classes, address, day, more)


def _concerns(of: Experiment) -> Iterator[str]:
    found = check(of)
    if not found:
        yield "<p>Nothing to warn of.</p>"
    for concern in found:
        yield f"<p><b>{escape(concern.title)}.</b> {escape(concern.sentence)}</p>"


def _understood(of: Experiment) -> str:
    rows = [(row.what, row.value, row.source) for row in of.understood]
    rows += [(piece.what, f"not taken: {piece.why}", piece.place) for piece in of.unread]
    told = [_row("th", ("What", "Value", "From")), *(_row("td", map(escape, row)) for row in rows)]
    return f'<div class="scroll"><table>{"".join(told)}</table></div>'


def _report(
    subjects: Sequence[Subject],
    noise: LabelNoise,
    num_classes: int,
    address: str,
    day: date | None,
    more: Sequence[str],
) -> str:
    T = noise.transition(num_classes)
    entries = [entry(of, noise, num_classes) for of in subjects]
    drawn = list(_figures(subjects, noise, T))
    title = f"{', '.join(of.name for of in subjects)} on noisy labels"
    told = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f"<p>{escape(_about(noise, T))}</p>",
            f'<p class="note">ALF Lab {__version__}, {_written(day or date.today())}.</p>',
            _link(address),
            "<h2>Losses</h2>",
            *map(_formula, subjects),
            "<h2>Verdicts</h2>",
            _verdicts(entries, noise),
            _note(entries),
            *more,
            "<h2>Figures</h2>",
            *(_figure(one) for one in drawn if not one.half),
            f'<div class="pair">{"".join(_figure(one) for one in drawn if one.half)}</div>',
            "<h2>How it is known</h2>",
            *map(_evidence, entries),
        ]
    )
    body = "\n".join([told, "<h2>Sources</h2>", *_sources(subjects, told)])
    return _page(title, body, drawn)


def _page(title: str, body: str, drawn: Sequence[Drawn]) -> str:
    figures = ", ".join(f'"{one.key}": {_on_paper(one.picture)}' for one in drawn)
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
    rate = f", rate η = {noise.rate:g}" if noise.kind in KINDS and noise.kind != "none" else ""
    dominant = int(clean_labels_dominate(T).sum())
    told = "all" if dominant == len(T) else f"{dominant} of"
    return (
        f"Label noise: {kind}{rate}; {len(T)} classes. Clean labels dominate in {told} {len(T)} "
        "classes."
    )


def _written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _link(address: str) -> str:
    if not address.startswith(("http://", "https://")):
        return ""
    shown = escape(address, quote=True)
    return f'<p class="note">The same in the lab: <a href="{shown}">{shown}</a></p>'


_PART = re.compile(r"L_\{\\mathrm\{(\w+)\}\}")


def _formula(of: Subject) -> str:
    """The loss as its paper prints it, with the values of all its parameters."""
    known = family(of.spec.name)
    values = ", ".join(map(mathml, assigned(of.spec)))
    parts = [name for name in _PART.findall(known.latex) if name in LOSSES]
    terms = [rf"L_{{\mathrm{{{name}}}}} = {LOSSES[name].latex}" for name in parts]
    lines = [
        mathml(f"{left_side(of.spec)} = {known.latex}", large=True),
        *([f"where {', '.join(mathml(term, large=True) for term in terms)}"] if terms else []),
        *([f"with {values}"] if values else []),
    ]
    told = "".join(f"<p>{line}</p>" for line in lines)
    head = f"{_swatch(of)}{escape(of.name)}: {escape(known.title)}"
    return f'<section class="loss"><h3>{head}</h3>{told}</section>'


def _swatch(of: Subject) -> str:
    return f'<span class="line" style="background:{LOSS_COLORS[of.place]}"></span>'


def _verdicts(entries: Sequence[Entry], noise: LabelNoise) -> str:
    symbol = "η" if noise.has_rate else "s (share of the matrix's noise)"
    head = ("Loss", "Tolerant", f"Up to {symbol}", "Leak", "Asymmetry ratio r", "First pull")
    rows = [
        (
            _swatch(of.subject) + escape(of.subject.name),
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
        r"classes. First pull: $-\partial L/\partial z$ of the given label at equal logits."
    )
    if any(of.limit is not None for of in entries):
        told += " δ: the smallest probability of a class, for losses without values at the corners."
    return f'<p class="note">{rich(told)}</p>'


def _evidence(of: Entry) -> str:
    settled_as = of.limit if of.limit is not None else of.verdict
    head = f"{escape(of.subject.name)}: {_sign(settled_as)}"
    lines = "\n".join(map(_line, of.evidence))
    return f'<section class="loss"><h3>{head}</h3>\n{lines}</section>'


def _line(source: str) -> str:
    kind = ' class="more"' if source.startswith(INDENT) else ""
    return f"<p{kind}>{rich(source.strip())}</p>"


def _sources(subjects: Sequence[Subject], told: str) -> Iterator[str]:
    """The papers of the losses and of their parts, then the others that the page names."""
    keys = [key for of in subjects for key in cited(of.spec)]
    for key in dict.fromkeys((*keys, *named(told))):
        yield f"<p>{escape(REFERENCES[key].text)}</p>"


# ---- figures --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure of the report: the id of its place, and what it says in words.

    Those of ``half`` the width stand beside each other.
    """

    key: str
    picture: Picture
    caption: str
    alternative: str
    half: bool = False


def _figure(of: Drawn) -> str:
    return (
        f'<figure><div class="figure" id="{of.key}" role="img" '
        f'aria-label="{escape(of.alternative, quote=True)}"></div>'
        f"<figcaption>{rich(of.caption)}</figcaption></figure>"
    )


def _figures(subjects: Sequence[Subject], noise: LabelNoise, T: np.ndarray) -> Iterator[Drawn]:
    shown = [of for of in subjects if not reads_logits(of.spec.build())]
    if shown:
        yield from _profiles(shown, len(T))
    if len(T) <= MOST_DRAWN:
        names = label_names(noise)
        drawn = matrices.matrix_figure(T, names=names)
        yield Drawn("matrix", drawn, matrices.caption(T, names), matrices.alternative(T))
        if shown and noise.kind != "none":
            yield from _sweeps(shown, noise, T)
    if len(T) == 2:
        yield from _segments(shown, T)
    if len(T) == 3:
        yield from _triangles(shown, T)


def _profiles(shown: Sequence[Subject], num_classes: int) -> Iterator[Drawn]:
    lines = [curves.Line(of.name, of.place, profile(of.spec.build(), num_classes)) for of in shown]
    for key, quantity in (("value", curves.VALUE), ("pull", curves.PULL)):
        yield Drawn(
            key,
            curves.profile_figure(lines, quantity, "published"),
            curves.caption(lines, quantity),
            curves.alternative(lines, quantity),
        )


def _floor(spec: LossSpec) -> float:
    return FLOOR if spec.build().vertices_excluded else 0.0


def _sweeps(shown: Sequence[Subject], noise: LabelNoise, T: np.ndarray) -> Iterator[Drawn]:
    """Minimiser and margin of the class that is worst off, along the rate."""
    clean, family_of = matrices.worst_confusion(T)[0], NoiseFamily(noise, len(T))
    tracks = []
    for of in shown:
        loss = of.spec.build()
        quick = quickly_bounded(loss, len(T))
        largest = largest_in_class(loss, family_of, clean) if quick else None
        marked = None if largest is None else largest.low
        at = rates(family_of, clean, marked)
        if len(T) > FEW_CLASSES:  # a minimiser of a sum over 100 classes takes a fifth of a second
            at = np.union1d(at[::3], at[at == marked])
        found = sweep(loss, family_of, clean, at, _floor(of.spec))
        tracks.append(tolerance.Track(of.name, of.place, found, largest))
    name = tolerance.RATE if family_of.own_rate else tolerance.SHARE
    axis = tolerance.Axis(name, family_of.scale, family_of.present, family_of.end(clean))
    yield Drawn(
        "kept",
        tolerance.kept_figure(tracks, axis, clean),
        tolerance.kept_caption(tracks, axis),
        tolerance.sweep_alternative(tracks, axis, "Probability kept for the clean class"),
    )
    if any(np.isfinite(track.sweep.margin).any() for track in tracks):
        yield Drawn(
            "margin",
            tolerance.margin_figure(tracks, axis),
            tolerance.margin_caption(tracks),
            tolerance.sweep_alternative(tracks, axis, "Margin of the condition"),
        )


def _segments(shown: Sequence[Subject], T: np.ndarray) -> Iterator[Drawn]:
    """Two classes: both risks of each loss over the probability of the clean one."""
    clean = matrices.worst_confusion(T)[0]
    first, second = (float(x) for x in T[clean])
    for of in shown:
        found = segment(of.spec.build(), (first, second), clean, _floor(of.spec))
        said = tolerance.segment_caption(found)
        yield Drawn(
            f"risk-{of.place}",
            tolerance.segment_figure(of.name, of.place, found, clean),
            said,
            f"Clean and noisy risk of {of.name}. {said}",
            half=True,
        )


def _triangles(shown: Sequence[Subject], T: np.ndarray) -> Iterator[Drawn]:
    """Three classes: the noisy risk of each loss over all predictions."""
    clean = matrices.worst_confusion(T)[0]
    trio = three_labels(T[clean], clean)
    w1, w2, w3 = (float(x) for x in T[clean][trio])
    corners = ", ".join(f"$e_{k + 1}$ is label {j}" for k, j in enumerate(trio))
    for of in shown:
        found = surface(of.spec.build(), (w1, w2, w3), _floor(of.spec), cells=CELLS)
        panel = simplex.Panel(of.name, of.place, found)
        yield Drawn(
            f"risk-{of.place}",
            simplex.map_figure(panel, simplex.own_limits(panel), "noisy risk"),
            f"The noisy risk of {of.name} over predictions, clean label {clean}; {corners}. "
            + simplex.caption(panel),
            simplex.alternative(panel, "Noisy risk"),
            half=True,
        )


def _on_paper(figure: Picture) -> str:
    """The figure in dark ink on white, its text free of what would end the script."""
    axis = {"gridcolor": GRID, "linecolor": GRID}
    paper: dict[str, Any] = {"paper_bgcolor": "#fff", "plot_bgcolor": "#fff"}
    whole = figure.checked()
    whole.update_layout(font_color=INK, **paper).update_xaxes(axis).update_yaxes(axis)
    return str(whole.to_json()).replace("<", r"\u003c").replace("\u2028", r"\u2028")
