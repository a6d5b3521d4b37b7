"""A visitor without a browser: speaks to the server as Streamlit's own page does.

Streamlit's page opens a websocket, asks for a run of the script and from then on is sent elements.
A fragment with ``run_every`` is no timer of the server: the page is told the interval and asks for
each run of the fragment itself. So does a Viewer; it only draws nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

KEPT = 20  # big messages that need not be sent again while they do not change

Hear = Callable[[float, ForwardMsg], None]


@dataclass(eq=False)
class Viewer:
    """One session on the page at ``address``; ``hear`` gets each message with the time, in seconds
    since 1970, at which it came.

    ``waits`` are the seconds from each timer's request to the end of the script's run for it;
    ``unanswered`` counts requests that were still without an answer when the next one was due.
    """

    address: str
    hear: Hear
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    received: int = 0  # bytes
    _query: str = ""
    _page: str = ""
    _asked: float | None = None
    _kept: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)

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
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "auto_rerun":
                self._set_timer(socket, message.auto_rerun.fragment_id, message.auto_rerun.interval)
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
            if self._asked is None:
                self._asked = time.time()
            else:
                self.unanswered += 1
            await self._ask(socket, fragment_id=fragment, is_auto_rerun=True)
