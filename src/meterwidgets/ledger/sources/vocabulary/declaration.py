"""A declaration of a ledger, checked and compiled to a `Source`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from meterwidgets.errors import ConfigError, unknown
from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source
from meterwidgets.ledger.sources.buckets import bucket_key
from meterwidgets.ledger.sources.sql import as_json
from meterwidgets.ledger.sources.vocabulary.columns import Columns, rows_as_levels
from meterwidgets.ledger.sources.vocabulary.conditions import condition
from meterwidgets.ledger.sources.vocabulary.counters import (
    Table,
    by_type,
    growth,
    labels,
    spans,
)
from meterwidgets.ledger.sources.vocabulary.expressions import expression
from meterwidgets.ledger.sources.vocabulary.match import Matches, matcher
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    check_keys,
    flag,
    table,
    text,
    texts,
)
from meterwidgets.schema import FIELDS

LEDGER_KEYS = (
    "name", "title", "rows", "where", "fields", "values", "by", "growth", "leaf",
    "grain", "length", "grows", "bucket_key", "beside", "corrections", "free_when",
    "credit", "left_out", "remarks", "labels", "family", "pays_for", "cannot_tell",
    "paginated",
)  # fmt: skip
"""What a declaration says of a ledger; a reader's ``[[source]]`` has the same keys."""

_LENGTHS = ("minute", "hour", "day", "week", "month", "year")

KEYS = (*LEDGER_KEYS, "match", "timezone", "currency")


@dataclass(frozen=True)
class Declared:
    """A compiled declaration.

    Attributes:
        source: What reads the ledger.
        table: The declaration as it was written.
        named: How many columns it is recognised by: what names more is tried first.
        uses: Its keys with the column that each reads, in their order.
    """

    source: Source
    table: Mapping[str, Any]
    named: int
    uses: tuple[tuple[str, str], ...]


def declare(
    declaration: Mapping[str, Any],
    *,
    where: str = "",
    name: str = "",
    is_own: bool = False,
) -> Declared:
    """Compile a declaration.

    Args:
        declaration: Its keys, `KEYS`.
        where: What errors begin with; by default the name of the source.
        name: The name of the source, if the declaration has none.
        is_own: Whether a reader says which ledger it is for: it needs no ``match``.

    Raises:
        ConfigError: When it can't be used, with the key and the fix.

    Examples:
        >>> acme = {"name": "acme", "match": ["acme_id"], "cannot_tell": ["users"],
        ...         "fields": {"start": "at", "output_tokens": {"sum": ["a", "b"]}}}
        >>> declare(acme).source.raw_columns()
        ('at', 'a', 'b')
        >>> declare(acme | {"grain": "day"})
        Traceback (most recent call last):
        ...
        meterwidgets.errors.ConfigError: source 'acme', grain: is 'day'; expected \
'request' or 'bucket'
    """
    name = str(declaration.get("name", name))
    try:
        return _declare(declaration, name, is_own)
    except DeclarationError as error:
        prefix = f"{where}." if where else f"source {name!r}, "
        raise ConfigError(f"{prefix}{error}") from None
    except ConfigError as error:
        said = str(error).removeprefix(f"source {name!r}, ")
        raise ConfigError(f"{where}.{said}" if where else error) from None


# long: a key a line
def _declare(declaration: Mapping[str, Any], name: str, is_own: bool) -> Declared:
    check_keys("", declaration, KEYS)
    for key in ("fields", *(() if is_own else ("match", "cannot_tell"))):
        if key not in declaration:
            raise DeclarationError(key, "is missing; every ledger needs it")
    get = declaration.get
    levels = rows_as_levels("rows", get("rows")) if "rows" in declaration else ()
    columns = Columns(levels)
    derived: dict[str, str] = {}
    for each, value in (
        table("values", get("values")) if "values" in declaration else {}
    ).items():
        made = expression(f"values.{each}", value, columns, "extra")
        derived[f"@{each}"] = made.sql
        columns.values[each] = made.doc
    named = 0
    matches: Matches = _never
    if "match" in declaration:
        named, matches = matcher("match", get("match"), levels)
    filled = _table(declaration, columns)
    if is_own:
        matches = _lie_there(levels, columns.uses)
    derived |= filled.derived
    derived |= _key(declaration, columns, filled.fields)
    grain = get(
        "grain",
        "bucket" if "by" in declaration or "growth" in declaration else "request",
    )
    source = Source(
        name=name,
        title=text("title", get("title", name)),
        matches=matches,
        fields=filled.fields,
        cannot_tell=texts("cannot_tell", get("cannot_tell", "whatever no column says")),
        levels=levels,
        where=filled.where,
        credit=_condition("credit", declaration, columns, "false"),
        left_out=_conditions("left_out", declaration, columns),
        remarks=_conditions("remarks", declaration, columns),
        derived=derived,
        labels=labels("labels", get("labels"), columns)
        if "labels" in declaration
        else {},
        timezone=get("timezone"),
        grain=grain,
        free_when=_condition("free_when", declaration, columns, "true"),
        keep_largest=flag("grows", get("grows", False)),
        is_paginated=flag("paginated", get("paginated", False)),
        is_nested="leaf" in declaration,
        is_counter="growth" in declaration,
        pays_for=str(get("pays_for", "")),
        family=str(get("family", "")),
        beside=texts("beside", get("beside")) if "beside" in declaration else (),
        has_corrections=flag("corrections", get("corrections", False)),
    )
    return Declared(source, declaration, named, tuple(columns.uses))


def _never(sample: Sample) -> bool:
    return False


def _lie_there(levels: tuple[Level, ...], uses: Iterable[tuple[str, str]]) -> Matches:
    """Whether a sample has a column of the time, and no path leads into a column."""
    named = list(uses)
    keys = ("fields.start", "values.")  # a start may be a named value
    names = {column for key, column in named if key.startswith(keys)}
    paths = [column for _, column in named if "." in column]

    def matches(sample: Sample) -> bool:
        if levels:
            return True
        columns = set(sample.columns)
        into = (each for each in paths if each.partition(".")[0] in columns)
        return not names.isdisjoint(sample.names) and sample.names.issuperset(into)

    return matches


def _table(declaration: Mapping[str, Any], columns: Columns) -> Table:
    """The fields, with what ``leaf``, ``by`` and ``growth`` make of them."""
    made = Table(
        _fields(declaration, columns),
        {},
        _condition("where", declaration, columns, "true"),
    )
    if "leaf" in declaration:
        made.fields.update(spans("leaf", declaration["leaf"], columns))
    for key, make in (("by", by_type), ("growth", growth)):
        if key in declaration:
            inner = make(key, declaration[key], columns, made)
            both = [each for each in (made.where, inner.where) if each != "true"]
            derived = made.derived | inner.derived
            made = Table(inner.fields, derived, " AND ".join(both), inner.kind)
    return made


def _fields(declaration: Mapping[str, Any], columns: Columns) -> dict[str, Field]:
    fields = {}
    for name, value in table("fields", declaration["fields"]).items():
        if name not in FIELDS:
            raise DeclarationError(f"fields.{name}", unknown("field", name, FIELDS))
        made = expression(f"fields.{name}", value, columns, name)
        fields[name] = Field(made.sql, made.doc)
    if "length" in declaration:
        fields["end"] = _end(declaration["length"], fields)
    if "currency" in declaration:
        if "currency" in fields:
            raise DeclarationError("currency", "is in fields, too; keep one of them")
        if not re.fullmatch("[A-Za-z]{3}", text("currency", declaration["currency"])):
            raise DeclarationError("currency", 'expected a code such as "USD"')
        made = expression(
            "currency", {"set": declaration["currency"]}, columns, "currency"
        )
        fields["currency"] = Field(made.sql)
    return fields


def _end(length: object, fields: Mapping[str, Field]) -> Field:
    """The end of a bucket that has only a start."""
    if length not in _LENGTHS:
        raise DeclarationError("length", unknown("length", str(length), _LENGTHS))
    if "end" in fields or "start" not in fields:
        raise DeclarationError(
            "length", "makes the end of a start; fields needs no end"
        )
    start = fields["start"]
    sql = (
        f"list_transform([{start.sql}], lambda s: strftime(CASE WHEN has_zone(s) "
        "THEN make_timestamp(parse_instant(s)) ELSE TRY_CAST(s AS TIMESTAMP) END "
        f"+ INTERVAL 1 {length}, '%Y-%m-%d %H:%M:%S') "
        "|| CASE WHEN has_zone(s) THEN 'Z' ELSE '' END)[1]"
    )
    return Field(sql, f"a {length} after {start.doc}")


def _key(
    declaration: Mapping[str, Any], columns: Columns, fields: dict[str, Field]
) -> dict[str, str]:
    """The derived columns of a bucket's id: its start and what it is grouped by."""
    if "bucket_key" not in declaration:
        return {}
    names = texts("bucket_key", declaration["bucket_key"])
    if "start" not in fields or "record_id" in fields:
        raise DeclarationError(
            "bucket_key", "makes the record_id of a start; fields needs the one only"
        )
    for name in names:
        columns("bucket_key", name)
        if "'" in name:
            raise DeclarationError("bucket_key", f"{name!r} holds a quote; rename it")
    fields["record_id"] = Field("{@bucket}", f"the start, {', '.join(names)}")
    return bucket_key(fields["start"].sql, as_json(*names))


def _condition(
    key: str, declaration: Mapping[str, Any], columns: Columns, default: str
) -> str:
    value = declaration.get(key)
    if isinstance(value, bool):
        return str(value).lower()
    return default if value is None else condition(key, value, columns)


def _conditions(
    key: str, declaration: Mapping[str, Any], columns: Columns
) -> dict[str, str]:
    """Words for people -> SQL condition."""
    if key not in declaration:
        return {}
    return {
        words: condition(f"{key}.{words}", each, columns)
        for words, each in table(key, declaration[key]).items()
    }
