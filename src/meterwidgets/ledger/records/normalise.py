"""From raw values to checked fields, as SQL.

Counts are whole, money is decimal text rounded once, half-even, to a billionth,
instants are UTC. A count is negative only in a correction: where the cost is negative,
too, or the source says so. A row without a time or amount keeps its number, field,
value and reason, and goes to the rejects; a doubtful field of another row becomes null.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.records import parts, rules
from meterwidgets.schema import ATTRIBUTES, COUNTS, FIELDS, MONEY, NAMES, UNSTORED

INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_CREDIT = """CASE WHEN is_credit AND abs(parse_amount(cost_t)) < 1000000000
  THEN CAST(CAST(parse_amount(cost_t) AS DECIMAL(28, 9)) * 1000000000 AS BIGINT) END"""
"""SQL text of the amount of a credit, tax or purchase, in nano-units."""

COUNTED = (*COUNTS, *UNSTORED)
"""The fields that hold whole numbers."""

_EXTRA = [
    "CASE WHEN len(extra_v) > 0 "
    "THEN CAST(to_json(map_from_entries(extra_v)) AS VARCHAR) END AS extra",
    "CASE WHEN extra_t IS NOT NULL THEN coalesce(count_values(extra_t), 1) "
    "- coalesce(len(extra_v), 0) END AS extra_dropped",
]
"""SQL text of the values of no field that fit in a record, and of how many don't."""

_NO_EXTRA = ["NULL::VARCHAR AS extra", "NULL::BIGINT AS extra_dropped"]

_DOUBTFUL = "array_to_string(list_transform(doubts, lambda d: d.field), ' ')"
"""SQL text of the names of a record's fields that are unknown for a bad value."""

HAS_ZONE = {"TIMESTAMP": "false", "TIMESTAMP WITH TIME ZONE": "true"}
"""Type of a column of timestamps -> SQL text of whether they have a zone."""


def reads(field: str, kind: str) -> bool:
    """Whether a field is read from a column of a type as it is, without text.

    Examples:
        >>> reads("input_tokens", "BIGINT"), reads("model", "BIGINT")
        (True, False)
    """
    return bool(_macro(field, kind)) and kind != "VARCHAR"


def _macro(field: str, kind: str) -> str:
    """The macro that parses a field from a column of a type; "" if there is none."""
    is_integer = kind.lstrip("U") in INTEGER_TYPES
    if field in COUNTED:
        by_kind = {"VARCHAR": "raw_count", "DOUBLE": "count_from_double"}
        return "count_from_integer" if is_integer else by_kind.get(kind, "")
    if field in MONEY:
        if is_integer or re.fullmatch(r"DECIMAL\(\d+,\s?\d\)", kind):
            return "cost_from_decimal"
        return {"VARCHAR": "raw_cost", "DOUBLE": "cost_from_double"}.get(kind, "")
    if field in {"start", "end"}:
        by_kind = dict.fromkeys(HAS_ZONE, "instant_from_timestamp")
        return {"VARCHAR": "parse_instant", **by_kind}.get(kind, "")
    return ""


# long: mostly its docstring
def parsed(
    relation: str,
    fields: Mapping[str, str],
    *,
    kinds: Mapping[str, str],
    only: str,
    needs_time: bool,
    left_out: Mapping[str, str],
    recorded_zero: str,
    credit: str,
    remark: str,
    labels: Mapping[str, str],
    beside: Collection[str] = (),
    has_corrections: bool = False,
    plain: Collection[str] = (),
) -> str:
    """SQL text that turns raw rows into checked fields.

    Args:
        relation: SQL text with ``file``, ``n``, ``broken``, ``text`` and the raw
            values.
        fields: Our field -> SQL text of its raw value; what is absent is null.
        kinds: Our field -> its type, for those that come as ``reads`` allows; the
            others are text.
        only: SQL condition of the rows that are usage.
        needs_time: Whether a row without a time is never left out, but rejected.
        left_out: Why other rows are left out -> SQL condition.
        recorded_zero: SQL condition under which a cost of 0 is a price.
        credit: SQL condition of the rows whose cost is a credit, tax or purchase; ""
            where there are none.
        remark: SQL text of what users should know of a row, NULL for most rows; ""
            where there is nothing to know.
        labels: Dimension -> SQL text of the name of its value.
        beside: The parts that stand beside their whole, where no total tells.
        has_corrections: Whether a negative count is always one of a correction.
        plain: The fields that ``proof`` found plain.

    Returns:
        A SELECT of ``file``, ``n``, ``used``, every field (times as ``start_us`` and
        ``end_us``, money in nano), ``org_label`` and its like, ``zoned``,
        ``left_out``, ``recorded_zero``, ``reject`` (field, value, reason), ``doubts``,
        a list of the same, ``doubtful``, their fields as text, ``added_tokens``, those
        that are beside a whole by their number only, and, where there may be some,
        ``credit`` in nano and ``remark``.
    """
    label_columns = {f"{name}_label": text for name, text in labels.items()}
    raw_texts = {name: _raw(name, text, kinds, plain) for name, text in fields.items()}
    raw_texts |= label_columns
    raw = "".join(f", {text} AS {name}_r" for name, text in raw_texts.items())
    texts = [f"{_text(n, kinds, plain)} AS {n}_t" for n in FIELDS if n in fields]
    numbers = [name for name in (*COUNTED, *MONEY) if name in fields]
    texts += [f"{_number(name, kinds, plain)} AS {name}_v" for name in numbers]
    reasons = " ".join(
        f"WHEN {condition} THEN {literal(why)}" for why, condition in left_out.items()
    )
    reason = f"CASE {reasons} END" if reasons else "NULL::VARCHAR"
    texts += [f"text_or_null({name}_r) AS {name}" for name in label_columns]
    # a credit is no usage, whatever else the source says about its row
    is_credit = f"coalesce({credit}, false)" if credit else "false"
    amount = f", {_CREDIT} AS credit" if credit else ""
    words, raw_words = (", remark", f", {remark} AS remark") if remark else ("", "")
    levels = [
        f"SELECT file, n, {_values(fields, kinds, label_columns, beside, plain)}"
        f"{amount}{words}",
        f"SELECT *, {rules.reject(fields, plain)} AS reject",
        f"SELECT *, {rules.doubts(fields, plain)} AS doubts",
        f"SELECT *{parts.beside(fields, beside)}",
        f"SELECT *, {parts.fit(fields)} AS fit, {parts.split(fields)} AS split",
        f"SELECT *{_replaced(_signed(fields, plain, has_corrections), needs_time)}",
        f"SELECT *, {_times(fields, kinds, plain)}",
    ]
    # a macro repeats its argument, so each value gets a name before it goes into one:
    # raw values (_r), texts (_t) and numbers (_v). To plan a level takes long where it
    # has many columns, so a field that the ledger lacks has none
    levels = [_with_null(level, fields) for level in levels if level != "SELECT *"]
    levels += [
        "SELECT file, n, broken, text, used, left_out, recorded_zero, "
        f"is_credit{words}, {', '.join(texts) or 'NULL AS nothing'}",
        f"SELECT file, n, broken, text, {is_credit} AS is_credit, "
        f"coalesce({only}, false) AND NOT {is_credit} AS used, {reason} AS left_out, "
        f"coalesce({recorded_zero}, false) AS recorded_zero{raw_words}{raw}",
    ]
    sql = f"({relation})"
    for level in reversed(levels):
        sql = f"({level}\nFROM {sql})"
    return sql[1:-1]


_OF_A_FIELD = re.compile(rf"\b({'|'.join(FIELDS)})_([tv])\b")


def _with_null(sql: str, fields: Collection[str]) -> str:
    """SQL text with NULL in place of the values of fields that a ledger lacks."""

    def value(match: re.Match[str]) -> str:
        if match[1] in fields:
            return match[0]
        return "NULL::VARCHAR" if match[2] == "t" else "NULL::BIGINT"

    return _OF_A_FIELD.sub(value, sql)


def _raw(
    name: str, value: str, kinds: Mapping[str, str], plain: Collection[str]
) -> str:
    """SQL text of a raw value without NaN, which the bounds of a file leave out."""
    if name in plain or kinds.get(name) != "DOUBLE":
        return value
    return f"CASE WHEN NOT isnan({value}) THEN {value} END"


def _text(name: str, kinds: Mapping[str, str], plain: Collection[str]) -> str:
    """SQL text of a raw value, NULL where it stands for none."""
    if name in plain or name in kinds:
        return f"{name}_r"
    if name in COUNTED:
        return f"raw_count_text({name}_r)"
    return f"{'raw_cost_text' if name in MONEY else 'text_or_null'}({name}_r)"


def _number(name: str, kinds: Mapping[str, str], plain: Collection[str]) -> str:
    """SQL text of a count or cost; NULL where it can't be read."""
    if name not in plain:
        return f"{_macro(name, kinds.get(name, 'VARCHAR'))}({name}_r)"
    if name in MONEY:
        return f"CAST(round({name}_r * 1e9) AS BIGINT)"
    return f"CAST({name}_r AS BIGINT)"


def _times(
    fields: Collection[str], kinds: Mapping[str, str], plain: Collection[str]
) -> str:
    """SQL text of the parsed times, and of the values of no field."""
    columns = []
    for name in ("start", "end"):
        macro = (
            "epoch_us" if name in plain else _macro(name, kinds.get(name, "VARCHAR"))
        )
        us = f"{macro}({name}_t)" if name in fields else "NULL::BIGINT"
        columns.append(f"{us} AS {name}_us")
    if "extra" in fields:
        columns.append("fitting_entries(short_entries(extra_t)) AS extra_v")
    return ", ".join(columns)


_NEEDS_TIME = (
    "(used OR start_us IS NULL AND NOT is_credit AND left_out IS NULL) AS used"
)


def _replaced(columns: list[str], needs_time: bool) -> str:
    """SQL text that replaces columns, by their names."""
    if needs_time:
        columns = [*columns, _NEEDS_TIME]
    return f" REPLACE ({', '.join(columns)})" if columns else ""


def _signed(
    fields: Collection[str], plain: Collection[str], has_corrections: bool
) -> list[str]:
    """SQL text of the counts; null where they are negative and correct nothing."""
    costs = [name for name in MONEY if name in fields and name not in plain]
    if has_corrections:
        is_correction = "true"
    elif not costs:
        is_correction = "false"
    else:
        split = " + ".join(f"coalesce({name}_v, 0)" for name in MONEY if name != "cost")
        is_correction = f"coalesce(cost_v, {split}) < 0"
    return [
        f"CASE WHEN {name}_v >= 0 OR {condition} THEN {name}_v END AS {name}_v"
        for name in COUNTED
        if name in fields and name not in plain
        for condition in ["false" if name in rules.NOT_USAGE else is_correction]
    ]


def _values(
    fields: Collection[str],
    kinds: Mapping[str, str],
    label_columns: Collection[str],
    beside: Collection[str],
    plain: Collection[str],
) -> str:
    """SQL text of the checked fields."""
    counts = {name: f"{name}_v" for name in COUNTS}
    counts["cache_write_tokens"] = parts.written_to_cache(fields)
    counts |= {name: parts.whole(name, fields) for name in parts.WHOLES}
    money = {name: f"{name}_v" for name in MONEY} | parts.sides(fields)
    if "currency" in fields and "currency" not in plain:
        # an amount in no known currency is no cost
        is_money = f"currency_t IS NULL OR {rules.IS_CURRENCY}"
        money = {n: f"CASE WHEN {is_money} THEN {v} END" for n, v in money.items()}
    zoned = HAS_ZONE.get(kinds.get("start", ""), "has_zone(start_t)")
    names = {name: f"{name}_t" for name in ("record_id", "covers", *NAMES, *ATTRIBUTES)}
    names["service_tier"] = "tier_name(service_tier_t)"
    names |= {name: f"lower({name}_t)" for name in ("speed", "geography")}
    return ", ".join(
        [
            "used",
            "left_out",
            "start_us",
            f"CASE WHEN {rules.IS_END} THEN end_us END AS end_us",
            f"{zoned} AS zoned",
            "recorded_zero",
        ]
        + [f'{value} AS "{name}"' for name, value in names.items()]
        + [f"{value} AS {name}" for name, value in counts.items()]
        + (_EXTRA if "extra" in fields else _NO_EXTRA)
        + [f"{value} AS reported_{name}" for name, value in money.items()]
        + [f"{_currency(fields, kinds, plain)} AS reported_currency"]
        + [*label_columns, "reject"]
        + ["CASE WHEN used AND reject IS NULL THEN doubts END AS doubts"]
        + [f"CASE WHEN doubts IS NOT NULL THEN {_DOUBTFUL} END AS doubtful"]
        + [f"{parts.added(fields, beside)} AS added_tokens"]
    )


def _currency(
    fields: Collection[str], kinds: Mapping[str, str], plain: Collection[str]
) -> str:
    """SQL text of the currency of a record, which its amounts may name, too."""
    named = [
        f"currency_of({name}_t)"
        for name in MONEY
        if name in fields and name not in plain and name not in kinds
    ]
    return f"upper(coalesce({', '.join(['currency_t', *named])}))"
