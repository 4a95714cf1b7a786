"""Every figure of the real ledgers, computed a second time in plain Python."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import meterwidgets as mw

Shared = Callable[[str], Path]


def nano(amount: Decimal) -> int:
    return int(amount.scaleb(9).to_integral_value(ROUND_HALF_EVEN))


def no_prices() -> mw.PriceBook:
    return mw.PriceBook(catalogue=False)


def days(usage: mw.UsageFrame, tz: str) -> dict[date, dict[str, int]]:
    """The sums of each calendar day, each by its own query."""
    first = usage.coverage.first.astimezone(ZoneInfo(tz)).date()
    last = (usage.coverage.end - timedelta(seconds=1)).astimezone(ZoneInfo(tz)).date()
    found = {}
    day = first
    while day <= last:
        filters = mw.Filters(start=day, end=day + timedelta(days=1), tz=tz)
        sums = usage.select(filters).sums()
        if sums["records"]:
            found[day] = sums
        day += timedelta(days=1)
    return found


# Aider: a developer's log


@pytest.fixture(scope="module")
def aider(shared: Shared) -> tuple[mw.UsageFrame, list[dict[str, object]]]:
    path = shared("aider/aider_message_send.jsonl")
    rows = [
        {"at": datetime.fromtimestamp(row["time"], UTC), "user": row["user_id"]}
        | row["properties"]
        for line in path.read_text().splitlines()
        if (row := json.loads(line, parse_float=Decimal))["event"] == "message_send"
    ]
    return mw.read_usage(path, prices=no_prices(), rejects=None), rows


def test_aiders_cost_is_the_one_recorded(aider) -> None:  # type: ignore[no-untyped-def]
    usage, rows = aider
    sums = usage.select().sums()
    cost = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert cost == sum(nano(Decimal(row["cost"])) for row in rows)
    assert cost == 10182_450558136
    assert "4,410 records cost 10182.450558136 USD, recorded in the ledger" in (
        usage.quality.notes
    )


def test_aiders_tokens_are_the_ones_recorded(aider) -> None:  # type: ignore[no-untyped-def]
    usage, rows = aider
    sums = usage.select().sums()
    assert sums["records"] == sums["requests"] == len(rows) == 5507
    assert sums["input_tokens"] == sum(row["prompt_tokens"] for row in rows)
    assert sums["output_tokens"] == sum(row["completion_tokens"] for row in rows)


def test_aiders_zero_is_no_price_without_a_price_list(aider) -> None:  # type: ignore[no-untyped-def]
    """A message without tokens costs nothing at any price."""
    usage, rows = aider
    zero = [row for row in rows if row["cost"] == 0 and row["total_tokens"]]
    assert len(zero) == 1097
    assert usage.select().sums()["priced"] == len(rows) - len(zero)


def test_aiders_breakdowns_are_the_ones_counted_by_hand(aider) -> None:  # type: ignore[no-untyped-def]
    usage, rows = aider
    for dimension, key in (("model", "main_model"), ("user", "user")):
        expected: dict[object, Counter[str]] = defaultdict(Counter)
        for row in rows:
            name = None if row[key] == "None" else row[key]  # Aider had no name for it
            expected[name]["input_tokens"] += row["prompt_tokens"]
            expected[name]["cost"] += nano(Decimal(row["cost"]))
        found = usage.select().by(dimension)
        assert set(found) == set(expected)
        for name, sums in found.items():
            assert sums["input_tokens"] == expected[name]["input_tokens"]
            costs = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
            assert costs == expected[name]["cost"]


@pytest.mark.parametrize("tz", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_aiders_days_are_the_ones_of_the_calendar(aider, tz: str) -> None:  # type: ignore[no-untyped-def]
    usage, rows = aider
    expected: Counter[date] = Counter()
    for row in rows:
        expected[row["at"].astimezone(ZoneInfo(tz)).date()] += row["prompt_tokens"]
    found = days(usage, tz)
    assert {day: sums["input_tokens"] for day, sums in found.items()} == expected


def test_aiders_anomaly_is_there(aider) -> None:  # type: ignore[no-untyped-def]
    """One message costs 9,990.01 USD; it is a record as any other."""
    usage, rows = aider
    worst = max(rows, key=lambda row: row["cost"])
    at = worst["at"].replace(minute=worst["at"].minute // 15 * 15, second=0)
    filters = mw.Filters(start=at, end=at + timedelta(minutes=15))
    sums = usage.select(filters).sums()
    cost = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert cost >= nano(worst["cost"]) > 9_990_000_000_000


# Azure: production traces without a model


def azure_rows(path: Path) -> list[tuple[datetime, int, int]]:
    lines = path.read_bytes().decode().split("\r\n")
    return [
        (datetime.fromisoformat(at[:26]).replace(tzinfo=UTC), int(read), int(made))
        for at, read, made in (line.split(",") for line in lines[1:] if line)
    ]


def test_both_azure_traces_are_read_to_the_last_row(shared: Shared) -> None:
    folder = shared("azure2023")
    rows = [row for path in sorted(folder.iterdir()) for row in azure_rows(path)]
    usage = mw.read_usage(folder, prices=no_prices(), rejects=None)
    sums = usage.select().sums()
    assert sums["records"] == len(rows) == 28_185
    assert usage.quality.duplicates == usage.quality.rejected == 0
    assert sums["input_tokens"] == sum(read for _, read, _ in rows)
    assert sums["output_tokens"] == sum(made for _, _, made in rows)
    assert sums["priced"] == 0


def test_azures_minutes_are_those_of_its_seven_digits(shared: Shared) -> None:
    path = shared("azure2023/AzureLLMInferenceTrace_code.csv")
    expected: Counter[datetime] = Counter()
    for at, read, _ in azure_rows(path):
        expected[at.replace(second=0, microsecond=0)] += read
    usage = mw.read_usage(path, prices=no_prices(), rejects=None)
    table = usage.to_arrow().to_pylist()
    assert {row["start"]: row["input_tokens"] for row in table} == expected


def test_azures_timestamps_have_an_assumed_zone_that_is_said(shared: Shared) -> None:
    path = shared("azure2023/AzureLLMInferenceTrace_code.csv")
    usage = mw.read_usage(path, prices=no_prices(), rejects=None)
    assert usage.quality.assumed_tz
    assert any("line 2: no time zone; " in note for note in usage.quality.notes)


# ServeGen: buckets of tenants, priced by a rate table

RATES = {
    "deepseek-r1": ("0.55", "2.19"),
    "m-large": ("2.4", "9.6"),
    "*": ("0.000000001", "0.123456789"),
}


@pytest.fixture(scope="module")
def servegen(shared: Shared) -> tuple[mw.UsageFrame, list[dict[str, str]]]:
    path = shared("servegen/usage_600s.csv")
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    book = mw.PriceBook.parse(
        [{"model": m, "input": i, "output": o} for m, (i, o) in RATES.items()],
        catalogue=False,
    )
    return mw.read_usage(path, prices=book, rejects=None), rows


def servegen_cost(row: dict[str, str]) -> tuple[int, int]:
    """Input and output cost in billionths, each rounded once."""
    read, made = RATES.get(row["model"], RATES["*"])
    million = Decimal(1_000_000)
    return (
        nano(int(row["prompt_tokens"]) * Decimal(read) / million),
        nano(int(row["completion_tokens"]) * Decimal(made) / million),
    )


def test_servegen_is_read_to_the_last_bucket(servegen) -> None:  # type: ignore[no-untyped-def]
    usage, rows = servegen
    sums = usage.select().sums()
    assert sums["records"] == len(rows) == 152_711
    for measure, column in (
        ("requests", "requests"),
        ("input_tokens", "prompt_tokens"),
        ("output_tokens", "completion_tokens"),
        ("reasoning_tokens", "reasoning_tokens"),
    ):
        assert sums[measure] == sum(int(row[column]) for row in rows)


def test_servegens_tenants_cost_what_the_rate_table_says(servegen) -> None:  # type: ignore[no-untyped-def]
    usage, rows = servegen
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for side, cost in enumerate(servegen_cost(row)):
            expected[row["tenant"]][side] += cost
    found = usage.select().by("org")
    assert len(found) == 366
    assert {
        name: [sums["input_cost"], sums["output_cost"]] for name, sums in found.items()
    } == expected


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_servegens_days_are_those_of_the_calendar(servegen, tz: str) -> None:  # type: ignore[no-untyped-def]
    usage, rows = servegen
    expected: Counter[date] = Counter()
    for row in rows:
        at = datetime.fromisoformat(row["window_start"]).astimezone(ZoneInfo(tz))
        expected[at.date()] += sum(servegen_cost(row))
    found = days(usage, tz)
    costs = {day: s["input_cost"] + s["output_cost"] for day, s in found.items()}
    assert costs == expected


def test_aiders_message_for_ten_thousand_dollars_is_the_one_over_its_list_price(
    shared: Shared,
) -> None:
    usage = mw.read_usage(shared("aider/aider_message_send.jsonl"), rejects=None)
    (found,) = usage.outliers
    assert found.start == datetime(2025, 5, 7, 15, 29, 32, tzinfo=UTC)
    assert found.model == "gemini/gemini-2.5-pro-preview-03-25"
    assert (found.cost, found.tokens) == (9_990_012_528_750, 10_033)
    assert found.list_cost == 12_628_750
    without = usage.select(mw.Filters(outliers="without"))
    whole, rest = usage.select().sums(), without.sums()
    assert whole["records"] - rest["records"] == 1
    assert whole["input_tokens"] - rest["input_tokens"] == 10_023


def test_the_zone_of_the_machine_changes_nothing(
    shared: Shared, machine_zone: str
) -> None:
    path = shared("azure2023/AzureLLMInferenceTrace_code.csv")
    usage = mw.read_usage(path, prices=no_prices(), rejects=None)
    assert usage.start == datetime(2023, 11, 16, 18, 17, tzinfo=UTC)
    assert usage.coverage.end == datetime(2023, 11, 17, tzinfo=UTC)
    filters = mw.Filters(start="2023-11-16T18:17", end="2023-11-16T18:18")
    assert usage.select(filters).sums()["records"] == sum(
        at < datetime(2023, 11, 16, 18, 18, tzinfo=UTC) for at, *_ in azure_rows(path)
    )
