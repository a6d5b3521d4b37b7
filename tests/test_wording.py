"""One way to write a number: percentages come from one function, with a blank before the sign."""

import ast
import re
from pathlib import Path

import pytest

from alfs_core.wording import percent

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "alfs_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
TIGHT = re.compile(r"\.\d%\}?$|(?<![\w{: ])\d+%[ .,;)]|\{[^{}]*\.\d%\}")  # a style sheet's are none


def texts(file: Path) -> list[str]:
    """Every literal text of a file, f-strings with their formats."""
    tree = ast.parse(file.read_text("utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("share", [0.0, 0.004, 0.1, 0.999, 1.0])
def test_whole_numbers_keep_their_zeros(share):
    assert percent(share) == f"{round(100 * share)} %"


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_percent_is_written_in_one_way(file):
    assert [text for text in texts(file) if TIGHT.search(text)] == []
