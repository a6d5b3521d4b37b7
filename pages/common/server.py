"""Where this server answers."""

from __future__ import annotations

import streamlit as st


def address(path: str) -> str:
    """The path of the server, below the one that it is told to be served at."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"
