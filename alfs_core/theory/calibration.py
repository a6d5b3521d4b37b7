"""Does minimising the risk find the Bayes rule, and what does an excess risk cost (A6, A7)?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alfs_core.errors import DomainError, SimplexError
from alfs_core.losses.asymmetric import AMSE, ANL, AMSEq
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import MSE, BiTempered
from alfs_core.losses.combinators import Normalized, NormalizedGain, Weighted
from alfs_core.losses.formula import composed
from alfs_core.numerics.links import Logits
from alfs_core.theory.asymmetry import asymmetric_on
from alfs_core.theory.batch import minimisers, risks, search
from alfs_core.theory.curvature import convexity, curvature, enclosed
from alfs_core.theory.evidence import Evidence, Hypothesis, Search, Theorem, Verdict
from alfs_core.theory.simplex import (
    candidates,
    check_weights,
    effective_floor,
    exchange,
    lattice,
    minimise,
    weighted_risk,
)

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
UNDECIDED, UNDEFINED = Verdict.UNDECIDED, Verdict.UNDEFINED


# ---- one posterior --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Calibration:
    """At a posterior q (K,): is a prediction of another class than argmax q always worse?

    ``gap`` is inf over those predictions less inf over all (THEORY A7), computed, not proved;
    ``wrong`` is the best of them. The evidence says on what the verdict rests.
    """

    verdict: Verdict
    gap: float
    minimiser: np.ndarray
    wrong: np.ndarray
    floor: float
    evidence: tuple[Evidence, ...]
    sentence: str


def calibrated_at(loss: Loss, q: np.ndarray, *, floor: float = 0.0) -> Calibration:
    """The verdict at q, with the gap in risk; SimplexError where q is no set of weights."""
    q, floor = check_weights(q), effective_floor(loss, floor)
    if isinstance(loss.link, Logits):
        raise DomainError(f"{loss.name} reads the logits: it is no loss on the simplex")
    m, second = np.argsort(-q, kind="stable")[:2]
    best, wrong = minimise(loss, q, floor), best_predicting(loss, q, int(second), floor)
    gap = max(float(weighted_risk(loss, q, wrong)) - best.value, 0.0)
    if q[m] - q[second] <= 1e-14 * q[m]:
        why = f"{loss.name}: the most probable class is not unique."
        return Calibration(UNDEFINED, gap, best.point, wrong, floor, (), why)
    verdict, evidence, why = _judged(loss, q, gap, wrong)
    sentence = f"{loss.name}: {why}"
    return Calibration(verdict, gap, best.point, wrong, floor, evidence, sentence)


def _judged(
    loss: Loss, q: np.ndarray, gap: float, wrong: np.ndarray
) -> tuple[Verdict, tuple[Evidence, ...], str]:
    theorem = _ordered_theorem(loss) or _asymmetric_theorem(loss, q)
    if theorem is not None:
        return HOLDS, (theorem,), "every prediction of another class has a higher risk."
    search = Search("predictions of other classes against all predictions", gap, wrong)
    scale = max(1.0, abs(float(weighted_risk(loss, q, wrong))))
    if gap <= 1e-12 * scale:
        text = "a prediction of another class, or a tie, has the smallest risk found."
        exact = convexity(loss) is not None
        return (FAILS if exact else UNDECIDED), (search,), text
    return UNDECIDED, (search,), f"search leaves a gap of {gap:.3g}, which is no proof."


def _ordered_theorem(loss: Loss) -> Theorem | None:
    """THEORY A7 by its swap argument, for L(u, i) = A(u) φ(u_i) + B(u), A > 0 and B symmetric."""
    reasons = _ordered(loss)
    if reasons is None:
        return None
    hypotheses = tuple(
        Hypothesis("φ falls, and φ' < 0 on (0, ½]", reason, True) for reason in reasons
    )
    excluded = loss.vertices_excluded
    allowed = "where every u_i ≥ δ" if excluded else "on the whole simplex"
    hypotheses += (
        Hypothesis("L is continuous on the predictions that are allowed", allowed, True),
    )
    where = "at every posterior, on every floor" if excluded else "at every posterior"
    return Theorem("calibrated-local", f"calibrated {where}", hypotheses)


def _ordered(loss: Loss) -> tuple[str, ...] | None:
    """Why φ falls strictly, with φ' < 0 on (0, ½]; for a sum one reason for each part."""
    loss = composed(loss)
    if isinstance(loss, Weighted):
        parts = [_ordered(part) for _, part in loss.parts]
        if any(part is None for part in parts):
            return None
        return tuple(reason for part in parts if part is not None for reason in part)
    if isinstance(loss, MSE | AMSE | AMSEq | ANL | BiTempered):
        return (f"{loss.name}: φ(u) is a power of a − u less one of u, or −log_t u",)
    if isinstance(loss, Normalized | NormalizedGain):
        return _ordered(loss.base) if loss.base.local else None
    return _falls_smoothly(loss) if loss.local else None


@lru_cache(maxsize=1024)
def _falls_smoothly(loss: Loss) -> tuple[str, ...] | None:
    if not curvature(loss).decreasing:
        return None
    ends = np.concatenate([2.0 ** -np.arange(1000, 6, -30.0), np.linspace(2**-6, 1, 64)])
    cells = enclosed(loss, ends[:-1], ends[1:])
    if cells is None or not cells.smooth:
        return None
    steep = bool(np.all(cells.first.high[ends[1:] <= 0.51] < 0))
    falls = bool(np.all(cells.first.low < 0)) and _one_is_lowest(loss)
    return (f"{loss.name}: slopes on {len(ends) - 1} cells",) if steep and falls else None


def _one_is_lowest(loss: Loss) -> bool:
    before, at = loss.partial(np.array([1 - 1e-6, 1.0]))
    return bool(before > at)


def _asymmetric_theorem(loss: Loss, q: np.ndarray) -> Theorem | None:
    if loss.vertices_excluded:
        return None
    finding = asymmetric_on(loss, q)
    if finding.equality is not HOLDS:
        return None
    hypothesis = Hypothesis("asymmetric on q", str(finding.verdict), True)
    return Theorem("calibrated-asymmetric", "calibrated at q", (hypothesis,), (finding,))


# ---- the best prediction of a given class ---------------------------------------------------


def predicting(u: np.ndarray, j: int) -> np.ndarray:
    """u (..., K) with class j raised, at the cost of larger entries, until none exceeds it."""
    u = np.asarray(u, dtype=float)
    others = np.delete(np.arange(u.shape[-1]), j)
    order = others[np.argsort(-u[..., others], axis=-1, kind="stable")]
    falling = np.take_along_axis(u, order, axis=-1)
    means = (u[..., j : j + 1] + np.cumsum(falling, axis=-1)) / np.arange(2, u.shape[-1] + 1)
    means = np.concatenate([u[..., j : j + 1], means], axis=-1)
    following = np.concatenate([falling, np.zeros((*u.shape[:-1], 1))], axis=-1)
    tied = np.argmax(means >= following, axis=-1)[..., None]
    level = np.take_along_axis(means, tied, axis=-1)
    raised = np.empty_like(u)
    np.put_along_axis(
        raised, order, np.where(np.arange(u.shape[-1] - 1) < tied, level, falling), axis=-1
    )
    raised[..., j] = level[..., 0]
    return raised


def best_predicting(loss: Loss, q: np.ndarray, j: int, floor: float = 0.0) -> np.ndarray:
    """The prediction with u_j ≥ u_i for all i of the smallest risk Σ q_i L(u, i) found.

    Convex: the minimiser of the weights with the classes that tie averaged. Concave: a corner of
    the region, even on j and some heaviest classes. Else a search.
    """
    shape = convexity(loss)
    if shape == "convex":
        return predicting(minimise(loss, predicting(q, j), floor).point, j)
    if shape is not None and not floor:
        corners = _even_corners(q, j)
        return np.asarray(corners[np.argmin(weighted_risk(loss, q, corners))])
    points = predicting(np.concatenate([candidates(q, floor), _even_corners(q, j)]), j)
    points = np.maximum(points, floor) if floor else points
    points = points / points.sum(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        values = np.nan_to_num(weighted_risk(loss, q, points), nan=np.inf)
    polished = [_polished(loss, q, points[i], j, floor) for i in np.argsort(values)[:4]]
    return min(polished, key=lambda u: float(weighted_risk(loss, q, u)))


def _even_corners(q: np.ndarray, j: int) -> np.ndarray:
    order = np.concatenate([[j], [i for i in np.argsort(-q, kind="stable") if i != j]])
    sizes = np.arange(1, len(q) + 1)[:, None]
    ranks = np.empty(len(q), dtype=int)
    ranks[order] = np.arange(len(q))
    return np.asarray((ranks < sizes) / sizes)


def _polished(loss: Loss, q: np.ndarray, u: np.ndarray, j: int, floor: float) -> np.ndarray:
    """Exchanges with class j raised again after each, while that lowers the risk."""
    with np.errstate(all="ignore"):
        for _ in range(20):
            moved = predicting(exchange(loss, q, u, floor, rounds=1), j)
            if not weighted_risk(loss, q, moved) < weighted_risk(loss, q, u):
                break
            u = moved
    return u


# ---- the calibration function ---------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """The smallest excess risk ε over posteriors with a 0-1 excess ``lost`` of θ or more (E,).

    ``sharpest`` is the largest θ/ε found: no bound ``0-1 excess ≤ c · excess risk`` has a smaller
    c; it is ∞ where ε = 0 at some θ > 0. ``proved`` is a c with a theorem, or None.
    """

    lost: np.ndarray
    excess: np.ndarray
    sharpest: float
    proved: float | None
    theorem: Theorem | None


@lru_cache(maxsize=64)
def calibration_curve(loss: Loss, num_classes: int, points: int = 41) -> CalibrationCurve:
    """ε(θ) on an even grid, by minimisation over a lattice of posteriors; K = 2 to 4."""
    if not 2 <= num_classes <= 4:
        raise SimplexError(
            f"the calibration function is computed for 2 to 4 classes, not {num_classes}"
        )
    wrong, cost = _pairs(loss, num_classes, points)
    lost = np.linspace(0, 1, points)
    excess = np.array([np.min(cost[wrong >= x - 1e-12], initial=np.inf) for x in lost])
    excess[0] = 0.0
    positive = wrong > 1e-9
    with np.errstate(divide="ignore"):
        sharpest = float(np.max(wrong[positive] / np.maximum(cost[positive], 0)))
    theorem = bayes_theorem(loss, num_classes)
    proved = None if theorem is None else _constant(loss, num_classes)
    return CalibrationCurve(lost, excess, sharpest, proved, theorem)


def _pairs(loss: Loss, num_classes: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """0-1 excess and excess risk of the best prediction of each class, over sorted posteriors."""
    q, floor = _posteriors(num_classes, points), effective_floor(loss, 0.0)
    least = weighted_risk(loss, q, minimisers(loss, q, floor))
    excess = [q[:, 0] - q[:, j] for j in range(1, num_classes)]
    cost = [
        weighted_risk(loss, q, _best_predicting_each(loss, q, j, floor)) - least
        for j in range(1, num_classes)
    ]
    return np.concatenate(excess), np.maximum(np.concatenate(cost), 0)


def _posteriors(num_classes: int, points: int) -> np.ndarray:
    """A lattice of falling posteriors, finer where only two classes are possible."""
    n = {2: 2 * (points - 1), 3: points - 1, 4: 14}[num_classes]
    two = np.pad(lattice(2, 2 * (points - 1)), ((0, 0), (0, num_classes - 2)))
    q = np.concatenate([lattice(num_classes, n), two])
    return np.unique(q[(np.diff(q, axis=1) <= 0).all(axis=1)], axis=0)


def _best_predicting_each(loss: Loss, q: np.ndarray, j: int, floor: float) -> np.ndarray:
    """As ``best_predicting``, for every row of q (N, K); the rows fall."""
    shape, corners = convexity(loss), _even_corners(q[0], j)
    if shape == "convex":
        return predicting(minimisers(loss, predicting(q, j), floor), j)
    if shape is not None and not floor:
        return np.asarray(corners[np.argmin(risks(loss, q, corners), axis=1)])

    def onto(u: np.ndarray) -> np.ndarray:
        raised = np.maximum(predicting(u, j), floor)
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))

    return search(loss, q, floor, onto=onto, starts=corners)


def _constant(loss: Loss, num_classes: int) -> float:
    zero, one = (float(x) for x in loss.partial(np.array([0.0, 1.0])))
    return num_classes / (zero - one)


def bayes_theorem(loss: Loss, num_classes: int, *, one_label: bool = False) -> Theorem | None:
    """0-1 excess ≤ c · excess risk / (ℓ(0) − ℓ(1)) for concave ℓ, c = K; None for other losses.

    c = 2 where each instance has one clean label (THEORY A6).
    """
    if not loss.local or curvature(loss).shape not in ("concave", "affine"):
        return None
    factor = 2 if one_label else num_classes
    hypotheses: tuple[Hypothesis, ...] = (Hypothesis("ℓ concave", curvature(loss).reason, True),)
    if one_label:
        hypotheses += (Hypothesis("one clean label for each instance", "assumed", True),)
    statement = f"0-1 excess ≤ {factor} · excess risk / (ℓ(0) − ℓ(1))"
    return Theorem("bayes-excess", statement, hypotheses)


# ---- noisy posteriors -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class NoisyPosterior:
    """What minimising at w = Tᵀq does to the clean decision (THEORY F10).

    ``regret`` is max q − q at the class that the minimiser of the noisy risk predicts.
    """

    w: np.ndarray
    minimiser: np.ndarray
    predicted: int
    regret: float


def noisy_posterior(loss: Loss, q: np.ndarray, T: np.ndarray) -> NoisyPosterior:
    """The noisy posterior Tᵀq of q (K,), the minimiser there, and its clean regret."""
    q = check_weights(q)
    w = np.asarray(T, dtype=float).T @ q
    found = minimise(loss, w)
    predicted = int(np.argmax(found.point))
    return NoisyPosterior(w, found.point, predicted, float(q.max() - q[predicted]))
