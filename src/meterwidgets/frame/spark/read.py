"""A cluster behind the same call: ``read_usage`` of a PySpark dataframe.

Workers check and price each record where it lies, by the same statements in the same
engine as here (``worker.py``). The roll-up and every query of the records is our one
SQL text, which sqlglot writes for Spark; only the answers come back, the cube as Arrow.
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
from meterwidgets.frame.spark.engine import Cluster, explain_errors
from meterwidgets.frame.spark.worker import (
    COLUMNS,
    NOT_A_RECORD,
    RATES,
    Job,
    check_batches,
    columns_made_of,
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


# long: one reading, from the dataframe to the frame and its notes
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
        spec, df = _single_dataframe(specs)
        ledger_plan = _plan(spec, df)
        columns = {ours: text[1:-1] for ours, text in ledger_plan.fields.items()}
        job = Job(columns, spec.tz, spec.currency, book, pricing, versions())
        rows = Cluster(_persisted(_checked_rows(df, job), stack), stack)
        good, rejected, naive = rows.execute(
            "SELECT count(start_us), count(reason), coalesce(bool_or(naive), false) "
            "FROM rows"
        ).fetchall()[0]
        rejects = _first_rejects(rows) if rejected else ()
        if rejects:
            keep(rejects)
        if not good:
            raise no_usage_error([_NAME], rejected, rejects)
        has_ids = "record_id" in columns
        distinct = _records(rows.df, columns_made_of(columns), has_ids=has_ids)
        records = Cluster(_persisted(distinct, stack) if has_ids else distinct, stack)
        cubes = partial(_build_cubes, records, columns, attributes["tz"])
        stats = time_stats(records)
        frame = frame_from_records(
            records, stats, Quality(), cubes, pricing=str(pricing), **attributes
        )
        count = int(frame.cube.sums.total("records").sum())
        texts = [*_row_notes(ledger_plan, rejected, rejects, naive=naive)]
        texts += price_notes.of_mode(records, pricing)
        if not columns.keys().isdisjoint(RATES):
            texts += price_notes.of_rates(records)
        only = price_notes.PRICEABLE if pricing.is_repriced else "true"
        texts += notes.of_tallies(notes.tallied(records, only=only), book)
        unique = tuple(dict.fromkeys(texts))
        quality = Quality(count, rejected, good - count, naive, unique, rejects)
        return replace(frame, quality=quality)


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
            f"{_NAME}: is a stream, expected a fixed set of rows; write it to a table "
            "and read that"
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
            f"{_NAME}: its columns are those of {planned.source.name} "
            f"({planned.source.title}), which a cluster does not read; choose "
            "source='table' to read it by its columns, or name files of it"
        )
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


def _records(rows: DataFrame, names: Collection[str], *, has_ids: bool) -> DataFrame:
    """The records; of rows that are equal, and have an id, one."""
    values = (
        f"CAST({name if name in names else 'NULL'} AS {_TYPES[kind]}) AS {name}"
        for name, kind in COLUMNS.items()
        if name not in NOT_A_RECORD
    )
    records = rows.where("start_us IS NOT NULL").selectExpr(*values)
    if not has_ids:
        return records
    return (
        records.where("record_id IS NOT NULL")
        .dropDuplicates()
        .unionAll(records.where("record_id IS NULL"))
    )


def _first_rejects(rows: Cluster) -> tuple[Mapping[str, Any], ...]:
    """The first rejected rows: their partition, their row in it, and why."""
    return tuple(
        {"file": f"{_NAME}, partition {part}", "line": line, "unit": "row",
         "field": field, "value": value, "reason": reason}
        for part, line, field, value, reason in rows.execute(
            "SELECT part, line, field, value, reason FROM rows "
            f"WHERE reason IS NOT NULL ORDER BY part, line LIMIT {KEPT}"
        ).fetchall()
    )  # fmt: skip


def _row_notes(
    ledger_plan: Plan,
    rejected: int,
    rejects: Sequence[Mapping[str, Any]],
    *,
    naive: bool,
) -> Iterator[str]:
    """Notes on the rows, one sentence each."""
    if rejects:
        rows = counted(rejected, "row", "rows")
        first = f"the first {KEPT:,} are kept, " if rejected > KEPT else ""
        yield f"{rows} rejected, {first}the first: {describe(rejects[0])}"
    yield from ledger_plan.notes
    if naive:
        yield (
            f"{_NAME}: there are timestamps without a zone; they were read as "
            f"{ledger_plan.zone} (another: tz=)"
        )


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
