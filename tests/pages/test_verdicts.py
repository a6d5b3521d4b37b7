"""Verdicts as elements: what a reader sees of each kind of evidence."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from alfs_core.losses import LossSpec
from alfs_core.losses.asymmetric import AGCE, AUL
from alfs_core.losses.formula import FORMULA, FormulaLoss
from alfs_core.losses.robust import GCE
from alfs_core.noise.transition import pair_flip
from alfs_core.theory.asymmetry import asymmetric_on, completely_asymmetric
from alfs_core.theory.evidence import Finding, Search, Theorem, Verdict
from alfs_core.theory.theorems import THEOREMS
from pages.common import verdicts
from pages.common.verdicts import LOOKS, marked, minimiser, number, prose

SCRIPT = """
import streamlit as st
from pages.common import verdicts
verdicts.finding(st.session_state["finding"], "**asked**", key="test")
"""


@pytest.fixture(scope="module")
def one_app() -> AppTest:
    return AppTest.from_string(SCRIPT, default_timeout=60)


@pytest.fixture
def shown(one_app):
    """shown(finding, opened): the elements of a finding as text."""

    def show(of: Finding, opened: bool = True) -> str:
        one_app.session_state["finding"] = of
        one_app.session_state["test evidence"] = opened
        one_app.run()
        assert not one_app.exception
        elements = (*one_app.markdown, *one_app.caption, *one_app.code)
        return "\n".join(element.value for element in elements)

    return show


def on_pairs(loss, rate=0.4, num_classes=3, floor=0.0) -> Finding:
    return asymmetric_on(loss, pair_flip(num_classes, rate)[0], clean=0, floor=floor)


def test_evidence_waits_until_it_is_opened(shown):
    finding = on_pairs(AGCE(a=0.6, q=0.6), 0.45)

    assert "Counterexample" not in shown(finding, opened=False)
    assert "Counterexample" in shown(finding)


def test_a_theorem_shows_its_statement_and_checked_hypotheses(shown):
    text = shown(on_pairs(AGCE(a=0.6, q=0.6)))

    assert THEOREMS["closed-condition"].title in text
    assert THEOREMS["closed-condition"].statement in text
    assert ":green[:material/check:]" in text
    assert "margin 0" in text
    assert "So here: asymmetric on $w$ if and only if" in text


def test_a_failed_hypothesis_is_crossed(shown):
    text = shown(on_pairs(AGCE(a=0.6, q=0.6), 0.45))

    assert ":red[:material/close:]" in text
    assert "(not met)" in text


def test_a_counterexample_can_be_tried(shown):
    finding = on_pairs(AGCE(a=0.6, q=0.6), 0.45)
    text = shown(finding)

    assert "re-evaluated with balls of 80 bits" in text
    assert "w = [0.55, 0.45, 0]" in text
    u = eval(text.split("u = ")[-1].splitlines()[0])
    assert np.allclose(u, finding.minimiser)


def test_a_leak_too_small_to_write_shows_its_logarithm(shown):
    text = shown(on_pairs(LossSpec.of("GCE", q=0.99).build(), 0.1))

    assert "log_u = [" in text


def test_a_sum_shows_its_parts(shown):
    text = shown(on_pairs(LossSpec.of("NCE+MAE").build(), num_classes=4, floor=1e-4))

    assert "As the floor δ goes to 0" in text
    assert THEOREMS["normalized-limit"].title in text
    assert f"{marked(Verdict.HOLDS)} MAE is asymmetric here" in text


def test_many_parts_are_told_once(shown):
    text = shown(completely_asymmetric(AGCE(a=1, q=2), 12))

    assert THEOREMS["subset-sums"].title in text
    assert "12 parts in all" in text
    assert text.count("AGCE is asymmetric here") == 1


def test_an_enclosure_shows_its_interval(shown):
    text = shown(on_pairs(LossSpec.of("PolySoft").build(), 0.1))

    assert THEOREMS["ratio"].title in text
    assert r"$r(\ell) \in [0.2847" in text
    assert "proved by intervals on" in text


def test_a_search_says_that_it_proves_nothing(shown):
    search = Search("vertices and edges", 0.0, np.array([1.0, 0, 0]))
    undecided = Finding(
        Verdict.UNDECIDED,
        Verdict.HOLDS,
        Verdict.UNDECIDED,
        (search,),
        "X_1: open.",
        0,
        np.array([1.0, 0.0, 0.0]),
        0.0,
    )
    text = shown(undecided)

    assert "A search that finds nothing proves nothing" in text
    assert r"X\_1\: open\." in text


def test_verdicts_do_not_speak_by_colour_alone():
    assert set(LOOKS) == set(Verdict)
    assert len({look.icon for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.word for look in LOOKS.values()}) == len(LOOKS)
    assert all(look.icon in marked(v) and look.word in marked(v) for v, look in LOOKS.items())


def test_inclusion_and_equality_are_told_apart_where_they_differ(one_app, shown):
    slopes = "max(1 - 2*u + 0.5, 1 - u)"  # slopes 2 and 1 with a kink at 1/2
    tied = asymmetric_on(FormulaLoss(slopes), np.array([2 / 3, 1 / 3]), clean=0)
    shown(tied, opened=False)
    badges = [m.value for m in one_app.markdown if "badge" in m.value]

    assert tied.inclusion is not tied.equality
    assert any("inclusion: " in badge for badge in badges)
    assert any("equality: " in badge for badge in badges)


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("strictly convex", "strictly convex"),
        (r"\sum_i L(u, i) constant", r"$\sum_i L(u, i)$ constant"),
        ("w_m r_u < w_n", "$w_m r_u < w_n$"),
        (r"w_m\, r(\ell) > w_n", r"$w_m\, r(\ell) > w_n$"),
        ("e_m is the only minimiser", "$e_m$ is the only minimiser"),
        (
            "asymmetric on w if and only if $w_m > w_n$",
            "asymmetric on $w$ if and only if $w_m > w_n$",
        ),
        ("AMSE_q is asymmetric on w", r"AMSE\_q is asymmetric on $w$"),
        (r"L(e_j, i) > L(e_i, i)", "$L(e_j, i) > L(e_i, i)$"),
    ],
)
def test_lines_of_evidence_as_markdown(line, markdown):
    assert prose(line) == markdown


def test_numbers_as_latex():
    assert number(0.0) == "0"
    assert number(1.23456789e-7) == r"1.235 \cdot 10^{-7}"
    assert number(np.inf) == r"\infty"
    assert number(0.6754800192603051, 4) == "0.6755"


def test_the_minimiser_in_one_line():
    few = on_pairs(AGCE(a=0.6, q=0.6), 0.45)
    many = on_pairs(AGCE(a=0.6, q=0.6), 0.45, num_classes=100)

    assert minimiser(few).startswith("Minimiser $u = (")
    assert "$u_m = " in minimiser(many)
    assert "nothing else" not in minimiser(many)


def test_every_key_that_evidence_uses_is_a_theorem():
    keys = {
        item.key
        for name in ("CE", "MAE", "AGCE", "AMSE", "NCE", "SCE", "PolySoft", "NCE+MAE")
        for item in on_pairs(LossSpec.of(name).build(), floor=1e-4).evidence
        if isinstance(item, Theorem)
    }

    assert keys <= set(THEOREMS)
    assert set(verdicts.ENCLOSED) <= set(THEOREMS)
    assert FORMULA not in keys


def test_a_leak_below_every_double_is_told_in_logarithms(shown):
    finding = on_pairs(GCE(q=0.9999))
    text = shown(finding)

    assert r"leak $1 - u_m < 10^{-300}$" in minimiser(finding)
    assert "is at most $-10^{-1" in text
    assert "the largest entry beside $u_m$ is $10^{-1760.91}$" in text
    assert "log_u = [" in text


def test_a_better_point_too_near_to_evaluate_is_said_to_be_there(shown):
    text = shown(on_pairs(AUL(a=1.0, p=1.000001)))

    assert THEOREMS["too-near"].title in text
    assert "less than 1e-300" in text
