"""Counters that only rise, and long tables with a row a type of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterwidgets.errors import unknown
from meterwidgets.ledger.sources.base import NOT_COUNTED, Field
from meterwidgets.ledger.sources.vocabulary.columns import Columns, literal
from meterwidgets.ledger.sources.vocabulary.expressions import expression
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    check_keys,
    items,
    table,
    text,
    texts,
)
from meterwidgets.schema import COUNTS, MONEY, UNSTORED

AMOUNTS = tuple(
    name
    for name in (*COUNTS, *UNSTORED, *MONEY)
    if not name.endswith("_ms") and name != "context_tokens"
)
"""The fields that add up over records."""


@dataclass(frozen=True)
class Table:
    """What ``by`` and ``growth`` make of the fields of a declaration.

    Attributes:
        fields: Field of the record -> how it is filled.
        derived: Further derived columns.
        where: SQL condition of the rows that count.
        kind: SQL text of the type of a row, where each has one.
    """

    fields: dict[str, Field]
    derived: dict[str, str]
    where: str
    kind: str = ""


def by_type(key: str, value: object, columns: Columns, before: Table) -> Table:
    """A long table: each row fills the field of its type.

    The id that the rows of a request share is not one of a row, so the type is added
    to it. How many requests there were is unknown, unless a type of rows counts them.

    Raises:
        DeclarationError: When ``by`` says too little, or names no field.
    """
    by = table(key, value)
    check_keys(key, by, ("column", "amount", "fields"))
    for name in ("column", "amount", "fields"):
        if name not in by:
            raise DeclarationError(
                key,
                f"has no {name!r}; expected {{ column = TYPE, amount = COUNT, "
                "fields = { input = 'input_tokens', ... } }",
            )
    kind = expression(f"{key}.column", by["column"], columns, "status")
    types = _types(f"{key}.fields", by["fields"])
    fields = before.fields
    made = dict(fields)
    for field in dict.fromkeys(each for names in types.values() for each in names):
        if field in fields:
            raise DeclarationError(
                f"{key}.fields", f"fills {field!r}, which fields has, too; keep one"
            )
        words = ", ".join(
            literal(each) for each, names in types.items() if field in names
        )
        amount = expression(f"{key}.amount", by["amount"], columns, field)
        made[field] = Field(
            f"CASE WHEN {kind.sql} IN ({words}) THEN {amount.sql} END",
            f"{amount.doc} where {kind.doc} is "
            + " or ".join(each for each, names in types.items() if field in names),
        )
    made.setdefault("requests", NOT_COUNTED)
    if "record_id" in made:
        own = made["record_id"]
        made["record_id"] = Field(f"{own.sql} || ' ' || {kind.sql}", own.doc)
    every = ", ".join(map(literal, types))
    where = f"coalesce({kind.sql} IN ({every}), false)"
    return Table(made, {}, where, kind.sql)


def _types(key: str, value: object) -> dict[str, tuple[str, ...]]:
    """Type of a row -> the fields that it fills."""
    types = {
        str(word): texts(f"{key}.{word}", names)
        for word, names in table(key, value).items()
    }
    for word, names in types.items():
        for name in names:
            if name not in AMOUNTS:
                raise DeclarationError(f"{key}.{word}", unknown("field", name, AMOUNTS))
    return types


def growth(key: str, value: object, columns: Columns, before: Table) -> Table:
    """Counters as the increase since the sample before, of the same series.

    The first sample of a series is where counting begins. After a fall the counter
    began at 0. Series go on from file to file.

    Args:
        key: The key, for errors.
        value: ``series``, the columns that tell counters apart, and ``time``.
        columns: Finds columns.
        before: The fields, of which those that add up are counters.

    Raises:
        DeclarationError: When there is no counter, or no time.
    """
    given, fields = table(key, value), before.fields
    check_keys(key, given, ("series", "time"))
    if "series" not in given:
        raise DeclarationError(key, "has no 'series', the columns of one counter")
    series = [
        expression(f"{key}.series[{n}]", each, columns, "extra")
        for n, each in enumerate(items(f"{key}.series", given["series"]))
    ]
    counters = [name for name in AMOUNTS if name in fields]
    counters = [name for name in counters if fields[name] is not NOT_COUNTED]
    if not counters:
        raise DeclarationError(key, "is of counters, and no field is one")
    if "time" in given:
        time = expression(f"{key}.time", given["time"], columns, "start").sql
    elif "start" in fields:
        time = fields["start"].sql
    else:
        raise DeclarationError(key, "has no 'time', and fields has no 'start'")
    told_apart = [each.sql for each in series] + ([before.kind] if before.kind else [])
    if before.where != "true":  # what doesn't count is no sample either
        time = f"CASE WHEN {before.where} THEN {time} END"
    return _increases(fields, counters, told_apart, time)


def _increases(
    fields: Mapping[str, Field], counters: list[str], series: list[str], time: str
) -> Table:
    derived = {"@time text": time, "@time": "parse_instant(text_or_null({@time text}))"}
    derived["@series"] = f"to_json([{', '.join(series)}])::VARCHAR"
    by_series = "PARTITION BY {@series} ORDER BY {@time}, file, n"
    made = dict(fields)
    # samples at one time, of two exports, are one: the time before is an earlier one
    derived["@before"] = (
        "max({@time}) OVER (PARTITION BY {@series} ORDER BY {@time} "
        "RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    for name in counters:
        now, last = f"{{@{name} now}}", f"{{@{name} last}}"
        derived[now[1:-1]] = (
            "CASE WHEN {@time} IS NOT NULL THEN TRY_CAST(number_or_null("
            f"{fields[name].sql}) AS DECIMAL(38, 9)) END"
        )
        derived[last[1:-1]] = f"lag({now} IGNORE NULLS) OVER ({by_series})"
        derived[f"@{name}"] = (
            f"CASE WHEN {last} IS NULL THEN NULL WHEN {now} < {last} THEN {now} "
            f"ELSE {now} - {last} END"
        )
        made[name] = Field(
            f"CAST({{@{name}}} AS VARCHAR)", f"the growth of {fields[name].doc}"
        )
    stamp = "strftime(make_timestamp({}), '%Y-%m-%dT%H:%M:%S.%fZ')"
    made["start"] = Field(
        stamp.format("coalesce({@before}, {@time})"), "the time of the sample before"
    )
    made["end"] = Field(stamp.format("{@time}"), fields["start"].doc)
    made["record_id"] = Field(
        "{@series} || ' ' || {@before} || ' ' || {@time}", "the series and its times"
    )
    made.setdefault("requests", NOT_COUNTED)
    grown = " OR ".join(f"{{@{name}}} > 0" for name in counters)
    return Table(made, derived, f"coalesce({grown}, false)")


def spans(key: str, value: object, columns: Columns) -> dict[str, Field]:
    """The ids of records that repeat the usage of those below them.

    Raises:
        DeclarationError: When ``leaf`` does not name both ids.
    """
    leaf = table(key, value)
    check_keys(key, leaf, ("id", "parent"))
    for name in ("id", "parent"):
        if name not in leaf:
            raise DeclarationError(
                key, f"has no {name!r}; expected {{ id = COLUMN, parent = COLUMN }}"
            )
    names = leaf["id"]
    *trace, own = items(f"{key}.id", [names] if isinstance(names, str) else names)
    above = [
        expression(f"{key}.id[{n}]", each, columns, "session")
        for n, each in enumerate(trace)
    ]
    ids = expression(f"{key}.id", own, columns, "record_id")
    parent = expression(f"{key}.parent", leaf["parent"], columns, "covers")
    before = "".join(f"coalesce({each.sql}, '') || '/' || " for each in above)
    return {
        "record_id": Field(
            f"{before}nonempty({ids.sql})",
            ", ".join(each.doc for each in (*above, ids)),
        ),
        "covers": Field(f"{before}nonempty({parent.sql})", parent.doc),
    }


def labels(key: str, value: Any, columns: Columns) -> dict[str, str]:
    """Field -> SQL text of the name of its value."""
    return {
        text(key, name): expression(f"{key}.{name}", each, columns, name).sql
        for name, each in table(key, value).items()
    }
