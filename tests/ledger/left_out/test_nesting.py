"""Trees of runs and spans in tables: parents repeat their children."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.figures import lines, nano, read, sums

Write = Callable[..., Path]


def run(name: str, parent: str | None, tokens: int) -> dict[str, Any]:
    return {
        "id": name, "parent_run_id": parent, "trace_id": "t", "run_type": "llm",
        "start_time": "2026-01-25T10:00:00Z", "prompt_tokens": tokens,
        "completion_tokens": tokens // 5, "total_cost": f"0.00{tokens:04}",
    }  # fmt: skip


def test_langsmiths_chains_repeat_their_runs(write: Write) -> None:
    runs = [
        run("a", None, 300),
        run("b", "a", 300),
        run("c", "b", 100),
        run("d", "b", 200),
    ]
    usage = read(write(lines(runs), "a.jsonl"))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (2, 300)
    assert found["cost"] == nano("0.0003")
    assert (
        "langsmith: 2 records repeat the usage of those below (720 tokens and "
        "0.000600000 USD), left out" in usage.quality.notes
    )


def test_the_parts_of_a_tree_are_found_across_files(write: Write) -> None:
    write(lines([run("a", None, 300)]), "l/1.jsonl")
    write(lines([run("b", "a", 0)]), "l/2.jsonl")
    usage = read(write(lines([run("c", "b", 300)]), "l/3.jsonl").parent)
    assert sums(usage)["input_tokens"] == 300


def test_spans_in_clickhouse_repeat_theirs(write: Write) -> None:
    def span(name: str, parent: str) -> dict[str, Any]:
        return {
            "Timestamp": "2026-01-25 10:00:00Z", "TraceId": "t", "SpanId": name,
            "ParentSpanId": parent, "SpanAttributes": {
                "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": "100",
                "gen_ai.usage.output_tokens": "20"},
        }  # fmt: skip

    usage = read(write(lines([span("1", ""), span("2", "1")]), "a.jsonl"))
    assert sums(usage)["input_tokens"] == 100


def test_messages_that_answer_each_other_repeat_nothing(write: Write) -> None:
    rows = [
        {"id": name, "parent_id": parent, "timestamp": "2026-01-25T10:00:00Z",
         "input_tokens": 10, "output_tokens": 5}
        for name, parent in (("a", None), ("b", "a"), ("c", "b"))
    ]  # fmt: skip
    assert sums(read(write(json.dumps(rows), "a.json")))["input_tokens"] == 30


def test_the_dependencies_of_application_insights_are_a_tree(write: Write) -> None:
    def dependency(name: str, parent: str) -> dict[str, Any]:
        usage = {"gen_ai.usage.input_tokens": "100", "gen_ai.usage.output_tokens": "10"}
        return {"timestamp": "2026-01-25T10:00:00Z", "id": name, "operation_Id": "t",
                "operation_ParentId": parent, "customDimensions": json.dumps(usage)
                }  # fmt: skip

    rows = [dependency("a", "t"), dependency("b", "a")]
    assert sums(read(write(lines(rows), "a.jsonl")))["input_tokens"] == 100


def test_spans_may_list_their_parents(write: Write) -> None:
    """braintrustdata/braintrust-sdk-javascript#1377: wrappers repeat their calls."""

    def row(name: str, parents: list[str] | None) -> dict[str, Any]:
        return {"id": f"r-{name}", "span_id": name, "root_span_id": "a",
                "span_parents": parents, "created": "2026-01-25T10:00:00Z",
                "metrics": {"prompt_tokens": 100, "completion_tokens": 10}}  # fmt: skip

    rows = [row("a", None), row("b", ["a"])]
    assert sums(read(write(lines(rows), "a.jsonl")))["input_tokens"] == 100
