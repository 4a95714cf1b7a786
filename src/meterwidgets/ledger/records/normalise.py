"""From raw values to checked fields, as SQL.

Counts are whole and not negative, money is decimal text rounded once, half-even, to a
billionth, instants are UTC. A row that breaks a rule keeps its number, field, value
and reason, and goes to the rejects; the good rows go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from meterwidgets.ledger.engine.macros import IS_SHORT_COST, LARGEST_COUNT
from meterwidgets.ledger.records.rules import CURRENCY, END_US, FIRST_US, reject
from meterwidgets.schema import COUNTS, FIELDS, MONEY, NAMES

_INTEGER_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_HAS_ZONE = {"TIMESTAMP": "false", "TIMESTAMP WITH TIME ZONE": "true"}


def reads(field: str, kind: str) -> bool:
    """Whether a field is read from a column of a type as it is, without text.

    Examples:
        >>> reads("input_tokens", "BIGINT"), reads("model", "BIGINT")
        (True, False)
    """
    return bool(_macro(field, kind)) and kind != "VARCHAR"


def _macro(field: str, kind: str) -> str:
    """The macro that parses a field from a column of a type; "" if there is none."""
    is_integer = kind.lstrip("U") in _INTEGER_TYPES
    if field in COUNTS:
        by_kind = {"VARCHAR": "parse_count", "DOUBLE": "count_from_double"}
        return "count_from_integer" if is_integer else by_kind.get(kind, "")
    if field in MONEY:
        if is_integer or re.fullmatch(r"DECIMAL\(\d+,\s?\d\)", kind):
            return "cost_from_decimal"
        return {"VARCHAR": "parse_cost", "DOUBLE": "cost_from_double"}.get(kind, "")
    if field in {"start", "end"}:
        by_kind = dict.fromkeys(_HAS_ZONE, "instant_from_timestamp")
        return {"VARCHAR": "parse_instant", **by_kind}.get(kind, "")
    return ""


# long: mostly its docstring
def parsed(
    relation: str,
    fields: Mapping[str, str],
    *,
    kinds: Mapping[str, str],
    only: str,
    recorded_zero: str,
    labels: Mapping[str, str],
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
        recorded_zero: SQL condition under which a cost of 0 is a price.
        labels: Dimension -> SQL text of the name of its value.
        plain: The fields that ``proof`` found plain.

    Returns:
        A SELECT of ``file``, ``n``, ``used``, every field (times as ``start_us`` and
        ``end_us``, money in nano), ``org_label`` and its like, ``zoned``,
        ``recorded_zero`` and ``reject`` (field, value, reason).
    """
    label_columns = {f"{name}_label": text for name, text in labels.items()}
    raw = "".join(
        f",\n    {text} AS {name}_r"
        for name, text in {**fields, **label_columns}.items()
    )
    texts = [f"{_text(name, fields, kinds, plain)} AS {name}_t" for name in FIELDS]
    texts += [f"text_or_null({name}_r) AS {name}" for name in label_columns]
    # a macro repeats its argument, so each value gets a name before it goes into one;
    # from the inside: raw values (_r), texts (_t), numbers (_v), rules, fields
    return f"""
SELECT file, n, {_values(kinds, label_columns)}
FROM (SELECT *, {reject(fields, plain)} AS reject
FROM (SELECT *, {_numbers(fields, kinds, plain)}
FROM (SELECT file, n, broken, text, used, recorded_zero, {", ".join(texts)}
FROM (SELECT file, n, broken, text, coalesce({only}, false) AS used,
    coalesce({recorded_zero}, false) AS recorded_zero{raw}
FROM ({relation})))))
"""


def _text(
    name: str,
    fields: Collection[str],
    kinds: Mapping[str, str],
    plain: Collection[str],
) -> str:
    """SQL text of a raw value, NULL where it stands for none."""
    if name not in fields:
        return "NULL::VARCHAR"
    if name in plain:
        return f"{name}_r"
    if name not in kinds:
        return f"text_or_null({name}_r)"
    if kinds[name] == "DOUBLE":
        return f"CASE WHEN NOT isnan({name}_r) THEN {name}_r END"
    return f"{name}_r"


def _numbers(
    fields: Collection[str], kinds: Mapping[str, str], plain: Collection[str]
) -> str:
    """SQL text of the parsed counts, costs and times."""
    columns = {name: f"{name}_v" for name in (*COUNTS, *MONEY)}
    columns |= {"start": "start_us", "end": "end_us"}
    return ", ".join(
        f"{_number(name, kinds.get(name, 'VARCHAR'), name in plain)} AS {column}"
        if name in fields
        else f"NULL::BIGINT AS {column}"
        for name, column in columns.items()
    )


def _number(name: str, kind: str, plain: bool) -> str:
    """SQL text of the parsed number of a field."""
    text = f"{name}_t"
    if not plain:
        return f"{_macro(name, kind)}({text})"
    if name in MONEY:
        return f"CAST(round({text} * 1e9) AS BIGINT)"
    return f"CAST({text} AS BIGINT)" if name in COUNTS else f"epoch_us({text})"


def _values(kinds: Mapping[str, str], label_columns: Collection[str]) -> str:
    """SQL text of the checked fields."""
    counts = {name: f"{name}_v" for name in COUNTS}
    # tokens written for an hour were written, whether or not the sum is reported
    counts["cache_write_tokens"] = (
        "coalesce(cache_write_tokens_v, cache_write_1h_tokens_v)"
    )
    zoned = _HAS_ZONE.get(kinds.get("start", ""), "has_zone(start_t)")
    names = ("record_id", "covers", *NAMES, "status")
    return ", ".join(
        ["used", "start_us", "end_us", f"{zoned} AS zoned", "recorded_zero"]
        + [f'{name}_t AS "{name}"' for name in names]
        + ["tier_name(service_tier_t) AS service_tier"]
        + [f"{value} AS {name}" for name, value in counts.items()]
        + [f"{name}_v AS reported_{name}" for name in MONEY]
        + ["upper(currency_t) AS reported_currency", *label_columns, "reject"]
    )


def proof(
    relation: str,
    fields: Mapping[str, str],
    *,
    kinds: Mapping[str, str],
    zone: str,
) -> str:
    """SQL text that finds the plain fields: all of their values are good as they are.

    The bounds of a column, or its distinct values, take a fraction of the time that
    parsing each of its values takes.

    Args:
        relation: As ``parsed`` has it.
        fields: Likewise.
        kinds: Likewise.
        zone: That of timestamps without one.

    Returns:
        A SELECT of one row: for each field that can be plain, whether it is.
    """
    conditions = {
        name: _is_plain(f"{name}_r", name, kinds.get(name, "VARCHAR"), zone)
        for name in fields
    }
    raw = ", ".join(f"{text} AS {name}_r" for name, text in fields.items())
    columns = ", ".join(
        f'coalesce({condition}, true) AS "{name}"'
        for name, condition in conditions.items()
        if condition
    )
    return f"SELECT {columns or 1} FROM (SELECT {raw} FROM ({relation}))"


def _is_plain(raw: str, name: str, kind: str, zone: str) -> str:
    """SQL text of whether all values of a column are good; "" if that is too slow."""
    if name in COUNTS and kind.lstrip("U") in _INTEGER_TYPES:
        return f"min({raw}) >= 0 AND max({raw}) <= {LARGEST_COUNT}"
    if name in MONEY and kind == "DOUBLE":
        # by a file's statistics, which leave NaN out, the engine skips comparisons
        return f"bool_and(NOT isnan({raw}) AND {IS_SHORT_COST.format(d=raw)})"
    if kind in _HAS_ZONE and (zone == "UTC" or _HAS_ZONE[kind] == "true"):
        make = "make_timestamptz" if _HAS_ZONE[kind] == "true" else "make_timestamp"
        bounds = f"min({raw}) >= {make}({FIRST_US}) AND max({raw}) < {make}({END_US})"
        return bounds + f" AND count(*) = count({raw})" * (name == "start")
    if name in {"start", "end", *COUNTS, *MONEY}:
        return ""
    if name in {"record_id", "covers"}:
        return f"bool_and(text_or_null({raw}) IS NOT DISTINCT FROM {raw})"
    good = "text_or_null(t) IS NOT DISTINCT FROM t"
    if name == "currency":
        good += f" AND regexp_full_match(t, '{CURRENCY}')"
    return f"list_bool_and(list_transform(list(DISTINCT {raw}), lambda t: {good}))"
