"""The guard on a widget's wire: of what the browser sends, little is taken."""

from __future__ import annotations

from typing import Any

from ipywidgets import Layout, Widget

from meterwidgets.widgets.validators import Validator


class Guarded:
    """Mixed in before a widget class: treats what the browser sends as hostile.

    Only traits declared as `inbound` are taken, each through its validator. All else,
    and every value that is not valid, is dropped silently: an answer would tell an
    attacker more than it tells a user.
    """

    def inbound_traits(self) -> dict[str, Validator]:
        """Return the traits that the browser may set, with their validators."""
        traits = self.traits(accept=callable)  # type: ignore[attr-defined]
        return {name: trait.metadata["accept"] for name, trait in traits.items()}

    def set_state(self, sync_data: object) -> None:
        """Take the valid part of what the browser sent."""
        if not isinstance(sync_data, dict):
            return
        state: dict[str, object] = {}
        for name, accept in self.inbound_traits().items():
            if name in sync_data:
                try:
                    state[name] = accept(sync_data[name])
                except ValueError:
                    continue
        if state:
            super().set_state(state)  # type: ignore[misc]

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        """Pass on updates, without their buffers, and requests for the state."""
        data = msg.get("content", {}).get("data")
        if not isinstance(data, dict):
            return
        if data.get("method") == "update" and "state" in data:
            content = {"data": {"method": "update", "state": data["state"]}}
            super()._handle_msg({**msg, "content": content, "buffers": []})  # type: ignore[misc]
        elif data.get("method") == "request_state":
            super()._handle_msg(msg)  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the whole repr: ipywidgets cuts it at 110 characters."""
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data:
            data["text/plain"] = repr(self)
        return bundle


class GuardedLayout(Guarded, Layout):  # type: ignore[misc]
    """A layout that only Python sets; pass it to every box."""


def guarded_layout(layout: Any = None) -> Any:
    """Return `layout`, a widget or a dict of its traits, as one for a guarded box."""
    if isinstance(layout, Widget):
        return layout
    return GuardedLayout(**(layout or {}))
