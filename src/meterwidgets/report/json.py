"""``report --format json``: stable names, exact values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import Amounts
from meterwidgets.metrics.bill_credits import selected_credits
from meterwidgets.metrics.breakdown import Breakdown, breakdown
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.notes import notes_of
from meterwidgets.metrics.text.formats import decimal_text, rounded
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import trend

SCHEMA = 1
"""Grows when a name is renamed or dropped; additions leave it."""


def report(selection: Selection) -> dict[str, Any]:
    """The figures of a selection as JSON values.

    Args:
        selection: What to report; every filter applies.

    Returns:
        Money is decimal text with nine decimals, counts are integers, null is
        unknown; rows by cost, then tokens, then name.
    """
    quality = selection.frame.quality
    return {
        "schema": SCHEMA,
        **time_range(selection),
        "currency": selection.currency,
        "pricing": selection.frame.pricing,
        "totals": _totals(selection),
        "by": {
            name: _rows(breakdown(selection, name))
            for name in selection.frame.dimensions.breakdowns
        },
        "trend": _trend(selection),
        "insights": [
            {
                "rule": each.rule,
                "severity": each.severity,
                "title": each.title,
                "text": each.text,
            }
            for each in insights(selection)
        ],
        "quality": {
            **_counts(selection),
            "assumed_tz": quality.assumed_tz,
            "notes": notes_of(selection),
        },
    }


def time_range(selection: Selection) -> dict[str, Any]:
    """The window of a selection, and until when there is data."""
    window, coverage = selection.window, selection.frame.coverage
    return {
        "window": {
            "start": instant(window.start),
            "end": instant(window.end),
            "tz": window.tz,
        },
        "as_of": instant(coverage.end),
        "coverage": {
            "first": instant(coverage.first),
            "last": instant(coverage.last),
            "end": instant(coverage.end),
            "partial": coverage.is_partial,
        },
    }


def dumps(selection: Selection) -> str:
    """The report as JSON text, a key a line."""
    return json.dumps(report(selection), indent=1, ensure_ascii=False)


def instant(value: datetime) -> str:
    """An instant in UTC.

    Examples:
        >>> instant(datetime(2026, 2, 22, tzinfo=UTC))
        '2026-02-22T00:00:00Z'
    """
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _totals(selection: Selection) -> dict[str, Any]:
    headline = totals(selection)
    amounts = headline.amounts
    return {
        **_money(amounts),
        "unsplit_cost": decimal_text(amounts.unsplit_cost),
        "tokens": amounts.tokens,
        "input_tokens": amounts.input_tokens,
        "output_tokens": amounts.output_tokens,
        "cache_read_tokens": amounts.cache_read_tokens,
        "reasoning_tokens": amounts.reasoning_tokens,
        "requests": amounts.requests,
        "models": headline.models,
        "top_model": headline.top_model,
        "rate_per_1k": decimal_text(amounts.rate_per_1k),
        "tokens_per_unit": _one_decimal(amounts.tokens_per_unit),
        "elapsed_days": _days(headline.elapsed),
        "run_rate_per_day": decimal_text(headline.run_rate),
        "unpriced_tokens": amounts.unpriced_tokens,
        "cost_without_tokens": decimal_text(amounts.cost_without_tokens),
        "negative_cost": decimal_text(amounts.negative_cost),
        "credits": decimal_text(selected_credits(selection)),
        "fee_cost": decimal_text(amounts.fee_cost),
        "cache_write_tokens": amounts.cache_write_tokens,
    }


def _counts(selection: Selection) -> dict[str, int | None]:
    """The records of a selection; of what was left out only the whole is known."""
    quality = selection.frame.quality
    if selection.filters.chosen:
        records = int(selection.sums()["records"])
        return {"records": records, "rejected": None, "duplicates": None}
    names = ("records", "rejected", "duplicates")
    return {name: getattr(quality, name) for name in names}


def _money(amounts: Amounts) -> dict[str, str | None]:
    return {
        "cost": decimal_text(amounts.cost),
        "input_cost": decimal_text(amounts.input_cost),
        "output_cost": decimal_text(amounts.output_cost),
    }


def _days(length: timedelta) -> float:
    """A length of time in days, to a tenth of a second."""
    return round(length / timedelta(days=1), 6)


def _one_decimal(value: Fraction | None) -> str | None:
    return None if value is None else f"{rounded(value, 1):f}"


def _rows(ranked: Breakdown) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name": row.name,
            **_money(row.amounts),
            "tokens": row.amounts.tokens,
            "input_tokens": row.amounts.input_tokens,
            "output_tokens": row.amounts.output_tokens,
            "requests": row.amounts.requests,
            "unpriced_tokens": row.amounts.unpriced_tokens,
            "share": None if row.share is None else float(row.share),
            "fee_cost": decimal_text(row.amounts.fee_cost),
            "cost_without_tokens": decimal_text(row.amounts.cost_without_tokens),
            "negative_cost": decimal_text(row.amounts.negative_cost),
        }
        for row in ranked.rows
    ]


def _trend(selection: Selection) -> dict[str, Any]:
    over_time = trend(selection, by="deployment")

    def over(points: Sequence[Amounts], name: str) -> list[Any]:
        return [getattr(point, name) for point in points]

    return {
        "bucket": over_time.bucket,
        "start": [instant(start) for start in over_time.start],
        "partial": {
            "first": over_time.is_first_partial,
            "last": over_time.unfinished,
        },
        "series": [
            {
                "name": series.name,
                "cost": [decimal_text(cost) for cost in over(series.points, "cost")],
                "input_tokens": over(series.points, "input_tokens"),
                "output_tokens": over(series.points, "output_tokens"),
            }
            for series in over_time.series
        ],
    }
