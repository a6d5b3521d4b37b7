import io

import pytest

from alfs_core.data import uploads
from alfs_core.data.source import DataSource, find, load
from alfs_core.errors import DataError


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFLAB_HOME", str(tmp_path))


def test_a_file_is_kept_once_under_its_checksum_and_found_again():
    first, second = (uploads.keep("a b.npz", io.BytesIO(b"content")) for _ in range(2))

    assert first == second
    assert find(DataSource("upload", first)).read_bytes() == b"content"
    assert DataSource("upload", first).title == "a b.npz"


def test_a_file_that_is_looked_at_is_kept_whole_or_not_at_all(tmp_path):
    def look(name, content):
        if content.read() != b"content":
            raise DataError(f"{name} is of no use")

    kept = uploads.keep("a.npz", io.BytesIO(b"content"), look=look)
    assert uploads.kept(kept).read_bytes() == b"content"

    with pytest.raises(DataError, match=r"b\.npz is of no use"):
        uploads.keep("b.npz", io.BytesIO(b"other"), look=look)
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [kept]


@pytest.mark.parametrize("name", ["x.zip", "x.npz", "x.tar.gz"])
def test_what_is_said_of_an_upload_names_it_as_it_came(name):
    source = DataSource("upload", uploads.keep(name, io.BytesIO(b"no images")))

    with pytest.raises(DataError, match=f"^{name} is damaged"):
        load(source, 10, 10, 0)


@pytest.mark.parametrize("name", ["x.exe", "", "npz", "../../etc/passwd"])
def test_other_files_are_refused(name):
    with pytest.raises(DataError, match="does not end in"):
        uploads.keep(name, io.BytesIO(b"content"))


def test_a_name_with_folders_loses_them():
    kept = uploads.keep("../../up\\..//x;y.zip", io.BytesIO(b"content"))

    assert uploads.shown_name(kept) == "x_y.zip"


@pytest.mark.parametrize(
    "name", ["../runs.npz", "a.npz", "0" * 64 + "-../x.npz", "0" * 64 + "-x.txt"]
)
def test_a_source_names_kept_files_only(name):
    with pytest.raises(DataError, match="not the name of an uploaded file"):
        DataSource("upload", name)


def test_what_is_gone_is_said_to_be_gone():
    with pytest.raises(DataError, match=r"'x\.npz' is not kept any more"):
        find(DataSource("upload", "0" * 64 + "-x.npz"))


def test_the_oldest_make_room_for_the_newest(monkeypatch):
    monkeypatch.setattr(uploads, "ROOM", 10)
    old = uploads.keep("old.npz", io.BytesIO(b"12345678"))
    new = uploads.keep("new.npz", io.BytesIO(b"abcdefgh"))

    assert uploads.kept(new).read_bytes() == b"abcdefgh"
    with pytest.raises(DataError):
        uploads.kept(old)


def test_a_full_disk_is_said_and_leaves_nothing_behind(monkeypatch, tmp_path):
    class Full(io.BytesIO):
        def read(self, *_):
            raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="cannot be kept: No space left on device"):
        uploads.keep("x.npz", Full())

    assert not list((tmp_path / "uploads").iterdir())


def test_a_folder_that_takes_no_file_is_said(monkeypatch):
    def refuse(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads.tempfile, "mkstemp", refuse)
    monkeypatch.setattr(uploads.tempfile, "NamedTemporaryFile", refuse)

    with pytest.raises(DataError, match=r"'x\.npz' cannot be kept: No space left on device"):
        uploads.keep("x.npz", io.BytesIO(b"content"))


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "uploads").write_bytes(b"")

    with pytest.raises(DataError, match=r"'x\.npz' cannot be kept: File exists"):
        uploads.keep("x.npz", io.BytesIO(b"content"))
    with pytest.raises(DataError, match="is not kept any more"):
        uploads.kept("0" * 64 + "-x.npz")
