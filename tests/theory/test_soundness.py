"""No verdict is wrong: drawn losses on drawn weights, against a search without theory.

Formulas are sums of pieces with kinks, plateaus, straight parts, powers and steep ends, falling or
not; library losses have parameters at and next to the ends of what they allow.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, ANL, AUL, AMSEq
from alfs_core.losses.classic import CE, FL
from alfs_core.losses.combinators import Weighted
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, TCE, PolySoft
from alfs_core.theory import equal_ratio, ratio, subdivision
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.evidence import SMALLEST_LEAK, Counterexample, Verdict
from tests.theory.brute_force import GRIDS, lowest_risk, risk

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
PLACES = st.sampled_from([0.1, 0.25, 0.3, 1 / 3, 0.5, 0.7, 0.9, 1.0]) | st.floats(0.05, 1)
SIZES = st.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0]) | st.floats(0.01, 5)
POWERS = st.sampled_from([0.5, 0.999, 1.001, 1.5, 2.0, 3.0]) | st.floats(0.1, 4)
PIECES = (
    "max({t}-u,0)",
    "max({t}-u,0)^{q}",
    "1-max(u-{t},0)",
    "1-min(u,{t})",
    "abs({t}-u)-u",
    "1-u",
    "1-u^{q}",
    "(1-u)^{q}",
    "({t}+1-u)^{q}",
    "exp(-{q}*u)",
    "1-exp({q}*(u-1))",
    "1/(u+{t})",
    "-log(u+{t}/10)",
    "sqrt(1-u)",
    "u*(1-u)",
)


@st.composite
def formulas(draw):
    """A sum of one to three pieces; the second may be taken away."""
    count = draw(st.integers(1, 3))
    terms = []
    for n in range(count):
        form = draw(st.sampled_from(PIECES))
        piece = form.format(t=f"{draw(PLACES):.6g}", q=f"{draw(POWERS):.6g}")
        sign = "-" if n == 1 and draw(st.booleans()) else "+"
        terms.append(f"{sign} {draw(SIZES):.6g}*({piece})")
    return FormulaLoss(" ".join(terms).removeprefix("+ "))


ODD = st.sampled_from(
    [
        AGCE(a=1e-5, q=0.5),
        AGCE(a=1e-9, q=1.0),
        AGCE(a=1e-9, q=1.001),
        AGCE(a=0.01, q=0.999),
        AUL(a=1.0, p=0.5),
        AUL(a=1.0, p=1.000001),
        AUL(a=1.0, p=3.0),
        AUL(a=1.001, p=2.0),
        AEL(a=0.05),
        AEL(a=50.0),
        GCE(q=0.05),
        GCE(q=0.9999),
        GCE(q=1.0),
        GCE(q=1.0001),
        TCE(t=1),
        TCE(t=20),
        FL(gamma=0.0),
        FL(gamma=0.5),
        CE(),
        AMSE(a=1.0),
        AMSEq(a=30.0, q=1.001),
        AMSEq(a=1.0, q=0.5),
        ANL(a=1.5, p=1.000001),
        PolySoft(lam=1.0, d=1.1),
        PolySoft(lam=6.0, d=3.0),
        Weighted(((1.0, AGCE(a=0.1, q=0.5)), (1.0, AGCE(a=3.0, q=2.0)))),
        Weighted(((1.0, AMSE(a=2.0)), (0.5, AUL(a=1.0, p=2.0)))),
    ]
)


@st.composite
def rows(draw):
    """Weights with one largest: round numbers, ties and zeros among the others, or any."""
    num_classes = draw(st.sampled_from([2, 2, 3, 3, 4]))
    size = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5]) | st.floats(0, 1)
    others = draw(st.lists(size, min_size=num_classes - 1, max_size=num_classes - 1))
    lead = draw(st.sampled_from([1.0001, 1.1, 1.5, 2.0, 4.0]) | st.floats(1.001, 10))
    w = np.array([max(*others, 0.01) * lead, *others])
    return np.roll(w / w.sum(), draw(st.integers(0, num_classes - 1)))


def wrong(loss, w):
    """What is wrong with the finding on w; "" if nothing is."""
    finding, m = asymmetric_on(loss, w), int(np.argmax(w))
    corner = float(risk(loss, w, np.eye(len(w))[m]))
    if not np.isfinite(corner):
        return "" if finding.inclusion is not HOLDS else "holds with an infinite risk"
    slack = 1e-9 * max(1, abs(corner))
    if finding.inclusion is HOLDS and lowest_risk(loss, w) < corner - slack:
        return "holds, but a lower risk was found"
    if finding.inclusion is FAILS:
        shown = [x for x in finding.evidence if isinstance(x, Counterexample)]
        if not shown:
            return "" if finding.leak == SMALLEST_LEAK else "fails without a counterexample"
        lower = float(risk(loss, w, shown[0].point)) <= corner + 1e-12 * max(1, abs(corner))
        return "" if lower and shown[0].confirmed else "fails by a wrong counterexample"
    return _wrong_equality(loss, w, finding, corner)


def _wrong_equality(loss, w, finding, corner):
    """Other minimisers where the corner is said to be alone, and none where it is said not to be.

    They count only where class m itself can tell them from its vertex.
    """
    if finding.inclusion is not HOLDS:
        return ""
    m = finding.m
    points = GRIDS[len(w)]
    with np.errstate(all="ignore"):
        own, best = np.asarray(loss.partial(points))[:, m], loss.partial(np.eye(len(w))[m])[m]
    apart = points[own > best + 1e-6]
    least = float(np.min(risk(loss, w, apart), initial=np.inf))
    if finding.equality is HOLDS and least < corner - 1e-15 * max(1, abs(corner)):
        return "equality holds, but another minimiser was found"
    if finding.equality is FAILS and least > corner + 1e-9 * max(1, abs(corner)):
        return "equality fails, but no other minimiser was found"
    return ""


@pytest.fixture(autouse=True, scope="module")
def small_budgets():
    """Whatever the budget, a verdict must be right; a small one makes more of them open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ratio, "MOST_BOXES", 4000)
        patch.setattr(equal_ratio, "MOST_BOXES", 4000)
        patch.setattr(subdivision, "SECONDS", 0.5)
        yield
    for cached in (ratio.asymmetry_ratio, equal_ratio.equal_ratio, subdivision.subdivided):
        cached.cache_clear()


@settings(max_examples=60, deadline=None)
@given(formulas(), rows())
def test_verdicts_on_typed_formulas_are_not_wrong(loss, w):
    assert not wrong(loss, w)


@settings(max_examples=60, deadline=None)
@given(ODD, rows())
def test_verdicts_on_odd_library_losses_are_not_wrong(loss, w):
    assert not wrong(loss, w)
