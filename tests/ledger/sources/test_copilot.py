"""Copilot CLI's sessions: the end of each counts the tokens of its models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]
AT = 1_771_754_400_000


def event(number: int, kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": data, "id": f"e{number}", "parentId": None,
            "timestamp": f"2026-02-22T10:{number:02}:00.000Z"}  # fmt: skip


def of_model(tokens: int) -> dict[str, Any]:
    usage = {"inputTokens": tokens, "outputTokens": 100, "cacheReadTokens": 400,
             "cacheWriteTokens": 0}  # fmt: skip
    return {"requests": {"count": 3, "cost": 1}, "usage": usage}


def session(*ends: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        event(0, "session.start", sessionId="s"),
        event(1, "assistant.message", outputTokens=60, content="hello"),
        *ends,
    ]


END = event(9, "session.shutdown", sessionStartTime=AT, totalPremiumRequests=2,
            modelMetrics={"gpt-5-nano": of_model(1000), "m": of_model(2000)})  # fmt: skip


def test_each_model_of_a_session_is_a_record(write: Write) -> None:
    usage = read(write(lines(session(END)), "events.jsonl"))
    found = sums(usage)
    assert by(usage, "model", "input_tokens") == {"gpt-5-nano": 1000, "m": 2000}
    assert (found["requests"], found["output_tokens"]) == (6, 200)
    assert found["cache_read_tokens"] == 800


def test_premium_requests_are_no_money(write: Write) -> None:
    usage = read(write(lines(session(END)), "events.jsonl"))
    assert sums(usage)["cost"] == 0
    assert any("2 records have no price" in note for note in usage.quality.notes)


def test_messages_are_left_out_with_their_tokens(write: Write) -> None:
    usage = read(write(lines(session(END)), "events.jsonl"))
    assert (
        "copilot: 1 row left out (60 tokens): the end of a session counts the tokens of "
        "its messages; a session that never ended is in no figure"
    ) in usage.quality.notes


def test_an_end_without_the_ids_of_events_is_no_money(write: Write) -> None:
    plain = {key: value for key, value in END.items() if key != "parentId"}
    found = sums(read(write(lines([plain]), "events.jsonl")))
    assert (found["cost"], found["requests"]) == (0, 6)
