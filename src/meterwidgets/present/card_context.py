"""What the cards of a page are made of, and how a change and a course are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.totals import Totals, delta, previous_totals, totals
from meterwidgets.metrics.trend import sparkline
from meterwidgets.present.donuts import slots_of
from meterwidgets.present.words import Colors, Traits


@dataclass(frozen=True)
class Facts:
    """What the cards of one selection are made of."""

    now: Totals
    before: Totals | None
    course: Sequence[Amounts]
    unit: str | None
    colors: Colors
    side: str

    @classmethod
    def of(cls, selection: Selection, colors: Colors) -> Facts:
        """The facts of a selection.

        Args:
            selection: What the cards show.
            colors: Model -> its colour slot, in the order of the whole ledger.
        """
        side = selection.filters.cost_type
        return cls(
            totals(selection),
            previous_totals(selection),
            sparkline(selection),
            selection.currency,
            _by_name(selection, colors),
            side,
        )

    @property
    def length(self) -> str:
        """How much time the figures are of."""
        elapsed = self.now.elapsed
        return times.duration(elapsed) if elapsed else "outside the data"

    def money(self, nano: Any) -> str:
        """Money as cards show it."""
        return formats.money(nano, self.unit)

    def rate(self, nano: Any) -> str:
        """A rate as cards show it."""
        return formats.rate(nano, self.unit)

    def exact(self, nano: Any) -> str:
        """Money in full."""
        return formats.money_exact(nano, self.unit)


def _by_name(selection: Selection, colors: Colors) -> Colors:
    """Name of a model -> the slot that the ring of models shows it in."""
    slots = slots_of(selection, "model", colors)
    rows = breakdown(selection, "model", own=False).rows
    return {row.name: slots[row.id] for row in rows}


def change(
    facts: Facts, of: Callable[[Totals], Any], text: Callable[[Any], str], rise: str
) -> Traits:
    """The change against the period before: its size, arrow, and whether it is good."""
    before = facts.before
    moved = delta(of(facts.now), of(before)) if before is not None else None
    if moved is None or before is None:
        return {}
    up = moved > 0
    tone = rise if up else {"bad": "good", "good": "bad"}.get(rise, rise)
    return {
        "delta": percentages.change(moved),
        "direction": "up" if up else "down" if moved else "",
        "tone": tone if moved else "neutral",
        "delta_title": f"{text(of(before))} in {times.previous_period(before.elapsed)}",
    }


def spark(values: Sequence[Any], *, zero: bool = True) -> list[float]:
    """A course between 0 and 1; ratios (``zero=False``) are drawn around their middle.

    A ratio's range is cut at five times its spread, so that one odd step does not
    flatten all others.
    """
    numbers: list[float] = []
    for value in values:  # where a ratio is undefined, the last one stands
        if value is not None:
            numbers.append(float(value))
        elif numbers:
            numbers.append(numbers[-1])
    if len(numbers) < 2 or not any(numbers):
        return []
    low, high = 0.0, max(numbers)
    if not zero:
        middle = median(numbers)
        spread = median(abs(number - middle) for number in numbers) * 5 or middle * 0.05
        low, high = max(min(numbers), middle - spread), min(high, middle + spread)
    if high <= low:
        return [0.5] * len(numbers)
    return [round(min(1, max(0, (n - low) / (high - low))), 4) for n in numbers]
