"""Damaged archives, databases and typed files: an error or the rows, nothing between."""

from __future__ import annotations

import bz2
import io
import lzma
import random
import sqlite3
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import fastavro
import pyarrow as pa
import pyarrow.csv as pc
import pytest
from pyarrow import orc

import meterwidgets as mw
from ledger.figures import read

ROWS = 50
TEXT = "start,model,prompt_tokens,cost\n" + "".join(
    f"2026-02-22T10:00:{second:02}Z,m{second * 7919},5,0.25\n" for second in range(ROWS)
)
DATA = TEXT.encode()


def containers(folder: Path) -> dict[str, bytes]:
    """The same rows in every container."""
    table = pc.read_csv(io.BytesIO(DATA))
    zipped, tarred, avro = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", TEXT)
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(DATA)
        archive.addfile(info, io.BytesIO(DATA))
    fields = [
        {"name": "start", "type": "string"},
        {"name": "prompt_tokens", "type": "long"},
    ]
    records = [
        {"start": f"2026-02-22T10:00:{n:02}Z", "prompt_tokens": 5} for n in range(ROWS)
    ]
    fastavro.writer(avro, {"type": "record", "name": "u", "fields": fields}, records)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table, max_chunksize=10)
    orc.write_table(table, folder / "a.orc")
    with closing(sqlite3.connect(folder / "a.db")) as con:
        con.execute("CREATE TABLE usage (start, model, prompt_tokens, cost)")
        rows = [line.split(",") for line in TEXT.splitlines()[1:]]
        con.executemany("INSERT INTO usage VALUES (?, ?, ?, ?)", rows)
        con.commit()
    with duckdb.connect(folder / "a.duckdb") as database:
        database.register("t", table)
        database.execute("CREATE TABLE usage AS FROM t")
    found = {
        "a.zip": zipped.getvalue(),
        "a.tgz": tarred.getvalue(),
        "a.csv.bz2": bz2.compress(DATA),
        "a.csv.xz": lzma.compress(DATA),
        "a.csv.zst": pa.compress(DATA, "zstd", asbytes=True),
        "a.avro": avro.getvalue(),
        "a.arrows": stream.getvalue().to_pybytes(),
    }
    made = {
        name: (folder / name).read_bytes() for name in ("a.orc", "a.db", "a.duckdb")
    }
    return found | made


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, and perhaps the end cut off."""
    mutable = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 20])):
        place = chance.randrange(len(mutable))
        value = chance.choice([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", None])
        if value is None:
            mutable[place] = chance.randrange(256)
        else:
            mutable[place : place + 4] = value
    if chance.random() < 0.2:
        del mutable[chance.randrange(len(mutable)) :]
    return bytes(mutable)


def check(folder: Path, seed: int, count: int) -> None:
    chance = random.Random(seed)
    blobs = containers(folder)
    for _ in range(count):
        name = chance.choice(sorted(blobs))
        path = folder / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(damaged(blobs[name], chance))
        try:
            usage = read(path)
        except mw.MeterError:
            continue
        assert usage.quality.records <= ROWS


def test_a_damaged_container_is_an_error_or_its_rows(tmp_path: Path) -> None:
    check(tmp_path, 1, 30)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_many_damaged_containers_are_errors_or_their_rows(
    tmp_path: Path, seed: int
) -> None:
    check(tmp_path, seed, 500)


CUT = (
    "a.zip",
    "a.tgz",
    "a.csv.bz2",
    "a.csv.xz",
    "a.csv.zst",
    "a.avro",
    "a.arrows",
    "a.db",
)


def test_a_container_that_is_cut_off_never_loses_rows_in_silence(
    tmp_path: Path,
) -> None:
    blobs = containers(tmp_path)
    for name in CUT:
        path = tmp_path / f"cut-{name}"
        path.write_bytes(blobs[name][: len(blobs[name]) * 3 // 4])
        with pytest.raises(mw.MeterError):
            read(path)
