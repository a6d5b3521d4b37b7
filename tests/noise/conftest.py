from pathlib import Path

import pytest


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder of local data of the test's own; returns the latter."""
    local = tmp_path / "local"
    local.mkdir()
    monkeypatch.setenv("ALFLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALFLAB_DATA", str(local))
    return local
