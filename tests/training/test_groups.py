from dataclasses import replace

import pytest

from alfs_core.training.events import NONE_LEFT, TIME_LIMIT, Failed, Finished, LossStopped
from alfs_core.training.groups import Spread, outcomes
from alfs_core.training.history import history
from tests.training.test_history import STARTED, epoch

DONE = Finished("complete", 9.0, 800.0, ())


def race(*accuracies, end=DONE, more=()):
    epochs = [epoch(0, number, value) for number, value in enumerate(accuracies, 1)]
    return history([STARTED, *epochs, *more, end])


def test_means_and_deviations_are_over_the_seeds():
    first, second = outcomes([race(0.5, 0.7, 0.6), race(0.5, 0.4), race(0.9)])

    assert first.best == Spread(pytest.approx(0.7), pytest.approx(0.2), 3)
    assert first.final.mean == pytest.approx((0.6 + 0.4 + 0.9) / 3)
    assert second.best is None


def test_one_seed_has_no_deviation():
    assert outcomes([race(0.5)])[0].final == Spread(0.5, None, 1)


CUT = [Finished(reason, 1.0, 1.0, ()) for reason in ("stopped", TIME_LIMIT, NONE_LEFT)]


@pytest.mark.parametrize("end", [Failed("x"), *CUT])
def test_a_race_that_broke_off_does_not_count(end):
    assert outcomes([race(0.5), race(0.9, end=end)])[0].final.n == 1
    assert outcomes([race(0.9, end=end)]) == ()


def test_a_loss_that_left_its_race_does_not_count_there():
    left = race(0.1, more=[LossStopped(0, 2, "its loss became nan")])

    assert outcomes([race(0.5), left])[0].final == Spread(0.5, None, 1)


def test_what_was_not_measured_in_a_race_does_not_count():
    past = history([STARTED, replace(epoch(0, 1, 0.5), wrong_fit=None), DONE])

    assert outcomes([past])[0].wrong_fit is None


def test_the_final_accuracy_is_that_of_all_test_images():
    last = replace(epoch(0, 2, 0.5), whole_accuracy=0.625)

    (outcome, _) = outcomes([history([STARTED, epoch(0, 1, 0.25), last, DONE])])

    assert (outcome.best.mean, outcome.final.mean) == (0.5, 0.625)
