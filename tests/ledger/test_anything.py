"""Whatever comes in: a frame or a MeterError comes out, and no row is lost."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw

Write = Callable[..., Path]

LINE = {"start": "2026-02-22T10:00:00Z", "model": "m", "input_tokens": 10, "cost": "1"}
CSV = ",".join(LINE) + "\n" + (",".join(map(str, LINE.values())) + "\n") * 5
CONTENTS = {
    "a.csv": CSV.encode(),
    "a.jsonl": (json.dumps(LINE) + "\n").encode() * 5,
    "a.json": json.dumps([LINE] * 5, indent=1).encode(),
    "a.csv.gz": gzip.compress(CSV.encode(), mtime=0),
}
NASTY = st.sampled_from(
    [b"\x00", b'"', b"\n", b"\r", b"\r\n", b"\xff", b"\xe9", b"{", b"}", b"[", b"]", b",",
     b";", b"\\", b"'", b"\xef\xbb\xbf", b"NULL", b"-", b"1e999", b"\xf0\x9f\x98\x80"]
)  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file in which something was put in, taken out, or cut off."""
    name = draw(st.sampled_from(sorted(CONTENTS)))
    data = CONTENTS[name]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        what = draw(st.sampled_from(["in", "out", "cut"]))
        if what == "in":
            data = data[:place] + draw(NASTY) + data[place:]
        elif what == "out":
            data = data[:place] + data[place + draw(st.integers(1, 9)) :]
        else:
            data = data[:place] or data
    return name, data


def attempt(path: Path) -> mw.UsageFrame | None:
    """Read a file; what can't be read says so in one line that names it."""
    book = mw.PriceBook(catalogue=False)
    try:
        usage = mw.read_usage(path, prices=book, rejects=None)
    except mw.MeterError as error:
        said = str(error)
        assert str(path) in said
        assert len(said) < 2000
        return None
    quality = usage.quality
    assert len([row for row in quality.rejects if not row["kept"]]) == quality.rejected
    assert all(reject["line"] >= 1 and reject["reason"] for reject in quality.rejects)
    return usage


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    attempt(path)


@settings(max_examples=25)
@given(file=spoiled())
def test_a_spoiled_file_gives_a_frame_or_says_why_not(
    tmp_path: Path, file: tuple[str, bytes]
) -> None:
    check(tmp_path / file[0], file[1])


@settings(max_examples=15)
@given(data=st.binary(max_size=300), name=st.sampled_from(sorted(CONTENTS)))
def test_any_bytes_give_a_frame_or_say_why_not(
    tmp_path: Path, data: bytes, name: str
) -> None:
    check(tmp_path / name, data)


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(["1.5", "-1", "1e30", "inf", "nan", "0x1f", "1_0", "٣", "1\x00", "²"]),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25)
@given(rows=st.lists(st.dictionaries(st.sampled_from(
    ["start", "end", "model", "org", "input_tokens", "cache_read_tokens", "requests",
     "output_tokens", "cost", "input_cost", "currency", "latency_ms", "user", "id"]
), values, min_size=1), min_size=1, max_size=6))  # fmt: skip
def test_any_values_are_taken_or_rejected_row_by_row(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    good = LINE | {"id": "good"}
    path = tmp_path / "a.jsonl"
    lines = [json.dumps(good), *(json.dumps(LINE | row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    usage = attempt(path)
    assert usage is not None
    quality = usage.quality
    assert quality.records + quality.rejected + quality.duplicates == 1 + len(rows)


@pytest.mark.slow
@settings(max_examples=3000)
@given(file=spoiled())
def test_many_spoiled_files_give_a_frame_or_say_why_not(
    tmp_path: Path, file: tuple[str, bytes]
) -> None:
    check(tmp_path / file[0], file[1])


@pytest.mark.slow
@settings(max_examples=1000)
@given(data=st.binary(max_size=300), name=st.sampled_from(sorted(CONTENTS)))
def test_many_bytes_give_a_frame_or_say_why_not(
    tmp_path: Path, data: bytes, name: str
) -> None:
    check(tmp_path / name, data)
