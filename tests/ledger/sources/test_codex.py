"""Codex's session logs: deltas, the model of the turn, reasoning on top."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]
Shared = Callable[[str], Path]

NAMES = (
    "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens",
    "total_tokens",
)  # fmt: skip


def turn(model: str, cwd: str = "/home/me/search") -> dict[str, Any]:
    return {"timestamp": "2026-05-13T09:00:00.000Z", "type": "turn_context",
            "payload": {"model": model, "cwd": cwd}}  # fmt: skip


class Session:
    """A session that is being written, with its running total."""

    def __init__(self) -> None:
        self.total = Counter(dict.fromkeys(NAMES, 0))
        self.rows: list[dict[str, Any]] = []

    def count(self, *counts: int, total: int | None = None) -> dict[str, Any]:
        fresh, _, out, thought = counts
        whole = fresh + out + thought if total is None else total
        last = dict(zip(NAMES, (*counts, whole), strict=True))
        self.total.update(last)
        number = len(self.rows)
        row = {
            "timestamp": f"2026-05-13T{9 + number // 3600:02}:"
            f"{number // 60 % 60:02}:{number % 60:02}.000Z",
            "type": "event_msg",
            "payload": {"type": "token_count", "info": {
                "last_token_usage": last, "total_token_usage": dict(self.total)}},
        }  # fmt: skip
        self.rows.append(row)
        return row


def test_the_real_session_is_read(shared: Shared) -> None:
    usage = read(shared("claude_code/codex"))
    found = sums(usage)
    assert usage.quality.records == found["requests"] == 2
    assert (found["input_tokens"], found["cache_read_tokens"]) == (3500, 750)
    assert found["output_tokens"] == 125 + 75 + 300 + 200
    assert found["reasoning_tokens"] == 275
    assert by(usage, "model", "requests") == {"gpt-5.2-codex": 1, "gpt-5.3-codex": 1}


def test_reasoning_is_priced_once_as_a_part_of_the_output(write: Write) -> None:
    """Ask 6: reasoning priced twice, or missing."""
    session = Session()
    session.count(1000, 0, 100, 50)
    book = mw.PriceBook.parse([{"model": "*", "input": "1", "output": "10"}])
    found = sums(read(write(lines([turn("m"), *session.rows]), "a.jsonl"), prices=book))
    assert found["output_tokens"] == 150
    assert found["output_cost"] == 150 * 10 * 1000


def test_reasoning_that_the_total_shows_inside_is_not_added(write: Write) -> None:
    """Ask 6: reasoning priced twice, or missing."""
    session = Session()
    session.count(1000, 0, 100, 50, total=1100)
    found = sums(read(write(lines([turn("m"), *session.rows]), "a.jsonl")))
    assert (found["output_tokens"], found["reasoning_tokens"]) == (100, 50)


def test_the_model_is_that_of_the_turn_before(write: Write) -> None:
    session = Session()
    rows = [turn("a"), session.count(1, 0, 1, 0), session.count(2, 0, 1, 0),
            turn("b", "/srv/billing/"), session.count(4, 0, 1, 0)]  # fmt: skip
    usage = read(write(lines(rows), "a.jsonl"))
    assert by(usage, "model", "input_tokens") == {"a": 3, "b": 4}
    assert by(usage, "project", "input_tokens") == {"search": 3, "billing": 4}


def test_an_event_that_is_written_again_counts_once(write: Write) -> None:
    session = Session()
    first = session.count(10, 4, 2, 1)
    again = first | {"timestamp": "2026-05-13T10:00:00.000Z"}
    empty = {"timestamp": "2026-05-13T10:00:01Z", "type": "event_msg",
             "payload": {"type": "token_count", "info": None}}  # fmt: skip
    rows = [turn("m"), first, again, empty, session.count(5, 0, 1, 0)]
    usage = read(write(lines(rows), "a.jsonl"))
    assert usage.quality.records == 2
    assert sums(usage)["input_tokens"] == 15


def test_without_a_delta_the_running_total_gives_it(write: Write) -> None:
    session = Session()
    rows = [turn("m"), session.count(10, 4, 2, 1), session.count(30, 6, 5, 2)]
    for row in rows[1:]:
        del row["payload"]["info"]["last_token_usage"]
    usage = read(write(lines(rows), "a.jsonl"))
    found = sums(usage)
    assert (found["input_tokens"], found["cache_read_tokens"]) == (40, 10)
    assert (found["output_tokens"], found["reasoning_tokens"]) == (10, 3)


def test_without_a_total_reasoning_is_in_the_output(write: Write) -> None:
    """ccusage/ccusage#1499: of 21,815 counts with both, reasoning was in each."""
    row = Session().count(100, 0, 50, 20)
    for counts in row["payload"]["info"].values():
        del counts["total_tokens"]
    found = sums(read(write(lines([turn("m"), row]), "a.jsonl")))
    assert (found["output_tokens"], found["reasoning_tokens"]) == (50, 20)


def test_a_session_without_an_answer_spoils_no_folder(write: Write) -> None:
    session = Session()
    write(lines([turn("m")]), "l/a.jsonl")
    rows = [turn("m"), session.count(1, 0, 1, 0)]
    assert read(write(lines(rows), "l/b.jsonl").parent).quality.records == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_large_folder_has_the_sums_that_plain_python_finds(
    write: Write, seed: int
) -> None:
    made = random.Random(seed)
    tokens: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for file in range(4):
        session, rows, model = Session(), [], ""
        for number in range(2_000):
            if number % 37 == 0:
                model = f"m-{made.randrange(4)}"
                rows.append(turn(model))
            fresh, out, thought = (made.randrange(1, 9_999) for _ in range(3))
            rows.append(session.count(fresh, fresh // 3, out, thought))
            if number % 5 == 0:
                rows.append(rows[-1] | {"timestamp": "2026-05-14T10:00:00.000Z"})
            tokens[model] += fresh
        whole.update(session.total)
        path = write(lines(rows), f"l/{file}.jsonl")
    usage = read(path.parent)
    found = sums(usage)
    assert usage.quality.records == 8_000
    assert found["input_tokens"] == whole["input_tokens"]
    assert found["cache_read_tokens"] == whole["cached_input_tokens"]
    assert found["output_tokens"] == (
        whole["output_tokens"] + whole["reasoning_output_tokens"]
    )
    assert by(usage, "model", "input_tokens") == dict(tokens)


def test_a_total_that_is_no_object_leaves_the_other_rows_in(write: Write) -> None:
    """Found by mutation: a text in its place once stopped the whole file."""
    event = {"timestamp": "2026-02-22T10:00:00Z", "type": "event_msg"}
    rows = [
        event
        | {"payload": {"type": "token_count", "info": {"total_token_usage": total}}}
        for total in ("'", {"input_tokens": 5, "total_tokens": 5})
    ]
    usage = read(write(lines(rows), "a.jsonl"), source="codex")
    assert sums(usage)["input_tokens"] == 5


def meta(session: str, at: str = "2026-05-13T08:59:59Z", **more: Any) -> dict[str, Any]:
    return {
        "timestamp": at,
        "type": "session_meta",
        "payload": {"id": session, **more},
    }


def record(row: dict[str, Any], response: str) -> dict[str, Any]:
    """The record of the response that a count is about."""
    usage = row["payload"]["info"]["last_token_usage"]
    payload = {"thread_id": "s", "response_id": response, "usage": usage}
    return {
        "timestamp": row["timestamp"],
        "type": "token_usage_record",
        "payload": payload,
    }


@pytest.mark.parametrize("how", ["forked", "spawned"])
def test_a_session_that_replays_another_counts_its_own_usage_only(
    write: Write, how: str
) -> None:
    parent = Session()
    old = [turn("m"), parent.count(10, 4, 2, 1), parent.count(30, 6, 5, 2)]
    write(lines([meta("p"), *old]), "l/2026/parent.jsonl")
    own = parent.count(7, 0, 1, 0) | {"timestamp": "2026-05-14T09:05:00Z"}
    at = "2026-05-14T09:00:00Z"
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": "p"}}}
    link = {"forked_from_id": "p"} if how == "forked" else {"source": spawn}
    replay = [row | {"timestamp": at} for row in old] if how == "forked" else old
    fork = write(
        lines([meta("f", at, **link), *replay, own]), "l/2026/2/fork.jsonl"
    )  # fmt: skip
    usage = read(fork.parents[1])
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (3, 47)
    alone = read(fork)
    assert sums(alone)["input_tokens"] == 7
    assert any(
        "2 rows left out (50 tokens): a forked or spawned session" in note
        for note in alone.quality.notes
    )


def test_a_replay_that_was_written_slowly_is_known_by_its_totals(write: Write) -> None:
    parent = Session()
    old = [parent.count(10, 4, 2, 1), parent.count(30, 6, 5, 2)]
    path = write(lines([meta("p"), turn("m"), *old]), "l/a.jsonl")
    late = [row | {"timestamp": f"2026-05-14T09:0{n}:00Z"} for n, row in enumerate(old)]
    fork = meta("f", "2026-05-14T08:00:00Z", forked_from_id="p")
    write(lines([fork, turn("m"), *late]), "l/b.jsonl")
    usage = read(path.parent)
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (2, 40)


def test_a_session_in_two_folders_counts_once_at_its_own_time(write: Write) -> None:
    session = Session()
    rows = [meta("s"), turn("m"), session.count(10, 0, 1, 0)]
    write(lines(rows), "l/archived/a.jsonl")
    rows.append(session.count(20, 0, 1, 0))
    path = write(lines(rows), "l/sessions/a.jsonl")
    assert read(path.parents[1]).quality.records == 2


def test_records_and_counts_of_one_file_count_each_response_once(write: Write) -> None:
    """A session that an older version began has counts without records."""
    session = Session()
    first, second = session.count(10, 0, 1, 0), session.count(10, 0, 1, 0)
    compaction = record(
        {"timestamp": "2026-05-13T10:00:00Z", "payload": {"info": {
            "last_token_usage": dict(zip(NAMES, (90, 0, 5, 0, 95), strict=True))}}},
        "r-2",
    )  # fmt: skip
    rows = [meta("s"), turn("m"), first, record(second, "r-1"), second, compaction,
            compaction]  # fmt: skip
    usage = read(write(lines(rows), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (3, 110)


def test_a_total_that_falls_was_started_anew(write: Write) -> None:
    rows = [turn("m")]
    for whole in (100, 250, 60, 150):
        row = Session().count(whole, 0, 0, 0)
        del row["payload"]["info"]["last_token_usage"]
        rows.append(row | {"timestamp": f"2026-05-13T09:00:{len(rows):02}Z"})
    usage = read(write(lines(rows), "a.jsonl"))
    assert (usage.quality.records, sums(usage)["input_tokens"]) == (4, 400)


def test_the_tier_that_a_count_or_its_turn_states_is_read(write: Write) -> None:
    session = Session()
    fast = turn("m")
    fast["payload"]["service_tier"] = "fast"
    rows = [turn("m"), session.count(1, 0, 0, 0), fast, session.count(2, 0, 0, 0)]
    book = mw.PriceBook.parse([
        {"model": "m", "input": "1", "output": "1"},
        {"model": "m", "service_tier": "priority", "input": "2", "output": "2"},
    ])  # fmt: skip
    usage = read(write(lines(rows), "a.jsonl"), prices=book)
    assert sums(usage)["cost"] == 1_000 + 2 * 2_000


def test_an_imported_session_of_another_agent_is_that_agents_usage(
    write: Write,
) -> None:
    """pacphi/agentic-kit#221: Codex writes a rollout of a session that it imports."""
    session = Session()
    imported, own = turn("m"), turn("m")
    imported["payload"]["turn_id"] = "external-import-turn-1"
    own["payload"]["turn_id"] = "t-2"
    rows = [imported, session.count(10, 0, 1, 0), own, session.count(5, 0, 1, 0)]
    usage = read(write(lines(rows), "a.jsonl"))
    assert sums(usage)["input_tokens"] == 5
    assert any("of another agent was imported" in note for note in usage.quality.notes)
