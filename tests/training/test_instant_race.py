"""Instant races: repeatable, from memory and disk as anew, and honest about what goes wrong."""

from dataclasses import replace

import numpy as np
import pytest

from alfs_core.data import DataSource
from alfs_core.data import cache as cache_module
from alfs_core.data.local import home
from alfs_core.errors import DataError
from alfs_core.losses import LossSpec
from alfs_core.losses.presets import COMPARISON
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import Finished, Loading, LossStopped, Ready, Round
from alfs_core.training.instant_race import IN_MEMORY, Views, race

TINY = RunConfig(
    losses=(LossSpec.of("CE"), LossSpec.of("MAE")),
    noise=LabelNoise("symmetric", 0.4),
    images=160,
    test_images=60,
    epochs=3,
    batch=32,
    lr=0.03,
    model="probe",
)


def events(config=TINY, views=None):
    return list(race(config, Views() if views is None else views, Control()))


def rounds(told):
    return [replace(event, seconds=0.0) for event in told if isinstance(event, Round)]


def test_it_tells_data_then_rounds_then_its_end():
    told = events()
    (ready,) = [event for event in told if isinstance(event, Ready)]

    assert (ready.data_name, ready.images, ready.test_images) == ("Shapes-10", 160, 60)
    assert ready.noise_rate == pytest.approx(0.4, abs=0.04)
    assert [event.epoch for event in rounds(told)] == [1, 2, 3]
    assert isinstance(told[-1], Finished)
    assert told[-1].reason == "complete"
    last = rounds(told)[-1]
    assert all(0 <= x <= 1 for x in (*last.test_accuracy, *last.clean_fit, *last.wrong_fit))
    assert last.clean_fit > last.wrong_fit


@pytest.mark.parametrize("model", ["probe", "probe_128"])
def test_it_learns_and_is_the_same_from_anew_memory_and_disk(model):
    views, config = Views(), replace(TINY, model=model, epochs=8)
    anew, from_memory, from_disk = events(config, views), events(config, views), events(config)

    assert anew[0] == Loading("drawing images")
    assert any(isinstance(event, Loading) and event.total for event in anew)
    assert not any(isinstance(event, Loading) for event in from_memory)
    assert not any(isinstance(event, Loading) and event.total for event in from_disk)
    assert rounds(anew) == rounds(from_memory) == rounds(from_disk)
    assert rounds(anew)[-1].test_accuracy[0] > 0.2


def test_another_rate_needs_no_new_features_and_another_seed_does():
    views = Views()
    events(TINY, views)
    louder = events(replace(TINY, noise=LabelNoise("symmetric", 0.8)), views)
    reseeded = events(replace(TINY, seed=1), views)

    assert not any(isinstance(event, Loading) for event in louder)
    assert any(isinstance(event, Loading) and event.total for event in reseeded)


def test_memory_holds_the_last_data_sets_only():
    views = Views()
    for seed in range(IN_MEMORY + 2):
        events(replace(TINY, seed=seed, epochs=1), views)

    assert len(views.views) == IN_MEMORY


def test_a_damaged_file_of_features_is_computed_anew():
    good = events()
    for file in (home() / "cache").glob("*.npz"):
        file.write_bytes(file.read_bytes()[:-3000])

    assert rounds(events()) == rounds(good)


def test_a_file_that_holds_something_else_is_computed_anew(monkeypatch):
    good = events()
    wrong = {"features": np.zeros((3, 5))}
    monkeypatch.setattr("alfs_core.training.instant_race.kept", lambda key: wrong)

    assert rounds(events()) == rounds(good)


def test_the_features_on_disk_are_bounded_with_the_images(monkeypatch):
    monkeypatch.setattr(cache_module, "LARGEST", 2_000_000)
    for seed in range(4):
        events(replace(TINY, seed=seed, epochs=1))

    assert sum(file.stat().st_size for file in (home() / "cache").iterdir()) <= 2_000_000


def test_a_loss_that_diverges_or_cannot_start_leaves_alone():
    flat = LossSpec.of("formula: 1 + 0*u")
    broken = LossSpec.of("formula: (abs(u - 0.1015) - 0.007)^0.5")  # no number at 1/K
    told = events(replace(TINY, losses=(*TINY.losses, flat)))
    (refused,) = [event for event in told if isinstance(event, LossStopped)]
    assert (refused.loss, refused.epoch) == (2, 0)
    assert "slope" in refused.reason

    published = replace(TINY, losses=(*TINY.losses, broken), scaling="published")
    told = events(published)
    (stopped,) = [event for event in told if isinstance(event, LossStopped)]
    assert (stopped.loss, stopped.epoch) == (2, 1)
    assert [event.test_accuracy[2] for event in rounds(told)] == [None] * 3
    equal = rounds(events(replace(TINY, scaling="published")))
    assert [event.test_accuracy[:2] for event in rounds(told)] == [e.test_accuracy for e in equal]


def test_a_race_that_every_loss_left_ends():
    told = events(replace(TINY, losses=(LossSpec.of("formula: 1 + 0*u"),)))

    assert told[-1].reason == "every loss left the race"


def test_a_stop_ends_it_at_its_next_step():
    control = Control()
    told = []
    for event in race(replace(TINY, epochs=200), Views(), control):
        told.append(event)
        if isinstance(event, Round):
            control.stop()

    assert len(rounds(told)) == 1
    assert told[-1].reason == "stopped"


def test_missing_data_are_named():
    with pytest.raises(DataError, match="not downloaded yet"):
        events(replace(TINY, source=DataSource("official", "cifar-10-binary.tar.gz")))


def test_nine_losses_race_at_once():
    told = events(replace(TINY, losses=COMPARISON, epochs=1))

    assert len(rounds(told)[0].test_accuracy) == 9
