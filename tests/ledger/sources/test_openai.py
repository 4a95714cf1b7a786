"""OpenAI's organization usage and costs: pages of buckets of results."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import by, lines, nano, read, sums
from meterwidgets.errors import LedgerError

Write = Callable[..., Path]
Shared = Callable[[str], Path]

DAY = 86_400
START = 1_767_225_600  # 2026-01-01
RESULT = {
    "object": "organization.usage.completions.result", "input_tokens": 1000,
    "output_tokens": 500, "input_cached_tokens": 800, "num_model_requests": 5,
    "project_id": "p-1", "user_id": None, "api_key_id": None, "model": "gpt-5-nano",
    "batch": None,
}  # fmt: skip
COST = {
    "object": "organization.costs.result",
    "amount": {"value": 0.06, "currency": "usd"},
    "line_item": "gpt-5-nano, input_tokens",
    "project_id": "p-1",
}


def bucket(day: int, *results: dict[str, Any]) -> dict[str, Any]:
    start = START + day * DAY
    return {"object": "bucket", "start_time": start, "end_time": start + DAY,
            "results": list(results)}  # fmt: skip


def page(*buckets: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "page", "data": list(buckets), "has_more": more,
            "next_page": "AAAA" if more else None}  # fmt: skip


def partial(usage: mw.UsageFrame) -> list[str]:
    return [note for note in usage.quality.notes if "partial" in note]


def test_the_real_page_is_read_and_said_to_be_partial(shared: Shared) -> None:
    usage = read(shared("openai/usage_completions_page.json"))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (1000, 500)
    assert (found["cache_read_tokens"], found["requests"]) == (800, 5)
    assert usage.start.isoformat() == "2024-11-01T00:00:00+00:00"
    assert partial(usage) == [
        "openai: partial: usage_completions_page.json says has_more, and the next "
        "page, from 2024-11-02 00:00:00 UTC on, is not given; fetch it with next_page"
    ]


def test_a_result_without_its_bucket_is_refused_with_the_way_out(
    shared: Shared,
) -> None:
    with pytest.raises(LedgerError, match="keep the whole page"):
        read(shared("openai/usage_completions_result_grouped.json"))


def test_a_missing_page_is_said_and_a_given_one_is_not(write: Write) -> None:
    """Ask 4: totals of the first page of results only."""
    first = page(bucket(0, RESULT), bucket(1), more=True)
    one = write(json.dumps(first), "pages/1.json")
    assert len(partial(read(one))) == 1
    write(json.dumps(page(bucket(2, RESULT))), "pages/2.json")
    usage = read(one.parent)
    assert partial(usage) == []
    assert sums(usage)["input_tokens"] == 2000


def test_cached_tokens_are_inside_the_input(write: Write) -> None:
    """Ask 5: cached tokens counted or billed twice."""
    rates = {"model": "*", "input": "10", "cache_read": "1", "output": "100"}
    path = write(json.dumps(page(bucket(0, RESULT))), "a.json")
    found = sums(read(path, prices=mw.PriceBook.parse([rates])))
    assert found["input_tokens"] == 1000
    assert found["input_cost"] == (200 * 10 + 800 * 1) * 1000


@pytest.mark.parametrize("shape", ["page", "pages", "lines", "buckets"])
def test_results_of_a_bucket_are_added_in_every_shape(write: Write, shape: str) -> None:
    both = [bucket(0, RESULT, RESULT | {"model": "gpt-5"}), bucket(1, RESULT)]
    text = {
        "page": json.dumps(page(*both), indent=1),
        "pages": json.dumps([page(each) for each in both]),
        "lines": lines(page(each) for each in both),
        "buckets": json.dumps(both),
    }[shape]
    usage = read(write(text, "a.json"))
    assert usage.quality.records == 3
    assert by(usage, "model", "requests") == {"gpt-5-nano": 10, "gpt-5": 5}


def test_a_bucket_without_results_is_no_usage(write: Write) -> None:
    usage = read(write(json.dumps(page(bucket(0), bucket(1, RESULT))), "a.json"))
    assert (usage.quality.records, usage.quality.rejected) == (1, 0)


def test_a_bucket_that_is_broken_is_rejected_by_its_number(write: Write) -> None:
    broken = bucket(1)
    del broken["results"]
    text = json.dumps(page(bucket(0, RESULT), broken, bucket(2, RESULT)))
    usage = read(write(text, "a.json"))
    assert usage.quality.records == 2
    assert "a.json, result 2: has no results" in usage.quality.notes[0]


def test_a_bad_count_names_its_result(write: Write) -> None:
    bad = RESULT | {"output_tokens": -5}
    usage = read(write(json.dumps(page(bucket(0, RESULT, bad))), "a.json"))
    assert (
        "a.json, result 2: output_tokens is -5, a count cannot be negative"
        in usage.quality.notes[0]
    )


def test_costs_are_records_without_tokens(write: Write) -> None:
    as_text = COST | {"amount": {"value": "0.000000000499", "currency": "usd"}}
    other = COST | {"line_item": "Web search", "amount": {"value": "1.10"}}
    usage = read(write(json.dumps(page(bucket(0, COST, as_text, other))), "a.json"))
    found = sums(usage)
    assert found["unsplit_cost"] == found["cost"] == 1_160_000_000
    assert found["input_reported"] == found["requests_reported"] == 0
    assert by(usage, "model", "unsplit_cost") == {
        "gpt-5-nano": 60_000_000, None: 1_100_000_000,
    }  # fmt: skip


def test_usage_and_costs_are_never_added_twice(write: Write) -> None:
    rates = mw.PriceBook.parse([{"model": "*", "input": "10", "output": "100"}])
    days = [bucket(day, RESULT) for day in range(3)]
    write(json.dumps(page(*days)), "both/usage.json")
    folder = write(
        json.dumps(page(bucket(0, COST), bucket(1, COST))), "both/costs.json"
    ).parent
    usage = read(folder, prices=rates)
    found = sums(usage)
    assert found["input_tokens"] == 3000
    assert found["cost"] == 2 * 60_000_000 + (1000 * 10 + 500 * 100) * 1000
    assert (
        "openai_costs and openai are both given: 2 cost rows count without tokens, and "
        "2 records of usage on those days get no price of their own, so nothing is "
        "paid for twice"
    ) in usage.quality.notes
    assert not any("no price;" in note for note in usage.quality.notes)


def test_days_of_utc_are_said_to_be_days_of_utc(write: Write) -> None:
    usage = read(write(json.dumps(page(bucket(0, RESULT))), "a.json"))
    assert (
        "openai: 1 bucket is a whole day of UTC; they can't be split into days of "
        "another time zone"
    ) in usage.quality.notes
    assert not usage.quality.assumed_tz


def test_a_large_answer_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(5)
    tokens: Counter[str] = Counter()
    cost = 0
    pages, costs = [], []
    for first in range(0, 120, 20):
        buckets, paid = [], []
        for day in range(first, first + 20):
            results = []
            for number in range(made.randrange(30)):
                cached = made.randrange(1000)
                fresh = made.randrange(1000)
                model = f"m-{number % 4}"
                results.append(RESULT | {
                    "model": model, "input_tokens": cached + fresh,
                    "input_cached_tokens": cached, "user_id": f"u-{number}",
                    "output_tokens": None if number == 7 else fresh,
                })  # fmt: skip
                tokens[model] += cached + fresh
            buckets.append(bucket(day, *results))
            amount = f"{made.random() * 10:.12f}"
            cost += nano(amount)
            paid.append(bucket(day, COST | {"amount": {"value": amount}}))
        pages.append(page(*buckets, more=first < 100))
        costs.append(page(*paid, more=first < 100))
    made.shuffle(pages)
    write(lines(pages), "all/usage.jsonl")
    usage = read(write(json.dumps(costs), "all/costs.json").parent)
    assert partial(usage) == []
    assert usage.quality.rejected == usage.quality.duplicates == 0
    found = by(usage, "model", "input_tokens")
    assert {name: found[name] for name in tokens} == dict(tokens)
    assert sums(usage)["cost"] == cost


@pytest.mark.parametrize(
    ("given", "text", "audio", "right"),
    [
        (1000, None, 300, 1000),  # openai/openai-openapi: a part of the input
        (0, None, 300, 300),  # pages of before: text only, and nothing but audio
        (1000, 700, 300, 1000),
        (1000, None, None, 1000),
    ],
)
def test_audio_is_inside_the_input_unless_it_is_more(
    write: Write, given: int, text: int | None, audio: int | None, right: int
) -> None:
    result = RESULT | {"input_tokens": given, "input_text_tokens": text,
                       "input_audio_tokens": audio, "input_cached_tokens": 0}  # fmt: skip
    found = sums(read(write(json.dumps(page(bucket(1, result))), "a.json")))
    assert found["input_tokens"] == right


def test_web_searches_are_no_requests_beside_the_completions(write: Write) -> None:
    """Their model requests are those that the completions count."""
    searches = {
        "object": "organization.usage.web_searches.result", "num_requests": 12,
        "num_model_requests": 5, "model": "gpt-4o-2024-08-06", "context_level": "low",
    }  # fmt: skip
    path = write(json.dumps(page(bucket(1, RESULT), bucket(2, searches))), "a.json")
    usage = read(path, prices=mw.PriceBook())
    alone = read(write(json.dumps(page(bucket(1, RESULT))), "b.json"))
    assert sums(usage)["requests"] == sums(alone)["requests"]
    assert sums(usage)["fee_cost"] == 120_000_000
