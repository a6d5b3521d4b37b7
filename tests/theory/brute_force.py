"""The lowest weighted risk, by looking everywhere: no theory, no gradient."""

import numpy as np


def risk(loss, w, u):
    with np.errstate(all="ignore"):
        terms = loss.partial(u) * w
    return np.where(w > 0, terms, 0.0).sum(-1)


def all_points(num_classes, n):
    """The simplex on a lattice of step 1/n, by counting."""
    if num_classes == 1:
        return np.array([[n]])
    rows = [
        np.column_stack([np.full(len(rest), i), rest])
        for i in range(n + 1)
        for rest in [all_points(num_classes - 1, n - i)]
    ]
    return np.concatenate(rows)


GRIDS = {k: all_points(k, n) / n for k, n in ((2, 2000), (3, 100), (4, 24))}


def lowest_risk(loss, w, floor=0.0):
    """The lowest risk on a dense grid, improved by ever smaller random moves of the best ten."""
    k, rng = len(w), np.random.default_rng(0)
    points = floor + (1 - k * floor) * GRIDS[k]
    values = np.nan_to_num(risk(loss, w, points), nan=np.inf)
    best = points[np.argsort(values)[:10]]
    for scale in 0.5 ** np.arange(3, 30):
        moves = scale * rng.standard_normal((10, 60, k)) * rng.integers(0, 2, (10, 60, k))
        pool = np.concatenate([best, (best[:, None] + moves).reshape(-1, k)])
        pool = np.maximum(pool - floor, 0)
        pool = floor + (1 - k * floor) * pool / pool.sum(1, keepdims=True)
        values = np.nan_to_num(risk(loss, w, pool), nan=np.inf)
        best = pool[np.argsort(values)[:10]]
    return min(values.min(), np.nanmin(risk(loss, w, points)))
