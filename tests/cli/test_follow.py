"""``--follow`` finds what is new wherever a ledger lies: archives, databases, buckets."""

from __future__ import annotations

import json
import signal
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from frame.store.ledgers import spend_logs
from pyarrow.fs import S3FileSystem

from .test_ingest import following, until

pytestmark = pytest.mark.slow

COLUMNS = ("request_id", "startTime", "model", "spend", "prompt_tokens",
           "completion_tokens", "api_key")  # fmt: skip


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3FileSystem]:
    """The empty bucket s3://usage of a server that runs here."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    files = S3FileSystem(
        access_key="key", secret_key="s3cret", region="us-east-1",
        endpoint_override=f"http://{host}:{port}", allow_bucket_creation=True,
    )  # fmt: skip
    files.create_dir("usage")
    yield files
    server.stop()


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_what_is_new_in_archives_databases_and_buckets_is_added(
    bucket: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{name: row.get(name) for name in COLUMNS} for row in spend_logs(60)]
    Path("in").mkdir()

    def upload(name: str, some: list[dict[str, Any]]) -> None:
        with bucket.open_output_stream(f"usage/{name}") as stream:
            stream.write(lines(some).encode())

    with closing(sqlite3.connect("agent.db")) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute(f"CREATE TABLE spend ({', '.join(COLUMNS)})")

        def insert(some: list[dict[str, Any]]) -> None:
            marks = ", ".join(f":{name}" for name in COLUMNS)
            db.executemany(f"INSERT INTO spend VALUES ({marks})", some)
            db.commit()

        insert(rows[:5])
        upload("a.jsonl", rows[5:10])
        with zipfile.ZipFile("in/a.zip", "w") as archive:
            archive.writestr("a.jsonl", lines(rows[10:15]))
        words = ("in", "agent.db", "s3://usage", "--store", "usage.meter")
        with following(*words) as process:
            until(15)
            insert(rows[15:30])
            until(30)
            with zipfile.ZipFile("in/b.zip", "w") as archive:
                archive.writestr("b.jsonl", lines(rows[30:40]))
            until(40)
            upload("b.jsonl", rows[40:])
            until(60)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
