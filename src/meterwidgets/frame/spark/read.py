"""A cluster behind the same call: ``read_usage`` of a PySpark dataframe.

A record is checked and priced where it lies, on the workers, by the same statements in
the same engine as here (``ledger.worker``). The roll-up and all that is asked of
``records`` is our one SQL text, which sqlglot writes for Spark; only its answers come
back, the cube as Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.from_records import frame_from_records
from meterwidgets.frame.rollup.measures import CONDITIONS, rollup
from meterwidgets.frame.rollup.stats import time_stats
from meterwidgets.frame.spark.engine import Cluster, explained
from meterwidgets.frame.spark.worker import (
    COLUMNS,
    NOT_A_RECORD,
    RATES,
    Job,
    checked,
    made_with,
    versions,
)
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.pricing import price_notes
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.read import no_usage_error
from meterwidgets.ledger.readers.dataframe import open_dataframe
from meterwidgets.ledger.records import notes
from meterwidgets.ledger.records.plan import LedgerSpec, Plan, plan
from meterwidgets.ledger.records.quality import Quality, describe
from meterwidgets.ledger.records.rejects import KEPT
from meterwidgets.schema import DIMENSIONS
from meterwidgets.text import counted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_NAME = "the table"
_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN"}


def read_cluster(
    requests: Sequence[LedgerSpec],
    book: PriceBook,
    keep: Callable[[Iterable[Mapping[str, Any]]], None],
    *,
    pricing: Pricing,
    **words: Any,
) -> UsageFrame:
    """Read a PySpark dataframe; see ``read_usage``.

    Args:
        requests: One that names one dataframe.
        book: Prices for what the table did not price.
        keep: Called once with the first rejected rows, if there are any.
        pricing: The mode of the prices.
        words: The other attributes of the frame.

    Raises:
        LedgerError: When the table is no table of requests by columns, can't be read,
            or nothing in it is usage.
    """
    with ExitStack() as made, explained(words["name"]):
        request, df = _only(requests)
        planned = _planned(request, df)
        columns = {ours: text[1:-1] for ours, text in planned.fields.items()}
        job = Job(columns, request.tz, request.currency, book, pricing, versions())
        rows = Cluster(_held(_checked(df, job), made), made)
        good, rejected, naive = rows.execute(
            "SELECT count(start_us), count(reason), coalesce(bool_or(naive), false) "
            "FROM rows"
        ).fetchall()[0]
        kept = _rejects(rows) if rejected else ()
        if kept:
            keep(kept)
        if not good:
            raise no_usage_error([_NAME], rejected, kept)
        unique = "record_id" in columns
        found = _records(rows.df, made_with(columns), unique=unique)
        records = Cluster(_held(found, made) if unique else found, made)
        cubes = partial(_cubes, records, columns, words["tz"])
        known = time_stats(records)
        frame = frame_from_records(
            records, known, Quality(), cubes, pricing=str(pricing), **words
        )
        there = int(frame.cube.sums.total("records").sum())
        said = [*_of_rows(planned, rejected, kept, naive=naive)]
        said += price_notes.of_mode(records, pricing)
        if not columns.keys().isdisjoint(RATES):
            said += price_notes.of_rates(records)
        only = price_notes.PRICEABLE if pricing.is_repriced else "true"
        said += notes.of_tallies(notes.tallied(records, only=only), book)
        once = tuple(dict.fromkeys(said))
        quality = Quality(
            records=there,
            rejected=rejected,
            duplicates=good - there,
            assumed_tz=naive,
            notes=once,
            rejects=kept,
        )
        return replace(frame, quality=quality)


def _only(requests: Sequence[LedgerSpec]) -> tuple[LedgerSpec, DataFrame]:
    """The one dataframe that is read, and how."""
    inputs = [each for request in requests for each in request.inputs]
    if len(inputs) > 1:
        raise LedgerError(
            "a dataframe of PySpark is read alone; put several into one with "
            "df.unionByName(other), or read the other ledgers with Spark, too"
        )
    (df,) = inputs
    if df.isStreaming:
        raise LedgerError(
            f"{_NAME}: is a stream, expected rows that are there; write it to a table "
            "and read that"
        )
    return requests[0], df


def _planned(request: LedgerSpec, df: DataFrame) -> Plan:
    """Which column fills which field, as for any table; no row is looked at."""
    import pyarrow as pa

    empty = pa.Table.from_arrays([pa.nulls(0)] * len(df.columns), names=df.columns)
    with open_workspace() as ws:
        planned = plan(open_dataframe(empty, ws), request, ws)
    if not planned.source.is_mapped:
        raise LedgerError(
            f"{_NAME}: its columns are those of {planned.source.name} "
            f"({planned.source.title}), which a cluster does not read; choose "
            "source='table' to read it by its columns, or name files of it"
        )
    return planned


def _checked(df: DataFrame, job: Job) -> DataFrame:
    """Records and rejected rows, made by the workers of the columns that are read."""
    wanted = list(dict.fromkeys(job.columns.values()))
    # a name may hold dots, or differ from another one by case only: take them by place
    places = [f"c{df.columns.index(name)}" for name in wanted]
    numbered = df.toDF(*(f"c{place}" for place in range(len(df.columns))))

    def on_worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        task = TaskContext.get()
        named = (batch.rename_columns(wanted) for batch in batches)
        return checked(named, job, task.partitionId() if task else 0)

    schema = ", ".join(
        f"`{name}` {_TYPES[COLUMNS[name]]}" for name in made_with(job.columns)
    )
    return numbered.select(*places).mapInArrow(on_worker, schema)


def _records(rows: DataFrame, names: Collection[str], *, unique: bool) -> DataFrame:
    """The records, those with an id once each: an id counts with the whole row."""
    values = (
        f"CAST({name if name in names else 'NULL'} AS {_TYPES[kind]}) AS {name}"
        for name, kind in COLUMNS.items()
        if name not in NOT_A_RECORD
    )
    records = rows.where("start_us IS NOT NULL").selectExpr(*values)
    if not unique:
        return records
    return (
        records.where("record_id IS NOT NULL")
        .dropDuplicates()
        .unionAll(records.where("record_id IS NULL"))
    )


def _rejects(rows: Cluster) -> tuple[Mapping[str, Any], ...]:
    """The first rejected rows: of which part of the table, where in it, and why."""
    return tuple(
        {"file": f"{_NAME}, partition {part}", "line": line, "unit": "row",
         "field": field, "value": value, "reason": reason}
        for part, line, field, value, reason in rows.execute(
            "SELECT part, line, field, value, reason FROM rows "
            f"WHERE reason IS NOT NULL ORDER BY part, line LIMIT {KEPT}"
        ).fetchall()
    )  # fmt: skip


def _of_rows(
    planned: Plan, rejected: int, kept: Sequence[Mapping[str, Any]], *, naive: bool
) -> Iterator[str]:
    """What the reader should know of the rows, one sentence each."""
    if kept:
        rows = counted(rejected, "row", "rows")
        first = f"the first {KEPT:,} are kept, " if rejected > KEPT else ""
        yield f"{rows} rejected, {first}the first: {describe(kept[0])}"
    yield from planned.notes
    if naive:
        yield (
            f"{_NAME}: there are timestamps without a zone; they were read as "
            f"{planned.zone} (another: tz=)"
        )


def _cubes(
    records: Cluster, columns: Collection[str], tz: str, grain_s: int, users: bool
) -> tuple[Cube, Cube | None]:
    dimensions = DIMENSIONS.personal_keys if users else DIMENSIONS.shared_keys
    left_out = COLUMNS.keys() - made_with(columns)
    never = [
        each for each in CONDITIONS if each.removesuffix(" IS NOT NULL") in left_out
    ]
    rows = records.ask(rollup("records", dimensions, grain_s, never=never)).toArrow()
    cube = Cube.from_rows(rows, dimensions, grain_s, tz=tz)
    return (
        (cube.roll_up(DIMENSIONS.shared_keys, tz=tz), cube) if users else (cube, None)
    )


def _held(df: DataFrame, made: ExitStack) -> DataFrame:
    """A dataframe that is made once, however often it is asked."""
    made.callback(df.persist().unpersist)
    return df
