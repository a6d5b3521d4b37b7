from dataclasses import fields

import numpy as np

from alfs_core.training.events import Epoch, Progress
from alfs_core.training.history import history
from pages.common.quantities import QUANTITIES
from tests.training.test_history import STARTED, epoch, progress


def test_every_quantity_is_measured():
    measured = {field.name for field in fields(Epoch)}

    assert {quantity.field for quantity in QUANTITIES.values()} <= measured
    live = {quantity.field for quantity in QUANTITIES.values() if quantity.live}
    assert live <= {field.name for field in fields(Progress)}


def test_a_curve_moves_between_evaluations_where_that_is_measured():
    track = history([STARTED, epoch(0, 1, 0.5), progress(0, 15)]).tracks[0]

    x, _ = QUANTITIES["training loss"].column(track, STARTED.steps_per_epoch)
    np.testing.assert_array_equal(x, [1, 1.5])
    x, y = QUANTITIES["test accuracy"].column(track, STARTED.steps_per_epoch)
    np.testing.assert_array_equal((x, y), [[1], [0.5]])


def test_what_was_not_measured_is_no_point():
    track = history([STARTED, epoch(0, 1, 0.5)]).tracks[0]

    x, _ = QUANTITIES["gradient from wrong labels"].column(track)
    assert len(x) == 0
