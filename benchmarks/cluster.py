"""A PySpark dataframe: read by the cluster, beside what only rolls it up.

    python benchmarks/cluster.py [--master URL] [--rows N] [--runs N] [--ids]

The peers are Spark with the roll-up alone, without a check, a price or a duplicate
found, and ``read_usage`` of the same Parquet file here. The first run of each starts
its processes and compiles its code; it is printed apart from the best of the others.
With ``--ids`` every request has an id, so that equal rows are looked for. Every sum is
compared, to the integer.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness import write_ledger
from pyspark.sql import DataFrame, SparkSession

import meterwidgets as mw
from meterwidgets.frame.rollup.measures import rollup
from meterwidgets.frame.spark.engine import for_spark
from meterwidgets.schema import DIMENSIONS

SUMMED = ("records", "input_tokens", "output_tokens")
COSTS = ("input_cost", "output_cost", "unsplit_cost")
AS_IT_IS = """
SELECT unix_micros(start) AS start_us, org, project, deployment, model, endpoint, user,
  CAST(NULL AS STRING) AS api_key, CAST(NULL AS STRING) AS outlier,
  CAST(1 AS BIGINT) AS requests, prompt_tokens AS input_tokens,
  completion_tokens AS output_tokens, 'USD' AS currency,
  CAST(0 AS BIGINT) AS input_cost, CAST(0 AS BIGINT) AS output_cost,
  CAST(round(cost * 1e9) AS BIGINT) AS unsplit_cost, false AS estimated,
  CAST(NULL AS BIGINT) AS cache_read_tokens, CAST(NULL AS BIGINT) AS cache_write_tokens,
  CAST(NULL AS BIGINT) AS reasoning_tokens
FROM as_it_is
"""


def ours(ledger: Any) -> dict[str, int]:
    """The sums of ``read_usage``."""
    usage = mw.read_usage(ledger, prices=mw.PriceBook(catalogue=False), rejects=None)
    assert usage.quality.records > 0 and not usage.quality.rejected
    cube = usage.user_cube or usage.cube
    sums = {name: int(cube.sums.total(name).sum()) for name in SUMMED}
    cost = sum(int(cube.sums.total(name).sum()) for name in COSTS)
    return sums | {"cost": cost, "cells": cube.rows}


def bare(df: DataFrame) -> dict[str, int]:
    """The sums of Spark's roll-up of the table as it is, brought back as Arrow."""
    spark = df.sparkSession
    df.createOrReplaceTempView("as_it_is")
    spark.sql(AS_IT_IS).createOrReplaceTempView("bare_records")
    text = rollup("records", DIMENSIONS.personal_keys, 900)
    cells = spark.sql(for_spark(text, "bare_records")).toArrow()
    sums = {name: int(cells[name].to_numpy().sum()) for name in SUMMED}
    cost = sum(int(cells[name].to_numpy().sum()) for name in COSTS)
    return sums | {"cost": cost, "cells": cells.num_rows}


def measured(job: Callable[[Any], dict[str, int]], what: Any, runs: int) -> Any:
    """What a job finds, and its seconds: the first time, and the best after it."""
    times = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        found = job(what)
        times.append(time.perf_counter() - begun)
    return found, times[0], min(times[1:])


def main() -> None:
    """Run them on one table and print seconds and rows a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--master", default="local[*]")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--ids", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    begun = time.perf_counter()
    builder = SparkSession.builder.master(asked.master)
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "1g",
        "spark.driver.memory": "4g",
        "spark.driver.maxResultSize": "4g",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    print(f"connected in {time.perf_counter() - begun:.1f} s")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "requests.parquet"
        write_ledger(path, asked.rows, users=True)
        df = spark.read.parquet(str(path))
        if not asked.ids:
            df = df.drop("request_id")
        here = path if asked.ids else df.toArrow()
        jobs = {
            "read_usage(df), the cluster": (ours, df),
            "bare Spark, the roll-up alone": (bare, df),
            "read_usage, DuckDB here": (ours, here),
        }
        answers = []
        for name, (job, what) in jobs.items():
            found, first, best = measured(job, what, asked.runs)
            answers.append(found)
            print(
                f"{name:<30} first {first:6.1f} s   best {best:6.1f} s   "
                f"{asked.rows / best:>9,.0f} rows/s   {found['cells']:,} cells"
            )
    assert all(each == answers[0] for each in answers), answers
    print("equal to the integer:", answers[0])
    spark.stop()


if __name__ == "__main__":
    main()
