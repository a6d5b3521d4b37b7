"""How long a race lasts, and how long until it begins, as far as that is known before it."""

from __future__ import annotations

from dataclasses import replace

from alfs_core.data.source import training_images
from alfs_core.errors import AlfsError
from alfs_core.training.config import RunConfig
from alfs_core.training.devices import at_once, threads
from alfs_core.wording import duration
from pages.common import runs


def how_long(config: RunConfig, seeds: int) -> str:
    """How long the race lasts, or how many epochs fit."""
    measured = runs.manager().store.speed(config.model, config.device)
    if measured is None and _on_gpu(config.device):
        return "How long it lasts is said after its first seconds: nothing was measured here yet."
    basis = "as fast as the last race here" if measured else "a guess: none was run here yet"
    if config.fill_time:
        fit = int(config.time_limit / _seconds(replace(config, epochs=1), measured))
        if not fit:
            return f"Not one epoch fits ({basis}): the race would end within its first."
        epochs = "1 epoch" if fit == 1 else f"{fit} epochs"
        return f"About {epochs} ({basis}); the number is set before the first step."
    whole = duration(seeds * _seconds(config, measured))
    basis += f"; {seeds} seeds" if seeds > 1 else ""
    return f"About {whole} ({basis}), after a few seconds to begin; said anew while it runs."


def ahead(config: RunConfig) -> str:
    """The races that come first on its device, and how long they take as far as that is known; ""
    for none."""
    first = runs.manager().ahead(config.device)
    count = len(first)
    if not count:
        return ""
    known = [seconds for run in first if (seconds := _left(run)) is not None]
    races = "1 race comes" if count == 1 else f"{count} races come"
    if not known:
        return f"{races} first."
    least = "about" if len(known) == count else "at least"
    return f"{races} first: {least} {duration(sum(known))}."


def _left(run: str) -> float | None:
    """Seconds that a race still takes, as it says itself or, of one that waits, by the last one."""
    if (newest := runs.manager().histories(run).newest) is not None:
        return newest.seconds_left
    config = runs.manager().store.get(run).config
    if config is None:
        return None
    if config.fill_time:
        return config.time_limit
    measured = runs.manager().store.speed(config.model, config.device)
    return None if measured is None else _seconds(config, measured)


def _seconds(config: RunConfig, measured: float | None) -> float:
    """Of a race at the ``measured`` images/s of one loss, else at those of its recipe."""
    losses = len(config.losses)
    workers = 1 if _on_gpu(config.device) else threads(losses)
    speed = (measured or config.recipe.speed) * at_once(losses, workers)
    return config.seconds(speed, _found(config))


def _found(config: RunConfig) -> int | None:
    """How many training images its source holds, where that is known before it is read."""
    try:
        return training_images(config.source)
    except AlfsError:
        return None  # the race will say why it cannot read them


def _on_gpu(device: str) -> bool:
    return runs.device_of(device).startswith(("cuda", "mps"))
