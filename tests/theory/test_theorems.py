"""Every theorem that evidence names can be looked up, with sources that exist."""

import numpy as np
import pytest

from alfs_core.losses import LOSSES
from alfs_core.noise.transition import pair_flip, symmetric
from alfs_core.references import REFERENCES
from alfs_core.theory.asymmetry import asymmetric_on, completely_asymmetric
from alfs_core.theory.calibration import calibrated_at
from alfs_core.theory.evidence import Finding, Theorem, Verdict
from alfs_core.theory.theorems import THEOREMS
from alfs_core.theory.tolerance import tolerant


def named(evidence):
    for item in evidence:
        if isinstance(item, Theorem):
            yield item
            for part in item.parts:
                yield from named(part.evidence)


@pytest.mark.parametrize("name", list(LOSSES))
def test_evidence_names_theorems_of_the_list(name):
    loss = LOSSES[name].build()
    findings: list[Finding] = [
        asymmetric_on(loss, np.array(w), clean=0)
        for w in ([0.5, 0.3, 0.2], [0.6, 0.2, 0.2], [1.0, 0.0, 0.0], [0.3, 0.4, 0.3])
    ]
    findings.append(completely_asymmetric(loss, 3))
    evidence = [x for f in findings for x in (*f.evidence, *f.limit_evidence)]
    if findings[0].verdict is not Verdict.UNDEFINED:
        evidence += calibrated_at(loss, np.array([0.5, 0.3, 0.2])).evidence

    for theorem in named(evidence):
        assert theorem.key in THEOREMS
    for finding in findings:
        assert finding.sentence.endswith(".")
        if finding.verdict is Verdict.HOLDS:
            assert list(named(finding.evidence)), "HOLDS rests on a theorem"


def test_sources_are_in_the_bibliography():
    for statement in THEOREMS.values():
        assert set(statement.sources) <= set(REFERENCES)


def test_whole_matrices_name_the_theorem_for_restricted_functions():
    theorem = tolerant(LOSSES["MAE"].build(), symmetric(4, 0.5)).every_class

    assert theorem.key in THEOREMS
    assert tolerant(LOSSES["MAE"].build(), pair_flip(4, 0.3)).every_class is None
