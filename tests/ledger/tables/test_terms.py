"""What sets a price, in the words of tables: it is priced, or unpriced and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import meterwidgets as mw
from ledger.pricing.test_price_tiers import noted
from meterwidgets.ledger.records.plan import LedgerSpec

Write = Callable[..., Path]
M = 1_000_000
ROW = {"timestamp": "2026-02-22T10:00:00Z", "model": "m", "prompt_tokens": M,
       "completion_tokens": 0}  # fmt: skip
BOOK = mw.PriceBook.parse(
    [
        {"model": "m", "service_tier": "standard", "input": "8", "output": "8"},
        {"model": "m", "service_tier": "batch", "input": "4", "output": "4"},
        {"model": "m", "service_tier": "flex", "input": "2", "output": "2"},
    ],
    catalogue=False,
)


def cost(write: Write, *rows: dict[str, Any], prices: mw.PriceBook = BOOK) -> Any:
    text = "".join(json.dumps(ROW | row) + "\n" for row in rows)
    usage = mw.read_usage(write(text, "a.jsonl"), prices=prices, rejects=None)
    sums = usage.select().sums()
    total = sum(sums[f"{part}_cost"] for part in ("input", "output", "unsplit"))
    return usage, Decimal(total).scaleb(-9) if sums["priced"] else None


TIERS = [
    ({"batch": True}, 4),
    ({"batch": False}, 8),
    ({"is_batch": "true"}, 4),
    ({"batch": 17}, 8),  # a number of a batch
    ({"processing": "batch"}, 4),
    ({"mode": "chat"}, 8),
    ({"mode": "Batch"}, 4),
    ({"endpoint": "/v1/batches"}, 4),
    ({"endpoint": "/v1/chat/completions"}, 8),
    ({"id": "batch_req_0123"}, 4),
    ({"service_tier": "default", "is_batch": True}, 4),
    ({"usageMetadata": {"trafficType": "ON_DEMAND"}}, 8),
    ({"usageMetadata": {"trafficType": "ON_DEMAND_FLEX"}}, 2),
    ({"usageMetadata": {"trafficType": "PROVISIONED_THROUGHPUT"}}, None),
    ({"traffic_type": "SPOT"}, None),
    ({"traffic_type": "TrafficType.ON_DEMAND"}, 8),
    ({"serviceTier": {"type": "flex"}}, 2),
    ({"serviceTier": {"type": "default"}}, 8),
    ({"serviceTier": {"type": "reserved"}}, None),
    ({"sku_name": "GlobalStandard"}, 8),
    ({"sku_name": "GlobalBatch"}, 4),
    ({"deployment_type": "DataZoneProvisionedManaged"}, None),
    ({"deployment_type": "DataZoneStandard"}, None),
    ({"tier": "flex"}, 2),
    ({"search_context_size": "high"}, None),
    ({"search_context_size": "low"}, None),
    ({"speed": "fast"}, None),
    ({"usage": {"speed": "standard"}}, 8),
    ({"speed": 84.3}, 8),  # tokens a second
    ({"fast_mode": True}, None),
    ({"performanceConfig": {"latency": "optimized"}}, None),
    ({"latency": 1.25}, 8),
]


@pytest.mark.parametrize(("said", "expected"), TIERS, ids=str)
def test_a_term_in_a_tables_own_words_sets_the_price(
    write: Write, said: dict[str, Any], expected: int | None
) -> None:
    usage, found = cost(write, said)
    assert found == expected
    if expected is None:
        assert noted(usage, "those of another")


def test_tiers_of_customers_are_no_tiers_of_service(write: Write) -> None:
    _, found = cost(write, {"tier": "free"}, {"tier": "scale"})
    assert found == 16


def test_a_cluster_names_what_it_does_not_read() -> None:
    from meterwidgets.frame.spark.read import _plan

    columns = ["timestamp", "model", "prompt_tokens", "is_batch", "service_tier"]
    frame: Any = SimpleNamespace(columns=columns)
    (note,) = [
        each
        for each in _plan(LedgerSpec([frame], "table"), frame).notes
        if "cluster" in each
    ]
    assert note.startswith("a cluster does not read what is_batch may say of a price")


SERVERS = [
    ("http://localhost:8000/v1", "gpt-oss-120b", False),
    ("http://host.docker.internal:11434", "llama-3.3-70b-versatile", False),
    ("http://vllm:8000/v1", "gpt-oss-120b", False),
    ("http://10.1.2.3:1234", "gpt-oss-120b", False),
    ("http://localhost:4000", "gpt-4o", True),  # a gateway: nobody serves it at home
    ("https://api.groq.com/openai/v1", "gpt-oss-120b", True),
    (None, "gpt-oss-120b", True),
]


@pytest.mark.parametrize(("address", "model", "is_priced"), SERVERS)
def test_a_model_on_ones_own_machine_has_no_list_price(
    write: Write, address: str | None, model: str, is_priced: bool
) -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    row = {"model": model, "api_base": address}
    _, found = cost(write, row, prices=mw.PriceBook())
    assert (found is not None) is is_priced


def test_geminis_lists_of_modalities_are_audio_and_images(write: Write) -> None:
    usage = {
        "promptTokenCount": 3 * M, "candidatesTokenCount": 2 * M,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": M},
                                {"modality": "AUDIO", "tokenCount": 2 * M}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": M}],
    }  # fmt: skip
    prices = mw.PriceBook.parse(
        [{"model": "g", "input": "1", "output": "10", "input_audio": "3",
          "output_image": "100"}],
        catalogue=False,
    )  # fmt: skip
    row = {"timestamp": ROW["timestamp"], "model": "g", "usageMetadata": usage}
    path = write(json.dumps(row), "a.jsonl")
    sums = mw.read_usage(path, prices=prices, rejects=None).select().sums()
    assert sums["input_cost"] == (1 + 2 * 3) * 10**9
    assert sums["output_cost"] == (10 + 100) * 10**9
