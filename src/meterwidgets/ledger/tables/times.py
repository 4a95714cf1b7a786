"""How a table writes its times, and whether its rows are hours, days or longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from meterwidgets.ledger.sources.column_names import words
from meterwidgets.ledger.tables.column_values import SAMPLED, TableValues
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_WORDS = (
    "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y",
    "%d/%b/%Y", "%d/%b/%y", "%a, %d %b %Y", "%a, %b %d, %Y", "%A, %B %d, %Y",
)  # fmt: skip
_MONTHS = (
    "%Y-%m", "%Y/%m", "%Y.%m", "%Y%m", "%m/%Y", "%m-%Y", "%m.%Y", "%b %Y", "%B %Y",
    "%b-%Y", "%B-%Y", "%b-%y",
)  # fmt: skip


def _read_as(dates: Sequence[str], clocks: Sequence[str] = _CLOCKS) -> str:
    formats = ", ".join(f"'{date}{clock}'" for date in dates for clock in clocks)
    return f"try_strptime(written_time({{0}}), [{formats}])"


_FORMS: Mapping[str, str] = {
    "month/day/year": _read_as(("%m/%d/%y", "%m/%d/%Y")),
    "day/month/year": _read_as(("%d/%m/%y", "%d/%m/%Y")),
    "year/month/day": _read_as(("%Y/%m/%d", "%Y%m%d")),
    "yyyymmddThhmmss": _read_as(("%Y%m%dT%H%M%S",), ("",)),
    "yyyymmddhhmmss": _read_as(("%Y%m%d%H%M%S", "%a %b %d %H:%M:%S %Y"), ("",)),
    "words": _read_as(_WORDS),
    "month": _read_as(_MONTHS, ("",)),
    "week": "try_strptime(regexp_replace(upper(trim({0})), "
    r"'^(\d\d\d\d)[- ]?W(\d\d?)$', '\1-W\2-1'), ['%G-W%V-%u'])",
    "Excel's days since 1899-12-30": "CASE WHEN TRY_CAST({0} AS DOUBLE) BETWEEN 36526 "
    "AND 73050 THEN TIMESTAMP '1899-12-30' + "
    "to_milliseconds(round(TRY_CAST({0} AS DOUBLE) * 86400000)::BIGINT) END",
    "Unix time": r"CASE WHEN regexp_full_match(trim({0}), '\d(\.\d+)?[eE]\+?\d+') THEN "
    "make_timestamp(parse_instant(TRY_CAST({0} AS DECIMAL(38, 6))::VARCHAR)) END",
}
"""How times are written that aren't ISO 8601 -> SQL text of the timestamp."""
_SLASHES = ("month/day/year", "day/month/year")

_FIRST_US, _END_US = 946_684_800_000_000, 4_102_444_800_000_000
"""From 2000 until before 2100: a time that a record can hold."""
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
    formulas: dict[str, Formula] = {}
    notes: list[str] = []
    composed = _composed(values, mapping)
    start = composed or Formula((mapping.columns["start"],), "{0}", "")
    form, start, note = _in_iso(values, start)
    if form or composed:
        formulas["start"] = start
    notes += [note] if note else []
    if "end" in mapping.columns:
        end_form, end, _ = _in_iso(
            values, Formula((mapping.columns["end"],), "{0}", "")
        )
        formulas |= {"end": end} if end_form else {}
    step = _step(values, mapping, start, form)
    if step and "end" not in mapping.columns:
        reads = f"{start.columns[0]} + 1 {step}"
        formulas["end"] = replace(start, sql=_next(start.sql, step), reads=reads)
    if step and "requests" not in mapping.columns:
        notes.append(_unknown_requests(start.columns[0], step))
    return Times(formulas, step, tuple(notes))


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


def _in_iso(values: TableValues, time: Formula) -> tuple[str, Formula, str]:
    """How a time is written, the formula that reads it, and a note on what is unsure.

    Where it is ISO 8601 or Unix time as it stands, the first is empty.
    """
    text = time.sql.format(*(f"v{n}" for n in range(len(time.columns))))
    text = f"text_or_null({text})"
    at = "parse_instant({0})"
    is_good = f"coalesce({at} >= {_FIRST_US} AND {at} < {_END_US}, false)"
    unread = f"count(*) FILTER (s IS NOT NULL AND NOT {is_good.format('s')})"
    if not values.one(unread, time.columns, s=text, sampled=True)[0]:
        return "", time, ""
    texts = {name: sql.format("s") for name, sql in _FORMS.items()}
    counts = values.one(
        ", ".join(
            f"count({each}) FILTER (year({each}) BETWEEN 2000 AND 2099 "
            f"AND NOT {is_good.format('s')})"
            for each in texts.values()
        ),
        time.columns,
        s=text,
    )
    found = dict(zip(texts, counts, strict=True))
    form = max(found, key=lambda name: found[name])
    if not found[form]:
        return "", time, ""
    note = ""
    if form in _SLASHES:
        form, note = _order(values, time, text, found)
    iso = f"strftime({texts[form]}, '%Y-%m-%d %H:%M:%S.%f') || time_zone(s)"
    sql = f"CASE WHEN {is_good.format('s')} THEN s ELSE coalesce({iso}, s) END"
    sql = _named(f"text_or_null({time.sql})", sql.replace("{", "{{").replace("}", "}}"))
    reads = time.reads or time.columns[0]
    return form, replace(time, sql=sql, reads=f"{reads} ({form})"), note


def _order(
    values: TableValues, time: Formula, text: str, found: Mapping[str, int]
) -> tuple[str, str]:
    """Whether the day or the month comes first; of an open question what is assumed.

    The reading that reads more is right; where both read all, dotted dates have the day
    first, and of others the one that makes the shorter ledger is likelier.
    """
    month_first, day_first = _SLASHES
    if found[month_first] != found[day_first]:
        return max(_SLASHES, key=lambda name: found[name]), ""
    spans = ", ".join(
        f"epoch(max({sql}) - min({sql}))"
        for sql in (_FORMS[name].format("s") for name in _SLASHES)
    )
    dotted, by_month, by_day = values.one(
        rf"bool_or(regexp_matches(s, '^\d+\.\d+\.')), {spans}", time.columns, s=text
    )
    form = day_first if dotted or by_day < by_month else month_first
    if dotted:
        return form, ""
    return form, (
        f"{time.columns[0]} can be read as {month_first} and as {day_first}; it is "
        f"read as {form}; to be sure, write dates as 2026-04-03"
    )


def _step(values: TableValues, mapping: TableMapping, start: Formula, form: str) -> str:
    """What a row is: an hour, a day, a week, a month; "" for a request."""
    columns = mapping.columns
    ids = plain_name(columns.get("record_id", ""))
    if _SINGLE_REQUEST & columns.keys() or ids in _REQUEST_IDS:
        return ""
    is_whole = form in ("week", "month")
    step, rows = (form, 0) if is_whole else _whole(values, start, sampled=True)
    if not step or (
        "requests" not in columns and not values.are_distinct(mapping, start)
    ):
        return ""
    return step if rows < SAMPLED else _whole(values, start)[0]


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
    return _named(start, sql)


def _named(value: str, sql: str) -> str:
    """SQL text of what ``sql`` makes of a value, which it calls ``s``."""
    return f"list_transform([{value}], lambda s: {sql})[1]"
