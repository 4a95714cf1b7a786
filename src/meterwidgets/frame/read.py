"""``read_usage``: from a ledger on the spot to a frame in memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.build import build_cubes
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.from_records import frame_from_records
from meterwidgets.frame.labels import merge_labels, newest_names
from meterwidgets.frame.rollup.stats import STATS_COLUMNS, record_stats
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.progress import Progress, Steps
from meterwidgets.ledger.loading import parquet_view
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import RECORDED, Pricing
from meterwidgets.ledger.read import read_ledgers
from meterwidgets.ledger.readers.databases.postgres_url import Database
from meterwidgets.ledger.readers.frames.streams import is_record
from meterwidgets.ledger.readers.stored_file import StoredFile
from meterwidgets.ledger.records.labels import latest_names
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.ledger.records.quality import write_rejects
from meterwidgets.ledger.sources import registry
from meterwidgets.zones import parse_instant, zone


def read_usage(
    ledger: Any,
    *,
    source: str | Path | Mapping[str, Any] | None = None,
    columns: Mapping[str, str] | None = None,
    prices: PriceBook | None = None,
    tz: str = "UTC",
    currency: str = "USD",
    labels: Mapping[str, Mapping[str, str]] | None = None,
    written: datetime | date | str | None = None,
    rejects: str | Path | None = "rejects.jsonl",
    name: str | None = None,
    progress: Progress | None = None,
) -> UsageFrame:
    """Read a ledger and roll it up.

    What is read is remembered, a dataframe by reference, so that ``usage.reprice`` can
    read it again.

    Args:
        ledger: A file, a folder, a glob, an address (``s3://``, ``gs://``,
            ``abfs://``, ``https://``, ``postgresql://``), a dataframe (anything that
            hands out Arrow: pandas, polars, pyarrow, DuckDB), the answer of an API as
            a dict or a list of dicts, an iterator of records, dataframes or batches,
            or a list of ledgers: one ledger, without duplicates. A dataframe of
            PySpark is read alone, where it is, by the cluster
            (``meterwidgets[spark]``).
        source: The format, instead of recognising it: a name, see ``meterwidgets
            sources``, or a declaration of your own, as a TOML file or its keys; see
            ``docs/sources.md``.
        columns: Our field -> your column, for tables; the rest is guessed.
        prices: Prices of what the ledger did not price; by default the catalogue.
        tz: The IANA zone of timestamps that carry none, and the one pages start with.
        currency: The currency of costs that name none.
        labels: Dimension -> id -> name to show, such as ``{"org": {"a1": "Acme"}}``;
            they win over the names that the ledger has itself.
        written: When the ledger was written, in ``tz`` where it names no zone; by
            default when the file was changed, or now. Later usage is not yet in it.
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
    _check_arguments(prices=prices, columns=columns, tz=tz, currency=currency)
    spec = LedgerSpec(
        _inputs_of(ledger),
        registry.named(source),
        columns,
        tz,
        currency.upper(),
        written=parse_instant("written", written, tz),
    )
    paths = [
        each
        for each in spec.inputs
        if isinstance(each, str | Path | StoredFile | Database)
    ]
    return read_ledger_specs(
        [spec],
        prices=prices or PriceBook(),
        tz=tz,
        labels=labels,
        rejects=rejects,
        name=name or ", ".join(map(title, paths)) or "table",
        progress=progress,
    )


def _inputs_of(ledger: Any) -> list[Any]:
    """The inputs of a ledger; a list of rows is one input."""
    is_list = isinstance(ledger, Sequence) and not isinstance(ledger, str)
    is_rows = is_list and ledger and all(map(is_record, ledger))
    return list(ledger) if is_list and not is_rows else [ledger]


def _check_arguments(
    *, prices: object, columns: object, tz: str, currency: str
) -> None:
    """Raise a ``LedgerError`` for the first argument that is not of its kind."""
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


def title(ledger: str | Path | StoredFile | Database) -> str:
    """What to call a ledger on screens: the file without its folder, or the database.

    Examples:
        >>> title("exports/usage.csv")
        'usage.csv'
    """
    return str(ledger) if isinstance(ledger, Database) else Path(str(ledger)).name


def _is_mapping(columns: object) -> bool:
    return isinstance(columns, Mapping) and all(
        isinstance(word, str) for pair in columns.items() for word in pair
    )


def read_ledger_specs(
    specs: Sequence[LedgerSpec],
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
    attributes: dict[str, Any] = {"tz": tz, "name": name, "demo": demo}
    attributes["reread"] = partial(
        read_ledger_specs, specs, prices=prices, labels=labels, rejects=None,
        **attributes,
    )  # fmt: skip

    def keep(rows: Iterable[Mapping[str, Any]]) -> None:
        if rejects is not None:
            write_rejects(rows, Path(rejects))

    if any(map(is_cluster, (each for spec in specs for each in spec.inputs))):
        from meterwidgets.frame.spark.read import read_cluster

        attributes["labels"] = merge_labels({}, labels or {})
        return read_cluster(specs, prices, keep, pricing=pricing, **attributes)
    steps = Steps(progress)
    with _engine_errors(name), open_workspace() as ws:
        quality = read_ledgers(ws, specs, prices, steps, keep, pricing, STATS_COLUMNS)
        stats = record_stats(ws)
        cubes = partial(build_cubes, ws, stats, tz=tz, tell=steps.tell)
        frame = frame_from_records(
            ws, stats, quality, cubes, pricing=str(pricing), **attributes
        )
        parquet_view.check(ws)
        steps.end()
        names = newest_names(latest_names(ws), cubes=[frame.cube, frame.user_cube])
    return replace(frame, labels=merge_labels(names, labels or {}))


@contextmanager
def _engine_errors(name: str) -> Iterator[None]:
    """Turn an error of the engine into one that names the ledger."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LedgerError(f"{name}: can't be read ({reason})") from error


def is_cluster(ledger: Any) -> bool:
    """Whether a ledger is a dataframe of PySpark, which is not loaded to find out."""
    pyspark = sys.modules.get("pyspark.sql")
    return pyspark is not None and isinstance(ledger, pyspark.DataFrame)
