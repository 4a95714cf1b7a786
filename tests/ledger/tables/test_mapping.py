"""Any table through a mapping: guesses, dataframes, files, nested columns."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import meterwidgets as mw
from meterwidgets.ledger.engine.progress import Done

Write = Callable[..., Path]
AT = datetime(2026, 2, 22, 10, tzinfo=UTC)


def read(ledger: Any, **words: Any) -> mw.UsageFrame:
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(ledger, prices=book, rejects=None, **words)


def rows(ledger: Any, **words: Any) -> list[dict[str, Any]]:
    return read(ledger, **words).to_arrow().to_pylist()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("column", "field"),
    [("TIMESTAMP", "start"), ("created_at", "start"), ("startTime", "start"),
     ("Date", "start"), ("usage.prompt_tokens", "input_tokens"),
     ("ContextTokens", "input_tokens"), ("prompt-tokens", "input_tokens"),
     ("GeneratedTokens", "output_tokens"), ("Completion Tokens", "output_tokens"),
     ("tokens_reasoning", "reasoning_tokens"), ("cached_tokens", "cache_read_tokens"),
     ("tenant", "org"), ("team_id", "project"), ("Model", "model"),
     ("num_model_requests", "requests"), ("Spend ($)", "cost"), ("weather", None)],
)  # fmt: skip
def test_usual_names_are_guessed(column: str, field: str | None) -> None:
    from meterwidgets.ledger.tables.mapping import guess

    assert guess([column]) == ({field: column} if field else {})


def test_what_was_guessed_is_said(write: Write) -> None:
    usage = read(write("TIMESTAMP,ContextTokens\n2026-02-22,5\n", "azure.csv"))
    assert usage.quality.notes[0] == (
        "azure.csv: guessed start <- TIMESTAMP, input_tokens <- ContextTokens"
    )


def test_what_was_named_is_not_called_a_guess(write: Write) -> None:
    path = write("when,n\n2026-02-22,5\n")
    usage = read(path, columns={"start": "when", "input_tokens": "n"})
    assert not any("guessed" in note for note in usage.quality.notes)


def test_a_column_may_have_any_name() -> None:
    """Names of the reader's own work, of SQL, and of two letters' case."""
    names = ["n", "N", "broken", "j", "select", 'say "hi"', "{x}", "used", "text"]
    table = pa.table({"when": ["2026-02-22"], **{name: ["1"] for name in names}})
    for name in names:
        (row,) = rows(table, columns={"start": "when", "input_tokens": name})
        assert row["input_tokens"] == 1


def test_columns_that_differ_in_case_only_are_two(write: Write) -> None:
    for path in (
        write("start,Model,model,cost\n2026-02-22,a,b,1\n", "a.csv"),
        write(
            '{"start": "2026-02-22", "Model": "a", "model": "b", "cost": 1}', "b.jsonl"
        ),
    ):
        assert rows(path, columns={"model": "model"})[0]["model"] == "b"
        assert rows(path, columns={"model": "Model"})[0]["model"] == "a"


def test_a_table_without_a_time_says_how_to_name_one(write: Write) -> None:
    with pytest.raises(mw.MeterError) as caught:
        read(write("model,n\nm,1\n"))
    assert "of a [[source]]; columns: model, n" in str(caught.value)


def test_a_table_without_tokens_or_cost_says_how_to_name_them(write: Write) -> None:
    with pytest.raises(mw.MeterError) as caught:
        read(write("start,model\n2026-02-22,m\n"))
    assert "no column for tokens or a cost" in str(caught.value)


# dataframes: all of these say the same

COLUMNS = {
    "start": [AT, AT, AT],
    "model": ["a", None, "a"],
    "input_tokens": [10, None, 30],
    "output_tokens": [1, 2, 3],
    "cost": [0.1, None, 0.2],
}


def arrow() -> pa.Table:
    types = [
        pa.timestamp("us", "UTC"),
        pa.string(),
        pa.int64(),
        pa.int64(),
        pa.float64(),
    ]
    return pa.table(COLUMNS, pa.schema(zip(COLUMNS, types, strict=True)))


def polars() -> Any:
    pl = pytest.importorskip("polars")
    return pl.from_arrow(arrow())


CONNECTION = duckdb.connect()


def relation() -> Any:
    return CONNECTION.from_arrow(arrow())


def reader() -> Any:
    return arrow().to_reader()


FRAMES: dict[str, Callable[[], Any]] = {
    "pyarrow": arrow,
    "pyarrow reader": reader,
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas, nullable": lambda: pd.DataFrame(COLUMNS).convert_dtypes(),
    "pandas, arrow": lambda: arrow().to_pandas(types_mapper=pd.ArrowDtype),
    "pandas, categories": lambda: pd.DataFrame(COLUMNS).astype({"model": "category"}),
    "pandas, objects": lambda: pd.DataFrame(COLUMNS, dtype=object),
    "pandas, by time": lambda: pd.DataFrame(COLUMNS).set_index("start"),
    "polars": polars,
    "duckdb": relation,
    "a mapping of columns": lambda: {name: list(v) for name, v in COLUMNS.items()},
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_dataframe_of_any_kind_gives_the_same_figures(kind: str) -> None:
    usage = read(FRAMES[kind]())
    sums = usage.select().by("model")
    assert set(sums) == {"a", None}
    assert (sums["a"]["input_tokens"], sums["a"]["input_reported"]) == (40, 2)
    assert sums["a"]["unsplit_cost"] == 300_000_000
    assert (sums[None]["input_tokens"], sums[None]["input_reported"]) == (0, 0)
    assert (sums[None]["output_tokens"], sums[None]["priced"]) == (2, 0)
    assert usage.start == AT
    assert not usage.quality.assumed_tz


def test_nan_and_nat_and_none_are_not_reported() -> None:
    frame = pd.DataFrame({
        "start": pd.to_datetime(["2026-02-22", "2026-02-22"]),
        "end": [pd.NaT, pd.Timestamp("2026-02-22T01:00")],
        "model": ["m", float("nan")],
        "input_tokens": [float("nan"), 5.0],
        "cost": [1.0, float("nan")],
    })  # fmt: skip
    usage = read(frame)
    sums = usage.select().sums()
    assert usage.quality.rejected == 0
    assert (sums["input_tokens"], sums["input_reported"], sums["priced"]) == (5, 1, 1)
    nan = pa.table(
        {"start": ["2026-02-22"], "input_tokens": [5], "cost": [float("nan")]}
    )
    assert read(nan).select().sums()["priced"] == 0


def test_a_row_without_a_time_is_rejected() -> None:
    frame = pd.DataFrame(
        {"start": [pd.NaT, pd.Timestamp("2026-02-22")], "cost": [1, 2]}
    )
    usage = read(frame)
    assert usage.quality.notes[0].endswith("the table, row 1: start is missing")


def test_floats_that_are_whole_are_counts() -> None:
    (row,) = rows(pa.table({"start": ["2026-02-22"], "input_tokens": [12_345_678.0]}))
    assert row["input_tokens"] == 12_345_678
    (row,) = rows(pa.table({"start": ["2026-02-22"], "input_tokens": [1e15]}))
    assert row["input_tokens"] == 10**15


def test_decimals_and_dictionaries_and_dates_are_read() -> None:
    table = pa.table({
        "day": pa.array([date(2026, 2, 22)]),
        "model": pa.array(["m"]).dictionary_encode(),
        "cost": pa.array([Decimal("0.1234567891")]),
        "input_tokens": pa.array([7], pa.uint8()),
    })  # fmt: skip
    (row,) = rows(table, columns={"start": "day"}, tz="Asia/Kolkata")
    assert row["start"].isoformat() == "2026-02-21T18:30:00+00:00"
    assert (row["model"], row["input_tokens"]) == ("m", 7)
    assert row["unsplit_cost"] == 123_456_789


def test_a_bad_value_in_a_column_of_numbers_costs_no_other_row() -> None:
    times = ["2026-02-22", "2026-02-23"]
    frame = pd.DataFrame({"start": times, "input_tokens": [1, "two"], "cost": 0.5})
    usage = read(frame)
    assert (usage.quality.records, usage.quality.rejected) == (2, 0)
    assert any("input_tokens" in note for note in usage.quality.notes)


def test_a_dataframe_with_a_column_twice_is_refused() -> None:
    table = pa.table([["2026-02-22"], ["1"], ["2"]], names=["start", "cost", "cost"])
    with pytest.raises(mw.MeterError, match="column 'cost' occurs twice"):
        read(table)
    with pytest.raises(mw.MeterError, match="column 'cost' occurs twice"):
        read(pd.DataFrame([["2026-02-22", 1, 2]], columns=["start", "cost", "cost"]))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_are_instants(unit: str) -> None:
    start = pa.array([AT]).cast(pa.timestamp(unit, "Europe/Berlin"))
    (row,) = rows(pa.table({"start": start, "input_tokens": [1]}))
    assert row["start"] == AT


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("text", ["{}", "{}.0"])
def test_unix_times_of_any_unit_are_instants(scale: int, text: str) -> None:
    when = text.format(int(AT.timestamp()) * scale)
    usage = read(pa.table({"ts": [when], "input_tokens": [1]}))
    assert usage.start == AT
    assert not usage.quality.assumed_tz


@pytest.mark.parametrize(
    ("text", "tz", "utc", "assumed"),
    [("2026-02-22T10:00:00Z", "Asia/Tokyo", "10:00", False),
     ("2026-02-22T10:00:00+05:45", "UTC", "04:15", False),
     ("2026-02-22 10:00:00-0300", "UTC", "13:00", False),
     ("2026-02-22 10:00:00+01", "UTC", "09:00", False),
     ("2026-02-22 10:00:00.1234567", "UTC", "10:00", True),
     ("2026-02-22 10:00:00 America/New_York", "UTC", "15:00", False),
     ("2026-02-22 10:00:00 UTC", "Asia/Tokyo", "10:00", False),
     ("2026-02-22 10:00", "Europe/Berlin", "09:00", True),
     ("2026-02-22", "America/New_York", "05:00", True),
     ("2026/02/22 10:00:00", "Asia/Kathmandu", "04:15", True)],
)  # fmt: skip
def test_a_time_without_a_zone_is_read_in_the_declared_one(
    text: str, tz: str, utc: str, assumed: bool
) -> None:
    usage = read(pa.table({"ts": [text], "input_tokens": [1]}), tz=tz)
    assert f"{usage.start:%Y-%m-%d %H:%M}" == f"2026-02-22 {utc}"
    assert usage.quality.assumed_tz == assumed
    said = [note for note in usage.quality.notes if "no time zone; 1 timestamp" in note]
    assert bool(said) == assumed
    assert all(f"read as {tz}" in note for note in said)


# files

TEXT = "start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"
FILES: dict[str, tuple[str, bytes]] = {
    "comma": ("a.csv", TEXT.encode()),
    "semicolon": ("a.csv", TEXT.replace(",", ";").encode()),
    "tab": ("a.tsv", TEXT.replace(",", "\t").encode()),
    "pipe": ("a.csv", TEXT.replace(",", "|").encode()),
    "CRLF, no last line end": ("a.csv", TEXT.strip().replace("\n", "\r\n").encode()),
    "CR": ("a.csv", TEXT.replace("\n", "\r").encode()),
    "BOM": ("a.csv", b"\xef\xbb\xbf" + TEXT.encode()),
    "blank lines": ("a.csv", ("\n\n" + TEXT.replace("\n", "\n\n")).encode()),
    "spaces around the names": ("a.csv", TEXT.replace(",", " , ", 3).encode()),
    "quotes": ("a.csv", TEXT.replace(",", '","').replace("\n", '"\n"').strip('"')
               .join(('"', "")).encode()),
    "no ending": ("export", TEXT.encode()),
    "gz": ("a.csv.gz", gzip.compress(TEXT.encode())),
    "zst": ("a.csv.zst", pa.Codec("zstd").compress(TEXT.encode(), asbytes=True)),
    "a name like a glob": ("usage[1]*?.csv", TEXT.encode()),
    "a name with a quote": ("bob's.csv", TEXT.encode()),
    "a name like a partition": ("model=x/a.csv", TEXT.encode()),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_csv_file_of_any_kind_gives_the_same_figures(write: Write, kind: str) -> None:
    name, data = FILES[kind]
    (row,) = rows(write(data, name))
    assert (row["start"], row["model"]) == (AT, "a")
    assert (row["input_tokens"], row["unsplit_cost"]) == (5, 250_000_000)


def test_a_name_like_a_glob_does_not_give_another_files_rows(write: Write) -> None:
    write(TEXT.replace(",5,", ",999,"), "usage1.csv")
    (row,) = rows(write(TEXT, "usage[1].csv"))
    assert row["input_tokens"] == 5


def test_a_comma_inside_quotes_is_no_separator(write: Write) -> None:
    (row,) = rows(write('start,model,cost\n2026-02-22,"a, ""b""\nc","1,234.50"\n'))
    assert row["model"] == 'a, "b"\nc'
    assert row["unsplit_cost"] == 1_234_500_000_000


def test_parquet_gives_the_same_figures_as_the_table(tmp_path: Path) -> None:
    pq.write_table(arrow(), tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet") == rows(arrow())


def test_parquet_is_known_by_its_content(tmp_path: Path) -> None:
    pq.write_table(arrow(), tmp_path / "export.bin")
    assert rows(tmp_path / "export.bin") == rows(arrow())


def test_a_folder_is_one_ledger_of_all_its_files(write: Write, tmp_path: Path) -> None:
    write(TEXT, "in/2026/a.csv")
    write(TEXT.replace("10:00", "11:00"), "in/b.csv")
    pq.write_table(arrow().slice(2), tmp_path / "in" / "c.parquet")
    write("not a ledger", "in/readme.txt")
    write("not a ledger", "in/.hidden/d.csv")
    usage = read(tmp_path / "in")
    assert usage.quality.records == 3
    assert usage.name == "in"
    assert read(str(tmp_path / "in" / "**" / "*.csv")).quality.records == 2


# nested columns

NESTED = {
    "id": "x",
    "time": 1771754400,
    "usage": {"prompt_tokens": 5, "details": {"cached": 2}, "a.b": 7},
    "model": "m",
}


def test_nested_columns_are_named_with_dots(write: Write) -> None:
    path = write(json.dumps(NESTED) + "\n", "a.jsonl")
    (row,) = rows(path, columns={"cache_read_tokens": "usage.details.cached"})
    assert (row["input_tokens"], row["cache_read_tokens"]) == (5, 2)


def test_a_key_with_a_dot_in_it_is_found(write: Write) -> None:
    path = write(json.dumps(NESTED) + "\n", "a.jsonl")
    (row,) = rows(path, columns={"input_tokens": "usage.a.b"})
    assert row["input_tokens"] == 7


def test_a_column_that_occurs_late_in_a_jsonl_file_can_be_named(write: Write) -> None:
    plain = (
        json.dumps({"time": 1771754400, "prompt_tokens": 1, "pad": "x" * 500}) + "\n"
    )
    late = json.dumps({"time": 1771754400, "prompt_tokens": 9, "cached": 4}) + "\n"
    path = write(plain * 1500 + late + plain * 1500, "a.jsonl")
    usage = read(path, columns={"cache_read_tokens": "cached"})
    sums = usage.select().sums()
    assert (sums["cache_read_tokens"], sums["cache_read_reported"]) == (4, 1)
    with pytest.raises(mw.MeterError, match="column 'nowhere' not found"):
        read(path, columns={"cache_read_tokens": "nowhere"})


def test_a_column_that_begins_in_the_second_half_is_guessed(write: Write) -> None:
    """A provider began to report cached tokens halfway through the year."""
    old = json.dumps({"time": 1771754400, "prompt_tokens": 1, "pad": "x" * 500}) + "\n"
    new = (
        json.dumps({"time": 1771754400, "prompt_tokens": 9, "cached_tokens": 4}) + "\n"
    )
    sums = read(write(old * 2000 + new * 8000, "a.jsonl")).select().sums()
    assert sums["cache_read_tokens"] == 4 * 8000


def test_json_text_keeps_every_digit_of_money_given_as_text(write: Write) -> None:
    row = {"time": 1771754400, "cost": "123456789.123456789"}
    sums = read(write(json.dumps(row), "a.jsonl")).select().sums()
    assert sums["unsplit_cost"] == 123456789_123456789


def test_a_null_is_not_a_zero(write: Write) -> None:
    nothing = {"input_tokens": None, "output_tokens": "", "cost": "None", "model": "x",
               "requests": 1}  # fmt: skip
    zero = {"input_tokens": 0, "output_tokens": "0", "cost": 0, "model": "y"}
    lines = [json.dumps({"time": 1771754400} | row) for row in (nothing, zero)]
    found = read(write("\n".join(lines), "a.jsonl")).select().by("model")
    assert [found[m]["input_reported"] for m in "xy"] == [0, 1]
    assert [found[m]["output_reported"] for m in "xy"] == [0, 1]
    assert [found[m]["priced"] for m in "xy"] == [0, 1]


# requests and buckets


def test_a_row_is_one_request_unless_it_counts_them() -> None:
    base = {"start": ["2026-02-22"] * 3, "input_tokens": [1, 2, 3]}
    assert read(pa.table(base)).select().sums()["requests"] == 3
    counted = read(pa.table(base | {"requests": [5, None, 7]})).select().sums()
    assert (counted["requests"], counted["requests_reported"]) == (12, 2)


def test_a_bucket_without_a_count_has_an_unknown_number_of_requests() -> None:
    table = pa.table({
        "starting_at": ["2026-02-22T00:00:00Z"], "ending_at": ["2026-02-23T00:00:00Z"],
        "input_tokens": [5],
    })  # fmt: skip
    usage = read(table)
    sums = usage.select().sums()
    assert (sums["records"], sums["requests_reported"]) == (1, 0)
    assert usage.bucket_s == 86_400
    assert usage.coverage.end == datetime(2026, 2, 23, tzinfo=UTC)


def test_deployment_and_model_stand_in_for_each_other() -> None:
    table = pa.table({"start": ["2026-02-22"] * 3, "cost": [1, 2, 3],
                      "model": ["m", None, "q"], "deployment": [None, "d", "e"]})  # fmt: skip
    found = {(row["model"], row["deployment"]) for row in rows(table)}
    assert found == {("m", "m"), ("d", "d"), ("q", "e")}


def test_currencies_are_never_added() -> None:
    table = pa.table({"start": ["2026-02-22"] * 3, "cost": ["1", "2", "4"],
                      "currency": ["usd", "EUR", "USD"], "model": ["m"] * 3})  # fmt: skip
    usage = read(table)
    assert usage.currencies == ("USD", "EUR")
    sums = {
        each: usage.select(mw.Filters(currency=each)).sums()["unsplit_cost"]
        for each in usage.currencies
    }
    assert sums == {"USD": 5_000_000_000, "EUR": 2_000_000_000}
    assert usage.select().sums()["unsplit_cost"] == 5_000_000_000
    with pytest.raises(mw.MeterError, match="currency 'GBP' not found"):
        usage.select(mw.Filters(currency="GBP"))


def test_progress_names_each_file_before_it_is_read(write: Write) -> None:
    a, b = write(TEXT, "a.csv"), write(TEXT, "b.csv")
    told: list[Done] = []
    read([a, b, arrow()], progress=told.append)
    size = 2 * len(TEXT)
    assert told[:2] == [Done(str(a), 0, size, 0), Done(str(b), 0, size, 0)]
    assert told[-1].name == "the table"
    assert (told[-1].bytes, told[-1].of) == (size, size)
