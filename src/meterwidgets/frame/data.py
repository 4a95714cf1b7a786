"""What a frame holds: the cubes of one ledger, and what pages say about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from meterwidgets.errors import LedgerError, MeterError, unknown
from meterwidgets.frame.coverage import Coverage
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.labels import display_text, distinct_labels
from meterwidgets.frame.record_store import RecordStore
from meterwidgets.ledger.pricing.mode import RECORDED
from meterwidgets.ledger.pricing.outliers import Outlier
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.schema import DIMENSIONS, Dimensions


@dataclass(frozen=True, kw_only=True, repr=False)
class FrameData:
    """The data of a ``UsageFrame``, which selections sum up.

    Attributes:
        name: What the ledger is called on screens.
        cube: Usage by time and dimension.
        user_cube: The same with user and API key; None where no user is reported.
        last: The last moment with usage, whatever its date.
        coverage: The time that the ledger can speak of.
        currencies: Those that occur, the most used first.
        quality: What was read, rejected and assumed.
        labels: Dimension -> id -> name to show.
        demo: Whether this is made-up data.
        tz: The zone that pages start with.
        bucket_s: Seconds of the longest bucket, where rows are buckets; else 0.
        outliers: The dearest requests of over 100 times their list price.
        store: The store that keeps the records, if there is one.
        pricing: "recorded", or "repriced" and as of which day.
        dimensions: What usage can be filtered and broken down by.
    """

    name: str
    cube: Cube
    user_cube: Cube | None
    last: datetime
    coverage: Coverage
    currencies: tuple[str, ...]
    quality: Quality
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    demo: bool = False
    tz: str = "UTC"
    bucket_s: int = 0
    outliers: tuple[Outlier, ...] = ()
    store: RecordStore | None = None
    pricing: str = str(RECORDED)
    dimensions: Dimensions = DIMENSIONS

    @property
    def repriced(self) -> bool:
        """Whether prices replace what the ledger recorded as costs."""
        return self.pricing != str(RECORDED)

    @property
    def start(self) -> datetime:
        """The first instant of the first time bucket with usage."""
        return datetime.fromtimestamp(self.cube.first * self.cube.grain_s, UTC)

    def record_store(self) -> RecordStore:
        """The store that keeps the records.

        Raises:
            LedgerError: When there is none.
        """
        if self.store is None:
            raise LedgerError(
                f"{self.name}: its requests are not kept, only their sums; "
                "ingest the ledger (meterwidgets ingest SOURCE --store DIR) and open "
                "the store"
            )
        return self.store

    def label(self, dimension: str, value: str | None) -> str:
        """The name to show for a value; see ``display_names``."""
        return self.display_names(dimension, [value])[0]

    def display_names(self, dimension: str, values: Iterable[str | None]) -> list[str]:
        """The names to show for values; what is not reported is "(none)".

        A name that two values have gets a piece of the id, "Acme (a1b2)".
        """
        labels = self.labels.get(dimension)
        if labels and dimension not in self._shown:
            known = filter(None, self._values(dimension))
            self._shown[dimension] = distinct_labels(known, labels)
        shown = self._shown.get(dimension, {})
        return ["(none)" if each is None else shown.get(each, each) for each in values]

    def ids(self, dimension: str, names: Iterable[str]) -> tuple[str | None, ...]:
        """The values that names stand for: ids, labels, or "(none)".

        Args:
            dimension: Such as ``"org"``.
            names: As a user writes them.

        Raises:
            MeterError: When a name is not in the ledger, with the nearest ones.
        """
        ids_by_name = self.ids_by_name(dimension)
        ids = []
        for name in names:
            if name not in ids_by_name:
                raise MeterError(self.not_found(dimension, name))
            ids.append(ids_by_name[name])
        return tuple(ids)

    def reported_ids(self, dimension: str) -> frozenset[str | None]:
        """The values of a dimension that have usage."""
        return frozenset(self._values(dimension))

    def ids_by_name(self, dimension: str) -> Mapping[str, str | None]:
        """Id or name -> id, of all values of a dimension."""
        if dimension not in self._ids_by_name:
            values = self._values(dimension)
            names = self.display_names(dimension, values)
            ids_by_name = dict(zip(names, values, strict=True))
            ids_by_name |= {value: value for value in values if value is not None}
            self._ids_by_name[dimension] = ids_by_name
        return self._ids_by_name[dimension]

    @cached_property
    def _shown(self) -> dict[str, dict[str, str]]:
        """Dimension -> value -> the name to show, filled on demand."""
        return {}

    @cached_property
    def _ids_by_name(self) -> dict[str, dict[str, str | None]]:
        """Dimension -> id or name -> id, filled on demand."""
        return {}

    def _values(self, dimension: str) -> Sequence[str | None]:
        cube = self.cube if dimension in self.cube.names else self.user_cube
        return cube.names.get(dimension, [None]) if cube is not None else [None]

    def not_found(self, dimension: str, name: str) -> str:
        """What to say of a name that is not in the ledger, with the nearest ones."""
        labels, shown = self.labels.get(dimension, {}), display_text(name)
        alike = [
            self.label(dimension, value)
            for value in filter(None, self._values(dimension) if labels else ())
            if display_text(labels.get(value, "")) == shown
        ]
        if alike:
            return f"{dimension} {name!r} may be {' or '.join(alike)}; name one of them"
        return unknown(dimension, name, self.ids_by_name(dimension))
