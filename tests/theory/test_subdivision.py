"""Proof by subdivision: against closed conditions, against brute force, and where it ends open."""

import numpy as np
import pytest

from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, AUL, AMSEq
from alfs_core.losses.combinators import Normalized
from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE, MAE
from alfs_core.numerics.symbolic import label_sum_is_constant
from alfs_core.theory.asymmetry import asymmetric_on, completely_asymmetric
from alfs_core.theory.evidence import Counterexample, Enclosure, Search, Theorem, Verdict
from alfs_core.theory.subdivision import by_sizes, one_budget, only_own_corner, subdivided
from tests.theory.brute_force import lowest_risk, risk
from tests.theory.test_asymmetry import at_margin

HOLDS, FAILS, UNDECIDED = Verdict.HOLDS, Verdict.FAILS, Verdict.UNDECIDED

# the same function, typed so that no rule knows it: none is local, none has a closed condition
OPAQUE = {
    AGCE(a=1.0, q=2.0): "(2^2 - (1+u)^2)/2 + 0*total(u)",
    AGCE(a=0.6, q=0.6): "(1.6^0.6 - (0.6+u)^0.6)/0.6 + 0*total(u)",
    AEL(a=2.5): "exp(-u/2.5) + 0*total(u)",
    AUL(a=5.5, p=3.0): "((5.5-u)^3 - 4.5^3)/3 + 0*total(u)",
    AMSE(a=3.0): "(total(u^2) - 6*u + 9)/K",
    AMSEq(a=4.0, q=1.5): "((4-u)^1.5 + total(u^1.5) - u^1.5)/K",
    MAE(): "1 - u + 0*total(u)",
    Normalized(GCE(q=2.0)): "(1 - u^2)/(K - total(u^2))",
}
COMPLETE = {AGCE(a=1.0, q=2.0), MAE(), Normalized(GCE(q=2.0))}
WEIGHTS = [
    np.array(w)
    for w in (
        (0.6, 0.4),
        (0.9, 0.1),
        (0.6, 0.3, 0.1),
        (0.8, 0.1, 0.1),
        (0.5, 0.3, 0.2),
        (0.7, 0.3, 0),
    )
]


def by_boxes(finding):
    """The enclosure that a verdict rests on, if it came from boxes."""
    keys = [x.key for x in finding.evidence if isinstance(x, Theorem)]
    if not any(key.startswith("subdivision") for key in keys):
        return None
    return next(x for x in finding.evidence if isinstance(x, Enclosure))


@pytest.mark.parametrize("loss", OPAQUE, ids=repr)
def test_a_family_typed_as_an_unknown_formula_has_its_verdicts(loss):
    opaque = FormulaLoss(OPAQUE[loss])
    assert opaque.weight_condition(WEIGHTS[0]) is None

    for w in WEIGHTS:
        known, found = asymmetric_on(loss, w), asymmetric_on(opaque, w)

        assert (found.inclusion, found.equality) == (known.inclusion, known.equality), w
        if found.inclusion is HOLDS and np.count_nonzero(w) > 1:
            proof = by_boxes(found)
            assert (proof.low, proof.high) == (0, 0)
            assert "boxes of the simplex" in proof.reason


@pytest.mark.parametrize("num_classes", [2, 3])
@pytest.mark.parametrize("loss", OPAQUE, ids=repr)
def test_complete_asymmetry_of_an_unknown_formula(loss, num_classes):
    finding = completely_asymmetric(FormulaLoss(OPAQUE[loss]), num_classes)

    assert finding.verdict is (HOLDS if loss in COMPLETE else FAILS)


@pytest.mark.parametrize("margin", [1e-2, 1e-5, 1e-9, -1e-9, -1e-5, -1e-2])
@pytest.mark.parametrize("num_classes", [2, 3])
@pytest.mark.parametrize("shape", [1.0, 0.4])
@pytest.mark.parametrize("loss", [x for x in OPAQUE if x not in COMPLETE], ids=repr)
def test_small_margins_are_right_or_open(loss, num_classes, shape, margin):
    w = at_margin(loss, num_classes, margin, shape)
    found = asymmetric_on(FormulaLoss(OPAQUE[loss]), w)

    assert found.verdict in ((HOLDS if margin > 0 else FAILS), UNDECIDED)
    if abs(margin) >= (1e-2 if isinstance(loss, AMSEq) else 1e-5):  # its slope at 0 is a root
        assert found.verdict is not UNDECIDED


def terms(rng):
    """A random sum that reads the whole prediction, with kinks and signs of either kind."""

    def c(low, high):
        return f"{rng.uniform(low, high):.3f}"

    parts = [
        f"{c(0.2, 2)}*(1-u)^{c(0.6, 3)}",
        f"({c(-0.5, 0.5)})*total(u^{c(1.2, 3)})",
        f"({c(-0.6, 0.6)})*u*total(u^2)",
        f"{c(0.3, 2)}*(1-u^{c(1, 2)})/total(1-u^{c(1, 2)})",
        f"({c(-0.5, 0.5)})*abs(u-{c(0.1, 0.9)})*total(u^2)",
        f"{c(0.1, 0.5)}*max({c(0.3, 0.8)}-u, 0)*K",
        f"-{c(0.1, 1)}*log(u+{c(0.05, 1)})",
        f"{c(0.1, 0.5)}*log(total((u+0.1)^2))",
    ]
    chosen = rng.choice(len(parts), size=rng.integers(1, 4), replace=False)
    return "0*u*total(u) + " + " + ".join(f"({parts[i]})" for i in chosen)


@pytest.mark.parametrize("seed", range(60))
def test_drawn_formulas_against_brute_force(seed):
    rng = np.random.default_rng(seed)
    loss, num_classes = FormulaLoss(terms(rng)), int(rng.choice([2, 3, 3, 4]))
    w = (
        -np.sort(-rng.dirichlet(np.ones(num_classes)))
        + rng.choice([0, 0.3]) * np.eye(num_classes)[0]
    )

    finding = asymmetric_on(loss, w)
    gap = lowest_risk(loss, w) - risk(loss, w, np.eye(num_classes)[0])

    if finding.inclusion is HOLDS:
        assert gap >= -1e-12
    if finding.inclusion is FAILS:
        assert gap < 0
    assert finding.inclusion is not UNDECIDED or gap >= -1e-6


def barely_beaten():
    """A point of the edge is lower than the corner by less than rounding shows."""
    aul = AUL(a=5.5, p=3.0)
    return FormulaLoss(OPAQUE[aul]), at_margin(aul, 2, -1e-9, 1.0)


def test_an_open_verdict_gives_the_lower_bound_and_the_search():
    """MAE in a form whose slope at 1 no enclosure finds."""
    finding = asymmetric_on(FormulaLoss("sqrt((1-u)^2)"), np.array([0.6, 0.4]))

    assert finding.verdict is UNDECIDED
    assert any(isinstance(x, Search) for x in finding.evidence)
    bound = by_boxes(finding)
    assert -1e-9 < bound.low < 0 == bound.high


def test_a_loss_that_is_barely_beaten_is_refuted_by_a_point():
    finding = asymmetric_on(*barely_beaten())

    assert finding.inclusion is FAILS
    assert next(x for x in finding.evidence if isinstance(x, Counterexample)).confirmed


def test_more_pieces_never_lower_the_bound():
    loss, w = barely_beaten()
    bounds = [subdivided(loss, tuple(w), 0.0, pieces).low for pieces in (20, 200, 2000)]

    assert bounds[0] < bounds[1] < 0
    assert bounds[2] == pytest.approx(bounds[1], abs=1e-12)


def test_an_open_verdict_on_many_classes_says_that_boxes_are_for_few():
    loss = FormulaLoss("(1-u)*(1 + 0.3*total(u^2))")
    finding = asymmetric_on(loss, np.array([0.8, 0.05, 0.05, 0.04, 0.03, 0.03]))
    (search,) = (x for x in finding.evidence if isinstance(x, Search))

    assert finding.verdict is UNDECIDED
    assert search.what.endswith("proofs on boxes are for at most 4 classes")


def test_proofs_of_one_verdict_share_one_budget(monkeypatch):
    loss, w = FormulaLoss("1 - u + 0.3*u*total(u^2) - 0.21*u^2"), np.array([0.55, 0.2, 0.15, 0.1])
    monkeypatch.setattr("alfs_core.theory.subdivision.SECONDS", 0.0)
    with one_budget():
        monkeypatch.setattr("alfs_core.theory.subdivision.SECONDS", 100.0)
        spent = asymmetric_on(loss, w)
    subdivided.cache_clear()

    assert spent.verdict is UNDECIDED
    assert asymmetric_on(loss, w).verdict is HOLDS


def test_a_floor_is_kept_and_named():
    nce = FormulaLoss("log(u)/total(log(u) + 0*u)")
    w = np.array([0.6, 0.4])
    finding = asymmetric_on(nce, w, floor=1e-3)

    assert finding.inclusion is HOLDS
    assert "0.001" in by_boxes(finding).reason


def test_no_proof_where_a_lower_point_or_no_number_is_seen():
    assert subdivided(FormulaLoss("-log(u) + 0*total(u)"), (0.6, 0.4)) is None
    assert (
        subdivided(FormulaLoss("(abs(u-0.507)-0.003)^0.5 - 2*u + 0*total(u)"), (0.6, 0.4)) is None
    )
    assert subdivided(FormulaLoss(OPAQUE[MAE()]), (0.3, 0.2, 0.2, 0.2, 0.1)) is None


def test_sizes_serve_every_row_and_the_label_alone():
    concave = FormulaLoss(OPAQUE[AGCE(a=1.0, q=2.0)])
    found = by_sizes(concave, (0.4, 0.35, 0.25))

    assert found.proved
    assert found.strict
    assert only_own_corner(concave, 3)
    assert by_sizes(FormulaLoss(OPAQUE[AEL(a=2.5)]), (0.4, 0.35, 0.25)) is None
    assert not only_own_corner(FormulaLoss("max(0.9-u, 0) + 0*total(u)"), 3)


def test_a_plateau_keeps_the_minimiser_but_not_alone():
    finding = asymmetric_on(FormulaLoss("max(0.9-u, 0) + 0*total(u)"), np.array([0.9, 0.1]))

    assert finding.inclusion is not FAILS or finding.leak > 0
    assert finding.equality is not HOLDS


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("1 - u", True),
        ("(1 - u^0.5)/(K - total(u^0.5))", True),
        ("log(u + 0.1)/total(log(u + 0.1))", True),
        ("1 - u + 0.001*total(u^2)", False),
        ("exp(-u)", False),
    ],
)
def test_constant_label_sums_by_algebra(text, constant):
    assert label_sum_is_constant(FormulaLoss(text), 3) is constant
