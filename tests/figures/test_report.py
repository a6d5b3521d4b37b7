"""The report: whole in itself, true to the pages, and safe whatever a formula says."""

import re
from datetime import date
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from alfs_core import __version__
from alfs_core.experiment import read
from alfs_core.figures.mathml import mathml
from alfs_core.figures.report import Subject, entry, experiment_report, report
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses.presets import SETS
from alfs_core.noise.transition import LabelNoise, pair_flip
from alfs_core.references import REFERENCES
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.tolerance import tolerant
from pages.common.workspace import DEFAULT, PARAMETER, encode, label

ROOT = Path(__file__).parents[2]
NOISE = LabelNoise("pair", 0.3)


def subjects(specs) -> list[Subject]:
    return [Subject(label(spec), place, spec) for place, spec in enumerate(specs)]


class Reader(HTMLParser):
    """What a report holds: tags with their attributes, and the rows of its table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.rows: list[list[str]] = []
        self.feed(re.sub(r"<script>.*?</script>", "<script></script>", text, flags=re.DOTALL))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")


@pytest.mark.parametrize("title", SETS)
def test_every_set_of_the_papers_makes_a_report(title):
    text = report(subjects(SETS[title]), NOISE, 10)
    rows = Reader(text).rows

    assert [row[0] for row in rows[1:]] == [label(spec) for spec in SETS[title]]
    assert text.count("<section") == 2 * len(SETS[title])  # its formula, its evidence
    assert "merror" not in text


def test_it_names_program_day_noise_and_every_parameter():
    specs = [LossSpec.of("AGCE", a=0.6, q=0.6), LossSpec.of("NCE+RCE")]
    text = report(subjects(specs), LabelNoise("cifar10", 0.4), 10, day=date(2026, 3, 1))

    assert f"ALF Lab {__version__}, 1 March 2026." in text
    assert "CIFAR-10 asymmetric pairs, rate η = 0.4; 10 classes" in text
    for value in ("a = 0.6", "q = 0.6", r"\alpha = 1", r"\beta = 1", "A = -9.21034"):
        assert mathml(value) in text
    for formula in (LOSSES["AGCE"].latex, LOSSES["NCE"].latex, LOSSES["RCE"].latex):
        assert mathml(formula).removeprefix("<math>") in text


@pytest.mark.parametrize(
    ("noise", "num_classes", "more"),
    [
        (LabelNoise("none", 0.0), 10, set()),
        (LabelNoise("pair", 0.3), 10, {"kept", "margin"}),
        (LabelNoise("pair", 0.3), 3, {"kept", "margin", "risk-0"}),
        (LabelNoise("pair", 0.3), 2, {"kept", "margin", "risk-0"}),
        (LabelNoise("human-worse"), 10, {"kept", "margin"}),
    ],
)
def test_every_figure_has_a_name_and_a_sentence(noise, num_classes, more):
    text = report(subjects([LossSpec.of("AGCE")]), noise, num_classes)
    tags = Reader(text).tags
    figures = {a["id"]: a for tag, a in tags if a.get("role") == "img"}
    captions = re.findall(r"<figcaption>(.+?)</figcaption>", text, flags=re.DOTALL)

    assert set(figures) == {"value", "pull", "matrix"} | more
    assert all(len(a["aria-label"]) > 40 for a in figures.values())
    assert len(captions) == len(figures)


def test_of_very_many_classes_neither_matrix_nor_sweep_is_drawn():
    text = report(subjects([LossSpec.of("AGCE")]), LabelNoise("symmetric", 0.4), 200)

    assert {a["id"] for _, a in Reader(text).tags if a.get("role") == "img"} == {"value", "pull"}


def test_the_evidence_is_set_as_formulas():
    text = report(subjects([LossSpec.of("AGCE", a=0.6, q=0.6)]), LabelNoise("cifar10", 0.4), 10)
    known = text[text.index("<h2>How it is known") : text.index("<h2>Sources")]
    bare = re.sub(r"<math.*?</math>", "", known)

    assert mathml(r"w_m\,\left(\frac{a}{a+1}\right)^{1-q} \ge w_n") in known
    assert not re.search(r"[\\$^]|\w_\w", bare)


def test_an_experiment_comes_with_its_concerns_and_what_was_read():
    e = read("dataset: cifar10\nloss: AGCE\nnoise_type: asymmetric\nnoise_rate: 0.4\nfrob: 1<2")
    text = experiment_report(e, "AGCE", "https://lab.example/check?check_text=x")
    rows = Reader(text).rows

    assert "<b>The margin is thin.</b>" in text
    assert ["Data set", "CIFAR-10", "line 1"] in rows
    assert ["frob 1<2", "not taken: this name is not known"] in [row[:2] for row in rows]
    assert "CIFAR-10 asymmetric pairs, rate η = 0.4; 10 classes" in text


CITATION = re.compile(r"[A-Z]\w+ (?:et al\.|and [A-Z]\w+),? \(?\d{4}\b")


def uncited(text: str) -> set[str]:
    """What the text of a report cites, and its sources do not list."""
    known = {entry.short: escape(entry.text) for entry in REFERENCES.values()}
    body, _, sources = text.partition("<h2>Sources</h2>")
    said = {found.replace("(", "") for found in CITATION.findall(body)}
    assert said
    return {paper for paper in said if known[paper] not in sources}


@pytest.mark.parametrize(
    ("specs", "noise"),
    [
        *((specs, NOISE) for specs in SETS.values()),
        ([LossSpec.of("MAE"), LossSpec.of("NCE+AGCE")], LabelNoise("symmetric", 0.4)),
        ([LossSpec.of("AMSE")], LabelNoise("human-worse")),
    ],
)
def test_every_paper_that_a_report_names_is_among_its_sources(specs, noise):
    assert not uncited(report(subjects(specs), noise, 10))


def test_the_paper_behind_a_warning_is_among_the_sources():
    e = read("dataset: cifar100\nloss: AGCE\nnoise_type: symmetric\nnoise_rate: 0.4")
    text = experiment_report(e, "AGCE")

    assert "Ou and Zhang (2023)" in text
    assert not uncited(text)


def test_labels_that_people_gave_name_their_paper():
    text = report(subjects([LossSpec.of("CE")]), LabelNoise("human-worse"), 10)

    assert escape(REFERENCES["wei2022"].text) in text


def test_a_sum_names_the_papers_of_its_parts():
    sources = report(subjects([LossSpec.of("NCE+AGCE")]), NOISE, 3).partition("Sources</h2>")[2]

    for key in ("ma2020", "zhou2021"):
        assert escape(REFERENCES[key].text) in sources


def test_its_numbers_are_those_of_the_page():
    """The cells of the table on Noise tolerance, for the same workspace."""
    specs = SETS["ALF paper"]
    workspace = DEFAULT.with_losses(specs).with_noise("pair", 0.3)
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params[PARAMETER] = encode(workspace)
    app.run()
    shown = app.switch_page("pages/prove/tolerance.py").run().table[0].value

    for of, (_, page) in zip(subjects(specs), shown.iterrows(), strict=True):
        here = entry(of, NOISE, 10)
        assert here.leak == page["Leak"]
        assert here.largest == page["Tolerates up to $\\eta$"]
        assert here.verdict.value in page["Tolerant"]


def test_the_evidence_is_that_of_the_theory():
    (of,) = subjects([LossSpec.of("GCE", q=0.7)])
    here, found = (
        entry(of, LabelNoise("pair", 0.4), 4),
        tolerant(of.spec.build(), pair_flip(4, 0.4)),
    )

    assert here.verdict is found.verdict is Verdict.FAILS
    assert here.leak == f"{np.max(found.leaks):.3g}"
    assert any("$u$ = (0.794383, 0.205617, 0, 0)" in line for line in here.evidence)


def test_nothing_is_asked_of_a_network():
    text = report(subjects(SETS["classics"]), NOISE, 10, "https://lab.example/tolerance?w=x&y=1")
    tags = Reader(text).tags

    assert text.count("<script>") == 2  # plotly once, the figures once
    assert [t for t, a in tags if t in ("link", "img", "iframe", "object")] == []
    assert [a for t, a in tags if "src" in a] == []
    policy = next(a["content"] for t, a in tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert [a["href"] for t, a in tags if t == "a"] == ["https://lab.example/tolerance?w=x&y=1"]


def test_a_name_is_never_markup_or_script():
    hostile = "</script><script>alert(1)</script><b>\u2028"
    of = Subject(hostile, 0, LossSpec.of("AGCE"))
    text = report([of], NOISE, 3, "javascript:alert(1)")

    assert "<script>alert" not in text
    assert "javascript:" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert hostile.partition("\u2028")[0] in unescape(text)


@pytest.mark.parametrize(
    ("spec", "noise"),
    [
        (LossSpec.of("LC"), NOISE),
        (LossSpec.of("CE"), LabelNoise("none", 0.0)),
        (LossSpec.of("MAE"), LabelNoise("pair", 0.7)),
        (LossSpec.of("JAL-CE"), LabelNoise("custom", 0.4, ((0.6, 0.4), (0.2, 0.8)))),
    ],
)
def test_what_has_no_verdict_has_a_report_all_the_same(spec, noise):
    num_classes = len(noise.matrix) if noise.matrix else 3

    text = report(subjects([spec]), noise, num_classes)

    assert "<h2>Verdicts</h2>" in text
    assert "nan" not in " ".join(" ".join(row) for row in Reader(text).rows)
