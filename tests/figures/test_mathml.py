"""LaTeX as MathML: well-formed, complete, and right where it was written by hand."""

from xml.etree import ElementTree

import pytest

from alfs_core.figures.mathml import mathml, rich
from alfs_core.losses import LOSSES
from alfs_core.noise.transition import KINDS
from alfs_core.theory.profile import reads_logits
from alfs_core.theory.theorems import THEOREMS
from alfs_core.theory.tolerance import tolerant
from alfs_core.theory.words import finding_source

ONE_OR_MORE = {"msub": 2, "msup": 2, "msubsup": 3, "mfrac": 2, "mover": 2}


def sound(html: str) -> None:
    """Well-formed, no command left, each element with the children that it needs."""
    tree = ElementTree.fromstring(f"<p>{html}</p>")
    for element in tree.iter():
        assert element.tag != "merror"
        assert len(element) == ONE_OR_MORE.get(element.tag, len(element)), html
    assert "\\" not in html
    assert "$" not in html


@pytest.mark.parametrize("name", LOSSES)
def test_every_formula_of_the_library(name):
    sound(mathml(LOSSES[name].latex))
    for parameter in LOSSES[name].parameters:
        sound(mathml(f"{parameter.symbol} = 0.1"))


@pytest.mark.parametrize("key", THEOREMS)
def test_every_theorem(key):
    sound(rich(THEOREMS[key].statement))
    sound(rich(THEOREMS[key].proof))


@pytest.mark.parametrize(
    "name", [name for name, entry in LOSSES.items() if not reads_logits(entry.build())]
)
def test_every_finding(name):
    for kind, rate in (("symmetric", 0.3), ("pair", 0.4), ("pair", 0.6), ("none", 0.0)):
        found = tolerant(LOSSES[name].build(), KINDS[kind].make(3, rate))
        for line in finding_source(found.findings[found.worst]):
            sound(rich(line))


@pytest.mark.parametrize(
    ("latex", "inside"),
    [
        (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("u_m^2", "<msubsup><mi>u</mi><mi>m</mi><mn>2</mn></msubsup>"),
        ("z'", "<msup><mi>z</mi><mo>′</mo></msup>"),
        ("-u", "<mo>−</mo><mi>u</mi>"),
        (r"\log u", '<mi>log</mi><mspace width=".17em"/><mi>u</mi>'),
        (r"i \text{ a<b}", "<mi>i</mi><mtext>\N{NO-BREAK SPACE}a&lt;b</mtext>"),
        ("{ab}^c", "<msup><mrow><mi>a</mi><mi>b</mi></mrow><mi>c</mi></msup>"),
        (r"\frob", "<merror><mtext>frob</mtext></merror>"),
        (r"\left.a\right|", '<mrow><mi>a</mi><mo stretchy="true">|</mo></mrow>'),
        (r"\left\{\right.^2", '<msup><mrow><mo stretchy="true">{</mo></mrow><mn>2</mn></msup>'),
    ],
)
def test_formulas_written_by_hand(latex, inside):
    assert mathml(latex) == f"<math>{inside}</math>"


@pytest.mark.parametrize(
    "broken", ["", "{", "}", "_", "^", r"\frac", r"\left", r"\begin", r"\text{", "'"]
)
def test_a_broken_formula_ends(broken):
    assert mathml(broken).startswith("<math>")


def test_numbers_in_words_have_a_sign_of_their_own():
    assert rich(r"margin -0.4, a-1 and \{x\}") == "margin −0.4, a-1 and {x}"
