"""Avro files, through fastavro, as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.spool import Spool

_BATCH = 1_000


def copy_avro(path: Path, spool: Spool) -> Path:
    """An Avro file as lines of JSON in the spool.

    Raises:
        LedgerError: When fastavro is missing, or the file is broken.
    """
    try:
        import fastavro
    except ImportError:
        raise LedgerError(
            f"{path}: is an Avro file, which is read through fastavro; "
            "pip install 'meterwidgets[avro]', or export it as Parquet, JSON or CSV"
        ) from None
    changed = path.stat().st_mtime_ns
    with path.open("rb") as stream:
        try:
            records = fastavro.reader(stream)
            return spool.save(f"{path}.jsonl", _lines(records), mtime_ns=changed)
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 (fastavro and its codecs have many)
            raise LedgerError(
                f"{path}: begins as Avro and can't be read ({str(error)[:200]}); it "
                "may be cut off, so write it again"
            ) from None


def _lines(records: Any) -> Iterator[bytes]:
    """Records as lines of JSON; decimals and times are text, as they are in CSV."""
    import msgspec

    encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="string")
    batch: list[object] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield encoder.encode_lines(batch)
            batch = []
    yield encoder.encode_lines(batch)
