"""The rules that a row must keep to become a record, as SQL.

The raw text of a field is ``<field>_t`` here, its parsed number ``<field>_v``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from meterwidgets.schema import COUNTS, MONEY

FIRST_US, END_US = 946_684_800_000_000, 4_102_444_800_000_000
"""The instants that a record can hold: from 2000 until before 2100."""

CURRENCY = "[A-Za-z]{3}"
"""Regular expression of a currency code."""


@dataclass(frozen=True)
class _Rule:
    """A condition under which a row is rejected.

    Attributes:
        field: The field that is to blame.
        condition: SQL condition of the rows that break the rule.
        reason: SQL text of what to say of its value.
        alone: Whether the condition looks at no other field.
    """

    field: str
    condition: str
    reason: str
    alone: bool = True

    def branch(self) -> str:
        """SQL text of a branch of the CASE that finds why a row is rejected."""
        return (
            f"WHEN {self.condition} THEN {{'field': '{self.field}', "
            f"'value': {_text(self.field)}, 'reason': {self.reason}}}"
        )


def reject(fields: Collection[str], plain: Collection[str]) -> str:
    """SQL text of the reject of a row (field, value, reason); NULL for a good one.

    Args:
        fields: The fields that the ledger has; rules of others can't be broken.
        plain: The fields whose values are all known to be good.
    """
    branches = "\n".join(
        rule.branch()
        for rule in _rules()
        if rule.field in fields and not (rule.alone and rule.field in plain)
    )
    return (
        "CASE WHEN broken IS NULL AND NOT used THEN NULL\nWHEN broken IS NOT NULL "
        f"THEN {{'field': '', 'value': text, 'reason': broken}}\n{branches} END"
    )


def _rules() -> Iterator[_Rule]:
    """All rules: of several that a row breaks, the first is its reason."""
    yield from _time_rules()
    for name in COUNTS:
        yield _Rule(name, _is_unparsed(name), _why_no_count(_text(name)))
    yield from _part_rules()
    for name in MONEY:
        yield _Rule(name, _is_unparsed(name), _why_no_cost(_text(name)))
    # a sum of two rounded parts may be off by two billionths
    yield _Rule(
        "cost",
        "coalesce(input_cost_v, 0) + coalesce(output_cost_v, 0) > cost_v + 2",
        "'is less than the input_cost and output_cost that are its parts'",
        alone=False,
    )
    yield _Rule(
        "currency",
        f"currency_t IS NOT NULL AND NOT regexp_full_match(currency_t, '{CURRENCY}')",
        "'is not a currency code such as USD'",
    )


def _time_rules() -> Iterator[_Rule]:
    outside = "'is not between the years 2000 and 2100'"
    yield _Rule("start", "start_t IS NULL", "'is missing'")
    yield _Rule("start", "start_us IS NULL", "'is not a time'")
    yield _Rule("start", f"start_us < {FIRST_US} OR start_us >= {END_US}", outside)
    yield _Rule("end", "end_t IS NOT NULL AND end_us IS NULL", "'is not a time'")
    yield _Rule("end", "end_us < start_us", "'is before the start'", alone=False)
    yield _Rule("end", f"end_us >= {END_US}", outside)


def _part_rules() -> Iterator[_Rule]:
    """Parts of the tokens are not more than the whole."""
    for part, whole in (
        ("cache_read_tokens", "input_tokens"),
        ("cache_write_tokens", "input_tokens"),
        ("cache_write_1h_tokens", "input_tokens"),
    ):
        yield _part_rule(part, whole)
    write = "coalesce(cache_write_tokens_v, cache_write_1h_tokens_v, 0)"
    yield _Rule(
        "cache_read_tokens",
        f"coalesce(cache_read_tokens_v, 0) + {write} > input_tokens_v",
        "'is, with the cache_write_tokens, more than the input_tokens'",
        alone=False,
    )
    yield _part_rule("reasoning_tokens", "output_tokens")
    yield _part_rule("cache_write_1h_tokens", "cache_write_tokens")


def _part_rule(part: str, whole: str) -> _Rule:
    reason = f"'is more than the {whole} that it is a part of'"
    return _Rule(part, f"{part}_v > {whole}_v", reason, alone=False)


def _is_unparsed(name: str) -> str:
    return f"{name}_v IS NULL AND {name}_t IS NOT NULL"


def _why_no_count(text: str) -> str:
    """SQL text of the reason why a text is not a count."""
    number = f"to_decimal({text})"
    return (
        f"CASE WHEN {number} < 0 THEN 'a count cannot be negative' "
        f"WHEN {number} <> trunc({number}) THEN 'is not a whole number' "
        f"WHEN {number} IS NULL AND NOT is_huge({text}) THEN 'is not a number' "
        "ELSE 'is larger than a record can hold (10^15)' END"
    )


def _why_no_cost(text: str) -> str:
    """SQL text of the reason why a text is not a cost."""
    amount = f"parse_amount({text})"
    return (
        f"CASE WHEN {amount} < 0 THEN 'a cost cannot be negative' "
        f"WHEN {amount} IS NULL AND NOT is_huge({text}) THEN 'is not a number' "
        "ELSE 'is larger than a record can hold (10^9)' END"
    )


def _text(field: str) -> str:
    """SQL text of the raw value of a field."""
    return f"CAST({field}_t AS VARCHAR)"
