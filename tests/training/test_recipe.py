import pytest
import torch

from alfs_core.errors import RunError
from alfs_core.losses import AGCE, CE, GCE, LOSSES, MAE
from alfs_core.numerics.tensor import training_loss
from alfs_core.training.recipe import (
    EQUAL_SLOPE,
    RECIPES,
    Cosine,
    Recipe,
    Triangle,
    equal_step,
)


@pytest.mark.parametrize(
    ("loss", "slope"),
    [
        (CE(), 10.0),
        (GCE(0.7), 0.1**-0.3),
        (MAE(), 1.0),
        (AGCE(0.6, 0.6), 0.7**-0.4),
        (LOSSES["NCE"].build(), 0.4343),
    ],
    ids=repr,
)
def test_the_scale_follows_from_the_slope_at_the_uniform_prediction(loss, slope):
    """Slopes at p = 1/10: -1/u, -u^(q-1), -1, -(a+u)^(q-1), and 10 / (10 ln 10) for NCE."""
    assert equal_step(loss, 10) == pytest.approx(EQUAL_SLOPE / slope, rel=1e-3)


@pytest.mark.parametrize("name", LOSSES)
def test_scaled_losses_have_the_same_first_gradient(name):
    try:
        loss = LOSSES[name].build()
        scale = equal_step(loss, 10)
    except RunError:
        pytest.skip(f"{name} is flat at the uniform prediction")
    logits = torch.zeros(10, 10, dtype=torch.float64, requires_grad=True)
    (training_loss(loss, logits, torch.arange(10), "none").sum() * scale).backward()

    assert logits.grad is not None
    assert logits.grad.diagonal().mean().item() == pytest.approx(-EQUAL_SLOPE * 9 / 100, rel=1e-6)


class Flat:
    """A loss without a slope anywhere."""

    link = CE().link

    def partial(self, p):
        return p * 0


def test_a_flat_loss_cannot_be_scaled():
    with pytest.raises(RunError, match="slope at the uniform prediction is"):
        equal_step(Flat(), 10)


def test_the_rate_rises_and_falls_to_almost_nothing():
    rate = Triangle(0.05, 1000)
    rates = [rate(step) for step in range(1000)]

    assert max(rates) == pytest.approx(0.05, rel=0.01)
    assert rates.index(max(rates)) == pytest.approx(150, abs=2)
    assert 0 < rates[0] < 1e-3
    assert 0 < rates[-1] < 1e-4


def test_a_cosine_falls_from_the_peak_to_almost_nothing():
    rate = Cosine(0.1, 1000)
    rates = [rate(step) for step in range(1000)]

    assert rates[0] == 0.1
    assert rates[500] == pytest.approx(0.05)
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 1e-6


@pytest.mark.parametrize("schedule", [Triangle, Cosine])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_short_schedule_still_learns(schedule, steps):
    assert all(0 < schedule(0.1, steps)(step) <= 0.1 for step in range(steps))


def test_the_recipe_of_the_live_race_is_the_one_that_was_measured():
    assert RECIPES["air_3"] == Recipe(
        title="small network",
        images=10_000,
        epochs=12,
        batch=128,
        lr=0.05,
        speed=4_000.0,
        schedule="triangle",
        momentum=0.9,
        nesterov=True,
        weight_decay=1e-4,
        clip=5.0,
        augmentation="none",
        precision="float32",
        first_weights="uniform prediction",
        scaling="equal step",
    )


@pytest.mark.parametrize(
    ("name", "epochs", "lr", "weight_decay", "augmentation"),
    [
        ("cnn_8", 120, 0.01, 1e-4, "crop and flip"),
        ("resnet_34", 200, 0.1, 1e-5, "crop, flip and turn"),
    ],
)
def test_the_protocols_of_the_papers(name, epochs, lr, weight_decay, augmentation):
    recipe = RECIPES[name]

    assert (recipe.epochs, recipe.lr, recipe.weight_decay) == (epochs, lr, weight_decay)
    assert (recipe.batch, recipe.clip, recipe.images) == (128, 5.0, 50_000)
    assert (recipe.momentum, recipe.nesterov) == (0.9, False)
    assert recipe.rate(10) == Cosine(lr, 10)
    assert recipe.augmentation == augmentation
    assert recipe.scaling == "published"
