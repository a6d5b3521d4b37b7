"""A scene as an address: the page that shows it, and what its address bar then holds."""

from __future__ import annotations

from alfs_core.theory.cards import Scene
from pages.common.workspace import PARAMETER, Entry, Workspace, encode

FILES = {
    "surfaces": "pages/explore/surfaces.py",
    "asymmetry": "pages/explore/asymmetry.py",
    "tolerance": "pages/prove/tolerance.py",
    "calibration": "pages/prove/calibration.py",
    "live": "pages/train/live.py",
}


def workspace(scene: Scene) -> Workspace:
    """The losses, noise and classes of a scene."""
    entries = tuple(Entry(spec, style) for style, spec in enumerate(scene.losses))
    return Workspace(entries, scene.noise, scene.num_classes)


def address(scene: Scene) -> tuple[str, dict[str, str]]:
    """The file of the page and the parameters of its address."""
    return FILES[scene.page], {PARAMETER: encode(workspace(scene)), **_options(scene)}


def _options(scene: Scene) -> dict[str, str]:
    """What the page itself is asked for, by the words of its controls."""
    match scene.page:
        case "surfaces":
            return {"surfaces_view": "Simplex", **_weights(scene)}
        case "calibration" if scene.excess:
            return {"calibration_view": "Excess risk"}
        case "calibration":
            points = enumerate(scene.posterior or ())
            posterior = {f"calibration_p{k + 1}": _number(value) for k, value in points}
            return posterior | ({"calibration_labels": "noisy"} if scene.noisy else {})
        case "tolerance" if scene.excess:
            return {"tolerance_view": "Clean error"}
    return {}


def _weights(scene: Scene) -> dict[str, str]:
    if scene.weights is None:
        return {}
    own = {f"surfaces_w{k + 1}": _number(value) for k, value in enumerate(scene.weights)}
    return {"surfaces_weights": "my own", **own}


def _number(x: float) -> str:
    return f"{x:.6g}"
