"""What pages need of runs: the store of all, and the manager that starts and stops them."""

from alfs_core.training.manager import RunManager
from alfs_core.training.store import ACTIVE, ENDED, WAITING, RunRecord, RunStore

__all__ = ["ACTIVE", "ENDED", "WAITING", "RunManager", "RunRecord", "RunStore"]
