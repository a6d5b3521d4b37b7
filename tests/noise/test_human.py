"""Human labels on made-up data of the same shape; on the real files where they are at hand."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alfs_core.data.dataset import Dataset, Places
from alfs_core.data.source import DataSource, load
from alfs_core.errors import DataError
from alfs_core.noise import human as module
from alfs_core.noise.human import CLASSES, PUBLISHED, digest_of, labels_for, read_human
from alfs_core.noise.labels import LabelFile, LabelSource, give_labels
from alfs_core.noise.transition import LabelNoise

N = 400


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Made-up label lists that count as published while the test runs."""
    rng = np.random.default_rng(0)
    clean = rng.permutation(np.arange(N) % 10)
    made = {"clean": clean} | {
        name: rng.integers(0, 10, N) for name in PUBLISHED if name != "clean"
    }
    for name, labels in made.items():
        monkeypatch.setitem(PUBLISHED, name, digest_of(labels))
    return made


@pytest.fixture
def file(lists, folders) -> Path:
    path = folders / "labels.npz"
    np.savez(path, **lists)
    return path


def rank(clean: np.ndarray) -> np.ndarray:
    return np.array([(clean[:i] == k).sum() for i, k in enumerate(clean)])


def images_of(clean: np.ndarray, places: Places | None) -> Dataset:
    x = np.zeros((len(clean), 32, 32, 3), np.uint8)
    return Dataset("some.zip", "images", x, clean, x, clean, CLASSES, "0", "", places)


def in_order(order: str, clean: np.ndarray) -> Dataset:
    numbers = rank(clean) if order == "files" else np.arange(N)
    return images_of(clean, Places(order, numbers, np.bincount(clean, minlength=10)))


@pytest.mark.parametrize("order", ["archive", "files", "index"])
def test_a_shuffled_subset_gets_the_labels_of_its_own_images(lists, file, order):
    whole = in_order(order, lists["clean"])
    human = read_human(file, "worse")
    marked = replace(whole, x_train=whole.x_train.copy())
    marked.x_train[:, 0, 0, 0], marked.x_train[:, 0, 0, 1] = np.divmod(np.arange(N), 256)

    part = marked.subset(70, 10, seed=3)

    official = part.x_train[:, 0, 0, 0].astype(int) * 256 + part.x_train[:, 0, 0, 1]
    np.testing.assert_array_equal(labels_for(part, human), lists["worse"][official])


def test_the_whole_set_has_the_labels_in_order(lists, file):
    for name in ("aggre", "random2"):
        given = labels_for(in_order("archive", lists["clean"]), read_human(file, name))
        np.testing.assert_array_equal(given, lists[name])


def test_images_that_nothing_tells_apart_are_refused(lists, file):
    with pytest.raises(DataError, match=r"nothing says which training image of some\.zip is which"):
        labels_for(images_of(lists["clean"], None), read_human(file, "worse"))


def test_another_number_of_images_is_refused_with_the_class(lists, file):
    whole = in_order("archive", lists["clean"])
    fewer = replace(whole, places=replace(whole.places, totals=whole.places.totals - [0, 3] * 5))

    with pytest.raises(DataError, match=r"has 37 training images of automobile, .* labels for 40"):
        labels_for(fewer, read_human(file, "worse"))


def test_one_image_in_another_place_is_refused(lists, file):
    whole = in_order("index", lists["clean"])
    a, b = 5, int(np.flatnonzero(lists["clean"] != lists["clean"][5])[0])
    numbers = whole.places.numbers.copy()
    numbers[[a, b]] = numbers[[b, a]]

    with pytest.raises(DataError, match=r"2 of 400 training images .* another class"):
        labels_for(
            replace(whole, places=replace(whole.places, numbers=numbers)), read_human(file, "worse")
        )


def test_an_index_beyond_the_labels_is_refused(lists, file):
    whole = in_order("index", lists["clean"])
    far = replace(whole, places=replace(whole.places, numbers=whole.places.numbers + 1))

    with pytest.raises(DataError, match=r"names image 400, and labels\.npz has 400 labels"):
        labels_for(far, read_human(file, "worse"))


def test_folders_of_other_classes_are_refused(lists, file):
    whole = in_order("files", lists["clean"])
    others = replace(whole, class_names=tuple("abcdefghij"))

    with pytest.raises(DataError, match=r"a, b, c, d, e, f, g, h, i, j, not those of CIFAR-10"):
        labels_for(others, read_human(file, "worse"))


def test_another_number_of_classes_is_refused(lists, file):
    x = np.zeros((4, 32, 32, 3), np.uint8)
    y = np.arange(4)
    two = Dataset("four.npz", "arrays", x, y, x, y, tuple("abcd"), "0", "")

    with pytest.raises(DataError, match=r"four\.npz has 4 classes; labels\.npz has 10"):
        labels_for(two, read_human(file, "worse"))


# ---- the file -------------------------------------------------------------------------------


def test_a_changed_label_makes_it_another_file(lists, folders):
    lists["worse"][7] = (lists["worse"][7] + 1) % 10
    np.savez(folders / "changed.npz", **lists)

    with pytest.raises(DataError, match="list 'worse' is not the one published as CIFAR-10N"):
        read_human(folders / "changed.npz", "worse")
    assert len(read_human(folders / "changed.npz", "aggre").given) == N


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"clean": np.zeros((2, 2), int)}, "holds no list 'worse'"),
        ({"worse": np.zeros(4, int)}, "holds no list 'clean'"),
        ({"clean": np.zeros(4), "worse": np.zeros(4, int)}, "list 'clean' is not"),
        ({"clean": np.array([{}], object), "worse": np.zeros(4, int)}, "damaged or no .npz"),
    ],
)
def test_other_files_are_refused(folders, content, words):
    np.savez(folders / "other.npz", **content)

    with pytest.raises(DataError, match=words):
        read_human(folders / "other.npz", "worse")


def test_damage_is_named(folders, lists, file):
    (folders / "cut.npz").write_bytes(file.read_bytes()[:900])

    with pytest.raises(DataError, match=r"cut\.npz is damaged"):
        read_human(folders / "cut.npz", "worse")


def test_a_file_index_in_another_order_is_refused(lists, folders):
    np.savez(folders / "turned.npz", **lists, file_index=rank(lists["clean"])[::-1])

    with pytest.raises(DataError, match="file_index does not count"):
        read_human(folders / "turned.npz", "worse")


def test_a_torch_file_waits_for_the_trainer(folders):
    (folders / "labels.pt").write_bytes(b"not read here")

    with pytest.raises(DataError, match=r"labels\.pt is not converted yet"):
        read_human(folders / "labels.pt", "worse")


def test_giving_tells_where_labels_are_from(lists, file, folders):
    source = LabelSource("human", file=LabelFile("local", "labels.npz"), column="aggre")

    given = give_labels(in_order("files", lists["clean"]), LabelNoise(), source, seed=0)

    assert given.checksum == module.sha256(file)
    assert given.asked is None
    assert given.description == (
        "CIFAR-10N aggregate human labels (labels.npz), matched by class and number of the file"
    )


# ---- the real files -------------------------------------------------------------------------

REAL = Path(os.environ.get("ALFLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
RATES = {"aggre": 9.01, "random1": 17.23, "random2": 18.12, "random3": 17.64, "worse": 40.21}


@pytest.fixture
def real(folders, monkeypatch) -> Path:
    """The folder of real data, as the one below which files are read."""
    if not (REAL / "cifar10n.npz").is_file():
        pytest.skip(f"no CIFAR-10N file in {REAL}")
    monkeypatch.setenv("ALFLAB_DATA", str(REAL))
    return REAL


@pytest.mark.parametrize("column", RATES)
def test_the_rates_are_the_published_ones(real, column):
    human = read_human(real / "cifar10n.npz", column)

    assert (human.given != human.clean).mean() == pytest.approx(RATES[column] / 100, abs=5e-5)


@pytest.mark.parametrize(
    ("file", "order"), [("cifar10-images.zip", "files"), ("cifar10-5k.npz", "index")]
)
def test_both_sources_get_the_labels_of_their_images(real, file, order):
    source = LabelSource("human", file=LabelFile("local", "cifar10n.npz"))
    dataset = load(DataSource("local", file), 1_000, 20, seed=1)

    given = give_labels(dataset, LabelNoise(), source, seed=1)

    assert dataset.places.order == order
    assert (given.labels != dataset.y_train).mean() == pytest.approx(0.4021, abs=0.05)
    with np.load(real / "cifar10n.npz") as lists:
        clean, index, worse = (lists[name].tolist() for name in ("clean", "file_index", "worse"))
    by_file = dict(zip(zip(clean, index, strict=True), worse, strict=True))
    expected = [
        by_file[label, number] if order == "files" else worse[number]
        for label, number in zip(dataset.y_train, dataset.places.numbers, strict=True)
    ]
    assert given.labels.tolist() == expected


def test_the_image_in_the_zip_is_the_image_with_that_index(real):
    """Exact pixels of an official image are nearest to the JPEG file its label is taken from."""
    exact = load(DataSource("local", "cifar10-5k.npz"), 40, 10, seed=0)
    human = read_human(real / "cifar10n.npz", "worse")
    files = human.file_index[exact.places.numbers]
    with zipfile.ZipFile(real / "cifar10-images.zip") as archive:
        for x, label, number in zip(exact.x_train, exact.y_train, files, strict=True):
            gap = [
                np.square(_decoded(archive, CLASSES[label], at) - x.astype(float)).mean()
                for at in (number, (number + 1) % 5_000, (number - 1) % 5_000)
            ]
            assert gap[0] < 0.2 * min(gap[1:])


def _decoded(archive: zipfile.ZipFile, name: str, number: int) -> np.ndarray:
    with archive.open(f"train/{name}/{number:04d}.jpg") as file:
        return np.asarray(Image.open(file).convert("RGB"), float)


def test_an_archive_of_a_few_hundred_images_is_refused(real):
    source = LabelSource("human", file=LabelFile("local", "cifar10n.npz"))
    dataset = load(DataSource("local", "cifar-10-binary-mini.tar.gz"), 100, 20, seed=1)

    with pytest.raises(DataError, match=r"training images of airplane, and .* labels for 5,000"):
        give_labels(dataset, LabelNoise(), source, seed=1)
