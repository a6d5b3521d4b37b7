"""The numbers that the papers and their code use, and sets of losses that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alfs_core.losses.library import LossSpec


@dataclass(frozen=True)
class Preset:
    """Values of a family's parameters, and where they were read."""

    values: Mapping[str, float]
    source: str


ALFS = "ALFs code"
APL = "APL code"
JAL = "JAL code"
EPS = "ε-softmax paper"


def _preset(source: str, **values: float) -> Preset:
    return Preset(values, source)


def _everywhere(**values: float) -> dict[str, Preset]:
    """One value in all of the published code."""
    preset = _preset("ALFs, APL and JAL code", **values)
    return dict.fromkeys(("MNIST", "CIFAR-10", "CIFAR-100"), preset) | {
        "WebVision": _preset(JAL, **values)
    }


def _amse(**extra: float) -> dict[str, Preset]:
    return {
        "CIFAR-10": _preset(JAL, alpha=1, beta=1, a=30, **extra),
        "CIFAR-100": _preset(JAL, alpha=5, beta=1, a=20, **extra),
        "WebVision": _preset(JAL, alpha=50, beta=1, a=30, **extra),
        "Clothing1M": _preset(JAL, alpha=5, beta=0.1, a=5, **extra),
    }


def _active_negative(**extra: float) -> dict[str, Preset]:
    return {
        "CIFAR-10": _preset(JAL, alpha=5, beta=5, **extra),
        "CIFAR-100": _preset(JAL, alpha=10, beta=1, **extra),
        "WebVision": _preset(JAL, alpha=20, beta=1, **extra),
        "Clothing1M": _preset(JAL, alpha=5, beta=0.1, **extra),
    }


def _relaxed(**extra: float) -> dict[str, Preset]:
    symmetric = {"clean": 0.1, "20 %": 0.05, "40 %": 0.03, "60 %": 0.00125, "80 %": 0.0075}
    asymmetric = {"10 %": 0.015, "20 %": 0.007, "30 %": 0.005, "40 %": 0.004}
    code = "ε-softmax code"
    return (
        {
            "CIFAR-10 symmetric": _preset(code, alpha=0.01, beta=5, m=1e5, **extra),
            "CIFAR-10 asymmetric": _preset(code, alpha=0.02, beta=5, m=1e3, **extra),
            "CIFAR-10 instance": _preset(code, alpha=0.045, beta=10, m=1e5, **extra),
        }
        | {
            f"CIFAR-100 symmetric {rate}": _preset(code, alpha=alpha, beta=1, m=1e4, **extra)
            for rate, alpha in symmetric.items()
        }
        | {
            f"CIFAR-100 asymmetric {rate}": _preset(code, alpha=alpha, beta=1, m=1e2, **extra)
            for rate, alpha in asymmetric.items()
        }
        | {
            "WebVision": _preset(code, alpha=0.015, beta=0.3, m=1e3, **extra),
            "Clothing1M": _preset(code, alpha=0.012, beta=0.1, m=1e3, **extra),
        }
    )


PRESETS: dict[str, dict[str, Preset]] = {
    "FL": _everywhere(gamma=0.5),
    "NFL": _everywhere(gamma=0.5),
    "GCE": _everywhere(q=0.7)
    | {
        "CIFAR-100 at 40-60 % (ε-softmax)": _preset(EPS, q=0.7),
        "CIFAR-100 clean, 20 % (ε-softmax)": _preset(EPS, q=0.5),
        "CIFAR-100 at 80 % (ε-softmax)": _preset(EPS, q=0.9),
        "WebVision": _preset(JAL, q=0.6),
    },
    "NGCE": {name: _preset("ALFs code", q=0.7) for name in ("MNIST", "CIFAR-10", "CIFAR-100")},
    "RCE": {"paper": _preset("Wang et al. 2019", A=-4.0)},
    "SCE": {
        "MNIST": _preset(ALFS, alpha=1, beta=1),
        "MNIST (APL)": _preset(APL, alpha=0.01, beta=1),
        "CIFAR-10": _preset("APL and JAL code", alpha=0.1, beta=1),
        "CIFAR-10 (ALFs)": _preset(ALFS, alpha=1, beta=1),
        "CIFAR-100": _preset("APL and JAL code", alpha=6, beta=0.1),
        "CIFAR-100 (ALFs)": _preset(ALFS, alpha=1, beta=1),
        "WebVision": _preset(JAL, alpha=10, beta=1),
    },
    "AEL": {
        "MNIST": _preset(ALFS, a=3.5),
        "CIFAR-10": _preset(ALFS, a=2.5),
        "CIFAR-100": _preset(ALFS, a=2.5),
    },
    "AUL": {
        "MNIST": _preset(ALFS, a=3, p=0.1),
        "CIFAR-10": _preset(ALFS, a=5.5, p=3),
        "CIFAR-100": _preset(ALFS, a=5.5, p=3),
    },
    "AGCE": {
        "MNIST": _preset(ALFS, a=4, q=0.2),
        "CIFAR-10": _preset(ALFS, a=0.6, q=0.6),
        "CIFAR-100": _preset(ALFS, a=0.6, q=0.6),
        "WebVision": _preset(JAL, a=1e-5, q=0.5),
    },
    "ANL": {
        "default of the code": _preset(ALFS, a=1.5, p=0.9),
        "in sums": _preset(ALFS, a=2, p=0.7),
    },
    "NCE+MAE": {
        "MNIST": _preset(ALFS, alpha=1, beta=100),
        "MNIST (APL)": _preset(APL, alpha=1, beta=10),
        "CIFAR-10": _preset("ALFs, APL and JAL code", alpha=1, beta=1),
        "CIFAR-100": _preset("ALFs and APL code", alpha=10, beta=1),
        "CIFAR-100 (JAL)": _preset(JAL, alpha=10, beta=0.1),
        "WebVision": _preset(APL, alpha=50, beta=1),
    },
    "NCE+RCE": {
        "MNIST": _preset(ALFS, alpha=1, beta=100),
        "MNIST (APL)": _preset(APL, alpha=1, beta=10),
        "CIFAR-10": _preset("ALFs, APL and JAL code", alpha=1, beta=1),
        "CIFAR-100": _preset("APL and JAL code", alpha=10, beta=0.1),
        "CIFAR-100 (ALFs)": _preset(ALFS, alpha=10, beta=1),
        "WebVision": _preset(JAL, alpha=50, beta=0.1),
        "Clothing1M": _preset(JAL, alpha=10, beta=1),
    },
    "NFL+MAE": {
        "MNIST": _preset(APL, alpha=1, beta=10, gamma=0.5),
        "CIFAR-10": _preset(APL, alpha=1, beta=1, gamma=0.5),
        "CIFAR-100": _preset(APL, alpha=10, beta=1, gamma=0.5),
        "WebVision": _preset(APL, alpha=50, beta=1, gamma=0.5),
    },
    "NFL+RCE": {
        "MNIST": _preset(ALFS, alpha=1, beta=100, gamma=0.5),
        "MNIST (APL)": _preset(APL, alpha=1, beta=10, gamma=0.5),
        "CIFAR-10": _preset("ALFs, APL and JAL code", alpha=1, beta=1, gamma=0.5),
        "CIFAR-100": _preset("APL and JAL code", alpha=10, beta=0.1, gamma=0.5),
        "CIFAR-100 (ALFs)": _preset(ALFS, alpha=10, beta=1, gamma=0.5),
        "WebVision": _preset(JAL, alpha=50, beta=0.1, gamma=0.5),
    },
    "NGCE+MAE": {
        "MNIST": _preset(APL, alpha=1, beta=10, q=0.1),
        "CIFAR-10": _preset(APL, alpha=1, beta=1, q=0.1),
        "CIFAR-100": _preset(APL, alpha=10, beta=1, q=0.7),
    },
    "NGCE+RCE": {
        "MNIST": _preset(APL, alpha=1, beta=10, q=0.1),
        "CIFAR-10": _preset(APL, alpha=1, beta=1, q=0.1),
        "CIFAR-100": _preset(APL, alpha=10, beta=0.1, q=0.7),
    },
    # on MNIST the ALFs code sets alpha = 0 in the next three: what is left is listed above
    "NCE+AGCE": {
        "CIFAR-10": _preset(ALFS, alpha=1, beta=4, a=6, q=1.5),
        "CIFAR-100": _preset(ALFS, alpha=10, beta=0.1, a=1.8, q=3),
        "WebVision": _preset(JAL, alpha=50, beta=0.1, a=2.5, q=3),
    },
    "NCE+AUL": {
        "CIFAR-10": _preset(ALFS, alpha=1, beta=4, a=6.3, p=1.5),
        "CIFAR-100": _preset(ALFS, alpha=10, beta=0.015, a=6, p=3),
    },
    "NCE+AEL": {
        "CIFAR-10": _preset(ALFS, alpha=1, beta=4, a=5),
        "CIFAR-100": _preset(ALFS, alpha=10, beta=0.1, a=1.5),
    },
    "JAL-CE": _amse(),
    "JAL-FL": _amse(gamma=0.5),
    "NCE+NNCE": _active_negative(),
    "NFL+NNFL": _active_negative(gamma=0.5, nnfl_gamma=0.5),
    "ECE+MAE": _relaxed(),
    "EFL+MAE": _relaxed(gamma=0.5),
    "LC": {"CIFAR-10": _preset(JAL, delta=2.5), "CIFAR-100": _preset(JAL, delta=0.5)},
    "LDR": {
        "CIFAR-10": _preset(JAL, c=0.1, lam=10),
        "CIFAR-100": _preset(JAL, c=0.1, lam=1),
        "WebVision": _preset(JAL, c=0.1, lam=1),
    },
}


def _at(dataset: str, *names: str) -> tuple[LossSpec, ...]:
    """The named losses at their values for a data set, at their defaults where none are known."""
    return tuple(
        LossSpec.of(name, **preset.values)
        if (preset := PRESETS.get(name, {}).get(dataset))
        else LossSpec.of(name)
        for name in names
    )


SETS: dict[str, tuple[LossSpec, ...]] = {
    "ALF paper": _at("CIFAR-10", "CE", "AGCE", "AUL", "AEL", "NCE+AGCE", "NCE+AUL"),
    "APL": _at("CIFAR-10", "CE", "NCE", "NCE+MAE", "NCE+RCE", "NFL+MAE", "NFL+RCE"),
    "Joint asymmetric": _at(
        "CIFAR-10", "CE", "NCE+RCE", "NCE+AGCE", "NCE+NNCE", "JAL-CE", "JAL-FL"
    ),
    "classics": _at("CIFAR-10", "CE", "FL", "MSE", "MAE", "GCE", "SCE"),
}

COMPARISON: tuple[LossSpec, ...] = _at(
    "CIFAR-10", "CE", "MAE", "GCE", "AGCE", "AUL", "AEL", "NCE+RCE", "NCE+AGCE", "JAL-CE"
)
"""One loss or more of every kind that the papers compare, with the numbers for CIFAR-10."""
