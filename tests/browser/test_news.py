"""The bell in a browser: news of a run reaches a page that asks for nothing by itself."""

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


def test_every_evaluation_rings(visit, tmp_path):
    store = RunStore(tmp_path / "runs.sqlite")
    config = RunConfig(losses=(LossSpec.of("CE"), LossSpec.of("GCE")))
    run = store.create(config, server=server_identity())
    store.append(run, STARTED)
    with served(SCRIPT, ALFLAB_HOME=str(tmp_path)) as url:
        page = visit(f"{url}/?run={run}").page
        expect(page.get_by_text("Epochs told: 0")).to_be_visible(timeout=PATIENCE)
        for epoch in (1, 2, 3):
            store.append(run, Progress(0, epoch, 7 * epoch, 1.0, 1.0, 1000.0, 1.0))
            store.append(run, evaluation(0, epoch))
            expect(page.get_by_text(f"Epochs told: {epoch}")).to_be_visible(timeout=PATIENCE)
    store.close()
