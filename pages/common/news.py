"""News of a run for those who watch it: evaluations reach the figures in the browser at once.

A page that asks at an interval sees an evaluation half an interval late, asks in vain most of the
time, and costs the server a run of the script each time. So its browser holds one request open, a
short while each, which a proxy or a server that ends need not know of. The answer holds the
figures, made once for all who see the same; where there is none, the intervals of the page remain.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alfs_core.errors import AlfsError
from pages.common.chart import message
from pages.common.curves import NEWEST, curves_of, members, race_of
from pages.common.quantities import QUANTITIES
from pages.common.runs import manager
from pages.common.server import address

HOLD = 3.0  # seconds that a request waits at most: a server that ends waits for it too
LOOK = 0.05  # seconds between two looks at the run store, however many wait
KEPT = 32  # runs whose newest event, and answers whose text is remembered
LONGEST = 40  # styles that a request may name

_JS = Path(__file__).parents[2] / "assets" / "live" / "bell.js"
_component = st.components.v2.component("alf_bell", js=_JS.read_text("utf-8"))


@dataclass(frozen=True)
class Told:
    """What a page wants to be told: the curves of a run, or of a seed of its group, by name, in
    the styles that its session gives the losses. Raises ValueError where a name is none."""

    run: str
    seed: str = NEWEST
    curves: tuple[str, ...] = ()
    styles: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.curves) <= set(QUANTITIES) or len(set(self.curves)) < len(self.curves):
            raise ValueError(f"{self.curves} are not different curves")
        if len(self.styles) > LONGEST or not all(0 <= place < LONGEST for place in self.styles):
            raise ValueError(f"{self.styles} are no styles")

    @property
    def url(self) -> str:
        """Where it is told."""
        asked = {"seed": self.seed, "curves": _joined(self.curves), "styles": _joined(self.styles)}
        return address(f"news/{self.run}?{urlencode(asked)}")

    @classmethod
    def asked(cls, run: str, query: Mapping[str, str]) -> Told:
        """What an address asks for."""
        curves, styles = (tuple(filter(None, query.get(name, "").split(","))) for name in _LISTS)
        return cls(run, query.get("seed", NEWEST), curves, tuple(map(int, styles)))

    def figures(self) -> bytes:
        """The messages of the charts, as a list in JSON; empty where the race has not begun."""
        race = race_of(members(self.run), self.seed)
        if race is None or len(self.styles) != len(race.past.tracks):
            return b"[]"
        drawn = curves_of(race, self.curves, self.styles)
        return b"[%s]" % b", ".join(
            message(one.figure, key=one.key, alt=one.alt, caption=one.caption, height=one.height)
            for one in drawn
        )


_LISTS = ("curves", "styles")


def _joined(values: tuple[Any, ...]) -> str:
    return ",".join(map(str, values))


class Looks:
    """The newest event of runs, and the answers made of them, for all who wait."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}
        self._answers: dict[tuple[Told, int], asyncio.Future[bytes]] = {}

    def known(self, run: str) -> int:
        """The number of the newest event that was seen, 0 for none."""
        return self._seen.get(run, (0.0, 0))[1]

    async def newest(self, run: str) -> int:
        """Its number, 0 where there is none; raises RunError where the store cannot be read."""
        at, number = self._seen.get(run, (-math.inf, 0))
        if time.monotonic() - at < LOOK:
            return number
        self._seen[run] = time.monotonic(), number  # others need not look meanwhile
        number = await run_in_threadpool(manager().store.news, run, number)
        self._seen[run] = time.monotonic(), number
        _prune(self._seen)
        return number

    async def answer(self, told: Told, number: int) -> bytes:
        """The figures as they are at that event or later, made once."""
        key = told, number
        if key not in self._answers:
            self._answers[key] = asyncio.ensure_future(run_in_threadpool(told.figures))
            _prune(self._answers)
        return await asyncio.shield(self._answers[key])


def _prune(kept: dict[Any, Any]) -> None:
    while len(kept) > KEPT:
        del kept[next(iter(kept))]


looks = Looks()


def bell(told: Told) -> None:
    """Tell the figures below of news; where one is not there yet, run the fragment again."""
    after = manager().store.news(told.run, looks.known(told.run))
    _component(key="bell", data={"url": told.url, "after": after}, on_again_change=lambda: None)


async def answer(request: Request) -> Response:
    """``{"number": ..., "figures": [...]}`` once there is an event above ``after``; else status 204
    after a while, 400 where the question makes no sense, 503 where the runs cannot be read."""
    try:
        after = int(request.query_params.get("after", ""))
        told = Told.asked(request.path_params["run"], request.query_params)
    except ValueError:
        return Response(status_code=400)
    until = time.monotonic() + HOLD
    try:
        while time.monotonic() < until:
            number = await looks.newest(told.run)
            if number > after:
                figures = await looks.answer(told, number)
                body = b'{"number": %d, "figures": %s}' % (number, figures)
                return Response(body, media_type="application/json")
            await asyncio.sleep(LOOK)
    except AlfsError:
        return Response(status_code=503)
    return Response(status_code=204)


def routes() -> list[Route]:
    """What answers at the addresses."""
    return [Route(address("news/{run}"), answer)]
