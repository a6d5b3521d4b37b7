"""The pages, in the order of the navigation."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

Entry = tuple[str, str, str, str]  # file below pages/, title, icon, last part of the address

SECTIONS: dict[str, tuple[Entry, ...]] = {
    "": (("start/home.py", "Home", "home", ""),),
    "Explore": (("explore/surfaces.py", "Loss surfaces", "landscape", "surfaces"),),
    "Reference": (("reference/library.py", "Loss library", "menu_book", "library"),),
}


def pages() -> dict[str, list[StreamlitPage]]:
    """The navigation of one script run: a page object remembers the run that it belongs to."""
    return {
        section: [_page(*entry, default=section == "") for entry in entries]
        for section, entries in SECTIONS.items()
    }


def _page(file: str, title: str, icon: str, url_path: str, default: bool) -> StreamlitPage:
    return st.Page(
        f"pages/{file}",
        title=title,
        icon=f":material/{icon}:",
        url_path=url_path or None,
        default=default,
    )
