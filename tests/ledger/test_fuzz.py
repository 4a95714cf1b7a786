"""Mutated ledgers of every format: a clear refusal or every row accounted for.

Each mutated record is an input. Many stand in one file; where a file is refused as a
whole it is read in halves, until the one that is to blame is read alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from ledger.sources.test_otel_metrics import DELTA, clickhouse
from ledger.sources.test_recognition import MADE
from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.macros import (
    EXTRA_BYTES,
    EXTRA_VALUE,
    LARGEST_COST,
    LARGEST_COUNT,
)
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.read import read_ledgers
from meterwidgets.ledger.records.doubts import IS_CORRECTION
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.schema import OPTIONAL

EVENT = {"event": "message_send", "time": 1771754400, "user_id": "u",
         "properties": {"main_model": "m", "prompt_tokens": 28, "completion_tokens": 9,
                        "cost": 0.25}}  # fmt: skip
SAMPLES = MADE | {"aider": json.dumps(EVENT), "otel_metrics": clickhouse(DELTA, 1)}
PRICES = mw.PriceBook(catalogue=False)
NASTY: tuple[Any, ...] = (
    None, "", " ", "None", "NaN", "\x00", "a\x00b", "é", "\u2028", "\ufeff1", "🦆" * 99,
    "x" * 70_000, "'", "{", "[", "\\", "%s", "$.a", "*", 0, -0.0, -1, 1.5, 1e-30, 1e308,
    1e400, -1e400, float("nan"), 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**15,
    10**15 + 1, 10**40, "1e3", "1,000", "1_000", "٣", "0x10", "12.", ".5", "+7", "--1",
    "1e-400", "9" * 400, "$5", "0.0000000005", "999999999.9999999995", "Infinity",
    "1970-01-01", "2200-01-01T00:00:00Z", "2026-02-22T10:00:00", "2026-02-30",
    "2026-02-22T10:00:00+99:99", "2026-02-22 24:00:00 Europe/Berlin", "infinity", "-1",
    "290309-12-22 (BC) 00:00:00", "99999999999999999999", 1771754400, 1771754400000.5,
    True, False, [], {}, [None], [[[]]], {"": 0}, {"a": {"b": [1]}}, [{"amount": 1}],
    json.loads("[" * 200 + "]" * 200),
)  # fmt: skip


def within(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a record."""
    inside = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else inside:
        yield (*path, key)
        yield from within(inner, (*path, key))


def bent(record: Any, dice: random.Random) -> Any:
    """A record with one to three places changed."""
    record = json.loads(json.dumps(record))
    for _ in range(dice.randint(1, 3)):
        places = list(within(record))
        if not places:
            break
        *path, last = dice.choice(places)
        outer = record
        for key in path:
            outer = outer[key]
        kind = dice.random()
        if kind < 0.1:
            del outer[last]
        elif kind < 0.2 and isinstance(outer, dict):
            outer[dice.choice(["", "a.b", '"', "x*", last + " ", "é"])] = outer[last]
        elif kind < 0.3:
            outer[last] = json.dumps(outer[last])
        elif kind < 0.35:
            outer[last] = [outer[last]] * 2
        else:
            outer[last] = deepcopy(dice.choice(NASTY))  # it may be bent in its turn
    return record


def torn(data: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, none of which ends a line."""
    kind = dice.randrange(6)
    place = dice.randrange(len(data) + 1)
    if kind == 0:
        return data[:place]
    if kind == 1:
        return data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + b"\x00" + data[place:]
    if kind == 3:
        return data[:place] + data[place // 2 : place] + data[place:]
    if kind == 4:
        return b"\xef\xbb\xbf" + data
    return data[place:] + data[:place]


def line(record: Any, dice: random.Random) -> bytes:
    """A mutated record as a line of JSON, by a third with changed bytes."""
    text = json.dumps(bent(record, dice), ensure_ascii=dice.random() < 0.5)
    if dice.random() < 0.05:  # the same key twice
        text = text.replace("{", '{"model": 1, "model": "m", ', 1)
    data = text.encode("utf-8", "replace")
    data = torn(data, dice) if dice.random() < 0.3 else data
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


def row(cells: Sequence[str], dice: random.Random) -> bytes:
    """Cells as a line of CSV with one or two changed."""
    changed = list(cells)
    for _ in range(dice.randint(1, 2)):
        nasty = dice.choice(NASTY)
        changed[dice.randrange(len(changed))] = "" if nasty is None else str(nasty)
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(changed)
    data = out.getvalue().encode("utf-8", "replace")
    data = torn(data, dice) if dice.random() < 0.2 else data
    return data.replace(b"\n", b" ").replace(b"\r", b" ")


COUNT = {
    "timestamp": "2026-02-22T10:00:00Z", "type": "event_msg", "payload": {
        "type": "token_count", "info": {
            "last_token_usage": {"input_tokens": 28, "cached_input_tokens": 4,
                                 "output_tokens": 9, "reasoning_output_tokens": 3,
                                 "total_tokens": 40},
            "total_token_usage": {"input_tokens": 28, "total_tokens": 40}}},
}  # fmt: skip
JSON = [name for name in SAMPLES if not SAMPLES[name].lstrip()[0].isalpha()]
CSV = [name for name in SAMPLES if name not in JSON]


def made(source: str, number: int, dice: random.Random) -> tuple[bytes, list[bytes]]:
    """What stands above the rows, with a good one, and mutated rows."""
    if source in CSV:
        header, *rows = SAMPLES[source].splitlines()
        cells = next(csv.reader(rows))
        rest = [row(cells, dice) for _ in range(number)]
        return (header + "\n" + rows[0] + "\n").encode(), rest
    records = [json.loads(each) for each in _documents(SAMPLES[source])]
    if source == "codex":
        records.append(COUNT)
    top = "".join(json.dumps(record) + "\n" for record in records)
    return top.encode(), [line(dice.choice(records), dice) for _ in range(number)]


def _documents(text: str) -> list[str]:
    """The records of a sample: of a list, of lines, or one."""
    try:
        whole = json.loads(text)
    except ValueError:
        return text.splitlines()
    return [
        json.dumps(each) for each in (whole if isinstance(whole, list) else [whole])
    ]


def check(
    path: Path, source: str | None = None, columns: Mapping[str, str] | None = None
) -> int | None:
    """Read a ledger: how many rows it accounts for, or None where it is refused."""
    with open_workspace() as ws:
        try:
            quality = read_ledgers(ws, [LedgerSpec([path], source, columns)], PRICES)
        except LedgerError as error:
            return refusal(path, str(error))
        bounded(ws, quality.records)
        bounded_extras(ws)
    skipped = [
        int(found[1].replace(",", ""))
        for note in quality.notes
        if (found := re.search(r": ([\d,]+) rows? (?:holds? no usage|left out)", note))
    ]
    return quality.records + quality.rejected + quality.duplicates + sum(skipped)


def refusal(path: Path, said: str) -> None:
    """A refusal names the file, in one line, and is none of the engine's own."""
    assert str(path) in said and "\n" not in said, said
    assert "INTERNAL" not in said and "Malformed" not in said, said


def bounded(ws: Workspace, records: int) -> None:
    """What went in is within the bounds of a record."""
    count, first, last, most, cost, least, inside = (
        ws.execute(
            "SELECT count(*), min(start_us), max(start_us), max(greatest(input_tokens, "
            "output_tokens, requests, cache_write_tokens, latency_ms)), "
            "max(abs(input_cost + output_cost + unsplit_cost)), min(least("
            "input_tokens, output_tokens, requests, input_cost, output_cost, "
            f"unsplit_cost)) FILTER (WHERE NOT {IS_CORRECTION}), "
            "count(*) FILTER (WHERE abs(cache_read_tokens) > abs(input_tokens) "
            f"OR abs(reasoning_tokens) > abs(output_tokens)) FROM {ws.records}"
        ).fetchone()
        or ()
    )
    assert count == records > 0 and inside == 0
    assert 946_684_800_000_000 <= first <= last < 4_102_444_800_000_000
    assert (most or 0) <= LARGEST_COUNT and (least or 0) >= 0
    assert (cost or 0) <= LARGEST_COST * 10**9 + 2


SMALL = ("searches", "tool_calls", "first_token_ms", "input_audio_tokens",
         "output_image_tokens", "reported_fee_cost", "fee_cost")  # fmt: skip


def bounded_extras(ws: Workspace) -> None:
    """The fields that few ledgers have are within their bounds, too."""
    most, least, wide, inside = (
        ws.execute(
            f"SELECT max(greatest({', '.join(SMALL)})), min(least({', '.join(SMALL)})), "
            "max(strlen(extra)), count(*) FILTER (WHERE input_audio_tokens > "
            "input_tokens OR output_image_tokens > output_tokens) "
            f"FROM {ws.records}"
        ).fetchone()
        or ()
    )
    assert max(most or 0, -(least or 0)) <= LARGEST_COST * 10**9
    assert inside == 0
    assert (wide or 0) <= EXTRA_BYTES
    for (extra,) in ws.execute(
        f"SELECT DISTINCT extra FROM {ws.records} WHERE extra IS NOT NULL"
    ).fetchall():
        assert all(
            isinstance(value, str | int | float | list)
            and len(json.dumps(value, ensure_ascii=False)) <= EXTRA_VALUE + 200
            for value in json.loads(extra).values()
        )


def survey(folder: Path, source: str, number: int, dice: random.Random) -> int:
    """Read mutated records of a source; say how many were refused as a whole."""
    top, rows = made(source, number, dice)
    path = folder / f"{source}{'.csv' if source in CSV else '.jsonl'}"
    return sift(path, top, rows, source)


def sift(path: Path, top: bytes, rows: list[bytes], source: str | None = None) -> int:
    """Read rows below good ones, in halves where they are refused as a whole."""
    refused, waiting = 0, [rows]
    while waiting:
        rows = waiting.pop()
        path.write_bytes(top + b"\n".join(rows))
        found = check(path, source)
        if found is None and len(rows) > 1:
            waiting += [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
        elif found is None:
            refused += 1
        elif source in FLAT:
            lines = (top + b"\n".join(rows)).split(b"\n")
            assert found == sum(bool(each.strip(b" \t\r")) for each in lines)
    return refused


FLAT = {"litellm", "litellm_daily", "aider", "claude_code", "codex", "langfuse"} - {
    *CSV
}
"""Of these a line is a record; of the others it is a page of them."""


@pytest.mark.parametrize("source", SAMPLES)
def test_a_mutated_record_is_taken_or_told(tmp_path: Path, source: str) -> None:
    assert survey(tmp_path, source, 10, random.Random(source)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("source", SAMPLES)
def test_thousands_of_mutated_records_are_taken_or_told(
    tmp_path: Path, source: str
) -> None:
    for turn in range(6):
        survey(tmp_path, source, 1_000, random.Random(f"{source} {turn}"))


REAL = (
    "aider/aider_message_send.jsonl", "anthropic/cost_report.json",
    "anthropic/usage_report_messages.json", "azure2023/AzureLLMInferenceTrace_code.csv",
    "azure2023/AzureLLMInferenceTrace_conv.csv",
    "claude_code/codex/session-alpha.jsonl",
    "claude_code/projects/project-alpha/session-alpha/chat.jsonl",
    "claude_code/projects/project-beta/session-beta/chat.jsonl",
    "litellm/daily_activity_entities_fixture.json", "litellm/spend_logs_payload.json",
    "openai/usage_completions_page.json",
    "openai/usage_completions_result_grouped.json", "servegen/usage_600s.csv",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_mutated_copies_of_a_real_ledger_are_taken_or_told(
    tmp_path: Path, shared: Callable[[str], Path], name: str
) -> None:
    dice = random.Random(name)
    real = shared(name)
    if real.suffix == ".csv":
        header, *lines = real.read_text("utf-8-sig").splitlines()
        good = f"{header}\n{lines[0]}\n"
        cells = list(csv.reader(dice.sample(lines, 300)))
        rows = [row(each, dice) for each in cells]
    else:
        records = [json.loads(each) for each in _documents(real.read_text())]
        good = "".join(json.dumps(each) + "\n" for each in records[:20])
        rows = [line(dice.choice(records), dice) for _ in range(300)]
    path = tmp_path / f"mutated{'.csv' if real.suffix == '.csv' else '.jsonl'}"
    sift(path, good.encode(), rows)
    whole = tmp_path / f"damaged{real.suffix}"
    for _ in range(20):
        whole.write_bytes(damaged(real.read_bytes()[:100_000], dice))
        check(whole)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A whole file with bytes changed, its ends of lines too."""
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(data) + 1)
        kind = dice.randrange(8)
        if kind == 0:
            data = data.replace(b"\n", b"\r\n", dice.choice([-1, 1]))
        elif kind == 1:
            data = data.decode("utf-8", "replace").encode("utf-16")
        elif kind == 2:
            piece = dice.choice([b'"', b"\n", b"\r", b"[", b"{", b"\xff"])
            data = data[:place] + piece + data[place:]
        else:
            data = torn(data, dice)
    return data


def damage(folder: Path, number: int, dice: random.Random) -> None:
    """Read damaged files of all sources, by a third compressed and torn again."""
    for turn in range(number):
        source = dice.choice(list(SAMPLES))
        top, rows = made(source, 3, dice)
        data = damaged(top + b"\n".join(rows), dice)
        ending = dice.choice([".csv", ".json", ".jsonl"])
        if dice.random() < 0.3:
            data, ending = gzip.compress(data), f"{ending}.gz"
            data = torn(data, dice) if dice.random() < 0.5 else data
        elif dice.random() < 0.1:
            data, ending = pa.compress(data, "zstd", asbytes=True), f"{ending}.zst"
            data = torn(data, dice) if dice.random() < 0.5 else data
        path = folder / f"{turn}{ending}"
        path.write_bytes(data)
        check(path, dice.choice([None, source]))
        path.unlink()


def test_a_damaged_file_is_taken_or_told(tmp_path: Path) -> None:
    damage(tmp_path, 8, random.Random(1))


@pytest.mark.slow
def test_many_damaged_files_are_taken_or_told(tmp_path: Path) -> None:
    damage(tmp_path, 600, random.Random(2))


KINDS = (
    pa.int8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.bool_(),
    pa.string(), pa.large_string(), pa.binary(), pa.date32(), pa.timestamp("s"),
    pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.timestamp("ns", "Asia/Tokyo"),
    pa.decimal128(20, 4), pa.decimal128(38, 9), pa.decimal128(38, 28),
    pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.int64()), pa.null(),
)  # fmt: skip
LOW, HIGH = -(2**63), 2**63 - 1
VALUES = (None, 0, 1, -1, 2**7 - 1, 1771754400, 10**15, 10**15 + 1, LOW, HIGH, 2**64 - 1,
          0.5, 1e-10, float("nan"), float("inf"), 1e300, "2026-02-22", "x", "12", b"\xff",
          True, Decimal("0.0000000005"), Decimal("1E10"), Decimal("-1"), [1],
          datetime(2026, 2, 22), datetime(1970, 1, 1), datetime(2200, 1, 1))  # fmt: skip


def column(kind: Any, length: int, dice: random.Random) -> Any:
    """A column of a type, of whatever values it can hold."""
    fits = []
    for value in VALUES:
        if pa.types.is_timestamp(kind) and isinstance(value, int):
            continue  # Parquet has no seconds, and thousands of them may not fit
        try:
            pa.array([value], kind)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            continue
        fits.append(value)
    return pa.array([dice.choice(fits) for _ in range(length)], kind)


def tables(folder: Path, number: int, length: int, dice: random.Random) -> None:
    """Read Parquet whose columns are of any type; every row is accounted for."""
    names = (
        "end",
        "input_tokens",
        "output_tokens",
        "cost",
        "requests",
        "user",
        "model",
    )
    for turn in range(number):
        table = {name: column(dice.choice(KINDS), length, dice) for name in names}
        start = column(dice.choice(KINDS), length - 1, dice)
        good = pa.array([datetime(2026, 2, 22)], pa.timestamp("us"))
        table["start"] = pa.concat_arrays([good, good.take([0] * (length - 1))])
        if turn % 2:
            table["start"] = pa.concat_arrays([start.slice(0, 1), start])
        path = folder / f"{turn}.parquet"
        pq.write_table(pa.table(table), path)
        found = check(path)
        assert found in {None, length}
        path.unlink()


def test_columns_of_any_type_are_taken_or_told(tmp_path: Path) -> None:
    tables(tmp_path, 4, 20, random.Random(3))


TERMS: Mapping[str, Any] = {
    "start": "2026-02-22T10:00:00Z", "model": "m", "input_tokens": 28,
    "output_tokens": 9, "cost": "0.25", **dict.fromkeys(OPTIONAL, 3),
    "fee_cost": "0.05", "extra": '{"trace": 7, "tags": ["a", "b"]}',
}  # fmt: skip
"""A record with every field that few ledgers have."""
NASTY_EXTRAS: tuple[Any, ...] = (
    *NASTY, json.dumps({f"k{n}": n for n in range(3_000)}),
    json.dumps({"k" * 300: 1, "": 2, "\x00": "\x00", "a.b": [[1]], "n": 1e308}),
    json.dumps({f"é{n}": "🦆" * 199 for n in range(60)}), '{"a": 1, "a": 2}',
    '{"a": "\\ud800"}', '{"a": 1', '{"prompt": "p", "X-Api-Key": "k"}', '{"a": NaN}',
    json.dumps({"nested": {"deep": [{"er": 1}] * 50}}), '{"__proto__": "x"}',
)  # fmt: skip


def hostile(folder: Path, number: int, dice: random.Random) -> None:
    """Read records with hostile values in the fields that few ledgers have."""
    fields = [*OPTIONAL, "cost"]
    rows = []
    for _ in range(number):
        changed = dict(TERMS)
        for name in dice.sample(fields, dice.randint(1, 4)):
            values = NASTY_EXTRAS if name == "extra" else NASTY
            changed[name] = dice.choice(values)
        rows.append(changed)
    path = folder / "terms.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in [TERMS, *rows]))
    found = check(path, "table", {name: name for name in TERMS})
    assert found == number + 1


def test_hostile_values_in_the_fields_that_few_have_are_taken_or_told(
    tmp_path: Path,
) -> None:
    hostile(tmp_path, 200, random.Random(5))


@pytest.mark.slow
def test_many_hostile_values_in_the_fields_that_few_have_are_taken_or_told(
    tmp_path: Path,
) -> None:
    for turn in range(10):
        hostile(tmp_path, 2_000, random.Random(f"terms {turn}"))


def typed_terms(folder: Path, number: int, length: int, dice: random.Random) -> None:
    """Read Parquet in which the fields that few ledgers have are of any type."""
    good = pa.array([datetime(2026, 2, 22)] * length, pa.timestamp("us"))
    for turn in range(number):
        table = {name: column(dice.choice(KINDS), length, dice) for name in OPTIONAL}
        table |= {"start": good, "input_tokens": pa.array([28] * length)}
        path = folder / f"terms-{turn}.parquet"
        pq.write_table(pa.table(table), path)
        found = check(path, "table", {name: name for name in table})
        assert found in {None, length}
        path.unlink()


def test_terms_of_any_type_are_taken_or_told(tmp_path: Path) -> None:
    typed_terms(tmp_path, 4, 20, random.Random(6))


@pytest.mark.slow
def test_many_terms_of_any_type_are_taken_or_told(tmp_path: Path) -> None:
    typed_terms(tmp_path, 200, 50, random.Random(7))


@pytest.mark.slow
def test_many_columns_of_any_type_are_taken_or_told(tmp_path: Path) -> None:
    tables(tmp_path, 300, 50, random.Random(4))


@settings(max_examples=6)
@given(st.lists(st.text(), min_size=1, max_size=40), st.sampled_from(["jsonl", "csv"]))
def test_any_text_in_any_field_is_taken_or_told(
    tmp_path: Path, texts: list[str], kind: str
) -> None:
    texts = [each.encode("utf-8", "replace").decode() for each in texts]
    fields = ("start", "end", "input_tokens", "cost", "currency", "model")
    good = dict.fromkeys(fields) | {
        "start": "2026-02-22T10:00:00Z", "input_tokens": "1", "cost": "1"
    }  # fmt: skip
    rows = [good, *(good | {fields[n % 6]: text} for n, text in enumerate(texts))]
    path = tmp_path / f"any.{kind}"
    with path.open("w", encoding="utf-8", newline="") as stream:
        if kind == "csv":
            table = csv.DictWriter(stream, fields)
            table.writeheader()
            table.writerows(rows)
        else:
            stream.writelines(json.dumps(each) + "\n" for each in rows)
    assert check(path, "table") == len(rows) or kind == "csv"
