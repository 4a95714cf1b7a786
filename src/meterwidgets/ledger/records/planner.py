"""Plans an opened ledger: chooses its source, and what fills the fields of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes.answers import service_error, unwrapped
from meterwidgets.ledger.envelopes.columns import columns_inside
from meterwidgets.ledger.envelopes.counters import growth_inside
from meterwidgets.ledger.envelopes.exported import export_time
from meterwidgets.ledger.envelopes.inside import (
    decoded_inside,
    objects_inside,
    pairs_inside,
    rows_inside,
)
from meterwidgets.ledger.envelopes.trees import with_children
from meterwidgets.ledger.readers.frames.objects import as_objects
from meterwidgets.ledger.readers.raw_ledger import FirstRows, RawLedger
from meterwidgets.ledger.records.plan import LedgerSpec, Plan
from meterwidgets.ledger.sources import otel, registry
from meterwidgets.ledger.sources.base import Source
from meterwidgets.ledger.sources.vocabulary.missing import check_columns
from meterwidgets.ledger.sources.vocabulary.problems import DeclarationError
from meterwidgets.ledger.tables import mapping
from meterwidgets.ledger.tables.by_item import by_item
from meterwidgets.ledger.tables.by_key import by_key
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.json_texts import objects_read, with_texts
from meterwidgets.ledger.tables.kinds import read_kinds
from meterwidgets.ledger.tables.mapping import TableMapping
from meterwidgets.ledger.tables.numbers import read_alternatives, read_numbers
from meterwidgets.ledger.tables.summaries import find_summaries
from meterwidgets.ledger.tables.terms import with_terms
from meterwidgets.ledger.tables.times import read_times

_DEEPEST, _WRAPPINGS = 5, 8
"""How deep records may be wrapped, and how many wrappings a level may have."""
_LOOKED = 20
"""So many records, and every such one, tell what is inside a table that is readable."""


def plan(raw: RawLedger, spec: LedgerSpec, ws: Workspace) -> Plan:
    """Choose the source that reads a ledger, and the columns that fill its fields.

    Raises:
        LedgerError: When no source fits, or a column is missing.
    """
    with FirstRows(raw, ws) as first:
        return _plan(raw, spec, ws, first)


def recognised(raw: RawLedger, spec: LedgerSpec, ws: Workspace) -> str:
    """The name of the source that can read a ledger; "" where there is none."""
    is_own = bool(spec.source and registry.own_declaration(spec.source))
    try:
        asked = spec if is_own else replace(spec, source=None)
        found = plan(raw, asked, ws).source.name
    except LedgerError:
        return ""
    return found if spec.source in (None, found) else ""


def _plan(
    answers: RawLedger, spec: LedgerSpec, ws: Workspace, first: FirstRows
) -> Plan:
    """The plan; see `plan`, which gives the first rows."""
    raw, source = _recognise(answers, spec, ws, first)
    is_inside = bool(source.levels) or raw.select_rows is not answers.select_rows
    exported = export_time(answers.sample.records) if is_inside else None
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
            exported=exported,
            notes=_missing_columns(raw, source, ws),
        )
    if raw.select_rows is answers.select_rows:
        found = _plan_table(bare, source, spec, ws, first)
    else:
        with FirstRows(bare, ws) as first:
            found = _plan_table(bare, source, spec, ws, first)
    return replace(found, exported=exported or found.exported)


def _missing_columns(raw: RawLedger, source: Source, ws: Workspace) -> tuple[str, ...]:
    """What users should know of columns that they declared and the ledger lacks."""
    if not (declared := registry.own_declaration(source.name)):
        return ()
    try:
        return check_columns(
            declared,
            raw.sample.columns,
            is_table=raw.json_paths is None,
            exists=lambda column: raw.has_column(column, ws.con),
        )
    except DeclarationError as error:
        raise LedgerError(f"{raw.name}: source {source.name!r}, {error}") from None


def _recognise(
    raw: RawLedger, spec: LedgerSpec, ws: Workspace, first: FirstRows
) -> tuple[RawLedger, Source]:
    """Where the records of a ledger lie, and the source that reads them."""
    raw = with_children(raw) or raw
    source = _source(raw, spec)
    if not (source.is_mapped or source.levels) and source.matches(raw.sample):
        return objects_read(raw, source.raw_columns(), first, ws.con), source
    if objects := as_objects(first, ws.con) or _unfolded(raw):
        raw, source = objects, _source(objects, spec)
    is_open = source.is_mapped and not (spec.source or spec.columns)
    is_open = is_open or spec.source in otel.NAMES
    if is_open and (rows := otel.rows(raw)):
        return rows
    if not raw.sample.records:
        return raw, source
    if not _is_usable(raw, source, spec):
        if said := service_error(raw.sample.records):
            raise LedgerError(
                f"{raw.name}: is an error that a service answered ({said[:200]}); "
                "fetch it again"
            )
        raw, source = _first_usable(raw, source, spec, ws)
        if is_open and source.is_mapped and (rows := otel.rows(raw)):
            return rows
    if source.is_mapped and not (spec.source or spec.columns):
        # calls that a known source reads say more than the record around them
        some = raw.sample.records[:_LOOKED] + raw.sample.records[_LOOKED::_LOOKED]
        few = replace(raw, sample=replace(raw.sample, records=some))
        for inner in _inside(few, ws.con, depth=2):
            if not (found := _source(inner, spec)).is_mapped:
                return with_children(inner) or inner, found
        if items := by_item(raw):
            return items, source
        while keyed := by_key(raw):
            raw = keyed
    return raw, source


def _unfolded(raw: RawLedger) -> RawLedger | None:
    """A ledger of series, or of lists a column, as the rows in each of its records."""
    return next(growth_inside(raw), None) or columns_inside(raw)


def _inside(
    raw: RawLedger, con: duckdb.DuckDBPyConnection, depth: int
) -> Iterator[RawLedger]:
    """A ledger as what is wrapped in its records, the outer wrappings first."""
    level = [raw]
    for _ in range(depth):
        inner: list[RawLedger] = []
        for each in level:
            texts = with_texts(each)
            for found in (
                *unwrapped(each), *([texts] if texts else []), *pairs_inside(each),
                *rows_inside(each), *decoded_inside(each, con),
            ):  # fmt: skip
                found = _unfolded(found) or found
                yield found
                yield from objects_inside(found)
                inner.append(found)
            if each is raw:
                yield from objects_inside(each)
        level = inner[:_WRAPPINGS]


def _first_usable(
    raw: RawLedger, source: Source, spec: LedgerSpec, ws: Workspace
) -> tuple[RawLedger, Source]:
    """The first records inside those of a ledger that a source can read."""
    if not spec.source:
        for inner in _inside(raw, ws.con, _DEEPEST):
            if not (found := _source(inner, spec)).is_mapped:
                return with_children(inner) or inner, found
    inside = with_texts(raw)
    others = [*unwrapped(raw), *([inside] if inside else [])]
    # what is used around a list would count once an item
    if not mapping.has_amounts(raw.sample.columns):
        others += unwrapped(raw, with_outer=True)
    others += _inside(raw, ws.con, _DEEPEST)
    for inner in others:
        if _is_usable(inner, found := _source(inner, spec), spec):
            return inner, found
    return raw, source


def _source(raw: RawLedger, spec: LedgerSpec) -> Source:
    """The named source, else the one that is recognised."""
    try:
        if spec.declared:
            return registry.restore(spec.declared)
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
    raw: RawLedger, source: Source, spec: LedgerSpec, ws: Workspace, first: FirstRows
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
        values = TableValues(raw, ws.con, first)
        return _plan_by_values(raw, source, spec, columns, values)
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
    mapped = mapped.with_formulas(read_alternatives(values, mapped))
    mapped = with_terms(mapped, columns, spec.columns or {}, values.says)
    kinds, kinds_note = read_kinds(values, mapped)
    mapped = mapped.with_formulas(kinds)
    times = read_times(values, mapped)
    mapped = mapped.with_formulas(times.formulas)
    numbers, numbers_note = read_numbers(values, mapped)
    mapped = mapped.with_formulas(numbers)
    found = _table_plan(raw, source, spec, mapped)
    bucketed = found.bucketed or bool(times.step or kinds)
    # only exports that add up have rows that add up the others
    sums, sum_notes = find_summaries(values, mapped) if bucketed else (None, [])
    notes = (*found.notes, kinds_note, *times.notes, numbers_note, *sum_notes)
    return replace(
        found,
        bucketed=bucketed,
        notes=tuple(filter(None, notes)),
        unread=tuple(values.unread(mapped)),
        summaries=sums,
        exported=values.export_time(),
    )


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
