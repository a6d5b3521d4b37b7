"""The networks of the race, built with explicit random generators."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from alfs_core.errors import RunError
from alfs_core.training.recipe import RECIPES, FirstWeights, ModelName

WIDTHS = (32, 64, 128)  # channels of air_3's three blocks
WHITENING_FLOOR = 5e-4  # added to eigenvalues: flat patches would otherwise blow up pixel noise


class Whitening(nn.Module):
    """A frozen 2x2 convolution that decorrelates patches, and its negative.

    (B, 3, 32, 32) -> (B, 24, 16, 16), or (B, 24, 31, 31) with stride 1; after the ReLU that
    follows nothing is lost.
    """

    weight: Tensor

    def __init__(self, images: Tensor, stride: int = 2) -> None:
        """``images`` (N, 3, 32, 32): what the covariance of patches is taken from."""
        super().__init__()
        self.stride = stride
        patches = images.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5)
        flat = patches.reshape(-1, 12).double()
        values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
        filters = vectors.T / (values[:, None] + WHITENING_FLOOR).sqrt()
        both = torch.cat((filters, -filters)).reshape(24, 3, 2, 2).float()
        self.register_buffer("weight", both)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, self.weight, stride=self.stride)


def build(
    name: ModelName, images: Tensor, num_classes: int, generator: torch.Generator
) -> nn.Sequential:
    """A network from bytes (B, 32, 32, 3) to logits (B, K), with the first weights of its recipe.

    ``images`` (N, 32, 32, 3) uint8 set its normalisation and its whitening. A probe is none.
    """
    net = nn.Sequential(*_layers(name, images, num_classes))
    _initialise(net, RECIPES[name].first_weights, generator)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _layers(name: ModelName, images: Tensor, num_classes: int) -> Iterable[nn.Module]:
    normalise = Normalise(images)
    match name:
        case "air_3":
            return air_3(normalise, images, num_classes)
        case "air_wide":
            return air_wide(normalise, images, num_classes)
        case "cnn_8":
            return cnn_8(normalise, num_classes)
        case "resnet_18":
            return resnet(normalise, (2, 2, 2, 2), num_classes)
        case "resnet_34":
            return resnet(normalise, (3, 4, 6, 3), num_classes)
        case _:
            raise RunError(f"{RECIPES[name].title}: it runs in an instant race, not as a network")


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


def air_3(normalise: Normalise, images: Tensor, num_classes: int) -> list[nn.Module]:
    """Whitening and three blocks of convolution, pool, batch norm, ReLU: 0.1 million weights."""
    inputs = (24, *WIDTHS[:-1])
    blocks = [_pool_block(i, o) for i, o in zip(inputs, WIDTHS, strict=True)]
    stem = (normalise, Whitening(normalise(images)), nn.ReLU())
    return [*stem, *blocks, nn.Flatten(), nn.Linear(WIDTHS[-1] * 4, num_classes)]


def air_wide(normalise: Normalise, images: Tensor, num_classes: int) -> list[nn.Module]:
    """Whitening at every pixel and three blocks of two convolutions: 2 million weights.

    After the networks with which CIFAR-10 is learnt in seconds on a GPU.
    """
    stem = (normalise, Whitening(normalise(images), stride=1), nn.GELU())
    blocks = [_wide_block(i, o) for i, o in pairwise((24, 64, 256, 256))]
    head = (nn.MaxPool2d(3), nn.Flatten(), nn.Linear(256, num_classes))
    return [*stem, *blocks, *head]


def cnn_8(normalise: Normalise, num_classes: int) -> list[nn.Module]:
    """Six convolutions and two linear layers, after the eight-layer network of the papers' code."""
    widths = (3, 64, 64, 128, 128, 196, 196)
    layers: list[nn.Module] = [normalise]
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        layers += [_convolution(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU()]
        if place % 2:
            layers.append(nn.MaxPool2d(2))
    dense = (nn.Linear(widths[-1] * 16, 256), nn.BatchNorm1d(256), nn.ReLU())
    return [*layers, nn.Flatten(), *dense, nn.Linear(256, num_classes)]


def resnet(normalise: Normalise, depths: Sequence[int], num_classes: int) -> list[nn.Module]:
    """The residual network of He and others (2016) for 32 x 32: a 3x3 stem, no first pooling."""
    layers: list[nn.Module] = [normalise, _convolution(3, 64), nn.BatchNorm2d(64), nn.ReLU()]
    inputs = 64
    for stage, depth in enumerate(depths):
        for place in range(depth):
            outputs, stride = 64 * 2**stage, 2 if stage and not place else 1
            layers.append(Residual(inputs, outputs, stride))
            inputs = outputs
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, num_classes)]


class Residual(nn.Module):
    """Two convolutions beside a short cut; (B, I, H, W) -> (B, O, H / stride, W / stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(inputs, outputs, stride),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            _convolution(outputs, outputs),
            nn.BatchNorm2d(outputs),
        )
        self.short_cut = nn.Sequential()
        if (inputs, 1) != (outputs, stride):
            project = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.short_cut = nn.Sequential(project, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.relu(self.body(x) + self.short_cut(x))


def _wide_block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, outputs),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
        _convolution(outputs, outputs),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
    )


def _pool_block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(inputs, outputs), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


def _initialise(net: nn.Sequential, first: FirstWeights, generator: torch.Generator) -> None:
    """First weights from a generator of ours.

    ``pytorch``: PyTorch's own, uniform within 1/sqrt(inputs) of 0. ``uniform prediction``: so too,
    but the last layer is zero. ``kaiming and xavier``: uniform of He's size for convolutions and
    of Glorot's for linear layers. Under batch norm the size of weights is a learning rate: with
    He's, 2.4 times PyTorch's, air_3 left CE with 62 instead of 94 % of the wrong labels memorised
    within the same steps.
    """
    for layer in net.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        if first != "kaiming and xavier":
            nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)
        elif isinstance(layer, nn.Conv2d):
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=generator)
        else:
            nn.init.xavier_uniform_(layer.weight, generator=generator)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    last = net[-1]
    assert isinstance(last, nn.Linear)
    if first == "uniform prediction":
        nn.init.zeros_(last.weight)
