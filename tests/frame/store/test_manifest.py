"""The manifest of a store keeps its keys on disk, whatever its fields are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meterwidgets.errors import LedgerError
from meterwidgets.frame.store import manifest
from meterwidgets.ledger.readers.files import MANIFEST

FORMAT_3 = {
    "format": 3,
    "generation": 7,
    "grain_s": 900,
    "months": {
        "2026-01": {
            "parts": ["records/2026-01/000006.parquet"],
            "segment": "cube/2026-01/000007.arrow",
            "tallies": [
                {
                    "source": "litellm",
                    "daily": False,
                    "billed": False,
                    "basis": "recorded",
                    "currency": "USD",
                    "records": 287,
                    "nano": 1428690824,
                }
            ],
            "first_us": 1767245216455000,
            "last_us": 1769638725162000,
            "bucket_us": 0,
        }
    },
    "inputs": [
        {
            "id": 1,
            "name": "a.jsonl",
            "size": 1024,
            "mtime_ns": 1767245216455000123,
            "rows": 288,
            "rejected": 1,
            "assumed_tz": True,
            "until_us": 1769638725162000,
        }
    ],
    "index": "index/000007",
    "rejects": "rejects/000006.jsonl",
    "credits": "credits/000006.parquet",
    "notes": {"a note": [1]},
    "rates": {"a note on prices": [1]},
    "retired": ["cube/2026-01/000006.arrow"],
}


def test_a_manifest_of_format_3_is_read_and_written_unchanged(tmp_path: Path) -> None:
    path = tmp_path / MANIFEST
    path.write_text(json.dumps(FORMAT_3))
    loaded = manifest.load(tmp_path)
    assert loaded is not None
    assert loaded.inputs[0].last_start_us == 1769638725162000
    assert loaded.rate_notes == {"a note on prices": (1,)}
    assert loaded.months["2026-01"].records == 287
    manifest.publish(tmp_path, loaded)
    assert json.loads(path.read_text()) == FORMAT_3


def test_a_manifest_of_another_format_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(json.dumps(FORMAT_3 | {"format": 1}))
    with pytest.raises(LedgerError, match="format 1, expected 3; ingest its ledgers"):
        manifest.load(tmp_path)


def test_what_is_not_a_manifest_is_an_error(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(LedgerError, match="is not the manifest of a store"):
        manifest.load(tmp_path)
