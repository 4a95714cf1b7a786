"""The raw values of an opened ledger, in SQL: what its source declares, filled in."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.envelopes.raw_values import select_values
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import normalise
from meterwidgets.ledger.sources.base import PART_COLUMNS, PLACEHOLDER, Source
from meterwidgets.ledger.tables.formulas import Formula
from meterwidgets.ledger.tables.mapping import AMOUNTS
from meterwidgets.schema import COUNTS

PART_STEP = 1 << 40
"""More than the rows of any file; see `_with_parts`."""


_SUMS = "they sum up the other rows"


@dataclass(frozen=True, kw_only=True)
class RawFields:
    """SQL text of raw values; see ``normalise.parsed``."""

    relation: str
    fields: Mapping[str, str]
    kinds: Mapping[str, str]
    only: str
    needs_time: bool
    left_out: Mapping[str, str]
    recorded_zero: str
    credit: str
    remark: str
    labels: Mapping[str, str]


# long: its signature and its result have a name a line
def raw_fields(
    raw: RawLedger,
    files: str,
    source: Source,
    fields: Mapping[str, str],
    *,
    formulas: Mapping[str, Formula],
    summaries: Formula | None = None,
) -> RawFields:
    """The raw values of an opened ledger: every ``{column}`` becomes its value.

    Args:
        raw: The ledger.
        files: SQL text of the list of its files.
        source: Its format.
        fields: Our field -> SQL text of its raw value, with ``{column}`` in it.
        formulas: Our field -> how columns make it, where ``fields`` has only one.
        summaries: The condition of the rows of a table that sum up others.
    """
    columns = _Columns(source.derived, has_parts=bool(source.parts))
    fill = columns.fill
    values = _field_values(source, fields, formulas, columns)
    only, zero = fill(source.where), fill(source.free_when)
    credit = fill(source.credit)
    remark = _remark(source, columns)
    left_out = {why: fill(text) for why, text in source.left_out.items()}
    if summaries is not None:
        is_sum = summaries.sql.format(*map(columns.value, summaries.columns))
        left_out[_SUMS] = is_sum
    labels = {name: fill(text) for name, text in source.labels.items()}
    derived = [fill(text) for text in source.derived.values()]
    parts = fill(source.parts)
    single = {
        name: text[1:-1]
        for name, text in fields.items()
        if name not in formulas and columns.uses.count(text[1:-1]) == 1
    }
    kinds = _kinds(raw, single)
    relation = select_values(
        raw,
        files,
        list(dict.fromkeys(columns.uses)),
        levels=source.levels,
        typed={single[name] for name in kinds},
    )
    if source.is_mapped:
        only = _has_amounts(values, kinds)
    if summaries is not None:
        only = f"CASE WHEN {is_sum} THEN false ELSE {only} END"
    relation = _with_derived(relation, derived)
    return RawFields(
        relation=_with_parts(relation, parts) if parts else relation,
        fields=values,
        kinds=kinds,
        only=only,
        needs_time=source.is_mapped,
        left_out=left_out,
        recorded_zero=zero,
        credit=credit,
        remark=remark,
        labels=labels,
    )


def _field_values(
    source: Source,
    fields: Mapping[str, str],
    formulas: Mapping[str, Formula],
    columns: _Columns,
) -> dict[str, str]:
    """Our field -> SQL text of its value."""
    if not source.is_mapped:
        return {name: columns.fill(text) for name, text in fields.items()}
    # a column of a table may have any name, braces too
    values = {name: columns.value(text[1:-1]) for name, text in fields.items()}
    made = {
        name: formula.sql.format(*map(columns.value, formula.columns))
        for name, formula in formulas.items()
    }
    return values | made


def _remark(source: Source, columns: _Columns) -> str:
    """SQL text of what users should know of a row; "" where there is nothing."""
    remarks = " ".join(
        f"WHEN {columns.fill(condition)} THEN {literal(words)}"
        for words, condition in source.remarks.items()
    )
    return f"CASE {remarks} END" if remarks else ""


def _kinds(raw: RawLedger, columns: Mapping[str, str]) -> dict[str, str]:
    """Field -> the type of its column, of those that are read without text."""
    return {
        name: kind
        for name, column in columns.items()
        if normalise.reads(name, kind := raw.type_of(column))
    }


def _with_derived(relation: str, derived: Sequence[str]) -> str:
    """SQL text of rows with their derived columns, each of which sees those before."""
    if any(" OVER (" in text for text in derived):  # which asks for the number of a row
        relation = f"SELECT * REPLACE (row_number() OVER () AS n) FROM ({relation})"
    for number, text in enumerate(derived):
        relation = f"SELECT *, {text} AS d{number} FROM ({relation})"
    return relation


class _Columns:
    """Gives the columns in a source's SQL the names of their values.

    Attributes:
        uses: The columns, as often as they are used.
    """

    def __init__(self, derived: Collection[str], *, has_parts: bool) -> None:
        self.uses: list[str] = []
        self._derived = list(derived)
        self._part_columns = PART_COLUMNS if has_parts else ()
        self._numbers: dict[str, int] = {}

    def value(self, column: str) -> str:
        """SQL text of the value of a column: ``v0``, ``v1`` ..., by first use."""
        self.uses.append(column)
        return f"v{self._numbers.setdefault(column, len(self._numbers))}"

    def fill(self, text: str) -> str:
        """SQL text with a value in place of each ``{column}``."""

        def name(match: re.Match[str]) -> str:
            if match[1] in self._part_columns:
                return match[1][1:]
            if match[1] in self._derived:
                return f"d{self._derived.index(match[1])}"
            return self.value(match[1])

        return PLACEHOLDER.sub(name, text)


def _with_parts(relation: str, parts: str) -> str:
    """SQL text of rows and, after each, the records inside it.

    A part has the number of its row plus a multiple of `PART_STEP`, so that numbers
    are unique and the line is still known.
    """
    items = (
        f"list_transform(list_prepend(NULL, coalesce({parts}, [])), "
        "lambda x, i: {'part': x, 'number': i - 1})"
    )
    return (
        f"SELECT * EXCLUDE (item) REPLACE (n + item.number * {PART_STEP} AS n), "
        "item.part AS part, item.number AS part_number "
        f"FROM (SELECT *, unnest({items}) AS item FROM ({relation}))"
    )


def _has_amounts(fields: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """SQL condition of the rows of a table that tell tokens, a cost or requests.

    A request that failed has none of them: its model and its status tell.
    """
    conditions = []
    if {"status", "model"} <= fields.keys():
        answered = (f"text_or_null({fields[name]})" for name in ("status", "model"))
        conditions.append(
            f"({' AND '.join(f'{text} IS NOT NULL' for text in answered)})"
        )
    for name in dict.fromkeys((*AMOUNTS, *COUNTS)):
        if name.endswith("_ms") or name not in fields:
            continue
        kind, value = kinds.get(name, "VARCHAR"), fields[name]
        nan = f" AND NOT isnan({value})" if kind == "DOUBLE" else ""
        conditions.append(
            f"has_number({value})"
            if kind == "VARCHAR"
            else f"({value} IS NOT NULL{nan})"
        )
    # a CASE ends with the first of them, a value of OR looks at each
    return f"CASE WHEN {' OR '.join(conditions) or 'false'} THEN true ELSE false END"
