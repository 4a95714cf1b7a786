"""A wire that records messages, and a check that each test closes its widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances


class Wire(list[dict[str, Any]]):
    """Messages from Python to the browser, in order."""

    def updates(self, widget: Widget) -> list[dict[str, Any]]:
        """The states that were sent to one widget since the last `clear`."""
        return [
            message["data"]["state"]
            for message in self
            if message["comm_id"] == widget.model_id
            and message["msg_type"] == "comm_msg"
            and message["data"]["method"] == "update"
        ]

    @staticmethod
    def post(widget: Widget, state: object, **more: object) -> None:
        """Let the browser send a state to a widget."""
        data = {"method": "update", "state": state, **more}
        widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


@pytest.fixture(autouse=True)
def _all_closed() -> Iterator[None]:
    before = set(_instances)
    yield
    unclosed = {repr(_instances[key]) for key in set(_instances) - before}
    for key in set(_instances) - before:
        if key in _instances:
            _instances[key].close()
    assert not unclosed, f"the test must close {unclosed}"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Record every message of every widget made in the test."""
    recorded = Wire()

    class Recording(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, **rest: Any) -> None:
            message = {"msg_type": msg_type, "data": data, "comm_id": self.comm_id}
            recorded.append(message)

    monkeypatch.setattr(comm, "create_comm", Recording)
    return recorded
