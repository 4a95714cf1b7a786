"""Arrow, Feather, ORC, Avro and Hive-partitioned Parquet mean what CSV means."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

import meterwidgets as mw
from ledger.figures import by, read, sums

Write = Callable[..., Path]
TABLE = pa.table({
    "start": ["2026-02-22T10:00:00Z", "2026-02-22T11:00:00Z"],
    "model": pa.array(["a", "b"]).dictionary_encode(),
    "prompt_tokens": [5, 7],
    "cost": pa.array([Decimal("0.1"), Decimal("0.2")], pa.decimal128(9, 4)),
})  # fmt: skip
PLAIN = TABLE.set_column(1, "model", TABLE["model"].cast(pa.string()))


def ipc(new: Callable[..., pa.ipc.RecordBatchStreamWriter], path: Path) -> None:
    with new(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=1)


def avro(path: Path) -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4}
    fields = [
        {"name": "start", "type": "string"},
        {"name": "model", "type": "string"},
        {"name": "prompt_tokens", "type": ["null", "long"]},
        {"name": "cost", "type": decimal},
    ]
    schema = {"type": "record", "name": "usage", "fields": fields}
    with path.open("wb") as stream:
        fastavro.writer(stream, schema, PLAIN.to_pylist(), codec="deflate")


WAYS: dict[str, Callable[[Path], object]] = {
    "arrow": lambda path: ipc(pa.ipc.new_file, path),
    "arrows": lambda path: ipc(pa.ipc.new_stream, path),
    "feather": lambda path: feather.write_feather(TABLE, path),
    "orc": lambda path: orc.write_table(PLAIN, path),
    "avro": avro,
    "csv": lambda path: pq.write_table(TABLE, path),
}


@pytest.mark.parametrize("suffix", WAYS)
def test_typed_files_mean_what_their_rows_mean(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "in" / f"a.{suffix}"
    path.parent.mkdir()
    WAYS[suffix](path)
    usage = read(path.parent)
    assert sums(usage)["cost"] == 300_000_000
    assert by(usage, "model", "input_tokens") == {"a": 5, "b": 7}


@pytest.mark.parametrize("suffix", ["arrow", "arrows", "orc", "avro"])
def test_a_file_that_is_cut_off_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    WAYS[suffix](path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(mw.MeterError, match=r"can't be read|binary"):
        read(path)


def test_folders_of_a_partitioned_table_are_columns(tmp_path: Path) -> None:
    for org, tokens in (
        ("Acme%20Inc", 5),
        ("beta", 7),
        ("__HIVE_DEFAULT_PARTITION__", 9),
    ):
        folder = tmp_path / f"usage/dt=2026-02-22/org={org}"
        folder.mkdir(parents=True)
        row = {"start": ["2026-02-22T10:00:00Z"], "prompt_tokens": [tokens]}
        pq.write_table(pa.table(row), folder / "0.parquet")
    found = {"Acme Inc": 5, "beta": 7, None: 9}
    assert by(read(tmp_path / "usage"), "org", "input_tokens") == found
    alone = read(tmp_path / "usage/dt=2026-02-22/org=beta/0.parquet")
    assert by(alone, "org", "input_tokens") == {"beta": 7}


def test_days_that_only_folders_have_date_the_rows(tmp_path: Path) -> None:
    folder = tmp_path / "usage/date=2026-02-22"
    folder.mkdir(parents=True)
    pq.write_table(
        pa.table({"model": ["a"], "prompt_tokens": [5]}), folder / "0.parquet"
    )
    assert sums(read(tmp_path / "usage"))["input_tokens"] == 5


def test_a_column_of_the_file_goes_before_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "org=folder"
    folder.mkdir()
    row = {"start": ["2026-02-22T10:00:00Z"], "prompt_tokens": [5], "org": ["file"]}
    pq.write_table(pa.table(row), folder / "0.parquet")
    assert by(read(folder), "org", "input_tokens") == {"file": 5}
