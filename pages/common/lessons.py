"""The scenes of Home and the steps of its tour: prepared pages, each with a question to predict.

What a lesson claims is computed: its texts have fields, which ``facts`` fills from the same losses
and the same noise that its page shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

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


def best(
    scene: Scene, name: str, floor: float = 0.0, w: Sequence[float] | np.ndarray | None = None
) -> np.ndarray:
    """The minimiser of the noisy risk on the hardest row, or on weights of its own."""
    at = row(scene) if w is None else np.array(w)
    return minimise(loss(scene, name), at, floor).point


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


MORE = 0.6  # a rate to think of


def chasing(scene: Scene) -> Facts:
    return wrong(scene) | {
        "more": 100 * MORE,
        "then": point(best(scene, "CE", w=row(scene, MORE))),
        "star": point(best(scene, "CE")),
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


HARDER = 0.45  # a rate of flips to think of


def breaking(scene: Scene) -> Facts:
    w, harder = row(scene), row(scene, HARDER)
    found = {"limit": limit(scene, "AEL"), "needed": needed(scene, "AEL"), "lead": w[0] / w[1]}
    asked = {"more": 100 * HARDER, "then": harder[0] / harder[1]}
    enough = 1 / math.log(asked["then"])
    a = dict(scene.losses[0].values)["a"]
    return wrong(scene) | found | asked | {"rate": scene.noise.rate, "enough": enough, "a": a}


MANY = 100  # classes to think of


def eighty(scene: Scene) -> Facts:
    w, larger = row(scene), replace(scene, num_classes=MANY)
    return wrong(scene) | {
        "K": scene.num_classes,
        "many": MANY,
        "most_then": domination_rate(lambda rate: row(larger, rate)),
        "limit_then": limit(larger, "AGCE"),
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
    nce = loss(scene, "NCE")
    even = minimise(nce, spread, DEFAULT_FLOOR).point
    return wrong(scene) | {
        "leak": minimise(nce, row(scene), DEFAULT_FLOOR).leak(0),
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
    found: dict[str, float] = {"excess": 100 * EXCESS}
    for spec in scene.losses:
        built = spec.build()
        bound, values = excess_bound(built, T), built.partial(np.array([0.0, 1.0]))
        span = float(values[0] - values[1])
        found |= {f"{spec.name}_D": bound.D, spec.name: 100 * bound.error(EXCESS * span)}
        found |= {f"{spec.name}_slope": span / (bound.D * bound.step)}
    return found | {"left": found["MAE"] / found["AGCE_slope"]}


def kinked(scene: Scene) -> Facts:
    assert scene.posterior is not None
    p = np.array(scene.posterior)
    kink, ce = (minimise(spec.build(), p).point for spec in scene.losses)
    values = scene.losses[0].build().partial(np.array([0.0, 0.5, 1.0]))
    before, beyond = values[0] - values[1], values[1] - values[2]  # how far either half falls
    named = before / (before + beyond)
    return {"p": point(p), "named": named, "tie": point(kink), "ce": point(ce)}


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


OTHER = (0.3, 0.5, 0.2)  # shares of labels to think of


def risks(scene: Scene) -> Facts:
    return wrong(scene) | {
        "other": point(np.array(OTHER)),
        "mae": point(best(scene, "MAE", w=OTHER)),
        "ce": point(best(scene, "CE", w=OTHER)),
    }


LEAD = 2.0  # to think of


def ratios(scene: Scene) -> Facts:
    found = {name: loss(scene, name).asymmetry_ratio() or 0.0 for name in ("CE", "AGCE", "MAE")}
    return found | {"lead": LEAD, "enough": 1 / LEAD}


def threshold(scene: Scene) -> Facts:
    return {
        "flipped": limit(replace(scene, noise=replace(scene.noise, kind="pair")), "AGCE"),
        "r": 1 / needed(scene, "AGCE"),
        "needed": needed(scene, "AGCE"),
        "limit": limit(scene, "AGCE"),
        "most": limit(scene, "MAE"),
    }


def kept(scene: Scene) -> Facts:
    w = row(scene)
    limits = {name: limit(scene, name) for name in ("CE", "AGCE", "MAE")}
    return wrong(scene) | limits | {"lead": w[0] / np.delete(w, 0).max()}


def split(scene: Scene) -> Facts:
    """The same, and as if the wrong labels went to two classes."""
    shared = largest_rate(
        loss(scene, "AGCE"), lambda rate: np.array([1 - rate, rate / 2, rate / 2])
    )
    assert shared is not None
    return {**kept(scene), "split": shared}


def calibrations(scene: Scene) -> Facts:
    assert scene.posterior is not None
    p = np.array(scene.posterior)
    found = {name.lower(): point(best(scene, name, w=p)) for name in ("CE", "AGCE")}
    return found | {"lead": p[0] / p[1], "needed": needed(scene, "AGCE")}


# ---- the scenes -------------------------------------------------------------------------------

of = LossSpec.of
KINKED = of(f"{FORMULA}max(1.5 - 2*u, 1 - u)")  # slope −2 up to u = ½, −1 beyond
FLIPS = LabelNoise("cifar10", 0.4)
EVEN = LabelNoise("symmetric", 0.4)
LEARNING_BY_HEART = (("instant_hidden", "true"), ("instant_images", "2000"))
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
        "Raise the noise to {more:.0f} %. Where will the star of CE be?",
        "At **{then}**, on the diamond, the shares of the labels as given. Here it is at {star}: "
        "whatever the noise, CE repeats it. AGCE holds the corner up to a noise rate of "
        "**{limit:.4f}**.",
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
        "Give MAE a larger step, so that both begin alike. How many times as long does it take "
        "then to come within {near:.0f} % of its minimum?",
        "Still **{even:.1f} times** as long, against {times:.1f} as published (t = {late:.0f} "
        "and {soon:.2g}). The step is half of the cure only: the pull of MAE is u (1 − u), next to "
        "nothing wherever the right class has little probability.",
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
        "AEL under flips between similar classes, the benchmark of CIFAR-10. The curve is the "
        "probability that its best prediction leaves to the right class: all of it, up to just "
        "above {wrong:.0f} %.",
        "AEL needs the right label to be $e^{{1/a}}$ times as frequent as the wrong one. From "
        "which a on does it bear flips of {more:.0f} %?",
        "From **a = {enough:.3f}**. Flips at the rate η leave (1 − η)/η, then {then:.4f}, and "
        "$e^{{1/a}}$ must not be more. Here a = {a:g} needs {needed:.4f}, and flips of {rate:.2g} "
        "leave {lead:.4g}: the curve leaves 1 at {limit:.4f}.",
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
        "With {many} classes instead of {K}, up to which rate would MAE hold, and up to which "
        "AGCE?",
        "MAE up to **{most_then:.3g}**, where all labels become equally frequent: it asks for no "
        "more than a lead. AGCE, which asks for one of {needed:.4f} times, up to "
        "**{limit_then:.4f}**. With {K} classes: {most:.3g} and {limit:.4f}. For CE a single wrong "
        "label is too many.",
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
        "With the same {wrong:.0f} % spread evenly, how much probability would NCE’s best "
        "prediction give to the {others} wrong classes?",
        "Next to nothing: **{even:.2g}**, the least that a floor of δ = {floor:g} for each allows "
        "(NCE has no value at the corners). Here {leak:.3f} more leaks, nearly as much as with CE, "
        "{ce:.3g}: the share of the wrong labels.",
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
        "are left: only for MAE is that a promise worth having.",
        "How near to its minimum must AGCE come to promise as much?",
        "Within **{left:.2f} %** of its range: MAE has the margin D = {MAE_D:.3g}, AGCE "
        "{AGCE_D:.4f}, AEL {AEL_D:.4f}. So near to its threshold a loss has the right minimiser "
        "and no room for error.",
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
        "Between two classes, how probable must one be before this loss names it?",
        "More than **{named:.3f}**: half the slope asks for two to one. At {p} its best prediction "
        "is {tie} and names neither class, so minimising this loss need not find the more probable "
        "one. That of CE is {ce}, the posterior itself.",
        kinked,
        (("calibration_view", "All losses"),),
    ),
    Lesson(
        "race",
        "Two losses in a race",
        Scene("live", (of("CE"), of("AGCE")), "The same images, the same wrong labels.", EVEN, 10),
        "CE and AGCE learn from the same images with the same wrong labels, {wrong:.0f} % of them. "
        "The race runs as you look: heads with a hidden layer, large enough to learn labels by "
        "heart, again at every move of the noise.",
        "Which of the two will learn the wrong labels, and what will that cost?",
        "CE, and accuracy: it memorises most of the wrong labels and falls behind on test images. "
        "Its best prediction gives the right label {kept:.2g} and the rest to the wrong ones; "
        "AGCE’s is the right label alone up to a rate of **{limit:.4f}**.",
        raced,
        LEARNING_BY_HEART,
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
        "{wrong:.1f} % of the labels are wrong. The matrix shows what is taken for what: the "
        "hardest class is {name}, often taken for {taken}.",
        "AMSE looks at the gap between the right label and the next: a times the gap must reach "
        "the sum of the weights. From which a on does it hold here?",
        "From **a = {least:.3f}**; here a = {a:g}. AGCE looks at the quotient: it needs "
        "{needed:.4f} and finds {lead:.4f}. Flips of {flips:.0f} % bring it to its limit, while "
        "people, who spread their mistakes, are easier on average: some images are mislabelled "
        "more often, and the verdict does not reach them one by one.",
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
        "With {more} classes training starts at u = 1/{more}. How many times harder does CE pull "
        "there than MAE?",
        "**{more_times:.3g} times**, once for each class. Here, with {K}, it is {times:.3g} times: "
        "{ce:.2g} against {mae:.2g}.",
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
        "If the labels were given with the frequencies {other} instead, where would each loss "
        "want the prediction?",
        "MAE at **{mae}**: its risk is a plane, lowest in the corner of the largest weight. CE at "
        "{ce}: it wants the frequencies themselves.",
        risks,
    ),
    Lesson(
        "tour-ratio",
        "The asymmetry ratio",
        Scene("asymmetry", (of("CE"), of("AGCE"), of("MAE")), "Gain against loss.", EVEN, 10),
        "Move probability from a wrong class to the right one: labels that are right gain by it, "
        "labels that are wrong lose. The least quotient of gain and loss, over all such moves, is "
        "the asymmetry ratio r.",
        "Where the right label is {lead:g} times as frequent as any wrong one, which r is enough "
        "to keep the right answer?",
        "**r = {enough:.2g}**: a gain that comes {lead:g} times as often may be worth half the "
        "harm. MAE, a straight line, has r = {MAE:.3g} and needs no more than a lead; CE, infinite "
        "at u = 0, has {CE:.3g}, and no lead is enough. AGCE lies between: {AGCE:.4f}.",
        ratios,
    ),
    Lesson(
        "tour-threshold",
        "The threshold",
        Scene("tolerance", (of("AGCE"), of("MAE")), "Where the best prediction lets go.", EVEN, 10),
        "A loss with the ratio r keeps the right answer where the right label is 1/r times as "
        "frequent as any wrong one. Raise the noise along the curve, and at the threshold the best "
        "prediction lets go.",
        "AGCE has r = {r:.4f}, so it needs a lead of {needed:.4f}. If all wrong labels of a class "
        "were of one other class, at which rate would it be lost?",
        "At **{flipped:.4f}**: the fewer classes share the wrong labels, the sooner one of them "
        "comes near. Here all share them, and AGCE lasts until {limit:.4f}, MAE, with a lead of 1 "
        "to keep, until {most:.3g}.",
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
        "If the wrong labels went to two classes in equal parts, up to which rate would AGCE hold?",
        "Up to **{split:.4f}**: each of the two is half as frequent. Here the right label leads "
        "{lead:.3g} times, and MAE alone is tolerant: it lasts until {MAE:.3g}, AGCE until "
        "{AGCE:.4f}, CE until {CE:.3g}.",
        split,
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
        "Class 1 is {lead:.3g} times as probable as class 2, and AGCE is sure of it. Below which "
        "lead does it begin to doubt?",
        "Below **{needed:.4f}**, its threshold 1/r: here a posterior takes the place of the noise. "
        "AGCE’s best prediction is {agce}, CE’s {ce}, the posterior itself. Both name class 1; "
        "calibration does not tell the two apart, asymmetry does.",
        calibrations,
    ),
    Lesson(
        "tour-race",
        "The race",
        Scene("live", (of("CE"), of("AGCE"), of("MAE")), "Theory in training.", EVEN, 10),
        "Now the same in training, with {wrong:.0f} % wrong labels: heads on fixed features of the "
        "images, so the race is soon over. It shows the accuracy on clean test images, and how "
        "many wrong labels each loss has learned by heart.",
        "The theory ranks them; which will be on top in the end?",
        "AGCE keeps the right answer up to a rate of {AGCE:.4f}, MAE up to {MAE:.3g}, CE at none. "
        "But a minimiser is a promise about the end, and a slow loss may not get there: see for "
        "yourself.",
        kept,
        LEARNING_BY_HEART,
    ),
)

LESSONS: dict[str, Lesson] = {lesson.key: lesson for lesson in (*SCENES, *TOUR)}


def course(lesson: Lesson) -> tuple[Lesson, ...]:
    """The scenes or the tour, whichever the lesson belongs to."""
    return TOUR if lesson in TOUR else SCENES
