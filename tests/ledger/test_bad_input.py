"""Bad input: what is said, what is kept, and that the good rows go in."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import meterwidgets as mw
from meterwidgets.errors import MeterError

Write = Callable[..., Path]
HEAD = "start,model,input_tokens,output_tokens,cost\n"
GOOD = "2026-02-22T10:00:00Z,m,10,20,0.5\n"
LINE = (
    '{"start": "2026-02-22T10:00:00Z", "model": "m", "input_tokens": 10, "cost": 1}\n'
)


def refusal(ledger: object, **words: object) -> str:
    with pytest.raises(MeterError) as caught:
        mw.read_usage(ledger, **words)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rejects(usage: mw.UsageFrame) -> list[tuple[object, ...]]:
    """Line, field, value and reason of each rejected row and doubtful field."""
    if not usage.quality.rejects:
        return []
    rows = [json.loads(line) for line in Path("rejects.jsonl").read_text().splitlines()]
    assert len([row for row in rows if not row["kept"]]) == usage.quality.rejected
    return [(row["line"], row["field"], row["value"], row["reason"]) for row in rows]


# files that can't be read at all


def test_a_missing_file_is_named() -> None:
    assert refusal("nowhere.csv") == "no file 'nowhere.csv'; check the path"


def test_a_glob_that_matches_nothing_is_named() -> None:
    assert refusal("no*.csv") == "no file matches 'no*.csv'; check the path"


def test_a_folder_without_ledgers_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    said = refusal(tmp_path)
    assert "no ledger in the folder" in said
    assert ".csv" in said and ".parquet" in said


def test_an_address_is_not_taken_for_a_path() -> None:
    assert "is an address" in refusal("ftp://db/usage.csv")


def test_a_text_that_is_no_path_is_refused_in_short() -> None:
    said = refusal("start,model\n" * 1000)
    assert "can't be looked up" in said or "no file" in said
    assert len(said) < 400


def test_no_ledger_at_all_is_said() -> None:
    assert "no ledger was named" in refusal([])


def test_an_empty_file_is_said(write: Write) -> None:
    assert "is empty; name a ledger that has rows" in refusal(write(""))
    assert "is empty" in refusal(write(b"\xef\xbb\xbf\r\n \n"))


def test_a_header_without_rows_is_said(write: Write) -> None:
    assert "holds no usage; name a ledger that has rows" in refusal(write(HEAD))


def test_an_empty_list_of_records_is_said(write: Write) -> None:
    assert "holds no records; name a ledger" in refusal(write("[]", "a.json"))


def test_a_file_that_may_not_be_read_is_said(write: Write) -> None:
    path = write(HEAD + GOOD)
    path.chmod(0)
    for folder in path.parents:
        if "pytest-of-" in str(folder):  # pytest keeps its folders to their owner
            folder.chmod(0o755)
    root = os.geteuid() == 0  # who may read every file: be nobody for a moment
    if root:
        os.seteuid(65534)
    try:
        said = refusal(path)
    finally:
        if root:
            os.seteuid(0)
    assert said == f"{path}: can't be read (Permission denied)"


def test_a_broken_gz_is_said(write: Write) -> None:
    assert "can't be read" in refusal(write(b"\x1f\x8b\x08plain text", "a.csv.gz"))
    cut = gzip.compress((HEAD + GOOD * 10_000).encode())[:-30]
    assert "can't be read" in refusal(write(cut, "cut.csv.gz"))


def test_a_broken_zst_is_said(write: Write) -> None:
    assert "can't be read" in refusal(write(b"\x28\xb5\x2f\xfdplain text", "a.csv.zst"))


def test_a_broken_parquet_file_is_said(write: Write) -> None:
    assert "can't be read" in refusal(write(b"PAR1 and no more", "a.parquet"))


def test_utf_16_is_named(write: Write) -> None:
    said = refusal(write((HEAD + GOOD).encode("utf-16")))
    assert said.endswith("is UTF-16; save it as UTF-8")


def test_a_truncated_list_is_refused_with_the_line_where_it_ends(write: Write) -> None:
    path = write('[{"start": "2026-02-22", "cost": 1},\n {"start": "2026-', "a.json")
    said = refusal(path)
    assert str(path) in said
    assert "line 2" in said and "export it again" in said


def test_a_list_broken_in_the_middle_is_refused_with_its_line(write: Write) -> None:
    path = write(
        '[{"start": "2026-02-22"},\n {"start" "2026"},\n {"cost": 1}]', "a.json"
    )
    said = refusal(path)
    assert "line 2, column 11" in said and "fix it there" in said


def test_a_json_file_without_any_json_is_refused(write: Write) -> None:
    assert "is not readable as JSON" in refusal(write("hello\nthere\n", "a.jsonl"))


def test_a_column_named_twice_is_refused(write: Write) -> None:
    said = refusal(write("start,model,model,cost\n"))
    assert said.endswith(
        "line 1: column 'model' occurs twice; give every column its own name"
    )


def test_a_column_without_a_name_is_refused(write: Write) -> None:
    assert "line 1: a column has no name" in refusal(write(",,\n1,2,3\n"))


def test_an_unknown_column_is_named_with_the_likeliest_one(write: Write) -> None:
    said = refusal(write(HEAD + GOOD), columns={"start": "stert"})
    assert (
        "column 'stert' not found; did you mean 'start'? columns: start, model" in said
    )


def test_an_unknown_field_is_named_with_the_likeliest_one(write: Write) -> None:
    said = refusal(write(HEAD + GOOD), columns={"imput_tokens": "cost"})
    assert "field 'imput_tokens' not found; did you mean 'input_tokens'?" in said


def test_an_unknown_source_is_named_with_all_there_are(write: Write) -> None:
    said = refusal(write(HEAD + GOOD), source="litelm")
    assert "source 'litelm' not found; did you mean 'litellm'?" in said


def test_columns_do_not_go_with_a_source_that_knows_its_own(write: Write) -> None:
    path = write(LINE, "a.jsonl")
    said = refusal(path, source="litellm", columns={"start": "start"})
    assert "leave out columns=, or choose source='table'" in said


def test_an_unknown_zone_is_refused(write: Write) -> None:
    assert "no time zone 'Mars/Olympus'" in refusal(
        write(HEAD + GOOD), tz="Mars/Olympus"
    )


def test_a_zone_of_this_machine_only_is_refused(write: Write) -> None:
    """Many machines have a file "localtime"; elsewhere it is no zone."""
    said = refusal(write(HEAD + GOOD), tz="localtime")
    assert "expected an IANA name such as Europe/Berlin" in said


def test_a_currency_that_is_none_is_refused(write: Write) -> None:
    said = refusal(write(HEAD + GOOD), currency="dollars")
    assert said == "currency is 'dollars'; expected a code such as USD"


def test_a_ledger_of_another_kind_is_refused() -> None:
    said = refusal(42)
    assert said.startswith("expected a path or a dataframe (pandas, polars, pyarrow")
    assert said.endswith("got int")


def test_a_ledger_in_which_every_row_is_bad_tells_the_first(write: Write) -> None:
    path = write(HEAD + "2026-02-22T10:00:00Z,m,-17,,\nyesterday,m,1,2,3\n")
    said = refusal(path)
    assert "no row could be read as usage, 2 rejected; the first: " in said
    assert "line 2: input_tokens is -17, a count cannot be negative" in said


# one bad row among good ones

VALUES = {
    "negative count": ("input_tokens", "-17", "a count cannot be negative"),
    "fractional count": ("input_tokens", "1.5", "is not a whole number"),
    "text in a number": ("input_tokens", "many", "is not a number"),
    "digits with underscores": ("input_tokens", "1_000", "is not a number"),
    "count past 10^15": (
        "input_tokens", "1000000000000001", "is larger than a record can hold (10^15)",
    ),
    "count past all": (
        "input_tokens", "1e400", "is not a number",
    ),
    "count past a decimal": (
        "input_tokens", "1e30", "is larger than a record can hold (10^15)",
    ),
    "infinite count": ("input_tokens", "inf", "is not a number"),
    "NUL in a number": ("input_tokens", "1\x002", "is not a number"),
    "negative part": ("cache_read_tokens", "-1", "a count cannot be negative"),
    "negative latency": ("latency_ms", "-1", "a count cannot be negative"),
    "infinite cost": ("cost", "Infinity", "is not a number"),
    "cost past 10^9": ("cost", "1000000000", "is larger than a record can hold (10^9)"),
    "cost past all": ("cost", "1e25", "is larger than a record can hold (10^9)"),
    "cost below -10^9": ("cost", "-1e10", "is larger than a record can hold (10^9)"),
    "cost in another currency": ("cost", "€5", "is not a number"),
    "end before start": ("end", "2026-02-22T09:59:59Z", "is before the start"),
    "end is no time": ("end", "later", "is not a time"),
    "side > cost": ("input_cost", "0.9", "is more than the cost that it is a part of"),
    "bad currency": ("currency", "dollar", "is not a currency code such as USD"),
}  # fmt: skip

TIMES = {
    "no time": ("", "is missing"),
    "a word for a time": ("yesterday", "is not a time"),
    "a time of day": ("10:30", "is not a time"),
    "an impossible date": ("2026-02-30T00:00:00Z", "is not a time"),
    "no end of time": ("infinity", "is not a time"),
    "zero for a time": ("0", "is not a time"),
    "1970": ("1970-01-01T00:00:00Z", "is not between the years 2000 and 2100"),
    "2200": ("2200-01-01T00:00:00Z", "is not between the years 2000 and 2100"),
}

FIELDS = {
    "start": "2026-02-22T10:00:00Z",
    "end": "2026-02-22T10:00:01Z",
    "input_tokens": "10",
    "output_tokens": "20",
    "cost": "0.5",
}


@pytest.mark.parametrize("case", TIMES)
def test_a_row_without_a_time_is_rejected_alone_and_its_money_is_said(
    write: Write, case: str
) -> None:
    value, reason = TIMES[case]
    header, good = ",".join(FIELDS) + "\n", ",".join(FIELDS.values()) + "\n"
    bad = ",".join((FIELDS | {"start": value}).values()) + "\n"
    usage = mw.read_usage(write(header + good + bad + good))
    ((line, field, kept, said),) = rejects(usage)
    assert (usage.quality.records, usage.quality.rejected, line) == (2, 1, 3)
    assert (field, kept or "", said) == ("start", value, reason)
    note, money, *_ = usage.quality.notes
    assert note.startswith("1 row rejected, the first: ") and "line 3" in note
    assert money == "0.50 USD recorded in rejected rows, which no figure has"


@pytest.mark.parametrize("case", VALUES)
def test_a_bad_value_leaves_its_row_and_is_said_with_the_money(
    write: Write, case: str
) -> None:
    field, value, reason = VALUES[case]
    fields = FIELDS | {field: FIELDS.get(field, "")}
    header, good = ",".join(fields) + "\n", ",".join(fields.values()) + "\n"
    bad = ",".join((fields | {field: value}).values()) + "\n"
    usage = mw.read_usage(write(header + good + bad + good), rejects="rejects.jsonl")
    assert rejects(usage) == [(3, field, value, reason)]
    assert (usage.quality.records, usage.quality.rejected) == (3, 0)
    totals = usage.select().sums()
    assert totals["requests"] == 3 and totals["output_tokens"] == 60
    assert totals["input_tokens"] == (20 if field == "input_tokens" else 30)
    costs = sum(totals[f"{side}_cost"] for side in ("input", "output", "unsplit"))
    has_cost = field not in {"cost", "currency"}
    assert costs == (1_500_000_000 if has_cost else 1_000_000_000)
    note, *_ = usage.quality.notes
    money = ", of which 0.50 USD recorded cost counts" if has_cost else ""
    assert note.startswith(f"{field} is unknown in 1 record{money}; the first: ")
    assert "line 3" in note


def test_a_row_of_which_no_amount_can_be_read_is_rejected(write: Write) -> None:
    path = write(
        HEAD + GOOD + "2026-02-22T10:00:00Z,m,many,1.5,free\n"
        "2026-02-22T10:00:00Z,m,many,1.5,0.25\n2026-02-22T10:00:00Z,m,many,1,free\n"
    )
    usage = mw.read_usage(path)
    assert (usage.quality.records, usage.quality.rejected) == (3, 1)
    assert usage.quality.notes[0].startswith("1 row rejected, the first: ")
    assert "line 3: input_tokens 'many' is not a number" in usage.quality.notes[0]


def test_money_of_several_currencies_in_rejected_rows_is_said_apart(
    write: Write,
) -> None:
    path = write(
        "start,cost,currency\n2026-02-22T10:00:00Z,1,USD\nx,12.5,USD\nx,3,EUR\nx,,\n"
    )
    usage = mw.read_usage(path)
    assert usage.quality.rejected == 3
    assert (
        "3.00 EUR and 12.50 USD recorded in rejected rows, which no figure has"
        in usage.quality.notes
    )


def test_doubts_of_rows_that_repeat_others_are_not_counted(write: Write) -> None:
    rows = "start,request_id,input_tokens,cost\n2026-02-22T10:00:00Z,r-1,-5,0.5\n"
    usage = mw.read_usage([write(rows, "a.csv"), write(rows, "b.csv")])
    assert usage.quality.duplicates == 1
    assert "input_tokens is unknown in 1 record, of which 0.50 USD" in " ".join(
        usage.quality.notes
    )


def test_costs_that_differ_from_their_sum_by_a_float_are_no_error(write: Write) -> None:
    path = write(
        "start,cost,input_cost,output_cost\n"
        f"2026-02-22T10:00:00Z,{0.1 + 0.2},0.1,0.2\n"
        "2026-02-22T10:00:00Z,0.3,0.1,0.20000000000000001\n"
        "2026-02-22T10:00:00Z,0.3,0.1000000006,0.2000000006\n"
    )
    usage = mw.read_usage(path)
    sums = usage.select().sums()
    assert usage.quality.rejected == 0
    total = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert total == 900_000_000


# rows that can't be taken apart


def test_torn_csv_rows_are_kept_with_their_text(write: Write) -> None:
    path = write(
        HEAD + GOOD + "2026-02-22T10:00:00Z,m\n" + GOOD + "a,b,c,d,e,f\n" + GOOD
    )
    usage = mw.read_usage(path)
    assert usage.quality.records == 3
    assert rejects(usage) == [
        (3, "", "2026-02-22T10:00:00Z,m", "has only 2 cells, expected 5"),
        (5, "", "a,b,c,d,e,f", "has more than 5 cells, expected 5"),
    ]


def test_a_quote_that_is_not_closed_says_what_it_takes_in(write: Write) -> None:
    usage = mw.read_usage(
        write(HEAD + GOOD + '2026-02-22T10:00:00Z,"m,1,2,3\n' + GOOD * 2)
    )
    ((line, _, text, reason),) = rejects(usage)
    assert (usage.quality.records, line) == (1, 3)
    assert str(text).startswith('2026-02-22T10:00:00Z,"m,1,2,3')
    assert reason == (
        "has a quote that is not closed, or text after one; it takes in the next 3 lines"
    ).replace("3 lines", "2 lines")


def test_lines_are_those_of_the_file_after_cells_of_several_lines(write: Write) -> None:
    path = write(
        HEAD
        + '2026-02-22T10:00:00Z,"a\nmodel\nname",1,2,3\n'  # lines 2 to 4
        + "\n"  # 5
        + "torn\n"  # 6
        + '2026-02-22T10:00:00Z,"x\ny",1,2,3\n'  # 7 and 8
        + "2026-02-22T10:00:00Z,m,-1,2,3\n"  # 9
        + "\n\n"  # 10 and 11
        + "2026-02-22T10:00:00Z,m,1\n"  # 12
        + "2026-02-22T10:00:00Z,m,1,2,x\n"  # 13
    )
    usage = mw.read_usage(path)
    assert [line for line, *_ in rejects(usage)] == [6, 9, 12, 13]
    assert (usage.quality.records, usage.quality.rejected) == (4, 2)


def test_lines_are_those_of_the_file_under_a_header_of_several_lines(
    write: Write,
) -> None:
    path = write('start,"input\ntokens",model\n2026-02-22,1,m\n2026-02-22,x,m\n')
    usage = mw.read_usage(path, columns={"input_tokens": "input\ntokens"})
    assert [line for line, *_ in rejects(usage)] == [4]


def test_lines_are_those_of_the_file_in_a_big_one(write: Write) -> None:
    rows, bad, torn = [HEAD.strip()], [], []
    for number in range(200_000):
        if number % 40_009 == 40_000:
            rows.append("2026-02-22T10:00:00Z,m,-1,2,3")
            bad.append(len(rows))
        elif number % 50_021 == 50_000:
            rows.append("torn")
            torn.append(len(rows))
        rows.append("2026-02-22T10:00:00Z,some model,1,2,3")
    usage = mw.read_usage(write("\n".join(rows)))
    assert [line for line, *_ in rejects(usage)] == sorted(bad + torn)


def test_lines_are_right_with_a_bom_crlf_and_blank_lines_on_top(write: Write) -> None:
    text = "\r\n" + HEAD + GOOD + "torn\n" + "2026-02-22T10:00:00Z,m,x,2,3\n"
    data = b"\xef\xbb\xbf" + text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    usage = mw.read_usage(write(data))
    assert [line for line, *_ in rejects(usage)] == [4, 5]


def test_lines_are_right_in_a_compressed_file(write: Write) -> None:
    text = (
        HEAD + GOOD + "torn\n" + '2026-02-22T10:00:00Z,"x\ny",1,2,3\n' + "x,m,1,2,3\n"
    )
    usage = mw.read_usage(write(gzip.compress(text.encode()), "a.csv.gz"))
    assert [line for line, *_ in rejects(usage)] == [3, 6]


def test_a_byte_that_is_not_utf_8_rejects_its_row_only(write: Write) -> None:
    rows = (HEAD + GOOD + GOOD.replace(",m,", ",modèle,") + GOOD).encode("latin-1")
    usage = mw.read_usage(write(rows))
    ((line, _, _, reason),) = rejects(usage)
    assert (usage.quality.records, line) == (2, 3)
    assert reason == "is not UTF-8; save the file as UTF-8"


def test_a_broken_row_before_a_bad_value_does_not_shift_its_line(write: Write) -> None:
    rows = HEAD + "x,\xe9,1,2,3\n" + '2026-02-22,"m"x,1,2,3\n' + "2026-02-22,m,-1,2,3\n"
    usage = mw.read_usage(write((rows + GOOD).encode("latin-1")))
    assert [line for line, *_ in rejects(usage)] == [2, 3, 4]


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_broken_json_line_is_kept_wherever_it_stands(
    write: Write, place: int
) -> None:
    lines = [LINE, LINE]
    lines.insert(place - 1, '{"start": "2026-02-22T\n')
    usage = mw.read_usage(write("".join(lines), "a.jsonl"))
    assert usage.quality.records == 2
    assert rejects(usage) == [
        (place, "", '{"start": "2026-02-22T', "is not readable as JSON")
    ]


def test_garbage_on_the_first_line_of_a_jsonl_file_is_kept(write: Write) -> None:
    usage = mw.read_usage(write("# exported today\n" + LINE, "a.jsonl"))
    assert rejects(usage) == [(1, "", "# exported today", "is not readable as JSON")]


def test_a_json_line_that_is_no_object_is_kept(write: Write) -> None:
    usage = mw.read_usage(write(LINE + "[1, 2]\n5\nnull\n" + LINE, "a.jsonl"))
    assert [(line, value) for line, _, value, _ in rejects(usage)] == [
        (2, "[1, 2]"), (3, "5"), (4, "null"),
    ]  # fmt: skip
    assert {reason for *_, reason in rejects(usage)} == {"is not a JSON object"}


def test_json_lines_are_those_of_the_file(write: Write) -> None:
    """Blank lines, both line ends, a BOM and bytes that are not UTF-8 all count."""
    data = b"\xef\xbb\xbf" + LINE.encode() + b"\n"  # 1 and 2
    data += LINE.strip().encode() + b"\r\n"  # 3
    data += b'{"start": "\xe9"}\n'  # 4
    data += b'{"start": "later"}\n'  # 5
    data += b"  \r\n"  # 6
    data += b'{"start": "\x01"}\n'  # 7
    data += b'{"start": "\x00"}\n'  # 8
    data += b'{"start": "never"}'  # 9
    usage = mw.read_usage(write(data, "a.jsonl"))
    assert usage.quality.records == 2
    assert [line for line, *_ in rejects(usage)] == [4, 5, 7, 8, 9]


def test_a_record_of_a_list_that_is_no_object_is_kept(write: Write) -> None:
    usage = mw.read_usage(write(f"[{LINE},5,{LINE}]", "a.json"))
    assert rejects(usage) == [(2, "", "5", "is not a JSON object")]
    assert "a.json, record 2: is not a JSON object" in usage.quality.notes[0]


def test_a_row_of_a_table_is_named_by_its_number() -> None:
    table = pa.table({"start": ["2026-02-22", "x"], "input_tokens": [1, 2]})
    usage = mw.read_usage(table)
    assert usage.quality.notes[0].endswith("the table, row 2: start 'x' is not a time")


def test_lines_that_end_in_different_ways_are_refused(write: Write) -> None:
    rows = HEAD + GOOD + GOOD.replace("\n", "\r\n") + GOOD
    said = refusal(write(rows))
    assert said.endswith(
        "some with CR LF and some with LF; give every line the same end)"
    )


def test_a_very_long_cell_is_no_error(write: Write) -> None:
    path = write(HEAD + GOOD.replace(",m,", f',"{"x" * 300_000}",') + "x,m,1,2,3\n")
    usage = mw.read_usage(path)
    assert (usage.quality.records, rejects(usage)[0][0]) == (1, 3)


def test_a_json_line_that_is_longer_than_the_sample_is_read(write: Write) -> None:
    long = json.dumps(json.loads(LINE) | {"prompt": "x" * 400_000}) + "\n"
    usage = mw.read_usage(write(long + LINE, "a.jsonl"))
    assert usage.quality.records == 2


# the files of rejects


def test_rejects_that_can_not_be_kept_say_so(write: Write, tmp_path: Path) -> None:
    path = write(HEAD + GOOD + "torn\n")
    said = refusal(path, rejects=tmp_path / "no such folder" / "rejects.jsonl")
    assert said.endswith(
        "can't be written there (No such file or directory); name another place with "
        "--rejects, rejects= in Python"
    )
    assert "can't be written there (Is a directory)" in refusal(path, rejects=tmp_path)


def test_rejects_are_kept_in_memory_only_on_request(
    write: Write, tmp_path: Path
) -> None:
    usage = mw.read_usage(write(HEAD + GOOD + "torn\n"), rejects=None)
    assert [each["line"] for each in usage.quality.rejects] == [3]
    assert not (tmp_path / "rejects.jsonl").exists()


def test_a_clean_ledger_leaves_no_file_behind(write: Write, tmp_path: Path) -> None:
    mw.read_usage(write(HEAD + GOOD))
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.csv"]


def test_the_rejects_of_last_time_are_no_ledger(write: Write, tmp_path: Path) -> None:
    write(HEAD + GOOD + "torn\n")
    assert mw.read_usage(tmp_path).quality.rejected == 1
    assert (tmp_path / "rejects.jsonl").exists()
    assert mw.read_usage(tmp_path).quality.records == 1
    assert mw.read_usage(str(tmp_path / "*.*")).quality.records == 1


def test_many_rejects_are_all_in_the_file_and_the_first_in_memory(write: Write) -> None:
    usage = mw.read_usage(write(HEAD + GOOD + "x,m,1,2,3\n" * 20_000))
    assert usage.quality.rejected == 20_000
    assert len(usage.quality.rejects) == 10_000
    assert len(rejects(usage)) == 20_000


def test_an_empty_name_is_not_the_folder_one_stands_in() -> None:
    assert "the name of the ledger is empty" in refusal("")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"prices": "prices.toml"}, "expected a PriceBook"),
        ({"columns": ["ts"]}, "expected our field -> your column"),
        ({"columns": {"start": 1}}, "expected our field -> your column"),
    ],
)
def test_arguments_of_another_kind_say_what_was_expected(
    write: Write, words: dict[str, Any], expected: str
) -> None:
    with pytest.raises(MeterError, match=expected):
        mw.read_usage(write(HEAD + GOOD), **words)


def test_a_naive_timestamp_is_named_with_its_line_and_the_way_out(write: Write) -> None:
    path = write(
        "timestamp,prompt_tokens\n2026-02-22T10:00:00Z,1\n2026-02-22 11:00,2\n"
    )
    usage = mw.read_usage(path, tz="Europe/Berlin")
    assert usage.quality.assumed_tz
    (note,) = [each for each in usage.quality.notes if "no time zone" in each]
    assert note == (
        f"{path}, line 3: no time zone; 1 timestamp was read as Europe/Berlin "
        "(to change it: timezone in meterwidgets.toml, tz= in Python)"
    )


def test_rows_are_kept_even_where_none_of_them_is_good(
    write: Write, tmp_path: Path
) -> None:
    path = write("timestamp,prompt_tokens\n2026-02-22T10:00:00Z,-17\n")
    kept = tmp_path / "kept.jsonl"
    said = refusal(path, rejects=kept)
    assert "line 2: input_tokens is -17, a count cannot be negative; fix it" in said
    assert json.loads(kept.read_text("utf-8")) == {
        "file": str(path),
        "line": 2,
        "field": "input_tokens",
        "value": "-17",
        "reason": "a count cannot be negative",
        "kept": False,
    }


@pytest.mark.parametrize("text", ["{", "[", '{"a": ', "[1, ", "{}x"])
def test_a_text_in_the_place_of_a_list_rejects_its_record_only(
    write: Write, text: str
) -> None:
    result = {"amount": {"value": "1"}}
    good = {"start_time": 1771754400, "end_time": 1771840800, "results": [result]}
    page = {"data": [good, good | {"results": text}]}
    usage = mw.read_usage(write(json.dumps(page), "a.json"), source="openai_costs")
    assert (usage.quality.records, usage.quality.rejected) == (1, 1)
