"""``read_usage``: from a ledger on the spot to a frame in memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.adding import Adder, of_table
from meterwidgets.frame.coding import TOO_MUCH, Name, numbers
from meterwidgets.frame.cube import Cube
from meterwidgets.frame.filters import zone
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.labels import latest, with_own
from meterwidgets.frame.rollup import (
    CONDITIONS,
    DIMENSIONS,
    USER_DIMENSIONS,
    apart,
    met,
    repeated,
    rollup,
)
from meterwidgets.ledger import staying
from meterwidgets.ledger.database_url import Database
from meterwidgets.ledger.engine import Engine, workspace
from meterwidgets.ledger.labels import collected
from meterwidgets.ledger.outliers import FLAG, dearest
from meterwidgets.ledger.prices import RECORDED, PriceBook, Pricing
from meterwidgets.ledger.pricing import FEW
from meterwidgets.ledger.quality import Quality, write_rejects
from meterwidgets.ledger.read import Progress, Request, read_ledgers

if TYPE_CHECKING:
    import duckdb

_FINE_DAYS = 2


def read_usage(
    ledger: Any,
    *,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    prices: PriceBook | None = None,
    tz: str = "UTC",
    currency: str = "USD",
    labels: Mapping[str, Mapping[str, str]] | None = None,
    rejects: str | Path | None = "rejects.jsonl",
    name: str | None = None,
    progress: Progress | None = None,
) -> UsageFrame:
    """Read a ledger and roll it up.

    What is read is remembered, a dataframe by reference, so that ``usage.reprice`` can
    read it again.

    Args:
        ledger: A file, a folder, a glob, the address of LiteLLM's database
            (``postgresql://...``), a dataframe (anything that hands out Arrow: pandas,
            polars, pyarrow, DuckDB), or a list of them: one ledger, without
            duplicates. A dataframe of PySpark is read alone, where it is, by the
            cluster (``meterwidgets[spark]``).
        source: The format, when it shall not be recognised; see
            ``meterwidgets sources``.
        columns: Our field -> your column, for tables; the rest is guessed.
        prices: Prices of what the ledger did not price; by default the catalogue.
        tz: The IANA zone of timestamps that carry none, and the one pages start with.
        currency: The currency of costs that name none.
        labels: Dimension -> id -> name to show, such as ``{"org": {"a1": "Acme"}}``;
            they win over the names that the ledger has itself.
        rejects: Where rows that break a rule are kept; None keeps them only in
            ``usage.quality.rejects``.
        name: What to call the ledger on screens.
        progress: Called with a ``Done``: the file, bytes and rows so far.

    Returns:
        The frame.

    Raises:
        LedgerError: When something can't be read, or nothing in it is usage.

    Examples:
        >>> import pyarrow as pa
        >>> table = pa.table({"time": ["2026-02-22T10:00:00Z"], "model": ["m"],
        ...                   "prompt_tokens": [28], "cost": ["0.10"]})
        >>> usage = read_usage(table, name="one request")
        >>> usage
        UsageFrame('one request', 1 records, 2026-02-22 to 2026-02-22, USD)
        >>> usage.select().sums()["input_tokens"]
        28
    """
    several = isinstance(ledger, Sequence) and not isinstance(ledger, str)
    inputs = list(ledger) if several else [ledger]
    if prices is not None and not isinstance(prices, PriceBook):
        raise LedgerError(
            f"prices is {type(prices).__name__}; expected a PriceBook, such as "
            "PriceBook.load('prices.toml') or PriceBook.parse([...])"
        )
    if columns is not None and not _is_mapping(columns):
        raise LedgerError(
            f"columns is {columns!r}; expected our field -> your column, such as "
            "{'start': 'timestamp'}"
        )
    zone(tz)
    if not re.fullmatch("[A-Za-z]{3}", currency):
        raise LedgerError(f"currency is {currency!r}; expected a code such as USD")
    request = Request(inputs, source, columns, tz, currency.upper())
    paths = [each for each in request.inputs if isinstance(each, str | Path | Database)]
    return read_requests(
        [request],
        prices=prices or PriceBook(),
        tz=tz,
        labels=labels,
        rejects=rejects,
        name=name or ", ".join(map(title, paths)) or "table",
        progress=progress,
    )


def title(ledger: str | Path | Database) -> str:
    """What to call a ledger on screens: the file without its folder, or the database.

    Examples:
        >>> title("exports/usage.csv")
        'usage.csv'
    """
    return str(ledger) if isinstance(ledger, Database) else Path(ledger).name


def _is_mapping(columns: object) -> bool:
    return isinstance(columns, Mapping) and all(
        isinstance(word, str) for pair in columns.items() for word in pair
    )


def read_requests(
    requests: Sequence[Request],
    *,
    prices: PriceBook,
    tz: str,
    labels: Mapping[str, Mapping[str, str]] | None,
    rejects: str | Path | None,
    name: str,
    demo: bool = False,
    progress: Progress | None = None,
    pricing: Pricing = RECORDED,
) -> UsageFrame:
    """Read several ledgers, each in its own way, as one; see ``read_usage``."""
    import duckdb

    words: dict[str, Any] = {"tz": tz, "name": name, "demo": demo}
    again = partial(
        read_requests, requests, prices=prices, labels=labels, rejects=None, **words
    )
    words |= {"again": again}

    def keep(rows: Iterable[Mapping[str, Any]]) -> None:
        if rejects is not None:
            write_rejects(rows, Path(rejects))

    if any(map(is_cluster, (each for request in requests for each in request.inputs))):
        from meterwidgets.frame.spark import read_cluster

        words |= {"labels": with_own({}, labels or {})}
        return read_cluster(requests, prices, keep, pricing=pricing, **words)
    try:
        with workspace() as con:
            quality = read_ledgers(
                con, requests, prices, progress, keep, pricing, FACTS
            )
            known = facts(con)
            cubes = partial(cubes_of, con, known, tz=tz)
            frame = framed(con, known, quality, cubes, pricing=str(pricing), **words)
            staying.check(con)
            found = latest(collected(con), cubes=[frame.cube, frame.user_cube])
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise LedgerError(f"{name}: can't be read ({said})") from error
    return replace(frame, labels=with_own(found, labels or {}))


def grain_for(first_us: int, last_us: int) -> int:
    """Seconds of a time bucket for a ledger between two moments.

    Examples:
        >>> grain_for(0, 86_400_000_000), grain_for(0, 3 * 86_400_000_000)
        (60, 900)
    """
    return 60 if last_us - first_us <= _FINE_DAYS * 86_400_000_000 else 900


def is_cluster(ledger: Any) -> bool:
    """Whether a ledger is a dataframe of PySpark, which is not loaded to find out."""
    pyspark = sys.modules.get("pyspark.sql")
    return pyspark is not None and isinstance(ledger, pyspark.DataFrame)


@dataclass(frozen=True)
class Facts:
    """What is known of the table ``records`` before it is rolled up.

    Attributes:
        count: How many they are.
        first_us: The first moment with usage.
        last_us: The last one.
        bucket_us: The longest bucket, where rows are buckets; else 0.
        users: Whether users or their keys are reported.
        always: The conditions of the roll-up that every record meets.
        never: Those that none meets.
    """

    count: int
    first_us: int
    last_us: int
    bucket_us: int
    users: bool
    always: frozenset[str]
    never: frozenset[str]


FACTS = (
    "min(start_us) AS first_us",
    "max(greatest(start_us, CASE WHEN grain = 'bucket' THEN end_us - 1 END)) "
    "AS last_us",
    "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END) AS bucket_us",
    'count("user") + count(api_key) AS users',
    "count(outlier) AS outliers",
    *(f"{met(each)} AS met_{n}" for n, each in enumerate(CONDITIONS)),
)
"""SQL text of what ``facts`` needs to find in the table ``tallies``."""


def facts(con: duckdb.DuckDBPyConnection) -> Facts:
    """What the table ``tallies`` says of ``records``."""
    counts = ", ".join(f"sum(met_{n})" for n, _ in enumerate(CONDITIONS))
    (row,) = con.execute(
        "SELECT sum(records), min(first_us), max(last_us), max(bucket_us), "
        f"sum(users), {counts} FROM tallies"
    ).fetchall()
    count, first, last, longest, users, *met = row
    found = dict(zip(CONDITIONS, met, strict=True))
    if not count:
        return Facts(0, 0, 0, 0, False, frozenset(), frozenset())
    return Facts(
        count,
        first,
        last,
        longest or 0,
        bool(users),
        frozenset(each for each, number in found.items() if number == count),
        frozenset(each for each, number in found.items() if not number),
    )


def spanned(con: Engine) -> Facts:
    """What any engine knows of ``records`` by one query: when, and whether of users."""
    row = con.execute(
        "SELECT count(*), min(start_us), max(start_us), "
        "max(CASE WHEN grain = 'bucket' THEN greatest(end_us - 1, start_us) END), "
        "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END), "
        'count("user") + count(api_key) FROM records'
    ).fetchone()
    count, first, last, bucket_last, longest, users = row or (0, 0, 0, None, None, 0)
    last, nothing = max(last, bucket_last or 0), frozenset[str]()
    return Facts(count, first, last, longest or 0, bool(users), nothing, nothing)


def framed(
    con: Engine,
    known: Facts,
    quality: Quality,
    cubes: Callable[[int, bool], tuple[Cube, Cube | None]],
    **words: Any,
) -> UsageFrame:
    """The frame of some records.

    Args:
        con: Where ``records`` are.
        known: What is known of them.
        quality: What went in.
        cubes: Rolls them up, from the seconds of a time bucket and whether users are
            reported.
        words: The other attributes of the frame.
    """
    grain_s = grain_for(known.first_us, known.last_us)
    cube, user_cube = cubes(grain_s, known.users)
    return UsageFrame(
        cube=cube,
        user_cube=user_cube,
        last=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=known.last_us),
        currencies=currencies_of(cube),
        quality=quality,
        bucket_s=known.bucket_us // 1_000_000,
        outliers=dearest(con, "records") if FLAG in cube.names["outlier"] else (),
        **words,
    )


def cubes_of(
    con: duckdb.DuckDBPyConnection,
    known: Facts,
    grain_s: int,
    users: bool,
    *,
    tz: str,
) -> tuple[Cube, Cube | None]:
    """The records of ``records`` rolled up, and where users are reported with them.

    Args:
        con: Where the records are.
        known: What is known of them.
        grain_s: Seconds of a time bucket.
        users: Whether to keep users and their keys apart.
        tz: The zone whose days are read the fastest.
    """
    dimensions = USER_DIMENSIONS if users else DIMENSIONS
    added = added_up(con, "records", dimensions, grain_s, known)
    cube = Cube.of(added, grain_s, tz=tz)
    return (cube.over(DIMENSIONS, tz=tz), cube) if users else (cube, None)


def added_up(
    con: duckdb.DuckDBPyConnection,
    records: str,
    dimensions: tuple[str, ...],
    grain_s: int,
    known: Facts,
) -> Adder:
    """Some records, added up.

    The engine adds up few of them; for many it would keep every sum in wide types
    and every name, while an ``Adder`` takes them in the order of time.

    Args:
        con: With ``tallies`` of the records.
        records: SQL text of their relation.
        dimensions: What to group by, besides time.
        grain_s: Seconds of a time bucket.
        known: What is known of them.

    Raises:
        LedgerError: When a sum of everything would not fit.
    """
    import duckdb

    conditions = {"always": known.always, "never": known.never}
    same = repeated(**conditions)
    try:
        if known.count < FEW:
            text = rollup(records, dimensions, grain_s, **conditions)
            return of_table(con.sql(text).to_arrow_table(), dimensions, same)
        names, codes = _coded(con, records, dimensions)
        rows = con.sql(apart(records, codes, grain_s, **conditions)).to_arrow_reader()
        added = Adder(names, same)
        for batch in rows:
            columns = zip(batch.schema.names, batch.columns, strict=True)
            added.add({name: numbers(column) for name, column in columns})
        return added
    except duckdb.ConversionException:
        raise LedgerError(TOO_MUCH) from None
    except OSError as error:  # of the engine, while rows are read
        raise duckdb.IOException(str(error)) from None


def _coded(
    con: duckdb.DuckDBPyConnection, records: str, dimensions: Sequence[str]
) -> tuple[dict[str, list[Name]], dict[str, str]]:
    """Small numbers for the names of many records.

    Args:
        con: Where they are.
        records: SQL text of their relation.
        dimensions: The dimensions to code.

    Returns:
        Dimension -> its values, sorted, null last; and dimension -> SQL text of the
        place of its value.
    """
    import duckdb

    try:  # they were collected while they were read
        con.execute("SELECT 1 FROM all_names").fetchall()
        lists = "all_names" if records == "records" else ""
    except duckdb.CatalogException:
        lists = ""
    if not lists:
        lists = "their_names"
        own = [name for name in dimensions if name not in ("currency", "outlier")]
        found = f"{staying.distinct(own)} FROM {records}"
        con.execute(f"CREATE OR REPLACE TEMP TABLE {lists} AS {found}")
    names: dict[str, list[Name]] = {}
    codes = {}
    for name in dimensions:
        found = f'SELECT unnest("{name}") AS name FROM {lists}'
        if name == "currency":
            found = "SELECT DISTINCT currency AS name FROM tallies"
        elif name == "outlier":
            found = f"SELECT '{FLAG}' AS name FROM tallies WHERE outliers > 0 LIMIT 1"
        there = f"SELECT name FROM ({found}) WHERE name IS NOT NULL ORDER BY name"
        values = [value for (value,) in con.execute(there).fetchall()]
        names[name], codes[name] = [*values, None], "0::UTINYINT"
        if values:
            kind = f"{name}_names"
            con.execute(f"CREATE OR REPLACE TYPE {kind} AS ENUM ({there})")
            place = f'enum_code(CAST("{name}" AS {kind}))'
            codes[name] = f"coalesce({place}, {len(values)})"
    return names, codes


def currencies_of(cube: Cube) -> tuple[str, ...]:
    """The currencies by how many records have them."""
    records = cube.sums.total("records")
    counts = {
        name: int(records[cube.codes["currency"] == place].sum())
        for place, name in enumerate(cube.names["currency"])
        if name is not None
    }
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
