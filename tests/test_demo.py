"""The demo ledger: the same on every run, like a real platform, all priced."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from meterwidgets.context import demo_usage
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.ledger import demo
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import Insight, insights
from meterwidgets.metrics.totals import totals
from meterwidgets.metrics.trend import trend

DIGEST = "5df01b872d94d26990653eab5dec9af20f6bba9cc8d3f7da40a8f3d02b1d7f92"
SPIKE = datetime(2026, 2, 22, tzinfo=UTC)  # the last day, where a reader looks


@pytest.fixture(scope="module")
def usage() -> UsageFrame:
    return demo_usage()


def digest() -> str:
    table = demo.table()
    found = hashlib.sha256()
    for name in sorted(table.column_names):
        column = table[name].combine_chunks()
        found.update(f"{name} {column.type} {column.null_count}".encode())
        if column.type == "string":
            found.update("\0".join(column.to_pylist()).encode())
        else:
            found.update(column.cast("int64").to_numpy().astype("<i8").tobytes())
    return found.hexdigest()


def test_it_is_the_same_on_every_run_and_machine() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    assert digest() == digest() == DIGEST
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]


def test_it_covers_90_days_and_says_that_it_is_a_demo(usage: UsageFrame) -> None:
    assert usage.demo
    assert usage.coverage.first == datetime(2025, 11, 25, tzinfo=UTC)
    assert usage.coverage.end == datetime(2026, 2, 23, tzinfo=UTC)
    assert usage.coverage.end - usage.coverage.first == timedelta(days=90)
    daily = trend(usage.select(), bucket="day").series[0].points
    assert len(daily) == 90
    assert all(point.records for point in daily)


def test_it_has_several_of_everything(usage: UsageFrame) -> None:
    counts = {
        by: len(breakdown(usage.select(), by).rows)
        for by in ("org", "project", "deployment", "model", "endpoint", "user")
    }
    assert counts.pop("user") >= 100
    assert counts == {
        "org": 4,
        "project": 7,
        "deployment": 7,
        "model": 7,
        "endpoint": 3,
    }
    for by in ("org", "deployment", "user"):
        assert all(row.id for row in breakdown(usage.select(), by).rows)


def test_all_of_it_is_priced_by_side(usage: UsageFrame) -> None:
    amounts = totals(usage.select()).amounts
    assert amounts.cost
    assert (
        amounts.unpriced_tokens == amounts.unsplit_cost == amounts.estimated_cost == 0
    )
    assert amounts.cost == (amounts.input_cost or 0) + (amounts.output_cost or 0)
    assert usage.currencies == ("USD",)
    assert (usage.quality.rejected, usage.quality.duplicates) == (0, 0)


def test_it_has_a_daily_rhythm_and_quiet_weekends(usage: UsageFrame) -> None:
    week = Filters(
        start=datetime(2026, 1, 5, tzinfo=UTC), end=datetime(2026, 1, 12, tzinfo=UTC)
    )
    points = trend(usage.select(week), bucket="hour").series[0].points
    records = np.array([point.records for point in points]).reshape(7, 24)
    by_hour = records.sum(axis=0)
    assert by_hour[10:17].min() > 3 * by_hour[20:23].max()
    assert by_hour[2] > by_hour[1] + by_hour[4]  # the nightly batch
    assert records[:5].sum(axis=1).min() > 1.5 * records[5:].sum(axis=1).max()


def test_a_few_people_do_most_of_the_work(usage: UsageFrame) -> None:
    rows = breakdown(usage.select(), "user").rows
    first = rows[: len(rows) // 5]
    assert sum(row.share or 0 for row in first) > 0.6


def test_the_insight_finds_the_spike_on_its_day(usage: UsageFrame) -> None:
    def spikes(end: datetime) -> list[Insight]:
        found = insights(usage.select(Filters(end=end)))
        return [each for each in found if each.rule == "spike"]

    (found,) = spikes(SPIKE + timedelta(days=1))
    assert found.title == "Spend spike on Sunday, Feb 22"
    assert "on the eight previous Sundays" in found.text
    assert "deepseek-r1-distill-70b rose to" in found.text
    assert spikes(SPIKE) == []


def test_the_day_of_the_spike_is_the_dearest(usage: UsageFrame) -> None:
    daily = trend(usage.select(), bucket="day")
    costs = [point.cost or 0 for point in daily.series[0].points]
    assert daily.start[costs.index(max(costs))] == SPIKE
