import os

import pytest

from alfs_core.data.local import home, list_local, resolve
from alfs_core.errors import DataError


def test_archives_below_the_folder_are_listed(folders):
    (folders / "deep").mkdir()
    for name in ("b.zip", "a.npz", "deep/c.tar.gz", "notes.txt"):
        (folders / name).write_bytes(b"")

    assert list_local() == ["a.npz", "b.zip", "deep/c.tar.gz"]
    assert resolve("deep/c.tar.gz") == (folders / "deep/c.tar.gz").resolve()


@pytest.mark.parametrize(
    "path", ["../secret.zip", "/etc/passwd", "deep/../../secret.zip", "link.zip", "way/secret.zip"]
)
def test_nothing_outside_the_folder_is_reached(path, folders):
    (folders.parent / "secret.zip").write_bytes(b"")
    (folders / "deep").mkdir()
    (folders / "link.zip").symlink_to(folders.parent / "secret.zip")
    (folders / "way").symlink_to(folders.parent)

    with pytest.raises(DataError, match="lies outside the folder of local data"):
        resolve(path)
    assert list_local() == []


def test_a_link_within_the_folder_is_followed(folders):
    (folders / "a.zip").write_bytes(b"")
    (folders / "b.zip").symlink_to(folders / "a.zip")

    assert resolve("b.zip") == (folders / "a.zip").resolve()


@pytest.mark.parametrize("path", ["missing.zip", "", ".", "a" * 5000, "a\0.zip"])
def test_what_is_no_file_is_named(path, folders):
    with pytest.raises(DataError):
        resolve(path)


def test_a_loop_of_links_is_no_file(folders):
    (folders / "a.zip").symlink_to(folders / "b.zip")
    (folders / "b.zip").symlink_to(folders / "a.zip")

    assert list_local() in ([], ["a.zip", "b.zip"])
    with pytest.raises(DataError):
        resolve("a.zip")


def test_an_unreadable_file_is_named(folders, monkeypatch):
    (folders / "a.zip").write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(DataError, match="cannot be read: permission denied"):
        resolve("a.zip")


def test_without_a_folder_nothing_is_local(monkeypatch):
    monkeypatch.delenv("ALFLAB_DATA")

    assert list_local() == []
    with pytest.raises(DataError, match="set ALFLAB_DATA"):
        resolve("a.zip")


def test_a_home_that_cannot_be_made_is_named(folders, monkeypatch):
    (folders / "file").write_bytes(b"")
    monkeypatch.setenv("ALFLAB_HOME", str(folders / "file" / "below"))

    with pytest.raises(DataError, match="cannot be made"):
        home()
