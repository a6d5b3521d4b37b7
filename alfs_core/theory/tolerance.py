"""Does a loss tolerate a noise matrix, up to which rate, and what does an excess cost (A6, A8)?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

import numpy as np

from alfs_core.errors import DomainError, TransitionError
from alfs_core.losses.base import Loss, largest_two
from alfs_core.losses.combinators import Weighted
from alfs_core.noise.transition import check_transition
from alfs_core.theory.asymmetry import (
    asymmetric_on,
    asymmetric_on_rows,
    known_on,
    limit_on,
    refuted_on,
)
from alfs_core.theory.curvature import convexity
from alfs_core.theory.equal_ratio import equal_ratio
from alfs_core.theory.evidence import (
    Counterexample,
    Enclosure,
    Evidence,
    Finding,
    Hypothesis,
    Theorem,
    Verdict,
)
from alfs_core.theory.ratio import asymmetry_ratio, rises_at
from alfs_core.theory.simplex import minimise
from alfs_core.theory.subdivision import MOST_CLASSES
from alfs_core.theory.threshold import Row, domination_rate, largest_rate, last_nonnegative

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
UNDECIDED, UNDEFINED = Verdict.UNDECIDED, Verdict.UNDEFINED
SEARCHES = 12  # for points that refute ever smaller rates
CLOSE = 1e-9  # of the largest rate: how far above the meeting of two risks a point is tried
ROUNDING = 1e-12  # of the sum of a row
_WORST_FIRST = (FAILS, UNDEFINED, UNDECIDED, HOLDS)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return min(verdicts, key=_WORST_FIRST.index)


# ---- one matrix -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tolerance:
    """The finding on every row of T (K, K), and what follows for the whole matrix.

    ``margins`` (K,): the closed condition's margin, w_m r − w_n of other local losses, NaN
    elsewhere; ``leaks`` (K,), NaN as in ``Finding``; ``worst`` is the class that decides.
    ``limit``: the verdict as the floor goes to 0, of a loss without a value at the vertices.
    ``every_class`` is the theorem that makes even restricted function classes tolerant, where it
    applies.
    """

    verdict: Verdict
    limit: Verdict | None
    findings: tuple[Finding, ...]
    worst: int
    margins: np.ndarray
    leaks: np.ndarray
    every_class: Theorem | None
    sentence: str

    @property
    def leak(self) -> float:
        """The largest of the leaks; NaN where the verdict does not apply to the matrix."""
        return float("nan") if self.verdict is UNDEFINED else float(np.nanmax(self.leaks))


def tolerant(
    loss: Loss,
    T: np.ndarray,
    *,
    floor: float = 0.0,
    known: Mapping[int, Finding] = MappingProxyType({}),
) -> Tolerance:
    """Whether minimisers of the noisy risk minimise the clean risk, class by class (THEORY A8).

    f may choose any prediction at any instance, and each instance has one clean label. ``known``
    holds findings on rows that were judged before, by class: who wants to show progress judges
    the first of each of ``row_groups(T)``. TransitionError: T is no transition matrix.
    """
    T = check_transition(T)
    findings = _findings(loss, T, floor, known)
    verdict = _worst(finding.verdict for finding in findings)
    worst = min(range(len(T)), key=lambda i: (*_severity(findings[i]), _lead(T[i], i)))
    limits = [f.limit for f in findings if f.limit is not None]
    every_class = _for_every_class(loss, T)
    return Tolerance(
        verdict,
        _worst(limits) if limits and verdict is not UNDEFINED else None,
        findings,
        worst,
        np.array([margin(loss, row) for row in T]),
        np.array([finding.leak for finding in findings]),
        every_class,
        _sentence(loss, findings, verdict, worst),
    )


def _severity(finding: Finding) -> tuple[int, float]:
    return _WORST_FIRST.index(finding.verdict), -np.nan_to_num(finding.leak)


def _lead(row: np.ndarray, clean: int) -> float:
    """How far the clean label is ahead of the next; of rows that all hold the tightest decides."""
    return float(row[clean] - np.delete(row, clean).max())


def row_groups(T: np.ndarray) -> list[list[int]]:
    """The classes of T (K, K) by their rows: those alike up to the order of the labels together."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for clean, row in enumerate(T):
        groups.setdefault((*-np.sort(-row), row[clean]), []).append(clean)
    return list(groups.values())


def _findings(
    loss: Loss, T: np.ndarray, floor: float, known: Mapping[int, Finding]
) -> tuple[Finding, ...]:
    """Rows with the same weights in another order are judged once."""
    groups = row_groups(T)
    left = [members[0] for members in groups if members[0] not in known]
    judged = asymmetric_on_rows(loss, [T[first] for first in left], left, floor=floor)
    firsts, findings = {**known, **dict(zip(left, judged, strict=True))}, dict[int, Finding]()
    for members in groups:
        first = members[0]
        found = firsts[first]
        order = np.argsort(-T[first], kind="stable")
        for clean in members:
            findings[clean] = _reordered(found, order, np.argsort(-T[clean], kind="stable"))
    return tuple(findings[clean] for clean in range(len(T)))


def _reordered(finding: Finding, source: np.ndarray, target: np.ndarray) -> Finding:
    """The finding with the class at source[i] renamed target[i]."""
    if np.array_equal(source, target):
        return finding
    name = np.empty(len(source), dtype=int)
    name[source] = target
    back = np.argsort(name)
    return replace(
        finding,
        m=int(name[finding.m]),
        minimiser=finding.minimiser[back],
        evidence=tuple(_evidence_reordered(x, name, back) for x in finding.evidence),
    )


def _evidence_reordered(evidence: Evidence, name: np.ndarray, back: np.ndarray) -> Evidence:
    if not isinstance(evidence, Counterexample):
        return evidence
    m = int(name[evidence.m])
    return replace(evidence, w=evidence.w[back], m=m, log_point=evidence.log_point[back])


def certified_share(loss: Loss, rows: np.ndarray, clean: np.ndarray) -> float:
    """The share of ``rows`` (M, K), of images with labels ``clean`` (M,), that meet the condition.

    Met: the clean label has the largest weight and the margin is not negative. NaN where no
    condition in closed form is known.
    """
    margins = np.array([margin(loss, row) for row in rows])
    dominated = rows.argmax(axis=1) == clean
    return float("nan") if np.isnan(margins).any() else float((dominated & (margins >= 0)).mean())


def margin(loss: Loss, w: np.ndarray) -> float:
    """How far w is inside the condition for asymmetry; NaN where none is known."""
    condition = loss.weight_condition(w)
    if condition is not None:
        return condition.margin
    if not loss.local:
        return float("nan")
    try:
        w_m, w_n = largest_two(w)
        return w_m * asymmetry_ratio(loss).low - w_n
    except DomainError:
        return float("nan")


def _for_every_class(loss: Loss, T: np.ndarray) -> Theorem | None:
    """A symmetric loss under uniform noise: tolerant however f is restricted (THEORY A8, F9)."""
    off = T[~np.eye(len(T), dtype=bool)]
    rate = off.mean() * (len(T) - 1)
    hypotheses = (
        Hypothesis(r"\sum_i L(u, i) constant", "by its form", loss.is_symmetric()),
        Hypothesis("uniform noise", f"spread {np.ptp(off):.2g}", bool(np.ptp(off) <= 1e-12)),
        Hypothesis(r"\eta < (K-1)/K", f"{rate:.6g}", bool(rate < (len(T) - 1) / len(T) - 1e-12)),
    )
    if not all(hypothesis.met for hypothesis in hypotheses):
        return None
    return Theorem("tolerance-symmetric", "tolerant, whichever functions may be chosen", hypotheses)


def _sentence(loss: Loss, findings: Sequence[Finding], verdict: Verdict, worst: int) -> str:
    count = sum(finding.verdict is HOLDS for finding in findings)
    if verdict is HOLDS:
        return f"{loss.name} tolerates this noise: every class keeps its clean minimiser."
    kept = f"{count} of the {len(findings)} labels are" if count > 1 else "one label is"
    return (
        f"With {loss.name} {kept if count else 'no label is'} proved to keep the clean minimiser. "
        f"Label {worst}: {findings[worst].sentence}"
    )


# ---- the largest rate -----------------------------------------------------------------------

Noise = Callable[[float], np.ndarray]


@dataclass(frozen=True)
class LargestRate(Enclosure):
    """The least upper bound of the tolerated rates, enclosed.

    ``excluded``: it is where clean labels cease to lead, so it is not tolerated itself.
    """

    excluded: bool = False


def largest_tolerated_rate(loss: Loss, noise: Noise, *, in_the_limit: bool = False) -> LargestRate:
    """The rate up to which every smaller rate is tolerated, enclosed; ``noise`` makes T (K, K).

    ``in_the_limit`` judges a loss without a value at the vertices as its floor goes to 0. Where
    no closed condition is known the lower end is the last rate proved to be tolerated, the upper
    the first proved not to be, on the way of a bisection.
    """
    rows = _row_families(noise)
    parts = [_largest_in_row(loss, row, clean, in_the_limit) for clean, row in rows]
    low, high = min(part.low for part in parts), min(part.high for part in parts)
    ties = any(_ties_at(low, row, clean) for clean, row in rows)
    return LargestRate(low, high, next(x.reason for x in parts if x.low == low), ties)


def _ties_at(rate: float, row: Row, clean: int) -> bool:
    """Whether the clean label of a row leads below the rate and ties with another at it."""
    return rate > 0 and abs(_lead(row(rate), clean)) <= CLOSE


def _row_families(noise: Noise) -> list[tuple[int, Row]]:
    """One class for each kind of row: those whose sorted weights agree at two rates are one."""
    samples = [np.round(np.sort(noise(rate), axis=1), 12) for rate in (0.137, 0.291)]
    keys = [
        tuple(np.concatenate([sample[i] for sample in samples])) for i in range(len(samples[0]))
    ]
    first = {key: i for i, key in reversed(list(enumerate(keys)))}
    return [(i, _row_of(noise, i)) for i in sorted(first.values())]


def _row_of(noise: Noise, i: int) -> Row:
    return lambda rate: noise(rate)[i]


def _largest_in_row(loss: Loss, row: Row, clean: int, in_the_limit: bool) -> Enclosure:
    summed = isinstance(loss, Weighted) and len(loss.parts) > 1
    if not (loss.vertices_excluded and summed):
        rate = largest_rate(loss, row, clean)
        if rate is not None:
            return Enclosure(max(rate - 1e-14, 0.0), rate + 1e-14, "closed condition")
    if loss.local and rises_at(loss) is None:
        return _by_ratios(loss, row, clean)
    end = domination_rate(row, clean)
    if loss.vertices_excluded:
        judge = limit_on if in_the_limit else _verdict_on
        low = _edge_of(lambda rate: judge(loss, row(rate), clean=clean) is HOLDS, 0.0, end)
        high = _edge_of(lambda rate: judge(loss, row(rate), clean=clean) is not FAILS, low, end)
        return Enclosure(low, high + 2e-12, "bisection on verdicts")
    low = _edge_of(lambda rate: known_on(loss, row(rate), clean=clean) is HOLDS, 0.0, end)
    high = _first_refuted(loss, row, clean, low, end)
    return Enclosure(_last_proved(loss, row, clean, low, high), high, "theorems, boxes and points")


def _first_refuted(loss: Loss, row: Row, clean: int, low: float, end: float) -> float:
    """A rate at which a point is proved better than the corner, as small as points show it.

    A prediction that is better at one rate is so down to the rate where the two risks meet; there
    the next search looks for a better one. Points nearer to the corner stand in for the limit.
    """
    high, rate = end, end * (1 - 1e-9)
    for _ in range(SEARCHES):
        if rate <= low or not rate < high:
            break
        meeting, point = _least_meeting(loss, row, clean, low, rate)
        lower = min(meeting + CLOSE * end, rate)
        if point is None or not refuted_on(loss, row(lower), point):
            break
        high, rate = lower, meeting
    if high - low <= 2 * CLOSE * end:
        return high
    return _edge_of(lambda rate: not refuted_on(loss, row(rate)), low, high) + 2e-12


def _least_meeting(
    loss: Loss, row: Row, clean: int, low: float, rate: float
) -> tuple[float, np.ndarray | None]:
    """The least rate at which the minimiser at ``rate``, moved to the corner, meets its risk."""
    corner = np.eye(len(row(rate)))[clean]
    away = minimise(loss, row(rate)).point - corner
    points = corner + np.array([1, 0.1, 1e-2, 1e-3, 1e-4, 1e-5])[:, None] * away
    points[:, clean] += 1 - points.sum(axis=1)
    with np.errstate(all="ignore"):
        change = np.asarray(loss.partial(points)) - np.asarray(loss.partial(corner))
    change = np.where(row(rate) > 0, change, 0.0)  # 0 · ∞ = 0
    best: tuple[float, np.ndarray | None] = (rate, None)
    for point, gain in zip(points, change, strict=True):
        if np.isnan(gain).any() or not _changed(gain, row(rate)) < 0:
            continue
        meeting = low if np.isinf(gain).any() else _meeting(gain, row, rate)
        best = min(best, (max(meeting, low), point), key=lambda pair: pair[0])
    return best


def _changed(gain: np.ndarray, w: np.ndarray) -> float:
    """Σ w_i gain_i with 0 · ∞ = 0."""
    return float(gain[w > 0] @ w[w > 0])


def _meeting(gain: np.ndarray, row: Row, rate: float) -> float:
    return last_nonnegative(lambda x: _changed(gain, row(x)), rate)


def _last_proved(loss: Loss, row: Row, clean: int, low: float, high: float) -> float:
    """Between what theorems prove and what a point refutes: by boxes or shares, where these can."""
    if (len(row(high)) > MOST_CLASSES and not loss.local) or high - low < 1e-9:
        return low
    for share in (1e-6, 1e-3, 0.03, 0.3):
        rate = high - share * (high - low)
        if _verdict_on(loss, row(rate), clean=clean) is HOLDS:
            return rate
    return low


def _by_ratios(loss: Loss, row: Row, clean: int) -> Enclosure:
    """r_K suffices; it is necessary where off-weights are equal, r_u elsewhere (THEORY A5)."""
    end = domination_rate(row, clean)
    sample = np.delete(row(end / 2), clean)
    equal, even = equal_ratio(loss, len(sample) + 1), bool(np.ptp(sample) <= 1e-12)
    necessary = equal if even else asymmetry_ratio(loss).upper

    def lead(ratio: float) -> Callable[[float], float]:
        return lambda rate: row(rate)[clean] * ratio - np.delete(row(rate), clean).max()

    low = last_nonnegative(lead(equal.low), end)
    high = last_nonnegative(lead(necessary.high), end)
    return Enclosure(low, high, f"asymmetry ratios, {equal.reason}")


def _verdict_on(loss: Loss, w: np.ndarray, *, clean: int) -> Verdict:
    return asymmetric_on(loss, w, clean=clean).verdict


def _edge_of(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The last rate found to hold between one that does (or the start) and the end."""
    if holds(high * (1 - 1e-12)):
        return high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


# ---- what an excess costs -------------------------------------------------------------------


@dataclass(frozen=True)
class ExcessBound:
    """THEORY A6: noisy excess ε ⇒ clean excess ≤ ε/D, and P(wrong) ≤ ε/(D · step).

    ``D`` = min over classes of T_yy − max T_yj / r (with a lower bound of r), not positive where
    nothing follows; ``step`` = ℓ(½) − ℓ(1).
    """

    D: float
    step: float
    ratio: float
    theorem: Theorem

    @property
    def informative(self) -> bool:
        return self.D > 0 and self.step > 0

    def clean_excess(self, noisy_excess: float) -> float:
        """The largest clean excess risk; ∞ where nothing follows."""
        return noisy_excess / self.D if self.D > 0 else float("inf")

    def error(self, noisy_excess: float) -> float:
        """The largest P(prediction differs from the clean label), at most 1."""
        return min(1.0, self.clean_excess(noisy_excess) / self.step) if self.step > 0 else 1.0


def excess_bound(loss: Loss, T: np.ndarray) -> ExcessBound:
    """The two factors for a local loss; DomainError where it has no asymmetry ratio."""
    T = check_transition(T)
    ratio = asymmetry_ratio(loss).low
    off = np.where(np.eye(len(T), dtype=bool), 0.0, T).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(off > 0, off / ratio, 0.0)
    D = float(np.min(np.diag(T) - costs))
    half, one = (float(x) for x in loss.partial(np.array([0.5, 1.0])))
    hypotheses = (
        Hypothesis("r > 0", f"{ratio:.6g}", ratio > 0),
        Hypothesis("D > 0", f"{D:.6g}", D > 0),
        Hypothesis("one clean label for each instance", "assumed", True),
        Hypothesis("infimum over all predictions at each instance", "assumed", True),
    )
    return ExcessBound(
        D, half - one, ratio, Theorem("excess", "bounds the clean error", hypotheses)
    )


# ---- matrices known up to intervals ---------------------------------------------------------


@dataclass(frozen=True, eq=False)
class IntervalTolerance:
    """The verdict for every matrix between two; ``rows`` are the worst rows (class, w) met."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    rows: tuple[tuple[int, np.ndarray], ...]
    sentence: str


def tolerant_between(loss: Loss, low: np.ndarray, high: np.ndarray) -> IntervalTolerance:
    """Whether every transition matrix T with low ≤ T ≤ high is tolerated.

    Conditions on (w_m, w_n), as of convex, of concave and by ratios of local losses, get worse as
    w_m falls and any w_j rises, so the corners of the pairs (w_m, w_j) decide. For a local loss
    that holds there by other means all corners of the row do: what minimises every one of several
    risks, and nothing else does, alone minimises their means. TransitionError: no such matrix.
    """
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    _check_between(low, high)
    rows = [(i, w) for i in range(len(low)) for w in _worst_rows(low[i], high[i], i)]
    findings = [asymmetric_on(loss, w, clean=i) for i, w in rows]
    verdict = _worst(finding.verdict for finding in findings)
    judged = zip(rows, findings, strict=True)
    left = sorted({i for (i, _), finding in judged if not _by_the_pair(loss, finding)})
    if verdict is HOLDS and left:
        few = loss.local and len(low) <= MOST_CLASSES
        for i, w in _corner_rows(low, high, left) if few else []:
            rows.append((i, w))
            findings.append(asymmetric_on(loss, w, clean=i))
            if findings[-1].verdict is not HOLDS:
                break
        verdict = _worst(finding.verdict for finding in findings) if few else UNDECIDED
    holding = sum(finding.verdict is HOLDS for finding in findings)
    sentence = f"{loss.name} holds on {holding} of {len(rows)} worst rows of these matrices."
    return IntervalTolerance(verdict, tuple(findings), tuple(rows), sentence)


def _by_the_pair(loss: Loss, finding: Finding) -> bool:
    """Whether the finding rests on a condition that only gets worse as w_m falls and w_n rises."""
    first = finding.evidence[0] if finding.evidence else None
    if convexity(loss) is not None:
        return True
    if not isinstance(first, Theorem):
        return False
    if first.key == "sum" and isinstance(loss, Weighted):
        parts = zip(loss.parts, first.parts, strict=True)
        return all(_by_the_pair(part, of) for (_, part), of in parts)
    return loss.local and first.key in ("one-hot", "closed-condition", "ratio", "equal-ratio")


def _corner_rows(
    low: np.ndarray, high: np.ndarray, classes: Iterable[int]
) -> list[tuple[int, np.ndarray]]:
    """The corners of {low_i ≤ w ≤ high_i, Σ w = 1} of the rows i.

    Of those that differ in the order of the wrong labels alone, one.
    """
    found: dict[tuple[float, ...], tuple[int, np.ndarray]] = {}
    for i in classes:
        for w in _corners(low[i], high[i]):
            key = np.round([w[i], *-np.sort(-np.delete(w, i))], 12)
            found.setdefault(tuple(key), (i, w))
    return list(found.values())


def _corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(N, K): all entries but one at an end, that one at what they leave."""
    k = len(low)
    ends = np.array(list(product((False, True), repeat=k)))
    rows = np.repeat(np.where(ends, high, low)[:, None], k, axis=1)
    free = np.arange(k)
    rows[:, free, free] = 1 - (rows.sum(axis=2) - rows[:, free, free])
    inside = (rows >= low - ROUNDING) & (rows <= high + ROUNDING)
    return np.clip(rows[inside.all(axis=2)], low, high)


def _check_between(low: np.ndarray, high: np.ndarray) -> None:
    if low.ndim != 2 or low.shape != high.shape or low.shape[0] != low.shape[1]:
        raise TransitionError(f"bounds need one square shape, not {low.shape} and {high.shape}")
    if (low < 0).any() or (high > 1).any() or (low > high).any():
        raise TransitionError("bounds need 0 ≤ low ≤ high ≤ 1")
    for i in range(len(low)):
        if low[i].sum() > 1 + 1e-9 or high[i].sum() < 1 - 1e-9:
            raise TransitionError(f"no row between the bounds of row {i} sums to 1")


def _worst_rows(low: np.ndarray, high: np.ndarray, clean: int) -> list[np.ndarray]:
    """For each other class j: w_clean as small as may be, then w_j large; and in turn."""
    rows = []
    for j in range(len(low)):
        if j != clean:
            rows += [
                _greedy(low, high, (-1, clean), (1, j)),
                _greedy(low, high, (1, j), (-1, clean)),
            ]
    return list({tuple(row): row for row in rows}.values())


def _greedy(
    low: np.ndarray, high: np.ndarray, first: tuple[int, int], second: tuple[int, int]
) -> np.ndarray:
    """A row within the bounds with sum 1 that gives way to the first wish, then to the second."""
    low, high = low.copy(), high.copy()
    for sign, i in (first, second):
        rest_low, rest_high = low.sum() - low[i], high.sum() - high[i]
        value = min(high[i], 1 - rest_low) if sign > 0 else max(low[i], 1 - rest_high)
        low[i] = high[i] = value
    room = high - low
    share = (1 - low.sum()) / room.sum() if room.sum() > 0 else 0.0
    return np.asarray(low + share * room)
