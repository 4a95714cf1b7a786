"""When a ledger was exported, as it says itself, or as the archive around it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from meterwidgets.zones import EPOCH

NAMES = {
    "exportedat", "exportedon", "exporttime", "exportdate", "exporttimestamp",
    "exportcreatedat", "generatedat", "generatedon", "generationtime",
    "reportgeneratedat", "reportgeneratedon", "reportcreatedat", "reporttime",
    "fetchedat", "retrievedat", "downloadedat", "extractedat", "dumpedat",
}  # fmt: skip
"""What exports call the time at which they were made; case and signs don't count."""
_METADATA = {"metadata", "meta", "report", "export", "info", "header", "reportinfo"}
_GZIP = b"\x1f\x8b"


def plain_key(name: str) -> str:
    """The letters and digits of a key, in small letters."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def export_time(records: Iterable[Mapping[str, object]]) -> datetime | None:
    """The latest time at which some answers say that they were made.

    Args:
        records: Answers, or records, as read.

    Examples:
        >>> export_time([{"meta": {"generatedAt": "2026-02-22T10:00:00Z"}}]).isoformat()
        '2026-02-22T10:00:00+00:00'
        >>> export_time([{"created_at": "2026-02-22T10:00:00Z"}])
    """
    found = [
        time
        for record in records
        for value in _export_values(record)
        if (time := _instant(value))
    ]
    return max(found, default=None)


def _export_values(record: Mapping[str, object]) -> Iterator[object]:
    for name, value in record.items():
        key = plain_key(name)
        if key in NAMES:
            yield value
        elif key in _METADATA and isinstance(value, dict):
            yield from (each for n, each in value.items() if plain_key(str(n)) in NAMES)


def _instant(value: object) -> datetime | None:
    """A time with its zone, or Unix time; None for anything else, a date too."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value) / (1000 if value > 1e11 else 1)
        is_time = 1e9 < seconds < 4e9
        return EPOCH + timedelta(seconds=seconds) if is_time else None
    try:
        time = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return time if time.tzinfo else None


def archived_time(path: Path) -> datetime | None:
    """The time of the file in a gzip archive; None where it says none."""
    if path.suffix.lower() != ".gz":
        return None
    with path.open("rb") as stream:
        head = stream.read(8)
    seconds = int.from_bytes(head[4:8], "little")
    is_told = head.startswith(_GZIP) and seconds > 0
    return EPOCH + timedelta(seconds=seconds) if is_told else None
