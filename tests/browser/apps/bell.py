"""A race's curves in a fragment that nothing runs again; whatever changes was told by the bell."""

import streamlit as st

from pages.common import chart_files, news
from pages.common.chart import chart
from pages.common.curves import curves_of, members, race_of

CURVES, STYLES = ("test accuracy", "training loss"), (0, 1)


@st.fragment
def view(run: str) -> None:
    st.session_state.runs = st.session_state.get("runs", 0) + 1
    news.bell(news.Told(run, curves=CURVES, styles=STYLES))
    st.text(f"Runs of the fragment: {st.session_state.runs}")
    if race := race_of(members(run), "newest"):
        for one in curves_of(race, CURVES, STYLES):
            chart(one.figure, key=one.key, alt=one.alt, caption=one.caption, height=one.height)


if __name__ == "__main__":
    view(st.query_params["run"])
else:
    app = st.App(__file__, routes=[*news.routes(), *chart_files.routes()])
