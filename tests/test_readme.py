"""The README says what is true: its code runs, its files exist, its pages are there."""

import doctest
import re
import shlex
from pathlib import Path

import numpy as np

from alfs_core.__main__ import HOLDS, main
from alfs_core.losses.families import atom
from alfs_core.theory.profile import profile
from pages.common.navigation import SECTIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def snippet() -> dict[str, object]:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec"), names)
    return names


def test_the_loss_of_the_readme_is_a_loss_like_any_other():
    kind = snippet()["SoftHinge"]
    u = np.array([0.0, 0.25, 1.0])

    loss = atom(kind).build(b=0.5)

    np.testing.assert_allclose(loss.partial(u), np.log1p(np.exp(-2 * u)), rtol=1e-14)
    drawn = profile(loss, num_classes=3)
    np.testing.assert_allclose(drawn.slope[0], -1.0)  # ℓ'(0) = −1/(2b)
    assert [p.typical for p in kind.parameters()] == [(0.2, 5.0)]


def test_its_examples_say_what_they_print():
    tests = doctest.DocTestParser().get_doctest(README, {}, "README", "README.md", 0)

    outcome = doctest.DocTestRunner(verbose=False).run(tests)

    assert outcome.attempted >= 12
    assert outcome.failed == 0


def test_its_commands_are_understood():
    commands = re.findall(r"^alflab (.+?)(?:\s{2,}#.*)?$", README, re.MULTILINE)
    given = [shlex.split(command) for command in commands]

    assert len(given) >= 3
    for words in given:
        if "--experiment" not in words:
            assert main(words) == HOLDS


def test_every_page_that_it_names_is_there():
    named = re.findall(r"^\| \*\*(.+?)\*\*", README, re.MULTILINE)
    pages = [entry.title for entries in SECTIONS.values() for entry in entries]

    assert len(named) > 3
    assert [title for title in pages if title in named] == named


def test_every_file_that_it_links_or_names_exists():
    linked = re.findall(r"\]\((?!http)([^)#]+)", README)
    linked += re.findall(r'src(?:set)?="([^"]+)"', README)
    named = re.findall(r"`((?:alfs_core|assets|benchmarks|tests)/[\w/.]+)`", README)

    assert [path for path in linked + named if not (ROOT / path).exists()] == []


def test_every_make_target_that_it_names_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert set(re.findall(r"make (\w+)", README)) <= targets
