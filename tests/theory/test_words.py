"""Evidence in plain words: no LaTeX is left, whatever the loss and the noise."""

import re

import pytest

from alfs_core.losses import LOSSES
from alfs_core.noise.transition import KINDS
from alfs_core.theory.profile import reads_logits
from alfs_core.theory.theorems import THEOREMS
from alfs_core.theory.tolerance import tolerant
from alfs_core.theory.words import finding_lines, plain

ON_PROBABILITIES = [name for name, entry in LOSSES.items() if not reads_logits(entry.build())]


def unread(text: str) -> list[str]:
    return re.findall(r"\\|\$|\{\w*\}|\bfrac|\bleft\b|operatorname", text)


@pytest.mark.parametrize("name", ON_PROBABILITIES)
def test_every_finding_reads_as_text(name):
    for kind, rate in (("symmetric", 0.3), ("pair", 0.4), ("pair", 0.6), ("none", 0.0)):
        found = tolerant(LOSSES[name].build(), KINDS[kind].make(3, rate))
        lines = finding_lines(found.findings[found.worst])

        assert len(lines) > 1
        assert unread("\n".join(lines)) == []


@pytest.mark.parametrize("key", THEOREMS)
def test_every_theorem_reads_as_text(key):
    known = THEOREMS[key]

    assert unread(plain(known.statement)) == []
    assert unread(plain(known.proof)) == []


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{1-u^{q}}{q}", "(1-u^q)/q"),
        (r"$w_m\, r(\ell) > w_n$", "w_m r(ℓ) > w_n"),
        (r"\sum_i w_i L(u, i)", "Σ_i w_i L(u, i)"),
        (r"\left(\frac{a}{a+1}\right)^{1-q}", "(a/(a+1))^(1-q)"),
        (r"w_i = 0 \text{ for all } i \ne m", "w_i = 0 for all i ≠ m"),
        (r"\{u_i \ge \delta\}", "{u_i ≥ δ}"),
    ],
)
def test_latex_as_it_would_be_typed(latex, text):
    assert plain(latex) == text
