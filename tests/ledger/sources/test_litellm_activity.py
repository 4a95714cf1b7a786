"""LiteLLM's daily activity whose parts don't add up to the day."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import meterwidgets as mw

Write = Callable[..., Path]


def metrics(spend: float, tokens: int) -> dict[str, Any]:
    counts = dict.fromkeys(("api_requests", "successful_requests"), 1)
    return {"spend": spend, "prompt_tokens": tokens, "completion_tokens": 1, **counts}


def read(write: Write, day: tuple[float, int], *parts: tuple[float, int]) -> list[str]:
    models = {
        f"m{n}": {"metrics": metrics(*part), "metadata": {}}
        for n, part in enumerate(parts)
    }
    days = [
        {
            "date": "2026-02-22",
            "metrics": metrics(*day),
            "breakdown": {"models": models},
        }
    ]
    path = write(json.dumps({"results": days}), "activity.json")
    usage = mw.read_usage(path, rejects=None)
    return [note for note in usage.quality.notes if "exceed their parts" in note]


def test_a_day_that_holds_more_than_its_parts_is_named(write: Write) -> None:
    (note,) = read(write, (3.0, 300), (1.0, 100), (0.5, 100))
    assert note.startswith(
        "litellm_activity: 2 records (202 tokens and 1.500000000 USD)"
    )


def test_parts_that_add_up_but_for_rounding_are_the_day(write: Write) -> None:
    assert read(write, (0.30000000000000004, 300), (0.1, 100), (0.2, 200)) == []
    assert read(write, (0.0, 0)) == []
