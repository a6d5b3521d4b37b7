"""Pictures of the pages of a running ALF Lab.

python -m benchmarks.screenshots               writes those that the README shows
python -m benchmarks.screenshots --out DIR     writes every page, scene and lecture, phone too
python -m benchmarks.screenshots --only NAME   writes some of them
"""

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from alfs_core.noise.transition import LabelNoise
from alfs_core.training.config import RunConfig
from alfs_core.training.loop import train
from alfs_core.training.runs import RunStore
from pages.common.banner import place
from pages.common.lecture import LECTURE
from pages.common.lessons import LESSONS
from pages.common.navigation import SECTIONS
from pages.common.workspace import DEFAULT
from tests.browser.harness import FLAGS, ROOT, Visit, chromium_path, served, visiting

DESKTOP = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
LIMIT = 250_000  # bytes
PALETTES = (256, 128, 64)
COVERAGE = Image.Quantize.MAXCOVERAGE  # keeps colours of few pixels, such as lines
PLAIN = ("check-my-experiment", "runs", "loss-library")  # pages that open without a figure
DRAWN = """(least) => {
  const plots = [...document.querySelectorAll(".alf-chart-plot")];
  const waiting = document.querySelector("[data-testid=stSkeleton], .stSpinner");
  const bars = [...document.querySelectorAll("[data-testid=stProgress] [role=progressbar]")];
  const under = bars.some((bar) => Number(bar.ariaValueNow) < 100);
  const racing = bars.length && (under || !document.querySelector(".st-key-race-table"));
  if (waiting || racing || plots.length < least) return false;
  return plots.every((plot) => plot.querySelector(".main-svg"));
}"""
RACE_TIME = 120_000  # milliseconds
SETTLE = 700  # milliseconds, for fonts and for the last animation
RATES = (0.2, 0.6)  # of the races that the page Runs lists
FIRST_BOX, NEXT_ROW = (22, 52), 35  # pixels: the box of the first run in its table, a row's height


def addresses() -> Iterator[tuple[str, str]]:
    """(name of the file, path of the address) for each page of the navigation."""
    for entries in SECTIONS.values():
        for entry in entries:
            yield entry.title.lower().replace(" ", "-"), entry.path


def lessons() -> Iterator[tuple[str, str]]:
    """The same for each scene and each step of the tour."""
    paths = {f"pages/{entry.file}": entry.path for group in SECTIONS.values() for entry in group}
    for key, lesson in LESSONS.items():
        file, query = place(lesson)
        yield f"scene-{key}", f"{paths[file]}?{urlencode(query)}"


def lectures() -> Iterator[tuple[str, str]]:
    """The scenes in lecture mode."""
    for name, path in lessons():
        yield name.replace("scene", "lecture", 1), f"{path}&{LECTURE}=1"


def every() -> dict[str, str]:
    """Where each picture is taken, by the name of its file."""
    return dict((*addresses(), *lessons(), *lectures()))


def least(name: str) -> int:
    """How many figures the page of that name has at least."""
    return 0 if name in PLAIN else 1


def picture(visit: Visit, name: str) -> Image.Image:
    """What the reader sees once the page has drawn all its figures."""
    visit.idle()
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_function(DRAWN, arg=least(name), timeout=RACE_TIME)
    if name == "runs":
        tick(visit.page, len(RATES))
    visit.page.wait_for_timeout(SETTLE)
    return Image.open(BytesIO(visit.page.screenshot())).convert("RGB")


def tick(page: Page, count: int) -> None:
    """Tick the first runs of the list, which is painted on a canvas, and wait for their curves."""
    table = page.get_by_test_id("stDataFrame")
    for row in range(count):
        x, y = FIRST_BOX
        table.click(position={"x": x, "y": y + NEXT_ROW * row})
    page.get_by_role("button", name=f"Delete {count} runs").wait_for(timeout=RACE_TIME)
    page.wait_for_function(DRAWN, arg=1, timeout=RACE_TIME)


def race(home: Path) -> None:
    """Two short races under different noise, kept in that home."""
    store = RunStore(home / "runs.sqlite")
    for rate in RATES:
        noise, losses = LabelNoise("symmetric", rate), DEFAULT.losses
        config = RunConfig.of("air_3", noise=noise, losses=losses, images=2_000, epochs=8)
        run = store.create(config)
        for event in train(config):
            store.append(run, event)
    store.close()


def squeezed(image: Image.Image) -> bytes:
    """A PNG below the limit: in all colours, else in as many as that leaves room for."""
    for picture in (image, *(image.quantize(n, COVERAGE) for n in PALETTES)):
        file = BytesIO()
        picture.save(file, "PNG", optimize=True)
        if file.tell() < LIMIT:
            return file.getvalue()
    raise SystemExit(f"A picture of {image.width} x {image.height} does not fit into {LIMIT} bytes")


def photograph(browser: Browser, url: str, files: Iterable[Path], ending: str, **look: Any) -> None:
    """The pages whose files have that ending."""
    for name, path in every().items():
        for file in (file for file in files if file.name == f"{name}-{ending}.png"):
            with visiting(browser, f"{url}/{path}", **look) as visit:
                data = squeezed(picture(visit, name))
            file.write_bytes(data)
            print(f"{file}  {len(data) / 1000:.0f} kB")


def shown() -> list[Path]:
    """The pictures of the README."""
    named = re.findall(r"assets/screenshots/[\w-]+\.png", (ROOT / "README.md").read_text("utf-8"))
    return [ROOT / name for name in sorted(set(named))]


def looks() -> dict[str, dict[str, Any]]:
    """The ends of file names, and what the browser is told."""
    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    return {
        f"{device}{scheme}": {**kind, "color_scheme": scheme, "reduced_motion": "reduce"}
        for device, kind in {"": {"viewport": DESKTOP}, "phone-": phone}.items()
        for scheme in ("light", "dark")
    }


def main(out: Path | None, only: Sequence[str] = ()) -> None:
    whole = [f"{name}-{ending}.png" for name in every() for ending in looks()]
    files = [out / name for name in whole] if out else shown()
    files = [file for file in files if not only or file.name.rsplit("-", 1)[0] in only]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, sync_playwright() as playwright:
        if any(file.name.startswith("runs-") for file in files):
            race(Path(home))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        with served(ROOT / "app.py", ALFLAB_HOME=home) as url:
            for ending, look in looks().items():
                photograph(browser, url, files, ending, **look)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="a folder for pictures of every page")
    parser.add_argument("--only", nargs="+", default=(), help="names of pictures, without look")
    chosen = parser.parse_args()
    main(chosen.out, chosen.only)
