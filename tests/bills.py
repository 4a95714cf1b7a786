"""Ledgers and cost reports in the formats that gateways and providers write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

NANO = 1_000_000_000
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_NUMBERS = count(1)


def log(
    day: int,
    model: str,
    spend: float,
    *,
    at: str = "12:00:00",
    tokens: tuple[int, int] = (1000, 100),
    cached: int = 0,
    **more: Any,
) -> dict[str, Any]:
    """A row of LiteLLM's spend logs on a day of January 2026."""
    usage = {"cache_read_input_tokens": cached}
    row = {
        "request_id": f"r-{next(_NUMBERS)}", "call_type": "acompletion",
        "startTime": f"2026-01-{day:02} {at}", "model": model, "spend": spend,
        "prompt_tokens": tokens[0], "completion_tokens": tokens[1],
        "status": "success", "custom_llm_provider": "openai",
        "metadata": json.dumps({"usage_object": usage}),
    }  # fmt: skip
    return row | more


def openai(*items: tuple[int, str | None, str], currency: str = "usd") -> Any:
    """A page of OpenAI's costs: day of January 2026, line item, amount."""
    days: dict[int, list[Any]] = {}
    for day, item, value in items:
        result = {
            "object": "organization.costs.result", "line_item": item,
            "amount": {"value": value, "currency": currency}, "project_id": "p-1",
        }  # fmt: skip
        days.setdefault(day, []).append(result)
    buckets = []
    for day, results in sorted(days.items()):
        start = int((FIRST + timedelta(days=day - 1)).timestamp())
        buckets.append({"object": "bucket", "start_time": start,
                        "end_time": start + 86_400, "results": results})  # fmt: skip
    return {"object": "page", "data": buckets, "has_more": False, "next_page": None}


def anthropic(*items: tuple[int, str, str | None, str, str]) -> Any:
    """A page of Anthropic's cost report: day, cost type, model, token type, cents."""
    days: dict[int, list[Any]] = {}
    for day, kind, model, tokens, cents in items:
        result = {
            "amount": cents, "context_window": "0-200k", "cost_type": kind,
            "currency": "USD", "description": "", "model": model,
            "service_tier": "standard", "token_type": tokens or None,
            "workspace_id": "w-1",
        }  # fmt: skip
        days.setdefault(day, []).append(result)
    data = [
        {"starting_at": f"{FIRST + timedelta(days=day - 1):%Y-%m-%dT%H:%M:%SZ}",
         "ending_at": f"{FIRST + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}",
         "results": results}
        for day, results in sorted(days.items())
    ]  # fmt: skip
    return {"data": data, "has_more": False, "next_page": None}


def put(folder: Path, name: str, content: Any) -> Path:
    """A JSON file."""
    path = folder / name
    path.write_text(json.dumps(content), "utf-8")
    return path


_NANO_5 = "gpt-5-nano-2025-08-07, input_tokens"
LEDGER = [
    log(1, "gpt-5-nano", 1.25),  # before the invoice begins
    log(2, "gpt-5-nano", 1.00),
    log(3, "gpt-5-nano", 1.00),  # 0.77 less than billed: nothing tells why
    log(3, "claude-sonnet-4", 2.00),  # not this provider's
    log(3, "my-tuned", 0.0),  # no price
    log(4, "gpt-4o", 1.012),  # billed as three rounded amounts
    log(4, "gpt-4.1", 8.00),  # billed as batch
    log(6, "o3", 2.00),  # billed as priority
    log(2, "gpt-4.1-mini", 10.00),  # 7% off
    log(3, "gpt-4.1-mini", 20.00),
    log(4, "gpt-4.1-mini", 30.00),
    log(6, "gpt-5", 15.00, tokens=(10_000_000, 500_000), cached=8_000_000),
    log(7, "gpt-5-nano", 5.00),  # 0.40 of it after midnight
    log(8, "gpt-5-nano", 5.00),
    log(9, "gpt-5-nano", 1.003),
]
"""Nothing on the fifth, and nothing after the ninth."""

INVOICE = openai(
    (2, _NANO_5, "1.00"),
    (3, _NANO_5, "1.77"),
    (5, _NANO_5, "3.00"),
    (7, _NANO_5, "4.60"),
    (8, _NANO_5, "5.40"),
    (9, _NANO_5, "1.00"),
    (10, _NANO_5, "5.00"),
    (3, "gpt-image-1, output", "4.00"),
    (3, "web search tool calls, calls", "0.30"),
    (4, "VAT", "0.77"),
    (3, "my-tuned, input", "0.90"),
    (4, "gpt-4o, input", "0.34"),
    (4, "gpt-4o, cached input", "0.33"),
    (4, "gpt-4o, output", "0.33"),
    (4, "gpt-4.1, input", "4.00"),
    (6, "o3, output", "4.00"),
    (2, "gpt-4.1-mini, input", "9.30"),
    (3, "gpt-4.1-mini, input", "18.60"),
    (4, "gpt-4.1-mini, input", "27.90"),
    (6, "gpt-5, input", "2.00"),
    (6, "gpt-5, cached input", "0.80"),
    (6, "gpt-5, output", "5.00"),
    (7, "gpt-5-nano-2025-08-07, credit", "-12.50"),
)
"""What the provider billed for it, with a reason planted on every line."""
