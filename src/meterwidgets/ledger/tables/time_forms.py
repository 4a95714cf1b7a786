"""How a table writes its times: in ISO 8601, or as people and programs do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import Formula

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


def in_iso(values: TableValues, time: Formula) -> tuple[str, Formula, str]:
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
    sql = named(f"text_or_null({time.sql})", sql.replace("{", "{{").replace("}", "}}"))
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


def named(value: str, sql: str) -> str:
    """SQL text of what ``sql`` makes of a value, which it calls ``s``."""
    return f"list_transform([{value}], lambda s: {sql})[1]"
