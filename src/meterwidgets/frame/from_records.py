"""From records in an engine, DuckDB's or a cluster's, to their frame."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from meterwidgets.frame.coverage import coverage_of
from meterwidgets.frame.cube.build import currencies_of
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.rollup.stats import RecordStats, grain_for
from meterwidgets.ledger.engine.workspace import Engine
from meterwidgets.ledger.pricing.outliers import FLAG, dearest
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.zones import EPOCH


def frame_from_records(
    engine: Engine,
    stats: RecordStats,
    quality: Quality,
    roll_up: Callable[[int, bool], tuple[Cube, Cube | None]],
    **attributes: Any,
) -> UsageFrame:
    """The frame of the records in an engine.

    Args:
        engine: Holds the table ``records``.
        stats: What is known of them.
        quality: What was read, rejected and assumed.
        roll_up: Makes the shared and the personal cube, from the seconds of a time
            bucket and whether users are reported.
        attributes: The other attributes of the frame.
    """
    cube, user_cube = roll_up(grain_for(stats.first_us, stats.last_us), stats.has_users)
    return UsageFrame(
        cube=cube,
        user_cube=user_cube,
        last=EPOCH + timedelta(microseconds=stats.last_us),
        currencies=currencies_of(cube),
        quality=quality,
        coverage=coverage_of(quality.spans, attributes["tz"]),
        bucket_s=stats.bucket_us // 1_000_000,
        outliers=dearest(engine) if FLAG in cube.names["outlier"] else (),
        **attributes,
    )
