"""What is known of records before they are rolled up, so that less is to be summed."""

from __future__ import annotations

from dataclasses import dataclass

from meterwidgets.frame.rollup.measures import CONDITIONS, count_where
from meterwidgets.ledger.engine.workspace import Engine, Workspace

_FINE_GRAIN_US = 2 * 86_400_000_000
"""The longest time between first and last usage that has buckets of a minute."""


@dataclass(frozen=True, kw_only=True)
class RecordStats:
    """Statistics of records.

    Attributes:
        count: How many records there are.
        first_us: The first moment with usage, in microseconds since 1970.
        last_us: The last one.
        bucket_us: The longest bucket, where rows are buckets; else 0.
        has_users: Whether users or their keys are reported.
        currencies: Those of the costs.
        has_outliers: Whether any costs far more than its list price.
        always: The conditions of the roll-up that every record meets.
        never: Those that none meets.
    """

    count: int = 0
    first_us: int = 0
    last_us: int = 0
    bucket_us: int = 0
    has_users: bool = False
    currencies: frozenset[str] = frozenset()
    has_outliers: bool = False
    always: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


STATS_COLUMNS = (
    "min(start_us) AS first_us",
    "max(greatest(start_us, CASE WHEN grain = 'bucket' THEN end_us - 1 END)) "
    "AS last_us",
    "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END) AS bucket_us",
    'count("user") + count(api_key) AS users',
    "count(outlier) AS outliers",
    *(f"{count_where(each)} AS met_{n}" for n, each in enumerate(CONDITIONS)),
)
"""SQL text of the columns that ``record_stats`` needs in the table of tallies."""


def record_stats(ws: Workspace, tallies: str = Workspace.tallies) -> RecordStats:
    """The statistics of tallied records.

    Args:
        ws: The workspace.
        tallies: SQL text of the relation of tallies, with all ``STATS_COLUMNS``.
    """
    counts = ", ".join(f"sum(met_{n})" for n, _ in enumerate(CONDITIONS))
    (row,) = ws.execute(
        "SELECT sum(records), min(first_us), max(last_us), max(bucket_us), "
        "sum(users), list(DISTINCT currency) FILTER (currency IS NOT NULL), "
        f"sum(outliers), {counts} FROM {tallies}"
    ).fetchall()
    count, first, last, longest, users, currencies, outliers, *met_counts = row
    if not count:
        return RecordStats()
    met = dict(zip(CONDITIONS, met_counts, strict=True))
    return RecordStats(
        count=count,
        first_us=first,
        last_us=last,
        bucket_us=longest or 0,
        has_users=bool(users),
        currencies=frozenset(currencies or ()),
        has_outliers=bool(outliers),
        always=frozenset(each for each, number in met.items() if number == count),
        never=frozenset(each for each, number in met.items() if not number),
    )


def time_stats(engine: Engine) -> RecordStats:
    """The count, times and users of the records of any engine, by one query."""
    row = engine.execute(
        "SELECT count(*), min(start_us), max(start_us), "
        "max(CASE WHEN grain = 'bucket' THEN greatest(end_us - 1, start_us) END), "
        "max(CASE WHEN grain = 'bucket' THEN end_us - start_us END), "
        f'count("user") + count(api_key) FROM {Workspace.records}'
    ).fetchone()
    count, first, last, bucket_last, longest, users = row or (0, 0, 0, None, None, 0)
    return RecordStats(
        count=count,
        first_us=first,
        last_us=max(last, bucket_last or 0),
        bucket_us=longest or 0,
        has_users=bool(users),
    )


def grain_for(first_us: int, last_us: int) -> int:
    """Seconds of a time bucket for a ledger between two moments.

    Examples:
        >>> grain_for(0, 86_400_000_000), grain_for(0, 3 * 86_400_000_000)
        (60, 900)
    """
    return 60 if last_us - first_us <= _FINE_GRAIN_US else 900
