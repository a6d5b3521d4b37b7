import subprocess
import sys

import pytest

HEAVY = ("torch", "streamlit", "sympy", "flint", "plotly")


@pytest.mark.parametrize(
    "module",
    [
        "alfs_core.training.config",
        "alfs_core.training.recipe",
        "alfs_core.training.events",
        "alfs_core.training.instant",
        "alfs_core.training.runs",
    ],
)
def test_what_the_web_process_imports_is_light(module):
    probe = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"

    found = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"
