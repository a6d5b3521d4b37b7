"""The bell in a browser: news of a run reaches the figures of a page that asks for nothing."""

from playwright.sync_api import expect

from alfs_core.losses import LossSpec
from alfs_core.training.config import RunConfig
from alfs_core.training.events import Progress
from alfs_core.training.manager import server_identity
from alfs_core.training.runs import RunStore
from tests.browser.harness import ROOT, served
from tests.browser.test_soak import STARTED, evaluation

SCRIPT = ROOT / "tests" / "browser" / "apps" / "bell.py"
PATIENCE = 40_000  # milliseconds; the machine may be shared


def test_evaluations_reach_the_figures_and_only_a_new_figure_needs_the_script(visit, tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    config = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("GCE")))
    run = store.create(config, server=server_identity())
    with served(SCRIPT, ALFLAB_HOME=str(tmp_path)) as url:
        page = visit(f"{url}/?run={run}").page
        expect(page.get_by_text("Runs of the fragment: 1")).to_be_visible(timeout=PATIENCE)

        store.append(run, STARTED)
        expect(page.locator(".alf-chart-drawn")).to_have_count(2, timeout=PATIENCE)
        expect(page.get_by_text("Runs of the fragment: 2")).to_be_visible()

        for epoch in (1, 2, 3):
            store.append(run, Progress(0, epoch, 7 * epoch, 1.0, 1.0, 1000.0, 1.0))
            store.append(run, evaluation(0, epoch))
            for said in (f"CE: 50 % at epoch {epoch}", f"CE: 1 at epoch {epoch}"):
                figure = page.locator(f'[aria-label*="{said}"]')
                expect(figure).to_have_count(1, timeout=PATIENCE)
        expect(page.get_by_text("Runs of the fragment: 2")).to_be_visible()

        page.emulate_media(color_scheme="dark")  # Streamlit sends each figure once more, an old one
        page.wait_for_timeout(1000)
        expect(page.locator('[aria-label*="CE: 50 % at epoch 3"]')).to_have_count(1)
    store.close()
