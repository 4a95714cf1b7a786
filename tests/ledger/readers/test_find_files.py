"""Which files a folder, a pattern and an address stand for."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw
from ledger.figures import read, sums

Write = Callable[..., Path]
TEXT = "start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"


def test_parts_of_an_export_need_no_ending_but_that_of_their_packing(
    write: Write,
) -> None:
    path = write(gzip.compress(TEXT.encode()), "in/000000.gz")
    write(gzip.compress(b"CREATE TABLE x"), "in/backup.sql.gz")
    assert sums(read(path.parent))["input_tokens"] == 5


def test_an_address_of_a_file_is_its_path(write: Write) -> None:
    path = write(TEXT, "in/a b.csv")
    assert sums(read(path.as_uri()))["input_tokens"] == 5


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("_delta_log/00000000000000000000.json", "a Delta table"),
        ("metadata/v1.metadata.json", "an Iceberg table"),
        (".hoodie/hoodie.properties", "a Hudi table"),
    ],
)
def test_a_table_whose_files_hold_removed_rows_is_refused(
    write: Write, mark: str, kind: str
) -> None:
    write("{}", f"in/{mark}")
    path = write(TEXT, "in/part-0.csv")
    with pytest.raises(mw.MeterError, match=f"is {kind}, whose files"):
        read(path.parent)
