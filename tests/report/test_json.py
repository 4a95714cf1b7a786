"""``--format json``: the document of the design to the letter."""

from __future__ import annotations

import json
import re
from typing import Any

from metrics.ledgers import request, selected, usage_of

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.report import json as form

MONEY = re.compile(r"\d+\.\d{9}")
TOTALS = [
    "cost", "input_cost", "output_cost", "unsplit_cost", "tokens", "input_tokens",
    "output_tokens", "cache_read_tokens", "reasoning_tokens", "requests", "models",
    "top_model", "rate_per_1k", "tokens_per_unit", "elapsed_days",
    "run_rate_per_day",
    "unpriced_tokens", "cost_without_tokens", "negative_cost", "credits", "fee_cost",
    "cache_write_tokens",
]  # fmt: skip
ROW = [
    "id", "name", "cost", "input_cost", "output_cost", "tokens", "input_tokens",
    "output_tokens", "requests", "unpriced_tokens", "share", "fee_cost",
    "cost_without_tokens", "negative_cost",
]  # fmt: skip
QWEN = "qwen-cpu-deployment"


def document(usage: UsageFrame, **filters: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(form.dumps(selected(usage, **filters)))
    return found


def row(name: str | None) -> dict[str, Any]:
    return {
        "id": name,
        "name": name or "(none)",
        "cost": "0.160000000",
        "input_cost": "0.056000000",
        "output_cost": "0.104000000",
        "tokens": 54000,
        "input_tokens": 28000,
        "output_tokens": 26000,
        "requests": 144,
        "unpriced_tokens": 0,
        "share": 1.0,
        "fee_cost": "0.000000000",
        "cost_without_tokens": "0.000000000",
        "negative_cost": "0.000000000",
    }


def test_the_golden_document_to_the_letter(golden: UsageFrame) -> None:
    found = document(golden)
    trend, quality = found.pop("trend"), found.pop("quality")
    assert found == {
        "schema": 1,
        "window": {
            "start": "2026-02-22T00:00:00Z",
            "end": "2026-02-23T00:00:00Z",
            "tz": "UTC",
        },
        "as_of": "2026-02-23T00:00:00Z",
        "coverage": {
            "first": "2026-02-22T00:00:00Z",
            "last": "2026-02-22T11:55:01Z",
            "end": "2026-02-23T00:00:00Z",
            "partial": False,
        },
        "currency": "USD",
        "pricing": "recorded",
        "totals": {
            "cost": "0.160000000",
            "input_cost": "0.056000000",
            "output_cost": "0.104000000",
            "unsplit_cost": "0.000000000",
            "tokens": 54000,
            "input_tokens": 28000,
            "output_tokens": 26000,
            "cache_read_tokens": None,
            "reasoning_tokens": None,
            "requests": 144,
            "models": 1,
            "top_model": QWEN,
            "rate_per_1k": "0.002962963",
            "tokens_per_unit": "337500.0",
            "elapsed_days": 1.0,
            "run_rate_per_day": "0.160000000",
            "unpriced_tokens": 0,
            "cost_without_tokens": "0.000000000",
            "negative_cost": "0.000000000",
            "credits": "0.000000000",
            "fee_cost": "0.000000000",
            "cache_write_tokens": None,
        },
        "by": {
            "org": [row("Acme")],
            "project": [row(None)],
            "deployment": [row(QWEN)],
            "model": [row(QWEN)],
            "endpoint": [row(None)],
            "user": [row(None)],
        },
        "insights": [
            {
                "rule": "single_model",
                "severity": "info",
                "title": "Single Model Usage",
                "text": "All cost is concentrated in a single model. Consider exploring "
                "additional models for better flexibility and risk distribution.",
            }
        ],
    }
    assert trend["bucket"] == "hour"
    assert trend["start"] == [f"2026-02-22T{hour:02}:00:00Z" for hour in range(12)]
    (series,) = trend["series"]
    assert series["name"] == QWEN
    assert series["input_tokens"] == [
        28_000 * (n + 1) // 12 - 28_000 * n // 12 for n in range(12)
    ]
    assert sum(series["output_tokens"]) == 26_000
    assert sum(int(cost.replace(".", "")) for cost in series["cost"]) == 160_000_000
    notes = quality.pop("notes")
    assert quality == {
        "records": 144,
        "rejected": 0,
        "duplicates": 0,
        "assumed_tz": False,
    }
    assert notes[0].startswith("golden.csv: guessed start <- timestamp, ")


def test_keys_stand_in_the_order_of_the_design(golden: UsageFrame) -> None:
    found = document(golden)
    assert list(found) == [
        "schema", "window", "as_of", "coverage", "currency", "pricing", "totals", "by",
        "trend", "insights", "quality",
    ]  # fmt: skip
    assert list(found["window"]) == ["start", "end", "tz"]
    assert list(found["totals"]) == TOTALS
    by = ["org", "project", "deployment", "model", "endpoint", "user"]
    assert list(found["by"]) == by
    assert all(list(each) == ROW for rows in found["by"].values() for each in rows)
    assert list(found["trend"]) == ["bucket", "start", "partial", "series"]
    series = ["name", "cost", "input_tokens", "output_tokens"]
    assert list(found["trend"]["series"][0]) == series
    assert list(found["insights"][0]) == ["rule", "severity", "title", "text"]
    quality = ["records", "rejected", "duplicates", "assumed_tz", "notes"]
    assert list(found["quality"]) == quality


def test_money_is_text_and_counts_are_integers(golden: UsageFrame) -> None:
    found = document(golden)
    for values in [found["totals"], *found["by"]["org"]]:
        for key, value in values.items():
            if "cost" in key or key in {"rate_per_1k", "run_rate_per_day"}:
                assert MONEY.fullmatch(value), key
            is_count = key.endswith("tokens") and "cost" not in key
            if is_count and value is not None:
                assert type(value) is int


def test_what_is_not_known_is_null() -> None:
    found = document(usage_of([request("2026-01-01", None)]))
    totals = found["totals"]
    unknown = [key for key, value in totals.items() if value is None]
    assert unknown == [
        "cost", "input_cost", "output_cost", "unsplit_cost", "cache_read_tokens",
        "reasoning_tokens", "models", "top_model", "rate_per_1k", "tokens_per_unit",
        "run_rate_per_day", "fee_cost", "cache_write_tokens",
    ]  # fmt: skip
    assert found["currency"] is None
    (only,) = found["by"]["model"]
    assert (only["id"], only["name"], only["cost"]) == (None, "(none)", None)
    assert (only["share"], only["unpriced_tokens"]) == (1.0, 150)
    assert found["trend"]["series"][0]["cost"] == [None]


def test_an_unpriced_row_has_no_share_of_the_cost() -> None:
    rows = [request("2026-01-01", "a", cost="1"), request("2026-01-01", "b")]
    shares = [each["share"] for each in document(usage_of(rows))["by"]["model"]]
    assert shares == [1.0, None]


def test_an_empty_selection_is_a_true_zero(golden: UsageFrame) -> None:
    found = document(golden, start="2026-02-22T13:00", end="2026-02-22T14:00")
    totals = found["totals"]
    assert (totals["cost"], totals["tokens"], totals["requests"]) == (
        "0.000000000",
        0,
        0,
    )
    assert (totals["models"], totals["rate_per_1k"]) == (0, None)
    assert all(rows == [] for rows in found["by"].values())
    assert found["trend"] == {
        "bucket": "minute",
        "start": [],
        "partial": {"first": False, "last": False},
        "series": [],
    }
    assert found["insights"] == []


def test_names_show_labels_while_ids_stay() -> None:
    rows = [request("2026-01-01", "m-1", cost="1", org="a1b2c3")]
    labels = {"org": {"a1b2c3": "Acmé"}, "model": {"m-1": "Qwen"}}
    usage = usage_of(rows, labels=labels)
    found = document(usage)
    (only,) = found["by"]["org"]
    assert (only["id"], only["name"]) == ("a1b2c3", "Acmé")
    assert found["totals"]["top_model"] == "Qwen"
    assert "Acmé" in form.dumps(usage.select())


def test_instants_are_utc_whatever_the_zone(golden: UsageFrame) -> None:
    found = document(golden, tz="Asia/Kolkata")
    assert found["window"] == {
        "start": "2026-02-21T18:30:00Z",
        "end": "2026-02-22T18:30:00Z",
        "tz": "Asia/Kolkata",
    }
    assert found["as_of"] == "2026-02-23T00:00:00Z"  # of the ledger's own day


def test_one_side_narrows_the_document(golden: UsageFrame) -> None:
    found = document(golden, cost_type="input")
    totals = found["totals"]
    assert (totals["cost"], totals["tokens"]) == ("0.056000000", 28000)
    assert (totals["output_cost"], totals["output_tokens"]) == ("0.104000000", 26000)
    assert (totals["rate_per_1k"], totals["requests"]) == ("0.002000000", 144)
    assert found["by"]["org"][0]["cost"] == "0.056000000"


def test_under_a_filter_the_counts_are_those_of_the_selection() -> None:
    usage = usage_of(
        [request("2026-02-22T10:00", org=org) for org in ("Acme", "Globex", "Globex")]
    )
    chosen = document(usage, orgs=("Acme",))["quality"]
    assert (chosen["records"], chosen["rejected"], chosen["duplicates"]) == (
        1,
        None,
        None,
    )
    whole = document(usage)["quality"]
    assert (whole["records"], whole["rejected"], whole["duplicates"]) == (3, 0, 0)
