"""What was left out, in words: how many rows, with which tokens and money."""

from __future__ import annotations

from collections.abc import Iterable

from meterwidgets.ledger.engine.workspace import Workspace

TOKENS = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"
"""SQL text of the tokens of a row of ``reported``."""

COST = (
    "coalesce(reported_cost, coalesce(reported_input_cost, 0) "
    "+ coalesce(reported_output_cost, 0))"
)
"""SQL text of its cost in nano-units, 0 where there is none."""

AMOUNTS = (
    "count(*) AS rows, coalesce(sum(tokens), 0)::BIGINT AS tokens, "
    "coalesce(sum(cost), 0)::HUGEINT AS nano"
)
"""SQL text that sums rows with ``tokens`` and ``cost``."""


def amounts(tokens: int, money: Iterable[tuple[str | None, int]]) -> str:
    """Tokens and money in words.

    Args:
        tokens: Their number.
        money: Currency and nano-units, each currency once.

    Examples:
        >>> amounts(1200, [("USD", 500_000_000)])
        '1,200 tokens and 0.500000000 USD'
        >>> amounts(0, []), amounts(1, [("USD", 0)])
        ('no tokens and no cost', '1 token')
    """
    words = [f"{tokens:,} token{'s' * (tokens != 1)}"] * bool(tokens)
    words += [
        f"{exact(nano)} {currency or ''}".strip() for currency, nano in money if nano
    ]
    return " and ".join(words) or "no tokens and no cost"


def exact(nano: int) -> str:
    """An amount of nano-units with all its decimals.

    Examples:
        >>> exact(-30_000_000_000), exact(1)
        ('-30.000000000', '0.000000001')
    """
    return f"{'-' * (nano < 0)}{abs(nano) // 10**9}.{abs(nano) % 10**9:09}"


def by_source(ws: Workspace, rows: str) -> dict[str, tuple[int, str]]:
    """Source -> the number of some rows, and their amounts in words.

    Args:
        ws: Where they are.
        rows: SQL text of rows with ``source``, ``tokens``, ``cost`` and ``currency``.
    """
    found = by_reason(ws, f"SELECT *, '' AS reason FROM ({rows})")
    return {source: each for (source, _), each in found.items()}


def by_reason(ws: Workspace, rows: str) -> dict[tuple[str, str], tuple[int, str]]:
    """Source and reason -> the number of some rows, and their amounts in words.

    Args:
        ws: Where they are.
        rows: SQL text of rows as ``by_source`` has them, with a ``reason``.
    """
    found: dict[tuple[str, str], tuple[int, int, list[tuple[str | None, int]]]] = {}
    for source, reason, currency, count, tokens, nano in ws.execute(
        f"SELECT source, reason, currency, {AMOUNTS} FROM ({rows}) "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        before = found.get((source, reason), (0, 0, []))
        money = [*before[2], (currency, int(nano))]
        found[source, reason] = (before[0] + count, before[1] + tokens, money)
    return {
        key: (count, amounts(tokens, money))
        for key, (count, tokens, money) in found.items()
    }
