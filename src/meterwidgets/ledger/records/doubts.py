"""Notes on what was read in spite of a doubt: unknown fields, parts, corrections.

Each names how many records it is about, and their recorded money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.ledger.records.quality import describe
from meterwidgets.schema import MONEY
from meterwidgets.text import counted, exact_money, listed

_PARTS = [f"coalesce(reported_{name}, 0)" for name in MONEY if name != "cost"]
REPORTED_COST = f"coalesce(reported_cost, {' + '.join(_PARTS)})"
"""SQL text of the cost that a ledger recorded, 0 where it recorded none."""

IS_CORRECTION = f"{REPORTED_COST} < 0"
"""SQL condition of a record that takes money back."""


def notes(ws: Workspace, *, added: bool, corrections: bool) -> list[str]:
    """The notes on ``reported``, which loses the columns that only they need.

    Args:
        ws: A workspace with ``reported``, best without duplicates, and ``rejects``.
        added: Whether ``reported`` has ``added_tokens``.
        corrections: Whether some records are corrections.
    """
    found = [*_of_rejects(ws), *_of_doubts(ws)]
    if corrections:
        found += of_corrections(ws, ws.reported)
    if added:
        found += [*_of_added_tokens(ws), *_of_missing_tokens(ws)]
        if ws.is_view(ws.reported):
            ws.narrow(ws.reported, "* EXCLUDE (added_tokens)")
        else:
            ws.execute(f"ALTER TABLE {ws.reported} DROP COLUMN added_tokens")
    return found


def _of_rejects(ws: Workspace) -> Iterator[str]:
    return rejected_money(
        ws.execute(
            f"SELECT currency, sum(nano) FROM {ws.rejects} WHERE NOT kept "
            "GROUP BY currency ORDER BY currency"
        ).fetchall()
    )


def rejected_money(sums: Iterable[tuple[str | None, int | None]]) -> Iterator[str]:
    """The note on the money in rejected rows, where it can be read.

    Args:
        sums: Currency and nano-units.
    """
    by_currency: dict[str, int] = {}
    for currency, nano in sums:
        if currency and nano:
            by_currency[currency] = by_currency.get(currency, 0) + int(nano)
    if by_currency:
        money = _money(sorted(by_currency.items()))
        yield f"{money} recorded in rejected rows, which no figure has"


def _of_doubts(ws: Workspace) -> Iterator[str]:
    """The fields that are unknown because their values can't be used."""
    if not ws.has_rows(f"{ws.rejects} WHERE kept"):
        return
    kept = (
        f"{ws.rejects} WHERE kept "
        f"AND (number, n) IN (SELECT (file, n) FROM {ws.reported})"
    )
    sums: dict[str, list[tuple[str | None, int, int]]] = {}
    for field, currency, count, nano in ws.execute(
        f"SELECT field, currency, count(*), sum(nano) FROM {kept} "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        sums.setdefault(field, []).append((currency, count, nano))
    for field, of_field in sums.items():
        found = ws.execute(
            f"SELECT file, line, unit, field, value, reason FROM {kept} AND field = ? "
            "ORDER BY file, line LIMIT 1",
            [field],
        )
        names = [column[0] for column in found.description or ()]
        (row,) = found.fetchall()
        yield unknown_field(of_field, dict(zip(names, row, strict=True)))


def unknown_field(
    sums: Iterable[tuple[str | None, int, int]], first: Mapping[str, Any]
) -> str:
    """The note on a field that is unknown in some records.

    Args:
        sums: Currency, number of records, and their recorded cost in nano-units.
        first: The first of its values that can't be used.

    Examples:
        >>> unknown_field(
        ...     [(None, 1, 0), ("USD", 2, 12_500_000_000)],
        ...     {"file": "a.csv", "line": 7, "field": "input_tokens", "value": "-17",
        ...      "reason": "a count cannot be negative"})
        'input_tokens is unknown in 3 records, of which 12.50 USD recorded cost \
counts; the first: a.csv, line 7: input_tokens is -17, a count cannot be negative'
    """
    sums = list(sums)
    records = counted(sum(count for _, count, _ in sums), "record", "records")
    money = [(currency, nano) for currency, _, nano in sums if currency and nano]
    cost = f", of which {_money(money)} recorded cost counts" if money else ""
    return (
        f"{first['field']} is unknown in {records}{cost}; the first: {describe(first)}"
    )


def of_corrections(engine: Engine, records: str) -> Iterator[str]:
    """The records that take money back.

    Args:
        engine: What answers SQL over them.
        records: SQL text of records with what the ledger reported.
    """
    rows = engine.execute(
        f"SELECT reported_currency, count(*), sum({REPORTED_COST}) FROM {records} "
        f"WHERE {IS_CORRECTION} GROUP BY reported_currency ORDER BY reported_currency"
    ).fetchall()
    if rows:
        count = sum(count for _, count, _ in rows)
        are = counted(count, "record is a correction", "records are corrections")
        money = _money((currency, int(nano)) for currency, _, nano in rows)
        yield f"{are}: {money}, counted with the minus"


def _of_added_tokens(ws: Workspace) -> Iterator[str]:
    """The parts that stand beside a whole only because they exceed it."""
    yield from added_tokens(ws.execute(sums_of_added_tokens(ws.reported)).fetchall())


def _of_missing_tokens(ws: Workspace) -> Iterator[str]:
    """The tokens of totals that are in neither the input nor the output."""
    rows = ws.execute(
        f"SELECT reported_currency, count(*), -sum(added_tokens), sum({REPORTED_COST}) "
        f"FROM {ws.reported} WHERE added_tokens < 0 GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    if rows:
        count, tokens = (sum(int(row[place]) for row in rows) for place in (1, 2))
        money = [(each, nano) for each, _, _, nano in rows if each and nano]
        cost = f" (recorded cost: {_money(money)})" if money else ""
        yield (
            f"the total of {counted(count, 'record', 'records')}{cost} has {tokens:,} "
            "tokens more than input and output, such as thoughts that are not told: "
            "they are counted on neither side, and in no price computed here"
        )


def sums_of_added_tokens(reported: str) -> str:
    """SQL text of the currencies, numbers, added tokens and recorded cost of records.

    Args:
        reported: SQL text of ``reported`` with ``added_tokens``.
    """
    return (
        "SELECT reported_currency AS currency, count(*) AS records, "
        f"sum(added_tokens) AS tokens, sum({REPORTED_COST}) AS nano "
        f"FROM {reported} WHERE added_tokens > 0 GROUP BY ALL ORDER BY ALL"
    )


def added_tokens(
    sums: Iterable[tuple[str | None, int, int, int | None]],
) -> Iterator[str]:
    """The note on records of which a part is larger than its whole.

    Args:
        sums: The rows of ``sums_of_added_tokens``.
    """
    sums = list(sums)
    if sums:
        records = counted(
            sum(count for _, count, _, _ in sums), "record has", "records have"
        )
        tokens = sum(tokens for _, _, tokens, _ in sums)
        money = [(each, nano) for each, _, _, nano in sums if each and nano]
        cost = f" (recorded cost: {_money(money)})" if money else ""
        yield (
            f"{records} more cached, reasoning or other special tokens than the input "
            f"or output that they could be a part of{cost}: they are taken to stand "
            f"beside it, and {tokens:,} tokens are added"
        )


def _money(sums: Iterable[tuple[str, int]]) -> str:
    return listed([exact_money(int(nano), currency) for currency, nano in sums])
