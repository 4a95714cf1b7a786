"""``meterwidgets reconcile``: what it prints, its exit codes, how it fails."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import bills
import pytest
from click.testing import CliRunner, Result

from meterwidgets.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in a folder with the planted ledger and invoice."""
    bills.put(tmp_path, "spend.json", bills.LEDGER)
    bills.put(tmp_path, "costs.json", bills.INVOICE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["reconcile", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def fails(*arguments: str) -> str:
    """What a command says that can't compare."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def put(name: str, content: Any) -> str:
    return bills.put(Path(), name, content).name


def test_a_difference_is_said_in_one_sentence_and_exits_with_1() -> None:
    result = run("spend.json", "costs.json")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "spend.json (ledger) and costs.json (invoice)",
        "Jan 1 – Jan 10, 2026 · UTC · per day and model · USD, tolerance $0.0050 a "
        "line",
        "",
        "The invoice is $1.93 (1.9%) lower than the ledger over 10 days; -$2.70 is "
        "explained, +$0.77 is not (1 line).",
    ]


def test_the_text_says_each_reason_what_to_do_and_the_lines_that_differ() -> None:
    said = run("spend.json", "costs.json").stdout
    lines = said.splitlines()
    place = lines.index(" -$4.20  Another price: the invoice is 93.0% of the ledger "
                        "(3 lines)")  # fmt: skip
    assert lines[place + 1].strip().startswith("-> a discount, a margin or an old")
    head = next(n for n, line in enumerate(lines) if line.startswith("Day "))
    assert lines[head + 1].split() == [
        "2026-01-03", "gpt-5-nano-2025-08-07", "$1.00", "$1.77", "+$0.77",
        "unexplained",
    ]  # fmt: skip
    assert "2 lines agree." in lines
    assert (
        "Treated as one model: gpt-5-nano (ledger), gpt-5-nano-2025-08-07 (invoice)"
        in lines
    )
    (totals,) = [line for line in lines if line.startswith("Credits, in no total")]
    assert totals.endswith("-$12.50")


def test_two_that_agree_exit_with_0() -> None:
    ledger = put("a.json", [bills.log(1, "m", 1.0), bills.log(2, "m", 2.004)])
    invoice = put("b.json", bills.openai((1, "m, input", "1"), (2, "m, input", "2")))
    result = run(ledger, invoice)
    assert result.exit_code == 0
    assert (
        "The invoice and the ledger agree over 2 days, in all 2 lines; together they "
        "differ by $0.0040." in result.stdout
    )
    assert run(ledger, invoice, "--tolerance", "0").exit_code == 1
    assert (
        run(ledger, invoice, "--tolerance", "0", "--end", "2026-01-02").exit_code == 0
    )


def test_the_json_is_exact_and_stable() -> None:
    found = json.loads(run("spend.json", "costs.json", "--format", "json").stdout)
    assert list(found) == [
        "ledger", "invoice", "window", "step", "by_model", "currency", "tolerance",
        "agrees", "headline", "totals", "reasons", "lines", "matches", "notices",
    ]  # fmt: skip
    assert found["totals"] == {
        "ledger": "102.265000000",
        "invoice": "100.340000000",
        "difference": "-1.925000000",
        "explained": "-2.695000000",
        "unexplained": "0.770000000",
        "credits": "-12.500000000",
        "lines": 20,
        "differing": 18,
        "unexplained_lines": 1,
    }
    assert found["lines"][2] == {
        "day": "2026-01-10",
        "model": "gpt-5-nano-2025-08-07",
        "ledger": None,
        "invoice": "5.000000000",
        "difference": "5.000000000",
        "reason": "outside_ledger",
    }
    assert found["reasons"][0] == {
        "kind": "cache",
        "amount": "-7.200000000",
        "lines": 1,
        "title": "Cached tokens at full price in the ledger",
        "advice": "set the cache prices in the gateway",
    }


def test_the_csv_has_every_line_and_its_names_are_harmless() -> None:
    ledger = put("a.json", [bills.log(1, "=m()", 1.0), bills.log(1, "n", 1.0)])
    invoice = put("b.json", bills.openai((1, "=m(), in", "0.25"), (1, "n, in", "1")))
    result = run(ledger, invoice, "--format", "csv")
    rows = list(csv.DictReader(StringIO(result.stdout)))
    assert [row["model"] for row in rows] == ["'=m()", "n"]
    assert rows[0]["difference"] == "-0.750000000"
    assert (rows[0]["reason"], rows[1]["reason"]) == ("", "agrees")


def test_names_can_not_move_the_cursor_of_a_terminal() -> None:
    evil = "m\x1b[2J"
    ledger = put("a.json", [bills.log(1, evil, 1.0)])
    invoice = put("b.json", bills.openai((1, f"{evil}, input", "2.00")))
    assert "\x1b" not in run(ledger, invoice).stdout


def test_a_model_and_a_range_are_chosen() -> None:
    chosen = ("--model", "gpt-4.1-mini", "--start", "2026-01-03", "--format", "json")
    found = json.loads(run("spend.json", "costs.json", *chosen).stdout)
    assert found["window"]["start"] == "2026-01-03T00:00:00Z"
    assert found["totals"]["difference"] == "-3.500000000"
    assert {line["model"] for line in found["lines"]} == {"gpt-4.1-mini"}


def test_the_config_prices_the_ledger_and_never_the_invoice(here: Path) -> None:
    (here / "prices.toml").write_text('[[price]]\nmodel = "m"\ninput = "1000"\n')
    table = "time,model,prompt_tokens,completion_tokens,cost\n2026-01-01,m,2000,0,{}\n"
    (here / "ledger.csv").write_text(table.format(""))
    (here / "invoice.csv").write_text(table.format("2.00"))
    options = ("--config", "prices.toml")
    assert run("ledger.csv", "invoice.csv", *options).exit_code == 0
    assert "invoice ledger.csv: no record has a cost" in fails(
        "invoice.csv", "ledger.csv", *options
    )


def test_an_invoices_days_are_of_utc_whatever_the_zone_of_the_pages(here: Path) -> None:
    (here / "meterwidgets.toml").write_text('timezone = "Pacific/Auckland"\n')
    ledger = put("a.json", [bills.log(day, "m", 1.0) for day in (1, 2)])
    (here / "b.csv").write_text("date,model,cost\n2026-01-01,m,1\n2026-01-02,m,1\n")
    assert run(ledger, "b.csv").exit_code == 0


def test_several_files_are_one_ledger() -> None:
    ledgers = [put(f"{day}.json", [bills.log(day, "m", 1.0)]) for day in (1, 2)]
    invoice = put("b.json", bills.openai((1, "m, input", "1"), (2, "m, input", "1")))
    assert run(*ledgers, invoice).exit_code == 0


def test_a_format_can_be_named(here: Path) -> None:
    columns = "request_id,startTime,model,spend\nr1,2026-01-01 10:00:00,m,1.00\n"
    (here / "a.csv").write_text(columns)
    (here / "b.csv").write_text("time,model,cost\n2026-01-01T10:00:00Z,m,1.00\n")
    named = ("--source", "litellm", "--invoice-source", "table")
    assert run("a.csv", "b.csv", *named).exit_code == 0
    assert "source 'xlsx' not found" in fails("a.csv", "b.csv", "--source", "xlsx")


def test_rejected_rows_of_both_are_kept_apart(here: Path) -> None:
    ledger = put("a.json", [bills.log(1, "m", 1.0), bills.log(1, "m", 1e12)])
    invoice = put("b.json", bills.openai((1, "m, in", "1"), (1, "n, in", "1e12")))
    run(ledger, invoice, "--rejects", "bad.jsonl")
    assert "a.json" in (here / "bad.jsonl").read_text()
    assert "b.json" in (here / "invoice_bad.jsonl").read_text()


def test_what_can_not_be_compared_exits_with_2_and_the_way_out() -> None:
    usage = put(
        "usage.json",
        {"data": [{"start_time": 1767225600, "end_time": 1767312000, "results": [
            {"object": "organization.usage.completions.result", "model": "gpt-4o",
             "input_tokens": 5, "output_tokens": 5, "num_model_requests": 1}]}]},
    )  # fmt: skip
    assert "not its usage report" in fails("spend.json", usage)
    later = put("later.json", bills.openai((25, "m, input", "1.00")))
    assert "no day in common" in fails("spend.json", later)
    euros = put("eur.json", bills.openai((3, "m, in", "1.00"), currency="eur"))
    assert "are never compared; get the invoice in USD" in fails("spend.json", euros)
    assert "expected an amount" in fails("spend.json", "costs.json", "--tolerance", "x")
    assert "nothing.json" in fails("spend.json", "nothing.json")
    assert run("spend.json").exit_code == 2


def test_two_files_in_the_wrong_order_are_said_first() -> None:
    said = run("costs.json", "spend.json").stdout
    assert (
        "Note: the ledger and the invoice look swapped: costs.json has only costs"
        in said
    )


def test_its_help_says_the_exit_codes() -> None:
    said = " ".join(run("--help").stdout.split())
    assert "Exit code: 0 when no line differs by more than the tolerance" in said
