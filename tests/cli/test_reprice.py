"""``--reprice``, ``--as-of`` and ``--beside``."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from .commands import ROWS, document, fails, run


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
