"""JSON at the end of a log's lines, and streams of answers, are read as records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw
from ledger.figures import by, lines, nano, read, sums
from meterwidgets.errors import LedgerError

Write = Callable[..., Path]
CALL = {"model": "m", "prompt_tokens": 1000, "completion_tokens": 100, "cost": 0.0035}


@pytest.mark.parametrize("suffix", ["log", "txt", "jsonl"])
@pytest.mark.parametrize(
    "front",
    [
        "2026-02-22T10:00:00Z INFO usage ", "[2026-02-22 10:00:00,123] ",
        "2026-02-22 10:00:00.5 +00:00 app: ",
    ],
)  # fmt: skip
def test_a_line_is_the_object_at_its_end(write: Write, front: str, suffix: str) -> None:
    text = f"{front}started\n{front}{json.dumps(CALL)}\n\n{front}{{}}\n"
    usage = read(write(text, f"a.{suffix}"))
    found = sums(usage)
    assert (found["requests"], found["input_tokens"]) == (1, 1000)
    assert (found["output_tokens"], found["cost"]) == (100, nano("0.0035"))
    assert (usage.start.hour, usage.start.day) == (10, 22)


def test_an_object_that_has_its_own_time_keeps_it(write: Write) -> None:
    text = f"INFO {json.dumps(CALL | {'time': '2026-02-22T07:00:00Z'})}\n"
    assert read(write(text, "a.log")).start.hour == 7


def test_a_broken_line_is_named_and_the_others_count(write: Write) -> None:
    front = "2026-02-22T10:00:00Z INFO "
    good = [f"{front}{json.dumps(CALL)}" for _ in range(300)]
    usage = read(write("\n".join([*good, f'{front}{{"model": "m", "pro']), "a.log"))
    assert (usage.quality.records, usage.quality.rejected) == (300, 1)
    assert "line 301" in usage.quality.notes[0]


def test_a_stream_of_an_answer_counts_its_usage_once(write: Write) -> None:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1771754401,
             "model": "m", "choices": []}  # fmt: skip
    usages = [None, {"prompt_tokens": 1000, "completion_tokens": 1},
              {"prompt_tokens": 1000, "completion_tokens": 100}]  # fmt: skip
    text = "".join(f"data: {json.dumps(chunk | {'usage': u})}\n\n" for u in usages)
    usage = read(write(text + "data: [DONE]\n", "a.txt"))
    assert by(usage, "model", "output_tokens") == {"m": 100}


def test_a_table_with_json_in_its_cells_stays_a_table(write: Write) -> None:
    text = f"time\tusage\n2026-02-22T10:00:00Z\t{json.dumps(CALL)}\n"
    usage = read(write(text, "a.tsv"))
    assert sums(usage)["input_tokens"] == 1000


def test_plain_lines_are_an_error_that_says_what_they_are(write: Write) -> None:
    text = "2026-02-22T10:00:00Z INFO tokens=5\n" * 3
    with pytest.raises(LedgerError, match="lines of a log without JSON"):
        read(write(text, "a.log"))


def test_known_formats_are_known_in_a_log(write: Write) -> None:
    row = {"request_id": "r", "startTime": "2026-02-22T10:00:00Z", "spend": 0.5,
           "prompt_tokens": 5, "completion_tokens": 1, "call_type": "acompletion",
           "model": "m"}  # fmt: skip
    plain, logged = (
        write(lines([row]), "a.jsonl"),
        write(f"INFO {lines([row])}", "b.log"),
    )
    assert sums(read(plain)) == sums(read(logged))
    assert isinstance(read(logged), mw.UsageFrame)
