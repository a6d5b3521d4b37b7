"""The files of the chart component as a browser gets them: packed once, kept for good, early.

An address names the contents, so that a browser which has them does not ask again. The HTML of each
page names the addresses too, so that the files come while Streamlit itself starts.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.common.server import address

OWN = Path(__file__).parents[2] / "assets" / "chart"
_FILES = {
    "SCRIPT": OWN / "chart.js",
    "SKETCH": OWN / "sketch.js",
    "STYLE": OWN / "chart.css",
    "PLOTLY": Path(str(resources.files("plotly") / "package_data" / "plotly.min.js")),
}
_EARLY = {
    "PLOTLY": "rel=preload; as=script",
    "SCRIPT": "rel=modulepreload",
    "SKETCH": "rel=modulepreload",
    "STYLE": "rel=preload; as=style",
}
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_KEPT = "public, max-age=31536000, immutable"


def addresses() -> dict[str, str]:
    """Where each file is, by the name that the loader knows it by."""
    return {name: address(f"chart/{file.name}?v={_digest(file)}") for name, file in _FILES.items()}


@cache
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


@cache
def _packed(file: Path) -> bytes:
    return gzip.compress(file.read_bytes())


def answer(request: Request) -> Response:
    """A file by its name, packed where the browser can unpack it; status 404 for any other."""
    name = request.path_params["name"]
    file = next((file for file in _FILES.values() if file.name == name), None)
    if file is None:
        return Response(status_code=404)
    headers = {"cache-control": _KEPT, "vary": "Accept-Encoding"}
    if packed := "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    body = _packed(file) if packed else file.read_bytes()
    return Response(body, headers=headers, media_type=_TYPES[file.suffix])


def routes() -> list[Route]:
    """What answers at the addresses."""
    return [Route(address("chart/{name}"), answer)]


class Early:
    """Middleware: each HTML page names the files, so that a browser fetches them at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("link", _links())
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)


def _links() -> str:
    found = addresses()
    return ", ".join(f"<{found[name]}>; {how}" for name, how in _EARLY.items())
