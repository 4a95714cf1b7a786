"""Ingest a ledger: our store compared with bare DuckDB writing the same layout.

    python benchmarks/ingest.py [--rows N ...] [--runs N] [--formats parquet csv jsonl]

The peer reads the file once and writes the same Parquet columns, a folder a month, and
the rows of the cube of each month as Arrow; it checks nothing, prices nothing, finds no
duplicate, and has neither manifest nor index. At 100 million rows:

    python benchmarks/ingest.py --rows 100000000 --formats parquet --no-users \
        --runs 1 --folder /var/tmp --jobs ingest "bare DuckDB"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from harness import READERS, Job, main

import meterwidgets as mw
from meterwidgets.frame.rollup.measures import rollup
from meterwidgets.frame.saved import write_table
from meterwidgets.frame.store import parquet
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.schema import COUNTS, DIMENSIONS, NAMES

SUMMED = ("records", "input_tokens", "output_tokens")
SIDES = ("input_cost", "output_cost", "unsplit_cost")


def ours(path: Path, store: Path) -> dict[str, int]:
    """The sums of a store of the file."""
    book = mw.PriceBook(catalogue=False)
    result = ingest([LedgerSpec([path])], store, prices=book)
    assert result.records and not result.rejected and not result.problems
    sums = mw.open_store(store).select().sums()
    return {name: sums[name] for name in SUMMED} | {
        "cost": sum(sums[side] for side in SIDES)
    }


def bare(path: Path, store: Path) -> dict[str, int]:
    """The sums of what bare DuckDB writes."""
    con = duckdb.connect(config={"memory_limit": "2GB"})
    file = READERS[path.suffix[1:]].format(path=path)
    columns = con.sql(f"SELECT * FROM {file} LIMIT 0").columns
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    fields = [f'"{name}"' if name in columns else f'NULL::VARCHAR AS "{name}"'
              for name in NAMES]  # fmt: skip
    fields += [f"{names[name]} AS {name}" if name in names
               else f"{1 if name == 'requests' else 'NULL'}::BIGINT AS {name}"
               for name in COUNTS]  # fmt: skip
    nothing = ", ".join(
        f"NULL::{kind} AS {name}"
        for kind, name in [
            ("BIGINT", "end_us"), ("VARCHAR", "status"), ("VARCHAR", "service_tier"),
            ("BIGINT", "reported_input_cost"), ("BIGINT", "reported_output_cost"),
            ("VARCHAR", "covers"), ("BIGINT", "grown"), ("BIGINT", "list_cost"),
            ("VARCHAR", "outlier"),
        ]
    )  # fmt: skip
    cost = "CAST(round(cost * 1e9) AS BIGINT)"
    records = f"""(SELECT 'table' AS source, 'request' AS grain,
      request_id AS record_id, epoch_us(CAST(start AS TIMESTAMP)) AS start_us,
      {", ".join(fields)}, {nothing}, {cost} AS reported_cost, 0::BIGINT AS input_cost,
      0::BIGINT AS output_cost, {cost} AS unsplit_cost, 'USD' AS currency,
      'USD' AS reported_currency, 'recorded' AS cost_basis, false AS estimated,
      false AS own_id, false AS billed, 0 AS file, row_number() OVER () AS n
      FROM {file})"""
    con.execute(
        f"COPY ({parquet.stored_rows(records, [1])}) TO '{store}' "
        "(FORMAT parquet, PARTITION_BY (month))"
    )
    sums = dict.fromkeys([*SUMMED, "cost"], 0)
    for folder in sorted(store.iterdir()):
        stored = parquet.priced_records(
            folder, [each.name for each in folder.iterdir()]
        )
        rows = con.sql(rollup(stored, DIMENSIONS.personal_keys, 900)).to_arrow_table()
        write_table(folder / "segment.arrow", rows)
        for name in (*SUMMED, *SIDES):
            into = "cost" if name in SIDES else name
            sums[into] += sum(rows[name].to_numpy().tolist())
    return sums


def in_own_folder(job: Callable[[Path, Path], dict[str, int]]) -> Job:
    """A job that writes to a temporary folder beside the ledger."""

    def run(path: Path) -> dict[str, int]:
        with TemporaryDirectory(dir=path.parent) as folder:
            return job(path, Path(folder) / "store")

    return run


if __name__ == "__main__":
    jobs = {"ingest": in_own_folder(ours), "bare DuckDB": in_own_folder(bare)}
    main(__file__, __doc__, jobs, base="bare DuckDB")
