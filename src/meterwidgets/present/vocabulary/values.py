"""Values of a dimension as text that crosses the wire, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable

from meterwidgets.errors import MeterError


def encode(value: str | None) -> str:
    """A value as text; null stays apart from "null".

    Examples:
        >>> encode("Acme"), encode(None)
        ('"Acme"', 'null')
    """
    return json.dumps(value, ensure_ascii=False)


def decode(texts: Iterable[str]) -> tuple[str | None, ...]:
    """The values of texts that a browser sent.

    Raises:
        MeterError: When a text is not one of ours.

    Examples:
        >>> decode(['"Acme"', 'null'])
        ('Acme', None)
    """
    return tuple(_decode(text) for text in texts)


def _decode(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        value = 0
    if value is not None and not isinstance(value, str):
        raise MeterError("that value is not known; reload the page")
    return value
