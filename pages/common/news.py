"""News of a run for those who watch it: a page waits here, and asks for its figures once there is
some.

A page that only asks at an interval sees an evaluation half an interval late, and asks in vain
most of the time. So its browser holds one request open, a short while each, which a proxy or a
server that ends need not know of; where it is not answered, the interval remains.
"""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from alfs_core.errors import AlfsError
from pages.common.runs import manager
from pages.common.server import address

HOLD = 3.0  # seconds that a request waits at most: a server that ends waits for it too
LOOK = 0.05  # seconds between two looks at the run store, however many wait
KEPT = 32  # runs whose newest event is remembered

_JS = Path(__file__).parents[2] / "assets" / "live" / "bell.js"
_component = st.components.v2.component("alf_bell", js=_JS.read_text("utf-8"))


class Looks:
    """The newest event of runs, looked up every LOOK seconds for all who wait."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, int]] = {}

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
        while len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]
        return number


looks = Looks()


def bell(run: str) -> None:
    """Run the fragment that this stands in as soon as there is news of the run or its group."""
    after = manager().store.news(run, looks.known(run))
    data = {"url": address(f"news/{run}"), "after": after}
    _component(key="bell", data=data, on_news_change=lambda: None)


async def told(request: Request) -> Response:
    """The number of the run's newest event above ``after``, once there is one; else status 204."""
    try:
        after = int(request.query_params.get("after", ""))
    except ValueError:
        return Response(status_code=400)
    run, until = request.path_params["run"], time.monotonic() + HOLD
    while time.monotonic() < until:
        try:
            newest = await looks.newest(run)
        except AlfsError:
            return Response(status_code=503)
        if newest > after:
            return PlainTextResponse(str(newest))
        await asyncio.sleep(LOOK)
    return Response(status_code=204)


ROUTES = (Route("/news/{run}", told),)
