"""Shapes-10: ten outlines under nuisance, images that the project may ship and make anywhere.

A class is an outline. Place, size, turn, aspect, blur, contrast, two waves of texture on object and
ground, lighting, two blobs and pixel noise say nothing about it. Most images also carry a hue that
goes with the class: without an easy cue no loss that gives up hard examples learns at all. Classes
are ordered so that the usual asymmetric noise of ten classes (9→1, 2→0, 4→7, 3↔5) confuses
look-alikes: frame→square, ring→disk, triangle→chevron, star↔cross.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from alfs_core.data.dataset import SIDE, Checkpoint, Dataset, Images, Labels, no_stop
from alfs_core.errors import DataError

CLASSES = (
    "disk",
    "square",
    "ring",
    "star",
    "triangle",
    "cross",
    "crescent",
    "chevron",
    "bars",
    "frame",
)
CHUNK = 200  # images drawn at once: what they need stays in the cache

Plane = npt.NDArray[Any]  # float32
Outline = Callable[[Plane, Plane], Plane]


def shapes10(
    train: int = 10_000,
    test: int = 5_000,
    seed: int = 0,
    hard: float = 0.7,
    prior: float = 0.8,
    checkpoint: Checkpoint = no_stop,
) -> Dataset:
    """Shapes-10 as a Dataset; ``hard`` scales the nuisances, ``prior`` is the share with a hue cue.

    Seeded: the same arguments give the same bytes on one machine, and bytes within one grey level
    on any. The training images do not depend on ``test``, nor the test images on ``train``.
    """
    if not (0 <= hard <= 1 and 0 <= prior <= 1):
        raise DataError(f"hard = {hard:g}, prior = {prior:g}: both lie in [0, 1]")
    for_train, for_test = np.random.SeedSequence(seed).spawn(2)
    x_train, y_train = _draw(train, np.random.default_rng(for_train), hard, prior, checkpoint)
    x_test, y_test = _draw(test, np.random.default_rng(for_test), hard, prior, checkpoint)
    return Dataset(
        "Shapes-10",
        "synthetic",
        x_train,
        y_train,
        x_test,
        y_test,
        CLASSES,
        checksum=f"shapes10 seed={seed} hard={hard:g} prior={prior:g}",
        description=f"{train:,} training and {test:,} test images drawn by the program",
    )


def _draw(
    count: int, rng: np.random.Generator, hard: float, prior: float, checkpoint: Checkpoint
) -> tuple[Images, Labels]:
    labels = rng.permutation(np.arange(count, dtype=np.int64) % len(CLASSES))
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for label, outline in enumerate(OUTLINES):
        places = np.flatnonzero(labels == label)
        for start in range(0, len(places), CHUNK):
            checkpoint()
            some = places[start : start + CHUNK]
            images[some] = _picture(len(some), label, outline, rng, hard, prior)
    return images, labels


def _picture(
    n: int, label: int, outline: Outline, rng: np.random.Generator, hard: float, prior: float
) -> Images:
    """n images (n, 32, 32, 3) of one class."""
    size, inside = _mask(n, outline, rng, hard)
    ink = _colour(_hues(n, label, rng, prior), rng.uniform(0.25, 0.7, n))
    ground = _colour(rng.random(n), rng.uniform(0.0, 0.45, n))
    brightness = rng.uniform(0.3, 0.7, n)
    contrast = rng.uniform(0.45 - 0.3 * hard, 0.5, n) * rng.choice((-1, 1), n)
    object_level = brightness + contrast / 2
    ground_level = brightness - contrast / 2
    below = _paint(ground, ground_level, 0.25 * hard, rng)
    below = _blobs(below, size, rng, hard)
    above = _paint(ink, object_level, 0.25 * hard, rng)
    canvas = below + inside[..., None] * (above - below)
    canvas *= _lighting(n, rng, hard)[..., None]
    canvas += (0.07 * hard) * rng.standard_normal(canvas.shape, np.float32)
    return np.clip(canvas * 255 + 0.5, 0, 255).astype(np.uint8)


def _mask(n: int, outline: Outline, rng: np.random.Generator, hard: float) -> tuple[Plane, Plane]:
    """Sizes (n, 1, 1) and how much of each pixel the object covers (n, 32, 32)."""
    x, y = _grid()
    size = _column(rng.uniform(0.62 - 0.27 * hard, 0.8, n))
    stretch = np.exp(_column(rng.uniform(-0.35, 0.35, n)) * np.float32(hard))
    turn = _column(rng.uniform(-0.9, 0.9, n) * hard)
    x = x - _column(rng.uniform(-0.4, 0.4, n) * hard)
    y = y - _column(rng.uniform(-0.4, 0.4, n) * hard)
    cos, sin = np.cos(turn), np.sin(turn)
    u = (x * cos + y * sin) / (size * stretch)
    v = (y * cos - x * sin) / (size / stretch)
    blur = _column(rng.uniform(0.06, 0.06 + 0.22 * hard, n))
    return size, np.clip(0.5 + outline(u, v) * size / blur, 0, 1)


def _hues(n: int, label: int, rng: np.random.Generator, prior: float) -> npt.NDArray[np.float64]:
    cued = (label + rng.normal(0, 0.3, n)) / len(CLASSES)
    return np.where(rng.random(n) < prior, cued, rng.random(n))


def _colour(hue: npt.NDArray[np.float64], saturation: npt.NDArray[np.float64]) -> Plane:
    """Colour offsets (n, 1, 1, 3) around grey."""
    turn = 2 * np.pi * (hue[:, None] + np.arange(3) / 3)
    return (saturation[:, None] * np.cos(turn) / 2).astype(np.float32)[:, None, None, :]


def _paint(
    colour: Plane, level: npt.NDArray[np.float64], depth: float, rng: np.random.Generator
) -> Plane:
    """A textured surface (n, 32, 32, 3) of one colour."""
    n = len(colour)
    texture = _wave(n, rng) + _wave(n, rng)
    texture *= _column(rng.random(n) * depth)
    return (texture + _column(level))[..., None] + colour


def _wave(n: int, rng: np.random.Generator) -> Plane:
    """sin(k·x + phase) (n, 32, 32), as products of its values along x and along y."""
    line = np.linspace(-1, 1, SIDE, dtype=np.float32)
    pace = rng.uniform(2, 14, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    along_x = (pace * np.cos(angle))[:, None] * line + rng.uniform(0, 2 * np.pi, n)[:, None]
    along_y = (pace * np.sin(angle))[:, None] * line
    return _outer(np.cos(along_y), np.sin(along_x)) + _outer(np.sin(along_y), np.cos(along_x))


def _blobs(canvas: Plane, size: Plane, rng: np.random.Generator, hard: float) -> Plane:
    """Two soft spots of another colour on the ground."""
    line = np.linspace(-1, 1, SIDE, dtype=np.float32)
    n = len(canvas)
    for _ in range(2):
        width = rng.uniform(0.12, 0.3, n)[:, None] * size[:, 0]
        across = np.exp(-(((line - rng.uniform(-0.9, 0.9, n)[:, None]) / width) ** 2))
        down = np.exp(-(((line - rng.uniform(-0.9, 0.9, n)[:, None]) / width) ** 2))
        spot = _outer(down, across * rng.uniform(-0.6, 0.6, n)[:, None] * hard)
        tint = _colour(rng.random(n), rng.uniform(0.5, 1.5, n))
        canvas = canvas + spot[..., None] * (0.6 + tint)
    return canvas


def _lighting(n: int, rng: np.random.Generator, hard: float) -> Plane:
    x, y = _grid()
    angle = rng.uniform(0, 2 * np.pi, n)
    slope = rng.uniform(0, 0.35, n) * hard
    return 1 + x * _column(slope * np.cos(angle)) + y * _column(slope * np.sin(angle))


def _grid() -> tuple[Plane, Plane]:
    line = np.linspace(-1, 1, SIDE, dtype=np.float32)
    return line[None, None, :], line[None, :, None]


def _column(values: npt.NDArray[np.float64]) -> Plane:
    return values.astype(np.float32)[:, None, None]


def _outer(down: npt.NDArray, across: npt.NDArray) -> Plane:
    return down.astype(np.float32)[:, :, None] * across.astype(np.float32)[:, None, :]


# Outlines: positive inside, about the distance to the edge, in units of the object's size.


def _disk(u: Plane, v: Plane) -> Plane:
    return 0.88 - np.hypot(u, v)


def _square(u: Plane, v: Plane) -> Plane:
    return 0.78 - np.maximum(np.abs(u), np.abs(v))


def _ring(u: Plane, v: Plane) -> Plane:
    return 0.2 - np.abs(np.hypot(u, v) - 0.68)


def _star(u: Plane, v: Plane) -> Plane:
    outer, inner, step = 1.0, 0.42, np.pi / 5
    fold = np.abs((np.arctan2(u, -v) / (2 * step) + 0.5) % 1 - 0.5) * (2 * step)
    line = outer * inner * np.sin(step)
    edge = line / (outer * np.sin(fold) + inner * np.sin(step - fold))
    return (edge - np.hypot(u, v)).astype(np.float32)


def _triangle(u: Plane, v: Plane) -> Plane:
    return 0.5 - np.maximum(v, 0.866 * np.abs(u) - 0.5 * v)


def _cross(u: Plane, v: Plane) -> Plane:
    across, down = np.abs(u), np.abs(v)
    return np.minimum(0.92 - np.maximum(across, down), 0.28 - np.minimum(across, down))


def _crescent(u: Plane, v: Plane) -> Plane:
    return np.minimum(0.88 - np.hypot(u, v), np.hypot(u - 0.42, v) - 0.68)


def _chevron(u: Plane, v: Plane) -> Plane:
    flank = 0.866 * np.abs(u) - 0.5 * v
    return np.minimum(0.5 - np.maximum(v, flank), flank - 0.1)


def _bars(u: Plane, v: Plane) -> Plane:
    fold = np.abs((v / 0.62 + 0.5) % 1 - 0.5) * 0.62
    return np.minimum(np.minimum(0.15 - fold, 0.85 - np.abs(u)), 0.85 - np.abs(v))


def _frame(u: Plane, v: Plane) -> Plane:
    return 0.18 - np.abs(np.maximum(np.abs(u), np.abs(v)) - 0.66)


OUTLINES: tuple[Outline, ...] = (
    _disk,
    _square,
    _ring,
    _star,
    _triangle,
    _cross,
    _crescent,
    _chevron,
    _bars,
    _frame,
)
