"""Rows of the roll-up, added up as they come."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterwidgets.errors import LedgerError
from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.rollup import accumulator
from meterwidgets.frame.rollup import batches as small_batches
from meterwidgets.frame.rollup.accumulator import Accumulator, accumulate_tables
from meterwidgets.frame.rollup.tables import aliases_of

NAMES = {"org": ["a", "b", None], "model": ["m", "n", "o", "p", None], "user": [None]}


@pytest.fixture(params=[1, 1 << 62], ids=["numbered", "multiplied"])
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows are many; and what is done with very many names is done with few."""
    monkeypatch.setattr(accumulator, "ROWS_PER_BATCH", 7)
    monkeypatch.setattr(small_batches, "ROWS_PER_BATCH", 7)
    monkeypatch.setattr(small_batches, "MAX_KEY", request.param)
    monkeypatch.setattr(accumulator, "_UNMERGED_ROWS", 20)
    monkeypatch.setattr(accumulator, "MAX_KEY", request.param)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Batches of rows, in the order of time or in none."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    span = draw(st.sampled_from([1, 9, 4000]))
    sizes = draw(st.lists(st.integers(0, 30), min_size=1, max_size=12))
    buckets = dice.integers(5, 5 + span, sum(sizes))
    if draw(st.booleans()):
        buckets.sort()
    rows = {
        "bucket": buckets,
        **{name: dice.integers(0, len(values), sum(sizes))
           for name, values in NAMES.items()},
        "records": np.ones(sum(sizes), np.uint8),
        "input_cost": dice.integers(0, draw(st.sampled_from([2, 300, 2**40])), sum(sizes)),
    }  # fmt: skip
    cuts = np.cumsum(sizes)[:-1]
    split = {name: np.split(column, cuts) for name, column in rows.items()}
    return [{name: split[name][n] for name in split} for n, _ in enumerate(sizes)]


def counted(came: list[dict[str, Any]]) -> Counter[Any]:
    """What the rows of each time bucket and names come to, one by one."""
    found: Counter[Any] = Counter()
    for batch in came:
        for n, bucket in enumerate(batch["bucket"].tolist()):
            names = tuple(values[batch[name][n]] for name, values in NAMES.items())
            for measure in ("records", "input_cost"):
                found[bucket, names, measure] += int(batch[measure][n])
    return Counter({key: number for key, number in found.items() if number})


def added(came: list[dict[str, Any]]) -> Accumulator:
    adder = Accumulator(NAMES, {"requests": "records"})
    for batch in came:
        adder.add(batch)
    return adder


@given(batches())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("_small")
def test_the_rows_of_any_order_come_to_what_they_come_to_one_by_one(
    came: list[dict[str, Any]],
) -> None:
    (table,) = added(came).tables([0, 1 << 40])
    columns = {name: table[name].to_pylist() for name in table.column_names}
    found: Counter[Any] = Counter()
    for n, bucket in enumerate(columns["bucket"]):
        for measure in ("records", "input_cost"):
            if measure in columns:
                names = tuple(columns[name][n] for name in NAMES)
                found[bucket, names, measure] += columns[measure][n]
    expected = counted(came)
    assert found == expected
    assert table.num_rows == len({key[:2] for key in expected})
    assert columns["bucket"] == sorted(columns["bucket"])


@given(batches(), st.lists(st.integers(0, 4100), min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("_small")
def test_tables_cut_by_time_and_put_together_make_the_same_cube(
    came: list[dict[str, Any]], cuts: list[int]
) -> None:
    if not any(len(batch["bucket"]) for batch in came):
        return
    edges = [0, *sorted(cuts), 1 << 40]
    tables = list(added(came).tables(edges))
    for table, start, end in zip(tables, edges, edges[1:], strict=False):
        assert all(start <= at < end for at in table["bucket"].to_pylist())
        assert table.num_rows == 0 or aliases_of(table)["requests"] == "records"
    cubes = [
        Cube.from_accumulator(added(came), 900),
        Cube.from_accumulator(accumulate_tables(tables, list(NAMES)), 900),
    ]
    one, other = cubes
    assert one.names == other.names and one.width == other.width
    for measure in ("records", "requests", "input_cost", "output_cost"):
        rows = [
            sorted(
                zip(
                    cube.sums.buckets().tolist(),
                    zip(*(cube.codes[d][cube.sums.tuple_of].tolist() for d in NAMES),
                        strict=True),
                    cube.sums.values[cube.sums.aliases[measure]].tolist(),
                    strict=True,
                )
            )
            for cube in cubes
        ]  # fmt: skip
        assert rows[0] == rows[1]


def test_sums_that_would_not_fit_are_refused_by_name_of_the_limit() -> None:
    adder = Accumulator({"org": ["a"]}, {})
    half = {"bucket": np.array([1]), "org": np.array([0]), "records": np.array([2**62])}
    adder.add(half)
    with pytest.raises(LedgerError, match="larger than can be counted exactly"):
        adder.add(half)
