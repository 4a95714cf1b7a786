"""Claude Code's session logs: growing messages, sidechains, one-hour cache writes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]
Shared = Callable[[str], Path]

GOLDEN = {
    "timestamp": "2026-08-01T10:00:00.000Z",
    "type": "assistant",
    "sessionId": "s-1",
    "requestId": "req-1",
    "isSidechain": False,
    "message": {
        "id": "msg-1",
        "role": "assistant",
        "model": "claude-opus-5",
        "usage": {
            "input_tokens": 4,
            "cache_read_input_tokens": 26_703,
            "cache_creation_input_tokens": 6_792,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 0,
                "ephemeral_1h_input_tokens": 6_792,
            },
            "output_tokens": 263,
        },
    },
}
OPUS = {
    "model": "claude-opus-5", "input": "5", "output": "25", "cache_read": "0.5",
    "cache_write": "6.25", "cache_write_1h": "10",
}  # fmt: skip


def message(number: int, **changes: Any) -> dict[str, Any]:
    """A line of its own message; ``usage`` changes single counts."""
    usage = GOLDEN["message"]["usage"] | changes.pop("usage", {})  # type: ignore[index]
    inner = GOLDEN["message"] | {"id": f"msg-{number}", "usage": usage}  # type: ignore[operator]
    inner |= changes.pop("message", {})
    return GOLDEN | {"requestId": f"req-{number}", "message": inner} | changes


def test_the_real_folder_is_read_whole(shared: Shared) -> None:
    usage = read(shared("claude_code/projects"))
    found = sums(usage)
    assert usage.quality.records == 5
    assert usage.quality.rejected == usage.quality.duplicates == 0
    assert found["input_tokens"] == 730 + 90 + 110
    assert found["cache_read_tokens"] == 110
    assert found["cache_write_tokens"] == 90
    assert found["output_tokens"] == 310
    assert found["cost"] == 1_090_000_000
    assert by(usage, "project", "requests") == {"project-alpha": 3, "project-beta": 2}


def test_a_turn_of_opus_5_costs_what_anthropic_bills(write: Write) -> None:
    usage = read(write(lines([GOLDEN]), "a.jsonl"), prices=mw.PriceBook.parse([OPUS]))
    found = sums(usage)
    assert found["input_tokens"] == 4 + 26_703 + 6_792
    assert found["output_tokens"] == 263
    assert found["cost"] == 87_866_500


def test_the_catalogue_agrees_on_that_turn(write: Write) -> None:
    pytest.importorskip("genai_prices")
    usage = read(write(lines([GOLDEN]), "a.jsonl"), prices=mw.PriceBook())
    if not sums(usage)["cost"]:
        pytest.skip("this catalogue has no price for claude-opus-5")
    assert sums(usage)["cost"] == 87_866_500


def test_cached_tokens_are_counted_once_as_a_part_of_the_input(write: Write) -> None:
    """Ask 5: cached tokens counted or billed twice."""
    found = sums(read(write(lines([GOLDEN]), "a.jsonl")))
    assert found["input_tokens"] == 33_499
    assert found["cache_read_tokens"] == 26_703
    assert found["cache_write_tokens"] == 6_792


def test_the_parts_of_a_cache_write_are_its_whole_where_that_is_absent(
    write: Write,
) -> None:
    row = message(1, usage={"cache_creation": {"ephemeral_5m_input_tokens": 5,
                                               "ephemeral_1h_input_tokens": 7}})  # fmt: skip
    del row["message"]["usage"]["cache_creation_input_tokens"]
    found = sums(read(write(lines([row]), "a.jsonl")))
    assert found["cache_write_tokens"] == 12
    assert found["input_tokens"] == 4 + 26_703 + 12


def test_of_a_growing_message_the_last_counts(write: Write) -> None:
    rows = [message(1, usage={"output_tokens": grown}) for grown in (1, 80, 263)]
    rows.insert(1, message(2, usage={"output_tokens": 9}))
    usage = read(write(lines(rows), "a.jsonl"))
    assert usage.quality.records == 2
    assert sums(usage)["output_tokens"] == 263 + 9
    assert (
        "2 rows left out (67,079 tokens): a message is written again"
        in usage.quality.notes[0]
    )


def test_of_a_message_in_two_files_the_fullest_counts(write: Write) -> None:
    early = message(1, usage={"output_tokens": 3})
    write(lines([early]), "logs/a.jsonl")
    folder = write(lines([message(1)]), "logs/b.jsonl").parent
    usage = read(folder)
    assert (usage.quality.records, usage.quality.duplicates) == (1, 1)
    assert sums(usage)["output_tokens"] == 263


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a")])
def test_a_sidechain_does_not_repeat_its_parent(
    write: Write, names: tuple[str, ...]
) -> None:
    replayed = message(1, requestId="req-9", isSidechain=True)
    own = message(7, requestId="req-9", isSidechain=True, usage={"output_tokens": 1})
    again = message(1, requestId="req-10", isSidechain=True)
    for name, rows in zip(names, ([message(1)], [replayed, own], [again]), strict=True):
        folder = write(lines(rows), f"logs/{name}.jsonl").parent
    usage = read(folder)
    assert usage.quality.records == 2
    assert usage.quality.duplicates == 2
    assert sums(usage)["output_tokens"] == 263 + 1


def test_a_sidechain_without_its_parent_counts_once(write: Write) -> None:
    rows = [message(1, requestId=f"req-{n}", isSidechain=True) for n in range(3)]
    usage = read(write(lines(rows), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 263)


def test_messages_without_an_id_are_all_counted(write: Write) -> None:
    rows = [message(n, message={"id": None}) for n in range(3)]
    assert read(write(lines(rows), "a.jsonl")).quality.records == 3


def test_lines_that_are_no_answers_are_left_out(write: Write) -> None:
    rows = [
        {"type": "summary", "summary": "Mending a test", "leafUuid": "u"},
        {"type": "user", "sessionId": "s-1", "message": {"role": "user",
         "content": "hello"}, "timestamp": "2026-08-01T09:59:00Z"},
        message(1),
        message(2, message={"model": "<synthetic>"}),
    ]  # fmt: skip
    usage = read(write(lines(rows), "a.jsonl"))
    assert usage.quality.records == 1
    assert "claude_code: 2 rows hold no usage, left out" in usage.quality.notes
    assert any("messages of Claude Code itself" in n for n in usage.quality.notes)


def test_a_session_without_an_answer_spoils_no_folder(write: Write) -> None:
    write(lines([{"type": "summary", "summary": "x", "leafUuid": "u"}]), "l/a.jsonl")
    folder = write(lines([message(1)]), "l/b.jsonl").parent
    assert read(folder).quality.records == 1


def test_an_unpriced_message_is_unpriced_and_not_free(write: Write) -> None:
    """Ask 7: an unpriced model shows as $0.00."""
    usage = read(write(lines([GOLDEN, message(2, costUSD=0)]), "a.jsonl"))
    assert sums(usage)["priced"] == 0


def test_a_bad_count_names_its_line(write: Write) -> None:
    bad = message(2, usage={"cache_read_input_tokens": -4})
    usage = read(write(lines([GOLDEN, bad]), "a.jsonl"))
    assert usage.quality.records == 2
    assert (
        "a.jsonl, line 2: cache_read_tokens is -4, a count cannot be negative"
        in usage.quality.notes[0]
    )


def test_a_large_log_has_the_sums_that_plain_python_finds(write: Write) -> None:
    made = random.Random(4)
    best: dict[tuple[str, str], dict[str, int]] = {}
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    main: set[str] = set()
    for number in range(6_000):
        project = f"logs/projects/p{number % 2}/s{number % 5}.jsonl"
        size = made.randrange(1, 2_000)
        five, hour = made.randrange(300), made.randrange(300)
        counts = {
            "input_tokens": made.randrange(50),
            "cache_read_input_tokens": made.randrange(90_000),
            "cache_creation_input_tokens": five + hour,
            "cache_creation": {"ephemeral_5m_input_tokens": five,
                               "ephemeral_1h_input_tokens": hour},
        }  # fmt: skip
        grown = sorted(made.sample(range(1, size + 9), made.randint(1, 4) if size > 4
                                   else 1))  # fmt: skip
        for output in grown:
            row = message(number, usage=counts | {"output_tokens": output})
            files[project].append(row)
        main.add(f"msg-{number}")
        best[f"msg-{number}", f"req-{number}"] = {
            "input": counts["input_tokens"] + counts["cache_read_input_tokens"]  # type: ignore[operator]
            + five + hour,
            "output": grown[-1], "write": five + hour,
        }  # fmt: skip
        if number % 5 == 0:
            replay = row | {"requestId": f"side-{number}", "isSidechain": True}
            files[f"logs/projects/p{number % 2}/agent{number % 3}.jsonl"].append(replay)
    for name, rows in files.items():
        made.random() < 0.5 or rows.append({"type": "summary", "leafUuid": "u"})
        path = write(lines(rows), name)
    usage = read(path.parents[1])
    found = sums(usage)
    assert usage.quality.rejected == 0
    assert usage.quality.records == found["requests"] == len(best) == 6_000
    assert usage.quality.duplicates == 1_200
    assert found["input_tokens"] == sum(each["input"] for each in best.values())
    assert found["output_tokens"] == sum(each["output"] for each in best.values())
    assert found["cache_write_tokens"] == sum(each["write"] for each in best.values())


ADVISOR = {"type": "advisor_message", "model": "claude-opus-4-7",
           "input_tokens": 1_000, "output_tokens": 200}  # fmt: skip
COMPACTION = {"type": "compaction", "input_tokens": 9_000, "output_tokens": 300}
OWN = {"type": "message", "input_tokens": 4, "cache_read_input_tokens": 26_703,
       "cache_creation_input_tokens": 6_792, "output_tokens": 263}  # fmt: skip


def test_calls_that_the_usage_of_a_message_leaves_out_count_once(write: Write) -> None:
    rows = [message(1, usage={"iterations": [OWN, ADVISOR, COMPACTION]})] * 2
    usage = read(write(lines(rows), "a.jsonl"))
    tokens = by(usage, "model", "input_tokens")
    assert tokens == {"claude-opus-5": 33_499 + 9_000, "claude-opus-4-7": 1_000}
    assert usage.quality.records == 3


def test_calls_that_are_in_the_usage_of_a_message_are_not_added(write: Write) -> None:
    """Some versions sum the advisor into the message."""
    counts = {"input_tokens": 1_004, "output_tokens": 463, "iterations": [OWN, ADVISOR]}
    usage = read(write(lines([message(1, usage=counts)]), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 463)


def progress(number: int) -> dict[str, Any]:
    """A line in which a parent repeats the message of a subagent."""
    inner = message(number)
    data = {"type": "agent_progress", "message": {
        key: inner[key] for key in ("type", "timestamp", "requestId", "message")}}  # fmt: skip
    return {"type": "progress", "sessionId": "s-1", "isSidechain": False,
            "timestamp": "2026-08-01T10:00:01Z", "data": data}  # fmt: skip


def test_a_subagents_message_counts_once_with_and_without_its_file(
    write: Write,
) -> None:
    parent = write(lines([message(1), progress(2), progress(2)]), "l/a.jsonl")
    assert read(parent).quality.records == 2
    own = message(2, isSidechain=True)
    folder = write(lines([own]), "l/agent-1.jsonl").parent
    assert read(folder).quality.records == 2


def test_a_copy_without_a_request_is_the_same_message(write: Write) -> None:
    bare = message(1)
    del bare["requestId"]
    usage = read(write(lines([bare, message(1)]), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 263)


def test_of_a_message_the_fullest_counts_even_if_it_is_not_the_last(
    write: Write,
) -> None:
    rows = [message(1), message(1, usage={"output_tokens": 3})]
    usage = read(write(lines(rows), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 263)


def test_a_bad_count_of_an_inner_call_names_its_line(write: Write) -> None:
    bad = message(2, usage={"iterations": [OWN, ADVISOR | {"output_tokens": "many"}]})
    usage = read(write(lines([GOLDEN, bad]), "a.jsonl"))
    assert any("a.jsonl, line 2" in note for note in usage.quality.notes)


def test_lines_of_another_agent_are_not_taken_for_claudes(write: Write) -> None:
    """Qwen Code writes the same kinds of lines, with Gemini's usage beside them."""
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 90,
             "thoughtsTokenCount": 10, "totalTokenCount": 1100}  # fmt: skip
    line = {"type": "assistant", "uuid": "u2", "sessionId": "s", "model": "qwen3-coder",
            "timestamp": "2026-02-22T10:00:01Z", "usageMetadata": usage}  # fmt: skip
    user = {"type": "user", "uuid": "u1", "sessionId": "s",
            "timestamp": "2026-02-22T10:00:00Z"}  # fmt: skip
    found = sums(read(write(lines([user, line]), "a.jsonl")))
    assert (found["requests"], found["input_tokens"]) == (1, 1000)
    assert found["output_tokens"] == 100


def test_the_result_of_a_subagent_is_left_out_with_its_tokens(write: Write) -> None:
    line = {"type": "user", "uuid": "u", "sessionId": "s",
            "timestamp": "2026-02-22T10:03:00Z",
            "toolUseResult": {"status": "completed", "totalTokens": 1100}}  # fmt: skip
    usage = read(write(lines([GOLDEN, line]), "a.jsonl"))
    assert (
        "claude_code: 1 row left out (1,100 tokens): they are results of subagents, whose "
        "requests stand in logs of their own"
    ) in usage.quality.notes


def test_the_audit_log_of_the_desktop_is_read_alike(write: Write) -> None:
    counts = {"input_tokens": 100, "output_tokens": 50}
    line = {
        "type": "assistant", "uuid": "u", "session_id": "s",
        "_audit_timestamp": "2026-02-20T10:00:05.000Z",
        "message": {"id": "m", "model": "claude-x", "usage": counts},
    }  # fmt: skip
    rows = [line, line | {"uuid": "v"}, {"type": "result", "usage": counts}]
    found = sums(read(write(lines(rows), "audit.jsonl")))
    assert (found["requests"], found["input_tokens"]) == (1, 100)


def test_a_message_that_streams_over_midnight_counts_where_it_began(
    write: Write,
) -> None:
    """getagentseal/codeburn#201: its last state was written on the next day."""
    states = [
        {"type": "assistant", "sessionId": "s", "requestId": "r", "timestamp": at,
         "message": {"id": "m", "model": "claude-x",
                     "usage": {"input_tokens": 100, "output_tokens": count}}}
        for at, count in (("2026-04-27T23:59:58Z", 1), ("2026-04-28T00:00:05Z", 900))
    ]  # fmt: skip
    usage = read(write(lines(states), "a.jsonl"))
    assert usage.start.isoformat() == "2026-04-27T23:59:00+00:00"
    assert sums(usage)["output_tokens"] == 900
