"""What several views of the page Asymmetry ratio ask for."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from alfs_core.losses import Loss
from alfs_core.noise.transition import LabelNoise
from alfs_core.theory.evidence import Finding, Verdict
from alfs_core.theory.phase import Rows, rows_of
from alfs_core.theory.tolerance import tolerant
from pages.common.cache import cached
from pages.common.choices import Choices

choice = Choices("asymmetry")
FLOOR = 1e-4  # where a loss without values at the corners is judged


@dataclass(frozen=True)
class OnNoise:
    """What a loss does on all rows of the noise, and the finding on the row that decides."""

    verdict: Verdict
    limit: Verdict | None
    worst: int
    finding: Finding

    @property
    def decisive(self) -> Verdict:
        """The verdict in the limit of the floor, where there is a floor."""
        return self.verdict if self.limit is None else self.limit


@cached
def hardest(
    loss: Loss, noise: LabelNoise, num_classes: int
) -> tuple[Verdict, Verdict | None, int, Finding]:
    judged = tolerant(loss, noise.transition(num_classes), floor=FLOOR)
    return judged.verdict, judged.limit, judged.worst, judged.findings[judged.worst]


def on_noise(loss: Loss, noise: LabelNoise, num_classes: int) -> OnNoise:
    return OnNoise(*hardest(loss, noise, num_classes))


@cached
def rows_under(noise: LabelNoise, num_classes: int) -> Rows:
    return rows_of(noise.transition(num_classes))


def undominated() -> None:
    st.info(
        "In some class the clean label is not the most frequent one. No loss that treats all "
        "labels alike can be asymmetric towards it: lower the noise rate.",
        icon=":material/info:",
    )


PULL_HELP = (
    "**Pull at the start.** How hard the first step pulls at the given label's logit, where all "
    "$K$ classes are equally likely. A weak pull is slow training.\n\n"
    "$-\\partial L / \\partial z_y$ at $u = 1/K$; for a function of $u$ alone "
    "$\\omega(u) = -\\ell'(u)\\, u\\, (1 - u)$"
)
