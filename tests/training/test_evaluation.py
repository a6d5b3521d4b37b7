import numpy as np
import pytest
import torch
from torch import nn

from alfs_core.losses import AGCE, CE, GCE, MAE
from alfs_core.training import evaluation
from alfs_core.training.control import Stop
from alfs_core.training.evaluation import (
    Doubts,
    Exam,
    confusion,
    contradicted,
    doubts,
    examine,
    predict,
    telling,
    wrong_gradient,
)
from alfs_core.training.events import Confusion, Contradicted, Predictions

LOGITS = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 3.0], [1.0, -1.0, 0.0]])
GIVEN = torch.tensor([0, 2, 2, 1])
WRONG = torch.tensor([False, True, False, True])


def by_hand(weight):
    """Local losses: ‖∂L/∂z‖ is the weight −u ℓ'(u) times ‖e_y − p‖."""
    p = LOGITS.double().softmax(1).numpy()
    u = p[np.arange(4), GIVEN]
    norms = weight(u) * np.linalg.norm(np.eye(3)[GIVEN] - p, axis=1)
    return norms[WRONG.numpy()].sum() / norms.sum()


@pytest.mark.parametrize(
    ("loss", "weight"),
    [
        (CE(), lambda u: np.ones_like(u)),
        (MAE(), lambda u: 2 * u),
        (GCE(q=0.7), lambda u: u**0.7),
        (AGCE(a=0.6, q=0.6), lambda u: u * (0.6 + u) ** -0.4),
    ],
    ids=["CE", "MAE", "GCE", "AGCE"],
)
def test_the_share_of_the_gradient_is_that_of_the_formula(loss, weight):
    assert wrong_gradient(loss, LOGITS, GIVEN, WRONG) == pytest.approx(by_hand(weight), rel=1e-6)


def test_parts_of_a_sample_add_up(monkeypatch):
    whole = wrong_gradient(CE(), LOGITS, GIVEN, WRONG)
    monkeypatch.setattr(evaluation, "GRADIENT_BATCH", 3)

    assert wrong_gradient(CE(), LOGITS, GIVEN, WRONG) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(("wrong", "found"), [(torch.ones, 1.0), (torch.zeros, 0.0)])
def test_all_labels_wrong_or_none(wrong, found):
    assert wrong_gradient(MAE(), LOGITS, GIVEN, wrong(4, dtype=torch.bool)) == found


def test_where_nothing_pulls_there_is_no_share():
    certain = torch.tensor([[2000.0, 0.0, 0.0]])

    assert wrong_gradient(CE(), certain, torch.tensor([0]), torch.tensor([False])) is None


def test_a_gradient_that_is_no_number_gives_no_share():
    logits = torch.full((2, 3), float("nan"))

    assert wrong_gradient(CE(), logits, torch.tensor([0, 1]), torch.tensor([False, True])) is None


def test_a_network_is_marked_on_what_it_predicts():
    """The identity as the network: the images are the logits."""
    exam = Exam(LOGITS, GIVEN, torch.tensor([0, 1, 2, 0]), LOGITS[:2], torch.tensor([0, 2]))

    marks = examine(nn.Identity(), CE(), exam)

    assert (marks.test_accuracy, marks.whole_accuracy) == (0.5, 0.5)
    assert (marks.clean_fit, marks.wrong_fit) == (1.0, 0.0)
    assert marks.answers.tolist() == [0, 1]
    torch.testing.assert_close(marks.logits, LOGITS)
    assert 0 < marks.wrong_gradient < 1


def test_evaluations_compare_on_the_first_test_images(monkeypatch):
    monkeypatch.setattr(evaluation, "TEST_IMAGES", 1)
    exam = Exam(LOGITS, GIVEN, GIVEN, LOGITS[:2], torch.tensor([0, 2]))

    marks = examine(nn.Identity(), CE(), exam)

    assert (marks.test_accuracy, marks.whole_accuracy) == (1.0, 0.5)


def test_an_evaluation_can_be_left_before_each_of_its_batches(monkeypatch):
    monkeypatch.setattr(evaluation, "EVALUATION_BATCH", 1)
    exam = Exam(LOGITS, GIVEN, GIVEN, LOGITS[:2], GIVEN[:2])
    asked = []

    def checkpoint():
        asked.append(None)
        if len(asked) == 5:
            raise Stop

    with pytest.raises(Stop):
        examine(nn.Identity(), CE(), exam, checkpoint)
    assert len(asked) == 5


def test_predictions_leave_no_graph():
    net = nn.Linear(3, 3)

    assert not predict(net, LOGITS).requires_grad
    assert net.weight.grad is None


def test_a_confusion_matrix_counts_classes_against_predictions():
    counts = confusion(torch.tensor([0, 0, 1, 2]), torch.tensor([0, 2, 1, 2]), 3)

    assert counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_doubts_are_contradicted_labels_most_confident_first():
    """Images 1 and 3 are predicted otherwise than given; 3 with p = 0.665, 1 with 0.576."""
    found = doubts(LOGITS, GIVEN, torch.tensor([0, 2, 2, 0]))

    assert found.places.tolist() == [3, 1]
    assert found.predicted.tolist() == [0, 1]
    assert found.probability.tolist() == pytest.approx([0.665241, 0.576117], abs=1e-6)
    assert found.wrong.tolist() == [True, False]
    assert found.counted() == ((2,), (1,))


def test_doubts_are_counted_at_round_depths_and_at_all():
    wrong = torch.tensor([True] * 15 + [False] * 10)
    found = Doubts(torch.arange(25), wrong, wrong, wrong)

    assert found.counted() == ((10, 20, 25), (10, 15, 15))


def test_who_predicts_every_given_label_has_no_doubt():
    exam = Exam(LOGITS, LOGITS.argmax(1), LOGITS.argmax(1), LOGITS, LOGITS.argmax(1))
    event = contradicted(0, 1, examine(nn.Identity(), CE(), exam), exam, PICTURES)

    assert (event.contradicted, event.depths, event.places) == (0, (), ())
    assert event.pictures.shape == (0, 32, 32, 3)


PICTURES = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 32, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("epoch", "last", "classes", "kinds"),
    [
        (1, False, 3, [Predictions, Confusion]),
        (4, False, 3, [Predictions, Confusion, Contradicted]),
        (5, True, 3, [Predictions, Confusion, Contradicted]),
        (1, False, 11, [Predictions]),
        (5, True, 11, [Predictions, Confusion, Contradicted]),
    ],
)
def test_what_is_big_is_told_more_rarely(epoch, last, classes, kinds):
    logits = nn.functional.pad(LOGITS, (0, classes - 3), value=-9.0)
    exam = Exam(logits, GIVEN, torch.tensor([0, 1, 2, 0]), logits, GIVEN)
    marks = examine(nn.Identity(), CE(), exam)

    events = list(telling(2, epoch, marks, exam, PICTURES, last))

    assert [type(event) for event in events] == kinds
    assert {(event.loss, event.epoch) for event in events} == {(2, epoch)}


def test_a_doubt_shows_its_picture_and_its_labels():
    exam = Exam(LOGITS, GIVEN, torch.tensor([0, 2, 2, 0]), LOGITS, GIVEN)

    event = contradicted(0, 1, examine(nn.Identity(), CE(), exam), exam, PICTURES)

    assert event.pictures[:, 0, 0, 0].tolist() == [3, 1]
    assert (event.given, event.true, event.predicted) == ((1, 2), (0, 2), (0, 1))
    assert (event.examined, event.contradicted, event.noise_rate) == (4, 2, 0.25)
