"""Presets of the mapping: OpenRouter, Langfuse, FOCUS."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]

GENERATION = {
    "generation_id": "gen-1", "created_at": "2026-06-28 03:46:57.713",
    "cost_total": "0.000123456", "cost_web_search": "0", "cost_cache": "0",
    "cost_file_processing": "0", "byok_usage_inference": "0", "tokens_prompt": "120",
    "tokens_completion": "30", "tokens_reasoning": "10", "tokens_cached": "100",
    "model_permaslug": "openai/gpt-5-nano-2025-08-07", "provider_name": "OpenAI",
    "variant": "standard", "cancelled": "false", "streamed": "true", "user": "u-1",
    "finish_reason_raw": "stop", "finish_reason_normalized": "stop",
    "generation_time_ms": "1500", "time_to_first_token_ms": "300",
    "api_key_disabled": "false", "api_key_name": "ci", "app_name": "search",
}  # fmt: skip
OBSERVATION = {
    "id": "o-1", "trace_id": "t-1", "project_id": "p-1", "type": "GENERATION",
    "start_time": "2026-06-28 03:46:57.713", "end_time": "2026-06-28 03:46:59",
    "provided_model_name": "gpt-5", "user_id": "u-1", "tags": ["a"], "latency": 1.287,
    "usage_details": {"input": 20, "input_cached_tokens": 100, "output": 5,
                      "output_reasoning_tokens": 25, "total": 150},
    "cost_details": {"input": 0.001, "output": 0.002, "total": 0.003},
    "total_cost": 0.003,
}  # fmt: skip
CHARGE = {
    "ChargePeriodStart": "2026-01-02T00:00:00Z",
    "ChargePeriodEnd": "2026-01-03T00:00:00Z", "BilledCost": "1.25",
    "EffectiveCost": "1.00", "ListCost": "2", "BillingCurrency": "EUR",
    "ConsumedQuantity": "12.5", "ConsumedUnit": "1K Tokens",
    "SkuId": "gpt-5-input", "ServiceName": "Azure OpenAI", "ProviderName": "Microsoft",
    "SubAccountId": "sub-1", "Tags": '{"project": "search", "model": "gpt-5"}',
    "ChargeCategory": "Usage",
}  # fmt: skip


def as_csv(*rows: dict[str, Any]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({
            key: json.dumps(value) if isinstance(value, dict | list) else value
            for key, value in row.items()
        })  # fmt: skip
    return stream.getvalue()


def test_openrouters_24_columns_are_read(write: Write) -> None:
    assert len(GENERATION) == 24
    usage = read(write(as_csv(GENERATION)), tz="Asia/Tokyo")
    found = sums(usage)
    assert (found["input_tokens"], found["cache_read_tokens"]) == (120, 100)
    assert (found["output_tokens"], found["reasoning_tokens"]) == (30, 10)
    assert found["cost"] == 123_456
    assert usage.start.isoformat() == "2026-06-28T03:46:00+00:00"
    assert by(usage, "project", "requests") == {"search": 1}
    assert by(usage, "api_key", "requests") == {"ci": 1}
    assert not usage.quality.assumed_tz


def test_openrouters_free_variant_is_free_and_its_byok_is_not(write: Write) -> None:
    """Ask 7: an unpriced model shows as $0.00. RooCodeInc/Roo-Code#5144."""
    zero = GENERATION | {"cost_total": "0"}
    free = zero | {"generation_id": "gen-2", "variant": "free"}
    byok = zero | {"generation_id": "gen-3", "byok_usage_inference": "0.5"}
    unpriced = zero | {"generation_id": "gen-4"}
    found = sums(read(write(as_csv(free, byok, unpriced))))
    assert (found["priced"], found["cost"]) == (2, nano("0.5"))


def test_a_large_activity_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(10)
    rows = [
        GENERATION | {"generation_id": f"gen-{n}", "cost_total": f"{made.random():.12f}",
                      "tokens_prompt": str(100 + made.randrange(10**6))}
        for n in range(10_000)
    ]  # fmt: skip
    usage = read(write(as_csv(*rows, rows[0])))
    found = sums(usage)
    assert usage.quality.duplicates == 1
    assert found["cost"] == sum(nano(row["cost_total"]) for row in rows)
    assert found["input_tokens"] == sum(int(row["tokens_prompt"]) for row in rows)


@pytest.mark.parametrize("shape", ["json", "jsonl", "csv", "parquet", "map", "camel"])
def test_langfuses_observations_are_read_in_every_shape(
    write: Write, tmp_path: Path, shape: str
) -> None:
    """Ask 5: cached tokens counted or billed twice. Ask 6: reasoning priced twice."""
    path = tmp_path / "a.parquet"
    if shape == "parquet":
        pq.write_table(pa.Table.from_pylist([OBSERVATION]), path)
    elif shape == "map":
        kind = pa.map_(pa.string(), pa.int64())
        table = pa.Table.from_pylist([OBSERVATION])
        usage = pa.array([list(OBSERVATION["usage_details"].items())], kind)  # type: ignore[attr-defined]
        place = table.column_names.index("usage_details")
        pq.write_table(table.set_column(place, "usage_details", usage), path)
    elif shape == "camel":
        names = {"trace_id": "traceId", "start_time": "startTime", "end_time": "endTime",
                 "usage_details": "usageDetails", "cost_details": "costDetails",
                 "total_cost": "calculatedTotalCost", "user_id": "userId",
                 "provided_model_name": "model", "project_id": "projectId"}  # fmt: skip
        row = {names.get(key, key): value for key, value in OBSERVATION.items()}
        path = write(json.dumps([row]), "a.json")
    else:
        text = {"json": json.dumps([OBSERVATION]), "jsonl": lines([OBSERVATION]),
                "csv": as_csv(OBSERVATION)}[shape]  # fmt: skip
        path = write(text, f"a.{shape}")
    ledger = read(path)
    found = sums(ledger)
    assert (found["input_tokens"], found["cache_read_tokens"]) == (120, 100)
    assert (found["output_tokens"], found["reasoning_tokens"]) == (30, 25)
    assert found["cost"] == 3_000_000
    assert by(ledger, "user", "requests") == {"u-1": 1}
    assert by(ledger, "model", "requests") == {"gpt-5": 1}


def test_langfuses_total_shows_what_is_inside(write: Write) -> None:
    """Ask 5: cached tokens counted or billed twice."""
    inside = {"input": 120, "input_cached_tokens": 100, "output": 30,
              "output_reasoning_tokens": 25, "total": 150}  # fmt: skip
    row = OBSERVATION | {"usage_details": inside}
    found = sums(read(write(json.dumps([row]), "a.json")))
    assert (found["input_tokens"], found["output_tokens"]) == (120, 30)


def test_langfuses_spans_are_no_requests(write: Write) -> None:
    rows = [OBSERVATION, OBSERVATION | {"id": "o-2", "type": "SPAN"}]
    usage = read(write(json.dumps(rows), "a.json"))
    assert usage.quality.records == 1
    assert (
        "langfuse: 1 row left out (150 tokens and 0.003000000 USD)"
        in usage.quality.notes[0]
    )


def test_focus_gives_tokens_by_meter_and_cost_by_side(write: Write) -> None:
    output = CHARGE | {"SkuId": "gpt-5-output", "ConsumedQuantity": "3",
                       "EffectiveCost": "2.5"}  # fmt: skip
    cached = CHARGE | {"SkuId": "gpt-5-cached-input", "ConsumedQuantity": "2"}
    hours = CHARGE | {"SkuId": "gpu", "ConsumedUnit": "Hours", "EffectiveCost": "9"}
    usage = read(write(as_csv(CHARGE, output, cached, hours)))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (14_500, 3_000)
    assert found["cache_read_tokens"] == 2_000
    assert (found["input_cost"], found["output_cost"]) == (nano("2"), nano("2.5"))
    assert found["unsplit_cost"] == nano("9")
    assert found["requests_reported"] == 0
    assert usage.currencies == ("EUR",)
    assert by(usage, "project", "records") == {"search": 4}


def test_focus_leaves_credits_out_and_says_so(write: Write) -> None:
    credit = CHARGE | {"ChargeCategory": "Credit", "EffectiveCost": "-5"}
    usage = read(write(as_csv(CHARGE, credit)))
    assert (usage.quality.records, usage.quality.rejected) == (1, 0)
    assert usage.quality.notes[-1] == (
        "focus: 1 row holds credits, taxes or purchases of -5.000000000 EUR in all: "
        "in no spend, and shown beside it"
    )


def test_with_a_key_of_ones_own_the_providers_bill_is_spend(write: Write) -> None:
    """tailcallhq/forgecode#1641 and Kilo-Org/kilocode#13841: the fee stood alone."""
    row = GENERATION | {"cost_total": "0.0018", "byok_usage_inference": "0.0360795"}
    usage = read(write(as_csv(row)))
    assert sums(usage)["cost"] + sums(usage)["fee_cost"] == nano("0.0378795")
    assert sums(usage)["fee_cost"] == nano("0.0018")
    assert any("BYOK" in note and "0.037879500 USD" in note for note in notes(usage))


def test_openrouters_api_gives_days_of_endpoints(write: Write) -> None:
    row = {"date": "2025-08-24", "model": "openai/gpt-4.1", "endpoint_id": "e-1",
           "model_permaslug": "openai/gpt-4.1-2025-04-14", "provider_name": "OpenAI",
           "usage": 0.015, "byok_usage_inference": 0.012, "requests": 5,
           "prompt_tokens": 50, "completion_tokens": 125,
           "reasoning_tokens": 25}  # fmt: skip
    other = row | {"endpoint_id": "e-2"}
    write(json.dumps([row, other]), "l/a.json")
    usage = read(write(json.dumps([row]), "l/b.json").parent)
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (10, 100)
    assert found["cost"] + found["fee_cost"] == 2 * nano("0.027")
    assert usage.quality.duplicates == 1


def notes(usage: Any) -> tuple[str, ...]:
    return tuple(usage.quality.notes)


def observation(number: int, usage: Any, parent: int = 0, **words: Any) -> Any:
    return OBSERVATION | {
        "id": f"o-{number}", "parent_observation_id": f"o-{parent}" if parent else None,
        "usage_details": usage, "total_cost": None, "cost_details": {},
    } | words  # fmt: skip


SUMMED = {"input": 100, "output": 10, "total": 110}
PLAIN = {"input": 50, "output": 5, "total": 55}


def test_langfuses_generations_around_generations_count_once(write: Write) -> None:
    """langfuse/langfuse#7549, #14754 and chatwoot/chatwoot#13202."""
    rows = [
        observation(1, SUMMED), observation(2, {}, 1, type="SPAN"),
        observation(3, SUMMED, 2, type="AGENT"), observation(4, PLAIN, 3),
        observation(5, PLAIN, 3),
    ]  # fmt: skip
    usage = read(write(json.dumps(rows), "a.json"))
    assert sums(usage)["input_tokens"] == 100
    assert sums(usage)["requests"] == 2
    assert any(
        "2 records repeat the usage of those below (220" in n for n in notes(usage)
    )


def test_langfuses_tools_may_be_the_only_ones_with_usage(write: Write) -> None:
    usage = read(write(json.dumps([observation(1, PLAIN, type="TOOL")]), "a.json"))
    assert sums(usage)["input_tokens"] == 50


def test_what_is_left_out_of_langfuse_is_said_with_its_usage(write: Write) -> None:
    rows = [observation(1, PLAIN), observation(2, PLAIN, type="SPAN", total_cost=0.5)]
    usage = read(write(json.dumps(rows), "a.json"))
    assert (
        "langfuse: 1 row left out (55 tokens and 0.500000000 USD): they are no usage "
        "of their own in this format" in notes(usage)
    )


DETAILS = {
    # langfuse/codex-observability-plugin#22, langfuse#10592 and #9386
    "inside": ({"input": 117231, "cache_read_input_tokens": 115584, "output": 225,
                "total": 117456}, 117231, 225),
    "beside": ({"input": 70, "input_cached_tokens": 30, "output": 50,
                "total": 150}, 100, 50),
    "audio and reasoning beside": (
        {"input": 100, "input_audio_tokens": 20, "output": 50,
         "output_reasoning_tokens": 30, "total": 200}, 120, 80),
    "input beside, reasoning inside": (
        {"input": 70, "input_cached_tokens": 30, "output": 50,
         "output_reasoning_tokens": 40, "total": 150}, 100, 50),
    "input inside, reasoning beside": (
        {"input": 100, "input_cached_tokens": 30, "output": 50,
         "output_reasoning_tokens": 40, "total": 190}, 100, 90),
    "no total": ({"input": 70, "cache_creation_input_tokens": 30, "output": 50}, 100, 50),
    "writes by their time to live": (
        {"input": 10, "cache_creation_input_tokens": 100, "output": 5,
         "cache_creation_5m_input_tokens": 60, "cache_creation_1h_input_tokens": 40,
         "total": 115}, 110, 5),
    "only parts": ({"input_text": 7, "input_image": 3, "output_text": 2}, 10, 2),
}  # fmt: skip


@pytest.mark.parametrize("which", DETAILS)
def test_every_key_with_input_in_it_is_langfuses_input(
    write: Write, which: str
) -> None:
    details, given, made = DETAILS[which]
    found = sums(read(write(json.dumps([observation(1, details)]), "a.json")))
    assert (found["input_tokens"], found["output_tokens"]) == (given, made)


def test_openrouters_generations_count_the_tokens_that_are_billed(write: Write) -> None:
    """can1357/oh-my-pi#6956: beside them stand those of another tokenizer."""
    row = {
        "id": 1, "generation_id": "gen-1", "created_at": "2026-02-20T10:19:41.7+00:00",
        "model": "anthropic/claude-3-7-sonnet", "provider_name": "Anthropic",
        "tokens_prompt": 12572, "tokens_completion": 376,
        "native_tokens_prompt": 15328, "native_tokens_completion": 457,
        "native_tokens_cached": 15252, "usage": 0.0117, "usage_web": None,
        "byok_usage_inference": None,
    }  # fmt: skip
    own = row | {"generation_id": "gen-2", "usage": 0.001, "byok_usage_inference": 0.02}
    usage = read(write(json.dumps([row, own]), "a.json"))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (30656, 914)
    assert found["cache_read_tokens"] == 30504
    assert found["cost"] + found["fee_cost"] == nano("0.0327")
    assert found["fee_cost"] == nano("0.001")


def test_langfuses_characters_are_no_tokens(write: Write) -> None:
    row = observation(1, {"input": 5000, "output": 900}) | {
        "usage": {"unit": "CHARACTERS"}
    }
    usage = read(write(json.dumps([row]), "a.json"))
    assert sums(usage)["input_tokens"] == 0
    assert any("count something else than tokens" in n for n in usage.quality.notes)


def test_langfuses_parts_of_a_cost_are_the_cost_where_no_total_is(write: Write) -> None:
    row = observation(1, {"input": 5, "output": 9}) | {
        "total_cost": None, "cost_details": {"input": 0.5, "output": 0.25}
    }  # fmt: skip
    assert sums(read(write(json.dumps([row]), "a.json")))["cost"] == nano("0.75")
