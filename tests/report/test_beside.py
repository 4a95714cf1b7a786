"""``--beside``: recorded, repriced and difference, a row a model, in three forms."""

from __future__ import annotations

import csv
import json
from datetime import date
from io import StringIO

import pytest
from metrics.ledgers import request, usage_of

import meterwidgets as mw
from meterwidgets.metrics.compare import Comparison
from meterwidgets.report import beside, html, text
from meterwidgets.report import csv as table
from meterwidgets.report import json as document

DAY = date(2026, 1, 1)
BOOK = mw.PriceBook.parse(
    [{"model": "=evil()", "input": "20000", "output": "20000"},
     {"model": "b", "input": "10000", "output": "10000"}],
    catalogue=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def usage() -> mw.UsageFrame:
    return usage_of([
        request("2026-02-22", "=evil()", cost="2"),
        request("2026-02-22", "b", cost="5"),
        request("2026-02-22", "c", cost="1"),
    ], name="ledger")  # fmt: skip


@pytest.fixture(scope="module")
def repriced(usage: mw.UsageFrame) -> mw.UsageFrame:
    return usage.reprice(BOOK, as_of=DAY)


@pytest.fixture(scope="module")
def found(usage: mw.UsageFrame, repriced: mw.UsageFrame) -> Comparison:
    return mw.compare(usage, repriced)


def test_the_text_aligns_and_stars_what_is_not_of_the_same_tokens(
    found: Comparison,
) -> None:
    lines = beside.text(found).splitlines()
    assert lines[:3] == [
        "ledger",
        "Feb 22, 2026 · UTC · Data until Feb 22, 2026",
        "Recorded beside repriced as of 2026-01-01",
    ]
    assert lines[4:14] == [
        "Model    Recorded  Repriced  Difference        %",
        "b           $5.00     $1.50      -$3.50   -70.0%",
        "=evil()     $2.00     $3.00       $1.00   +50.0%",
        "c           $1.00         –           –       –*",
        "Total       $8.00     $4.50      -$3.50  -43.8%*",
        "",
        "* compares the costs of different tokens:",
        "  c: 0 have no price as recorded, 150 as repriced",
        "  Total: 0 have no price as recorded, 150 as repriced",
        "",
    ]
    assert "Recorded:" in lines and "Repriced as of 2026-01-01:" in lines


def test_the_json_is_exact_and_names_both_modes(found: Comparison) -> None:
    made = json.loads(beside.as_json(found))
    assert made["pricing"] == {
        "recorded": "recorded", "repriced": "repriced as of 2026-01-01",
    }  # fmt: skip
    assert made["window"]["start"] == "2026-02-22T00:00:00Z"
    assert made["total"] == {
        "id": None, "name": "Total", "currency": "USD", "tokens": 450,
        "recorded": "8.000000000", "repriced": "4.500000000",
        "difference": "-3.500000000", "recorded_unpriced_tokens": 0,
        "repriced_unpriced_tokens": 150,
    }  # fmt: skip
    assert [row["difference"] for row in made["rows"]] == [
        "-3.500000000", "1.000000000", None,
    ]  # fmt: skip
    assert any("rate table" in note for note in made["notes"]["repriced"])


def test_the_csv_has_numbers_as_numbers_and_runs_no_name(found: Comparison) -> None:
    rows = list(csv.DictReader(StringIO(beside.as_csv(found)), strict=True))
    assert [row["by"] for row in rows] == ["total", "model", "model", "model"]
    assert rows[0]["difference"] == "-3.500000000"
    assert rows[2]["id"] == rows[2]["name"] == "'=evil()"
    assert (rows[3]["repriced"], rows[3]["difference"]) == ("", "")
    assert {row["pricing"] for row in rows} == {"repriced as of 2026-01-01"}


def test_every_report_names_the_mode_of_a_repriced_ledger(
    usage: mw.UsageFrame, repriced: mw.UsageFrame
) -> None:
    said = "Data until Feb 22, 2026 · Repriced as of 2026-01-01"
    selection = repriced.select()
    assert said in text.dumps(selection).splitlines()[1]
    assert said in html.dumps(selection)
    assert document.report(selection)["pricing"] == "repriced as of 2026-01-01"
    rows = csv.DictReader(StringIO(table.dumps(selection)))
    assert {row["pricing"] for row in rows} == {"repriced as of 2026-01-01"}
    assert "epriced" not in text.dumps(usage.select()) + html.dumps(usage.select())
