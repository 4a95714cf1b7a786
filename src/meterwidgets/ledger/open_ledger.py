"""Open whatever was named as a ledger: files, streams, databases and dataframes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.databases.postgres_rows import copy_rows
from meterwidgets.ledger.readers.databases.postgres_url import Database
from meterwidgets.ledger.readers.find_files import find_files
from meterwidgets.ledger.readers.frames.dataframe import open_dataframe, open_stream
from meterwidgets.ledger.readers.frames.streams import Stream
from meterwidgets.ledger.readers.open_file import open_copy, open_file, open_stored
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.stored_file import StoredFile
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.ledger.records.planner import recognised
from meterwidgets.ledger.sources.litellm_database import open_litellm_database


def parts_of(ledger: Any) -> Sequence[Any]:
    """What is opened of a ledger, each by itself: the files that a name stands for."""
    is_named = isinstance(ledger, str | Path | StoredFile)
    return find_files(ledger) if is_named else [ledger]


def open_ledger(
    ws: Workspace, spec: LedgerSpec, ledger: Any, opened: ExitStack
) -> RawLedger:
    """Open one part of a ledger.

    Args:
        ws: The workspace that reads it.
        spec: How it is read.
        ledger: A file, a stream, a database or a dataframe.
        opened: Closes the databases.

    Raises:
        LedgerError: When it can't be read.
    """
    recognise = partial(recognised, spec=spec, ws=ws)
    if isinstance(ledger, Path):
        return open_file(ledger, ws, recognise)
    if isinstance(ledger, StoredFile):
        return open_stored(ledger, ws, recognise)
    if isinstance(ledger, Stream):
        return open_stream(ledger, ws, recognise)
    if isinstance(ledger, Database) and ledger.has_rows:
        raw = open_copy(copy_rows(ledger, ws.spool), str(ledger), ws, recognise)
        return replace(raw, is_live=True)
    if isinstance(ledger, Database):
        return opened.enter_context(_litellm(ws, ledger, spec))
    return open_dataframe(ledger, ws)


def _litellm(
    ws: Workspace, database: Database, spec: LedgerSpec
) -> AbstractContextManager[RawLedger]:
    if spec.columns:
        raise LedgerError(
            f"{database}: the columns of LiteLLM's tables are known; leave out "
            "columns=, or name another table with ?table=NAME"
        )
    return open_litellm_database(database, ws, source=spec.source, since=spec.since)
