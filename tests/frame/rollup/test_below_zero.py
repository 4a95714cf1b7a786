"""Sums of corrections: numbers below zero stay exact from the roll-up to the index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.cube.range_sums import sums_between
from meterwidgets.frame.rollup.encoding import distinct_measures, narrow, total_size

NUMBERS = st.lists(
    st.one_of(st.integers(-300, 300), st.integers(-(2**40), 2**40)), min_size=1
)


@given(NUMBERS)
def test_numbers_are_the_same_in_fewer_bytes(values: list[int]) -> None:
    small = narrow(np.array(values, np.int64))
    assert small.tolist() == values
    assert total_size(small) == sum(map(abs, values))


@pytest.mark.parametrize(
    ("values", "kind"),
    [([0, 255], "uint8"), ([-128, 127], "int8"), ([-1, 200], "int16"),
     ([-1, 40_000], "int32"), ([-(2**31) - 1], "int64")],
)  # fmt: skip
def test_a_sign_takes_one_bit(values: list[int], kind: str) -> None:
    assert narrow(np.array(values, np.int64)).dtype == kind


def test_a_column_that_adds_up_to_zero_is_not_left_out() -> None:
    rows = pa.table({"records": [1, 1], "input_cost": [30, -30]})
    columns, aliases = distinct_measures(rows)
    assert aliases["input_cost"] == "input_cost"
    assert columns["input_cost"].tolist() == [30, -30]


@given(st.lists(st.integers(-400, 400), min_size=2, max_size=40), st.data())
def test_every_range_of_time_is_its_own_sum(
    costs: list[int], data: st.DataObject
) -> None:
    count = len(costs)
    rows = pa.table({
        "bucket": pa.array([96 * n for n in range(count)], pa.int64()),
        "org": pa.array([f"o{n % 3}" for n in range(count)]),
        "records": pa.array([1] * count, pa.int64()),
        "input_cost": pa.array(costs, pa.int64()),
    })  # fmt: skip
    cube = Cube.from_rows(rows, ("org",), 900)
    start = data.draw(st.integers(0, count))
    end = data.draw(st.integers(start, count))
    sums = sums_between(
        cube.sums,
        [96 * start, 96 * end],
        [cube.sums.aliases["input_cost"]],
        cube.groups(None, ()),
    )
    assert int(sums.sum()) == sum(costs[start:end])


def test_a_segment_keeps_a_measure_that_is_only_negative(tmp_path: Path) -> None:
    from meterwidgets.frame.rollup.tables import aliases_of, compact
    from meterwidgets.frame.saved import map_table
    from meterwidgets.frame.store.segments import write_segment
    from meterwidgets.ledger.engine.connection import open_workspace
    from meterwidgets.schema import DIMENSIONS

    rows = pa.table({
        "bucket": pa.array([0], pa.int64()),
        **{name: pa.array([None], pa.string()) for name in DIMENSIONS.personal_keys},
        "records": pa.array([1], pa.int64()),
        "input_cost": pa.array([-30], pa.int64()),
    })  # fmt: skip
    with open_workspace() as ws:
        path = tmp_path / "segment.arrow"
        write_segment(ws, path, compact(rows, {}), base=None, base_buckets=1)
    stored = map_table(path)
    assert stored[aliases_of(stored)["input_cost"]].to_pylist() == [-30]
