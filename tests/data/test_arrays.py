import io
import zipfile

import numpy as np
import pytest

from alfs_core.data.arrays import look, read_arrays
from alfs_core.errors import DataError


@pytest.fixture
def arrays(pictures):
    labels = (np.arange(40) % 4).astype(np.uint8)
    return {"x_train": pictures, "y_train": labels, "x_test": pictures[:8], "y_test": labels[:8]}


def save(path, arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_arrays_come_back_with_names_where_they_are_given(arrays, tmp_path):
    path = save(tmp_path / "a.npz", arrays)
    named = save(tmp_path / "b.npz", arrays | {"class_names": np.array(list("wxyz"))})

    np.testing.assert_array_equal(read_arrays(path, "0").x_train, arrays["x_train"])
    assert read_arrays(path, "0").class_names == ("class 0", "class 1", "class 2", "class 3")
    assert read_arrays(named, "0").class_names == tuple("wxyz")
    assert read_arrays(path, "0").y_test.dtype == np.int64


def test_an_index_tells_the_place_of_each_image(arrays, tmp_path):
    index = np.arange(40, dtype=np.int32)[::-1] * 7
    data = read_arrays(save(tmp_path / "a.npz", arrays | {"index_train": index}), "0")

    assert data.places.order == "index"
    np.testing.assert_array_equal(data.places.numbers, index)
    assert data.places.totals.tolist() == [10] * 4
    assert read_arrays(save(tmp_path / "b.npz", arrays), "0").places is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x_train": np.zeros((40, 32, 32), np.uint8)}, r"x_train has shape \(40, 32, 32\)"),
        ({"x_train": np.zeros((40, 3, 32, 32), np.uint8)}, r"x_train has shape \(40, 3, 32"),
        ({"x_train": np.full((40, 32, 32, 3), np.nan)}, "x_train holds float64 with NaN"),
        ({"x_test": np.zeros((8, 32, 32, 3), np.int16)}, "x_test holds int16"),
        ({"y_train": np.full(40, np.nan)}, "y_train holds float64 with NaN; labels need integ"),
        ({"y_train": np.array(["a"] * 40)}, "y_train holds <U1; labels need integers"),
        ({"y_train": np.arange(40) - 1}, r"y_train\[0\] = -1 lies outside"),
        ({"y_test": np.full(8, 9)}, r"y_test\[0\] = 9 lies outside the classes 0 to 3"),
        ({"y_test": np.zeros(9, int)}, r"y_test has shape \(9,\); 8 images need \(8,\)"),
        ({"y_train": np.full(40, 5000)}, "5001 classes found"),
        ({"x_test": np.zeros((0, 32, 32, 3), np.uint8), "y_test": np.zeros(0, int)}, "no images"),
        ({"index_train": np.zeros(40, int)}, "index_train names one place twice"),
        ({"index_train": np.arange(40) - 1}, r"index_train\[0\] = -1 lies outside"),
        ({"index_train": np.arange(39)}, r"index_train has shape \(39,\)"),
        ({"class_names": np.array(["a", "b"])}, r"y_train\[2\] = 2 lies outside"),
    ],
)
def test_what_breaks_a_rule_is_named(change, words, arrays, tmp_path):
    with pytest.raises(DataError, match=words):
        read_arrays(save(tmp_path / "a.npz", arrays | change), "0")


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named(name, arrays, tmp_path):
    del arrays[name]
    path = save(tmp_path / "a.npz", arrays)

    with pytest.raises(DataError, match=f"lacks the array {name}"):
        look("mine.npz", io.BytesIO(path.read_bytes()))
    with pytest.raises(DataError, match=f"lacks the array {name}"):
        read_arrays(path, "0")


def test_pickled_objects_are_refused(arrays, tmp_path):
    arrays["x_train"] = np.array([{}, []], object)

    with pytest.raises(DataError):
        read_arrays(save(tmp_path / "a.npz", arrays), "0")


def test_a_look_counts_the_training_images_and_reads_none(arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    spoilt = file.getvalue().replace(arrays["x_train"].tobytes(), bytes(arrays["x_train"].nbytes))

    assert look("a.npz", io.BytesIO(spoilt)) == 40


@pytest.mark.parametrize("method", [b"\x07", b"\x63"])
def test_an_unknown_way_of_packing_is_refused(method, arrays, tmp_path):
    path = save(tmp_path / "a.npz", arrays)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 10] = method[0]
    path.write_bytes(data)

    with pytest.raises(DataError, match=r"a.npz is damaged"):
        read_arrays(path, "0")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_other_files_are_refused(data, tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(data)

    with pytest.raises(DataError, match=r"a.npz is damaged"):
        read_arrays(path, "0")
    with pytest.raises(DataError, match=r"mine.npz is damaged"):
        look("mine.npz", io.BytesIO(data))


def test_a_header_that_promises_more_than_it_holds_is_refused(tmp_path):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"shape": (10**9, 32, 32, 3), "fortran_order": False, "descr": "|u1"}
    )
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", file.getvalue())

    with pytest.raises(DataError, match="promises shape"):
        read_arrays(path, "0")


def test_a_member_that_unpacks_to_too_much_is_refused(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr("alfs_core.data.arrays.LARGEST", 10_000)

    with pytest.raises(DataError, match=r"x_train.npy holds 123,008 bytes"):
        read_arrays(save(tmp_path / "a.npz", arrays), "0")
