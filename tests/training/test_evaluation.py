import numpy as np
import pytest
import torch
from torch import nn

from alfs_core.losses import AGCE, CE, GCE, MAE
from alfs_core.training import evaluation
from alfs_core.training.evaluation import Exam, examine, predict, wrong_gradient

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

    assert marks.test_accuracy == 0.5
    assert (marks.clean_fit, marks.wrong_fit) == (1.0, 0.0)
    assert marks.answers.tolist() == [0, 1]
    torch.testing.assert_close(marks.logits, LOGITS)
    assert 0 < marks.wrong_gradient < 1


def test_predictions_leave_no_graph():
    net = nn.Linear(3, 3)

    assert not predict(net, LOGITS).requires_grad
    assert net.weight.grad is None
