"""Kill an ingest at random moments, check the store, and go on.

    python -m frame.store.kill_ingest FOLDER TIMES SEED

The ledger is forty files, and every ingest publishes as many generations. After each
kill every record of the published generations must be there exactly once, and the cube
must agree with the Parquet files. Prints counts as JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb

import meterwidgets as mw
from frame.store.ledgers import add, jsonl, spend_logs
from meterwidgets.frame.store import inputs, manifest

FILES, ROWS = 40, 30


def main(folder: Path, times: int, seed: int) -> dict[str, int]:
    """Kill a number of ingests.

    Returns:
        How many were killed, how many of them while files of the next generation were
        there, and how many records were checked.
    """
    dice = random.Random(seed)
    rows = spend_logs(FILES * ROWS, days=60)
    paths = [
        jsonl(folder / f"{n:02}.jsonl", rows[n * ROWS : (n + 1) * ROWS])
        for n in range(FILES)
    ]
    store, seen = folder / "usage.meter", Counter[str]()
    inputs._BATCH_FILES = 1  # a generation a file, so that there is much to interrupt
    began = time.monotonic()
    add(store, *paths[:4])  # measures one generation on this machine
    generation_s = (time.monotonic() - began) / 4
    published: set[str] = set()
    while seen["killed"] < times:
        child = os.fork()
        if not child:
            os.setsid()
            add(store, *paths)
            os._exit(0)
        time.sleep(dice.random() * 3 * generation_s)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):  # it finished first
            check(store, {row["request_id"] for row in rows})
            shutil.rmtree(store)
            published = set()
            seen["finished"] += 1
            continue
        seen["killed"] += 1
        now = manifest.load(store)
        if now is None:
            continue
        named = {*now.files, *now.retired}
        files = [p for p in store.rglob("*/*/*") if p.is_file()]
        seen["in the middle"] += any(
            not any(p.relative_to(store).as_posix().startswith(n) for n in named)
            for p in files
        )
        found = check(store, None)
        assert published <= found, "a published record is lost"
        assert len(found) % ROWS == 0, "half a file is there"
        published = found
        seen["records"] += len(found)
    return dict(seen)


def check(store: Path, expected: set[str] | None) -> set[str]:
    """Check a store against its own files.

    Returns:
        The ids of its records, each of which is there once.
    """
    now = manifest.load(store)
    assert now is not None
    names = [str(store / part) for month in now.months.values() for part in month.parts]
    con = duckdb.connect()
    found = con.execute("SELECT record_id FROM read_parquet(?)", [names]).fetchall()
    ids = [name for (name,) in found]
    assert len(ids) == len(set(ids)), "a record is there twice"
    assert expected is None or set(ids) == expected, "a record is missing"
    row = con.execute(
        "SELECT count(*), sum(input_tokens)::BIGINT, (sum(input_cost + output_cost "
        "+ unsplit_cost) * 1000000000)::BIGINT FROM read_parquet(?)",
        [names],
    ).fetchone()
    con.close()
    sums = mw.open_store(store).select().sums()
    spent = sums["input_cost"] + sums["output_cost"] + sums["unsplit_cost"]
    assert row == (sums["records"], sums["input_tokens"], spent), "the cube differs"
    return set(ids)


if __name__ == "__main__":
    folder, times, seed = sys.argv[1:]
    print(json.dumps(main(Path(folder), int(times), int(seed))))
