"""What is piped into a command, named ``-``: kept in a file, since it comes once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import process_spool

NAME = "-"
_STALLED = "standard input is empty; pipe a ledger into the command"


@cache
def piped_file() -> Path:
    """The file that holds the standard input of this process, whole.

    Raises:
        LedgerError: When nothing is piped in, or it doesn't fit on the disk.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise LedgerError(
            "'-' is the standard input, which is a terminal; pipe a ledger into it: "
            "command | meterwidgets report -"
        )
    path = process_spool().save("standard input", _chunks())
    if not path.stat().st_size:
        raise LedgerError(_STALLED)
    return path


def _chunks() -> Iterator[bytes]:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise LedgerError(_STALLED)
    while chunk := stream.read(1 << 20):
        yield chunk
