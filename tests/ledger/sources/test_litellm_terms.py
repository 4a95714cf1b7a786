"""What sets the price of a LiteLLM request besides its tokens and its model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw

M = 1_000_000
Write = Callable[..., Path]
RATES = {"input": "1", "output": "4", "search_fee": "0.01", "cache_write_1h": "2",
         "input_audio": "30", "output_audio": "60", "output_image": "90"}  # fmt: skip
BOOK = mw.PriceBook.parse(
    [{"model": "m", "service_tier": "standard", **RATES},
     {"model": "m", "service_tier": "batch", "input": "0.5", "output": "2"}],
    catalogue=False,
)  # fmt: skip
DETAILS = "prompt_tokens_details", "completion_tokens_details"


def usage(**values: Any) -> dict[str, Any]:
    return {"metadata": {"usage_object": values}}


CASES = [
    ({}, (1, 4, 0)),
    ({"call_type": "aretrieve_batch"}, (0.5, 2, 0)),
    (usage(service_tier="batch"), (0.5, 2, 0)),
    (usage(service_tier="flex"), None),
    (usage(speed="fast"), None),
    (usage(inference_geo="us"), None),
    (usage(inference_geo="not_available"), (1, 4, 0)),
    (usage(server_tool_use={"web_search_requests": 3}), (1, 4, 0.03)),
    (usage(cache_creation={"ephemeral_1h_input_tokens": M}), (2, 4, 0)),
    (usage(**{DETAILS[0]: {"audio_tokens": M}}), (30, 4, 0)),
    (usage(**{DETAILS[1]: {"audio_tokens": M}}), (1, 60, 0)),
    (usage(**{DETAILS[1]: {"image_tokens": M // 2}}), (1, 47, 0)),
]


@pytest.mark.parametrize(("values", "expected"), CASES, ids=str)
def test_repriced_every_term_counts(
    write: Write, values: dict[str, Any], expected: tuple[float, float, float] | None
) -> None:
    row = {"request_id": "r", "startTime": "2026-02-22T10:00:00", "spend": 0.5,
           "model": "m", "prompt_tokens": M, "completion_tokens": M} | values  # fmt: skip
    path = write(json.dumps([row]), "a.json")
    sums = mw.read_usage(path, rejects=None).reprice(BOOK).select().sums()
    if expected is None:
        assert sums["priced"] == 0
    else:
        costs = [sums[f"{part}_cost"] / 1e9 for part in ("input", "output", "fee")]
        assert tuple(costs) == expected


@pytest.mark.parametrize(
    ("address", "model", "provider"),
    [("http://host.docker.internal:11434/v1", "gpt-oss-120b", "localhost"),
     ("http://localhost:4000", "gpt-4o", "openai"),
     ("https://api.openai.com", "gpt-oss-120b", "openai")],
)  # fmt: skip
def test_an_address_of_ones_own_network_is_ones_own_machine(
    write: Write, address: str, model: str, provider: str
) -> None:
    row = {"request_id": "r", "startTime": "2026-02-22T10:00:00", "spend": 0,
           "model": model, "custom_llm_provider": "openai", "api_base": address,
           "prompt_tokens": 10, "completion_tokens": 5}  # fmt: skip
    path = write(json.dumps([row]), "a.json")
    book = mw.PriceBook.parse(
        [{"provider": provider, "input": "1", "output": "1"}], catalogue=False
    )
    priced = mw.read_usage(path, prices=book, rejects=None).select().sums()["priced"]
    assert priced == 1
