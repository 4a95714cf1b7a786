"""What a frame can ask of the store that keeps its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from meterwidgets.frame.window import Window

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class RecordQuery:
    """Which records of a store to read, and in which order.

    Attributes:
        window: The time range; a record counts by its start.
        currency: The currency of those that have a price.
        with_outliers: Whether requests far over their list price count.
        values: Column -> the values to keep; None stands for "not reported".
        order: "start", or the largest first: "cost", "input_cost", "output_cost",
            "tokens", "input_tokens" or "output_tokens".
        limit: How many records at most.
    """

    window: Window
    currency: str | None
    with_outliers: bool
    values: Mapping[str, tuple[str | None, ...]]
    order: str
    limit: int | None


class RecordStore(Protocol):
    """A store, as the frame that was opened from it sees it."""

    @property
    def folder(self) -> Path:
        """Where it lies."""

    @property
    def generation(self) -> int:
        """The generation that the frame shows; every write makes a new one."""

    @property
    def is_scoped(self) -> bool:
        """Whether it holds the records of a scope and no others."""

    @property
    def is_mapped(self) -> bool:
        """Whether its frame is mapped into memory, and a newer one will be."""

    def records(self, query: RecordQuery) -> pa.Table:
        """The records that a query asks for; see ``Selection.records``."""

    def is_current(self) -> bool:
        """Whether no newer generation has been written."""
