"""How far apart colours are, for tests: WCAG contrast, CIELAB distance, dichromats' view."""

from collections.abc import Iterator
from typing import Any

import numpy as np

# sRGB to CIE XYZ, and XYZ of white (IEC 61966-2-1)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])

# Machado, Oliveira & Fernandes, IEEE TVCG 15(6), 2009, severity 1.0, on linear RGB
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def channels(colour: str) -> np.ndarray:
    """Red, green, blue in [0, 1] of "#rrggbb"."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def over(colour: str, ground: str, opacity: float) -> str:
    """The colour seen through: drawn on a ground with an opacity."""
    seen = opacity * channels(colour) + (1 - opacity) * channels(ground)
    return "#" + "".join(f"{round(255 * part):02x}" for part in seen)


def linear(colour: str) -> np.ndarray:
    c = channels(colour)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted(float(linear(colour) @ TO_XYZ[1]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIELAB of a colour as seen with one of SIGHT."""
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear(colour), 0, 1) / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, sight: str = "full") -> float:
    """The CIELAB (1976) distance; about 2.3 is just noticeable."""
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


def lettering(figure: Any) -> set[str]:
    """The colours that a figure writes in by itself, in place of the colour of the page's text."""
    whole = figure.checked() if hasattr(figure, "checked") else figure
    return set(_lettering(whole.to_plotly_json()))


def _lettering(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("font") and "color" in value:
                yield from np.atleast_1d(value["color"])
            yield from _lettering(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _lettering(value)
