"""Money of a bill that is no usage: credits, taxes, purchases.

It is in no record and no spend. It is set aside while a ledger is read, each row once,
and its sum is shown beside the spend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.records.quality import Credit
from meterwidgets.text import counted

COLUMNS = (
    "source VARCHAR, org VARCHAR, start_us BIGINT, currency VARCHAR, nano BIGINT, "
    "identity UBIGINT, occurrence BIGINT, file BIGINT"
)
"""SQL text of the columns of ``credits``.

``identity`` is a hash of the row, ``occurrence`` counts equal rows of one ``file``: of
two overlapping bills a row counts once, two equal rows of one bill twice.
"""

_DAY_US = 86_400_000_000
_IDENTIFYING = (
    'source, start_us, end_us, org, project, "user", endpoint, provider, model, '
    "reported_currency, credit"
)


def create(ws: Workspace) -> None:
    """Create the empty table ``credits``."""
    ws.create_empty(ws.credits, COLUMNS)


def collect(ws: Workspace, order: Sequence[int]) -> None:
    """Set the credits in ``reported`` aside.

    Args:
        ws: A workspace with ``reported``.
        order: The numbers of the ledgers in the order in which they were loaded.
    """
    ws.execute(
        f"INSERT INTO {ws.credits} BY NAME SELECT source, org, start_us, "
        "coalesce(reported_currency, 'USD') AS currency, credit AS nano, "
        f"({list(order)}::BIGINT[])[file + 1] AS file, "
        f"hash({_IDENTIFYING}) AS identity, row_number() OVER (PARTITION BY file, "
        f"hash({_IDENTIFYING})) AS occurrence "
        f"FROM {ws.reported} WHERE credit IS NOT NULL"
    )


def summed(ws: Workspace, rows: str = Workspace.credits) -> tuple[Credit, ...]:
    """The credits by source, organization, day and currency, each row once.

    Args:
        ws: Where they are.
        rows: SQL text of them, with the columns of ``credits``.
    """
    found = ws.execute(
        f"SELECT source, org, coalesce(start_us, 0) // {_DAY_US} AS day, currency, "
        "sum(nano), count(*) FROM (SELECT source, org, start_us, currency, nano "
        f"FROM {rows} QUALIFY row_number() OVER "
        "(PARTITION BY source, identity, occurrence) = 1) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return tuple(
        Credit(
            source=source, org=org, day=day, currency=currency, nano=int(nano), rows=n
        )
        for source, org, day, currency, nano, n in found
    )


def notes(found: Iterable[Credit]) -> list[str]:
    """What was left out of the spend, one sentence a source and currency."""
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for each in found:
        rows, nano = totals.get((each.source, each.currency), (0, 0))
        totals[each.source, each.currency] = rows + each.rows, nano + each.nano
    return [
        f"{source}: {counted(rows, 'row holds', 'rows hold')} credits, taxes or "
        f"purchases of {_exact(nano)} {currency} in all: in no spend, and shown beside "
        "it"
        for (source, currency), (rows, nano) in sorted(totals.items())
    ]


def _exact(nano: int) -> str:
    """An exact amount.

    Examples:
        >>> _exact(-30_000_000_000)
        '-30.000000000'
    """
    sign = "-" if nano < 0 else ""
    return f"{sign}{abs(nano) // 10**9}.{abs(nano) % 10**9:09}"
