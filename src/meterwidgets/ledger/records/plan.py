"""The plan for an opened ledger: which source, which columns, which SQL statement.

Files with the same statement are loaded together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.duplicates.dedupe import COUNTED
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes.answers import unwrapped
from meterwidgets.ledger.envelopes.raw_values import select_values
from meterwidgets.ledger.readers.objects import as_objects
from meterwidgets.ledger.readers.postgres_url import parse_database_url
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import normalise
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import PART_COLUMNS, PLACEHOLDER, Source
from meterwidgets.ledger.sources.sql import next_day
from meterwidgets.ledger.tables import mapping
from meterwidgets.ledger.tables.column_values import ColumnValues, TableValues
from meterwidgets.ledger.tables.mapping import Formula, TableMapping
from meterwidgets.schema import ATTRIBUTES, COUNTS, MONEY, OPTIONAL

PART_STEP = 1 << 40
"""More than the rows of any file; see `_with_parts`."""


@dataclass(frozen=True)
class LedgerSpec:
    """What to read and how; see ``read_usage``.

    Attributes:
        inputs: Files, folders, globs, databases and dataframes.
        source: The format; None recognises it.
        columns: Our field -> column, for tables.
        tz: The time zone of timestamps without one.
        currency: The currency of costs that name none.
        since: Of databases, keep only the rows that began then or later.
        is_part: Whether a dataframe is a part of a table whose columns are all named,
            so that its values tell nothing of the whole.
        written: When the ledger was written; None asks the file, or is now.
    """

    inputs: Sequence[Any]
    source: str | None = None
    columns: Mapping[str, str] | None = None
    tz: str = "UTC"
    currency: str = "USD"
    since: datetime | None = None
    is_part: bool = False
    written: datetime | None = None

    def __post_init__(self) -> None:
        """Put databases in the place of their addresses, which may hold passwords."""
        object.__setattr__(
            self, "inputs", [parse_database_url(each) for each in self.inputs]
        )


@dataclass(frozen=True)
class Plan:
    """How one opened ledger is read.

    Attributes:
        raw: The ledger, without the records of its sample.
        source: Its format.
        fields: Our field -> SQL text of its raw value.
        bucketed: Whether a row is a bucket of requests.
        zone: The zone of timestamps without one.
        currency: That of costs that name none.
        notes: What users should know of files like this one, each a sentence without
            the name of the file.
        formulas: Our field -> how columns make it, where ``fields`` has only one.
        unread: The columns of tokens and money that are not read.
        may_fail: Whether it is one of a folder's files, which is left out if it can't
            be read.
        written: When the ledger was written, where somebody says so.
        beside: The parts that stand beside their whole, where no total tells.
    """

    raw: RawLedger
    source: Source
    fields: Mapping[str, str]
    bucketed: bool
    zone: str
    currency: str
    notes: tuple[str, ...] = ()
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    unread: tuple[ColumnValues, ...] = ()
    may_fail: bool = False
    written: datetime | None = None
    beside: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of the file; 0 for a table or database."""
        return self.raw.path.stat().st_size if self.raw.path else 0

    @property
    def unit(self) -> str:
        """What the number of a row counts."""
        levels = self.source.levels
        return levels[-1].name if levels else self.raw.unit

    def has(self, field: str) -> bool:
        """Whether its rows hold a field: one that few have only where it is filled."""
        return field in self.fields or field not in OPTIONAL

    def statement(self, files: str, first: int) -> str:
        """SQL text that adds the rows of some files like this one to ``reported``.

        Args:
            files: SQL text of their list.
            first: The number of the first; the others follow.
        """
        return f"INSERT INTO {Workspace.reported} BY NAME {self.rows(files, first)}"

    def rows(self, files: str, first: int, *, plain: Collection[str] = ()) -> str:
        """SQL text of the rows of some files like this one, as ``reported`` has them.

        Args:
            files: SQL text of their list.
            first: The number of the first; the others follow.
            plain: The fields that ``proof`` found plain in all of them.
        """
        own = not self.source.is_mapped
        known = "requests" in self.fields or self.bucketed
        values = ", ".join(
            name
            for name in (*ATTRIBUTES, *COUNTS, "extra")
            if name != "requests" and self.has(name)
        )
        costs = ", ".join(f"reported_{name}" for name in MONEY if self.has(name))
        dropped = "extra_dropped, " if self.has("extra") else ""
        names = "".join(f", {name}_label" for name in self.source.labels)
        credit = ", credit" if self._has_credits else ""
        remark = ", remark" if self.source.remarks else ""
        return f"""
          SELECT {literal(self.source.name)} AS source,
            '{"bucket" if self.bucketed else "request"}' AS grain,
            CAST({first} + file AS BIGINT) AS file, n,
            record_id, {own} AS own_id, covers, start_us, end_us,
            org, project, "user", api_key, endpoint,
            coalesce(deployment, model) AS deployment, provider,
            coalesce(model, deployment) AS model,
            {"requests" if known else "1::BIGINT AS requests"}, {values}, {dropped}
            {costs}, recorded_zero,
            {COUNTED if self.source.keep_largest else "NULL::BIGINT"} AS grown,
            CASE WHEN coalesce({costs}{credit}) IS NOT NULL
              THEN coalesce(reported_currency, {literal(self.currency)})
              END AS reported_currency,
            used, left_out, zoned, reject, doubts, added_tokens{names}{credit}{remark}
          FROM ({self._parsed(files, plain)})
        """

    @property
    def _has_credits(self) -> bool:
        return self.source.credit != "false"

    def proof(self, files: str) -> str:
        """SQL text of which fields of some files like this one are plain."""
        raw = self._raw(files)
        return normalise.proof(
            raw.relation, raw.fields, kinds=raw.kinds, zone=self.zone
        )

    def _parsed(self, files: str, plain: Collection[str]) -> str:
        """SQL text of the checked rows."""
        raw = self._raw(files)
        return normalise.parsed(
            raw.relation,
            raw.fields,
            kinds=raw.kinds,
            only=raw.only,
            left_out=raw.left_out,
            recorded_zero=raw.recorded_zero,
            credit=raw.credit if self._has_credits else "",
            remark=raw.remark,
            labels=raw.labels,
            beside=self.beside,
            has_corrections=self.source.has_corrections,
            plain=plain,
        )

    def _raw(self, files: str) -> _Values:
        """The raw values: every ``{column}`` becomes its value."""
        columns = _Columns(self.source.derived, has_parts=bool(self.source.parts))
        fill = columns.fill
        if not self.source.is_mapped:
            fields = {name: fill(text) for name, text in self.fields.items()}
        else:  # a column of a table may have any name, braces too
            fields = {n: columns.value(text[1:-1]) for n, text in self.fields.items()}
            fields |= {
                name: formula.sql.format(*map(columns.value, formula.columns))
                for name, formula in self.formulas.items()
            }
        only, zero = fill(self.source.where), fill(self.source.free_when)
        credit = fill(self.source.credit)
        remarks = " ".join(
            f"WHEN {fill(condition)} THEN {literal(words)}"
            for words, condition in self.source.remarks.items()
        )
        remark = f"CASE {remarks} END" if remarks else ""
        left_out = {why: fill(text) for why, text in self.source.left_out.items()}
        labels = {name: fill(text) for name, text in self.source.labels.items()}
        derived = [fill(text) for text in self.source.derived.values()]
        parts = fill(self.source.parts)
        kinds = {
            name: kind
            for name, text in self.fields.items()
            if columns.uses.count(text[1:-1]) == 1
            and name not in self.formulas
            and normalise.reads(name, kind := self.raw.type_of(text[1:-1]))
        }
        relation = select_values(
            self.raw,
            files,
            list(dict.fromkeys(columns.uses)),
            levels=self.source.levels,
            typed={self.fields[name][1:-1] for name in kinds},
        )
        if self.source.is_mapped:
            only = _has_amounts(fields, kinds)
        if derived:
            relation = f"SELECT * REPLACE (row_number() OVER () AS n) FROM ({relation})"
        for number, text in enumerate(derived):
            relation = f"SELECT *, {text} AS d{number} FROM ({relation})"
        if parts:
            relation = _with_parts(relation, parts)
        return _Values(
            relation, fields, kinds, only, left_out, zero, credit, remark, labels
        )


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


@dataclass(frozen=True)
class _Values:
    """SQL text of raw values; see ``normalise.parsed``."""

    relation: str
    fields: Mapping[str, str]
    kinds: Mapping[str, str]
    only: str
    left_out: Mapping[str, str]
    recorded_zero: str
    credit: str
    remark: str
    labels: Mapping[str, str]


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


def plan(raw: RawLedger, spec: LedgerSpec, ws: Workspace) -> Plan:
    """Choose the source that reads a ledger, and the columns that fill its fields.

    Raises:
        LedgerError: When no source fits, or a column is missing.
    """
    source = _source(raw, spec)
    if source.is_mapped or source.levels:
        if objects := as_objects(raw, ws.con):
            raw, source = objects, _source(objects, spec)
        if raw.sample.records and not _is_usable(raw, source, spec):
            for inner in unwrapped(raw):
                if _is_usable(inner, found := _source(inner, spec), spec):
                    raw, source = inner, found
                    break
    zone = source.timezone or spec.tz
    bare = replace(raw, sample=replace(raw.sample, records=()))
    if not source.is_mapped:
        if spec.columns:
            raise LedgerError(
                f"{raw.name}: the columns of the source {source.name!r} are known; "
                "leave out columns=, or choose source='table'"
            )
        return Plan(
            raw=bare,
            source=source,
            fields=source.field_sql,
            bucketed=source.grain == "bucket",
            zone=zone,
            currency=spec.currency,
            beside=source.beside,
        )
    return _plan_table(bare, source, spec, ws)


def _source(raw: RawLedger, spec: LedgerSpec) -> Source:
    """The named source, else the one that is recognised."""
    try:
        if spec.source:
            return registry.find(spec.source)
        return (
            registry.find("table") if spec.columns else registry.recognise(raw.sample)
        )
    except LedgerError as error:
        raise LedgerError(f"{raw.name}: {error}") from None


def _is_usable(raw: RawLedger, source: Source, spec: LedgerSpec) -> bool:
    """Whether a source can read the records of a sample."""
    if not source.is_mapped:
        return source.matches(raw.sample)
    try:
        mapping.check(spec.columns, raw.sample.columns, where=raw.name)
    except LedgerError:
        return False
    return True


def _plan_table(
    raw: RawLedger, source: Source, spec: LedgerSpec, ws: Workspace
) -> Plan:
    """The plan for any table, by its columns and their values."""
    columns = list(raw.sample.columns)
    for column in (spec.columns or {}).values():
        if column not in columns and raw.has_column(column, ws.con):
            columns.append(column)
    if not columns:
        raise LedgerError(f"{raw.name}: holds no records; name a ledger that has rows")
    if spec.is_part:
        mapped = mapping.check(spec.columns, columns, where=raw.name)
        return _table_plan(raw, source, spec, mapped)
    try:
        return _plan_by_values(raw, source, spec, columns, TableValues(raw, ws.con))
    except duckdb.Error:  # loading it will say what is wrong with the file
        return _table_plan(
            raw, source, spec, mapping.check(spec.columns, columns, where=raw.name)
        )


def _plan_by_values(
    raw: RawLedger,
    source: Source,
    spec: LedgerSpec,
    columns: Sequence[str],
    values: TableValues,
) -> Plan:
    mapped = mapping.check(spec.columns, columns, where=raw.name, choose=values.choose)
    found = _table_plan(raw, source, spec, mapped)
    found = replace(found, unread=tuple(values.unread(mapped)))
    if not found.bucketed and values.are_days(mapped):
        return _by_day(found)
    return found


def _table_plan(
    raw: RawLedger, source: Source, spec: LedgerSpec, mapped: TableMapping
) -> Plan:
    notes = [f"guessed {mapped.as_text()}"] if mapped.guessed else []
    notes += [
        f"{name} is {formula.reads}: {formula.why}"
        for name, formula in mapped.formulas.items()
        if formula.why
    ]
    return Plan(
        raw=raw,
        source=source,
        fields={ours: "{" + theirs + "}" for ours, theirs in mapped.columns.items()},
        bucketed=mapping.is_bucketed(mapped.columns),
        zone=spec.tz,
        currency=mapped.currency or spec.currency,
        notes=tuple(notes),
        formulas=mapped.formulas,
    )


def _by_day(found: Plan) -> Plan:
    """The plan for a table whose rows are whole days."""
    start = found.fields["start"][1:-1]
    ends = found.formulas
    if "end" not in found.fields:
        ends = {**ends, "end": Formula((start,), next_day("{0}"), f"{start} + 1 day")}
    return replace(
        found,
        bucketed=True,
        fields={"end": found.fields["start"], **found.fields},
        formulas=ends,
        notes=(
            *found.notes,
            f"{start} has no time and no column counts requests, so a row is a day and "
            "not a request: the number of requests is unknown, and rates are the base "
            "rates, whatever the length of a request",
        ),
    )


def _has_amounts(fields: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    """SQL condition of the rows of a table that tell tokens, a cost or requests.

    A request that failed has none of them: its model and its status tell. A row without
    a time is not left out but rejected.
    """
    conditions = []
    if {"status", "model"} <= fields.keys():
        answered = (f"text_or_null({fields[name]})" for name in ("status", "model"))
        conditions.append(
            f"({' AND '.join(f'{text} IS NOT NULL' for text in answered)})"
        )
    for name in dict.fromkeys((*mapping.AMOUNTS, *COUNTS)):
        if name.endswith("_ms") or name not in fields:
            continue
        kind, value = kinds.get(name, "VARCHAR"), fields[name]
        text = value if kind != "VARCHAR" else f"text_or_null({value})"
        nan = f" AND NOT isnan({value})" if kind == "DOUBLE" else ""
        conditions.append(f"({text} IS NOT NULL{nan})")
    start = fields["start"]
    if kinds.get("start", "VARCHAR") == "VARCHAR":
        start = f"parse_instant(text_or_null({start}))"
    return f"CASE WHEN {' OR '.join(conditions)} THEN true ELSE {start} IS NULL END"
