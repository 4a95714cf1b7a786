"""A request of which each status is a row of a table counts once, in its last state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import nano, read, sums

Write = Callable[..., Path]
HEAD = "request_id,created_at,status,model,prompt_tokens,completion_tokens,cost\n"
AT = "2026-02-22T10:00:00Z"
STATES = (
    f"r1,{AT},pending,m,0,0,0\n",
    f"r1,{AT},streaming,m,1000,50,0.01\n",
    f"r1,{AT},complete,m,1000,400,0.03\n",
)
OTHER = f"r2,{AT},complete,m,100,40,0.01\n"


def shared_id_notes(usage: Any) -> list[str]:
    return [note for note in usage.quality.notes if "share an id" in note]


def test_the_last_state_of_a_request_counts(write: Write) -> None:
    usage = read(write(HEAD + "".join(STATES) + OTHER))
    assert (usage.quality.records, usage.quality.duplicates) == (2, 2)
    found = sums(usage)
    assert (found["requests"], found["cost"]) == (2, nano("0.04"))
    assert (found["input_tokens"], found["output_tokens"]) == (1100, 440)
    assert (
        "table: 2 duplicates left out (1,050 tokens and 0.010000000 USD): each is an "
        "earlier state of a request with the same id and start"
    ) in usage.quality.notes


def test_an_export_may_begin_with_the_last_state(write: Write) -> None:
    usage = read(write(HEAD + "".join(reversed(STATES)) + OTHER))
    assert (usage.quality.records, sums(usage)["cost"]) == (2, nano("0.04"))


def test_states_may_stand_in_two_files(write: Write) -> None:
    write(HEAD + "".join(STATES[:2]), "l/a.csv")
    usage = read(write(HEAD + STATES[2] + OTHER, "l/b.csv").parent)
    assert (usage.quality.records, sums(usage)["cost"]) == (2, nano("0.04"))


def test_states_without_a_status_are_one_if_their_input_is(write: Write) -> None:
    head = "id,created_at,model,prompt_tokens,completion_tokens\n"
    rows = "".join(f"r1,{AT},m,1000,{output}\n" for output in (10, 200, 400))
    usage = read(write(head + rows))
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 400)


@pytest.mark.parametrize(
    ("rows", "cost"),
    [
        # a count that falls
        ((f"r1,{AT},streaming,m,1000,50,0.03\n", f"r1,{AT},complete,m,900,60,0.04\n"), "0.07"),
        # another start: a session, or a retry
        ((f"r1,{AT},a,m,1000,50,0.03\n", "r1,2026-02-22T10:05:00Z,b,m,1000,60,0.04\n"), "0.07"),
        # another model: a fallback
        ((f"r1,{AT},a,m,1000,50,0.03\n", f"r1,{AT},b,n,1000,60,0.04\n"), "0.07"),
        # an attempt that was billed before it failed
        ((f"r1,{AT},error,m,1000,50,0.03\n", f"r1,{AT},success,m,1000,60,0.04\n"), "0.07"),
        # a correction
        ((f"r1,{AT},complete,m,1000,50,0.03\n", f"r1,{AT},refund,m,-1000,-50,-0.03\n"), "0"),
    ],
)  # fmt: skip
def test_what_may_be_several_requests_stays_and_is_said(
    write: Write, rows: tuple[str, ...], cost: str
) -> None:
    usage = read(write(HEAD + "".join(rows)))
    assert (usage.quality.records, sums(usage)["cost"]) == (2, nano(cost))
    (note,) = shared_id_notes(usage)
    assert note.startswith("table: 2 records ")


def test_a_row_a_type_of_token_is_no_state(write: Write) -> None:
    head = "id,created_at,model,token_type,tokens\n"
    rows = f"r1,{AT},m,input,100\nr1,{AT},m,output,500\n"
    usage = read(write(head + rows))
    assert sums(usage)["input_tokens"] + sums(usage)["output_tokens"] == 600


def test_a_parent_and_its_attempts_are_not_states(write: Write) -> None:
    """The id of a session is shared by all of its requests."""
    rows = "".join(
        f"s1,2026-02-22T10:{minute:02}:00Z,ok,m,{minute},1,0.01\n"
        for minute in range(9)
    )
    usage = read(write(HEAD + rows))
    assert (usage.quality.records, sums(usage)["cost"]) == (9, nano("0.09"))
    assert "9 records" in shared_id_notes(usage)[0]
