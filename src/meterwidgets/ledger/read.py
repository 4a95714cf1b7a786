"""Read ledgers into one table of usage records, and tell how good they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.progress import LARGE, Done, Progress, Steps
from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes import pages
from meterwidgets.ledger.pricing import price_notes
from meterwidgets.ledger.pricing.book import RECORDED, PriceBook, Pricing
from meterwidgets.ledger.pricing.costs import price
from meterwidgets.ledger.readers.dataframe import open_dataframe
from meterwidgets.ledger.readers.files import find_files
from meterwidgets.ledger.readers.json_errors import explain_json_error
from meterwidgets.ledger.readers.open_file import open_file
from meterwidgets.ledger.readers.postgres_url import Database
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import (
    labels,
    notes,
    parquet_view,
    provider_costs,
    rejects,
)
from meterwidgets.ledger.records.dedupe import deduplicate
from meterwidgets.ledger.records.plan import Plan, Request, plan
from meterwidgets.ledger.records.quality import Quality, describe
from meterwidgets.ledger.sources.litellm_database import open_litellm_database
from meterwidgets.schema import COUNTS, NAMES
from meterwidgets.text import counted

__all__ = ["Done", "Gathered", "Keep", "Progress", "Request", "gather", "read_ledgers",
           "settle"]  # fmt: skip

_AT_ONCE = 256 << 20
"""So many bytes of files are read by one statement, if they are several files."""

Keep = Callable[[Iterable[Mapping[str, Any]]], None]
"""Keeps rejected rows: file, line, field, value, reason."""


@dataclass(frozen=True)
class Gathered:
    """What was read into ``ledger`` and ``rejects``, before it is settled.

    Attributes:
        names: The files and tables, in their order.
        assumed_tz: Whether timestamps without a zone were read in an assumed one.
        notes: What the reader should know of each, one sentence each.
    """

    names: tuple[str, ...]
    assumed_tz: bool
    notes: tuple[str, ...]


def read_ledgers(
    ws: Workspace,
    requests: Sequence[Request],
    book: PriceBook,
    steps: Steps | None = None,
    keep: Keep | None = None,
    pricing: Pricing = RECORDED,
    further: Sequence[str] = (),
) -> Quality:
    """Fill ``records`` of a connection from files and tables.

    Args:
        ws: A workspace of the engine.
        requests: What to read; all of it is one ledger, without duplicates.
        book: Prices for what the ledgers did not price.
        steps: Told how far it is; its next step is what is done with the records.
        keep: Called once with all rejected rows, if there are any, when every input
            has been read.
        pricing: The mode of the prices.
        further: SQL text of what else to find out of the records, for ``tallies``.

    Returns:
        The counts, the first rejects and the notes.

    Raises:
        LedgerError: When an input can't be read or nothing in it is usage.
    """
    steps = steps or Steps(None)
    steps.until(0.6)
    gathered = gather(ws, requests, steps.progress)
    steps.until(0.8)
    doubtful = [
        *provider_costs.regrouped(ws, ws.reported),
        *provider_costs.outgrown(ws),
    ]
    duplicates = deduplicate(ws)
    rejected = rejects.count(ws)
    kept = tuple(islice(rejects.rows(ws), rejects.KEPT))
    if kept and keep is not None:
        keep(rejects.rows(ws))
    count = ws.count(ws.reported)
    if not count:
        raise nothing(gathered.names, rejected, kept)
    said = [*gathered.notes, *settle(ws, book, pricing)]
    only = price_notes.PRICEABLE if pricing.repriced else "true"
    tallies = notes.tally(ws, only=only, further=further, tell=steps.tell)
    steps.until(1)
    said += notes.of_families(ws)
    said += [*doubtful, *notes.of_tallies(tallies, book)]
    if kept:
        rows = counted(rejected, "row", "rows")
        said.insert(0, f"{rows} rejected, the first: {describe(kept[0])}")
    notes_once = tuple(dict.fromkeys(said))
    return Quality(count, rejected, duplicates, gathered.assumed_tz, notes_once, kept)


def nothing(
    names: Sequence[str], rejected: int, kept: Sequence[Mapping[str, Any]]
) -> LedgerError:
    """The error of ledgers in which nothing is usage.

    Args:
        names: The ledgers.
        rejected: How many rows broke a rule.
        kept: The first of them.
    """
    named = ", ".join(dict.fromkeys(names))
    if not kept:
        return LedgerError(f"{named}: holds no usage; name a ledger that has rows")
    return LedgerError(
        f"{named}: no row could be read as usage, {rejected:,} rejected; "
        f"the first: {describe(kept[0])}; mend it, or name the right columns"
    )


def gather(
    ws: Workspace,
    requests: Sequence[Request],
    progress: Progress | None = None,
) -> Gathered:
    """Fill the tables ``ledger`` and ``rejects`` from files and tables.

    ``ledger`` holds what the sources recorded, checked and not yet priced, each row
    with the number of its file and its number ``n`` in it; the same usage may be
    there twice. It may be a view of the files (see ``staying``). For the arguments and
    errors see ``read_ledgers``.
    """
    rejects.create(ws)
    pages.create(ws)
    labels.create(ws)
    with ExitStack() as opened:
        plans = _plans(ws, requests, progress, opened)
        batches = _batches(plans)
        order = [number for batch in batches for number in batch]
        reading = _Reading(ws, sum(map(_size, plans)), progress)
        alike = [[plans[number] for number in batch] for batch in batches]
        if not reading.stay(alike):
            ws.create(ws.reported, _empty())
            for batch in alike:
                reading.read(batch)
            _number(ws)
    reading.tell(plans[-1].raw.name)
    said, assumed = _told(ws, plans, order)
    said += pages.missing(ws)
    names = tuple(plan.raw.name for plan in plans)
    return Gathered(names, assumed, tuple(dict.fromkeys(said)))


def settle(
    ws: Workspace,
    book: PriceBook,
    pricing: Pricing = RECORDED,
    *,
    beside: Sequence[str] = (),
) -> list[str]:
    """Turn ``ledger``, without duplicates, into the priced ``records``.

    Args:
        ws: A connection with ``ledger``.
        book: Prices for what the ledgers did not price.
        pricing: The mode of the prices; where it reprices, costs pay for nothing.
        beside: SQL text of records that were settled before and whose costs may pay
            for this usage.

    Returns:
        What the reader should know of how prices were found, one sentence each.
    """
    provider_costs.find_billed_days(ws, ws.reported, *beside)
    if not pricing.repriced:
        provider_costs.set_apart(ws)
    price(ws, book, pricing)
    return [*price_notes.of_mode(ws, pricing), *price_notes.of_rates(ws)]


def _parts(requests: Sequence[Request]) -> Iterator[tuple[Request, Any]]:
    for request in requests:
        for each in request.inputs:
            for part in find_files(each) if isinstance(each, str | Path) else [each]:
                yield request, part


def _plans(
    ws: Workspace,
    requests: Sequence[Request],
    progress: Progress | None,
    opened: ExitStack,
) -> list[Plan]:
    """Open every ledger, databases until they are read, and decide how it is read."""
    parts = list(_parts(requests))
    if not parts:
        raise LedgerError("no ledger was named; name a file, a folder or a dataframe")
    total = sum(part.stat().st_size for _, part in parts if isinstance(part, Path))
    plans = []
    for request, part in parts:
        if isinstance(part, Path):
            if progress is not None:
                progress(Done(str(part), 0, total, 0))
            raw = open_file(part, ws.con)
        elif isinstance(part, Database):
            raw = opened.enter_context(_database(part, ws, request))
        else:
            raw = open_dataframe(part, ws)
        plans.append(plan(raw, request, ws))
    return plans


def _database(
    database: Database, ws: Workspace, request: Request
) -> AbstractContextManager[RawLedger]:
    if request.columns:
        raise LedgerError(
            f"{database}: the columns of LiteLLM's tables are known; leave out columns="
        )
    source, since = request.source, request.since
    return open_litellm_database(database, ws, source=source, since=since)


def _batches(plans: Sequence[Plan]) -> list[list[int]]:
    """The numbers of the ledgers that are read at once, by the first of each."""
    alike: dict[tuple[str, str], list[list[int]]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for number, each in enumerate(plans):
        key = each.zone, each.statement("", 0)
        batches = alike.setdefault(key, [[]])
        sizes[key] = sizes.get(key, 0) + _size(each)
        if batches[-1] and sizes[key] > _AT_ONCE:
            batches.append([])
            sizes[key] = _size(each)
        batches[-1].append(number)
    return [batch for batches in alike.values() for batch in batches]


def _size(plan: Plan) -> int:
    return plan.raw.path.stat().st_size if plan.raw.path else 0


def _empty() -> str:
    text = ("source", "grain", "record_id", "covers", *NAMES, "status",
            "service_tier", "reported_currency")  # fmt: skip
    whole = ("file", "n", "start_us", "end_us", *COUNTS, "reported_cost",
             "reported_input_cost", "reported_output_cost", "grown")  # fmt: skip
    columns = [f'NULL::VARCHAR AS "{name}"' for name in (*text, *labels.COLUMNS)]
    columns += [f"NULL::BIGINT AS {name}" for name in whole]
    truths = ("recorded_zero", "own_id", "billed", "used", "zoned")
    columns += [f"NULL::BOOLEAN AS {name}" for name in truths]
    columns.append(
        "NULL::STRUCT(field VARCHAR, value VARCHAR, reason VARCHAR) AS reject"
    )
    return f"SELECT {', '.join(columns)} WHERE false"


class _Reading:
    """Adds batches of ledgers to ``ledger``; each file gets the next number."""

    def __init__(self, ws: Workspace, size: int, progress: Progress | None) -> None:
        self._ws = ws
        self._size = size
        self._progress = progress
        self._files = self._done = self._rows = 0

    def tell(self, name: str, within: int = 0, rows: int = 0) -> None:
        """Say how far it is, with so many bytes and rows of what is being read."""
        if self._progress is not None:
            done = Done(name, self._done + within, self._size, self._rows + rows)
            self._progress(done)

    def _teller(
        self, name: str, size: int, rows: int = 0
    ) -> Callable[[float], None] | None:
        """What to call with the completed part of a statement that reads a ledger.

        Args:
            name: What is being read.
            size: Its bytes.
            rows: Its rows, where that is known beforehand.
        """
        if self._progress is None or size < LARGE:
            return None
        return lambda part: self.tell(name, int(part * size), int(part * rows))

    def stay(self, batches: Sequence[Sequence[Plan]]) -> bool:
        """Let ``ledger`` be a view, if that can be; every value is looked at once."""
        plans = [plan for batch in batches for plan in batch]
        if not parquet_view.can_stay(plans):
            return False
        ws = self._ws
        self.tell(plans[0].raw.name)
        _set_zone(ws, plans[0].zone)
        try:
            parquet_view.create(ws, _empty(), batches)
            rows = ws.count(ws.reported)
            stats = parquet_view.stats_query(ws, _TOLD.format(n="n"))
            tell = self._teller(plans[0].raw.name, self._size, rows)
            ws.create(ws.file_stats, stats, tell=tell)
            parquet_view.collect_dimension_values(ws)
        except duckdb.Error:  # read one by one, they tell which of them is to blame
            for relation in (ws.reported, ws.parquet_files, ws.file_stats):
                ws.drop(relation)
            return False
        self._rows, self._done = rows, self._size
        return True

    def read(self, batch: Sequence[Plan]) -> None:
        """Read ledgers that have one statement; what can't be read is named."""
        ws, first = self._ws, batch[0]
        self.tell(first.raw.name)
        _set_zone(ws, first.zone)
        paths = [each.raw.path for each in batch if each.raw.path]
        listed = f"[{', '.join(map(path_literal, paths))}]"
        try:
            size = sum(map(_size, batch))
            statement = first.statement(listed, self._files)
            added = ws.run(statement, self._teller(first.raw.name, size))
        except duckdb.Error as error:
            if len(batch) == 1:
                reason = _why(first.raw, error)
                raise LedgerError(
                    f"{first.raw.name}: can't be read ({reason})"
                ) from None
            half = len(batch) // 2
            self.read(batch[:half])
            self.read(batch[half:])
            return
        if first.source.is_paginated:
            pages.add(ws, first.raw.select_rows(listed), first.source.name)
        self._files += len(batch)
        self._done += size
        self._rows += added[0] if added else 0


def _set_zone(ws: Workspace, zone: str) -> None:
    """Let timestamps without a zone be of one."""
    try:
        ws.execute(f"SET TimeZone = {literal(zone)}")
    except duckdb.Error:
        raise LedgerError(
            f"timestamps can't be read in the zone {zone!r}; expected an IANA name "
            "such as Europe/Berlin"
        ) from None


_GOOD = "used AND reject IS NULL"
_TOLD = f"""
  file, min({{n}}) AS first,
  count(*) FILTER (WHERE NOT used AND reject IS NULL) AS skipped,
  count(*) FILTER (WHERE NOT zoned AND {_GOOD}) AS naive,
  min({{n}}) FILTER (WHERE NOT zoned AND {_GOOD}) AS first_naive,
  count(reject) AS bad
"""
"""SQL of what the table ``told`` says of each file."""


def _number(ws: Workspace) -> None:
    """Look at the table ``ledger`` and number the rows of each file."""
    # rows are read in their order, but numbered only where a source asks for it: to
    # number them all would keep the reader from using more than one thread
    told = _TOLD.format(n="coalesce(n, rowid)")
    ws.create(ws.file_stats, f"SELECT {told} FROM {ws.reported} GROUP BY file")
    ws.execute(
        f"UPDATE {ws.reported} AS r SET n = coalesce(r.n, r.rowid) - first + 1 "
        f"FROM {ws.file_stats} AS s WHERE s.file = r.file"
    )


def _told(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> tuple[list[str], bool]:
    """Take the rows that are no good out of ``ledger``; say what was left out.

    Args:
        ws: A connection with ``ledger`` and ``told``.
        plans: The ledgers as they were given.
        order: In which order they were read.

    Returns:
        One sentence each, and whether a zone was assumed.
    """
    (skipped, bad) = ws.execute(
        f"SELECT coalesce(sum(skipped), 0), coalesce(sum(bad), 0) FROM {ws.file_stats}"
    ).fetchone() or (0, 0)
    rejects.keep(ws, [plans[number] for number in order], bad=bad)
    said: dict[int, list[str]] = {}
    assumed = False
    for file, first, skipped, naive, first_naive in ws.execute(
        "SELECT file, first, skipped, naive, first_naive "
        f"FROM {ws.file_stats} WHERE skipped > 0 OR naive > 0"
    ).fetchall():
        each = plans[order[file]]
        lines = said.setdefault(order[file], [])
        if skipped:
            rows = counted(skipped, "row is not a request", "rows are not requests")
            lines.append(f"{each.raw.name}: {rows}, left out")
        if naive and each.source.timezone is None:
            assumed = True
            number = rejects.line_of(ws, each.raw, first_naive - first + 1)
            lines.append(
                f"{each.raw.name}, {each.unit} {number:,}: no zone; "
                f"{counted(naive, 'timestamp', 'timestamps')} without one read as "
                f"{each.zone} (another: timezone in meterwidgets.toml, tz= in Python)"
            )
    _leave_good(ws, order, all_good=not (skipped or bad))
    ws.drop(ws.file_stats)
    return [
        line
        for number, each in enumerate(plans)
        for line in (*each.raw.notes, *each.notes, *said.get(number, ()))
    ], assumed


def _leave_good(ws: Workspace, order: Sequence[int], *, all_good: bool) -> None:
    """Leave in ``ledger`` the good rows, without what was needed to tell them.

    Args:
        ws: A connection with ``ledger``.
        order: The numbers of the files as they were given.
        all_good: Whether all rows are good.
    """
    is_view = ws.is_view(ws.reported)
    if not all_good and is_view:
        ws.narrow(ws.reported, where=_GOOD)
    elif not all_good:
        ws.execute(f"DELETE FROM {ws.reported} WHERE NOT ({_GOOD})")
    labels.keep(ws)
    columns = ("used", "zoned", "reject", *labels.COLUMNS)
    numbers = ", ".join(map(str, order))
    file = f"([{numbers}]::BIGINT[])[file + 1]"
    if is_view:
        kept = f"* EXCLUDE ({', '.join(columns)}) REPLACE ({file} AS file)"
        ws.narrow(ws.reported, kept)
        return
    for column in columns:
        ws.execute(f"ALTER TABLE {ws.reported} DROP COLUMN {column}")
    if list(order) != sorted(order):
        ws.execute(f"UPDATE {ws.reported} SET file = {file}")


def _why(raw: RawLedger, error: duckdb.Error) -> str:
    """What the reader of files said, in words that name a way out."""
    said = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{said}; read it in parts, or from a machine with more memory"
    if raw.unit == "record" and raw.path is not None:
        return explain_json_error(raw.path, said)
    if "state machine" in said:
        return (
            "its lines end in different ways, some with CR LF and some with LF; "
            "give every line the same end"
        )
    return said
