import numpy as np
import pytest

from alfs_core.data.synthetic import shapes10
from alfs_core.noise.corruption import empirical_transition
from alfs_core.noise.instance import CHUNK, class_average, draw, instance_rows

DATA = shapes10(600, 20, 0)


def rows_of(rate: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return instance_rows(DATA.x_train, DATA.y_train, 10, rate, rng)


@pytest.mark.parametrize("rate", [0.05, 0.4, 0.8])
def test_rows_are_probabilities_and_the_own_label_keeps_the_rest_of_q(rate):
    rows = rows_of(rate)
    own = rows[np.arange(600), DATA.y_train]

    np.testing.assert_allclose(rows.sum(1), 1)
    assert (rows >= 0).all()
    assert ((own > 0) & (own < 1)).all()


def test_rates_are_normal_around_the_asked_one():
    q = 1 - rows_of(0.4)[np.arange(600), DATA.y_train]

    assert q.mean() == pytest.approx(0.4, abs=0.015)
    assert q.std() == pytest.approx(0.1, abs=0.01)


def test_the_rule_is_one_linear_map_of_the_pixels():
    rng = np.random.default_rng(3)
    images, labels = DATA.x_train[:5], DATA.y_train[:5]
    rows = instance_rows(images, labels, 10, 0.3, rng)

    again = np.random.default_rng(3)
    from scipy.stats import truncnorm

    q = truncnorm.rvs(-3, 7, loc=0.3, scale=0.1, size=5, random_state=again)
    W = again.standard_normal((3072, 10), np.float32)
    for x, y, rate, row in zip(images, labels, q, rows, strict=True):
        logits = np.delete((x.reshape(-1) / 255 @ W.astype(float)), y)
        weight = np.exp(logits - logits.max())
        np.testing.assert_allclose(np.delete(row, y), rate * weight / weight.sum(), atol=1e-3)
        assert row[y] == pytest.approx(1 - rate)


def test_chunks_make_no_difference(monkeypatch):
    whole = rows_of(0.4)
    monkeypatch.setattr("alfs_core.noise.instance.CHUNK", 100)

    assert CHUNK > 600
    np.testing.assert_allclose(rows_of(0.4), whole, atol=1e-4)


def test_a_seed_gives_the_same_rows_and_labels_and_another_seed_others():
    np.testing.assert_array_equal(rows_of(0.4), rows_of(0.4))
    assert (rows_of(0.4) != rows_of(0.4, 1)).any()


def test_drawn_labels_follow_the_rows():
    rows = np.tile([0.2, 0.0, 0.5, 0.3], (40_000, 1))

    shares = np.bincount(draw(rows, np.random.default_rng(0)), minlength=4) / 40_000

    np.testing.assert_allclose(shares, rows[0], atol=0.01)
    assert shares[1] == 0


def test_the_class_average_is_what_labels_are_drawn_by():
    rows = rows_of(0.4)
    T = class_average(rows, DATA.y_train, 10)

    rng = np.random.default_rng(1)
    drawn = np.mean(
        [empirical_transition(DATA.y_train, draw(rows, rng), 10) for _ in range(40)], axis=0
    )
    np.testing.assert_allclose(T.sum(1), 1)
    np.testing.assert_allclose(drawn, T, atol=0.05)


def test_a_class_without_images_has_the_row_of_the_identity():
    T = class_average(np.array([[0.7, 0.3, 0.0]]), np.array([0]), 3)

    np.testing.assert_allclose(T, [[0.7, 0.3, 0], [0, 1, 0], [0, 0, 1]])
