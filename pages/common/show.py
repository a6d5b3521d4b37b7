"""Records as elements of a page: references, refusals, the one sentence for a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from alfs_core.errors import AlfsError


@contextmanager
def refusals() -> Iterator[None]:
    """Show an error of ours as its sentence, beside where it happened; others go on to the log."""
    try:
        yield
    except AlfsError as error:
        st.error(str(error), icon=":material/block:")
