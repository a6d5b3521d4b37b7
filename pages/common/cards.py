"""What the library says of a loss in a line or on a card, and how it is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from alfs_core.losses import LOSSES, LossSpec, family
from alfs_core.losses.base import ALWAYS, ONE_HOT, Loss, WeightCondition
from alfs_core.losses.families import Family
from alfs_core.losses.library import GROUPS
from alfs_core.losses.presets import PRESETS
from alfs_core.noise.transition import pair_flip, symmetric
from alfs_core.numerics.links import Logits
from alfs_core.references import REFERENCES, Reference
from alfs_core.theory.threshold import largest_rate

# A condition is printed for weights in general; any weights without a tie ask for it.
_SOME_WEIGHTS = np.array([0.5, 0.3, 0.2])
DEFAULT_VALUES = "library default"


@dataclass(frozen=True)
class Extent:
    """On how much noise a loss is known to be asymmetric."""

    name: str
    color: str
    meaning: str


COMPLETE = Extent(
    "asymmetric on all noise",
    "green",
    "Completely asymmetric: on all weights with one largest entry, so wherever clean labels "
    "dominate.",
)
PARTIAL = Extent(
    "asymmetric on some noise",
    "blue",
    "Asymmetric on the weights that meet the condition on the card.",
)
NEVER = Extent(
    "not asymmetric",
    "gray",
    "Any noise moves the minimiser: asymmetric on clean labels alone.",
)
OPEN = Extent(
    "no closed condition",
    "gray",
    "Whether this loss is asymmetric on given weights is decided by computation, not by a formula.",
)
OUTSIDE = Extent(
    "reads logits",
    "orange",
    "A function of the logits, not of probabilities: the theory on the simplex does not apply.",
)


@dataclass(frozen=True)
class Card:
    """A family at chosen numbers."""

    spec: LossSpec

    @property
    def family(self) -> Family:
        return family(self.spec.name)

    @property
    def loss(self) -> Loss:
        return self.spec.build()

    @property
    def reference(self) -> Reference:
        return REFERENCES[self.family.source]

    @property
    def on_logits(self) -> bool:
        return isinstance(self.loss.link, Logits)

    @property
    def condition(self) -> WeightCondition | None:
        """The closed condition for asymmetry, where one is known."""
        return None if self.on_logits else self.loss.weight_condition(_SOME_WEIGHTS)

    @property
    def extent(self) -> Extent:
        if self.on_logits:
            return OUTSIDE
        if self.condition is None:
            return PARTIAL if self.loss.beyond else OPEN
        return {ALWAYS: COMPLETE, ONE_HOT: NEVER}.get(self.condition.latex, PARTIAL)

    @property
    def symmetric(self) -> bool:
        return not self.on_logits and self.loss.is_symmetric()

    @property
    def ratio(self) -> float | None:
        return None if self.on_logits else self.loss.asymmetry_ratio()


@cache
def default_card(name: str) -> Card:
    """The family of that name at the library's defaults."""
    return Card(LossSpec.of(name))


def card(name: str, dataset: str) -> Card:
    """The family at the numbers published for a data set, or at the library's defaults."""
    if dataset == DEFAULT_VALUES:
        return default_card(name)
    return Card(LossSpec.of(name, **PRESETS[name][dataset].values))


def tolerated(of: Card, num_classes: int) -> dict[str, float] | None:
    """The largest rates of symmetric noise and of pair flips that the closed condition allows."""
    if of.condition is None:
        return None
    kinds = {"symmetric noise": symmetric, "pair flips": pair_flip}
    rates = {
        kind: largest_rate(of.loss, lambda rate, make=make: make(num_classes, rate)[0])
        for kind, make in kinds.items()
    }
    return {kind: rate for kind, rate in rates.items() if rate is not None}


# ---- finding --------------------------------------------------------------------------------

PROPERTIES: dict[str, Callable[[Card], bool]] = {
    "symmetric": lambda c: c.symmetric,
    COMPLETE.name: lambda c: c.extent is COMPLETE,
    PARTIAL.name: lambda c: c.extent is PARTIAL,
    NEVER.name: lambda c: c.extent is NEVER,
    OPEN.name: lambda c: c.extent is OPEN,
    OUTSIDE.name: lambda c: c.extent is OUTSIDE,
    "active": lambda c: c.loss.direction == "active",
    "passive": lambda c: c.loss.direction == "passive",
    "mixed": lambda c: c.loss.direction == "mixed",
}


def found(words: str, groups: Iterable[str], properties: Iterable[str]) -> list[Card]:
    """The cards with every word, in one of the groups (or any), with every property.

    Those that are called so come first: NCE before NCE+AGCE, and that before what only mentions it.
    """
    wanted = _folded(words).split()
    chosen = set(groups) or set(GROUPS)
    cards = [
        card
        for card in map(default_card, LOSSES)
        if card.family.group in chosen
        and all(_rank(word, card.spec.name) is not None for word in wanted)
        and all(PROPERTIES[name](card) for name in properties)
    ]
    return sorted(cards, key=lambda card: [_rank(word, card.spec.name) for word in wanted])


def _rank(word: str, name: str) -> int | None:
    """How near a word is to what a loss is called; None where nothing about it begins so."""
    called, about = _searchable(name)
    if word == _folded(name):
        return 0
    if word in called:
        return 1 if re.search(rf"\b{re.escape(word)}\b", called) else 2
    return 3 if re.search(rf"(?<!\w){re.escape(word)}", about) else None


@cache
def _searchable(name: str) -> tuple[str, str]:
    """Its name and title, and all else that is told of it."""
    of = default_card(name)
    called = _folded(f"{name} {of.family.title}")
    return called, _folded(f"{of.family.group} {of.family.note} {of.reference.text}")


def _folded(text: str) -> str:
    """Lower case without accents, as one types."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
