"""The service tier of a record: batch, priority, standard, or not reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import meterwidgets as mw
from ledger.figures import lines, read
from ledger.sources import (
    test_anthropic,
    test_claude_code,
    test_litellm,
    test_openai,
    test_otlp,
    test_presets,
)
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.read import read_ledgers
from meterwidgets.ledger.records.plan import LedgerSpec

Write = Callable[..., Path]


def tiers(ledger: Any, **words: Any) -> list[str | None]:
    """The tiers of all records, those without one last."""
    book = mw.PriceBook(catalogue=False)
    with open_workspace() as ws:
        read_ledgers(ws, [LedgerSpec([ledger], **words)], book)
        found = ws.execute(f"SELECT service_tier FROM {ws.records} ORDER BY ALL")
        found = found.fetchall()
    return [tier for (tier,) in found]


def table(*values: str | None, column: str = "service_tier") -> pa.Table:
    return pa.table(
        {
            "time": [f"2026-02-22T10:00:{n:02}Z" for n in range(len(values))],
            "input_tokens": list(range(len(values))),
            column: pa.array(values, pa.string()),
        }
    )


@pytest.mark.parametrize(
    ("written", "tier"),
    [
        ("batch", "batch"), ("Priority", "priority"), (" flex ", "flex"),
        ("standard", "standard"), ("default", "standard"), ("auto", None), ("", None),
        ("None", None), (None, None),
    ],
)  # fmt: skip
def test_a_tier_has_one_word_and_auto_says_nothing(
    written: str | None, tier: str | None
) -> None:
    assert tiers(table("scale", written)) == sorted(
        ["scale", tier], key=lambda each: (each is None, each)
    )


def test_a_tables_tier_may_have_any_column() -> None:
    columns = {"service_tier": "lane"}
    assert tiers(table("batch", column="lane"), columns=columns) == ["batch"]


def test_a_ledger_without_tiers_has_none() -> None:
    assert tiers(table("batch", column="lane")) == [None]


def test_openai_says_batch_in_a_column_of_its_own(write: Write) -> None:
    results = [
        test_openai.RESULT | {"batch": batch, "service_tier": tier}
        for batch, tier in ((True, None), (False, None), (None, "default"),
                            (False, "priority"), (True, "default"))
    ]  # fmt: skip
    page = test_openai.page(test_openai.bucket(0, *results))
    assert tiers(write(json.dumps(page), "a.json")) == [
        "batch", "batch", "priority", "standard", None,
    ]  # fmt: skip


def test_anthropics_report_names_it(write: Write) -> None:
    results = [
        test_anthropic.RESULT | {"service_tier": tier}
        for tier in ("standard", "batch", "priority_on_demand", None)
    ]
    page = test_anthropic.page(test_anthropic.bucket(1, *results))
    assert tiers(write(page, "a.json")) == [
        "batch", "priority_on_demand", "standard", None,
    ]  # fmt: skip


def test_a_turn_of_claude_code_names_it(write: Write) -> None:
    turn = test_claude_code.message(1, usage={"service_tier": "priority"})
    ledger = lines([turn, test_claude_code.message(2)])
    assert tiers(write(ledger, "a.jsonl")) == ["priority", None]


def test_litellm_keeps_it_in_the_usage_of_the_metadata(write: Write) -> None:
    row = test_litellm.ROW
    usage = row["metadata"]["usage_object"] | {"service_tier": "flex"}  # type: ignore[index]
    flex = row | {
        "request_id": "r-2",
        "metadata": row["metadata"] | {"usage_object": usage},  # type: ignore[operator]
    }
    assert tiers(write(lines([row, flex]), "a.jsonl")) == ["flex", None]


def test_a_span_says_the_tier_that_served_it_before_the_one_asked_for(
    write: Write,
) -> None:
    asked = {"gen_ai.openai.request.service_tier": "auto"}
    served = {"gen_ai.openai.response.service_tier": "scale"}
    newer = {"openai.response.service_tier": "flex"}
    spans = [
        test_otlp.span(1, test_otlp.NEW | asked | served),
        test_otlp.span(2, test_otlp.NEW | asked),
        test_otlp.span(3, test_otlp.NEW | newer),
    ]
    ledger = write(json.dumps(test_otlp.export(*spans)), "a.json")
    assert tiers(ledger) == ["flex", "scale", None]


def test_focus_says_it_in_the_name_of_a_meter(write: Write) -> None:
    meters = (
        "gpt-5-Batch-Inp-glbl Tokens",
        "gpt-5-batched-input",
        "gpt 5 Inp Priority",
    )
    rows = [test_presets.CHARGE | {"SkuMeter": meter} for meter in meters]
    ledger = write(test_presets.as_csv(*rows), "a.csv")
    assert tiers(ledger) == ["batch", "priority", None]


def test_two_requests_that_differ_in_their_tier_only_are_two() -> None:
    one, other = table("batch"), table("priority")
    assert read([one, one]).quality.duplicates == 1
    assert read([one, other]).quality.duplicates == 0
