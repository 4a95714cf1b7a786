"""Tables with a row a kind of tokens: input, output, cache reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.sources.column_names import field_named
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping

_KINDS = (
    "tokentype", "tokenkind", "tokendirection", "type", "kind", "direction",
    "usagetype", "metric",
)  # fmt: skip
_AMOUNTS, _PRICES = {"amount", "quantity"}, {"price", "unitprice"}
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
    "requests": ("requests",),
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
    amount = mapping.columns.get("cost", "")
    has_input = "input_tokens" in mapping.columns
    is_amount = tokens is None and not has_input and plain_name(amount) in _AMOUNTS
    if is_amount:  # which is money, unless the kinds say of what
        tokens = amount
    if tokens is None or "output_tokens" in mapping.columns:
        return {}, ""
    for column in values.columns:
        kinds = _kinds_in(values, column, all_say_tokens=is_amount)
        if not kinds:
            continue
        made = _formulas(mapping, column, tokens, kinds)
        if is_amount:
            made["cost"] = _price_of(tokens, values.columns)
        note = (
            f"{column} says what {tokens} counts, so a row is a kind of tokens and not "
            "a request"
        )
        if "requests" not in made:
            note += ": the number of requests is unknown"
        return made, note
    return {}, ""


def _kinds_in(
    values: TableValues, column: str, *, all_say_tokens: bool
) -> dict[str, str | None]:
    """What a column of kinds holds -> the field; empty where it is no such column."""
    if plain_name(column) not in _KINDS:
        return {}
    (texts,) = values.one(f"list(DISTINCT text_or_null(v0))[:{_MOST + 1}]", [column])
    kinds = {text: _kind(text) for text in texts or () if text is not None}
    known = set(kinds.values())
    sides = known & {"input_tokens", "output_tokens"}
    if None in known or len(kinds) > _MOST or not sides:
        return {}
    says = ("tok" in text.lower() for text, kind in kinds.items() if kind != "requests")
    return kinds if not all_say_tokens or all(says) else {}


def _formulas(
    mapping: TableMapping, column: str, tokens: str, kinds: Mapping[str, str | None]
) -> dict[str, Formula]:
    """The fields that the kinds of a column fill."""
    made = {
        name: formula
        for name, parts in _SIDES.items()
        if (formula := _of_kinds(column, tokens, kinds, parts))
    }
    nothing = Formula((tokens,), "CASE WHEN false THEN {0} END", "no kind")
    made.setdefault("input_tokens", nothing)
    if record_id := mapping.columns.get("record_id"):
        columns = (record_id, column)
        made["record_id"] = Formula(columns, "{0} || '/' || {1}", " / ".join(columns))
    return made


def _kind(text: str) -> str | None:
    """The field that a kind of tokens is, such as "input" or "Cached input tokens"."""
    field = field_named(text)
    if text.lower() == "system":
        return "input_tokens"
    if "tok" in text.lower() or field == "requests":
        return field
    return field_named(f"{text}_tokens")


def _price_of(amount: str, columns: Sequence[str]) -> Formula:
    """The cost of a row: its amount at its price of one, where it has a price."""
    price = next((each for each in columns if plain_name(each) in _PRICES), None)
    if price is None:
        return Formula((amount,), "CASE WHEN false THEN {0} END", "no cost")
    sql = (
        "CAST(CAST(parse_amount(number_or_null({0})) AS DECIMAL(19, 0)) * "
        "CAST(parse_amount(number_or_null({1})) AS DECIMAL(19, 16)) AS VARCHAR)"
    )
    return Formula((amount, price), sql, f"{amount} x {price}")


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
