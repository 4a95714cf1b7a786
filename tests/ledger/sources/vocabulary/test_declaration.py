"""A ledger that is declared as data is read as it says, to the last figure."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import meterwidgets as mw
from ledger.figures import by, lines, nano, read, sums
from meterwidgets.metrics.totals import totals

Write = Callable[..., Path]

AT = "2026-02-22T10:00:00Z"
ONE = {"at": AT, "model": "m1", "in": 10, "out": 5}


def declared(**changes: Any) -> dict[str, Any]:
    """A declaration that works, with some keys changed."""
    fields = {
        "start": "at",
        "model": "model",
        "input_tokens": "in",
        "output_tokens": "out",
    }
    given = changes.pop("fields", {})
    return {"name": "acme", "fields": {**fields, **given}} | changes


@pytest.mark.parametrize(
    ("changes", "rows", "figures"),
    [
        pytest.param(
            {"fields": {"input_tokens": {"sum": ["in", "read", "write"]}, "cache_read_tokens": "read"}},
            [ONE | {"read": 100, "write": 7}, ONE | {"at": "2026-02-22T11:00:00Z"}],
            {"input_tokens": 127, "cache_read_tokens": 100, "output_tokens": 10, "requests": 2},
            id="sum of counts, of which some are missing",
        ),
        pytest.param(
            {"fields": {"cost": {"column": "cents", "scale": "0.01"}}, "currency": "USD"},
            [ONE | {"cents": "12.5"}, ONE | {"at": "2026-02-22T11:00:00Z", "cents": 1e-05}],
            {"cost": nano("0.1250001")},
            id="cents",
        ),
        pytest.param(
            {"fields": {"input_tokens": {"column": "in", "scale": 1000}, "cost": {"column": "c", "scale": "1.19"}}},
            [ONE | {"in": "0.5", "c": "2.00"}],
            {"input_tokens": 500, "cost": nano("2.38")},
            id="thousands, and a factor that is no power of ten",
        ),
        pytest.param(
            {"fields": {"cost": {"product": ["out", "price"]}}},
            [ONE | {"price": "0.00000028"}],
            {"cost": nano("0.0000014")},
            id="an amount at a price",
        ),
        pytest.param(
            {"fields": {"output_tokens": {"json": "usage", "path": "output.total"}}},
            [ONE | {"usage": '{"output": {"total": 44}}'}, ONE | {"at": "2026-02-22T11:00:00Z", "usage": "{no"}],
            {"output_tokens": 44, "input_tokens": 20},
            id="JSON in a text, once broken",
        ),
        pytest.param(
            {"fields": {"output_tokens": {"json": "calls", "path": "[*].out"}}},
            [ONE | {"calls": [{"out": 3}, {"out": 4}, {}]}],
            {"output_tokens": 7},
            id="the sum over a list",
        ),
        pytest.param(
            {"fields": {"output_tokens": {"json": "models", "path": "*.out"}}},
            [ONE | {"models": {"a": {"out": 3}, "b": {"out": 40}}}],
            {"output_tokens": 43},
            id="the sum over an object",
        ),
        pytest.param(
            {"where": {"kind": ["LLM", "chat"], "in": "present", "not": {"status": "failed"}}},
            [
                ONE | {"kind": "LLM"},
                ONE | {"kind": "tool"},
                ONE | {"kind": "chat", "status": "failed"},
                {"at": AT, "model": "m1", "kind": "LLM", "out": 900},
                ONE,
            ],
            {"requests": 1, "input_tokens": 10},
            id="conditions",
        ),
        pytest.param(
            {"where": {"any": [{"in": {"above": 10}}, {"model": {"starts": "gpt"}}]}},
            [ONE, ONE | {"in": 11}, ONE | {"model": "gpt-5", "in": 1}],
            {"requests": 2, "input_tokens": 12},
            id="one of several conditions",
        ),
        pytest.param(
            {"fields": {"fee_cost": {"column": "spend", "where": {"own_key": True}}, "cost": "spend"}},
            [ONE | {"spend": "1.5", "own_key": True}, ONE | {"spend": "2", "own_key": False}],
            {"fee_cost": nano("1.5")},
            id="a field that is filled on a condition",
        ),
        pytest.param(
            {"fields": {"model": {"first": ["served", "model"]}}},
            [ONE | {"served": ""}, ONE | {"served": "None", "in": 1}],
            {"input_tokens": 11},
            id="the first that is filled",
        ),
        pytest.param(
            {"values": {"kind": {"json": "event", "path": "type"}}, "where": {"@kind": "done"}},
            [ONE | {"event": '{"type": "done"}'}, ONE | {"event": '{"type": "start"}'}],
            {"requests": 1},
            id="a named value",
        ),
        pytest.param(
            {"fields": {"latency_ms": {"column": "took", "scale": "1000"}}},
            [ONE | {"took": "1.2345"}],
            {"requests": 1},
            id="seconds with fractions of a millisecond",
        ),
    ],
)  # fmt: skip
def test_a_word_of_the_vocabulary(
    write: Write,
    changes: dict[str, Any],
    rows: list[dict[str, Any]],
    figures: dict[str, int],
) -> None:
    usage = read(write(lines(rows), "a.jsonl"), source=declared(**changes))
    found = sums(usage)
    assert {name: found[name] for name in figures} == figures


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("unix s", 1771754400),
        ("unix ms", "1771754400000"),
        ("unix us", 1771754400000000),
        ("unix ns", "1771754400000000000"),
        ("days since 1899-12-30", "46075.4166666667"),
        ("%d.%m.%Y %H:%M", "22.02.2026 10:00"),
        ("%m/%d/%y, %I:%M %p", "02/22/26, 10:00 AM"),
        ("%Y%m%dT%H%M%S%z", "20260222T120000+0200"),
        ("iso", AT),
    ],
)
def test_a_time_is_read_as_it_is_written(write: Write, form: str, written: Any) -> None:
    rows = [ONE | {"at": written}]
    fields = {"start": {"column": "at", "time": form}}
    usage = read(write(lines(rows), "a.jsonl"), source=declared(fields=fields))
    (cell,) = usage.to_arrow().to_pylist()
    assert cell["start"].isoformat().startswith("2026-02-22T10:00:00")


def test_a_time_that_is_written_otherwise_is_rejected_with_its_text(
    write: Write,
) -> None:
    rows = [ONE, ONE | {"at": "22nd of February"}]
    fields = {"start": {"first": [{"column": "at", "time": "%d.%m.%Y"}, "at"]}}
    usage = read(write(lines(rows), "a.jsonl"), source=declared(fields=fields))
    assert usage.quality.rejected == 1
    assert any("22nd of February" in note for note in usage.quality.notes)


def test_words_are_mapped(write: Write) -> None:
    fields = {
        "model": {
            "column": "level",
            "map": {"it's": "a {x}", "B": "b"},
            "else": "other",
        }
    }
    rows = [
        ONE | {"level": "it's"},
        ONE | {"level": "B", "in": 1},
        ONE | {"level": "?", "in": 2},
    ]
    usage = read(write(lines(rows), "a.jsonl"), source=declared(fields=fields))
    assert by(usage, "model", "input_tokens") == {"a {x}": 10, "b": 1, "other": 2}


def test_a_type_a_row_keeps_every_row_of_a_request(write: Write) -> None:
    rows = [
        {"id": "r1", "at": AT, "kind": "prompt", "n": 100},
        {"id": "r1", "at": AT, "kind": "cached", "n": 60},
        {"id": "r1", "at": AT, "kind": "completion", "n": 100},
        {"id": "r1", "at": AT, "kind": "seconds", "n": 9},
        {"id": "r2", "at": AT, "kind": "prompt", "n": 100},
    ]
    kinds = {
        "prompt": "input_tokens",
        "cached": ["input_tokens", "cache_read_tokens"],
        "completion": "output_tokens",
    }
    declaration = {
        "name": "acme",
        "fields": {"record_id": "id", "start": "at"},
        "by": {"column": "kind", "amount": "n", "fields": kinds},
    }
    found = sums(usage := read(write(lines(rows), "a.jsonl"), source=declaration))
    assert (found["input_tokens"], found["output_tokens"]) == (260, 100)
    assert found["cache_read_tokens"] == 60
    assert usage.quality.records == 4
    assert totals(usage.select()).amounts.requests is None


def test_a_type_of_rows_may_count_the_requests(write: Write) -> None:
    text = (
        "day,kind,n\n2026-02-22,requests,3\n2026-02-22,input,50\n2026-02-22,output,9\n"
    )
    kinds = {"requests": "requests", "input": "input_tokens", "output": "output_tokens"}
    declaration = {
        "fields": {"start": "day"},
        "by": {"column": "kind", "amount": "n", "fields": kinds},
    }
    found = sums(read(write(text, "a.csv"), source=declaration))
    assert (found["requests"], found["input_tokens"]) == (3, 50)


COUNTER = {
    "name": "counter",
    "fields": {
        "start": "ts",
        "model": "model",
        "input_tokens": "in",
        "output_tokens": "out",
    },
    "growth": {"series": ["model", "pod"]},
}


def _sample(hour: int, pod: str, count: float | str, out: int = 0) -> dict[str, Any]:
    ts = f"2026-02-22T{hour:02}:00:00Z"
    return {"ts": ts, "model": "m", "pod": pod, "in": count, "out": out}


def test_a_counter_is_its_growth_and_a_fall_starts_at_nothing(write: Write) -> None:
    rows = [
        _sample(13, "a", 40, 4),  # 40 since the restart
        _sample(10, "a", 1000),
        _sample(11, "a", "1.5e3"),  # + 500
        _sample(12, "a", 1500),
        _sample(11, "b", 7_000_000_000_000),
        _sample(12, "b", 7_000_000_000_003, 0),  # + 3
        _sample(12, "b", "NaN"),
    ]
    usage = read(write(lines(rows), "a.jsonl"), source=COUNTER)
    found = sums(usage)
    assert (found["input_tokens"], found["output_tokens"]) == (543, 4)
    assert totals(usage.select()).amounts.requests is None


def test_counters_with_a_row_a_type_each_grow_by_themselves(write: Write) -> None:
    rows = [
        {"ts": f"2026-02-22T{hour}:00:00Z", "name": name, "pod": "a", "value": value}
        for name, values in (
            ("prompt_total", (100, 150, 40)),  # 50, and 40 since the restart
            ("generation_total", (10, 17, 20)),  # 7 + 3
            ("success_total", (1, 2, 4)),
            ("other_total", (0, 900, 900)),
        )
        for hour, value in zip((10, 11, 12), values, strict=True)
    ]
    types = {
        "prompt_total": "input_tokens",
        "generation_total": "output_tokens",
        "success_total": "requests",
    }
    declaration = {
        "fields": {"start": "ts"},
        "by": {"column": "name", "amount": "value", "fields": types},
        "growth": {"series": ["pod"]},
    }
    found = sums(read(write(lines(rows), "a.jsonl"), source=declaration))
    assert (found["input_tokens"], found["output_tokens"]) == (90, 10)
    assert found["requests"] == 3


def test_rows_that_do_not_count_are_no_samples_of_a_counter(write: Write) -> None:
    rows = [_sample(hour, "a", 100 * hour) | {"of": "pod"} for hour in (1, 3)]
    rows += [_sample(2, "a", 7000) | {"of": "all pods"}]
    counter = COUNTER | {"where": {"of": "pod"}}
    usage = read(write(lines(rows), "a.jsonl"), source=counter)
    assert sums(usage)["input_tokens"] == 200


def test_a_counter_goes_on_in_the_next_file(write: Write) -> None:
    one = write(lines([_sample(10, "a", 100), _sample(11, "a", 150)]), "1.jsonl")
    two = write(lines([_sample(11, "a", 150), _sample(12, "a", 160)]), "2.jsonl")
    three = write(lines([_sample(13, "a", 30)]), "3.jsonl")
    usage = read([three, one, two], source=COUNTER)
    assert sums(usage)["input_tokens"] == 50 + 10 + 30


def test_two_counters_of_one_model_that_are_read_at_other_times_both_count(
    write: Write,
) -> None:
    rows = [_sample(hour, "a", 100 * hour) for hour in range(3)]
    rows += [_sample(hour, "b", 100 * hour) for hour in (0, 2)]
    usage = read(write(lines(rows), "a.jsonl"), source=COUNTER)
    assert sums(usage)["input_tokens"] == 400


def test_rows_in_lists_know_what_is_around_them(write: Write) -> None:
    page = {
        "org": "o1",
        "data": [
            {"day": "2026-02-22", "results": [{"model": "a", "in": 1}, {"model": "b", "in": 2}]},
            {"day": "2026-02-23", "results": []},
            {"day": "2026-02-23", "results": [{"model": "a", "in": 40}]},
        ],
    }  # fmt: skip
    declaration = {
        "rows": ["data", "results"],
        "grain": "bucket",
        "fields": {"start": "data.day", "org": "$.org", "model": "model", "input_tokens": "in"},
    }  # fmt: skip
    usage = read(write(lines([page]), "a.json"), source=declaration)
    assert by(usage, "model", "input_tokens") == {"a": 41, "b": 2}
    assert by(usage, "org", "input_tokens") == {"o1": 43}


def test_rows_may_be_the_values_of_an_object_in_each_line(write: Write) -> None:
    rows = [
        {"id": "s1", "end": AT, "models": {"a": {"in": 5}, "b": {"in": 7}}},
        {"id": "s2", "end": AT, "models": {"a": {"in": 10}}},
        {"id": "s3", "start": AT},
    ]
    declaration = {
        "rows": ["models?"],
        "where": {"in": "present"},
        "fields": {
            "record_id": {"key": ["$.id", "@name", "@number"]},
            "start": "$.end",
            "model": "@name",
            "input_tokens": "in",
        },
    }
    usage = read(write(lines(rows), "a.jsonl"), source=declaration)
    assert by(usage, "model", "input_tokens") == {"a": 15, "b": 7}
    assert usage.quality.records == 3


def test_a_parent_repeats_its_leaves(write: Write) -> None:
    rows = [
        ONE | {"trace": "t", "id": "root", "in": 30},
        ONE | {"trace": "t", "id": "a", "up": "root", "in": 10},
        ONE | {"trace": "t", "id": "b", "up": "root", "in": 20},
        ONE | {"trace": "u", "id": "root", "in": 5},
    ]
    leaf = {"id": ["trace", "id"], "parent": "up"}
    usage = read(write(lines(rows), "a.jsonl"), source=declared(leaf=leaf))
    assert sums(usage)["input_tokens"] == 35


def test_an_answer_that_wraps_the_records_needs_no_rows(write: Write) -> None:
    page = {"results": {"items": [ONE, ONE | {"in": 1}]}, "total": 2}
    usage = read(write(lines([page]), "a.json"), source=declared())
    assert sums(usage)["input_tokens"] == 11


def test_paths_lead_into_the_columns_of_a_dataframe() -> None:
    rows = [
        ONE | {"usage": {"in": 3, "read": 4}},
        ONE | {"usage": {"in": 5, "read": None}},
    ]
    fields = {
        "input_tokens": {"sum": ["usage.in", "usage.read"]},
        "output_tokens": "out",
    }
    table = pa.Table.from_pylist(rows)
    assert sums(read(table, source=declared(fields=fields)))["input_tokens"] == 12
    assert sums(read(rows, source=declared(fields=fields)))["input_tokens"] == 12


def test_the_table_of_a_database_is_the_one_with_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE other (at TEXT, model TEXT)")
        database.execute("CREATE TABLE log (at TEXT, model TEXT, n INTEGER, m INTEGER)")
        database.execute("INSERT INTO other VALUES (?, 'a')", [AT])
        database.execute("INSERT INTO log VALUES (?, 'a', 5, 6)", [AT])
    fields = {"input_tokens": {"sum": ["n", "m"]}, "output_tokens": "m"}
    assert sums(read(path, source=declared(fields=fields)))["input_tokens"] == 11


def test_ids_have_names_and_credits_are_no_spend(write: Write) -> None:
    rows = [
        ONE | {"id": "r1", "org_id": "o1", "org_name": "Acme", "paid": "2.00"},
        ONE | {"id": "r2", "org_id": "o1", "kind": "credit", "paid": "-0.50"},
        ONE | {"id": "r3", "org_id": "o2", "kind": "free", "paid": "0"},
    ]
    usage = read(
        write(lines(rows), "a.jsonl"),
        source=declared(
            fields={"record_id": "id", "org": "org_id", "cost": "paid"},
            labels={"org": "org_name"},
            credit={"kind": "credit"},
            free_when={"kind": "free"},
            currency="EUR",
        ),
    )
    assert usage.labels["org"] == {"o1": "Acme"}
    assert sums(usage)["cost"] == nano(2)
    assert usage.currencies == ("EUR",)
    assert [each.nano for each in usage.quality.credits] == [nano("-0.5")]
    assert not any("no price" in note for note in usage.quality.notes)


def test_parts_may_stand_beside_their_whole(write: Write) -> None:
    row = ONE | {"cached": 4, "thought": 2}
    parts = {"cache_read_tokens": "cached", "reasoning_tokens": "thought"}
    ledger = write(lines([row]), "a.jsonl")
    inside = sums(read(ledger, source=declared(fields=parts)))
    assert (inside["input_tokens"], inside["output_tokens"]) == (10, 5)
    beside = declared(fields=parts, beside=["cache_read_tokens", "reasoning_tokens"])
    outside = sums(read(ledger, source=beside))
    assert (outside["input_tokens"], outside["output_tokens"]) == (14, 7)


def test_of_several_states_of_a_bucket_the_largest_counts(write: Write) -> None:
    rows = [
        {"day": "2026-02-22", "model": "a", "key": "k", "in": 5},
        {"day": "2026-02-22", "model": "b", "key": "k", "in": 7},
    ]
    source = {
        "grain": "bucket",
        "length": "day",
        "bucket_key": ["model", "key"],
        "grows": True,
        "fields": {"start": "day", "model": "model", "input_tokens": "in"},
    }
    one = write(lines(rows), "1.jsonl")
    two = write(lines([row | {"in": row["in"] + 1} for row in rows]), "2.jsonl")
    usage = read([one, two], source=source)
    assert by(usage, "model", "input_tokens") == {"a": 6, "b": 8}


def test_a_ledger_is_read_again_as_it_was_declared(write: Write) -> None:
    ledger = write(lines([ONE]), "a.jsonl")
    usage = read(ledger, source=declared(fields={"output_tokens": "in"}))
    assert sums(usage)["output_tokens"] == 10
    assert sums(read(ledger, source=declared()))["output_tokens"] == 5
    again = usage.reprice(mw.PriceBook(catalogue=False))
    assert sums(again)["output_tokens"] == 10


def test_typed_columns_are_read_as_they_are() -> None:
    table = pa.table(
        {
            "at": [datetime(2026, 2, 22, 10, tzinfo=UTC), datetime(2026, 2, 22, 11, tzinfo=UTC)],
            "model": ["m", "m"], "in": [10, 20], "out": [1.0, 2.0], "paid": [True, False],
            "cents": [Decimal("12.5"), Decimal("1.5")],
        }
    )  # fmt: skip
    fields = {"cost": {"column": "cents", "scale": "0.01"}}
    source = declared(fields=fields, where={"paid": True})
    found = sums(read(table, source=source))
    assert (found["input_tokens"], found["output_tokens"]) == (10, 1)
    assert found["cost"] == nano("0.125")


def test_what_is_left_out_and_remarkable_is_said(write: Write) -> None:
    keys = {
        "where": {"kind": "usage"},
        "left_out": {"they are tests": {"kind": "test"}},
        "remarks": {"ran at night": {"night": True}},
    }
    rows = [ONE | {"kind": "usage", "night": True}, ONE | {"kind": "test", "in": 70}]
    usage = read(write(lines(rows), "a.jsonl"), source=declared(**keys))
    notes = " ".join(usage.quality.notes)
    assert "they are tests" in notes
    assert "ran at night" in notes


def test_no_name_or_text_is_taken_for_sql(write: Write) -> None:
    name = "n'; DROP TABLE reported; --"
    text = f'at,model,"{name}",out\n{AT},m,12,5\n'
    fields = {"input_tokens": name, "org": {"set": "x'; DROP TABLE y; --{at}"}}
    keys = {"where": {"model": {"matches": "^[m'{}]{1,2}$"}}, "fields": fields}
    usage = read(write(text, "a.csv"), source=declared(**keys))
    assert by(usage, "org", "input_tokens") == {"x'; DROP TABLE y; --{at}": 12}
