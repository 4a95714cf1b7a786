"""Why a ledger and an invoice differ: only what the two can prove.

Every line that differs gets one reason, which takes its whole difference, or none. So
the reasons and what is unexplained always add up to the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Literal, NamedTuple

from meterwidgets.metrics.reconcile.model_names import Name
from meterwidgets.metrics.reconcile.pairs import LineKey, Pair, SideTotals
from meterwidgets.metrics.reconcile.reason_texts import ReasonKind

CENT = 10_000_000
"""In nano-units: the coarsest rounding that an invoice is assumed to have."""

_PROOF_FACTOR = 20
"""A ratio proves something only where rounding is this many times smaller."""
_MIN_DAYS = 3
"""A different price, or a time zone, is only a reason where this many days agree."""
_ZONE_HOURS = sorted({*range(-14, 15)} - {0}, key=abs)
"""The possible hours from UTC; where several fit, the nearest is named."""

Side = Literal["ledger", "invoice"]
CostsByShift = Callable[[int], Mapping[LineKey, int]]
"""Hours -> what the ledger's lines would cost if its clock were off by them."""


class Explanation(NamedTuple):
    """Why a line differs.

    Attributes:
        kind: The kind of the reason.
        detail: Of "price", the invoice as a multiple of the ledger; of "zone", the
            hours ahead of UTC; else None.
    """

    kind: ReasonKind
    detail: Fraction | None = None


@dataclass(frozen=True)
class Evidence:
    """What all lines together prove about each of them.

    Attributes:
        tolerance: Differences up to it agree; nano-units.
        unit: What the invoice rounds its amounts to, at most a cent; nano-units.
        in_ledger: The periods that the ledger covers, with or without usage.
        in_invoice: The periods that the invoice covers.
        by_period: Period -> the sides that have a record in it.
        by_model: Model -> the sides that have it in any period that both cover.
        costs_by_shift: The ledger's costs if its clock were off; None where the ledger
            has no hours.
    """

    tolerance: int
    unit: int
    in_ledger: Sequence[bool]
    in_invoice: Sequence[bool]
    by_period: Mapping[int, set[Side]]
    by_model: Mapping[Name, set[Side]]
    costs_by_shift: CostsByShift | None = None


def gather_evidence(
    pairs: Sequence[Pair],
    *,
    tolerance: int,
    in_ledger: Sequence[bool],
    in_invoice: Sequence[bool],
    costs_by_shift: CostsByShift | None = None,
) -> Evidence:
    """The evidence of all lines; see `Evidence` for the arguments."""
    by_period: dict[int, set[Side]] = defaultdict(set)
    by_model: dict[Name, set[Side]] = defaultdict(set)
    unit = CENT
    for pair in pairs:
        sides: list[Side] = []
        if pair.ledger is not None:
            sides.append("ledger")
        if pair.invoice is not None:
            sides.append("invoice")
            while pair.invoice.cost % unit:
                unit //= 10
        period = pair.key.period
        by_period[period].update(sides)
        if in_ledger[period] and in_invoice[period]:
            by_model[pair.key.model].update(sides)
    return Evidence(
        tolerance, unit, in_ledger, in_invoice, by_period, by_model, costs_by_shift
    )


def explain(pairs: Sequence[Pair], evidence: Evidence) -> dict[LineKey, Explanation]:
    """The reason of each line that has one; the strongest proof goes first."""
    found: dict[LineKey, Explanation] = {}
    for pair in pairs:
        kind = _reason_of_line(pair, evidence)
        if kind is not None:
            found[pair.key] = Explanation(kind)
    for rule in (_other_price, _other_zone, _moved_across_midnight):
        unexplained = [pair for pair in pairs if pair.key not in found]
        found |= rule(unexplained, evidence)
    return found


def _reason_of_line(pair: Pair, evidence: Evidence) -> ReasonKind | None:
    """The reason that a line shows by itself."""
    period = pair.key.period
    if not evidence.in_ledger[period]:
        return "outside_ledger"
    if not evidence.in_invoice[period]:
        return "outside_invoice"
    if abs(pair.difference) <= evidence.tolerance:
        return "agrees"
    if pair.key.item:
        return pair.key.item
    sides = evidence.by_period[period]
    if len(sides) == 1:
        return "no_invoice_day" if "ledger" in sides else "no_ledger_day"
    sides = evidence.by_model[pair.key.model]
    if len(sides) == 1:
        return "ledger_only" if "ledger" in sides else "invoice_only"
    if pair.ledger and pair.invoice:
        return _reason_of_amounts(pair, pair.ledger, pair.invoice, evidence)
    return None


def _reason_of_amounts(
    pair: Pair, ledger: SideTotals, invoice: SideTotals, evidence: Evidence
) -> ReasonKind | None:
    """The reason that the amounts of both sides show."""
    if not ledger.priced:
        return "unpriced"
    rounding = _rounding(pair, evidence)
    if abs(pair.difference) <= rounding:
        return "rounding"
    if _is_cache(pair, ledger, invoice, evidence):
        return "cache"
    if rounding * _PROOF_FACTOR <= abs(pair.difference):
        if abs(2 * invoice.cost - ledger.cost) <= 2 * rounding:
            twice = invoice.tokens and abs(2 * invoice.tokens - ledger.tokens) <= 1
            return "twice" if twice else "half"
        if abs(invoice.cost - 2 * ledger.cost) <= 2 * rounding:
            return "double"
    return None


def _rounding(pair: Pair, evidence: Evidence) -> Fraction:
    """The most that rounding alone can add: half a unit for each rounded amount.

    Many amounts round up and down, so the bound for them is four standard deviations;
    one is sqrt(n / 12) units.
    """
    ledger, invoice = pair.ledger or SideTotals(), pair.invoice or SideTotals()
    return _max_units(ledger.records) + evidence.unit * _max_units(invoice.records)


def _max_units(amounts: int) -> Fraction:
    return min(Fraction(amounts, 2), Fraction(isqrt(4 * amounts // 3) + 1))


def _is_cache(
    pair: Pair, ledger: SideTotals, invoice: SideTotals, evidence: Evidence
) -> bool:
    """Whether the ledger priced cached tokens like uncached ones.

    The invoice bills the two separately, so its price of uncached tokens is known.
    """
    uncached = ledger.input - ledger.cached
    if not (ledger.cached and uncached > 0):
        return False
    if not (invoice.uncached_cost and invoice.cached_cost):
        return False
    at_full_price = Fraction(invoice.uncached_cost * ledger.cached, uncached)
    allowed = _rounding(pair, evidence)
    allowed += Fraction(evidence.unit * ledger.cached, 2 * uncached)
    if allowed * _PROOF_FACTOR > abs(pair.difference):
        return False
    return abs(pair.difference - (invoice.cached_cost - at_full_price)) <= allowed


def _other_price(
    pairs: Sequence[Pair], evidence: Evidence
) -> Mapping[LineKey, Explanation]:
    """Models whose invoice is the same multiple of the ledger on several days."""
    found: dict[LineKey, Explanation] = {}
    for of_model in _by_model(pairs):
        both = [
            (pair, pair.ledger.cost, pair.invoice.cost)
            for pair in of_model
            if pair.ledger and pair.invoice and pair.ledger.cost and pair.invoice.cost
        ]
        # The same amount every day has the same ratio whatever the reason.
        if len({ledger for _, ledger, _ in both}) < _MIN_DAYS:
            continue
        invoiced = sum(invoice for _, _, invoice in both)
        logged = sum(ledger for _, ledger, _ in both)
        ratio = Fraction(invoiced, logged).limit_denominator(1000)
        if all(
            abs(invoice - ledger * ratio) <= _rounding(pair, evidence) * (1 + ratio)
            and _rounding(pair, evidence) * _PROOF_FACTOR <= abs(pair.difference)
            for pair, ledger, invoice in both
        ):
            found |= {pair.key: Explanation("price", ratio) for pair, _, _ in both}
    return found


def _other_zone(
    pairs: Sequence[Pair], evidence: Evidence
) -> Mapping[LineKey, Explanation]:
    """Lines that agree once the ledger's clock is shifted by whole hours."""
    best: list[LineKey] = []
    best_hours = 0
    if evidence.costs_by_shift is None or len(pairs) < _MIN_DAYS:
        return {}
    for hours in _ZONE_HOURS:
        costs = evidence.costs_by_shift(hours)
        agreeing = [
            pair.key
            for pair in pairs
            if pair.invoice
            and abs(pair.invoice.cost - costs.get(pair.key, 0)) <= evidence.tolerance
        ]
        if len(agreeing) > len(best):
            best, best_hours = agreeing, hours
    if len({key.period for key in best}) < _MIN_DAYS or 2 * len(best) < len(pairs):
        return {}
    return dict.fromkeys(best, Explanation("zone", Fraction(best_hours)))


def _moved_across_midnight(
    pairs: Sequence[Pair], evidence: Evidence
) -> Mapping[LineKey, Explanation]:
    """Neighbouring days of which one has too much and the other too little."""
    found: dict[LineKey, Explanation] = {}
    for of_model in _by_model(pairs):
        for pair, following in pairwise(of_model):
            if (
                pair.key not in found
                and following.key.period == pair.key.period + 1
                and pair.difference * following.difference < 0
                and abs(pair.difference + following.difference) <= evidence.tolerance
            ):
                moved = (pair.key, following.key)
                found |= dict.fromkeys(moved, Explanation("midnight"))
    return found


def _by_model(pairs: Sequence[Pair]) -> Iterable[list[Pair]]:
    found: dict[Name, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[pair.key.model].append(pair)
    return found.values()
