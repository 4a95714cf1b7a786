"""``meterwidgets ingest`` and the commands that read a store, as a user types them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from frame.store.ledgers import jsonl, spend_logs

import meterwidgets as mw
from meterwidgets.cli.main import main
from meterwidgets.frame.store.store import HEARTBEAT

STORE = Path("usage.meter")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_ingest_prints_what_was_added_and_what_was_not() -> None:
    rows = spend_logs(12)
    jsonl(Path("a.jsonl"), [*rows[:10], rows[0], rows[10] | {"startTime": "then"}])
    first = run("ingest", "a.jsonl", "--store", "usage.meter")
    assert first.exit_code == 0
    assert (
        first.stdout == "usage.meter: 10 records added, 1 there already, 1 rejected\n"
    )
    again = run("ingest", "a.jsonl", "--store", "usage.meter")
    assert again.stdout == "usage.meter: 0 records added, 1 file unchanged\n"
    jsonl(Path("a.jsonl"), rows)
    grown = run("ingest", "a.jsonl", "--store", "usage.meter")
    assert grown.stdout == "usage.meter: 2 records added, 10 there already\n"


def test_a_store_and_its_ledgers_have_the_same_report() -> None:
    jsonl(Path("in/a.jsonl"), spend_logs(200))
    jsonl(Path("in/b.jsonl"), spend_logs(200, first=150))
    assert run("ingest", "in/*.jsonl", "--store", "usage.meter").exit_code == 0
    chosen = [
        "--start",
        "2026-02-01",
        "--org",
        "o-1",
        "--user",
        "u-3",
        "--format",
        "json",
    ]
    stored = run("report", "usage.meter", *chosen)
    assert stored.exit_code == 0, stored.stderr
    assert stored.stdout == run("report", "in", *chosen).stdout


def test_ingest_uses_the_sources_prices_and_labels_of_the_config() -> None:
    jsonl(Path("in/a.jsonl"), [row | {"spend": 0} for row in spend_logs(20)])
    Path("meterwidgets.toml").write_text(
        'timezone = "Europe/Berlin"\ncatalogue = false\n'
        '[[source]]\npath = "in/*.jsonl"\n'
        '[[price]]\nmodel = "m-*"\ninput = "2"\noutput = "4"\n'
        '[labels.org]\n"o-1" = "Acme"\n'
    )
    assert run("ingest", "--store", "usage.meter").exit_code == 0
    usage = mw.open_store(STORE)
    sums = usage.select().sums()
    assert sums["input_cost"] == sums["input_tokens"] * 2_000
    assert usage.tz == "Europe/Berlin"
    assert "Acme" in run("report", "usage.meter").stdout
    Path("meterwidgets.toml").write_text('[labels.org]\n"o-1" = "Acme Inc"\n')
    assert "Acme Inc" in run("report", "usage.meter").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ingest", "nope.jsonl", "--store", "usage.meter"], "no file 'nope.jsonl'"),
        (["ingest", "--store", "usage.meter"], "names no [[source]]"),
        (["ingest", "a.jsonl"], "--store"),
        (["ingest", "a.jsonl", "--store", "a.jsonl"], "a.jsonl: can't be written"),
        (["ingest", "a.jsonl", "--store", "s", "--source", "aidre"], "did you mean 'aider'?"),
        (["report", "usage.meter", "a.jsonl"], "a store is read by itself"),
        (["report", "other.meter"], "other.meter"),
    ],
)  # fmt: skip
def test_an_error_says_what_to_do(words: list[str], said: str) -> None:
    jsonl(Path("a.jsonl"), spend_logs(5))
    run("ingest", "a.jsonl", "--store", "usage.meter")
    jsonl(Path("other.meter/meter-manifest.json"), ['{"format": 99, "generation": 1}'])
    found = run(*words)
    assert found.exit_code != 0
    assert said in found.output
    assert "Traceback" not in found.output


@contextmanager
def following(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "meterwidgets",
        "ingest",
        *words,
        "--follow",
        "--every",
        "0.1",
    ]
    with subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


def until(records: int) -> None:
    """Wait until the store holds so many records."""
    ends = time.monotonic() + 60
    found = -1
    while time.monotonic() < ends:
        if (STORE / "meter-manifest.json").exists():
            found = mw.open_store(STORE).quality.records
            if found == records:
                return
        time.sleep(0.05)
    pytest.fail(f"the store holds {found} records, expected {records}")


def test_follow_adds_grown_new_and_repaired_files() -> None:
    rows = spend_logs(60)
    jsonl(Path("in/a.jsonl"), rows[:10])
    with following("in", "--store", "usage.meter") as process:
        until(10)
        jsonl(Path("in/a.jsonl"), rows[:20])
        until(20)
        jsonl(Path("in/bad.json"), ['[{"request_id": "half'])
        jsonl(Path("in/b.jsonl"), rows[20:40])
        until(40)
        assert process.stderr is not None
        while "bad.json: is not readable as JSON" not in process.stderr.readline():
            assert process.poll() is None
        jsonl(Path("new"), rows[40:]).replace("in/bad.json")
        until(60)
        usage = mw.open_store(STORE)
        looked = (STORE / HEARTBEAT).stat().st_mtime
        assert abs(usage.coverage.written.timestamp() - looked) < 30
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "bad.json" not in err  # only printed once
    assert "Traceback" not in err


def test_data_until_stays_while_a_followed_ledger_can_not_be_read() -> None:
    jsonl(Path("in/a.jsonl"), spend_logs(10))
    with following("in", "--store", "usage.meter") as process:
        until(10)
        jsonl(Path("in/bad.json"), ['[{"request_id": "half'])
        assert process.stderr is not None
        while "bad.json: is not readable as JSON" not in process.stderr.readline():
            assert process.poll() is None
        stopped = (STORE / HEARTBEAT).stat().st_mtime
        time.sleep(1)  # several looks
        assert (STORE / HEARTBEAT).stat().st_mtime == stopped
        Path("in/bad.json").unlink()
        ends = time.monotonic() + 60
        while (STORE / HEARTBEAT).stat().st_mtime == stopped:
            assert time.monotonic() < ends
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
