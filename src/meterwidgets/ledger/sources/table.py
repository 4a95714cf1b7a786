"""Any table (CSV, Parquet, JSONL, a dataframe) through a mapping of its columns."""

from __future__ import annotations

from meterwidgets.ledger.records.mapping import GUESSES
from meterwidgets.ledger.sources.base import Sample, Source


def _recognises(sample: Sample) -> bool:
    return True


SOURCE = Source(
    name="table",
    title="Any CSV, Parquet, JSONL or dataframe, by columns",
    recognises=_recognises,
    columns={name: ", ".join(names) for name, names in GUESSES.items()},
    cannot_tell=("whatever no column says",),
)
