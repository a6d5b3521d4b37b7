from dataclasses import replace

import pytest
import torch
from torch import nn

from alfs_core.losses import CE, LOSSES
from alfs_core.training import trainer as module
from alfs_core.training.model import build
from alfs_core.training.recipe import RECIPES
from alfs_core.training.trainer import Mean, Trainer

RECIPE = RECIPES["air_3"]


def linear(seed: int = 0) -> nn.Module:
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    generator = torch.Generator().manual_seed(seed)
    for weight in net.parameters():
        nn.init.normal_(weight, generator=generator)
    return net


def batches(count: int, size: int = 16) -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(1)
    return [
        (
            torch.randn(size, 2, generator=generator),
            torch.randint(3, (size,), generator=generator),
        )
        for _ in range(count)
    ]


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([value.flatten().double() for value in trainer.net.state_dict().values()])


def after(trainer: Trainer, steps: list[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    for batch in steps:
        trainer(*batch)
    return weights(trainer)


def test_a_step_is_bounded_by_the_clip():
    trainer = Trainer(linear(), CE(), 1e6, replace(RECIPE, lr=0.1), 2)
    before = [weight.detach().clone() for weight in trainer.weights]

    trainer(*batches(1)[0])

    pairs = zip(trainer.weights, before, strict=True)
    moved = sum(((new - old) ** 2).sum() for new, old in pairs).sqrt()
    _, norm = trainer.mean.values()
    size = sum((old**2).sum() for old in before).sqrt()
    assert norm > RECIPE.clip
    assert moved <= 0.1 * 1.9 * (RECIPE.clip + RECIPE.weight_decay * size) + 1e-6
    assert trainer.steps == 1


def test_without_nesterov_the_update_is_that_of_plain_momentum():
    recipe = replace(RECIPE, schedule="cosine", nesterov=False, lr=0.1, weight_decay=0.01, clip=1e9)
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 3, bias=False))
    trainer, (batch,) = Trainer(net, CE(), 1.0, recipe, 2), batches(1)
    weight, momentum = trainer.weights[0].detach().clone(), torch.zeros(3, 2)

    for step in range(2):
        given = weight.clone().requires_grad_()
        nn.functional.cross_entropy(batch[0] @ given.T, batch[1]).backward()
        momentum = 0.9 * momentum + given.grad + 0.01 * weight
        weight = weight - recipe.rate(2)(step) * momentum
        trainer(*batch)

    torch.testing.assert_close(trainer.weights[0].detach(), weight)


def rehearsed(step):
    """What recording a graph does to the state, on a device that cannot record: it warms up."""
    for _ in range(module.WARM_UP):
        step()
    return step


def test_a_recorded_step_learns_what_a_step_by_step_one_learns():
    """Fixed inputs, rate on the device, fused update; warming up leaves no trace."""
    steps = batches(10)
    plain = Trainer(linear(), CE(), 0.2, RECIPE, 10)
    recorded = Trainer(linear(), CE(), 0.2, RECIPE, 10, record=rehearsed)

    torch.testing.assert_close(after(recorded, steps), after(plain, steps))
    assert recorded.mean.values() == pytest.approx(plain.mean.values(), rel=1e-5)
    assert recorded.mean.count == 10


def test_a_recording_is_made_once_and_reads_new_batches():
    made = []

    def record(step):
        made.append(step)
        return step

    trainer = Trainer(linear(), CE(), 0.2, RECIPE, 3, record=record)
    seen = []
    trainer.read = lambda images, targets: (seen.append(images.clone()), (images, targets))[1]
    steps = batches(3)
    after(trainer, steps)

    assert len(made) == 1
    assert all(torch.equal(a, b) for a, (b, _) in zip(seen, steps, strict=True))


@pytest.mark.parametrize("cut", [0, 1, 4])
@pytest.mark.parametrize("record", [None, rehearsed])
def test_a_state_goes_on_as_if_nothing_had_happened(cut, record):
    """From a recorded trainer, as on a GPU, to a plain one, as on the CPU."""
    steps = batches(8)
    whole = after(Trainer(linear(), CE(), 0.2, RECIPE, 8), steps)
    first = Trainer(linear(), CE(), 0.2, RECIPE, 8, record=record)
    after(first, steps[:cut])
    second = Trainer(linear(1), CE(), 0.2, RECIPE, 8)
    second.load(first.state())

    torch.testing.assert_close(after(second, steps[cut:]), whole)


def test_a_state_is_a_copy():
    trainer = Trainer(linear(), CE(), 0.2, RECIPE, 8)
    state = trainer.state()
    before = {name: value.clone() for name, value in state.items() if name != "steps"}
    after(trainer, batches(1))

    assert all(torch.equal(state[name], value) for name, value in before.items())


def test_half_precision_is_close_to_whole(monkeypatch):
    """On the CPU in the place of a GPU: the same code, autocast to bfloat16."""
    monkeypatch.setattr(module, "computes_in_half", lambda device: True)
    images = torch.randint(0, 256, (64, 32, 32, 3), dtype=torch.uint8)
    targets = torch.arange(64) % 10
    recipes = (replace(RECIPE, precision="half"), RECIPE)

    def trained(recipe):
        net = build("air_3", images, 10, torch.Generator().manual_seed(0)).train()
        trainer = Trainer(net, CE(), 0.2, recipe, 4)
        after(trainer, [(images, targets)] * 4)
        return trainer

    half, whole = map(trained, recipes)

    assert half.half
    assert not whole.half
    assert all(weight.dtype == torch.float32 for weight in half.weights)
    assert half.mean.values() == pytest.approx(whole.mean.values(), rel=0.05)
    assert half.mean.values() != whole.mean.values()


def test_the_cpu_does_not_compute_in_half():
    assert not Trainer(linear(), CE(), 0.2, RECIPES["air_wide"], 2).half


@pytest.mark.parametrize("name", LOSSES)
def test_no_loss_copies_from_the_host_in_a_second_step(name, monkeypatch):
    """A CUDA graph cannot hold such a copy: constants of a loss are made once and kept."""
    trainer = Trainer(linear(), LOSSES[name].build(), 1.0, RECIPE, 2)
    steps = batches(2)
    trainer(*steps[0])

    def refused(*_, **__):
        raise AssertionError(f"{name} makes a tensor of numbers of the host")

    for maker in ("tensor", "as_tensor", "from_numpy"):
        monkeypatch.setattr(torch, maker, refused)
    trainer(*steps[1])

    assert trainer.steps == 2


def test_means_are_of_all_steps_since_they_were_cleared():
    mean = Mean(torch.device("cpu"))
    for value in (1.0, 3.0):
        mean.add(torch.tensor(value, dtype=torch.float64), torch.tensor(2 * value))
        mean.count += 1

    assert mean.values() == (2.0, 4.0)
    mean.clear()
    assert mean.values() == (0.0, 0.0)


@pytest.mark.parametrize(("loss", "norm", "word"), [("nan", 1.0, "loss"), (1.0, "inf", "gradient")])
def test_a_mean_that_is_not_finite_is_named(loss, norm, word):
    mean = Mean(torch.device("cpu"))
    mean.add(torch.tensor(float(loss)), torch.tensor(float(norm)))
    mean.count += 1

    with pytest.raises(FloatingPointError, match=f"its {word} became (nan|inf)"):
        mean.values()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_a_captured_graph_learns_what_single_steps_learn():
    device = torch.device("cuda")
    steps = [(images.to(device), targets.to(device)) for images, targets in batches(10)]
    plain = Trainer(linear().to(device), CE(), 0.2, RECIPE, 10)
    graph = Trainer(linear().to(device), CE(), 0.2, RECIPE, 10, record=module.record_graph)

    torch.testing.assert_close(after(graph, steps), after(plain, steps), rtol=1e-4, atol=1e-5)
