"""Exports of clouds, gateways and dataframes: the right figures, worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import meterwidgets as mw

Write = Callable[..., Path]
TIMES = ["2026-02-22T10:00:00Z", "2026-02-22T11:30:00Z"]


def figures(ledger: Any) -> tuple[Any, ...]:
    """Cost, input, output and requests; None where none is known."""
    usage = mw.read_usage(ledger, prices=mw.PriceBook(catalogue=False), rejects=None)
    found = usage.select().sums()
    cost = sum(found[each] for each in ("input_cost", "output_cost", "unsplit_cost"))
    return (
        cost / 10**9 if found["priced"] else None,
        found["input_tokens"] if found["input_reported"] else None,
        found["output_tokens"] if found["output_reported"] else None,
        found["requests"] if found["requests_reported"] else None,
    )


EXPORTS = {
    "BigQuery's billing export": (
        "usage_start_time,usage_end_time,service.description,sku.description,cost,currency,"
        "usage.amount,project.id\n"
        "2026-02-22 10:00:00 UTC,2026-02-22 11:00:00 UTC,Vertex,Input,0.5,USD,100000,p1\n"
        "2026-02-22 10:00:00 UTC,2026-02-22 11:00:00 UTC,Vertex,Output,0.25,USD,2000,p1\n",
        (0.75, None, None, None),
    ),
    "Snowflake's view of Cortex": (
        "START_TIME,END_TIME,FUNCTION_NAME,MODEL_NAME,TOKEN_CREDITS,TOKENS\n"
        "2026-02-22 10:00:00.000 +0000,2026-02-22 11:00:00.000 +0000,COMPLETE,m,0.5,100\n"
        "2026-02-22 11:00:00.000 +0000,2026-02-22 12:00:00.000 +0000,COMPLETE,m,0.1,200\n",
        (None, 300, None, None),
    ),
    "Databricks' endpoint usage": (
        "client_request_id,databricks_request_id,requester,status_code,request_time,"
        "input_token_count,output_token_count,input_character_count\n"
        "c1,d1,u@x,200,2026-02-22T10:00:00.123Z,10,5,40\n"
        "c2,d2,u@x,200,2026-02-22T11:00:00.123Z,20,6,40\n",
        (None, 30, 11, 2),
    ),
    "a cost export of Azure": (
        "Date,MeterCategory,MeterName,Quantity,UnitOfMeasure,CostInBillingCurrency,"
        "BillingCurrencyCode\n"
        "02/21/2026,Foundry Models,gpt-4o Inp,12,1K,0.06,USD\n"
        "02/22/2026,Foundry Models,gpt-4o Outp,3,1K,0.045,USD\n",
        (0.105, 12000, 3000, None),
    ),
    "a cost table of Google Cloud": (
        "Project ID,Service description,SKU description,Usage start date,Usage end date,"
        "Usage amount,Cost ($)\n"
        "p1,Vertex AI,Gemini input,2026-02-21,2026-02-22,1000,0.5\n"
        "p1,Vertex AI,Gemini output,2026-02-22,2026-02-23,1000,0.25\n",
        (0.75, None, None, None),
    ),
    "Helicone's requests": (
        "request_id,request_created_at,response_status,request_model,prompt_tokens,"
        "completion_tokens,total_tokens,latency,cost\n"
        "r1,2026-02-22 10:00:00.123+00,200,gpt-4o,10,5,15,900,0.5\n"
        "r2,2026-02-22 11:00:00.123+00,200,gpt-4o,20,6,26,900,0.25\n",
        (0.75, 30, 11, 2),
    ),
    "Langfuse's table": (
        "id,type,startTime,endTime,model,inputUsage,outputUsage,totalUsage,totalCost\n"
        f"o1,GENERATION,{TIMES[0]},{TIMES[0]},gpt-4o,10,5,15,0.5\n"
        f"o2,GENERATION,{TIMES[1]},{TIMES[1]},gpt-4o,20,6,26,0.25\n",
        (0.75, 30, 11, 2),
    ),
    "a provider's days with a row a type": (
        "Date,Model,Type,Tokens,Cost\n2026-02-21,llama,input,10,$0.50\n"
        "2026-02-21,llama,output,5,$0.25\n",
        (0.75, 10, 5, None),
    ),
    "a provider's days with an end": (
        "email,start_time,end_time,usage_type,base_model_name,prompt_tokens,completion_tokens\n"
        "a@b,2026-02-21 00:00:00+00:00,2026-02-22 00:00:00+00:00,TEXT,llama,10,5\n"
        "a@b,2026-02-22 00:00:00+00:00,2026-02-23 00:00:00+00:00,TEXT,llama,20,6\n",
        (None, 30, 11, None),
    ),
    "Copilot's bill, part of it in a quota": (
        "date,username,product,model,quantity,applied_cost_per_quantity,gross_amount,"
        "discount_amount,net_amount,organization,input,output,cache_read,cache_write\n"
        "2026-08-11,u1,copilot,m,10,0.01,0.10,0.10,0,acme,1000,50,200,0\n"
        "2026-08-12,u1,copilot,m,20,0.01,0.20,0.0,0.20,acme,3000,60,100,10\n",
        (0.2, 4000, 110, None),
    ),
    "means beside totals": (
        "date,model,requests,avg_cost,total_cost,input_tokens_per_request\n"
        "2026-02-21,m,3,0.1,0.3,5\n2026-02-22,m,4,0.1,0.4,5\n",
        (0.7, None, None, 7),
    ),
    "a running sum beside its parts": (
        "time,model,cost,cumulative_cost\n2026-02-22T10:00:00Z,m,0.5,0.5\n"
        "2026-02-22T11:00:00Z,m,0.25,0.75\n",
        (0.75, None, None, 2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_as_it_means(write: Write, name: str) -> None:
    text, right = EXPORTS[name]
    assert figures(write(text, "a.csv")) == right


def test_openais_usage_of_before(write: Write) -> None:
    row = '{{"aggregation_timestamp": {}, "n_requests": {}, "snapshot_id": "gpt-4o", '
    row += '"n_context_tokens_total": {}, "n_generated_tokens_total": {}}}'
    rows = row.format(1771754400, 3, 10, 5), row.format(1771758000, 4, 20, 6)
    text = f'{{"object": "list", "data": [{", ".join(rows)}]}}'
    assert figures(write(text, "a.json")) == (None, 30, 11, 7)


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        ("daily", "date", ("2026-02-21", "2026-02-22")),
        ("weekly", "week", ("2026-02-16", "2026-02-23")),
        ("monthly", "month", ("2026-01", "2026-02")),
    ],
)
def test_a_summary_of_sessions_counts_its_rows_and_not_their_parts_or_totals(
    write: Write, name: str, key: str, values: tuple[str, str]
) -> None:
    counts = {"inputTokens": 10, "outputTokens": 5, "cacheCreationTokens": 100,
              "cacheReadTokens": 1000, "totalTokens": 1115}  # fmt: skip
    part = {"modelName": "m", "cost": 0.5, **counts}
    rows = [
        {key: value, "totalCost": 0.5, "modelBreakdowns": [part], **counts}
        for value in values
    ]
    totals = {"totalCost": 1.0, **{each: 2 * counts[each] for each in counts}}
    path = write(json.dumps({name: rows, "totals": totals}), "a.json")
    assert figures(path) == (1.0, 2220, 10, None)


def test_the_id_of_a_project_is_no_request_and_loses_no_row(write: Write) -> None:
    rows = [f"{TIMES[0]},p1,5,0.5", f"{TIMES[0]},p1,5,0.5"]
    path = write(
        "\n".join(["time,project.id,input_tokens,cost", *rows]) + "\n", "a.csv"
    )
    assert figures(path) == (1.0, 10, None, 2)


BASE = {"model": ["m", "m"], "prompt_tokens": [10, 20], "cost": [0.5, 0.25]}
INDEX = pd.to_datetime(TIMES)


def frames() -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(BASE, index=INDEX)
    levels = frame.set_index("model", append=True)
    levels.index.names = ["ts", "model"]
    columns = {
        ("time", ""): TIMES,
        ("tokens", "input"): [10, 20],
        ("cost", "usd"): [0.5, 0.25],
    }
    return {
        "an index of times without a name": frame,
        "an index of times": frame.rename_axis("timestamp"),
        "an index of two levels": levels,
        "columns of two levels": pd.DataFrame(columns),
        "milliseconds": pd.DataFrame({"ts": [1771754400000, 1771759800000], **BASE}),
        "seconds and parts": pd.DataFrame(
            {"ts": [1771754400.5, 1771759800.25], **BASE}
        ),
        "another zone": pd.DataFrame(
            {"t": INDEX.tz_convert("Asia/Tokyo"), **BASE}
        ).rename(columns={"t": "time"}),
    }


@pytest.mark.parametrize("name", frames())
def test_a_dataframe_means_what_it_shows(name: str) -> None:
    assert figures(frames()[name]) == (0.75, 30, None, 2)
