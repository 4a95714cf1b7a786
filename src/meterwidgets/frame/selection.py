"""A selection of the frame: filters, resolved, and exact sums under them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.cube.cells import cells_to_arrow
from meterwidgets.frame.cube.cube import Cube, KeptValues
from meterwidgets.frame.cube.groups import Groups
from meterwidgets.frame.cube.range_sums import sums_between
from meterwidgets.frame.cube.series import series_by_value
from meterwidgets.frame.data import FrameData
from meterwidgets.frame.filters import Filters, kept_values
from meterwidgets.frame.known_buckets import finest_known_bucket_s, is_some_coarser
from meterwidgets.frame.record_store import RecordQuery
from meterwidgets.frame.rollup.encoding import Int64s
from meterwidgets.frame.window import Window, resolve, snap
from meterwidgets.measures import MEASURES
from meterwidgets.zones import EPOCH

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Sums = dict[str, int]
"""Measure -> its exact sum; money in nano-units."""


@dataclass(frozen=True, eq=False)
class Selection:
    """What filters choose of a frame.

    Attributes:
        frame: The ledger.
        filters: What was asked for.
        select: Selects other cells of the same frame.
    """

    frame: FrameData
    filters: Filters
    select: Callable[[Filters], Selection]

    def __post_init__(self) -> None:
        currency = self.filters.currency
        if currency is not None and currency not in self.frame.currencies:
            have = list(self.frame.currencies)
            raise MeterError(unknown("currency", currency, have))

    @cached_property
    def window(self) -> Window:
        """The time range, on the grain of the cube."""
        frame, filters = self.frame, self.filters
        grain_s = frame.cube.grain_s
        window = resolve(
            filters, frame.coverage, start=frame.start, last=frame.last, grain_s=grain_s
        )
        return snap(window, grain_s)

    @cached_property
    def known_bucket_s(self) -> int:
        """Seconds of the finest bucket at which 99% of cost and tokens are known.

        0 where the records are requests.

        Source: METRICS, "Coverage", never finer than known.
        """
        if not self.frame.bucket_s:
            return 0
        return finest_known_bucket_s(self.sums())

    @property
    def has_coarser_usage(self) -> bool:
        """Whether some usage is known by longer time only than a trend is drawn by."""
        return bool(self.frame.bucket_s) and is_some_coarser(
            self.sums(), self.known_bucket_s
        )

    @cached_property
    def currency(self) -> str | None:
        """The currency of every amount; None when nothing in the ledger is priced."""
        return self.filters.currency or next(iter(self.frame.currencies), None)

    @cached_property
    def cube(self) -> Cube:
        """The cube that can answer: the one with users when users are chosen."""
        if self.filters.users and self.frame.user_cube is not None:
            return self.frame.user_cube
        return self.frame.cube

    def sums(self) -> Sums:
        """The exact sums of every measure."""
        groups = self.cube.groups(None, self._kept_values())
        totals = self._grouped_sums(self.cube, groups).sum(axis=1).tolist()
        return {name: totals[place] for name, place in self.cube.sums.columns.items()}

    def by(
        self, dimension: str, *, apply_own_filter: bool = True
    ) -> dict[str | None, Sums]:
        """The exact sums per value of a dimension; see ``breakdown_columns``.

        Returns:
            Value (None: not reported) -> sums, only those with usage.
        """
        values, sums = self.breakdown_columns(
            dimension, apply_own_filter=apply_own_filter
        )
        rows = zip(*(column.tolist() for column in sums.values()), strict=True)
        return {
            value: dict(zip(sums, row, strict=True))
            for value, row in zip(values, rows, strict=True)
        }

    def breakdown_columns(
        self, dimension: str, *, apply_own_filter: bool = True
    ) -> tuple[list[str | None], dict[str, Int64s]]:
        """The exact sums of a breakdown, a column each.

        Args:
            dimension: Such as ``"org"``.
            apply_own_filter: Whether the filter on this dimension itself applies; a
                donut shows all values and dims the others, a report shows what is
                chosen.

        Returns:
            The values that have usage (None: not reported), and measure -> the sums
            of each.

        Raises:
            MeterError: When there is no such dimension.
        """
        cube = self._cube_for(dimension)
        names = cube.names.get(dimension, [None])
        excluded = None if apply_own_filter else dimension
        groups = cube.groups(dimension, self._kept_values(excluded))
        sums = self._grouped_sums(cube, groups)
        columns = cube.sums.columns
        used = np.flatnonzero(sums[columns["records"]])
        sums = sums[:, used]
        return (
            [names[place] for place in groups.keys[used].tolist()],
            {name: sums[place] for name, place in columns.items()},
        )

    def sums_between(
        self,
        edges: Sequence[datetime],
        by: str | None = None,
        measures: Sequence[str] = tuple(MEASURES),
        *,
        values: Iterable[str | None] | None = None,
    ) -> dict[str | None, dict[str, Int64s]]:
        """The exact sums between edges of time, per value of a dimension.

        Args:
            edges: n + 1 instants, ascending, on the grain.
            by: A dimension, or None for everything under the key None.
            measures: Which ones; "records" among them.
            values: The values of that dimension to answer for, or None for all.

        Returns:
            Value -> measure -> n sums; values without usage are left out.
        """
        cube = self._cube_for(by) if by else self.cube
        kept = self._kept_values()
        if by and values is not None:
            kept = (*kept, (by, frozenset(values)))
        buckets = [int(edge.timestamp()) // cube.grain_s for edge in edges]
        return series_by_value(cube, by, buckets, measures, kept)

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """The first and last time bucket with usage in the selection, as instants."""
        cube = self.cube
        extent = cube.sums.extent(self._edges(cube), self._selected_tuples)
        if extent is None:
            return None
        first, last = (bucket * timedelta(seconds=cube.grain_s) for bucket in extent)
        return EPOCH + first, EPOCH + last

    def at(self, start: datetime, end: datetime) -> Selection:
        """The same filters over another range of time."""
        filters = self.filters.replace(preset="custom", start=start, end=end)
        return self.select(filters)

    def to_arrow(self) -> pa.Table:
        """The selected cells: one row per time bucket and combination of values.

        Returns:
            ``start`` (timestamp, UTC), the dimensions, and the measures of the cube
            (int64; money in billionths of ``currency``). Its metadata says how it is
            priced, under "pricing".
        """
        table = cells_to_arrow(self.cube, self._edges(self.cube), self._selected_tuples)
        return table.replace_schema_metadata({"pricing": self.frame.pricing})

    def records(self, *, order: str = "start", limit: int | None = None) -> pa.Table:
        """The requests behind the selection, from the store.

        Args:
            order: "start", or the largest first: "cost", "input_cost", "output_cost",
                "tokens", "input_tokens" or "output_tokens".
            limit: At most so many.

        Returns:
            A row a record (or a bucket, where the ledger has buckets): what it is,
            its counts, its money (decimal128, in ``currency``), and the ``file`` and
            ``row`` that it was read from. The selection's time range counts by the
            record's start, on the grain of the cube.

        Raises:
            LedgerError: When the frame is of no store, or that has gone on meanwhile.
        """
        frame = self.frame
        return frame.record_store().records(
            RecordQuery(
                window=self.window,
                currency=self.currency,
                with_outliers=self.filters.outliers == "with",
                values={
                    frame.dimensions.named(dimension).column: values
                    for dimension, values in self.filters.chosen.items()
                },
                order=order,
                limit=limit,
            )
        )

    def to_pandas(self) -> pd.DataFrame:
        """The selected cells as a dataframe; ``attrs`` say how it is priced."""
        table = self.to_arrow().to_pandas()
        table.attrs["pricing"] = self.frame.pricing
        return table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        first, end = self.window.start, self.window.end
        count = self.sums()["records"]
        return (
            f"Selection({count:,} records, {first:%Y-%m-%d %H:%M} to "
            f"{end:%Y-%m-%d %H:%M} UTC, {self.filters!r}"
            f"{f', {self.frame.pricing}' if self.frame.repriced else ''})"
        )

    def _cube_for(self, dimension: str) -> Cube:
        self.frame.dimensions.named(dimension)
        if dimension not in self.frame.cube.names and self.frame.user_cube is not None:
            return self.frame.user_cube
        return self.cube

    @cached_property
    def results(self) -> dict[Any, Any]:
        """What was computed of this selection, for whoever asks for it next."""
        return {}

    def _edges(self, cube: Cube) -> tuple[int, int]:
        """The window in time buckets of a cube."""
        start, end = self.window.start.timestamp(), self.window.end.timestamp()
        return int(start) // cube.grain_s, int(end) // cube.grain_s

    @cached_property
    def _window_sums(self) -> Int64s:
        """The sums over the window of each tuple of the frame's cube."""
        sums = self.frame.cube.sums
        edges = self._edges(self.frame.cube)
        return sums_between(sums, edges, list(sums.values), sums.every_tuple)[:, 0]

    def _grouped_sums(self, cube: Cube, groups: Groups) -> Int64s:
        """The sums over the window by group, shape (columns, groups)."""
        if cube is self.frame.cube:  # all breakdowns are of the same sums
            return groups.sums(self._window_sums)
        measures = list(cube.sums.values)
        return sums_between(cube.sums, self._edges(cube), measures, groups)[:, 0]

    @property
    def _selected_tuples(self) -> npt.NDArray[np.bool_]:
        """Which tuples of the cube are selected."""
        return self.cube.groups(None, self._kept_values()).of_tuple >= 0

    def _kept_values(self, excluded: str | None = None) -> KeptValues:
        """The values that the filters leave.

        Args:
            excluded: A dimension whose filter does not apply.
        """
        return kept_values(self.filters, self.currency, excluded=excluded)
