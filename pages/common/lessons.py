"""The scenes of Home and the steps of its tour: prepared pages, each with a question to predict.

What a lesson claims is computed: its texts have fields, which ``facts`` fills from the same losses
and the same noise that its page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from alfs_core.losses import Loss, LossSpec
from alfs_core.losses.formula import FORMULA
from alfs_core.noise.human import CLASSES
from alfs_core.noise.transition import KINDS, LabelNoise
from alfs_core.theory.cards import Scene
from alfs_core.theory.descent import TOLERANCE, descent
from alfs_core.theory.simplex import DEFAULT_FLOOR, minimise
from alfs_core.theory.threshold import domination_rate, largest_rate
from alfs_core.theory.tolerance import excess_bound
from alfs_core.theory.tradeoff import first_pull

Fact = float | str
Facts = Mapping[str, Fact]


@dataclass(frozen=True)
class Lesson:
    """A scene with its words: two sentences on what to look at, a question and its answer.

    The texts are format strings over ``facts``; ``options`` are what the page is asked for besides
    the scene, by the words of its controls; an empty word asks for what the page shows by itself,
    since a word that says so would be taken out of the address again.
    """

    key: str
    title: str
    scene: Scene
    look: str
    question: str
    answer: str
    compute: Callable[[Scene], Facts]
    options: tuple[tuple[str, str], ...] = ()

    @property
    def facts(self) -> Facts:
        """Every number of the texts."""
        return self.compute(self.scene)


# ---- numbers of a scene -----------------------------------------------------------------------


def loss(scene: Scene, name: str) -> Loss:
    """The first loss of that name."""
    return next(spec.build() for spec in scene.losses if spec.name == name)


def row(scene: Scene, rate: float | None = None) -> np.ndarray:
    """How often each label is given, the clean one first, in the row with the smallest lead."""
    at = scene.noise.rate if rate is None else rate
    return hardest(LabelNoise(scene.noise.kind, at).transition(scene.num_classes))[1]


def hardest(T: np.ndarray) -> tuple[int, np.ndarray]:
    """The class whose clean label leads the least, and its row with that label in front."""
    leads = [T[i, i] / max(np.delete(T[i], i).max(), 1e-300) for i in range(len(T))]
    clean = int(np.argmin(leads))
    return clean, np.concatenate([[T[clean, clean]], np.delete(T[clean], clean)])


def limit(scene: Scene, name: str) -> float:
    """The largest rate of this kind of noise on which the loss is asymmetric."""
    found = largest_rate(loss(scene, name), lambda rate: row(scene, rate))
    assert found is not None
    return found


def best(scene: Scene, name: str, floor: float = 0.0) -> np.ndarray:
    """The minimiser of the noisy risk on the hardest row."""
    return minimise(loss(scene, name), row(scene), floor).point


def needed(scene: Scene, name: str) -> float:
    """The lead w_m/w_n from which on a loss of u alone is asymmetric."""
    ratio = loss(scene, name).asymmetry_ratio()
    assert ratio
    return 1 / ratio


def wrong(scene: Scene) -> dict[str, Fact]:
    return {"wrong": 100 * scene.noise.rate}


def point(u: np.ndarray) -> str:
    return f"({', '.join(f'{x:.3g}' for x in u)})"


# ---- what each lesson computes ----------------------------------------------------------------


def chasing(scene: Scene) -> Facts:
    star = best(scene, "CE")
    return wrong(scene) | {
        "kept": star[0],
        "star": point(star),
        "held": best(scene, "AGCE")[0],
        "limit": limit(scene, "AGCE"),
    }


def slow(scene: Scene) -> Facts:
    w1, w2, w3 = row(scene).tolist()

    def arrival(name: str, scale: str) -> float:
        return float(descent(loss(scene, name), (w1, w2, w3), scale=scale).times[1])

    late, soon = arrival("MAE", "published"), arrival("CE", "published")
    even = arrival("MAE", "step") / arrival("CE", "step")
    near = 100 * TOLERANCE
    return {"late": late, "soon": soon, "times": late / soon, "even": even, "near": near}


def breaking(scene: Scene) -> Facts:
    w = row(scene)
    found = {"limit": limit(scene, "AEL"), "needed": needed(scene, "AEL"), "lead": w[0] / w[1]}
    return wrong(scene) | found | {"rate": scene.noise.rate}


def eighty(scene: Scene) -> Facts:
    w = row(scene)
    return wrong(scene) | {
        "right": w[0],
        "other": w[1],
        "most": domination_rate(lambda rate: row(scene, rate)),
        "needed": needed(scene, "AGCE"),
        "limit": limit(scene, "AGCE"),
    }


def presets(scene: Scene) -> Facts:
    w = row(scene)
    found: dict[str, Fact] = {"right": w[0], "other": w.max(where=w < w[0], initial=0)}
    for name in ("AGCE", "AUL", "AEL"):
        found |= {name: needed(scene, name), f"{name}_limit": limit(scene, name)}
    return wrong(scene) | found | {"lead": w[0] / np.delete(w, 0).max()}


def uneven(scene: Scene) -> Facts:
    spread = np.full(scene.num_classes, scene.noise.rate / (scene.num_classes - 1))
    spread[0] = 1 - scene.noise.rate
    even = minimise(loss(scene, "NCE"), spread, DEFAULT_FLOOR).point
    return wrong(scene) | {
        "leak": 1 - best(scene, "NCE", DEFAULT_FLOOR)[0],
        "ce": 1 - best(scene, "CE")[0],
        "even": 1 - even[0],
        "floor": DEFAULT_FLOOR,
        "others": scene.num_classes - 1,
    }


def penalty(scene: Scene) -> Facts:
    small, large = (dict(s.values)["a"] for s in scene.losses if s.name == "AMSE")
    w = row(scene)
    least = w.sum() / (w[0] - w[1])
    return {"small": small, "large": large, "least": least, "kept": best(scene, "AMSE")[0]}


EXCESS = 0.02  # of the range of a loss, as the slider of the page says it


def margins(scene: Scene) -> Facts:
    T = scene.noise.transition(scene.num_classes)
    found: dict[str, Fact] = {"excess": 100 * EXCESS}
    for spec in scene.losses:
        built = spec.build()
        bound, values = excess_bound(built, T), built.partial(np.array([0.0, 1.0]))
        share = bound.error(EXCESS * float(values[0] - values[1]))
        found |= {f"{spec.name}_D": bound.D, spec.name: 100 * share}
    return found


def kinked(scene: Scene) -> Facts:
    assert scene.posterior is not None
    p = np.array(scene.posterior)
    kink, ce = (minimise(spec.build(), p).point for spec in scene.losses)
    return {"p1": p[0], "p2": p[1], "tie": point(kink), "ce": point(ce)}


def raced(scene: Scene) -> Facts:
    return wrong(scene) | {"kept": best(scene, "CE")[0], "limit": limit(scene, "AGCE")}


def people(scene: Scene) -> Facts:
    T = scene.noise.transition(scene.num_classes)
    clean, w = hardest(T)
    others = np.delete(T[clean], clean)
    taken = int(np.argmax(T[clean] * (np.arange(len(T)) != clean)))
    gaps = [T[i, i] - np.delete(T[i], i).max() for i in range(len(T))]
    return wrong(scene) | {
        "flips": 100 * FLIPS.rate,
        "name": CLASSES[clean],
        "taken": CLASSES[taken],
        "lead": w[0] / others.max(),
        "needed": needed(scene, "AGCE"),
        "least": 1 / min(gaps),
        "a": dict(scene.losses[-1].values)["a"],
    }


def pulls(scene: Scene) -> Facts:
    def pull(name: str, num_classes: int) -> float:
        return first_pull(loss(scene, name), num_classes)

    K, more = scene.num_classes, 10 * scene.num_classes
    return {
        "K": K,
        "more": more,
        "ce": pull("CE", K),
        "mae": pull("MAE", K),
        "times": pull("CE", K) / pull("MAE", K),
        "more_times": pull("CE", more) / pull("MAE", more),
    }


def risks(scene: Scene) -> Facts:
    return wrong(scene) | {
        "w": point(row(scene)),
        "mae": point(best(scene, "MAE")),
        "ce": point(best(scene, "CE")),
    }


def ratios(scene: Scene) -> Facts:
    return {name: float(loss(scene, name).asymmetry_ratio() or 0) for name in ("CE", "AGCE", "MAE")}


def threshold(scene: Scene) -> Facts:
    return {
        "r": 1 / needed(scene, "AGCE"),
        "needed": needed(scene, "AGCE"),
        "limit": limit(scene, "AGCE"),
        "most": limit(scene, "MAE"),
    }


def kept(scene: Scene) -> Facts:
    w = row(scene)
    limits = {name: limit(scene, name) for name in ("CE", "AGCE", "MAE")}
    return wrong(scene) | limits | {"lead": w[0] / np.delete(w, 0).max()}


def calibrations(scene: Scene) -> Facts:
    assert scene.posterior is not None
    p = np.array(scene.posterior)
    ce, agce = (minimise(loss(scene, name), p).point for name in ("CE", "AGCE"))
    return {"p": point(p), "ce": point(ce), "agce": point(agce)}


# ---- the scenes -------------------------------------------------------------------------------

of = LossSpec.of
KINKED = of(f"{FORMULA}max(1.5 - 2*u, 1 - u)")  # slope −2 up to u = ½, −1 beyond
FLIPS = LabelNoise("cifar10", 0.4)
EVEN = LabelNoise("symmetric", 0.4)
PEOPLE = LabelNoise("human-worse", KINDS["human-worse"].fixed or 0.0)

SCENES: tuple[Lesson, ...] = (
    Lesson(
        "chasing",
        "CE chases noise",
        Scene(
            "surfaces",
            (of("CE"), of("AGCE")),
            "The best prediction of CE repeats whatever the labels say.",
            EVEN,
        ),
        "The right label is class 1, and {wrong:.0f} % of the labels say otherwise. The star is "
        "the best prediction under such labels: that of AGCE stays in the corner e₁, that of CE "
        "does not.",
        "How much probability does CE’s best prediction give to class 1?",
        "**{kept:.3g}**. The star {star} lies on the diamond, the shares of the labels as given: "
        "whatever the noise, CE repeats it. AGCE gives class 1 probability {held:.3g}, up to a "
        "noise rate of {limit:.4f}.",
        chasing,
    ),
    Lesson(
        "slow",
        "Robust but slow",
        Scene(
            "surfaces",
            (of("CE"), of("MAE")),
            "MAE gets to the right corner, long after CE has settled elsewhere.",
            EVEN,
        ),
        "Gradient descent on the noisy risk, from a prediction that is sure and wrong. CE soon "
        "arrives at an answer that repeats the noise; MAE ends in the right corner, late.",
        "How many times longer does MAE take to come within {near:.0f} % of its minimum?",
        "**{times:.1f} times**: t = {late:.0f} against {soon:.2g}. The pull of MAE is u (1 − u), "
        "next to nothing where the right class has little probability. A larger step is half of "
        "the cure only: with equal first steps it still takes {even:.1f} times as long.",
        slow,
        (("surfaces_view", "Flow"), ("surfaces_start", "wrong corner")),
    ),
    Lesson(
        "threshold",
        "The threshold at work",
        Scene(
            "tolerance",
            (of("AEL", a=2.5),),
            "One curve, and the noise rate at which it breaks.",
            FLIPS,
            10,
        ),
        "AEL under flips of {wrong:.0f} % between similar classes, the benchmark of CIFAR-10. The "
        "curve, below the matrix, is the probability that its best prediction leaves to the right "
        "class: all of it, so far.",
        "At which rate does the curve leave 1?",
        "At **{limit:.4f}**, just above {rate:.2g}. AEL needs the right label to be e^(1/a) = "
        "{needed:.4f} times as frequent as the wrong one. Flips at the rate η leave (1 − η)/η, "
        "here {lead:.4g}.",
        breaking,
        (("tolerance_view", "Noise sweep"),),
    ),
    Lesson(
        "eighty",
        "Why 80 % symmetric noise can be fine",
        Scene(
            "tolerance",
            (of("CE"), of("AGCE"), of("MAE")),
            "Most labels are wrong, and the right answer still wins.",
            LabelNoise("symmetric", 0.8),
            10,
        ),
        "{wrong:.0f} % of the labels are wrong, and AGCE and MAE keep the clean answer. In every "
        "row of the matrix the right label is still the most frequent one: {right:.3g} against "
        "{other:.3g} for each wrong label.",
        "Up to which rate does MAE hold, and up to which AGCE?",
        "MAE up to **{most:.3g}**, where all labels become equally frequent: it asks for no more "
        "than a lead. AGCE up to **{limit:.4f}**: it asks for a lead of {needed:.4f} times. "
        "For CE a single wrong label is too many.",
        eighty,
    ),
    Lesson(
        "presets",
        "Three presets just under 1.5",
        Scene(
            "asymmetry",
            (of("AGCE", a=0.6, q=0.6), of("AUL", a=5.5, p=3), of("AEL", a=2.5)),
            "Published parameters at the very edge of a benchmark.",
            FLIPS,
            10,
        ),
        "AGCE, AUL and AEL with the parameters of their code for CIFAR-10. The column *Enough* is "
        "the lead that the right label must have: for all three a little less than {lead:.4g}.",
        "Where does {lead:.4g} come from?",
        "From flips of {wrong:.0f} %, the hardest of the usual benchmarks: the right label keeps "
        "{right:.2g}, the wrong one gets {other:.2g}. AGCE needs {AGCE:.4f} and holds up to the "
        "rate **{AGCE_limit:.4f}**, AUL needs {AUL:.4f} (**{AUL_limit:.4f}**), AEL {AEL:.4f} "
        "(**{AEL_limit:.4f}**).",
        presets,
    ),
    Lesson(
        "uneven",
        "NCE under uneven noise",
        Scene(
            "tolerance",
            (of("CE"), of("NCE")),
            "A symmetric loss that fails like CE.",
            LabelNoise("pair", 0.4),
            10,
        ),
        "NCE is symmetric, its sum over all labels is constant, and where wrong labels are spread "
        "evenly that makes it robust. Here all wrong labels of a class are the next class, and NCE "
        "fails like CE.",
        "How much probability does NCE’s best prediction give to wrong classes?",
        "**{leak:.3f}**, nearly as much as CE, {ce:.3g}: the share of the wrong labels. (Every "
        "class keeps at least δ = {floor:g}, as NCE has no value at the corners.) With the wrong "
        "labels spread evenly it would be {even:.2g}, the least that the floor of {others} classes "
        "allows.",
        uneven,
    ),
    Lesson(
        "penalty",
        "AMSE is MAE plus ‖u‖²",
        Scene(
            "surfaces",
            (of("MAE"), of("AMSE", a=1.5), of("AMSE", a=30)),
            "A plane, bent by a penalty on being sure.",
            EVEN,
        ),
        "K times AMSE is 2a times MAE plus ‖u‖², up to a constant: a plane, bent by a penalty on "
        "being sure. At a = {small:g} the penalty pulls the star off the corner, at a = {large:g} "
        "the picture is nearly that of MAE.",
        "From which a on does the star stay in the corner under this noise?",
        "From **a = {least:.3g}**: a times the lead w₁ − w₂ must reach the sum of the weights. At "
        "a = {small:g} the star leaves {kept:.3g} to class 1.",
        penalty,
    ),
    Lesson(
        "margins",
        "The price of a small margin",
        Scene(
            "tolerance",
            (of("MAE"), of("AGCE"), of("AEL")),
            "Three tolerant losses, and what each can promise.",
            FLIPS,
            10,
            excess=True,
        ),
        "All three losses tolerate this noise, but training only comes near a minimum. The table "
        "says how many predictions may still be wrong when {excess:.0f} % of the range of the loss "
        "are left.",
        "For which of the three does that say anything?",
        "For MAE alone: **at most {MAE:.0f} %** wrong. Its margin is D = {MAE_D:.3g}. AGCE keeps "
        "D = {AGCE_D:.4f} and AEL {AEL_D:.4f}, and the bound says {AGCE:.0f} % for both: so near "
        "to its threshold a loss has the right minimiser and no room for error.",
        margins,
    ),
    Lesson(
        "kinked",
        "A loss that is not calibrated",
        Scene(
            "calibration",
            (KINKED, of("CE")),
            "A tie where there should be an answer.",
            posterior=(0.6, 0.4, 0.0),
        ),
        "No label noise: each point is a posterior, the true probabilities of three classes. The "
        "first loss falls half as steeply beyond u = ½ as before it, and wherever its triangle is "
        "grey its best prediction is a tie.",
        "Class 1 has the probability {p1:g}, class 2 {p2:g}. What is the best prediction?",
        "**{tie}**: it names neither class, so minimising this loss need not find the more "
        "probable one. The best prediction of CE is {ce}, the posterior itself.",
        kinked,
        (("calibration_view", "All losses"),),
    ),
    Lesson(
        "race",
        "Two losses in a race",
        Scene("live", (of("CE"), of("AGCE")), "The same images, the same wrong labels.", EVEN, 10),
        "CE and AGCE learn from the same images with the same wrong labels, {wrong:.0f} % of them. "
        "The race runs as you look: heads on fixed features of the images, again at every move of "
        "the noise.",
        "Which of the two fits the wrong labels more?",
        "Theory says CE: its best prediction gives the right label {kept:.2g} and the rest to the "
        "wrong ones, while AGCE’s is the right label alone up to a rate of **{limit:.4f}**. That "
        "is about the minimum; *wrong labels memorised* shows how far training came.",
        raced,
    ),
    Lesson(
        "people",
        "Labels from people",
        Scene(
            "tolerance",
            (of("CE"), of("AGCE"), of("AEL"), of("AMSE", a=30)),
            "Human mistakes, and the losses that bear them.",
            PEOPLE,
            10,
        ),
        "People labelled the images of CIFAR-10, and in this set, the worst of CIFAR-10N, "
        "{wrong:.1f} % of the labels are wrong. The matrix shows what is taken for what.",
        "Flips of {flips:.0f} % bring AGCE to its limit. Are these labels harder?",
        "No: people spread their mistakes. The hardest class is {name}, often taken for {taken}, "
        "and still its right label is **{lead:.4f}** times as frequent; AGCE needs {needed:.4f}. "
        "AMSE looks at the gap instead and needs a ≥ {least:.3f}; here a = {a:g}.",
        people,
    ),
)

TOUR: tuple[Lesson, ...] = (
    Lesson(
        "tour-loss",
        "A loss",
        Scene("surfaces", (of("CE"), of("MAE")), "What a label costs.", EVEN, 10),
        "A loss ℓ(u) is the cost of a label that the prediction gives the probability u. Training "
        "follows its slope; the last picture is the pull on the label’s logit.",
        "How many times harder does CE pull than MAE at the start, at u = 1/{K}?",
        "**{times:.3g} times**: {ce:.2g} against {mae:.2g}. With {more} classes it is "
        "{more_times:.3g} times.",
        pulls,
        (("surfaces_view", ""),),
    ),
    Lesson(
        "tour-risk",
        "The noisy risk",
        Scene("surfaces", (of("CE"), of("MAE")), "What wrong labels ask for.", EVEN),
        "With {wrong:.0f} % wrong labels an image of class 1 is given each label with the "
        "frequencies w, and its expected loss is the noisy risk Σ wᵢ L(u, i). The star, its "
        "minimiser, is the best that a network can learn.",
        "Here w = {w}. Where does each loss want the prediction?",
        "MAE at **{mae}**: its risk is a plane, lowest in the corner of the largest weight. CE at "
        "**{ce}**: it wants the frequencies themselves.",
        risks,
    ),
    Lesson(
        "tour-ratio",
        "The asymmetry ratio",
        Scene("asymmetry", (of("CE"), of("AGCE"), of("MAE")), "Gain against loss.", EVEN, 10),
        "Move probability from a wrong class to the right one: labels that are right gain by it, "
        "labels that are wrong lose. The least quotient of gain and loss, over all such moves, is "
        "the asymmetry ratio r.",
        "What is r for MAE, a straight line, and for CE, infinite at 0?",
        "**{MAE:.3g}** for MAE, **{CE:.3g}** for CE. AGCE lies between: {AGCE:.4f}.",
        ratios,
    ),
    Lesson(
        "tour-threshold",
        "The threshold",
        Scene("tolerance", (of("AGCE"), of("MAE")), "Where the best prediction lets go.", EVEN, 10),
        "A loss with the ratio r keeps the right answer where the right label is 1/r times as "
        "frequent as any wrong one. Raise the noise along the curve, and at the threshold the best "
        "prediction lets go.",
        "AGCE has r = {r:.4f}, so it needs a lead of {needed:.4f}. At which rate is it lost?",
        "At **{limit:.4f}**. MAE, with a lead of 1 to keep, lasts until {most:.3g}.",
        threshold,
        (("tolerance_view", "Noise sweep"),),
    ),
    Lesson(
        "tour-tolerance",
        "Noise tolerance",
        Scene(
            "tolerance",
            (of("CE"), of("AGCE"), of("MAE")),
            "Every class of a matrix.",
            LabelNoise("pair", 0.45),
            10,
        ),
        "If on every row of the transition matrix the best prediction is the clean class, learning "
        "from the noisy labels finds what learning from clean ones would. Here {wrong:.0f} % of "
        "each class are given the label of the next.",
        "The right label leads {lead:.3g} times. Which losses are tolerant?",
        "MAE alone: it lasts until {MAE:.3g}, AGCE until {AGCE:.4f}, CE until {CE:.3g}.",
        kept,
    ),
    Lesson(
        "tour-calibration",
        "Calibration",
        Scene(
            "calibration",
            (of("CE"), of("AGCE")),
            "Without wrong labels.",
            posterior=(0.6, 0.25, 0.15),
        ),
        "Even without wrong labels an image may be ambiguous: a posterior p. A loss is calibrated "
        "when its best prediction always names the most probable class.",
        "At p = {p}, what are the best predictions of CE and of AGCE?",
        "CE: **{ce}**. AGCE: **{agce}**. Both name class 1; calibration does not tell the two "
        "apart, asymmetry does.",
        calibrations,
    ),
    Lesson(
        "tour-race",
        "The race",
        Scene("live", (of("CE"), of("AGCE"), of("MAE")), "Theory in training.", EVEN, 10),
        "Now the same in training, with {wrong:.0f} % wrong labels: heads on fixed features of the "
        "images, so the race is soon over. It shows the accuracy on clean test images, and how "
        "many wrong labels each loss has learned.",
        "The theory ranks them; which will be on top in the end?",
        "AGCE keeps the right answer up to a rate of {AGCE:.4f}, MAE up to {MAE:.3g}, CE at none. "
        "But a minimiser is a promise about the end, and a slow loss may not get there: see for "
        "yourself.",
        kept,
    ),
)

LESSONS: dict[str, Lesson] = {lesson.key: lesson for lesson in (*SCENES, *TOUR)}


def course(lesson: Lesson) -> tuple[Lesson, ...]:
    """The scenes or the tour, whichever the lesson belongs to."""
    return TOUR if lesson in TOUR else SCENES
