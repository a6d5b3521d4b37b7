"""Designs: members of a family that tolerate a matrix, with the hardest start among them."""

import numpy as np
import pytest

from alfs_core.errors import DomainError
from alfs_core.losses import LOSSES, family
from alfs_core.noise.transition import cifar10_pairs, identity, pair_flip, symmetric
from alfs_core.theory.design import FAMILIES, _pulls, design, largest_reserve, reserved
from alfs_core.theory.evidence import Verdict
from alfs_core.theory.phase import axis, margin_on, ratio_needed, rows_of
from alfs_core.theory.tolerance import tolerant
from alfs_core.theory.tradeoff import RANGE, frontier, pull

NOISES = {
    "pairs": (10, pair_flip(10, 0.4)),
    "symmetric": (10, symmetric(10, 0.6)),
    "some classes": (10, cifar10_pairs(10, 0.3)),
    "many classes": (100, symmetric(100, 0.5)),
}


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_design_tolerates_the_noise_with_its_reserve(name, noise):
    K, T = NOISES[noise]
    rows = rows_of(T)
    found = design(name, rows, K, 0.01)
    loss = found.spec.build()

    assert tolerant(loss, T).verdict is Verdict.HOLDS
    assert margin_on(loss, reserved(rows, 0.01)) >= -1e-12
    assert found.reserve >= 0.01 - 1e-9
    assert found.margin == margin_on(loss, rows)
    assert all(
        p.typical[0] <= v <= p.typical[1]
        for p, v in zip(family(name).parameters, dict(found.spec.values).values(), strict=True)
    )


@pytest.mark.parametrize("name", ["AGCE", "AUL", "AEL", "TCE"])
def test_no_member_on_a_fine_grid_starts_harder(name):
    rows = rows_of(pair_flip(10, 0.35))
    found = design(name, rows, 10)
    grids = np.meshgrid(*(axis(p, 40) for p in family(name).parameters))
    losses = [
        family(name).build(**dict(zip(family(name).defaults, values, strict=True)))
        for values in zip(*(grid.ravel() for grid in grids), strict=True)
    ]
    inside = [loss for loss in losses if margin_on(loss, rows) >= 0]

    assert inside
    assert found.pull >= (1 - 2e-3) * max(pull(loss, 10, RANGE) for loss in inside)


def test_the_one_parameter_family_ends_on_its_threshold():
    """AEL tolerates w_m/w_n ≥ e^{1/a} (THEORY B), and starts harder the smaller a is."""
    found = design("AEL", rows_of(pair_flip(10, 0.4)), 10)

    assert dict(found.spec.values)["a"] == pytest.approx(1 / np.log(1.5), rel=5e-3)
    assert found.reserve < 1e-3


def test_a_larger_reserve_costs_pull():
    rows = rows_of(symmetric(10, 0.6))
    bold, careful = design("AGCE", rows, 10, 0.0), design("AGCE", rows, 10, 0.1)

    assert careful.pull < bold.pull
    assert careful.ratio > bold.ratio


@pytest.mark.parametrize("name", ["AGCE", "AUL", "AEL", "TCE"])
def test_no_convex_design_passes_the_frontier(name):
    rows = rows_of(symmetric(10, 0.6))
    found = design(name, rows, 10)

    assert found.pull <= float(frontier(np.array(ratio_needed(rows)), 10)) * (1 + 1e-9)


def test_amse_starts_like_mae_at_any_stretch():
    """At equal range AMSE pulls by (1/K)(1 − 1/K), so the smallest stretch a ≥ 5 answers."""
    found = design("AMSE", rows_of(pair_flip(10, 0.4)), 10)

    assert found.pull == pytest.approx(0.09)
    assert dict(found.spec.values)["a"] == pytest.approx(5, rel=1e-2)


def test_none_beyond_domination_and_none_for_cross_entropy():
    assert design("AGCE", rows_of(pair_flip(4, 0.55)), 4) is None
    assert design("AGCE", rows_of(pair_flip(4, 0.4)), 4, 0.11) is None
    assert design("GCE", rows_of(pair_flip(4, 0.2)), 4).ratio == 1
    assert design("CE", rows_of(pair_flip(4, 0.2)), 4) is None


@pytest.mark.parametrize("name", [*FAMILIES, "NCE+AGCE", "NGCE"])
def test_starts_of_many_members_at_once_are_those_of_each(name):
    grid = np.meshgrid(*(axis(p, 4) for p in family(name).parameters))
    members = tuple(map(tuple, np.stack([axes.ravel() for axes in grid], axis=-1).tolist()))
    each = [
        float(
            pull(
                family(name).build(**dict(zip(family(name).defaults, numbers, strict=True))),
                10,
                RANGE,
            )
        )
        for numbers in members
    ]

    found = np.array(_pulls(name, members, 10))
    assert found == pytest.approx(np.nan_to_num(each, nan=-np.inf), rel=1e-8)


def test_losses_of_logits_are_refused():
    with pytest.raises(DomainError, match="softmax"):
        design("LC", rows_of(symmetric(3, 0.2)), 3)


def test_the_largest_reserve_is_half_the_lead():
    assert largest_reserve(rows_of(pair_flip(5, 0.3))) == pytest.approx(0.2)
    assert largest_reserve(rows_of(identity(5))) == pytest.approx(0.5)
    assert set(FAMILIES) <= set(LOSSES)
