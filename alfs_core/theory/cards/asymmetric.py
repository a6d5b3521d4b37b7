"""Asymmetric losses: tolerance, all weights at once, sums, and the condition of AMSE."""

from __future__ import annotations

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.losses.base import largest_two
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.cards.records import (
    Card,
    CardResult,
    Comparison,
    Hypothesis,
    Risk,
    Scene,
    Value,
    at,
    corner,
    dominated,
    lowest_other,
    minimiser,
    one_of,
    risk,
    runner_up,
    shown,
    told,
    uniform,
    vector,
    way,
)
from alfs_core.theory.cards.symmetric import (
    along,
    between,
    flipping_pair,
    free_choice,
    leaves,
    two_functions,
)
from alfs_core.theory.simplex import project
from alfs_core.theory.theorems import THEOREMS, Statement
from alfs_core.wording import percent

GROUP = "Asymmetric losses"

FLAT_MIDDLE = "formula: 1.49*max(0.2-u,0) + 0.01*(1-u) + 3.99*(0.2-max(u-0.8,0))"
FLAT_BREAKS = (0.0, 0.2, 0.8, 1.0)


def convex_specs(rng: np.random.Generator) -> tuple[LossSpec, ...]:
    """Asymmetric losses that are convex, with ratios between about ½ and 0.9."""
    return (
        LossSpec.of("AGCE", a=uniform(rng, 0.5, 3), q=uniform(rng, 0.3, 0.8)),
        LossSpec.of("AUL", a=uniform(rng, 3, 6), p=uniform(rng, 1.5, 3)),
        LossSpec.of("AEL", a=uniform(rng, 1.5, 5)),
    )


def concave_specs(rng: np.random.Generator) -> tuple[LossSpec, ...]:
    """Completely asymmetric losses that are concave."""
    return (
        LossSpec.of("AGCE", a=uniform(rng, 0.1, 6), q=uniform(rng, 1.2, 3)),
        LossSpec.of("AUL", a=uniform(rng, 1.5, 4), p=uniform(rng, 0.3, 0.9)),
    )


def ratio_of(spec: LossSpec) -> float:
    """r in closed form, of a loss that has one."""
    ratio = spec.build().asymmetry_ratio()
    assert ratio is not None
    return ratio


def best_corner(spec: LossSpec, w: tuple[float, ...]) -> Comparison:
    """That e_1 is better than all else on a lattice."""
    rival = lowest_other(spec, w)
    return Comparison(
        at("noisy risk at $e_1$", risk(spec, w, corner(len(w)))),
        "<",
        at(f"lowest elsewhere on a lattice, at $u = {shown(rival)}$", risk(spec, w, rival)),
    )


# ---- noise tolerance ------------------------------------------------------------------------


def _tolerated(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (*convex_specs(rng), *concave_specs(rng)))
    ratio = ratio_of(spec)
    T = np.array([np.roll(dominated(rng, 3, 1 / ratio), y) for y in range(3)])
    rivals = np.array([lowest_other(spec, T[y], y) for y in range(3)])
    premises = tuple(
        Comparison(
            Value(rf"$w_m\, r$ of class {y + 1}", T[y, y] * ratio),
            ">",
            Value("$w_n$", float(np.delete(T[y], y).max())),
        )
        for y in range(3)
    )
    f, g = np.eye(3), rivals
    clean, noisy = np.eye(3) / 3, T / 3
    noisy_f, noisy_g = (Risk(spec, _rows(noisy), _rows(u)) for u in (f, g))
    return CardResult(
        None,
        f"{told(spec)} with $r = {ratio:.4g}$; three instances, one of each class; the rows of "
        f"$T$ are {', '.join(shown(row) for row in T)}.",
        premises,
        (
            Comparison(
                at("noisy risk of $f = (e_1, e_2, e_3)$", noisy_f),
                "<",
                at("noisy risk of the best other $g$ on a lattice", noisy_g),
            ),
            Comparison(
                at("clean risk of $f$", Risk(spec, _rows(clean), _rows(f))),
                "<",
                at("clean risk of $g$", Risk(spec, _rows(clean), _rows(g))),
            ),
        ),
        "At each instance the clean corner is the best answer to its own noisy labels, so the best "
        "function under noise is the best one without.",
        way=between(spec, clean, noisy, f, np.array([runner_up(row) for row in T])),
        scene=Scene(
            "tolerance", (spec,), "all three classes hold", LabelNoise(CUSTOM, 0.0, _rows(T))
        ),
    )


def _rows(x: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(vector, x))


def _stochastic(rng: np.random.Generator) -> CardResult:
    """THEORY F10."""
    spec, rate = one_of(rng, concave_specs(rng)), uniform(rng, 0.3, 0.45)
    q = (0.5, 0.45, 0.05)
    T = ((round(1 - rate, 2), rate, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    w = vector(np.array(T).T @ np.array(q))
    e1, e2 = corner(3), corner(3, 1)
    return CardResult(
        "label",
        f"{told(spec)}; one instance whose clean label is uncertain, $q = {shown(q)}$. Labels of "
        f"class 1 are given as class 2 at rate {rate}, so the labels come as "
        f"$w = T^\\top q = {shown(w)}$.",
        (Comparison(Value("$T_{11}$", T[0][0]), ">", Value("$T_{12}$", rate)),),
        (
            Comparison(
                at("noisy risk at $e_2$", risk(spec, w, e2)),
                "<",
                at("noisy risk at $e_1$", risk(spec, w, e1)),
            ),
            Comparison(
                at("clean risk, with weights $q$, at $e_2$", risk(spec, q, e2)),
                ">",
                at("clean risk at $e_1$", risk(spec, q, e1)),
            ),
        ),
        "Clean labels dominate every row of the matrix, yet for this instance the noise makes "
        "class 2 the most frequent label.",
        broken=(Comparison(Value("largest $q_i$", max(q)), "<", Value("certainty", 1.0)),),
        way=way(
            ("e₁", "e₂"), {"noisy risk": risk(spec, w, e1), "clean risk": risk(spec, q, e1)}, (e2,)
        ),
        scene=Scene(
            "calibration",
            (spec,),
            "orange: decisions turned by noise",
            LabelNoise(CUSTOM, 0.0, T),
            posterior=q,
            noisy=True,
        ),
    )


def _held_together(rng: np.random.Generator) -> CardResult:
    clean, noisy, share, rate = flipping_pair(rng)
    spec = one_of(rng, concave_specs(rng))
    f, g = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 2)
    return CardResult(
        "free",
        f"{told(spec)}, completely asymmetric; {percent(share)} of the instances are class 1 and "
        f"{percent(rate)} of their labels flip, class 2 is clean. Only “always class 1” ($f$) and "
        "“always class 2” ($g$) are allowed.",
        (Comparison(Value("$w_m$ of class 1", 1 - rate), ">", Value("$w_n$", rate)),),
        two_functions(spec, clean, noisy, f, g),
        broken=(free_choice(spec, noisy),),
        sentence="Every row is tolerated on its own. But one answer must serve all instances, and "
        "the clean labels of class 2 outvote the noisy ones of class 1.",
        way=between(spec, clean, noisy, f, g),
        scene=Scene(
            "tolerance",
            (spec,),
            "free, the same loss is tolerant",
            LabelNoise(CUSTOM, 0.0, ((round(1 - rate, 2), rate), (0.0, 1.0))),
            2,
        ),
    )


def _not_asymmetric(rng: np.random.Generator) -> CardResult:
    spec, rate = LossSpec.of("GCE", q=uniform(rng, 0.3, 0.8)), uniform(rng, 0.25, 0.45)
    w = np.array([1 - rate, rate / 2, rate / 2])
    rival = minimiser(spec, w)
    return CardResult(
        "asymmetric",
        f"{told(spec)}, three classes, uniform noise at $\\eta = {rate}$.",
        (),
        leaves(spec, w, rival),
        "GCE with $q < 1$ is asymmetric on one-hot rows only; any noise moves its minimiser.",
        broken=(
            Comparison(
                Value(r"$w_m\, r$", w[0] * ratio_of(spec)), "<", Value("$w_n$", float(w[1]))
            ),
        ),
        way=along(spec, w, rival),
        scene=Scene("tolerance", (spec,), "the verdict fails", LabelNoise("symmetric", rate)),
    )


TOLERANCE = Card(
    "tolerance",
    GROUP,
    THEOREMS["tolerance"],
    "The best function under noise is the best one without.",
    (
        Hypothesis("label", "each instance has one clean label"),
        Hypothesis("free", "$f$ may choose any prediction at each instance"),
        Hypothesis("asymmetric", "the loss is asymmetric on the row of each label"),
    ),
    _tolerated,
    {"label": _stochastic, "free": _held_together, "asymmetric": _not_asymmetric},
)


# ---- complete asymmetry ---------------------------------------------------------------------


def _subset(spec: LossSpec, size: int, num_classes: int, u: tuple[float, ...]) -> Risk:
    """S_J(u) for J = {1, …, size}."""
    return risk(spec, (1.0,) * size + (0.0,) * (num_classes - size), u)


def _all_sizes(rng: np.random.Generator) -> CardResult:
    k = 4
    polysoft = LossSpec.of("PolySoft", lam=uniform(rng, 1, 2.3), d=2.0)
    spec = one_of(rng, (*concave_specs(rng), LossSpec.of("MAE"), polysoft))
    w = dominated(rng, k, 1.02)
    premises = []
    for size in range(2, k + 1):
        rival = lowest_other(spec, (1.0,) * size + (0.0,) * (k - size))
        premises.append(
            Comparison(
                at(f"for $|J| = {size}$: $S_J(e_1)$", _subset(spec, size, k, corner(k))),
                "≤",
                at(f"lowest elsewhere, at $u = {shown(rival)}$", _subset(spec, size, k, rival)),
            )
        )
    rival = lowest_other(spec, w)
    order = np.argsort(-np.array(w), kind="stable")
    steps = -np.diff(np.append(np.array(w)[order], 0.0))
    parts = (
        float(c) * risk(spec, np.isin(np.arange(k), order[: j + 1]).astype(float), rival).value
        for j, c in enumerate(steps)
    )
    return CardResult(
        None,
        f"{told(spec)}, {k} classes; then $w = {shown(w)}$.",
        tuple(premises),
        (
            Comparison(
                Value(
                    f"$\\sum_j (w_{{(j)}} - w_{{(j+1)}})\\, S_{{J_j}}$ at $u = {shown(rival)}$",
                    sum(parts),
                ),
                "=",
                at("noisy risk there", risk(spec, w, rival)),
            ),
            best_corner(spec, w),
        ),
        f"{k} sums decide about every $w$: each noisy risk is a sum of them with weights that are "
        "not negative.",
        way=along(spec, np.array(w), runner_up(w)),
    )


def _only_pairs(rng: np.random.Generator) -> CardResult:
    """THEORY F3: asymmetric for every pair of classes, not for five."""
    spec, rate, k = LossSpec.of(FLAT_MIDDLE), uniform(rng, 0.73, 0.79), 5
    w = np.array([1 - rate, *(4 * (rate / 4,))])
    pair = (1.0, 1.0, 0.0, 0.0, 0.0)
    ends = [(u, 1 - u, 0.0, 0.0, 0.0) for u in FLAT_BREAKS]
    best = min(ends, key=lambda u: risk(spec, pair, u).value)
    even = (1 / k,) * k
    return CardResult(
        "sizes",
        f"Straight pieces with slopes 1.5, 0.01 and 4: {told(spec)}; {k} classes, "
        f"$w = {shown(w)}$.",
        (
            Comparison(
                at("for $|J| = 2$: $S_J(e_1)$", risk(spec, pair, corner(k))),
                "≤",
                at(
                    f"lowest on the edge, at a break, $u = {shown(best[:2])}$",
                    risk(spec, pair, best),
                ),
            ),
        ),
        leaves(spec, w, even),
        "Every pair of classes is in order, so no two-class test finds anything. But five classes "
        "can share the steep start of the curve, and the even prediction wins.",
        broken=(
            Comparison(
                at("for $|J| = 5$: $S_J(e_1)$", _subset(spec, k, k, corner(k))),
                ">",
                at("$S_J$ at the even prediction", _subset(spec, k, k, even)),
            ),
        ),
        way=along(spec, w, even),
        scene=Scene("tolerance", (spec,), "the counterexample", LabelNoise("symmetric", rate), k),
    )


def _a_cap(rng: np.random.Generator) -> CardResult:
    eps = 10 ** -uniform(rng, 3, 4)
    spec = LossSpec.of("NNCE", eps=float(f"{eps:.3g}"))
    w, eps = dominated(rng, 3, 1.1), dict(spec.values)["eps"]
    rival = (1 - eps, eps, 0.0)
    clean = corner(3)
    return CardResult(
        "alone",
        f"{told(spec)}, $w = {shown(w)}$.",
        (Comparison(Value("$w_1$", w[0]), ">", Value("$w_2$", max(w[1:]))),),
        (
            Comparison(
                at(r"noisy risk at $u = (1-\varepsilon, \varepsilon, 0)$", risk(spec, w, rival)),
                "=",
                at("noisy risk at $e_1$", risk(spec, w, clean)),
            ),
        ),
        "$e_1$ is a minimiser but not the only one: the loss sees nothing below $\\varepsilon$.",
        broken=(
            Comparison(
                at(
                    r"clean loss at $u = (1-\varepsilon, \varepsilon, 0)$", risk(spec, clean, rival)
                ),
                "=",
                at("clean loss at $e_1$", risk(spec, clean, clean)),
            ),
        ),
        scene=Scene("surfaces", (spec,), "the star could move at no price", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _another_top(rng: np.random.Generator) -> CardResult:
    spec, w = one_of(rng, concave_specs(rng)), dominated(rng, 3, 1.2)
    turned = np.array([w[1], w[0], w[2]])
    return CardResult(
        "top",
        f"{told(spec)}, completely asymmetric, $w = {shown(turned)}$, clean class 1.",
        (),
        leaves(spec, turned, corner(3, 1)),
        "The loss follows the most frequent label, and that is class 2.",
        broken=(Comparison(Value("$w_1$", turned[0]), "<", Value("$w_2$", turned[1])),),
        scene=Scene("surfaces", (spec,), "the star is in the corner e₂", weights=vector(turned)),
        way=along(spec, turned, corner(3, 1)),
    )


SUBSETS = Card(
    "subset-sums",
    GROUP,
    THEOREMS["subset-sums"],
    "$e_m$ alone minimises the noisy risk.",
    (
        Hypothesis(
            "sizes",
            "$e_m$ minimises $S_J = \\sum_{i \\in J} L(u, i)$ for sets $J \\ni m$ of every size",
        ),
        Hypothesis("alone", "$e_m$ alone minimises the clean loss $L(u, m)$"),
        Hypothesis("top", "$w_m$ is the largest weight"),
    ),
    _all_sizes,
    {"sizes": _only_pairs, "alone": _a_cap, "top": _another_top},
)


# ---- sums -----------------------------------------------------------------------------------


def _both(rng: np.random.Generator) -> CardResult:
    other = one_of(
        rng,
        (
            LossSpec.of("AGCE", a=uniform(rng, 0.5, 3), q=uniform(rng, 0.4, 2)),
            LossSpec.of("AUL", a=uniform(rng, 3, 6), p=uniform(rng, 0.6, 2.5)),
            LossSpec.of("AEL", a=uniform(rng, 1.5, 5)),
        ),
    )
    first = LossSpec.of("NGCE", q=uniform(rng, 1.0, 2.0))
    alpha, beta = uniform(rng, 0.2, 3), uniform(rng, 0.2, 3)
    named = {"agce_q" if k == "q" else k: v for k, v in other.values}
    spec = LossSpec.of(
        f"NGCE+{other.name}", alpha=alpha, beta=beta, q=dict(first.values)["q"], **named
    )
    w = dominated(rng, 3, 1 / ratio_of(other))
    premises = []
    for part in (first, other):
        rival = lowest_other(part, w)
        premises.append(
            Comparison(
                at(f"noisy risk of {part.name} at $e_1$", risk(part, w, corner(3))),
                "<",
                at(f"its lowest elsewhere, at $u = {shown(rival)}$", risk(part, w, rival)),
            )
        )
    premises.append(Comparison(Value("smaller coefficient", min(alpha, beta)), ">", Value("", 0.0)))
    return CardResult(
        None,
        f"{alpha} · {told(first)} + {beta} · {told(other)}, $w = {shown(w)}$.",
        tuple(premises),
        (best_corner(spec, w),),
        "Both parts are smallest in the same corner, so their sum is.",
        scene=Scene("surfaces", (spec,), "the star stays in the corner e₁", weights=w),
        way=along(spec, np.array(w), runner_up(w)),
    )


def _one_is_not(rng: np.random.Generator) -> CardResult:
    q, beta = uniform(rng, 0.4, 0.8), uniform(rng, 0.2, 1)
    spec = LossSpec.of(f"formula: (1-u^{q})/{q} + {beta}*(1-u)")
    w = dominated(rng, 3, 1.1)
    rival = minimiser(spec, w)
    mae, gce = LossSpec.of("MAE"), LossSpec.of("GCE", q=q)
    own = minimiser(gce, w)
    return CardResult(
        "each",
        f"{told(gce)} + {beta} · MAE, $w = {shown(w)}$.",
        (best_corner(mae, w),),
        leaves(spec, np.array(w), rival),
        "MAE holds against the noise, GCE with $q < 1$ does not, and GCE's slope at $u = 0$ has no "
        "bound: however small its share, it pulls the minimiser off the corner.",
        broken=(
            Comparison(
                at(f"noisy risk of GCE at $u = {shown(own)}$", risk(gce, w, own)),
                "<",
                at("at $e_1$", risk(gce, w, corner(3))),
            ),
        ),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _difference(rng: np.random.Generator) -> CardResult:
    taken = uniform(rng, 0.6, 0.9)
    spec = LossSpec.of(f"formula: {round(1 - taken, 2)}*(1-u) + (1-u)^2/2")
    top = uniform(rng, 0.68, 0.75)
    w = np.array([top, 1 - top, 0.0])
    tce, rival = LossSpec.of("TCE", t=2.0), minimiser(spec, w)
    return CardResult(
        "positive",
        f"TCE (t = 2) − {taken} · MAE, $w = {shown(w)}$.",
        (best_corner(tce, vector(w)), best_corner(LossSpec.of("MAE"), vector(w))),
        leaves(spec, w, rival),
        "Both parts are asymmetric on $w$, and their difference still falls with $u$; but it has "
        "lost the slope that MAE gave it near $u = 1$.",
        broken=(Comparison(Value("coefficient of MAE", -taken), "<", Value("", 0.0)),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=vector(w)),
        way=along(spec, w, rival),
    )


SUMS = Card(
    "sum",
    GROUP,
    THEOREMS["sum"],
    "The sum is asymmetric on $w$ too.",
    (
        Hypothesis("each", "every part is asymmetric on $w$"),
        Hypothesis("positive", "every coefficient is positive"),
    ),
    _both,
    {"each": _one_is_not, "positive": _difference},
)


# ---- AMSE -----------------------------------------------------------------------------------


def _amse(rng: np.random.Generator) -> CardResult:
    w = dominated(rng, 3, uniform(rng, 1.2, 2))
    w_m, w_n = largest_two(np.array(w))
    needed = 1 / (w_m - w_n)
    enough = LossSpec.of("AMSE", a=round(needed * 1.05, 3))
    short = LossSpec.of("AMSE", a=round(max(needed * 0.9, 1.0), 3))
    a, rival = dict(enough.values)["a"], minimiser(short, w)
    target = a * np.array(w)
    return CardResult(
        None,
        f"{told(enough)}, $w = {shown(w)}$ with $W = 1$.",
        (_amse_condition(a, w, ">"),),
        (
            Comparison(
                Value(
                    f"largest entry of the projection of $a w = {shown(target)}$",
                    project(target)[0],
                ),
                "=",
                Value("", 1.0),
            ),
            best_corner(enough, w),
            Comparison(
                at(
                    f"with $a = {dict(short.values)['a']}$: noisy risk at $u = {shown(rival)}$",
                    risk(short, w, rival),
                ),
                "<",
                at("at $e_1$", risk(short, w, corner(3))),
            ),
        ),
        f"The threshold is $a = {needed:.4g}$: a little above it the corner wins, a little below "
        "it loses.",
        scene=Scene("surfaces", (enough, short), "one star in the corner, one not", weights=w),
        way=along(enough, np.array(w), runner_up(w)),
    )


def _amse_condition(a: float, w: tuple[float, ...], sign: str) -> Comparison:
    w_m, w_n = largest_two(np.array(w))
    return Comparison(Value("$a (w_m - w_n)$", a * (w_m - w_n)), sign, Value("$W$", float(sum(w))))


def _amse_short(rng: np.random.Generator) -> CardResult:
    w = dominated(rng, 3, uniform(rng, 1.2, 2))
    w_m, w_n = largest_two(np.array(w))
    spec = LossSpec.of("AMSE", a=round(max((1 / (w_m - w_n)) * uniform(rng, 0.5, 0.8), 1.0), 2))
    rival = minimiser(spec, w)
    return CardResult(
        "enough",
        f"{told(spec)}, $w = {shown(w)}$.",
        (),
        leaves(spec, np.array(w), rival),
        "The label vector is not stretched far enough: the prediction nearest to $a w$ is not the "
        "corner.",
        broken=(_amse_condition(dict(spec.values)["a"], w, "<"),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _amse_pair(rng: np.random.Generator) -> CardResult:
    w = vector((0.5, uniform(rng, 0.26, 0.32), 0.0))
    w = (w[0], w[1], round(1 - w[0] - w[1], 2))
    low, high = (w[0] + w[1]) / (w[0] - w[1]), 1 / (w[0] - w[1])
    spec = LossSpec.of("AMSE", a=round((low + high) / 2, 2))
    a, rival = dict(spec.values)["a"], minimiser(spec, w)
    return CardResult(
        "whole",
        f"{told(spec)}, $w = {shown(w)}$.",
        (
            Comparison(
                Value("$a (w_m - w_n)$", a * (w[0] - w[1])),
                ">",
                Value("$w_m + w_n$, the two largest only", w[0] + w[1]),
            ),
        ),
        leaves(spec, np.array(w), rival),
        "The two largest weights alone would let the loss pass; the third class tips the balance, "
        "because the penalty $\\lVert u \\rVert^2$ counts with all labels.",
        broken=(_amse_condition(a, w, "<"),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", weights=w),
        way=along(spec, np.array(w), rival),
    )


def _amse_power(rng: np.random.Generator) -> CardResult:
    rate, q = uniform(rng, 0.36, 0.42), uniform(rng, 2.8, 3.5)
    w = np.array([1 - rate, rate, 0.0])
    a = round(1.04 / (1 - 2 * rate), 2)
    spec = LossSpec.of("AMSE_q", a=a, q=q)
    rival = minimiser(spec, w)
    return CardResult(
        "square",
        f"{told(spec)}, $w = {shown(w)}$.",
        (_amse_condition(a, vector(w), ">"),),
        leaves(spec, w, rival),
        "With another exponent the condition is another one: "
        "$w_m (a-1)^{q-1} \\ge w_n a^{q-1} + \\sum_{i \\ne m} w_i$.",
        broken=(Comparison(Value("$q$", q), ">", Value("", 2.0)),),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("pair", rate)),
        way=along(spec, w, rival),
    )


AMSE_CARD = Card(
    "amse",
    GROUP,
    Statement(
        "When AMSE is asymmetric",
        r"$L(u, i) = \frac1K \lVert a\, e_i - u \rVert_2^2$ is asymmetric on $w$ if and only if "
        r"$a\,(w_m - w_n) \ge W = \sum_i w_i$.",
        r"$K \sum_i w_i L(u, i) = W \lVert u \rVert^2 - 2a \langle w, u \rangle + a^2 W$, so the "
        r"minimiser is the point of the simplex nearest to $\frac{a}{W} w$; and that is $e_m$ if "
        r"and only if the largest entry leads the second by 1.",
        ("wang2025",),
    ),
    "$e_m$ alone minimises the noisy risk.",
    (
        Hypothesis("enough", "$a (w_m - w_n) \\ge W$"),
        Hypothesis("whole", "$W$ sums the weights of all classes, not only the two largest"),
        Hypothesis("square", "the exponent of the norm is 2"),
    ),
    _amse,
    {"enough": _amse_short, "whole": _amse_pair, "square": _amse_power},
)

CARDS = (TOLERANCE, SUBSETS, SUMS, AMSE_CARD)
