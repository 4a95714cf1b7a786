"""The names of an app's pages, and its address in the browser."""

from __future__ import annotations

from typing import ClassVar

import traitlets as t

from meterwidgets.widgets.base import MeterWidget, script, text

_ADDRESS = text(100_000)


def _visit(value: object) -> dict[str, object]:
    """Accept an address that the reader went to, with its number."""
    if not isinstance(value, dict) or value.keys() != {"n", "address"}:
        raise ValueError("expected a number and an address")
    n = value["n"]
    if not isinstance(n, int) or isinstance(n, bool) or not 0 < n < 2**31:
        raise ValueError("expected the number of the visit")
    return {"n": n, "address": _ADDRESS(value["address"])}


class Tabs(MeterWidget):
    """Name the pages of an app, and keep the browser's address in step.

    In an app the names move into the head of the page, before the Filters button.
    Under ``meterwidgets serve`` they are links, `address` becomes the browser's, and
    the reader's Back and Forward arrive as `visited`; elsewhere there is no address.
    A page that is not made is asked for as `near` when the browser has nothing to do.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

    Examples:
        >>> names = [{"key": "overview", "label": "Overview"}]
        >>> tabs = Tabs(page="overview", tabs=names)
        >>> tabs
        Tabs('overview' of Overview)
        >>> tabs.close()
    """

    _esm = script("tabs")
    inbound: ClassVar = {"page": text(40), "near": text(40), "visited": _visit}

    tabs = t.List(t.Dict()).tag(sync=True)
    """The pages: key, label, the address of a link to it, and whether it is made."""
    page = t.Unicode().tag(sync=True, echo_update=False)
    """The key of the page that is shown; set by a click."""
    near = t.Unicode().tag(sync=True, echo_update=False)
    """The key of the page that the reader may open next: better made before."""
    address = t.Unicode().tag(sync=True)
    """Where the reader is: a page and a query, without a host."""
    visited = t.Dict().tag(sync=True, echo_update=False)
    """The address that the reader went back or forward to, and a number n."""
    answered = t.Int(0).tag(sync=True)
    """The n of the last visit that `address` knows of; with later ones it is behind."""

    def __repr__(self) -> str:
        names = ", ".join(tab["label"] for tab in self.tabs)
        return f"Tabs({self.page!r} of {names})"
