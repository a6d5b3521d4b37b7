"""How long a widget holds its value: ``st.slider(..., key=key, **IN_ADDRESS)``.

A click may cut a run short, and what was not sent of it is lost. The value of a kept widget is told
again until the browser has it. Else the browser would fill the widget with its default, and send
that back as if a visitor had chosen it.
"""

from typing import Literal, TypedDict


class _Kept(TypedDict):
    persist_state: Literal["session"]


class _InAddress(_Kept):
    bind: Literal["query-params"]


KEPT: _Kept = {"persist_state": "session"}
IN_ADDRESS: _InAddress = {**KEPT, "bind": "query-params"}
