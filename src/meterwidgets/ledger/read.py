"""Read ledgers into one table of usage records, and tell how good they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger import (
    labels,
    mapping,
    normalise,
    notes,
    pages,
    price_notes,
    rejects,
    sources,
    twice,
)
from meterwidgets.ledger.database import open_database
from meterwidgets.ledger.database_url import Database, named
from meterwidgets.ledger.dedupe import deduplicate
from meterwidgets.ledger.files import files, literal
from meterwidgets.ledger.json_rows import explain
from meterwidgets.ledger.prices import RECORDED, PriceBook, Pricing
from meterwidgets.ledger.pricing import price
from meterwidgets.ledger.quality import Quality, counted, describe
from meterwidgets.ledger.raw import Raw, open_file, open_table
from meterwidgets.ledger.sources.base import COLUMN, Source

Progress = Callable[[str, int, int], None]
"""Told what is being read, how many ledgers are done, and how many there are."""

Keep = Callable[[Iterable[Mapping[str, Any]]], None]
"""Keeps rejected rows: file, line, field, value, reason."""


@dataclass(frozen=True)
class Request:
    """What to read and how; see ``read_usage``.

    Of databases ``since`` keeps only the rows that began then or later.
    """

    inputs: Sequence[Any]
    source: str | None = None
    columns: Mapping[str, str] | None = None
    tz: str = "UTC"
    currency: str = "USD"
    since: datetime | None = None

    def __post_init__(self) -> None:
        """Put databases in the place of their addresses, which may hold passwords."""
        object.__setattr__(self, "inputs", [named(each) for each in self.inputs])


@dataclass(frozen=True)
class _Plan:
    """How one opened ledger is read."""

    source: Source
    fields: Mapping[str, str]
    bucketed: bool
    zone: str
    notes: tuple[str, ...]


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
    con: duckdb.DuckDBPyConnection,
    requests: Sequence[Request],
    book: PriceBook,
    progress: Progress | None = None,
    keep: Keep | None = None,
    pricing: Pricing = RECORDED,
) -> Quality:
    """Fill the table ``records`` of a connection from files and tables.

    Args:
        con: An empty database.
        requests: What to read; all of it is one ledger, without duplicates.
        book: Prices for what the ledgers did not price.
        progress: Called before each file.
        keep: Called once with all rejected rows, if there are any, when every input
            has been read.
        pricing: The mode of the prices.

    Returns:
        The counts, the first rejects and the notes.

    Raises:
        LedgerError: When an input can't be read or nothing in it is usage.
    """
    gathered = gather(con, requests, progress)
    duplicates = deduplicate(con)
    rejected = rejects.count(con)
    kept = tuple(islice(rejects.rows(con), rejects.KEPT))
    if kept and keep is not None:
        keep(rejects.rows(con))
    (count,) = con.execute("SELECT count(*) FROM ledger").fetchone() or (0,)
    if not count:
        raise nothing(gathered.names, rejected, kept)
    said = [*gathered.notes, *settle(con, book, pricing), *notes.of_families(con)]
    priceable = price_notes.PRICEABLE if pricing.repriced else "records"
    said += notes.of_tallies(notes.tallied(con, priceable), book)
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
    con: duckdb.DuckDBPyConnection,
    requests: Sequence[Request],
    progress: Progress | None = None,
) -> Gathered:
    """Fill the tables ``ledger`` and ``rejects`` from files and tables.

    ``ledger`` holds what the sources recorded, checked and not yet priced, each row
    with the number of its file and its number in it; the same usage may be there
    twice. See ``read_ledgers`` for the arguments and errors.
    """
    con.execute(normalise.MACROS)
    con.execute("CREATE TABLE ledger AS " + _empty())
    rejects.create(con)
    pages.create(con)
    labels.create(con)
    parts = list(_parts(requests))
    if not parts:
        raise LedgerError("no ledger was named; name a file, a folder or a dataframe")
    said: dict[str, None] = {}
    assumed = False
    for number, (request, part) in enumerate(parts):
        if progress is not None:
            progress(_name(part), number, len(parts))
        with _opened(con, part, request, f"table_{number}") as raw:
            naive, more = _read(con, raw, request, number)
        assumed |= naive
        said.update(dict.fromkeys(more))
    said.update(dict.fromkeys(pages.missing(con)))
    return Gathered(tuple(_name(part) for _, part in parts), assumed, tuple(said))


def settle(
    con: duckdb.DuckDBPyConnection,
    book: PriceBook,
    pricing: Pricing = RECORDED,
    *,
    beside: Sequence[str] = (),
) -> list[str]:
    """Turn ``ledger``, without duplicates, into the priced ``records``.

    Args:
        con: A connection with ``ledger``.
        book: Prices for what the ledgers did not price.
        pricing: The mode of the prices; where it reprices, costs pay for nothing.
        beside: SQL text of records that were settled before and whose costs may pay
            for this usage.

    Returns:
        What the reader should know of how prices were found, one sentence each.
    """
    twice.find_paid(con, "ledger", *beside)
    if not pricing.repriced:
        twice.set_apart(con)
    price(con, book, pricing)
    said = [*price_notes.of_mode(con, pricing), *price_notes.of_rates(con)]
    con.execute("DROP VIEW priced; DROP TABLE ledger")
    return said


def _parts(requests: Sequence[Request]) -> Iterator[tuple[Request, Any]]:
    for request in requests:
        for each in request.inputs:
            for part in files(each) if isinstance(each, str | Path) else [each]:
                yield request, part


def _name(part: Any) -> str:
    return str(part) if isinstance(part, Path | Database) else "the table"


def _opened(
    con: duckdb.DuckDBPyConnection, part: Any, request: Request, name: str
) -> AbstractContextManager[Raw]:
    if isinstance(part, Database):
        if request.columns:
            raise LedgerError(
                f"{part}: the columns of LiteLLM's tables are known; leave out columns="
            )
        return open_database(
            part, con, name, source=request.source, since=request.since
        )
    if isinstance(part, Path):
        return nullcontext(open_file(part))
    return nullcontext(open_table(part, con, name))


def _empty() -> str:
    text = ("source", "grain", "record_id", "covers", *normalise.DIMENSIONS, "status",
            "service_tier", "currency")  # fmt: skip
    whole = ("file", "n", "start_us", "end_us", *normalise.COUNTS, *normalise.MONEY,
             "grown")  # fmt: skip
    columns = [f'NULL::VARCHAR AS "{name}"' for name in text]
    columns += [f"NULL::BIGINT AS {name}" for name in whole]
    truths = ("recorded_zero", "own_id", "billed")
    columns += [f"NULL::BOOLEAN AS {name}" for name in truths]
    return f"SELECT {', '.join(columns)} WHERE false"


def _read(
    con: duckdb.DuckDBPyConnection, raw: Raw, request: Request, number: int
) -> tuple[bool, list[str]]:
    """Read one opened ledger into ``ledger`` and ``rejects``."""
    plan = _plan(raw, request)
    try:
        con.execute(f"SET TimeZone = {literal(plan.zone)}")
    except duckdb.Error:
        raise LedgerError(
            f"timestamps can't be read in the zone {plan.zone!r}; expected an IANA "
            "name such as Europe/Berlin"
        ) from None
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE parsed AS {_parsed(raw, plan)}")
    except duckdb.Error as error:
        raise LedgerError(f"{raw.name}: can't be read ({_why(raw, error)})") from None
    if plan.source.paged:
        pages.keep(con, raw, plan.source.name)
    unit = plan.source.unnest[-1].name if plan.source.unnest else raw.unit
    rejects.keep(con, raw, unit)
    raw = replace(raw, unit=unit)
    _take(con, plan, request, number)
    labels.keep(con, plan.source.labels)
    row = con.execute(
        "SELECT count(*) FILTER (WHERE NOT zoned AND used AND reject IS NULL), "
        "min(n) FILTER (WHERE NOT zoned AND used AND reject IS NULL), "
        "count(*) FILTER (WHERE NOT used AND reject IS NULL) FROM parsed"
    ).fetchone()
    con.execute("DROP TABLE parsed")
    naive, first, skipped = row or (0, None, 0)
    said = [*raw.notes, *plan.notes]
    if skipped:
        rows = counted(skipped, "row is not a request", "rows are not requests")
        said.append(f"{raw.name}: {rows}, left out")
    assumed = bool(naive) and plan.source.zone is None
    if assumed:
        where = f"{raw.name}, {raw.unit} {rejects.line_of(con, raw, first):,}"
        how_many = counted(naive, "timestamp", "timestamps")
        said.append(
            f"{where}: no zone; {how_many} without one read as {plan.zone} (another: "
            "timezone in meterwidgets.toml, tz= in Python)"
        )
    return assumed, said


def _plan(raw: Raw, request: Request) -> _Plan:
    """Which source reads a ledger, and which columns fill which fields."""
    try:
        if request.source:
            source = sources.find(request.source)
        elif request.columns:
            source = sources.find("table")
        else:
            source = sources.recognise(raw.sample)
    except LedgerError as error:
        raise LedgerError(f"{raw.name}: {error}") from None
    zone = source.zone or request.tz
    if source.fields:
        if request.columns:
            raise LedgerError(
                f"{raw.name}: the columns of the source {source.name!r} are known; "
                "leave out columns=, or choose source='table'"
            )
        bucketed = source.grain == "bucket"
        return _Plan(source, source.fields, bucketed, zone, ())
    columns = list(raw.sample.columns)
    for column in (request.columns or {}).values():
        if column not in columns and raw.has(column):
            columns.append(column)
    if not columns:
        raise LedgerError(f"{raw.name}: holds no records; name a ledger that has rows")
    mapped, guessed = mapping.check(request.columns, columns, where=raw.name)
    pairs = ", ".join(f"{ours} <- {theirs}" for ours, theirs in guessed.items())
    notes = (f"{Path(raw.name).name}: guessed {pairs}",) if guessed else ()
    fields = {ours: "{" + theirs + "}" for ours, theirs in mapped.items()}
    return _Plan(source, fields, mapping.is_bucketed(mapped), zone, notes)


def _parsed(raw: Raw, plan: _Plan) -> str:
    """SQL text of the checked rows: every ``{column}`` becomes its value."""
    source = plan.source
    derived = list(source.derived)
    places: dict[str, int] = {}

    def fill(text: str) -> str:
        def one(match: re.Match[str]) -> str:
            if match[1] in derived:
                return f"d{derived.index(match[1])}"
            return f"v{places.setdefault(match[1], len(places))}"

        return COLUMN.sub(one, text)

    if source.fields:
        filled = {name: fill(text) for name, text in plan.fields.items()}
    else:  # a column of a table may have any name, braces too
        filled = {
            name: f"v{places.setdefault(text[1:-1], len(places))}"
            for name, text in plan.fields.items()
        }
    only, zero = fill(source.only), fill(source.recorded_zero)
    called = {name: fill(text) for name, text in source.labels.items()}
    further = [fill(text) for text in source.derived.values()]
    relation = raw.relation(list(places), source.unnest)
    for place, text in enumerate(further):
        relation = f"SELECT *, {text} AS d{place} FROM ({relation})"
    return normalise.parsed(
        relation, filled, only=only, recorded_zero=zero, labels=called
    )


def _why(raw: Raw, error: duckdb.Error) -> str:
    """What the reader of files said, in words that name a way out."""
    said = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"{said}; read it in parts, or from a machine with more memory"
    if raw.unit == "record" and raw.path is not None:
        return explain(raw.path, said)
    if "state machine" in said:
        return (
            "its lines end in different ways, some with CR LF and some with LF; "
            "give every line the same end"
        )
    return said


def _take(
    con: duckdb.DuckDBPyConnection, plan: _Plan, request: Request, number: int
) -> None:
    """Add the good rows of ``parsed`` to ``ledger``."""
    own = plan.source.name != "table"
    known = "requests" in plan.fields or plan.bucketed
    grown = "output_tokens" if plan.source.grows else "NULL::BIGINT"
    requests = "requests" if known else "1::BIGINT AS requests"
    counts = ", ".join(name for name in normalise.COUNTS if name != "requests")
    con.execute(f"""
      INSERT INTO ledger BY NAME
      SELECT {literal(plan.source.name)} AS source,
        '{"bucket" if plan.bucketed else "request"}' AS grain, {number} AS file, n,
        record_id, {own} AS own_id, covers, start_us, end_us, org, project,
        "user", api_key, endpoint, coalesce(deployment, model) AS deployment, provider,
        coalesce(model, deployment) AS model, status, service_tier,
        {requests}, {counts},
        cost, input_cost, output_cost, recorded_zero, {grown} AS grown,
        CASE WHEN coalesce(cost, input_cost, output_cost) IS NOT NULL
          THEN coalesce(currency, {literal(request.currency)}) END AS currency
      FROM parsed WHERE used AND reject IS NULL
    """)
