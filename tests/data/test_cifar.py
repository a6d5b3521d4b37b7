import contextlib
import gzip
import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from alfs_core.data import cifar
from alfs_core.data.checksum import sha256
from alfs_core.data.cifar import look, read_archive
from alfs_core.errors import DataError

NAMES = [f"name{k}" for k in range(10)]
BATCHES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def rows(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def binary_members(pictures: np.ndarray) -> dict[str, bytes]:
    labels = (np.arange(len(pictures)) % 10).astype(np.uint8)
    batch = np.concatenate((labels[:, None], rows(pictures)), 1).tobytes()
    folder = "cifar-10-batches-bin"
    members = {f"{folder}/{name}.bin": batch for name in BATCHES}
    return members | {f"{folder}/batches.meta.txt": ("\n".join(NAMES) + "\n\n").encode()}


def python2(content: dict) -> bytes:
    """Pickle with byte keys and the module name that numpy 1 wrote, as the official batches do."""
    data = pickle.dumps(content, protocol=2)
    return data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def python_members(pictures: np.ndarray) -> dict[str, bytes]:
    labels = [int(k) % 10 for k in range(len(pictures))]
    batch = python2({b"data": rows(pictures), b"labels": labels, b"batch_label": b"one"})
    folder = "cifar-10-batches-py"
    members = {f"{folder}/{name}": batch for name in BATCHES}
    names = python2({b"label_names": [name.encode() for name in NAMES]})
    return members | {f"{folder}/batches.meta": names}


@pytest.mark.parametrize("make", [binary_members, python_members])
def test_both_layouts_give_the_images_back(make, pictures, tmp_path):
    path = tar(tmp_path / "own.tar.gz", make(pictures))

    data = read_archive(path, sha256(path))

    np.testing.assert_array_equal(data.x_test, pictures)
    np.testing.assert_array_equal(data.x_train, np.concatenate([pictures] * 5))
    np.testing.assert_array_equal(data.y_test, np.arange(40) % 10)
    assert data.class_names == tuple(NAMES)
    assert data.kind == "archive"
    assert "not the official archive" in data.description
    assert data.places.order == "archive"
    np.testing.assert_array_equal(data.places.numbers, np.arange(200))
    assert data.places.totals.tolist() == [20] * 10


def test_cifar_100_reads_the_fine_label(pictures, tmp_path):
    labels = np.stack((np.full(40, 7), np.arange(40)), 1).astype(np.uint8)
    batch = np.concatenate((labels, rows(pictures)), 1).tobytes()
    names = "\n".join(f"name{k}" for k in range(100)).encode()
    folder = "cifar-100-binary"
    members = {"train.bin": batch, "test.bin": batch, "fine_label_names.txt": names}
    path = tar(tmp_path / "own.tar.gz", {f"{folder}/{k}": v for k, v in members.items()})

    data = read_archive(path, sha256(path))

    np.testing.assert_array_equal(data.y_train, np.arange(40))
    assert data.num_classes == 100


def test_official_is_decided_by_size_and_checksum(pictures, tmp_path, monkeypatch):
    path = tar(tmp_path / "own.tar.gz", binary_members(pictures))
    known = cifar.official(
        170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    )
    assert known is not None
    monkeypatch.setattr(
        cifar, "official", lambda size, digest: known if digest == sha256(path) else None
    )

    assert read_archive(path, sha256(path)).kind == "official"
    assert read_archive(path, sha256(path)).name == "CIFAR-10"
    assert read_archive(path, "0" * 64).kind == "archive"


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_archive_is_named_as_such(part, pictures, tmp_path):
    whole = tar(tmp_path / "whole.tar.gz", binary_members(pictures)).read_bytes()
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(whole[: int(part * len(whole))])

    with pytest.raises(DataError, match=r"cut.tar.gz (is damaged or cut short|holds no batch)"):
        read_archive(path, "0")


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_archive_is_refused_or_read_whole(seed, pictures, tmp_path):
    rng = np.random.default_rng(seed)
    data = bytearray(tar(tmp_path / "whole.tar.gz", python_members(pictures[:3])).read_bytes())
    data[rng.integers(20, len(data))] ^= 1 << rng.integers(8)
    path = tmp_path / "damaged.tar.gz"
    path.write_bytes(data)

    with pytest.raises(DataError):
        read_archive(path, "0")


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_pickle_never_raises_anything_but_data_error(seed, pictures):
    rng = np.random.default_rng(seed)
    data = bytearray(python_members(pictures[:2])["cifar-10-batches-py/data_batch_1"])
    for _ in range(3):
        data[rng.integers(0, 200)] = rng.integers(256)
    read = next(layout.read for layout in cifar.LAYOUTS if layout.folder == "cifar-10-batches-py")

    with contextlib.suppress(DataError):
        read("data_batch_1", bytes(data))


class Hostile:
    def __reduce__(self):
        return os.system, ("echo ran > ran.txt",)


def test_a_pickle_cannot_run_anything(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    members = python_members(pictures)
    members["cifar-10-batches-py/data_batch_1"] = pickle.dumps(Hostile())
    path = tar(tmp_path / "hostile.tar.gz", members)

    with pytest.raises(DataError, match=r"asks for \w+.system"):
        read_archive(path, "0")
    assert not (tmp_path / "ran.txt").exists()


def test_a_missing_member_is_named(pictures, tmp_path):
    members = binary_members(pictures)
    del members["cifar-10-batches-bin/data_batch_3.bin"]

    with pytest.raises(DataError, match=r"lacks cifar-10-batches-bin/data_batch_3.bin"):
        read_archive(tar(tmp_path / "a.tar.gz", members), "0")


def test_half_a_record_is_named(pictures, tmp_path):
    members = binary_members(pictures)
    members["cifar-10-batches-bin/test_batch.bin"] += b"x"

    with pytest.raises(DataError, match="122,921 bytes; its records have 3,073"):
        read_archive(tar(tmp_path / "a.tar.gz", members), "0")


def test_a_label_beyond_the_classes_is_named(pictures, tmp_path):
    members = binary_members(pictures)
    members["cifar-10-batches-bin/test_batch.bin"] = b"\x0a" + bytes(3072)

    with pytest.raises(DataError, match=r"y_test\[0\] = 10 lies outside the classes 0 to 9"):
        read_archive(tar(tmp_path / "a.tar.gz", members), "0")


def test_another_archive_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no batch"):
        read_archive(tar(tmp_path / "a.tar.gz", {"readme.txt": b"hello"}), "0")


def test_a_look_wants_one_batch(pictures, tmp_path):
    whole = tar(tmp_path / "a.tar.gz", {"a.txt": b"", **binary_members(pictures)})
    other = tar(tmp_path / "b.tar.gz", {"readme.txt": b"hello"})

    look("a.tar.gz", io.BytesIO(whole.read_bytes()))
    with pytest.raises(DataError, match=r"mine\.tgz holds no batch"):
        look("mine.tgz", io.BytesIO(other.read_bytes()))
    with pytest.raises(DataError, match=r"mine\.tgz is damaged or cut short"):
        look("mine.tgz", io.BytesIO(bytes(500)))


def test_a_bomb_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "LARGEST", 3_000_000)
    bomb = {"cifar-10-batches-bin/data_batch_1.bin": bytes(5_000_000)}

    with pytest.raises(DataError, match="holds more than 3,000,000 bytes"):
        read_archive(tar(tmp_path / "bomb.tar.gz", bomb), "0")


def test_no_tar_and_no_gzip(tmp_path):
    plain, packed = tmp_path / "plain.tar.gz", tmp_path / "packed.tar.gz"
    plain.write_bytes(b"no gzip at all")
    packed.write_bytes(gzip.compress(b"no tar at all" * 100))

    for path in (plain, packed):
        with pytest.raises(DataError, match="is damaged or cut short"):
            read_archive(path, "0")
