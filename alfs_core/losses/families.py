"""A family: a name, its parameters, and how a loss is built from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss, Parameter, nonnegative
from alfs_core.losses.combinators import Weighted

WEIGHT_RANGE = (0.0, 100.0)


@dataclass(frozen=True)
class Family:
    """A named way from parameters to a loss."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    construct: Callable[[Mapping[str, Any]], Loss]

    def build(self, **values: Any) -> Loss:
        """The loss at ``values``, the rest at their defaults; DomainError names what is wrong."""
        known = {p.name: p for p in self.parameters}
        for name in values:
            if name not in known:
                raise DomainError(f"{self.name}: no parameter {name!r}; it has {listed(known)}")
        for name, value in values.items():
            known[name].check(value, self.name)
        return self.construct({p.name: p.default for p in self.parameters} | values)

    @property
    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {p.name: p.default for p in self.parameters}


def listed(names: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(names) or "none"


def atom(kind: type[Loss]) -> Family:
    """A loss class as a family."""
    return Family(kind.name, kind.title, kind.parameters(), lambda values: kind(**values))


def wrapped(name: str, title: str, inner: Family, wrap: Callable[[Loss], Loss]) -> Family:
    """``wrap`` around every member of a family, under a name of its own."""
    return Family(name, title, inner.parameters, lambda values: wrap(inner.construct(values)))


def summed(
    name: str, title: str, first: Family, second: Family, defaults: Mapping[str, float]
) -> Family:
    """alpha · first + beta · second; the second's q is named after it where both have one."""
    taken = {p.name for p in first.parameters}
    renamed = {
        p.name: f"{second.name.lower()}_{p.name}" if p.name in taken else p.name
        for p in second.parameters
    }

    def construct(values: Mapping[str, Any]) -> Loss:
        left = first.construct({p.name: values[p.name] for p in first.parameters})
        right = second.construct({p.name: values[renamed[p.name]] for p in second.parameters})
        return Weighted(((values["alpha"], left), (values["beta"], right)))

    weights = (
        Parameter("alpha", r"\alpha", 1.0, nonnegative, WEIGHT_RANGE),
        Parameter("beta", r"\beta", 1.0, nonnegative, WEIGHT_RANGE),
    )
    inherited = tuple(replace(p, name=renamed[p.name]) for p in second.parameters)
    parameters = (*weights, *first.parameters, *inherited)
    return Family(
        name,
        title,
        tuple(replace(p, default=defaults.get(p.name, p.default)) for p in parameters),
        construct,
    )
