"""Fixtures of the tests of pages."""

from collections.abc import Iterator

import pytest

from pages.common import runs


@pytest.fixture(scope="module")
def races(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One folder and one warm process for the races of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALFLAB_HOME", str(tmp_path_factory.mktemp("home")))
        runs.instant_races.clear()
        yield
        runs.instant_races().close()
        runs.instant_races.clear()
        runs.manager.clear()
