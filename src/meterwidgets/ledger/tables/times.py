"""How a table writes its times, and whether its rows are hours, days or longer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from meterwidgets.ledger.readers.raw_ledger import FIRST
from meterwidgets.ledger.sources.column_names import words
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping
from meterwidgets.ledger.tables.time_forms import in_iso, named

_FIRST = 20
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:(\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
)
_STEPS = {"hour": 3_600_000_000, "day": 86_400_000_000}
_SINGLE_REQUEST = {"latency_ms", "first_token_ms", "status"}
"""Fields that only a single request has."""
_REQUEST_IDS = ("requestid", "generationid", "eventid", "responseid", "messageid")
_DATES = ("date", "day", "usagedate", "startdate")
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[AaPp][Mm])?"


@dataclass(frozen=True)
class Times:
    """How the times of a table are read.

    Attributes:
        formulas: ``start`` and ``end``, where they aren't columns as they stand.
        step: What a row is: an hour, a day, a week, a month; "" for a request.
        notes: What users should know of it, one sentence each.
    """

    formulas: Mapping[str, Formula]
    step: str = ""
    notes: tuple[str, ...] = ()


def read_times(values: TableValues, mapping: TableMapping) -> Times:
    """How the times of a table are read, by its values.

    Args:
        values: What the columns hold.
        mapping: Which column is the start, and perhaps the end.
    """
    if _are_moments(values, mapping):
        return Times({})
    formulas: dict[str, Formula] = {}
    notes: list[str] = []
    composed = _composed(values, mapping)
    start = composed or Formula((mapping.columns["start"],), "{0}", "")
    form, start, note = in_iso(values, start)
    if form or composed:
        formulas["start"] = start
    notes += [note] if note else []
    end = None
    if "end" in mapping.columns:
        end_form, end, _ = in_iso(values, Formula((mapping.columns["end"],), "{0}", ""))
        formulas |= {"end": end} if end_form else {}
    step = _step(values, mapping, start, form, end)
    if step and "end" not in mapping.columns:
        reads = f"{start.columns[0]} + 1 {step}"
        formulas["end"] = replace(start, sql=_next(start.sql, step), reads=reads)
    if step and "requests" not in mapping.columns:
        notes.append(_unknown_requests(start.columns[0], step))
    return Times(formulas, step, tuple(notes))


def _are_moments(values: TableValues, mapping: TableMapping) -> bool:
    """Whether the first times are ISO 8601, and not all of them at whole hours."""
    named = {plain_name(each) for each in values.columns}
    if "end" in mapping.columns or named & {*_DATES, "year"}:
        return False
    (texts,) = values.one("list(v0)", [mapping.columns["start"]], first=_FIRST)
    found = [_MOMENT.fullmatch(text.strip()) for text in texts or () if text]
    return all(found) and any(match and match[1] != "00:00" for match in found)


def _unknown_requests(start: str, step: str) -> str:
    finer = {"day": "time", "hour": "minutes"}.get(step, "days")
    article = "an" if step == "hour" else "a"
    return (
        f"{start} has no {finer} and no column counts requests, so a row is {article} "
        f"{step} and not a request: the number of requests is unknown, and rates are "
        "the base rates, whatever the length of a request"
    )


def _composed(values: TableValues, mapping: TableMapping) -> Formula | None:
    """A time whose date and clock, or year and month, are columns of their own."""
    named = {plain_name(column): column for column in values.columns}
    start = mapping.columns["start"]
    if "year" in named and "month" in named and plain_name(start) in ("month", "day"):
        columns = [named[n] for n in ("year", "month", "day") if n in named]
        if values.one(_are_numbers(len(columns)), columns)[0]:
            parts = ["{0}", *(f"lpad({{{n}}}, 2, '0')" for n in range(1, len(columns)))]
            sql = " || '-' || ".join(parts)
            return Formula(tuple(columns), sql, " + ".join(columns))
    date = next((named[name] for name in _DATES if name in named), None)
    clock = next((named[n] for n in ("time", "hour", "timeofday") if n in named), None)
    if date is None or clock is None or start not in (date, clock):
        return None
    text = r"regexp_full_match(trim(v0), '\d{1,2}') OR "
    text += f"regexp_full_match(trim(v0), '{_CLOCK}')"
    (is_clock,) = values.one(f"bool_and({text})", [clock])
    if not is_clock:
        return None
    sql = (
        r"trim({0}) || ' ' || CASE WHEN regexp_full_match(trim({1}), '\d{{1,2}}') "
        "THEN lpad(trim({1}), 2, '0') || ':00' ELSE trim({1}) END"
    )
    return Formula((date, clock), sql, f"{date} + {clock}")


def _are_numbers(count: int) -> str:
    texts = (f"regexp_full_match(trim(v{n}), '\\d{{1,4}}')" for n in range(count))
    return f"bool_and({' AND '.join(texts)})"


def _step(
    values: TableValues,
    mapping: TableMapping,
    start: Formula,
    form: str,
    end: Formula | None,
) -> str:
    """What a row is: an hour, a day, a week, a month; "" for a request."""
    columns = mapping.columns
    ids = plain_name(columns.get("record_id", ""))
    if _SINGLE_REQUEST & columns.keys() or ids in _REQUEST_IDS:
        return ""
    if end and _are_whole_hours(values, start, end):
        return "hour"
    is_whole = form in ("week", "month")
    step, rows = (form, 0) if is_whole else _whole(values, start, sampled=True)
    if not step or (
        "requests" not in columns and not values.are_distinct(mapping, start)
    ):
        return ""
    return step if rows < FIRST else _whole(values, start)[0]


def _are_whole_hours(values: TableValues, start: Formula, end: Formula) -> bool:
    """Whether every row begins and ends at a whole hour, the end later."""
    columns = (*start.columns, *end.columns)
    texts = [
        f"parse_instant(text_or_null({time.sql.format(*names)}))"
        for time, names in (
            (start, [f"v{n}" for n in range(len(start.columns))]),
            (end, [f"v{n}" for n in range(len(start.columns), len(columns))]),
        )
    ]
    hour = _STEPS["hour"]
    (are_whole,) = values.one(
        f"bool_and(coalesce(u % {hour} = 0 AND e % {hour} = 0 AND e > u, false))",
        columns,
        u=texts[0],
        e=texts[1],
        sampled=True,
    )
    return bool(are_whole)


def _whole(
    values: TableValues, start: Formula, *, sampled: bool = False
) -> tuple[str, int]:
    """The longest step of which all times are whole ones, and the number of rows."""
    text = start.sql.format(*(f"v{n}" for n in range(len(start.columns))))
    hour, day = _STEPS["hour"], _STEPS["day"]
    at = "make_timestamp(u)"
    *found, rows = values.one(
        f"bool_and(u % {hour} = 0), bool_and(u % {day} = 0), bool_and(day({at}) = 1), "
        f"count(DISTINCT dayofweek({at})), "
        "bool_or(contains(s, ':') OR is_unix_time(s)), "
        "count(u), count(s) - count(u), count(DISTINCT u), count(*)",
        start.columns,
        s=f"text_or_null({text})",
        u=f"parse_instant(text_or_null({text}))",
        sampled=sampled,
    )
    said = set(words(start.columns[-1])) | set(words(start.columns[0]))
    return _longest_step(*found, said=said), rows


def _longest_step(
    hours: bool,
    midnights: bool,
    firsts: bool,
    weekdays: int,
    clocks: bool,
    known: int,
    unknown: int,
    distinct: int,
    *,
    said: Collection[str],
) -> str:
    """The longest step of which all times are whole ones; "" for none.

    Args:
        hours: Whether all times are whole hours.
        midnights: Whether all are midnights.
        firsts: Whether all are on the first day of a month.
        weekdays: The number of different days of the week.
        clocks: Whether some are written with a clock.
        known: The number of times.
        unknown: The number of values that are none.
        distinct: The number of different times.
        said: The words in the name of the column.
    """
    if known <= unknown or not hours:
        return ""
    # one row at midnight is a moment, rows at several midnights are days
    if not midnights or (clocks and distinct < 2):
        return "hour" if {"hour", "hours", "hourly"}.intersection(said) else ""
    if firsts and ({"month", "months"}.intersection(said) or distinct > 2):
        return "month"
    is_weekly = {"week", "weeks", "weekly"}.intersection(said) or distinct > 3
    return "week" if weekdays == 1 and is_weekly else "day"


def _next(start: str, step: str) -> str:
    """SQL text of the start of the next hour, day, week or month, as text."""
    sql = (
        "strftime(CASE WHEN has_zone(s) THEN make_timestamp(parse_instant(s)) "
        f"ELSE TRY_CAST(s AS TIMESTAMP) END + INTERVAL 1 {step}, '%Y-%m-%d %H:%M:%S') "
        "|| CASE WHEN has_zone(s) THEN 'Z' ELSE '' END"
    )
    return named(start, sql)
