"""What log services and APIs wrap around records: lists, texts, pairs, rows, base64."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import lines, read, sums
from meterwidgets.ledger.envelopes.inside import decoded

Write = Callable[..., Path]

CALLS = [
    {
        "timestamp": f"2026-03-11T00:0{number}:00Z", "requestId": f"r{number}",
        "modelId": "amazon.nova-lite-v1:0", "schemaType": "ModelInvocationLog",
        "input": {"inputTokenCount": 10, "cacheReadInputTokenCount": 100},
        "output": {"outputTokenCount": 5},
    }
    for number in (1, 2)
]  # fmt: skip
EVENTS = [
    {"timestamp": 1773187200000 + n, "message": json.dumps(call), "eventId": str(n)}
    for n, call in enumerate(CALLS)
]
SENT = {"messageType": "DATA_MESSAGE", "logGroup": "/g", "logEvents": EVENTS}
COLUMNS = ["timestamp", "model", "prompt_tokens", "cached_tokens", "completion_tokens"]
ROWS = [["2026-03-11T00:00:00Z", "m", 110, 100, 5]] * 1 + [
    ["2026-03-11T00:01:00Z", "m", 110, 100, 5]
]


def zipped(value: object) -> str:
    """A value as a log service sends it on."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def pairs(call: dict[str, Any]) -> list[dict[str, str]]:
    """A row of a query's result."""
    return [
        {"field": "@timestamp", "value": "2026-03-11 00:00:00.000"},
        {"field": "@message", "value": json.dumps(call)},
    ]


WRAPPED: dict[str, object] = {
    "events with a message": {"events": EVENTS, "searchedLogStreams": []},
    "a page of events": {"events": EVENTS, "nextForwardToken": "f/1"},
    "results of a query": {"results": list(map(pairs, CALLS)), "status": "Complete"},
    "a subscription": SENT,
    "a subscription, zipped": {"awslogs": {"data": zipped(SENT)}},
    "a delivery of records": {"records": [{"data": zipped(SENT)}]},
    "a stream": {"Records": [{"kinesis": {"data": zipped(SENT)}}]},
    "messages of a queue": {
        "Messages": [{"MessageId": e["eventId"], "Body": e["message"]} for e in EVENTS]
    },
    "rows beside their columns": {"columns": COLUMNS, "rows": ROWS},
    "tables of a query": {
        "tables": [{"columns": [{"name": name} for name in COLUMNS], "rows": ROWS}]
    },
    "a statement": {
        "manifest": {"schema": {"columns": [{"name": name} for name in COLUMNS]}},
        "result": {"data_array": ROWS},
    },
}


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_records_are_found_whatever_is_wrapped_around_them(
    write: Write, wrapping: str
) -> None:
    found = sums(read(write(json.dumps(WRAPPED[wrapping]))))
    assert (found["requests"], found["input_tokens"]) == (2, 220)
    assert (found["cache_read_tokens"], found["output_tokens"]) == (200, 10)


def test_every_line_may_be_wrapped_in_its_own_way(write: Write) -> None:
    odd = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "checking"}]}
    found = sums(read(write(lines([SENT, odd]))))
    assert (found["requests"], found["input_tokens"]) == (2, 220)


def test_a_bomb_in_a_text_stays_a_text() -> None:
    bomb = base64.b64encode(gzip.compress(b"{" + b" " * (65 << 20), mtime=0)).decode()
    assert decoded(bomb) is None
    assert decoded(zipped({"a": 1})) == '{"a": 1}'
