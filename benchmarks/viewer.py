"""A visitor without a browser: speaks to the server as Streamlit's own page does.

Streamlit's page opens a websocket, asks for a run of the script and from then on is sent elements.
A fragment with ``run_every`` is no timer of the server: the page is told the interval and asks for
each run of the fragment itself. So does a Viewer; it only draws nothing. Where the page has a bell
(pages/common/news.py), the Viewer holds its request as the browser does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

KEPT = 20  # big messages that need not be sent again while they do not change
BELL = "alf_bell"
REST = 0.15  # seconds after news, as in assets/live/bell.js

Hear = Callable[[float, ForwardMsg], None]
Told = Callable[[float, bytes], None]


@dataclass(eq=False)
class Viewer:
    """One session on the page at ``address``; ``hear`` gets each message with the time, in seconds
    since 1970, at which it came, ``told`` each answer to the bell.

    ``waits`` are the seconds from each request for the fragment to the end of the script's run for
    it; ``unanswered`` counts requests that were without an answer when the next one was due,
    ``rung`` the news that the bell told.
    """

    address: str
    hear: Hear
    told: Told
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    rung: int = 0
    received: int = 0  # bytes
    _query: str = ""
    _page: str = ""
    _asked: float | None = None
    _kept: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    _bell: asyncio.Task[None] | None = None

    @property
    def timed(self) -> bool:
        """Whether it still asks at an interval."""
        return bool(self._timers)

    async def stay(self, seconds: float) -> None:
        """Open the page and watch it; raises ConnectionClosed where the server hangs up."""
        parts = urlsplit(self.address)
        self._query = parts.query
        stream = f"ws://{parts.netloc}/_stcore/stream"
        protocols = ["streamlit"]
        async with connect(stream, subprotocols=protocols, max_size=None) as socket:  # type: ignore[arg-type]
            await self._ask(socket, page_name=parts.path.strip("/"))
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        async for frame in socket:
                            await self._take(socket, bytes(frame))  # type: ignore[arg-type]
                        raise socket.protocol.close_exc  # the loop ends without it after a close
            finally:
                self._cancel(list(self._timers))
                self._silence()

    async def _ask(self, socket: ClientConnection, **state: object) -> None:
        wanted = BackMsg()
        wanted.rerun_script.cached_message_hashes.extend(self._kept)
        told = {"query_string": self._query, "page_script_hash": self._page, **state}
        for name, value in told.items():
            setattr(wanted.rerun_script, name, value)
        await socket.send(wanted.SerializeToString())

    async def _take(self, socket: ClientConnection, frame: bytes) -> None:
        came, message = time.time(), ForwardMsg.FromString(frame)
        self.received += len(frame)
        if message.metadata.cacheable and message.hash not in self._kept:
            self._kept.append(message.hash)
        match message.WhichOneof("type"):
            case "new_session":
                self._page = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    self._cancel(list(self._timers))
                    self._silence()
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "auto_rerun":
                self._set_timer(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
            case "delta":
                self._look_for_bell(socket, message)
            case "stop_auto_rerun":
                self._cancel(list(message.stop_auto_rerun.fragment_ids))
            case "script_finished" if self._asked is not None:
                self.waits.append(came - self._asked)
                self._asked = None
        self.hear(came, message)

    def _set_timer(self, socket: ClientConnection, fragment: str, interval: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == interval:
            return
        self._cancel([fragment])
        timer = asyncio.create_task(self._tick(socket, fragment, interval))
        self._timers[fragment] = interval, timer

    def _cancel(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()

    async def _tick(self, socket: ClientConnection, fragment: str, interval: float) -> None:
        """Ask for the fragment again and again, whether or not the last answer has come."""
        due = time.monotonic() + interval
        while True:
            await asyncio.sleep(due - time.monotonic())
            due += interval
            await self._again(socket, fragment, is_auto_rerun=True)

    async def _again(self, socket: ClientConnection, fragment: str, **state: object) -> None:
        if self._asked is None:
            self._asked = time.time()
        else:
            self.unanswered += 1
        await self._ask(socket, fragment_id=fragment, **state)

    def _look_for_bell(self, socket: ClientConnection, message: ForwardMsg) -> None:
        sent = message.delta.new_element.bidi_component
        if sent.component_name == BELL and self._bell is None:
            told = json.loads(sent.json)
            waiting = self._wait(socket, message.delta.fragment_id, told["url"], told["after"])
            self._bell = asyncio.create_task(waiting)

    def _silence(self) -> None:
        if self._bell is not None:
            self._bell.cancel()
            self._bell = None

    async def _wait(self, socket: ClientConnection, fragment: str, path: str, last: int) -> None:
        """Hold one request for news after another, and ask for the fragment at each."""
        while True:
            status, body = await _get(urlsplit(self.address).netloc, f"{path}&after={last}")
            if status == 200:
                self.told(time.time(), body)
                answer = json.loads(body)
                last = answer["number"]
                self.rung += 1
                if not answer["figures"]:
                    await self._again(socket, fragment)
                await asyncio.sleep(REST)
            elif status != 204:
                raise ConnectionError(f"{path} answered {status}")


async def _get(server: str, path: str) -> tuple[int, bytes]:
    """Status and body of an HTTP request that may wait long."""
    host, port = server.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {server}\r\n\r\n".encode())
        await writer.drain()
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        return int(head.split()[1]), body
    finally:
        writer.close()
