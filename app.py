"""ALF Lab: navigation and the workspace's sidebar."""

import streamlit as st

from pages.common import controls, session
from pages.common.navigation import pages

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
