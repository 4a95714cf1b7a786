"""What a user should know first, in words; the rest is one click away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets as t

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.traits import inbound, positional, synced

SEVERITIES = ("info", "warning", "bad")
"""How much an insight matters; each has an icon, a word and a colour."""
_PRESS = validators.record(n=validators.count, rule=validators.text(40))
_KEYS = ("rule", "severity", "title", "text", "action")


def _check_insight(insight: Mapping[str, Any]) -> dict[str, str]:
    """Return one insight with every key present, as the browser expects it."""
    for key in insight:
        if key not in _KEYS:
            raise TypeError(f"InsightsBanner: {unknown('key', key, _KEYS)}")
    severity = insight.get("severity") or "info"
    if severity not in SEVERITIES:
        choices = ", ".join(SEVERITIES)
        raise MeterError(
            f"InsightsBanner: severity {severity!r} not found; severities: {choices}"
        )
    texts = {key: str(insight.get(key) or "") for key in _KEYS}
    return {**texts, "severity": severity}


class InsightsBanner(MeterWidget):
    """Show the worst insight as a banner, the others on request, and a failed refresh.

    With nothing to show it takes no room. Each insight is a dict with ``rule`` (its
    name), ``severity`` (info, warning or bad), ``title``, ``text`` and ``action``, the
    text of its button, if it has one; a press sets `pressed`.

    Args:
        insights: The insights, worst first.
        error: Why the last refresh failed.

    Raises:
        TypeError: If a keyword or a key of an insight is unknown.
        MeterError: If a severity is unknown.

    Examples:
        >>> banner = InsightsBanner([{"rule": "single-model", "severity": "info",
        ...     "title": "Single Model Usage", "text": "All cost is in one model."}])
        >>> banner
        InsightsBanner('Single Model Usage')
        >>> banner.insights = []
        >>> banner
        InsightsBanner(nothing)
        >>> banner.close()
    """

    _esm = script("insights_banner")

    insights: list[dict[str, Any]] = positional(
        t.List(t.Dict()), default=(), kw_only=False
    )
    """The insights, worst first, each a dict as the class describes it."""
    error: str = synced(t.Unicode())
    """Why the last refresh failed; shown above all insights."""
    pressed: dict[str, Any] = inbound(t.Dict(), accept=_PRESS)
    """The last press of an insight's button: its number ``n`` and its ``rule``."""

    if not TYPE_CHECKING:  # type checkers derive it from the traits

        def __init__(self, insights=(), **traits):
            super().__init__(insights=list(insights), **traits)

    @t.validate("insights")
    def _valid_insights(self, proposal: dict[str, Any]) -> list[dict[str, str]]:
        return [_check_insight(insight) for insight in proposal["value"]]

    def __repr__(self) -> str:
        parts = [f"error={self.error!r}"] if self.error else []
        parts += [repr(insight["title"]) for insight in self.insights[:1]]
        if len(self.insights) > 1:
            parts.append(f"{len(self.insights) - 1} more")
        return f"InsightsBanner({', '.join(parts) or 'nothing'})"
