"""What follows for decisions: calibration, and what an excess risk says about errors."""

from __future__ import annotations

import numpy as np

from alfs_core.losses import LossSpec
from alfs_core.losses.base import derivative
from alfs_core.noise.transition import CUSTOM, LabelNoise
from alfs_core.theory.calibration import best_predicting
from alfs_core.theory.cards.asymmetric import concave_specs, convex_specs, ratio_of
from alfs_core.theory.cards.ratios import loss_at
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
from alfs_core.theory.cards.symmetric import flipping_pair, free_choice
from alfs_core.theory.simplex import DEFAULT_FLOOR
from alfs_core.theory.theorems import THEOREMS
from alfs_core.wording import percent

GROUP = "Decisions and errors"


# ---- calibration ----------------------------------------------------------------------------


def _posterior(rng: np.random.Generator) -> tuple[float, ...]:
    q = np.sort(rng.dirichlet(np.full(3, 4.0)))[::-1].round(2)
    q[0] = q[1] + max(q[0] - q[1], 0.03)
    return vector(q / q.sum())


def _calibrated(rng: np.random.Generator) -> CardResult:
    specs = (
        *convex_specs(rng),
        *concave_specs(rng),
        LossSpec.of("CE"),
        LossSpec.of("GCE", q=uniform(rng, 0.3, 0.9)),
        LossSpec.of("AMSE", a=uniform(rng, 1, 8)),
    )
    spec, q = one_of(rng, specs), _posterior(rng)
    best = minimiser(spec, q)
    wrong = vector(best_predicting(spec.build(), np.array(q), 1))
    v = np.sort(predictions(rng, (), 1.0, 1.0, 1.0))
    swapped = v[::-1]
    return CardResult(
        None,
        f"{told(spec)}, posterior $q = {shown(q)}$.",
        (Comparison(Value("$q_1$", q[0]), ">", Value("$q_2$", q[1])),),
        (
            Comparison(
                at(f"risk at the minimiser $u = {shown(best)}$", risk(spec, q, best)),
                "<",
                at(
                    f"lowest of all that predict class 2, at $u = {shown(wrong)}$",
                    risk(spec, q, wrong),
                ),
            ),
            Comparison(Value("$u_1$ of the minimiser", best[0]), ">", Value("$u_2$", best[1])),
            Comparison(
                at(f"risk at $u = {shown(swapped)}$", risk(spec, q, swapped)),
                "<",
                at(f"risk with $u_1$, $u_3$ swapped, $u = {shown(v)}$", risk(spec, q, v)),
            ),
        ),
        "The last line is the idea of the proof at drawn numbers: give the larger share to the "
        "more probable class, and the risk falls.",
        scene=Scene("calibration", (spec,), "no cell is orange", posterior=q),
        way=_along_posterior(spec, q, best, wrong, ("minimiser", "best of class 2")),
    )


def _along_posterior(
    spec: LossSpec,
    q: tuple[float, ...],
    start: tuple[float, ...],
    end: tuple[float, ...],
    names: tuple[str, str],
) -> Way:
    return way(names, {"risk": risk(spec, q, start)}, (end,))


def _costs(rng: np.random.Generator) -> CardResult:
    """Class weights: the loss of label 2 counts more."""
    top, cost = uniform(rng, 0.5, 0.6), uniform(rng, 1.6, 3)
    q = vector((top, round(0.95 - top, 2), 0.05))
    spec = LossSpec.of("CE")
    w = vector((q[0], cost * q[1], q[2]))
    best = minimiser(spec, w)
    right = vector(best_predicting(spec.build(), np.array(w), 0))
    total = sum(w)
    return CardResult(
        "alike",
        f"Cross entropy that counts label 2 {cost} times, posterior $q = {shown(q)}$: the risk has "
        f"the weights ${shown(w)}$.",
        (Comparison(Value("$q_1$", q[0]), ">", Value("$q_2$", q[1])),),
        (
            Comparison(
                at(f"risk at the minimiser $u = {shown(best)}$", risk(spec, w, best)),
                "<",
                at(
                    f"lowest of all that predict class 1, at $u = {shown(right)}$",
                    risk(spec, w, right),
                ),
            ),
            Comparison(Value("$u_2$ of the minimiser", best[1]), ">", Value("$u_1$", best[0])),
        ),
        "Class weights are meant to move decisions, and they do: the minimiser predicts class 2.",
        broken=(Comparison(Value("cost of label 2", cost), ">", Value("that of label 1", 1.0)),),
        scene=Scene(
            "surfaces",
            (spec,),
            "the star is nearer to e₂ than e₁",
            weights=vector(x / total for x in w),
        ),
        way=_along_posterior(spec, w, best, right, ("minimiser", "best of class 1")),
    )


def _kink(rng: np.random.Generator) -> CardResult:
    """THEORY A7: a kink at ½ holds the minimiser in the tie."""
    steep = float(rng.integers(2, 7)) / 2
    spec = LossSpec.of(f"formula: {steep}*max(0.5-u,0) + (1-u)")
    top = uniform(rng, 0.52, 0.58)
    q, even = vector((top, round(1 - top, 2), 0.0)), (0.5, 0.5, 0.0)
    rival = lowest_other(spec, q)
    return CardResult(
        "smooth",
        f"A curve with a kink at ½, slopes {steep + 1:g} and 1: {told(spec)}; posterior "
        f"$q = {shown(q)}$.",
        (
            Comparison(Value("$q_1$", q[0]), ">", Value("$q_2$", q[1])),
            Comparison(Value(r"$\ell'$ at $u < ½$", -steep - 1), "<", Value("", 0.0)),
        ),
        (
            Comparison(
                at("risk at the tie $u = (0.5, 0.5, 0)$", risk(spec, q, even)),
                "≤",
                at(f"lowest on a lattice, at $u = {shown(rival)}$", risk(spec, q, rival)),
            ),
            Comparison(
                at("risk at the tie", risk(spec, q, even)),
                "<",
                at("risk at $e_1$", risk(spec, q, corner(3))),
            ),
        ),
        "The minimiser is a tie, though class 1 is more probable: predictions of class 2 come as "
        "near to the smallest risk as one likes.",
        broken=(
            Comparison(
                Value("slope left of the kink", (loss_at(spec, 0.5) - loss_at(spec, 0.4)) / 0.1),
                "<",
                Value("slope right of it", (loss_at(spec, 0.6) - loss_at(spec, 0.5)) / 0.1),
            ),
        ),
        scene=Scene("calibration", (spec,), "the grey cells: ties", posterior=q),
        way=_along_posterior(spec, q, corner(3), (0.0, 1.0, 0.0), ("e₁", "e₂")),
    )


def _plateau(rng: np.random.Generator) -> CardResult:
    """Flat about ½: classes may trade places at no price."""
    edge = uniform(rng, 0.38, 0.44)
    high = round(1 - edge, 2)
    spec = LossSpec.of(f"formula: 0.2 + 5*max({edge}-u,0)^2 - 0.5*max(u-{high},0)^2")
    top = uniform(rng, 0.52, 0.62)
    q = vector((top, round(1 - top, 2), 0.0))
    wrong, right = (edge, high, 0.0), (high, edge, 0.0)
    rival = lowest_other(spec, q)
    slope = float(derivative(spec.build(), np.array([0.45]))[0])
    return CardResult(
        "steep",
        f"A smooth curve that is flat from {edge} to {high}: {told(spec)}; posterior "
        f"$q = {shown(q)}$.",
        (Comparison(Value("$q_1$", q[0]), ">", Value("$q_2$", q[1])),),
        (
            Comparison(
                at(f"risk at $u = {shown(wrong)}$, which predicts class 2", risk(spec, q, wrong)),
                "=",
                at(f"risk at $u = {shown(right)}$, which predicts class 1", risk(spec, q, right)),
            ),
            Comparison(
                at("risk there", risk(spec, q, wrong)),
                "≤",
                at(f"lowest on a lattice, at $u = {shown(rival)}$", risk(spec, q, rival)),
            ),
        ),
        "Right and wrong predictions share the smallest risk: minimising it decides nothing.",
        broken=(Comparison(Value(r"$\ell'(0.45)$", slope), "=", Value("", 0.0)),),
        scene=Scene("calibration", (spec,), "the grey cells: ties", posterior=q),
        way=_along_posterior(spec, q, corner(3), (0.0, 1.0, 0.0), ("e₁", "e₂")),
    )


def _no_limit(rng: np.random.Generator) -> CardResult:
    """THEORY F4: NCE on the open simplex, where L(u, i) has no limit at the boundary."""
    spec, top = LossSpec.of("NCE"), uniform(rng, 0.45, 0.52)
    second = uniform(rng, 0.3, 0.34)
    q = vector((top, second, round(1 - top - second, 2)))
    wrong, nearer = ((0.3, 0.7, x) for x in (1e-30, 1e-300))
    rival = minimiser(spec, q)
    beside, faster = ((1.0, 1e-9, x) for x in (1e-9, 1e-90))
    label, least = (0.0, 1.0, 0.0), Value("$q_3$, which no risk is below", q[2])
    there = r"risk at $u_2 = 0.7$, $u_3 = 10^{{-{}}}$, which predicts class 2"
    return CardResult(
        "closed",
        f"{told(spec)}, posterior $q = {shown(q)}$, predictions with any $u_i > 0$.",
        (Comparison(Value("$q_1$", q[0]), ">", Value("$q_2$", q[1])),),
        (
            Comparison(least, "<", at(there.format(300), risk(spec, q, nearer))),
            Comparison(
                at(there.format(300), risk(spec, q, nearer)),
                "<",
                at(there.format(30), risk(spec, q, wrong)),
            ),
            Comparison(
                at(there.format(30), risk(spec, q, wrong)),
                "<",
                at(
                    rf"lowest with every $u_i \ge {DEFAULT_FLOOR:g}$, at $u = {shown(rival)}$",
                    risk(spec, q, rival),
                ),
            ),
        ),
        "Every risk is a mean of $q_1$, $q_2$, $q_3$ and so at least $q_3$; as $u_3 \\to 0$ it "
        "comes as near to $q_3$ as one likes, whichever class is predicted. On a floor the right "
        "class wins, by a lead that fades with the floor.",
        broken=(
            Comparison(
                at("$L(u, 2)$ at $u_2 = u_3 = 10^{-9}$", risk(spec, label, beside)),
                ">",
                at(
                    "at $u_2 = 10^{-9}$, $u_3 = 10^{-90}$, near $e_1$ too",
                    risk(spec, label, faster),
                ),
            ),
        ),
        scene=Scene("calibration", (spec,), "on the floor no cell is orange", posterior=q),
        way=_along_posterior(
            spec, q, (0.7, 0.3, 1e-300), nearer, ("class 1, u₃ = 10⁻³⁰⁰", "class 2, u₃ = 10⁻³⁰⁰")
        ),
    )


CALIBRATION = Card(
    "calibration",
    GROUP,
    THEOREMS["calibrated-local"],
    "Predicting another than the most probable class always costs risk.",
    (
        Hypothesis("alike", r"all labels have the same $\varphi$"),
        Hypothesis("smooth", r"$\varphi$ is differentiable"),
        Hypothesis("steep", r"$\varphi' < 0$ on $(0, \tfrac12]$"),
        Hypothesis(
            "closed", r"$L$ is continuous on the whole simplex, or every $u_i$ is at least $\delta$"
        ),
    ),
    _calibrated,
    {"alike": _costs, "smooth": _kink, "steep": _plateau, "closed": _no_limit},
)


# ---- from the noisy excess to the error -----------------------------------------------------


def _factor(spec: LossSpec, T: np.ndarray) -> float:
    """D = min_y (T_yy − max_i T_yi / r)."""
    off = np.where(np.eye(len(T), dtype=bool), 0.0, T).max(axis=1)
    return float(np.min(np.diag(T) - off / ratio_of(spec)))


def _over(spec: LossSpec, weights: np.ndarray, f: np.ndarray) -> Risk:
    return Risk(spec, tuple(map(vector, weights)), tuple(map(vector, f)))


def _promised(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (*convex_specs(rng), *concave_specs(rng), LossSpec.of("MAE")))
    ratio = ratio_of(spec)
    T = np.array([np.roll(dominated(rng, 3, 1.2 / ratio), y) for y in range(3)])
    D, M = _factor(spec, T), 4
    y = rng.integers(0, 3, M)
    f = np.array([predictions(rng, (), *np.where(np.arange(3) == c, 1.5, 0.6)) for c in y])
    e = np.eye(3)[y]
    clean, noisy = e / M, T[y] / M
    clean_pair = (_over(spec, clean, f), _over(spec, clean, e))
    noisy_pair = (_over(spec, noisy, f), _over(spec, noisy, e))
    wrong = float(np.mean(np.argmax(f, axis=1) != y))
    step = loss_at(spec, 0.5) - loss_at(spec, 1.0)
    return CardResult(
        None,
        f"{told(spec)} with $r = {ratio:.4g}$; {M} instances with drawn predictions; the rows of "
        f"$T$ are {', '.join(shown(row) for row in T)}.",
        (Comparison(Value("$D$", D), ">", Value("", 0.0)),),
        (
            Comparison(
                difference("clean excess $R_L(f) - \\ell(1)$", *clean_pair),
                "≤",
                difference("noisy excess $/ D$", *noisy_pair, factor=1 / D),
            ),
            Comparison(
                Value(r"$P(f \text{ wrong})$", wrong),
                "≤",
                difference(
                    r"clean excess $/ [\ell(\tfrac12) - \ell(1)]$", *clean_pair, factor=1 / step
                ),
            ),
        ),
        "What is left to gain under noise bounds what is left to gain without, and that bounds the "
        "errors.",
        way=way(
            ("clean labels", "f"),
            {"noisy risk": _over(spec, noisy, e), "clean risk": _over(spec, clean, e)},
            tuple(map(vector, f)),
        ),
        scene=Scene(
            "tolerance",
            (spec,),
            "the bound for this matrix",
            LabelNoise(CUSTOM, 0.0, tuple(map(vector, T))),
            excess=True,
        ),
    )


def _excesses(clean: Value, D: float) -> tuple[Comparison, ...]:
    """A noisy excess of 0 and a clean one that is larger than 0/D."""
    return (Comparison(clean, ">", Value("noisy excess $/ D$, which is $0 / D$", 0.0 / D)),)


def _uncertain(rng: np.random.Generator) -> CardResult:
    spec, rate = one_of(rng, concave_specs(rng)), uniform(rng, 0.3, 0.45)
    q = (0.5, 0.45, 0.05)
    T = ((round(1 - rate, 2), rate, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    w, D = vector(np.array(T).T @ np.array(q)), _factor(spec, np.array(T))
    e1, e2 = corner(3), corner(3, 1)
    rival = lowest_other(spec, w, 1)
    excess = difference(
        "clean excess of $e_2$ over $e_1$, weights $q$", risk(spec, q, e2), risk(spec, q, e1)
    )
    return CardResult(
        "label",
        f"{told(spec)}; the clean label is uncertain, $q = {shown(q)}$; labels of class 1 are "
        f"given as class 2 at rate {rate}; $f = e_2$.",
        (
            Comparison(Value("$D$", D), ">", Value("", 0.0)),
            Comparison(
                at("noisy risk of $f = e_2$", risk(spec, w, e2)),
                "<",
                at(
                    f"lowest elsewhere, at $u = {shown(rival)}$: the noisy excess is 0",
                    risk(spec, w, rival),
                ),
            ),
        ),
        _excesses(excess, D),
        "No excess is left under noise, and yet $f$ is not best without it.",
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


def _small_class(rng: np.random.Generator) -> CardResult:
    clean, noisy, share, rate = flipping_pair(rng)
    spec = one_of(rng, concave_specs(rng))
    one, two = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 1.0]] * 2)
    D = _factor(spec, np.array([[1 - rate, rate], [0.0, 1.0]]))
    excess = difference(
        "clean excess of $f$ over “always class 1”",
        _over(spec, clean, two),
        _over(spec, clean, one),
    )
    return CardResult(
        "free",
        f"{told(spec)}; {percent(share)} of the instances are class 1 and {percent(rate)} of their "
        "labels flip. The infimum is over “always class 1” and “always class 2” only; $f$ is the "
        "second.",
        (
            Comparison(Value("$D$", D), ">", Value("", 0.0)),
            Comparison(
                at("noisy risk of $f$", _over(spec, noisy, two)),
                "<",
                at("noisy risk of “always class 1”: the excess is 0", _over(spec, noisy, one)),
            ),
        ),
        _excesses(excess, D),
        broken=(free_choice(spec, noisy),),
        sentence="Against a small class of functions $f$ has nothing to gain under noise, and much "
        "without.",
        way=way(
            ("always class 1", "always class 2"),
            {"noisy risk": _over(spec, noisy, one), "clean risk": _over(spec, clean, one)},
            tuple(map(vector, two)),
        ),
        scene=Scene(
            "tolerance",
            (spec,),
            "free, the same loss is tolerant",
            LabelNoise(CUSTOM, 0.0, ((round(1 - rate, 2), rate), (0.0, 1.0))),
            2,
        ),
    )


def _no_gap(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, convex_specs(rng))
    turns = ratio_of(spec) / (1 + ratio_of(spec))  # the rate at which D = 0
    rate = round(turns + (0.495 - turns) * float(rng.uniform(0.4, 0.9)), 3)
    w = np.array([1 - rate, rate, 0.0])
    D = float(w[0] - rate / ratio_of(spec))
    rival, e1 = minimiser(spec, w), corner(3)
    other = lowest_other(spec, w)
    excess = difference("clean excess of $f$ over $e_1$", risk(spec, e1, rival), risk(spec, e1, e1))
    return CardResult(
        "gap",
        f"{told(spec)} with $r = {ratio_of(spec):.4g}$, $w = {shown(w)}$; $f$ is the minimiser of "
        f"the noisy risk, $u = {shown(rival)}$.",
        (
            Comparison(
                at("noisy risk of $f$", risk(spec, w, rival)),
                "≤",
                at(
                    f"lowest on a lattice, at $u = {shown(other)}$: the excess is 0",
                    risk(spec, w, other),
                ),
            ),
        ),
        (Comparison(excess, ">", Value("", 0.0)),),
        "With $D \\le 0$ a noisy excess of nothing promises nothing: the noise has moved the "
        "minimiser itself.",
        broken=(Comparison(Value("$D$", D), "<", Value("", 0.0)),),
        way=way(
            ("e₁", f"u = {shown(rival)}"),
            {"noisy risk": risk(spec, w, e1), "clean risk": risk(spec, e1, e1)},
            (rival,),
        ),
        scene=Scene("surfaces", (spec,), "the star leaves the corner e₁", LabelNoise("pair", rate)),
    )


EXCESS = Card(
    "excess",
    GROUP,
    THEOREMS["excess"],
    "A small noisy excess promises a small clean excess and few errors.",
    (
        Hypothesis("label", "each instance has one clean label"),
        Hypothesis("free", "the infimum is over all predictions at each instance"),
        Hypothesis("gap", r"$D = \inf_x (1 - \eta_x - \max_{i \ne y} \eta_{x,i} / r) > 0$"),
    ),
    _promised,
    {"label": _uncertain, "free": _small_class, "gap": _no_gap},
)


# ---- against the Bayes rule -----------------------------------------------------------------


def _bayes(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (*concave_specs(rng), LossSpec.of("MAE")))
    k, M = int(rng.integers(2, 5)), 5
    y = rng.integers(0, k, M)
    f = predictions(rng, M, *(k * (0.8,)))
    e = np.eye(k)[y]
    pair = (_over(spec, e / M, f), _over(spec, e / M, e))
    span = loss_at(spec, 0.0) - loss_at(spec, 1.0)
    wrong = float(np.mean(np.argmax(f, axis=1) != y))
    lone = 2 * (loss_at(spec, 0.5) - loss_at(spec, 1.0)) / span
    return CardResult(
        None,
        f"{told(spec)}, {k} classes, {M} instances with drawn predictions.",
        (
            Comparison(
                Value(r"$\ell(\tfrac12)$", loss_at(spec, 0.5)),
                "≥",
                Value(
                    r"its chord, $[\ell(0) + \ell(1)]/2$",
                    (loss_at(spec, 0.0) + loss_at(spec, 1.0)) / 2,
                ),
            ),
        ),
        (
            Comparison(
                Value("share of wrong predictions", wrong),
                "≤",
                difference(r"$2 \cdot$ excess $/ [\ell(0) - \ell(1)]$", *pair, factor=2 / span),
            ),
            Comparison(
                Value("one wrong prediction", 1.0),
                "≤",
                Value(r"the least that it costs, at $u_y = \tfrac12$", lone),
            ),
        ),
        "A wrong prediction leaves its label at most ½; a concave curve is still high there.",
        way=way(("clean labels", "f"), {"risk": _over(spec, e / M, e)}, tuple(map(vector, f))),
        scene=Scene("calibration", (spec,), "the proved line below the curve", excess=True),
    )


def _not_concave(rng: np.random.Generator) -> CardResult:
    spec = one_of(rng, (*convex_specs(rng), LossSpec.of("GCE", q=uniform(rng, 0.3, 0.8))))
    u = (0.49, 0.51)
    span = loss_at(spec, 0.0) - loss_at(spec, 1.0)
    label = (1.0, 0.0)
    cost = difference(
        r"$2 \cdot$ its excess $/ [\ell(0) - \ell(1)]$",
        risk(spec, label, u),
        risk(spec, label, label),
        factor=2 / span,
    )
    return CardResult(
        "concave",
        f"{told(spec)}, two classes; one instance of class 1, predicted as $u = {shown(u)}$.",
        (),
        (
            Comparison(
                Value("one wrong prediction", 1.0),
                ">",
                cost,
            ),
        ),
        "A convex curve has already fallen far at ½, so a wrong prediction is cheap.",
        broken=(
            Comparison(
                Value(r"$\ell(\tfrac12)$", loss_at(spec, 0.5)),
                "<",
                Value(
                    r"its chord, $[\ell(0) + \ell(1)]/2$",
                    (loss_at(spec, 0.0) + loss_at(spec, 1.0)) / 2,
                ),
            ),
        ),
        way=way(("e₁", f"u = {shown(u)}"), {"risk": risk(spec, label, label)}, (u,)),
        scene=Scene("calibration", (spec,), "the curve and its bounds", excess=True),
    )


def _stochastic(rng: np.random.Generator) -> CardResult:
    """THEORY A6: for stochastic labels the constant is K, and 2 is too small."""
    spec = LossSpec.of("MAE")
    top, tie = uniform(rng, 0.37, 0.45), uniform(rng, 0.335, 0.345, 3)
    q = vector((top, round(1 - 2 * top, 2), top))
    u = vector(((1 - tie) / 2, tie, (1 - tie) / 2))
    lost = q[0] - q[1]
    pair = (risk(spec, q, u), risk(spec, q, corner(3)))
    return CardResult(
        "label",
        f"{told(spec)}, three classes; posterior $q = {shown(q)}$, prediction $u = {shown(u)}$, "
        "which names class 2.",
        (Comparison(Value("$u_2$", u[1]), ">", Value("$u_1$", u[0])),),
        (
            Comparison(
                Value("probability of being right that is lost", lost),
                ">",
                difference(r"$2 \cdot$ excess $/ [\ell(0) - \ell(1)]$", *pair, factor=2),
            ),
            Comparison(
                Value("the same", lost),
                "≤",
                difference(r"$3 \cdot$ excess $/ [\ell(0) - \ell(1)]$", *pair, factor=3),
            ),
        ),
        "With uncertain labels 2 is too small for three classes, and $K = 3$ is right: near the "
        "even prediction it is reached.",
        broken=(Comparison(Value("largest $q_i$", max(q)), "<", Value("certainty", 1.0)),),
        way=_along_posterior(spec, q, corner(3), u, ("e₁", f"u = {shown(u)}")),
        scene=Scene("calibration", (spec,), "c = 3 touches the curve", excess=True),
    )


BAYES = Card(
    "bayes-excess",
    GROUP,
    THEOREMS["bayes-excess"],
    r"$R_{01} - R_{01}^* \le 2\,(R_\ell - R_\ell^*) / (\ell(0) - \ell(1))$.",
    (
        Hypothesis("concave", r"$\ell$ is concave"),
        Hypothesis("label", "each instance has one clean label"),
    ),
    _bayes,
    {"concave": _not_concave, "label": _stochastic},
)

CARDS = (CALIBRATION, EXCESS, BAYES)
