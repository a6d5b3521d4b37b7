"""The losses once more, written from the papers' formulas for 50-digit numbers.

Nothing here uses alfs_core. ``LOSSES[name](p, y, **values)`` is the loss at a prediction p, a list
of mpf, and label y; for LC and LDR p is the list of logits.
"""

from mpmath import exp, inf, log, mp, mpf

DIGITS = 80


def share(values, y):
    return values[y] / sum(values)


def ce(u):
    return -log(u) if u else inf


def fl(u, gamma):
    return (1 - u) ** gamma * ce(u) if u != 1 else mpf(0)


def gce(u, q):
    return (1 - u**q) / q


def agce(u, a, q):
    return ((a + 1) ** q - (a + u) ** q) / q


def aul(u, a, p):
    return ((a - u) ** p - (a - 1) ** p) / p


def ael(u, a):
    return exp(-u / a)


def tce(u, t):
    return sum((1 - u) ** j / j for j in range(1, int(t) + 1))


def polysoft(u, lam, d):
    inside = 1 - ce(u) / lam
    kept = inside ** (d / (d - 1)) if inside > 0 else mpf(0)
    return (d - 1) * lam / d * (1 - kept)


def norm(p, y, a, q):
    """‖a e_y − p‖_q^q."""
    return sum(abs((a if i == y else 0) - u) ** q for i, u in enumerate(p))


def bitempered(u, y, t1):
    log_t1 = (u[y] ** (1 - t1) - 1) / (1 - t1)
    return -log_t1 - (1 - sum(x ** (2 - t1) for x in u)) / (2 - t1)


def relaxed(p, y, m):
    """ũ_y of ε-softmax."""
    top = p.index(max(p))
    return (p[y] + (m if y == top else 0)) / (m + 1)


def negative(p, y, eps, loss):
    return 1 - share([loss(eps) - loss(max(u, eps)) for u in p], y)


def lc(z, y, delta):
    length = sum(x**2 for x in z) ** mpf("0.5")
    factor = delta / length if length > 1 / delta else 1
    clipped = [factor * x for x in z]
    return log(sum(map(exp, clipped))) - clipped[y]


def ldr(z, y, c, lam):
    scores = [log(1 + exp(x)) for x in z]
    mean = sum(scores) / len(z)
    return ldr_of_scores([x / mean for x in scores], y, c, lam)


def ldr_of_scores(s, y, c, lam):
    """LDR as a function of its scores s of mean 1."""
    terms = [exp(((c if j != y else 0) + s[j] - s[y]) / lam) for j in range(len(s))]
    return lam * log(sum(terms) / len(s))


def nce(p, y):
    return share([ce(u) for u in p], y)


def nfl(p, y, gamma):
    return share([fl(u, gamma) for u in p], y)


def ngce(p, y, q):
    return share([gce(u, q) for u in p], y)


def nnce(p, y, eps):
    return negative(p, y, eps, ce)


def nnfl(p, y, gamma, eps):
    return negative(p, y, eps, lambda u: fl(u, gamma))


def mae(u):
    return 1 - u


def rce(u, A):
    return -A * (1 - u)


def amse(p, y, a):
    return norm(p, y, a, 2) / len(p)


_FITS = {
    "NCE": nce,
    "NFL": nfl,
    "NGCE": ngce,
    "ECE": lambda p, y, m: ce(relaxed(p, y, m)),
    "EFL": lambda p, y, gamma, m: fl(relaxed(p, y, m), gamma),
    "CE": lambda p, y: ce(p[y]),
}
_HOLDS = {
    "MAE": lambda p, y: mae(p[y]),
    "RCE": lambda p, y, A: rce(p[y], A),
    "AGCE": lambda p, y, a, q: agce(p[y], a, q),
    "AUL": lambda u, y, /, **values: aul(u[y], **values),
    "AEL": lambda p, y, a: ael(p[y], a),
    "AMSE": amse,
    "NNCE": nnce,
    "NNFL": nnfl,
}
_OWN = {
    "NCE": (),
    "NFL": ("gamma",),
    "NGCE": ("q",),
    "CE": (),
    "ECE": ("m",),
    "EFL": ("gamma", "m"),
}


def added(first, second):
    """alpha · first + beta · second, with the library's names of the parameters."""

    def loss(u, y, /, alpha, beta, **values):
        own = {name: values.pop(name) for name in _OWN[first]}
        rest = {name.removeprefix(f"{second.lower()}_"): value for name, value in values.items()}
        return alpha * _FITS[first](u, y, **own) + beta * _HOLDS[second](u, y, **rest)

    return loss


LOSSES = {
    "CE": lambda p, y: ce(p[y]),
    "FL": lambda p, y, gamma: fl(p[y], gamma),
    "MAE": lambda p, y: mae(p[y]),
    "RCE": lambda p, y, A: rce(p[y], A),
    "NMAE": lambda p, y: (1 - p[y]) / (len(p) - 1),
    "NRCE": lambda p, y: (1 - p[y]) / (len(p) - 1),
    "MSE": lambda p, y: 1 - 2 * p[y] + sum(u**2 for u in p),
    "GCE": lambda p, y, q: gce(p[y], q),
    "TCE": lambda p, y, t: tce(p[y], t),
    "PolySoft": lambda p, y, lam, d: polysoft(p[y], lam, d),
    "AGCE": lambda p, y, a, q: agce(p[y], a, q),
    "AUL": lambda u, y, /, **values: aul(u[y], **values),
    "AEL": lambda p, y, a: ael(p[y], a),
    "AMSE": amse,
    "AMSE_q": lambda p, y, a, q: norm(p, y, a, q) / len(p),
    "ANL": lambda u, y, /, a, p: (norm(u, y, a, p) - (a - 1) ** p) / p,
    "NCE": nce,
    "NFL": nfl,
    "NGCE": ngce,
    "NNCE": nnce,
    "NNFL": nnfl,
    "bi-tempered": lambda u, y, t1, t2: bitempered(u, y, t1),
    "ECE": _FITS["ECE"],
    "EFL": _FITS["EFL"],
    "LC": lc,
    "LDR": ldr,
    "SCE": added("CE", "RCE"),
    "JAL-CE": added("NCE", "AMSE"),
    "JAL-FL": added("NFL", "AMSE"),
    "NCE+NNCE": added("NCE", "NNCE"),
    "NFL+NNFL": added("NFL", "NNFL"),
    "ECE+MAE": added("ECE", "MAE"),
    "EFL+MAE": added("EFL", "MAE"),
} | {
    f"{first}+{second}": added(first, second)
    for first in ("NCE", "NFL", "NGCE")
    for second in ("MAE", "RCE", "AGCE", "AUL", "AEL")
}


def softmax(z):
    weights = [exp(x - max(z)) for x in z]
    return [w / sum(weights) for w in weights]


def tempered_softmax(z, t):
    """û with Σ û = 1, by Newton from the left, where Σ exp_t(z_i − λ) is convex in λ."""
    shift = max(z)
    for _ in range(500):
        u = [(1 + (1 - t) * (x - shift)) ** (1 / (1 - t)) for x in z]
        surplus = sum(u) - 1
        if abs(surplus) < mpf(10) ** (5 - mp.dps):
            return u
        shift += surplus / sum(x**t for x in u)
    raise AssertionError(f"no normalisation of {z} found")


def prediction(name, z, values):
    """What the loss reads of logits z."""
    if name in ("LC", "LDR"):
        return z
    return tempered_softmax(z, values["t2"]) if name == "bi-tempered" else softmax(z)


def at_logits(name, z, y, values):
    """The loss of logits z, a list of mpf, at label y."""
    return LOSSES[name](prediction(name, z, values), y, **values)


def precise(values):
    """Floats as the exact binary numbers that they are."""
    return {name: mpf(float(value)) for name, value in values.items()}


def central(function, point, i, step):
    """∂function/∂point_i by a central difference."""
    ends = [function([x + sign * step * (j == i) for j, x in enumerate(point)]) for sign in (1, -1)]
    return (ends[0] - ends[1]) / (2 * step)


def gradient(name, z, y, values):
    """∂L/∂z_j for every j, to far more digits than are compared."""
    step = mpf(10) ** -25
    return [central(lambda at: at_logits(name, at, y, values), z, j, step) for j in range(len(z))]
