"""What a worker of a cluster makes of its part: the same records, however it is cut."""

from __future__ import annotations

import itertools
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger.rows import COLUMNS, texts

import meterwidgets as mw
from meterwidgets import LedgerError
from meterwidgets.frame.rollup.measures import rollup
from meterwidgets.frame.spark.engine import explain_errors, for_spark
from meterwidgets.frame.spark.worker import Job, check_batches, versions
from meterwidgets.schema import DIMENSIONS

BOOK = mw.PriceBook.parse(
    [{"model": "m-*", "input": "2.5", "output": "10"}], catalogue=False
)
JOB = Job(COLUMNS, "UTC", "USD", BOOK)


def made(parts: Sequence[pa.Table]) -> list[dict[str, Any]]:
    """What workers make of the parts of a table."""
    return [
        row
        for part, table in enumerate(parts)
        for batch in check_batches(table.to_batches(max_chunksize=7), JOB, part)
        for row in batch.to_pylist()
    ]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return texts(240)


@pytest.fixture(scope="module")
def whole(table: pa.Table) -> list[dict[str, Any]]:
    return made([table])


def test_it_makes_the_records_and_rejects_that_a_reading_here_makes(
    table: pa.Table, whole: list[dict[str, Any]]
) -> None:
    table = table.drop_columns("request_id")  # here equal ids count once
    usage = mw.read_usage(table, columns=COLUMNS_WITHOUT_ID, prices=BOOK, rejects=None)
    records = [row for row in whole if row["start_us"] is not None]
    for name in ("requests", "input_tokens", "output_tokens", "input_cost",
                 "output_cost", "unsplit_cost", "cache_read_tokens"):  # fmt: skip
        assert usage.cube.sums.total(name).sum() == sum(
            row[name] or 0 for row in records
        )
    assert usage.quality.records == len(records)
    told = ("line", "field", "value", "reason", "kept")
    assert sorted(
        [tuple(str(row[name]) for name in told) for row in whole if row["reason"]]
    ) == sorted(tuple(str(row[name]) for name in told) for row in usage.quality.rejects)
    assert any(row["naive"] for row in whole) == usage.quality.assumed_tz


COLUMNS_WITHOUT_ID = {
    ours: name for ours, name in COLUMNS.items() if ours != "record_id"
}


SUMS = ("naive", "unused", "added_records", "added_tokens")
"""What rows hold that say something of a whole part."""


@settings(max_examples=2)
@given(cuts=st.lists(st.integers(0, 240), max_size=3).map(sorted))
def test_however_a_table_is_cut_its_records_are_the_same(
    request: pytest.FixtureRequest, cuts: list[int]
) -> None:
    table, whole = map(request.getfixturevalue, ("table", "whole"))
    edges = [0, *cuts, 240]
    parts = [table[a:b] for a, b in itertools.pairwise(edges)]

    def kinds(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
        return Counter(
            tuple(v for k, v in row.items() if k not in ("part", "line"))
            for row in rows
            if not any(row[name] for name in SUMS)
        )

    def sums(rows: list[dict[str, Any]]) -> list[int]:
        return [sum(row[name] or 0 for row in rows) for name in SUMS[1:]]

    rows = made(parts)
    assert sums(rows) == sums(whole)
    assert kinds(rows) == kinds(whole)
    places = [edges[row["part"]] + row["line"] for row in rows if row["reason"]]
    assert places == [row["line"] for row in whole if row["reason"]]


def test_a_part_without_rows_makes_none() -> None:
    assert list(check_batches([], JOB)) == []


def test_a_worker_of_another_version_says_so_and_reads_nothing(table: pa.Table) -> None:
    job = Job(COLUMNS, "UTC", "USD", BOOK, versions={**versions(), "duckdb": "0.1"})
    with pytest.raises(
        LedgerError, match=r"not 0\.1, and may read or price otherwise; install"
    ):
        list(check_batches(table.to_batches(), job))


def test_a_job_reaches_a_worker_whole() -> None:
    assert pickle.loads(pickle.dumps(JOB)) == JOB


def test_a_worker_loads_no_widgets_and_no_pages() -> None:
    code = "import meterwidgets.frame.spark.worker, sys; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"pandas", "ipywidgets", "bqplot", "voila", "pyspark", "sqlglot"}
    assert not heavy & set(found.stdout.split())


def test_the_roll_up_for_spark_never_wraps_and_never_divides_in_floats() -> None:
    text = for_spark(rollup("records", DIMENSIONS.personal_keys, 900), "cells")
    assert "start_us DIV 900000000" in text and "`user`" in text
    assert " SUM(" not in text and "(SUM(" not in text
    assert text.count("TRY_SUM(input_tokens)") == 1
    assert "FROM cells GROUP BY" in text and "records GROUP" not in text


@pytest.mark.slow  # with PySpark, which is large
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Traceback\nModuleNotFoundError: No module named 'meterwidgets'\n SQLSTATE",
         "table: a worker has no meterwidgets; install meterwidgets on all workers"),
        ("Total size of 9 tasks is bigger than spark.driver.maxResultSize 1024.0 MiB",
         "table: the cube is larger than the driver may take; raise "
         "spark.driver.maxResultSize"),
        ("An error occurred while calling o7.collect.\n: [DISK_FULL] no room\n\tat x.y",
         "table: can't be read ([DISK_FULL] no room)"),
    ],
)  # fmt: skip
def test_what_spark_says_is_said_with_a_way_out(said: str, told: str) -> None:
    errors = pytest.importorskip("pyspark.errors")
    with pytest.raises(LedgerError, match=re.escape(told)), explain_errors("table"):
        raise errors.PySparkException(said)


def test_an_error_of_ours_stays_what_it_is() -> None:
    with pytest.raises(LedgerError, match=r"^mine$"), explain_errors("table"):
        raise LedgerError("mine")
