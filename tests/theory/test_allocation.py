"""Proofs for local losses on any number of classes, against what is known and against points."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alfs_core.losses.formula import FormulaLoss
from alfs_core.losses.robust import GCE
from alfs_core.theory.allocation import allocated, allocated_always
from alfs_core.theory.asymmetry import asymmetric_on, completely_asymmetric
from alfs_core.theory.evidence import Counterexample, Theorem, Verdict

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS


def broken(slopes, breaks):
    """The loss whose slope is −slopes[i] between the breaks."""
    turns = [
        f" + {after - before:.6g}*max(u - {at:.12g}, 0)"
        for before, after, at in zip(slopes, slopes[1:], breaks, strict=False)
    ]
    return FormulaLoss(f"-({slopes[0]:.6g}*u{''.join(turns)})")


SAFE = broken((1, 0.2, 3), (1 / 3, 2 / 3))  # THEORY F3: r = 0.2, yet completely asymmetric
UNSAFE = broken((1.5, 0.01, 4), (0.2, 0.8))  # F3: r_5 = 0.6717


@pytest.mark.parametrize("num_classes", [2, 3, 5, 10, 100])
def test_a_loss_with_a_small_ratio_is_proved_completely_asymmetric(num_classes):
    assert allocated_always(SAFE, num_classes).proved
    finding = completely_asymmetric(SAFE, num_classes)
    assert finding.verdict is HOLDS


def test_the_evidence_names_the_proof():
    twice = broken((1, 0.2, 1.2, 0.5, 3), (0.2, 0.4, 0.6, 0.8))
    for loss, key in ((UNSAFE, "allocation"), (twice, "allocation-always")):
        finding = asymmetric_on(loss, np.array([0.5, 0.4, 0.05, 0.03, 0.02]))
        theorem, *_ = (x for x in finding.evidence if isinstance(x, Theorem))

        assert finding.verdict is HOLDS
        assert theorem.key == key


@pytest.mark.parametrize(
    ("w", "verdict"),
    [
        ((1.45, 1, 1, 1, 1), FAILS),
        ((1.5, 1, 1, 1, 1), HOLDS),
        ((1.6, 1, 0.2, 0, 0, 0), HOLDS),
        ((1.1, 1, 0, 0, 0, 0, 0, 0, 0, 0), HOLDS),
    ],
)
def test_one_row_is_decided_where_complete_asymmetry_fails(w, verdict):
    assert not allocated_always(UNSAFE, len(w)).proved
    finding = asymmetric_on(UNSAFE, np.array(w))

    assert finding.verdict is verdict
    if verdict is FAILS:
        assert next(x for x in finding.evidence if isinstance(x, Counterexample)).confirmed


@pytest.mark.parametrize(
    "loss", [GCE(q=0.5), FormulaLoss("log(u)"), FormulaLoss("(1-u)*total(u^2)")]
)
def test_a_loss_of_another_kind_is_not_proved(loss):
    found = allocated(loss, (0.5, 0.3, 0.2))

    assert found is None or not found.proved


def lowest(loss, w, breaks):
    """The lowest risk of a piecewise linear loss: all entries but one lie at a break or an end."""
    ends = np.array(list(product([0.0, *breaks, 1.0], repeat=len(w) - 1)))
    ends = ends[ends.sum(1) <= 1]
    free = 1 - ends.sum(1, keepdims=True)
    points = [np.hstack([ends[:, :at], free, ends[:, at:]]) for at in range(len(w))]
    return min(float((w * loss.partial(u)).sum(1).min()) for u in points)


breaks = st.lists(st.integers(1, 15), min_size=2, max_size=2, unique=True).map(sorted)
slopes = st.lists(st.sampled_from([0.01, 0.2, 0.5, 1, 1.5, 3, 4]), min_size=3, max_size=3)
rows = st.lists(st.integers(0, 12), min_size=1, max_size=6)


@given(slopes, breaks, rows, st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_what_is_proved_is_never_beaten(slopes, breaks, others, lead):
    loss = broken(slopes, [at / 16 for at in breaks])
    w = np.array([max(others) + lead, *sorted(others, reverse=True)], dtype=float)
    found = allocated(loss, tuple(w))

    corner = float(np.sum(w * loss.partial(np.eye(len(w))[0])))
    assert found.low <= lowest(loss, w, [at / 16 for at in breaks]) - corner + 1e-9
