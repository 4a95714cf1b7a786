"""Requests that cost far more than their list price.

Now and then gateways write a price that is wrong by a factor of a million, and one such
message outweighs a year of usage. METRICS gives the rule: more than 100 times the list
price, and more than one currency unit, so that fractions of a cent are not flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.schema import COST

FLAG = "over list price"
"""Their value of the dimension ``outlier``; all other usage has null."""
FACTOR = 100
"""Times the list price."""
MIN_COST = 1_000_000_000
"""Nano-units."""
KEPT = 20
"""The most expensive ones kept with their details, per currency."""

_ORDER = (
    'cost DESC, start_us, model, "user", org, project, deployment, endpoint, tokens, '
    "list_cost"
)
"""SQL text of their order, with no ties, so that every engine gives the same."""

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Outlier:
    """A request that cost more than 100 times its list price.

    Attributes:
        start: When.
        org: As reported; null is None, here and below.
        project: Likewise.
        deployment: Likewise.
        model: Likewise.
        endpoint: Likewise.
        user: Likewise.
        currency: Of both costs.
        cost: What the ledger recorded, in nano-units.
        list_cost: What the reader's rates, else the catalogue, charge for it.
        tokens: Input and output together.
    """

    start: datetime
    org: str | None
    project: str | None
    deployment: str | None
    model: str | None
    endpoint: str | None
    user: str | None
    currency: str
    cost: int
    list_cost: int
    tokens: int


def flag(cost: str, list_cost: str) -> str:
    """SQL text of the flag, or null.

    Args:
        cost: SQL text of what a request cost.
        list_cost: SQL text of its list price; both in nano-units.

    Examples:
        >>> flag("cost", "list_cost")
        "CASE WHEN cost > 1000000000 AND list_cost > 0 AND cost > \
100 * list_cost::HUGEINT THEN 'over list price' END"
    """
    return (
        f"CASE WHEN {cost} > {MIN_COST} AND {list_cost} > 0 "
        f"AND {cost} > {FACTOR} * {list_cost}::HUGEINT THEN '{FLAG}' END"
    )


def dearest(engine: Engine, records: str = Workspace.records) -> tuple[Outlier, ...]:
    """The dearest flagged requests, up to `KEPT` of each currency.

    Args:
        engine: Where they are.
        records: SQL text of priced records.
    """
    rows = engine.execute(
        "SELECT start_us, org, project, deployment, model, endpoint, "
        '"user", currency, cost, list_cost, tokens FROM (SELECT *, row_number() OVER '
        f"(PARTITION BY currency ORDER BY {_ORDER}) AS place "
        f"FROM (SELECT *, {COST} AS cost, "
        "coalesce(input_tokens, 0) + coalesce(output_tokens, 0) AS tokens "
        f"FROM {records} WHERE outlier IS NOT NULL) AS flagged) AS ranked "
        f"WHERE place <= {KEPT} ORDER BY {_ORDER}"
    ).fetchall()
    return tuple(
        Outlier(_FIRST + timedelta(microseconds=start_us), *rest)
        for start_us, *rest in rows
    )
