"""ALF Lab: navigation, the workspace's sidebar, the banner of a scene.

Streamlit runs this file for every session, and imports it once when the server starts.
"""

import streamlit as st
from starlette.middleware import Middleware

from alfs_core.limits import limits
from pages.common import banner, chart_files, controls, lecture, news, parts, session
from pages.common.access import access
from pages.common.navigation import announce, entry_at, pages

if __name__ == "__main__":
    # before the navigation, which would have the browser fetch a page's icon from afar
    st.set_page_config(page_icon="assets/icon.svg", layout="wide", initial_sidebar_state=380)
    access()
    session.arrive()
    session.tell(lecture.open_address())
    session.tell(parts.open_address())
    page = st.navigation(pages(), position="hidden" if parts.hidden("sidebar") else "sidebar")
    st.set_page_config(page_title=f"{page.title} · ALF Lab")
    entry = entry_at(page.url_path)
    banner.open_address(entry)
    session.open_address()
    if not parts.hidden("sidebar"):
        controls.sidebar(entry.own)
    session.write_address()
    lecture.dress()
    parts.dress()
    banner.banner(entry)
    notice = st.empty()
    page.run()
    if sentence := session.notice():
        notice.warning(sentence, icon=":material/link_off:")
else:
    limits()  # a server with a variable that cannot be used does not start
    announce()
    app = st.App(
        __file__,
        routes=[*news.routes(), *chart_files.routes()],
        middleware=[Middleware(chart_files.Early)],
    )
