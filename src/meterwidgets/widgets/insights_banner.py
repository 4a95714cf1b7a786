"""What a reader should know first, in words, with the rest one click away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import traitlets as t

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets.base import MeterWidget, counter, script, text

SEVERITIES = ("info", "warning", "bad")
"""How much an insight matters; each has an icon, a word and a colour."""
_KEYS = ("rule", "severity", "title", "text", "action")


def _pressed(value: object) -> dict[str, object]:
    """Accept one press of a button: its number, and the rule of its insight."""
    if not isinstance(value, dict) or value.keys() != {"n", "rule"}:
        raise ValueError("expected one press with its number and its rule")
    return {"n": counter(value["n"]), "rule": text(40)(value["rule"])}


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
    name), ``severity`` (info, warning or bad), ``title``, ``text`` and ``action``, the
    text of its button, if it has one; a press sets `pressed`.

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
    inbound: ClassVar = {"pressed": _pressed}

    insights = t.List(t.Dict()).tag(sync=True)
    """The insights, worst first, each a dict as the class describes it."""
    error = t.Unicode().tag(sync=True)
    """Why the last refresh failed; shown above all insights."""
    pressed = t.Dict().tag(sync=True, echo_update=False)
    """The last press of an insight's button: its number ``n`` and its ``rule``."""

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
