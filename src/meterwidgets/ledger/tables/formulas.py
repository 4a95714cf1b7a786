"""The fields of a table that several columns make, or one in another unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meterwidgets.ledger.sources.column_names import scale_named
from meterwidgets.schema import COUNTS, MONEY, UNSTORED

NUMBERS = {*COUNTS, *MONEY, *UNSTORED} - {"latency_ms", "first_token_ms"}
"""The fields that may be in another unit."""


@dataclass(frozen=True)
class Formula:
    """A field that several columns make, or one in another unit.

    Attributes:
        columns: Its columns.
        sql: SQL text over them, as ``{0}``, ``{1}`` ....
        reads: What it does, as notes say it: ``"a + b"``.
        why: Why it isn't one of the columns as it stands.
    """

    columns: tuple[str, ...]
    sql: str
    reads: str
    why: str = ""


def plain_name(name: str) -> str:
    """The last part of a column's name, its letters and digits only, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].lower())


def formulas_of(
    named: Mapping[str, str],
    guessed: Mapping[str, str],
    possible: Mapping[str, Sequence[str]],
) -> dict[str, Formula]:
    """The fields that several columns make: names of a provider keep its meaning."""
    mapping = {**named, **guessed}
    found: dict[str, Formula] = {}

    def part(name: str) -> str | None:
        return next(iter(possible.get(name, ())), None)

    writes = [part("cache_write_5m_tokens"), mapping.get("cache_write_1h_tokens")]
    if "cache_write_tokens" not in mapping and writes[0]:
        found["cache_write_tokens"] = _sum([each for each in writes if each], "")
    whole, cache = mapping.get("input_tokens"), _cache_columns(mapping, found)
    fresh = part("fresh_input_tokens")
    if whole is None and fresh is not None:
        found["input_tokens"] = _sum([fresh, *cache], "without the cache")
    elif whole and cache and _is_beside_cache(whole, cache):
        whose = "Anthropic's" if plain_name(whole) in _ANTHROPIC_INPUT else "an agent's"
        why = f"{whose} names: the cache stands beside the input"
        found["input_tokens"] = _sum([whole, *cache], why)
    elif whole and (tool := part("tool_input_tokens")):
        found["input_tokens"] = _sum([whole, tool], "Gemini's names")
    output, thoughts = mapping.get("output_tokens"), mapping.get("reasoning_tokens")
    if output and thoughts and plain_name(output) == "candidatestokencount":
        why = "Gemini's names: thoughts stand beside the candidates"
        found["output_tokens"] = _sum([output, thoughts], why)
    if plain_name(parents := mapping.get("covers", "")) == "spanparents":
        first = "TRY(json_extract_string({0}, '$[0]'))"
        found["covers"] = Formula((parents,), first, f"the first of {parents}")
    total = mapping.pop("total_tokens", None)
    if total and total not in mapping.values():
        found |= _of_total(total, mapping, found)
    for name, column in mapping.items():
        if name not in found and (power := scale_named(column)) and name in NUMBERS:
            found[name] = _scaled(column, power)
    return found


def _scaled(column: str, power: int) -> Formula:
    """A column whose name says that it counts in another unit."""
    factor = f"x {10**power:,}" if power > 0 else f"/ {10**-power:,}"
    return Formula((column,), _value(column, 0), f"{column} {factor}")


def _value(column: str, number: int) -> str:
    """SQL text of the value of a formula's column, in the plain unit."""
    power = scale_named(column)
    return f"move_point({{{number}}}, 'e{power}')" if power else f"{{{number}}}"


def _cache_columns(
    mapping: Mapping[str, str], formulas: Mapping[str, Formula]
) -> list[str]:
    """The columns whose sum is the cached part of the input."""
    columns = [mapping["cache_read_tokens"]] if "cache_read_tokens" in mapping else []
    if "cache_write_tokens" in formulas:
        columns += formulas["cache_write_tokens"].columns
    elif "cache_write_tokens" in mapping:
        columns.append(mapping["cache_write_tokens"])
    elif "cache_write_1h_tokens" in mapping:
        columns.append(mapping["cache_write_1h_tokens"])
    return columns


_ANTHROPIC_CACHE = {
    "cachereadinputtokens", "cachecreationinputtokens", "cachewriteinputtokens",
    "cachereadinputtokencount", "cachewriteinputtokencount",
}  # fmt: skip
_ANTHROPIC_INPUT = {"inputtokens", "inputtokencount"}


def _is_beside_cache(whole: str, cache: Sequence[str]) -> bool:
    """Whether names are those of Anthropic (and Bedrock), whose input has no cache.

    Those of Cline (``tokensIn``, ``cacheReads``) and OpenCode (``tokens.input``,
    ``tokens.cache.read``) mean the same.
    """
    beside = {"tokensin": {"cachereads", "cachewrites"}} | dict.fromkeys(
        _ANTHROPIC_INPUT, _ANTHROPIC_CACHE
    )
    names = beside.get(plain_name(whole), ())
    inside = f"{whole.rpartition('.')[0]}.cache."
    return any(
        plain_name(column) in names or column.startswith(inside) for column in cache
    )


def _sum(columns: Sequence[str], why: str) -> Formula:
    if len(columns) == 1:
        return Formula(tuple(columns), _value(columns[0], 0), columns[0], why)
    values = ", ".join(_value(column, n) for n, column in enumerate(columns))
    return Formula(tuple(columns), f"sum_counts([{values}])", " + ".join(columns), why)


def _of_total(
    total: str, mapping: Mapping[str, str], formulas: Mapping[str, Formula]
) -> dict[str, Formula]:
    """The side that only the total of the tokens tells."""
    sides = {"input_tokens": "output_tokens", "output_tokens": "input_tokens"}
    have = [name for name in sides if name in mapping or name in formulas]
    if len(have) == 2:
        return {}
    if not have:
        why = "a total without its sides: all of it is taken for input"
        return {"input_tokens": Formula((total,), _value(total, 0), total, why)}
    (known,) = have
    rest = formulas[known] if known in formulas else _sum([mapping[known]], "")
    numbers = range(1, len(rest.columns) + 1)
    other = rest.sql.format(*(f"{{{number}}}" for number in numbers))
    sql = (
        f"CAST(parse_count(text_or_null({_value(total, 0)})) - "
        f"parse_count(text_or_null({other})) AS VARCHAR)"
    )
    reads = f"{total} - {rest.reads}"
    return {sides[known]: Formula((total, *rest.columns), sql, reads)}
