"""Each concern appears where its number says so, and not elsewhere."""

import numpy as np
import pytest

from alfs_core.experiment import Gravity, check, judge, read
from alfs_core.experiment.checks import LEAK, SLOW_START, largest_rate, reach, settled
from alfs_core.losses.facts import initial_gradient
from alfs_core.losses.presets import SETS
from alfs_core.theory.evidence import Counterexample, Verdict


def concerns(text: str) -> dict:
    return {concern.key: concern for concern in check(read(text))}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("--loss AGCE --rate 0.4 --dataset cifar10", set()),
        ("--loss AGCE --rate 0.4 --noise asymmetric --dataset cifar10", {"thin-margin"}),
        ("--loss AGCE --rate 0.38 --noise asymmetric --dataset cifar10", set()),
        ("--loss GCE --rate 0.4 --dataset cifar10", {"not-asymmetric"}),
        ("--loss CE --rate 0 --dataset cifar10", set()),
        ("--loss MAE --rate 0.95 --dataset cifar10", {"no-domination"}),
        ("--loss MAE --rate 0.4 --dataset cifar100", {"slow-start"}),
        ("--loss MAE --scale 2 --rate 0.4 --dataset cifar100", set()),
        ("--loss NCE+MAE --rate 0.4 --noise asymmetric --dataset cifar10", {"leak"}),
        ("--loss NCE+RCE --rate 0.4 --noise asymmetric --dataset cifar10", set()),
        ("--loss AGCE --rate 0.4 --dataset cifar10 --num_classes 100", {"classes"}),
        ("--loss AGCE --a 4 --q 0.2 --rate 0.4 --dataset cifar10", {"other-data-set"}),
        ("--loss LC --rate 0.4 --dataset cifar10", {"outside"}),
    ],
)
def test_the_concerns_of_an_experiment(text, keys):
    assert set(concerns(text)) == keys


@pytest.mark.parametrize(
    ("name", "told"), [("cifar100", "accuracy."), ("tiny-imagenet", "on Tiny-ImageNet no such run")]
)
def test_runs_on_other_data_are_told_as_such(name, told):
    assert told in concerns(f"--loss MAE --rate 0.4 --dataset {name}")["slow-start"].sentence


def test_a_refuted_experiment_comes_with_a_counterexample_that_re_evaluates():
    concern = concerns("--loss GCE --rate 0.4 --noise pair --classes 4")["not-asymmetric"]

    assert concern.gravity is Gravity.REFUTED
    assert concern.finding is not None
    (shown,) = [x for x in concern.finding.evidence if isinstance(x, Counterexample)]
    assert shown.confirmed
    assert np.isclose(shown.point[0], 0.6 ** (1 / 0.3) / (0.6 ** (1 / 0.3) + 0.4 ** (1 / 0.3)))


def test_the_thin_margin_is_that_of_the_pages():
    concern = concerns("--loss AGCE --rate 0.4 --noise asymmetric --dataset cifar10")["thin-margin"]

    assert concern.enclosure is not None
    assert np.isclose(concern.enclosure.low, 1 / (1 + (1.6 / 0.6) ** 0.4), atol=1e-12)
    assert "0.4032" in concern.sentence


def test_the_leak_is_told_with_its_number():
    text = "--loss NCE+MAE --alpha 10 --beta 0.1 --rate 0.4 --noise asymmetric --dataset cifar100"
    concern = concerns(text)["leak"]

    assert concern.finding is not None
    assert concern.finding.leak == pytest.approx(0.158, abs=5e-4)  # THEORY B8, floor 1e-4
    assert f"{concern.finding.leak:.3g}" in concern.sentence


def test_values_of_another_data_set_come_with_those_of_this_one():
    concern = concerns("--loss AGCE --a 4 --q 0.2 --rate 0.4 --dataset cifar10")["other-data-set"]

    assert concern.better is not None
    assert dict(concern.better.values) == {"a": 0.6, "q": 0.6}


def test_the_thresholds_lie_in_the_gaps_that_they_name():
    """MAE and AGCE on 100 classes below, JAL-CE above; the leaks of THEORY B8 on either side."""
    of_ce = {
        name: initial_gradient(spec.build(), 100) / 0.99
        for name in ("MAE", "AGCE", "NCE", "JAL-CE")
        if (spec := read(f"--loss {name} --rate 0 --dataset cifar100").spec)
    }
    leaks = {}
    for name in ("NCE+RCE", "NCE+AGCE", "NCE+AUL", "JAL-CE", "NCE+MAE", "NCE+AEL"):
        found = judge(read(f"--loss {name} --rate 0.4 --noise asymmetric --dataset cifar10"))
        assert found is not None
        leaks[name] = float(found.leaks.max())

    assert max(of_ce[name] for name in ("MAE", "AGCE", "NCE")) < SLOW_START < of_ce["JAL-CE"]
    assert max(leaks[name] for name in ("NCE+RCE", "NCE+AGCE", "NCE+AUL", "JAL-CE")) < LEAK / 2
    assert min(leaks["NCE+MAE"], leaks["NCE+AEL"]) > 2 * LEAK


def test_the_verdict_counts_in_the_limit_where_there_are_no_values_at_the_corners():
    found = judge(read("--loss NCE+RCE --rate 0.4 --noise asymmetric --dataset cifar10"))

    assert found is not None
    assert (found.verdict, settled(found)) == (Verdict.FAILS, Verdict.HOLDS)


@pytest.mark.parametrize("name", SETS)
def test_sets_of_the_papers_raise_no_unexpected_concern(name):
    """Published losses at published values: CE is refuted, nothing else on even noise of 40 %."""
    refuted = set()
    for spec in SETS[name]:
        options = " ".join(f"--{key} {value!r}" for key, value in spec.values)
        found = concerns(f"--loss {spec.name} {options} --rate 0.4 --dataset cifar10")
        assert set(found) <= {"not-asymmetric"}, spec
        refuted |= {spec.name for key in found if key == "not-asymmetric"}
    assert refuted <= {"CE", "FL", "MSE", "GCE", "SCE"}


def test_of_counted_labels_it_is_told_how_many_times_as_much_is_tolerated():
    """CIFAR-10N worst: the smallest w_m/w_n is 1.9525, AGCE(0.6, 0.6) needs 1.4804."""
    e = read("--dataset cifar10 --noise worst --loss AGCE")
    assert e.noise is not None
    T, rho = e.noise.transition(10), (1.6 / 0.6) ** 0.4
    off = T.copy()
    np.fill_diagonal(off, 0)
    times = np.min(1 / (1 - np.diag(T) + rho * off.max(axis=1)))  # 1 − s l = ρ s w_n

    assert reach(e) == f"It tolerates {times:.4g} times as much of this noise, and no more."
    assert "thin-margin" not in concerns("--dataset cifar10 --noise worst --loss AGCE")


def test_no_rate_is_searched_for_without_noise():
    e = read("--loss CE --noise none --rate 0 --classes 3")

    assert e.spec is not None
    assert e.noise is not None
    assert largest_rate(e.spec, e.noise, 3) is None
