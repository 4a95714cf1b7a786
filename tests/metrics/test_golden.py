"""The worked example of METRICS: from 144 raw requests to every figure and text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from meterwidgets.frame.filters import Filters, Preset
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.text import axes, formats, percentages, times
from meterwidgets.metrics.totals import compared, totals
from meterwidgets.metrics.trend import trend

DEPLOYMENT = "qwen-cpu-deployment"
WORDS = (
    "All cost is concentrated in a single model. Consider exploring additional models "
    "for better flexibility and risk distribution."
)


def test_spend_and_run_rate(golden: UsageFrame) -> None:
    found = totals(golden.select())
    amounts = found.amounts
    assert (amounts.input_cost, amounts.output_cost) == (56_000_000, 104_000_000)
    assert (amounts.cost, amounts.unsplit_cost) == (160_000_000, 0)
    assert found.run_rate == 160_000_000
    assert formats.money(amounts.cost) == "$0.16"
    assert f"{formats.money(found.run_rate)}/day" == "$0.16/day"
    assert formats.money(amounts.input_cost) == "$0.06"
    assert formats.money(amounts.output_cost) == "$0.10"


def test_the_window_is_that_day(golden: UsageFrame) -> None:
    selection = golden.select()
    assert times.window(selection.window) == "Feb 22, 2026"
    assert times.duration(totals(selection).elapsed) == "1 day"
    assert times.data_until(golden.coverage.end, "UTC") == "Data until Feb 22, 2026"


def test_splits(golden: UsageFrame) -> None:
    amounts = totals(golden.select()).amounts
    tokens = [amounts.input_tokens or 0, amounts.output_tokens or 0]
    assert tokens == [28_000, 26_000]
    assert percentages.split_shares(tokens) == ["52%", "48%"]
    costs = [amounts.input_cost or 0, amounts.output_cost or 0]
    assert percentages.split_shares(costs) == ["35%", "65%"]
    assert Fraction(tokens[0], sum(tokens)) == Fraction(14, 27)  # 51.85 %


def test_rates_per_1k(golden: UsageFrame) -> None:
    amounts = totals(golden.select()).amounts
    assert amounts.rate_per_1k == Fraction(160_000_000, 54)
    assert formats.rate(amounts.rate_per_1k) == "$0.0030"
    assert formats.rate(amounts.input_rate_per_1k) == "$0.0020"
    assert formats.rate(amounts.output_rate_per_1k) == "$0.0040"


def test_efficiency_is_of_the_whole_and_not_a_mean(golden: UsageFrame) -> None:
    amounts = totals(golden.select()).amounts
    assert amounts.tokens_per_unit == 337_500
    assert formats.count(amounts.tokens_per_unit) == "338K"
    assert formats.count_exact(amounts.tokens_per_unit) == "337,500"
    assert formats.count(amounts.input_per_unit) == "500K"
    assert formats.count(amounts.output_per_unit) == "250K"


def test_the_trend_has_twelve_hours(golden: UsageFrame) -> None:
    drawn = trend(golden.select(), by="deployment")
    assert (drawn.bucket, len(drawn.start), drawn.unfinished) == ("hour", 12, False)
    (series,) = drawn.series
    costs = [point.cost or 0 for point in series.points]
    assert sum(costs) == 160_000_000
    assert all(13_300_000 < cost < 13_400_000 for cost in costs)
    assert series.name == DEPLOYMENT
    ticks = [0, 5_000_000, 10_000_000, 15_000_000]
    assert axes.number_labels(ticks, "USD") == ["$0", "$0.005", "$0.010", "$0.015"]


def test_one_organization_and_one_model_have_everything(golden: UsageFrame) -> None:
    for by, name in [
        ("org", "Acme"),
        ("deployment", DEPLOYMENT),
        ("model", DEPLOYMENT),
    ]:
        (row,) = breakdown(golden.select(), by).rows
        assert (row.id, row.name, row.share) == (name, name, 1)
        assert percentages.share(row.share) == "100.0%"
        assert percentages.shares([row.amounts.cost or 0]) == ["100.0%"]
        assert row.amounts.cost == 160_000_000
    found = totals(golden.select())
    assert (found.models, found.top_model) == (1, DEPLOYMENT)
    assert formats.plural(1, "model") == "1 model"
    assert found.amounts.requests == 144


def test_the_insight_says_its_exact_words(golden: UsageFrame) -> None:
    (insight,) = insights(golden.select())
    assert (insight.rule, insight.severity) == ("single_model", "info")
    assert insight.title == "Single Model Usage"
    assert insight.text == WORDS


def test_one_side_of_it(golden: UsageFrame) -> None:
    found = totals(golden.select(Filters(cost_type="output")))
    assert (found.amounts.cost, found.amounts.tokens) == (104_000_000, 26_000)
    assert formats.rate(found.amounts.rate_per_1k) == "$0.0040"
    assert formats.count(found.amounts.tokens_per_unit) == "250K"
    assert (found.amounts.requests, found.models) == (144, 1)


def test_its_coverage_line_by_line(golden: UsageFrame) -> None:
    day = datetime(2026, 2, 22, tzinfo=UTC)
    assert golden.coverage.last == day + timedelta(hours=11, minutes=55, seconds=1)
    presets: tuple[Preset, ...] = ("today", "all")
    for preset in presets:
        selection = golden.select(Filters(preset=preset))
        window = selection.window
        assert (window.start, window.end) == (day, day + timedelta(days=1))
        assert golden.coverage.overlap(window.start, window.end) == timedelta(days=1)
        found = totals(selection)
        assert found.run_rate is not None
        assert f"{formats.money(found.run_rate)}/day" == "$0.16/day"
        assert times.elapsed(found.elapsed, timedelta(days=1)) == "1 day"
        assert compared(selection) is None
        drawn = trend(selection)
        assert (drawn.start[0], drawn.end) == (day, day + timedelta(hours=12))
    rolling = golden.select(Filters(preset="24h"))
    assert rolling.window.end == day + timedelta(hours=11, minutes=56)
    found = totals(rolling)
    assert found.elapsed == timedelta(hours=11, minutes=56)
    assert f"{formats.money(found.run_rate)}/day" == "$0.32/day"
    assert compared(rolling) is None
    hour = golden.select(Filters(preset="1h"))
    assert hour.window.start == day + timedelta(hours=10, minutes=56)
    assert hour.window.end == day + timedelta(hours=11, minutes=56)
    assert totals(hour).amounts.requests == 12
    assert compared(hour) is None
