"""Names of times after a request began: when its record was received or completed."""

from __future__ import annotations

from functools import cache

from meterwidgets.ledger.sources.column_names import words

_LATE = {
    "received", "processed", "delivered", "completed", "finished", "ended", "updated",
    "inserted", "ingested", "observed", "stored", "saved", "written", "responded",
    "response", "last",
}  # fmt: skip
"""Words of times after a request began."""


@cache
def is_late_time(column: str) -> bool:
    """Whether a name says a time after a request began, for want of a better one.

    Examples:
        >>> is_late_time("received_at"), is_late_time("response_time_ms")
        (True, False)
    """
    said = set(words(column.rsplit(".", 1)[-1]))
    when = {"at", "on", "timestamp", "date", "time"}
    is_length = {"response", "time"} <= said
    return bool(said & _LATE and said & when) and said <= _LATE | when and not is_length
