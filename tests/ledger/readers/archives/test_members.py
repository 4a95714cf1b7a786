"""Archives: what is in them is read as files; hostile ones are refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

import meterwidgets as mw
from ledger.figures import read, sums

Write = Callable[..., Path]
TEXT = "start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"
OTHER = TEXT.replace("T10", "T11")


def zipped(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def tarred(mode: str, **files: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(text), 1_771_800_000
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


TWO = {"in/a.csv": TEXT, "b.csv": OTHER}
DATA = TEXT.encode()
WAYS = {
    "a.zip": (zipped(**TWO), 2),
    "a.tar": (tarred("w", **TWO), 2),
    "a.tar.gz": (tarred("w:gz", **TWO), 2),
    "a.tgz": (tarred("w:gz", **TWO), 2),
    "a.tar.xz": (tarred("w:xz", **TWO), 2),
    "a.bin": (tarred("w:bz2", **TWO), 2),
    "a.csv.zip": (zipped(whatever=TEXT), 1),
    "a.csv.bz2": (bz2.compress(DATA), 1),
    "a.csv.xz": (lzma.compress(DATA), 1),
    "a.csv": (gzip.compress(DATA), 1),
    "b.csv": (pa.compress(DATA, "zstd", asbytes=True), 1),
    "c.csv.lz4": (pa.compress(DATA, "lz4", asbytes=True), 1),
    "d.csv.gz": (DATA, 1),
    "e.zst": (bz2.compress(DATA), 1),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_is_packed_is_read_whatever_its_name_says(write: Write, name: str) -> None:
    data, records = WAYS[name]
    found = sums(read(write(data, name)))
    assert found["input_tokens"] == 5 * records
    assert found["cost"] == 250_000_000 * records


def test_a_folder_with_archives_is_one_ledger(write: Write) -> None:
    path = write(WAYS["a.zip"][0], "in/a.zip")
    write(WAYS["a.csv.bz2"][0].replace(b"\n", b"\n"), "in/a.csv.bz2")
    usage = read(path.parent)
    assert usage.quality.records + usage.quality.duplicates == 3


def test_files_of_an_archive_were_written_when_they_say(write: Write) -> None:
    usage = read(write(tarred("w", **{"a.csv": TEXT}), "a.tar"))
    (span,) = usage.quality.spans
    assert span.name.endswith("a.tar/a.csv")
    assert span.written == datetime.fromtimestamp(1_771_800_000, UTC)


def test_a_bad_row_of_an_archive_is_named_by_its_file_and_line(write: Write) -> None:
    text = TEXT + "2026-02-22T10:00:00Z,a,many,0.1\n" + "x,y\n"
    usage = read(write(zipped(**{"in/a.csv": text}), "a.zip"))
    found = [(Path(e["file"]).parts[-3:], e["line"]) for e in usage.quality.rejects]
    assert found == [(("a.zip", "in", "a.csv"), 3), (("a.zip", "in", "a.csv"), 4)]


def bomb(size: int) -> str:
    return "0" * size


def sparse_tar() -> bytes:
    info = tarfile.TarInfo("a.csv")
    info.size = 10 << 30
    return info.tobuf() + bytes(1024)


def large_header() -> bytes:
    info = tarfile.TarInfo("a.csv")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    return info.tobuf(format=tarfile.USTAR_FORMAT) + bytes(1 << 16)


def encrypted() -> bytes:
    data = bytearray(zipped(**{"a.csv": TEXT}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """Two entries of the index for one and the same file, as in a flat bomb."""
    data = zipped(**{"a.csv": bomb(5000) + os.urandom(4000).hex()})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    tail[8:12] = (3).to_bytes(2, "little") * 2
    tail[12:16] = (3 * len(entry)).to_bytes(4, "little")
    return data[:start] + entry * 3 + bytes(tail)


HOSTILE = {
    "bomb.zip": (zipped(**{"a.csv": bomb(130 << 20)}), "250 times"),
    "bomb.tar": (sparse_tar(), "250 times"),
    "bomb.csv.bz2": (bz2.compress(bomb(130 << 20).encode()), "250 times"),
    "header.tar": (large_header(), "larger than a megabyte"),
    "overlap.zip": (overlapping(), "overlap"),
    "up.zip": (zipped(**{"../a.csv": TEXT}), "outside of it"),
    "absolute.tar": (tarred("w", **{"/etc/a.csv": TEXT}), "outside of it"),
    "encrypted.zip": (encrypted(), "is encrypted"),
    "nested.zip": (
        zipped(**{"a.csv": zipped(**{"b.csv": TEXT}).decode("latin-1")}),
        "inside another|is binary",
    ),
    "cut.zip": (zipped(**{"a.csv": TEXT})[:-20], "cut off"),
    "cut.tgz": (tarred("w:gz", **TWO)[:-20], "cut off"),
    "cut.csv.xz": (lzma.compress(DATA)[:-20], "can't be unpacked"),
    "none.zip": (zipped(**{"a.txt": TEXT, "b.txt": TEXT}), "no ledger in the archive"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_broken_archive_is_refused(write: Write, name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(mw.MeterError, match=words):
        read(write(data, name))


def test_an_archive_is_not_unpacked_where_it_lies(write: Write) -> None:
    path = write(WAYS["a.zip"][0], "in/a.zip")
    read(path)
    assert [each.name for each in path.parent.iterdir()] == ["a.zip"]
