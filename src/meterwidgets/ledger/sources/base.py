"""What every source module states about its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """The first look at a ledger: the columns it has, nested ones with dots.

    Attributes:
        columns: Names in the order of the ledger.
        rows: The first records, as read, for formats told by a value.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Source:
    """One ledger format.

    Attributes:
        name: The word for ``source=`` and ``meterwidgets sources``.
        title: What it is, for people.
        recognises: Whether a sample is of this format.
        columns: Our field -> its columns, as shown to people.
        fields: Our field -> SQL text over the raw columns (``{a.b}`` names one),
            or empty when the mapping decides.
        cannot_tell: What this ledger has no record of.
        zone: The zone of timestamps without one, where the format fixes it.
        only: SQL condition of the rows that are usage at all; others are skipped.
        recorded_zero: SQL condition under which a recorded cost of 0 is a price,
            and not the absence of one.
    """

    name: str
    title: str
    recognises: Callable[[Sample], bool]
    columns: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    cannot_tell: tuple[str, ...] = ()
    zone: str | None = None
    only: str = "true"
    recorded_zero: str = "true"
