"""``--format csv``: parses back to the same exact values, and runs nothing."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from metrics.ledgers import request, usage_of

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.report import csv as form
from meterwidgets.report import json

NAMES = ['a,"b"', "line\nbreak", "carriage\rreturn", "semi;colon", "Zürich", "007"]


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def test_the_golden_table(golden: UsageFrame) -> None:
    lines = form.dumps(golden.select()).splitlines()
    assert lines[0] == (
        "by,id,name,cost,input_cost,output_cost,currency,tokens,input_tokens,"
        "output_tokens,requests,unpriced_tokens,share,pricing,fee_cost,"
        "cost_without_tokens,negative_cost,credits"
    )
    figures = (
        "0.160000000,0.056000000,0.104000000,USD,54000,28000,26000,144,0,1.0,recorded,"
        "0.000000000,0.000000000,0.000000000"
    )
    assert lines[1:4] == [
        f"total,,Total,{figures},0.000000000",
        f"org,Acme,Acme,{figures},",
        f"project,,(none),{figures},",
    ]
    assert len(lines) == 8


def test_it_parses_back_to_the_values_of_the_json() -> None:
    rows = [
        request("2026-01-01", name, cost=f"0.{n}00000001", org=name)
        for n, name in enumerate(NAMES, 1)
    ]
    selection = usage_of(rows).select()
    back = parsed(form.dumps(selection))
    wanted = json.report(selection)
    assert len(back) == 1 + sum(len(each) for each in wanted["by"].values())
    for by in ("org", "model", "project"):
        found = [row for row in back if row["by"] == by]
        for row, expected in zip(found, wanted["by"][by], strict=True):
            assert row["id"] == (expected["id"] or "")
            assert row["name"] == expected["name"]
            assert row["cost"] == expected["cost"]
            assert int(row["tokens"]) == expected["tokens"]
            assert float(row["share"]) == expected["share"]


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", "+1", "-1+2", "@SUM(A1)", "=1,2", '="a"']
)
def test_a_spreadsheet_runs_no_name(name: str) -> None:
    usage = usage_of([request("2026-01-01", name, cost="1")])
    row = next(
        each for each in parsed(form.dumps(usage.select())) if each["by"] == "model"
    )
    assert row["id"] == row["name"] == f"'{name}"


def test_what_is_not_known_is_an_empty_cell_and_not_a_zero() -> None:
    rows = parsed(form.dumps(usage_of([request("2026-01-01", "a")]).select()))
    assert {(row["cost"], row["currency"]) for row in rows} == {("", "")}
    assert {row["tokens"] for row in rows} == {"150"}


def test_an_empty_selection_has_a_total_without_a_share(golden: UsageFrame) -> None:
    from meterwidgets.frame.filters import Filters

    none = golden.select(Filters(start="2027-01-01", end="2027-02-01"))
    (row,) = parsed(form.dumps(none))
    assert (row["by"], row["cost"], row["share"]) == ("total", "0.000000000", "")
