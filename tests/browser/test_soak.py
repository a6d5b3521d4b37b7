"""The viewers of the soak: what the server tells them, and when they stop asking."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from alfs_core.losses import LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Epoch, Finished, Started
from alfs_core.training.manager import server_identity
from alfs_core.training.runs import RunStore
from benchmarks.soak import Load, Sights, listener, reader, updates
from benchmarks.viewer import Viewer
from tests.browser.harness import ROOT, served

CLASSES = tuple("abcdefghij")
STARTED = Started(
    losses=("CE", "GCE"),
    scales=(1.0, 1.0),
    class_names=CLASSES,
    data_name="Shapes-10",
    data_kind="synthetic",
    data_checksum="",
    data_description="",
    images=1000,
    test_images=500,
    epochs=3,
    steps_per_epoch=7,
    noise_rate=0.4,
    device="cpu",
    workers=1,
    sample_given=(),
    sample_true=(),
)


def evaluation(loss, epoch):
    return Epoch(loss, epoch, 7 * epoch, 0.5, 0.5, 0.5, 1.0, 1.0, 1000.0, 1.0, 10.0)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


async def follow(viewer, store, run, sights):
    watching = asyncio.create_task(viewer.stay(120))
    try:
        await until(lambda: len(viewer.waits) >= 3)
        store.append(run, evaluation(0, 1))
        store.append(run, evaluation(1, 1))
        await until(lambda: any("GCE" in words for words in sights.seen))
        assert viewer.timed
        assert viewer.rung >= 1
        store.append(run, Finished("complete", 1.0, 1000.0, ()))
        await until(lambda: not viewer.timed)
        assert not watching.done()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def test_a_viewer_asks_at_the_interval_sees_each_evaluation_and_stops_at_the_end(tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    losses = (LossSpec.of("CE"), LossSpec.of("GCE"))
    config = RunConfig(losses=losses, noise=LabelNoise("symmetric", 0.4))
    run = store.create(config, server=server_identity())
    store.append(run, STARTED)
    sights = Sights()
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path)) as url:
        viewer = Viewer(f"{url}/live?run={run}", listener(sights), reader(sights))
        with ThreadPoolExecutor(1) as apart:  # Playwright's own loop runs in this thread
            apart.submit(asyncio.run, follow(viewer, store, run, sights)).result()
    store.close()

    told = updates(tmp_path / "runs.sqlite")
    assert set(told) == {("CE", 1), ("GCE", 1)}
    ages = sights.ages(told, max(told.values()) + 100)
    assert all(0 < age < 60 for age in ages)
    assert len(ages) == 2


def test_an_age_ends_with_the_first_later_epoch_and_never_where_nothing_came():
    said = "Share of clean test labels predicted, per epoch. {}."
    sights = Sights(opened=100.0)
    sights.seen = {
        said.format("CE: 9 % at epoch 0"): 105.0,
        said.format("CE: 50 % at epoch 1; GCE: 40 % at epoch 1"): 110.25,
        said.format("CE: 51 % at epoch 3; GCE: 40 % at epoch 1"): 130.0,
    }
    told = {
        ("CE", 0): 104.0,
        ("CE", 1): 110.0,
        ("CE", 2): 120.0,
        ("GCE", 1): 110.1,
        ("GCE", 2): 125.0,
    }

    assert sights.ages(told, 150.0) == pytest.approx([0.25, 10.0, 0.15, 25.0])
    assert Sights(opened=115.0).ages(told, 121.5) == pytest.approx([1.5])
    assert Sights(opened=115.0).ages(told, 120.5) == []


def test_memory_is_judged_after_it_has_settled():
    load = Load(process=None)
    load.samples = [(t, 200 + t if t < 120 else 320 + t / 60, t / 2) for t in range(0, 600, 2)]

    assert load.slope == pytest.approx(1.0)
    assert load.share == pytest.approx(0.5)
