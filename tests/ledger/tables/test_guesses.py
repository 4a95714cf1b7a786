"""Tables of the wild: what their names say, which column is filled, what is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw
from meterwidgets.ledger.sources.column_names import field_named, is_usage_like
from meterwidgets.ledger.tables.mapping import candidates, check

Write = Callable[..., Path]


def read(ledger: Any, **words: Any) -> mw.UsageFrame:
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(ledger, prices=book, rejects=None, **words)


def sums(ledger: Any, **words: Any) -> dict[str, int]:
    return read(ledger, **words).select().sums()  # type: ignore[no-any-return]


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps({"time": 1771754400 + n} | r) + "\n"
                   for n, r in enumerate(rows))  # fmt: skip


@pytest.mark.parametrize(
    ("column", "field"),
    [("total_cost_usd", "cost"), ("response_cost", "cost"), ("spend_usd", "cost"),
     ("cost_dollars", "cost"), ("estimated_cost", "cost"), ("billed_cost", "cost"),
     ("total_spend", "cost"), ("costUSD", "cost"), ("Total Charges", "cost"),
     ("price_usd", "cost"), ("total_price", "cost"), ("cost.total", "cost"),
     ("amount_eur", "cost"), ("Cost (€)", "cost"), ("cost_cents", "cost"),
     ("inputCost", "input_cost"), ("completion_cost_usd", "output_cost"),
     ("cost_details.input", "input_cost"), ("cache_read_cost", None),
     ("cost_per_token", None), ("price", None), ("budget_usd", None),
     ("inputTokenCount", "input_tokens"), ("num_prompt_tokens", "input_tokens"),
     ("llm.token_count.prompt", "input_tokens"), ("tokens.input", "input_tokens"),
     ("gen_ai.usage.output_tokens", "output_tokens"), ("n_tokens_out", "output_tokens"),
     ("cachedInputTokens", "cache_read_tokens"),
     ("prompt_tokens_details.cached_tokens", "cache_read_tokens"),
     ("cachedContentTokenCount", "cache_read_tokens"),
     ("prompt_cache_hit_tokens", "cache_read_tokens"),
     ("prompt_cache_miss_tokens", "fresh_input_tokens"),
     ("usage_input_tokens_no_cache", "fresh_input_tokens"),
     ("uncached_input_tokens", "fresh_input_tokens"),
     ("usage_input_tokens_cache_write_5m", "cache_write_5m_tokens"),
     ("usage_input_tokens_cache_write_1h", "cache_write_1h_tokens"),
     ("cacheWriteInputTokens", "cache_write_tokens"),
     ("thinking_tokens", "reasoning_tokens"), ("thoughtsTokenCount", "reasoning_tokens"),
     ("Total Tokens", "total_tokens"), ("tokens", "total_tokens"),
     ("max_tokens", None), ("input_audio_tokens", "input_audio_tokens"),
     ("completion_tokens_details.audio_tokens", "output_audio_tokens"), ("tokens_per_second", None),
     ("accepted_prediction_tokens", None), ("api_token", None),
     ("num_requests", "requests"), ("API Calls", "requests"), ("call_count", "requests"),
     ("request_id", None), ("startedAt", "start"), ("created_at_utc", "start"),
     ("Date (UTC)", "start"), ("response_time", None), ("request_time_ms", None),
     ("modelName", "model"), ("response_model", "model"), ("model_family", None)],
)  # fmt: skip
def test_a_name_means_a_field_where_all_of_its_words_are_understood(
    column: str, field: str | None
) -> None:
    assert field_named(column) == field


@pytest.mark.parametrize(
    ("column", "kind"),
    [("input_audio_tokens", "tokens"), ("cache_read_cost", "money"), ("usage", "tokens"),
     ("web_search_fee", "money"), ("credits", "money"), ("max_tokens", ""),
     ("cost_center", ""), ("tokens_per_second", ""), ("token_type", ""), ("city", "")],
)  # fmt: skip
def test_a_column_that_speaks_of_usage_is_known_by_its_name(
    column: str, kind: str
) -> None:
    assert is_usage_like(column) == kind


# what is left is said


def test_an_unread_column_is_named_with_its_rows_and_its_money(write: Write) -> None:
    usage = read(write(
        "time,input_tokens,cost,gateway_fee,accepted_prediction_tokens,max_tokens\n"
        "2026-02-22T10:00:00Z,5,1,0.25,7,4096\n"
        "2026-02-22T10:01:00Z,5,1,,0,4096\n", "a.csv"
    ))  # fmt: skip
    assert usage.quality.notes[1] == (
        "a.csv: not read: gateway_fee (filled in 1 of 2 rows, sum 0.25), "
        "accepted_prediction_tokens (filled in 2 of 2 rows); name what counts with columns="
    )


def test_unread_columns_are_said_once_a_format(write: Write) -> None:
    for name in "abc":
        path = write(f"time,cost,fee\n2026-02-22T10:00:00Z,1,0.5\n# {name}\n".replace(
            f"# {name}", f"2026-02-22T10:01:00Z,{ord(name)},"), f"in/{name}.csv")  # fmt: skip
    notes = read(path.parent).quality.notes
    assert [note for note in notes if "not read" in note] == [
        "a.csv and 2 more: not read: fee (filled in 3 of 6 rows, sum 1.5); "
        "name what counts with columns="
    ]
    assert sum("guessed" in note for note in notes) == 1


def test_a_column_that_is_empty_or_text_is_not_said(write: Write) -> None:
    usage = read(write(
        "time,cost,tax_cost,token\n2026-02-22T10:00:00Z,1,,sk-1\n", "a.csv"
    ))  # fmt: skip
    assert not any("not read" in note for note in usage.quality.notes)


# of two columns the one that is filled


def test_of_two_costs_the_one_that_is_filled_is_read(write: Write) -> None:
    path = write(
        "time,cost,total_cost\n2026-02-22T10:00:00Z,,2\n2026-02-22T10:01:00Z,,3\n"
    )
    assert sums(path)["unsplit_cost"] == 5_000_000_000


def test_a_column_of_zeros_gives_way_to_one_of_money(write: Write) -> None:
    usage = read(write(
        "time,cost,response_cost\n2026-02-22T10:00:00Z,0,2\n"
        "2026-02-22T10:01:00Z,0.5,3\n", "a.csv"
    ))  # fmt: skip
    assert usage.select().sums()["unsplit_cost"] == 5_000_000_000
    assert any(
        "cost (filled in 2 of 2 rows, sum 0.5)" in n for n in usage.quality.notes
    )


def test_a_name_stays_the_likeliest_where_it_has_any_value(write: Write) -> None:
    path = write(
        "time,cost,user,user_email\n2026-02-22T10:00:00Z,1,,a@b.c\n"
        "2026-02-22T10:01:00Z,1,u1,d@e.f\n"
    )
    assert set(read(path).select().by("user")) == {None, "u1"}


def test_the_name_of_a_cost_says_its_currency_and_its_unit(write: Write) -> None:
    euros = read(write("time,cost_eur\n2026-02-22T10:00:00Z,2\n", "e.csv"))
    assert euros.currencies == ("EUR",)
    cents = write("time,cost_cents\n2026-02-22T10:00:00Z,123.45\n", "c.csv")
    assert sums(cents)["unsplit_cost"] == 1_234_500_000


# a provider's names keep its meaning


def anthropic(write: Write, name: str) -> Path:
    rows = [(12000, 0, 0), (300, 20000, 0), (25, 8000, 1000), (9000, 1000, 500)]
    keys = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    objects = [dict(zip(keys, r, strict=True)) | {"output_tokens": 9} for r in rows]
    if name.endswith(".jsonl"):
        return write(lines(*({"usage": each} for each in objects)), name)
    table = pa.table({"time": [1771754400 + n for n in range(4)]} | {
        key: [each[key] for each in objects] for key in objects[0]})  # fmt: skip
    path = write(b"", name)
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_anthropics_input_stands_beside_its_cache(write: Write, name: str) -> None:
    usage = read(anthropic(write, name))
    found = usage.select().sums()
    assert (usage.quality.rejected, found["input_tokens"]) == (0, 51_825)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (29_000, 1_500)
    assert any("Anthropic" in note for note in usage.quality.notes)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        # OpenAI: inside; https://platform.openai.com/docs/guides/prompt-caching
        ({"prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
          "prompt_tokens_details": {"cached_tokens": 1920}}, (2006, 1920, 300)),
        ({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 40},
          "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 4}},
         (100, 40, 9)),
        # Gemini: cache inside, thoughts and the tool's prompt beside
        ({"promptTokenCount": 100, "cachedContentTokenCount": 40,
          "candidatesTokenCount": 10, "thoughtsTokenCount": 30,
          "toolUsePromptTokenCount": 5, "totalTokenCount": 145}, (105, 40, 40)),
        # Bedrock's Converse: beside
        ({"inputTokens": 10, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20,
          "outputTokens": 7, "totalTokens": 137}, (130, 100, 7)),
        # DeepSeek: hit and miss make the prompt
        ({"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "completion_tokens": 5,
          "prompt_cache_miss_tokens": 36}, (100, 64, 5)),
        ({"prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36,
          "completion_tokens": 5}, (100, 64, 5)),
        # Vercel's AI SDK: inside
        ({"inputTokens": 100, "cachedInputTokens": 60, "outputTokens": 5}, (100, 60, 5)),
        # Ollama
        ({"prompt_eval_count": 26, "eval_count": 298}, (26, None, 298)),
        # a total and one side, or none
        ({"total_tokens": 120, "completion_tokens": 20}, (100, None, 20)),
        ({"total_tokens": 120, "prompt_tokens": 100}, (100, None, 20)),
        ({"total_tokens": 120}, (120, None, 0)),
    ],
)  # fmt: skip
def test_usage_objects_of_a_provider_keep_their_meaning(
    write: Write, usage: dict[str, Any], tokens: tuple[int, int | None, int]
) -> None:
    found = sums(write(lines({"usage": usage}, {"usage": usage}), "a.jsonl"))
    whole, cached, output = tokens
    assert (found["input_tokens"], found["output_tokens"]) == (2 * whole, 2 * output)
    assert found["cache_read_tokens"] == 2 * (cached or 0)


def test_a_console_export_without_its_cache_in_the_input_is_added_up() -> None:
    names = ["usage_date_utc", "model_version", "usage_input_tokens_no_cache",
             "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h",
             "usage_input_tokens_cache_read", "usage_output_tokens"]  # fmt: skip
    found = check(None, names, where="a.csv")
    assert found.formulas["input_tokens"].columns == (names[2], names[5], *names[3:5])
    assert found.formulas["cache_write_tokens"].columns == tuple(names[3:5])


# rows that are no requests


def test_a_row_with_neither_tokens_nor_cost_is_no_request(write: Write) -> None:
    usage = read(write(
        "time,event,input_tokens,cost\n2026-02-22T10:00:00Z,login,,\n"
        "2026-02-22T10:00:01Z,call,5,1\n2026-02-22T10:00:02Z,call,,1\n", "a.csv"
    ))  # fmt: skip
    assert usage.select().sums()["requests"] == 2
    assert any("1 row holds no usage" in note for note in usage.quality.notes)


DAYS = "date,model,input_tokens\n{0},m,5000000\n{1},m,6000000\n{1},q,6000000\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [("2026-02-21", "2026-02-22"), ("2026/02/21", "2026/02/22"),
     ("2026-02-21T00:00:00Z", "2026-02-22T00:00:00Z")],
)  # fmt: skip
def test_a_table_of_days_counts_no_requests(write: Write, one: str, other: str) -> None:
    usage = read(write(DAYS.format(one, other), "a.csv"))
    found = usage.select().sums()
    assert (found["input_tokens"], found["requests_reported"]) == (17_000_000, 0)
    assert usage.bucket_s == 86_400
    assert any("the number of requests is unknown" in n for n in usage.quality.notes)


@pytest.mark.parametrize(
    "text",
    [
        "date,input_tokens\n2026-02-21,5\n2026-02-21,5\n",  # one day, twice
        "date,request_id,input_tokens\n2026-02-21,a,5\n2026-02-22,b,5\n",
        "date,latency_ms,input_tokens\n2026-02-21,9,5\n2026-02-22,9,6\n",
        "date,input_tokens\n2026-02-22T00:00:00Z,5\n",  # a moment, at midnight
        "date,input_tokens\n2026-02-21,5\n2026-02-22 10:00,5\n",
    ],
)
def test_requests_with_a_date_only_are_requests(write: Write, text: str) -> None:
    found = sums(write(text, "a.csv"))
    assert found["requests"] == found["records"]


def test_a_request_that_failed_is_a_request_without_tokens(write: Write) -> None:
    usage = read(write(lines(
        {"model": "m", "response_code": 200, "prompt_tokens": 15, "completion_tokens": 7},
        {"model": "m", "response_code": 429, "prompt_tokens": None},
        {"model": None, "response_code": 200, "prompt_tokens": None},
    ), "access.jsonl"))  # fmt: skip
    total = usage.select().sums()
    assert (total["requests"], total["input_tokens"]) == (2, 15)
    assert "1 row holds no usage" in usage.quality.notes[0]


@pytest.mark.parametrize(
    ("column", "field"),
    [("billed_input_tokens", "input_tokens"), ("output_tokens_charged", "output_tokens"),
     ("billable_output_tokens", "output_tokens"), ("billed_cost", "cost"),
     ("tokens_spent", "total_tokens"), ("tokens_consumed", "total_tokens"),
     ("tokens_sent", "input_tokens"), ("spent_usd", "cost"),
     ("total_tokens_cost", "cost"), ("inference_cost", "cost"),
     ("cached_input", "cache_read_tokens"), ("period_start", "start"), ("ds", "start"),
     ("cache_write_1h", "cache_write_1h_tokens")],
)  # fmt: skip
def test_tokens_that_were_billed_are_no_money(column: str, field: str) -> None:
    assert candidates([column]) == {field: [column]}


def test_the_tokens_of_a_request_and_its_response_are_sides() -> None:
    """Older versions of Pydantic AI: the response was in no figure."""
    columns = ["timestamp", "request_tokens", "response_tokens", "total_tokens"]
    found = check({}, columns, where="a.csv").columns
    assert found["input_tokens"] == "request_tokens"
    assert found["output_tokens"] == "response_tokens"


def test_what_stands_among_prices_and_limits_is_no_usage() -> None:
    columns = [
        "time", "pricing.input", "limits.output_tokens", "rate_limits.input_tokens",
        "prices.total_cost", "usage.input", "usage.output_tokens", "total_cost",
    ]  # fmt: skip
    found = check({}, columns, where="a.csv").columns
    assert found["input_tokens"] == "usage.input"
    assert found["output_tokens"] == "usage.output_tokens"
    assert found["cost"] == "total_cost"
