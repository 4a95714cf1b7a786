"""A cluster behind the same call: ``read_usage`` of a PySpark dataframe.

Workers check and price each record where it lies, by the same statements in the same
engine as here (``worker.py``). The roll-up and every query of the records is our one
SQL text, which sqlglot writes for Spark; only the answers come back, the cube as Arrow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.from_records import frame_from_records
from meterwidgets.frame.rollup.measures import CONDITIONS, rollup
from meterwidgets.frame.rollup.stats import time_stats
from meterwidgets.frame.spark.checks import (
    TABLE_NAME,
    count_checked,
    duplicate_notes,
    limit_notes,
    price_texts,
    row_notes,
)
from meterwidgets.frame.spark.engine import Cluster, explain_errors
from meterwidgets.frame.spark.worker import (
    COLUMNS,
    NOT_A_RECORD,
    Job,
    check_batches,
    columns_made_of,
    versions,
)
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.readers.frames.dataframe import open_dataframe
from meterwidgets.ledger.records.plan import LedgerSpec, Plan
from meterwidgets.ledger.records.planner import plan
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.ledger.records.spans import span_of
from meterwidgets.ledger.tables.terms import stating_terms
from meterwidgets.schema import DIMENSIONS, MONEY, OPTIONAL
from meterwidgets.text import listed

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "BOOLEAN": "BOOLEAN"}


def read_cluster(
    specs: Sequence[LedgerSpec],
    book: PriceBook,
    keep: Callable[[Iterable[Mapping[str, Any]]], None],
    *,
    pricing: Pricing,
    **attributes: Any,
) -> UsageFrame:
    """Read a PySpark dataframe; see ``read_usage``.

    Args:
        specs: One that names one dataframe.
        book: Prices for what the table did not price.
        keep: Called once with the first rejected rows, if there are any.
        pricing: The mode of the prices.
        attributes: The other attributes of the frame.

    Raises:
        LedgerError: When the table is no table of requests by columns, can't be read,
            or nothing in it is usage.
    """
    with ExitStack() as stack, explain_errors(attributes["name"]):
        read_at = datetime.now(UTC)
        spec, df = _single_dataframe(specs)
        ledger_plan = _plan(spec, df)
        columns = {ours: text[1:-1] for ours, text in ledger_plan.fields.items()}
        job = Job(columns, spec.tz, spec.currency, book, pricing, versions())
        rows = Cluster(_persisted(_checked_rows(df, job), stack), stack)
        checks = count_checked(rows, keep)
        every = Cluster(_records(rows.df, columns_made_of(columns)), stack)
        has_ids = "record_id" in columns
        records = Cluster(_distinct(every.df, stack), stack) if has_ids else every
        cubes = partial(_build_cubes, records, columns, attributes["tz"])
        stats = time_stats(records)
        written = spec.written or read_at
        spans = (span_of(records, TABLE_NAME, ledger_plan.source.name, written),)
        frame = frame_from_records(
            records,
            stats,
            Quality(spans=spans),
            cubes,
            pricing=str(pricing),
            **attributes,
        )
        count = int(frame.cube.sums.total("records").sum())
        texts = [
            *row_notes(rows, records, ledger_plan, checks),
            *duplicate_notes(every, records, ledger_plan.source.name),
            *limit_notes(df, records, columns),
            *price_texts(records, columns, book, pricing),
        ]
        return replace(frame, quality=checks.quality(count, texts, spans))


def _single_dataframe(specs: Sequence[LedgerSpec]) -> tuple[LedgerSpec, DataFrame]:
    """The one dataframe that is read, and how."""
    inputs = [each for spec in specs for each in spec.inputs]
    if len(inputs) > 1:
        raise LedgerError(
            "a dataframe of PySpark is read alone; put several into one with "
            "df.unionByName(other), or read the other ledgers with Spark, too"
        )
    (df,) = inputs
    if df.isStreaming:
        raise LedgerError(
            f"{TABLE_NAME}: is a stream, expected a fixed set of rows; write it to "
            "a table and read that"
        )
    return specs[0], df


def _plan(spec: LedgerSpec, df: DataFrame) -> Plan:
    """Which column fills which field, as for any table; no row is looked at."""
    import pyarrow as pa

    empty = pa.Table.from_arrays([pa.nulls(0)] * len(df.columns), names=df.columns)
    with open_workspace() as ws:
        planned = plan(open_dataframe(empty, ws), spec, ws)
    if not planned.source.is_mapped:
        raise LedgerError(
            f"{TABLE_NAME}: its columns are those of {planned.source.name} "
            f"({planned.source.title}), which a cluster does not read; choose "
            "source='table' to read it by its columns, or name files of it"
        )
    read = {text[1:-1] for text in planned.fields.values()}
    unread = set(stating_terms(df.columns)) - read
    if unread:
        note = (
            f"a cluster does not read what {listed(sorted(unread))} may say of a "
            "price; name a column of service tiers with columns="
        )
        planned = replace(planned, notes=(*planned.notes, note))
    return planned


def _checked_rows(df: DataFrame, job: Job) -> DataFrame:
    """Records and rejected rows, which workers make of the columns that are read."""
    names = list(dict.fromkeys(job.columns.values()))
    # Names may hold dots, or differ by case only, so columns are chosen by position.
    positions = [f"c{df.columns.index(name)}" for name in names]
    numbered = df.toDF(*(f"c{position}" for position in range(len(df.columns))))

    def on_worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        task = TaskContext.get()
        renamed = (batch.rename_columns(names) for batch in batches)
        return check_batches(renamed, job, task.partitionId() if task else 0)

    schema = ", ".join(
        f"`{name}` {_TYPES[COLUMNS[name]]}" for name in columns_made_of(job.columns)
    )
    return numbered.select(*positions).mapInArrow(on_worker, schema)


def _records(rows: DataFrame, names: Collection[str]) -> DataFrame:
    """The records among checked rows, with all fields."""
    values = (
        f"CAST({name if name in names else 'NULL'} AS {_TYPES[kind]}) AS {name}"
        for name, kind in COLUMNS.items()
        if name not in NOT_A_RECORD
    )
    return rows.where("start_us IS NOT NULL").selectExpr(*values)


def _distinct(records: DataFrame, stack: ExitStack) -> DataFrame:
    """The records, computed once; of rows that are equal, and have an id, one."""
    # as where a ledger is read here, what few ledgers name makes no other record
    compared = [name for name in records.columns if name not in {*OPTIONAL} - {*MONEY}]
    distinct = records.where("record_id IS NOT NULL").dropDuplicates(compared)
    return _persisted(distinct.unionAll(records.where("record_id IS NULL")), stack)


def _build_cubes(
    records: Cluster, columns: Collection[str], tz: str, grain_s: int, users: bool
) -> tuple[Cube, Cube | None]:
    dimensions = DIMENSIONS.personal_keys if users else DIMENSIONS.shared_keys
    missing = COLUMNS.keys() - columns_made_of(columns)
    never = [
        condition
        for condition in CONDITIONS
        if condition.removesuffix(" IS NOT NULL") in missing
    ]
    rows = records.query(rollup("records", dimensions, grain_s, never=never)).toArrow()
    cube = Cube.from_rows(rows, dimensions, grain_s, tz=tz)
    return (
        (cube.roll_up(DIMENSIONS.shared_keys, tz=tz), cube) if users else (cube, None)
    )


def _persisted(df: DataFrame, stack: ExitStack) -> DataFrame:
    """A dataframe that is computed once, however often it is queried."""
    stack.callback(df.persist().unpersist)
    return df
