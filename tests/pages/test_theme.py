"""The theme: text reads on every ground, light and dark, and palettes have the right length."""

import tomllib
from pathlib import Path

import pytest

from alfs_core.figures.style import LOSS_COLORS
from tests.colours import contrast, over

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())
THEME = CONFIG["theme"]
GROUNDS = {
    "light": THEME["light"],
    "dark": THEME["dark"],
    "light sidebar": THEME["light"]["sidebar"],
    "dark sidebar": THEME["dark"]["sidebar"],
}
AA = 4.5  # WCAG 2.2, 1.4.3: text
PART = 3.0  # 1.4.11: parts of controls
CAPTION = 0.6  # Streamlit writes captions with this opacity

every_ground = pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)


@every_ground
@pytest.mark.parametrize("behind", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize("text", ["textColor", "linkColor"])
def test_text_reads(ground, text, behind):
    assert contrast(ground[text], ground[behind]) >= AA


@every_ground
def test_captions_read(ground):
    behind = ground["backgroundColor"]

    assert contrast(over(ground["textColor"], behind, CAPTION), behind) >= AA


@every_ground
def test_code_reads(ground):
    assert contrast(ground["codeTextColor"], ground["codeBackgroundColor"]) >= AA


@every_ground
def test_white_reads_on_the_accent(ground):
    """Streamlit writes on primary buttons in white, in both themes."""
    assert contrast("#ffffff", ground["primaryColor"]) >= AA


@every_ground
def test_the_accent_stands_out(ground):
    assert contrast(ground["primaryColor"], ground["backgroundColor"]) >= PART


def test_palettes_have_ten_colours():
    """With fewer categorical colours figures lose the palette; the others must have ten."""
    lengths = [
        len(THEME[f"chart{kind}Colors"]) for kind in ("Categorical", "Sequential", "Diverging")
    ]

    assert lengths == [10, 10, 10]


def test_the_palette_begins_with_the_losses():
    assert tuple(THEME["chartCategoricalColors"][:6]) == LOSS_COLORS


def test_fonts_come_from_the_readers_machine():
    fonts = [THEME[name] for name in ("font", "headingFont", "codeFont")]

    assert not [font for font in fonts if "http" in font or "url" in font]
    assert "fontFaces" not in THEME


def test_the_server_is_quiet_and_quick():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["runner"]["postScriptGC"] is False
    assert CONFIG["server"]["fileWatcherType"] == "none"
    assert CONFIG["server"]["maxUploadSize"] * 2**20 > 170_498_071  # the larger CIFAR-10 archive
