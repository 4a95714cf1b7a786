"""What a worker of a cluster does: it checks and prices its partition of a table.

A worker runs the same rules and prices in an engine of its own, so that no other
engine's idea of a number, a time or a rounding ever touches a record. Rows are
independent of each other, so it does not matter how a table is partitioned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import TYPE_CHECKING

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import RECORDED, Pricing
from meterwidgets.ledger.read import collect, price_reported
from meterwidgets.ledger.records import doubts
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.schema import ATTRIBUTES, COST_PARTS, COUNTS, MONEY, NAMES

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 250_000
"""Rows per batch: enough to be fast, few enough for a worker's memory."""

_TEXTS = (
    "source", "grain", "record_id", *NAMES, *ATTRIBUTES, "extra", "cost_basis",
    "currency", "reported_currency", "outlier", "field", "value", "reason",
    "money",
)  # fmt: skip
_RATES = (
    "input_rate",
    "read_rate",
    "write_rate",
    "hour_rate",
    "image_rate",
    "search_fee",
)
_TRUTHS = ("estimated", "billed", "any_service", "is_by_length", "naive", "kept")
_WHOLE = (
    "start_us", "end_us", *COUNTS, *COST_PARTS, "list_cost",
    *(f"reported_{name}" for name in MONEY),
    *_RATES, "part", "line", "nano", "unused", "added_records", "added_tokens",
)  # fmt: skip
COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    **dict.fromkeys(_TRUTHS, "BOOLEAN"),
    **dict.fromkeys(_WHOLE, "BIGINT"),
}
"""The columns of what ``check_batches`` yields, and their types.

A row is a record of ``pricing``; or, with a ``reason``, one that was rejected or, by
``kept``, a doubtful field of a record, where it stood, and its recorded cost as
``nano`` in the currency ``money``; or it says by ``naive`` that times without a zone
were among them, by ``unused`` how many rows had no usage, or by ``added_records`` how
many records had parts larger than their wholes, with the tokens that this added.
"""
RATES = (
    "service_tier", "speed", "geography", "cache_read_tokens", "cache_write_tokens",
    "cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens",
    "output_audio_tokens", "output_image_tokens", "searches", "requests", "end",
)  # fmt: skip
"""The fields of which rates may be missing while others stand in for them."""
MADE_OF: Mapping[str, Sequence[str]] = {
    **{name: (name,) for name in ("record_id", *NAMES, *ATTRIBUTES, "extra")},
    **{name: (name,) for name in COUNTS if name != "requests"},
    **dict.fromkeys(("deployment", "model"), ("deployment", "model")),
    "cache_write_tokens": ("cache_write_tokens", "cache_write_1h_tokens"),
    "end_us": ("end",),
    **{f"reported_{name}": (name,) for name in MONEY},
    "any_service": ("service_tier",),
    "is_by_length": ("requests", "end"),
    **dict.fromkeys(_RATES, RATES),
}
"""A column -> the fields that it is made of, or asked for with.

Without one of them it is null in every record, or nobody asks for it, and is left out.
"""
NOT_A_RECORD = (
    "part", "line", "field", "value", "reason", "kept", "nano", "money", "naive",
    "unused", "added_records", "added_tokens",
)  # fmt: skip

_PACKAGES = ("meterwidgets", "duckdb", "genai-prices")


@dataclass(frozen=True)
class Job:
    """How the parts of a table are read, the same on every worker.

    Attributes:
        columns: Our field -> column: all that are read, none is guessed.
        tz: The zone of timestamps that carry none.
        currency: The currency of costs that name none.
        book: The prices of what the table did not price.
        pricing: The mode of the prices.
        versions: The packages whose rules and prices hold, as ``versions`` gives them.
    """

    columns: Mapping[str, str]
    tz: str
    currency: str
    book: PriceBook
    pricing: Pricing = RECORDED
    versions: Mapping[str, str] = field(default_factory=dict)


def columns_made_of(fields: Collection[str]) -> list[str]:
    """The ``COLUMNS`` of what ``check_batches`` yields for a table with some fields.

    Examples:
        >>> "reported_cost" in columns_made_of(["cost"])
        True
        >>> "input_tokens" in columns_made_of(["cost"])
        False
    """
    return [
        name
        for name in COLUMNS
        if name not in MADE_OF or not set(MADE_OF[name]).isdisjoint(fields)
    ]


def versions() -> dict[str, str]:
    """The packages here that decide what a record is and costs, and their versions."""
    installed = {}
    for name in _PACKAGES:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            installed[name] = "none"
    return installed


def check_batches(
    batches: Iterable[pa.RecordBatch], job: Job, part: int = 0
) -> Iterator[pa.RecordBatch]:
    """The records of a partition, and its rows that broke a rule.

    Args:
        batches: The partition.
        job: How to read it.
        part: Its number.

    Yields:
        Batches with those of ``COLUMNS`` that its fields make.

    Raises:
        LedgerError: When this worker's versions differ from those of the job, or the
            rates make a cost larger than a record can hold.

    Examples:
        >>> import pyarrow as pa
        >>> table = pa.table({"time": ["2026-02-22T10:00Z"] * 2, "cost": ["0.1", "x"]})
        >>> job = Job({"start": "time", "cost": "cost"}, "UTC", "USD", PriceBook())
        >>> rows = pa.Table.from_batches(check_batches(table.to_batches(), job))
        >>> rows.select(["unsplit_cost", "line", "value", "reason"]).to_pylist()
        [{'unsplit_cost': 100000000, 'line': None, 'value': None, 'reason': None}, \
{'unsplit_cost': None, 'line': 2, 'value': 'x', 'reason': 'is not a number'}]
    """
    _check_versions(job.versions)
    before = 0
    for table in _slices(batches):
        yield from _check_table(table, job, part, before)
        before += len(table)


def _check_versions(expected: Mapping[str, str]) -> None:
    installed = versions()
    texts = [
        f"{name} {installed[name]}, not {expected[name]}"
        for name in expected
        if expected[name] != installed[name]
    ]
    if texts:
        raise LedgerError(
            f"a worker has {'; '.join(texts)}, and may read or price otherwise; "
            "install the same versions on all workers"
        )


def _slices(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows of some batches, about ``ROWS`` at a time."""
    import pyarrow as pa

    pending: list[pa.RecordBatch] = []
    for batch in chain(batches, [None]):
        if pending and (batch is None or sum(map(len, pending)) + len(batch) > ROWS):
            yield pa.Table.from_batches(pending)
            pending = []
        if batch:
            pending.append(batch)


def _check_table(
    table: pa.Table, job: Job, part: int, before: int
) -> list[pa.RecordBatch]:
    with open_workspace() as ws:
        spec = LedgerSpec(
            [table], "table", job.columns, job.tz, job.currency, is_part=True
        )
        collected = collect(ws, [spec])
        added = (
            ws.execute(doubts.sums_of_added_tokens(ws.reported)).fetchall()
            if collected.has_added_tokens
            else []
        )
        price_reported(ws, job.book, job.pricing)
        ws.con.complete()  # the last question, of which only the first row was read
        columns = ", ".join(
            f'CAST({value} AS {COLUMNS[name]}) AS "{name}"'
            for name in columns_made_of(job.columns)
            for value in ["NULL" if name in NOT_A_RECORD else f'"{name}"']
        )
        rows = ws.con.sql(
            f"SELECT {columns} FROM {ws.records} UNION ALL BY NAME "
            f"SELECT {part}::BIGINT AS part, {before} + line AS line, field, value, "
            f"reason, kept, nano, currency AS money FROM {ws.rejects} "
            "UNION ALL BY NAME "
            f"SELECT true AS naive WHERE {collected.assumed_tz} "
            "UNION ALL BY NAME "
            f"SELECT {collected.unused}::BIGINT AS unused WHERE {collected.unused > 0}"
            + "".join(
                " UNION ALL BY NAME SELECT "
                f"{literal(money) if money else 'NULL'} AS money, "
                f"{count}::BIGINT AS added_records, {tokens}::BIGINT AS added_tokens, "
                f"{nano}::BIGINT AS nano"
                for money, count, tokens, nano in added
            )
        )
        return list(rows.to_arrow_table().to_batches())
