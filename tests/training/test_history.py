from dataclasses import replace

import numpy as np

from alfs_core.training.events import (
    Epoch,
    Failed,
    Finished,
    Loading,
    LossStopped,
    Paused,
    Predictions,
    Progress,
    Result,
    Resumed,
    Started,
)
from alfs_core.training.history import KEPT, Histories, History, history

STARTED = Started(
    losses=("CE", "MAE"),
    scales=(1.0, 1.0),
    class_names=("a", "b"),
    data_name="Shapes-10",
    data_kind="synthetic",
    data_checksum="",
    data_description="",
    images=100,
    test_images=10,
    epochs=4,
    steps_per_epoch=10,
    noise_rate=0.4,
    device="cpu",
    workers=2,
    sample_given=(0,),
    sample_true=(1,),
)


def epoch(loss, number, accuracy):
    return Epoch(loss, number, 10 * number, accuracy, 0.5, 0.2, 1.0, 1.0, 100.0, 1.0, 1.0)


def progress(loss, step):
    return Progress(loss, step // 10 + 1, step, 1.0, 1.0, 100.0, 1.0)


def test_a_race_is_followed_loss_by_loss():
    probs = np.full((1, 2), 0.5)
    past = history(
        [
            Loading("drawing", 1, 2),
            STARTED,
            progress(0, 5),
            epoch(0, 1, 0.6),
            Predictions.of(1, 1, probs),
            progress(1, 3),
        ]
    )

    assert past.loading is None
    assert [len(track.epochs) for track in past.tracks] == [1, 0]
    assert past.tracks[0].progress is None
    assert past.tracks[1].progress == progress(1, 3)
    np.testing.assert_array_equal(past.tracks[1].predictions.probs, probs)
    assert past.newest == past.tracks[0].epochs[0]
    assert past.share_done == (10 + 3) / (2 * 40)


def test_it_makes_no_difference_where_reading_was_broken_off():
    events = [STARTED, epoch(0, 1, 0.6), Paused(), epoch(1, 1, 0.5), Resumed(), epoch(0, 2, 0.4)]

    for cut in range(len(events)):
        assert history(events[cut:], history(events[:cut])) == history(events)


def test_the_best_evaluation_is_the_first_of_the_highest():
    past = history([STARTED, epoch(0, 1, 0.5), epoch(0, 2, 0.7), epoch(0, 3, 0.7)])

    assert past.tracks[0].best.epoch == 2
    assert past.tracks[1].best is None


def test_a_loss_that_left_does_not_count_as_undone():
    past = history([STARTED, epoch(1, 4, 0.5), LossStopped(0, 1, "its loss became NaN")])

    assert past.tracks[0].left.reason == "its loss became NaN"
    assert past.share_done == 1.0


def test_pauses_and_ends_are_known():
    assert history([STARTED, Paused()]).paused
    assert not history([STARTED, Paused(), Resumed()]).paused
    assert history([Failed("no memory")]).end == Failed("no memory")
    assert history([Paused(), Finished("stopped", 1.0, 1.0, ())]).paused is False
    assert history([]) == History()


def test_a_race_that_was_broken_off_keeps_what_it_had_told():
    told = replace(epoch(0, 2, 0.4), seconds=7.0, images_per_second=90.0)
    events = [STARTED, epoch(0, 1, 0.6), epoch(1, 1, 0.5), told]
    row = Result(0, 0.6, 1, 0.4, 0.5, 0.2)
    other = Result(1, 0.5, 1, 0.5, 0.5, 0.2)

    assert history(events).broken_off == Finished("stopped", 7.0, 90.0, (row, other))
    later = replace(progress(1, 25), seconds=9.0)
    assert history([*events, later]).broken_off == Finished("stopped", 9.0, 100.0, (row, other))
    assert history([Loading("a"), STARTED]).broken_off == Finished("stopped", 0.0, 0.0, ())


class Store:
    """Remembers what it was asked for."""

    def __init__(self):
        self.rows, self.asked = {}, []

    def read(self, run, after=0):
        self.asked.append((run, after))
        return [row for row in self.rows.get(run, []) if row[0] > after]


def test_those_who_follow_a_run_share_its_history_and_read_each_event_once():
    store = Store()
    histories = Histories(store)
    store.rows["a"] = [(3, STARTED), (5, epoch(0, 1, 0.6))]
    first = histories("a")
    assert histories("a") is first
    store.rows["a"].append((9, epoch(0, 2, 0.7)))

    assert [mark.epoch for mark in histories("a").tracks[0].epochs] == [1, 2]
    assert len(first.tracks[0].epochs) == 1
    assert store.asked == [("a", 0), ("a", 5), ("a", 5)]
    assert histories("b") == History()


def test_of_many_runs_the_last_asked_for_are_kept():
    store = Store()
    histories = Histories(store)
    store.rows = {str(run): [(run + 1, STARTED)] for run in range(KEPT + 1)}
    first = histories("0")
    for run in range(1, KEPT):
        histories(str(run))
    assert histories("0") is first

    histories(str(KEPT))
    assert histories("0") is first
    histories("1")
    assert store.asked[-1] == ("1", 0)


def test_where_no_loss_races_any_more_the_steps_of_all_count():
    left = [LossStopped(loss, 1, "its loss became NaN") for loss in (0, 1)]

    assert history([STARTED, epoch(0, 1, 0.6), *left]).share_done == 10 / (2 * 40)
