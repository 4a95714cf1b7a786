"""Provider costs: cost rows that pay for the usage of the same provider.

They share no key with the usage, so that no cost can be assigned to a record; priced by
rates as well, the same tokens would be paid for twice. On the days that the costs
cover, the usage contributes its tokens and the costs their money.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import Source
from meterwidgets.schema import MONEY

_DAY_US = 86_400_000_000

IS_BILLED = f"(source, start_us // {_DAY_US}) IN (FROM {Workspace.billed_days})"
"""SQL condition of the usage that provider costs pay for."""


def _billing() -> list[Source]:
    return [source for source in registry.all_sources() if source.pays_for]


def sources() -> tuple[str, ...]:
    """The sources of provider costs, and the sources of usage that they pay for."""
    return tuple(name for each in _billing() for name in (each.name, each.pays_for))


def find_billed_days(ws: Workspace, *relations: str) -> None:
    """Fill ``billed_days``: the sources of usage and the UTC days that costs cover.

    Args:
        ws: The workspace.
        relations: SQL text of records with ``source``, ``start_us`` and ``end_us``.
    """
    ws.create_empty(ws.billed_days, "source VARCHAR, day BIGINT")
    for relation in relations:
        for source in _billing():
            costs = f"{relation} WHERE source = {literal(source.name)}"
            if not ws.may_hold(relation, [source.name]) or not ws.has_rows(costs):
                continue
            # every day that a cost row touches; one without an end is an instant
            ws.execute(
                f"INSERT INTO {ws.billed_days} "
                f"SELECT DISTINCT {literal(source.pays_for)}, "
                f"unnest(range(start_us // {_DAY_US}, "
                f"greatest(start_us + 1, coalesce(end_us, 0) + {_DAY_US} - 1) "
                f"// {_DAY_US} + (end_us IS NULL)::INTEGER)) "
                f"FROM {costs}"
            )


def mark_billed(ws: Workspace) -> None:
    """Mark the usage on ``billed_days``: it gets no price of its own, nor keeps one."""
    if ws.has_rows(ws.billed_days):
        ws.materialise(ws.reported)
        absent = ws.absent(ws.reported)
        costs = (f"reported_{name}" for name in (*MONEY, "currency"))
        unpaid = "".join(f", {each} = NULL" for each in costs if each not in absent)
        ws.execute(f"UPDATE {ws.reported} SET billed = true{unpaid} WHERE {IS_BILLED}")
