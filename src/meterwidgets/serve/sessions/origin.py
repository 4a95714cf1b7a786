"""Which requests may open a page: somebody goes there, and no other page sends them."""

from __future__ import annotations

from collections.abc import Mapping

_NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def opens_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser asks for a page to show it, by the headers that it sets.

    No script can set or remove them. A link on any site does open a page; an image, a
    frame, a script's request and a prefetch don't, not even on a page of ours. What is
    no browser sends none of them, and no cookie of anybody else either.

    Examples:
        >>> opens_page({"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
        True
        >>> opens_page({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
        False
    """
    if any("pre" in headers.get(name, "").lower() for name in _PURPOSES):
        return False
    return all(headers.get(name, value) == value for name, value in _NAVIGATION.items())
