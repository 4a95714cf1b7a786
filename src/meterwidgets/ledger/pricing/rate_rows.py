"""The rows of ``rates``: the prices of what occurs in a ledger, and how to apply them.

A row holds the rates of some terms in a period, as whole numbers whose common factor is
a fraction of its own, so that products of tokens and rates stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.pricing.rate_relation import (
    COUNT_FIELDS,
    NOTED_RATES,
    SIDE_PARTS,
    RateRelation,
)
from meterwidgets.ledger.pricing.rates import FEES, KINDS, Rate, Terms
from meterwidgets.ledger.pricing.schedule import DAY_US, FIRST, LAST, Period, schedule
from meterwidgets.zones import EPOCH, midnight

_TERMS = tuple(Terms.__dataclass_fields__)
_UNREDUCED = 1_000_000
_WIDEST = 2**62
_LAST_US = (
    "CASE grain WHEN 'bucket' THEN greatest(start_us, end_us - 1) ELSE start_us END"
)
"""SQL text of the last instant of which a record needs rates."""


def create_rates(ws: Workspace, book: PriceBook, pricing: Pricing) -> RateRelation:
    """Fill ``rates`` with the prices of the terms that occur in ``reported``.

    Args:
        ws: A workspace with ``reported``.
        book: Asked once for each combination of terms, and each change of its price.
        pricing: The pricing mode.
    """
    if book.is_empty:
        return RateRelation()
    by_deployment = any(each.patterns["deployment"] != "*" for each in book.rates)
    terms = [name for name in _TERMS if by_deployment or name != "deployment"]
    columns = ", ".join(map(identifier, terms))
    largest = ", ".join(f"max(abs({name}))" for name in COUNT_FIELDS.values())
    groups = ws.execute(
        f"SELECT min(start_us), max({_LAST_US}), {largest}, {columns} "
        f"FROM {ws.reported} GROUP BY ALL"
    ).fetchall()
    counts = dict(
        zip(
            COUNT_FIELDS,
            map(_largest, list(zip(*groups, strict=True))[2:]),
            strict=False,
        )
    )
    keys = [
        dict(zip(terms, group[2 + len(COUNT_FIELDS) :], strict=True))
        for group in groups
    ]
    rows = []
    for key, (first, last, longest, *_) in zip(keys, groups, strict=True):
        if pricing.as_of is not None:
            first = (midnight(pricing.as_of, book.tz) - EPOCH).days * DAY_US
            first += (midnight(pricing.as_of, book.tz) - EPOCH).seconds * 1_000_000
            last = first + DAY_US - 1
        periods = schedule(book, Terms(**key), first, last)
        for period in periods:
            dated = _undated(period) if pricing.as_of else period
            rows.append((key, _with_window(dated, longest or 0)))
    if not rows:
        return RateRelation()
    return _relation(ws, keys, rows, counts)


def _largest(values: Iterable[int | None]) -> int:
    return max((value or 0 for value in values), default=0)


def _with_window(period: Period, longest: int) -> Period:
    """A period with a context window only where a record exceeds it."""
    window = period.rates.context_window
    if window is None or window < longest:
        return period
    return replace(period, rates=replace(period.rates, context_window=None))


def _undated(period: Period) -> Period:
    return replace(period, from_us=FIRST, until_us=LAST)


def _relation(
    ws: Workspace,
    keys: Sequence[Mapping[str, Any]],
    rows: Sequence[tuple[Mapping[str, Any], Period]],
    counts: Mapping[str, int],
) -> RateRelation:
    """Insert rows of rates, and say how records are priced by them.

    Args:
        ws: The workspace.
        keys: The terms that occur.
        rows: Terms, and a period of their price.
        counts: Kind of rate -> the largest count that it is for.
    """
    applied = [period.rates.applied() for _, period in rows]
    separate = _separate_kinds(applied, counts)
    used = {"input", "output", *separate}
    reduced = [_reduced({kind: rates[kind] for kind in used}) for rates in applied]
    tokens = counts["input"] + counts["output"]
    widest = tokens * max(
        max(filter(None, scaled.values()), default=0) * numerator
        for scaled, numerator, _ in reduced
    )
    dearest = max(max((r or 0 for r in rates.values()), default=0) for rates in applied)
    fees = _largest_fees([period for _, period in rows], counts)
    owed = sum(fees.values())
    relation = RateRelation(
        conditions=tuple(_conditions(keys, [period for _, period in rows])),
        separate=frozenset(separate),
        unknown=frozenset(
            k for k in used if any(rates[k] is None for rates in applied)
        ),
        fees=tuple(fees),
        number="BIGINT" if widest < _WIDEST else "HUGEINT",
        is_whole=all(denominator == 1 for *_, denominator in reduced),
        can_overflow=bool(tokens * dearest // _UNREDUCED + owed >= 10**18),
    )
    _insert(ws, [
        {**key, **_times(period), **_of_rates(period), "numerator": numerator,
         "denominator": denominator}
        | {f"rate_{kind}": rate for kind, rate in scaled.items()}
        for (key, period), (scaled, numerator, denominator)
        in zip(rows, reduced, strict=True)
    ], relation.number)  # fmt: skip
    return relation


def _separate_kinds(
    applied: Sequence[Mapping[str, Rate | None]], counts: Mapping[str, int]
) -> set[str]:
    """The kinds of token that occur and have another rate than their side."""
    return {
        kind
        for side, parts in SIDE_PARTS.items()
        for kind in parts
        if counts[kind] and any(rates[kind] != rates[side] for rates in applied)
    }


def _largest_fees(
    periods: Sequence[Period], counts: Mapping[str, int]
) -> dict[str, int]:
    """Fee that a record may owe -> the most that one can owe, in nano-units."""
    highest = {fee: max(getattr(p.rates, fee) or 0 for p in periods) for fee in FEES}
    return {
        fee: n * highest[fee] for fee in FEES if (n := counts[fee]) and highest[fee]
    }


def _reduced(
    rates: Mapping[str, Rate | None],
) -> tuple[dict[str, int | None], int, int]:
    """Rates in their smallest whole ratio, and what makes them nano-units a token.

    Examples:
        >>> _reduced({"input": 2_500_000_000, "output": 10_000_000_000})
        ({'input': 1, 'output': 4}, 2500, 1)
    """
    finest = lcm(*(Fraction(rate).denominator for rate in rates.values() if rate))
    whole: dict[str, int | None] = {
        kind: None if rate is None else int(rate * finest)
        for kind, rate in rates.items()
    }
    common = gcd(*(rate for rate in whole.values() if rate)) or 1
    scaled = {kind: rate and rate // common for kind, rate in whole.items()}
    unit = Fraction(common, finest * _UNREDUCED)
    return scaled, unit.numerator, unit.denominator


def _conditions(
    keys: Sequence[Mapping[str, Any]], periods: Sequence[Period]
) -> Iterable[str]:
    """SQL conditions that find the rates of a record: those that tell some apart."""
    for name in keys[0]:
        if len({key[name] for key in keys}) > 1:
            yield f"l.{identifier(name)} IS NOT DISTINCT FROM r.{identifier(name)}"
    edges = {(each.from_us, each.until_us) for each in periods}
    if edges != {(FIRST, LAST)}:
        yield "l.start_us >= r.from_us AND l.start_us < r.until_us"
    if {(each.day_from_us, each.day_until_us) for each in periods} != {(FIRST, LAST)}:
        time = f"l.start_us % {DAY_US}"
        yield f"{time} >= r.day_from_us AND {time} < r.day_until_us"
    if any(each.is_by_length for each in periods):
        yield f"{_LENGTH} > r.above AND {_LENGTH} <= r.below"
    yield "true"


_LENGTH = """CASE WHEN l.context_tokens IS NOT NULL THEN l.context_tokens
  WHEN l.grain = 'bucket' THEN 0 ELSE coalesce(l.input_tokens, 0) END"""
"""SQL text of the input tokens that decide on the tier of a record."""


def _times(period: Period) -> dict[str, int]:
    names = ("from_us", "until_us", "day_from_us", "day_until_us", "above", "below")
    return {name: getattr(period, name) for name in names}


def _of_rates(period: Period) -> dict[str, Any]:
    """The columns of ``rates`` that say what holds, and what notes look at."""
    rates = asdict(period.rates)
    return {
        "basis": period.rates.basis,
        "rate_currency": period.rates.currency,
        "any_service": period.rates.any_service,
        "is_by_length": period.is_by_length,
        "is_cached_media_apart": period.rates.is_cached_media_apart,
        "context_window": period.rates.context_window,
        **{fee: rates[fee] for fee in FEES},
        **{column: _noted(rates[kind]) for column, kind in NOTED_RATES.items()},
    }


def _noted(rate: Rate | None) -> int | None:
    return None if rate is None else round(rate)


def _insert(ws: Workspace, rows: Sequence[Mapping[str, Any]], number: str) -> None:
    import pyarrow as pa

    texts = {*_TERMS, "basis", "rate_currency"}
    truths = {"any_service", "is_by_length", "is_cached_media_apart"}
    kinds = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(truths, pa.bool_())}
    schema = pa.schema([(name, kinds.get(name, pa.int64())) for name in rows[0]])
    scaled = ("numerator", "denominator", *(f"rate_{kind}" for kind in KINDS))
    wide = ", ".join(f"{n}::{number} AS {n}" for n in rows[0] if n in scaled)
    with ws.registered(pa.Table.from_pylist([*rows], schema=schema)) as new:
        ws.create(ws.rates, f"SELECT * REPLACE ({wide}) FROM {new}")
