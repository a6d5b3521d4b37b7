"""Heads trained as one product end where heads trained one by one end."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from alfs_core.errors import FormulaError
from alfs_core.losses import CE, LOSSES, LossSpec
from alfs_core.losses.presets import COMPARISON
from alfs_core.numerics.tensor import training_loss
from alfs_core.training.heads import Heads, gradients
from alfs_core.training.recipe import RECIPES, equal_step
from alfs_core.training.trainer import Trainer

F, K, BATCH, STEPS = 30, 10, 16, 12
RECIPE = replace(RECIPES["probe"], lr=0.3)  # large enough that clipping sets in


def data():
    generator = torch.Generator().manual_seed(5)
    x = 5 * torch.randn(STEPS, BATCH, F, generator=generator)
    return x, torch.randint(K, (STEPS, BATCH), generator=generator)


def trained(specs, hidden):
    losses = [spec.build() for spec in specs]
    scales = [equal_step(loss, K) for loss in losses]
    heads = Heads(losses, scales, (F, hidden, K), RECIPE, STEPS, torch.Generator().manual_seed(1))
    for x, targets in zip(*data(), strict=True):
        heads.step(x, targets)
    return heads


def alone(spec, hidden):
    """The same head as a network of its own, by autograd and the network race's Trainer."""
    layers = [nn.Linear(F, hidden), nn.ReLU()] if hidden else []
    net = nn.Sequential(*layers, nn.Linear(hidden or F, K))
    if hidden:
        generator = torch.Generator().manual_seed(1)
        nn.init.kaiming_uniform_(net[0].weight, a=5**0.5, generator=generator)
        nn.init.zeros_(net[0].bias)
    nn.init.zeros_(net[-1].weight)
    nn.init.zeros_(net[-1].bias)
    loss = spec.build()
    step = Trainer(net, loss, equal_step(loss, K), RECIPE, STEPS)
    for x, targets in zip(*data(), strict=True):
        step(x, targets)
    return net


@pytest.mark.parametrize("hidden", [0, 8])
def test_they_are_the_heads_of_one_loss_at_a_time(hidden):
    heads = trained(COMPARISON, hidden)

    for place, spec in enumerate(COMPARISON):
        for together, one in zip(heads.weights, alone(spec, hidden).parameters(), strict=True):
            torch.testing.assert_close(together[place], one.data, atol=1e-5, rtol=1e-4)


def test_losses_of_every_link_have_the_gradients_of_training_loss():
    names = ["CE", "bi-tempered", "LC", "LDR", "JAL-CE"]
    losses = [LOSSES[name].build() for name in names]
    logits = 3 * torch.randn(len(losses), 6, K, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(6)

    values, at_logits = gradients(losses, logits, targets)

    for place, loss in enumerate(losses):
        z = logits[place].double().requires_grad_()
        value = training_loss(loss, z, targets)
        value.backward()
        torch.testing.assert_close(values[place], value.detach())
        torch.testing.assert_close(at_logits[place], z.grad)


class Silent(CE):
    """A loss whose formula has no value anywhere that training comes to."""

    def partial(self, u):
        raise FormulaError("it has no value here")


def test_a_loss_whose_formula_fails_leaves_and_the_others_stay_what_they_are():
    good = LossSpec.of("GCE")
    heads = Heads(
        [Silent(), good.build()],
        [1.0, equal_step(good.build(), K)],
        (F, 0, K),
        RECIPE,
        STEPS,
        torch.Generator(),
    )
    for x, targets in zip(*data(), strict=True):
        heads.step(x, targets)
    nobody = Heads([Silent()], [1.0], (F, 0, K), RECIPE, STEPS, torch.Generator())
    nobody.step(*(part[0] for part in data()))

    assert heads.left.tolist() == [True, False]
    assert nobody.left.tolist() == [True]
    expected = alone(good, 0)
    torch.testing.assert_close(heads.weights[0][1], expected[0].weight.data, atol=1e-5, rtol=1e-4)


def test_a_loss_that_is_no_number_any_more_leaves_and_the_others_stay_what_they_are():
    good = LossSpec.of("GCE")
    broken = LossSpec.of("formula: (abs(u - 0.1015) - 0.007)^0.5")  # no number at 1/K
    losses = [broken.build(), good.build()]
    scales = [1.0, equal_step(good.build(), K)]
    heads = Heads(losses, scales, (F, 0, K), RECIPE, STEPS, torch.Generator())
    for x, targets in zip(*data(), strict=True):
        heads.step(x, targets)

    assert heads.left.tolist() == [True, False]
    assert all(weight.isfinite().all() for weight in heads.weights)
    expected = alone(good, 0)
    torch.testing.assert_close(heads.weights[0][1], expected[0].weight.data, atol=1e-5, rtol=1e-4)
