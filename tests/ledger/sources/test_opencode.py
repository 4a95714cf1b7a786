"""OpenCode's messages: a JSON file each, forked sessions copy them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.figures import nano, read, sums

Write = Callable[..., Path]
AT = 1_771_754_400_123  # a message has milliseconds


def message(number: int, session: str, **more: Any) -> dict[str, Any]:
    """A message of OpenCode; a copy differs in its id and its session."""
    return {
        "id": f"msg_{session}_{number}", "sessionID": session, "role": "assistant",
        "time": {"created": AT + number * 1000, "completed": AT + number * 1000 + 900},
        "modelID": "claude-sonnet-4-5", "providerID": "anthropic", "cost": 0.5,
        "tokens": {"input": 10, "output": 100, "reasoning": 5,
                   "cache": {"read": 490, "write": 500}},
    } | more  # fmt: skip


def asked(session: str) -> dict[str, Any]:
    return {"id": "q", "sessionID": session, "role": "user", "time": {"created": AT}}


def folder(write: Write, *sessions: list[dict[str, Any]]) -> Path:
    for messages in sessions:
        for each in messages:
            path = write(
                json.dumps(each, indent=1), f"m/{each['sessionID']}/{each['id']}.json"
            )
    return path.parent.parent


def test_messages_of_opencode_have_all_their_tokens(write: Write) -> None:
    usage = read(folder(write, [asked("a"), message(1, "a"), message(2, "a", cost=0)]))
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (2000, 210)
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (980, 1000)
    assert (found["reasoning_tokens"], found["cost"]) == (10, nano("0.5"))
    assert any("1 record has no price" in note for note in usage.quality.notes)
