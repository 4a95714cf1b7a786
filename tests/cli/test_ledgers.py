"""The ledgers and the config that a command names, and where rejected rows go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .commands import HEAD, ROWS, Write, document, fails, run


def test_several_sources_are_one_ledger_without_duplicates(write: Write) -> None:
    first = write(ROWS, "in/a.csv")
    write(ROWS.replace("Acme", "Other"), "in/b.csv")
    one = document(first, first)
    assert one["quality"]["records"] == 3
    for named in ([first.parent], [first.parent / "*.csv"], [first, first.parent]):
        found = document(*named)
        assert found["totals"]["requests"] == 5  # both hold Initech's
        assert found["quality"]["duplicates"] >= 1


def test_rejected_rows_are_kept_and_their_place_is_said(write: Write) -> None:
    bad = ROWS + "yesterday,Acme,,,,,m,17,1,1,USD\n"
    result = run("report", write(bad), "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["quality"]["rejected"] == 1
    assert "1 rejected row is kept in rejects.jsonl" in result.stderr
    (kept,) = map(json.loads, Path("rejects.jsonl").read_text("utf-8").splitlines())
    assert (kept["line"], kept["field"], kept["value"]) == (5, "start", "yesterday")
    assert list(kept) == ["file", "line", "field", "value", "reason", "kept"]


def test_rejected_rows_go_where_the_reader_says(write: Write, tmp_path: Path) -> None:
    bad = ROWS + 2 * "yesterday,Acme,,,,,m,17,1,1,USD\n"
    place = tmp_path / "bad.jsonl"
    result = run("report", write(bad), "--rejects", place)
    assert f"2 rejected rows are kept in {place}" in result.stderr
    assert len(place.read_text("utf-8").splitlines()) == 2
    said = fails("report", write(bad), "--rejects", tmp_path / "no" / "bad.jsonl")
    assert "can't be written there (No such file or directory)" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty; name a ledger that has rows"),
        ("a,b\n1,2\n", "no column for 'start'"),
        (HEAD, "holds no usage; name a ledger that has rows"),
        (HEAD + "x,,,,,,m,1,1,1,USD\n", "start 'x' is not a time"),
        (b"\x00\xff\xfe\x00", "ledger.csv"),
        ("[1, 2", "ledger.csv"),
    ],
)
def test_a_ledger_that_is_none_says_why(
    write: Write, content: str | bytes, said: str
) -> None:
    assert said in fails("report", write(content))


def test_a_ledger_may_be_a_folder_that_is_missing_or_empty(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no ledger in the folder" in fails("report", empty)
    assert "no file matches" in fails("report", tmp_path / "*.csv")
    assert "is an address of an unknown kind" in fails("report", "ftp://x.org/a.csv")


def test_a_config_here_is_found_and_one_elsewhere_is_named(
    write: Write, here: Path
) -> None:
    ledger = write(ROWS, "in/a.csv")
    text = f'timezone = "Asia/Tokyo"\n[[source]]\npath = "{ledger}"\n'
    (here / "meterwidgets.toml").write_text(text, "utf-8")
    found = document()
    assert found["window"]["tz"] == "Asia/Tokyo"
    assert found["totals"]["requests"] == 3
    other = write('[[source]]\npath = "in/a.csv"\n', "other.toml")
    assert document("--config", other)["window"]["tz"] == "UTC"


def test_a_config_here_without_sources_leaves_the_demo(here: Path) -> None:
    (here / "meterwidgets.toml").write_text('currency = "USD"\n', "utf-8")
    assert run("report").stdout.startswith("Demo ledger")
    said = fails("report", "--config", "meterwidgets.toml")
    assert "names no [[source]]; add one, or name a ledger" in said


def test_what_a_config_says_in_vain_is_a_warning(write: Write) -> None:
    config = write('[[budget]]\norg = "Acme"\n', "meterwidgets.toml")
    result = run("report", write(ROWS), "--config", config, "--format", "json")
    assert result.exit_code == 0
    assert f"{config}: [[budget]] is not read by this version" in result.stderr
    json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('timezne = "UTC"', "key 'timezne' not found; did you mean 'timezone'?"),
        ("timezone = 5", "timezone: Expected `str`, got `int`"),
        ('timezone = "Nowhere"', "timezone: no time zone 'Nowhere'"),
        ('[[price]]\nmodel = "m"\ninput = "x"', "price[0].input: expected decimal"),
        ('[[price]]\ninput = "1"', "price[0]: matches nothing by name"),
        ("[[", "is not TOML"),
    ],
)
def test_a_bad_config_names_the_file_the_key_and_the_fix(
    write: Write, text: str, said: str
) -> None:
    config = write(text, "bad.toml")
    found = fails("report", write(ROWS), "--config", config)
    assert found.startswith(f"Error: {config}: ")
    assert said in found


def test_a_config_that_is_not_there_says_so(write: Write) -> None:
    said = fails("report", write(ROWS), "--config", "none.toml")
    assert said == "Error: none.toml: can't be read (No such file or directory)"


def test_a_name_cannot_move_the_cursor(write: Write) -> None:
    ledger = write(ROWS.replace("Initech", "\x1b[2Jevil"))
    result = run("report", ledger, "--org", "nobody")
    assert "\x1b" not in result.stderr
    assert "\ufffd[2Jevil" in result.stderr
