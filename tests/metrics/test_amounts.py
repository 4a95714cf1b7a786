"""Amounts are made from columns by name, and add up over groups."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from meterwidgets.metrics.amounts import AmountColumns, Amounts, columns_from_sums
from meterwidgets.schema import MEASURES


def columns() -> AmountColumns:
    """Two groups; every figure has a number of its own."""
    lists: dict[str, Any] = {
        name: [place, place + 100] for place, name in enumerate(Amounts._fields)
    }
    return AmountColumns(**lists)


def test_every_figure_has_a_column() -> None:
    assert {field.name for field in fields(AmountColumns)} == set(Amounts._fields)


def test_amounts_take_each_figure_from_the_column_of_its_name() -> None:
    made = columns()
    for group, amounts in enumerate(made.to_list()):
        assert amounts == made[group]
        for name in Amounts._fields:
            assert getattr(amounts, name) == getattr(made, name)[group]


def test_a_total_adds_each_figure_up_under_its_name() -> None:
    made = columns()
    total = made.total([0, 1])
    for name in Amounts._fields:
        assert getattr(total, name) == sum(getattr(made, name))


def test_a_total_of_unknown_figures_is_unknown_and_of_some_their_sum() -> None:
    sums = {measure.name: [0, 0, 0] for measure in MEASURES}
    sums |= {
        "records": [1, 1, 1],
        "requests": [0, 0, 7],
        "requests_reported": [0, 0, 1],
    }
    made = columns_from_sums(sums)
    assert made.total([0, 1]).requests is None
    assert made.total([0, 1, 2]).requests == 7
