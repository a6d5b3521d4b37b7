"""The chart's files: packed once, kept for good, named ahead in the HTML, below the base path."""

import asyncio
import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pages.common import chart_files, news


def get(path: str, *routes: Route, accept: str = "gzip") -> Response:
    """What an app with these routes, and the chart's, answers."""
    app = Starlette(
        routes=[*routes, *chart_files.routes()], middleware=[Middleware(chart_files.Early)]
    )
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "method": "GET",
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(b"accept-encoding", accept.encode())],
    }
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request"}

    async def send(message: dict) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as other:  # browser tests leave a running loop on this thread
        other.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    answer = Response(b"".join(message.get("body", b"") for message in sent[1:]))
    answer.status_code = sent[0]["status"]
    answer.raw_headers = sent[0]["headers"]
    return answer


@pytest.mark.parametrize("name", ["SCRIPT", "SKETCH", "STYLE", "PLOTLY"])
def test_a_file_comes_packed_or_as_it_is_and_is_kept(name):
    url = chart_files.addresses()[name]
    packed, plain = get(url), get(url, accept="identity")

    assert packed.status_code == plain.status_code == 200
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < 0.5 * len(plain.body)
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["loader.js", "nothing.js", "..%2F..%2Fapp.py"])
def test_no_other_file_is_given(name):
    assert get(f"/chart/{name}").status_code == 404


def test_html_names_every_file_and_nothing_else_does():
    page = get("/", Route("/", lambda _: HTMLResponse("<p>")))
    named = re.findall("<([^>]*)>", page.headers["link"])

    assert sorted(named) == sorted(chart_files.addresses().values())
    assert "link" not in get(chart_files.addresses()["STYLE"]).headers


def test_all_addresses_are_below_the_servers_base_path(monkeypatch):
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "/lab/"}.get)

    assert all(url.startswith("/lab/chart/") for url in chart_files.addresses().values())
    assert get(chart_files.addresses()["SCRIPT"]).status_code == 200
    assert [route.path for route in news.routes()] == ["/lab/news/{run}"]
