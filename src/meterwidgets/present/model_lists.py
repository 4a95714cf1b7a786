"""The model list and the banner: which models cost what, and what to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats
from meterwidgets.metrics.breakdown import Row, breakdown, top_with_other
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.overpriced import overpriced_requests
from meterwidgets.metrics.totals import totals
from meterwidgets.present.donuts import SHOWN, exact, slots_of, table, wanted
from meterwidgets.present.words import Colors, Traits, empty_state

TITLES = {"model": "Model List", "deployment": "Deployment List"}


def model_list(
    selection: Selection, by: str, colors: Colors, *, expanded: bool
) -> Traits:
    """Models, or deployments, by cost: badge, cost and share, bar.

    Args:
        selection: What to list.
        by: "model" or "deployment".
        colors: Value -> its colour slot, in the order of the whole ledger.
        expanded: Whether the reader asked for all of them.
    """
    found = breakdown(selection, by, own=False)
    chosen = wanted(selection, by)
    amounts, unit = totals(selection).amounts, selection.currency
    by_cost = found.measure == "cost"
    value = amounts.cost if by_cost else amounts.tokens
    total = formats.money(value, unit) if by_cost else formats.count(value)
    shown = top_with_other(found.rows, SHOWN)
    slots = slots_of(selection, by, colors)
    named = sum(row.id is not None for row in found.rows)

    def rows(of: Sequence[Row]) -> list[Traits]:
        listed = table(found, of, chosen, slots, unit)
        return [
            {**row, "badge": str(place) if row["selectable"] else "…"}
            for place, row in enumerate(listed, start=1)
        ]

    return {
        "subtitle": formats.plural(named, by) if named else f"no {by} is reported",
        "name_label": by.capitalize(),
        "value_label": "Cost & Share" if by_cost else "Tokens & Share",
        "total": total,
        "total_title": exact(value, unit, by_cost),
        "total_label": f"{'Selected' if chosen else 'Total'} "
        f"{'Cost' if by_cost else 'Tokens'}",
        "rows": rows(shown),
        "more": len(found.rows) if len(shown) < len(found.rows) else 0,
        "all_rows": rows(found.rows) if expanded else [],
        **empty_state(selection, len(found.rows)),
    }


def banner(selection: Selection, *, listed: bool) -> Traits:
    """What is worth knowing about a selection, worst first, and what to do at once.

    Args:
        selection: What is shown.
        listed: Whether there is a list that can show the requests of a day.
    """
    one = overpriced_requests(selection).count == 1
    actions = {"over_list": "Leave it out" if one else "Leave them out"}
    if listed:
        actions["spike"] = "What made this"
    return {
        "insights": [
            asdict(insight) | {"action": actions.get(insight.rule, "")}
            for insight in insights(selection)
        ]
    }
