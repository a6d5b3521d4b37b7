"""ALF Lab: navigation, the workspace's sidebar, the banner of a scene.

Streamlit runs this file for every session, and imports it once when the server starts.
"""

import streamlit as st

from pages.common import banner, controls, lecture, session
from pages.common.navigation import announce, pages

if __name__ == "__main__":
    # before the navigation, which would have the browser fetch a page's icon from afar
    st.set_page_config(page_icon="assets/icon.svg", layout="wide", initial_sidebar_state=380)
    lecture.open_address()
    session.open_address()
    page = st.navigation(pages(), position="hidden" if lecture.on() else "sidebar")
    st.set_page_config(page_title=f"{page.title} · ALF Lab")
    if not lecture.on():
        controls.sidebar()
    session.write_address()
    lecture.dress()
    banner.banner(page.url_path)
    page.run()
else:
    announce()
    app = st.App(__file__)
