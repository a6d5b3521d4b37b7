"""The pictures of the README: each page of a running ALF Lab, in light and in dark.

python -m benchmarks.screenshots               writes assets/screenshots/*.png
python -m benchmarks.screenshots --out DIR     writes them to DIR, and those of a phone as well
"""

import argparse
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from pages.common.navigation import SECTIONS
from tests.browser.harness import FLAGS, ROOT, Visit, chromium_path, served, visiting

FOLDER = ROOT / "assets" / "screenshots"
DESKTOP = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
LIMIT = 250_000  # bytes
PALETTES = (256, 128, 64)
COVERAGE = Image.Quantize.MAXCOVERAGE  # keeps colours of few pixels, such as lines
DRAWN = """() => {
  const plots = [...document.querySelectorAll(".alf-chart-plot")];
  const waiting = document.querySelector("[data-testid=stSkeleton], .stSpinner");
  return !waiting && plots.every((plot) => plot.querySelector(".main-svg"));
}"""
SETTLE = 700  # milliseconds, for fonts and for the last animation


def addresses() -> Iterator[tuple[str, str]]:
    """(name of the file, path of the address) for each page of the navigation."""
    for entries in SECTIONS.values():
        for entry in entries:
            yield entry.title.lower().replace(" ", "-"), entry.path


def picture(visit: Visit) -> Image.Image:
    """What the reader sees once the page has drawn all its figures."""
    visit.idle()
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_function(DRAWN)
    visit.page.wait_for_timeout(SETTLE)
    return Image.open(BytesIO(visit.page.screenshot())).convert("RGB")


def squeezed(image: Image.Image) -> bytes:
    """A PNG below the limit: in all colours, else in as many as that leaves room for."""
    for picture in (image, *(image.quantize(n, COVERAGE) for n in PALETTES)):
        file = BytesIO()
        picture.save(file, "PNG", optimize=True)
        if file.tell() < LIMIT:
            return file.getvalue()
    raise SystemExit(f"A picture of {image.width} x {image.height} does not fit into {LIMIT} bytes")


def photograph(browser: Browser, url: str, folder: Path, ending: str, **context: object) -> None:
    """Every page in one look, as files of the folder."""
    for name, path in addresses():
        with visiting(browser, f"{url}/{path}", **context) as visit:
            data = squeezed(picture(visit))
        file = folder / f"{name}-{ending}.png"
        file.write_bytes(data)
        print(f"{file}  {len(data) / 1000:.0f} kB")


def main(out: Path | None) -> None:
    folder = out or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with served(ROOT / "app.py") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for scheme in ("light", "dark"):
            look = {"color_scheme": scheme, "reduced_motion": "reduce"}
            photograph(browser, url, folder, scheme, viewport=DESKTOP, **look)
            if out:
                hand = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
                photograph(browser, url, folder, f"phone-{scheme}", **hand, **look)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="a folder for the pictures, those of a phone too")
    main(parser.parse_args().out)
