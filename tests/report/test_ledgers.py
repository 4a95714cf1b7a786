"""The real ledgers against sums in plain Python."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest

from meterwidgets.config import config
from meterwidgets.config.read import read_with_config
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.read import read_usage
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.report.json import report

Shared = Callable[[str], Path]
NANO = Decimal("1e-9")

SERVEGEN = """
[[source]]
path = "{path}"
columns = {{ start = "window_start", end = "window_end", org = "tenant", model = "model",
  requests = "requests", input_tokens = "prompt_tokens",
  output_tokens = "completion_tokens", reasoning_tokens = "reasoning_tokens" }}

[[price]]
model = "deepseek-r1"
input = "0.55"
output = "2.19"

[[price]]
model = "*"
input = "0.10"
output = "0.30"
"""


def nine(value: Decimal) -> str:
    return f"{value.quantize(NANO, ROUND_HALF_EVEN):f}"


@pytest.fixture(scope="module")
def aider(shared: Shared) -> tuple[UsageFrame, list[dict[str, Any]]]:
    path = shared("aider/aider_message_send.jsonl")
    events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    sent = [each for each in events if each["event"] == "message_send"]
    usage = read_usage(path, prices=PriceBook(catalogue=False), rejects=None)
    return usage, [each["properties"] | {"time": each["time"]} for each in sent]


def test_aider_is_the_exact_sum(aider: tuple[UsageFrame, list[dict[str, Any]]]) -> None:
    usage, sent = aider
    costs = [
        Decimal(str(each["cost"])).quantize(NANO, ROUND_HALF_EVEN) for each in sent
    ]
    found = report(usage.select())
    totals = found["totals"]
    assert totals["cost"] == f"{sum(costs):f}" == "10182.450558136"
    assert totals["requests"] == len(sent) == found["quality"]["records"]
    assert totals["input_tokens"] == sum(each["prompt_tokens"] for each in sent)
    assert totals["output_tokens"] == sum(each["completion_tokens"] for each in sent)
    assert totals["tokens"] == totals["input_tokens"] + totals["output_tokens"]
    unpriced = [e for e, cost in zip(sent, costs, strict=True) if not cost]
    assert totals["unpriced_tokens"] == sum(
        each["prompt_tokens"] + each["completion_tokens"] for each in unpriced
    )


def test_aider_by_model_and_day(aider: tuple[UsageFrame, list[dict[str, Any]]]) -> None:
    usage, sent = aider
    cost: dict[str | None, Decimal] = defaultdict(Decimal)
    tokens: Counter[str | None] = Counter()
    for each in sent:
        name = None if each["main_model"] == "None" else each["main_model"]
        cost[name] += Decimal(str(each["cost"])).quantize(NANO, ROUND_HALF_EVEN)
        tokens[name] += each["prompt_tokens"] + each["completion_tokens"]
    rows = report(usage.select())["by"]["model"]
    assert {row["id"]: row["tokens"] for row in rows} == dict(tokens)
    assert {row["id"]: Decimal(row["cost"] or 0) for row in rows} == dict(cost)
    assert [row["id"] for row in rows] == sorted(
        cost, key=lambda name: (-cost[name], -tokens[name], name or "(none)")
    )
    assert sum(row["share"] or 0 for row in rows) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("tz", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_the_days_of_aider_add_up_in_every_zone(
    aider: tuple[UsageFrame, list[dict[str, Any]]], tz: str
) -> None:
    from meterwidgets.metrics.totals import totals
    from meterwidgets.metrics.trend import trend

    usage, _ = aider
    selection = usage.select(Filters(tz=tz))
    for bucket in ("week", "month"):
        points = trend(selection, bucket=bucket).series[0].points
        whole = totals(selection).amounts
        assert sum(point.cost or 0 for point in points) == whole.cost
        assert sum(point.tokens or 0 for point in points) == whole.tokens


def test_servegen_with_a_config_shows_366_tenants(
    shared: Shared, tmp_path: Path
) -> None:
    path = shared("servegen/usage_600s.csv")
    settings = tmp_path / "meterwidgets.toml"
    settings.write_text(SERVEGEN.format(path=path), "utf-8")
    usage = read_with_config(
        (), config=config.load(settings), folder=tmp_path, rejects=None
    )
    rates = {"deepseek-r1": (550, 2190)}  # nano per token
    cost: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    reasoning = 0
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            rate = rates.get(row["model"], (100, 300))
            cost[row["tenant"]] += (
                int(row["prompt_tokens"]) * rate[0]
                + int(row["completion_tokens"]) * rate[1]
            )
            requests[row["tenant"]] += int(row["requests"])
            reasoning += int(row["reasoning_tokens"] or 0)
    found = report(usage.select())
    rows = found["by"]["org"]
    assert len(rows) == len(cost) == 366
    assert {row["id"]: int(row["cost"].replace(".", "")) for row in rows} == dict(cost)
    assert {row["id"]: row["requests"] for row in rows} == dict(requests)
    assert found["totals"]["cost"] == nine(Decimal(sum(cost.values())) * NANO)
    assert found["totals"]["reasoning_tokens"] == reasoning
    assert (found["totals"]["models"], found["totals"]["unpriced_tokens"]) == (5, 0)
    assert [row["cost"] for row in rows] == sorted(
        (row["cost"] for row in rows), key=Decimal, reverse=True
    )


def test_azure_has_no_price_and_ranks_by_tokens(shared: Shared) -> None:
    paths = [
        shared(f"azure2023/AzureLLMInferenceTrace_{name}.csv")
        for name in ("code", "conv")
    ]
    found = report(read_usage(paths, rejects=None).select())
    totals, tokens = found["totals"], [0, 0]
    for path in paths:
        with path.open(newline="") as stream:
            for row in csv.DictReader(stream):
                tokens[0] += int(row["ContextTokens"])
                tokens[1] += int(row["GeneratedTokens"])
    assert [totals["input_tokens"], totals["output_tokens"]] == tokens
    assert (totals["cost"], totals["rate_per_1k"], totals["models"]) == (
        None,
        None,
        None,
    )
    assert totals["requests"] == 8_819 + 19_366
    (row,) = found["by"]["model"]
    assert (row["id"], row["cost"], row["share"]) == (None, None, 1.0)
    assert totals["unpriced_tokens"] == sum(tokens)
    assert [each["rule"] for each in found["insights"]] == ["unpriced"]
