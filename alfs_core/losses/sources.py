"""What a loss is taken from: keys of the bibliography."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from alfs_core.losses.base import Loss
from alfs_core.losses.combinators import Weighted
from alfs_core.losses.library import LossSpec, family


def sources(loss: Loss) -> tuple[str, ...]:
    """The papers behind a loss and its parts, inner ones first, each once.

    >>> from alfs_core.losses import LOSSES
    >>> sources(LOSSES["NCE+AGCE"].build())
    ('good1952', 'ma2020', 'zhou2021')
    """
    return tuple(dict.fromkeys(_found(loss)))


def cited(spec: LossSpec) -> tuple[str, ...]:
    """The paper of the family first, then those of its parts; none for a typed formula."""
    own = family(spec.name).source
    return tuple(dict.fromkeys((*filter(None, [own]), *sources(spec.build()))))


def _found(loss: Loss) -> Iterator[str]:
    if isinstance(loss, Weighted):
        for _, part in loss.parts:
            yield from _found(part)
        return
    for f in fields(loss):
        if isinstance(base := getattr(loss, f.name), Loss):
            yield from _found(base)
    if loss.source:
        yield loss.source
