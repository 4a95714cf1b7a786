"""Each format is recognised by its content, and by its own source only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ledger.sources.test_agent_presets import PRESETS as AGENTS
from ledger.sources.test_anthropic import COST as ANTHROPIC_COST
from ledger.sources.test_anthropic import RESULT as ANTHROPIC_RESULT
from ledger.sources.test_anthropic import bucket as anthropic_bucket
from ledger.sources.test_batches import BATCH, CHAT, VERTEX, output
from ledger.sources.test_claude_code import GOLDEN
from ledger.sources.test_cloud_bills import BILLS
from ledger.sources.test_codex import turn
from ledger.sources.test_copilot import END as COPILOT
from ledger.sources.test_litellm import ROW as SPEND
from ledger.sources.test_litellm_daily import ROW as DAILY
from ledger.sources.test_litellm_daily import UI, metrics
from ledger.sources.test_openai import COST, RESULT, bucket, page
from ledger.sources.test_opencode import message
from ledger.sources.test_otel_events import CLAUDE, clickhouse
from ledger.sources.test_otlp import NEW, export, span
from ledger.sources.test_portkey import LOG
from ledger.sources.test_presets import CHARGE, GENERATION, OBSERVATION, as_csv
from ledger.sources.test_spans import console, jaeger, phoenix, snake_case
from ledger.sources.test_trace_presets import PRESETS
from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.open_file import open_file
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.registry import SOURCES, find, recognise
from meterwidgets.ledger.sources.vocabulary.presets import presets
from meterwidgets.schema import FIELDS

Write = Callable[..., Path]
Shared = Callable[[str], Path]

REAL = {
    "aider/aider_message_send.jsonl": "aider",
    "anthropic/cost_report.json": "anthropic_costs",
    "anthropic/usage_report_messages.json": "anthropic",
    "azure2023/AzureLLMInferenceTrace_code.csv": "table",
    "azure2023/AzureLLMInferenceTrace_conv.csv": "table",
    "claude_code/codex/session-alpha.jsonl": "codex",
    "claude_code/projects/project-alpha/session-alpha/chat.jsonl": "claude_code",
    "claude_code/projects/project-beta/session-beta/chat.jsonl": "claude_code",
    "litellm/daily_activity_entities_fixture.json": "litellm_activity",
    "litellm/spend_logs_payload.json": "litellm",
    "litellm/ui_export_daily_header.csv": "litellm_ui",
    "openai/usage_completions_page.json": "openai",
    "servegen/usage_600s.csv": "table",
}

DECLARED = {each.source.name: each for each in presets()}
MADE_OF_SERIES = ("prometheus",)
"""Sources of what an envelope makes of several records."""
ANTHROPIC: dict[str, Any] = {"data": [anthropic_bucket(1)], "has_more": False}
MADE: dict[str, str] = {
    "litellm": json.dumps([SPEND]),
    "litellm_daily": json.dumps([DAILY]),
    "litellm_activity": json.dumps(
        {"results": [{"date": "2026-01-02", "metrics": metrics(1)}]}
    ),
    "litellm_ui": UI + "2026-01-02,S,t,1,1,1,0,2,1,1\n",
    "openai": json.dumps(page(bucket(0), bucket(1, RESULT))),
    "openai_costs": json.dumps(page(bucket(0), bucket(1, COST))),
    "anthropic": json.dumps(
        ANTHROPIC | {"data": [anthropic_bucket(1, ANTHROPIC_RESULT)]}
    ),
    "anthropic_costs": json.dumps(
        ANTHROPIC | {"data": [anthropic_bucket(1, ANTHROPIC_COST)]}
    ),
    "claude_code": json.dumps(GOLDEN),
    "codex": json.dumps(turn("m")),
    "copilot": json.dumps(COPILOT),
    "openai_batch": json.dumps(output(1, CHAT)),
    "openai_batches": json.dumps(BATCH),
    "vertex_batch": json.dumps(VERTEX),
    "portkey": json.dumps(LOG),
    "opencode": json.dumps(message(1, "a")),
    "otlp": json.dumps(export(span(1, NEW))),
    "otel_events": clickhouse(CLAUDE),
    **{name: json.dumps(each) for name, each in (AGENTS | PRESETS).items()},
    "otel_metrics": json.dumps({"MetricName": "m", "Series": "{}", "AggTemp": "1"}),
    **{
        name: envelope([("1", "", NEW)])
        for name, envelope in (
            ("otel_spans", console),
            ("otel_table", phoenix),
            ("jaeger", jaeger),
            ("otlp_snake_case", snake_case),
        )
    },
    "openrouter": as_csv(GENERATION),
    "openrouter_generations": json.dumps(
        [
            {
                "id": "gen-1",
                "created_at": "2026-02-20T10:19:41Z",
                "usage": 0.1,
                "native_tokens_prompt": 5,
                "native_tokens_completion": 1,
            }
        ]
    ),
    "openrouter_activity": json.dumps(
        [{"date": "2025-08-24", "usage": 1, "byok_usage_inference": 0, "requests": 1}]
    ),
    "langfuse": json.dumps([OBSERVATION]),
    "focus": as_csv(CHARGE),
    **{
        name: "\n".join(BILLS[bill][0].splitlines()[:2])
        for name, bill in (
            ("aws_cur", "CUR 2.0"),
            ("aws_cur_1", "CUR"),
            ("azure_costs", "Azure"),
            ("google_billing", "Google, flat"),
        )
    },
}


def sample_of(path: Path) -> Sample:
    """The columns and first records of a file."""
    return open_file(path, Workspace(duckdb.connect()), lambda _: "").sample


def takers(path: Path) -> list[str]:
    """Every source that would take a file, but for the one that takes any."""
    sample = sample_of(path)
    return [each.name for each in SOURCES if each.name != "table" and
            each.matches(sample)]  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_a_real_sample_is_taken_by_its_own_source_only(
    shared: Shared, name: str
) -> None:
    path = shared(name)
    expected = REAL[name]
    assert takers(path) == ([] if expected == "table" else [expected])
    assert recognise(sample_of(path)).name == expected


def test_a_lone_result_is_refused(shared: Shared) -> None:
    path = shared("openai/usage_completions_result_grouped.json")
    with pytest.raises(LedgerError, match="without their buckets"):
        recognise(sample_of(path))


@pytest.mark.parametrize("name", MADE)
def test_a_made_ledger_is_taken_by_its_own_source_only(write: Write, name: str) -> None:
    assert takers(write(MADE[name], "ledger.txt")) == [name]


def test_every_source_but_the_table_has_a_ledger_here() -> None:
    made = {*MADE, *DECLARED, "table", *MADE_OF_SERIES}
    assert {each.name for each in SOURCES} == made


def _record(names: list[str], value: object = 1) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name in names:
        *outer, last = name.split(".")
        inner = record
        for each in outer:
            inner = inner.setdefault(each, {})
        inner.setdefault(last, value)
    return record


@pytest.mark.parametrize("name", DECLARED)
def test_what_a_preset_asks_for_is_taken_by_it_only(name: str) -> None:
    match = DECLARED[name].table["match"]
    asked = match if isinstance(match, dict) else {"all": match}
    some = [*asked.get("any", ())]
    for alternative in some or [""]:
        names = [*asked.get("all", ()), *([alternative] if alternative else [])]
        record = _record(sorted(names, key=len, reverse=True))
        for column, (first, *_) in asked.get("values", {}).items():
            record |= _record([column], first)
        for level in reversed(find(name).levels):
            for path in reversed(level.paths[0].split(".")):
                record = {
                    path: [record] if path == level.paths[0].split(".")[-1] else record
                }
        sample = Sample(tuple(json_paths([record])), (record,))
        found = [e.name for e in SOURCES if e.name != "table" and e.matches(sample)]
        assert found == [name], alternative


@pytest.mark.parametrize("name", [each.name for each in SOURCES])
def test_every_source_publishes_its_columns_and_what_it_cannot_tell(name: str) -> None:
    source = find(name)
    assert source.cannot_tell
    assert set(source.documented_columns) <= set(FIELDS)
    silent = {"covers", "currency", "requests", "record_id", "input_cost",
              "output_cost", "provider"}  # fmt: skip
    assert set(source.fields) - set(source.documented_columns) <= silent


def test_a_nested_ledger_can_not_be_a_table(write: Write) -> None:
    from ledger.figures import read

    with pytest.raises(LedgerError, match="is a table, expected the JSON"):
        read(write("a,b\n1,2\n"), source="openai")


@pytest.mark.parametrize("kind", [[], {}, ["user"], None, 1.5])
def test_a_kind_of_line_that_is_no_word_is_no_kind(kind: Any) -> None:
    row = {"type": kind, "sessionId": "s", "payload": {}, "timestamp": "2026-02-22"}
    assert recognise(Sample(tuple(row), (row,))).name == "table"
