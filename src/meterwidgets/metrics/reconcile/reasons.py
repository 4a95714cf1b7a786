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

from meterwidgets.metrics.reconcile.model_names import Name
from meterwidgets.metrics.reconcile.pairs import Cell, Key, Pair

CENT = 10_000_000
"""In nano-units: the coarsest rounding that an invoice is believed to have."""

_PROOF = 20
"""A ratio proves something only where rounding is so many times smaller."""
_DAYS = 3
"""As many days must agree before a price, or a zone, is taken for the reason."""
_HOURS = sorted({*range(-14, 15)} - {0}, key=abs)
"""Zones are up to so far from UTC; where several fit, the nearest is named."""

Why = tuple[str, Fraction | None]
"""The kind of a reason, and its ratio or hours where it has any."""

AGREES = "agrees"


@dataclass(frozen=True)
class Facts:
    """What the lines as a whole tell of each of them.

    Attributes:
        tolerance: Differences up to it agree; nano-units.
        unit: What the invoice rounds its amounts to, at most a cent; nano-units.
        in_ledger: Steps that the ledger covers, with or without usage.
        in_invoice: Steps that the invoice covers.
        by_step: Step -> the sides that have a record then.
        by_model: Model -> the sides that have it on any day that both cover.
        shifted: Hours -> what the lines would cost in the ledger if its clock was off
            by so much; None where the ledger has no hours.
    """

    tolerance: int
    unit: int
    in_ledger: Sequence[bool]
    in_invoice: Sequence[bool]
    by_step: Mapping[int, set[str]]
    by_model: Mapping[Name, set[str]]
    shifted: Callable[[int], Mapping[Key, int]] | None = None


def facts_of(
    rows: Sequence[Pair],
    *,
    tolerance: int,
    covered: Sequence[Sequence[bool]],
    shifted: Callable[[int], Mapping[Key, int]] | None = None,
) -> Facts:
    """The facts about some lines; ``covered`` is of the ledger, then the invoice."""
    in_ledger, in_invoice = covered
    by_step: dict[int, set[str]] = defaultdict(set)
    by_model: dict[Name, set[str]] = defaultdict(set)
    for row in rows:
        for side in ("ledger", "invoice"):
            if getattr(row, side) is not None:
                by_step[row.key.step].add(side)
                if in_ledger[row.key.step] and in_invoice[row.key.step]:
                    by_model[row.key.model].add(side)
    unit = CENT
    for row in rows:
        while row.invoice and row.invoice.cost % unit:
            unit //= 10
    return Facts(tolerance, unit, in_ledger, in_invoice, by_step, by_model, shifted)


def explained(rows: Sequence[Pair], facts: Facts) -> dict[Key, Why]:
    """The reason of each line that has one, in the order of their proof."""
    found: dict[Key, Why] = {}
    for row in rows:
        kind = _of_one(row, facts)
        if kind:
            found[row.key] = kind, None
    for rule in (_price, _zone, _midnight):
        left = [row for row in rows if row.key not in found]
        found |= rule(left, facts)
    return found


def _of_one(row: Pair, facts: Facts) -> str:
    """The reason that a line shows by itself, or nothing."""
    step = row.key.step
    if not facts.in_ledger[step]:
        return "outside_ledger"
    if not facts.in_invoice[step]:
        return "outside_invoice"
    if abs(row.difference) <= facts.tolerance:
        return AGREES
    if row.key.item:
        return row.key.item
    sides = facts.by_step[step]
    if len(sides) == 1:
        return "no_invoice_day" if "ledger" in sides else "no_ledger_day"
    sides = facts.by_model[row.key.model]
    if len(sides) == 1:
        return "ledger_only" if "ledger" in sides else "invoice_only"
    if row.ledger and row.invoice:
        return _of_both(row, row.ledger, row.invoice, facts)
    return ""


def _of_both(row: Pair, ours: Cell, theirs: Cell, facts: Facts) -> str:
    if not ours.priced:
        return "unpriced"
    rounding = _rounding(row, facts)
    if abs(row.difference) <= rounding:
        return "rounding"
    if _is_cache(row, ours, theirs, facts):
        return "cache"
    if rounding * _PROOF <= abs(row.difference):
        if abs(2 * theirs.cost - ours.cost) <= 2 * rounding:
            twice = theirs.tokens and abs(2 * theirs.tokens - ours.tokens) <= 1
            return "twice" if twice else "half"
        if abs(theirs.cost - 2 * ours.cost) <= 2 * rounding:
            return "double"
    return ""


def _rounding(row: Pair, facts: Facts) -> Fraction:
    """What rounding alone may make: half a unit for each amount that was rounded.

    Of many amounts less, since they go up and down: four standard deviations, one
    being sqrt(n / 12) units.
    """
    ours, theirs = row.ledger or Cell(), row.invoice or Cell()
    return _at_most(ours.records) + facts.unit * _at_most(theirs.records)


def _at_most(amounts: int) -> Fraction:
    return min(Fraction(amounts, 2), Fraction(isqrt(4 * amounts // 3) + 1))


def _is_cache(row: Pair, ours: Cell, theirs: Cell, facts: Facts) -> bool:
    """Whether the ledger has cached tokens at the price of those that are not.

    The invoice bills both apart, so its price of fresh tokens is known.
    """
    fresh = ours.input - ours.cached
    if not (ours.cached and fresh > 0 and theirs.fresh_cost and theirs.cached_cost):
        return False
    at_full_price = Fraction(theirs.fresh_cost * ours.cached, fresh)
    allowed = _rounding(row, facts) + Fraction(facts.unit * ours.cached, 2 * fresh)
    if allowed * _PROOF > abs(row.difference):
        return False
    return abs(row.difference - (theirs.cached_cost - at_full_price)) <= allowed


def _price(rows: Sequence[Pair], facts: Facts) -> Mapping[Key, Why]:
    """Models whose invoice is the same multiple of the ledger on several days."""
    found: dict[Key, Why] = {}
    for lines in _by_model(rows):
        both = [row for row in lines if _bills_both(row)]
        ours = [row.ledger.cost for row in both if row.ledger]
        if len(set(ours)) < _DAYS:  # the same amount each day has a ratio anyway
            continue
        theirs = [row.invoice.cost for row in both if row.invoice]
        ratio = Fraction(sum(theirs), sum(ours)).limit_denominator(1000)
        if all(
            abs(bill - cost * ratio) <= _rounding(row, facts) * (1 + ratio)
            and _rounding(row, facts) * _PROOF <= abs(row.difference)
            for row, cost, bill in zip(both, ours, theirs, strict=True)
        ):
            found |= {row.key: ("price", ratio) for row in both}
    return found


def _bills_both(row: Pair) -> bool:
    return bool(row.ledger and row.invoice and row.ledger.cost and row.invoice.cost)


def _zone(rows: Sequence[Pair], facts: Facts) -> Mapping[Key, Why]:
    """Lines that agree if the ledger's clock is set by some whole hours."""
    best: list[Key] = []
    hours = 0
    if facts.shifted is None or len(rows) < _DAYS:
        return {}
    for each in _HOURS:
        cost = facts.shifted(each)
        agree = [
            row.key
            for row in rows
            if row.invoice
            and abs(row.invoice.cost - cost.get(row.key, 0)) <= facts.tolerance
        ]
        if len(agree) > len(best):
            best, hours = agree, each
    if len({key.step for key in best}) < _DAYS or 2 * len(best) < len(rows):
        return {}
    return {key: ("zone", Fraction(hours)) for key in best}


def _midnight(rows: Sequence[Pair], facts: Facts) -> Mapping[Key, Why]:
    """What one day has too much and the next one too little."""
    found: dict[Key, Why] = {}
    for lines in _by_model(rows):
        for row, after in pairwise(lines):
            here, there = row.difference, after.difference
            if (
                row.key not in found
                and after.key.step == row.key.step + 1
                and here * there < 0
                and abs(here + there) <= facts.tolerance
            ):
                found |= dict.fromkeys((row.key, after.key), ("midnight", None))
    return found


def _by_model(rows: Sequence[Pair]) -> Iterable[list[Pair]]:
    found: dict[Name, list[Pair]] = defaultdict(list)
    for row in rows:
        found[row.key.model].append(row)
    return found.values()
