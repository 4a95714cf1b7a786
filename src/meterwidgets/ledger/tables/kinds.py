"""Tables with a row a kind of tokens: input, output, cache reads."""

from __future__ import annotations

from collections.abc import Mapping

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.sources.column_names import field_named
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping

_KINDS = ("tokentype", "tokenkind", "type", "kind", "direction", "usagetype", "metric")
_MOST = 30
_SIDES = {
    "input_tokens": ("input_tokens", "fresh_input_tokens", "cache_read_tokens",
                     "cache_write_tokens", "cache_write_5m_tokens",
                     "cache_write_1h_tokens"),
    "cache_read_tokens": ("cache_read_tokens",),
    "cache_write_tokens": ("cache_write_tokens", "cache_write_5m_tokens",
                           "cache_write_1h_tokens"),
    "cache_write_1h_tokens": ("cache_write_1h_tokens",),
    "output_tokens": ("output_tokens", "reasoning_tokens"),
    "reasoning_tokens": ("reasoning_tokens",),
}  # fmt: skip
"""Our field -> the kinds whose rows add up to it: the rows are disjoint."""


def read_kinds(
    values: TableValues, mapping: TableMapping
) -> tuple[Mapping[str, Formula], str]:
    """The fields of a table whose column of kinds says what its one count counts.

    Args:
        values: What the columns hold.
        mapping: Which columns are read.

    Returns:
        Our field -> the formula that reads it, and what users should know; both empty
        where it is no such table.
    """
    tokens = mapping.columns.get("total_tokens")
    if tokens is None or "output_tokens" in mapping.columns:
        return {}, ""
    for column in values.columns:
        if plain_name(column) not in _KINDS:
            continue
        (texts,) = values.one(
            f"list(DISTINCT text_or_null(v0))[:{_MOST + 1}]", [column]
        )
        kinds = {text: _kind(text) for text in texts or () if text is not None}
        known = set(kinds.values())
        if (
            None in known
            or len(kinds) > _MOST
            or not known & {"input_tokens", "output_tokens"}
        ):
            continue
        made = {
            name: formula
            for name, parts in _SIDES.items()
            if (formula := _of_kinds(column, tokens, kinds, parts))
        }
        nothing = Formula((tokens,), "CASE WHEN false THEN {0} END", "no kind")
        made.setdefault("input_tokens", nothing)
        if record_id := mapping.columns.get("record_id"):
            columns = (record_id, column)
            made["record_id"] = Formula(
                columns, "{0} || '/' || {1}", " / ".join(columns)
            )
        note = (
            f"{column} says what {tokens} counts, so a row is a kind of tokens and not "
            "a request: the number of requests is unknown"
        )
        return made, note
    return {}, ""


def _kind(text: str) -> str | None:
    """The field that a kind of tokens is, such as "input" or "Cached input tokens"."""
    return field_named(text if "tok" in text.lower() else f"{text}_tokens")


def _of_kinds(
    column: str, tokens: str, kinds: Mapping[str, str | None], parts: tuple[str, ...]
) -> Formula | None:
    """The tokens of the rows of some kinds."""
    own = [literal(text) for text, kind in kinds.items() if kind in parts]
    if not own:
        return None
    texts = ", ".join(own).replace("{", "{{").replace("}", "}}")
    sql = f"CASE WHEN text_or_null({{1}}) IN ({texts}) THEN {{0}} END"
    return Formula((tokens, column), sql, f"{tokens} by {column}")
