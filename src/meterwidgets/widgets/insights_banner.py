"""What a reader should know first, in words, with the rest one click away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets.base import MeterWidget, script

SEVERITIES = ("info", "warning", "bad")
"""How much an insight matters; each has an icon, a word and a colour."""
_KEYS = ("rule", "severity", "title", "text")


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

    With nothing to say it takes no room. Each insight is a dict with ``rule`` (its
    name), ``severity`` (info, warning or bad), ``title`` and ``text``.

    Args:
        insights: The insights, worst first.
        **traits: Any other trait by name.

    Raises:
        TypeError: If a keyword or a key of an insight is not known.
        MeterError: If a severity is not known.

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

    insights = t.List(t.Dict()).tag(sync=True)
    """The insights, worst first, each a dict as the class describes it."""
    error = t.Unicode().tag(sync=True)
    """Why the last refresh failed; shown above all insights."""

    def __init__(
        self, insights: Sequence[Mapping[str, Any]] = (), **traits: Any
    ) -> None:
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
