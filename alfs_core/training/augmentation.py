"""Random crops, flips and turns of whole batches of bytes, on the device they lie on.

A batch is a matrix of whole numbers, a row for each image: its place in the data, and how it is
moved. All numbers of an epoch are drawn at once, on the CPU, so that every device and every loss
sees the same images; nothing here waits for the device.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from alfs_core.training.recipe import Augmentation

PAD = 4  # pixels of black around an image before a crop
TURN = 20  # degrees, the largest turn
PARTS = 1_000  # of a degree, in which turns are drawn


def draw(count: int, used: int, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Rows (used, C) for one epoch over ``count`` images in random order, the first ``used``.

    Columns: place; for crops and flips also down, right (0 to 2 PAD) and flipped (0 or 1); for
    turns also the angle in thousandths of a degree.
    """
    order = torch.randperm(count, generator=generator)[:used]
    ranges = {
        "none": (),
        "crop and flip": _CROP_AND_FLIP,
        "crop, flip and turn": (*_CROP_AND_FLIP, (-TURN * PARTS, TURN * PARTS)),
    }[augmentation]
    columns = [torch.randint(low, high + 1, (used,), generator=generator) for low, high in ranges]
    return torch.stack((order, *columns), 1)


_CROP_AND_FLIP = ((0, 2 * PAD), (0, 2 * PAD), (0, 1))


def moved(images: Tensor, rows: Tensor) -> Tensor:
    """The images (B, S, S, C) that ``rows`` ask for, of ``images`` (N, S, S, C), moved as asked."""
    place, *moves = rows.unbind(1)
    chosen = images[place]
    if not moves:
        return chosen
    cropped = crop_and_flip(chosen, *moves[:3])
    return turn(cropped, moves[3] / PARTS) if len(moves) > 3 else cropped


def crop_and_flip(images: Tensor, down: Tensor, right: Tensor, flipped: Tensor) -> Tensor:
    """Windows of the padded images (B, S, S, C), some mirrored left to right."""
    B, side, _, channels = images.shape
    padded = F.pad(images, (0, 0, PAD, PAD, PAD, PAD))
    rows = padded.flatten(2).unfold(1, side, 1).unfold(2, side * channels, channels)
    each = torch.arange(B, device=images.device)
    cropped = rows[each, down, right].unflatten(2, (side, channels))
    return torch.where(flipped.bool()[:, None, None, None], cropped.flip(2), cropped)


def turn(images: Tensor, degrees: Tensor) -> Tensor:
    """Each image (B, S, S, C) turned counter-clockwise by its angle, nearest pixels, else black."""
    _, side, _, channels = images.shape
    angle = degrees * (math.pi / 180)
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    x = torch.arange(side, device=images.device) - (side - 1) / 2
    across, along = x[None, None, :], x[None, :, None]
    column = (cos * across - sin * along + (side - 1) / 2).round().long()
    row = (sin * across + cos * along + (side - 1) / 2).round().long()
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    pixel = row.clamp(0, side - 1) * side + column.clamp(0, side - 1)
    index = pixel.flatten(1)[:, :, None].expand(-1, -1, channels)
    turned = images.flatten(1, 2).gather(1, index).unflatten(1, (side, side))
    return torch.where(inside[..., None], turned, 0)
