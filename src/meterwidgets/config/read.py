"""Reads the ledgers that a config or a command names as one frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from meterwidgets.config.config import Config, SourceEntry, prices
from meterwidgets.errors import LedgerError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.read import read_ledger_specs, title
from meterwidgets.frame.store.store import is_store, open_store
from meterwidgets.ledger.engine.progress import Progress
from meterwidgets.ledger.readers.databases.postgres_url import (
    Database,
    parse_database_url,
)
from meterwidgets.ledger.readers.find_files import find_files, in_folder
from meterwidgets.ledger.readers.stored_file import StoredFile
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.ledger.sources import registry
from meterwidgets.zones import parse_instant

Part = Path | StoredFile | Database


def read_with_config(
    ledgers: Sequence[str | Path],
    *,
    config: Config | None = None,
    folder: Path | None = None,
    source: str | None = None,
    written: str | None = None,
    rejects: str | Path | None = "rejects.jsonl",
    progress: Progress | None = None,
) -> UsageFrame:
    """Read ledgers as one frame, or open a store.

    Args:
        ledgers: Files, folders, globs or addresses of databases, or one store; empty
            takes the ``[[source]]`` entries.
        config: Prices, labels and zone; also columns, zones and currencies of the
            ledgers that its entries name.
        folder: What the paths of the config are relative to.
        source: The format of all ledgers; None takes the entry's, or recognises it.
        written: When the ledgers were written; None takes the entry's, or asks the
            files.
        rejects: The file for rejected rows.
        progress: See ``read_usage``.

    Raises:
        MeterError: When there is nothing to read, or something can't be read.
    """
    config = config or Config()
    paths = [parse_database_url(ledger) for ledger in ledgers]
    if any(is_store(path) for path in paths if not isinstance(path, Database)):
        if written is not None:
            raise LedgerError(
                f"{paths[0]}: a store knows when its ledgers were written; name the "
                "time where they are ingested"
            )
        return _open_store(paths, config)
    requests = requests_for(
        ledgers, config=config, folder=folder, source=source, written=written
    )
    inputs = paths or [path for request in requests for path in request.inputs]
    return read_ledger_specs(
        requests,
        prices=prices(config),
        tz=config.timezone,
        labels=config.labels,
        rejects=rejects,
        name=_joined_title(list(dict.fromkeys(map(title, inputs)))),
        progress=progress,
    )


def _open_store(paths: Sequence[str | Path | Database], config: Config) -> UsageFrame:
    """The frame of the only path, with the labels of the config."""
    store, *others = paths
    if others or isinstance(store, Database):
        names = " and ".join(map(str, paths))
        raise LedgerError(
            f"{names}: a store is read by itself; ingest the others into it"
        )
    frame = open_store(store)
    labels = {
        name: {**frame.labels.get(name, {}), **config.labels.get(name, {})}
        for name in {*frame.labels, *config.labels}
    }
    return dataclasses.replace(frame, labels=labels)


def requests_for(
    ledgers: Sequence[str | Path],
    *,
    config: Config,
    folder: Path | None = None,
    source: str | None = None,
    written: str | None = None,
) -> list[LedgerSpec]:
    """How to read ledgers: one request per file or database.

    Args:
        ledgers: Files, folders, globs or addresses of databases; empty takes the
            ``[[source]]`` entries.
        config: The columns, zones and currencies of the ledgers that its entries name.
        folder: What the paths of the config are relative to.
        source: The format of all ledgers; None takes the entry's, or recognises it.
        written: When they were written; None takes the entry's, or asks the files.

    Raises:
        MeterError: When there is nothing to read, or ``written`` is no time.
    """
    entries = _entries(config, folder or Path(), strict=not ledgers)
    inputs = [part for ledger in ledgers for part in _parts(ledger)]
    inputs = inputs or [part for part, _ in entries]
    if not inputs:
        raise LedgerError("the config names no [[source]]; add one, or name a ledger")
    # An entry also describes a file that is named on the command line.
    entry_of = {_identity(part): entry for part, entry in entries}
    default = SourceEntry(path="")
    requests = []
    for part in inputs:
        entry = entry_of.get(_identity(part), default)
        requests.append(
            LedgerSpec(
                [part],
                registry.named(source) or entry.named_source(folder=folder),
                entry.columns,
                entry.timezone or config.timezone,
                (entry.currency or config.currency).upper(),
                written=parse_instant(
                    "written", written or entry.written, config.timezone
                ),
            )
        )
    return requests


def _entries(
    config: Config, folder: Path, *, strict: bool
) -> list[tuple[Part, SourceEntry]]:
    """Each file or database of the entries; ``strict`` refuses one that is missing."""
    entries = []
    for entry in config.source:
        try:
            entries += [(part, entry) for part in _parts(entry.path, folder=folder)]
        except LedgerError:
            if strict:
                raise
    return entries


def _parts(ledger: str | Path, *, folder: Path | None = None) -> list[Part]:
    """The files of a ledger, or its database; a path of a config is in its folder."""
    path = parse_database_url(ledger)
    if isinstance(path, Database):
        return [path]
    return [*find_files(in_folder(path, folder))]


def _identity(part: Part) -> str:
    """The same for all spellings of a path."""
    return str(part.resolve() if isinstance(part, Path) else part)


def _joined_title(titles: Sequence[str]) -> str:
    """What to call a ledger of several files.

    Examples:
        >>> _joined_title(["a.csv", "b.csv"])
        'a.csv, b.csv'
        >>> _joined_title(["a.csv", "b.csv", "c.csv", "d.csv"])
        'a.csv, b.csv and 2 more'
    """
    if len(titles) <= 3:
        return ", ".join(titles)
    return f"{titles[0]}, {titles[1]} and {len(titles) - 2:,} more"
