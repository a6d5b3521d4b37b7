"""What a page asks for besides the workspace: one of a few options, one of the chosen losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from alfs_core.losses import Loss, LossSpec
from alfs_core.theory.profile import reads_logits
from pages.common import session
from pages.common.kept import IN_ADDRESS
from pages.common.show import explained, plain
from pages.common.workspace import Workspace, label

NO_THEORY = "the theory on the simplex does not apply to it."
FLOORS = {name: name for name in ("0.01", "0.001", "1e-4", "1e-6", "1e-8")}


@dataclass(frozen=True)
class Chosen:
    """A loss of the workspace: its name in legends, its place, its record, and the loss itself."""

    name: str
    place: int
    spec: LossSpec
    loss: Loss


def losses_on_probabilities(workspace: Workspace, why_not: str) -> list[Chosen]:
    """The losses that the theory speaks of; the others are named with the reason."""
    built = [Chosen(label(e.spec), e.style, e.spec, e.spec.build()) for e in workspace.entries]
    for one in built:
        if reads_logits(one.loss):
            st.info(
                f"{plain(one.name)} reads logits, not probabilities: {why_not}",
                icon=":material/info:",
            )
    return [one for one in built if not reads_logits(one.loss)]


@dataclass(frozen=True)
class Choices:
    """The options of one page; ``page`` keeps their names in the address apart from others'."""

    page: str

    def __call__(
        self,
        title: str,
        key: str,
        options: dict[str, str],
        *,
        default: str | None = None,
        show: bool = True,
        help: str | None = None,
    ) -> str:
        """One of a few options, by its key; the address holds the words that name it."""
        usual = default or next(iter(options))
        words = " ".join(options.values())
        session.words_of(f"{self.page}_{key}", lambda chosen: options.get(chosen, str(chosen)))
        picked = st.segmented_control(
            title,
            list(options),
            default=usual,
            required=True,
            format_func=options.__getitem__,
            key=f"{self.page}_{key}",
            **IN_ADDRESS,
            label_visibility="visible" if show else "collapsed",
            help="\n\n".join(filter(None, (help, explained(f"{title} {words}")))) or None,
            wrap=True,
        )
        return str(picked) if picked in options else usual

    def loss(self, losses: Sequence[Chosen]) -> Chosen:
        """The loss that a view is about; at first the one that was chosen last."""
        # the address holds these labels too, so only what a typed formula needs is escaped
        options = {str(one.place): one.name.replace("*", r"\*") for one in losses}
        last = str(losses[-1].place)
        picked = self("Loss", "loss", options, default=last) if len(losses) > 1 else last
        return next(one for one in losses if str(one.place) == picked)

    def floor(self, losses: Sequence[Chosen], what: str) -> float:
        """δ, asked for where a loss has no values at the corners; ``what`` is done above it."""
        floored = [one.name for one in losses if one.loss.vertices_excluded]
        if not floored:
            return 0.0
        help = (
            f"{plain(', '.join(floored))}: the value at a corner of the simplex depends on the "
            f"way there. The loss is {what}"
        )
        return float(self("Floor δ", "floor", FLOORS, default="1e-4", help=help))
