"""What docs/ says is true: its code runs, its files exist, its table is the README's."""

import re
from pathlib import Path

import pytest

from alfs_core.references import REFERENCES
from benchmarks.screenshots import every, looks, shown

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
DEPLOY, DEVELOPER = ROOT / "docs/deploy.md", ROOT / "docs/developer.md"


def variables(path: Path) -> list[str]:
    return re.findall(r"^\| `ALFLAB_.*$", path.read_text("utf-8"), re.MULTILINE)


def test_the_code_of_the_developers_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", DEVELOPER.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {"__name__": "docs"}

    for block in blocks:
        exec(compile(block, "developer.md", "exec"), names)

    assert len(blocks) == 2
    assert "verdict" in names


def test_the_table_of_variables_is_that_of_the_readme():
    assert variables(DEPLOY) == variables(ROOT / "README.md")


def test_the_readme_cites_as_the_bibliography_does():
    text = (ROOT / "README.md").read_text("utf-8")
    (version,) = re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)

    assert REFERENCES["zhou2021"].bibtex in text
    assert f"version = {{{version}}}" in text


def test_every_picture_of_the_readme_is_there_and_can_be_taken():
    names = {f"{name}-{ending}.png" for name in every() for ending in looks()}

    assert [file.name for file in shown() if not file.exists()] == []
    assert [file.name for file in shown() if file.name not in names] == []


def test_every_variable_is_read_somewhere():
    code = "".join(
        path.read_text("utf-8")
        for folder in ("alfs_core", "pages", "tests/browser")
        for path in (ROOT / folder).rglob("*.py")
    )
    named = [re.findall(r"ALFLAB_\w+", row)[0] for row in variables(DEPLOY)]

    assert len(named) >= 4
    assert [name for name in named if name not in code] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_file_that_it_names_exists(path):
    text = path.read_text("utf-8")
    named = re.findall(r"`((?:alfs_core|pages|tests|\.streamlit)/[\w/.]*)`", text)
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", text)

    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [name for name in linked if not (path.parent / name).exists()] == []
