"""One engine reads all ledgers of a process, each on its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import duckdb
import nbclient
import nbformat
import pytest

import meterwidgets as mw
from meterwidgets.ledger.engine.connection import open_workspace


def usage(tokens: int) -> mw.UsageFrame:
    row = {"time": ["2026-02-22"], "model": ["m"], "input_tokens": [tokens]}
    return mw.read_usage(row)


def tokens(count: int) -> int:
    return usage(count).select().sums()["input_tokens"]


def databases() -> int:
    with open_workspace() as ws:
        return ws.count("duckdb_databases()")


def test_what_one_workspace_makes_no_other_sees() -> None:
    with open_workspace() as one, open_workspace() as other:
        one.execute("CREATE TABLE seen AS SELECT 1 AS n; CREATE TYPE t AS ENUM ('a')")
        other.execute("CREATE TABLE seen AS SELECT 2 AS n; CREATE TYPE t AS ENUM ('b')")
        one.execute("SET TimeZone = 'Asia/Tokyo'")
        assert one.execute("FROM seen").fetchall() == [(1,)]
        assert other.execute("FROM seen").fetchall() == [(2,)]
        assert other.execute("SELECT current_setting('TimeZone')").fetchall() != [
            ("Asia/Tokyo",)
        ]


def test_a_workspace_leaves_nothing_behind_also_after_an_error() -> None:
    before = databases()
    with pytest.raises(duckdb.CatalogException), open_workspace() as ws:
        ws.execute("CREATE TABLE big AS SELECT * FROM range(1000); FROM missing")
    assert databases() == before


def test_ledgers_are_read_at_once_in_threads() -> None:
    counts = range(1, 9)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(tokens, counts)) == list(counts)


def _answer(pipe: Connection) -> None:
    pipe.send(tokens(7))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_reads_with_an_engine_of_its_own() -> None:
    tokens(1)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_answer, args=(theirs,))
    child.start()
    try:
        assert ours.poll(30), "the forked process hangs"
        assert ours.recv() == 7
        child.join(10)
        assert child.exitcode == 0
    finally:
        child.kill()
        child.join()
        ours.close()
        theirs.close()


_SLOW = """
from meterwidgets.ledger.engine.connection import open_workspace
with open_workspace() as ws:
    ws.execute("CREATE TABLE t AS SELECT sum(hash(range * 7)) FROM range(400_000_000)")
"""


@pytest.mark.slow  # the engine waits two seconds before it prints
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_long_statement_prints_nothing_in_a_notebook() -> None:
    cells = [nbformat.v4.new_code_cell(_SLOW)]
    done = nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells)).execute()
    assert not done.cells[0].outputs
