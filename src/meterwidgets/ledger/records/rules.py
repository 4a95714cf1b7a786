"""The rules for rows, as SQL: which become no record, and which fields are doubtful.

A row is rejected only when its time can't be read, or when none of the amounts that it
states can be read. Whatever else is wrong with a field makes that field null, a doubt:
the record's cost and its request stay.

The raw text of a field is ``<field>_t`` here, its parsed number ``<field>_v``: null
where it can't be read, and where a count is negative but corrects nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from meterwidgets.ledger.records import parts
from meterwidgets.schema import COUNTS, MONEY

FIRST_US, END_US = 946_684_800_000_000, 4_102_444_800_000_000
"""The instants that a record can hold: from 2000 until before 2100."""

CURRENCY = "[A-Za-z]{3}"
"""Regular expression of a currency code."""

IS_CURRENCY = f"regexp_full_match(currency_t, '{CURRENCY}')"
"""SQL condition of a row whose currency is a code."""

IS_END = f"end_us >= start_us AND end_us < {END_US}"
"""SQL condition of a row whose end can be the end of its usage."""

NOT_USAGE = ("latency_ms", "first_token_ms")
"""Counts of something else than usage: a row with nothing but them is no usage."""


@dataclass(frozen=True)
class _Rule:
    """A condition under which a field can't be used.

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

    def broken(self) -> str:
        """SQL text of what is wrong, for rows that break the rule."""
        return (
            f"{{'field': '{self.field}', 'value': {_text(self.field)}, "
            f"'reason': {self.reason}}}"
        )


def doubts(fields: Collection[str], plain: Collection[str]) -> str:
    """SQL text of the list of doubts of a row; null where there is none.

    Args:
        fields: The fields that the ledger has; rules of others can't be broken.
        plain: The fields whose values are all known to be good.
    """
    rules = list(_applicable(_field_rules(fields), fields, plain))
    if not rules:
        return "NULL::STRUCT(field VARCHAR, value VARCHAR, reason VARCHAR)[]"
    items = [f"CASE WHEN {rule.condition} THEN {rule.broken()} END" for rule in rules]
    return (
        f"CASE WHEN {' OR '.join(rule.condition for rule in rules)} "
        f"THEN list_filter([{', '.join(items)}], lambda d: d IS NOT NULL) END"
    )


def reject(fields: Collection[str], plain: Collection[str]) -> str:
    """SQL text of the reject of a row (field, value, reason); NULL for a good one.

    Args:
        fields: As ``doubts`` has it.
        plain: Likewise.
    """
    branches = "\n".join(
        f"WHEN {rule.condition} THEN {rule.broken()}"
        for rule in _applicable(_start_rules(), fields, plain)
    )
    amounts = [
        f"{name}_v" for name in fields
        if name in MONEY or (name in COUNTS and name not in NOT_USAGE)
    ]  # fmt: skip
    return (
        "CASE WHEN broken IS NULL AND NOT used THEN NULL\nWHEN broken IS NOT NULL "
        f"THEN {{'field': '', 'value': text, 'reason': broken}}\n{branches}\n"
        f"WHEN doubts IS NOT NULL AND coalesce({', '.join(amounts)}) IS NULL "
        f"THEN {_doubt_of_amount()} END"
    )


def _doubt_of_amount() -> str:
    """SQL text of the first doubt of an amount."""
    others = ", ".join(f"'{name}'" for name in ("end", "currency", *NOT_USAGE))
    return f"list_filter(doubts, lambda d: d.field NOT IN ({others}))[1]"


def _applicable(
    rules: Iterator[_Rule], fields: Collection[str], plain: Collection[str]
) -> Iterator[_Rule]:
    """The rules that a row of a ledger can break."""
    return (
        rule
        for rule in rules
        if rule.field in fields and not (rule.alone and rule.field in plain)
    )


def _start_rules() -> Iterator[_Rule]:
    """Without a time there is no record: of several reasons the first is said."""
    yield _Rule("start", "start_t IS NULL", "'is missing'")
    yield _Rule("start", "start_us IS NULL", "'is not a time'")
    yield _Rule("start", f"start_us < {FIRST_US} OR start_us >= {END_US}", _OUTSIDE)


_OUTSIDE = "'is not between the years 2000 and 2100'"


def _field_rules(fields: Collection[str]) -> Iterator[_Rule]:
    """What makes a single field doubtful."""
    yield _Rule("end", "end_t IS NOT NULL AND end_us IS NULL", "'is not a time'")
    yield _Rule("end", "end_us < start_us", "'is before the start'", alone=False)
    yield _Rule("end", f"end_us >= {END_US}", _OUTSIDE)
    for name in COUNTS:
        yield _Rule(name, _is_unparsed(name), _why_no_count(_text(name)))
    for name in parts.WHOLES:
        if parts.has_parts(name, fields):
            yield _Rule(
                name,
                parts.too_large(name, fields),
                "'is, with the parts beside it, larger than a record can hold (10^15)'",
                alone=False,
            )
    for name in MONEY:
        yield _Rule(name, _is_unparsed(name), _why_no_cost(_text(name)))
    for name, other in (parts.SIDES, parts.SIDES[::-1]):
        condition = f"split = 'over' AND {name}_v IS NOT NULL"
        if name == parts.SIDES[1]:  # one doubt a split is enough
            condition += f" AND {other}_v IS NULL"
        yield _Rule(
            name,
            condition,
            f"CASE WHEN {other}_v IS NULL THEN 'is more than the cost that it is a "
            f"part of' ELSE 'and the {other} add up to more than the cost' END",
            alone=False,
        )
    yield _Rule(
        "currency",
        f"currency_t IS NOT NULL AND NOT {IS_CURRENCY}",
        "'is not a currency code such as USD'",
    )


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
    return (
        f"CASE WHEN parse_amount({text}) IS NULL AND NOT is_huge({text}) "
        "THEN 'is not a number' ELSE 'is larger than a record can hold (10^9)' END"
    )


def _text(field: str) -> str:
    """SQL text of the raw value of a field."""
    return f"CAST({field}_t AS VARCHAR)"
