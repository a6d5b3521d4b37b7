import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from alfs_core.data.checksum import sha256
from alfs_core.errors import DataError
from alfs_core.noise.human import PUBLISHED, converted, digest_of, read_human
from alfs_core.noise.labels import LabelFile, LabelSource
from alfs_core.training.label_file import LISTS, convert, open_labels

DATA = Path(os.environ.get("ALFLAB_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "cifar10n.npz"
CONTENT = {
    name: np.random.default_rng(i).permutation(np.arange(200) % 10) for i, name in enumerate(LISTS)
}


def saved(path: Path, content: object = CONTENT, **options) -> Path:
    torch.save(content, path, **options)
    return path


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", [np.int64, np.uint8, torch.tensor])
def test_lists_are_those_of_the_file(folders, zipped, kind):
    content = {name: kind(labels) for name, labels in CONTENT.items()}
    path = saved(folders / "labels.pt", content, _use_new_zipfile_serialization=zipped)

    with np.load(convert(path)) as arrays:
        for theirs, ours in LISTS.items():
            np.testing.assert_array_equal(arrays[ours], CONTENT[theirs])


def test_names_of_an_older_numpy_are_understood(folders):
    path = saved(folders / "labels.pt", _use_new_zipfile_serialization=False)
    content = path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    path.write_bytes(content)

    with np.load(convert(path)) as arrays:
        np.testing.assert_array_equal(arrays["worse"], CONTENT["worse_label"])


def test_opening_makes_a_file_readable_without_torch(folders, monkeypatch):
    for theirs, ours in LISTS.items():
        monkeypatch.setitem(PUBLISHED, ours, digest_of(CONTENT[theirs]))
    path = saved(folders / "labels.pt")
    open_labels(LabelSource("human", file=LabelFile("local", "labels.pt")))

    human = read_human(path, "random2")

    np.testing.assert_array_equal(human.given, CONTENT["random_label2"])
    assert human.checksum == sha256(path)


def test_what_needs_no_torch_is_left_alone(folders):
    (folders / "labels.npz").write_bytes(b"not read here")

    open_labels(LabelSource("human", file=LabelFile("local", "labels.npz")))
    open_labels(LabelSource())


class Trap:
    def __reduce__(self):
        return print, ("a pickle was run",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (Trap(), "damaged or no file of labels"),
        ({"clean_label": Trap()}, "damaged or no file of labels"),
        ([1, 2], "holds a list"),
        ({"noisy_label": np.arange(3)}, "lacks the list clean_label"),
        ({"clean_label": "text"}, "no list of class numbers"),
    ],
)
def test_other_files_are_refused_and_nothing_of_them_runs(folders, capsys, content, words):
    path = saved(folders / "labels.pt", content)

    with pytest.raises(DataError, match=words):
        convert(path)
    assert capsys.readouterr().out == ""
    assert not converted(sha256(path)).exists()


def test_damage_is_named(folders):
    path = saved(folders / "labels.pt")
    path.write_bytes(path.read_bytes()[:300])

    with pytest.raises(DataError, match=r"labels\.pt is damaged"):
        convert(path)


def test_a_process_without_torch_asks_another_one(folders):
    path, bad = saved(folders / "labels.pt"), saved(folders / "bad.pt", [1])
    call = [sys.executable, "-m", "alfs_core.training.label_file"]

    done = subprocess.run([*call, path], capture_output=True, text=True, check=False)
    refused = subprocess.run([*call, bad], capture_output=True, text=True, check=False)

    assert (done.returncode, converted(sha256(path)).exists()) == (0, True)
    assert refused.returncode == 1
    assert refused.stderr == "bad.pt holds a list, not a dictionary of label lists\n"


def test_the_real_labels_survive_the_way_through_torch(folders):
    if not REAL.is_file():
        pytest.skip(f"no CIFAR-10N file: {REAL}")
    with np.load(REAL) as lists:
        real = {theirs: lists[ours].astype(np.int64) for theirs, ours in LISTS.items()}
    path = saved(folders / "CIFAR-10_human.pt", real)
    convert(path)

    human = read_human(path, "worse")

    np.testing.assert_array_equal(human.given, real["worse_label"])
    assert (human.given != human.clean).sum() == 20_104
