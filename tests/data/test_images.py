import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from alfs_core.data import images as module
from alfs_core.data.images import look, read_images
from alfs_core.errors import DataError


def encoded(picture: np.ndarray, ending: str = "png") -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, {"jpg": "JPEG", "png": "PNG"}[ending])
    return file.getvalue()


def pack(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def entries(pictures: np.ndarray) -> dict[str, bytes]:
    return {
        f"{part}/{name}/{i:04d}.png": encoded(pictures[i])
        for part in ("train", "test")
        for c, name in enumerate(("bee", "ant"))
        for i in range(c * 10, c * 10 + 10)
    }


def test_classes_are_folders_in_alphabetical_order(pictures, tmp_path):
    data = read_images(pack(tmp_path / "a.zip", entries(pictures)), "0", 100, 100, 0)

    assert data.class_names == ("ant", "bee")
    assert data.kind == "images"
    assert {x.tobytes() for x in data.x_train[data.y_train == 1]} == {
        x.tobytes() for x in pictures[:10]
    }
    assert len(data.x_test) == 20


def test_only_what_is_chosen_is_decoded(pictures, tmp_path, monkeypatch):
    path = pack(tmp_path / "a.zip", entries(pictures))
    decoded = []
    monkeypatch.setattr(
        module,
        "_decode",
        lambda archive, info: (decoded.append(info.filename), (pictures[0], False))[1],
    )

    data = read_images(path, "0", 6, 4, 0)

    assert len(decoded) == 10
    assert (np.bincount(data.y_train) == 3).all()


def test_the_choice_is_seeded(pictures, tmp_path):
    path = pack(tmp_path / "a.zip", entries(pictures))
    first, again, other = (read_images(path, "0", 8, 8, seed).x_train for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_folder_around_the_parts_is_allowed(pictures, tmp_path):
    packed = {f"set/{name}": data for name, data in entries(pictures).items()}

    assert len(read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0).x_train) == 20


def test_grey_palette_and_transparent_images_become_colour(pictures, tmp_path):
    packed = entries(pictures)
    grey = pictures[0, :, :, 0]
    packed["train/ant/grey.png"] = encoded(grey)
    file = io.BytesIO()
    Image.fromarray(pictures[1]).convert("RGBA").save(file, "PNG")
    packed["train/bee/clear.png"] = file.getvalue()

    data = read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)

    as_colour = np.repeat(grey[:, :, None], 3, 2)
    assert any((x == as_colour).all() for x in data.x_train)
    assert len(data.x_train) == 22


def test_other_sizes_are_resized_and_counted(pictures, tmp_path):
    packed = entries(pictures)
    packed["train/ant/large.png"] = encoded(np.full((64, 48, 3), 200, np.uint8))

    data = read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)

    assert any((x == 200).all() for x in data.x_train)
    assert "1 of them resized" in data.description


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 32, 3), (32, 1025, 3)])
def test_too_small_and_too_large_images_are_named(shape, pictures, tmp_path):
    packed = entries(pictures) | {"train/ant/odd.png": encoded(np.zeros(shape, np.uint8))}

    with pytest.raises(DataError, match=rf"odd.png has {shape[1]} x {shape[0]} pixels"):
        read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)


@pytest.mark.parametrize("side", [1_000, 12_000, 30_000])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(side, pictures, tmp_path):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side * 2, 8, 2, 0, 0, 0))
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(9)))
        + chunk(b"IEND", b"")
    )
    packed = entries(pictures) | {"train/ant/bomb.png": bomb}

    with pytest.raises(DataError, match=r"bomb.png"):
        read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)


def test_an_entry_that_unpacks_to_too_much_is_refused(pictures, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries(pictures).items():
            archive.writestr(name, data)
        archive.writestr("train/ant/zip-bomb.png", bytes(9_000_000))

    with pytest.raises(DataError, match=r"zip-bomb.png has more than 8,000,000 bytes"):
        read_images(path, "0", 99, 99, 0)


def test_too_many_entries_are_refused(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 39)

    with pytest.raises(DataError, match="holds 40 files; at most 39"):
        read_images(pack(tmp_path / "a.zip", entries(pictures)), "0", 99, 99, 0)


def test_paths_that_climb_are_harmless(pictures, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    packed = entries(pictures) | {
        "../../train/ant/climb.png": encoded(pictures[5]),
        "/train/ant/root.png": encoded(pictures[6]),
    }
    before = sorted(tmp_path.rglob("*"))

    read_images(pack(inner / "a.zip", packed), "0", 99, 99, 0)

    assert sorted(tmp_path.rglob("*")) == sorted([*before, inner / "a.zip"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.png", "b.png"], "no image train/"),
        (["train/a.png"], "no image train/"),
        (["train/ant/a.png"], "no image test/"),
        (["train/ant/a.png", "test/ant/a.png"], "1 classes found"),
        (["train/ant/a.txt", "test/bee/a.png"], "no image train/"),
    ],
)
def test_folders_without_classes_are_named(names, words, pictures, tmp_path):
    path = pack(tmp_path / "a.zip", {name: encoded(pictures[0]) for name in names})

    with pytest.raises(DataError, match=words):
        read_images(path, "0", 99, 99, 0)
    with pytest.raises(DataError, match=words), path.open("rb") as file:
        look("mine.zip", file)


def test_a_look_counts_the_training_images_and_reads_none(pictures, tmp_path):
    whole = entries(pictures)
    path = pack(tmp_path / "a.zip", dict.fromkeys(whole, b"no image"))

    with path.open("rb") as file:
        assert look("a.zip", file) == 20
    with pytest.raises(DataError, match=r"mine\.zip is damaged or cut short"):
        look("mine.zip", io.BytesIO(bytes(500)))


@pytest.mark.parametrize("data", [b"", b"no image", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(50)])
def test_a_broken_image_is_named(data, pictures, tmp_path):
    packed = entries(pictures) | {"train/ant/broken.png": data}

    with pytest.raises(DataError, match=r"broken.png is no readable JPEG or PNG"):
        read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)


def test_half_an_image_is_named(pictures, tmp_path):
    whole = encoded(pictures[0], "jpg")
    packed = entries(pictures) | {"train/ant/half.jpg": whole[: len(whole) // 2]}

    with pytest.raises(DataError, match=r"half.jpg is no readable"):
        read_images(pack(tmp_path / "a.zip", packed), "0", 99, 99, 0)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_cut_zip_is_named(part, pictures, tmp_path):
    whole = pack(tmp_path / "whole.zip", entries(pictures)).read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[: int(part * len(whole))])

    with pytest.raises(DataError, match=r"cut.zip is damaged or cut short"):
        read_images(path, "0", 99, 99, 0)


def test_a_flipped_byte_is_found_by_the_zip_checksum(pictures, tmp_path):
    path = pack(tmp_path / "a.zip", entries(pictures))
    data = bytearray(path.read_bytes())
    data[len(encoded(pictures[0])) // 2] ^= 255
    path.write_bytes(data)

    with pytest.raises(DataError, match=r"a.zip is damaged"):
        read_images(path, "0", 99, 99, 0)


def test_an_encrypted_entry_is_refused(pictures, tmp_path):
    path = pack(tmp_path / "a.zip", entries(pictures))
    data = bytearray(path.read_bytes())
    start = 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:
        data[start + 8] |= 1
        start += 4
    path.write_bytes(data)

    with pytest.raises(DataError, match=r"a.zip cannot be read: .*encrypted"):
        read_images(path, "0", 99, 99, 0)


def test_numbered_files_tell_their_place_within_the_class(pictures, tmp_path):
    content = {
        f"{part}/{name}/{i:04d}.png": encoded(pictures[10 * c + i])
        for part in ("train", "test")
        for c, name in enumerate(("ant", "bee"))
        for i in range(10)
    }
    data = read_images(pack(tmp_path / "a.zip", content), "0", 12, 4, seed=5)

    assert data.places.order == "files"
    assert data.places.totals.tolist() == [10, 10]
    for x, label, number in zip(data.x_train, data.y_train, data.places.numbers, strict=True):
        np.testing.assert_array_equal(x, pictures[10 * label + number])


@pytest.mark.parametrize("names", [("1", "2"), ("0", "x"), ("0", "00")])
def test_files_numbered_otherwise_tell_no_place(pictures, tmp_path, names):
    content = {
        f"{part}/{folder}/{name}.png": encoded(pictures[0])
        for part in ("train", "test")
        for folder in ("ant", "bee")
        for name in names
    }

    assert read_images(pack(tmp_path / "a.zip", content), "0", 4, 4, 0).places is None
