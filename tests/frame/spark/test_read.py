"""A PySpark dataframe on a real cluster, read to the nano as DuckDB reads it here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ledger.rows import COLUMNS, TYPED, texts, typed
from serve.running import SERVE, Running, write_notebook

import meterwidgets as mw
from frame.spark.cluster import running
from meterwidgets import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.saved import open_frame, save

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = [
    pytest.mark.slow,
    # PySpark says of itself what it does not support yet
    pytest.mark.filterwarnings("ignore::FutureWarning:pyspark"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

BOOK = mw.PriceBook.parse(
    [
        {"model": "m-*", "input": "2.5", "output": "10", "cache_read": "0.333333333"},
        {"model": "m-*", "from": date(2026, 2, 23), "input": "3", "output": "11.1"},
        {"model": "m-*", "service_tier": "batch", "input": "1", "output": "5"},
    ],
    catalogue=False,
)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    with running() as session:
        yield session


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """Text of every sort, over several partitions."""
    return spark.createDataFrame(texts(600, sharing=False)).repartition(5).cache()


@pytest.fixture(scope="module")
def typed_rows(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(typed(400), TYPED).repartition(3).cache()


def read(df: Any, **words: Any) -> mw.UsageFrame:
    words = {"prices": mw.PriceBook(catalogue=False), "rejects": None} | words
    return mw.read_usage(df, **words)


def assert_same_cube(there: Cube | None, here: Cube | None) -> None:
    if there is None or here is None:
        assert there is here
        return
    assert (there.grain_s, there.first, there.width) == (
        here.grain_s,
        here.first,
        here.width,
    )
    assert there.names == here.names
    assert cells(there) == cells(here)


def cells(cube: Cube) -> Counter[tuple[Any, ...]]:
    """Every cell: its names, its time and all of its measures."""
    every = np.ones(cube.sums.tuples, bool)
    rows, buckets = cube.sums.cells((cube.first, cube.first + cube.width), every)
    tuples = cube.sums.tuple_of[rows]
    names = [[cube.names[name][code] for code in codes[tuples].tolist()]
             for name, codes in cube.codes.items()]  # fmt: skip
    table = cube.sums.table(rows)
    columns = [table[name].to_pylist() for name in sorted(table.column_names)]
    return Counter(zip(buckets.tolist(), *names, *columns, strict=True))


COUNTED_APART = (
    r", the first: .*| is unknown in .*|^\d+ records? (has|have) more cached.*"
)
"""What a cluster counts before it leaves out duplicates, and where rows stand."""


def assert_same(there: mw.UsageFrame, here: mw.UsageFrame) -> None:
    """Equal in all that a page shows; rows are numbered by partition there."""
    assert_same_cube(there.cube, here.cube)
    assert_same_cube(there.user_cube, here.user_cube)
    for name in (
        "last",
        "currencies",
        "bucket_s",
        "outliers",
        "pricing",
        "labels",
        "tz",
    ):
        assert getattr(there, name) == getattr(here, name), name
    kinds = [
        Counter(
            (each["field"], each["value"], each["reason"])
            for each in frame.quality.rejects
        )
        for frame in (there, here)
    ]
    assert kinds[0] == kinds[1]
    qualities = [
        replace(
            frame.quality,
            rejects=(),
            spans=(),
            notes=tuple(
                re.sub(COUNTED_APART, "", note)
                for note in frame.quality.notes
                if "zone" not in note and "bad value leaves" not in note
            ),
        )
        for frame in (there, here)
    ]
    assert qualities[0] == qualities[1]


def test_text_of_every_sort_adds_up_as_it_does_here(rows: DataFrame) -> None:
    words = {"columns": COLUMNS, "prices": BOOK, "tz": "America/New_York"}
    there, here = read(rows, **words), read(rows.toArrow(), **words)
    assert_same(there, here)
    quality = there.quality
    assert len(quality.rejects) > 50 and quality.duplicates > 5 and quality.assumed_tz
    assert {"USD", "EUR"} <= set(there.currencies)
    assert there.outliers and any(
        "service tier batch" in note for note in quality.notes
    )
    book = mw.PriceBook.parse([{"model": "*", "input": "7", "output": "7"}])
    assert_same(there.reprice(book), here.reprice(book))


@pytest.mark.parametrize(
    "columns",
    [
        {"start": "at", "input_tokens": "whole", "output_tokens": "tiny", "cost": "exact"},
        {"start": "local", "input_tokens": "real", "output_tokens": "whole", "cost": "floating"},
        {"start": "local", "input_tokens": "tiny", "requests": "whole", "output_cost": "exact"},
    ],
    ids=["exact", "floating", "counts"],
)  # fmt: skip
def test_typed_columns_add_up_as_they_do_here(
    typed_rows: DataFrame, columns: dict[str, str]
) -> None:
    chosen = typed_rows.select("model", "user", *columns.values())
    cheap = [{"model": "gpt-*", "input": "0.000000003", "output": "0.000000001"}]
    book = mw.PriceBook.parse(cheap)
    words = {"columns": columns, "prices": book, "tz": "Asia/Kathmandu"}
    there, here = read(chosen, **words), read(chosen.toArrow(), **words)
    assert_same(there, here)
    assert len(there.quality.rejects) > 5
    assert there.quality.records > 300


def test_the_first_rejects_say_where_they_stand(
    rows: DataFrame, tmp_path: Path
) -> None:
    usage = read(rows, columns=COLUMNS, rejects=tmp_path / "rejects.jsonl")
    first = usage.quality.rejects[0]
    assert re.fullmatch(r"the table, partition \d", first["file"])
    number = int(first["file"][-1])
    part = rows.rdd.glom().collect()[number]
    assert part[first["line"] - 1][COLUMNS[first["field"]]] == first["value"]
    kept = (tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()
    assert len(kept) == len(usage.quality.rejects) > usage.quality.rejected


def test_sums_that_are_too_large_are_an_error_in_every_mode(
    spark: SparkSession,
) -> None:
    large = [(datetime(2026, 2, 22, 10), "999999999")] * 10
    df = spark.createDataFrame(large, "start timestamp, cost string").coalesce(2)
    for ansi in ("true", "false"):
        spark.conf.set("spark.sql.ansi.enabled", ansi)
        with pytest.raises(LedgerError, match="larger than can be counted exactly"):
            read(df)


def test_what_a_cluster_does_not_read_is_refused_with_a_way_out(
    spark: SparkSession,
) -> None:
    df = spark.createDataFrame(
        [("2026-02-22", 1, 2)], "start string, cost int, Cost2 int"
    )
    with pytest.raises(
        LedgerError, match=r"read alone; put several into one with df\.unionByName"
    ):
        read([df, df])
    with pytest.raises(LedgerError, match="is a stream, expected a fixed set of rows"):
        read(spark.readStream.format("rate").load())
    logs = "request_id string, startTime string, spend double, api_key string, call_type string"
    with pytest.raises(LedgerError, match=r"those of litellm .* choose source='table'"):
        read(spark.createDataFrame([], logs + ", prompt_tokens int, model string"))
    with pytest.raises(
        LedgerError, match="column 'cots' not found; did you mean 'cost'"
    ):
        read(df, columns={"cost": "cots"})
    with pytest.raises(LedgerError, match="no column for 'start'"):
        read(df.drop("start"))
    with pytest.raises(LedgerError, match="column 'cost' occurs twice"):
        read(df.toDF("start", "cost", "cost"))


def test_what_goes_wrong_on_the_cluster_is_said_in_our_words(
    spark: SparkSession,
) -> None:
    bad = spark.createDataFrame([("2026-02-22", "x")], "start string, cost string")
    with pytest.raises(
        LedgerError, match=r"no row could be read as usage, 1 rejected.*partition"
    ):
        read(bad)
    with pytest.raises(LedgerError, match="holds no usage"):
        read(bad.limit(0))
    dear = mw.PriceBook.parse([{"model": "*", "input": "8000000000"}], catalogue=False)
    many = spark.createDataFrame(
        [("2026-02-22", 10**15)], "start string, input_tokens bigint"
    )
    with pytest.raises(
        LedgerError, match="a cost at these rates is larger than a record"
    ):
        read(many, prices=dear)
    gone = spark.createDataFrame([("x",)], "a string").selectExpr(
        "'2026-02-22' AS start", "raise_error('the disk is gone') AS cost"
    )
    with pytest.raises(LedgerError, match=r"table: can't be read .*the disk is gone"):
        read(gone)


def test_names_may_hold_dots_or_differ_by_case_only(spark: SparkSession) -> None:
    df = spark.createDataFrame(
        [("2026-02-22", 1, 20)], "`a.start` string, cost int, COST int"
    )
    usage = read(df, columns={"start": "a.start", "cost": "COST"})
    assert usage.select().sums()["unsplit_cost"] == 20 * 10**9


def test_nothing_of_it_stays_on_the_cluster(spark: SparkSession) -> None:
    df = spark.createDataFrame([("2026-02-22", "1")], "start string, cost string")
    tables = len(spark.catalog.listTables())
    held = spark.sparkContext._jsc.getPersistentRDDs().size()
    read(df)
    assert len(spark.catalog.listTables()) == tables
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == held


def test_a_page_of_its_cube_shows_the_same_figures(
    rows: DataFrame, tmp_path: Path
) -> None:
    words = {"columns": COLUMNS, "prices": BOOK, "name": "requests"}
    there, here = read(rows, **words), read(rows.toArrow(), **words)
    shown = repr(mw.overview(here))
    assert "Total Spend $" in shown
    folder = save(there, tmp_path / "frame")
    # of its notes one is told here only
    count = re.compile(r"AboutData\(\d+ notes\)")
    assert count.sub("", repr(mw.overview(open_frame(folder)))) == count.sub("", shown)
    write_notebook(
        tmp_path / "notebooks" / "overview.ipynb",
        "import meterwidgets as mw\nprint(repr(mw.overview(mw.current_usage())))",
    )
    code = SERVE.replace("notebooks=Path(sys.argv[1])", "notebooks=Path(sys.argv[3])")
    with Running("-c", code, str(folder), "0", str(tmp_path / "notebooks")) as server:
        page = server.ask("/overview").text
    spend = re.search(r"Total Spend (\$[\d.]+[KM]?)", shown)
    assert spend and spend[1] in page
