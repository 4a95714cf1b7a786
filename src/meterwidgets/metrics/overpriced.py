"""The requests of a selection that cost far more than their list price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.outliers import FACTOR, FLAG, Outlier
from meterwidgets.metrics.memoize import memoize
from meterwidgets.schema import COST_PARTS

OVERPRICED = f"requests that cost more than {FACTOR} times their list price"
"""The words for what the outlier filter leaves out."""


@dataclass(frozen=True)
class OverpricedRequests:
    """The requests of a selection that cost more than 100 times their list price.

    Attributes:
        count: The number of requests.
        cost: What they add up to, in nano-units.
        details: The most expensive ones, with their details; the worst first. A frame
            keeps 20 of each currency.
    """

    count: int
    cost: int
    details: tuple[Outlier, ...]


@memoize
def overpriced_requests(selection: Selection) -> OverpricedRequests:
    """The requests of a selection that cost more than 100 times their list price."""
    sums = None
    if FLAG in selection.cube.names["outlier"]:  # else summing would be wasted work
        sums = selection.by("outlier").get(FLAG)
    if sums is None:
        return OverpricedRequests(0, 0, ())
    cost = sum(sums[part] for part in COST_PARTS)
    return OverpricedRequests(sums["records"], cost, tuple(_selected(selection)))


def _selected(selection: Selection) -> Iterator[Outlier]:
    """The frame's outliers that pass the filters."""
    window = selection.window
    for outlier in selection.frame.outliers:
        if (
            outlier.currency == selection.currency
            and window.start <= outlier.start < window.end
            and all(
                getattr(outlier, dimension) in values
                for dimension, values in selection.filters.chosen.items()
            )
        ):
            yield outlier
