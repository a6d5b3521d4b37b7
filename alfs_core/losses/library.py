"""The library: every loss by name, and the record that names one with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alfs_core.errors import DomainError
from alfs_core.losses.asymmetric import AGCE
from alfs_core.losses.base import Loss
from alfs_core.losses.classic import CE
from alfs_core.losses.combinators import Normalized
from alfs_core.losses.families import Family, atom, listed, summed, wrapped
from alfs_core.losses.robust import GCE, MAE

NCE = wrapped("NCE", "Normalized cross entropy", atom(CE), Normalized)

FAMILIES: tuple[Family, ...] = (
    atom(CE),
    atom(MAE),
    atom(GCE),
    atom(AGCE),
    NCE,
    summed("NCE+AGCE", "NCE + AGCE", NCE, atom(AGCE), {"beta": 4.0, "a": 6.0, "q": 1.5}),
)
LOSSES: dict[str, Family] = {entry.name: entry for entry in FAMILIES}


def family(name: str) -> Family:
    """The family of that name; DomainError where there is none."""
    if name not in LOSSES:
        raise DomainError(f"no loss is called {name!r}; the library has {listed(LOSSES)}")
    return LOSSES[name]


@dataclass(frozen=True)
class LossSpec:
    """A loss by name and numbers: what an address, a run's record and a sidebar hold."""

    name: str
    values: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, name: str, **values: float) -> LossSpec:
        """The named loss at ``values``, every other parameter at its default."""
        complete = family(name).defaults | values
        spec = cls(name, tuple(complete.items()))
        spec.build()
        return spec

    def build(self) -> Loss:
        """The loss itself; DomainError where the name or a value is not known or not allowed."""
        return family(self.name).build(**dict(self.values))

    @property
    def label(self) -> str:
        """Name and values as a legend shows them."""
        values = ", ".join(f"{value:g}" for _, value in self.values)
        return f"{self.name} ({values})" if values else self.name

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "values": dict(self.values)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> LossSpec:
        return cls.of(str(record["name"]), **{k: float(v) for k, v in record["values"].items()})
