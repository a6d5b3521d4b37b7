"""The library: every loss by name, and the record that names one with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from numbers import Real
from typing import Any

from alfs_core.errors import DomainError
from alfs_core.losses.asymmetric import AEL, AGCE, AMSE, ANL, AUL, AMSEq
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import CE, FL, MSE, BiTempered
from alfs_core.losses.combinators import EpsilonSoftmax, Normalized, NormalizedNegative
from alfs_core.losses.families import Family, atom, listed, weighted, wrapped
from alfs_core.losses.formula import FORMULA, formula_family
from alfs_core.losses.on_logits import LC, LDR
from alfs_core.losses.robust import GCE, MAE, RCE, TCE, PolySoft

ASYMMETRIC = "Asymmetric"
SYMMETRIC = "Symmetric and normalized"
PROPER = "Proper and classic"
BETWEEN = "Between proper and robust"
SUMS = "Sums"
ON_LOGITS = "On logits"
GROUPS = (ASYMMETRIC, SYMMETRIC, PROPER, BETWEEN, SUMS, ON_LOGITS)

_CE, _FL, _MAE, _RCE, _GCE = (atom(kind) for kind in (CE, FL, MAE, RCE, GCE))
_AGCE, _AUL, _AEL, _AMSE = (atom(kind) for kind in (AGCE, AUL, AEL, AMSE))
_NCE, _NFL, _NGCE = (wrapped(inner, Normalized) for inner in (_CE, _FL, _GCE))
_NMAE = wrapped(_MAE, Normalized)
_NRCE = replace(wrapped(_RCE, Normalized), parameters=(), construct=lambda _: Normalized(RCE()))
_NNCE, _NNFL = (
    wrapped(inner, NormalizedNegative, *NormalizedNegative.parameters()) for inner in (_CE, _FL)
)
_ECE, _EFL = (wrapped(inner, EpsilonSoftmax, *EpsilonSoftmax.parameters()) for inner in (_CE, _FL))

_SINGLE: tuple[Family, ...] = (
    _AGCE.described(
        ASYMMETRIC,
        "GCE with its singularity moved to u = −a, so that the slope stays finite at u = 0; "
        "asymmetric on every row once q ≥ 1.",
    ),
    _AUL.described(
        ASYMMETRIC,
        "A power of the distance from a point beyond u = 1; asymmetric on every row once p ≤ 1.",
    ),
    _AEL.described(
        ASYMMETRIC, "An exponential in u whose one parameter alone sets the asymmetry ratio."
    ),
    _AMSE.described(
        ASYMMETRIC,
        "Squared distance to a label vector stretched by a: MAE with a penalty on confidence "
        "that fades as a grows.",
    ),
    atom(AMSEq).described(
        ASYMMETRIC, "AMSE with another norm; up to q = 1 it is asymmetric on every row."
    ),
    atom(ANL).described(
        ASYMMETRIC,
        "The p-norm distance to a stretched label vector; its p = 2 member is AMSE up to scale.",
    ),
    _MAE.described(
        SYMMETRIC, "The only separable symmetric loss for three or more classes; robust but slow."
    ),
    _RCE.described(
        SYMMETRIC, "MAE times a constant: the entropy of the label under the prediction, log 0 cut."
    ),
    _NMAE.described(SYMMETRIC, "MAE divided by its constant label sum K − 1."),
    _NRCE.described(
        SYMMETRIC, "RCE divided by its constant label sum, in which A cancels: NMAE.", "ma2020"
    ),
    _NCE.described(
        SYMMETRIC,
        "Cross entropy as a share of its sum over all labels; symmetric, yet asymmetric only "
        "where all wrong labels are equally likely.",
    ),
    _NFL.described(SYMMETRIC, "Focal loss as a share of its sum over all labels."),
    _NGCE.described(SYMMETRIC, "Generalized cross entropy as a share of its sum over all labels."),
    _NNCE.described(
        SYMMETRIC,
        "Learns from the labels that are not given: one minus the share of the gain over ε.",
    ),
    _NNFL.described(SYMMETRIC, "As NNCE, the gain measured by focal loss."),
    _CE.described(
        PROPER, "The negative log-likelihood: proper, unbounded, and faithful to wrong labels too."
    ),
    _FL.described(PROPER, "Cross entropy that turns away from what is already predicted well."),
    atom(MSE).described(
        PROPER, "Brier's score, proper and bounded: its minimiser is the noisy posterior itself."
    ),
    atom(BiTempered).described(
        PROPER,
        "Cross entropy with two temperatures: t₁ bounds the loss, t₂ gives the softmax a "
        "heavier tail; still proper in û.",
    ),
    _GCE.described(
        BETWEEN, "A power of u between CE (q → 0) and MAE (q = 1); not asymmetric below q = 1."
    ),
    atom(TCE).described(
        BETWEEN, "The Taylor series of CE cut after t terms, from MAE (t = 1) towards CE."
    ),
    atom(PolySoft).described(
        BETWEEN,
        "CE that saturates at λ; for λ up to λ*(d) it is asymmetric on every row.",
    ),
    _ECE.described(
        BETWEEN, "CE after the top class has been given m more votes: nearly one-hot predictions."
    ),
    _EFL.described(BETWEEN, "Focal loss after the top class has been given m more votes."),
    atom(LC).described(
        ON_LOGITS, "CE at logits of bounded length, so that no sample can be fitted without limit."
    ),
    atom(LDR).described(
        ON_LOGITS, "A softened worst case over label distributions, with a margin c."
    ),
)


def _sum(first: Family, second: Family, source: str, note: str, name: str | None = None) -> Family:
    return weighted(name or f"{first.name}+{second.name}", first, second).described(
        SUMS, note, source
    )


_PASSIVE = (
    (_MAE, 1.0, "ma2020"),
    (_RCE, 1.0, "ma2020"),
    (_AGCE.with_defaults(a=6.0, q=1.5), 4.0, "zhou2021"),
    (_AUL.with_defaults(a=6.3, p=1.5), 4.0, "zhou2021"),
    (_AEL.with_defaults(a=5.0), 4.0, "zhou2021"),
)


def _with_passive(first: Family) -> list[Family]:
    """first + X for every X that Ma et al. and Zhou et al. add; the weights are CIFAR-10's."""
    return [
        _sum(
            first,
            second,
            source,
            f"{first.name} to fit, {second.name} to hold against wrong labels; where these are "
            f"uneven the sum is asymmetric as {second.name} is, but only as logits grow.",
        ).with_defaults(beta=beta)
        for second, beta, source in _PASSIVE
    ]


_SUMS: tuple[Family, ...] = (
    _sum(
        _CE,
        _RCE,
        "wang2019",
        "CE to converge, RCE to tolerate; the CE part keeps it from being asymmetric.",
        "SCE",
    ).with_defaults(alpha=0.1),
    *_with_passive(_NCE),
    *_with_passive(_NFL),
    *_with_passive(_NGCE.with_defaults(q=0.1)),
    _sum(_NCE, _AMSE, "wang2025", "Joint asymmetric loss: NCE to fit, AMSE to tolerate.", "JAL-CE"),
    _sum(_NFL, _AMSE, "wang2025", "Joint asymmetric loss: NFL to fit, AMSE to tolerate.", "JAL-FL"),
    _sum(
        _NCE,
        _NNCE,
        "ye2023",
        "Active Negative Loss (ANL-CE): both parts normalized, the passive one from negatives.",
    ).with_defaults(alpha=5.0, beta=5.0),
    _sum(
        _NFL,
        _NNFL,
        "ye2023",
        "Active Negative Loss (ANL-FL): as NCE+NNCE, with focal loss in both parts.",
    ).with_defaults(alpha=5.0, beta=5.0),
    _sum(
        _ECE,
        _MAE,
        "wang2024",
        "ε-softmax CE to fit, MAE to decide the ties in which its noisy minimiser ends.",
    ).with_defaults(alpha=0.01, beta=5.0, m=1e5),
    _sum(
        _EFL, _MAE, "wang2024", "ε-softmax focal loss to fit, MAE to decide its ties."
    ).with_defaults(alpha=0.01, beta=5.0, m=1e5),
)
FAMILIES: tuple[Family, ...] = tuple(
    entry for group in GROUPS for entry in (*_SINGLE, *_SUMS) if entry.group == group
)
LOSSES: dict[str, Family] = {entry.name: entry for entry in FAMILIES}


def family(name: str) -> Family:
    """The family of that name; "formula: TEXT" is the family of a typed formula.

    Raises DomainError where there is none, FormulaError where the text cannot be read.
    """
    if name.startswith(FORMULA):
        return formula_family(name.removeprefix(FORMULA))
    if name not in LOSSES:
        raise DomainError(f"no loss is called {name[:LONGEST]!r}; {_near(name)}")
    return LOSSES[name]


LONGEST = 40  # characters of a name that is not known


def _near(name: str) -> str:
    """The names that come closest, for who has mistyped one."""
    upper = {known.upper(): known for known in LOSSES}
    near = [upper[x] for x in get_close_matches(name.upper()[:LONGEST], upper, 3, 0.5)]
    return f"close to it are {listed(near)}" if near else f"the library has {len(LOSSES)} losses"


@dataclass(frozen=True)
class LossSpec:
    """A loss by name and numbers: what an address, a run's record and a sidebar hold."""

    name: str
    values: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, name: str, /, **values: float) -> LossSpec:
        """The named loss at ``values``, every other parameter at its default."""
        known = family(name)
        known.build(**values)
        complete = known.defaults | values
        return cls(name, tuple((k, _plain(v)) for k, v in complete.items()))

    def build(self) -> Loss:
        """The loss itself; DomainError where the name or a value is not known or not allowed."""
        return family(self.name).build(**dict(self.values))

    @property
    def label(self) -> str:
        """Name and values as a legend shows them."""
        values = ", ".join(f"{value:g}" for _, value in self.values)
        name = self.name.removeprefix(FORMULA)
        return f"{name} ({values})" if values else name

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "values": dict(self.values)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> LossSpec:
        """The inverse of ``to_json``; DomainError where the record is not one."""
        if not isinstance(record, Mapping) or not isinstance(record.get("name"), str):
            raise DomainError(f"a loss is recorded as a name and values, not as {record!r}")
        values = record.get("values", {})
        if not isinstance(values, Mapping) or not all(isinstance(key, str) for key in values):
            raise DomainError(f"{record['name']}: values are recorded by name, not as {values!r}")
        return cls.of(record["name"], **values)


def _plain(value: Any) -> Any:
    """One way to write a number, so that equal losses have equal records."""
    return float(value) if isinstance(value, Real) else value
