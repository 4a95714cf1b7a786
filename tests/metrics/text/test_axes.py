"""The labels of an axis of amounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterwidgets.metrics.text import axes

from .numbers import nano, number, steady


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        (["0", "0.005", "0.010", "0.015"], ["$0", "$0.005", "$0.010", "$0.015"]),
        (["0", "5", "10"], ["$0", "$5", "$10"]),
        (["0", "2.5", "5"], ["$0", "$2.50", "$5.00"]),
        (["0", "5000", "10000", "15000"], ["$0", "$5,000", "$10K", "$15K"]),
        (["-5", "0", "5"], ["-$5", "$0", "$5"]),
        (["10000", "10001"], ["$10,000", "$10,001"]),
        (["0.5", "1.5"], ["$0.50", "$1.50"]),
    ],
)
def test_axis_labels(ticks: list[str], texts: list[str]) -> None:
    assert axes.number_labels([nano(tick) for tick in ticks], "USD") == texts


def test_axis_labels_of_counts() -> None:
    assert axes.number_labels([0, 10**7, 2 * 10**7]) == ["0", "10M", "20M"]
    assert axes.number_labels([1_000_000, 1_001_000]) == ["1,000,000", "1,001,000"]


@given(
    st.integers(0, 10**17),
    st.integers(1, 10**15),
    st.integers(2, 6),
    st.sampled_from([None, "USD", "CHF"]),
)
@steady
def test_axis_labels_are_distinct(
    first: int, step: int, size: int, currency: str | None
) -> None:
    labels = axes.number_labels([first + n * step for n in range(size)], currency)
    assert len(set(labels)) == size
    zeros = [label for label in labels if not number(label)]
    assert len(zeros) == (first == 0)
