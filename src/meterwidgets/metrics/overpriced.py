"""The insight of requests that cost far more than their list price, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from meterwidgets.frame.selection import Selection
from meterwidgets.ledger.pricing.outliers import FLAG, TIMES, Outlier
from meterwidgets.metrics import formats, times
from meterwidgets.metrics.compute import once
from meterwidgets.metrics.results import Insight
from meterwidgets.zones import zone

MEANS = f"requests that cost more than {TIMES} times their list price"
"""What the filter leaves out."""


@dataclass(frozen=True)
class OverList:
    """The flagged requests of a selection.

    Attributes:
        requests: How many.
        cost: Of all of them, in nano-units.
        dearest: Those of them that are kept with their details, the dearest first.
    """

    requests: int
    cost: int
    dearest: tuple[Outlier, ...]


@once
def over_list(selection: Selection) -> OverList:
    """The requests of a selection that cost more than 100 times their list price."""
    sums = None
    if FLAG in selection.cube.names["outlier"]:  # else nothing is summed for nothing
        sums = selection.by("outlier").get(FLAG)
    if sums is None:
        return OverList(0, 0, ())
    cost = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    return OverList(sums["records"], cost, tuple(_inside(selection)))


def _inside(selection: Selection) -> Iterator[Outlier]:
    """The kept ones that the filters leave."""
    window = selection.window
    for each in selection.frame.outliers:
        if (
            each.currency == selection.currency
            and window.start <= each.start < window.end
            and all(
                getattr(each, dimension) in values
                for dimension, values in selection.filters.chosen.items()
            )
        ):
            yield each


def insight(selection: Selection) -> Insight | None:
    """What is said of them, if there are any.

    Source: METRICS, "Insights".
    """
    found = over_list(selection)
    if not found.requests:
        return None
    unit = selection.currency
    one = found.requests == 1
    its, it = ("its", "it") if one else ("their", "them")
    counted = "One request" if one else f"{formats.count(found.requests)} requests"
    said = "" if one else f"Together they cost {formats.money(found.cost, unit)}. "
    if found.dearest:
        said += _words(selection, found.dearest[0], one=one)
    return Insight(
        "over_list",
        "warning",
        f"{counted} at over {TIMES}x {its} list price",
        f"{said}Check what your gateway charges for that model, and leave {it} out to "
        f"see the figures without {it}.",
    )


def _words(selection: Selection, worst: Outlier, *, one: bool) -> str:
    """What the dearest one is."""
    unit, tz = selection.currency, selection.filters.tz
    here = worst.start.astimezone(zone(tz))
    name = "a model that is not named"
    if worst.model is not None:
        name = formats.isolated(selection.frame.label("model", worst.model))
    return (
        f"{'A request' if one else 'The dearest, a request'} to {name} on "
        f"{times.day(here.date())} at {times.clock(here)} ({tz}) cost "
        f"{formats.money(worst.cost, unit)} for {formats.count(worst.tokens)} tokens; "
        f"its list price is {formats.money(worst.list_cost, unit)}, "
        f"{formats.count(Fraction(worst.cost, worst.list_cost))} times less. "
    )
