"""Lines of a log that end in a JSON object, and the events of an answer's stream.

Such a line is the object in it, with the time in front of it as ``log_time``.
"""

from __future__ import annotations

import re
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_file import select_lines
from meterwidgets.ledger.readers.json_layout import Record, json_paths, parse_objects
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_SAMPLED = 200
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?( ?(Z|[+-]\d\d:?\d\d)\b)?"
_STARTS = re.compile(
    rf"\W?{_TIME}|(data|event|id): ?|:|\W?\b(TRACE|DEBUG|INFO|NOTICE|WARN|ERROR)\b|"
    r"[^[{][^{]*\{"
)
"""How the first line of a log begins; the header of a table does not."""


def is_log(text: str) -> bool:
    """Whether a text is lines of which some end in a JSON object, all that have one.

    Examples:
        >>> is_log('2026-02-22 10:00:00 INFO {"tokens": 5}')
        True
        >>> is_log('{"tokens": 5}'), is_log("time,tokens")
        (False, False)
    """
    lines = [line for line in text.splitlines()[:_SAMPLED] if line.strip()]
    if not lines or lines[0].lstrip()[0] == "{" or not _STARTS.match(lines[0]):
        return False
    held = [line for line in lines if "{" in line]
    parsed = [record for line in held if (record := _record(line)) is not None]
    # the last line may be cut off
    return bool(parsed) and len(parsed) >= len(held) - (len(lines) > 1)


def check_header(path: Path, text: str) -> None:
    """Refuse a text whose first line is one of a log, and no header of a table.

    Raises:
        LedgerError: When it begins with a time.
    """
    if re.match(rf"\W?{_TIME}", text.lstrip()):
        raise LedgerError(
            f"{path}: begins with a time and no header: it is a table without one, or "
            "lines of a log without JSON; add a header, or write a JSON object a line"
        )


def open_log(path: Path, head: str) -> RawLedger:
    """Open a log by the objects in its lines.

    Args:
        path: The file.
        head: Its beginning, which `is_log`.
    """
    lines = head.splitlines()[:_SAMPLED]
    records = tuple(each for line in lines if (each := _record(line)) is not None)
    paths = json_paths(records)
    return RawLedger(
        str(path),
        "line",
        _select_objects,
        Sample(tuple(paths), records),
        json_paths=paths,
        path=path,
    )


def _record(line: str) -> Record | None:
    """The object at the end of a line, with the time in front of it."""
    front, brace, rest = line.partition("{")
    found = next(iter(parse_objects([brace + rest])), None)
    if found is None:
        return None
    time = re.search(_TIME, front)
    return ({"log_time": time[0].replace(",", ".")} if time else {}) | found


def _select_objects(files: str) -> str:
    # the time becomes the first member of the object, and all else stays as written
    return f"""
      SELECT file, filename, CASE WHEN brace = 0 THEN '{{}}'
        WHEN seen = '' THEN substr(j, brace)
        ELSE '{{"log_time":"' || replace(seen, ',', '.') || '"' || CASE
          WHEN starts_with(ltrim(substr(j, brace + 1)), '}}') THEN '' ELSE ',' END
          || substr(j, brace + 1) END AS j
      FROM (SELECT file, filename, j, strpos(j, '{{') AS brace,
        regexp_extract(left(j, strpos(j, '{{')), {literal(_TIME)}) AS seen
        FROM ({select_lines(files)}))
    """
