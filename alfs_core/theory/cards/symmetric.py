"""Symmetric losses: uniform noise, class-dependent noise, restricted classes, normalized losses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.cards.records import (
    Card,
    CardResult,
    Comparison,
    Hypothesis,
    Risk,
    Scene,
    Value,
    Way,
    at,
    corner,
    corner_name,
    dominated,
    floor_of,
    label_sum,
    lowest_other,
    minimiser,
    name_of,
    one_of,
    predictions,
    risk,
    runner_up,
    shown,
    told,
    uniform,
    vector,
    way,
)
from alfs_core.theory.simplex import DEFAULT_FLOOR, lattice
from alfs_core.theory.theorems import THEOREMS, Statement
from alfs_core.wording import percent

SUM = Hypothesis("sum", r"the loss is symmetric: $\sum_i L(u, i) = C$ for every $u$")
GROUP = "Symmetric losses"
LEAST_LEAD = 1e-6  # of one risk over another, so that rounding cannot turn it

_MAE = LossSpec.of("MAE")


def _symmetric_specs(rng: np.random.Generator) -> tuple[LossSpec, ...]:
    return (
        _MAE,
        LossSpec.of("RCE"),
        LossSpec.of("NCE"),
        LossSpec.of("NGCE", q=uniform(rng, 0.4, 1.6)),
    )


def _even_row(num_classes: int, rate: float, y: int = 0) -> np.ndarray:
    row = np.full(num_classes, rate / (num_classes - 1))
    row[y] = 1 - rate
    return row


def sums_differ(spec: LossSpec, num_classes: int = 3) -> Comparison:
    """That Σ_i L(u, i) is another number in the middle than near a corner."""
    middle, side = np.full(num_classes, 1 / num_classes), np.full(num_classes, 0.05)
    side[0] = 1 - 0.05 * (num_classes - 1)
    here, there = label_sum(spec, middle), label_sum(spec, side)
    sign = "<" if here.value < there.value else ">"
    words = r"$\sum_i L(u, i)$ at $u = {}$"
    return Comparison(
        at(words.format(shown(middle)), here), sign, at(words.format(shown(side)), there)
    )


def sums_agree(spec: LossSpec, num_classes: int, rng: np.random.Generator) -> Comparison:
    """The same, that it is the same number at two drawn predictions."""
    one, two = predictions(rng, 2, *(num_classes * (2.0,)))
    words = r"$\sum_i L(u, i)$ at $u = {}$"
    return Comparison(
        at(words.format(shown(one)), label_sum(spec, one)),
        "=",
        at(words.format(shown(two)), label_sum(spec, two)),
    )


def leaves(
    spec: LossSpec, w: np.ndarray, rival: tuple[float, ...], m: int = 0
) -> tuple[Comparison, ...]:
    """The noisy risk is lower at a rival than at the corner of class m, the clean risk is not."""
    floor, clean = floor_of(spec), np.eye(len(w))[m]
    own, name = corner(len(w), m, floor), name_of(m, floor)
    there = f"$u = {shown(rival)}$"
    return (
        Comparison(
            at(f"noisy risk at {there}", risk(spec, w, rival)),
            "<",
            at(f"noisy risk at {name}", risk(spec, w, own)),
        ),
        Comparison(
            at(f"clean risk at {there}", risk(spec, clean, rival)),
            ">",
            at(f"clean risk at {name}", risk(spec, clean, own)),
        ),
    )


def end_name(u: tuple[float, ...]) -> str:
    """A prediction as the title of a picture says it."""
    return corner_name(int(np.argmax(u))) if max(u) == 1 else f"u = {shown(u)}"


def along(spec: LossSpec, w: np.ndarray, rival: tuple[float, ...], m: int = 0) -> Way:
    """The noisy and the clean risk from the corner of class m to a rival."""
    floor = floor_of(spec)
    own = corner(len(w), m, floor)
    risks = {
        "noisy risk": risk(spec, w, own),
        "clean risk": risk(spec, np.eye(len(w))[m], own),
    }
    return way((corner_name(m, floor), end_name(rival)), risks, (rival,))


# ---- uniform noise --------------------------------------------------------------------------


def _affine(rng: np.random.Generator) -> CardResult:
    """Five functions on six instances: the noisy risk is one straight line of the clean one."""
    k = int(rng.integers(3, 6))
    rate = uniform(rng, 0.1, 0.9 * (k - 1) / k)
    spec = one_of(rng, _symmetric_specs(rng))
    y = rng.integers(0, k, 6)
    clean, noisy = np.eye(k)[y] / 6, np.array([_even_row(k, rate, c) for c in y]) / 6
    functions = predictions(rng, (5, 6), *(k * (1.5,)))
    pairs = [(_over(spec, clean, f), _over(spec, noisy, f)) for f in functions]
    best = min(pairs, key=lambda pair: pair[1].value)
    worst = max(pairs, key=lambda pair: pair[1].value)
    C = label_sum(spec, functions[0, 0]).value
    slope, offset = 1 - rate * k / (k - 1), C * rate / (k - 1)
    line = Value("that line at its clean risk", slope * worst[0].value + offset)
    lowest = min(pair[0].value for pair in pairs)
    return CardResult(
        None,
        f"{told(spec)}, {k} classes, uniform noise at $\\eta = {rate}$; five functions drawn on "
        "six instances.",
        (
            sums_agree(spec, k, rng),
            Comparison(Value(r"$\eta$", rate), "<", Value("$(K-1)/K$", (k - 1) / k)),
        ),
        (
            Comparison(at("noisy risk of the worst function", worst[1]), "=", line),
            Comparison(
                at("clean risk of the function that is best under noise", best[0]),
                "=",
                Value("lowest clean risk of the five", lowest),
            ),
        ),
        f"Every function lies on the line {slope:.4g} · clean risk + {offset:.4g}, which rises: so "
        "the order of the functions is the same under noise, whichever functions there are.",
        way=way(
            ("the best of five", "the worst of five"),
            {"noisy risk": best[1], "clean risk": best[0]},
            worst[1].predictions,
        ),
    )


def _over(spec: LossSpec, weights: np.ndarray, f: np.ndarray) -> Risk:
    return Risk(spec, tuple(map(vector, weights)), tuple(map(vector, f)))


def _not_symmetric(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("GCE", q=uniform(rng, 0.3, 0.8)), uniform(rng, 0.3, 0.6)
    w = _even_row(3, rate)
    rival = minimiser(spec, w)
    return CardResult(
        "sum",
        f"{told(spec)}, three classes, uniform noise at $\\eta = {rate}$, clean class 1.",
        (Comparison(Value(r"$\eta$", rate), "<", Value("$(K-1)/K$", 2 / 3)),),
        leaves(spec, w, rival),
        "The noisy risk prefers a prediction that hedges, and the clean risk does not.",
        broken=(sums_differ(spec),),
        scene=Scene(
            "surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("symmetric", rate)
        ),
        way=along(spec, w, rival),
    )


def _not_uniform(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("NCE"), uniform(rng, 0.25, 0.45)
    w = np.array([1 - rate, rate, 0.0])
    rival = minimiser(spec, w)
    return CardResult(
        "uniform",
        f"{told(spec)}, three classes, all noise from class 1 to class 2 at $\\eta = {rate}$; "
        f"every class keeps at least $\\delta = {DEFAULT_FLOOR:g}$.",
        (
            sums_agree(spec, 3, rng),
            Comparison(Value(r"$\eta$", rate), "<", Value("$(K-1)/K$", 2 / 3)),
        ),
        leaves(spec, w, rival),
        "NCE is symmetric, and yet its noisy risk prefers a prediction that shares class 1 with "
        "the class it is mistaken for.",
        broken=(Comparison(Value("$w_2$", rate), ">", Value("$w_3$", 0.0)),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("pair", rate)),
        way=along(spec, w, rival),
    )


def _too_much(rng: np.random.Generator) -> CardResult:
    rate = uniform(rng, 0.72, 0.95)
    w = _even_row(3, rate)
    return CardResult(
        "rate",
        f"{told(_MAE)}, three classes, uniform noise at $\\eta = {rate}$, clean class 1.",
        (sums_agree(_MAE, 3, rng),),
        leaves(_MAE, w, corner(3, 1)),
        "The slope of the line is negative: the noisy risk now ranks every function the wrong way "
        "round.",
        broken=(Comparison(Value(r"$\eta$", rate), ">", Value("$(K-1)/K$", 2 / 3)),),
        scene=Scene(
            "surfaces",
            (_MAE,),
            "the star is in the wrong corners",
            LabelNoise("symmetric", rate),
        ),
        way=along(_MAE, w, corner(3, 1)),
    )


UNIFORM = Card(
    "uniform",
    GROUP,
    THEOREMS["tolerance-symmetric"],
    "The noisy risk ranks all functions as the clean risk does.",
    (
        SUM,
        Hypothesis("uniform", "every wrong label is equally likely"),
        Hypothesis("rate", r"the noise rate is below $(K-1)/K$"),
    ),
    _affine,
    {"sum": _not_symmetric, "uniform": _not_uniform, "rate": _too_much},
)


# ---- class-dependent noise ------------------------------------------------------------------


def _wrong_corner_sum(spec: LossSpec, num_classes: int) -> float:
    """C, read at a corner."""
    return label_sum(spec, corner(num_classes)).value


def _largest(spec: LossSpec, num_classes: int) -> tuple[float, tuple[float, ...]]:
    """The largest loss of label 1 on a lattice, and where."""
    points = lattice(num_classes, {3: 40, 4: 16}[num_classes])
    values = np.asarray(spec.build().partial(points))[:, 0]
    place = int(np.argmax(values))
    return float(values[place]), vector(points[place])


def _bound(spec: LossSpec, num_classes: int, sign: str) -> Comparison:
    _, place = _largest(spec, num_classes)
    largest = at(
        f"largest $L(u, 1)$, at $u = {shown(place)}$", risk(spec, np.eye(num_classes)[0], place)
    )
    return Comparison(
        largest, sign, Value("$C/(K-1)$", _wrong_corner_sum(spec, num_classes) / (num_classes - 1))
    )


def _bounded(rng: np.random.Generator) -> CardResult:
    k = int(rng.integers(3, 5))
    ngce = LossSpec.of("NGCE", q=uniform(rng, 1, 2.5))
    spec = one_of(rng, (_MAE, LossSpec.of("RCE"), LossSpec.of("NMAE"), ngce, LossSpec.of("NNCE")))
    w = dominated(rng, k, 1.05)
    rival = lowest_other(spec, w)
    w_words = f"$w = {shown(w)}$"
    return CardResult(
        None,
        f"{told(spec)}, {w_words}.",
        (
            sums_agree(spec, k, rng),
            _bound(spec, k, "≤"),
            Comparison(Value("$w_1$", w[0]), ">", Value("largest other weight", max(w[1:]))),
        ),
        (
            Comparison(
                at("noisy risk at $e_1$", risk(spec, w, corner(k))),
                "≤",
                at(
                    f"lowest on a lattice without $e_1$, at $u = {shown(rival)}$",
                    risk(spec, w, rival),
                ),
            ),
        ),
        "However uneven the wrong labels are, no prediction on the lattice does better than the "
        "clean corner; the identity in the proof shows why none anywhere does.",
        scene=Scene("surfaces", (spec,), "the star stays in the corner e₁", weights=w)
        if k == 3
        else None,
        way=along(spec, np.array(w), runner_up(w)),
    )


def _dependent_not_symmetric(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("TCE", t=float(rng.integers(2, 7))), uniform(rng, 0.36, 0.45)
    w = np.array([1 - rate, rate, 0.0])
    rival = minimiser(spec, w)
    return CardResult(
        "sum",
        f"{told(spec)}, $w = {shown(w)}$; $C$ is the sum at a corner.",
        (
            _bound(spec, 3, "≤"),
            Comparison(Value("$w_1$", w[0]), ">", Value("$w_2$", rate)),
        ),
        leaves(spec, w, rival),
        "The loss is bounded as the theorem asks, but its label sum is not constant, and the "
        "noise moves its minimiser.",
        broken=(sums_differ(spec),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("pair", rate)),
        way=along(spec, w, rival),
    )


def _not_bounded(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("NGCE", q=uniform(rng, 0.2, 0.7)), uniform(rng, 0.25, 0.45)
    w = np.array([1 - rate, rate, 0.0])
    rival = minimiser(spec, w)
    return CardResult(
        "bound",
        f"{told(spec)}, $w = {shown(w)}$.",
        (
            sums_agree(spec, 3, rng),
            Comparison(Value("$w_1$", w[0]), ">", Value("$w_2$", rate)),
        ),
        leaves(spec, w, rival),
        "Symmetric, zero at its own corner, and yet moved by the noise: with $L$ above $C/(K-1)$ "
        "somewhere, a symmetric loss need not be asymmetric.",
        broken=(_bound(spec, 3, ">"),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("pair", rate)),
        way=along(spec, w, rival),
    )


def _not_dominated(rng: np.random.Generator) -> CardResult:
    rate = uniform(rng, 0.55, 0.8)
    w = np.array([1 - rate, rate, 0.0])
    return CardResult(
        "top",
        f"{told(_MAE)}, clean class 1, $w = {shown(w)}$.",
        (sums_agree(_MAE, 3, rng), _bound(_MAE, 3, "≤")),
        leaves(_MAE, w, corner(3, 1)),
        "Most labels of class 1 say class 2, and the noisy risk believes them. No loss that treats "
        "all labels alike, and learns from clean ones, could do otherwise.",
        broken=(Comparison(Value("$w_1$", w[0]), "<", Value("$w_2$", rate)),),
        scene=Scene("surfaces", (_MAE,), "the star is in the corner e₂", LabelNoise("pair", rate)),
        way=along(_MAE, w, corner(3, 1)),
    )


DEPENDENT = Card(
    "class-dependent",
    GROUP,
    Statement(
        "Symmetric losses under class-dependent noise",
        r"Let $\sum_i L(u, i) = C$, $\min_u L(u, i) = 0$ and $L \le C/(K-1)$. Then $e_m$ minimises "
        r"$\sum_i w_i L(u, i)$ for every $w$ with largest weight $w_m$: noise that depends on the "
        r"class is tolerated where clean labels dominate.",
        r"$\sum_i w_i L(u, i) = w_m C - \sum_{i \ne m} (w_m - w_i)\, L(u, i)$. At $e_m$ the losses "
        r"of the other labels add up to $C$, so each is at its bound $C/(K-1)$, and the sum that "
        r"is subtracted is as large as it can be.",
        ("ma2020",),
    ),
    "The clean corner minimises the noisy risk.",
    (
        SUM,
        Hypothesis("bound", r"$\min_u L(u, i) = 0$ and $L(u, i) \le C/(K-1)$"),
        Hypothesis("top", "the clean label is the most frequent one"),
    ),
    _bounded,
    {"sum": _dependent_not_symmetric, "bound": _not_bounded, "top": _not_dominated},
)


# ---- restricted classes of functions --------------------------------------------------------


def two_functions(
    spec: LossSpec, clean: np.ndarray, noisy: np.ndarray, f: np.ndarray, g: np.ndarray
) -> tuple[Comparison, ...]:
    """Clean and noisy risks of f and g on the same instances, with the signs that they have."""
    rows = []
    for name, weights in (("clean", clean), ("noisy", noisy)):
        left, right = _over(spec, weights, f), _over(spec, weights, g)
        sign = "<" if left.value < right.value else ">"
        rows.append(
            Comparison(at(f"{name} risk of $f$", left), sign, at(f"{name} risk of $g$", right))
        )
    return tuple(rows)


def between(
    spec: LossSpec, clean: np.ndarray, noisy: np.ndarray, f: np.ndarray, g: np.ndarray
) -> Way:
    """The two risks on the way from f to g, which the class of f and g alone leaves out."""
    risks = {"noisy risk": _over(spec, noisy, f), "clean risk": _over(spec, clean, f)}
    return way(("f", "g"), risks, tuple(map(vector, g)))


def _in_order(
    spec: LossSpec, weights: np.ndarray, draw: Callable[[], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Two drawn functions, the one of lower risk first; those that tie are drawn anew."""
    while True:
        f, g = draw()
        lead = _over(spec, weights, g).value - _over(spec, weights, f).value
        if abs(lead) > LEAST_LEAD:
            return (f, g) if lead > 0 else (g, f)


def _same_order(rng: np.random.Generator) -> CardResult:
    k, M = int(rng.integers(2, 5)), 4
    spec = one_of(rng, _symmetric_specs(rng))
    rate = uniform(rng, 0.1, 0.8 * (k - 1) / k)
    y = rng.integers(0, k, M)
    clean, noisy = np.eye(k)[y] / M, np.array([_even_row(k, rate, c) for c in y]) / M
    f, g = _in_order(spec, clean, lambda: predictions(rng, (2, M), *(k * (1.5,))))
    return CardResult(
        None,
        f"{told(spec)}, {k} classes, uniform noise at $\\eta = {rate}$; the class holds two "
        f"functions, $f$ and $g$, drawn on {M} instances.",
        (
            sums_agree(spec, k, rng),
            Comparison(Value(r"$\eta$", rate), "<", Value("$(K-1)/K$", (k - 1) / k)),
        ),
        two_functions(spec, clean, noisy, f, g),
        "Noise squeezes the difference of the two risks, but cannot turn it round.",
        way=between(spec, clean, noisy, f, g),
    )


def _only_asymmetric(rng: np.random.Generator) -> CardResult:
    """THEORY F9: every clean label is class 1; the class holds "always even" and "always 2"."""
    spec = LossSpec.of("AGCE", a=uniform(rng, 0.01, 0.1), q=uniform(rng, 4, 6))
    rate = uniform(rng, 0.28, 0.4)
    clean, noisy = np.array([[1.0, 0.0]]), np.array([[1 - rate, rate]])
    f, g = np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])
    return CardResult(
        "sum",
        f"{told(spec)}, completely asymmetric as $q \\ge 1$; every clean label is class 1, uniform "
        f"noise at $\\eta = {rate}$. The class holds $f = (½, ½)$ and $g = e_2$, always.",
        (Comparison(Value(r"$\eta$", rate), "<", Value("$(K-1)/K$", 0.5)),),
        two_functions(spec, clean, noisy, f, g),
        "The order turns round: among these two, noise makes the wrong corner look better than the "
        "even prediction. Free to choose, the same loss would end in the clean corner.",
        broken=(sums_differ(spec, 2),),
        scene=Scene(
            "tolerance",
            (spec,),
            "free, the same loss is tolerant",
            LabelNoise("symmetric", rate),
            2,
        ),
        way=between(spec, clean, noisy, f, g),
    )


def flipping_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float, float]:
    """THEORY F9: labels of class 1 flip, those of class 2 do not; clean and noisy weights, P, η."""
    share = uniform(rng, 0.55, 0.65)
    turns = 1 - 1 / (2 * share)  # the rate from which the order turns round
    rate = round(turns + (0.48 - turns) * float(rng.uniform(0.3, 1.0)), 2)
    clean = np.array([[share, 0.0], [0.0, 1 - share]])
    noisy = np.array([[share * (1 - rate), share * rate], [0.0, 1 - share]])
    return clean, noisy, share, rate


def free_choice(spec: LossSpec, noisy: np.ndarray) -> Comparison:
    """That answering class 1 here and class 2 there is better than either for all."""
    best = min((np.eye(2)[[m, m]] for m in (0, 1)), key=lambda f: _over(spec, noisy, f).value)
    return Comparison(
        at(
            "noisy risk of a free choice, $e_1$ for class 1 and $e_2$ for class 2",
            _over(spec, noisy, np.eye(2)),
        ),
        "<",
        at("noisy risk of the better one allowed", _over(spec, noisy, best)),
    )


def _one_sided(rng: np.random.Generator) -> CardResult:
    clean, noisy, share, rate = flipping_pair(rng)
    f, g = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 2)
    return CardResult(
        "uniform",
        f"{told(_MAE)}, {percent(share)} of the instances are class 1 and {percent(rate)} of their "
        "labels flip, class 2 is clean. Only “always class 1” ($f$) and “always class 2” ($g$) "
        "are allowed.",
        (sums_agree(_MAE, 2, rng),),
        two_functions(_MAE, clean, noisy, f, g),
        "Each row is dominated by its clean label, and still the better function loses: it may not "
        "answer differently where the labels differ.",
        broken=(
            Comparison(Value("noise rate of class 1", rate), ">", Value("that of class 2", 0.0)),
        ),
        scene=Scene(
            "tolerance",
            (_MAE,),
            "free, the same loss is tolerant",
            LabelNoise(CUSTOM, 0.0, ((round(1 - rate, 2), rate), (0.0, 1.0))),
            2,
        ),
        way=between(_MAE, clean, noisy, f, g),
    )


RESTRICTED = Card(
    "restricted",
    GROUP,
    Statement(
        "Restricted classes of functions",
        r"If $\sum_i L(u, i) = C$ and the noise is uniform with $\eta < (K-1)/K$, then "
        r"$R(f) < R(g)$ if and only if $R^\eta(f) < R^\eta(g)$, for any two functions. For losses "
        r"that are only asymmetric this needs functions that may choose any prediction.",
        r"$R^\eta(f) - R^\eta(g) = \left(1 - \frac{\eta K}{K-1}\right) (R(f) - R(g))$.",
    ),
    "Of any two functions the better one stays better.",
    (SUM, Hypothesis("uniform", "every wrong label is equally likely, in every class")),
    _same_order,
    {"sum": _only_asymmetric, "uniform": _one_sided},
)


# ---- normalized losses ----------------------------------------------------------------------


def _even_others(rng: np.random.Generator) -> CardResult:
    k, rate = int(rng.integers(3, 5)), uniform(rng, 0.2, 0.55)
    spec = one_of(rng, (LossSpec.of("NCE"), LossSpec.of("NFL", gamma=uniform(rng, 0.3, 2))))
    w = _even_row(k, rate)
    rival = lowest_other(spec, w)
    own = corner(k, 0, DEFAULT_FLOOR)
    other = rate / (k - 1)
    C = label_sum(spec, rival).value
    line = other * C + (w[0] - other) * risk(spec, np.eye(k)[0], rival).value
    there = f"$u = {shown(rival)}$"
    return CardResult(
        None,
        f"{told(spec)}, {k} classes, $w = {shown(w)}$, every class at least "
        f"$\\delta = {DEFAULT_FLOOR:g}$.",
        (
            sums_agree(spec, k, rng),
            Comparison(
                Value("largest other weight", max(w[1:])), "=", Value("smallest", min(w[1:]))
            ),
        ),
        (
            Comparison(
                at(f"noisy risk at {there}", risk(spec, w, rival)),
                "=",
                Value(r"$w_o C + (w_1 - w_o)\,L(u, 1)$ there", line),
            ),
            Comparison(
                at(r"noisy risk at $e_1^{\delta}$", risk(spec, w, own)),
                "<",
                at(f"lowest other on a lattice, at {there}", risk(spec, w, rival)),
            ),
        ),
        "With even noise the noisy risk is the clean one, shrunk and shifted.",
        scene=Scene(
            "surfaces", (spec,), "the star stays in the corner e₁", LabelNoise("symmetric", rate)
        )
        if k == 3
        else None,
        way=along(spec, w, rival),
    )


def _uneven(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (LossSpec.of("NCE"), LossSpec.of("NFL", gamma=uniform(rng, 0.3, 2))))
    rate, tilt = uniform(rng, 0.3, 0.45), uniform(rng, 0.75, 1)
    w = np.array([1 - rate, rate * tilt, rate * (1 - tilt)])
    rival = minimiser(spec, w)
    return CardResult(
        "equal",
        f"{told(spec)}, $w = {shown(w)}$, every class at least $\\delta = {DEFAULT_FLOOR:g}$.",
        (sums_agree(spec, 3, rng),),
        leaves(spec, w, rival),
        "The two wrong labels differ in weight, and the minimiser leaves the corner. As "
        "$\\delta \\to 0$ it forgets class 1 altogether: only $u_3 \\to 0$ counts.",
        broken=(Comparison(Value("$w_2$", w[1]), ">", Value("$w_3$", w[2])),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=vector(w)),
        way=along(spec, w, rival),
    )


def _not_normalized(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("CE"), uniform(rng, 0.2, 0.6)
    w, own = _even_row(3, rate), corner(3, 0, DEFAULT_FLOOR)
    rival = minimiser(spec, w)
    there, clean = f"$u = {shown(rival)}$", np.eye(3)[0]
    return CardResult(
        "sum",
        f"{told(spec)}, not normalized, $w = {shown(w)}$; $e_1^\\delta$ gives every other class "
        f"$\\delta = {DEFAULT_FLOOR:g}$.",
        (Comparison(Value("$w_2$", w[1]), "=", Value("$w_3$", w[2])),),
        (
            Comparison(
                at(f"noisy risk at {there}", risk(spec, w, rival)),
                "<",
                at(r"noisy risk at $e_1^\delta$", risk(spec, w, own)),
            ),
            Comparison(
                at(f"clean risk at {there}", risk(spec, clean, rival)),
                ">",
                at(r"clean risk at $e_1^\delta$", risk(spec, clean, own)),
            ),
        ),
        "Cross entropy repeats the noise: its minimiser is $w$ itself.",
        broken=(sums_differ(spec),),
        scene=Scene(
            "surfaces",
            (spec, LossSpec.of("NCE")),
            "CE's star at ◇, NCE's in the corner",
            LabelNoise("symmetric", rate),
        ),
        way=way(
            (corner_name(0, DEFAULT_FLOOR), f"u = {shown(rival)}"),
            {"noisy risk": risk(spec, w, own), "clean risk": risk(spec, clean, own)},
            (rival,),
        ),
    )


NORMALIZED = Card(
    "normalized",
    GROUP,
    Statement(
        "Normalized losses and uneven noise",
        r"Let $K \ge 3$ and $N(u, i) = \ell(u_i) / \sum_j \ell(u_j)$ with $\ell(0) = \infty$, as "
        r"NCE. On $\{u_i \ge \delta\}$, for every small $\delta$, the corner of $m$ alone "
        r"minimises $\sum_i w_i N(u, i)$ if and only if all other weights are equal.",
        r"Equal weights $w_o$: the risk is $w_o C + (w_m - w_o) N(u, m)$. Otherwise the risk nears "
        r"$\min_i w_i$ wherever $u_j \to 0$ for the smallest $w_j$, whatever $u_m$ is.",
    ),
    "The corner of the most frequent label minimises the noisy risk.",
    (
        Hypothesis("equal", "all weights but the largest are equal"),
        Hypothesis("sum", "the loss is normalized, so that its label sum is constant"),
    ),
    _even_others,
    {"equal": _uneven, "sum": _not_normalized},
)

CARDS = (UNIFORM, DEPENDENT, NORMALIZED, RESTRICTED)
