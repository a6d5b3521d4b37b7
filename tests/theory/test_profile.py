"""Profiles: exact slopes, the gradient of the logits, scales."""

import numpy as np
import pytest

from alfs_core.errors import DomainError
from alfs_core.losses import CE, GCE, LOSSES, MAE, LossSpec, Normalized
from alfs_core.losses.facts import initial_gradient
from alfs_core.theory.profile import SCALES, profile, reads_logits, scaled

DRAWN = [name for name in LOSSES if not reads_logits(LossSpec.of(name).build())]


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_cross_entropy_by_hand():
    curve = profile(CE(), 10)

    assert curve.u[0] == 0
    assert curve.u[-1] == 1
    assert curve.value[0] == np.inf
    assert curve.slope[0] == -np.inf
    np.testing.assert_allclose(curve.pull, 1 - curve.u, atol=1e-12)
    assert curve.at("value", 0.1) == pytest.approx(np.log(10), rel=1e-12)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_slope_is_the_derivative_of_the_value(name, num_classes):
    curve = profile(LossSpec.of(name).build(), num_classes)
    inside = (curve.u > 0.05) & (curve.u < 0.95)
    # from a parabola through three neighbours, whose error is second order in their distance
    slope = np.gradient(curve.value[inside], curve.u[inside])
    off = np.abs(slope - curve.slope[inside])

    # a kink or a jump of a loss spoils single points
    scale = np.abs(curve.slope[inside]).max() + 1e-9
    assert np.mean(off < 0.02 * scale) > 0.95


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("num_classes", [2, 3, 100])
def test_the_pull_at_the_start_is_the_initial_gradient(name, num_classes):
    loss = LossSpec.of(name).build()
    curve = profile(loss, num_classes)
    if "ECE" in name or "EFL" in name:
        pytest.skip("ε-softmax breaks the tie of equal logits; the fact is a mean over labels")

    start = curve.at("pull", 1 / num_classes)
    assert start == pytest.approx(initial_gradient(loss, num_classes), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("loss", [CE(), MAE(), GCE(q=0.7), Normalized(CE())], ids=repr)
def test_the_pull_is_the_gradient_of_the_logit(loss):
    curve = profile(loss, 4)
    index = np.argmin(np.abs(curve.u - 0.3))
    u = curve.u[index]
    logits = np.log([u, *[(1 - u) / 3] * 3])
    step = np.array([1e-5, 0, 0, 0])
    rise = loss.partial(softmax(logits + step))[0] - loss.partial(softmax(logits - step))[0]

    assert curve.pull[index] == pytest.approx(-rise / 2e-5, rel=1e-7)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("num_classes", [2, 100])
def test_no_hole_in_a_curve(name, num_classes):
    curve = profile(LossSpec.of(name).build(), num_classes)

    assert not np.isnan(curve.value).any()
    assert not np.isnan(curve.slope).any()
    assert np.isfinite(curve.pull).all()


def test_a_loss_without_values_at_the_vertices_keeps_off_them():
    curve = profile(Normalized(CE()), 10, floor=1e-3)

    assert curve.u[0] == 1e-3
    assert curve.u[-1] == pytest.approx(1 - 9e-3)
    assert profile(CE(), 10, floor=1e-3).u[0] == 0


def test_range_scale():
    curve = scaled(profile(GCE(q=0.7), 10), "range")

    assert (curve.value[0], curve.value[-1]) == (1, 0)
    assert curve.scale == "range"
    assert scaled(profile(CE(), 10), "range").scale == "published"


def test_step_scale_gives_every_loss_the_same_slope_at_the_start():
    for loss in (CE(), MAE(), GCE(q=0.7)):
        curve = scaled(profile(loss, 10), "step")
        assert curve.at("slope", 0.1) == pytest.approx(-1, rel=1e-12)
        assert curve.value[-1] == 0


def test_published_scale_is_the_formula():
    curve = profile(MAE(), 5)

    assert scaled(curve, SCALES[0]) is curve


def test_a_loss_on_logits_is_refused_in_a_sentence():
    on_logits = [name for name in LOSSES if name not in DRAWN]
    for name in on_logits:
        with pytest.raises(DomainError, match="reads logits"):
            profile(LossSpec.of(name).build(), 10)
