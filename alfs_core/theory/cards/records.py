"""A theorem as a card: its hypotheses as switches, and examples that are computed when asked for.

An example compares numbers. Nothing says "holds" or "fails" but the comparisons: each is evaluated
from the loss, the weights and the predictions that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from alfs_core.losses import LossSpec, family
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.simplex import (
    DEFAULT_FLOOR,
    lattice,
    lifted,
    minimise,
    vertices,
    weighted_risk,
)
from alfs_core.theory.theorems import Statement

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]

NO_NOISE = LabelNoise("none", 0.0)
TOLERANCE = 1e-10  # equality of computed numbers, relative to their size
SIDES = {2: 400, 3: 40, 4: 16, 5: 10}  # steps of the lattices of predictions that are compared
WAY_POINTS = 101


def vector(x: Iterable[float]) -> Vector:
    """A tuple of plain floats."""
    return tuple(float(value) for value in x)


def shown(x: Iterable[float]) -> str:
    """A point as a text writes it."""
    return f"({', '.join(f'{value:.4g}' for value in x)})"


# ---- numbers --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Risk:
    """Σ_x Σ_i W[x, i] L(U[x], i) over instances x: ``weights`` and ``predictions`` are (M, K)."""

    spec: LossSpec
    weights: Matrix
    predictions: Matrix

    @property
    def value(self) -> float:
        loss = self.spec.build()
        rows = weighted_risk(loss, np.array(self.weights), np.array(self.predictions))
        return float(np.sum(rows))


def risk(spec: LossSpec, w: Iterable[float], u: Iterable[float]) -> Risk:
    """Σ_i w_i L(u, i) at one instance."""
    return Risk(spec, (vector(w),), (vector(u),))


@dataclass(frozen=True)
class Value:
    """A number and what it is, in Markdown; ``terms`` are risks with factors, which it sums."""

    words: str
    number: float
    terms: tuple[tuple[float, Risk], ...] = ()


def at(words: str, of: Risk) -> Value:
    """A risk as a value."""
    return Value(words, of.value, ((1.0, of),))


def difference(words: str, here: Risk, there: Risk, factor: float = 1.0) -> Value:
    """factor · (risk here − risk there)."""
    return Value(words, factor * (here.value - there.value), ((factor, here), (-factor, there)))


@dataclass(frozen=True)
class Comparison:
    """left sign right, with a sign of < ≤ = ≥ >; equality is meant up to rounding."""

    left: Value
    sign: str
    right: Value

    @property
    def slack(self) -> float:
        """What rounding may come to; a smaller number is as good as 0."""
        a, b = self.left.number, self.right.number
        return TOLERANCE * max(1.0, abs(a), abs(b)) if np.isfinite([a, b]).all() else 0.0

    @property
    def true(self) -> bool:
        a, b, slack = self.left.number, self.right.number, self.slack
        return {
            "<": a < b - slack,
            "≤": a <= b + slack,
            "=": abs(a - b) <= slack,
            "≥": a >= b - slack,
            ">": a > b + slack,
        }[self.sign]


# ---- one example ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """Where an example can be seen: a page, and what it should show.

    ``weights`` (3,) are set by hand on Loss surfaces; ``posterior`` (3,) is looked at on
    Calibration, through the noise where ``noisy``. ``about`` says what to look at.
    """

    page: str  # "surfaces", "tolerance", "calibration" or "asymmetry"
    losses: tuple[LossSpec, ...]
    about: str
    noise: LabelNoise = NO_NOISE
    num_classes: int = 3
    weights: Vector | None = None
    posterior: Vector | None = None
    noisy: bool = False
    excess: bool = False


@dataclass(frozen=True, eq=False)
class Way:
    """Risks along the straight way from one prediction (or function) to another.

    ``t`` (T,) runs from 0 at ``start`` to 1 at ``end``; ``lines`` are names with values (T,).
    """

    start: str
    end: str
    t: np.ndarray
    lines: tuple[tuple[str, np.ndarray], ...]


def way(names: tuple[str, str], risks: Mapping[str, Risk], end: Matrix) -> Way:
    """The risks, each from its own predictions to ``end``."""
    t = np.linspace(0, 1, WAY_POINTS)
    goal = np.array(end)
    lines = []
    for name, of in risks.items():
        path = np.array(of.predictions) + t[:, None, None] * (goal - np.array(of.predictions))
        values = weighted_risk(of.spec.build(), np.array(of.weights), path).sum(axis=-1)
        lines.append((name, np.where(np.isfinite(values), values, np.nan)))
    return Way(*names, t, tuple(lines))


@dataclass(frozen=True, eq=False)
class CardResult:
    """One example, computed.

    ``dropped`` is the hypothesis that it breaks, None where all are met. ``premises`` show the
    other hypotheses met, ``broken`` how the dropped one is not; ``outcome`` is what the theorem
    claims or, for a counterexample, its contrary. ``scene`` is None where no page shows it.
    """

    dropped: str | None
    setting: str
    premises: tuple[Comparison, ...]
    outcome: tuple[Comparison, ...]
    sentence: str
    broken: tuple[Comparison, ...] = ()
    way: Way | None = None
    scene: Scene | None = None

    @property
    def confirmed(self) -> bool:
        """Whether every comparison is true as computed."""
        return all(c.true for c in (*self.premises, *self.broken, *self.outcome))


Example = Callable[[np.random.Generator], CardResult]


# ---- the card -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hypothesis:
    """A switch: its key, and its text with LaTeX between dollar signs."""

    key: str
    text: str


@dataclass(frozen=True, eq=False)
class Card:
    """A theorem with its hypotheses and, for all of them and for each one dropped, an example.

    ``claim`` is what follows, in a few words.
    """

    key: str
    group: str
    statement: Statement
    claim: str
    hypotheses: tuple[Hypothesis, ...]
    proof: Example
    counterexamples: Mapping[str, Example] = field(default_factory=dict)

    def check(self, on: frozenset[str], seed: int = 0) -> CardResult:
        """The example for the hypotheses that are on; ``seed`` draws its numbers.

        Where several are off, the counterexample keeps all but the first of them. KeyError: there
        is no such hypothesis.
        """
        known = [hypothesis.key for hypothesis in self.hypotheses]
        for key in on:
            if key not in known:
                raise KeyError(key)
        rng = np.random.default_rng(seed)
        off = next((key for key in known if key not in on), None)
        return self.proof(rng) if off is None else self.counterexamples[off](rng)


# ---- what examples are drawn from -----------------------------------------------------------


def uniform(rng: np.random.Generator, low: float, high: float, digits: int = 2) -> float:
    """A number that is easily read."""
    return round(float(rng.uniform(low, high)), digits)


def one_of(rng: np.random.Generator, specs: Sequence[LossSpec]) -> LossSpec:
    """One of a few losses."""
    return specs[int(rng.integers(len(specs)))]


def corner(num_classes: int, m: int = 0, floor: float = 0.0) -> Vector:
    """e_m, or every other class at the floor."""
    return vector(vertices(num_classes, floor)[m])


def predictions(
    rng: np.random.Generator, shape: int | tuple[int, ...], *alpha: float
) -> np.ndarray:
    """Drawn predictions (*shape, K) in whole hundredths, none of them 0."""
    hundredths = np.floor(rng.dirichlet(alpha, shape) * (100 - len(alpha))) + 1
    largest = np.argmax(hundredths, axis=-1)[..., None]
    left = 100 - hundredths.sum(axis=-1, keepdims=True)
    place = np.take_along_axis(hundredths, largest, axis=-1)
    np.put_along_axis(hundredths, largest, place + left, axis=-1)
    return np.asarray(hundredths / 100)


def runner_up(w: Iterable[float]) -> Vector:
    """The corner of the second largest weight."""
    weights = list(w)
    return corner(len(weights), int(np.argsort(-np.array(weights), kind="stable")[1]))


def corner_name(m: int, floor: float = 0.0) -> str:
    """The same, as the title of a picture says it."""
    return f"e{'₁₂₃₄₅'[m]}" + (", floored" if floor else "")


def name_of(m: int, floor: float = 0.0) -> str:
    """The corner of class m, counted from 1, as LaTeX."""
    return f"$e_{m + 1}$" if not floor else rf"$e_{m + 1}^{{\delta}}$"


def dominated(rng: np.random.Generator, num_classes: int, ratio: float) -> Vector:
    """Weights of sum 1, w_1 the largest and a little more than ``ratio`` times the second."""
    others = np.sort(rng.uniform(0.2, 1.0, num_classes - 1))[::-1]
    others = others / others[0]
    top = ratio * float(rng.uniform(1.05, 1.5))
    w = np.concatenate([[top], others])
    w = np.round(w / w.sum(), 3)
    w[0] = round(1 - float(w[1:].sum()), 3)
    return vector(w)


def floor_of(spec: LossSpec) -> float:
    """δ for a loss without values at the corners, else 0."""
    return DEFAULT_FLOOR if spec.build().vertices_excluded else 0.0


def lowest_other(spec: LossSpec, w: Iterable[float], m: int = 0) -> Vector:
    """The prediction of the smallest risk on a lattice, less the neighbourhood of a corner."""
    weights, floor = np.array(list(w)), floor_of(spec)
    points = lifted(lattice(len(weights), SIDES[len(weights)]), floor)
    points = points[points[:, m] < 0.99]
    values = weighted_risk(spec.build(), weights, points)
    return vector(points[int(np.nanargmin(values))])


def minimiser(spec: LossSpec, w: Iterable[float]) -> Vector:
    """A minimiser of the weighted risk, on the floor where the loss needs one."""
    found = minimise(spec.build(), np.array(list(w)), floor_of(spec))
    return vector(np.maximum(found.point, 0.0))


def label_sum(spec: LossSpec, u: Iterable[float]) -> Risk:
    """Σ_i L(u, i)."""
    point = vector(u)
    return risk(spec, (1.0,) * len(point), point)


def told(spec: LossSpec) -> str:
    """A loss with its numbers, for a sentence."""
    if spec.name.startswith("formula: "):
        return rf"$\ell(u) = {family(spec.name).latex}$"
    signs = {parameter.name: parameter.symbol for parameter in family(spec.name).parameters}
    values = ", ".join(f"${signs[name]} = {value:.4g}$" for name, value in spec.values)
    return f"**{spec.name}**" + (f" ({values})" if values else "")
