"""The machine a run is computed on.

``python -m alfs_core.training.machine`` prints the devices it has, as JSON.
"""

import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import torch

from alfs_core.errors import RunError
from alfs_core.training.devices import Device, threads

CPU = torch.device("cpu")


class DeviceFailure(Exception):
    """A device other than the CPU cannot go on; the message says which, and why."""


def devices() -> list[Device]:
    """The devices of this machine; the CPU last, since every machine has it."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = [Device(f"cuda:{n}", torch.cuda.get_device_name(n)) for n in range(count)]
    mps = [Device("mps", "Apple GPU")] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, Device("cpu", describe(CPU))]


def choose_device(wanted: str) -> torch.device:
    """The device to train on: ``auto`` is a CUDA device where there is one, else the CPU.

    Raises RunError where the wanted one is not there.
    """
    found = [device.name for device in devices()]
    kind, _, number = wanted.partition(":")
    name = f"cuda:{number or 0}" if kind in ("cuda", "auto") else wanted
    if name in found:
        return torch.device(name)
    if wanted == "auto":
        return CPU
    kinds = {"cuda": "CUDA device", "mps": "Apple GPU"}
    which = f" {number}" if number and any(one.startswith("cuda") for one in found) else ""
    raise RunError(f"device = {wanted}: no {kinds[kind]}{which} is found")


@contextmanager
def leaving(device: torch.device) -> Iterator[None]:
    """In here an error of the device becomes DeviceFailure, so that the CPU can take over.

    An error of the program that only looks like one will come again on the CPU, as itself.
    """
    try:
        yield
    except (RuntimeError, TypeError) as error:  # TypeError: a number type the device has not
        if device == CPU:
            raise
        raise DeviceFailure(_failure(device, error)) from error


def _failure(device: torch.device, error: Exception) -> str:
    if isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error):
        return f"The memory of the device {device} is full"
    text = str(error).split("\n", 1)[0][:200].rstrip(".")
    return f"The device {device} failed ({text})"


def settle(device: torch.device) -> None:
    """Prepare this thread for training on ``device``: one CPU thread, one current GPU."""
    torch.set_num_threads(1)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # batches are all of one shape


def choose_workers(losses: int, device: torch.device) -> int:
    """Threads that train; one on a GPU, whose kernels queue up anyhow."""
    return threads(losses) if device.type == "cpu" else 1


def describe(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
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


if __name__ == "__main__":
    print(json.dumps([asdict(device) for device in devices()]))
