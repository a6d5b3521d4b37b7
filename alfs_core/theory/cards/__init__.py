"""The theorems as cards with switches; a card is checked by computing an example."""

from __future__ import annotations

from alfs_core.theory.cards import asymmetric, consequences, ratios, symmetric
from alfs_core.theory.cards.records import (
    Card,
    CardResult,
    Comparison,
    Hypothesis,
    Risk,
    Scene,
    Value,
    Way,
)

_ALL = (*symmetric.CARDS, *asymmetric.CARDS, *ratios.CARDS, *consequences.CARDS)
CARDS: dict[str, Card] = {card.key: card for card in _ALL}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(card.group for card in _ALL))

__all__ = [
    "CARDS",
    "GROUPS",
    "Card",
    "CardResult",
    "Comparison",
    "Hypothesis",
    "Risk",
    "Scene",
    "Value",
    "Way",
]
