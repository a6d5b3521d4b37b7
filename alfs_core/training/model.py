"""The networks of the race, built with explicit random generators."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from alfs_core.training.config import ModelName

WIDTHS = (32, 64, 128)  # channels of air_3's three blocks
WHITENING_FLOOR = 5e-4  # added to eigenvalues: flat patches would otherwise blow up pixel noise


class Whitening(nn.Module):
    """A frozen 2x2 convolution of stride 2 that decorrelates patches, and its negative.

    (B, 3, 32, 32) -> (B, 24, 16, 16); after the ReLU that follows nothing is lost.
    """

    weight: Tensor

    def __init__(self, images: Tensor) -> None:
        """``images`` (N, 3, 32, 32): what the covariance of patches is taken from."""
        super().__init__()
        patches = images.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5)
        flat = patches.reshape(-1, 12).double()
        values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
        filters = vectors.T / (values[:, None] + WHITENING_FLOOR).sqrt()
        both = torch.cat((filters, -filters)).reshape(24, 3, 2, 2).float()
        self.register_buffer("weight", both)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight, stride=2)


def build(
    name: ModelName, images: Tensor, num_classes: int, generator: torch.Generator
) -> nn.Sequential:
    """A network from bytes (B, 32, 32, 3) to logits (B, K); it starts at the uniform prediction.

    ``images`` (N, 32, 32, 3) uint8 set its normalisation and its whitening. A probe has features
    (N, F) in their place.
    """
    if name == "probe":
        net = nn.Sequential(nn.Linear(images.shape[1], num_classes))
    elif name == "air_3":
        net = air_3(Normalise(images), images, num_classes)
    else:
        net = cnn_8(Normalise(images), num_classes)
    _initialise(net, generator)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Normalise(nn.Module):
    """Bytes (B, 32, 32, 3) to (B, 3, 32, 32) of mean 0 and deviation 1 in each channel."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        pixels = images.double().reshape(-1, 3)
        self.register_buffer("mean", pixels.mean(0).float()[:, None, None])
        self.register_buffer("deviation", pixels.std(0).clamp(min=1.0).float()[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return (x.permute(0, 3, 1, 2).float() - self.mean) / self.deviation


def air_3(normalise: Normalise, images: Tensor, num_classes: int) -> nn.Sequential:
    """Whitening and three blocks of convolution, pool, batch norm, ReLU: 0.1 million weights."""
    inputs = (24, *WIDTHS[:-1])
    blocks = [_pool_block(i, o) for i, o in zip(inputs, WIDTHS, strict=True)]
    head = nn.Linear(WIDTHS[-1] * 4, num_classes)
    stem = (normalise, Whitening(normalise(images)), nn.ReLU())
    return nn.Sequential(*stem, *blocks, nn.Flatten(), head)


def cnn_8(normalise: Normalise, num_classes: int) -> nn.Sequential:
    """Six convolutions and two linear layers, after the eight-layer network of the papers' code."""
    widths = (3, 64, 64, 128, 128, 196, 196)
    layers: list[nn.Module] = [normalise]
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        layers += [_convolution(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()]
        if place % 2:
            layers.append(nn.MaxPool2d(2))
    dense = (nn.Linear(widths[-1] * 16, 256), nn.BatchNorm1d(256), nn.ReLU())
    return nn.Sequential(*layers, nn.Flatten(), *dense, nn.Linear(256, num_classes))


def _pool_block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, outputs), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def _initialise(net: nn.Sequential, generator: torch.Generator) -> None:
    """PyTorch's own first weights, from a generator of ours; the last layer zero.

    Under batch norm the size of weights is a learning rate: weights of He's size, 2.4 times these,
    left CE with 62 instead of 94 % of the wrong labels memorised within the same steps.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    last = net[-1]
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
