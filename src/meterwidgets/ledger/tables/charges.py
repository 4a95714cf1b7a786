"""What columns of a table say of a charge: what was free, who billed, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping

_CACHE_HITS = {
    "cachehit", "iscachehit", "cachestatus", "fromcache", "servedfromcache",
    "responsecached", "cached", "iscached",
}  # fmt: skip
"""What gateways call it that an answer came from their cache, with no request."""
_OWN_KEY, _PROVIDERS_BILL = {"isbyok", "byok"}, {"upstreaminferencecost"}
_TICKS = {"costinusdticks"}
_LIFETIMES = {"cachettl", "cachewritettl", "cachecontrolttl"}

_IS_HIT = "lower({0}) IN ('true', 'hit', 'yes', '1')"
_SEARCHES = 'len(regexp_extract_all({0}, \'"type": *"web_search_call"\'))'
"""SQL text of the searches among the items of an answer of OpenAI's responses."""
_IS_TRUE = "lower({0}) = 'true'"
_IS_HOUR = "regexp_full_match(lower({0}), '1 ?h|60 ?m(in)?|3600 ?s?')"


def without_flags(
    mapped: TableMapping, named: Mapping[str, str], says: Callable[[str, str], bool]
) -> TableMapping:
    """A mapping that takes no ``cached: true`` for a number of cached tokens."""
    column = mapped.columns.get("cache_read_tokens", "")
    is_flag = "CASE WHEN lower({0}) IN ('true', 'false') THEN true END"
    if "cache_read_tokens" in named or plain_name(column) not in _CACHE_HITS:
        return mapped
    if not says(column, is_flag):
        return mapped
    kept = {n: c for n, c in mapped.columns.items() if n != "cache_read_tokens"}
    guessed = tuple(name for name in mapped.guessed if name in kept)
    return replace(mapped, columns=kept, guessed=guessed)


def charges(
    columns: Sequence[str],
    filled: Mapping[str, str],
    formulas: Mapping[str, Formula],
    says: Callable[[str, str], bool],
) -> Iterator[tuple[str, Formula]]:
    """The formulas of a cost and of its cache that further columns decide.

    Args:
        columns: All columns of the table.
        filled: Our field -> the column that fills it.
        formulas: Our field -> how columns make it.
        says: Whether SQL text over a column is not null in some row.
    """
    table = _Table(columns, filled, formulas, says)
    yield from _cost(table)
    yield from _counts(table)


@dataclass(frozen=True)
class _Table:
    """The columns of a table, what they fill, and what they say."""

    columns: Sequence[str]
    filled: Mapping[str, str]
    formulas: Mapping[str, Formula]
    says: Callable[[str, str], bool]

    def said(self, names: set[str], condition: str) -> str | None:
        """The first column of some names for which a condition holds in a row."""
        found = (each for each in self.columns if plain_name(each) in names)
        sql = f"CASE WHEN {condition} THEN true END"
        return next((each for each in found if self.says(each, sql)), None)

    def value(self, field: str) -> Formula | None:
        """How a field is made."""
        if field in self.filled and field not in self.formulas:
            return Formula((self.filled[field],), "{0}", self.filled[field])
        return self.formulas.get(field)


def _cost(table: _Table) -> Iterator[tuple[str, Formula]]:
    cost = table.value("cost")
    own_key = table.said(_OWN_KEY, _IS_TRUE)
    bill = table.said(_PROVIDERS_BILL, "{0} IS NOT NULL")
    ticks = table.said(_TICKS, "{0} IS NOT NULL")
    if cost and own_key and bill:
        why = "with a key of one's own (BYOK) the cost is the fee, the provider bills"
        both = f"sum_costs([{cost.sql}, {{b}}])"
        yield "cost", _when(cost, own_key, _IS_TRUE, both, cost.sql, bill, why)
        yield "fee_cost", _when(cost, own_key, _IS_TRUE, cost.sql, "NULL")
        return
    if ticks and not cost:
        cost = Formula((ticks,), "move_point({0}, 'e-10')", f"{ticks} / 10,000,000,000")
        yield "cost", cost
    hit = table.said(_CACHE_HITS, _IS_HIT)
    if hit and table.value("cache_read_tokens") is None:
        why = "an answer from a gateway's cache is free"
        known = cost or Formula((), "NULL::VARCHAR", "")
        free = f"coalesce(number_or_null({known.sql}), '0')"
        yield "cost", _when(known, hit, _IS_HIT, free, known.sql, why=why)


def _counts(table: _Table) -> Iterator[tuple[str, Formula]]:
    calls = table.said({"output"}, f"{_SEARCHES} > 0")
    if calls and table.value("searches") is None:
        sql = f"CAST({_SEARCHES} AS VARCHAR)"
        yield "searches", Formula((calls,), sql, f"web_search_call in {calls}")
    write, hour = table.value("cache_write_tokens"), table.said(_LIFETIMES, _IS_HOUR)
    if write and hour and table.value("cache_write_1h_tokens") is None:
        yield "cache_write_1h_tokens", _when(write, hour, _IS_HOUR, write.sql, "NULL")


def _when(
    of: Formula,
    column: str,
    condition: str,
    value: str,
    other: str,
    further: str = "",
    why: str = "",
) -> Formula:
    """A formula that depends on a column.

    Args:
        of: The formula whose columns the values are over.
        column: The column.
        condition: SQL condition over it, as ``{0}``.
        value: SQL text where it holds; ``{b}`` is the further column.
        other: SQL text elsewhere.
        further: A further column.
        why: Why it depends on it.
    """
    place = len(of.columns)
    holds = condition.replace("{0}", f"{{{place}}}")
    value = value.replace("{b}", f"{{{place + 1}}}")
    columns = (*of.columns, column, *([further] if further else []))
    reads = " + ".join([*filter(None, [of.reads, further])]) or "0"
    return Formula(
        columns,
        f"CASE WHEN {holds} THEN {value} ELSE {other} END",
        f"{reads} by {column}",
        why,
    )
