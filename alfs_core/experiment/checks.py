"""What may go wrong with an experiment, as far as the theory can say before it is run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

from alfs_core.errors import AlfsError
from alfs_core.experiment.names import DATA_SETS
from alfs_core.experiment.reading import Experiment
from alfs_core.losses import LossSpec, family
from alfs_core.losses.facts import initial_gradient
from alfs_core.losses.presets import PRESETS
from alfs_core.noise.transition import LabelNoise, clean_labels_dominate
from alfs_core.theory.evidence import Enclosure, Finding, Verdict, leak_text
from alfs_core.theory.profile import reads_logits
from alfs_core.theory.sweep import NoiseFamily, quickly_bounded
from alfs_core.theory.tolerance import Tolerance, largest_tolerated_rate, tolerant

FLOOR = 1e-4  # the smallest probability at which sums with NCE are judged, as on the pages
# Trained on clean CIFAR-100 by Ou and Zhang (2023), MAE, AGCE and NCE alone end below 50 %; they
# start at 1.0 %, 1.2 % and 0.2 % of CE's gradient. JAL-CE starts at 1.5 % and trains (Wang et al.
# 2025). 1/75 lies in the gap.
SLOW_START = 1 / 75
DEVIATIONS = 2  # standard deviations of the share of wrong labels in one class, drawn one by one
UNKNOWN_SIZE = 0.01  # how well a noise rate is known where the size of a class is not
# Of the published sums with NCE on CIFAR-10 at 40 % wrong labels, NCE+RCE, NCE+AGCE, NCE+AUL and
# JAL-CE leak less than half of this, NCE+MAE and NCE+AEL more than twice (THEORY B8).
LEAK = 0.01


class Gravity(Enum):
    """How much a concern weighs. REFUTED: the theory's promise is not given; NOTE: as you meant?"""

    REFUTED = "refuted"
    RISK = "risk"
    NOTE = "note"


@dataclass(frozen=True, eq=False)
class Concern:
    """Something to look at before training, and what shows it.

    ``finding`` and ``enclosure`` are the evidence where the theory gives one; ``page`` is where the
    lab shows it ("tolerance", "asymmetry" or "surfaces"); ``better`` is a loss to try instead.
    """

    key: str
    gravity: Gravity
    title: str
    sentence: str
    page: str
    finding: Finding | None = None
    enclosure: Enclosure | None = None
    better: LossSpec | None = None


def judge(experiment: Experiment) -> Tolerance | None:
    """The verdict on the noise matrix; None where the text leaves open what it hangs on.

    None also for a loss on logits, of which the theory on the simplex says nothing.
    """
    if experiment.gaps or experiment.spec is None or experiment.noise is None:
        return None
    return judged(experiment.spec, experiment.noise, experiment.num_classes)


def conclusion(of: Experiment) -> Verdict:
    """The verdict in one word: UNDECIDED also where the text leaves it open."""
    tolerance = judge(of)
    if tolerance is not None:
        return settled(tolerance)
    return Verdict.UNDECIDED if of.gaps else Verdict.UNDEFINED


def settled(of: Tolerance) -> Verdict:
    """The verdict that counts: in the limit δ → 0 for a loss that has no value at the corners."""
    return of.verdict if of.limit is None else of.limit


def limit_alone(of: Tolerance | None) -> bool:
    """Whether it holds only as logits grow without bound, and not above the floor."""
    return of is not None and settled(of) is Verdict.HOLDS and of.verdict is not Verdict.HOLDS


@lru_cache(maxsize=64)
def judged(spec: LossSpec, noise: LabelNoise, num_classes: int) -> Tolerance | None:
    """The verdict of a loss on the noise; None for a loss on logits."""
    loss = spec.build()
    if reads_logits(loss):
        return None
    floor = FLOOR if loss.vertices_excluded else 0.0
    with np.errstate(all="ignore"):  # parameters of any text, far from the typical ones
        return tolerant(loss, noise.transition(num_classes), floor=floor)


@lru_cache(maxsize=64)
def largest_rate(spec: LossSpec, noise: LabelNoise, num_classes: int) -> Enclosure | None:
    """The largest tolerated rate of this kind of noise; None where only a search would tell."""
    loss = spec.build()
    if noise.kind == "none" or reads_logits(loss) or not quickly_bounded(loss, num_classes):
        return None
    family_of = NoiseFamily(noise, num_classes)
    return largest_tolerated_rate(loss, family_of.at, in_the_limit=loss.vertices_excluded)


def check(experiment: Experiment) -> tuple[Concern, ...]:
    """Every concern, the gravest first; none where all that was looked at is well."""
    found = [concern for look in LOOKS for concern in look(experiment)]
    order = list(Gravity)
    return tuple(sorted(found, key=lambda concern: order.index(concern.gravity)))


# ---- one look each --------------------------------------------------------------------------


def _given_twice(of: Experiment) -> Iterator[Concern]:
    if of.repeated:
        yield Concern(
            "given-twice",
            Gravity.NOTE,
            "A setting is given twice",
            "; ".join(f"{one.what} ({one.place}): {one.why}" for one in of.repeated) + ".",
            "tolerance",
        )


def _open(of: Experiment) -> Iterator[Concern]:
    if not of.gaps:
        return
    reasons = "; ".join(f"{gap.what} ({gap.why})" for gap in of.gaps)
    yield Concern(
        "untested",
        Gravity.RISK,
        "Nothing was tested",
        f"A verdict hangs on what the text leaves open: {reasons}.",
        "tolerance",
    )


def _noise(of: Experiment) -> Iterator[Concern]:
    if of.noise is None or of.gaps:
        return
    wrong = np.flatnonzero(~clean_labels_dominate(of.noise.transition(of.num_classes)))
    if not len(wrong):
        return
    which = "every label" if len(wrong) == of.num_classes else f"label {_listed(wrong)}"
    tolerance = judge(of)
    yield Concern(
        "no-domination",
        Gravity.REFUTED,
        "Clean labels do not dominate",
        f"For {which} another label is at least as frequent as the clean one, so no loss that "
        "treats all labels alike can be tolerant there. No parameter mends this.",
        "tolerance",
        tolerance.findings[int(wrong[0])] if tolerance else None,
    )


def _by_image(of: Experiment) -> Iterator[Concern]:
    """People err more on some images of a class than on others (THEORY F11)."""
    if of.noise is None or not of.noise.averaged:
        return
    yield Concern(
        "by-image",
        Gravity.NOTE,
        "Noise by image, averaged by class",
        "The matrix says how often people mislabelled the images of a class on average. Some "
        "images are mislabelled more often, and the verdict does not reach them one by one.",
        "tolerance",
    )


def _listed(classes: np.ndarray) -> str:
    shown = ", ".join(str(int(i)) for i in classes[:8])
    return shown if len(classes) <= 8 else f"{shown} and {len(classes) - 8} more"


def _verdict(of: Experiment) -> Iterator[Concern]:
    tolerance = judge(of)
    if tolerance is None or of.spec is None:
        return
    finding = tolerance.findings[tolerance.worst]
    verdict = settled(tolerance)
    if verdict is Verdict.FAILS:
        yield Concern(
            "not-asymmetric",
            Gravity.REFUTED,
            "Not asymmetric on this noise",
            f"On label {tolerance.worst} the noisy risk is smaller elsewhere than at the clean "
            f"answer: its minimiser gives {leak_text(finding.leak)} of the probability to other "
            "classes. " + reach(of),
            "tolerance",
            finding,
            _largest(of),
        )
    elif verdict is Verdict.UNDECIDED:
        yield Concern(
            "undecided",
            Gravity.RISK,
            "Neither proved nor refuted",
            f"No theorem and no counterexample was found for label {tolerance.worst}.",
            "tolerance",
            finding,
        )


def _largest(of: Experiment) -> Enclosure | None:
    if of.spec is None or of.noise is None:
        return None
    return largest_rate(of.spec, of.noise, of.num_classes)


def reach(of: Experiment) -> str:
    """How far the noise could go, as a sentence; "" where only a search would tell."""
    largest = _largest(of)
    if largest is None or of.noise is None:
        return ""
    if largest.high < 1e-9:
        return "It tolerates no rate of this kind of noise."
    if not of.noise.has_rate:
        times = NoiseFamily(of.noise, of.num_classes).scale * largest.low
        return f"It tolerates {times:.4g} times as much of this noise, and no more."
    return f"It tolerates this kind of noise up to a rate of {largest.low:.4g}."


def _thin(of: Experiment) -> Iterator[Concern]:
    tolerance, largest = judge(of), _largest(of)
    if tolerance is None or largest is None or settled(tolerance) is not Verdict.HOLDS:
        return
    if of.noise is None or of.noise.rate == 0 or not of.noise.has_rate:  # counted labels
        return
    spread, why = _spread(of, of.noise.rate)
    room = largest.low - of.noise.rate
    if room < spread:
        yield Concern(
            "thin-margin",
            Gravity.RISK,
            "The margin is thin",
            f"The rate {of.noise.rate:g} is only {max(room, 0):.2g} below the largest that is "
            f"tolerated, {largest.low:.4g}; {why}.",
            "tolerance",
            tolerance.findings[tolerance.worst],
            largest,
        )


def _spread(of: Experiment, rate: float) -> tuple[float, str]:
    """How far the rate in the labels may lie above the nominal one, and the reason in words."""
    images = DATA_SETS[of.dataset].images_per_class if of.dataset in DATA_SETS else 0
    if not images:
        return UNKNOWN_SIZE, f"a rate is rarely known to better than {UNKNOWN_SIZE:g}"
    spread = DEVIATIONS * math.sqrt(rate * (1 - rate) / images)
    return spread, (
        f"among the {images} images of a class of {of.dataset}, labels drawn one by one miss the "
        f"rate by {spread:.2g} ({DEVIATIONS} standard deviations)"
    )


def _leak(of: Experiment) -> Iterator[Concern]:
    tolerance = judge(of)
    if tolerance is None or tolerance.limit is not Verdict.HOLDS or of.spec is None:
        return
    finding = tolerance.findings[tolerance.worst]
    leak = float(np.nanmax(tolerance.leaks))
    if leak > LEAK:
        yield Concern(
            "leak",
            Gravity.RISK,
            "The normalized part leaks at these weights",
            f"The sum is asymmetric only as logits grow without bound. Where every class keeps at "
            f"least {FLOOR:g}, the minimiser gives {leak:.3g} of the probability to wrong classes; "
            "a larger beta, or a smaller alpha, makes it less.",
            "tolerance",
            finding,
        )


def _start(of: Experiment) -> Iterator[Concern]:
    if of.spec is None or of.gaps:
        return
    try:
        pull = of.scale * initial_gradient(of.spec.build(), of.num_classes)
    except AlfsError:
        return
    of_ce = pull / (1 - 1 / of.num_classes)
    if of_ce < SLOW_START:
        yield Concern(
            "slow-start",
            Gravity.RISK,
            "The gradient at the start is tiny",
            f"At equal logits of {of.num_classes} classes the loss pulls with {pull:.2g} at the "
            f"given label's logit, {100 * of_ce:.2g} % of what cross entropy does. {_runs(of)} "
            "Raise the step size or the scale, or add an active part.",
            "surfaces",
        )


def _runs(of: Experiment) -> str:
    """What was seen of such a start, and on which data."""
    seen = (
        "Ou and Zhang (2023) trained MAE, AGCE and NCE alone on clean CIFAR-100, where they start "
        "at 1.2 % or less and stay below 50 % accuracy"
    )
    if of.dataset == "CIFAR-100":
        return f"{seen}."
    here = f"on {of.dataset}" if of.dataset else "for these data"
    return f"{seen}; {here} no such run is known here."


def _classes(of: Experiment) -> Iterator[Concern]:
    if of.stated_classes is None or of.stated_classes == of.num_classes:
        return
    yield Concern(
        "classes",
        Gravity.RISK,
        "The number of classes is another data set's",
        f"The text says {of.stated_classes} classes, and {of.dataset} has {of.num_classes}. All "
        f"that is said here is for {of.num_classes}.",
        "tolerance",
    )


def _other_data(of: Experiment) -> Iterator[Concern]:
    """The published values of another data set, and not of this one."""
    if of.spec is None or not of.dataset:
        return
    same = [
        (key, preset)
        for key, preset in PRESETS.get(of.spec.name, {}).items()
        if LossSpec.of(of.spec.name, **preset.values) == of.spec
    ]
    own = _own_values(of.spec.name, of.dataset)
    if not same or own is None or any(_belongs(key, of.dataset) for key, _ in same):
        return
    key, preset = same[0]
    yield Concern(
        "other-data-set",
        Gravity.NOTE,
        "Parameters of another data set",
        f"These are the values that the {preset.source} uses on {key}; on {of.dataset} it is "
        f"{', '.join(f'{name} = {value:g}' for name, value in own.values)}.",
        "asymmetry",
        better=own,
    )


def _own_values(name: str, dataset: str) -> LossSpec | None:
    presets = (p for key, p in PRESETS.get(name, {}).items() if _belongs(key, dataset))
    first = next(presets, None)
    return LossSpec.of(name, **first.values) if first else None


def _belongs(key: str, dataset: str) -> bool:
    """Whether a preset is one of a data set: "CIFAR-100 (JAL)" is no CIFAR-10."""
    return key == dataset or key.startswith(f"{dataset} ")


def _outside(of: Experiment) -> Iterator[Concern]:
    if of.spec is None or not reads_logits(of.spec.build()):
        return
    yield Concern(
        "outside",
        Gravity.NOTE,
        "Outside the theory",
        f"{family(of.spec.name).title} reads logits, not probabilities: the theory on the simplex "
        "says nothing about it.",
        "surfaces",
    )


LOOKS: tuple[Callable[[Experiment], Iterator[Concern]], ...] = (
    _open,
    _noise,
    _verdict,
    _thin,
    _leak,
    _start,
    _classes,
    _by_image,
    _other_data,
    _outside,
    _given_twice,
)
