"""Gradients that reach float32 logits, against 80-digit arithmetic, for gaps up to 200.

Wherever the exact component is at least 1e-35 it is met to 1e-5 of itself; smaller ones may
underflow. A loss that reads more than u has components in which larger terms cancel, exactly at
ties: what float64 can give there is 1e-5 of itself or 1e-13 of Σ_i |∂L/∂p_i · ∂p_i/∂z_j|, the
terms that the chain rule adds (for LDR with its scores in place of p; for LC, which is constant
along z, of the largest component).
The grid below meets no such component and allows nothing.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import exp, log, mpf, workdps

from alfs_core.losses import CE, FL, LOSSES, MAE, BiTempered, EpsilonSoftmax, LossSpec, Normalized
from alfs_core.numerics.elementary import others
from alfs_core.numerics.links import Logits, TemperedSoftmax
from alfs_core.numerics.tensor import prediction, training_loss
from tests.losses import by_hand
from tests.strategies import logits, specs

VISIBLE = 1e-35
GAPS = {2: (0.0, 0.5, 10, 30, 60, 90, 150, 200), 3: (0.0, 3, 30, 90, 200), 10: (0.0, 30, 200)}
FAVOURING = ("ECE", "EFL", "ECE+MAE", "EFL+MAE")  # no slope exists at a tie of the top class


def torch_gradient(spec, z, label):
    """∂L/∂z as float32 logits receive it."""
    rows = torch.tensor(z[None], requires_grad=True)
    training_loss(spec.build(), rows, torch.tensor([label])).backward()
    return rows.grad[0].numpy().astype(float)


def exact_gradient(spec, z, label):
    with workdps(by_hand.DIGITS):
        values = by_hand.precise(dict(spec.values))
        return by_hand.gradient(spec.name, [mpf(float(x)) for x in z], label, values)


def size_of_terms(spec, z, label):
    """Σ_i |∂L/∂p_i · ∂p_i/∂z_j| for every j, ∂p_i/∂z_j = p_i^t (1[i = j] − p_j^t / Σ p^t).

    For LDR the same through its scores, for LC the largest component.
    """
    if spec.name == "LDR":
        return size_of_ldr_terms(spec, z, label)
    if spec.build().link == Logits():
        return [max(map(abs, exact_gradient(spec, z, label)))] * len(z)
    values = by_hand.precise(dict(spec.values))
    p = by_hand.prediction(spec.name, [mpf(float(x)) for x in z], values)
    powers = [u ** values.get("t2", 1) for u in p]

    def loss(at):
        return by_hand.LOSSES[spec.name](at, label, **values)

    slopes = [by_hand.central(loss, p, i, u * mpf(10) ** -25) for i, u in enumerate(p)]
    return [
        sum(abs(s * own * ((i == j) - powers[j] / sum(powers))) for i, (s, own) in pairs)
        for j in range(len(p))
        for pairs in [list(enumerate(zip(slopes, powers, strict=True)))]
    ]


def size_of_ldr_terms(spec, z, label):
    """Σ_i |∂L/∂s_i · ∂s_i/∂z_j|, ∂s_i/∂z_j = K σ(z_j) ([i = j] Σ a − a_i) / (Σ a)², a softplus."""
    values, K = by_hand.precise(dict(spec.values)), len(z)
    logits = [mpf(float(x)) for x in z]
    a = [log(1 + exp(x)) for x in logits]
    s = [K * x / sum(a) for x in a]

    def loss(at):
        return by_hand.ldr_of_scores(at, label, **values)

    slopes = [by_hand.central(loss, s, i, mpf(10) ** -25) for i in range(K)]
    steps = [1 / (1 + exp(-x)) * K / sum(a) ** 2 for x in logits]
    return [
        sum(abs(slopes[i] * steps[j] * ((i == j) * sum(a) - a[i])) for i in range(K))
        for j in range(K)
    ]


def wrong_components(spec, z, label):
    """The classes j whose component misses 1e-5 of itself."""
    got, exact = torch_gradient(spec, z, label), exact_gradient(spec, z, label)
    assert np.isfinite(got).all(), (spec, z, label)
    return {
        j: abs(float(mpf(got[j]) - wanted))
        for j, wanted in enumerate(exact)
        if abs(wanted) >= VISIBLE and abs(mpf(got[j]) - wanted) > 1e-5 * abs(wanted)
    }


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_over_gaps(name):
    spec = LossSpec.of(name)
    for num_classes, gaps in GAPS.items():
        for gap in gaps[1:] if name in FAVOURING else gaps:
            z = np.linspace(gap, 0, num_classes, dtype=np.float32)
            for label in sorted({0, num_classes // 2, num_classes - 1}):
                assert not wrong_components(spec, z, label), (num_classes, gap, label)


def test_terms_of_ldr_that_cancel_leave_no_more_than_their_rounding():
    spec, z = LossSpec.of("LDR", c=0.1, lam=10.0), np.array([0, -27, 0], dtype=np.float32)
    wrong = wrong_components(spec, z, 1)
    with workdps(by_hand.DIGITS):
        sizes = size_of_terms(spec, z, 1)

    assert all(error < 1e-15 * sizes[j] for j, error in wrong.items())
    assert 0.01 < sizes[0] < 1


@settings(max_examples=200)
@given(specs(), st.integers(2, 4), st.data())
def test_gradient_at_drawn_logits(spec, num_classes, data):
    z = data.draw(logits(num_classes))
    label = data.draw(st.integers(0, num_classes - 1))
    assume(spec.name not in FAVOURING or np.diff(np.sort(z))[-1] > 1e-6)
    loss = spec.build()

    wrong = wrong_components(spec, z, label)

    if wrong and not loss.local:
        with workdps(by_hand.DIGITS):
            sizes = size_of_terms(spec, z, label)
        wrong = {j: error for j, error in wrong.items() if error > 1e-13 * sizes[j]}
    assert not wrong


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("gap", "lowest"), [(0, 0), (1e3, 0), (1e5, 0), (0, -1e3), (10, -1e5)])
def test_no_gap_is_too_wide(name, gap, lowest):
    spec = LossSpec.of(name)
    for num_classes in (2, 3, 10):
        z = np.linspace(lowest + gap, lowest, num_classes, dtype=np.float32)
        for label in range(num_classes):
            assert np.isfinite(torch_gradient(spec, z, label)).all()
            value = training_loss(spec.build(), torch.tensor(z[None]), torch.tensor([label]))
            assert torch.isfinite(value)


def test_clamps_are_not_needed():
    z = np.array([0.0, 150.0], dtype=np.float32)

    assert torch_gradient(LossSpec.of("CE"), z, 0).tolist() == [-1.0, 1.0]
    assert torch_gradient(LossSpec.of("GCE", q=0.1), z, 0)[0] == pytest.approx(-math.exp(-15))


# ------------------------------------------------------------------------ the printed gradients


def gradient_of(loss, z, label):
    rows = z.clone().requires_grad_()
    training_loss(loss, rows[None], torch.tensor([label])).backward()
    return rows.grad


@pytest.fixture
def z():
    return torch.tensor([1.0, -0.5, 0.25, 2.0], dtype=torch.double)


def test_gradient_of_normalized_cross_entropy(z):
    """∂L/∂z = [(u − e_y) + L_y (1 − K u)]/S with S = −Σ log u."""
    u, y = z.softmax(-1), 2
    whole = -u.log().sum()
    printed = (u - torch.eye(4)[y] - u[y].log() / whole * (1 - 4 * u)) / whole

    assert torch.allclose(gradient_of(Normalized(CE()), z, y), printed, rtol=1e-12)


def test_gradient_of_amse(z):
    """(2/K) [u ∘ (u − ‖u‖²) − a u_y (e_y − u)]."""
    u, y, a = z.softmax(-1), 1, 30.0
    printed = 2 / 4 * (u * (u - u.square().sum()) - a * u[y] * (torch.eye(4)[y] - u))

    assert torch.allclose(gradient_of(LossSpec.of("AMSE").build(), z, y), printed, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].build().local])
def test_gradient_of_a_local_loss(name, z):
    """∂L/∂z_j = ℓ'(u_y) u_y (1[j = y] − u_j), ℓ' by a central difference."""
    loss, u, y = LOSSES[name].build(), z.softmax(-1), 3
    step = 1e-5
    at = [loss.partial(float(u[y]) + s * step) for s in (1, -1)]
    slope = (at[0] - at[1]) / (2 * step)

    printed = slope * u[y] * (torch.eye(4)[y] - u)
    assert torch.allclose(gradient_of(loss, z, y), printed, rtol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_equals_finite_difference(name, z):
    loss = LOSSES[name].build()
    for y in range(4):
        at = [
            [training_loss(loss, (z + s * 1e-5 * e)[None], torch.tensor([y])) for s in (1, -1)]
            for e in torch.eye(4, dtype=torch.double)
        ]
        differences = torch.stack([(above - below) / 2e-5 for above, below in at])
        assert torch.allclose(gradient_of(loss, z, y), differences, rtol=1e-6, atol=1e-7)


# ------------------------------------------------------------------------------ ties and links


def test_ties_of_epsilon_softmax_go_to_the_first_class():
    loss = EpsilonSoftmax(CE(), m=3.0)
    tied = torch.zeros(1, 2, dtype=torch.double)

    first, second = (training_loss(loss, tied, torch.tensor([y])).item() for y in (0, 1))
    assert first == pytest.approx(-math.log(3.5 / 4))
    assert second == pytest.approx(-math.log(0.5 / 4))
    assert loss.partial(np.array([0.5, 0.5])) == pytest.approx([first, second])
    # the mask is a constant: ∂/∂p of −log((p + 3)/4) at p = ½ is −1/3.5, and ∂p/∂z = ¼
    assert gradient_of(loss, tied[0], 0).tolist() == pytest.approx([-0.25 / 3.5, 0.25 / 3.5])


def test_epsilon_softmax_without_votes_is_softmax():
    z = torch.linspace(0, 300, 3, dtype=torch.double)
    for y in range(3):
        plain, relaxed = FL(gamma=2.0), EpsilonSoftmax(FL(gamma=2.0), m=0.0)
        assert torch.equal(gradient_of(plain, z, y), gradient_of(relaxed, z, y))


@given(logits(3, largest=40.0), st.floats(1.0, 4.0))
def test_links_normalise(z, t):
    rows = torch.tensor(z, dtype=torch.double)
    u = prediction(TemperedSoftmax(t), rows)

    assert u.value.sum().item() == pytest.approx(1, abs=1e-13)
    assert torch.allclose(u.complement.exp(), others(u.value), rtol=1e-10, atol=0)


def test_tempered_softmax_of_two_logits():
    """t = 2: û = 1/(1 + λ − z), so û_1 − û_2 follows from a quadratic."""
    z = torch.tensor([1.0, 0.0], dtype=torch.double)
    u = prediction(TemperedSoftmax(2.0), z).value

    assert u.sum().item() == pytest.approx(1)
    assert (1 / u[1] - 1 / u[0]).item() == pytest.approx(1.0)
    near_softmax = prediction(TemperedSoftmax(1 + 1e-9), z).value
    assert torch.allclose(near_softmax, z.softmax(-1), rtol=1e-8)


def test_tempered_softmax_keeps_the_distance_from_one():
    """û_2 = 3^−50, and log û_1 = log(1 − û_2) is −û_2 to all digits."""
    u = prediction(TemperedSoftmax(1.02), torch.tensor([100.0, 0.0], dtype=torch.double))
    rest = 3.0**-50

    assert u.value[1].item() == pytest.approx(rest, rel=1e-12)
    assert u.log[0].item() == pytest.approx(-rest, rel=1e-12, abs=0)
    assert u.complement[0].item() == pytest.approx(math.log(rest), rel=1e-12)


def test_bi_tempered_reads_the_tempered_softmax():
    assert BiTempered(t1=0.5, t2=1.5).link == TemperedSoftmax(1.5)
    assert LossSpec.of("LC").build().link == Logits()


def test_reductions():
    z, y = torch.randn(5, 3, dtype=torch.double), torch.tensor([0, 1, 2, 0, 1])
    each = training_loss(MAE(), z, y, reduction="none")

    assert each.shape == (5,)
    assert torch.allclose(each, 1 - z.softmax(-1)[torch.arange(5), y])
    assert torch.allclose(training_loss(MAE(), z, y), each.mean())


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].build().link != Logits()])
def test_second_derivatives_are_refused_rather_than_wrong(name):
    z = torch.randn(1, 3, dtype=torch.double, requires_grad=True)
    loss = training_loss(LOSSES[name].build(), z, torch.tensor([0]))
    (slope,) = torch.autograd.grad(loss, z, create_graph=True)

    with pytest.raises(RuntimeError, match=r"once_differentiable|does not require grad"):
        slope.square().sum().backward()
