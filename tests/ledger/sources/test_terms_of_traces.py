"""What sets a price in traces: the attributes of spans, and Langfuse's details."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import read, sums

M = 1_000_000
Write = Callable[..., Path]
STANDARD = {"model": "m", "service_tier": "standard", "input": "1", "output": "4",
            "search_fee": "0.01", "cache_write_1h": "5", "input_audio": "30"}  # fmt: skip
FLEX = {"model": "m", "service_tier": "flex", "input": "0.5", "output": "2"}
BOOK = mw.PriceBook.parse([STANDARD, FLEX], catalogue=False)
OF_OPENAI = mw.PriceBook.parse(
    [each | {"provider": "openai"} for each in (STANDARD, FLEX)], catalogue=False
)
SPANS: list[tuple[dict[str, Any], tuple[float, float] | None]] = [
    ({}, (1, 0)),
    ({"openai.response.service_tier": "flex"}, (0.5, 0)),
    ({"gen_ai.response.service_tier": "flex"}, (0.5, 0)),
    ({"openai.request.service_tier": "flex",
      "openai.response.service_tier": "default"}, (1, 0)),
    ({"gen_ai.usage.speed": "fast"}, None),
    ({"gen_ai.usage.inference_geo": "us"}, None),
    ({"gen_ai.usage.details.web_search_requests": 3}, (1, 0.03)),
    ({"gen_ai.usage.cache_creation.input_tokens": M,
      "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens": M}, (5, 0)),
    ({"server.address": "localhost"}, None),
    ({"server.address": "api.openai.com"}, (1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), SPANS, ids=str)
def test_attributes_of_a_span_set_its_price(
    write: Write, said: dict[str, Any], expected: tuple[float, float] | None
) -> None:
    attributes = {"gen_ai.request.model": "m", "gen_ai.provider.name": "openai",
                  "gen_ai.usage.input_tokens": M, "gen_ai.usage.output_tokens": 0}  # fmt: skip
    listed = [
        {"key": name,
         "value": {"intValue" if isinstance(value, int) else "stringValue": str(value)}}
        for name, value in (attributes | said).items()
    ]  # fmt: skip
    span = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "chat m",
            "startTimeUnixNano": "1771754400000000000", "attributes": listed}  # fmt: skip
    page = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert priced(write(json.dumps(page), "a.json"), OF_OPENAI) == expected


OBSERVATIONS: list[tuple[dict[str, Any], dict[str, Any], tuple[float, float] | None]] = [
    ({"input": M}, {}, (1, 0)),
    ({"input": 0, "input_audio_tokens": M}, {}, (30, 0)),
    ({"input": 0, "cache_creation_input_tokens": M, "input_cache_creation_1h": M}, {},
     (5, 0)),
    ({"input": M, "web_search_requests": 2}, {}, (1, 0.02)),
    ({"input": M}, {"model_parameters": {"service_tier": "flex"}}, (0.5, 0)),
    ({"input": M}, {"model_parameters": {"service_tier": "flex"},
                    "metadata": {"service_tier": "default"}}, (1, 0)),
    ({"input": M}, {"metadata": {"attributes": {
        "openai.response.service_tier": "priority"}}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("details", "said", "expected"), OBSERVATIONS, ids=str)
def test_details_of_an_observation_set_its_price(
    write: Write,
    details: dict[str, int],
    said: dict[str, Any],
    expected: tuple[float, float] | None,
) -> None:
    row = {"id": "o", "trace_id": "t", "type": "GENERATION", "usage_details": details,
           "start_time": "2026-02-22 10:00:00", "provided_model_name": "m"}  # fmt: skip
    assert priced(write(json.dumps([row | said]), "a.json")) == expected


def priced(path: Path, book: mw.PriceBook = BOOK) -> tuple[float, float] | None:
    """The cost of the tokens and the fees; None where nothing has a price."""
    found = sums(read(path, prices=book))
    if not found["priced"]:
        return None
    return found["cost"] / 1e9, found["fee_cost"] / 1e9
