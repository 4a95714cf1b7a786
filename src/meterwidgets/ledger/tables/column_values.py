"""What the columns of a table hold: how many rows fill each, sums, whole days.

Names say what a column may mean, its values which of several is the one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from meterwidgets.ledger.engine.sql import literal, path_literal
from meterwidgets.ledger.envelopes.exported import NAMES as NAMES_OF_EXPORT
from meterwidgets.ledger.envelopes.exported import plain_key
from meterwidgets.ledger.envelopes.raw_values import select_values
from meterwidgets.ledger.readers.raw_ledger import FIRST, FirstRows, RawLedger, engine
from meterwidgets.ledger.sources.column_names import (
    field_named,
    is_usage_like,
    likelihood,
    words,
)
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping
from meterwidgets.schema import ATTRIBUTES, NAMES
from meterwidgets.zones import EPOCH

if TYPE_CHECKING:
    import duckdb

_TEXTS = {"record_id", *NAMES, *ATTRIBUTES, "currency", "extra"}
"""Fields of which the likeliest column that has any value is read."""

_TIMES = {"start", "end"}

_MOST = 200
"""So many distinct values of a column are asked once for all."""
_USUAL = {
    "id",
    "requestid",
    "recordid",
    "endpoint",
    "route",
    "path",
    "operation",
    "output",
}


@dataclass(frozen=True)
class ColumnValues:
    """How a column is filled.

    Attributes:
        column: Its name.
        rows: The rows of the table.
        filled: Those with a value.
        numbers: Those with a number other than 0.
        total: The sum of the numbers.
        kind: ``tokens`` or ``money``, by its name.
    """

    column: str
    rows: int
    filled: int
    numbers: int
    total: Decimal
    kind: str = ""

    def __add__(self, other: ColumnValues) -> ColumnValues:
        return replace(
            self,
            rows=self.rows + other.rows,
            filled=self.filled + other.filled,
            numbers=self.numbers + other.numbers,
            total=self.total + other.total,
        )

    def as_text(self) -> str:
        """The column, how many rows fill it, and the sum of money in it.

        Examples:
            >>> ColumnValues("fee", 9, 3, 3, Decimal("1.50"), "money").as_text()
            'fee (filled in 3 of 9 rows, sum 1.5)'
        """
        total = f", sum {self.total.normalize():f}" if self.kind == "money" else ""
        return f"{self.column} (filled in {self.filled:,} of {self.rows:,} rows{total})"


class TableValues:
    """Answers what the columns of one opened table hold.

    Args:
        raw: The table.
        con: The engine that reads it.
        first: Its first rows.
    """

    def __init__(
        self, raw: RawLedger, con: duckdb.DuckDBPyConnection, first: FirstRows
    ) -> None:
        self._raw = raw
        self._con = con
        self._first = first
        self._texts: dict[str, str] = {}

    def choose(self, field: str, columns: Sequence[str]) -> str:
        """Of several columns for one field, the one that is filled; see `mapping`."""
        sampled = self.of(columns, sampled=True)
        if _is_best(sampled[0], sampled, field):
            return columns[0]
        found = self.of(columns)
        if field in _TEXTS:
            return next((each.column for each in found if each.filled), columns[0])
        first = found[0]
        if likelihood(first.column)[1] < 0 and first.filled == first.rows:
            return first.column  # what was paid may be 0 where a list price is not
        if field in _TIMES:
            return max(found, key=lambda each: each.filled).column
        return max(found, key=lambda each: (each.numbers, each.filled)).column

    def of(
        self, columns: Sequence[str], *, sampled: bool = False
    ) -> list[ColumnValues]:
        """How some columns are filled, in all rows or in the first ones."""
        if not columns:
            return []
        number = "coalesce(TRY_CAST({0} AS DECIMAL(38, 9)), TRY_CAST("
        number += "strip_currency({0}) AS DECIMAL(38, 9)))"
        sums = ", ".join(
            f"count(t{i}), count(*) FILTER ({number.format(f't{i}')} <> 0), "
            f"coalesce(sum({number.format(f't{i}')}), 0)"
            for i in range(len(columns))
        )
        texts = ", ".join(f"text_or_null(v{i}) AS t{i}" for i in range(len(columns)))
        rows = self._rows(columns, first=FIRST if sampled else None)
        row = self._one(f"SELECT count(*), {sums} FROM (SELECT {texts} FROM ({rows}))")
        return [
            ColumnValues(column, row[0], *row[3 * i + 1 : 3 * i + 4])
            for i, column in enumerate(columns)
        ]

    def says(self, column: str, sql: str) -> bool:
        """Whether SQL text over a column, as ``{0}``, is not null in some row.

        Columns that nearly every table has, and columns of numbers, are asked in the
        first rows only.
        """
        if column not in self._texts:
            self._texts[column] = self._distinct(column)
        rows = self._texts[column]
        (said,) = self._one(f"SELECT count({sql.replace('{0}', 'v0')}) FROM ({rows})")
        return bool(said)

    def _distinct(self, column: str) -> str:
        """SQL text of the values to ask: the distinct ones, where they are few."""
        first = self._rows([column], first=FIRST)
        filled, numbers = self._one(
            f"SELECT count(v0), count(TRY_CAST(v0 AS DOUBLE)) FROM ({first})"
        )
        if plain_name(column) in _USUAL or 0 < filled == numbers:
            return first
        rows = self._rows([column])
        (texts,) = self._one(f"SELECT list(DISTINCT v0)[:{_MOST + 1}] FROM ({rows})")
        if len(texts or ()) > _MOST:
            return rows
        listed = ", ".join(literal(text) for text in texts or () if text is not None)
        return f"SELECT unnest([{listed}]::VARCHAR[]) AS v0"

    def unread(self, mapping: TableMapping) -> list[ColumnValues]:
        """The columns of tokens and money with numbers in them that are not read."""
        used = mapping.used
        sides = mapping.columns.keys() & {"input_tokens", "output_tokens"}
        kinds = {
            column: kind
            for column in self._raw.sample.columns
            if column not in used
            and (kind := is_usage_like(column))
            # a total of what is read, which rules compare with its parts
            and not (len(sides) == 2 and field_named(column) == "total_tokens")
        }
        return [
            replace(each, kind=kinds[each.column])
            for each in self.of(list(kinds))
            if each.numbers or (each.filled and _is_usage_text(each.column))
        ]

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        return self._raw.sample.columns

    def export_time(self) -> datetime | None:
        """The latest time in the column of the times of exports, if there is one."""
        # what is generated in a record is its answer
        names = {*NAMES_OF_EXPORT} - {"generatedat", "generatedon", "generationtime"}
        columns = [each for each in self.columns if plain_key(each) in names]
        if not columns:
            return None
        time = "max(parse_instant(t)) FILTER (has_zone(t))"
        (us,) = self.one(time, columns[:1], t="text_or_null(v0)")
        return None if us is None else EPOCH + timedelta(microseconds=us)

    def is_text(self, column: str) -> bool:
        """Whether a column holds text."""
        return self._raw.type_of(column) == "VARCHAR"

    def are_distinct(self, mapping: TableMapping, start: Formula) -> bool:
        """Whether no two rows have the same time and names."""
        texts = {mapping.columns[name] for name in _TEXTS & mapping.columns.keys()}
        amounts = mapping.used - texts
        keys = [
            each
            for each in self.columns
            if each not in amounts and not is_usage_like(each)
        ]
        keys = list(dict.fromkeys([*start.columns, *keys]))
        row = ", ".join(f"v{i}" for i in range(len(keys)))
        count, distinct = self.one(f"count(*), count(DISTINCT hash({row}))", keys)
        return bool(count == distinct)

    def one(
        self,
        select: str,
        columns: Sequence[str],
        *,
        sampled: bool = False,
        first: int | None = None,
        **texts: str,
    ) -> tuple[Any, ...]:
        """The row that a SELECT over some columns gives.

        Args:
            select: SQL text of aggregates over ``v0``, ``v1`` ... and ``texts``.
            columns: The columns.
            sampled: Whether only the first rows are looked at.
            first: How many; by default 1,000.
            texts: Name -> SQL text over ``v0``, ``v1`` ....
        """
        rows = self._rows(columns, first=first or (FIRST if sampled else None))
        named = "".join(f", {text} AS {name}" for name, text in texts.items())
        return self._one(f"SELECT {select} FROM (SELECT *{named} FROM ({rows}))")

    def _rows(self, columns: Sequence[str], first: int | None = None) -> str:
        path = self._raw.path
        files = f"[{path_literal(path)}]" if path else "[]"
        raw = self._raw if first is None else self._first.ledger()
        rows = select_values(raw, files, columns)
        return f"{rows} LIMIT {first}" if first not in (None, FIRST) else rows

    def _one(self, query: str) -> tuple[Any, ...]:
        with engine(self._raw, self._con) as con:
            (row,) = con.execute(query).fetchall()
        return row


def _is_best(
    first: ColumnValues, all_of_it: Collection[ColumnValues], field: str
) -> bool:
    """Whether no other column can be filled better, by a sample."""
    if field in _TEXTS:
        return first.filled > 0
    return first.filled == first.rows > 0 and all(
        each.numbers <= first.numbers for each in all_of_it
    )


def summed(found: Iterable[ColumnValues]) -> list[ColumnValues]:
    """The values of columns of one name added up over the files of a format."""
    sums: dict[str, ColumnValues] = {}
    for each in found:
        sums[each.column] = sums[each.column] + each if each.column in sums else each
    return list(sums.values())


def _is_usage_text(column: str) -> bool:
    """Whether a column is called usage and nothing else, whatever it holds."""
    said = set(words(column))
    return "usage" in said and not said - {"usage", "token", "tokens", "details", "llm"}
