"""How published code names losses, parameters, noise and data sets, and what it takes by default.

Read in hitcszx/ALFs (``config.py``, ``exp.py``, ``main.py``), HanxunH/Active-Passive-Losses
(``train.py``, ``main.py``, ``loss.py``, ``configs``) and cswjl/joint-asymmetric-loss (``main.py``,
``main_real_world.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alfs_core.losses import LOSSES, family
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.presets import PRESETS, Preset
from alfs_core.noise.cifar import COLUMNS, Column


@dataclass(frozen=True)
class DataSet:
    """A data set: its classes, and the training images of a class (0: they vary)."""

    name: str
    num_classes: int
    images_per_class: int
    pairs: str = ""  # the kind of noise that "asymmetric" means on it


DATA_SETS = {
    entry.name: entry
    for entry in (
        DataSet("MNIST", 10, 6000, "mnist"),
        DataSet("CIFAR-10", 10, 5000, "cifar10"),
        DataSet("CIFAR-100", 100, 500, "cifar100"),
        DataSet("Fashion-MNIST", 10, 6000),
        DataSet("SVHN", 10, 0),
        DataSet("STL-10", 10, 500),
        DataSet("Tiny-ImageNet", 200, 500),
        DataSet("Mini-ImageNet", 100, 0),
        DataSet("ImageNet", 1000, 0),
        DataSet("WebVision", 50, 0),  # the papers' mini-WebVision: the first 50 of 1,000 classes
        DataSet("Clothing1M", 14, 0),
        DataSet("Animal-10N", 10, 0),
        DataSet("Food-101N", 101, 0),
        DataSet("Food-101", 101, 750),
    )
}
_DATA_SPELLINGS = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in DATA_SETS} | {
    "webvisionmini": "WebVision",
    "miniwebvision": "WebVision",
    "webvision50": "WebVision",
    "clothing": "Clothing1M",
    "cifar10n": "CIFAR-10",
    "cifar100n": "CIFAR-100",
    "tinyimagenet200": "Tiny-ImageNet",
    "fmnist": "Fashion-MNIST",
    "imagenet1k": "ImageNet",
    "ilsvrc2012": "ImageNet",
    "animal10": "Animal-10N",
    "animals10n": "Animal-10N",
    "redminiimagenet": "Mini-ImageNet",
}


def data_set(text: str) -> DataSet | None:
    """The data set that a text names, in any spelling: CIFAR10, cifar-10, ../data/cifar10."""
    last = re.split(r"[/\\]", text.strip().rstrip("/\\"))[-1]
    known = _DATA_SPELLINGS.get(re.sub(r"[^a-z0-9]", "", last.lower()))
    return DATA_SETS[known] if known else None


# ---- losses ---------------------------------------------------------------------------------

_WORDS = (("meanabsoluteerror", "mae"), ("crossentropy", "ce"), ("normalized", "n"))
_PARTS = {
    "focal": "FL",
    "nfocal": "NFL",
    "reversece": "RCE",
    "nreversece": "NRCE",
    "generalizedce": "GCE",
    "ngeneralizedce": "NGCE",
    "symmetricce": "SCE",
    "taylorce": "TCE",
    "aexp": "AEL",
    "aue": "AUL",
    "anorm": "ANL",
    "brier": "MSE",
    "ldrkl": "LDR",
}
_WHOLE = {
    "NCE+AMSE": "JALCE",
    "NFL+AMSE": "JALFL",
    "CE+RCE": "SCE",
    "CE+LC": "LC",
    "ANLCE": "NCE+NNCE",
    "ANLFL": "NFL+NNFL",
}
_BY_CAPITALS = {re.sub(r"[^A-Z0-9+]", "", name.upper()): name for name in LOSSES}


def loss_name(text: str) -> str | None:
    """The library's name of a loss: NCEandRCE, nce+rce, NCEandRCELoss are NCE+RCE; None if unknown.

    >>> loss_name("NCEandAUL"), loss_name("NormalizedFocalLoss"), loss_name("NFLandAMSE")
    ('NCE+AUL', 'NFL', 'JAL-FL')
    """
    if text.startswith(FORMULA):
        return text
    last = text.strip().rpartition(".")[2]  # a class of a module: torch.nn.CrossEntropyLoss
    bare = re.sub(r"[^a-z0-9+]", "", last.lower().replace("loss", ""))
    joined = "+".join(_part(part) for part in re.split(r"\+|and", bare))
    return _BY_CAPITALS.get(_WHOLE.get(joined, joined).upper())


def _part(text: str) -> str:
    for word, short in _WORDS:
        text = text.replace(word, short)
    return _PARTS.get(text, text).upper()


# ---- parameters -----------------------------------------------------------------------------

_SPELLINGS = {"lambda": "lam", "lamda": "lam", "margin": "c", "order": "t", "epsilon": "eps"}


def parameter_name(loss: str, name: str) -> str | None:
    """The library's name of a parameter of a loss; published AUL calls its p "q"."""
    known, lower = family(loss).defaults, name.lower()
    for candidate in (name, lower, _SPELLINGS.get(lower, lower), "p" if lower == "q" else lower):
        if candidate in known:
            return candidate
    return None


EVERY_PARAMETER = {p for entry in LOSSES.values() for p in entry.defaults} | set(_SPELLINGS)


# ---- labels by people -----------------------------------------------------------------------

_COLUMN_SPELLINGS: dict[str, Column] = {
    "aggregate": "aggre",
    "rand1": "random1",
    "rand2": "random2",
    "rand3": "random3",
    "worst": "worse",
}
PEOPLE = {"human", "real", "cifar10n", "cifarn"}
UNCOUNTED = {"clean100", "noisy100", "noisy_fine"}  # of CIFAR-100N


def column(text: str) -> Column | None:
    """The label set of CIFAR-10N that a text names: worst, worse_label, rand1, human-aggre.

    >>> column("worst"), column("random_label2"), column("symmetric")
    ('worse', 'random2', None)
    """
    bare = re.sub(r"human|label|[^a-z0-9]", "", text.lower())
    return next((c for c in COLUMNS if c == _COLUMN_SPELLINGS.get(bare, bare)), None)


# ---- conventions ----------------------------------------------------------------------------

ALFS, APL, JAL = "ALFs", "APL", "JAL"


@dataclass(frozen=True)
class Convention:
    """What a repository's program takes where the command line says nothing.

    A rate of 0 is no noise: nothing would be tested on it.
    """

    code: str
    rate: float
    loss: str
    dataset: str
    values: Mapping[str, float] | None = None  # parameters of its own; None: by the data set


CONVENTIONS = {
    "ALFs": Convention(ALFS, 0.4, "CE", "CIFAR-100"),
    "APL train.py": Convention(
        APL, 0.4, "SCE", "CIFAR-10", {"alpha": 1.0, "beta": 1.0, "q": 0.7, "gamma": 2.0}
    ),
    "APL config": Convention(APL, 0.0, "", "", {"gamma": 0.5, "q": 0.7}),
    "APL main.py": Convention(APL, 0.0, "CE", ""),
    "JAL": Convention(JAL, 0.8, "JAL-CE", "CIFAR-10"),
    "JAL real data": Convention(JAL, 0.0, "JAL-CE", "Clothing1M"),
}


def published(loss: str, dataset: str, code: str) -> Preset | None:
    """The numbers used for a loss on a data set: by that repository, else by another."""
    presets = PRESETS.get(loss, {})
    own = [presets[key] for key in (f"{dataset} ({code})", dataset) if key in presets]
    return next((preset for preset in own if code in preset.source), own[-1] if own else None)
