"""What pages need of runs: the store of all, the manager that starts and stops them, and the
devices they can run on."""

from alfs_core.training.devices import Device, DeviceList
from alfs_core.training.manager import RunManager
from alfs_core.training.store import ACTIVE, ENDED, WAITING, RunRecord, RunStore

__all__ = [
    "ACTIVE",
    "ENDED",
    "WAITING",
    "Device",
    "DeviceList",
    "RunManager",
    "RunRecord",
    "RunStore",
]
