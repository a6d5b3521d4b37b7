"""Back returns to what an address said before: ticked runs, chosen images."""

import re

from playwright.sync_api import expect

from alfs_core.losses import LossSpec
from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.manager import server_identity
from alfs_core.training.store import RunStore
from tests.browser.harness import ROOT, options, served

PLACES = [(15, 52), (15, 87)]  # pixels: the boxes of the first two rows of a table

expect.set_options(timeout=20_000)  # the machine may be shared


def await_option(tab, name, wanted):
    """Wait until the address has the option, and the page shows it."""
    tab.page.wait_for_url(lambda url: wanted(options(url).get(name, "")))
    tab.idle()


def test_back_takes_the_last_tick_away(visit, tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    config = RunConfig(losses=(LossSpec.of("CE"),), noise=LabelNoise("symmetric", 0.4))
    for _ in PLACES:
        store.create(config, server=server_identity())
    store.close()
    with served(ROOT / "app.py", ALFLAB_HOME=str(tmp_path)) as url:
        tab = visit(f"{url}/runs")
        tab.idle()
        seen = [""]
        for ticks, (x, y) in enumerate(PLACES, 1):
            tab.page.get_by_test_id("stDataFrame").click(position={"x": x, "y": y})
            await_option(tab, "runs", lambda ids, n=ticks: ids and ids.count(",") == n - 1)
            seen.append(options(tab.page.url).get("runs", ""))

        for before in seen[-2::-1]:
            tab.page.go_back()
            await_option(tab, "runs", lambda ids, before=before: ids == before)
            tab.page.wait_for_timeout(500)  # a page that disagrees would write its own again
            assert options(tab.page.url).get("runs", "") == before


def test_back_returns_to_the_images_of_before(visit, app):
    tab = visit(f"{app}/live?race=Network+race")
    images = tab.page.get_by_role("combobox", name="Images")
    images.click()
    tab.page.get_by_role("option", name="CIFAR-10:").click()
    await_option(tab, "data", lambda data: data.startswith("official:"))

    tab.page.go_back()
    expect(images).to_have_value("Shapes-10: synthetic, built in")
    tab.page.go_forward()
    expect(images).to_have_value(re.compile("^CIFAR-10:"))
