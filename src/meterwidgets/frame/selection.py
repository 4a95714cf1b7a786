"""A selection of the frame: filters, resolved, and exact sums under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.cube import Cube, Ints
from meterwidgets.frame.filters import DIMENSIONS, Filters, Window, resolve, snap
from meterwidgets.frame.rollup import MEASURES, USER_DIMENSIONS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from meterwidgets.frame.frame import UsageFrame

Sums = dict[str, int]
"""Measure -> its exact sum; money in nano-units."""

_FILTER_OF = {dimension: name for name, dimension in DIMENSIONS.items()}


@dataclass(frozen=True, eq=False)
class Selection:
    """What filters choose of a frame.

    Attributes:
        frame: The ledger.
        filters: What was asked for.
    """

    frame: UsageFrame
    filters: Filters

    def __post_init__(self) -> None:
        currency = self.filters.currency
        if currency is not None and currency not in self.frame.currencies:
            have = list(self.frame.currencies)
            raise MeterError(unknown("currency", currency, have))

    @cached_property
    def window(self) -> Window:
        """The time range, on the grain of the cube."""
        frame, filters = self.frame, self.filters
        asked = resolve(filters, frame.start, frame.as_of(filters.tz))
        return snap(asked, frame.cube.grain_s)

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
        mask = self._mask(self.cube, self.filters)
        return {
            measure: int(values[mask].sum())
            for measure, values in self._by_tuple(self.cube).items()
        }

    def by(self, dimension: str, *, own: bool = True) -> dict[str | None, Sums]:
        """The exact sums per value of a dimension.

        Args:
            dimension: Such as ``"org"``.
            own: Whether the filter on this dimension itself applies; a donut shows
                all values and dims the others, a report shows what is chosen.

        Returns:
            Value (None: not reported) -> sums, only those with usage.

        Raises:
            MeterError: When there is no such dimension.
        """
        cube = self._cube_for(dimension)
        filters = self.filters
        if not own and dimension in _FILTER_OF:
            filters = filters.without(_FILTER_OF[dimension])
        mask = self._mask(cube, filters)
        if dimension not in cube.names:
            sums = replace(self, filters=filters).sums()
            return {None: sums} if sums["records"] else {}
        names, codes = cube.names[dimension], cube.codes[dimension][mask]
        totals = {}
        for measure, values in self._by_tuple(cube).items():
            total = np.zeros(len(names), np.int64)
            np.add.at(total, codes, values[mask])
            totals[measure] = total
        return {
            names[place]: {
                measure: int(total[place]) for measure, total in totals.items()
            }
            for place in np.flatnonzero(totals["records"]).tolist()
        }

    def over(
        self,
        edges: Sequence[datetime],
        by: str | None = None,
        measures: Sequence[str] = tuple(MEASURES),
    ) -> dict[str | None, dict[str, Ints]]:
        """The exact sums between edges of time, per value of a dimension.

        Args:
            edges: n + 1 instants, ascending, on the grain.
            by: A dimension, or None for everything under the key None.
            measures: Which ones; "records" among them.

        Returns:
            Value -> measure -> n sums; values without usage are left out.
        """
        cube = self._cube_for(by) if by else self.cube
        buckets = [int(edge.timestamp()) // cube.grain_s for edge in edges]
        mask = self._mask(cube, self.filters)
        places = cube.places(buckets)[mask]
        if by is None or by not in cube.names:
            names: Sequence[str | None] = [None]
            codes = np.zeros(len(places), np.int32)
        else:
            names, codes = cube.names[by], cube.codes[by][mask]
        found: dict[str | None, dict[str, Ints]] = {}
        totals = {}
        for measure in measures:
            total = np.zeros((len(names), len(edges) - 1), np.int64)
            if len(names) == 1:
                total[0] = cube.between(places, measure).sum(axis=0)
            else:
                np.add.at(total, codes, cube.between(places, measure))
            totals[measure] = total
        for place in np.flatnonzero(totals["records"].sum(axis=1)).tolist():
            found[names[place]] = {m: total[place] for m, total in totals.items()}
        return found

    @cached_property
    def span(self) -> tuple[datetime, datetime] | None:
        """The first and last time bucket with usage in the selection, as instants."""
        cube = self.cube
        lows, highs = self._places(cube).T
        inside = self._mask(cube, self.filters) & (highs > lows)
        if not inside.any():
            return None
        grain = timedelta(seconds=cube.grain_s)
        epoch = datetime.fromtimestamp(0, self.window.start.tzinfo)
        first = int(cube.bucket_of(lows[inside]).min())
        last = int(cube.bucket_of(highs[inside] - 1).max())
        return epoch + first * grain, epoch + last * grain

    def at(self, start: datetime, end: datetime) -> Selection:
        """The same filters over another range of time."""
        filters = self.filters.replace(preset="custom", start=start, end=end)
        return Selection(self.frame, filters)

    def to_arrow(self) -> pa.Table:
        """The selected cells: one row per time bucket and combination of values.

        Returns:
            ``start`` (timestamp, UTC), the dimensions, and the measures of the cube
            (int64; money in billionths of ``currency``). Its metadata says how it is
            priced, under "pricing".
        """
        import pyarrow as pa

        cube = self.cube
        lows, highs = self._places(cube).T
        mask = self._mask(cube, self.filters)
        rows = np.concatenate(
            [
                np.arange(low, high)
                for low, high in zip(lows[mask], highs[mask], strict=True)
            ]
            or [np.zeros(0, np.int64)]
        )
        columns: dict[str, Any] = {
            "start": pa.array(
                cube.bucket_of(rows) * cube.grain_s * 1_000_000,
                pa.timestamp("us", "UTC"),
            )
        }
        tuples = cube.tuple_of(rows)
        for name, values in cube.names.items():
            codes = pa.array(cube.codes[name][tuples], pa.int32())
            columns[name] = pa.array(values, pa.string()).take(codes)
        for measure, sums in cube.sums.items():
            columns[measure] = pa.array(sums[rows + 1] - sums[rows])
        table = pa.table(columns).sort_by("start")
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
        from meterwidgets.frame.records import records

        return records(self, order=order, limit=limit)

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
        if dimension not in USER_DIMENSIONS:
            raise MeterError(unknown("dimension", dimension, USER_DIMENSIONS))
        if dimension not in self.frame.cube.names and self.frame.user_cube is not None:
            return self.frame.user_cube
        return self.cube

    @cached_property
    def results(self) -> dict[Any, Any]:
        """What was computed of this selection, for whoever asks for it next."""
        return {}

    @cached_property
    def _cache(self) -> dict[int, Any]:
        return {}

    def _places(self, cube: Cube) -> Ints:
        key = id(cube)
        if key not in self._cache:
            grain = cube.grain_s
            edges = [
                int(edge.timestamp()) // grain
                for edge in (self.window.start, self.window.end)
            ]
            self._cache[key] = cube.places(edges)
        found: Ints = self._cache[key]
        return found

    def _by_tuple(self, cube: Cube) -> dict[str, Ints]:
        """Measure -> for each tuple, the sum over the window."""
        key = -id(cube)
        if key not in self._cache:
            places = self._places(cube)
            self._cache[key] = {m: cube.between(places, m)[:, 0] for m in MEASURES}
        found: dict[str, Ints] = self._cache[key]
        return found

    def _mask(self, cube: Cube, filters: Filters) -> npt.NDArray[np.bool_]:
        """Which tuples the filters on dimensions leave."""
        mask = np.ones(cube.tuples, bool)
        currency = cube.names["currency"]
        shown = [name is None or name == self.currency for name in currency]
        mask &= np.asarray(shown, bool)[cube.codes["currency"]]
        if filters.outliers == "without":
            usual = [name is None for name in cube.names["outlier"]]
            mask &= np.asarray(usual, bool)[cube.codes["outlier"]]
        for name, wanted in filters.chosen.items():
            dimension = DIMENSIONS[name]
            if dimension not in cube.names:
                mask &= None in wanted
                continue
            chosen = np.isin(
                np.arange(len(cube.names[dimension])),
                [i for i, value in enumerate(cube.names[dimension]) if value in wanted],
            )
            mask &= chosen[cube.codes[dimension]]
        return mask
