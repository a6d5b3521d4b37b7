"""Exported code runs with torch or numpy alone and agrees with the library."""

import ast
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from alfs_core.errors import FormulaError
from alfs_core.losses.base import Loss
from alfs_core.losses.code import TAKEN, numpy_function, torch_module
from alfs_core.losses.combinators import Weighted
from alfs_core.losses.formula import FORMULA, FormulaLoss
from alfs_core.losses.library import FAMILIES, LOSSES, LossSpec
from alfs_core.numerics.links import Logits
from alfs_core.numerics.tensor import training_loss
from benchmarks.formula_fuzz import grown

TYPED = (
    "-log(u)",
    "(1 - u^q)/q; q = 0.7 in [0.1, 2]",
    "((a+1)^type - (a+u)^type)/type",
    "log(u)/total(log(u))",
    "max(1 + log(u)/lambda, 0)^2*K - total(u^p)*min(u, 0.3) + pi; p = 2 in [1, 3]",
    "exp(-a*u^2) + u/2 - (1-u)*eps/K + 2^-u + abs(u - 0.4)",
    "sqrt(1 - u) - log(1 + u) + u^u - (u*u)/(u + 1)*3",
    "-log(max(u, 1e-4)) + max(u, a) - u/(2-u)^2/total(2-u)",
    "-log(1 - (1 - u)/(m + 1)) - 0.5*u + 0*self*name*logits; m = 1000 in [1, 1e6]",
)
RUNNER = """
import json, sys
import numpy as np, torch
assert not any("alfs_core" in path for path in sys.path)

def load(path):
    scope = {"__name__": "exported"}
    exec(compile(open(path).read(), path, "exec"), scope)
    return scope

def module(scope):
    kinds = [x for x in scope.values() if isinstance(x, type) and issubclass(x, torch.nn.Module)]
    (kind,) = [x for x in kinds if x.__module__ == "exported"]
    return kind(reduction="none")

logits, targets = torch.load("logits.pt"), torch.load("targets.pt")
probs, scores = np.load("probs.npy"), np.load("scores.npy")
results = {}
for name in json.load(open("names.json")):
    loss = module(load(f"{name}_torch.py"))
    z = logits.clone().requires_grad_()
    losses = loss(z, targets)
    (grad,) = torch.autograd.grad(losses.sum(), z)
    assert "torch" not in open(f"{name}_numpy.py").read()
    scope = load(f"{name}_numpy.py")
    function = [x for k, x in scope.items() if callable(x) and not k.startswith("_")][-1]
    reads_logits = function.__code__.co_varnames[0] == "logits"
    table = function(scores if reads_logits else probs)
    results[name] = losses.detach(), grad, torch.from_numpy(table)
torch.save(results, "results.pt")
assert not any(name.startswith("alfs_core") for name in sys.modules)
"""


def _drawn(parameter, rng: random.Random) -> float:
    low, high = parameter.typical
    drawn = low * (high / low) ** rng.random() if low > 0 else low + (high - low) * rng.random()
    return float(round(drawn)) if parameter.integer else drawn


def _losses() -> dict[str, Loss]:
    """Every family at its defaults, at drawn values and at the ends of its ranges; typed ones."""
    rng, losses = random.Random(5), {}
    for i, family in enumerate(FAMILIES):
        losses[f"family_{i}_default"] = family.build()
        for j in range(2):
            values = {p.name: _drawn(p, rng) for p in family.parameters}
            losses[f"family_{i}_drawn_{j}"] = family.build(**values)
        for end in (0, 1):
            values = {p.name: float(p.typical[end]) for p in family.parameters}
            losses[f"family_{i}_end_{end}"] = family.build(**values)
    losses |= {f"typed_{i}": FormulaLoss(text) for i, text in enumerate(TYPED)}
    losses["typed_at_own_numbers"] = LossSpec.of(f"{FORMULA}{TYPED[1]}", q=1.3).build()
    losses["one_part"] = LOSSES["NCE+AGCE"].build(alpha=0.0)
    losses["unit_a"] = LOSSES["AUL"].build(a=1.0, p=0.5)
    terms = [(1.0, "AGCE"), (2.0, "AUL"), (0.5, "GCE")]
    losses["three_parts"] = Weighted(tuple((w, LOSSES[name].build()) for w, name in terms))
    return losses


GAPS = (0.0, 1.0, 5.0, 30.0, 100.0, 200.0)
LOSS_CASES = _losses()


def _logits(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows with a gap at one of four classes; each row once for each target."""
    noise = torch.linspace(-0.3, 0.4, 4, dtype=dtype)
    rows = [gap * torch.eye(4, dtype=dtype)[k] + noise for gap in GAPS for k in (0, 2)]
    return torch.stack(rows).repeat_interleave(4, 0), torch.arange(4).repeat(len(rows))


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> dict[str, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """What the exported files compute in an isolated interpreter: losses, gradients, tables."""
    folder = tmp_path_factory.mktemp("exported")
    for name, loss in LOSS_CASES.items():
        (folder / f"{name}_torch.py").write_text(torch_module(loss), encoding="utf-8")
        (folder / f"{name}_numpy.py").write_text(numpy_function(loss), encoding="utf-8")
    logits, targets = _logits(torch.float32)
    torch.save(logits, folder / "logits.pt")
    torch.save(targets, folder / "targets.pt")
    np.save(folder / "probs.npy", PROBS)
    np.save(folder / "scores.npy", SCORES)
    (folder / "names.json").write_text(json.dumps(list(LOSS_CASES)))
    _run_isolated(folder)
    return torch.load(folder / "results.pt")


SCORES = np.random.default_rng(0).normal(size=(20, 4)) * 3
PROBS = np.random.default_rng(1).dirichlet(np.ones(4), 20)


def _run_isolated(folder: Path) -> None:
    command = [sys.executable, "-I", "-c", RUNNER]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _library(loss: Loss) -> tuple[torch.Tensor, torch.Tensor]:
    logits, targets = _logits(torch.float32)
    logits.requires_grad_()
    losses = training_loss(loss, logits, targets, "none")
    (grad,) = torch.autograd.grad(losses.sum(), logits)
    return losses.detach(), grad


@pytest.mark.parametrize("name", LOSS_CASES)
def test_module_agrees_with_the_library(name, exported):
    losses, grad, _ = exported[name]
    expected, expected_grad = _library(LOSS_CASES[name])
    upto_30 = torch.tensor([gap <= 30 for gap in GAPS]).repeat_interleave(8)

    assert grad.dtype == torch.float32
    assert torch.isfinite(losses[torch.isfinite(expected)]).all()
    assert not grad[~expected_grad.isnan()].isnan().any()
    assert torch.allclose(losses[upto_30], expected[upto_30], rtol=1e-5, atol=1e-12)
    assert torch.allclose(grad[upto_30], expected_grad[upto_30], rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("name", LOSS_CASES)
def test_function_agrees_with_the_library(name, exported):
    loss = LOSS_CASES[name]
    expected = loss.partial(SCORES if isinstance(loss.link, Logits) else PROBS)

    assert np.allclose(exported[name][2], np.broadcast_to(expected, PROBS.shape), rtol=1e-10)


@pytest.mark.parametrize("name", LOSS_CASES)
def test_code_reads_well(name):
    for text in (torch_module(LOSS_CASES[name]), numpy_function(LOSS_CASES[name])):
        tree = ast.parse(text)
        assert ast.get_docstring(tree)
        assert [line for line in text.splitlines() if len(line) > 100] == []
        assert not re.search(r"[ \t]+$", text, re.MULTILINE)
        assert "alfs_core" not in text


def test_module_of_agce_is_a_page_of_its_paper():
    text = torch_module(LOSSES["AGCE"].build(a=6.0, q=1.5))

    assert text.startswith('r"""Asymmetric generalized cross entropy, as a PyTorch module')
    assert r"Formula: \frac{(a+1)^{q}-(a+u)^{q}}{q}" in text
    assert "Asymmetric Loss Functions" in text
    assert 'def __init__(self, a=6.0, q=1.5, reduction="mean"):' in text
    assert "losses = ((self.a + 1) ** self.q - (self.a + u) ** self.q) / self.q" in text


def test_parameters_of_sums_have_the_names_of_the_family():
    for family in FAMILIES:
        if family.name == "NRCE":  # its A cancels, so the family has no parameter
            continue
        text = torch_module(family.build())
        (signature,) = re.findall(r'def __init__\(\s*self,(.*?)reduction="mean"', text, re.DOTALL)
        names = {argument.partition("=")[0].strip() for argument in signature.split(",")[:-1]}
        assert names == {p.name for p in family.parameters if not p.integer}, family.name


def test_code_of_any_formula_computes_what_the_formula_computes():
    """Signs, parentheses and lines of their own, over generated formulas."""
    rng, compared = random.Random(13), 0
    logits, targets = torch.from_numpy(SCORES), torch.arange(20) % 4
    p = torch.softmax(logits, -1).numpy()
    while compared < 150:
        try:
            loss = FormulaLoss(grown(rng))
            expected = np.broadcast_to(loss.partial(p), p.shape)
        except FormulaError:
            continue
        if not np.isfinite(expected).all() or np.abs(expected).max() > 1e6:
            continue
        function, module = _scope(numpy_function(loss))["formula"], _scope(torch_module(loss))
        losses = module["Formula"](reduction="none")(logits, targets)
        with np.errstate(all="ignore"):
            assert np.allclose(function(p), expected, rtol=1e-9), loss.text
        chosen = expected[np.arange(20), targets]
        assert np.allclose(losses, chosen, rtol=1e-8, atol=1e-8), loss.text
        compared += 1


def _scope(text: str) -> dict:
    scope: dict = {}
    exec(text, scope)
    return scope


def test_mean_is_the_default_reduction():
    module = _scope(torch_module(LOSSES["GCE"].build()))["GCE"]
    logits, targets = _logits(torch.float64)

    assert torch.allclose(
        module()(logits, targets), module(reduction="none")(logits, targets).mean()
    )


def test_no_parameter_hides_an_attribute_of_a_module():
    public = {name for name in dir(torch.nn.Module()) if re.fullmatch(r"[A-Za-z]\w*", name)}

    assert public <= TAKEN
