"""A store survives kills, full disks and two writers at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import meterwidgets as mw
from frame.store.kill_ingest import check
from frame.store.ledgers import add, figures, jsonl, read_at_once, spend_logs

STORE = Path("usage.meter")
TESTS = Path(__file__).parents[2]


def python(*arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def kill_ingests(times: int) -> dict[str, int]:
    here = str(Path.cwd())
    process = python(
        "-m", "frame.store.kill_ingest", here, str(times), "7", cwd=str(TESTS)
    )
    out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)  # type: ignore[no-any-return]


@pytest.mark.slow
def test_a_killed_ingest_neither_loses_nor_duplicates_a_published_record() -> None:
    seen = kill_ingests(6)
    assert seen["killed"] == 6
    assert seen["records"] > 0


@pytest.mark.slow
def test_after_200_random_kills_every_published_record_is_there_exactly_once() -> None:
    seen = kill_ingests(200)
    assert seen["killed"] == 200
    assert seen["in the middle"] > 20  # else the kills came at harmless moments
    assert seen["records"] > 10_000


@pytest.mark.slow
def test_a_full_disk_leaves_the_store_as_it_was() -> None:
    add(STORE, jsonl(Path("a.jsonl"), spend_logs(50)))
    before = figures(mw.open_store(STORE))
    jsonl(Path("b.jsonl"), spend_logs(20_000, first=1_000))
    # no file may grow past 64 kB: what a full disk does, to this process only
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)); "
        "from meterwidgets.cli.main import main; main()"
    )
    process = python("-c", code, "ingest", "b.jsonl", "--store", str(STORE))
    _, err = process.communicate()
    assert process.returncode == 1
    assert "usage.meter: can't be written" in err
    assert "what was in it before is still there" in err
    assert "Traceback" not in err
    assert figures(mw.open_store(STORE)) == before
    added = add(STORE, "b.jsonl")
    assert added.records == 20_000
    assert figures(mw.open_store(STORE)) == figures(
        read_at_once(["a.jsonl", "b.jsonl"])
    )


def test_two_writers_wait_for_each_other() -> None:
    rows = spend_logs(400)
    jsonl(Path("a.jsonl"), rows[:300])
    jsonl(Path("b.jsonl"), rows[100:])
    both = [
        python("-m", "meterwidgets", "ingest", name, "--store", str(STORE))
        for name in ("a.jsonl", "b.jsonl")
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert check(STORE.absolute(), None) == {row["request_id"] for row in rows}
    whole = read_at_once(["a.jsonl", "b.jsonl"], mw.PriceBook())
    assert figures(mw.open_store(STORE)) == figures(whole)


@pytest.mark.slow
def test_a_reader_sees_whole_generations_while_a_writer_writes() -> None:
    rows = spend_logs(200, days=40)
    for number in range(5):
        jsonl(Path(f"in/{number}.jsonl"), rows[number * 40 : number * 40 + 40])
    add(STORE, "in/0.jsonl")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "from frame.store.ledgers import add; "
        "[add('usage.meter', f'in/{n}.jsonl') for n in range(1, 5)]"
    )
    counts = []
    with python("-c", code, str(TESTS)) as writer:
        until = time.monotonic() + 120
        while writer.poll() is None and time.monotonic() < until:
            counts.append(mw.open_store(STORE).select().sums()["records"])
        assert writer.wait() == 0
    assert all(count % 40 == 0 for count in counts)
    assert counts == sorted(counts)
    assert mw.open_store(STORE).select().sums()["records"] == 200
