"""Presets of gateways, consoles and meters: each sample at its right figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import lines, nano, read, sums

Write = Callable[..., Path]
Row = dict[str, Any]

DAY = "2026-01-01T00:00:00Z"
LOGGED: Row = {
    "id": 1, "user_id": 3, "created_at": 1767225600, "type": 2, "username": "ana",
    "token_name": "team-a", "model_name": "gpt-4o", "quota": 500, "channel": 1,
    "prompt_tokens": 100, "completion_tokens": 20, "other": '{"cache_tokens": 40}',
}  # fmt: skip
TOPPED_UP = LOGGED | {"id": 2, "type": 1, "quota": 500000, "prompt_tokens": 0}
GENERATION: Row = {
    "uuid": "u1", "event": "$ai_generation", "timestamp": DAY, "distinct_id": "d",
    "properties": {"$ai_model": "m", "$ai_input_tokens": 100, "$ai_output_tokens": 20,
                   "$ai_cache_read_input_tokens": 40, "$ai_total_cost_usd": 0.001},
}  # fmt: skip
TRACE = GENERATION | {"uuid": "u2", "event": "$ai_trace"}


def spent(kind: str, amount: int, value: int, **changes: Any) -> Row:
    """A transaction of LibreChat."""
    return {"_id": {"$oid": kind}, "user": {"$oid": "1"}, "tokenType": kind,
            "model": "gpt-4o", "rawAmount": amount, "tokenValue": value,
            "createdAt": {"$date": DAY}} | changes  # fmt: skip


def metric(name: str, value: int) -> Row:
    """A metric of Application Insights."""
    return {"timestamp": DAY, "name": name, "valueCount": 1, "valueSum": value,
            "customDimensions": {"User ID": "u", "Subscription ID": "a"}}  # fmt: skip


def monitored(name: str, *values: int) -> Row:
    """A metric of Azure Monitor."""
    data = [{"timeStamp": f"2026-01-01T0{n}:00:00Z", "total": v}
            for n, v in enumerate(values)]  # fmt: skip
    return {"name": {"value": name}, "unit": "Count", "timeseries": [
        {"metadatavalues": [{"name": {"value": "d"}, "value": "gpt4o"}], "data": data}
    ]}  # fmt: skip


def metered(kind: str, value: str, **changes: Any) -> Row:
    """A meter event of Stripe."""
    return {
        "object": "billing.meter_event", "created": 1767225600, "event_name": "tokens",
        "identifier": kind, "timestamp": 1767225600,
        "payload": {"stripe_customer_id": "c", "value": value, "token_type": kind},
    } | changes  # fmt: skip


def coded(kind: str, value: int) -> Row:
    """An event of Lago whose code is the type of tokens."""
    return {"event": {
        "transaction_id": kind, "external_subscription_id": "s", "code": kind,
        "timestamp": "1767225600", "properties": {"value": value, "model": "m"},
    }}  # fmt: skip


def group(service: str, amount: str) -> Row:
    """A group of Cost Explorer."""
    return {"Keys": [service], "Metrics": {
        "UnblendedCost": {"Amount": amount, "Unit": "USD"}}}  # fmt: skip


def event(number: int, kind: str, tokens: object) -> Row:
    """A CloudEvent."""
    return {"specversion": "1.0", "id": str(number), "source": "gw", "subject": "c",
            "type": "ai", "time": DAY,
            "data": {"model": "m", "type": kind, "tokens": tokens}}  # fmt: skip


GOOGLES = {"usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20,
                             "thoughtsTokenCount": 5}}  # fmt: skip
USED = {
    "event_time": DAY, "request_id": "r", "endpoint_name": "e", "input_tokens": 100,
    "destination_model": "claude", "output_tokens": 20, "total_tokens": 120,
    "token_details": '{"cache_read_input_tokens": 40}', "latency_ms": 5,
}  # fmt: skip

# text -> requests, input, cache read and output tokens, cost; 0 where it is unknown
SAMPLES: dict[str, tuple[str, tuple[int, int, int, int, str]]] = {
    "one-api": (
        json.dumps({"success": True, "data": {"items": [LOGGED, TOPPED_UP]}}),
        (1, 100, 40, 20, "0.001"),
    ),
    "PostHog": (
        json.dumps({"results": [GENERATION, TRACE]}), (1, 100, 40, 20, "0.001"),
    ),
    "LibreChat": (
        json.dumps([
            spent("prompt", -100, -250), spent("completion", -20, -200),
            spent("credits", 1000000, 1000000),
        ]),
        (0, 100, 0, 20, "0.00045"),
    ),
    "Dify": (
        json.dumps({"data": [{
            "id": "m", "model_id": "gpt-4o", "message_tokens": 100, "answer_tokens": 20,
            "total_price": "0.00045", "currency": "USD", "created_at": 1767225600,
        }]}),
        (1, 100, 0, 20, "0.00045"),
    ),
    "Vertex AI": (
        lines([{"logging_time": DAY, "request_id": "1", "model": "gemini-2.5-pro",
                "full_response": json.dumps(GOOGLES)}]),
        (1, 100, 0, 25, "0"),
    ),
    "Cost Explorer": (
        json.dumps({"ResultsByTime": [{
            "TimePeriod": {"Start": "2026-01-01", "End": "2026-01-02"},
            "Groups": [group("Amazon Bedrock", "1.5"), group("Amazon EC2", "9")],
        }]}),
        (0, 0, 0, 0, "1.5"),
    ),
    "Application Insights": (
        lines([metric("Prompt Tokens", 100), metric("Completion Tokens", 20),
               metric("Total Tokens", 120)]),
        (0, 100, 0, 20, "0"),
    ),
    "Azure Monitor": (
        json.dumps({"timespan": "x", "interval": "PT1H", "value": [
            monitored("ProcessedPromptTokens", 60, 40), monitored("GeneratedTokens", 20),
        ]}),
        (0, 100, 0, 20, "0"),
    ),
    "Stripe": (
        json.dumps({"object": "list", "data": [metered("input", "100"),
                                               metered("output", "20")]}),
        (0, 100, 0, 20, "0"),
    ),
    "Stripe, a meter a type": (
        lines([metered("1", "100", event_name="input_tokens", payload={
                   "stripe_customer_id": "c", "value": "100"}),
               metered("2", "20", event_name="output_tokens", payload={
                   "stripe_customer_id": "c", "value": "20"})]),
        (0, 100, 0, 20, "0"),
    ),
    "Lago": (lines([coded("input_tokens", 100), coded("output_tokens", 20)]),
             (0, 100, 0, 20, "0")),
    "Databricks": (lines([USED]), (1, 100, 40, 20, "0")),
    "CloudEvents": (
        lines([event(1, "prompt", 60), event(2, "system", "40"),
               event(3, "completion", 20)]),
        (0, 100, 0, 20, "0"),
    ),
    "directions": (
        lines([{"id": str(n), "timestamp": DAY, "properties": {
            "token_direction": kind, "token_count": tokens, "model": "m"}}
            for n, (kind, tokens) in enumerate((("input", 100), ("output", 20)))]),
        (0, 100, 0, 20, "0"),
    ),
    "CloudWatch": (
        json.dumps({"MetricDataResults": [
            {"Id": "i", "Label": "InputTokenCount", "Values": [60.0, 40.0],
             "Timestamps": ["2026-01-01T01:00:00Z", DAY], "StatusCode": "Complete"},
            {"Id": "o", "Label": "OutputTokenCount", "Values": [15.0, 5.0],
             "Timestamps": ["2026-01-01T01:00:00Z", DAY], "StatusCode": "Complete"},
        ]}),
        (0, 100, 0, 20, "0"),
    ),
    "a list a column": (
        json.dumps({"timestamp": [DAY, "2026-01-01T00:01:00Z"], "model": ["a", "b"],
                    "prompt_tokens": [60, 40], "completion_tokens": [15, 5]}),
        (2, 100, 0, 20, "0"),
    ),
    "premium requests": (
        "date,username,product,sku,model,quantity,unit_type,"
        "applied_cost_per_quantity,gross_amount,net_amount,organization\n"
        "2026-01-01,ana,copilot,copilot_premium_request,Claude,3,requests,0.04,0.12,"
        "0.10,acme\n2026-01-01,ana,actions,linux,,9,minutes,0.01,0.09,0.09,acme\n",
        (3, 0, 0, 0, "0.10"),
    ),
    "OpenMeter's query": (
        json.dumps({"windowSize": "HOUR", "data": [
            {"value": value, "windowStart": DAY, "windowEnd": "2026-01-01T01:00:00Z",
             "subject": "c", "groupBy": {"type": kind, "model": "m"}}
            for kind, value in (("input", 100), ("output", 20))
        ]}),
        (0, 100, 0, 20, "0"),
    ),
    "scraped counters": (
        "time,pod,prompt_tokens_total,generation_tokens_total\n"
        "2026-01-01T00:00:00Z,a,1000,100\n2026-01-01T01:00:00Z,a,1060,105\n"
        "2026-01-01T02:00:00Z,a,40,15\n",
        (0, 100, 0, 20, "0"),
    ),
    "Rafay": (
        "Timestamp,Organization,Project,Model Deployment,Endpoint,Token Type,"
        "Token Count,Rate per 1M tokens,Cost\n"
        "2026-01-01T00:00:00Z,Acme,default,qwen,chat,input,28000,2.0,0.056\n"
        "2026-01-01T00:00:00Z,Acme,default,qwen,chat,output,26000,4.0,0.104\n",
        (0, 28000, 0, 26000, "0.16"),
    ),
    "Snowflake": (
        "USAGE_TIME,MODEL_NAME,QUERY_ID,TOKENS,TOKENS_GRANULAR\n"
        "2026-01-01 00:00:00.000 -0800,m,q1,120,"
        '"{""input"": 100, ""output"": 20}"\n',
        (1, 100, 0, 20, "0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_at_its_right_figures(write: Write, name: str) -> None:
    text, right = SAMPLES[name]
    found = sums(read(write(text)))
    *counts, cost = right
    names = ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
    assert [found[each] or 0 for each in names] == counts
    assert found["cost"] == nano(cost)


EXPORTS = {
    "OpenAI": (
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,"
        "model,batch,input_tokens,output_tokens,input_cached_tokens,"
        "input_uncached_tokens\n"
        "1759622400,1759708800,2025-10-05T00:00:00Z,2025-10-06T00:00:00Z,p,3,gpt-5-mini,"
        "False,1200,300,200,1000\n"
        "1759708800,1759795200,2025-10-06T00:00:00Z,2025-10-07T00:00:00Z,,,,,,,,\n",
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,"
        "line_item\n"
        "1759622400,1759708800,2025-10-05T00:00:00Z,2025-10-06T00:00:00Z,0.895874,usd,\n"
        "1759708800,1759795200,2025-10-06T00:00:00Z,2025-10-07T00:00:00Z,,,\n",
        (3, 1200, 200, 300), "0.895874",
    ),
    "DeepSeek": (
        "user_id,utc_date,model,api_key_name,type,price,amount\n"
        "u,2026-06-01,deepseek-v4,k,input_cache_hit_tokens,0.00000001,200\n"
        "u,2026-06-01,deepseek-v4,k,input_cache_miss_tokens,0.0000003,1000\n"
        "u,2026-06-01,deepseek-v4,k,output_tokens,0.0000012,300\n"
        "u,2026-06-01,deepseek-v4,k,request_count,,3\n",
        "user_id,utc_date,model,wallet_type,cost,currency\n"
        "u,2026-06-01,deepseek-v4,topped_up,0.000662,USD\n",
        (3, 1200, 200, 300), "0.000662",
    ),
    "Anthropic": (
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
        "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
        "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count,inference_geo,speed\n"
        "2026-02-05,claude-sonnet-4-5,k,Default,standard,≤ 200k,900,60,40,200,300,1,"
        "global,\n",
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,"
        "cost_usd,list_price_usd,cost_type,inference_geo,speed\n"
        "2026-02-05,Claude Sonnet 4.5,Default,k,message,≤ 200k,input_no_cache,0.0027,"
        "0.0027,token,global,\n"
        "2026-02-05,Claude Sonnet 4.5,Default,k,message,≤ 200k,output,0.0045,0.0045,"
        "token,global,\n"
        "2026-02-05,,Default,k,,,,0.01,0.01,web_search,,\n",
        (0, 1200, 200, 300), "0.0172",
    ),
}  # fmt: skip


@pytest.mark.parametrize("console", EXPORTS)
def test_a_consoles_usage_is_paid_once_by_its_costs(
    tmp_path: Path, console: str
) -> None:
    """Both come in one download: priced as well, the same tokens are paid for twice."""
    usage, costs, counts, cost = EXPORTS[console]
    paths = tmp_path / "usage.csv", tmp_path / "costs.csv"
    for path, text in zip(paths, (usage, costs), strict=True):
        path.write_text(text)
    found = sums(read(list(paths), prices=None))
    names = ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
    assert tuple(found[each] for each in names) == counts
    assert found["cost"] == nano(cost)
