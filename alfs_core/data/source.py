"""Where images come from, as a record, and the one function that loads them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast, get_args

from alfs_core.data import arrays, cifar, images
from alfs_core.data.arrays import read_arrays
from alfs_core.data.cache import cached
from alfs_core.data.checksum import ARCHIVES, is_sha256, sha256
from alfs_core.data.cifar import read_archive
from alfs_core.data.dataset import Checkpoint, Dataset, no_stop
from alfs_core.data.download import downloaded
from alfs_core.data.images import read_images
from alfs_core.data.local import SUFFIXES, resolve
from alfs_core.data.synthetic import CLASSES, shapes10
from alfs_core.data.uploads import file_name, is_kept_name, kept, shown_name
from alfs_core.errors import DataError

SourceKind = Literal["synthetic", "official", "local", "upload"]
LISTED = (".zip", ".npz")  # files that tell their images without being unpacked


@dataclass(frozen=True)
class DataSource:
    """``synthetic``; ``official`` and an archive's name; ``local`` and a path below ALFLAB_DATA;
    ``upload`` and the name under which ``uploads.keep`` kept a file.

    ``sha256`` is what the file had in a race that is repeated, "" in any other.

    Raises DataError where the kind is not known, or the path cannot belong to it.
    """

    kind: SourceKind = "synthetic"
    path: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(SourceKind):
            raise DataError(f"data {self.kind!r} is none of {', '.join(get_args(SourceKind))}")
        if self.kind == "synthetic" and self.path:
            raise DataError(f"synthetic images have no path, and {self.path} was given")
        if self.kind == "official" and self.path not in ARCHIVES:
            raise DataError(f"{self.path!r} is none of the archives {', '.join(ARCHIVES)}")
        if self.kind == "upload" and not is_kept_name(self.path):
            raise DataError(f"{self.path!r} is not the name of an uploaded file")
        if self.kind == "local" and not self.path.lower().endswith(SUFFIXES):
            raise DataError(f"{self.path!r} does not end in {', '.join(SUFFIXES)}")
        if self.sha256 and not is_sha256(self.sha256):
            raise DataError(f"{self.sha256!r} is no SHA-256")

    @property
    def title(self) -> str:
        """A short name that claims no more than is known before the file is read."""
        if self.kind == "synthetic":
            return "Shapes-10"
        return shown_name(self.path) if self.kind == "upload" else self.path

    @property
    def loading(self) -> str:
        """What ``load`` does, in words."""
        return f"{'drawing' if self.kind == 'synthetic' else 'reading'} images"

    @property
    def num_classes(self) -> int | None:
        """K where it is known before the file is read."""
        if self.kind == "synthetic":
            return len(CLASSES)
        if self.kind == "official":
            return 100 if self.path.startswith("cifar-100") else 10
        return None

    def to_json(self) -> dict[str, str]:
        """The record as JSON values."""
        return {"kind": self.kind, "path": self.path, "sha256": self.sha256}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DataSource":
        """The record again; raises DataError where it is none."""
        told = data.get("kind"), data.get("path", ""), data.get("sha256", "")
        if not all(isinstance(text, str) for text in told):
            raise DataError(f"{dict(data)} describes no data source")
        kind, path, digest = cast(tuple[SourceKind, str, str], told)
        return cls(kind, path, digest)

    def expecting(self, checksum: str) -> "DataSource":
        """The source of a race again that had data of that checksum, which files alone need."""
        return replace(self, sha256=checksum) if is_sha256(checksum) else self

    def difference(self, checksum: str) -> str:
        """A sentence where data of that checksum are not those that are repeated; else ""."""
        if self.sha256 in ("", checksum):
            return ""
        return (
            f"The images are not those of the race that is repeated: {self.title} had the SHA-256 "
            f"{self.sha256[:12]}… then and has {checksum[:12]}… now."
        )


def load(
    source: DataSource, train: int, test: int, seed: int, checkpoint: Checkpoint = no_stop
) -> Dataset:
    """At most ``train`` and ``test`` images of the source, even over classes, the choice seeded.

    ``checkpoint`` is called again and again while images are decoded or drawn; what it raises ends
    that, and is raised here.

    Raises DataError where the source is missing, unreadable, damaged, or not downloaded yet.
    """
    if source.kind == "synthetic":
        key = f"shapes10 {train} {test} {seed}"
        return cached(key, lambda: shapes10(train, test, seed, checkpoint=checkpoint))
    path = find(source)
    digest = sha256(path)
    key = f"{digest} {file_name(path)} {train} {test} {seed}"
    return cached(key, lambda: _read(path, digest, train, test, seed, checkpoint))


def look(name: str, file: BinaryIO) -> int | None:
    """How many training images a file of that name holds, None where only reading it would tell.

    Raises DataError where a cheap look shows that it holds none.
    """
    if name.lower().endswith(".zip"):
        return images.look(name, file)
    if name.lower().endswith(".npz"):
        return arrays.look(name, file)
    cifar.look(name, file)
    return None


def training_images(source: DataSource) -> int | None:
    """How many training images a source holds; None where only reading it would tell.

    Raises DataError where the source is missing or holds none.
    """
    if source.kind not in ("local", "upload") or not source.path.lower().endswith(LISTED):
        return None
    path = find(source)
    try:
        state = path.stat()
    except OSError as error:
        raise DataError(f"{source.title} cannot be read: {error.strerror}") from error
    return _listed(path, state.st_ino, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _listed(path: Path, inode: int, changed: int, size: int) -> int | None:
    """What a look at a file in one state tells."""
    try:
        with path.open("rb") as file:
            return look(file_name(path), file)
    except OSError as error:
        raise DataError(f"{file_name(path)} cannot be read: {error.strerror}") from error


def find(source: DataSource) -> Path:
    """The file of a source; raises DataError where it is missing or may not be read."""
    if source.kind == "local":
        return resolve(source.path)
    if source.kind == "upload":
        return kept(source.path)
    path = downloaded(source.path)
    if path is None:
        raise DataError(f"{source.path} is not downloaded yet")
    return path


def _read(
    path: Path, digest: str, train: int, test: int, seed: int, checkpoint: Checkpoint
) -> Dataset:
    name = path.name.lower()
    if name.endswith(".zip"):
        return read_images(path, digest, train, test, seed, checkpoint)
    whole = read_arrays(path, digest) if name.endswith(".npz") else read_archive(path, digest)
    return whole.subset(train, test, seed)
