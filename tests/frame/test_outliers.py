"""Requests over their list price, left out of every figure, and kept by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from frame.store.ledgers import BOOK, Row, add, figures, jsonl, spend_logs
from meterwidgets.errors import LedgerError, MeterError
from meterwidgets.frame.saved import open_frame, save
from meterwidgets.metrics.insights import insights
from meterwidgets.present.filters import address
from meterwidgets.report import csv
from meterwidgets.report import json as as_json

DEAR = {n: 900 + n * 10 for n in range(5, 300, 10)}
"""The number of a request -> what it costs: 30 of 400."""


def rows() -> list[Row]:
    return [
        row | ({"spend": DEAR[n]} if n in DEAR else {})
        for n, row in enumerate(spend_logs(400, days=40))
    ]


def read(path: Path, found: list[Row]) -> mw.UsageFrame:
    return mw.read_usage(jsonl(path, found), prices=BOOK, rejects=None)


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> mw.UsageFrame:
    return read(tmp_path_factory.mktemp("dear") / "a.jsonl", rows())


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> mw.UsageFrame:
    """The same ledger without those requests."""
    kept = [row for n, row in enumerate(rows()) if n not in DEAR]
    return read(tmp_path_factory.mktemp("usual") / "a.jsonl", kept)


CHOSEN: list[dict[str, Any]] = [
    {},
    {"orgs": ("o-1",)},
    {"users": ("u-3", "u-4")},
    {"preset": "7d", "tz": "Asia/Kolkata"},
    {"models": ("m-2",), "cost_type": "output"},
]


@pytest.mark.parametrize("chosen", CHOSEN, ids=repr)
def test_left_out_every_figure_is_that_of_a_ledger_without_them(
    usage: mw.UsageFrame, usual: mw.UsageFrame, chosen: dict[str, Any]
) -> None:
    left = usage.select(mw.Filters(outliers="without", **chosen))
    expected = usual.select(mw.Filters(**chosen))
    assert left.sums() == expected.sums()
    for name in ("org", "project", "deployment", "model", "endpoint", "user"):
        assert left.by(name) == expected.by(name)
        assert left.by(name, apply_own_filter=False) == expected.by(
            name, apply_own_filter=False
        )
    found, wanted = as_json.report(left), as_json.report(expected)
    del found["quality"], wanted["quality"]
    assert found == wanted
    assert csv.dumps(left) == csv.dumps(expected)
    assert left.to_arrow().drop("outlier").equals(expected.to_arrow().drop("outlier"))


def test_with_them_nothing_is_left_out(
    usage: mw.UsageFrame, usual: mw.UsageFrame
) -> None:
    whole, rest = usage.select().sums(), usual.select().sums()
    assert whole["records"] - rest["records"] == len(DEAR)
    spent = whole["input_cost"] + whole["output_cost"]
    spent -= rest["input_cost"] + rest["output_cost"]
    assert spent == sum(DEAR.values()) * 10**9


def test_the_dearest_twenty_are_kept_with_their_details(usage: mw.UsageFrame) -> None:
    dearest = sorted(DEAR.values(), reverse=True)[:20]
    assert [each.cost for each in usage.outliers] == [cost * 10**9 for cost in dearest]
    number = max(DEAR, key=lambda n: DEAR[n])
    row, worst = rows()[number], usage.outliers[0]
    assert (worst.model, worst.user) == (row["model"], row["user"])
    assert worst.tokens == row["total_tokens"]
    assert worst.list_cost == (
        row["prompt_tokens"] * 2_000 + row["completion_tokens"] * 4_000
    )


def test_a_saved_frame_and_a_store_keep_them(
    usage: mw.UsageFrame, tmp_path: Path
) -> None:
    saved = open_frame(save(usage, tmp_path / "frame"))
    assert saved.outliers == usage.outliers
    for path, some in (("a", rows()[:250]), ("b", rows()[200:])):
        add(tmp_path / "usage.meter", jsonl(tmp_path / f"{path}.jsonl", some))
    stored = mw.open_store(tmp_path / "usage.meter")
    assert stored.outliers == usage.outliers
    assert figures(stored) == figures(usage) | {"rows": stored.quality.records}
    left = stored.select(mw.Filters(outliers="without", models=("m-1",)))
    assert left.records().num_rows == left.sums()["records"] > 0
    assert left.records()["outlier"].null_count == left.records().num_rows


def test_at_list_prices_nothing_is_over_them(
    usage: mw.UsageFrame, tmp_path: Path
) -> None:
    add(tmp_path / "usage.meter", jsonl(tmp_path / "a.jsonl", rows()))
    for frame in (usage, mw.open_store(tmp_path / "usage.meter")):
        repriced = frame.reprice(BOOK)
        assert repriced.outliers == ()
        assert repriced.select().by("outlier").keys() == {None}


def test_a_frame_of_a_version_that_knew_none_says_so(
    usage: mw.UsageFrame, tmp_path: Path
) -> None:
    about = save(usage, tmp_path / "frame") / "frame.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 1}))
    with pytest.raises(LedgerError, match="saved by another version"):
        open_frame(tmp_path / "frame")


def test_one_user_s_frame_knows_of_no_other_s(usage: mw.UsageFrame) -> None:
    own = usage.of_user("u-3")
    assert {each.user for each in own.outliers} <= {"u-3"}
    assert len(own.outliers) == sum(each.user == "u-3" for each in usage.outliers)
    assert usage.of_user("nobody").outliers == ()
    without = mw.Filters(outliers="without")
    assert usage.of_user("nobody").select(without).sums()["records"] == 0


def test_an_address_says_that_they_are_left_out(usage: mw.UsageFrame) -> None:
    first = mw.Filters()
    query = address.query(first.replace(outliers="without"), first, {})
    assert query == "outliers=without"
    assert address.parse(query, usage, first).filters.outliers == "without"
    asked = address.parse("outliers=gone&range=7d", usage, first)
    assert asked.problems == [
        "outlier setting 'gone' not found; outlier settings: with, without"
    ]
    assert asked.filters == first.replace(preset="7d")


def test_a_word_that_is_neither_is_refused() -> None:
    with pytest.raises(MeterError, match="outlier setting 'none' not found"):
        mw.Filters(outliers="none")  # type: ignore[arg-type]


def test_the_insight_names_the_worst_first_of_all(usage: mw.UsageFrame) -> None:
    worst = usage.outliers[0]
    (first, *_) = insights(usage.select())
    assert (first.rule, first.severity) == ("over_list", "warning")
    assert first.title == "30 requests at over 100x their list price"
    assert first.text.startswith("Together they cost $72K. The most expensive, a")
    assert f"to {worst.model} on " in first.text
    assert f"cost ${worst.cost / 10**9:,.2f} for " in first.text
    assert " times its list price of $" in first.text
    assert first.text.endswith(
        "Check what your gateway charges for that model, and leave them "
        "out to see the figures without them."
    )


def test_the_insight_is_of_the_selection(usage: mw.UsageFrame) -> None:
    one = usage.outliers[3]
    at = mw.Filters(
        start=one.start, end=one.start.replace(second=59), users=(one.user,)
    )
    (first, *_) = insights(usage.select(at))
    assert first.title == "One request at over 100x its list price"
    assert first.text.startswith(f"A request to {one.model} on ")
    left = insights(usage.select(at.replace(outliers="without")))
    assert [each.rule for each in left if each.rule == "over_list"] == []
