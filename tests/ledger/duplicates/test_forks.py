"""What a forked session copied from the one that it comes from counts once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from frame.store.ledgers import add

import meterwidgets as mw
from ledger.figures import lines, nano, read, sums
from ledger.sources.test_opencode import folder, message

Write = Callable[..., Path]


def test_a_fork_counts_what_is_its_own(write: Write) -> None:
    parent = [message(1, "a"), message(2, "a")]
    fork = [message(1, "b"), message(2, "b"), message(3, "b")]
    usage = read(folder(write, parent, fork))
    assert (usage.quality.records, usage.quality.duplicates) == (3, 2)
    assert sums(usage)["cost"] == nano("1.5")
    assert (
        "opencode: 2 duplicates left out (2,210 tokens and 1.000000000 USD): each has "
        "the time, names, tokens and cost of a request of another session, as forked "
        "and resumed sessions have them"
    ) in usage.quality.notes


def test_a_fork_that_comes_later_adds_its_own_to_a_store(write: Write) -> None:
    parent = folder(write, [message(1, "a"), message(2, "a")])
    add(Path("s.meter"), parent)
    fork = folder(write, [message(1, "b"), message(2, "b"), message(3, "b")]) / "b"
    assert add(Path("s.meter"), fork).records == 1
    assert mw.open_store(Path("s.meter")).quality.records == 3


def test_any_table_of_sessions_may_have_forks(write: Write) -> None:
    rows = [
        {"id": f"{session}{n}", "session_id": session, "model": "m", "input_tokens": 7,
         "timestamp": f"2026-02-22T10:00:0{n}.123Z", "output_tokens": 9}
        for session in "ab" for n in range(3)
    ]  # fmt: skip
    assert read(write(lines(rows), "a.jsonl")).quality.records == 3


def test_equal_requests_of_one_session_or_of_whole_seconds_are_several(
    write: Write,
) -> None:
    row = {"model": "m", "input_tokens": 7, "timestamp": "2026-02-22T10:00:00.123Z"}
    one = [row | {"id": str(n), "session_id": "a"} for n in range(3)]
    assert read(write(lines(one), "a.jsonl")).quality.records == 3
    whole = row | {"timestamp": "2026-02-22T10:00:00Z"}
    two = [whole | {"id": each, "session_id": each} for each in "ab"]
    assert read(write(lines(two), "b.jsonl")).quality.records == 2
