"""A fragment that nothing but the bell runs again."""

import streamlit as st

from pages.common import news
from pages.common.runs import manager


@st.fragment
def view(run: str) -> None:
    news.bell(run)
    st.text(f"Epochs told: {sum(len(track.epochs) for track in manager().histories(run).tracks)}")


if __name__ == "__main__":
    view(st.query_params["run"])
else:
    app = st.App(__file__, routes=news.ROUTES)
