"""Numbers that say how a loss behaves before anything is trained."""

from functools import singledispatch

import numpy as np

from alfs_core.losses.base import Loss
from alfs_core.numerics.dual import Dual
from alfs_core.numerics.links import Link, Logits, Softmax, TemperedSoftmax


def initial_gradient(loss: Loss, num_classes: int) -> float:
    """−∂L/∂z_y at equal logits: how hard the first step pulls at the given label's logit.

    For a local loss this is ω(u) = −ℓ'(u) u (1 − u) at u = 1/K. The mean over the labels is
    taken, since ε-softmax breaks the tie by favouring one class.
    """
    point, direction = _start(loss.link, num_classes)
    result = loss.partial(Dual(point, direction))
    return -float(np.mean(np.diagonal(result.slope)))


def uniform_slope(loss: Loss, num_classes: int) -> float:
    """|dL/dp_y| at the uniform prediction, p_y rising at the equal expense of the others.

    A loss that does not read softmax probabilities gets the slope of a softmax loss with the same
    initial gradient, so dividing by it makes first steps equal. It is 0 where the loss is flat
    there: PolySoft with λ ≤ log K.
    """
    return initial_gradient(loss, num_classes) * num_classes**2 / (num_classes - 1)


@singledispatch
def _start(link: Link, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """What the loss reads at z = 0, and for each label y how that moves with z_y; both (K, K)."""
    raise TypeError(f"no link {link!r}")


@_start.register
def _(link: Softmax, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    return _start(TemperedSoftmax(1.0), num_classes)


@_start.register
def _(link: TemperedSoftmax, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    uniform = np.full((num_classes, num_classes), 1 / num_classes)
    return uniform, (np.eye(num_classes) - uniform) * num_classes**-link.t


@_start.register
def _(link: Logits, num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((num_classes, num_classes)), np.eye(num_classes)
