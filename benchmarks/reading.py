"""Read a ledger: our frame compared with engines that only roll up the same file.

    python benchmarks/reading.py [--rows N ...] [--runs N] [--formats parquet csv jsonl]

The same ledger is also read from a ZIP archive, a SQLite file and a bucket (of a server
here: pip install 'moto[server]'). The peers only roll up: one query for each cube that
we make, without checking values, pricing or removing duplicates. At 100 million rows
the ledger is made once (2 GB, half an hour) and one job at a time is asked for:

    python benchmarks/reading.py --rows 100000000 --formats parquet --no-users \
        --runs 1 --folder /var/tmp --jobs read_usage "bare DuckDB"
"""

from __future__ import annotations

import logging
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
from harness import READERS, main

import meterwidgets as mw
from meterwidgets.frame.read import read_usage
from meterwidgets.frame.rollup.measures import rollup
from meterwidgets.schema import DIMENSIONS

SUMMED = ("records", "input_tokens", "output_tokens", "cost")


def ours(path: Path | str) -> dict[str, int]:
    """The sums of ``read_usage``."""
    book = mw.PriceBook(catalogue=False)
    usage = read_usage(path, rejects=None, prices=book)
    assert usage.quality.records > 0 and not usage.quality.rejected
    sums = usage.select().sums()
    cost = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    return {name: int(sums[name]) for name in SUMMED[:3]} | {"cost": cost}


def bare(path: Path) -> dict[str, int]:
    """The sums of DuckDB's roll-up of the file as it is: one query for each cube."""
    con = duckdb.connect(config={"memory_limit": "2GB"})
    file = READERS[path.suffix[1:]].format(path=path)
    has_user = "user" in con.sql(f"SELECT * FROM {file} LIMIT 0").columns
    user = '"user"' if has_user else 'NULL::VARCHAR AS "user"'
    records = f"""(SELECT epoch_us(CAST(start AS TIMESTAMP)) AS start_us, org, project,
      deployment, model, endpoint, {user},
      NULL::VARCHAR AS api_key, NULL::VARCHAR AS outlier,
      1::BIGINT AS requests, prompt_tokens AS input_tokens,
      NULL::BIGINT AS cache_read_tokens, NULL::BIGINT AS cache_write_tokens,
      completion_tokens AS output_tokens, NULL::BIGINT AS reasoning_tokens,
      'USD' AS currency, 0::BIGINT AS input_cost, 0::BIGINT AS output_cost,
      0::BIGINT AS fee_cost, false AS billed, 'request' AS grain,
      NULL::BIGINT AS end_us,
      CAST(round(cost * 1e9) AS BIGINT) AS unsplit_cost, false AS estimated
      FROM {file})"""
    for dimensions in (DIMENSIONS.shared_keys, DIMENSIONS.personal_keys)[
        : 1 + has_user
    ]:
        rows = con.sql(rollup(records, dimensions, 900)).to_arrow_table()
    columns = (*SUMMED[:3], "unsplit_cost")
    sums = [sum(rows[name].to_numpy().tolist()) for name in columns]
    return dict(zip(SUMMED, sums, strict=True))


def polars(path: Path) -> dict[str, int]:
    """The sums of polars' roll-up, of the measures that the file has."""
    import polars as pl

    scan = {"parquet": pl.scan_parquet, "csv": pl.scan_csv, "jsonl": pl.scan_ndjson}
    frame = scan[path.suffix[1:]](path)
    names = frame.collect_schema().names()
    start = pl.col("start")
    if path.suffix != ".parquet":
        start = start.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    keys = ["org", "project", "deployment", "model", "endpoint"]
    for dimensions in (keys, [*keys, "user"])[: 1 + ("user" in names)]:
        rows = (
            frame.with_columns(
                bucket=start.dt.epoch("us") // 900_000_000,
                nano=(pl.col("cost") * 1e9).round().cast(pl.Int64),
            )
            .group_by("bucket", *dimensions)
            .agg(
                records=pl.len().cast(pl.Int64),
                input_tokens=pl.col("prompt_tokens").sum(),
                output_tokens=pl.col("completion_tokens").sum(),
                cost=pl.col("nano").sum(),
            )
            .collect()
        )
    return {name: int(rows[name].sum()) for name in SUMMED}


def prepare(path: Path) -> None:
    """Put a ledger into a ZIP archive, a SQLite file and a bucket of a server here."""
    from moto.server import ThreadedMotoServer
    from pyarrow.fs import S3FileSystem

    zipped = Path(f"{path}.zip")
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    database = Path(f"{path}.sqlite")
    database.unlink(missing_ok=True)
    rows = duckdb.sql(f"FROM {READERS[path.suffix[1:]].format(path=path)}")
    marks = ", ".join("?" * len(rows.columns))
    with closing(sqlite3.connect(database)) as con:
        con.execute(f"CREATE TABLE usage ({', '.join(map(repr, rows.columns))})")
        for batch in rows.to_arrow_reader(100_000):
            columns = [c.cast("string") if "time" in str(c.type) else c for c in batch]
            values = zip(*(column.to_pylist() for column in columns), strict=True)
            con.executemany(f"INSERT INTO usage VALUES ({marks})", values)
        con.commit()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    bucket = S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http",
                          allow_bucket_creation=True)  # fmt: skip
    bucket.create_dir("usage")
    with bucket.open_output_stream(f"usage/{path.name}") as stream:
        stream.write(path.read_bytes())


if __name__ == "__main__":
    jobs = {
        "read_usage": ours,
        "from a ZIP archive": lambda path: ours(f"{path}.zip"),
        "from SQLite": lambda path: ours(f"{path}.sqlite"),
        "from a bucket": lambda path: ours(f"s3://usage/{path.name}"),
        "bare DuckDB": bare,
        "polars": polars,
    }
    main(__file__, __doc__, jobs, base="bare DuckDB", prepare=prepare)
