"""The asymmetry ratio: it suffices, its upper twin is necessary, and convex losses know both."""

from __future__ import annotations

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.losses.base import derivative, largest_two
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.cards.asymmetric import (
    FLAT_BREAKS,
    FLAT_MIDDLE,
    best_corner,
    convex_specs,
    ratio_of,
)
from alfs_core.theory.cards.records import (
    Card,
    CardResult,
    Comparison,
    Hypothesis,
    Scene,
    Value,
    at,
    corner,
    corner_name,
    difference,
    dominated,
    lowest_other,
    minimiser,
    one_of,
    predictions,
    risk,
    shown,
    told,
    uniform,
    vector,
    way,
)
from alfs_core.theory.cards.symmetric import along, end_name, leaves
from alfs_core.theory.theorems import THEOREMS, Statement

GROUP = "The asymmetry ratio"

STEEP_ENDS = "formula: 0.8*max(1/3-u,0) + 0.2*(1-u) + 2.8*(1/3-max(u-2/3,0))"
STEEP_BREAKS = (0.0, 1 / 3, 2 / 3, 1.0)


def loss_at(spec: LossSpec, u: float) -> float:
    """ℓ(u) of a local loss."""
    return float(np.asarray(spec.build().partial(np.array([u])))[0])


def _enough(w: tuple[float, ...], ratio: float, sign: str, name: str = "r") -> Comparison:
    w_m, w_n = largest_two(np.array(w))
    return Comparison(Value(rf"$w_m\, {name}$", w_m * ratio), sign, Value("$w_n$", w_n))


# ---- it suffices ----------------------------------------------------------------------------


def _suffices(rng: np.random.Generator) -> CardResult:
    k = int(rng.integers(3, 5))
    spec = one_of(rng, convex_specs(rng))
    ratio = ratio_of(spec)
    w = dominated(rng, k, 1 / ratio)
    v = predictions(rng, (), *(k * (1.0,)))
    e = corner(k)
    gained = sum(
        (w[0] * ratio - w[i]) * (loss_at(spec, 0.0) - loss_at(spec, v[i])) for i in range(1, k)
    )
    return CardResult(
        None,
        f"{told(spec)} with $r = {ratio:.4g}$; $w = {shown(w)}$.",
        (_enough(w, ratio, ">"),),
        (
            Comparison(
                difference(
                    f"excess of the noisy risk at a drawn $u = {shown(v)}$",
                    risk(spec, w, v),
                    risk(spec, w, e),
                ),
                "≥",
                Value(r"$\sum_{i \ne m} (w_m r - w_i)\,(\ell(0) - \ell(u_i))$ there", gained),
            ),
            best_corner(spec, w),
        ),
        "Each class hands its probability to class 1, one after the other; every step pays, as the "
        "first line shows.",
        scene=Scene("surfaces", (spec,), "the star stays in the corner e₁", weights=w)
        if k == 3
        else Scene("asymmetry", (spec,), "its ratio"),
        way=along(spec, np.array(w), vector(v)),
    )


def _not_local(rng: np.random.Generator) -> CardResult:
    """AMSE with the ratio that its edge of two classes has."""
    w2 = uniform(rng, 0.26, 0.32)
    w = vector((0.5, w2, round(0.5 - w2, 2)))
    low, high = (w[0] + w[1]) / (w[0] - w[1]), 1 / (w[0] - w[1])
    a = round((low + high) / 2, 2)
    spec = LossSpec.of("AMSE", a=a)
    rival = minimiser(spec, w)
    return CardResult(
        "local",
        f"{told(spec)}, $w = {shown(w)}$. On predictions of two classes it is a convex function of "
        "$u$, $(a-u)^2 + (1-u)^2$, and the ratio is read off there: "
        f"$r = (a-1)/(a+1) = {(a - 1) / (a + 1):.4g}$.",
        (_enough(w, (a - 1) / (a + 1), ">"),),
        leaves(spec, np.array(w), rival),
        "AMSE looks at the whole prediction, so a third class changes what the first two pay.",
        broken=(
            Comparison(
                at(
                    "$L(u, 1)$ at $u = (0.5, 0.5, 0)$",
                    risk(spec, corner(3), (0.5, 0.5, 0.0)),
                ),
                ">",
                at(
                    "$L(u, 1)$ at $u = (0.5, 0.25, 0.25)$, the same $u_1$",
                    risk(spec, corner(3), (0.5, 0.25, 0.25)),
                ),
            ),
        ),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _too_small(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, convex_specs(rng))
    ratio = ratio_of(spec)
    w = dominated(rng, 3, 1 + 0.3 * (1 / ratio - 1))
    while w[0] * ratio >= 0.98 * largest_two(np.array(w))[1]:
        w = dominated(rng, 3, 1.0)
    rival = minimiser(spec, w)
    return CardResult(
        "enough",
        f"{told(spec)} with $r = {ratio:.4g}$; $w = {shown(w)}$.",
        (),
        leaves(spec, np.array(w), rival),
        "Class 1 leads, but by too little for this loss.",
        broken=(_enough(w, ratio, "<"),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _a_tie(rng: np.random.Generator) -> CardResult:
    """THEORY F2: two straight pieces, w_m r = w_n."""
    steep = float(rng.integers(3, 9)) / 2
    spec = LossSpec.of(f"formula: {steep - 1:g}*max(0.5-u,0) + (1-u)")
    w = vector((steep / (1 + steep), 1 / (1 + steep), 0.0))
    even = (0.5, 0.5, 0.0)
    return CardResult(
        "strict",
        f"Two straight pieces with slopes {steep:g} and 1: {told(spec)}, so "
        f"$r = {1 / steep:.4g}$; $w = {shown(w)}$.",
        (_enough(w, 1 / steep, "≥"),),
        (
            Comparison(
                at("noisy risk at $u = (0.5, 0.5, 0)$", risk(spec, w, even)),
                "=",
                at("noisy risk at $e_1$", risk(spec, w, corner(3))),
            ),
            Comparison(
                at("clean risk at $u = (0.5, 0.5, 0)$", risk(spec, corner(3), even)),
                ">",
                at("clean risk at $e_1$", risk(spec, corner(3), corner(3))),
            ),
        ),
        "$e_1$ is still a minimiser, but a whole segment shares the minimum with it.",
        broken=(_enough(w, 1 / steep, "="),),
        scene=Scene(
            "tolerance",
            (spec,),
            "inclusion holds, equality fails",
            LabelNoise(CUSTOM, 0.0, (w[:2], w[1::-1])),
            2,
        ),
        way=along(spec, np.array(w), even),
    )


RATIO = Card(
    "ratio",
    GROUP,
    THEOREMS["ratio"],
    "$e_m$ alone minimises the noisy risk.",
    (
        Hypothesis("local", r"the loss is a function of $u_i$ alone: $L(u, i) = \ell(u_i)$"),
        Hypothesis("enough", r"$w_m\, r(\ell) \ge w_n$"),
        Hypothesis("strict", r"the inequality is strict: $w_m\, r(\ell) > w_n$"),
    ),
    _suffices,
    {"local": _not_local, "enough": _too_small, "strict": _a_tie},
)


# ---- the upper ratio ------------------------------------------------------------------------


def upper_ratio(spec: LossSpec, u: np.ndarray) -> tuple[float, float]:
    """The smallest [ℓ(u) − ℓ(1)] / [ℓ(0) − ℓ(1 − u)] over the given u < 1, and where."""
    loss = spec.build()
    value = np.asarray(loss.partial(u))
    other = np.asarray(loss.partial(1 - u))
    quotient = (value - loss_at(spec, 1.0)) / (loss_at(spec, 0.0) - other)
    place = int(np.argmin(quotient))
    return float(quotient[place]), float(u[place])


def _two_classes(rng: np.random.Generator) -> CardResult:
    """A curve that is flat in the middle; the weights just above and just below the threshold."""
    share, bent = uniform(rng, 0.55, 0.75), uniform(rng, 0.1, 0.4)
    text = f"{share}*(1-u)^3 + {round(1 - share, 2)}*(1-u^3) + {bent}*(1-u)^2"
    spec = LossSpec.of(f"formula: {text}")
    ratio, place = upper_ratio(spec, np.linspace(0, 0.9995, 2000))
    above, below = ((x / (1 + x), 1 / (1 + x)) for x in (1.1 / ratio, 0.8 / ratio))
    rival = lowest_other(spec, below)
    return CardResult(
        None,
        f"{told(spec)}, two classes. $r_u = {ratio:.5g}$, at $u = {place:.4g}$ of 2,000 points; "
        f"$w = {shown(above)}$ and $w' = {shown(below)}$.",
        (_enough(above, ratio, ">", "r_u"), _enough(below, ratio, "<", "r_u")),
        (
            best_corner(spec, above),
            Comparison(
                at(f"with $w'$: noisy risk at $u = {shown(rival)}$", risk(spec, below, rival)),
                "<",
                at("at $e_1$", risk(spec, below, corner(2))),
            ),
        ),
        "Above the threshold $1/r_u$ of $w_m/w_n$ the corner wins, below it loses: for two classes "
        "$r_u$ is the whole truth.",
        scene=Scene("asymmetry", (spec,), "its ratio and its necessary ratio"),
        way=way(
            (corner_name(0), end_name(rival)),
            {
                "noisy risk with w": risk(spec, above, corner(2)),
                "noisy risk with w′": risk(spec, below, corner(2)),
            },
            (rival,),
        ),
    )


def _not_the_edge(rng: np.random.Generator) -> CardResult:
    """THEORY F3: r is small, and yet two classes are always in order."""
    spec, top = LossSpec.of(STEEP_ENDS), uniform(rng, 0.52, 0.8)
    w = (top, round(1 - top, 2))
    third = 1 / 3
    quotient = (loss_at(spec, third) - loss_at(spec, 2 * third)) / (
        loss_at(spec, 0.0) - loss_at(spec, third)
    )
    rest = [(u, 1 - u) for u in STEEP_BREAKS[:-1]]
    best = min(rest, key=lambda u: risk(spec, w, u).value)
    return CardResult(
        "edge",
        f"Straight pieces with slopes 1, 0.2 and 3: {told(spec)}, two classes, $w = {shown(w)}$. "
        f"With $u_1 = u_2 = ⅓$ the quotient in $r$ is {quotient:.4g}, so $r \\le {quotient:.4g}$.",
        (),
        (
            Comparison(
                at("noisy risk at $e_1$", risk(spec, w, corner(2))),
                "<",
                at(f"lowest at another break, $u = {shown(best)}$", risk(spec, w, best)),
            ),
        ),
        "$w_m r < w_n$, and yet $e_1$ is the minimiser: between breaks the risk is straight, so "
        "the breaks decide. The ratio $r$ suffices; it is not necessary.",
        broken=(_enough(w, quotient, "<"),),
        scene=Scene("asymmetry", (spec,), "r is far below the necessary ratio"),
        way=along(spec, np.array(w), (0.0, 1.0)),
    )


def _five_classes(rng: np.random.Generator) -> CardResult:
    spec, rate, k = LossSpec.of(FLAT_MIDDLE), uniform(rng, 0.73, 0.79), 5
    w = (round(1 - rate, 2), *(4 * (rate / 4,)))
    ratio, _ = upper_ratio(spec, np.array([*FLAT_BREAKS[:-1], 1 - 1e-6]))
    even = (1 / k,) * k
    return CardResult(
        "two",
        f"Straight pieces with slopes 1.5, 0.01 and 4: {told(spec)}; {k} classes, "
        f"$w = {shown(w)}$; $r_u = {ratio:.4g}$, which straight pieces reach at a break.",
        (_enough(w, ratio, "≥", "r_u"),),
        leaves(spec, np.array(w), even),
        "On every edge between two corners all is well; the better prediction lies inside, where "
        "five classes share.",
        broken=(Comparison(Value("classes", float(k)), ">", Value("", 2.0)),),
        scene=Scene("tolerance", (spec,), "the counterexample", LabelNoise("symmetric", rate), k),
        way=along(spec, np.array(w), even),
    )


UPPER = Card(
    "upper-ratio",
    GROUP,
    Statement(
        "The upper ratio is necessary, and enough for two classes",
        r"Let $r_u(\ell) = \inf_{u < 1} \frac{\ell(u) - \ell(1)}{\ell(0) - \ell(1-u)}$. If $e_m$ "
        r"minimises $\sum_i w_i \ell(u_i)$, then $w_m\, r_u \ge w_n$. With two classes the "
        r"converse holds too.",
        THEOREMS["edge"].proof + " With two classes the edge is all there is.",
    ),
    r"$e_m$ minimises the noisy risk if and only if $w_m\, r_u \ge w_n$.",
    (
        Hypothesis("edge", r"the ratio is $r_u$, taken along an edge, not $r \le r_u$"),
        Hypothesis("two", "there are two classes"),
    ),
    _two_classes,
    {"edge": _not_the_edge, "two": _five_classes},
)


# ---- convex losses --------------------------------------------------------------------------


def _slopes(spec: LossSpec) -> float:
    """ℓ'(1)/ℓ'(0)."""
    zero, one = derivative(spec.build(), np.array([0.0, 1.0]))
    return float(one / zero)


def _exact(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (*convex_specs(rng), LossSpec.of("TCE", t=float(rng.integers(2, 6)))))
    ratio, tail = _slopes(spec), uniform(rng, 0.2, 0.9)
    weights = []
    for x in (1.03 / ratio, 1 + 0.9 * (1 / ratio - 1)):
        total = x + 1 + tail
        weights.append(vector((x / total, 1 / total, tail / total)))
    above, below = weights
    rival = minimiser(spec, below)
    return CardResult(
        None,
        f"{told(spec)}, $\\ell'(1)/\\ell'(0) = {ratio:.4g}$; $w = {shown(above)}$ and "
        f"$w' = {shown(below)}$.",
        (
            _enough(above, ratio, ">", r"\ell'(1)/\ell'(0)"),
            _enough(below, ratio, "<", r"\ell'(1)/\ell'(0)"),
        ),
        (
            best_corner(spec, above),
            Comparison(
                at(f"with $w'$: noisy risk at $u = {shown(rival)}$", risk(spec, below, rival)),
                "<",
                at("at $e_1$", risk(spec, below, corner(3))),
            ),
        ),
        "The two slopes at the ends of the curve decide, whatever lies between and however many "
        "classes there are.",
        scene=Scene("surfaces", (spec,), "the star stays in the corner e₁", weights=above),
        way=way(
            (corner_name(0), end_name(rival)),
            {
                "noisy risk with w": risk(spec, above, corner(3)),
                "noisy risk with w′": risk(spec, below, corner(3)),
            },
            (rival,),
        ),
    )


def _flat_in_the_middle(rng: np.random.Generator) -> CardResult:
    b = uniform(rng, 0.8, 0.98)
    spec = LossSpec.of(f"formula: (1-u) + {b}*(2*u^2 - 4/3*u^3)")
    tail = uniform(rng, 0.95, 1.0)
    w = vector(np.array([1.05, 1.0, tail]) / (2.05 + tail))
    rival = minimiser(spec, w)
    loss = spec.build()
    chord = (loss_at(spec, 0.0) + loss_at(spec, 1.0)) / 2
    middle = (loss_at(spec, 0.75) + loss_at(spec, 1.0)) / 2
    ratio = float(np.divide(*derivative(loss, np.array([1.0, 0.0]))))
    return CardResult(
        "convex",
        f"Steep at both ends, flat in the middle: {told(spec)}; $\\ell'(1)/\\ell'(0) = "
        f"{ratio:.4g}$; $w = {shown(w)}$.",
        (_enough(w, ratio, ">", r"\ell'(1)/\ell'(0)"),),
        leaves(spec, np.array(w), rival),
        "The slopes at the ends promise that the corner wins; the flat middle breaks the promise, "
        "because three classes can share it.",
        broken=(
            Comparison(
                Value(r"$\ell(\tfrac78)$", loss_at(spec, 0.875)),
                ">",
                Value(r"its chord, $[\ell(\tfrac34) + \ell(1)]/2$", middle),
            ),
            Comparison(
                Value(r"$\ell(\tfrac14)$", loss_at(spec, 0.25)),
                "<",
                Value(
                    r"its chord, $[3\,\ell(0) + \ell(1)]/4$",
                    (loss_at(spec, 0.0) + chord) / 2,
                ),
            ),
        ),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


CONVEX = Card(
    "convex-ratio",
    GROUP,
    THEOREMS["convex-ratio"],
    "$e_m$ alone minimises the noisy risk.",
    (
        Hypothesis("convex", r"$\ell$ is convex"),
        Hypothesis("enough", r"$w_m\, \ell'(1)/\ell'(0) \ge w_n$"),
        Hypothesis("strict", r"the inequality is strict, or $\ell$ is strictly convex"),
    ),
    _exact,
    {"convex": _flat_in_the_middle, "enough": _too_small, "strict": _a_tie},
)

CARDS = (RATIO, UPPER, CONVEX)
