"""The official archives of CIFAR-10 and CIFAR-100, binary or Python, and archives laid out alike.

Nothing is ever unpacked to disk, and the Python archives' pickles are read with stand-ins for the
few names they use: nothing else is looked up and no code of theirs runs.
"""

import gzip
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from alfs_core.data.checksum import official
from alfs_core.data.dataset import SIDE, Dataset, Images, Labels, Places, class_list
from alfs_core.data.uploads import file_name
from alfs_core.errors import DataError

PIXELS = 3 * SIDE * SIDE
LARGEST = 250_000_000  # bytes once decompressed; the official archives have up to 186 million

Members = Mapping[str, bytes]


@dataclass(frozen=True)
class Layout:
    """Which members an archive has, and how one of them is read."""

    name: str
    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    names: str
    classes: int
    read: Callable[[str, bytes], tuple[Images, Labels]]
    read_names: Callable[[bytes], list[str]]

    @property
    def members(self) -> tuple[str, ...]:
        """Every member the archive must have."""
        return (*self.train, *self.test, self.names)


def read_archive(path: Path, digest: str) -> Dataset:
    """The Dataset in a ``.tar.gz``; ``digest`` is its SHA-256 and decides whether it is official.

    Raises DataError where the archive is damaged, cut short, too large, or lacks a member.
    """
    called = file_name(path)
    members: dict[str, bytes] = {}
    for member, data in _members(called, path):
        members.setdefault(member, data)
    layout = next((known for known in LAYOUTS if members.keys() & set(known.members)), None)
    if layout is None:
        raise _no_batch(called)
    if missing := [name for name in layout.members if name not in members]:
        raise DataError(f"{called} lacks {missing[0]}")
    x_train, y_train = _joined(layout, layout.train, members)
    x_test, y_test = _joined(layout, layout.test, members)
    names = class_list(layout.read_names(members[layout.names]))
    if len(names) != layout.classes:
        raise DataError(f"{layout.names} names {len(names)} classes, not {layout.classes}")
    known = official(path.stat().st_size, digest)
    counts = f"{len(x_train):,} training and {len(x_test):,} test images"
    return Dataset(
        layout.name if known else called,
        "official" if known else "archive",
        x_train,
        y_train,
        x_test,
        y_test,
        names,
        digest,
        f"the official archive {known.file}: {counts}"
        if known
        else f"{counts} in the layout of {layout.name}; not the official archive",
        Places("archive", np.arange(len(y_train)), np.bincount(y_train, minlength=len(names))),
    )


def look(name: str, file: BinaryIO) -> None:
    """Read an archive to its first batch; raises DataError where there is none."""
    if next(_members(name, file), None) is None:
        raise _no_batch(name)


def _no_batch(name: str) -> DataError:
    return DataError(f"{name} holds no batch of CIFAR-10 or CIFAR-100")


def _joined(layout: Layout, names: tuple[str, ...], members: Members) -> tuple[Images, Labels]:
    parts = [layout.read(name, members[name]) for name in names]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _members(called: str, packed: Path | BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Regular files of the archive by ``folder/name``, of those that some layout asks for."""
    wanted = {name for layout in LAYOUTS for name in layout.members}
    try:
        with (
            gzip.open(packed) as stream,
            tarfile.open(fileobj=_Bounded(stream, called), mode="r|", bufsize=1 << 20) as tar,
        ):
            for member in tar:
                name = "/".join(Path(member.name).parts[-2:])
                file = tar.extractfile(member) if member.isreg() and name in wanted else None
                if file is not None:
                    yield name, file.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(f"{called} is damaged or cut short: {error}") from error


class _Bounded(io.RawIOBase):
    """A stream that refuses to yield more than LARGEST bytes, whatever its headers promise."""

    def __init__(self, stream: io.BufferedIOBase | gzip.GzipFile, name: str) -> None:
        self.stream, self.name, self.left = stream, name, LARGEST

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.name} holds more than {LARGEST:,} bytes")
        return data


def _binary(label_bytes: int) -> Callable[[str, bytes], tuple[Images, Labels]]:
    """Reader of records of label bytes, the last of which counts, and pixels channel by channel."""
    record = label_bytes + PIXELS

    def read(name: str, data: bytes) -> tuple[Images, Labels]:
        if len(data) % record or not data:
            raise DataError(f"{name} has {len(data):,} bytes; its records have {record:,}")
        rows = np.frombuffer(data, np.uint8).reshape(-1, record)
        return _images(rows[:, label_bytes:]), rows[:, label_bytes - 1].astype(np.int64)

    return read


def _pickled(key: str) -> Callable[[str, bytes], tuple[Images, Labels]]:
    """Reader of a pickled dictionary of ``data`` (N, 3072) uint8 and a list of labels."""

    def read(name: str, data: bytes) -> tuple[Images, Labels]:
        content = _unpickle(name, data)
        pixels, labels = content.get("data"), content.get(key)
        if not isinstance(pixels, _Array) or not isinstance(labels, list):
            raise DataError(f"{name} lacks its data or its {key}")
        return _images(pixels.rows(name)), _integers(name, labels)

    return read


def _images(rows: np.ndarray) -> Images:
    """Rows (N, 3072), channel by channel, as images (N, 32, 32, 3)."""
    return np.ascontiguousarray(rows.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1))


def _integers(name: str, labels: list[Any]) -> Labels:
    if not all(type(label) is int and 0 <= label < 1000 for label in labels):
        raise DataError(f"{name} holds labels that are no class numbers")
    return np.array(labels, np.int64)


def _lines(data: bytes) -> list[str]:
    return data.decode("ascii", "replace").split()


def _pickled_names(key: str, member: str) -> Callable[[bytes], list[str]]:
    def read(data: bytes) -> list[str]:
        names = _unpickle(member, data).get(key)
        if not isinstance(names, list):
            raise DataError(f"{member} lacks its {key}")
        return [name.decode("ascii", "replace") for name in names if isinstance(name, bytes)]

    return read


class _Array:
    """What a pickled array of bytes leaves: its shape and its bytes."""

    shape: Any = ()
    data: Any = b""

    def __setstate__(self, state: Any) -> None:
        _, self.shape, _, _, self.data = state

    def rows(self, name: str) -> np.ndarray:
        """The rows (N, 3072) uint8."""
        flat = np.frombuffer(self.data, np.uint8) if isinstance(self.data, bytes) else None
        if flat is None or flat.size == 0 or self.shape != (flat.size // PIXELS, PIXELS):
            raise DataError(f"{name} holds no array (N, {PIXELS}) of bytes")
        return flat.reshape(-1, PIXELS)


class _Type:
    """What a pickled dtype leaves: nothing; bytes are read as uint8, or refused by their count."""

    def __setstate__(self, state: Any) -> None:
        pass


STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy", "ndarray"): lambda *_: None,
    ("numpy", "dtype"): lambda *_: _Type(),
    ("_codecs", "encode"): lambda text, _: text.encode("latin-1"),  # how Python 3 writes bytes
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        try:
            return STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def _unpickle(name: str, data: bytes) -> dict[str, Any]:
    try:
        content = _Unpickler(io.BytesIO(data), encoding="bytes").load()
    except Exception as error:
        # A damaged pickle raises almost anything: ValueError, KeyError, AttributeError, ...
        raise DataError(f"{name} is no batch of images: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{name} is no batch of images: it holds a {type(content).__name__}")
    return {key.decode("ascii", "replace"): content[key] for key in content if type(key) is bytes}


def _layout(
    name: str,
    folder: str,
    train: tuple[str, ...],
    test: str,
    names: str,
    classes: int,
    read: Callable[[str, bytes], tuple[Images, Labels]],
    read_names: Callable[[bytes], list[str]],
) -> Layout:
    inside = tuple(f"{folder}/{member}" for member in train)
    return Layout(
        name,
        folder,
        inside,
        (f"{folder}/{test}",),
        f"{folder}/{names}",
        classes,
        read,
        read_names,
    )


LAYOUTS = (
    _layout(
        "CIFAR-10",
        "cifar-10-batches-bin",
        tuple(f"data_batch_{i}.bin" for i in range(1, 6)),
        "test_batch.bin",
        "batches.meta.txt",
        10,
        _binary(1),
        _lines,
    ),
    _layout(
        "CIFAR-100",
        "cifar-100-binary",
        ("train.bin",),
        "test.bin",
        "fine_label_names.txt",
        100,
        _binary(2),
        _lines,
    ),
    _layout(
        "CIFAR-10",
        "cifar-10-batches-py",
        tuple(f"data_batch_{i}" for i in range(1, 6)),
        "test_batch",
        "batches.meta",
        10,
        _pickled("labels"),
        _pickled_names("label_names", "batches.meta"),
    ),
    _layout(
        "CIFAR-100",
        "cifar-100-python",
        ("train",),
        "test",
        "meta",
        100,
        _pickled("fine_labels"),
        _pickled_names("fine_label_names", "meta"),
    ),
)
