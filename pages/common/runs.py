"""The one manager of runs of this server, and who asks."""

from __future__ import annotations

import secrets

import streamlit as st

from alfs_core.training.runs import DeviceList, RunManager, RunStore

RUN = "run"


@st.cache_resource(show_spinner=False)
def manager() -> RunManager:
    """The manager that all sessions share; made at the first visit of a page that needs it."""
    return RunManager(RunStore())


@st.cache_resource(show_spinner=False)
def devices() -> DeviceList:
    """The devices of this machine; a process that imports torch is asked at the first visit."""
    return DeviceList()


def owner() -> str:
    """This browser session, for the limit on runs each may have waiting."""
    return st.session_state.setdefault("owner", secrets.token_hex(8))
