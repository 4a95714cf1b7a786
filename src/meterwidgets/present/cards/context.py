"""What the cards of a selection are computed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from meterwidgets.frame.selection import Selection
from meterwidgets.frame.window import Window
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.bill_credits import selected_credits
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.metrics.text.formats import Number
from meterwidgets.metrics.totals import Compared, Totals, compared, totals
from meterwidgets.metrics.trend import sparkline
from meterwidgets.present.cards.card import Delta, Tone
from meterwidgets.present.sections.breakdowns import slots_in
from meterwidgets.present.vocabulary.colors import Slots


@dataclass(frozen=True, kw_only=True)
class CardContext:
    """The figures of one selection, and how its cards write them.

    Attributes:
        totals: The headline.
        compared: What changes are measured by; None where the ledger does not cover
            it.
        window: The range of time.
        preset: The preset that chose it.
        history: The selection over time, for sparklines.
        currency: Of all its money; None where nothing is priced.
        model_slots: Name of a model -> its colour slot.
        cost_type: The side that is shown: both, input or output.
        credits: The credits, taxes and purchases beside the spend; None where unknown.
    """

    totals: Totals
    compared: Compared | None
    window: Window
    preset: str
    history: Sequence[Amounts]
    currency: str | None
    model_slots: Slots
    cost_type: str
    credits: int | None

    @classmethod
    def of(cls, selection: Selection, slots: Slots) -> CardContext:
        """The context of a selection.

        Args:
            selection: What the cards show.
            slots: Model -> its colour slot, in the order of the whole ledger.
        """
        rows = breakdown(selection, "model", apply_own_filter=False).rows
        in_selection = slots_in(selection, "model", slots)
        return cls(
            totals=totals(selection),
            compared=compared(selection),
            window=selection.window,
            preset=selection.filters.preset,
            history=sparkline(selection),
            currency=selection.currency,
            model_slots={row.name: in_selection[row.id] for row in rows},
            cost_type=selection.filters.cost_type,
            credits=selected_credits(selection),
        )

    @property
    def duration(self) -> str:
        """How much time the figures cover."""
        elapsed = self.totals.elapsed
        if not elapsed:
            return "outside the data"
        return times.elapsed(elapsed, self.window.end - self.window.start)

    def money(self, nano: Number | None) -> str:
        """Money as cards show it."""
        return formats.money(nano, self.currency)

    def rate(self, nano: Number | None) -> str:
        """A rate as cards show it."""
        return formats.rate(nano, self.currency)

    def exact_money(self, nano: Number | None) -> str:
        """Money in full."""
        return formats.money_exact(nano, self.currency)

    def delta(
        self,
        figure: Callable[[Totals], int | Fraction | None],
        text: Callable[[Number | None], str],
        *,
        rise: Tone,
        of_cost: bool = False,
    ) -> Delta:
        """The change against the previous period.

        Args:
            figure: What has changed.
            text: How to write it.
            rise: Whether a rise is welcome.
            of_cost: Whether it is made of costs.
        """
        compared = self.compared
        change = compared.change(figure, of_cost=of_cost) if compared else None
        if compared is None or change is None:
            return {"delta": "", "direction": "", "tone": "neutral", "delta_title": ""}
        opposite: dict[Tone, Tone] = {"bad": "good", "good": "bad", "neutral": rise}
        earlier = Window(compared.start, compared.end, self.window.tz)
        period = times.earlier_period(earlier, self.preset)
        tone: Tone = rise if change > 0 else opposite[rise]
        return {
            "delta": percentages.change(change),
            "direction": "up" if change > 0 else "down" if change else "",
            "tone": tone if change else "neutral",
            "delta_title": f"{text(figure(compared.previous))} in {period}",
        }

    def spark(
        self, figure: Callable[[Amounts], Number | None], *, is_ratio: bool = False
    ) -> list[float]:
        """A figure over time, for a sparkline; see `spark`."""
        return spark([figure(point) for point in self.history], is_ratio=is_ratio)


def spark(values: Sequence[Number | None], *, is_ratio: bool = False) -> list[float]:
    """Values over time as heights between 0 and 1, from zero or the lowest below it.

    Ratios lie around their median: their range ends at five times its median
    deviation, so that one odd step does not flatten all others. Where a ratio is
    undefined, the last one stands.

    Examples:
        >>> spark([1, 2, 4]), spark([1, -1, 3]), spark([None, 7])
        ([0.25, 0.5, 1], [0.5, 0, 1], [])
    """
    numbers: list[float] = []
    for value in values:
        if value is not None:
            numbers.append(float(value))
        elif numbers:
            numbers.append(numbers[-1])
    if len(numbers) < 2 or not any(numbers):
        return []
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    if is_ratio:
        middle = median(numbers)
        spread = median(abs(number - middle) for number in numbers) * 5 or middle * 0.05
        low, high = max(min(numbers), middle - spread), min(high, middle + spread)
    if high <= low:
        return [0.5] * len(numbers)
    return [round(min(1, max(0, (n - low) / (high - low))), 4) for n in numbers]
