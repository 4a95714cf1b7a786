"""What is known of records before they are rolled up, so that less is to be summed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from meterwidgets.frame.rollup.measures import CONDITIONS, met
from meterwidgets.ledger.engine.workspace import Engine, Workspace

if TYPE_CHECKING:
    pass


_FINE_GRAIN_US = 2 * 86_400_000_000


@dataclass(frozen=True)
class Facts:
    """What is known of the table ``records`` before it is rolled up.

    Attributes:
        count: How many they are.
        first_us: The first moment with usage.
        last_us: The last one.
        bucket_us: The longest bucket, where rows are buckets; else 0.
        users: Whether users or their keys are reported.
        currencies: Those of the costs.
        outliers: Whether any costs far more than its list price.
        always: The conditions of the roll-up that every record meets.
        never: Those that none meets.
    """

    count: int
    first_us: int
    last_us: int
    bucket_us: int
    users: bool
    currencies: frozenset[str]
    outliers: bool
    always: frozenset[str]
    never: frozenset[str]


NO_FACTS = Facts(0, 0, 0, 0, False, frozenset(), False, frozenset(), frozenset())

FACTS = (
    "min(start_us) AS first_us",
    "max(greatest(start_us, CASE WHEN grain = 'bucket' THEN end_us - 1 END)) "
    "AS last_us",
    "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END) AS bucket_us",
    'count("user") + count(api_key) AS users',
    "count(outlier) AS outliers",
    *(f"{met(each)} AS met_{n}" for n, each in enumerate(CONDITIONS)),
)
"""SQL text of what ``facts`` needs to find in the table ``tallies``."""


def facts(ws: Workspace, tallies: str = Workspace.tallies) -> Facts:
    """What tallies say of their records.

    Args:
        ws: Where they are.
        tallies: SQL text of the relation, with all of ``FACTS``.
    """
    counts = ", ".join(f"sum(met_{n})" for n, _ in enumerate(CONDITIONS))
    (row,) = ws.execute(
        "SELECT sum(records), min(first_us), max(last_us), max(bucket_us), "
        "sum(users), list(DISTINCT currency) FILTER (currency IS NOT NULL), "
        f"sum(outliers), {counts} FROM {tallies}"
    ).fetchall()
    count, first, last, longest, users, currencies, outliers, *met = row
    found = dict(zip(CONDITIONS, met, strict=True))
    if not count:
        return NO_FACTS
    return Facts(
        count,
        first,
        last,
        longest or 0,
        bool(users),
        frozenset(currencies or ()),
        bool(outliers),
        frozenset(each for each, number in found.items() if number == count),
        frozenset(each for each, number in found.items() if not number),
    )


def spanned(engine: Engine) -> Facts:
    """What any engine knows of ``records`` by one query: when, and whether of users."""
    row = engine.execute(
        "SELECT count(*), min(start_us), max(start_us), "
        "max(CASE WHEN grain = 'bucket' THEN greatest(end_us - 1, start_us) END), "
        "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END), "
        f'count("user") + count(api_key) FROM {Workspace.records}'
    ).fetchone()
    count, first, last, bucket_last, longest, users = row or (0, 0, 0, None, None, 0)
    last = max(last, bucket_last or 0)
    known = replace(NO_FACTS, count=count, first_us=first, last_us=last)
    return replace(known, bucket_us=longest or 0, users=bool(users))


def grain_for(first_us: int, last_us: int) -> int:
    """Seconds of a time bucket for a ledger between two moments.

    Examples:
        >>> grain_for(0, 86_400_000_000), grain_for(0, 3 * 86_400_000_000)
        (60, 900)
    """
    return 60 if last_us - first_us <= _FINE_GRAIN_US else 900
