"""ALF Lab: navigation and the workspace's sidebar.

Streamlit runs this file for every session, and imports it once when the server starts.
"""

import streamlit as st

from pages.common import controls, session
from pages.common.navigation import announce, pages

if __name__ == "__main__":
    st.set_page_config(
        page_title="ALF Lab",
        page_icon="assets/icon.svg",
        layout="wide",
        initial_sidebar_state=380,
    )
    page = st.navigation(pages())
    session.open_address()
    controls.sidebar()
    session.write_address()
    page.run()
else:
    announce()
    app = st.App(__file__)
