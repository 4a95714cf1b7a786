"""Finds the fields whose values are all good as they are, so that none is parsed."""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.engine.macros import IS_SHORT_COST, LARGEST_COUNT
from meterwidgets.ledger.records.normalise import COUNTED, HAS_ZONE, INTEGER_TYPES
from meterwidgets.ledger.records.rules import (
    CURRENCY,
    END_US,
    FIRST_US,
)
from meterwidgets.schema import MONEY


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
        relation: As ``normalise.parsed`` has it.
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
    if name in COUNTED and kind.lstrip("U") in INTEGER_TYPES:
        return f"min({raw}) >= 0 AND max({raw}) <= {LARGEST_COUNT}"
    if name in MONEY and kind == "DOUBLE":
        # by a file's statistics, which leave NaN out, the engine skips comparisons
        return f"bool_and(NOT isnan({raw}) AND {IS_SHORT_COST.format(d=raw)})"
    if kind in HAS_ZONE and (zone == "UTC" or HAS_ZONE[kind] == "true"):
        make = "make_timestamptz" if HAS_ZONE[kind] == "true" else "make_timestamp"
        bounds = f"min({raw}) >= {make}({FIRST_US}) AND max({raw}) < {make}({END_US})"
        return bounds + f" AND count(*) = count({raw})" * (name == "start")
    if name in {"start", "end", *COUNTED, *MONEY}:
        return ""
    if name in {"record_id", "covers", "session", "end_user", "extra"}:
        return f"bool_and(text_or_null({raw}) IS NOT DISTINCT FROM {raw})"
    good = "text_or_null(t) IS NOT DISTINCT FROM t"
    if name == "currency":
        good += f" AND regexp_full_match(t, '{CURRENCY}')"
    return f"list_bool_and(list_transform(list(DISTINCT {raw}), lambda t: {good}))"
