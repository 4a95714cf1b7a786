"""The list price of a request, and the flag on those that cost far more."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from frame.store.ledgers import BOOK, Row, add, jsonl, spend_logs
from hypothesis import given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec


def stored(rows: list[Row], folder: Path, book: mw.PriceBook = BOOK) -> Any:
    """The records of a table, as a store keeps them."""
    names = dict.fromkeys(key for row in rows for key in row)
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    ingest([LedgerSpec([table])], folder, prices=book)
    return mw.open_store(folder).select().records().to_pylist()


def one(**fields: Any) -> Row:
    """A request for 3,000 tokens whose list price is 0.008."""
    row = {"time": "2026-02-03T04:05:06Z", "model": "m-1", "cost": "1"}
    return row | {"input_tokens": 2_000, "output_tokens": 1_000} | fields


def test_a_list_price_is_what_the_price_book_charges(tmp_path: Path) -> None:
    rows = spend_logs(200)
    add(tmp_path / "a.meter", jsonl(tmp_path / "a.jsonl", rows))
    unpriced = [row | {"spend": 0} for row in rows]
    add(tmp_path / "b.meter", jsonl(tmp_path / "b.jsonl", unpriced))
    recorded = mw.open_store(tmp_path / "a.meter").select().records()
    charged = mw.open_store(tmp_path / "b.meter").select().records()
    assert recorded["list_cost"].null_count == 0
    assert recorded["list_cost"].to_pylist() == charged["cost"].to_pylist()
    assert charged["list_cost"].to_pylist() == charged["cost"].to_pylist()


@pytest.mark.parametrize(
    "row",
    [
        one(model="unheard-of"),
        one(end="2026-02-04T00:00:00Z", requests=9),  # a bucket
        one(currency="EUR"),  # the list is in USD
        one(input_tokens=None, output_tokens=None),
    ],
    ids=["no price", "bucket", "other currency", "no tokens"],
)
def test_a_record_without_a_list_price_is_never_flagged(
    row: Row, tmp_path: Path
) -> None:
    (record,) = stored([row | {"cost": "900"}], tmp_path / "s")
    assert record["list_cost"] is None
    assert record["outlier"] is None
    assert record["cost"] == 900


@pytest.mark.parametrize(
    ("fields", "flagged"),
    [
        ({"cost": "1.000000001"}, True),
        ({"cost": "1"}, False),  # noise: not above one unit
        ({"cost": "2", "input_tokens": 10_000, "output_tokens": 0}, False),  # 100 times
        ({"cost": "2.000000001", "input_tokens": 10_000, "output_tokens": 0}, True),
        ({"cost": "9990.01", "input_tokens": 0, "output_tokens": 0}, False),  # list 0
        ({"cost": None, "input_cost": "700", "output_cost": "0.5"}, True),
    ],
    ids=repr,
)
def test_over_a_hundred_times_the_list_price_and_one_unit_is_flagged(
    fields: Row, flagged: bool, tmp_path: Path
) -> None:
    (record,) = stored([one(**fields)], tmp_path / "s")
    assert record["outlier"] == ("over list price" if flagged else None)


def test_an_overflowing_list_price_leaves_the_recorded_cost(
    tmp_path: Path,
) -> None:
    book = mw.PriceBook.parse([{"model": "*", "input": "8000000000", "output": "1"}])
    row = one(input_tokens=10**12, cost="5")
    (record,) = stored([row], tmp_path / "s", book)
    assert (record["cost"], record["list_cost"]) == (5, None)


_AMOUNTS = st.tuples(st.integers(1, 10**9), st.integers(0, 10**15))


@settings(max_examples=8, deadline=None)
@given(rate=st.integers(0, 10**4), requests=st.lists(_AMOUNTS, min_size=1, max_size=40))
def test_the_flag_follows_the_rule_to_the_nano_unit(
    rate: int, requests: list[tuple[int, int]]
) -> None:
    book = mw.PriceBook.parse([{"model": "*", "input": str(rate)}], catalogue=False)
    rows = [
        one(input_tokens=tokens, output_tokens=0, cost=f"{Decimal(nano) / 10**9:f}")
        for tokens, nano in requests
    ]
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    usage = mw.read_usage(table, prices=book, rejects=None)
    over = sum(
        nano > 10**9 and nano > 100 * tokens * rate * 1_000 > 0
        for tokens, nano in requests
    )
    flagged = usage.select().by("outlier").get("over list price", {"records": 0})
    assert flagged["records"] == over
    assert len(usage.outliers) == min(over, 20)
