"""The package and the image hold what they need: a wheel that runs elsewhere, a Dockerfile."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest

from alfs_core import __version__

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "requirements.txt", "README.md", "LICENSE")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

# What runs from the wheel: every module is imported, the command answers, and every file that is
# opened for reading is noted.
RUNNER = """
import json, pkgutil, runpy, sys
site, source = sys.argv[1:3]
sys.path.insert(0, site)
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import alfs_core
for module in pkgutil.walk_packages(alfs_core.__path__, "alfs_core."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
assert alfs_core.__file__.startswith(site), alfs_core.__file__
sys.argv = ["alflab", "check", "--loss", "AGCE", "--noise", "symmetric", "--rate", "0.4"]
try:
    runpy.run_module("alfs_core", run_name="__main__")
except SystemExit as end:
    status = end.code
print(json.dumps({"status": status, "outside": [f for f in opened if f.startswith(source)]}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The wheel, built without a network and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        ROOT / "alfs_core", source / "alfs_core", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in SOURCES:
        shutil.copy(ROOT / name, source / name)
    if int(metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("building a wheel needs setuptools 77 or newer")
    build = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*build, "--no-index", "--wheel-dir", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_wheel_runs_elsewhere_and_reads_nothing_of_the_repository(site, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, str(site), f"{ROOT}/alfs_core"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout.splitlines()[-1])
    assert record == {"status": 0, "outside": []}


def test_the_wheel_has_every_module_and_the_command(site):
    packed = {str(path.relative_to(site)) for path in (site / "alfs_core").rglob("*.py")}
    here = {str(path.relative_to(ROOT)) for path in (ROOT / "alfs_core").rglob("*.py")}
    (entry,) = site.glob("*.dist-info/entry_points.txt")
    (about,) = site.glob("*.dist-info/METADATA")

    assert packed == here
    assert f"Version: {__version__}\n" in about.read_text()
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert "alflab = alfs_core.__main__:main" in entry.read_text()
    needed = (ROOT / "requirements.txt").read_text().splitlines()
    assert [name for name in needed if f"Requires-Dist: {name}" not in about.read_text()] == []


def instructions() -> list[tuple[str, str]]:
    bare = re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", bare)
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def ignored(path: str) -> bool:
    """Whether .dockerignore leaves a path out: the last rule that matches decides."""
    out = False
    for rule in (ROOT / ".dockerignore").read_text().splitlines():
        name = rule.removeprefix("!")
        if rule and not rule.startswith("#") and (fnmatch(path, name) or path == name):
            out = not rule.startswith("!")
    return out


def test_the_dockerfile_is_sound():
    known = set("FROM ENV RUN WORKDIR ARG COPY USER VOLUME EXPOSE HEALTHCHECK CMD".split())  # noqa: SIM905
    steps = instructions()
    names = [name for name, _ in steps]

    assert set(names) <= known
    assert steps[0] == ("FROM", "python:3.11-slim")
    assert dict(steps)["USER"] not in ("root", "0")
    assert names.index("USER") < names.index("CMD")
    assert "/_stcore/health" in dict(steps)["HEALTHCHECK"]
    assert not re.search(r"(?i)password|secret|token|api_?key", DOCKERFILE)
    for name, rest in steps:
        if name == "CMD":
            assert json.loads(rest)[:3] == ["streamlit", "run", "app.py"]


def test_every_file_that_the_image_copies_exists_and_is_not_ignored():
    copied = [
        part for name, rest in instructions() if name == "COPY" for part in shlex.split(rest)[:-1]
    ]

    assert {"app.py", "pages", "alfs_core", ".streamlit", "assets"} <= set(copied)
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in copied if ignored(path)] == []
    assert ignored("tests")
    assert ignored(".git")
