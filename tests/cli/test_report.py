"""``meterwidgets report``: its formats, times and filters."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from .commands import HEAD, PRICES, ROWS, Write, document, fails, process, run


def test_a_report_is_json_on_one_stream_and_notes_on_the_other(
    example: list[str],
) -> None:
    done = process(*example, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["totals"]["cost"] == "0.160000000"
    assert "golden.csv: guessed start <- timestamp" in done.stderr
    assert "144 records cost 0.160000000 USD, from the rate table" in done.stderr


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
