import pytest
import torch
from torch import nn

from alfs_core.errors import RunError
from alfs_core.losses import AGCE, CE, GCE, LOSSES, MAE
from alfs_core.numerics.tensor import training_loss
from alfs_core.training.recipe import CLIP, EQUAL_SLOPE, Trainer, Triangle, equal_step


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


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_short_schedule_still_learns(steps):
    assert all(0 < Triangle(0.1, steps)(step) <= 0.1 for step in range(steps))


def test_a_step_is_bounded_by_the_clip():
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 3))
    trainer = Trainer(net, CE(), 1e6, Triangle(0.1, 2))
    before = [weight.detach().clone() for weight in net.parameters()]

    loss, norm = trainer(torch.tensor([[1.0, -1.0]]), torch.tensor([1]))

    moved = sum(((new - old) ** 2).sum() for new, old in zip(net.parameters(), before, strict=True))
    assert norm > CLIP
    assert loss < 10
    assert moved.sqrt() <= 0.1 * (CLIP + 0.01) * 1.9 + 1e-6
    assert trainer.steps == 1
