"""The curves of a race as figures: the same for a page that draws them and for a viewer who is told
of them, so nothing here knows of a session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alfs_core.figures.picture import Picture
from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Started
from alfs_core.training.history import History
from alfs_core.training.runs import RunRecord
from alfs_core.wording import percent
from pages.common.quantities import QUANTITIES, Quantity
from pages.common.runs import manager, names

NEWEST = "newest"  # in place of a seed
FIRST_HEIGHT, HEIGHT = 380, 340  # pixels


@dataclass(frozen=True)
class Race:
    """A race as it is drawn: a run, and the finished runs of its group behind it."""

    record: RunRecord
    config: RunConfig
    past: History
    started: Started
    others: tuple[tuple[RunRecord, History], ...] = ()

    @property
    def key(self) -> str:
        """What the figures of a run, or of all runs of its group, are known by."""
        return self.record.group or self.record.id

    def lines(self, quantity: Quantity, styles: Sequence[int]) -> list[RaceLine]:
        """The line of each loss in its style; those of other seeds behind."""
        called = names(self.record)
        behind = [
            RaceLine(f"{name}, seed {seed(other)}", place, *quantity.column(track), faint=True)
            for other, past in self.others
            for name, place, track in zip(called, styles, past.tracks, strict=False)
        ]
        steps = self.started.steps_per_epoch
        return behind + [
            RaceLine(name, place, *quantity.column(track, steps))
            for name, place, track in zip(called, styles, self.past.tracks, strict=True)
        ]


@dataclass(frozen=True)
class Curves:
    """One figure of a race: what a chart shows and says of it."""

    key: str
    figure: Picture
    alt: str
    caption: str
    height: int


def members(run: str) -> list[RunRecord]:
    """The run, or all of its group, in the order in which they run."""
    record = manager().get(run)
    group = manager().store.members(record.group) if record.group else []
    return [manager().get(member.id) for member in group] or [record]


def chosen(records: Sequence[RunRecord], wanted: str) -> RunRecord:
    """The run of a group with the wanted seed, else the newest that has begun."""
    by_seed = {str(seed(record)): record for record in records}
    begun = [record for record in records if record.began is not None]
    return by_seed.get(wanted) or (begun or records)[-1 if begun else 0]


def seed(record: RunRecord) -> int:
    """The seed of a run; 0 where its settings cannot be read."""
    return record.config.seed if record.config is not None else 0


def race_of(records: Sequence[RunRecord], wanted: str) -> Race | None:
    """The chosen run with the finished ones behind it; None where it has not begun."""
    record = chosen(records, wanted)
    past = manager().histories(record.id)
    if past.started is None or record.config is None:
        return None
    others = [other for other in records if other.status == "finished" and other != record]
    behind = tuple((other, manager().histories(other.id)) for other in others)
    return Race(record, record.config, past, past.started, behind)


def curves_of(race: Race, quantities: Iterable[str], styles: Sequence[int]) -> list[Curves]:
    """The figures of the quantities, by their names, the first a little higher than the others."""
    told = [QUANTITIES[name] for name in quantities]
    return [
        Curves(
            f"{one.field} {race.key}",
            race_figure(
                race.lines(one, styles), one.title, one.axis, race.started.epochs, one.percent
            ),
            f"{one.alt} {newest(race, one)}",
            one.caption,
            HEIGHT if place else FIRST_HEIGHT,
        )
        for place, one in enumerate(told)
    ]


def newest(race: Race, quantity: Quantity) -> str:
    """The newest values in words."""
    said = [
        f"{name}: {percent(y, 1) if quantity.percent else f'{y:.4g}'} at epoch {x:g}"
        for name, track in zip(names(race.record), race.past.tracks, strict=True)
        for x, y in quantity.points(track.epochs)[-1:]
    ]
    return ("; ".join(said) or "No evaluation yet") + "."
