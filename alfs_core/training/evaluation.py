"""How a network does: accuracy, fit on right and wrong labels, where its gradient comes from."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from alfs_core.losses import Loss
from alfs_core.numerics.tensor import training_loss

TEST_IMAGES = 2_000  # at each evaluation but the last, which takes all
FIT_IMAGES = 1_000
EVALUATION_BATCH = 500
GRADIENT_BATCH = 10_000  # logits are small; memory stays bounded with 100 classes too


@dataclass(frozen=True)
class Exam:
    """What networks are evaluated on: images (N, 32, 32, 3) uint8 or features (N, F); labels (N,).

    Training images come with the label they were given and the true one.
    """

    x_train: Tensor
    given: Tensor
    true: Tensor
    x_test: Tensor
    y_test: Tensor


@dataclass(frozen=True)
class Marks:
    """What an evaluation found; ``logits`` (N, K) are of the training images, ``answers`` (M,) the
    classes predicted for the test images. Shares are None where there is nothing to divide by."""

    test_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None
    wrong_gradient: float | None
    logits: Tensor
    answers: Tensor


def examine(net: nn.Module, loss: Loss, exam: Exam) -> Marks:
    """Evaluate a network, as it predicts (batch norm by its running means)."""
    net.eval()
    answers = predict(net, exam.x_test).argmax(1)
    logits = predict(net, exam.x_train)
    hits, wrong = logits.argmax(1) == exam.given, exam.given != exam.true
    return Marks(
        share(answers == exam.y_test) or 0.0,
        share(hits[~wrong]),
        share(hits[wrong]),
        wrong_gradient(loss, logits, exam.given, wrong),
        logits,
        answers,
    )


@torch.inference_mode()
def predict(net: nn.Module, images: Tensor) -> Tensor:
    """Logits (N, K) of images (N, 32, 32, 3)."""
    return torch.cat([net(part) for part in images.split(EVALUATION_BATCH)])


def share(hits: Tensor) -> float | None:
    """The share of True in ``hits`` (N,), None where it is empty."""
    return float(hits.double().mean()) if len(hits) else None


def wrong_gradient(loss: Loss, logits: Tensor, given: Tensor, wrong: Tensor) -> float | None:
    """The share of the gradient that comes from wrong labels, in [0, 1].

    Σ ‖∂L/∂z‖₂ over the images with a wrong label, divided by the same sum over all; z are an
    image's logits (one row of N, K) and L its loss for the label it was given (N,). A loss that
    weighed all images alike would give the share of wrong labels. None where no image has a
    gradient, or some gradient is not finite.
    """
    norms = torch.cat(list(_gradient_norms(loss, logits, given)))
    total = float(norms.sum())
    return float(norms[wrong].sum()) / total if 0 < total < float("inf") else None


def _gradient_norms(loss: Loss, logits: Tensor, given: Tensor) -> Iterator[Tensor]:
    parts = zip(logits.split(GRADIENT_BATCH), given.split(GRADIENT_BATCH), strict=True)
    for part, labels in parts:
        z = part.detach().clone().requires_grad_()  # what inference mode made has no gradient
        training_loss(loss, z, labels, reduction="none").sum().backward()
        assert z.grad is not None
        yield z.grad.double().norm(dim=1)
