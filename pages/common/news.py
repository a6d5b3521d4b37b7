"""News of a run for those who watch it: a page waits here, and asks for its figures once there is
some.

A page that only asks at an interval sees an evaluation half an interval late, and asks in vain
most of the time. So its browser holds one request open, a short while each, which a proxy or a
server that ends need not know of; where it is not answered, the interval remains.
"""

from __future__ import annotations

import asyncio
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
LOOK = 0.1  # seconds between two looks at the run store

_JS = Path(__file__).parents[2] / "assets" / "live" / "bell.js"
_component = st.components.v2.component("alf_bell", js=_JS.read_text("utf-8"))


def bell(run: str) -> None:
    """Run the fragment that this stands in as soon as there is news of the run or its group."""
    data = {"url": address(f"news/{run}"), "after": manager().store.news(run)}
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
            newest = await run_in_threadpool(manager().store.news, run, after)
        except AlfsError:
            return Response(status_code=503)
        if newest > after:
            return PlainTextResponse(str(newest))
        await asyncio.sleep(LOOK)
    return Response(status_code=204)


ROUTES = (Route("/news/{run}", told),)
