"""A family: a name, its parameters, and how a loss is built from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alfs_core.errors import DomainError
from alfs_core.losses.base import Loss, Parameter, nonnegative
from alfs_core.losses.combinators import Weighted

WEIGHT_RANGE = (1e-3, 100.0)


@dataclass(frozen=True)
class Family:
    """A named way from parameters to a loss.

    ``latex`` is the formula with its parameters as symbols, ``source`` a key of the bibliography,
    ``group`` its chapter of the library, ``note`` one sentence on what it is.
    """

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    construct: Callable[[Mapping[str, Any]], Loss]
    latex: str = ""
    source: str = ""
    group: str = ""
    note: str = ""

    def build(self, /, **values: Any) -> Loss:
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

    def with_defaults(self, /, **values: float) -> Family:
        """The same family with other defaults."""
        chosen = tuple(replace(p, default=values.get(p.name, p.default)) for p in self.parameters)
        return replace(self, parameters=chosen)

    def described(self, group: str, note: str, source: str = "") -> Family:
        """The same family in its chapter of the library, with its sentence."""
        return replace(self, group=group, note=note, source=source or self.source)


def listed(names: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(names) or "none"


def atom(kind: type[Loss]) -> Family:
    """A loss class as a family."""
    return Family(
        kind.name,
        kind.title,
        kind.parameters(),
        lambda values: kind(**values),
        kind.latex,
        kind.source,
    )


def wrapped(inner: Family, wrap: Callable[..., Loss], *own: Parameter) -> Family:
    """``wrap`` around every member of a family; ``own`` are the wrapper's parameters."""
    names = {p.name for p in own}

    def construct(values: Mapping[str, Any]) -> Loss:
        base = inner.construct({k: v for k, v in values.items() if k not in names})
        return wrap(base, **{k: v for k, v in values.items() if k in names})

    parameters = (*inner.parameters, *own)
    example = construct({p.name: p.default for p in parameters})
    return Family(example.name, example.title, parameters, construct, example.latex, example.source)


def weighted(name: str, first: Family, second: Family) -> Family:
    """alpha · first + beta · second; the second's q is named after it where both have one."""
    taken = {p.name for p in first.parameters}
    inherited = {
        p.name: _named_after(second, p) if p.name in taken else p for p in second.parameters
    }

    def construct(values: Mapping[str, Any]) -> Loss:
        left = first.construct({p.name: values[p.name] for p in first.parameters})
        right = second.construct({k: values[p.name] for k, p in inherited.items()})
        return Weighted(((values["alpha"], left), (values["beta"], right)))

    weights = (
        Parameter("alpha", r"\alpha", 1.0, nonnegative, WEIGHT_RANGE),
        Parameter("beta", r"\beta", 1.0, nonnegative, WEIGHT_RANGE),
    )
    return Family(
        name,
        f"{first.title} + {_lowered(second.title)}",
        (*weights, *first.parameters, *inherited.values()),
        construct,
        rf"\alpha\,L_{{\mathrm{{{first.name}}}}} + \beta\,L_{{\mathrm{{{second.name}}}}}",
    )


def _named_after(owner: Family, p: Parameter) -> Parameter:
    symbol = rf"{p.symbol}_{{\mathrm{{{owner.name}}}}}"
    return replace(p, name=f"{owner.name.lower()}_{p.name}", symbol=symbol)


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]
