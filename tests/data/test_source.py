import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alfs_core.data import cache as cache_module
from alfs_core.data import source as module
from alfs_core.data.dataset import Dataset, Places
from alfs_core.data.local import home
from alfs_core.data.source import DataSource, load, training_images
from alfs_core.errors import DataError

REAL = Path(os.environ.get("ALFLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real images: {REAL} is no folder")

SOURCES = [
    DataSource(),
    DataSource("official", "cifar-10-binary.tar.gz"),
    DataSource("local", "folder/images.zip"),
    DataSource("local", "folder/images.zip", "0a" * 32),
]


def test_synthetic_images_are_drawn_and_others_read():
    assert [source.loading.partition(" ")[0] for source in SOURCES] == ["drawing", *["reading"] * 3]


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_survives_json(source):
    assert DataSource.from_json(source.to_json()) == source


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"kind": "web"},
        {"kind": "synthetic", "path": "a.zip"},
        {"kind": "official", "path": "../a.tar.gz"},
        {"kind": "local", "path": "passwd"},
        {"kind": "local", "path": 3},
        {"kind": None},
        {"kind": "local", "path": "a.zip", "sha256": 3},
        {"kind": "local", "path": "a.zip", "sha256": "../a"},
    ],
)
def test_what_is_no_source_is_refused(record):
    with pytest.raises(DataError):
        DataSource.from_json(record)


def test_a_source_without_checksum_is_still_read():
    record = {"kind": "local", "path": "a.zip"}

    assert DataSource.from_json(record) == DataSource("local", "a.zip")


def test_other_data_than_those_of_the_race_that_is_repeated_are_said():
    then, now = "ab" * 32, "cd" * 32
    source = DataSource("local", "a.zip")
    again = source.expecting(then)

    assert again.difference(then) == source.difference(now) == ""
    assert "a.zip had the SHA-256 abababababab… then and has cdcdcdcdcdcd… now" in (
        again.difference(now)
    )
    assert DataSource().expecting("shapes10 seed=0") == DataSource()


@pytest.mark.parametrize("places", [None, Places("files", np.array([4, 0, 2]), np.array([3, 2]))])
def test_places_are_kept_with_the_images(places):
    x = np.zeros((3, 32, 32, 3), np.uint8)
    made = Dataset("a", "images", x, np.array([0, 1, 0]), x, np.zeros(3, int), ("a", "b"), "0", "")
    cache_module.cached("key", lambda: replace(made, places=places))

    kept = cache_module.cached("key", lambda: made)

    if places is None:
        assert kept.places is None
    else:
        assert kept.places.order == "files"
        np.testing.assert_array_equal(kept.places.numbers, [4, 0, 2])
        np.testing.assert_array_equal(kept.places.totals, [3, 2])


def test_synthetic_images_are_kept(monkeypatch):
    first = load(DataSource(), 40, 20, 0)
    monkeypatch.setattr(module, "shapes10", None)
    again = load(DataSource(), 40, 20, 0)

    np.testing.assert_array_equal(first.x_train, again.x_train)
    assert again.class_names == first.class_names
    assert again.kind == "synthetic"


def test_an_official_archive_that_is_not_there_says_so():
    with pytest.raises(DataError, match=r"cifar-10-binary.tar.gz is not downloaded yet"):
        load(DataSource("official", "cifar-10-binary.tar.gz"), 10, 10, 0)


def npz(path: Path, pictures: np.ndarray) -> None:
    labels = np.arange(len(pictures)) % 2
    np.savez(path, x_train=pictures, y_train=labels, x_test=pictures, y_test=labels)


def test_a_changed_file_is_read_anew(folders, pictures):
    npz(folders / "a.npz", pictures)
    first = load(DataSource("local", "a.npz"), 10, 10, 0)
    npz(folders / "a.npz", 255 - pictures)
    second = load(DataSource("local", "a.npz"), 10, 10, 0)

    assert (first.x_train != second.x_train).any()


def test_training_images_are_counted_where_a_look_tells_them(folders, pictures):
    npz(folders / "a.npz", pictures)
    folder_of_images(folders / "a.zip", pictures)
    (folders / "a.tgz").write_bytes(b"never read")

    assert training_images(DataSource("local", "a.npz")) == 40
    assert training_images(DataSource("local", "a.zip")) == 4
    assert training_images(DataSource("local", "a.tgz")) is None
    assert training_images(DataSource()) is None

    npz(folders / "a.npz", pictures[:9])
    assert training_images(DataSource("local", "a.npz")) == 9
    with pytest.raises(DataError, match=r"b\.npz is no file"):
        training_images(DataSource("local", "b.npz"))


class Ended(Exception):
    """What a checkpoint raises here."""


def folder_of_images(path: Path, pictures: np.ndarray) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in (
            f"{part}/{k}/{i}.png" for part in ("train", "test") for k in "ab" for i in "01"
        ):
            file = io.BytesIO()
            Image.fromarray(pictures[0]).save(file, "PNG")
            archive.writestr(name, file.getvalue())


@pytest.mark.parametrize("source", [DataSource(), DataSource("local", "a.zip")])
def test_loading_can_be_ended_between_images_and_keeps_nothing_half_done(source, folders, pictures):
    folder_of_images(folders / "a.zip", pictures)
    asked = []

    def checkpoint():
        asked.append(None)
        if len(asked) == 3:
            raise Ended

    with pytest.raises(Ended):
        load(source, 4, 4, 0, checkpoint)
    assert len(asked) == 3
    assert not (home() / "cache").exists()
    assert len(load(source, 4, 4, 0).x_train) == 4


@pytest.mark.parametrize("damage", [b"", b"PK damaged", None])
def test_a_damaged_cache_is_made_anew(damage, folders, pictures):
    npz(folders / "a.npz", pictures)
    first = load(DataSource("local", "a.npz"), 10, 10, 0)
    (kept,) = (home() / "cache").glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:-2000] if damage is None else damage)

    again = load(DataSource("local", "a.npz"), 10, 10, 0)

    np.testing.assert_array_equal(first.x_train, again.x_train)


def test_a_full_disk_costs_the_copy_only(folders, pictures, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    npz(folders / "a.npz", pictures)
    monkeypatch.setattr(cache_module.np, "savez", full)

    assert len(load(DataSource("local", "a.npz"), 10, 10, 0).x_train) == 10
    assert list((home() / "cache").iterdir()) == []


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(cache_module, "LARGEST", 500_000)

    for seed in range(6):
        load(DataSource(), 40, 10, seed)

    assert sum(f.stat().st_size for f in (home() / "cache").iterdir()) <= 500_000


def real_dataset(name: str, monkeypatch: pytest.MonkeyPatch, train: int, test: int) -> Dataset:
    monkeypatch.setenv("ALFLAB_DATA", str(REAL))
    return load(DataSource("local", name), train, test, 0)


@real
def test_three_copies_of_the_same_images_agree(monkeypatch):
    """Official bytes in two containers are equal; the JPEG copy is near them."""
    exact = real_dataset("cifar10-5k.npz", monkeypatch, 5000, 1000)
    mini = real_dataset("cifar-10-binary-mini.tar.gz", monkeypatch, 500, 100)
    jpeg = real_dataset("cifar10-images.zip", monkeypatch, 50, 20)

    by_bytes = {x.tobytes(): y for x, y in zip(exact.x_test, exact.y_test, strict=True)}
    assert all(by_bytes[x.tobytes()] == y for x, y in zip(mini.x_test, mini.y_test, strict=True))
    assert exact.class_names == mini.class_names == jpeg.class_names
    assert (mini.kind, jpeg.kind, exact.kind) == ("archive", "images", "arrays")
    assert (np.bincount(jpeg.y_train) == 5).all()
    assert abs(jpeg.x_train.mean() - exact.x_train.mean()) < 8


@real
def test_labels_of_people_are_no_images(monkeypatch):
    with pytest.raises(DataError, match="lacks the array x_train"):
        real_dataset("cifar10n.npz", monkeypatch, 10, 10)
