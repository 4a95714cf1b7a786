"""The command line: what it prints where, what it takes, how it fails."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import golden
import pytest
from click import Context
from click.testing import CliRunner, Result

from meterwidgets import __version__
from meterwidgets.cli.main import _SUMMARIES, main
from meterwidgets.ledger.sources.registry import SOURCES

Write = Callable[..., Path]

PRICES = """
[[price]]
deployment = "qwen-*"
input = "2.00"
output = "4.00"
"""
HEAD = "timestamp,org,project,user,endpoint,deployment,model,input_tokens,output_tokens,cost,currency\n"
ROWS = (
    HEAD
    + "2026-02-21T23:30:00Z,Acme,search,ann,/chat,qwen-cpu,qwen,100,50,1.00,USD\n"
    + "2026-02-22T00:30:00Z,Acme,bot,bob,/chat,qwen-gpu,qwen,100,50,2.00,USD\n"
    + "2026-02-22T12:00:00Z,Initech,,ann,/embed,llama,llama,100,50,4.00,USD\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def example(tmp_path: Path) -> list[str]:
    """The arguments of a report of the worked example with its rate table."""
    config = tmp_path / "prices.toml"
    config.write_text(PRICES, "utf-8")
    return ["report", str(golden.write(tmp_path)), "--config", str(config)]


def run(*arguments: str | Path) -> Result:
    """One command in this process."""
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    command = [sys.executable, "-m", "meterwidgets", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def document(*arguments: str | Path) -> dict[str, Any]:
    result = run("report", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def fails(*arguments: str | Path, code: int = 1) -> str:
    result = run(*arguments)
    assert result.exit_code == code
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())


# a process of its own


def test_a_report_is_json_on_one_stream_and_notes_on_the_other(
    example: list[str],
) -> None:
    done = process(*example, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["totals"]["cost"] == "0.160000000"
    assert "golden.csv: guessed start <- timestamp" in done.stderr
    assert "144 records cost 0.160000000 USD, from the rate table" in done.stderr


def test_a_failure_is_one_line_and_a_code(here: Path) -> None:
    done = process("report", "nothing.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: no file 'nothing.csv'; check the path\n"


def test_a_reader_that_hangs_up_is_no_failure(example: list[str]) -> None:
    command = [sys.executable, "-m", "meterwidgets", *example, "--format", "html"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert "Traceback" not in running.stderr.read()


def test_without_a_source_it_is_the_demo(here: Path) -> None:
    done = process("report")
    assert done.returncode == 0
    assert done.stdout.startswith(
        "Demo ledger (demo data)\nNov 25, 2025 – Feb 22, 2026"
    )
    assert list(here.iterdir()) == []


def test_version_and_help_say_what_there_is() -> None:
    assert process("--version").stdout.strip().endswith(__version__)
    shown = process("--help").stdout
    for command in ("serve", "report", "sources"):
        assert f"\n  {command}" in shown
    assert process("-h").stdout == shown


def test_help_has_the_first_sentence_of_each_command() -> None:
    assert _SUMMARIES
    for name, summary in _SUMMARIES.items():
        command = main.get_command(Context(main), name)
        assert command is not None
        assert command.get_short_help_str(200).rstrip(".") == summary.rstrip(".")


def test_requests_far_over_their_list_price_are_left_out_on_request(
    here: Path,
) -> None:
    (here / "meterwidgets.toml").write_text(PRICES)
    dear = "2026-02-22T13:00:00Z,Acme,bot,bob,/chat,qwen-gpu,qwen,100,50,900,USD\n"
    (here / "usage.csv").write_text(HEAD + dear + dear.replace("900", "0.05"))
    assert document("usage.csv")["totals"]["cost"] == "900.050000000"
    assert document("usage.csv")["insights"][0]["rule"] == "over_list"
    left = document("usage.csv", "--without-outliers")
    assert left["totals"]["cost"] == "0.050000000"
    assert "over_list" not in [each["rule"] for each in left["insights"]]
    said = run("report", "usage.csv", "--without-outliers").stdout
    assert (
        "Outliers: left out (requests that cost more than 100 times their list price)"
        in said
    )


# forms


def test_every_form_shows_the_same_figures(example: list[str]) -> None:
    text = run(*example).stdout
    assert "Total Spend  $0.16  ($0.16/day · 1 day)" in text
    page = run(*example, "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "$0.16/day · 1 day" in page
    rows = list(csv.DictReader(StringIO(run(*example, "--format", "csv").stdout)))
    assert rows[0]["cost"] == "0.160000000"
    found = json.loads(run(*example, "--format", "json").stdout)
    assert found["totals"]["run_rate_per_day"] == "0.160000000"


def test_an_unknown_form_names_the_choices(example: list[str]) -> None:
    said = fails(*example, "--format", "xml", code=2)
    assert "'xml' is not one of 'text', 'json', 'csv', 'html'" in said


# time


def test_a_date_is_its_midnight_and_the_end_is_exclusive(write: Write) -> None:
    ledger = write(ROWS)
    found = document(ledger, "--start", "2026-02-21", "--end", "2026-02-22")
    assert found["totals"]["cost"] == "1.000000000"
    assert found["window"] == {
        "start": "2026-02-21T00:00:00Z",
        "end": "2026-02-22T00:00:00Z",
        "tz": "UTC",
    }
    later = document(ledger, "--start", "2026-02-22")
    assert later["totals"]["cost"] == "6.000000000"
    before = document(ledger, "--end", "2026-02-22T12:00")
    assert before["totals"]["cost"] == "3.000000000"


def test_times_without_an_offset_are_in_the_zone(write: Write) -> None:
    ledger = write(ROWS)
    found = document(ledger, "--start", "2026-02-22", "--tz", "Asia/Kolkata")
    assert found["window"]["start"] == "2026-02-21T18:30:00Z"
    assert found["window"]["tz"] == "Asia/Kolkata"
    assert found["totals"]["requests"] == 3
    found = document(
        ledger, "--start", "2026-02-22T00:00+01:00", "--tz", "America/New_York"
    )
    assert found["window"]["start"] == "2026-02-21T23:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start", "yesterday"], "start is 'yesterday'; expected an ISO date"),
        (["--end", "2026-13-01"], "end is '2026-13-01'; expected an ISO date"),
        (["--start", "2026-02-23", "--end", "2026-02-22"], "is not after its start"),
        (
            ["--tz", "Mars/Olympus"],
            "no time zone 'Mars/Olympus'; expected an IANA name",
        ),
        (["--tz", "../../etc/passwd"], "no time zone '../../etc/passwd'"),
        (["--start", "0001-01-01", "--tz", "Asia/Tokyo"], "start is"),
        (["--end", "9999-12-31T23:59", "--tz", "America/New_York"], "end is"),
    ],
)
def test_a_time_that_is_none_says_so(
    write: Write, arguments: list[str], said: str
) -> None:
    assert said in fails("report", write(ROWS), *arguments)


# filters


@pytest.mark.parametrize(
    ("arguments", "cost"),
    [
        (["--org", "Acme"], "3.000000000"),
        (["--org", "Acme", "--org", "Initech"], "7.000000000"),
        (["--project", "bot"], "2.000000000"),
        (["--project", "(none)"], "4.000000000"),
        (["--deployment", "qwen-gpu"], "2.000000000"),
        (["--endpoint", "/embed"], "4.000000000"),
        (["--model", "qwen"], "3.000000000"),
        (["--user", "ann"], "5.000000000"),
        (["--user", "ann", "--model", "qwen"], "1.000000000"),
        (["--org", "Initech", "--model", "qwen"], "0.000000000"),
    ],
)
def test_each_filter_narrows_every_figure(
    write: Write, arguments: list[str], cost: str
) -> None:
    found = document(write(ROWS), *arguments)
    assert found["totals"]["cost"] == cost
    nano = int(cost.replace(".", ""))
    for rows in found["by"].values():
        assert sum(int(row["cost"].replace(".", "")) for row in rows) == nano


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--org", "Acm"],
            "org 'Acm' not found; did you mean 'Acme'? orgs: Acme, Initech",
        ),
        (["--project", "boot"], "project 'boot' not found; did you mean 'bot'?"),
        (["--deployment", "qwen"], "deployment 'qwen' not found; did you mean 'qwen-"),
        (["--endpoint", "/chta"], "endpoint '/chta' not found; did you mean '/chat'?"),
        (["--model", "lama"], "model 'lama' not found; did you mean 'llama'?"),
        (["--user", "zoe"], "user 'zoe' not found; users: ann, bob"),
        (["--org", "(none)"], "org '(none)' not found; orgs: Acme, Initech"),
    ],
)
def test_an_unknown_name_says_which_there_are(
    write: Write, arguments: list[str], said: str
) -> None:
    assert said in fails("report", write(ROWS), *arguments)


def test_of_many_names_the_message_shows_a_few(write: Write) -> None:
    rows = [f"2026-02-22T12:00:00Z,org-{n:04},,,,,m,1,1,1,USD\n" for n in range(400)]
    said = fails("report", write(HEAD + "".join(rows)), "--org", "org-0399x")
    assert "did you mean 'org-0399'?" in said


def test_a_label_or_its_id_names_a_value(write: Write) -> None:
    config = write('[labels.org]\n"Acme" = "Acme Inc."\n', "meterwidgets.toml")
    for name in ("Acme", "Acme Inc."):
        found = document(write(ROWS), "--config", config, "--org", name)
        (row,) = found["by"]["org"]
        assert (row["id"], row["name"]) == ("Acme", "Acme Inc.")


def test_a_cost_type_narrows_to_one_side(example: list[str]) -> None:
    found = json.loads(run(*example, "--cost-type", "input", "--format", "json").stdout)
    assert found["totals"]["cost"] == "0.056000000"
    said = fails(*example, "--cost-type", "cached", code=2)
    assert "'cached' is not one of 'both', 'input', 'output'" in said


def test_mixed_currencies_are_never_added(write: Write) -> None:
    ledger = write(ROWS + "2026-02-22T13:00:00Z,Acme,,,,,m,1,1,5.00,EUR\n")
    assert fails("report", ledger).endswith(
        "Error: the ledger holds USD and EUR, which are never added; choose one with "
        "--currency USD"
    )
    assert document(ledger, "--currency", "usd")["totals"]["cost"] == "7.000000000"
    assert document(ledger, "--currency", "EUR")["totals"]["cost"] == "5.000000000"
    said = fails("report", ledger, "--currency", "GBP")
    assert "currency 'GBP' not found; currencies: USD, EUR" in said


# ledgers


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
    bad = ROWS + "2026-02-22T13:00:00Z,Acme,,,,,m,-17,1,1,USD\n"
    result = run("report", write(bad), "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["quality"]["rejected"] == 1
    assert "1 rejected row is kept in rejects.jsonl" in result.stderr
    (kept,) = map(json.loads, Path("rejects.jsonl").read_text("utf-8").splitlines())
    assert (kept["line"], kept["field"], kept["value"]) == (5, "input_tokens", "-17")
    assert list(kept) == ["file", "line", "field", "value", "reason"]


def test_rejected_rows_go_where_the_reader_says(write: Write, tmp_path: Path) -> None:
    bad = ROWS + 2 * "2026-02-22T13:00:00Z,Acme,,,,,m,-17,1,1,USD\n"
    place = tmp_path / "bad.jsonl"
    result = run("report", write(bad), "--rejects", place)
    assert f"2 rejected rows are kept in {place}" in result.stderr
    assert len(place.read_text("utf-8").splitlines()) == 2
    said = fails("report", write(bad), "--rejects", tmp_path / "no" / "bad.jsonl")
    assert "can't be kept there (No such file or directory)" in said


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
    assert "is an address; name a file" in fails("report", "https://x.org/a.csv")


# the config


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
    config = write('[[budget]]\norg = "Acme"\n[roles]\na = 1\n', "meterwidgets.toml")
    result = run("report", write(ROWS), "--config", config, "--format", "json")
    assert result.exit_code == 0
    assert f"{config}: [[budget]] is not read by this version" in result.stderr
    assert f"{config}: [roles] is not enforced by this version" in result.stderr
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


# sources and usage


def test_sources_lists_every_format_with_what_it_cannot_tell() -> None:
    shown = run("sources").stdout
    for source in SOURCES:
        assert f"{source.name}  {source.title}" in shown
        assert f"can't tell: {'; '.join(source.cannot_tell)}" in shown
        for field in source.documented_columns:
            assert f"  {field} " in shown


def test_an_unknown_command_or_option_is_an_error_of_usage() -> None:
    assert "No such command 'reprot'" in fails("reprot", code=2)
    assert "No such option" in fails("report", "--organization", "x", code=2)
    assert "not in the range" in fails("serve", "--port", "99999", code=2)


def test_a_name_cannot_move_the_cursor(write: Write) -> None:
    ledger = write(ROWS.replace("Initech", "\x1b[2Jevil"))
    result = run("report", ledger, "--org", "nobody")
    assert "\x1b" not in result.stderr
    assert "\ufffd[2Jevil" in result.stderr


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, meterwidgets.cli; "
        "print([m for m in ('pandas', 'duckdb', 'pyarrow', 'bqplot', 'voila') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True,
        env=os.environ,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


# repricing


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "other.toml"
    path.write_text(
        'catalogue = false\n[[price]]\nmodel = "qwen"\ninput = "10000"\n'
        'output = "20000"\n[[price]]\nmodel = "qwen"\nfrom = 2026-03-01\n'
        'input = "20000"\noutput = "20000"\n',
        "utf-8",
    )
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.csv"
    path.write_text(ROWS, "utf-8")
    return path


def test_a_report_reprices_by_a_file_and_as_of_a_day(ledger: Path, book: Path) -> None:
    for more, cost, pricing in (
        ((), "4.000000000", "repriced"),
        (("--as-of", "2026-03-01"), "6.000000000", "repriced as of 2026-03-01"),
    ):
        found = document(ledger, "--reprice", book, *more)
        assert found["totals"]["cost"] == cost
        assert found["totals"]["unpriced_tokens"] == 150
        assert found["pricing"] == pricing
    assert document(ledger)["pricing"] == "recorded"


def test_reprice_without_a_file_takes_the_prices_of_the_config(
    ledger: Path, book: Path
) -> None:
    found = document(ledger, "--config", book, "--reprice")
    assert found["totals"]["cost"] == "4.000000000"
    assert document(ledger, "--config", book)["totals"]["cost"] == "7.000000000"


def test_recorded_and_repriced_stand_beside_each_other(
    ledger: Path, book: Path
) -> None:
    beside = ("report", ledger, "--reprice", book, "--beside")
    rows = json.loads(run(*beside, "--format", "json").stdout)
    assert [rows["total"][k] for k in ("recorded", "repriced", "difference")] == [
        "7.000000000", "4.000000000", "-3.000000000",
    ]  # fmt: skip
    found = csv.DictReader(StringIO(run(*beside, "--format", "csv").stdout))
    assert [row["recorded"] for row in found] == [
        "7.000000000", "4.000000000", "3.000000000",
    ]  # fmt: skip
    text = run(*beside, "--model", "qwen").stdout
    assert "Recorded beside repriced\nModel: qwen\n" in text
    assert "Total     $3.00     $4.00       $1.00  +33.3%" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--as-of", "2026-01-01"],
            "--as-of is a day for repricing; add --reprice",
        ),
        (["--beside"], "--beside sets repriced costs beside recorded ones"),
        (["--reprice", "--beside", "--format", "html"], "another --format than html"),
        (["--reprice=x.csv"], "--reprice x.csv: expected a TOML file with [[price]]"),
        (["--reprice=none.toml"], "none.toml: can't be read"),
    ],
)
def test_options_of_repricing_that_cannot_be_meant_are_errors(
    ledger: Path, options: list[str], said: str
) -> None:
    assert said in fails("report", ledger, *options)


def test_the_demo_is_repriced_by_its_own_rates() -> None:
    found = document("--reprice", "--as-of", "2026-01-01", "--start", "2026-02-20")
    assert found["pricing"] == "repriced as of 2026-01-01"
    assert found["totals"]["unpriced_tokens"] == 0
