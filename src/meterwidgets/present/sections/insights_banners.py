"""The banner: the insights of a selection, and what to do about them at once."""

from __future__ import annotations

from typing import TypedDict

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.overpriced import overpriced_requests


class InsightTexts(TypedDict):
    """An insight, with the text of its button if it has one."""

    rule: str
    severity: str
    title: str
    text: str
    action: str


def banner(selection: Selection, *, has_records_list: bool) -> list[InsightTexts]:
    """The insights of a selection, worst first.

    Args:
        selection: What is shown.
        has_records_list: Whether a list can show the requests of a day.
    """
    single = overpriced_requests(selection).count == 1
    actions = {"over_list": "Leave it out" if single else "Leave them out"}
    if has_records_list:
        actions["spike"] = "What made this"
    return [
        {
            "rule": insight.rule,
            "severity": insight.severity,
            "title": insight.title,
            "text": insight.text,
            "action": actions.get(insight.rule, ""),
        }
        for insight in insights(selection)
    ]
