"""Images and labels to train on."""

from alfs_core.data.checksum import ARCHIVES
from alfs_core.data.dataset import Dataset
from alfs_core.data.download import download, downloaded
from alfs_core.data.local import home, list_local, resolve
from alfs_core.data.source import DataSource, load
from alfs_core.data.synthetic import shapes10

__all__ = [
    "ARCHIVES",
    "DataSource",
    "Dataset",
    "download",
    "downloaded",
    "home",
    "list_local",
    "load",
    "resolve",
    "shapes10",
]
