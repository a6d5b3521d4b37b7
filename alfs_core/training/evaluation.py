"""How a network does: accuracy, fit on right and wrong labels, where its gradient comes from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from alfs_core.data.dataset import Images
from alfs_core.losses import Loss
from alfs_core.numerics.tensor import training_loss
from alfs_core.training.events import (
    Confusion,
    Contradicted,
    Event,
    Predictions,
    pack_pictures,
)

TEST_IMAGES = 2_000  # at each evaluation but the last, which takes all
FIT_IMAGES = 1_000
EVALUATION_BATCH = 500
SAMPLE_IMAGES = 300  # whose predictions are told
SMALL_MATRIX = 10  # classes up to which every evaluation tells its confusion matrix
DOUBTS_EVERY = 4  # epochs; a picture takes 4 kB
DOUBTS_SHOWN = 16
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
    """What an evaluation found; ``logits`` (N, K) are of the training images, in the computer's own
    memory, where float64 is; ``answers`` (M,) the classes predicted for the test images. Shares are
    None where there is nothing to divide by. ``test_accuracy`` is of the first TEST_IMAGES, so that
    evaluations compare; ``whole_accuracy`` of all M."""

    test_accuracy: float
    whole_accuracy: float
    clean_fit: float | None
    wrong_fit: float | None
    wrong_gradient: float | None
    logits: Tensor
    answers: Tensor


def go_on() -> None:
    """The checkpoint of an evaluation that nobody interrupts."""


def examine(
    net: nn.Module, loss: Loss, exam: Exam, checkpoint: Callable[[], None] = go_on
) -> Marks:
    """Evaluate a network, as it predicts (batch norm by its running means); ``checkpoint`` is
    called before each batch and may wait or raise."""
    net.eval()
    answers = predict(net, exam.x_test, checkpoint).argmax(1)
    logits = predict(net, exam.x_train, checkpoint)
    hits, wrong = logits.argmax(1) == exam.given, exam.given != exam.true
    right = answers == exam.y_test
    return Marks(
        share(right[:TEST_IMAGES]) or 0.0,
        share(right) or 0.0,
        share(hits[~wrong]),
        share(hits[wrong]),
        wrong_gradient(loss, logits.cpu(), exam.given.cpu(), wrong.cpu()),
        logits.cpu(),
        answers,
    )


def telling(
    loss: int, epoch: float, marks: Marks, exam: Exam, pictures: Images, last: bool
) -> Iterator[Event]:
    """What an evaluation tells beside its shares, as often as its size allows.

    ``pictures`` (at least N, 32, 32, 3) are the training images as they look.
    """
    sample = marks.logits[:SAMPLE_IMAGES].double().softmax(1).numpy()
    yield Predictions.of(loss, epoch, sample)
    num_classes = marks.logits.shape[1]
    if last or num_classes <= SMALL_MATRIX:
        counts = confusion(exam.y_test, marks.answers, num_classes)
        yield Confusion.of(loss, epoch, counts.cpu().numpy())
    if last or epoch % DOUBTS_EVERY == 0:
        yield contradicted(loss, epoch, marks, exam, pictures)


@torch.inference_mode()
def predict(net: nn.Module, images: Tensor, checkpoint: Callable[[], None] = go_on) -> Tensor:
    """Logits (N, K) of images (N, 32, 32, 3)."""
    parts = []
    for part in images.split(EVALUATION_BATCH):
        checkpoint()
        parts.append(net(part).float())
    return torch.cat(parts)


def share(hits: Tensor) -> float | None:
    """The share of True in ``hits`` (N,), None where it is empty."""
    return int(hits.sum()) / len(hits) if len(hits) else None


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


def confusion(true: Tensor, predicted: Tensor, num_classes: int) -> Tensor:
    """How many images of each class (row) are predicted as each class (column): (K, K)."""
    counts = torch.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


@dataclass(frozen=True)
class Doubts:
    """Training images predicted as another class than their given one, most confident first.

    Places (n,) in the sample, what is predicted there and with which probability, and whether the
    given label is wrong indeed.
    """

    places: Tensor
    predicted: Tensor
    probability: Tensor
    wrong: Tensor

    def counted(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Depths 10, 20, 50, 100 ... up to all, and how many of the first so many are wrong."""
        count = len(self.places)
        steps = (step * 10**power for power in range(1, 6) for step in (1, 2, 5))
        depths = [depth for depth in steps if depth < count] + [count] * (count > 0)
        found = self.wrong.cumsum(0)
        return tuple(depths), tuple(int(found[depth - 1]) for depth in depths)


def doubts(logits: Tensor, given: Tensor, true: Tensor) -> Doubts:
    """Where logits (N, K) contradict the given labels (N,); of equals the first comes first."""
    probability, predicted = logits.double().softmax(1).max(1)
    places = (predicted != given).nonzero().squeeze(1)
    order = probability[places].sort(descending=True, stable=True).indices
    places = places[order]
    wrong = given[places] != true[places]
    return Doubts(places, predicted[places], probability[places], wrong)


def contradicted(
    loss: int, epoch: float, marks: Marks, exam: Exam, pictures: Images
) -> Contradicted:
    """The event that tells the doubts of a network."""
    found = doubts(marks.logits, exam.given.cpu(), exam.true.cpu())
    depths, wrong = found.counted()
    first = found.places[:DOUBTS_SHOWN]
    return Contradicted(
        loss,
        epoch,
        len(exam.given),
        len(found.places),
        share(exam.given != exam.true) or 0.0,
        depths,
        wrong,
        tuple(first.tolist()),
        tuple(exam.given.cpu()[first].tolist()),
        tuple(exam.true.cpu()[first].tolist()),
        tuple(found.predicted[: len(first)].tolist()),
        tuple(round(x, 6) for x in found.probability[: len(first)].tolist()),
        pack_pictures(pictures[first.numpy()]),
    )


def _gradient_norms(loss: Loss, logits: Tensor, given: Tensor) -> Iterator[Tensor]:
    parts = zip(logits.split(GRADIENT_BATCH), given.split(GRADIENT_BATCH), strict=True)
    for part, labels in parts:
        z = part.detach().clone().requires_grad_()  # what inference mode made has no gradient
        training_loss(loss, z, labels, reduction="none").sum().backward()
        assert z.grad is not None
        yield z.grad.double().norm(dim=1)
