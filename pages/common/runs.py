"""The one manager of runs of this server, who asks, and how a run's losses are shown."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from alfs_core.errors import RunError
from alfs_core.limits import limits
from alfs_core.losses import LossSpec
from alfs_core.training.config import RunConfig
from alfs_core.training.instant import InstantRaces
from alfs_core.training.runs import DeviceList, RunManager, RunRecord, RunStore
from pages.common import session
from pages.common.show import plain
from pages.common.workspace import MAX_LOSSES, label

RUN = "run"
TURNED_OFF = "training is turned off on this server"


@st.cache_resource(show_spinner=False)
def manager() -> RunManager:
    """The manager that all sessions share; made at the first visit of a page that needs it."""
    allowed = limits()
    return RunManager(
        RunStore(mend=True),
        max_queued=allowed.queue,
        max_per_owner=allowed.runs_per_visitor,
        keep_warm=True,
        device_of=device_of,
    )


def admitted(config: RunConfig) -> RunConfig:
    """The run within what this server allows; RunError where it trains nothing."""
    if not limits().training:
        raise RunError(TURNED_OFF)
    return replace(config, time_limit=min(config.time_limit, 60 * limits().run_minutes))


def store_notice() -> None:
    """What became of a file of runs that could not be used."""
    if notice := manager().store.notice:
        st.warning(plain(notice), icon=":material/healing:")


@st.cache_resource(show_spinner=False)
def devices() -> DeviceList:
    """The devices of this machine; a process that imports torch is asked at the first visit."""
    return DeviceList()


def device_of(setting: str) -> str:
    """The device that a run's setting means, as far as the devices are known by now."""
    return devices().known[0].name if setting == "auto" else setting


@st.cache_resource(show_spinner=False)
def instant_races() -> InstantRaces:
    """The warm process of the instant races; started by the first race that is asked for."""
    return InstantRaces()


def owner() -> str:
    """This browser session, for the limit on runs each may have waiting."""
    return st.session_state.setdefault("owner", secrets.token_hex(8))


def names(record: RunRecord) -> list[str]:
    """What the losses of a run are called."""
    return [label(spec) for spec in record.config.losses] if record.config is not None else []


def places(record: RunRecord) -> tuple[int, ...]:
    """The style of each loss of a run."""
    return styles(record.config.losses if record.config is not None else ())


def styles(losses: Sequence[LossSpec]) -> tuple[int, ...]:
    """The style of each loss: its own of the workspace where it is there, else a free one."""
    chosen = {entry.spec: entry.style for entry in session.current().entries}
    looks = range(max(MAX_LOSSES, len(losses)))
    free = iter(sorted(set(looks) - {chosen[spec] for spec in losses if spec in chosen}))
    taken: list[int] = []
    for spec in losses:
        place = chosen.get(spec)
        taken.append(place if place is not None and place not in taken else next(free))
    return tuple(taken)
