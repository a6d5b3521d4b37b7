import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from alfs_core.data.source import DataSource
from alfs_core.errors import DataError, FormulaError, RunError
from alfs_core.losses import CE, LossSpec
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.noise.transition import LabelNoise
from alfs_core.training import evaluation, loop
from alfs_core.training.__main__ import main
from alfs_core.training.config import RunConfig
from alfs_core.training.control import Control
from alfs_core.training.events import (
    Epoch,
    Event,
    Finished,
    LossStopped,
    Notice,
    Predictions,
    Progress,
    Started,
)
from alfs_core.training.export import run_json
from alfs_core.training.foreign import read_settings
from alfs_core.training.loop import train
from alfs_core.training.recipe import NETWORKS
from alfs_core.training.store import RunStore
from alfs_core.training.trainer import Trainer
from alfs_core.wording import percent

CE_, AGCE_, MAE_ = (
    LossSpec.of("CE"),
    LossSpec.of("AGCE", a=0.6, q=0.6),
    LossSpec.of("MAE"),
)
TINY = RunConfig(losses=(CE_, AGCE_), images=120, test_images=40, epochs=2, batch=40, device="cpu")


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def numbers(events: list[Event]) -> list[tuple]:
    """What must not change between two runs: everything but rates and seconds, in fixed order."""
    still = [
        replace(event, images_per_second=0.0, seconds=0.0, seconds_left=0.0)
        for event in of(Epoch, events)
    ]
    rows = [repr(event) for event in still + of(Predictions, events)]
    return sorted(rows)


def test_a_race_tells_start_epochs_and_end():
    events = list(train(TINY))

    (started,) = of(Started, events)
    (finished,) = of(Finished, events)
    assert started.losses == (CE_.label, AGCE_.label)
    assert started.data_kind == "synthetic"
    assert started.noise_rate == pytest.approx(0.4, abs=0.05)
    assert len(started.sample_given) == len(started.sample_true) == 120
    assert {(e.loss, e.epoch) for e in of(Epoch, events)} == {
        (k, n) for k in (0, 1) for n in (1, 2)
    }
    assert all(p.probs.shape == (120, 10) for p in of(Predictions, events))
    assert finished.reason == "complete"
    assert [result.loss for result in finished.results] == [0, 1]
    assert events[-1] is finished
    json.dumps(started.manifest)


def test_predictions_are_probabilities_of_the_sample():
    events = list(train(TINY))

    for event in of(Predictions, events):
        np.testing.assert_allclose(event.probs.sum(1), 1, atol=0.01)


def test_the_same_config_gives_the_same_bits():
    assert numbers(list(train(TINY))) == numbers(list(train(TINY)))


def test_the_number_of_threads_changes_nothing(monkeypatch):
    monkeypatch.setattr(loop, "choose_workers", lambda losses, device: 1)
    one = numbers(list(train(TINY)))
    monkeypatch.setattr(loop, "choose_workers", lambda losses, device: 2)

    assert numbers(list(train(TINY))) == one


def test_a_loss_fares_the_same_whoever_else_runs():
    """Same first weights, batches and wrong labels: the company of a loss does not matter."""
    alone = numbers(list(train(replace(TINY, losses=(CE_,)))))

    assert [row for row in numbers(list(train(TINY))) if "(loss=0," in row] == alone


def test_another_seed_gives_another_race():
    assert numbers(list(train(TINY))) != numbers(list(train(replace(TINY, seed=1))))


def test_without_noise_no_label_is_wrong():
    events = list(train(replace(TINY, noise=LabelNoise("none", 0.0), losses=(CE_,), epochs=1)))

    assert of(Started, events)[0].noise_rate == 0
    assert of(Epoch, events)[0].wrong_fit is None


def test_every_label_wrong_leaves_no_clean_fit():
    noise = LabelNoise("pair", 1.0)
    events = list(train(replace(TINY, noise=noise, losses=(CE_,), epochs=1)))

    assert of(Epoch, events)[0].clean_fit is None


def test_the_published_scale_is_a_switch():
    equal = of(Started, list(train(replace(TINY, epochs=1))))[0].scales
    published = of(Started, list(train(replace(TINY, epochs=1, scaling="published"))))[0].scales

    assert equal == pytest.approx((0.2, 2 / 0.7**-0.4))
    assert published == (1.0, 1.0)


class Exploding(CE):
    """Cross entropy whose loss is not a number."""

    def partial(self, u):
        return super().partial(u) * float("nan")


def patched(monkeypatch, name, loss):
    build = LossSpec.build
    monkeypatch.setattr(LossSpec, "build", lambda spec: loss if spec.name == name else build(spec))


def test_a_loss_that_is_not_finite_leaves_and_the_others_go_on(monkeypatch):
    patched(monkeypatch, "MAE", Exploding())
    config = replace(TINY, losses=(MAE_, CE_), scaling="published")

    events = list(train(config))

    (left,) = of(LossStopped, events)
    assert (left.loss, left.epoch) == (0, 1)
    assert "its loss became nan" in left.reason
    assert {e.loss for e in of(Epoch, events)} == {1}
    assert [r.loss for r in of(Finished, events)[0].results] == [1]


class Failing(CE):
    """Cross entropy that fails when it is asked for the ``at``th time."""

    def __init__(self, at, how):
        object.__setattr__(self, "left", [at])
        object.__setattr__(self, "how", how)

    def partial(self, u):
        self.left[0] -= 1
        return self.how(super().partial(u)) if self.left[0] <= 0 else super().partial(u)


def refusing(value):
    raise FormulaError("log of a negative number")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda value: value * float("nan"), "its loss became nan"),
        (lambda value: value * float("inf"), "its loss became"),  # nan one step later
        (refusing, "log of a negative number"),
    ],
)
def test_a_formula_that_fails_late_leaves_with_what_it_has_learnt(monkeypatch, how, words):
    patched(monkeypatch, "MAE", Failing(60, how))
    config = replace(TINY, losses=(MAE_, CE_), scaling="published", batch=4, epochs=3)

    events = list(train(config))

    (left,) = of(LossStopped, events)
    assert (left.loss, left.epoch) == (0, 2)
    assert words in left.reason
    assert [(e.loss, e.epoch) for e in of(Epoch, events) if e.loss == 0] == [(0, 1)]
    assert [r.loss for r in of(Finished, events)[0].results] == [0, 1]


def test_a_clock_that_jumps_changes_neither_limit_nor_length(monkeypatch):
    """Someone sets the clock of the computer back and forth by days."""
    jumps = iter([1e9, 0.0] * 10_000)
    monkeypatch.setattr(time, "time", lambda: next(jumps))

    events = list(train(replace(TINY, time_limit=300.0)))

    assert of(Finished, events)[0].reason == "complete"
    assert all(0 < e.seconds < 300 and 0 <= e.seconds_left < 300 for e in of(Epoch, events))


def test_images_that_vanish_during_a_race_are_not_missed(folders):
    x = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    y = np.arange(30) % 3
    path = folders / "own.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    config = replace(TINY, source=DataSource("local", "own.npz"), images=30, batch=10)
    events = []
    for event in train(config):
        events.append(event)
        if isinstance(event, Started):
            path.unlink()

    assert of(Finished, events)[0].reason == "complete"


def test_a_loss_that_cannot_be_scaled_does_not_start(monkeypatch):
    class Flat(CE):
        def partial(self, u):
            return super().partial(u) * 0.0

    patched(monkeypatch, "MAE", Flat())

    events = list(train(replace(TINY, losses=(MAE_, CE_), epochs=1)))

    assert of(LossStopped, events)[0].epoch == 0
    assert "cannot be scaled" in of(LossStopped, events)[0].reason
    assert {e.loss for e in of(Epoch, events)} == {1}


def test_a_race_without_losses_left_ends(monkeypatch):
    patched(monkeypatch, "CE", Exploding())

    events = list(train(replace(TINY, losses=(CE_,), epochs=50, scaling="published")))

    assert of(Finished, events)[0].reason == "every loss left the race"
    assert len(of(LossStopped, events)) == 1


def test_an_error_in_a_thread_ends_the_race_as_itself(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("of the test")

    monkeypatch.setattr(loop, "evaluate", broken)

    with pytest.raises(ZeroDivisionError, match="of the test"):
        list(train(TINY))


LONG = replace(TINY, epochs=200, losses=(CE_,))


def test_a_stop_is_obeyed_at_once_and_keeps_what_was_told():
    control, events = Control(), []
    for event in train(LONG, control):
        events.append(event)
        if isinstance(event, Epoch):
            control.stop()
            control.stop("again")

    assert of(Finished, events)[0].reason == "stopped"
    assert len(of(Finished, events)[0].results) == 1
    assert len(of(Epoch, events)) < 10


@pytest.mark.parametrize("reason", ["stopped", "time limit"])
def test_an_end_is_obeyed_within_an_evaluation(reason, monkeypatch):
    """The second evaluation is ordered to end at its first batch; what the first told stays."""
    control, calls = Control(), []
    predict = evaluation.predict

    def long(net, images, checkpoint):
        calls.append(len(images))
        if len(calls) == 3:
            control.stop(reason)
        return predict(net, images, checkpoint)

    monkeypatch.setattr(evaluation, "predict", long)
    events = list(train(LONG, control))

    assert len(calls) == 3
    assert [event.epoch for event in of(Epoch, events)] == [1]
    assert of(Finished, events)[0].reason == reason
    assert len(of(Finished, events)[0].results) == 1


def test_a_stop_before_the_start():
    control = Control()
    control.stop()

    assert of(Finished, list(train(LONG, control)))[0].reason == "stopped"


def test_a_time_limit_ends_the_race():
    events = list(train(replace(LONG, time_limit=1.0)))

    assert of(Finished, events)[0].reason == "time limit"
    assert of(Finished, events)[0].seconds >= 1.0
    assert len(of(Epoch, events)) < 200


def test_a_pause_stands_still(monkeypatch):
    """While it is paused no step is taken; after it the race goes on where it stood."""
    control, events, steps = Control(), [], []
    call = Trainer.__call__

    def counted(trainer, *batch):
        steps.append(control.paused)
        call(trainer, *batch)

    monkeypatch.setattr(Trainer, "__call__", counted)
    for event in train(replace(LONG, epochs=3), control):
        events.append(event)
        if isinstance(event, Epoch) and event.epoch == 1:
            control.pause()
            threading.Timer(0.4, control.resume).start()

    assert [event.epoch for event in of(Epoch, events)] == [1, 2, 3]
    assert sum(steps) <= 1  # the one that had begun


def test_leaving_the_race_early_leaves_no_thread_behind():
    before = threading.active_count()
    race = train(LONG)
    for event in race:
        if isinstance(event, Epoch):
            break
    race.close()

    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before


def test_progress_is_told_between_epochs(monkeypatch):
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    events = list(train(replace(TINY, epochs=1)))

    rows = of(Progress, events)
    assert {row.loss for row in rows} == {0, 1}
    assert rows[-1].seconds_left < rows[0].seconds_left
    assert all(row.train_loss > 0 and row.grad_norm > 0 for row in rows)


def test_a_smaller_data_set_than_asked_for_is_told(folders):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    y = np.arange(30) % 3
    np.savez(folders / "own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    config = replace(
        TINY, source=DataSource("local", "own.npz"), images=1000, batch=500, losses=(CE_,), epochs=1
    )

    events = list(train(config))

    assert of(Started, events)[0].images == 30
    assert of(Started, events)[0].steps_per_epoch == 1
    assert of(Predictions, events)[0].probs.shape == (30, 3)


def test_errors_of_the_data_come_out_as_such(folders):
    (folders / "bad.zip").write_bytes(b"nothing")

    with pytest.raises(DataError, match=r"bad.zip is damaged"):
        list(train(replace(TINY, source=DataSource("local", "bad.zip"))))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(RunError, match="no CUDA device"):
        list(train(replace(TINY, device="cuda")))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
@pytest.mark.parametrize("model", NETWORKS)
def test_a_race_on_a_gpu(model):
    events = list(train(replace(TINY, device="cuda", epochs=3, model=model, lr=0.02)))

    assert of(Finished, events)[0].reason == "complete"
    assert not of(Notice, events)


class FailingDevice:
    """A device whose n-th step fails; it computes on the CPU, by another name."""

    device = torch.device("cpu:0")

    def __init__(self, monkeypatch, step, error):
        self.steps, self.step, self.error, self.call = 0, step, error, Trainer.__call__
        monkeypatch.setattr(loop, "choose_device", lambda wanted: self.device)
        monkeypatch.setattr(loop, "choose_workers", lambda losses, device: 1)
        monkeypatch.setattr(Trainer, "__call__", lambda *arguments: self(*arguments))

    def __call__(self, trainer, *batch):
        self.steps += 1
        if self.steps == self.step:
            raise self.error
        self.call(trainer, *batch)


FULL = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.")


@pytest.mark.parametrize("step", [1, 4, 8, 11])
def test_a_race_whose_device_fails_ends_as_if_it_had_not(step, monkeypatch):
    """TINY has 2 losses, 2 epochs of 3 steps: step 11 is in the second epoch of the second."""
    undisturbed = numbers(list(train(TINY)))
    FailingDevice(monkeypatch, step, FULL)

    events = list(train(TINY))

    (notice,) = of(Notice, events)
    assert notice.text == (
        "The memory of the device cpu:0 is full. The race goes on on the CPU, after the last "
        "finished epoch."
    )
    assert numbers(events) == undisturbed
    assert of(Finished, events)[0].reason == "complete"
    assert [r.loss for r in of(Finished, events)[0].results] == [0, 1]


def test_an_error_that_is_not_the_devices_comes_again_on_the_cpu(monkeypatch):
    FailingDevice(monkeypatch, 1, FULL)

    def broken(*_):
        raise RuntimeError("of the test")

    monkeypatch.setattr(loop, "evaluate", broken)

    with pytest.raises(RuntimeError, match="of the test"):
        list(train(TINY))


def test_a_device_that_cannot_even_hold_the_images_is_left_at_once(monkeypatch):
    undisturbed, assemble = numbers(list(train(TINY))), loop.assemble
    monkeypatch.setattr(loop, "choose_device", lambda wanted: FailingDevice.device)

    def no_room(config, dataset, device, *views):
        if device == FailingDevice.device:
            raise FULL
        return assemble(config, dataset, device, *views)

    monkeypatch.setattr(loop, "assemble", no_room)
    events = list(train(TINY))

    (notice,) = of(Notice, events)
    assert events.index(notice) < events.index(of(Started, events)[0])
    assert "is full. The race is computed on the CPU." in notice.text
    assert numbers(events) == undisturbed


def test_a_stop_while_the_race_moves_to_the_cpu_is_obeyed(monkeypatch):
    FailingDevice(monkeypatch, 4, FULL)
    control, events = Control(), []
    for event in train(TINY, control):
        events.append(event)
        if isinstance(event, Notice):
            control.stop()

    assert of(Finished, events)[0].reason == "stopped"


def test_a_time_is_filled_with_epochs(monkeypatch):
    monkeypatch.setattr(loop, "TRIAL_SECONDS", 0.1)
    monkeypatch.setattr(loop, "measure", lambda *_: 1000.0)
    monkeypatch.setattr(loop, "choose_workers", lambda losses, device: 1)
    config = replace(TINY, fill_time=True, time_limit=8.0)

    events = list(train(config))

    looks = (loop.TEST_IMAGES + loop.FIT_IMAGES) / loop.FORWARD
    planned = int((0.9 * 8.0 / (2 / 1000.0) - 160 / loop.FORWARD) / (120 + looks))
    assert of(Started, events)[0].epochs == planned == 3
    assert max(epoch.epoch for epoch in of(Epoch, events)) == planned
    assert of(Notice, events)[0].text == (
        "3 epochs are planned for 0.133 minutes, at 1,000 images/s."
    )


def test_a_plan_follows_from_a_speed_that_was_measured(monkeypatch):
    monkeypatch.setattr(loop, "TRIAL_SECONDS", 0.2)
    config = replace(TINY, fill_time=True, time_limit=3.0, losses=(CE_,))

    events = list(train(config))

    assert 1 <= of(Started, events)[0].epochs <= 200
    assert "images/s" in of(Notice, events)[0].text
    assert numbers(events) == numbers(
        list(train(replace(config, fill_time=False, epochs=of(Started, events)[0].epochs)))
    )


def test_a_large_epoch_is_looked_into_and_trains_as_if_it_were_not(monkeypatch):
    once = list(train(TINY))
    monkeypatch.setattr(loop, "LOOK_EVERY", 60)
    often = list(train(TINY))

    told = [epoch for epoch in of(Epoch, often) if epoch.loss == 1]
    assert [epoch.epoch for epoch in told] == [0.5, 1, 1.5, 2]
    assert [epoch.step for epoch in told] == [1, 3, 4, 6]
    assert numbers(often) == numbers(list(train(TINY)))

    def marks(events):
        return {
            (e.loss, e.epoch): (e.test_accuracy, e.clean_fit, e.wrong_fit, e.whole_accuracy)
            for e in of(Epoch, events)
            if e.epoch == int(e.epoch)
        }

    assert marks(often) == marks(once)


def test_losses_meet_at_each_look(monkeypatch):
    monkeypatch.setattr(loop, "LOOK_EVERY", 40)

    places = [epoch.epoch for epoch in of(Epoch, list(train(TINY)))]

    assert places == sorted(places)
    assert places[::2] == [0.333, 0.667, 1, 1.333, 1.667, 2]


def test_a_race_that_filled_a_time_repeats_bit_for_bit_from_its_record(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "plan", lambda *_: (3, 1000.0))
    store = RunStore(tmp_path / "runs.sqlite")
    run = store.create(replace(TINY, fill_time=True, time_limit=600.0))
    for event in (events := list(train(store.get(run).config))):
        store.append(run, event)
    record = store.get(run)
    file = run_json(record, [event for _, event in store.read(run)]).encode()

    monkeypatch.setattr(loop, "plan", lambda *_: (5, 2000.0))
    assert read_settings(file) == store.repeating(record)
    assert numbers(list(train(read_settings(file)))) == numbers(events)


def test_moved_images_are_the_same_for_every_loss_and_run():
    config = replace(TINY, augmentation="crop, flip and turn")
    both = numbers(list(train(config)))

    alone = numbers(list(train(replace(config, losses=(CE_,)))))
    assert [row for row in both if "(loss=0," in row] == alone
    assert alone != numbers(list(train(replace(TINY, losses=(CE_,)))))


def test_the_eight_layer_network_trains():
    events = list(train(replace(TINY, model="cnn_8", losses=(CE_,), epochs=1, images=40, batch=20)))

    assert of(Finished, events)[0].reason == "complete"


def test_a_probe_is_no_network():
    with pytest.raises(RunError, match="instant race"):
        list(train(replace(TINY, model="probe")))


def test_wrong_labels_are_learnt_by_cross_entropy_and_not_by_agce():
    """The effect the lab shows, at a size that a test can afford."""
    config = replace(TINY, images=1000, test_images=500, batch=50, epochs=6)

    ce, agce = list(train(config))[-1].results

    assert ce.wrong_fit > agce.wrong_fit + 0.12
    assert agce.final_accuracy > ce.final_accuracy


def test_the_command_prints_a_line_of_json_for_each_event(tmp_path, capsys):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(replace(TINY, epochs=1).to_json()))

    assert main(["--config", str(path), "--json"]) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in told]
    assert (kinds[0], told[0]["what"]) == ("Loading", "drawing images")
    assert kinds[-1] == "Finished"
    assert not {"Predictions", "Confusion", "Contradicted"} & set(kinds)


def test_the_command_repeats_an_exported_run_and_tells_it_plainly(tmp_path, capsys):
    config = replace(TINY, epochs=1)
    store = RunStore(tmp_path / "runs.sqlite")
    run = store.create(config)
    events = list(train(config))
    path = tmp_path / "run.json"
    path.write_text(run_json(store.get(run), events))
    store.close()

    assert main(["--config", str(path)]) == 0

    told = capsys.readouterr().out
    for result in of(Finished, events)[0].results:
        assert f"final {percent(result.final_accuracy, 1)}" in told
    assert "Shapes-10: 120 training images" in told
    assert told.count(", right labels ") == 2  # evaluations; a slow machine tells progress too


def test_the_command_names_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["--config", str(tmp_path / "none.json")]) == 1
    assert "none.json cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{", '{"images": -1}', "[]"])
def test_the_command_refuses_settings_that_are_none(text, tmp_path, capsys):
    path = tmp_path / "run.json"
    path.write_text(text)

    assert main(["--config", str(path)]) == 1
    assert "RunError" in capsys.readouterr().err


# ---- where wrong labels come from -----------------------------------------------------------


def started(config: RunConfig) -> Started:
    return next(event for event in train(config) if isinstance(event, Started))


def test_the_start_tells_how_labels_were_made_and_counts_them():
    by_matrix = started(TINY)
    by_image = started(replace(TINY, labels=LabelSource("instance", rate=0.3)))

    for event in (by_matrix, by_image):
        counts = np.array(event.label_counts)
        assert counts.sum() == event.images == 120
        assert event.noise_rate == pytest.approx(1 - np.trace(counts) / 120)
    assert (by_matrix.label_kind, by_image.label_kind) == ("matrix", "instance")
    assert "from its own pixels, at a mean rate of 0.3" in by_image.label_description
    assert by_image.sample_true == by_matrix.sample_true
    assert by_image.sample_given != by_matrix.sample_given


def test_a_file_that_holds_other_labels_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFLAB_DATA", str(tmp_path))
    x, y = np.zeros((40, 32, 32, 3), np.uint8), np.arange(40) % 10
    np.savez(tmp_path / "images.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.savez(tmp_path / "labels.npz", clean=y, worse=y)
    human = LabelSource("human", file=LabelFile("local", "labels.npz"))

    with pytest.raises(DataError, match="'clean' is not the one published as CIFAR-10N"):
        list(train(replace(TINY, source=DataSource("local", "images.npz"), labels=human)))


def test_a_repeated_race_says_that_its_images_have_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFLAB_DATA", str(tmp_path))
    x, y = np.zeros((40, 32, 32, 3), np.uint8), np.arange(40) % 10
    np.savez(tmp_path / "images.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    config = replace(TINY, epochs=1, source=DataSource("local", "images.npz"))
    store = RunStore(tmp_path / "runs.sqlite")
    record = store.get(store.create(config))
    again = read_settings(run_json(record, list(train(config))).encode())
    store.close()

    assert of(Notice, list(train(again))) == []
    np.savez(tmp_path / "images.npz", x_train=255 - x, y_train=y, x_test=x, y_test=y)
    (said,) = of(Notice, list(train(again)))
    assert "not those of the race that is repeated" in said.text
