"""The machine a run is computed on."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import torch

from alfs_core.errors import RunError


def choose_device(wanted: str) -> torch.device:
    """The device to train on; raises RunError where it is not there."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise RunError("device = cuda: no CUDA device is found")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def choose_workers(losses: int, device: torch.device) -> int:
    """Threads that train: one for each loss, but a core is left to the server where there are more
    than two; one on a GPU, whose kernels queue up anyhow."""
    if device.type == "cuda":
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(losses, cores if cores <= 2 else cores - 1))


def describe(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU ({platform.processor() or platform.machine()})"


def manifest() -> dict[str, str]:
    """What a run was computed with."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": version("numpy"),
        "system": platform.platform(),
        "vector unit": torch.backends.cpu.get_cpu_capability(),
        "revision": revision(),
    }


def revision() -> str:
    """The git revision of the program, or "unknown"."""
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
