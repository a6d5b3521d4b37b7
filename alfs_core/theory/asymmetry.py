"""Is a loss asymmetric on weights w? Theorems first, then enclosures, then search (THEORY G)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from alfs_core.errors import DomainError, SimplexError
from alfs_core.losses.base import Loss, derivative, largest_two
from alfs_core.losses.combinators import Normalized, NormalizedGain, Weighted
from alfs_core.losses.formula import FormulaLoss, composed
from alfs_core.losses.robust import GCE
from alfs_core.numerics.enclosure import bounds, precision, risk, simplex_point
from alfs_core.numerics.interval import Interval, interval
from alfs_core.numerics.links import Logits
from alfs_core.theory.allocation import allocated, allocated_always
from alfs_core.theory.curvature import (
    convexity,
    curvature,
    enclosed,
    end_slopes,
    strictly_convex,
)
from alfs_core.theory.equal_ratio import equal_ratio
from alfs_core.theory.evidence import (
    SMALLEST_LEAK,
    Counterexample,
    Enclosure,
    Evidence,
    Finding,
    Hypothesis,
    Search,
    Theorem,
    Verdict,
    leak_text,
)
from alfs_core.theory.ratio import RatioResult, asymmetry_ratio, ratio_heatmap
from alfs_core.theory.simplex import (
    Minimum,
    check_weights,
    effective_floor,
    gradient,
    minimise,
    minimise_rows,
    vertices,
    weighted_risk,
)
from alfs_core.theory.subdivision import (
    FEW_PIECES,
    MOST_CLASSES,
    Subdivision,
    by_sizes,
    one_budget,
    only_own_corner,
    subdivided,
)
from alfs_core.wording import number

__all__ = [
    "RatioResult",
    "asymmetric_on",
    "asymmetric_on_rows",
    "asymmetry_ratio",
    "completely_asymmetric",
    "known_on",
    "limit_on",
    "ratio_heatmap",
    "refuted_on",
]

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
UNDECIDED, UNDEFINED = Verdict.UNDECIDED, Verdict.UNDEFINED
ROUNDING = 1e-14  # weights are taken to be known to this relative accuracy


@dataclass(frozen=True)
class Ruling:
    """What a rule says, before the minimiser is looked at."""

    inclusion: Verdict
    equality: Verdict
    evidence: tuple[Evidence, ...]
    found: Minimum | None = None


Rule = Callable[[Loss, np.ndarray, int], Ruling | None]


def asymmetric_on(
    loss: Loss, w: np.ndarray, *, clean: int | None = None, floor: float = 0.0
) -> Finding:
    """Whether argmin Σ w_i L(u, i) = argmin L(u, m) for weights w (K,) with top class m.

    ``clean`` is the class that should be m, where it is known. A loss without a value at the
    vertices is judged on {u_i ≥ floor}, and in the limit; of other losses the floor is not used.
    SimplexError: w is no set of weights.
    """
    return asymmetric_on_rows(loss, [w], [clean], floor=floor)[0]


def asymmetric_on_rows(
    loss: Loss, rows: Sequence[np.ndarray], clean: Sequence[int | None], *, floor: float = 0.0
) -> list[Finding]:
    """As ``asymmetric_on`` for each of the rows (K,); their searches go side by side."""
    rows = [check_weights(w) for w in rows]
    floor = effective_floor(loss, floor) if loss.vertices_excluded else 0.0
    known = [_known(loss, w, c, floor) for w, c in zip(rows, clean, strict=True)]
    left = [w for w, finding in zip(rows, known, strict=True) if finding is None]
    found = minimise_rows(loss, np.array(left), floor) if left else []
    searched = (_from_search(loss, w, x) for w, x in zip(left, found, strict=True))
    return [finding or next(searched) for finding in known]


def _known(loss: Loss, w: np.ndarray, clean: int | None, floor: float) -> Finding | None:
    """What is said without a search."""
    m = int(np.argmax(w))
    if (said := _not_applicable(loss, w, clean)) is not None:
        return _undefined(loss, w, m, floor, *said)
    if loss.vertices_excluded:
        return _known_on_the_floor(loss, w, m, floor)
    ruling = _by_theorem(loss, w, m)
    return None if ruling is None else _finding(loss, w, m, floor, ruling)


def _from_search(loss: Loss, w: np.ndarray, found: Minimum) -> Finding:
    m = int(np.argmax(w))
    finding = _finding(loss, w, m, found.floor, _searched(loss, w, m, found))
    return _with_limit(finding, *_limit(loss, w, m)) if loss.vertices_excluded else finding


def _not_applicable(
    loss: Loss, w: np.ndarray, clean: int | None
) -> tuple[str, tuple[Evidence, ...]] | None:
    w_m, w_n = largest_two(w)
    if isinstance(loss.link, Logits):
        return f"{loss.name} reads the logits: it is no loss on the simplex.", ()
    if clean is not None and w[clean] < w_m * (1 - ROUNDING):
        hypothesis = Hypothesis("w of the clean class < largest w", f"{w[clean]:g} < {w_m:g}", True)
        theorem = Theorem("swap", "no label-symmetric loss can be tolerant here", (hypothesis,))
        sentence = (
            "The clean class is not the most frequent label, so no loss that treats all labels "
            "alike can be tolerant."
        )
        return sentence, (theorem,)
    if w_m - w_n <= ROUNDING * w_m:
        return "The two largest weights are equal, so there is no top class to ask about.", ()
    return None


def _undefined(
    loss: Loss, w: np.ndarray, m: int, floor: float, sentence: str, evidence: tuple[Evidence, ...]
) -> Finding:
    on_simplex = not isinstance(loss.link, Logits)
    point = minimise(loss, w, floor).point if on_simplex else np.full(len(w), np.nan)
    return Finding(
        UNDEFINED, UNDEFINED, UNDEFINED, evidence, sentence, m, point, np.nan, floor, None
    )


# ---- the rules, in order --------------------------------------------------------------------


def _by_theorem(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    parts = composed(loss)
    if isinstance(parts, Weighted) and len(parts.parts) == 1:
        return _by_theorem(parts.parts[0][1], w, m)
    for rule in RULES:
        if (ruling := rule(parts, w, m)) is not None:
            return ruling
    return None


def known_on(loss: Loss, w: np.ndarray, *, clean: int | None = None) -> Verdict:
    """What theorems alone say on weights w (K,), without a search; UNDECIDED where they do not."""
    w = check_weights(w)
    if loss.vertices_excluded or _not_applicable(loss, w, clean) is not None:
        return UNDEFINED
    ruling = _by_theorem(loss, w, int(np.argmax(w)))
    return UNDECIDED if ruling is None else ruling.equality


def refuted_on(loss: Loss, w: np.ndarray, point: np.ndarray | None = None) -> bool:
    """Whether a point, or without one a point on the edge from e_m to e_n, is proved better."""
    m = int(np.argmax(w))
    if point is None:
        shown = _on_an_edge(loss, w, m)
    else:
        with np.errstate(divide="ignore"):
            shown = Counterexample(loss, w, m, np.log(point))
    return shown is not None and shown.confirmed


def _one_hot(loss: Loss, w: np.ndarray, m: int, floor: float = 0.0) -> Ruling | None:
    """Noisy and clean risk have the same minimisers; whether e_m is one depends on the loss."""
    if np.count_nonzero(w) > 1:
        return None
    theorem = Theorem("one-hot", "only one label has a weight")
    if _best_at_own_corner(loss):
        return Ruling(HOLDS, HOLDS, (theorem,))
    found = _searched(loss, w, m, minimise(loss, w, floor))
    return replace(found, equality=HOLDS, evidence=(theorem, *found.evidence))


def _best_at_own_corner(loss: Loss) -> bool:
    """Whether e_m is known to minimise L(·, m): of a typed formula where it is shown to fall."""
    if isinstance(loss, Weighted):
        return all(_best_at_own_corner(part) for _, part in loss.parts)
    if isinstance(loss, FormulaLoss):
        return loss.local and curvature(loss).decreasing
    if isinstance(loss, Normalized | NormalizedGain):
        return _best_at_own_corner(loss.base)
    return True


def _closed_condition(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """THEORY B: met with equality counts as met, since these minimisers stay unique."""
    condition = loss.weight_condition(w)
    if condition is None:
        return None
    met = _margin_range(loss, w, m)[1] >= 0
    value = f"margin {number(condition.margin, 6)}"
    hypothesis = Hypothesis(condition.latex, value, met)
    verdict = HOLDS if met else FAILS
    statement = f"asymmetric on w if and only if ${condition.latex}$"
    return Ruling(verdict, verdict, (Theorem("closed-condition", statement, (hypothesis,)),))


def _margin_range(loss: Loss, w: np.ndarray, m: int) -> tuple[float, float]:
    """The margin as w_m falls and rises by ROUNDING, to see past the rounding of decimals."""
    margins = []
    for change in (-ROUNDING, 0.0, ROUNDING):
        moved = w.copy()
        moved[m] *= 1 + change
        condition = loss.weight_condition(moved)
        assert condition is not None
        margins.append(condition.margin)
    return min(margins), max(margins)


def _concave(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    if convexity(loss) not in ("concave", "affine"):
        return None
    other, own = (float(x) for x in loss.partial(np.eye(len(w)))[0, [1, 0]])
    hypotheses = (
        Hypothesis("concave in the prediction", _why_shaped(loss), True),
        Hypothesis(r"L(e_j, i) > L(e_i, i)", f"{other:.6g} > {own:.6g}", other > own),
    )
    if not other > own:
        return None
    theorem = Theorem("concave", "asymmetric on every w with one largest weight", hypotheses)
    return Ruling(HOLDS, HOLDS, (theorem,))


def _why_shaped(loss: Loss) -> str:
    return curvature(loss).reason if loss.local else f"{loss.name}: every part is"


def _convex(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """KKT at e_m: exact for every convex loss, by enclosures of the slopes there."""
    if convexity(loss) != "convex" or (slopes := _slopes_at_corner(loss, w, m)) is None:
        return None
    others = np.arange(len(w)) != m
    gains = slopes[others] - slopes[m]
    ends = np.abs(np.concatenate([slopes.low, slopes.high]))
    rounding = 100 * ROUNDING * ends[np.isfinite(ends)].max(initial=0.0)
    least, most = float(gains.low.min()), float(gains.high.min())
    met, missed = bool(least >= -rounding), bool(most < -rounding)
    if not (met or missed):
        return None
    boundary = least <= rounding
    strict = strictly_convex(loss)
    hypotheses = (
        Hypothesis("convex in the prediction", _why_shaped(loss), True),
        Hypothesis("no slope from e_m to a vertex is negative", f"smallest {least:.6g}", met),
        Hypothesis("strictly convex", "yes" if strict else "no", strict),
    )
    theorem = Theorem("convex-corner", "e_m is a minimiser iff no first step pays", hypotheses)
    if missed:
        return Ruling(FAILS, FAILS, (theorem,))
    unique = strict or not boundary
    return Ruling(HOLDS, HOLDS if unique else _flat_at_corner(loss), (theorem,))


def _slopes_at_corner(loss: Loss, w: np.ndarray, m: int) -> Interval | None:
    """∂/∂u_j Σ w_i L(u, i) at e_m, from inside the simplex, (K,); None where no enclosure runs."""
    if isinstance(loss, Weighted) and not loss.local:
        parts = [(a, _slopes_at_corner(part, w, m)) for a, part in loss.parts]
        known = [a * part for a, part in parts if part is not None]
        return sum(known[1:], known[0]) if len(known) == len(parts) else None
    if not loss.local:  # MSE and its kin are smooth at the corners
        slopes = gradient(loss, w, np.eye(len(w))[m])
        error = 10 * ROUNDING * np.abs(slopes)
        return Interval(slopes - error, slopes + error)
    ends = end_slopes(loss)
    return None if ends is None else ends[np.eye(len(w), dtype=int)[m]] * interval(w)


def _flat_at_corner(loss: Loss) -> Verdict:
    """At the boundary without strict convexity: FAILS where ℓ is straight next to 0 and to 1."""
    if not loss.local:
        return UNDECIDED
    ends = enclosed(loss, np.array([0.0, 1 - 2.0**-10]), np.array([2.0**-10, 1.0]))
    straight = ends is not None and not np.any(ends.second.low) and not np.any(ends.second.high)
    return FAILS if straight else UNDECIDED


def _by_ratio(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """THEORY G1 (3) for curvature that is mixed or not known."""
    if not loss.local:
        return None
    try:
        result = asymmetry_ratio(loss)
    except DomainError:
        return None
    w_m, w_n = largest_two(w)
    if w_m * result.low > w_n * (1 + ROUNDING):
        theorem = _ratio_theorem("ratio", r"w_m\, r(\ell) > w_n", w_m, result.low, w_n)
        return Ruling(HOLDS, HOLDS, (theorem, result.ratio))
    if w_m * result.upper.high < w_n * (1 - ROUNDING):
        theorem = _ratio_theorem("edge", r"w_m\, r_u(\ell) < w_n", w_m, result.upper.high, w_n)
        return Ruling(FAILS, FAILS, (theorem, result.upper))
    return _by_equal_ratio(loss, w, w_m, w_n)


def _by_equal_ratio(loss: Loss, w: np.ndarray, w_m: float, w_n: float) -> Ruling | None:
    """r_K bounds every row with w_i ≤ w_n, and is exact where all are equal."""
    equal = equal_ratio(loss, len(w))
    if w_m * equal.low > w_n * (1 + ROUNDING):
        theorem = _ratio_theorem("equal-ratio", r"w_m\, r_K(\ell) > w_n", w_m, equal.low, w_n)
        return Ruling(HOLDS, HOLDS, (theorem, equal))
    even = np.sum(w > 0) == len(w) and np.sum(w >= w_n * (1 - ROUNDING)) == len(w)
    if even and w_m * equal.high < w_n * (1 - ROUNDING):
        theorem = _ratio_theorem("equal-ratio", r"w_m\, r_K(\ell) < w_n", w_m, equal.high, w_n)
        return Ruling(FAILS, FAILS, (theorem, equal))
    return None


def _ratio_theorem(key: str, condition: str, w_m: float, ratio: float, w_n: float) -> Theorem:
    sign = ">" if ">" in condition else "<"
    hypothesis = Hypothesis(condition, f"{w_m:g} · {ratio:.6g} {sign} {w_n:g}", True)
    says = "the minimisers are those of L(·, m)" if sign == ">" else "another point is better"
    return Theorem(key, says, (hypothesis,))


def _equal_others(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    others = np.delete(w, m)
    even = bool(np.ptp(others) <= 1e-12 * w.sum())
    if not (even and loss.is_symmetric() and _least_at_own_corner(loss)):
        return None
    hypotheses = (
        Hypothesis("all other weights are equal", f"{others[0]:g}", True),
        Hypothesis(r"\sum_i L(u, i) constant", "by its form", True),
    )
    return Ruling(HOLDS, HOLDS, (Theorem("equal-others", "asymmetric on w", hypotheses),))


def _symmetric_bounded(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """THEORY A8: L ≥ L(e_m, m) and no larger than its share of the rest where labels are wrong."""
    if not isinstance(loss, Normalized | NormalizedGain) or not loss.base.local:
        return None
    base, shape = loss.base, curvature(loss.base)
    if not shape.decreasing:
        return None
    if isinstance(loss, NormalizedGain):
        met = bool(loss.gains(np.array([1 / len(w)]))[0] > 0)
        value = f"shares of a falling loss: {shape.reason}"
    else:
        at_zero, at_one = base.partial(np.array([0.0, 1.0]))
        finite = bool(np.inf > at_zero > 0 <= at_one)
        met, value = finite and asymmetry_ratio(base).low >= 1, f"r = 1 of {base.name}"
    if not met:
        return None
    hypotheses = (
        Hypothesis(r"\sum_i L(u, i) = C", "by its form", True),
        Hypothesis(r"L(e_m, m) \le L(u, i) \le L(e_j, i)", value, True),
    )
    return Ruling(HOLDS, HOLDS, (Theorem("symmetric-bounded", "asymmetric on w", hypotheses),))


def _least_at_own_corner(loss: Loss) -> bool:
    if isinstance(loss, Weighted):
        return all(_least_at_own_corner(part) for _, part in loss.parts)
    if isinstance(loss, Normalized | NormalizedGain):
        return _least_at_own_corner(loss.base)
    return loss.local and curvature(loss).decreasing


def _sum(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """A9: what all parts share, the sum has."""
    if not isinstance(loss, Weighted) or len(loss.parts) < 2:
        return None
    rulings = (_by_theorem(part, w, m) for _, part in loss.parts)
    if not all(ruling is not None and ruling.inclusion is HOLDS for ruling in rulings):
        return None
    parts = tuple(asymmetric_on(part, w) for _, part in loss.parts)
    one_unique = any(
        part.equality is HOLDS and _only_own_corner(term)
        for part, (_, term) in zip(parts, loss.parts, strict=True)
    )
    equality = one_unique or all(part.equality is HOLDS for part in parts)
    hypothesis = Hypothesis("every part is asymmetric on w", f"{len(parts)} parts", True)
    theorem = Theorem("sum", "asymmetric on w as each part is", (hypothesis,), parts)
    return Ruling(HOLDS, HOLDS if equality else UNDECIDED, (theorem,))


def _only_own_corner(loss: Loss) -> bool:
    """Whether e_m, one of the minimisers of L(·, m), is known to be the only one."""
    if isinstance(loss, Weighted):
        return any(_only_own_corner(part) for _, part in loss.parts)
    if isinstance(loss, FormulaLoss):
        last = enclosed(loss, np.array([1 - 2.0**-30]), np.ones(1)) if loss.local else None
        return last is not None and curvature(loss).decreasing and bool(last.first.high[0] < 0)
    if isinstance(loss, Normalized):
        return _only_own_corner(loss.base)
    return not isinstance(loss, NormalizedGain)


def _searched(loss: Loss, w: np.ndarray, m: int, found: Minimum) -> Ruling:
    """THEORY G3: refuted by a point, proved on boxes or by shares, or open with what is known."""
    floor = found.floor
    gap = found.value - float(weighted_risk(loss, w, vertices(len(w), floor)[m]))
    shown = _counterexample(loss, w, m, found)
    if shown is not None and shown.confirmed:
        return Ruling(FAILS, FAILS, (shown,), found)
    place = f" of {{u_i ≥ {floor:g}}}" if floor else ""
    what = f"vertices, edges and spread points{place}, the best of them polished"
    if len(w) > MOST_CLASSES and not loss.local:
        what = f"{what}; proofs on boxes are for at most {MOST_CLASSES} classes"
    search = Search(what, gap, found.point)
    with one_budget():
        ruling = _subdivided(loss, w, floor, search)
        if ruling.inclusion is UNDECIDED and loss.local:
            ruling = _allocated(loss, w) or ruling
        return replace(ruling, found=found)


def _subdivided(loss: Loss, w: np.ndarray, floor: float, search: Search) -> Ruling:
    """By the risk of w itself, or those of the heaviest classes, which serve every w (A4)."""
    falling = tuple(float(x) for x in -np.sort(-w))
    own = subdivided(loss, falling, floor, FEW_PIECES)
    open_yet = own is None or not own.proved
    if open_yet and (sizes := by_sizes(loss, falling, floor)) is not None:
        verdict = HOLDS if sizes.strict else UNDECIDED
        return Ruling(HOLDS, verdict, _proof("subdivision-sizes", sizes, floor))
    own = subdivided(loss, falling, floor) if open_yet else own
    if own is None:
        return Ruling(UNDECIDED, UNDECIDED, (search,))
    evidence = _proof("subdivision", own, floor)
    if not own.proved:
        return Ruling(UNDECIDED, UNDECIDED, (search, *evidence))
    alone = own.strict and only_own_corner(loss, len(w), floor)
    return Ruling(HOLDS, HOLDS if alone else UNDECIDED, evidence)


def _allocated(loss: Loss, w: np.ndarray) -> Ruling | None:
    """Of a local loss: by what any sharing of the probability gains, for every w or for w."""
    alone = _only_own_corner(loss)
    always = allocated_always(loss, len(w))
    if always is not None and always.proved:
        return Ruling(HOLDS, HOLDS if alone else UNDECIDED, _shares("allocation-always", always))
    own = allocated(loss, tuple(float(x) for x in -np.sort(-w)))
    if own is None or not own.proved:
        return None
    return Ruling(HOLDS, HOLDS if own.strict and alone else UNDECIDED, _shares("allocation", own))


def _shares(key: str, of: Subdivision) -> tuple[Theorem, Enclosure]:
    hypothesis = Hypothesis("no sharing of the probability gains more", "in every cell", True)
    statement = "e_m is the only minimiser" if of.strict else "e_m is a minimiser"
    reason = f"intervals on {of.pieces} cells of [0, 1], the best of their sums"
    return Theorem(key, statement, (hypothesis,)), Enclosure(of.low, 0.0, reason)


def _proof(key: str, of: Subdivision, floor: float) -> tuple[Theorem, Enclosure]:
    where = f", every u_i ≥ {floor:g}" if floor else ""
    reason = f"intervals on {of.pieces} boxes of the simplex{where}"
    reached = "on every box" if of.proved else "the budget ended before"
    hypothesis = Hypothesis("above the corner, or growing away from it", reached, of.proved)
    says = "e_m is a minimiser" if of.proved else "nothing follows yet but a lower bound"
    statement = "e_m is the only minimiser" if of.strict else says
    return Theorem(key, statement, (hypothesis,)), Enclosure(of.low, 0.0, reason)


RULES: tuple[Rule, ...] = (
    _one_hot,
    _closed_condition,
    _concave,
    _convex,
    _by_ratio,
    _symmetric_bounded,
    _equal_others,
    _sum,
)


# ---- what goes with a ruling ----------------------------------------------------------------


def _finding(loss: Loss, w: np.ndarray, m: int, floor: float, ruling: Ruling) -> Finding:
    evidence, corner = ruling.evidence, vertices(len(w), floor)[m]
    if ruling.inclusion is HOLDS:
        point, leak = corner, 0.0
    else:
        found = ruling.found or minimise(loss, w, floor)
        shown = _shown(evidence)
        if shown is None and ruling.inclusion is FAILS:
            shown = _counterexample(loss, w, m, found)
            evidence = (*evidence, _out_of_reach() if shown is None else shown)
            if shown is None:
                found = replace(found, point=corner)
        point, leak = _seen(found, shown, m, ruling.inclusion)
    return Finding(
        ruling.equality,
        ruling.inclusion,
        ruling.equality,
        evidence,
        _sentence(loss, ruling, leak),
        m,
        point,
        leak,
        floor,
    )


def _shown(evidence: tuple[Evidence, ...]) -> Counterexample | None:
    return next((x for x in evidence if isinstance(x, Counterexample)), None)


def _out_of_reach() -> Theorem:
    """What stands for the point where a theorem refutes and no better point can be evaluated."""
    tried = Hypothesis("tried on the edge from e_m to e_n", "u_n = 0.1, 0.01, 0.0001, ...", True)
    return Theorem("too-near", "a better point exists, nearer to e_m than those tried", (tried,))


def _seen(
    found: Minimum, shown: Counterexample | None, m: int, inclusion: Verdict
) -> tuple[np.ndarray, float]:
    """The minimiser with its leak; from a counterexample where the leak is too small to see."""
    leak = found.leak(m)
    if leak <= 0 and shown is not None:
        return shown.point, shown.leak
    return found.point, max(leak, SMALLEST_LEAK if inclusion is FAILS else 0.0)


def _sentence(loss: Loss, ruling: Ruling, leak: float) -> str:
    if ruling.equality is HOLDS:
        return f"{loss.name} is asymmetric here: the noisy risk has the minimiser of the clean one."
    if ruling.equality is FAILS and ruling.inclusion is HOLDS:
        return f"{loss.name} keeps the clean minimiser here, but shares it with others."
    if ruling.equality is FAILS:
        return (
            f"{loss.name} is not asymmetric here: its minimiser gives {leak_text(leak)} of the "
            "probability to other classes."
        )
    if ruling.inclusion is HOLDS:
        return f"{loss.name} keeps the clean minimiser here; whether it is the only one is open."
    return f"{loss.name}: no theorem decides these weights, and search found no counterexample."


def _counterexample(loss: Loss, w: np.ndarray, m: int, found: Minimum) -> Counterexample | None:
    """The minimiser where it is lower than the corner, else a point of an edge; confirmed."""
    corner = vertices(len(w), found.floor)[m]
    with np.errstate(divide="ignore"):
        log_point = np.log(found.point)
    if exact := isinstance(loss, GCE) and not found.floor:
        log_point = _log_powers(loss.q, w)
    if exact or np.abs(found.point - corner).max() > 0:
        candidate = Counterexample(loss, w, m, log_point, found.floor)
        if candidate.confirmed:
            return candidate
    return None if found.floor else _on_an_edge(loss, w, m) or _near_the_corner(loss, w, m)


def _log_powers(q: float, w: np.ndarray) -> np.ndarray:
    """log of the minimiser ∝ w^{1/(1−q)} of GCE; any point where q ≥ 1 (there it is a vertex)."""
    with np.errstate(divide="ignore"):
        powers = (np.log(w) - np.log(w.max())) / max(1 - q, 1e-300)
    return powers - np.log(np.exp(powers).sum())


def _at_exponent(loss: Loss, w: np.ndarray, m: int, exponent: float) -> Counterexample:
    """e_m + t (e_n − e_m) with t = 10^−exponent."""
    n = int(np.argmax(np.where(np.arange(len(w)) == m, -np.inf, w)))
    log_point = np.full(len(w), -np.inf)
    log_point[n] = -exponent * np.log(10)
    return Counterexample(loss, w, m, log_point)


def _on_an_edge(loss: Loss, w: np.ndarray, m: int) -> Counterexample | None:
    """The lowest of e_m + t (e_n − e_m) over t = 10^−1, 10^−2, 10^−4, ..., then between these."""
    exponents = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256])
    for _ in range(2):
        trials = [_at_exponent(loss, w, m, x) for x in exponents]
        changes = [_change(t, 60 + 8 * int(x)) for t, x in zip(trials, exponents, strict=True)]
        best = int(np.argmin(changes))
        if not changes[best] < 0:
            return None
        near = exponents[max(best - 1, 0)], exponents[min(best + 1, len(exponents) - 1)]
        chosen, exponents = trials[best], np.linspace(*near, 17)
    return chosen if chosen.confirmed else None


def _near_the_corner(loss: Loss, w: np.ndarray, m: int) -> Counterexample | None:
    """The first better point of that edge as t falls on past what doubles can hold."""
    before, exponent = 128.0, 256.0
    while exponent <= FARTHEST_EXPONENT and not _falls_at(loss, w, m, exponent):
        before, exponent = exponent, 2 * exponent
    if exponent > FARTHEST_EXPONENT:
        return None
    for _ in range(12):
        middle = (before + exponent) / 2
        falls = _falls_at(loss, w, m, middle)
        before, exponent = (before, middle) if falls else (middle, exponent)
    return _at_exponent(loss, w, m, exponent)


def _falls_at(loss: Loss, w: np.ndarray, m: int, exponent: float) -> bool:
    return _at_exponent(loss, w, m, exponent).confirmed


FARTHEST_EXPONENT = 2**30


def _change(trial: Counterexample, bits: int) -> float:
    """An upper bound of risk(point) − risk(corner) with that many bits."""
    with precision(bits):
        here = risk(trial.loss, trial.w, simplex_point(trial.log_point, trial.m))
        corner = np.full(len(trial.w), -np.inf)
        there = risk(trial.loss, trial.w, simplex_point(corner, trial.m))
        return bounds(here - there)[1]


# ---- losses without a value at the vertices -------------------------------------------------


def _known_on_the_floor(loss: Loss, w: np.ndarray, m: int, floor: float) -> Finding | None:
    """Two verdicts: on {u_i ≥ floor}, and as the floor goes to 0 (THEORY B8, F4)."""
    ruling = _one_hot(loss, w, m, floor) or _even_on_the_floor(loss, w, m)
    if ruling is not None:
        return _with_limit(_finding(loss, w, m, floor, ruling), HOLDS, ruling.evidence)
    ruling = _corner_of_the_floor(loss, w, m, floor)
    if ruling is None:
        return None
    return _with_limit(_finding(loss, w, m, floor, ruling), *_limit(loss, w, m))


def _with_limit(finding: Finding, limit: Verdict, evidence: tuple[Evidence, ...]) -> Finding:
    said = {
        HOLDS: "It becomes so as the floor goes to 0."
        if finding.verdict is not HOLDS
        else "It stays so as the floor goes to 0.",
        FAILS: "It does not become so as the floor goes to 0.",
        UNDECIDED: "What happens as the floor goes to 0 is open.",
    }[limit]
    sentence = f"On predictions of at least {finding.floor:g}: {finding.sentence} {said}"
    return replace(finding, sentence=sentence, limit=limit, limit_evidence=evidence)


def _even_on_the_floor(loss: Loss, w: np.ndarray, m: int) -> Ruling | None:
    """Symmetric parts under even noise; other parts convex or concave, whose rules carry over."""
    excluded, rest = _split(loss)
    if not all(_equal_others(part, w, m) for _, part in excluded):
        return None
    theorem = Theorem("equal-others", "asymmetric on w for every floor")
    if rest is None:
        return Ruling(HOLDS, HOLDS, (theorem,))
    other = asymmetric_on(rest, w)
    convex_or_concave = all(convexity(part) is not None for _, part in rest.parts)
    if convex_or_concave and other.equality is HOLDS:
        return Ruling(HOLDS, HOLDS, (Theorem("sum", "each part is asymmetric on w", (), (other,)),))
    return Ruling(UNDECIDED, HOLDS, (theorem,)) if loss.is_symmetric() else None


def _corner_of_the_floor(loss: Loss, w: np.ndarray, m: int, floor: float) -> Ruling | None:
    """No first step from the corner pays, by bounds that hold on the whole floor."""
    excluded, rest = _split(loss)
    if rest is None or not all(_convex_base(part) for _, part in excluded):
        return None
    pulls = _least_slopes(rest, w, m, floor)
    if pulls is None:
        return None
    gains = sum(a * _largest_gains(part, w, m, floor) for a, part in excluded)
    spare = np.delete(pulls - gains, m)
    smallest = float(spare.min())
    if not smallest > 1e-9 * float(np.abs(pulls).max()):
        return None
    hypothesis = Hypothesis(
        r"\beta \kappa_i > \alpha (w_i - A) |\ell'(\delta)| / (K\,\ell(1/K))",
        f"by {smallest:.4g} or more",
        True,
    )
    theorem = Theorem(
        "floor-corner", f"the corner alone is best for u_i ≥ {floor:g}", (hypothesis,)
    )
    return Ruling(HOLDS, HOLDS, (theorem,))


def _convex_base(loss: Loss) -> bool:
    """Normalized, of a convex falling ℓ with ℓ(1) = 0."""
    if not (isinstance(loss, Normalized) and loss.base.local):
        return False
    falling = curvature(loss.base).decreasing and convexity(loss.base) == "convex"
    return falling and float(loss.base.partial(np.ones(1))[0]) == 0


def _largest_gains(loss: Loss, w: np.ndarray, m: int, floor: float) -> np.ndarray:
    """How fast, at most, the normalized risk can fall as class i rises from the floor; (K,)."""
    assert isinstance(loss, Normalized)
    corner = vertices(len(w), floor)[m]
    level = float(weighted_risk(loss, w, corner))
    steepness = -float(derivative(loss.base, np.array([floor]))[0])
    least_sum = len(w) * float(loss.base.partial(np.array([1 / len(w)]))[0])
    return np.maximum(w - level, 0) * steepness / least_sum


def _least_slopes(loss: Weighted, w: np.ndarray, m: int, floor: float) -> np.ndarray | None:
    """κ (K,) with risk(u) − risk(corner) ≥ Σ κ_i (u_i − floor): a tangent, or chords."""
    corners, shape = vertices(len(w), floor), convexity(loss)
    if shape == "convex":
        slopes = gradient(loss, w, corners[m])
        return np.asarray(slopes - slopes[m])
    if shape is None:
        return None
    levels = weighted_risk(loss, w, corners)
    return np.asarray((levels - levels[m]) / (1 - len(w) * floor))


def _split(loss: Loss) -> tuple[list[tuple[float, Loss]], Weighted | None]:
    """The parts without a value at the vertices, weighted, and the sum of the others."""
    whole = composed(loss)
    parts = whole.parts if isinstance(whole, Weighted) else ((1.0, whole),)
    excluded = [(a, part) for a, part in parts if part.vertices_excluded]
    rest = tuple((a, part) for a, part in parts if not part.vertices_excluded)
    return excluded, Weighted(rest) if rest else None


def limit_on(loss: Loss, w: np.ndarray, *, clean: int | None = None) -> Verdict:
    """The verdict as the floor goes to 0, without a search on the floor; of other losses theirs."""
    w = check_weights(w)
    m = int(np.argmax(w))
    if not loss.vertices_excluded:
        return asymmetric_on(loss, w, clean=clean).verdict
    if _not_applicable(loss, w, clean) is not None:
        return UNDEFINED
    known = _one_hot(loss, w, m) or _even_on_the_floor(loss, w, m)
    return HOLDS if known is not None else _limit(loss, w, m)[0]


def _limit(loss: Loss, w: np.ndarray, m: int) -> tuple[Verdict, tuple[Evidence, ...]]:
    """THEORY B8: inherits the other part's condition; alone it forgets the top class."""
    excluded, rest = _split(loss)
    if not all(_normalized_unbounded(part) for _, part in excluded):
        return UNDECIDED, ()
    if rest is None:
        theorem = Theorem("normalized-limit-fails", "the minimisers in the limit leave m open")
        return FAILS, (theorem,)
    other = asymmetric_on(rest, w)
    met = other.verdict is HOLDS
    hypothesis = Hypothesis(f"{rest.name} is asymmetric on w", str(other.verdict), met)
    if met:
        statement = f"the minimisers tend to those of {rest.name}"
        return HOLDS, (Theorem("normalized-limit", statement, (hypothesis,), (other,)),)
    lightest = int(np.argmin(w))
    if other.inclusion is FAILS and other.minimiser[lightest] == 0:
        statement = f"{rest.name} decides in the limit, and is not asymmetric on w"
        return FAILS, (Theorem("normalized-limit", statement, (hypothesis,), (other,)),)
    return UNDECIDED, (Theorem("normalized-limit", "does not apply", (hypothesis,), (other,)),)


def _normalized_unbounded(loss: Loss) -> bool:
    return isinstance(loss, Normalized) and loss.base.local and curvature(loss.base).decreasing


# ---- all weights at once --------------------------------------------------------------------


def completely_asymmetric(loss: Loss, num_classes: int) -> Finding:
    """Whether the loss is asymmetric on every w (K,) with a unique largest weight (THEORY A4).

    By A4 the weights 1_T of the K sizes of T decide, each with its top class raised a little; the
    first size that fails is enough.
    """
    if num_classes < 2:
        raise SimplexError(f"there is no simplex of {num_classes} classes")
    with one_budget():
        findings = _until_one_fails(loss, num_classes)
    worst = min(findings, key=lambda finding: _ORDER[finding.inclusion])
    equality = min((f.equality for f in findings), key=lambda verdict: _ORDER[verdict])
    evidence: tuple[Evidence, ...] = worst.evidence
    if worst.inclusion is not FAILS:
        theorem = Theorem("subset-sums", f"{num_classes} sets decide", (), tuple(findings))
        evidence = (theorem, *evidence)
    sentence = {
        HOLDS: f"{loss.name} is asymmetric on all weights with one largest.",
        FAILS: f"{loss.name} has the top class among its minimisers on all weights, not alone.",
    }.get(equality, f"{loss.name}: asymmetry on all weights is open.")
    if worst.inclusion is FAILS:
        equality = FAILS
        where = f"where {len(findings)} classes are almost equally frequent"
        sentence = (
            f"{loss.name} is not asymmetric on all weights: "
            f"{where if len(findings) > 1 else 'even without noise'}, its minimiser gives "
            f"{leak_text(worst.leak)} of the probability to others than the top class."
        )
    return replace(
        worst,
        verdict=equality,
        equality=equality,
        evidence=evidence,
        sentence=sentence,
        limit=_shared_limit(findings, num_classes),
        limit_evidence=(),
    )


def _until_one_fails(loss: Loss, num_classes: int) -> list[Finding]:
    findings: list[Finding] = []
    for size in range(1, num_classes + 1):
        findings.append(_on_subset(loss, num_classes, size))
        if findings[-1].inclusion is FAILS:
            break
    return findings


def _shared_limit(findings: list[Finding], num_classes: int) -> Verdict | None:
    """What holds of every size in the limit; None where a size was not looked at, or has none."""
    limits = [finding.limit for finding in findings]
    if FAILS in limits:
        return FAILS
    known = [limit for limit in limits if limit is not None]
    return min(known, key=_ORDER.__getitem__) if len(known) == num_classes else None


_ORDER = {FAILS: 0, UNDEFINED: 1, UNDECIDED: 2, HOLDS: 3}
RAISED = 2.0**-44  # just above ROUNDING: the top class is only just unique


def _on_subset(loss: Loss, num_classes: int, size: int) -> Finding:
    w = np.zeros(num_classes)
    w[:size] = 1.0
    w[0] += RAISED
    return asymmetric_on(loss, w)
