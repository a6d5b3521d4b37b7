"""Fixed features of small images: what a dictionary of random patches sees, without any training.

The single-layer features of Coates, Ng and Lee (2011): patches of 6 x 6 pixels, each freed of its
own brightness and contrast, compared with whitened patches of the training images, both signs
kept, averaged over a 3 x 3 grid. A linear head on them learns in a second what a network learns
in a minute, but cannot memorise as fully: it must be named a probe on fixed features.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from alfs_core.data.dataset import SIDE

VERSION = 1  # raised where the features of the same images change
PATCH, STRIDE, GRID = 6, 2, 3
FILTERS = 128
SIZE = FILTERS * 2 * GRID**2
SAMPLE = 20_000  # patches that the whitening is learnt from
CONTRAST_FLOOR = 10.0  # added to the variance of a patch, in grey levels squared
WHITENING_FLOOR = 0.1
CHUNK = 250


class Features(nn.Module):
    """Bytes (B, 32, 32, 3) to features (B, SIZE), of mean 0 and deviation 1 on ``images``."""

    def __init__(self, images: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        filters = _dictionary(images, generator)
        centred = filters - filters.mean(1, keepdim=True)  # blind to a patch's own brightness
        self.filters = centred.unflatten(1, (3, PATCH, PATCH)).to(images.device)
        self.pool = _pooling().to(images.device)
        self.mean = torch.zeros(SIZE, device=images.device)
        self.deviation = torch.ones(SIZE, device=images.device)
        rough = torch.cat(list(self.parts(images[:2_000])))
        self.mean, self.deviation = rough.mean(0), rough.std(0).clamp(min=1e-3)

    def parts(self, images: Tensor) -> Iterator[Tensor]:
        """Features of ``images``, chunk by chunk."""
        for chunk in images.split(CHUNK):
            yield self(chunk)

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        x = images.permute(0, 3, 1, 2).float() - 127.5
        answers = F.conv2d(x, self.filters, stride=STRIDE) * _contrast(x)
        flat = answers.flatten(2)
        positive = F.relu(flat) @ self.pool
        negative = positive - flat @ self.pool
        pooled = torch.cat((positive, negative), 1).flatten(1)
        return (pooled - self.mean) / self.deviation


def _contrast(x: Tensor) -> Tensor:
    """1 / deviation of each patch (B, 1, 14, 14) of x (B, 3, 32, 32)."""
    mean = F.avg_pool2d(x.mean(1, keepdim=True), PATCH, STRIDE)
    square = F.avg_pool2d(x.square().mean(1, keepdim=True), PATCH, STRIDE)
    return (square - mean.square() + CONTRAST_FLOOR).rsqrt()


def _pooling() -> Tensor:
    """Averages over the cells of the grid as a matrix (14 · 14, GRID · GRID)."""
    side = (SIDE - PATCH) // STRIDE + 1
    one_hot = torch.eye(side**2).unflatten(1, (side, side))
    return F.adaptive_avg_pool2d(one_hot, GRID).flatten(1)


def _patches(images: Tensor) -> Tensor:
    """Patches (B · P, 108) of bytes (B, 32, 32, 3), of mean 0 and deviation about 1."""
    rows = F.unfold(images.permute(0, 3, 1, 2).float(), PATCH, stride=STRIDE)
    flat = rows.permute(0, 2, 1).reshape(-1, PATCH * PATCH * 3)
    centred = flat - flat.mean(1, keepdim=True)
    return centred * (centred.square().mean(1, keepdim=True) + CONTRAST_FLOOR).rsqrt()


def _dictionary(images: Tensor, generator: torch.Generator) -> Tensor:
    """Whitened patches (FILTERS, 108) of length 1, ready to meet patches that are not whitened."""
    patches = _patches(images[:1_000].cpu())
    chosen = patches[torch.randperm(len(patches), generator=generator)[:SAMPLE]].double()
    values, vectors = torch.linalg.eigh(torch.cov(chosen.T))
    whitening = vectors @ torch.diag((values + WHITENING_FLOOR).rsqrt()) @ vectors.T
    picked = torch.randint(len(chosen), (FILTERS,), generator=generator)
    filters = F.normalize(chosen[picked] @ whitening, dim=1)
    return (filters @ whitening).float()
