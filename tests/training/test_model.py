from dataclasses import replace

import pytest
import torch

from alfs_core.losses import CE
from alfs_core.training.model import Normalise, Whitening, build
from alfs_core.training.recipe import NETWORKS, RECIPES
from alfs_core.training.trainer import Trainer


def images(n: int = 64) -> torch.Tensor:
    rough = torch.randint(0, 256, (n, 32, 32, 3), generator=torch.Generator().manual_seed(0))
    return ((rough + rough.roll(1, 1) + rough.roll(1, 2)) // 3).to(torch.uint8)


@pytest.mark.parametrize("name", ["air_3", "air_wide"])
@pytest.mark.parametrize("num_classes", [2, 10, 100])
def test_it_begins_at_the_uniform_prediction(name, num_classes):
    net = build(name, images(), num_classes, torch.Generator().manual_seed(0))

    logits = net(images(8))

    assert logits.shape == (8, num_classes)
    assert (logits == 0).all()


@pytest.mark.parametrize("name", ["cnn_8", "resnet_18", "resnet_34"])
def test_a_published_network_gives_logits_that_are_not_zero(name):
    net = build(name, images(), 100, torch.Generator().manual_seed(0))

    logits = net(images(4))

    assert logits.shape == (4, 100)
    assert torch.isfinite(logits).all()
    assert (logits != 0).all()


@pytest.mark.parametrize(
    ("name", "num_classes", "millions"),
    [("cnn_8", 10, 1.64), ("resnet_18", 100, 11.22), ("resnet_34", 100, 21.33)],
)
def test_published_networks_have_the_known_number_of_weights(name, num_classes, millions):
    net = build(name, images(), num_classes, torch.Generator())

    assert sum(weight.numel() for weight in net.parameters()) == pytest.approx(
        1e6 * millions, rel=0.005
    )


def test_weights_of_the_papers_network_have_he_s_and_glorot_s_size():
    net = build("cnn_8", images(), 10, torch.Generator().manual_seed(0))
    convolution, linear = net[4].requires_grad_(False), net[-1].requires_grad_(False)

    assert convolution.weight.abs().max() == pytest.approx((6 / (64 * 9)) ** 0.5, rel=0.01)
    assert linear.weight.abs().max() == pytest.approx((6 / 266) ** 0.5, rel=0.01)
    assert (linear.bias == 0).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_learns_a_batch(name):
    """Forward and backward, in training mode, channels last; the loss goes down."""
    generator = torch.Generator().manual_seed(0)
    given = images(16)
    net = build(name, given, 3, generator).train()
    recipe = replace(RECIPES[name], lr=0.05, precision="float32")
    trainer, targets, losses = Trainer(net, CE(), 0.3, recipe, 4), torch.arange(16) % 3, []
    for _ in range(4):
        trainer.mean.clear()
        trainer(given, targets)
        losses.append(trainer.mean.values()[0])

    assert min(losses[1:]) < losses[0]


@pytest.mark.parametrize("name", ["air_3", "cnn_8", "resnet_18"])
def test_weights_follow_from_the_generator_alone(name):
    def weights(seed):
        torch.manual_seed(torch.initial_seed() + 1)
        net = build(name, images(), 10, torch.Generator().manual_seed(seed))
        return torch.cat([weight.flatten() for weight in net.parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_air_3_has_a_tenth_of_a_million_weights():
    net = build("air_3", images(), 10, torch.Generator())

    assert sum(weight.numel() for weight in net.parameters()) == pytest.approx(1e5, rel=0.1)


def test_normalised_images_have_mean_0_and_deviation_1():
    x = Normalise(images())(images())

    torch.testing.assert_close(x.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std((0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)


def test_one_grey_image_does_not_divide_by_zero():
    grey = torch.full((4, 32, 32, 3), 128, dtype=torch.uint8)
    net = build("air_3", grey, 10, torch.Generator())

    assert torch.isfinite(net(grey)).all()


def test_whitened_patches_are_uncorrelated_and_keep_everything():
    x = Normalise(images())(images())
    stem = Whitening(x)

    out = stem(x)
    flat = out[:, :12].permute(0, 2, 3, 1).reshape(-1, 12)
    covariance = flat.T @ flat / len(flat)

    torch.testing.assert_close(covariance, torch.eye(12), atol=0.05, rtol=0)
    torch.testing.assert_close(out[:, 12:], -out[:, :12])
    assert torch.linalg.matrix_rank(stem.weight[:12].reshape(12, 12)) == 12
    assert not list(stem.parameters())
