"""Where a JSON document is broken, by line and column."""

from __future__ import annotations

import json
from pathlib import Path

from meterwidgets.ledger.readers.files import READ_ERRORS, open_binary

_LARGEST_EXPLAINED = 64 << 20
"""Larger files would take too much memory to parse once more for their error."""


def explain_json_error(path: Path, engine_error: str) -> str:
    """Say where a JSON document is broken, and what to do.

    Args:
        path: The file.
        engine_error: What the engine said; returned where nothing better is known.
    """
    try:
        with open_binary(path) as stream:
            data = stream.read(_LARGEST_EXPLAINED + 1)
        if len(data) > _LARGEST_EXPLAINED:
            return engine_error
        json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        position = f"line {error.lineno:,}, column {error.colno:,}: {error.msg}"
        is_cut = error.msg.startswith("Unterminated")
        if is_cut or error.pos >= len(error.doc.rstrip()) - 1:
            return f"{position}; the file ends in the middle, so export it again"
        return f"{position}; fix it there, or export one record a line"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return f"line {line:,} is not UTF-8; save the file as UTF-8"
    except (*READ_ERRORS, RecursionError):
        return engine_error
    return engine_error
